// What a document must not do to the one before it, and when it may come into force.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "rules/program/calendar.h"
#include "rules/program/document.h"
#include "rules/program/document_change.h"

namespace laurel::rules {
namespace {

constexpr char kDocument[] = R"(schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
vocabularies: [{of: activity.channel, values: [POS, APP]}]
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
activity_types: [{id: review, attributes: [{id: words, type: INT, max: 5000}]}]
member_attributes: [{id: shoe, type: INT}]
metrics: [{id: orders, name: Orders, measure: COUNT, window: {rolling: 12 months}}]
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}, active: {last_on: "2027-12-31"}}]
tiers: [{id: MEMBER, name: Member}, {id: GOLD, name: Gold, rank: 1, qualify: metrics.orders >= 5}]
)";

Timestamp On(const char* day) { return Calendar().StartOf(Date::Parse(day).value_or(Date())); }

std::string FindingsOf(const std::string& text, ChangeContext context) {
  EXPECT_TRUE(CheckDocument(text).is_valid) << text;
  std::vector<std::string> lines;
  for (const Finding& finding : CheckChange(text, context)) {
    const char* const severity = finding.severity == Severity::kError     ? "error"
                                 : finding.severity == Severity::kWarning ? "warning"
                                                                          : "info";
    lines.push_back(absl::StrCat(severity, " ", finding.code, " ", finding.path, ":", finding.line,
                                 " ", finding.message));
  }
  return absl::StrJoin(lines, "\n");
}

struct Edit {
  const char* name;
  const char* text;
  const char* replacement;
  const char* findings;
};

constexpr Edit kEdits[] = {
    {"nothing but a name", "name: Orders", "name: Visits", ""},
    {"the currency", "currency: EUR", "currency: GBP",
     "error R-DATA-724 currency:4 must stay \"EUR\", was \"GBP\""},
    {"the zone", "Europe/Berlin", "Europe/Paris",
     "error R-DATA-724 time_zone:5 must stay \"Europe/Berlin\", was \"Europe/Paris\""},
    {"a point type more", "kind: REDEEMABLE}",
     "kind: REDEEMABLE}, {id: more, name: More, symbol: MORE, kind: QUALIFYING}", ""},
    {"a point type before the others", "point_types: [",
     "point_types: [{id: more, name: More, symbol: MORE, kind: QUALIFYING}, ",
     "error R-DATA-724 point_types[0]:7 new point types must come behind those that are there, "
     "\"more\" did not"},
    {"another symbol", "symbol: PTS", "symbol: PTX",
     "error R-DATA-724 point_types[0]:7 \"points\" must keep its kind, its decimals and its "
     "symbol"},
    {"decimals", "kind: REDEEMABLE}", "kind: REDEEMABLE, decimals: 2}",
     "error R-DATA-724 point_types[0]:7 \"points\" must keep its kind, its decimals and its "
     "symbol"},
    {"another measure", "rolling: 12 months", "rolling: 6 months",
     "error R-DATA-722 metrics[0].id:10 metrics.orders measured something else before"},
    {"a metric more that everyone has", "metrics: [",
     "metrics: [{id: days, measure: DISTINCT_DAYS, window: {rolling: 12 months}}, ", ""},
    {"a metric more of points that everyone has", "metrics: [",
     "metrics: [{id: all, measure: SUM, of: points.points, window: {rolling: 12 months}}, ", ""},
    {"a metric more that begins anew", "metrics: [",
     "metrics: [{id: days, measure: DISTINCT_DAYS, where: activity.channel == \"APP\", window: "
     "{rolling: 12 months}}, ",
     "warning R-DATA-721 metrics[0].id:10 metrics.days is new: it counts from when this comes into "
     "force"},
    {"a metric more of other amounts", "metrics: [",
     "metrics: [{id: all, measure: SUM, of: purchase.net, window: {rolling: 12 months}}, ",
     "warning R-DATA-721 metrics[0].id:10 metrics.all is new: it counts from when this comes into "
     "force"},
    {"another type of an attribute", "{id: words, type: INT, max: 5000}",
     "{id: words, type: STRING}",
     "error R-DATA-722 activity_types[0].attributes[0].type:8 the attribute words was of another "
     "type before"},
    {"another type of a member attribute", "{id: shoe, type: INT}", "{id: shoe, type: BOOL}",
     "error R-DATA-722 member_attributes[0].type:9 the attribute shoe was of another type before"},
    {"a tier gone", "{id: GOLD, name: Gold", "{id: SILVER, name: Silver",
     "error R-TIER-605 tiers:12 the tier GOLD is gone, and nothing says what its members become"},
    {"a tier retired", "{id: GOLD, name: Gold, rank: 1, qualify: metrics.orders >= 5}]",
     "{id: SILVER, name: Silver, rank: 1, qualify: metrics.orders >= 5}]\ntier_policy: {retired: "
     "[{tier: GOLD, becomes: SILVER}]}",
     ""},
    {"a window in the past", "2027-12-31", "2027-05-31",
     "warning R-REACH-504 earning_rules[0].active.last_on:11 the window of base ended on "
     "2027-05-31"},
};

TEST(Change, IsComparedWithTheDocumentBefore) {
  for (const Edit& edit : kEdits) {
    SCOPED_TRACE(edit.name);
    ChangeContext context;
    context.previous = kDocument;
    context.now = On("2027-06-01");
    EXPECT_EQ(FindingsOf(absl::StrReplaceAll(kDocument, {{edit.text, edit.replacement}}), context),
              edit.findings);
    // The canonical form says the same as the text.
    context.previous = CheckDocument(kDocument).canonical;
    EXPECT_EQ(FindingsOf(absl::StrReplaceAll(kDocument, {{edit.text, edit.replacement}}), context),
              edit.findings);
  }
}

struct Situation {
  const char* name;
  std::function<void(ChangeContext&)> set;
  const char* findings;
};

TEST(Change, IsJudgedByItsSituation) {
  const std::map<std::string, std::set<std::string>> reported = {{"activity.channel", {"POS"}}};
  const Situation situations[] = {
      {"nothing asked", [](ChangeContext&) {}, ""},
      {"in time", [](ChangeContext& c) { c.effective_from = c.now.PlusMicros(c.lead_micros); }, ""},
      {"too soon", [](ChangeContext& c) { c.effective_from = c.now.PlusMicros(c.lead_micros - 1); },
       "error R-TIME-701 :0 effective_from: must be at least 60 seconds ahead"},
      {"in the past", [](ChangeContext& c) { c.effective_from = c.now.PlusMicros(-1); },
       "error R-TIME-702 :0 effective_from: must not be in the past"},
      {"another one between",
       [](ChangeContext& c) {
         c.effective_from = On("2027-07-01");
         c.scheduled = {On("2027-06-15"), On("2027-08-01")};
       },
       "warning R-TIME-703 :0 another revision comes into force before this one"},
      {"never reported", [&](ChangeContext& c) { c.reported = &reported; },
       "info R-DATA-723 vocabularies[0].values[1]:6 \"APP\" was never reported as "
       "activity.channel\n"
       "info R-DATA-723 activity_types[0].attributes[0].id:8 activity.words was never reported"},
      {"not simulated", [](ChangeContext& c) { c.asks_for_simulation = true; },
       "error R-PLAN-841 :0 this document has not been simulated"},
      {"an old simulation",
       [](ChangeContext& c) {
         c.content_hash = "b";
         c.simulation = SimulationResult{"a", 100, 100};
       },
       "warning R-PLAN-841 :0 the simulation is of another version of this document"},
      {"at the edge of the band",
       [](ChangeContext& c) {
         c.simulation = SimulationResult{"", 100, 130};
       },
       ""},
      {"out of the band",
       [](ChangeContext& c) {
         c.simulation = SimulationResult{"", 100, 69};
       },
       "warning R-PLAN-841 :0 simulated, it brings 69 points where 100 were given: more than 30 % "
       "away"},
      {"out of the band that is asked for",
       [](ChangeContext& c) {
         c.asks_for_simulation = true;
         c.simulation = SimulationResult{"", 100, 131};
       },
       "error R-PLAN-841 :0 simulated, it brings 131 points where 100 were given: more than 30 % "
       "away"},
  };
  for (const Situation& situation : situations) {
    SCOPED_TRACE(situation.name);
    ChangeContext context;
    context.now = On("2027-06-01");
    situation.set(context);
    EXPECT_EQ(FindingsOf(kDocument, context), situation.findings);
  }
}

TEST(Change, OfWhatCannotBeReadSaysNothing) {
  EXPECT_TRUE(CheckChange("[1, 2", {}).empty());
  EXPECT_TRUE(CheckChange("text", {}).empty());
}

}  // namespace
}  // namespace laurel::rules
