#include <atomic>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/reason.h"
#include "tests/testing/test_ledger.h"

// Many callers, few members. Replies are promises: what they say must be what the ledger holds.
namespace laurel {
namespace {

template <class Body>
void InThreads(int count, Body&& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

Command Of(const std::string& request, Order order) {
  return Command{TheProgram(), RequestId::Of(request), "", std::move(order)};
}

TEST(Concurrency, OneAccrualSentAThousandTimesIsOneEntry) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const AccruePurchase sale = ledger.Sale(ana, 1, 12345);
  const std::uint64_t before = ledger.engine().sequence();
  std::vector<Reply> replies(1000);
  InThreads(16, [&](int thread) {
    for (std::size_t i = static_cast<std::size_t>(thread); i < replies.size(); i += 16) {
      replies[i] = *ledger.engine().Execute(Of("sale-00001", sale));
    }
  });
  int fresh = 0;
  for (const Reply& reply : replies) {
    fresh += reply.is_replayed ? 0 : 1;
    ASSERT_NE(reply.entry, nullptr);
    EXPECT_EQ(reply.entry->sequence, before + 1);
    EXPECT_EQ(reply.leaf_hash, replies[0].leaf_hash);
  }
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(ledger.engine().sequence(), before + 1);
  EXPECT_EQ(ledger.Available(ana), 123);
  EXPECT_EQ(ledger.Verify(), "");
}

// 64 clients each ask for 100 of the 1,000 points that are there: ten of them get it.
template <class Ask>
void ExpectTenWinners(Ask&& ask) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 60000);
  ledger.Accrue(ana, 2, 40000);
  std::atomic<int> won = 0;
  std::atomic<int> refused = 0;
  InThreads(64, [&](int thread) {
    const Reply reply =
        *ledger.engine().Execute(Of(absl::StrCat("spend-", 1000 + thread), ask(thread, ana)));
    if (!reply.entry->outcome.rejected) {
      ++won;
    } else if (reply.entry->outcome.rejected->reason == Rejection::kInsufficientPoints) {
      ++refused;
    }
  });
  EXPECT_EQ(won, 10);
  EXPECT_EQ(refused, 54);
  EXPECT_EQ(ledger.Available(ana), 0);
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Concurrency, SixtyFourRedemptionsOfAHundredFromAThousandLeaveTenWinners) {
  ExpectTenWinners([](int, MemberId ana) -> Order { return Redeem{ana, PointsType(), 100, ""}; });
}

// Shows R3.
TEST(Concurrency, HoldsAndRedemptionsShareWhatIsThere) {
  ExpectTenWinners([](int thread, MemberId ana) -> Order {
    if (thread % 2 == 0) return HoldPoints{ana, PointsType(), 100};
    return Redeem{ana, PointsType(), 100, ""};
  });
}

// 64 clients race on one hold of 500: some capture 100 and leave the rest held, some capture 70 and
// free the rest, some give it up. Whatever comes first, no point is spent twice and none is lost.
TEST(Concurrency, SixtyFourClientsRaceOnOneHold) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 100'000);
  for (int round = 0; round < 20; ++round) {
    const std::int64_t before = ledger.Available(ana);
    if (before < 500) ledger.Accrue(ana, 2 + round, 100'000);
    const std::int64_t there = ledger.Available(ana);
    const HoldKey hold{ana, ledger.Do(HoldPoints{ana, PointsType(), 500})->sequence};
    std::atomic<std::int64_t> spent = 0;
    std::atomic<int> ended = 0;
    std::atomic<int> late = 0;
    InThreads(64, [&](int thread) {
      Order order = VoidHold{hold};
      if (thread % 8 < 5) order = CaptureHold{hold, 100};
      if (thread % 8 == 5 || thread % 8 == 6) order = CaptureHold{hold, 70, true};
      const Reply reply = *ledger.engine().Execute(
          Of(absl::StrCat("race-", round, "-", 1000 + thread), std::move(order)));
      if (reply.entry->outcome.rejected) {
        const Rejection reason = reply.entry->outcome.rejected->reason;
        EXPECT_TRUE(reason == Rejection::kHoldFinished || reason == Rejection::kCaptureExceedsHold);
        ++late;
        return;
      }
      if (const auto* redeemed = reply.entry->FindEvent<PointsRedeemed>()) {
        spent += redeemed->amount;
      }
      if (reply.entry->FindEvent<HoldEnded>() != nullptr) ++ended;
    });
    EXPECT_EQ(ended, 1);
    EXPECT_GE(late, 58);
    EXPECT_LE(spent, 500);
    EXPECT_EQ(ledger.Available(ana), there - spent);
  }
  EXPECT_EQ(ledger.Verify(), "");
}

// 20 clients give the same 100 points to 20 members: one of them has them, and the sum stays.
TEST(Concurrency, TwentyTransfersOfAHundredFromAHundredHaveOneWinner) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(100);
  std::vector<MemberId> others;
  for (std::uint64_t i = 1; i <= 20; ++i) others.push_back(ledger.Enroll(i));
  ledger.Accrue(ana, 1, 10'000);
  std::atomic<int> accepted = 0;
  std::atomic<int> refused = 0;
  InThreads(20, [&](int thread) {
    const TransferPoints order{ana, others[static_cast<std::size_t>(thread)], PointsType(), 100,
                               ""};
    const Reply reply =
        *ledger.engine().Execute(Of(absl::StrCat("transfer-", 1000 + thread), order));
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

// 64 clients race on one merge, half of them the other way round. One is accepted; whoever comes
// later is told who has taken over, and no point is lost or doubled.
TEST(Concurrency, SixtyFourClientsRaceOnOneMerge) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const MemberId cleo = ledger.Enroll(2);
  ledger.Accrue(ana, 1, 10'000);
  ledger.Accrue(cleo, 2, 5'000);
  std::atomic<int> accepted = 0;
  std::atomic<int> refused = 0;
  std::atomic<std::uint64_t> survivor = 0;
  InThreads(64, [&](int thread) {
    MergeMembers order{ana, cleo, ReasonCode::Of("same_person")};
    if (thread % 2 == 0) std::swap(order.merged, order.survivor);
    Command command = Of(absl::StrCat("merge-", 1000 + thread), std::move(order));
    command.principal = "ada";
    const Reply reply = *ledger.engine().Execute(std::move(command));
    ASSERT_NE(reply.entry, nullptr);
    if (reply.entry->outcome.rejected) {
      EXPECT_EQ(reply.entry->outcome.rejected->reason, Rejection::kMemberMerged);
      ++refused;
    } else {
      survivor = reply.entry->member->raw();
      ++accepted;
    }
  });
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, 63);
  EXPECT_EQ(ledger.Available(MemberId::Of(survivor)), 150);
  EXPECT_EQ(ledger.Verify(), "");
}

// Shows G46.
TEST(Concurrency, OneReceiptUnderManyRequestIdsIsPostedOnce) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const AccruePurchase sale = ledger.Sale(ana, 1, 5000);
  std::atomic<int> posted = 0;
  std::atomic<int> known = 0;
  InThreads(32, [&](int thread) {
    const Reply reply = *ledger.engine().Execute(Of(absl::StrCat("till-", 1000 + thread), sale));
    if (!reply.entry->outcome.rejected) {
      ++posted;
    } else if (reply.entry->outcome.rejected->reason == Rejection::kReceiptAlreadyPosted) {
      ++known;
    }
  });
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(known, 31);
  EXPECT_EQ(ledger.Available(ana), 50);
}

// Real-time order: a reply received before a call starts has the smaller sequence, and a read that
// starts after a reply sees it.
// Shows G60, T2.
TEST(Concurrency, RepliesAreOrderedAndVisibleToLaterReads) {
  TestLedger ledger;
  std::vector<MemberId> members;
  for (std::uint64_t i = 1; i <= 4; ++i) members.push_back(ledger.Enroll(i));
  InThreads(8, [&](int thread) {
    std::uint64_t last = 0;
    for (int i = 0; i < 100; ++i) {
      const MemberId member = members[static_cast<std::size_t>(i + thread) % members.size()];
      const Reply reply =
          *ledger.engine().Execute(Of(absl::StrCat("sale-", thread, "-", 1000 + i),
                                      ledger.Sale(member, 1 + thread * 1000 + i, 100)));
      ASSERT_GT(reply.entry->sequence, last);
      last = reply.entry->sequence;
      ReadView view = ledger.engine().Read();
      ASSERT_GE(view.sequence(), last);
      ASSERT_NE(
          view.state().purchases.Find(PurchaseKey{TheProgram(), ReceiptNo(1 + thread * 1000 + i)}),
          nullptr);
    }
  });
  std::int64_t sum = 0;
  for (const MemberId member : members) sum += ledger.Available(member);
  EXPECT_EQ(sum, 800);
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Concurrency, AFullQueueRefusesAndLosesNothing) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.queue_commands_max = 8;
  TestLedger ledger(options);
  const MemberId ana = ledger.Enroll(1);
  std::atomic<int> accepted = 0;
  std::atomic<int> overloaded = 0;
  std::atomic<int> answered = 0;
  constexpr int kCommands = 2000;
  for (int i = 0; i < kCommands; ++i) {
    ledger.engine().Submit(Of(absl::StrCat("sale-", 1000 + i), ledger.Sale(ana, 1 + i, 100)),
                           std::nullopt, [&](const absl::StatusOr<Reply>& reply) {
                             if (reply.ok()) {
                               ++accepted;
                             } else if (ReasonOf(reply.status()) == "OVERLOADED") {
                               ++overloaded;
                             }
                             ++answered;
                           });
  }
  ledger.engine().Drain();
  EXPECT_EQ(answered, kCommands);
  EXPECT_EQ(accepted + overloaded, kCommands);
  EXPECT_EQ(ledger.Available(ana), accepted);
  const absl::StatusOr<Reply> late =
      ledger.engine().Execute(Of("late-0001", ledger.Sale(ana, 5000, 100)));
  EXPECT_EQ(ReasonOf(late.status()), "DRAINING");
  ledger.Restart();
  EXPECT_EQ(ledger.Verify(), "");
}

TEST(Concurrency, ACommandWhoseDeadlinePassedIsNotDecided) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  const std::uint64_t before = ledger.engine().sequence();
  std::atomic<bool> is_refused = false;
  ledger.engine().Submit(Of("sale-00001", ledger.Sale(ana, 1, 100)),
                         ledger.clock.Now().PlusMicros(-1),
                         [&](const absl::StatusOr<Reply>& reply) {
                           is_refused = absl::IsDeadlineExceeded(reply.status());
                         });
  ledger.engine().Drain();
  EXPECT_TRUE(is_refused);
  EXPECT_EQ(ledger.engine().sequence(), before);
}

TEST(Concurrency, AClockThatJumpedBackRefusesWritesUntilItCatchesUp) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.clock.Advance(-4 * kMicrosPerMinute);
  EXPECT_TRUE(ledger.engine().Execute(Of("sale-00001", ledger.Sale(ana, 1, 100))).ok());
  ledger.clock.Advance(-2 * kMicrosPerMinute);
  const absl::StatusOr<Reply> refused =
      ledger.engine().Execute(Of("sale-00002", ledger.Sale(ana, 2, 100)));
  EXPECT_EQ(ReasonOf(refused.status()), "CLOCK_BEHIND");
  ledger.clock.Advance(10 * kMicrosPerMinute);
  EXPECT_TRUE(ledger.engine().Execute(Of("sale-00002", ledger.Sale(ana, 2, 100))).ok());
  EXPECT_EQ(ledger.Verify(), "");
}

// Twice the points, a promotion, and other tiers: whatever mixes the two revisions is neither.
std::string OtherRevision() {
  return absl::StrReplaceAll(
      HarbourDocument(),
      {{R"(id: base, name: 1 per euro, earn: {point_type: points, points: "1")",
        R"(id: base, name: 2 per euro, earn: {point_type: points, points: "2")"},
       {"tiers:\n",
        "stacking_groups: [{id: extras, mode: STACKED}]\n"
        "promotions:\n  - {id: extra, name: Extra, bonus: {point_type: points, points: \"5\"}, "
        "stacking_group: extras}\n"
        "tiers:\n"},
       {"metrics.credit_12m >= 1000", "metrics.credit_12m >= 500"}});
}

std::string AwardsOf(const Entry& entry) {
  std::string text;
  for (const Event& event : entry.events) {
    const auto* award = std::get_if<PointsAwarded>(&event);
    if (award != nullptr) absl::StrAppend(&text, award->rule, " ", award->amount, " ");
  }
  return text;
}

// Shows G51.
TEST(Concurrency, NoCallSeesHalfARevision) {
  constexpr int kThreads = 64;
  constexpr int kSales = 30;
  Engine::Options options = TestLedger::DefaultOptions();
  options.scheduler_interval_micros = 1'000;
  TestLedger ledger(options);
  std::vector<MemberId> members;
  for (std::uint64_t i = 1; i <= kThreads; ++i) members.push_back(ledger.Enroll(i));
  ledger.clock.Advance(kMicrosPerDay);
  ledger.Activate(OtherRevision());

  std::atomic<int> left = kThreads * kSales;
  std::vector<std::vector<std::shared_ptr<const Entry>>> sold(kThreads);
  std::thread publisher([&] {
    std::uint32_t number = 1;
    for (int i = 0; left > 0; ++i) {
      // Back and forth, now or at an instant to come, which comes while sales go on.
      const bool is_scheduled = i % 2 == 0;
      const Timestamp from = ledger.clock.Now().PlusMicros(kScheduleLeadMicros + kMicrosPerSecond);
      const Order order =
          is_scheduled ? Order(ScheduleRevision{number, from}) : Order(ActivateRevision{number});
      const absl::StatusOr<Reply> reply =
          ledger.engine().Execute(Of(absl::StrCat("publish-", 1000 + i), order));
      EXPECT_TRUE(reply.ok() && reply->entry != nullptr && !reply->entry->outcome.rejected);
      number = 3 - number;
      for (int step = 0; step < 7; ++step) ledger.clock.Advance(10 * kMicrosPerSecond);
      // A few sales under each.
      const int before = left;
      while (left > 0 && left > before - kThreads) std::this_thread::yield();
    }
  });
  InThreads(kThreads, [&](int thread) {
    const auto index = static_cast<std::size_t>(thread);
    for (int i = 0; i < kSales; ++i) {
      const int receipt = 1000 * (thread + 1) + i;
      const AccruePurchase sale = ledger.Sale(members[index], receipt, 1000 + 100 * i);
      const absl::StatusOr<Reply> reply =
          ledger.engine().Execute(Of(absl::StrCat("sale-", receipt), sale));
      if (reply.ok() && reply->entry != nullptr) sold[index].push_back(reply->entry);
      --left;
    }
  });
  publisher.join();

  ReadView view = ledger.engine().Read();
  const Program& program = *view.state().programs.Find(ProgramKey{TheProgram()});
  std::map<std::uint32_t, int> by_revision;
  for (std::size_t thread = 0; thread < sold.size(); ++thread) {
    ASSERT_EQ(sold[thread].size(), static_cast<std::size_t>(kSales));
    for (std::size_t i = 0; i < sold[thread].size(); ++i) {
      const Entry& entry = *sold[thread][i];
      const Activation& in_force = *RevisionAt(program, entry.occurred_at);
      ++by_revision[in_force.number];
      EXPECT_EQ(entry.revision, in_force.digest);
      const std::size_t euros = 10 + i;
      EXPECT_EQ(AwardsOf(entry),
                in_force.number == 1
                    ? absl::StrCat("base ", euros, " base_credit ", euros, " ")
                    : absl::StrCat("base ", 2 * euros, " base_credit ", euros, " extra 5 "));
    }
  }
  EXPECT_GT(by_revision[1], 0);
  EXPECT_GT(by_revision[2], 0);
  EXPECT_EQ(ledger.Verify(), "");
}

}  // namespace
}  // namespace laurel
