#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/journal/entry_codec.h"
#include "tests/testing/test_ledger.h"

// Rows CNC and IDM-11 of the scenarios, which need many callers at once: clients start together,
// and the outcome holds for every interleaving.
namespace laurel {
namespace {

template <class Body>
void Together(int count, Body&& body) {
  std::atomic<int> waiting = count;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&body, &waiting, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      body(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

Command Of(const std::string& request, Order order) {
  return Command{TheProgram(), RequestId::Of(request), "mia", std::move(order)};
}

// CNC-01
TEST(Races, SixAccrualsAtOneInstantAreSixEntriesAndSixLots) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const std::uint64_t before = ledger.engine().sequence();
  Together(6, [&](int i) {
    const Reply reply = *ledger.engine().Execute(
        Of(absl::StrCat("sale-", 1000 + i), ledger.Sale(ana, 1 + i, 1'000)));
    EXPECT_FALSE(reply.entry->outcome.rejected.has_value());
  });
  EXPECT_EQ(ledger.engine().sequence(), before + 6);
  EXPECT_EQ(ledger.Available(ana), 60);
  ReadView view = ledger.engine().Read();
  int lots = 0;
  view.state().ForLots(ana, PointsType(), [&](const LotKey&, const Lot& lot) {
    EXPECT_EQ(lot.available, 10);
    ++lots;
    return true;
  });
  EXPECT_EQ(lots, 6);
  EXPECT_EQ(ledger.Verify(), "");
}

// CNC-05
TEST(Races, SixtyFourPurchasesShareABudgetToThePoint) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.clock.Advance(kMicrosPerDay);
  ledger.Activate(absl::StrReplaceAll(
      HarbourDocument(),
      {{"tiers:\n",
        "stacking_groups: [{id: extras, mode: STACKED}]\n"
        "promotions:\n  - {id: extra, name: Extra, bonus: {point_type: points, points: \"10\"}, "
        "stacking_group: extras, budget: {total: 500}}\n"
        "tiers:\n"}}));
  ledger.clock.Advance(kMicrosPerDay);  // what happens now is after the activation
  std::atomic<std::int64_t> awarded = 0;
  std::atomic<int> full = 0;
  std::atomic<int> none = 0;
  Together(64, [&](int i) {
    const Reply reply =
        *ledger.engine().Execute(Of(absl::StrCat("sale-", 1000 + i), ledger.Sale(ana, 1 + i, 50)));
    std::int64_t extra = 0;
    for (const Event& event : reply.entry->events) {
      const auto* award = std::get_if<PointsAwarded>(&event);
      if (award != nullptr && award->rule == "extra") extra += award->amount;
    }
    awarded += extra;
    if (extra == 10) ++full;
    if (extra == 0) ++none;
  });
  EXPECT_EQ(awarded, 500);
  EXPECT_EQ(full, 50);
  EXPECT_EQ(none, 14);
  EXPECT_EQ(ledger.Available(ana), 500);
  EXPECT_EQ(ledger.Verify(), "");
}

// CNC-06, and CNC-02 in concurrency_test.cc
TEST(Races, HoldsAndRedemptionsTakeATenthEachOfWhatIsThere) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 100'000);
  std::atomic<int> accepted = 0;
  std::atomic<std::int64_t> redeemed = 0;
  Together(64, [&](int i) {
    Order order = Redeem{ana, PointsType(), 100, ""};
    if (i % 2 == 0) order = HoldPoints{ana, PointsType(), 100};
    const Reply reply =
        *ledger.engine().Execute(Of(absl::StrCat("take-", 1000 + i), std::move(order)));
    if (reply.entry->outcome.rejected) {
      EXPECT_EQ(reply.entry->outcome.rejected->reason, Rejection::kInsufficientPoints);
      return;
    }
    ++accepted;
    if (i % 2 != 0) redeemed += 100;
  });
  EXPECT_EQ(accepted, 10);
  ReadView view = ledger.engine().Read();
  const Balance& balance = *view.state().members.Find(MemberKey{ana})->FindBalance(PointsType());
  EXPECT_EQ(balance.available, 0);
  EXPECT_EQ(balance.held + redeemed, 1'000);
  EXPECT_EQ(ledger.Verify(), "");
}

// CNC-07
TEST(Races, ReadersNeverSeeABalanceFall) {
  constexpr int kWriters = 4;
  constexpr int kEach = 2'500;
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  // What has been answered to anybody is in every read that starts afterwards.
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<int> left = kWriters;
  Together(kWriters + 8, [&](int i) {
    if (i < kWriters) {
      for (int n = 0; n < kEach; ++n) {
        const int receipt = 1 + i * kEach + n;
        const Reply reply = *ledger.engine().Execute(
            Of(absl::StrCat("sale-", 100'000 + receipt), ledger.Sale(ana, receipt, 100)));
        std::uint64_t known = answered;
        while (known < reply.entry->sequence &&
               !answered.compare_exchange_weak(known, reply.entry->sequence)) {
        }
      }
      --left;
      return;
    }
    std::int64_t balance = 0;
    std::uint64_t sequence = 0;
    while (left > 0) {
      const std::uint64_t known = answered;
      ReadView view = ledger.engine().Read();
      const Balance* found = view.state().members.Find(MemberKey{ana})->FindBalance(PointsType());
      const std::int64_t now = found == nullptr ? 0 : found->available;
      ASSERT_GE(view.sequence(), known);
      ASSERT_GE(view.sequence(), sequence);
      ASSERT_GE(now, balance);
      // Every entry but the first gave one point.
      ASSERT_GE(now, static_cast<std::int64_t>(known) - 3);
      sequence = view.sequence();
      balance = now;
    }
  });
  EXPECT_EQ(ledger.Available(ana), kWriters * kEach);
  EXPECT_EQ(ledger.Verify(), "");
}

// IDM-11
TEST(Races, OneAccrualSentBySixtyFourIsOneEntryAndSixtyFourEqualAnswers) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const AccruePurchase sale = ledger.Sale(ana, 1, 12'345);
  const std::uint64_t before = ledger.engine().sequence();
  std::mutex mutex;
  std::set<std::string> answers;
  int fresh = 0;
  Together(64, [&](int) {
    const Reply reply = *ledger.engine().Execute(Of("sale-00001", sale));
    const std::lock_guard lock(mutex);
    fresh += reply.is_replayed ? 0 : 1;
    answers.insert(EncodeEntry(*reply.entry) + std::string(AsBytes(reply.leaf_hash)));
  });
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_EQ(ledger.engine().sequence(), before + 1);
  EXPECT_EQ(ledger.Verify(), "");
}

// One receipt from 64 tills, each under its own id: one award, and 63 that it is done.
TEST(Races, SixtyFourTillsPostOneReceiptOnce) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const AccruePurchase sale = ledger.Sale(ana, 1, 5'000);
  std::atomic<int> posted = 0;
  std::atomic<int> known = 0;
  Together(64, [&](int i) {
    const Reply reply = *ledger.engine().Execute(Of(absl::StrCat("till-", 1000 + i), sale));
    if (!reply.entry->outcome.rejected) {
      ++posted;
    } else if (reply.entry->outcome.rejected->reason == Rejection::kReceiptAlreadyPosted) {
      ++known;
    }
  });
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(known, 63);
  EXPECT_EQ(ledger.Available(ana), 50);
  EXPECT_EQ(ledger.Verify(), "");
}

// Whoever is first enrols; the others find the member.
TEST(Races, SixtyFourTillsEnrolOnePersonOnce) {
  TestLedger ledger;
  std::mutex mutex;
  std::set<MemberId> members;
  int enrolled = 0;
  Together(64, [&](int i) {
    AccruePurchase sale = ledger.Sale(IdentityNo(1), 1 + i, 1'000);
    sale.enrol = EnrollMember{.identities = {{IdentityKind::kCard, IdentityNo(1)}},
                              .channel = Channel::kPos,
                              .store = PlaceId::Of("S1"),
                              .occurred_at = std::nullopt};
    const Reply reply = *ledger.engine().Execute(Of(absl::StrCat("till-", 1000 + i), sale));
    std::lock_guard<std::mutex> lock(mutex);
    members.insert(*reply.entry->member);
    enrolled += reply.entry->FindEvent<EnrolledForPurchase>() != nullptr ? 1 : 0;
  });
  ASSERT_EQ(members.size(), 1u);
  EXPECT_EQ(enrolled, 1);
  EXPECT_EQ(ledger.Available(*members.begin()), 640);
  EXPECT_EQ(ledger.Verify(), "");
}

// A sale and two returns of it from three tills at once, in whatever order they come: one state.
TEST(Races, ASaleAndItsReturnsComeInAnyOrder) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  for (int round = 0; round < 30; ++round) {
    AccruePurchase sale = ledger.Sale(ana, 1 + 10 * round, 3'000);
    PurchaseLine line;
    line.line = 1;
    line.net = 3'000;
    line.quantity_micros = 3'000'000;
    sale.lines = {line};
    Together(3, [&](int i) {
      Order order = sale;
      if (i > 0) {
        order = ReturnPurchase{.receipt = ReceiptNo(1 + 10 * round + i),
                               .original = sale.receipt,
                               .occurred_at = sale.occurred_at,
                               .lines = {ReturnLine{1, 1'000'000, std::nullopt}}};
      }
      const Reply reply = *ledger.engine().Execute(
          Of(absl::StrCat("round-", 1000 + round, "-", i), std::move(order)));
      EXPECT_FALSE(reply.entry->outcome.rejected.has_value());
    });
    EXPECT_EQ(ledger.Available(ana), 10 * (round + 1));
  }
  EXPECT_EQ(ledger.Verify(), "");
}

// CNC-03: what one of them gets another cannot, and nothing is lost on the way.
TEST(Races, TwentyTransfersOfWhatIsThereForOne) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  std::vector<MemberId> others;
  for (std::uint64_t i = 2; i < 22; ++i) others.push_back(ledger.Enroll(i));
  ledger.Accrue(ana, 1, 10'000);
  std::atomic<int> accepted = 0;
  std::atomic<int> refused = 0;
  Together(20, [&](int i) {
    const Reply reply = *ledger.engine().Execute(
        Of(absl::StrCat("give-", 1000 + i),
           TransferPoints{ana, others[static_cast<std::size_t>(i)], PointsType(), 100, ""}));
    if (!reply.entry->outcome.rejected) {
      ++accepted;
    } else if (reply.entry->outcome.rejected->reason == Rejection::kInsufficientPoints) {
      ++refused;
    }
  });
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, 19);
  std::int64_t sum = ledger.Available(ana);
  for (const MemberId other : others) sum += ledger.Available(other);
  EXPECT_EQ(sum, 100);
  EXPECT_EQ(ledger.Verify(), "");
}

// One hold of 1,000 points and 64 clients that capture 100 each: ten do.
TEST(Races, SixtyFourCaptureOneHold) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 100'000);
  const HoldKey hold{ana, ledger.Do(HoldPoints{ana, PointsType(), 1'000})->sequence};
  std::atomic<int> captured = 0;
  std::atomic<int> refused = 0;
  Together(64, [&](int i) {
    const Reply reply = *ledger.engine().Execute(
        Of(absl::StrCat("capture-", 1000 + i), CaptureHold{hold, 100, false, ""}));
    if (!reply.entry->outcome.rejected) {
      ++captured;
    } else if (reply.entry->outcome.rejected->reason == Rejection::kHoldFinished) {
      ++refused;
    }
  });
  EXPECT_EQ(captured, 10);
  EXPECT_EQ(refused, 54);
  ReadView view = ledger.engine().Read();
  const Balance& balance = *view.state().members.Find(MemberKey{ana})->FindBalance(PointsType());
  EXPECT_EQ(balance.available, 0);
  EXPECT_EQ(balance.held, 0);
  EXPECT_EQ(ledger.Verify(), "");
}

// 32 clients merge two memberships, half of them the other way round, while 32 sell to both: one
// merge, and every sale is on the one account that is left.
TEST(Races, OneMergeOfManyAndNoSaleIsLost) {
  for (int round = 0; round < 10; ++round) {
    TestLedger ledger;
    const MemberId ana = ledger.Enroll(1);
    const MemberId ben = ledger.Enroll(2);
    std::atomic<int> merged = 0;
    std::atomic<int> sold = 0;
    Together(64, [&](int i) {
      const bool is_turned = i / 2 % 2 == 0;
      const MemberId from = is_turned ? ben : ana;
      const MemberId into = is_turned ? ana : ben;
      Order order = ledger.Sale(from, 1 + i, 1'000);
      if (i % 2 == 0) order = MergeMembers{from, into, ReasonCode::Of("same_person")};
      const Reply reply =
          *ledger.engine().Execute(Of(absl::StrCat("race-", 1000 + i), std::move(order)));
      if (reply.entry == nullptr || reply.entry->outcome.rejected) return;
      ++(i % 2 == 0 ? merged : sold);
    });
    EXPECT_EQ(merged, 1);
    EXPECT_EQ(sold, 32);
    const MemberId root = ledger.engine().Read().state().RootOf(ana);
    EXPECT_EQ(root, ledger.engine().Read().state().RootOf(ben));
    EXPECT_EQ(ledger.Available(root), 320);
    EXPECT_EQ(ledger.Verify(), "");
  }
}

}  // namespace
}  // namespace laurel
