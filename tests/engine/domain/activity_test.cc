#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// Promotions, caps and activities as the ledger takes them, beside what
// tests/scenarios/acc.scenario and cap.scenario say.
namespace laurel {
namespace {

constexpr absl::string_view kNoBase =
    R"(  - {id: base, name: 1 per euro, earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN}}
)";
constexpr absl::string_view kCredit =
    R"(  - {id: base_credit, name: 1 credit per euro, earn: {point_type: credit, points: "1", per: "1.00", rounding: DOWN}}
)";

// The program with these parts in place of its earning rules.
std::string Program(absl::string_view rules, absl::string_view rest = "") {
  std::string document = With(HarbourDocument(), {{std::string(kCredit), ""}});
  document = With(document, {{std::string(kNoBase), std::string(rules)}});
  return absl::StrCat(document, rest);
}

AccrueActivity ActivityOf(MemberId member, const std::string& type, Timestamp at,
                          const std::string& reference = "",
                          std::vector<AttributeValue> attributes = {}) {
  return AccrueActivity{.member = member,
                        .type = type,
                        .reference = reference,
                        .occurred_at = at,
                        .channel = Channel::kApp,
                        .store = {},
                        .attributes = std::move(attributes)};
}

TEST(Activity, IsRefusedAsTheProgramDoesNotDeclareIt) {
  Scene scene(Program(
      kNoBase,
      R"(activity_types: [{id: review, name: Review, attributes: [{id: words, type: INT, max: 10}, {id: note, type: STRING, max_length: 3, is_optional: true}]}]
)"));
  const MemberId ana = scene.Enroll(1);
  const auto refused = [&](const std::string& type, std::vector<AttributeValue> attributes) {
    const Rejected rejected =
        scene.Refused(ActivityOf(ana, type, scene.clock.Now(), "", std::move(attributes)));
    EXPECT_EQ(rejected.reason, Rejection::kInvalidField);
    return rejected.metadata[1].second;
  };
  EXPECT_EQ(refused("share", {}), "activity.type");
  EXPECT_EQ(refused("enrolment", {}), "activity.type");
  EXPECT_EQ(refused("review", {}), "activity.attributes.words");
  EXPECT_EQ(refused("review", {{"words", std::int64_t{11}}}), "activity.attributes.words");
  EXPECT_EQ(refused("review", {{"words", true}}), "activity.attributes.words");
  EXPECT_EQ(refused("review", {{"other", true}, {"words", std::int64_t{1}}}),
            "activity.attributes.other");
  EXPECT_EQ(refused("review", {{"note", std::string("long")}, {"words", std::int64_t{1}}}),
            "activity.attributes.note");
}

// Shows P2.
TEST(Activity, OfEnrolmentFollowsAtOnce) {
  Scene scene(With(
      Program(
          R"(  - {id: hello, name: Hello, triggers: [enrolment], bonus: {point_type: points, points: 200}}
)",
          R"(stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: first, name: First purchase, when: metrics.purchases_all == 0, bonus: {point_type: points, points: 56}, stacking_group: all}
)"),
      {{"metrics:\n",
        "metrics:\n  - {id: purchases_all, measure: COUNT, window: {lifetime: true}}\n"}}));
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(scene.Points(ana), 200);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 256);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 256);
  ASSERT_EQ(scene.Entries(ana, EntryKind::kActivity).size(), 1u);
}

TEST(Promotions, AreCappedAndGivenBack) {
  Scene scene(Program(kNoBase, R"(stacking_groups: [{id: all, mode: STACKED}]
promotions:
  - {id: p, name: P, bonus: {point_type: points, points: 250}, stacking_group: all, priority: 20}
  - {id: q, name: Q, bonus: {point_type: points, points: 100}, stacking_group: all, priority: 10}
caps: [{id: promo_day, point_type: points, applies_to: PROMOTIONS, max: 300, per: MEMBER, window: DAY}]
)"));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 8'000);
  const ReceiptKey sale = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 80 + 250 + 50);
  scene.Buy(ana, 1'000);  // the cap of the day is used up
  EXPECT_EQ(scene.Points(ana), 380 + 10);
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), 10);
  scene.Buy(ana, 100);  // the room in the cap came back
  EXPECT_EQ(scene.Points(ana), 10 + 1 + 300);
}

}  // namespace
}  // namespace laurel
