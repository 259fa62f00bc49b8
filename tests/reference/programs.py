"""A plain calculator of what a purchase brings, written from the definition of the rules alone.

It makes random programs and random purchases, says what each must bring, and writes both as one
program document whose embedded tests expect just that. Exact fractions, no other library; shares no
code with the engine.
"""

import fractions
import json
import random

Fraction = fractions.Fraction
CATEGORIES = ["coffee", "tea", "bakery", "oat", "charity"]
TIERS = ["BASE", "SILVER", "GOLD"]
POINT_TYPES = {"beans": 0, "miles": 2}
AT = "2027-03-02T12:00:00"


def rounded(value, mode):
    """`value` >= 0 as a whole number."""
    down = value.numerator // value.denominator
    rest = value - down
    if mode == "UP":
        return down + (1 if rest else 0)
    if mode == "HALF_UP":
        return down + (1 if rest >= Fraction(1, 2) else 0)
    if mode == "HALF_EVEN":
        up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and down % 2 == 1)
        return down + (1 if up else 0)
    return down


def decimal(value, digits):
    text = str(value).rjust(digits + 1, "0")
    return text if digits == 0 else text[:-digits] + "." + text[-digits:]


class Program:
    """A random program; amounts of money in minor units of euros."""

    def __init__(self, rng):
        self.base = [self._base(rng, index) for index in range(rng.randint(1, 3))]
        self.thresholds = sorted(rng.sample(range(1000, 60000), 2))
        self.crossing = rng.choice(["BEFORE_BASKET", "WITH_BASKET", "SPLIT_BASKET"])
        self.multipliers = [
            {"id": f"FACTOR{index}", "rule": rule["id"], "factors": self._factors(rng)}
            for index, rule in enumerate(self.base)
            if rng.random() < 0.6
        ]
        self.groups = [
            {"id": f"group{index}", "mode": rng.choice(["STACKED", "FIRST_ELIGIBLE", "HIGHEST"])}
            for index in range(rng.randint(1, 3))
        ]
        self.types_of_groups = [rng.choice(list(POINT_TYPES)) for _ in self.groups]
        self.promotions = [self._promotion(rng, index) for index in range(rng.randint(0, 6))]
        self.source = {"total": rng.randint(1, 2000), "on_exhausted": rng.choice(["PARTIAL", "WHOLE_ONLY"])}
        self.caps = [
            {
                "id": f"cap{index}",
                "point_type": rng.choice(list(POINT_TYPES)),
                "applies_to": rng.choice(["ALL", "PROMOTIONS"]),
                "max": rng.randint(1, 3000),
            }
            for index in range(rng.randint(0, 2))
        ]
        self.excluded = rng.choice([None, "charity"])

    @staticmethod
    def _factors(rng):
        first = rng.randint(100, 200)
        return [0, first, first + rng.randint(0, 150)]

    @staticmethod
    def _base(rng, index):
        return {
            "id": f"base{index}",
            "type": rng.choice(list(POINT_TYPES)),
            "points": rng.randint(1, 500),  # hundredths
            "per": rng.choice([1, 10, 100, 250, 333]),
            "rounding": rng.choice(["DOWN", "HALF_UP", "HALF_EVEN", "UP", "CARRY"]),
            "category": rng.choice([None, None, "coffee", "oat"]),
        }

    def _promotion(self, rng, index):
        group = rng.randrange(len(self.groups))
        promotion = {
            "id": f"promo{index}",
            "group": group,
            "priority": rng.choice([0, 10, 20]),
            "minimum": rng.choice([0, 0, 1000, 8000]),
            "effect": rng.choice(["multiply", "bonus", "earn"]),
            "type": self.types_of_groups[group],
            "category": rng.choice([None, "coffee", "tea", "bakery"]),
            "by": rng.choice([150, 200, 300]),
            "bonus": rng.randint(0, 400),
            "fires": rng.choice([None, None, 2]),
            "most": rng.choice([None, None, 150]),
            "budget": rng.choice([None, None, (200, "PARTIAL"), (200, "WHOLE_ONLY")]),
            "is_funded": rng.random() < 0.3,
        }
        rules = [rule for rule in self.base if rule["type"] == promotion["type"]]
        if promotion["effect"] == "multiply" and not rules:
            promotion["effect"] = "bonus"
        promotion["rule"] = rng.choice(rules)["id"] if rules else None
        return promotion

    def rule(self, name):
        return next(rule for rule in self.base if rule["id"] == name)

    def document(self, tests):
        def selector(category):
            return {"items": f'"{category}" in item.categories'} if category else {}

        def earn(points, per, rule_type, category, rounding):
            return {"point_type": rule_type, "points": decimal(points, 2), "per": decimal(per, 2),
                    "rounding": rounding} | selector(category)

        def effect(promotion):
            if promotion["effect"] == "multiply":
                return {"rule": promotion["rule"], "by": decimal(promotion["by"], 2)} | selector(promotion["category"])
            if promotion["effect"] == "bonus":
                return {"point_type": promotion["type"], "points": str(promotion["bonus"])}
            return earn(100, 100, promotion["type"], promotion["category"], "HALF_UP")

        def limits(promotion):
            rows = []
            if promotion["fires"]:
                rows.append({"id": "fires", "max_fires": promotion["fires"], "per": "MEMBER", "window": "DAY"})
            if promotion["most"]:
                rows.append({"id": "most", "max_points": promotion["most"], "per": "MEMBER", "window": "MONTH"})
            return rows

        promotions = []
        for promotion in self.promotions:
            row = {
                "id": promotion["id"],
                "name": promotion["id"],
                "when": f"purchase.eligible_net >= {promotion['minimum']}",
                promotion["effect"]: effect(promotion),
                "stacking_group": self.groups[promotion["group"]]["id"],
                "priority": promotion["priority"],
                "limits": limits(promotion),
            }
            if promotion["budget"]:
                row["budget"] = {"total": promotion["budget"][0], "on_exhausted": promotion["budget"][1]}
            if promotion["is_funded"]:
                row["funding"] = "partner"
            promotions.append(row)
        tiers = [{"id": "BASE", "name": "Base", "rank": 0}]
        for rank, threshold in enumerate(self.thresholds, start=1):
            tiers.append({"id": TIERS[rank], "name": TIERS[rank], "rank": rank, "qualify": f"metrics.spend >= {threshold}"})
        return {
            "schema": "laurel.program.v1",
            "id": "random",
            "name": "Random",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "point_types": [
                {"id": name, "name": name, "symbol": name.upper(), "kind": "REDEEMABLE", "decimals": digits}
                for name, digits in POINT_TYPES.items()
            ],
            "funding_sources": [{"id": "partner", "name": "Partner", "kind": "PARTNER"} | self.source],
            "metrics": [{"id": "spend", "measure": "SUM", "of": "purchase.eligible_net", "window": {"rolling": "12 months"}}],
            "eligibility": {"items": f'!("{self.excluded}" in item.categories)'} if self.excluded else {},
            "earning_rules": [
                {"id": rule["id"], "name": rule["id"],
                 "earn": earn(rule["points"], rule["per"], rule["type"], rule["category"], rule["rounding"])}
                for rule in self.base
            ],
            "stacking_groups": self.groups,
            "promotions": promotions,
            "caps": [cap | {"per": "MEMBER", "window": "DAY"} for cap in self.caps],
            "tiers": tiers,
            "tier_policy": {"upgrade": "IMMEDIATE", "crossing": self.crossing},
            "benefits": [
                {"id": row["id"], "name": row["id"], "kind": "POINT_MULTIPLIER", "rule": row["rule"],
                 "grants": [{"tier": TIERS[tier], "value": decimal(row["factors"][tier], 2)} for tier in (1, 2)]}
                for row in self.multipliers
            ],
            "tests": tests,
        }


class Calculator:
    """What one purchase brings."""

    def __init__(self, program, items, tier, spend, used, carry):
        self.program = program
        self.items = [item for item in items
                      if item["kind"] == "SALE" and program.excluded not in item["categories"]]
        self.net = sum(item["net"] for item in self.items)
        self.tier = tier
        self.spend = spend
        self.used = used
        self.carry = carry
        self.lines = []  # dicts: id, type, kind (0 base, 1 tier, 2 promotion), priority, points
        self.outcomes = {}
        self.capped = {}

    def basis(self, *categories):
        return sum(item["net"] for item in self.items
                   if all(c is None or c in item["categories"] for c in categories))

    def rate(self, rule):
        """Smallest units for one minor unit."""
        return Fraction(rule["points"], 100) * 10 ** POINT_TYPES[rule["type"]] / rule["per"]

    def parts(self):
        """(tier, begin, end) of the eligible net."""
        after = self.spend + self.net
        reached = [tier for tier in (1, 2) if tier > self.tier and after >= self.program.thresholds[tier - 1]]
        if self.program.crossing == "BEFORE_BASKET" or not reached or self.net == 0:
            return [(self.tier, 0, self.net)]
        if self.program.crossing == "WITH_BASKET":
            return [(max(reached), 0, self.net)]
        parts, begin, tier = [], 0, self.tier
        for next_tier in reached:
            at = max(0, self.program.thresholds[next_tier - 1] - self.spend)
            parts.append((tier, begin, at))
            begin, tier = at, next_tier
        parts.append((tier, begin, self.net))
        return [part for part in parts if part[1] < part[2]]

    def base_lines(self):
        for rule in self.program.base:
            exact = self.rate(rule) * self.basis(rule["category"])
            if rule["rounding"] == "CARRY":
                millionths = rounded(exact * 10**6, "DOWN") + self.carry.get(rule["id"], 0)
                points = millionths // 10**6
            else:
                points = rounded(exact, rule["rounding"])
            self.outcomes[rule["id"]] = "AWARDED" if points else "ZERO_AMOUNT"
            if points:
                self.lines.append({"id": rule["id"], "type": rule["type"], "kind": 0, "priority": 0, "points": points})

    def factor(self, rule, factor, basis):
        mode = "DOWN" if rule["rounding"] == "CARRY" else rule["rounding"]
        return rounded(self.rate(rule) * Fraction(factor - 100, 100) * basis, mode)

    def tier_lines(self):
        for row in self.program.multipliers:
            rule = self.program.rule(row["rule"])
            whole = self.basis(rule["category"])
            for tier, begin, end in self.parts():
                factor = row["factors"][tier]
                if factor <= 100:
                    continue
                basis = whole * end // self.net - whole * begin // self.net if self.net else 0
                points = self.factor(rule, factor, basis)
                if points:
                    self.lines.append({"id": row["id"], "type": rule["type"], "kind": 1, "priority": 0,
                                       "points": points, "begin": begin})

    def asked(self, promotion):
        if promotion["effect"] == "bonus":
            return promotion["bonus"]
        if promotion["effect"] == "earn":
            return rounded(Fraction(self.basis(promotion["category"]), 100) * 10 ** POINT_TYPES[promotion["type"]], "HALF_UP")
        rule = self.program.rule(promotion["rule"])
        return self.factor(rule, promotion["by"], self.basis(rule["category"], promotion["category"]))

    def cut(self, name, points, left, on_exhausted="PARTIAL"):
        if points <= left:
            return points
        kept = max(0, left) if on_exhausted == "PARTIAL" else 0
        self.capped[name] = self.capped.get(name, 0) + points - kept
        return kept

    def candidate(self, promotion):
        """The points that are left of a promotion by itself, or None with an outcome."""
        name = promotion["id"]
        if self.net < promotion["minimum"]:
            return self.lose(name, "CONDITION_FALSE")
        asked = points = self.asked(promotion)
        if not points:
            return self.lose(name, "ZERO_AMOUNT")
        before = dict(self.capped)
        if promotion["fires"] and self.used.get(f"{name}.fires", 0) >= promotion["fires"]:
            return self.lose(name, "LIMIT_REACHED")
        if promotion["most"]:
            points = self.cut(f"{name}.most", points, promotion["most"] - self.used.get(f"{name}.most", 0))
        if not points:
            self.capped = before
            return self.lose(name, "LIMIT_REACHED")
        if promotion["budget"]:
            total, on_exhausted = promotion["budget"]
            points = self.cut(f"{name}.budget", points, total - self.used.get(f"{name}.budget", 0), on_exhausted)
        if promotion["is_funded"]:
            left = self.program.source["total"] - self.used.get("partner", 0)
            points = self.cut("partner", points, left, self.program.source["on_exhausted"])
        cuts = {key: value - before.get(key, 0) for key, value in self.capped.items() if value != before.get(key, 0)}
        self.capped = before
        if not points:
            return self.lose(name, "BUDGET_EXHAUSTED")
        return {"id": name, "type": promotion["type"], "kind": 2, "priority": promotion["priority"], "points": points,
                "group": promotion["group"], "is_funded": promotion["is_funded"], "cuts": cuts, "asked": asked}

    def lose(self, name, outcome):
        self.outcomes[name] = outcome
        return None

    def promotion_lines(self):
        found = [line for line in map(self.candidate, self.program.promotions) if line]
        for index, group in enumerate(self.program.groups):
            members = [line for line in found if line["group"] == index]
            members.sort(key=lambda line: (-line["priority"], line["id"]))
            if group["mode"] == "HIGHEST":
                members.sort(key=lambda line: -line["points"])
            if group["mode"] != "STACKED":
                for line in members[1:]:
                    self.lose(line["id"], "LOST_IN_GROUP")
                members = members[:1]
            for line in sorted(members, key=lambda one: (-one["priority"], one["id"])):
                self.outcomes[line["id"]] = "AWARDED"
                for name, points in line["cuts"].items():
                    self.capped[name] = self.capped.get(name, 0) + points
                self.lines.append(line)

    def caps(self):
        for cap in self.program.caps:
            covered = [line for line in self.lines if line["type"] == cap["point_type"]
                       and (cap["applies_to"] == "ALL" or line["kind"] == 2)]
            over = sum(line["points"] for line in covered) - max(0, cap["max"] - self.used.get(cap["id"], 0))
            order = sorted(covered, key=lambda line: (line["id"], line.get("begin", 0)), reverse=True)
            order.sort(key=lambda line: (-line["kind"], line["priority"]))
            for line in order:
                cut = min(max(0, over), line["points"])
                if not cut:
                    continue
                line["points"] -= cut
                over -= cut
                self.capped[cap["id"]] = self.capped.get(cap["id"], 0) + cut
                if not line["points"] and line["kind"] != 1:
                    self.outcomes[line["id"]] = "CAP_REACHED"

    def shared_budget(self):
        left = self.program.source["total"] - self.used.get("partner", 0)
        for line in self.lines:
            if not line.get("is_funded"):
                continue
            had = line["points"]
            line["points"] = self.cut("partner", line["points"], left, self.program.source["on_exhausted"])
            left -= line["points"]
            if had and not line["points"]:
                self.outcomes[line["id"]] = "BUDGET_EXHAUSTED"

    def expectation(self):
        self.base_lines()
        self.tier_lines()
        self.promotion_lines()
        self.caps()
        self.shared_budget()
        lines, points = {}, {}
        for line in self.lines:
            if line["points"]:
                lines[line["id"]] = lines.get(line["id"], 0) + line["points"]
                points[line["type"]] = points.get(line["type"], 0) + line["points"]
        after = self.spend + self.net
        tier = max([self.tier] + [t for t in (1, 2) if after >= self.program.thresholds[t - 1]])
        return {"lines": lines, "points": points, "outcomes": self.outcomes, "capped": self.capped,
                "tier": TIERS[tier], "tier_outcome": "UPGRADED" if tier > self.tier else "UNCHANGED"}


def random_item(rng):
    return {
        "kind": rng.choice(["SALE"] * 6 + ["GIFT_CARD"]),
        "categories": rng.sample(CATEGORIES, rng.randint(0, 3)),
        "net": rng.choice([0, rng.randint(1, 999), rng.randint(1, 30000)]),
    }


def random_test(rng, program, name):
    items = [random_item(rng) for _ in range(rng.randint(0, 8))]
    tier = rng.randrange(3)
    spend = rng.randint(0, 40000)
    used = {}
    for promotion in program.promotions:
        if promotion["fires"]:
            used[f"{promotion['id']}.fires"] = rng.randint(0, 2)
        if promotion["most"]:
            used[f"{promotion['id']}.most"] = rng.randint(0, 160)
        if promotion["budget"]:
            used[f"{promotion['id']}.budget"] = rng.randint(0, 210)
    for cap in program.caps:
        used[cap["id"]] = rng.randint(0, cap["max"])
    used["partner"] = rng.randint(0, program.source["total"])
    carry = {rule["id"]: rng.randrange(10**6) for rule in program.base if rule["rounding"] == "CARRY"}
    expect = Calculator(program, items, tier, spend, used, carry).expectation()
    rng.shuffle(items)  # the order of the lines must not matter
    return {
        "name": name,
        "at": AT,
        "member": {"tier": TIERS[tier]},
        "metrics": {"spend": decimal(spend, 2)},
        "used": used,
        "carry": {rule: decimal(micros, 6) for rule, micros in carry.items()},
        "items": [{"kind": item["kind"], "categories": item["categories"], "net": decimal(item["net"], 2)} for item in items],
        "expect": expect,
    }


def random_document(seed, count):
    """A program with `count` tests, as the text of a document. JSON is YAML."""
    rng = random.Random(seed)
    program = Program(rng)
    tests = [random_test(rng, program, f"{seed}/{index}") for index in range(count)]
    return json.dumps(program.document(tests))
