// The sequencer on a store whose answers get lost, arrive late or say that another writer leads.
#include <atomic>
#include <future>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/base/reason.h"
#include "engine/store/map_store.h"
#include "tests/crash/ledger_on_disk.h"
#include "tests/crash/load_log.h"
#include "tests/testing/faulty_store.h"
#include "tests/testing/seed.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

struct Asked {
  std::string content;
  std::optional<Ack> ack;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    TestLedger ledger(base_, TestLedger::DefaultOptions(), true);
    for (std::uint64_t i = 1; i <= kCrashMembers; ++i) ledger.Enroll(i);
    now_ = ledger.clock.Now().micros();
    unknown_ = 1 + random_() % 20;
    conflict_ = random_() % 10;
    fatal_ = random_() % 3;
  }

  // Serves until the store or a conflict ends it, at most `rounds` rounds of several commands at
  // once.
  void Live(int rounds) {
    FaultyStore store(base_, [this, dice = std::mt19937_64(random_())]() mutable {
      return Draw(dice() % 100, dice());
    });
    TestLedger ledger(store, TestLedger::DefaultOptions(), false);
    for (int round = 0; round < rounds; ++round) {
      if (!Round(ledger)) break;
      if (random_() % 4 == 0) LandLate(store);
    }
    ledger.engine().Drain();
    LandLate(store);
  }

  // Everybody asks again on a store without faults.
  void Settle() {
    TestLedger ledger(base_, TestLedger::DefaultOptions(), false);
    std::map<std::uint64_t, std::string> by_sequence;
    for (auto& [id, asked] : asked_) {
      const absl::StatusOr<Reply> reply = ledger.engine().Execute(CommandOf(id, asked.content));
      ASSERT_TRUE(reply.ok()) << reply.status();
      Told(id, asked, *reply);
      const bool is_alone = by_sequence.emplace(reply->entry->sequence, id).second;
      EXPECT_TRUE(is_alone) << id << " and " << by_sequence[reply->entry->sequence]
                            << " share an entry";
    }
    EXPECT_EQ(ledger.Verify(), "");
    // The program's two or three entries, the members and one entry per id.
    const std::uint64_t set_up = ledger.engine().sequence() - asked_.size();
    EXPECT_LE(set_up, kCrashMembers + 3);
  }

  std::size_t asked() const { return asked_.size(); }
  int ends() const { return ends_; }

 private:
  FaultyStore::Fault Draw(std::uint64_t dice, std::uint64_t coin) const {
    using enum FaultyStore::Fault;
    if (dice < fatal_) return kFatal;
    if (dice < fatal_ + conflict_) return kConflict;
    if (dice < fatal_ + conflict_ + unknown_) return coin % 2 == 0 ? kUnknownApplied : kUnknownLost;
    return kNone;
  }

  // What was lost on the way arrives after all. One that was settled meanwhile is a conflict; one
  // that nobody could settle before the writer stopped may still get in, as after a crash.
  void LandLate(FaultyStore& store) {
    for (const CommitResult& result : store.LandLate()) {
      EXPECT_TRUE(result.outcome == CommitOutcome::kConflict ||
                  result.outcome == CommitOutcome::kCommitted);
    }
  }

  void Told(const std::string& id, Asked& asked, const Reply& reply) {
    const Ack ack = AckOf(reply);
    if (!asked.ack) {
      asked.ack = ack;
      return;
    }
    EXPECT_TRUE(ack.is_replayed) << id;
    EXPECT_EQ(ack.sequence, asked.ack->sequence) << id;
    EXPECT_EQ(ack.leaf, asked.ack->leaf) << id;
  }

  std::string Invent() {
    const std::uint64_t identity = 1 + random_() % kCrashMembers;
    const std::size_t number = asked_.size();
    if (random_() % 3 == 0) return absl::StrCat("redeem ", identity, " ", 1 + random_() % 30);
    return absl::StrCat("accrue ", identity, " ", number, " ", 100 + random_() % 9'000, " ", now_);
  }

  // Sends a few commands at once, old and new. False if the ledger no longer takes writes.
  bool Round(TestLedger& ledger) {
    std::vector<std::string> ids;
    for (std::uint64_t i = 1 + random_() % 12; i > 0; --i) {
      if (!asked_.empty() && random_() % 4 == 0) {
        auto old = asked_.begin();
        std::advance(old, static_cast<std::ptrdiff_t>(random_() % asked_.size()));
        ids.push_back(old->first);
      } else {
        ids.push_back(absl::StrCat("request-", 100'000 + asked_.size()));
        asked_.emplace(ids.back(), Asked{Invent(), std::nullopt});
      }
    }
    std::vector<std::promise<absl::StatusOr<Reply>>> answers(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ledger.engine().Submit(CommandOf(ids[i], asked_.at(ids[i]).content), std::nullopt,
                             [&answer = answers[i]](absl::StatusOr<Reply> reply) {
                               answer.set_value(std::move(reply));
                             });
    }
    bool is_serving = true;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const absl::StatusOr<Reply> reply = answers[i].get_future().get();
      if (reply.ok()) {
        Told(ids[i], asked_.at(ids[i]), *reply);
        continue;
      }
      EXPECT_EQ(reply.status().code(), absl::StatusCode::kUnavailable) << reply.status();
      EXPECT_EQ(ReasonOf(reply.status()), "NOT_LEADER") << reply.status();
      is_serving = false;
    }
    if (!is_serving) ++ends_;
    return is_serving;
  }

  std::mt19937_64 random_;
  MapStore base_;
  std::int64_t now_ = 0;
  std::uint64_t unknown_ = 0, conflict_ = 0, fatal_ = 0;  // of a hundred commits
  std::map<std::string, Asked> asked_;
  int ends_ = 0;
};

TEST(LostAnswers, NothingIsAppliedTwiceAndNoAnswerIsTakenBack) {
  const std::uint64_t first = TestSeed(1);
  int ends = 0;
  for (std::uint64_t seed = first; seed < first + 40 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
    Simulation simulation(seed);
    for (int life = 0; life < 6; ++life) simulation.Live(30);
    simulation.Settle();
    ends += simulation.ends();
  }
  EXPECT_GT(ends, 0);
}

// A duplicate is answered from the batch before it, which is still being written: if that fails,
// nobody may be told of it, although the duplicate's own batch has nothing to write.
TEST(LostAnswers, ADuplicateOfWhatWasNeverWrittenIsNotAcknowledged) {
  MapStore base;
  std::promise<void> answer;
  const std::shared_future<void> answered = answer.get_future().share();
  std::atomic<bool> is_deposed = false;
  FaultyStore store(base, [&] {
    if (!is_deposed) return FaultyStore::Fault::kNone;
    answered.wait();
    return FaultyStore::Fault::kConflict;
  });
  std::vector<absl::StatusCode> told;
  const std::string content = absl::StrCat("accrue 1 1 1000 ", FakeClock().Now().micros());
  {
    TestLedger ledger(store, TestLedger::DefaultOptions(), true);
    ledger.Enroll(1);
    is_deposed = true;
    for (int i = 0; i < 2; ++i) {
      ledger.engine().Submit(
          CommandOf("request-1", content), std::nullopt,
          [&](const absl::StatusOr<Reply>& reply) { told.push_back(reply.status().code()); });
      while (ledger.engine().queued_commands() > 0) std::this_thread::yield();
    }
    answer.set_value();
    ledger.engine().Drain();
  }
  EXPECT_THAT(told,
              testing::ElementsAre(absl::StatusCode::kUnavailable, absl::StatusCode::kUnavailable));
  TestLedger ledger(base, TestLedger::DefaultOptions(), false);
  EXPECT_FALSE((*ledger.engine().Execute(CommandOf("request-1", content))).is_replayed);
}

}  // namespace
}  // namespace laurel
