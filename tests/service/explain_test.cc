// What ExplainEntry replies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/test_server.h"

namespace laurel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kPromotions[] = R"(stacking_groups:
  - {id: offers, mode: HIGHEST}
  - {id: extras, mode: STACKED}
promotions:
  - {id: double, name: Double, multiply: {rule: base, by: "2"}, stacking_group: offers, priority: 2}
  - {id: triple, name: Triple, explain: {en: "{points} more, for {amount}", zh-CN: "消费 {amount}，再得 {points}"}, multiply: {rule: base, by: "3"}, stacking_group: offers, priority: 1}
  - {id: daily, name: Visit, bonus: {point_type: points, points: 25}, stacking_group: extras, limits: [{max_points: 40, per: MEMBER, window: DAY}]}
  - {id: regular, name: Regular, when: metrics.visits_12m >= 2, bonus: {point_type: points, points: 10}, stacking_group: extras}
tiers:
)";

class ExplainEntryCall : public testing::Test {
 protected:
  ExplainEntryCall() {
    server_.ledger().Activate(absl::StrReplaceAll(HarbourDocument(), {{"tiers:\n", kPromotions}}));
    server_.ledger().clock.Advance(kMicrosPerMinute);
    ana_ = server_.Enroll("1000");
  }

  grpc::Status Try(const std::string& name, const std::string& language,
                   v1::ExplainEntryResponse& response) {
    v1::ExplainEntryRequest request;
    request.set_name(name);
    request.set_language(language);
    grpc::ClientContext context;
    return server_.stubs.points->ExplainEntry(&context, request, &response);
  }
  v1::ExplainEntryResponse Explain(const std::string& name, const std::string& language = "") {
    v1::ExplainEntryResponse response;
    const grpc::Status status = Try(name, language, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  Refused Refuse(const std::string& name, const std::string& language = "") {
    v1::ExplainEntryResponse response;
    return Read(Try(name, language, response));
  }
  // After the promotions came.
  std::string Buy(int receipt, std::int64_t cents) {
    v1::AccruePurchaseRequest request = server_.Sale("1000", receipt, cents);
    request.mutable_purchase()->mutable_occurred_at()->set_seconds(1'772'366'460);
    grpc::ClientContext context;
    v1::AccruePurchaseResponse response;
    const grpc::Status status = server_.stubs.points->AccruePurchase(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.entry();
  }
  std::string Return(int receipt, int original, std::int64_t refund) {
    v1::ReturnPurchaseRequest request;
    request.set_request_id(absl::StrCat("return-", receipt));
    request.set_program("programs/harbour");
    *request.mutable_receipt() = server_.Sale("1000", receipt, 1).purchase().receipt();
    *request.mutable_original() = server_.Sale("1000", original, 1).purchase().receipt();
    request.mutable_occurred_at()->set_seconds(1'772'366'460);
    v1::ReturnLine& line = *request.add_lines();
    line.set_line(1);
    line.set_quantity_micros(250'000);
    line.set_refund_minor_units(refund);
    grpc::ClientContext context;
    v1::ReturnPurchaseResponse response;
    const grpc::Status status = server_.stubs.points->ReturnPurchase(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.entry();
  }

  TestServer server_;
  std::string ana_;
};

TEST_F(ExplainEntryCall, TellsRulesArithmeticAndWhyNot) {
  Buy(1, 100);
  const std::string entry = Buy(2, 2'050);
  const v1::ExplainEntryResponse reply = Explain(entry);
  EXPECT_EQ(reply.sequence(), server_.sequence());
  EXPECT_EQ(reply.entry(), entry);
  EXPECT_EQ(reply.kind(), v1::ENTRY_KIND_ACCRUE);
  EXPECT_EQ(reply.revision(), "programs/harbour/revisions/2");
  EXPECT_TRUE(reply.decided_again());
  EXPECT_THAT(reply.text(), StartsWith("76 points, 20 credit · Harbour, revision 2 (sha256:"));
  EXPECT_THAT(reply.text(), HasSubstr("  +20 points  base  1 per 1.00 on 20.50: 20.5 -> 20\n"));
  ASSERT_EQ(reply.lines_size(), 4);
  EXPECT_EQ(reply.lines(0).kind(), v1::EXPLAINED_LINE_KIND_BASE);
  EXPECT_EQ(reply.lines(2).rule(), "triple");
  EXPECT_EQ(reply.lines(2).kind(), v1::EXPLAINED_LINE_KIND_PROMOTION);
  EXPECT_EQ(reply.lines(2).granted(), 41);
  EXPECT_THAT(reply.lines(2).arithmetic(), HasSubstr("+200 % of base on 20.50"));
  EXPECT_EQ(reply.lines(3).requested(), 25);
  EXPECT_EQ(reply.lines(3).granted(), 15);
  ASSERT_EQ(reply.lines(3).cuts_size(), 1);
  EXPECT_EQ(reply.lines(3).cuts(0).amount(), 10);
  ASSERT_EQ(reply.not_applied_size(), 2);
  EXPECT_EQ(reply.not_applied(0).rule(), "double");
  EXPECT_EQ(reply.not_applied(0).outcome(), v1::RULE_OUTCOME_LOST_IN_GROUP);
  EXPECT_EQ(reply.not_applied(0).worth(), 20);
  EXPECT_EQ(reply.not_applied(1).outcome(), v1::RULE_OUTCOME_CONDITION_FALSE);
  ASSERT_EQ(reply.not_applied(1).failed_size(), 1);
  EXPECT_EQ(reply.not_applied(1).failed(0).text(), "metrics.visits_12m >= 2");
  EXPECT_EQ(reply.not_applied(1).failed(0).seen(), "metrics.visits_12m was 1");
}

TEST_F(ExplainEntryCall, SpeaksTheMembersLanguage) {
  const std::string entry = Buy(1, 2'050);
  struct Case {
    const char* language;
    const char* first;
    const char* own;  // that the program brings
  };
  for (const Case& c :
       {Case{"", "20 Points: 1 per 1.00 on 20.50", "41 more, for 20.50 EUR"},
        Case{"en-GB", "20 Points: 1 per 1.00 on 20.50", "41 more, for 20.50 EUR"},
        Case{"fr", "20 Points: 1 per 1.00 on 20.50", "41 Points: Triple, triple on 20.50"},
        Case{"zh-CN", "20 Points：每 1.00 得 1，按 20.50 计算", "消费 20.50 EUR，再得 41"}}) {
    SCOPED_TRACE(c.language);
    const v1::ExplainEntryResponse reply = Explain(entry, c.language);
    ASSERT_GE(reply.sentences_size(), 3);
    EXPECT_EQ(reply.sentences(0), c.first);
    EXPECT_THAT(reply.sentences(2), c.own);
    EXPECT_THAT(reply.text(), HasSubstr("not applied"));
  }
}

TEST_F(ExplainEntryCall, TellsWhatReturnsTookBack) {
  Buy(1, 10'000);
  EXPECT_TRUE(Explain(Return(2, 1, 2'500)).decided_again());
  const v1::ExplainEntryResponse reply = Explain(Return(3, 1, 3'000));
  EXPECT_EQ(reply.kind(), v1::ENTRY_KIND_RETURN);
  EXPECT_TRUE(reply.decided_again());
  EXPECT_EQ(reply.lines_size(), 0);
  ASSERT_GE(reply.taken_back_size(), 1);
  EXPECT_EQ(reply.taken_back(0).rule(), "base");
  EXPECT_EQ(reply.taken_back(0).amount(), 30);
  EXPECT_THAT(reply.text(), HasSubstr("  -30 points  base  of 75 points\n"));
  ASSERT_GE(reply.sentences_size(), 1);
  EXPECT_THAT(reply.sentences(0), StartsWith("30 Points of 75 Points taken back: "));
}

TEST_F(ExplainEntryCall, TellsPlainlyWhatFollowsFromNoRule) {
  Buy(1, 10'000);
  grpc::ClientContext context;
  v1::RedeemResponse redeemed;
  ASSERT_TRUE(server_.stubs.redemption
                  ->Redeem(&context, server_.Redemption("1000", "redeem-1", 40), &redeemed)
                  .ok());
  const v1::ExplainEntryResponse spent = Explain(redeemed.entry());
  EXPECT_FALSE(spent.decided_again());
  EXPECT_THAT(spent.sentences(), ElementsAre("40 Points redeemed"));
  grpc::ClientContext again;
  EXPECT_FALSE(server_.stubs.redemption
                   ->Redeem(&again, server_.Redemption("1000", "redeem-2", 4'000), &redeemed)
                   .ok());
  const v1::ExplainEntryResponse refused =
      Explain(absl::StrCat("programs/harbour/entries/0-", server_.sequence()));
  EXPECT_EQ(refused.kind(), v1::ENTRY_KIND_REFUSED);
  EXPECT_THAT(refused.text(), HasSubstr("refused  INSUFFICIENT_POINTS\n"));
  EXPECT_THAT(refused.sentences(), ElementsAre("No points were earned or spent"));
  // The first entry made the program: no revision was in force.
  EXPECT_FALSE(Explain("programs/harbour/entries/0-1").decided_again());
}

TEST_F(ExplainEntryCall, RefusesWhatItCannotExplain) {
  const std::string entry = Buy(1, 100);
  const std::string number = std::to_string(server_.sequence());
  struct Case {
    std::string name;
    const char* language;
    const char* reason;
    const char* field;
  };
  for (const Case& c :
       {Case{absl::StrCat("programs/harbour/entries/0-", server_.sequence() + 1), "",
             "ENTRY_NOT_FOUND", ""},
        Case{absl::StrCat("programs/harbour/entries/1-", number), "", "ENTRY_NOT_FOUND", ""},
        Case{absl::StrCat("programs/other/entries/0-", number), "", "ENTRY_NOT_FOUND", ""},
        Case{absl::StrCat("entries/0-", number), "", "INVALID_FIELD", "name"},
        Case{entry, "zh_CN", "INVALID_FIELD", "language"},
        Case{entry, "-", "INVALID_FIELD", "language"},
        Case{entry, "englishlanguage", "INVALID_FIELD", "language"}}) {
    SCOPED_TRACE(c.name + " " + c.language);
    const Refused refused = Refuse(c.name, c.language);
    EXPECT_EQ(refused.reason, c.reason);
    if (*c.field != '\0') {
      EXPECT_THAT(refused.fields, ElementsAre(c.field));
    }
  }
}

}  // namespace
}  // namespace laurel
