// What evaluation decides, by small programs whose embedded tests say what is expected.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/rules/model_builder.h"

namespace laurel::rules::model {
namespace {

constexpr absl::string_view kHead = R"(
schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE}
  - {id: credit, name: Credit, symbol: CREDIT, kind: QUALIFYING}
metrics:
  - {id: credit_12m, measure: SUM, of: points.credit, window: {rolling: 12 months}}
  - {id: orders, measure: COUNT, window: {lifetime: true}}
)";

struct Row {
  const char* name;
  const char* program;  // behind kHead
};

constexpr Row kRows[] = {
    {"what is over a cap is trimmed from the lowest priority first", R"(
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}}]
stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: high, priority: 20, stacking_group: all, bonus: {point_type: points, points: 250}}
  - {id: low, priority: 10, stacking_group: all, bonus: {point_type: points, points: 100}}
caps: [{id: cap, point_type: points, applies_to: PROMOTIONS, max: 300, per: MEMBER, window: DAY}]
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: a, at: "2027-03-01T12:00:00", items: [{net: "10.00"}],
     expect: {lines: {base: 10, high: 250, low: 50}, capped: {cap: 50}}}
)"},
    {"an exhausted offer does not block its group", R"(
stacking_groups: [{id: first, mode: FIRST_ELIGIBLE}]
promotions:
  - {id: best, priority: 20, stacking_group: first, bonus: {point_type: points, points: 250},
     limits: [{max_fires: 1, per: MEMBER, window: DAY}]}
  - {id: next, priority: 10, stacking_group: first, bonus: {point_type: points, points: 100}}
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: a, at: "2027-03-01T12:00:00", items: [{net: "10.00"}], expect: {lines: {best: 250}, outcomes: {next: LOST_IN_GROUP}}}
  - {name: b, at: "2027-03-01T12:00:00", used: {best: 1}, items: [{net: "10.00"}],
     expect: {lines: {next: 100}, outcomes: {best: LIMIT_REACHED}}}
)"},
    {"every way in which a promotion is not given", R"(
plan: {check_on: "2027-06-30", rules: [held], holdout_basis_points: 500}
eligibility: {when: member.state == "ACTIVE"}
stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: paused, rollout: PAUSED, stacking_group: all, bonus: {point_type: points, points: 1}}
  - {id: later, active: {first_on: "2027-03-02"}, stacking_group: all, bonus: {point_type: points, points: 1}}
  - {id: condition, when: purchase.net > 5000, stacking_group: all, bonus: {point_type: points, points: 1}}
  - {id: zero, stacking_group: all, bonus: {point_type: points, points: purchase.net - 1000000}}
  - {id: held, stacking_group: all, bonus: {point_type: points, points: 1}}
  - {id: canary, canary_basis_points: 100, stacking_group: all, bonus: {point_type: points, points: 1}}
  - {id: budget, budget: {total: 9, on_exhausted: WHOLE_ONLY}, stacking_group: all, bonus: {point_type: points, points: 10}}
  - {id: alert, budget: {total: 9, on_exhausted: ALERT_ONLY}, stacking_group: all, bonus: {point_type: points, points: 10}}
  - {id: shadow, rollout: SHADOW, stacking_group: all, bonus: {point_type: points, points: 10}}
  - {id: broken, when: purchase.net / (purchase.net - 1000) > 0, stacking_group: all, bonus: {point_type: points, points: 10}}
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: a, at: "2027-03-01T12:00:00", items: [{net: "10.00"}], buckets: {"holdout:2027-06-30": 499, "canary:canary": 100},
     expect: {lines: {alert: 10}, outcomes: {paused: PAUSED, later: NOT_ACTIVE, condition: CONDITION_FALSE, zero: ZERO_AMOUNT,
       held: HELD_OUT, canary: NOT_IN_CANARY, budget: BUDGET_EXHAUSTED, alert: AWARDED, shadow: SHADOW_ONLY, broken: ERROR}}}
  - {name: b, at: "2027-03-01T12:00:00", member: {state: SUSPENDED}, items: [{net: "10.00"}],
     expect: {lines: {}, outcomes: {paused: NOT_ELIGIBLE, alert: NOT_ELIGIBLE}}}
  - {name: c, at: "2027-03-01T12:00:00", items: [{net: "10.00"}], buckets: {"holdout:2027-06-30": 500, "canary:canary": 99},
     expect: {lines: {alert: 10, held: 1, canary: 1}}}
)"},
    {"points that paid do not count, by the share of each item", R"(
eligibility: {amount: WITH_TAX}
earning_rules: [{id: coffee, earn: {point_type: points, points: "1", per: "1.00", items: '"coffee" in item.categories'}}]
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: a, at: "2027-03-01T12:00:00", purchase: {paid: {POINTS: "10.00", CARD: "20.00"}},
     items: [{net: "10.00", categories: [coffee]}, {net: "20.00"}], expect: {lines: {coffee: 6}}}
)"},
    {"returns: kept bonuses stay, refunds count as stated, a whole return takes all", R"(
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}}]
stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: kept, on_return: KEEP, stacking_group: all, bonus: {point_type: points, points: 7}}
  - {id: bonus, stacking_group: all, bonus: {point_type: points, points: 5}}
tiers: [{id: MEMBER, name: Member}]
test_defaults: {step: RETURN, at: "2027-03-01T12:00:00", items: [{net: "30.00", quantity: "3"}, {net: "5.00"}]}
tests:
  - {name: one of three, returned: [{line: 1, quantity: "1"}], expect: {reversed: {base: 10}}}
  - {name: a refund, returned: [{line: 1, quantity: "1", refunded: "12.00"}], expect: {reversed: {base: 12}}}
  - {name: all of it, returned: [{line: 1, quantity: "3"}, {line: 2, quantity: "1"}], expect: {reversed: {base: 35, bonus: 5}}}
)"},
    {"proportional returns take the shares of the items", R"(
returns: {method: PROPORTIONAL}
stacking_groups: [{id: all, mode: STACKED}]
promotions: [{id: bonus, stacking_group: all, bonus: {point_type: points, points: 10}}]
tiers: [{id: MEMBER, name: Member}]
test_defaults: {step: RETURN, at: "2027-03-01T12:00:00", items: [{net: "10.00"}, {net: "10.00"}, {net: "10.00"}]}
tests:
  - {name: first, returned: [{line: 1, quantity: "1"}], expect: {reversed: {bonus: 4}}}
  - {name: last, returned: [{line: 3, quantity: "1"}], expect: {reversed: {bonus: 3}}}
)"},
    {"a badge brings what its rules give, under what the day's cap leaves", R"(
stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: order, stacking_group: all, bonus: {point_type: points, points: 20}}
  - {id: fifth, triggers: [badge_earned], when: activity.badge == "five", stacking_group: all, bonus: {point_type: points, points: 50}}
  - {id: other, triggers: [badge_earned], when: activity.badge == "ten", stacking_group: all, bonus: {point_type: points, points: 50}}
caps: [{id: cap, point_type: points, applies_to: ALL, max: 60, per: MEMBER, window: DAY}]
tiers: [{id: MEMBER, name: Member}]
badges: [{id: five, name: Five orders, when: metrics.orders >= 5}]
tests:
  - {name: fifth, at: "2027-03-01T12:00:00", metrics: {orders: 4}, items: [{net: "10.00"}],
     expect: {lines: {order: 20, fifth: 40}, badges: [five], capped: {cap: 10}}}
  - {name: sixth, at: "2027-03-01T12:00:00", metrics: {orders: 5}, member: {badges: [five]}, items: [{net: "10.00"}],
     expect: {lines: {order: 20}}}
)"},
    {"segments read variables, and other variables those segments", R"(
segments: [{id: regular, when: variables.doubled >= 10}]
variables:
  - {id: doubled, expression: metrics.orders * 2}
  - {id: is_regular, expression: '"regular" in member.segments'}
stacking_groups: [{id: all, mode: STACKED}]
promotions: [{id: bonus, when: variables.is_regular, stacking_group: all, bonus: {point_type: points, points: 7}}]
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: regular, at: "2027-03-01T12:00:00", metrics: {orders: 5}, items: [{net: "10.00"}], expect: {lines: {bonus: 7}}}
  - {name: not yet, at: "2027-03-01T12:00:00", metrics: {orders: 4}, items: [{net: "10.00"}], expect: {lines: {}}}
)"},
    {"a category that needs quoting is excluded", R"(
eligibility: {items: '!("5\" pipe" in item.categories) && !("a\\b" in item.categories)'}
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}}]
tiers: [{id: MEMBER, name: Member}]
tests:
  - {name: a, at: "2027-03-01T12:00:00", items: [{net: "10.00"}, {net: "5.00", categories: ['5" pipe']}, {net: "7.00", categories: ['a\b']}],
     expect: {lines: {base: 10}}}
)"},
    {"a discount is inherited until it is switched off", R"(
tiers: [{id: MEMBER, name: Member}, {id: GOLD, name: Gold, rank: 1, qualify: metrics.orders >= 5}, {id: TOP, name: Top, rank: 2, qualify: metrics.orders >= 9}]
benefits:
  - {id: OFF, kind: PERCENT, grants: [{value: 5}, {tier: GOLD, value: 7.5}, {tier: TOP, is_off: true}]}
  - {id: OWN, kind: FLAG, inherits: false, grants: [{tier: GOLD}]}
test_defaults: {step: BENEFITS, at: "2027-03-01T12:00:00"}
tests:
  - {name: base, expect: {benefits: {OFF: 5}}}
  - {name: gold, member: {tier: GOLD}, expect: {benefits: {OFF: 7.5, OWN: "yes"}}}
  - {name: top, member: {tier: TOP}, expect: {benefits: {}}}
)"},
};

std::string Crossing(const char* crossing, int tier_points) {
  return absl::StrCat(R"(
earning_rules:
  - {id: base, earn: {point_type: points, points: "1", per: "1.00"}}
  - {id: credit, earn: {point_type: credit, points: "1", per: "1.00"}}
tiers: [{id: MEMBER, name: Member}, {id: SILVER, name: Silver, rank: 1, qualify: metrics.credit_12m >= 100},
  {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 500}]
tier_policy: {crossing: )",
                      crossing, R"(}
benefits: [{id: FACTOR, kind: POINT_MULTIPLIER, rule: base, grants: [{tier: SILVER, value: "1.25"}, {tier: GOLD, value: "1.5"}]}]
tests:
  - {name: crossing, at: "2027-03-01T12:00:00", member: {tier: SILVER}, metrics: {credit_12m: 400}, items: [{net: "300.00"}],
     expect: {lines: {base: 300, credit: 300, FACTOR: )",
                      tier_points, "}, tier: GOLD}}\n");
}

void ExpectGreen(const std::string& text) {
  const Program program = CompileProgram(text);
  ASSERT_NE(program.model, nullptr) << program.error;
  EXPECT_GT(program.document.tests_size(), 0);
  for (const TestFailure& failure : RunTests(program.document, *program.model)) {
    ADD_FAILURE() << failure.name << ": " << failure.message;
  }
}

TEST(Evaluate, TheTestsOfSmallProgramsPass) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    ExpectGreen(absl::StrCat(kHead, row.program));
  }
}

TEST(Evaluate, CrossesAThresholdAsThePolicySays) {
  ExpectGreen(absl::StrCat(kHead, Crossing("BEFORE_BASKET", 75)));
  ExpectGreen(absl::StrCat(kHead, Crossing("WITH_BASKET", 150)));
  ExpectGreen(absl::StrCat(kHead, Crossing("SPLIT_BASKET", 125)));
}

}  // namespace
}  // namespace laurel::rules::model
