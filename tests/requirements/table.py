#!/usr/bin/env python3
"""The table of requirements and the tests that show them, made of the tests.

usage: table.py [--write] SOURCE_DIR

A test says what it shows in a comment right above it, in a scenario above its row, in a script in its documentation:

    // Shows M1, R1.
    # Shows G21.

Writes tests/requirements/TABLE.md with --write; else compares, and fails where the table is not that of the tests, where a mark
names no requirement, or where a requirement that is served has no test. Python's standard library only.
"""

import argparse
import collections
import pathlib
import re
import sys

# What the product serves: each has a test. The short names are those of the table.
SERVED = {
    "M1": "one member across channels",
    "M2": "merge without loss",
    "M4": "life of a membership",
    "P1": "purchase accrual, durable and once",
    "P2": "activities give points and tier credit",
    "P3": "rules by store, category and segment",
    "P4": "promotions in time",
    "P5": "returns",
    "P8": "every point explained",
    "P9": "late and offline sales",
    "P10": "staff goodwill within limits",
    "P15": "quote equals accrual",
    "P16": "day-end reconciliation",
    "T1": "tiers are configuration",
    "T2": "tier right at once",
    "T4": "a rule change has goal, target and check date",
    "T5": "approval by several people",
    "T6": "simulate before activating",
    "R1": "redemption under strong consistency",
    "R3": "points as payment",
    "G1": "pending by delay",
    "G2": "settled by action",
    "G3": "unusual awards wait for a person",
    "G4": "provenance of every point",
    "G5": "spending order",
    "G7": "expiry policies",
    "G9": "extension and reinstatement",
    "G10": "what ends when",
    "G11": "remainder carried over",
    "G12": "zero is explained too",
    "G13": "hold, capture, void",
    "G14": "held points do not end under the buyer",
    "G15": "time limit of a hold to the microsecond",
    "G18": "points and money in one purchase",
    "G19": "one entry puts everything back",
    "G20": "returns by the revision of the sale",
    "G21": "return first, sale later",
    "G22": "exchange in one receipt",
    "G23": "shortfall policy",
    "G24": "points spent come back",
    "G37": "transfers",
    "G38": "merge in the middle of things",
    "G39": "unmerge",
    "G40": "identity rules",
    "G41": "guests and late claim",
    "G42": "offline upload with gap report",
    "G44": "late activities as of their time",
    "G45": "clock skew",
    "G46": "a receipt counts once, for ever",
    "G47": "correction of a receipt",
    "G49": "caps to the point",
    "G50": "budgets to the point",
    "G51": "revisions, schedule, rollback, pause",
    "G58": "idempotency on every write",
    "G59": "a refused id stays refused",
    "G60": "read your writes",
    "G68": "import with history",
}

# What is wanted and not served yet, or not as a whole: told in the table, so that nobody takes silence for a test.
OPEN = {
    "M3": "member known at any touchpoint: rotating codes and payment tokens",
    "P6": "sale channel and fulfilment channel: the second store",
    "P11": "partners accrue under their own certificate, budget and statement",
    "P13": "one-call checkout: vouchers, badges and receipt text",
    "G8": "notice before expiry",
    "G35": "households and pools",
    "G43": "offline allowance",
}

MARK = re.compile(r"\bShows ((?:[A-Z][0-9]+)(?:, [A-Z][0-9]+)*)\.")
TEST = re.compile(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
ROW = re.compile(r"^\s*row ([A-Z]+-[0-9]+) (.*)$")


def marks_of_cpp(text):
    """Requirement and name of the test that follows the comment."""
    for mark in MARK.finditer(text):
        test = TEST.search(text, mark.end())
        between = text[mark.end():test.start()] if test else "x"
        if test is None or re.search(r"^[^/\s]", between, re.MULTILINE):
            yield mark[1], None
        else:
            yield mark[1], f"{test[1]}.{test[2]}"


def marks_of_scenario(text):
    waiting = []
    for line in text.splitlines():
        row = ROW.match(line)
        if row:
            for mark in waiting:
                yield mark, row[1]
            waiting = []
        elif mark := MARK.search(line):
            waiting.append(mark[1])
    for mark in waiting:
        yield mark, None


def marks_of_script(path, text):
    for mark in MARK.finditer(text):
        yield mark[1], path.stem


def read(source):
    """The tests of each requirement, and what is wrong with the marks."""
    tests, wrong = collections.defaultdict(list), []
    for path in sorted((source / "tests").rglob("*")):
        if path.suffix not in (".cc", ".scenario", ".py") or path.parent.name == "requirements":
            continue
        text = path.read_text(encoding="utf-8")
        found = (marks_of_cpp(text) if path.suffix == ".cc" else
                 marks_of_scenario(text) if path.suffix == ".scenario" else marks_of_script(path, text))
        for ids, test in found:
            where = path.relative_to(source)
            if test is None:
                wrong.append(f"{where}: \"Shows {ids}.\" must stand right above a test, did not")
                continue
            for one in ids.split(", "):
                if one in SERVED:
                    tests[one].append((test, str(where)))
                else:
                    wrong.append(f"{where}: {one} must be a requirement that is served, was not")
    return tests, wrong


def table_of(tests):
    lines = ["# Requirements and the tests that show them", "",
             "Made of the tests by `tests/requirements/table.py --write .`; do not edit.", "",
             "| requirement | | shown by |", "|---|---|---|"]
    for one, name in SERVED.items():
        by_file = collections.defaultdict(list)
        for test, where in tests[one]:
            by_file[where].append(test)
        shown = "; ".join(f"{', '.join(f'`{t}`' for t in dict.fromkeys(names))} ({where})" for where, names in by_file.items())
        lines.append(f"| {one} | {name} | {shown or '**nothing**'} |")
    lines += [f"| {one} | {name} | not served yet |" for one, name in OPEN.items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("source", type=pathlib.Path)
    options = parser.parse_args()
    tests, wrong = read(options.source)
    wrong += [f"{one}, {name}: must be shown by a test, was by none" for one, name in SERVED.items() if not tests[one]]
    path = options.source / "tests/requirements/TABLE.md"
    table = table_of(tests)
    if options.write:
        path.write_text(table, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != table:
        wrong.append(f"{path.name}: must be the table of the tests, was another: run tests/requirements/table.py --write .")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
