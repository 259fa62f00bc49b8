#include "engine/engine.h"

#include <atomic>
#include <latch>

#include "absl/strings/str_cat.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

TEST(Engine, AccruesAndVerifies) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  EXPECT_EQ(ledger.Accrue(ana, 1, 10050)->outcome.balances[0].available, 100);
  EXPECT_EQ(ledger.Available(ana), 100);
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Engine, RedeemsAndReversesIntoTheSameLots) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 10000);
  ledger.clock.Set("2026-05-01T12:00:00Z");
  ledger.Accrue(ana, 2, 5000);
  const auto redeemed = ledger.Do(Redeem{ana, PointsType(), 120, "order 7"});
  EXPECT_EQ(ledger.Available(ana), 30);
  EXPECT_EQ(ledger.Refused(Redeem{ana, PointsType(), 31, ""}).reason,
            Rejection::kInsufficientPoints);
  ledger.Do(ReverseRedemption{redeemed->sequence, 50});
  EXPECT_EQ(ledger.Available(ana), 80);
  ledger.Do(ReverseRedemption{redeemed->sequence, std::nullopt});
  EXPECT_EQ(ledger.Available(ana), 150);
  EXPECT_EQ(ledger.Refused(ReverseRedemption{redeemed->sequence, 1}).reason,
            Rejection::kReversalExceedsRedemption);
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Engine, ReturnsTakeBackTheirPoints) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 10000);
  const auto returned =
      ledger.Do(ReturnPurchase{ReceiptNo(2), ReceiptNo(1), ledger.clock.Now(), {}});
  EXPECT_EQ(ledger.Available(ana), 0);
  EXPECT_EQ(
      ledger.Refused(ReturnPurchase{ReceiptNo(3), ReceiptNo(1), ledger.clock.Now(), {}}).reason,
      Rejection::kReturnExceedsPurchase);
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Engine, LotsEndAndTiersAreReviewed) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const auto entry = ledger.Accrue(ana, 1, 300000);
  EXPECT_EQ(entry->outcome.tier->tier, "GOLD");
  ledger.clock.Set("2027-03-01T22:59:59Z");
  EXPECT_EQ(ledger.Available(ana), 3000);
  ledger.clock.Set("2027-03-01T23:00:00Z");  // the first instant of 2 March in Berlin
  EXPECT_EQ(ledger.Available(ana), 0);
  ledger.Accrue(ana, 2, 100);
  EXPECT_EQ(ledger.Available(ana), 1);
  ReadView view = ledger.engine().Read();
  EXPECT_EQ(view.state().members.Find(MemberKey{ana})->tier.tier, "SILVER");
  EXPECT_EQ(ledger.Verify(), "");
}

// Large commands that wait together, and much that is due for all at one instant, are more than a
// store takes at once.
TEST(Engine, LargeCommandsAreNoMoreThanAStoreTakes) {
  constexpr int kMembers = 150;
  TestLedger ledger;
  const auto all = [&](auto&& order_of) {
    std::latch answered(kMembers);
    std::atomic<int> accepted = 0;
    std::vector<Command> commands;  // made first, so that they wait together
    for (int i = 0; i < kMembers; ++i) {
      Order order = order_of(i);
      const std::string request = absl::StrCat("large-", order.index(), "-", i);
      commands.push_back(Command{TheProgram(), RequestId::Of(request), "test", std::move(order)});
    }
    for (Command& command : commands) {
      ledger.engine().Submit(std::move(command), std::nullopt, [&](absl::StatusOr<Reply> reply) {
        EXPECT_TRUE(reply.ok()) << reply.status();
        accepted += reply.ok() && reply->entry != nullptr && !reply->entry->outcome.rejected;
        answered.count_down();
      });
    }
    answered.wait();
    EXPECT_EQ(accepted, kMembers);
  };
  const Timestamp now = ledger.clock.Now();
  all([&](int i) {
    ImportMember order{.identities = {{IdentityKind::kCard, IdentityNo(std::uint64_t(1000 + i))}}};
    order.lots.assign(kImportLotsMax, {PointsType(), 1, now.PlusMicros(-1), std::nullopt,
                                       now.PlusMicros(kMicrosPerDay)});
    return order;
  });
  ledger.clock.Set(ToString(now.PlusMicros(2 * kMicrosPerDay)));
  all([&](int i) { return ledger.Sale(IdentityNo(std::uint64_t(1000 + i)), 1 + i, 1'000); });
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Engine, RetriesGetTheSameAnswerAlsoAfterARestart) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const AccruePurchase sale = ledger.Sale(ana, 1, 1000);
  const Reply first = ledger.Run(sale, "sale-0001");
  const Reply second = ledger.Run(sale, "sale-0001");
  ledger.Restart();
  const Reply third = ledger.Run(sale, "sale-0001");
  EXPECT_FALSE(first.is_replayed);
  EXPECT_TRUE(second.is_replayed);
  EXPECT_TRUE(third.is_replayed);
  EXPECT_EQ(first.entry->sequence, third.entry->sequence);
  EXPECT_EQ(first.leaf_hash, third.leaf_hash);
  EXPECT_EQ(ledger.Refused(ledger.Sale(ana, 1, 1001), "sale-0001").reason,
            Rejection::kRequestIdReused);
  EXPECT_EQ(ledger.Refused(ledger.Sale(ana, 1, 1000)).reason, Rejection::kReceiptAlreadyPosted);
  EXPECT_EQ(ledger.Refused(ledger.Sale(ana, 1, 1001)).reason, Rejection::kReceiptContentDiffers);
  EXPECT_EQ(ledger.Verify(), "");
}

}  // namespace
}  // namespace laurel
