"""Tests of the reference calculator: cases worked out by hand. Run: python3 -m unittest discover tests/reference"""

import contextlib
import datetime
import io
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import compare
import reference
from reference import Purchase, plus_months, to_minor_units

CDNOW = reference.PROGRAMS["cdnow"]


def day(text):
    return datetime.date.fromisoformat(text)


def member(purchases, as_of):
    """The one member that makes `purchases`, a list of (day, amount as text), as of the end of `as_of`."""
    numbered = [Purchase(day(d), n, to_minor_units(a)) for n, (d, a) in enumerate(purchases, 1)]
    return reference.compute(CDNOW, {"ana": numbered}, day(as_of))["ana"]


def tier(purchases, as_of):
    found = member(purchases, as_of)
    return CDNOW.tiers[found.rank].name, found.since.isoformat()


class Calendar(unittest.TestCase):
    def test_months_are_cut_to_the_last_day(self):
        for start, months, end in [
            ("1997-01-31", 1, "1997-02-28"),
            ("1996-02-29", 12, "1997-02-28"),
            ("1996-02-29", 48, "2000-02-29"),
            ("1996-02-29", -12, "1995-02-28"),
            ("1997-12-31", 1, "1998-01-31"),
            ("1997-01-15", -1, "1996-12-15"),
        ]:
            with self.subTest(start=start, months=months):
                self.assertEqual(plus_months(day(start), months), day(end))


class Amounts(unittest.TestCase):
    def test_minor_units_are_exact(self):
        self.assertEqual([to_minor_units(t) for t in ("0.00", "12.34", "7", "0.1")], [0, 1234, 700, 10])

    def test_other_amounts_are_refused(self):
        for text in ("1.001", "-0.01"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                to_minor_units(text)

    def test_points_are_rounded_down_for_each_purchase_alone(self):
        self.assertEqual(member([("1997-01-01", "1.99"), ("1997-01-02", "1.99")], "1997-01-31").points, 2)

    def test_credit_is_rounded_half_up_for_each_purchase_alone(self):
        # 0.04 -> 0.4 -> 0, 0.05 -> 0.5 -> 1, 11.77 -> 117.7 -> 118
        for amounts, credit in [(["0.04"], 0), (["0.05"], 1), (["11.77"], 118), (["0.05", "0.05"], 2)]:
            with self.subTest(amounts=amounts):
                self.assertEqual(member([("1997-01-01", a) for a in amounts], "1997-01-31").credit, credit)


class Upgrades(unittest.TestCase):
    def test_a_new_member_has_the_base_tier_since_the_first_purchase(self):
        self.assertEqual(tier([("1997-01-05", "1.00")], "1999-01-01"), ("MEMBER", "1997-01-05"))

    def test_spend_reaches_the_threshold_exactly(self):
        self.assertEqual(tier([("1997-01-05", "99.99")], "1997-01-31"), ("MEMBER", "1997-01-05"))
        self.assertEqual(tier([("1997-01-05", "99.99"), ("1997-01-06", "0.01")], "1997-01-31"), ("SILVER", "1997-01-06"))

    def test_several_ranks_at_once(self):
        self.assertEqual(tier([("1997-01-05", "800.00")], "1997-01-31"), ("PLATINUM", "1997-01-05"))

    def test_visits_are_distinct_days_and_need_no_spend(self):
        same_day = [("1997-01-05", "1.00")] * 5
        five_days = [(f"1997-01-{d:02}", "0.00") for d in range(1, 6)]
        self.assertEqual(tier(same_day, "1997-01-31"), ("MEMBER", "1997-01-05"))
        self.assertEqual(tier(five_days, "1997-01-31"), ("SILVER", "1997-01-05"))

    def test_the_window_is_twelve_months_without_the_same_day_of_last_year(self):
        self.assertEqual(tier([("1997-01-05", "60.00"), ("1998-01-04", "40.00")], "1998-01-31"), ("SILVER", "1998-01-04"))
        self.assertEqual(tier([("1997-01-05", "60.00"), ("1998-01-05", "40.00")], "1998-01-31"), ("MEMBER", "1997-01-05"))

    def test_purchases_after_the_day_asked_for_do_not_count(self):
        purchases = [("1997-01-05", "60.00"), ("1997-02-01", "40.00")]
        self.assertEqual(tier(purchases, "1997-01-31"), ("MEMBER", "1997-01-05"))
        self.assertEqual(member(purchases, "1997-01-31").points, 60)

    def test_order_is_by_day_then_number_whatever_the_order_of_the_file(self):
        purchases = [Purchase(day("1997-03-01"), 2, 60_00), Purchase(day("1997-01-01"), 1, 60_00)]
        found = reference.compute(CDNOW, {"ana": purchases}, day("1997-12-31"))["ana"]
        self.assertEqual(found.since, day("1997-03-01"))


class Reviews(unittest.TestCase):
    def test_a_term_ends_with_the_same_day_of_the_next_year(self):
        purchases = [("1997-01-05", "100.00")]
        self.assertEqual(tier(purchases, "1998-01-05"), ("SILVER", "1997-01-05"))
        self.assertEqual(tier(purchases, "1998-01-06"), ("MEMBER", "1998-01-06"))

    def test_the_purchase_of_the_upgrade_does_not_pay_for_the_next_term(self):
        # The window of the review is 1997-01-06 to 1998-01-05.
        kept = [("1997-01-05", "100.00"), ("1997-01-06", "60.00"), ("1998-01-05", "40.00")]
        lost = [("1997-01-05", "100.00"), ("1997-01-05", "60.00"), ("1998-01-05", "40.00")]
        self.assertEqual(tier(kept, "1998-01-06"), ("SILVER", "1997-01-05"))
        self.assertEqual(tier(lost, "1998-01-06"), ("MEMBER", "1998-01-06"))

    def test_a_retained_tier_is_reviewed_again_and_keeps_its_beginning(self):
        purchases = [("1997-01-05", "100.00"), ("1997-06-01", "100.00")]
        self.assertEqual(tier(purchases, "1999-01-05"), ("SILVER", "1997-01-05"))
        self.assertEqual(tier(purchases, "1999-01-06"), ("MEMBER", "1999-01-06"))

    def test_each_drop_is_one_rank_and_starts_a_term(self):
        purchases = [("1997-01-05", "900.00")]
        for as_of, expected in [
            ("1998-01-05", ("PLATINUM", "1997-01-05")),
            ("1998-01-06", ("GOLD", "1998-01-06")),
            ("1999-01-06", ("GOLD", "1998-01-06")),
            ("1999-01-07", ("SILVER", "1999-01-07")),
            ("2000-01-08", ("MEMBER", "2000-01-08")),
            ("2030-01-01", ("MEMBER", "2000-01-08")),
        ]:
            with self.subTest(as_of=as_of):
                self.assertEqual(tier(purchases, as_of), expected)

    def test_a_review_comes_before_the_purchases_of_its_day(self):
        # Dropped to MEMBER first; 50.00 of the day make 90.00 in the window, too little for SILVER again.
        purchases = [("1997-01-05", "100.00"), ("1997-07-01", "40.00"), ("1998-01-06", "50.00")]
        self.assertEqual(tier(purchases, "1998-01-06"), ("MEMBER", "1998-01-06"))
        # With 60.00 the member drops and rises on one day.
        self.assertEqual(tier(purchases[:2] + [("1998-01-06", "60.00")], "1998-01-06"), ("SILVER", "1998-01-06"))

    def test_an_upgrade_starts_a_new_term(self):
        purchases = [("1997-01-05", "100.00"), ("1997-10-01", "200.00")]
        self.assertEqual(tier(purchases, "1998-10-01"), ("GOLD", "1997-10-01"))
        self.assertEqual(tier(purchases, "1998-10-02"), ("SILVER", "1998-10-02"))

    def test_terms_are_counted_from_the_beginning_and_do_not_drift(self):
        # Terms end on 1997-02-28, 1998-02-28, 1999-02-28 and, being counted from 1996, on 2000-02-29.
        spend = [("1996-02-29", "100.00"), ("1997-01-01", "100.00"), ("1998-01-01", "100.00"), ("1999-01-01", "100.00")]
        self.assertEqual(tier(spend, "2000-02-29"), ("SILVER", "1996-02-29"))
        self.assertEqual(tier(spend, "2000-03-01"), ("MEMBER", "2000-03-01"))


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def run_main(self, main, *arguments):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))
        return code, out.getvalue(), err.getvalue()

    def test_reads_a_file_and_prints_every_member(self):
        path = self.write(
            "purchases.csv",
            "row_no,customer_id,purchase_date,cds,amount\n"
            "1,00002,1997-01-12,1,12.00\n2,00001,1997-01-01,1,11.77\n3,00002,1997-01-12,5,77.00\n",
        )
        _, out, err = self.run_main(reference.main, path, "--program", "cdnow")
        self.assertEqual(
            out, "member,points,credit,tier,since\n00001,11,118,MEMBER,1997-01-01\n00002,89,890,MEMBER,1997-01-12\n"
        )
        self.assertIn("as of 1997-01-12: 3 purchases, 2 members, USD 100.77, 100 points, 1008 credit", err)

    def test_compare_finds_every_kind_of_difference(self):
        engine = self.write("e.csv", "tier,member,points,credit,since\nGOLD,a,1,2,1997-01-01\nGOLD,b,1,2,1997-01-01\n")
        wanted = self.write("r.csv", "member,points,credit,tier,since\na,1,3,GOLD,1997-01-01\nc,1,2,GOLD,1997-01-01\n")
        code, out, _ = self.run_main(compare.main, engine, wanted)
        self.assertEqual(code, 1)
        self.assertEqual(
            out.splitlines(),
            [
                "a: credit must be 3, was 2",
                "b: only in the engine",
                "c: only in the reference",
                "2 members compared by points,credit,tier,since: 3 differences",
            ],
        )
        self.assertEqual(self.run_main(compare.main, wanted, wanted)[0], 0)

    def test_compare_refuses_what_it_cannot_match(self):
        twice = self.write("twice.csv", "member,points\na,1\na,1\n")
        short = self.write("short.csv", "member\na\n")
        for path in (twice, short, str(self.folder / "absent.csv")):
            with self.subTest(path=path):
                self.assertEqual(self.run_main(compare.main, path, path, "--columns", "points")[0], 2)

    def test_the_published_file_adds_up(self):
        root = pathlib.Path(os.environ.get("LAUREL_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
        shared = pathlib.Path(os.environ.get("LAUREL_SHARED_DIR", root.parent / "shared"))
        path = shared / "data" / "cdnow" / "transactions.csv.zst"
        if not path.exists() or not shutil.which("zstd"):
            self.skipTest(f"needs {path} and the command zstd")
        purchases = reference.read_purchases(str(path))
        everything = [p for of_member in purchases.values() for p in of_member]
        self.assertEqual(len(purchases), 23_570)
        self.assertEqual(len(everything), 69_659)
        self.assertEqual(sum(p.amount for p in everything), 250_031_563)


if __name__ == "__main__":
    unittest.main()
