#!/usr/bin/env python3
"""Imports the whole public CDNOW history into a real laureld and compares every member with the reference calculator.

usage: cdnow_test.py --laureld FILE --laurelctl FILE

The history is read from $LAUREL_SHARED_DIR, or ../shared beside the source tree; without it the test is skipped (exit
code 77). Python's standard library only, and the command `zstd`.
"""

import argparse
import collections
import csv
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ledger_process  # noqa: E402
from ledger_process import SHARED, SKIPPED, SOURCE, Server, check, check_equal  # noqa: E402

PURCHASES = 69_659
MEMBERS = 23_570
CENTS = 250_031_563
AS_OF = "1998-06-30"

# Field numbers of proto/laurel/storage/v1/storage.proto; they are frozen.
ENTRY_EVENTS = 16
EVENT_PURCHASE_ACCRUED = 5
PURCHASE_TOTAL = 3

HISTORY = SHARED / "data/cdnow/transactions.csv.zst"


class Cli(ledger_process.Cli):
    def __init__(self, laurelctl, address):
        super().__init__(laurelctl, address, "cdnow")

    def import_history(self, rejects):
        """The import's summary as {name: text}."""
        began = time.monotonic()
        text = self.run("import", "purchases", HISTORY, "--mapping", SOURCE / "programs/cdnow.mapping.yaml",
                        "--enroll", "--rejects", rejects)
        print(f"import took {time.monotonic() - began:.1f} s:\n{text}")
        return {m[1]: m[2].strip() for m in re.finditer(r"^\s*([a-z][a-z ]*?)\s{2,}(.*)$", text, re.MULTILINE)}


def count(text):
    return int(re.sub(r"[^0-9]", "", text))


def history():
    """Rows of the public file."""
    text = subprocess.run(["zstd", "-dc", HISTORY], check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(text.splitlines()))


def check_journal(path, rows):
    """journal.csv: every entry sums to zero by point type, and the members got what the file's amounts give."""
    by_entry, to_members = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            amount = int(row["credit"] or 0) - int(row["debit"] or 0)
            by_entry[row["sequence"], row["point_type"]] += amount
            if row["account"].startswith("member/"):
                to_members[row["point_type"]] += amount
    check_equal("entries that do not sum to zero", [], [key for key, total in by_entry.items() if total != 0])
    cents = [int(row["amount"].replace(".", "")) for row in rows]
    check_equal("points given", sum(amount // 100 for amount in cents), to_members["points"])
    check_equal("credit given", sum((amount * 10 + 50) // 100 for amount in cents), to_members["credit"])


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Yields (number, value) of a protobuf message; a value is a number or the bytes of a nested field."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)  # storage messages have varints and length-delimited fields alone
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        yield tag >> 3, value


def check_entries(path):
    """The entries as stored, read without any code of ours: how many purchases, and the money in them."""
    data, at = path.read_bytes(), 0
    accruals = cents = 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 2], "big")
        for number, event in fields(data[at + 2:at + 2 + size]):
            if number != ENTRY_EVENTS:
                continue
            for fact, purchase in fields(event):
                if fact == EVENT_PURCHASE_ACCRUED:
                    accruals += 1
                    cents += dict(fields(purchase)).get(PURCHASE_TOTAL, 0)
        at += 2 + size
    check_equal("accruals in the journal", PURCHASES, accruals)
    check_equal("money of the accruals, in cents", CENTS, cents)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--laureld", required=True)
    parser.add_argument("--laurelctl", required=True)
    options = parser.parse_args()
    if not HISTORY.exists():
        print(f"skipped: no public data at {HISTORY}")
        return SKIPPED
    if shutil.which("zstd") is None:
        print("skipped: the reference reads its file through the command zstd, which is not installed")
        return SKIPPED

    with tempfile.TemporaryDirectory(prefix="laurel_cdnow.") as folder:
        folder = pathlib.Path(folder)
        data_dir = folder / "data"
        subprocess.run([options.laureld, "init", "--data-dir", data_dir, "--origin", "ledger.example.com/laurel"],
                       check=True, stdout=subprocess.DEVNULL)
        with Server(options.laureld, data_dir) as server:
            cli = Cli(options.laurelctl, server.address)
            cli.run("program", "create", SOURCE / "programs/cdnow.yaml", "--activate")

            first = cli.import_history(folder / "rejects.csv")
            check_equal("accrued by the first import", PURCHASES, count(first["accrued"]))
            check_equal("enrolled by the first import", MEMBERS, count(first["members enrolled"]))
            again = cli.import_history(folder / "rejects.csv")
            check_equal("accrued by the second import", 0, count(again["accrued"]))
            check_equal("enrolled by the second import", 0, count(again["members enrolled"]))
            check_equal("already there", PURCHASES, count(again["already there"]))

            engine, reference = folder / "engine.csv", folder / "reference.csv"
            cli.run("report", "members", "--identities", f"{HISTORY}:customer_id", "--as-of", AS_OF, "--out", engine)
            with open(reference, "w", encoding="utf-8") as out:
                subprocess.run([sys.executable, "-B", SOURCE / "tests/reference/reference.py", HISTORY], stdout=out,
                               check=True)
            compared = subprocess.run([sys.executable, "-B", SOURCE / "tests/reference/compare.py", engine, reference],
                                      check=False)
            check_equal("compare.py's exit code", 0, compared.returncode)

            journal, entries = folder / "journal.csv", folder / "entries.bin"
            print(cli.run("ledger", "export", "--out", journal))
            print(cli.run("ledger", "export-entries", "--out", entries))
        check_journal(journal, history())
        check_entries(entries)
        verified = subprocess.run([options.laurelctl, "ledger", "verify", "--data-dir", data_dir], capture_output=True,
                                  text=True, check=False)
        print(verified.stdout)
        check(verified.returncode == 0, f"laurelctl ledger verify: exit {verified.returncode}\n{verified.stderr}")
    print("every member agrees with the reference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
