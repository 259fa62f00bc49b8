#!/usr/bin/env python3
"""Imports the public Complete Journey till data, whose clocks change twice, and compares every member with the reference calculator.

usage: journey_test.py --laureld FILE --laurelctl FILE

The data is read from $LAUREL_SHARED_DIR, or ../shared beside the source tree; without it the test is skipped (exit code 77).
Python's standard library only, and the command `zstd`.
"""

import argparse
import collections
import csv
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
import compare  # noqa: E402
import reference  # noqa: E402
from ledger_process import SHARED, SKIPPED, SOURCE, Cli, Server, check, check_equal  # noqa: E402

TILLS = SHARED / "data/complete_journey/transactions_sample.csv.zst"
AS_OF = datetime.date(2017, 12, 31)
# The days on which clocks change, and those around them.
CHANGES = [datetime.date(2017, 3, day) for day in (11, 12, 13)] + [datetime.date(2017, 11, day) for day in (4, 5, 6)]
RULES = reference.Program(
    currency="USD", zone="America/New_York", points_per_unit=1, credit_per_unit=10, window_months=12, term_months=12,
    tiers=(reference.Tier("MEMBER", 0, 0), reference.Tier("SILVER", 60_00, 15), reference.Tier("GOLD", 150_00, 30),
           reference.Tier("PLATINUM", 400_00, 60)))


def baskets():
    """Each basket as (household, local day, cents), in the order of the file; and how many cannot be a purchase: an amount that is
    no money spoils its basket, and so does a number that a spreadsheet has rounded."""
    text = subprocess.run(["zstd", "-dc", TILLS], check=True, capture_output=True, text=True).stdout
    found = {}
    spoilt = set()
    for row in csv.DictReader(text.splitlines()):
        key = row["basket_id"]
        if not re.fullmatch(r"[0-9]{1,40}", key):
            spoilt.add(key)
        household, day, cents = found.get(key, (row["household_id"], datetime.date.fromisoformat(row["transaction_timestamp"][:10]), 0))
        try:
            found[key] = (household, day, cents + reference.to_minor_units(row["sales_value"]))
        except ValueError:
            spoilt.add(key)
    return [basket for key, basket in found.items() if key not in spoilt], len(spoilt)


def count(text, name):
    return int(re.search(rf"^\s*{name}\s+([0-9,]+)", text, re.MULTILINE)[1].replace(",", ""))


def imported(cli, rejects, rejected):
    done = cli.call("import", "purchases", TILLS, "--mapping", SOURCE / "programs/complete-journey.mapping.yaml", "--enroll",
                    "--rejects", rejects)
    check_equal(f"exit of the import\n{done.stderr}", 3 if rejected else 0, done.returncode)
    print(done.stdout)
    return count(done.stdout, "accrued")


def check_days(cli, sold):
    """What was given on a day of the ledger is what was bought on that day of New York's clocks."""
    expected = collections.Counter()
    for _, day, cents in sold:
        expected[day] += cents // 100
    for day in CHANGES:
        rows = json.loads(cli.run("--json", "ledger", "trial-balance", "--from", day, "--until", day + reference.DAY)).get("rows", [])
        given = {row["account"]: int(row["debits"]) - int(row["credits"]) for row in rows if row["pointType"] == "points"}
        check_equal(f"points given on {day}", expected[day], given.get("issuance/base", 0))


def expected_members(sold):
    by_member = collections.defaultdict(list)
    for number, (household, day, cents) in enumerate(sold):
        by_member[household].append(reference.Purchase(day, number, cents))
    return reference.compute(RULES, by_member, AS_OF)


def run(options, folder):
    data_dir = folder / "data"
    subprocess.run([options.laureld, "init", "--data-dir", data_dir, "--origin", "ledger.example.com/laurel"], check=True,
                   stdout=subprocess.DEVNULL)
    sold, spoilt = baskets()
    with Server(options.laureld, data_dir) as server:
        cli = Cli(options.laurelctl, server.address, "complete-journey")
        cli.run("program", "create", SOURCE / "programs/complete-journey.yaml", "--activate")
        check_equal("accrued", len(sold), imported(cli, folder / "rejects.csv", spoilt))
        check_equal("accrued by a second import", 0, imported(cli, folder / "rejects.csv", spoilt))
        check_days(cli, sold)
        engine = folder / "engine.csv"
        cli.run("report", "members", "--identities", f"{TILLS}:household_id", "--as-of", AS_OF, "--out", engine)
    with open(folder / "reference.csv", "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(reference.COLUMNS)
        writer.writerows(reference.rows(expected_members(sold)))
    check_equal("compare.py's answer", 0, compare.main([str(engine), str(folder / "reference.csv")]))
    verified = subprocess.run([options.laurelctl, "ledger", "verify", "--data-dir", data_dir], capture_output=True, text=True,
                              check=False)
    check(verified.returncode == 0, f"ledger verify: exit {verified.returncode}\n{verified.stdout}{verified.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--laureld", required=True)
    parser.add_argument("--laurelctl", required=True)
    options = parser.parse_args()
    if not TILLS.exists():
        print(f"skipped: no public data at {TILLS}")
        return SKIPPED
    if shutil.which("zstd") is None:
        print("skipped: the file is read through the command zstd, which is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="laurel_journey.") as folder:
        run(options, pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
