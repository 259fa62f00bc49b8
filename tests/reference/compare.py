#!/usr/bin/env python3
"""Reports where the engine and the reference disagree.

usage: compare.py ENGINE.csv REFERENCE.csv [--columns points,credit,tier,since]

Both files have a column `member`, and are matched by it; other columns are compared as text. Exit code: 0 if the
files agree, 1 if they differ, 2 if they cannot be compared.
"""

import argparse
import csv
import sys

SHOWN_MAX = 20  # differences printed; all are counted


def read(path, columns):
    """Returns {member: {column: text}}. Raises ValueError on a missing column or a member that comes twice."""
    with open(path, encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        for column in ("member", *columns):
            if column not in (reader.fieldnames or ()):
                raise ValueError(f"{path}: must have the column {column}, has {reader.fieldnames}")
        table = {}
        for row in reader:
            if row["member"] in table:
                raise ValueError(f"{path}:{reader.line_num}: member {row['member']} comes twice")
            table[row["member"]] = {column: row[column] for column in columns}
        return table


def differences(engine, reference):
    """Yields one line of text per difference, sorted by member."""
    for member in sorted(engine.keys() | reference.keys()):
        if member not in engine:
            yield f"{member}: only in the reference"
        elif member not in reference:
            yield f"{member}: only in the engine"
        else:
            for column, expected in reference[member].items():
                actual = engine[member][column]
                if actual != expected:
                    yield f"{member}: {column} must be {expected}, was {actual}"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("engine")
    parser.add_argument("reference")
    parser.add_argument("--columns", default="points,credit,tier,since")
    options = parser.parse_args(arguments)
    columns = options.columns.split(",")
    try:
        engine, reference = read(options.engine, columns), read(options.reference, columns)
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    found = list(differences(engine, reference))
    for line in found[:SHOWN_MAX]:
        print(line)
    if len(found) > SHOWN_MAX:
        print(f"... and {len(found) - SHOWN_MAX} more")
    print(f"{len(reference)} members compared by {options.columns}: {len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
