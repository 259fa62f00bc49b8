#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/engine/domain/scene.h"

// Facts that are told of members, for rules to read.
namespace laurel {
namespace {

constexpr char kDeclared[] =
    "member_attributes:\n"
    "  - {id: score, type: INT, min: 0, max: 100}\n"
    "  - {id: vip, type: BOOL}\n"
    "  - {id: size, type: STRING, values: [small, large]}\n"
    "  - {id: since, type: TIMESTAMP}\n"
    "  - {id: unread, type: INT}\n";
constexpr char kOffer[] =
    "stacking_groups: [{id: all, mode: STACKED}]\n"
    "promotions:\n  - {id: keen, name: Keen, when: 'has(member.attributes.score) && "
    "member.attributes.score >= 50', bonus: {point_type: points, points: 7}, stacking_group: all}\n"
    "  - {id: large, name: Large, when: 'has(member.attributes.size) && member.attributes.size == "
    "\"large\"', bonus: {point_type: points, points: 3}, stacking_group: all}\n";

constexpr char kTold[] =
    "qualify: 'metrics.credit_12m >= 8000 || (has(member.attributes.vip) && "
    "member.attributes.vip)'";

std::string Document() {
  std::vector<std::pair<std::string, std::string>> parts;
  parts.emplace_back("point_types:\n", absl::StrCat(kDeclared, "point_types:\n"));
  parts.emplace_back("tiers:\n", absl::StrCat(kOffer, "tiers:\n"));
  parts.emplace_back("qualify: metrics.credit_12m >= 8000", kTold);
  return With(HarbourDocument(), parts);
}

MemberAttribute Told(std::string id, decltype(AttributeValue::value) value,
                     Timestamp ends_at = Timestamp::Never()) {
  return MemberAttribute{{std::move(id), std::move(value)}, ends_at};
}

TEST(MemberAttributes, WorkInRulesFromTheNextDecisionOn) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 10);
  const auto entry = scene.Do(SetMemberAttributes{
      ana, {Told("score", std::int64_t{50}), Told("size", std::string("large"))}, {}});
  EXPECT_EQ(entry->kind, EntryKind::kMemberAttributesSet);
  const auto sale = scene.Buy(ana, 1'000);
  const ReceiptKey receipt = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 30);
  ASSERT_NE(sale->FindEvent<EvidenceKept>(), nullptr);
  EXPECT_EQ(sale->FindEvent<EvidenceKept>()->attributes.size(), 2u);
  scene.Do(SetMemberAttributes{ana, {Told("score", std::int64_t{49})}, {"size"}});
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
  // The sale is undone by what was told then.
  scene.Return(receipt);
  EXPECT_EQ(scene.Points(ana), 20);
}

TEST(MemberAttributes, AreAbsentPastTheirEnd) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  const Timestamp end = scene.clock.Now().PlusMicros(kMicrosPerDay);
  scene.Do(SetMemberAttributes{ana, {Told("score", std::int64_t{90}, end)}, {}});
  scene.clock.Set(end.PlusMicros(-1));
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Points(ana), 8);
  scene.clock.Set(end);
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Points(ana), 9);
}

TEST(MemberAttributes, AreToldAtEnrolment) {
  Scene scene(Document());
  EnrollMember order;
  order.identities = {IdentityLink{IdentityKind::kCard, IdentityNo(7)}};
  order.attributes = {Told("score", std::int64_t{70})};
  const MemberId ana = *scene.Do(order)->member;
  scene.Buy(ana, 100);
  EXPECT_EQ(scene.Points(ana), 8);
  order.identities = {IdentityLink{IdentityKind::kCard, IdentityNo(8)}};
  order.attributes = {Told("score", std::int64_t{101})};
  EXPECT_EQ(scene.Refused(order).reason, Rejection::kInvalidField);
}

TEST(MemberAttributes, DecideTiers) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  scene.Do(SetMemberAttributes{ana, {Told("vip", true)}, {}});
  EXPECT_EQ(scene.Tier(ana).tier, "MEMBER");  // until the member does something
  EXPECT_EQ(scene.Buy(ana, 100)->outcome.tier->tier, "PLATINUM");
}

TEST(MemberAttributes, AreRefused) {
  Scene scene(Document());
  const MemberId ana = scene.Enroll(1);
  const MemberId gone = scene.Enroll(2);
  scene.Do(CloseMember{gone});
  struct Row {
    SetMemberAttributes order;
    Rejection reason;
    const char* field = "";
  };
  const Timestamp now = scene.clock.Now();
  const Row rows[] = {
      {{ana, {Told("shoe", std::int64_t{1})}, {}}, Rejection::kInvalidField, "attributes.shoe"},
      {{ana, {Told("score", true)}, {}}, Rejection::kInvalidField, "attributes.score"},
      {{ana, {Told("score", std::int64_t{-1})}, {}}, Rejection::kInvalidField, "attributes.score"},
      {{ana, {Told("size", std::string("Ana Smith"))}, {}},
       Rejection::kInvalidField,
       "attributes.size"},
      {{ana, {Told("score", std::int64_t{1}, now)}, {}},
       Rejection::kInvalidField,
       "attributes.score.expires_at"},
      {{ana, {}, {"score"}}, Rejection::kResourceNotFound},
      {{MemberId::Of(99), {Told("vip", true)}, {}}, Rejection::kMemberNotFound},
      {{gone, {Told("vip", true)}, {}}, Rejection::kMemberNotActive},
  };
  for (const Row& row : rows) {
    const Rejected refused = scene.Refused(row.order);
    EXPECT_EQ(refused.reason, row.reason) << row.field;
    for (const auto& [key, value] : refused.metadata) {
      if (key == "field") {
        EXPECT_EQ(value, row.field);
      }
      EXPECT_EQ(value.find("Ana"), std::string::npos);
    }
  }
}

TEST(MemberAttributes, WithoutAListOfTextsAreNotServed) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(
      With(Document(), {{"type: STRING, values: [small, large]", "type: STRING"}}));
  EXPECT_EQ(compiled.rulebook, nullptr);
  EXPECT_TRUE(std::any_of(compiled.findings.begin(), compiled.findings.end(),
                          [](const rules::Finding& f) { return f.code == "R-SCHEMA-026"; }));
}

}  // namespace
}  // namespace laurel
