// What people read of a simulation.
#include "service/cli/simulation_views.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "tests/service/cli/golden.h"

namespace laurel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

AmountStyle Style() {
  AmountStyle style;
  style.decimals = {{"beans", 0}, {"stars", 0}};
  style.redeemable = "beans";
  style.currency = "GBP";
  style.time_zone = "Europe/London";
  return style;
}

v1::Simulation Report() {
  return FromText<v1::Simulation>(R"(
    name: "programs/bean-club/simulations/90412-1"
    state: JOB_STATE_SUCCEEDED
    revision: "programs/bean-club/revisions/3"
    digest: "0123456789abcdef0123456789abcdef"
    current_revision: "programs/bean-club/revisions/2"
    sequence: 90412
    effective_from { seconds: 1780268400 }
    activation {
      members: 12000 moved: 310 raised: 250 fallen: 60
      tiers_before: "MEMBER" tiers_before: "SILVER" tiers_before: "GOLD"
      tiers_after: "MEMBER" tiers_after: "SILVER" tiers_after: "PEARL"
      moves { from_tier: "MEMBER" to_tier: "MEMBER" members: 9000 }
      moves { from_tier: "MEMBER" to_tier: "SILVER" members: 250 }
      moves { from_tier: "SILVER" to_tier: "SILVER" members: 2690 }
      moves { from_tier: "GOLD" to_tier: "SILVER" members: 60 }
      losers { member: "programs/bean-club/members/0abcdefghjkmn" from_tier: "GOLD" to_tier: "SILVER" }
    }
    backtest {
      first_on { year: 2026 month: 3 day: 1 } last_on { year: 2026 month: 5 day: 30 }
      activities: 84000 members: 8100 changed: 20500
      rules { rule: "base_beans" point_type: "beans" points_current: 1200000 points_candidate: 1200000
              cost_current: 720000 cost_candidate: 720000 awards_current: 84000 awards_candidate: 84000 }
      rules { rule: "oat_week" point_type: "beans" points_current: 90000 points_candidate: 140000
              cost_current: 54000 cost_candidate: 84000 awards_current: 4000 awards_candidate: 5500 cut: 12 }
      rules { rule: "<b>&late" point_type: "beans" lost_in_group: 7 }
      limits { limit: "oat_week.budget" hits: 12 points: 260 }
      budgets { budget: "oat_week.budget" total: 140000
                days { day { year: 2026 month: 3 day: 1 } used: 40000 }
                days { day { year: 2026 month: 4 day: 11 } used: 140000 }
                ends_on { year: 2026 month: 4 day: 11 } }
      never_fired: "<b>&late"
      always_lost: "<b>&late"
      most_changed { entry: "programs/bean-club/entries/0-77" point_type: "beans" points_current: 21 points_candidate: 121
                     explanation_current: "21 beans\n" explanation_candidate: "121 beans\n" }
      days { day { year: 2026 month: 3 day: 1 } points_current: 400 points_candidate: 700 }
      days { day { year: 2026 month: 3 day: 2 } points_current: 500 points_candidate: 650 }
      assumptions: "balances are taken as of today"
    })");
}

TEST(SimulationViews, ReadAsAReport) {
  ExpectGolden("simulation_report", RenderText(SimulationDocument(Report(), Style())));
}

TEST(SimulationViews, CompareLineByLine) {
  const auto response = FromText<v1::CompareDecisionsResponse>(R"(
    current { revision: "programs/bean-club/revisions/2" tier: "MEMBER"
              eligible { currency_code: "GBP" minor_units: 720 }
              lines { rule: "base_beans" point_type: "beans" granted: 21 arithmetic: "3 per 1.00 on 7.20: 21.6 -> 21" }
              lines { rule: "gone" point_type: "beans" granted: 5 arithmetic: "5" } }
    candidate { tier: "SILVER" eligible { currency_code: "GBP" minor_units: 720 }
                lines { rule: "base_beans" point_type: "beans" granted: 28 arithmetic: "4 per 1.00 on 7.20: 28.8 -> 28" }
                lines { rule: "new" point_type: "stars" granted: 7 arithmetic: "7" } })");
  ExpectGolden("simulation_compare", RenderText(ComparisonDocument(response, Style())));
}

TEST(SimulationViews, MakeAPageThatLoadsNothing) {
  const std::string html = SimulationHtml(Report(), Style());
  for (const char* part :
       {"<!doctype html>", "<svg", "<polyline", "Members by tier", "Points by rule",
        "Budget oat_week", "nothing is left from 2026-04-11 on", "+50,000", "who would lose a tier",
        "</html>"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  // Nothing is fetched, and no text of a document becomes markup.
  for (const char* part : {"http:", "https:", "src=", "href=", "<script", "<b>&late", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;late"));
}

}  // namespace
}  // namespace laurel::cli
