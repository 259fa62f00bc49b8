#!/usr/bin/env python3
"""Takes a program through the whole life of its revisions with a real laureld and the real laurelctl.

usage: revisions_test.py --laureld FILE --laurelctl FILE

Two people besides the author must approve. Python's standard library only.
"""

import argparse
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ.get("LAUREL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))

ADA = ("--principal", "ada", "--role", "ADMIN")
MIA = ("--principal", "mia", "--role", "marketing")
MAX = ("--principal", "max", "--role", "MARKETING")
FAY = ("--principal", "fay", "--role", "FINANCE")

DONE, REFUSED, NOT_PERMITTED = 0, 1, 77


def check(condition, message):
    if not condition:
        sys.exit(f"revisions_test: {message}")


def check_equal(what, expected, actual):
    check(expected == actual, f"{what}: must be {expected}, was {actual}")


def serve(laureld, data_dir, address):
    """Starts laureld and returns the process and where it listens."""
    port_file = pathlib.Path(f"{data_dir}.port")
    port_file.unlink(missing_ok=True)
    process = subprocess.Popen(
        [laureld, "serve", "--data-dir", data_dir, "--listen", address, "--port-file", port_file,
         "--free-space-min", "0", "--approvals", "2"], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not port_file.exists():
        check(process.poll() is None and time.monotonic() < deadline, "laureld does not serve")
        time.sleep(0.01)
    return process, f"127.0.0.1:{port_file.read_text().strip()}"


def stop(process):
    process.send_signal(signal.SIGTERM)
    check_equal("laureld's exit code", 0, process.wait(timeout=60))


class Cli:
    def __init__(self, laurelctl, address):
        self.words = [laurelctl, "--server", address, "-p", "bean-club"]

    def run(self, *arguments, code=DONE):
        """What a command printed. Ends the test if it does not end with `code`."""
        done = subprocess.run([*self.words, *map(str, arguments)], capture_output=True, text=True, check=False)
        check(done.returncode == code,
              f"laurelctl {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + (done.stderr if code else "")

    def json(self, *arguments):
        return json.loads(self.run("--json", *arguments))

    def states(self):
        """{1: "ACTIVE"}"""
        revisions = self.json("program", "list", *FAY)["revisions"]
        return {revision["number"]: revision["state"].removeprefix("REVISION_STATE_") for revision in revisions}

    def buy(self, number, moment):
        """Beans that a sale of 10.00 at the moment brings."""
        sale = self.json("points", "accrue", "card:1", "--receipt", f"S1/T1/2026-01-01/{number}", "--occurred-at",
                         moment.isoformat(), "--total", "10.00")
        return sum(int(award["amount"]) for award in sale["awards"] if award["pointType"] == "beans")


def live(cli, folder):
    document = (SOURCE / "programs/coffee.yaml").read_text()
    richer = document.replace('points: "3"', 'points: "30"', 1)
    check(richer != document, "programs/coffee.yaml must give 3 beans")
    first, second = folder / "first.yaml", folder / "second.yaml"
    first.write_text(document)
    second.write_text(richer)

    check("PERMISSION_MISSING" in cli.run("program", "create", first, code=NOT_PERMITTED), "a nameless author")
    cli.run("program", "create", first, *ADA)
    check("APPROVAL_REQUIRED" in cli.run("program", "activate", 1, *MIA, code=REFUSED), "no approval")
    check("SELF_APPROVAL" in cli.run("program", "approve", 1, "--principal", "ada", "--role", "FINANCE",
                                     code=NOT_PERMITTED), "the author's own approval")
    cli.run("program", "approve", 1, *FAY)
    check_equal("states", {1: "DRAFT"}, cli.states())
    check("APPROVAL_REQUIRED" in cli.run("program", "activate", 1, *MIA, code=REFUSED), "one approval")
    cli.run("program", "approve", 1, *MAX)
    check_equal("states", {1: "APPROVED"}, cli.states())
    check("PERMISSION_MISSING" in cli.run("program", "activate", 1, *FAY, code=NOT_PERMITTED), "finance activates")
    cli.run("program", "activate", 1, *MIA)

    cli.run("member", "enroll", "card:1")
    cli.run("program", "draft", second, *MIA)
    cli.run("program", "approve", 2, *FAY)
    cli.run("program", "approve", 2, *MAX)
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=4)
    check("effective_from" in cli.run("program", "schedule", 2, "--at", "2026-01-01", *MIA, code=REFUSED), "the past")
    cli.run("program", "schedule", 2, "--at", start.isoformat(), *MIA)
    check_equal("states", {1: "ACTIVE", 2: "SCHEDULED"}, cli.states())
    # A till may be ahead of the server by minutes: the instant decides, to the microsecond.
    check_equal("beans just before", 30, cli.buy(1, start - datetime.timedelta(microseconds=1)))
    check_equal("beans from then on", 300, cli.buy(2, start))
    cli.run("program", "unschedule", 2, *MIA)
    check_equal("states", {1: "ACTIVE", 2: "APPROVED"}, cli.states())
    check_equal("beans after all", 30, cli.buy(3, start))

    before = cli.json("program", "show", 1, *FAY)["revision"]["digest"]
    cli.run("program", "activate", 2, *MIA)
    check_equal("beans now", 300, cli.buy(4, datetime.datetime.now(datetime.timezone.utc)))
    cli.run("program", "rollback", *MIA)
    check_equal("states", {1: "ACTIVE", 2: "SUPERSEDED"}, cli.states())
    check_equal("digest", before, cli.json("program", "show", 1, *FAY)["revision"]["digest"])

    shown = cli.run("program", "show", 1, *FAY)
    for part in ("ada (ADMIN)", "goal", "check on", "fay", "base_beans", "live"):
        check(part in shown, f"program show 1: must have {part}, was\n{shown}")
    cli.run("program", "pause", "base_beans", *MIA)
    check_equal("beans of a paused rule", 0, cli.buy(5, datetime.datetime.now(datetime.timezone.utc)))
    check("second person" in cli.run("program", "resume", "base_beans", *MIA), "one person resumes")
    check("SELF_APPROVAL" in cli.run("program", "resume", "base_beans", *MIA, code=NOT_PERMITTED), "twice the same")
    check("paused rules" in cli.run("program", "show"), "a paused rule is shown")
    check("awards again" in cli.run("program", "resume", "base_beans", *FAY), "two people resume")
    check_equal("beans again", 30, cli.buy(6, datetime.datetime.now(datetime.timezone.utc)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--laureld", required=True)
    parser.add_argument("--laurelctl", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="laurel-revisions-") as name:
        folder = pathlib.Path(name)
        data_dir = folder / "data"
        subprocess.run([options.laureld, "init", "--data-dir", data_dir, "--origin", "ledger.example.com/laurel"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process, address = serve(options.laureld, data_dir, "127.0.0.1:0")
        try:
            live(Cli(options.laurelctl, address), folder)
            stop(process)
            process, address = serve(options.laureld, data_dir, "127.0.0.1:0")
            check_equal("states after a restart", {1: "ACTIVE", 2: "SUPERSEDED"},
                        Cli(options.laurelctl, address).states())
            stop(process)
        finally:
            process.kill()
        cli = Cli(options.laurelctl, "127.0.0.1:1")
        cli.run("ledger", "verify", "--data-dir", data_dir)
    print("revisions_test: done")


if __name__ == "__main__":
    main()
