// Every fact of the table is what an expression reads by its name.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rules/cel/value.h"
#include "rules/program/fact_frame.h"
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
activity_types:
  - {id: review, attributes: [{id: words, type: INT}, {id: title, type: STRING, is_optional: true}]}
member_attributes: [{id: shoe, type: INT}, {id: staff_since, type: TIMESTAMP}]
metrics: [{id: orders, measure: COUNT, window: {lifetime: true}}, {id: idle, measure: DAYS_SINCE_LAST, window: {lifetime: true}}]
tiers: [{id: MEMBER, name: Member}, {id: GOLD, name: Gold, rank: 7, qualify: metrics.orders >= 5}]
)";

struct Row {
  const char* expression;
  const char* value;
};

constexpr Row kRows[] = {
    {"purchase.net", "101"},
    {"purchase.list", "102"},
    {"purchase.tax", "103"},
    {"purchase.discount", "104"},
    {"purchase.eligible_net", "211"},
    {"purchase.fulfil_channel", "\"SHIP\""},
    {"purchase.fulfil_store", "\"S9\""},
    {"purchase.tenders", "[\"CARD\"]"},
    {"purchase.vouchers", "[\"V1\"]"},
    {"purchase.all_items.map(i, i.net)", "[211, 311]"},
    {"items.map(i, i.net)", "[211]"},
    {"items[0].kind", "\"SALE\""},
    {"items[0].sku", "\"A-1\""},
    {"items[0].brand", "\"Acme\""},
    {"items[0].category", "\"tea\""},
    {"items[0].categories", "[\"tea\", \"hot\"]"},
    {"items[0].tags", "[\"new\"]"},
    {"items[0].quantity", "2"},
    {"items[0].quantity_micros", "2500000"},
    {"items[0].unit_price", "212"},
    {"items[0].list", "213"},
    {"items[0].tax", "214"},
    {"items[0].discount", "215"},
    {"activity.type", "\"review\""},
    {"activity.channel", "\"APP\""},
    {"activity.touchpoint", "\"home\""},
    {"activity.terminal_kind", "\"kiosk\""},
    {"activity.occurred_at == now", "true"},
    {"activity.local.date", "\"2027-03-02\""},
    {"activity.local.year", "2027"},
    {"activity.local.month", "3"},
    {"activity.local.day", "2"},
    {"activity.local.weekday", "2"},
    {"activity.local.hour", "8"},
    {"activity.local.minute_of_day", "495"},
    {"activity.receipt", "\"R1\""},
    {"activity.badge", "\"\""},
    {"activity.words", "12"},
    {"has(activity.title)", "false"},
    {"member.state", "\"ACTIVE\""},
    {"member.tier", "\"GOLD\""},
    {"member.tier_rank", "7"},
    {"member.tier_days", "3"},
    {"member.enrolled_days", "10"},
    {"member.tier_since < now && member.enrolled_at < member.tier_since", "true"},
    {"[member.is_staff, member.is_anniversary, member.is_birthday, member.is_birthday_month]",
     "[false, true, false, true]"},
    {"[member.age_band, member.country, member.language, member.plan]",
     "[\"30s\", \"DE\", \"de\", \"plus\"]"},
    {"[member.segments, member.consents, member.tags, member.badges]",
     "[[\"vip\"], [\"news\"], [\"t1\"], [\"b1\"]]"},
    {"[member.balance.points, member.balance.credit, member.pending.points, member.pending.credit]",
     "[-5, 6, 7, 8]"},
    // A member attribute may always be missing, whatever its declaration says.
    {"has(member.attributes.shoe)", "false"},
    {"has(member.attributes.staff_since)", "true"},
    {"[store.id, store.region, store.country, store.format]",
     "[\"S1\", \"north\", \"FR\", \"small\"]"},
    {"store.tags", "[\"open\"]"},
    {"store.minute_of_day", "555"},
    {"metrics.orders", "4"},
    {"has(metrics.idle)", "false"},
    {"[base.points, base.credit]", "[31, 32]"},
    {"variables.v0 + 1", "102"},
};

std::string Document() {
  std::string text = absl::StrCat(kHead, "variables:\n");
  int index = 0;
  for (const Row& row : kRows) {
    absl::StrAppend(&text, "  - {id: v", index++, ", expression: '", row.expression, "'}\n");
  }
  return text;
}

// Facts of which no two are the same.
struct Given {
  absl::string_view card[1] = {"CARD"}, voucher[1] = {"V1"}, categories[2] = {"tea", "hot"},
                    tags[1] = {"new"}, store_tags[1] = {"open"}, segments[1] = {"vip"},
                    consents[1] = {"news"}, member_tags[1] = {"t1"}, badges[1] = {"b1"};
  AttributeFact activity[1] = {{"words", std::int64_t{12}}};
  AttributeFact member[1] = {{"staff_since", Timestamp()}};
  std::int64_t balance[2] = {-5, 6};
  std::int64_t pending[2] = {7, 8};
  std::optional<std::int64_t> metrics[2] = {4, std::nullopt};
  ItemFact items[2];
  Facts facts;
};

void Fill(const Model& model, Given& given) {
  const Date day = Date::Parse("2027-03-02").value_or(Date());
  given.items[0] = {1,   "SALE", "A-1", "Acme", given.categories, given.tags, 2'500'000, 212,
                    213, 211,    214,   215};
  given.items[1].net = 311;
  Facts& facts = given.facts;
  facts.items = given.items;
  facts.purchase = {101, 102, 103, 104, "SHIP", "S9", given.card, given.voucher};
  facts.activity = {
      "review",      model.calendar.InstantOf(day, 495 * 60), "APP", "home", "kiosk", "R1",
      given.activity};
  facts.store = {"S1", "north", "FR", "small", given.store_tags, 555};
  MemberFact& member = facts.member;
  member.tier = 1;
  member.tier_since = model.calendar.StartOf(day.PlusDays(-3));
  member.enrolled_at = model.calendar.StartOf(day.PlusDays(-10));
  member.is_anniversary = true;
  member.is_birthday_month = true;
  member.age_band = "30s";
  member.country = "DE";
  member.language = "de";
  member.plan = "plus";
  member.segments = given.segments;
  member.consents = given.consents;
  member.tags = given.member_tags;
  member.badges = given.badges;
  member.balance = given.balance;
  member.pending = given.pending;
  member.attributes = given.member;
  facts.metrics = given.metrics;
}

// The values of a program's variables over these facts, of which the first item counts.
std::vector<std::string> ValuesIn(const Model& model) {
  Given given;
  Fill(model, given);
  cel::Arena arena;
  FactFrame frame(model, given.facts, arena);
  constexpr std::size_t kCounting[] = {0};
  constexpr std::int64_t kBase[] = {31, 32};
  frame.SetCounting(kCounting);
  frame.SetBase(kBase);
  frame.Derive();
  std::vector<std::string> values;
  for (const Variable& variable : model.variables) {
    values.push_back(cel::DebugString(frame.Value(*variable.expression)));
  }
  return values;
}

TEST(FactFrame, HasEachFactUnderItsName) {
  const Program program = CompileProgram(Document());
  ASSERT_NE(program.model, nullptr) << program.error;
  const std::vector<std::string> values = ValuesIn(*program.model);
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    SCOPED_TRACE(kRows[i].expression);
    EXPECT_EQ(values[i], kRows[i].value);
  }
}

// Where structs go besides selections.
constexpr Row kWays[] = {
    {"items.filter(i, i.brand == \"Acme\").map(i, i.net)", "[211]"},
    {"purchase.all_items.map(i, i)[1].net", "311"},
    {"purchase.all_items.exists(i, \"tea\" in i.categories)", "true"},
    {"(activity.words > 3 ? items : purchase.all_items)[0].sku", "\"A-1\""},
    {"(items + purchase.all_items)[2].net", "311"},
    {"[size(items), size(purchase.all_items)]", "[1, 2]"},
    {"cel.bind(i, items[0], i.brand)", "\"Acme\""},
    {"[[items[0]]][0][0].tags", "[\"new\"]"},
    {"[store][0].region", "\"north\""},
    {"{\"one\": member}[\"one\"].country", "\"DE\""},
    {"items[0] == purchase.all_items[0]", "true"},
    {"items[0] == purchase.all_items[1]", "false"},
    {"items[0] in purchase.all_items", "true"},
    {"[dyn(items[0]), dyn(1)][0].brand", "\"Acme\""},
    {"dyn(activity).local.date", "\"2027-03-02\""},
    {"dyn(member).balance.points", "-5"},
};

class Footprints : public testing::TestWithParam<Row> {};

// A program of one expression makes little else than what that reads.
TEST_P(Footprints, HaveAllThatAnExpressionReads) {
  const std::string text =
      absl::StrCat(kHead, "variables:\n  - {id: v0, expression: purchase.net}\n",
                   "  - {id: v1, expression: '", GetParam().expression, "'}\n");
  const Program program = CompileProgram(text);
  ASSERT_NE(program.model, nullptr) << program.error;
  EXPECT_EQ(ValuesIn(*program.model)[1], GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Facts, Footprints, testing::ValuesIn(kRows));
INSTANTIATE_TEST_SUITE_P(Ways, Footprints, testing::ValuesIn(kWays));

}  // namespace
}  // namespace laurel::rules::model
