#include "tests/engine/domain/scene.h"

// Guests' receipts whose goods came back before anybody claimed them.
namespace laurel {
namespace {

class Guest : public testing::Test {
 protected:
  Guest() : ana_(scene_.Enroll(1)), ben_(scene_.Enroll(2)), sale_(scene_.Sale(ana_, 900, 4'000)) {
    sale_.lines = {SaleLine(1, 3'000), SaleLine(2, 1'000)};
  }
  ClaimReceipt Claim(MemberId member) { return {.member = member, .receipt = sale_.receipt}; }
  void Back(std::optional<MemberRef> member) {
    ReturnPurchase back = scene_.Returning(sale_.receipt, {Pieces(1, 1)});
    back.member = member;
    EXPECT_EQ(scene_.Do(back)->kind, EntryKind::kReturnUnmatched);
  }
  Scene scene_;
  MemberId ana_;
  MemberId ben_;
  AccruePurchase sale_;
};

TEST_F(Guest, ReturnOfNobodysIsDoneWithTheClaim) {
  Back(std::nullopt);
  scene_.Do(KeepReceipt{sale_});
  EXPECT_EQ(scene_.Do(Claim(ana_))->FindEvent<PurchaseAccrued>()->awaited, 1u);
  EXPECT_EQ(scene_.Points(ana_), 10);
}

// In whatever order the receipt and the return have come.
TEST_F(Guest, ReceiptIsNotForOthersThanWhoBroughtItsGoodsBack) {
  for (const bool is_kept_first : {true, false}) {
    SCOPED_TRACE(is_kept_first);
    sale_.receipt = ReceiptNo(is_kept_first ? 900 : 901);
    if (is_kept_first) scene_.Do(KeepReceipt{sale_});
    Back(MemberRef(ana_));
    if (!is_kept_first) scene_.Do(KeepReceipt{sale_});
    const Rejected refused = scene_.Refused(Claim(ben_));
    EXPECT_EQ(refused.reason, Rejection::kInvalidField);
    EXPECT_EQ(refused.metadata,
              (decltype(Rejected::metadata){
                  {"expected", "whose goods came back"}, {"field", "member"}, {"was", "another"}}));
    EXPECT_EQ(scene_.Points(ben_), 0);
    scene_.Do(Claim(ana_));
  }
  EXPECT_EQ(scene_.Points(ana_), 20);
}

// The goods came back in an exchange, which names its member.
TEST_F(Guest, ExchangeNamesWhoBroughtTheGoodsBack) {
  scene_.Do(KeepReceipt{sale_});
  AccruePurchase exchange = scene_.Sale(ana_, 902, 0);
  exchange.lines = {SaleLine(1, 3'000), SaleLine(2, 3'000)};
  exchange.lines[1].kind = PurchaseLineKind::kReturn;
  exchange.lines[1].original = LineOriginal{sale_.receipt, 1};
  scene_.Do(exchange);
  EXPECT_EQ(scene_.Refused(Claim(ben_)).reason, Rejection::kInvalidField);
  // Whoever is one with her by now may claim it.
  scene_.Do(MergeMembers{ana_, ben_, ReasonCode::Of("same_person")});
  scene_.Do(Claim(ben_));
  EXPECT_EQ(scene_.Points(ben_), 40);
}

}  // namespace
}  // namespace laurel
