#!/usr/bin/env python3
"""Takes members over from another system: with lots, tiers and history, twice, killed in between, and compares each with the files.

usage: migration_test.py --laureld FILE --laurelctl FILE [--members N]

Shows G68. Python's standard library only.
"""

import argparse
import collections
import csv
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ledger_process import Cli, Server, check, check_equal  # noqa: E402

PROGRAM = """\
schema: laurel.program.v1
id: harbour
name: Harbour
description: Members who come from another system.
currency: EUR
time_zone: Europe/Berlin
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE, expiry: [{policy: ROLLING, after: 12 months}]}
  - {id: credit, name: Credit, symbol: CR, kind: QUALIFYING}
metrics:
  - {id: credit_12m, name: Credit of 12 months, measure: SUM, of: points.credit, window: {rolling: 12 months}}
  - {id: spend_12m, name: Spend of 12 months, measure: SUM, of: purchase.eligible_net, window: {rolling: 12 months}}
earning_rules:
  - {id: base, name: 1 point per 1 EUR, earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN}}
tiers:
  - {id: MEMBER, name: Member, rank: 0}
  - {id: SILVER, name: Silver, rank: 1, qualify: metrics.credit_12m >= 1000 || metrics.spend_12m >= money("1000.00")}
  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 3000 || metrics.spend_12m >= money("3000.00")}
tier_policy:
  upgrade: IMMEDIATE
  review: {anchor: TIER_ANNIVERSARY, every: 12 months}
  downgrade: DROP_ONE
"""
NAMED = ["--principal", "fay", "--role", "FINANCE"]


def write(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


class Files:
    """Members as another system might have had them, and what is expected of each."""

    def __init__(self, folder, count):
        self.members, self.lots, self.history = (folder / f"{name}.csv" for name in ("members", "lots", "days"))
        pick = random.Random(7)
        today = datetime.date.today()
        self.points = collections.defaultdict(list)  # by member: amount and last good day
        self.tiers = {}
        members = [["id", "card", "enrolled_at", "store", "tier", "tier_since"]]
        lots = [["id", "point_type", "amount", "awarded_at", "expires_at"]]
        days = [["id", "date", "spend", "purchases"]]
        for i in range(count):
            tier = pick.choice(["", "SILVER", "GOLD"])
            since = today - datetime.timedelta(days=pick.randrange(1, 300))
            self.tiers[i] = tier or "MEMBER"
            members.append([f"old-{i}", f"C{i:07}", today - datetime.timedelta(days=400), f"S{i % 9}", tier, since if tier else ""])
            for _ in range(pick.randrange(4)):
                amount, ends = pick.randrange(1, 500), today + datetime.timedelta(days=pick.randrange(2, 400))
                never = pick.random() < 0.2
                lots.append([f"old-{i}", "points", amount, today - datetime.timedelta(days=pick.randrange(1, 600)),
                             "" if never else ends])
                self.points[i].append((amount, "" if never else str(ends - datetime.timedelta(days=1))))
            if pick.random() < 0.5:
                days.append([f"old-{i}", today - datetime.timedelta(days=30), "12.50", 2])
        pick.shuffle(lots_tail := lots[1:])
        write(self.members, members)
        write(self.lots, [lots[0], *lots_tail])
        write(self.history, days)
        self.total = sum(amount for of in self.points.values() for amount, _ in of)

    def arguments(self, folder):
        return ["import", "members", self.members, "--lots", self.lots, "--history", self.history, "--rejects",
                folder / "rejects.csv", *NAMED]


def figures(text):
    """The facts of a summary, as numbers where they are."""
    return {name.strip(): int(value.replace(",", ""))
            for name, value in re.findall(r"^([a-z ]+?)\s{2,}([0-9,]+)$", text, re.MULTILINE)}


def open_lots(balance):
    return sorted((int(lot["remaining"]), last_good_day(lot.get("expiresAt", "")))
                  for lot in balance.get("lots", []))


def last_good_day(instant):
    if not instant:
        return ""
    moment = datetime.datetime.fromisoformat(instant.replace("Z", "+00:00")) - datetime.timedelta(microseconds=1)
    # The program's zone is an hour or two ahead of UTC: the instant before the end is late in the evening.
    return str((moment + datetime.timedelta(hours=1)).date())


def check_members(cli, files, sample):
    for i in sample:
        balance = json.loads(cli.run("--json", "points", "balance", f"card:C{i:07}", "--lots"))
        check_equal(f"lots of member {i}", sorted(files.points[i]), open_lots(balance))
        tier = json.loads(cli.run("--json", "tier", "show", f"card:C{i:07}"))
        check_equal(f"tier of member {i}", files.tiers[i], tier["tier"]["tier"])


def check_led_03(cli, folder):
    """Lots that end first are spent first, whenever they were awarded."""
    today = datetime.date.today()
    plus = lambda days: today + datetime.timedelta(days=days)  # noqa: E731
    write(folder / "one.csv", [["id", "card", "tier", "tier_since"], ["x1", "LED03", "GOLD", plus(-180)]])
    write(folder / "one-lots.csv", [["id", "amount", "awarded_at", "expires_at"], ["x1", 50, plus(-10), ""],
                                    ["x1", 80, plus(-30), plus(123)], ["x1", 120, plus(-300), plus(34)]])
    words = ["import", "members", folder / "one.csv", "--lots", folder / "one-lots.csv", *NAMED]
    check_equal("imported", 1, figures(cli.run(*words))["imported"])
    again = figures(cli.run(*words))
    check_equal("imported again", (0, 1), (again["imported"], again["already there"]))
    cli.run("redemption", "redeem", "card:LED03", "150")
    balance = json.loads(cli.run("--json", "points", "balance", "card:LED03", "--lots"))
    check_equal("lots after spending", sorted([(50, ""), (50, str(plus(122)))]), open_lots(balance))


def check_bad_files(cli, folder):
    today = datetime.date.today()
    members, lots = folder / "bad.csv", folder / "bad-lots.csv"
    words = ["import", "members", members, "--lots", lots, "--rejects", folder / "bad.rejects.csv", *NAMED]
    write(members, [["id", "card", "tier", "tier_since"], ["b1", "B1", "", ""], ["b2", "B2", "TIN", today], ["b3", "B3", "", ""],
                    ["b3", "B4", "", ""], ["", "B5", "", ""]])
    write(lots, [["id", "amount", "awarded_at"], ["b1", "ten", today], ["nobody", 1, today]])
    done = subprocess.run([*cli.words, *map(str, words)], capture_output=True, text=True, check=False, cwd=folder)
    check_equal("exit of an import with bad rows", 3, done.returncode)
    with open(folder / "bad.rejects.csv", encoding="utf-8", newline="") as file:
        rejects = sorted((row["row"], row["field"], row["reason"]) for row in csv.DictReader(file))
    check_equal("rejects", [("1", "id", "INVALID_FIELD"), ("2", "", "RESOURCE_NOT_FOUND"), ("4", "id", "INVALID_FIELD"),
                            ("5", "id", "INVALID_FIELD")], rejects)
    with open(folder / "bad-lots.csv.rejects.csv", encoding="utf-8", newline="") as file:
        check_equal("rejected lots", ["amount", "id"], sorted(row["field"] for row in csv.DictReader(file)))
    write(members, [["id", "crad"], ["b9", "B9"]])
    done = cli.call("import", "members", members, *NAMED)
    check_equal("exit for an unknown column", 2, done.returncode)
    check("did you mean \"card\"" in done.stderr, done.stderr)
    done = cli.call("import", "members", folder / "one.csv", "--attempt", "2", "--principal", "tim", "--role", "POS")
    check("PERMISSION_MISSING" in done.stdout + done.stderr + pathlib.Path("one.csv.rejects.csv").read_text(encoding="utf-8"),
          "a till must not import members")
    pathlib.Path("one.csv.rejects.csv").unlink()


def run(options, folder):
    data_dir = folder / "ledger"
    subprocess.run([options.laureld, "init", "--data-dir", data_dir, "--origin", "ledger.example.com/laurel"], check=True,
                   stdout=subprocess.DEVNULL)
    document = folder / "harbour.yaml"
    document.write_text(PROGRAM, encoding="utf-8")
    files = Files(folder, options.members)
    with Server(options.laureld, data_dir) as server:
        cli = Cli(options.laurelctl, server.address, "harbour")
        findings = json.loads(cli.run("--json", "program", "check", document)).get("findings", [])
        cli.run("program", "create", document, "--activate",
                *[word for f in findings if f.get("name") for word in ("--acknowledge", f["name"])])
        tried = figures(cli.run(*files.arguments(folder), "--dry-run"))
        check_equal("a dry run", (options.members, options.members), (tried["members read"], tried["would be sent"]))
        # Killed on the way; the second run does the rest.
        first = subprocess.Popen([*cli.words, *map(str, files.arguments(folder)), "--parallel", "2"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        first.kill()
        first.wait()
        done = cli.run(*files.arguments(folder))
        print(done)
        rest = figures(done)
        check_equal("imported and there", options.members, rest["imported"] + rest["already there"])
        again = figures(cli.run(*files.arguments(folder)))
        check_equal("a second time", (0, options.members), (again["imported"], again["already there"]))
        sample = range(options.members) if options.members <= 100 else random.Random(3).sample(range(options.members), 60)
        check_members(cli, files, sample)
        check_led_03(cli, folder)
        check_bad_files(cli, folder)
    done = subprocess.run([options.laurelctl, "ledger", "verify", "--data-dir", data_dir, "--json"], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, f"ledger verify: exit {done.returncode}\n{done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--laureld", required=True)
    parser.add_argument("--laurelctl", required=True)
    parser.add_argument("--members", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="laurel_migration.") as folder:
        run(options, pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
