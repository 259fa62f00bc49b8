#include "engine/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/mutex.h"
#include "engine/readings.h"
#include "tests/testing/seed.h"
#include "tests/testing/test_ledger.h"

namespace laurel {
namespace {

// LAUREL_SIMULATION_MEMBERS=100000 for the whole exercise.
std::uint64_t MemberCount() {
  std::uint64_t count = 0;
  const char* text = std::getenv("LAUREL_SIMULATION_MEMBERS");
  return text != nullptr && absl::SimpleAtoi(text, &count) ? count : 10'000;
}

// Silver is easier, Gold is gone, Pearl is new, and whoever does not qualify falls.
std::string Candidate2() {
  return absl::StrReplaceAll(
      HarbourDocument(),
      {{"metrics.credit_12m >= 1000 || metrics.visits_12m >= 30", "metrics.credit_12m >= 700"},
       {"  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 3000}\n",
        "  - {id: PEARL, name: Pearl, rank: 2, qualify: metrics.credit_12m >= 5000}\n"},
       {"metrics.credit_12m >= 8000", "metrics.credit_12m >= 9000"},
       {"tier_policy: {",
        "tier_policy: {on_activation: RECOMPUTE, retired: [{tier: GOLD, becomes: SILVER}], "}});
}

SimulationSpec Trying(const std::string& document, Timestamp effective_from) {
  return SimulationSpec{TheProgram(), Candidate{rules::Rulebook::Compile(document).rulebook, 0},
                        effective_from, std::nullopt};
}

// Submits many commands and waits for their answers.
class Crowd {
 public:
  explicit Crowd(TestLedger& ledger) : ledger_(ledger) {}
  void Submit(Order order) {
    {
      MutexLock lock(&mutex_);
      while (running_ >= 2'000) changed_.Wait(&mutex_);
      ++running_;
    }
    const RequestId request = RequestId::Of(absl::StrCat("crowd-", ++requests_));
    ledger_.engine().Submit(
        Command{TheProgram(), request, "test", std::move(order)}, std::nullopt,
        [this](absl::StatusOr<Reply> reply) {
          MutexLock lock(&mutex_);
          if (!reply.ok() || reply->unrecorded || reply->entry->outcome.rejected) {
            ++refused_;
          } else if (reply->entry->kind == EntryKind::kMemberEnrolled) {
            members_.push_back(*reply->entry->member);
          }
          --running_;
          changed_.NotifyAll();
        });
  }
  // Those who were enrolled. Fails the test if anything was refused.
  const std::vector<MemberId>& Wait() {
    MutexLock lock(&mutex_);
    while (running_ > 0) changed_.Wait(&mutex_);
    EXPECT_EQ(refused_, 0);
    return members_;
  }

 private:
  TestLedger& ledger_;
  int requests_ = 0;
  Mutex mutex_;
  CondVar changed_;
  int running_ = 0;
  int refused_ = 0;
  std::vector<MemberId> members_;
};

// Members who bought between nothing and 12,000 euros.
std::vector<MemberId> Populate(TestLedger& ledger, std::uint64_t count) {
  Crowd crowd(ledger);
  for (std::uint64_t i = 0; i < count; ++i) {
    crowd.Submit(EnrollMember{{IdentityLink{IdentityKind::kCard, IdentityNo(i + 1)}},
                              Channel::kPos,
                              PlaceId::Of("S1"),
                              ledger.clock.Now()});
  }
  const std::vector<MemberId> members = crowd.Wait();
  std::mt19937_64 random(TestSeed(7));
  int receipt = 0;
  for (MemberId member : members) {
    const std::int64_t euros = static_cast<std::int64_t>(random() % 12'000);
    if (random() % 5 == 0) continue;
    crowd.Submit(
        ledger.Sale(member, ++receipt, euros * 100 / static_cast<std::int64_t>(1 + random() % 4)));
  }
  crowd.Wait();
  return members;
}

// Moves that the journal tells of since `first`, with those who stay on the diagonal.
TierMatrix MovesOf(TestLedger& ledger, const std::vector<MemberId>& members,
                   const std::map<MemberId, std::string>& before, std::uint64_t first) {
  TierMatrix moves;
  std::map<MemberId, std::string> after = before;
  ReadView view = ledger.engine().Read();
  EXPECT_TRUE(ForEntries(view, first, UINT64_MAX, [&](const Entry& entry, absl::string_view) {
                if (entry.kind != EntryKind::kTierJudged) return true;
                const TierDecided& verdict = *entry.FindEvent<TierDecided>();
                EXPECT_EQ(verdict.revision, 2u);
                EXPECT_EQ(after.at(*entry.member), verdict.from);
                after[*entry.member] = verdict.to;
                return true;
              }).ok());
  for (MemberId member : members) ++moves[{before.at(member), after.at(member)}];
  return moves;
}

std::map<MemberId, std::string> TiersOf(TestLedger& ledger, const std::vector<MemberId>& members) {
  std::map<MemberId, std::string> tiers;
  ReadView view = ledger.engine().Read();
  for (MemberId member : members) {
    tiers[member] = view.state().members.Find(MemberKey{member})->tier.tier;
  }
  return tiers;
}

void AwaitJudged(TestLedger& ledger) {
  for (int i = 0; i < 600'000; ++i) {
    {
      ReadView view = ledger.engine().Read();
      if (view.state().programs.Find(ProgramKey{TheProgram()})->judgements.empty()) return;
    }
    (void)ledger.engine().WaitFor(ledger.engine().sequence() + 1, 1'000);
  }
  FAIL() << "nobody has finished the judgement";
}

// Shows T6.
TEST(Simulate, GivesTheCountsThatPublishingBrings) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.scheduler_interval_micros = 10'000;
  TestLedger ledger(options);
  const std::vector<MemberId> members = Populate(ledger, MemberCount());
  const std::map<MemberId, std::string> before = TiersOf(ledger, members);
  ledger.clock.Advance(kMicrosPerDay);

  SimulationWatch watch;
  const std::uint64_t sequence = ledger.engine().sequence();
  const absl::StatusOr<SimulationReport> simulated =
      Simulate(ledger.engine().Read(), Trying(Candidate2(), ledger.clock.Now()), watch);
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  const ActivationReport* report = &simulated->activation;
  EXPECT_EQ(ledger.engine().sequence(), sequence);  // nothing was written
  EXPECT_EQ(watch.done(), watch.total());
  EXPECT_EQ(report->members, static_cast<std::int64_t>(members.size()));
  EXPECT_LE(report->raised + report->fallen, report->moved);  // GOLD and PEARL have one rank
  EXPECT_GT(report->raised, 0);
  EXPECT_GT(report->fallen, 0);

  ledger.Activate(Candidate2());
  AwaitJudged(ledger);
  const TierMatrix moves = MovesOf(ledger, members, before, sequence + 1);
  EXPECT_EQ(report->moves, moves);
  for (const auto& [pair, count] : moves) {
    std::printf("%-9s -> %-9s %8lld\n", pair.first.c_str(), pair.second.c_str(),
                static_cast<long long>(count));
  }
  // And the records say the same.
  TierMatrix stored;
  for (const auto& [member, tier] : TiersOf(ledger, members)) ++stored[{before.at(member), tier}];
  EXPECT_EQ(stored, moves);
}

TEST(Simulate, LooksAheadAndCountsWhatIsDueAnyhowToNobody) {
  TestLedger ledger;
  const MemberId ana = ledger.Enroll(1);
  ledger.Accrue(ana, 1, 800'000);
  SimulationWatch watch;
  // In two years the term is over and the tier has fallen, whatever comes into force.
  const absl::StatusOr<SimulationReport> report =
      Simulate(ledger.engine().Read(),
               Trying(Candidate2(), ledger.clock.Now().PlusMicros(400 * kMicrosPerDay)), watch);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->activation.moves, (TierMatrix{{{"GOLD", "MEMBER"}, 1}}));
  ASSERT_EQ(report->activation.losers.size(), 1u);
  EXPECT_EQ(report->activation.losers[0].member, ana);
}

TEST(Simulate, CanBeCancelledAndKnowsItsProgram) {
  TestLedger ledger;
  SimulationWatch watch;
  SimulationSpec spec = Trying(Candidate2(), ledger.clock.Now());
  spec.program = ProgramId::Of("nowhere");
  EXPECT_TRUE(absl::IsNotFound(Simulate(ledger.engine().Read(), spec, watch).status()));
  spec.program = TheProgram();
  watch.Cancel();
  EXPECT_TRUE(absl::IsCancelled(Simulate(ledger.engine().Read(), spec, watch).status()));
}

}  // namespace
}  // namespace laurel
