#!/usr/bin/env python3
"""Computes what every customer of a purchase file should have: points, credit, tier.

usage: reference.py PURCHASES.csv[.zst] [--program cdnow] [--as-of YYYY-MM-DD] > reference.csv

An independent calculator: it shares no code with the engine and knows nothing but the rules written below, so
that agreement between the two means something. Python's standard library only; a .zst file is read through
the command `zstd`.

Input columns: row_no, customer_id, purchase_date, amount (others are ignored). Purchases count in order of
date, then row_no. Each occurs at 12:00 local time of the program's zone on its purchase_date, so its local date is
its purchase_date and no zone arithmetic is left to do here. Those after --as-of are ignored; default is the
last purchase_date in the file.

Output columns: member, points, credit, tier, since; one row per customer, sorted by member. `since` is the
local date on which the tier began; for the base tier of a member who never had another, that of the first
purchase. Totals go to stderr.

The rules of a program
  points    floor(amount * points_per_unit), rounded for each purchase alone; they never end
  credit    amount * credit_per_unit, half up, for each purchase alone
  window    of a day: the days after (the day minus 12 months) up to and including the day
  qualify   spend in the window >= the tier's spend, or distinct days with a purchase in it >= the tier's
            visits; a purchase of 0.00 is a visit
  upgrade   after each purchase, as of its day: to the highest tier above the present one that qualifies
  term k    of a tier that began on day S: through S plus 12 * k months, counted from S (a clamped day does not drift)
  review    at the first instant of the day after a term, as of the last day of the term: if the present tier
            still qualifies the next term follows, else the next lower tier begins on the day of the review. A review
            comes before every purchase of its day. The base tier has no review.
"""

import argparse
import calendar
import csv
import datetime
import io
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Tier:
    name: str
    spend: int  # minor units in the window
    visits: int  # distinct days with a purchase in the window


@dataclass(frozen=True)
class Program:
    currency: str
    zone: str
    points_per_unit: int  # per 1.00, rounded down
    credit_per_unit: int  # per 1.00, rounded half up
    window_months: int
    term_months: int
    tiers: tuple  # of Tier, lowest first; the first one is everybody's


PROGRAMS = {
    "cdnow": Program(
        currency="USD",
        zone="America/New_York",
        points_per_unit=1,
        credit_per_unit=10,
        window_months=12,
        term_months=12,
        tiers=(
            Tier("MEMBER", 0, 0),
            Tier("SILVER", 100_00, 5),
            Tier("GOLD", 300_00, 10),
            Tier("PLATINUM", 800_00, 20),
        ),
    ),
}

COLUMNS = ("member", "points", "credit", "tier", "since")
DAY = datetime.timedelta(days=1)


def plus_months(day, months):
    """The same day of the month, cut to the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Purchase:
    day: datetime.date
    number: int
    amount: int  # minor units


@dataclass
class Member:
    """One customer on the way through the purchases, which must come in order."""

    program: Program
    points: int = 0
    credit: int = 0
    rank: int = 0
    since: datetime.date = None
    term: int = 1
    purchases: list = field(default_factory=list)

    def qualifies(self, rank, day):
        first = plus_months(day, -self.program.window_months) + DAY
        inside = [p for p in self.purchases if first <= p.day <= day]
        tier = self.program.tiers[rank]
        return sum(p.amount for p in inside) >= tier.spend or len({p.day for p in inside}) >= tier.visits

    def _begin(self, rank, day):
        self.rank, self.since, self.term = rank, day, 1

    def review_until(self, day):
        """Holds every review that falls due by the end of `day`."""
        while self.rank > 0:
            last = plus_months(self.since, self.program.term_months * self.term)
            if last + DAY > day:
                return
            if self.qualifies(self.rank, last):
                self.term += 1
            else:
                self._begin(self.rank - 1, last + DAY)

    def buy(self, purchase):
        self.review_until(purchase.day)
        if self.since is None:
            self.since = purchase.day
        self.purchases.append(purchase)
        self.points += purchase.amount * self.program.points_per_unit // 100
        self.credit += (purchase.amount * self.program.credit_per_unit + 50) // 100
        for rank in range(len(self.program.tiers) - 1, self.rank, -1):
            if self.qualifies(rank, purchase.day):
                self._begin(rank, purchase.day)
                break


def compute(program, purchases_by_member, as_of):
    """Returns {member: Member} as of the end of the day `as_of`; members without a purchase by then are absent."""
    members = {}
    for name, purchases in purchases_by_member.items():
        member = Member(program)
        for purchase in sorted(purchases, key=lambda p: (p.day, p.number)):
            if purchase.day <= as_of:
                member.buy(purchase)
        if member.purchases:
            member.review_until(as_of)
            members[name] = member
    return members


def to_minor_units(text):
    """"12.34" -> 1234. Refuses what is not a whole number of minor units, and negative amounts."""
    minor = Decimal(text).scaleb(2)
    if minor != minor.to_integral_value() or minor < 0:
        raise ValueError(f"amount: must be >= 0 with at most 2 decimals, was {text!r}")
    return int(minor)


def open_text(path):
    if not path.endswith(".zst"):
        return open(path, encoding="utf-8", newline="")
    raw = subprocess.run(["zstd", "-dc", path], check=True, stdout=subprocess.PIPE).stdout
    return io.StringIO(raw.decode("utf-8"), newline="")


def read_purchases(path):
    """Returns {customer_id: [Purchase]} in the order of the file."""
    purchases = defaultdict(list)
    with open_text(path) as lines:
        for row in csv.DictReader(lines):
            purchases[row["customer_id"]].append(
                Purchase(
                    day=datetime.date.fromisoformat(row["purchase_date"]),
                    number=int(row["row_no"]),
                    amount=to_minor_units(row["amount"]),
                )
            )
    return dict(purchases)


def rows(members):
    """The output rows, as tuples of text in the order of COLUMNS."""
    for name in sorted(members):
        member = members[name]
        tier = member.program.tiers[member.rank].name
        yield name, str(member.points), str(member.credit), tier, member.since.isoformat()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("purchases", help="CSV file, plain or .zst")
    parser.add_argument("--program", choices=sorted(PROGRAMS), default="cdnow")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, help="YYYY-MM-DD, default the last purchase_date")
    options = parser.parse_args(arguments)

    program = PROGRAMS[options.program]
    purchases = read_purchases(options.purchases)
    as_of = options.as_of or max(p.day for member in purchases.values() for p in member)
    members = compute(program, purchases, as_of)

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(members))
    counted = [p for member in members.values() for p in member.purchases]
    spend = sum(p.amount for p in counted)
    print(
        f"as of {as_of}: {len(counted)} purchases, {len(members)} members, "
        f"{program.currency} {spend // 100}.{spend % 100:02}, "
        f"{sum(m.points for m in members.values())} points, {sum(m.credit for m in members.values())} credit",
        file=sys.stderr,
    )
    for rank, tier in enumerate(program.tiers):
        print(f"{tier.name:<10} {sum(m.rank == rank for m in members.values()):>8}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
