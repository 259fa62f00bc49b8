#!/usr/bin/env python3
"""Imports two public purchase histories under programs with promotions, limits and tiers, and has every entry decided once more.

usage: histories_test.py --laureld FILE --laurelctl FILE

Counts are compared with what this script reads from the files itself. The histories are read from $LAUREL_SHARED_DIR, or
../shared beside the source tree; without them the test is skipped (exit code 77). Python's standard library only, and the
command `zstd`.
"""

import argparse
import collections
import csv
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ledger_process import SHARED, SKIPPED, SOURCE, Cli, Server, check, check_equal  # noqa: E402

CDNOW = SHARED / "data/cdnow/transactions.csv.zst"
RETAIL = sorted((SHARED / "data/online_retail").glob("lines_*.csv.zst"))
LINES_MAX = 500  # of one receipt, in the API


def rows_of(path):
    text = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True, text=True).stdout
    return csv.DictReader(text.splitlines())


def retail_sales():
    """How many invoices can be purchases: a customer, no line below zero, and no more lines than a receipt may have."""
    lines = collections.defaultdict(list)
    for path in RETAIL:
        for row in rows_of(path):
            lines[row["invoice_no"]].append(row)

    def is_sale(rows):
        return len(rows) <= LINES_MAX and all(
            row["customer_id"] and not row["quantity"].startswith("-") and not row["unit_price"].startswith("-") for row in rows)

    return sum(1 for rows in lines.values() if is_sale(rows))


class History(typing.NamedTuple):
    program: str
    document: str
    files: list
    mapping: str
    sales: int  # that the files hold
    may_reject: bool
    sources: set  # that must have paid for points: shows that the promotions took part


def histories():
    yield History("online-retail", "programs/online-retail.yaml", RETAIL, "programs/online-retail.mapping.yaml", retail_sales(),
                  True, {"base", "promotion/summer_gifts", "promotion/gift_basket", "promotion/second_order",
                         "promotion/christmas_hours"})
    yield History("cdnow", "tests/e2e/cdnow-offers.yaml", [CDNOW], "programs/cdnow.mapping.yaml", sum(1 for _ in rows_of(CDNOW)),
                  False, {"base", "promotion/big_basket", "promotion/comeback", "promotion/friday"})


def acknowledging(cli, document):
    """Options that acknowledge what a check warns of: offers of years that are over, above all."""
    findings = json.loads(cli.run("--json", "program", "check", document)).get("findings", [])
    names = [finding["name"] for finding in findings if finding.get("name")]
    return [word for name in names for word in ("--acknowledge", name)]


def imported(cli, path, history, rejects):
    """How many purchases were new."""
    done = cli.call("import", "purchases", path, "--mapping", SOURCE / history.mapping, "--enroll", "--rejects", rejects)
    print(done.stdout)
    check(done.returncode in ((0, 3) if history.may_reject else (0,)),
          f"import of {path.name}: exit {done.returncode}\n{done.stderr}")
    return int(re.search(r"^\s*accrued\s+([0-9,]+)", done.stdout, re.MULTILINE)[1].replace(",", ""))


def check_decisions(laurelctl, data_dir, sales):
    """Every entry once more, by its revision: all of them the amounts of the ledger."""
    done = subprocess.run([laurelctl, "ledger", "verify", "--data-dir", data_dir, "--decide-again", "--json"], capture_output=True,
                          text=True, check=False)
    check(done.returncode == 0, f"ledger verify: exit {done.returncode}\n{done.stdout}{done.stderr}")
    partition = json.loads(done.stdout)["partitions"][0]
    check_equal("findings", [], partition["findings"])
    check_equal("activities decided once more", sales, int(partition["decisions"]))
    print(f"{partition['entries']} entries verified, {partition['decisions']} decided once more with the amounts of the ledger")


def sources_of(journal):
    """What paid for points, of the exported journal."""
    with open(journal, encoding="utf-8", newline="") as lines:
        return {row["account"].split("/", 1)[1] for row in csv.DictReader(lines) if row["account"].startswith("issuance/")}


def run(options, folder, history):
    data_dir = folder / history.program
    subprocess.run([options.laureld, "init", "--data-dir", data_dir, "--origin", "ledger.example.com/laurel"], check=True,
                   stdout=subprocess.DEVNULL)
    journal = folder / f"{history.program}.csv"
    with Server(options.laureld, data_dir) as server:
        cli = Cli(options.laurelctl, server.address, history.program)
        cli.run("program", "create", SOURCE / history.document, "--activate", *acknowledging(cli, SOURCE / history.document))
        for expected in (history.sales, 0):  # a second time adds nothing
            accrued = sum(imported(cli, path, history, folder / "rejects.csv") for path in history.files)
            check_equal(f"{history.program}: accrued", expected, accrued)
        cli.run("ledger", "export", "--out", journal)
    check_equal(f"{history.program}: who paid for points", history.sources, history.sources & sources_of(journal))
    check_decisions(options.laurelctl, data_dir, history.sales)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--laureld", required=True)
    parser.add_argument("--laurelctl", required=True)
    options = parser.parse_args()
    if not CDNOW.exists() or not RETAIL:
        print(f"skipped: no public data in {SHARED / 'data'}")
        return SKIPPED
    if shutil.which("zstd") is None:
        print("skipped: the files are read through the command zstd, which is not installed")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="laurel_histories.") as folder:
        for history in histories():
            run(options, pathlib.Path(folder), history)
    return 0


if __name__ == "__main__":
    sys.exit(main())
