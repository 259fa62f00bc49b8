#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/engine/domain/scene.h"

// What a revision that comes into force does to the tiers of those who are there.
namespace laurel {
namespace {

constexpr char kSilver[] = "qualify: metrics.credit_12m >= 1000 || metrics.visits_12m >= 30";
constexpr char kGold[] =
    "  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 3000}\n";
constexpr char kPolicy[] = "tier_policy: {";

// Harbour where so much credit makes SILVER.
std::string SilverFrom(int credit, absl::string_view policy = "") {
  return With(HarbourDocument(),
              {{kSilver, absl::StrCat("qualify: metrics.credit_12m >= ", credit)},
               {kPolicy, absl::StrCat(kPolicy, policy)}});
}
std::string WithPearl() {
  return With(HarbourDocument(),
              {{"id: PLATINUM, name: Platinum, rank: 3", "id: PLATINUM, name: Platinum, rank: 4"},
               {kGold, absl::StrCat(kGold,
                                    "  - {id: PEARL, name: Pearl, rank: 3, qualify: "
                                    "metrics.credit_12m >= 5000}\n")}});
}
std::string WithoutGold(absl::string_view retired) {
  return With(HarbourDocument(), {{kGold, ""}, {kPolicy, absl::StrCat(kPolicy, retired)}});
}
constexpr char kIntoSilver[] = "retired: [{tier: GOLD, becomes: SILVER}], ";

std::uint32_t Add(Scene& scene, const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  LAUREL_CHECK(compiled.rulebook != nullptr, "a test's document compiles");
  return scene
      .Do(CreateRevision{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()})
      ->FindEvent<RevisionCreated>()
      ->number;
}

MemberId EnrollWith(Scene& scene, std::uint64_t identity, std::int64_t credit) {
  const MemberId member = scene.Enroll(identity);
  if (credit > 0) scene.Buy(member, credit * 100);
  return member;
}

std::string Tiers(Scene& scene, const std::vector<MemberId>& members) {
  return absl::StrJoin(members, ", ", [&](std::string* out, MemberId member) {
    absl::StrAppend(out, scene.Tier(member).tier);
  });
}

// What the scheduler would do for the member.
void Advance(Scene& scene, MemberId member) {
  const absl::StatusOr<Reply> reply =
      scene.engine().Execute(Command{TheProgram(), {}, {}, AdvanceMember{member, std::nullopt}});
  EXPECT_TRUE(reply.ok());
}

std::string LastChange(Scene& scene, MemberId member) {
  ReadView view = scene.engine().Read();
  const std::vector<TierChangeMark> changes = view.state().TierChangesOf(member);
  if (changes.empty()) return "";
  const TierChangeMark& last = changes.back();
  return absl::StrCat(last.from, " to ", last.to, " since ", ToString(last.since).substr(0, 16),
                      " by revision ", last.revision);
}

TEST(Judgement, MovesThoseWhomTheNewRevisionLifts) {
  Scene scene;
  const std::vector<MemberId> members = {EnrollWith(scene, 1, 3500), EnrollWith(scene, 2, 5000),
                                         EnrollWith(scene, 3, 7999)};
  EXPECT_EQ(Tiers(scene, members), "GOLD, GOLD, GOLD");
  scene.At("2026-04-01T12:00:00Z");
  scene.Activate(WithPearl());
  // Whoever reads sees it before any entry says so.
  EXPECT_EQ(Tiers(scene, members), "GOLD, PEARL, PEARL");
  EXPECT_EQ(scene.Record(members[1]).tier.tier, "GOLD");
  EXPECT_EQ(ToString(scene.Tier(members[1]).since).substr(0, 19), "2026-04-01T12:00:00");
  EXPECT_EQ(ToString(scene.Tier(members[1]).review_at), "2027-04-01T22:00:00.000000Z");

  for (MemberId member : members) Advance(scene, member);
  EXPECT_EQ(Tiers(scene, members), "GOLD, PEARL, PEARL");
  EXPECT_TRUE(scene.Entries(members[0], EntryKind::kTierJudged).empty());
  const auto judged = scene.Entries(members[1], EntryKind::kTierJudged);
  ASSERT_EQ(judged.size(), 1u);
  EXPECT_EQ(judged[0]->FindEvent<TierDecided>()->cause, TierCause::kUpgraded);
  EXPECT_EQ(judged[0]->FindEvent<TierDecided>()->revision, 2u);
  EXPECT_EQ(judged[0]->outcome.tier->next, "PLATINUM");
  EXPECT_EQ(LastChange(scene, members[1]), "GOLD to PEARL since 2026-04-01T12:00 by revision 2");
}

TEST(Judgement, RetiresATierAndNamesTheRevision) {
  Scene scene;
  const MemberId gold = EnrollWith(scene, 1, 3500);
  const MemberId platinum = EnrollWith(scene, 2, 8000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Activate(WithoutGold(kIntoSilver));
  EXPECT_EQ(Tiers(scene, {gold, platinum}), "SILVER, PLATINUM");
  Advance(scene, gold);
  EXPECT_EQ(Tiers(scene, {gold, platinum}), "SILVER, PLATINUM");
  EXPECT_EQ(LastChange(scene, gold), "GOLD to SILVER since 2026-04-01T12:00 by revision 2");
  EXPECT_EQ(scene.Entries(gold, EntryKind::kTierJudged)[0]->FindEvent<TierDecided>()->cause,
            TierCause::kRetired);
}

// Even where nobody is judged otherwise, nobody stays on a tier that is not there.
TEST(Judgement, RetiresATierWhereNobodyIsJudged) {
  Scene scene;
  const MemberId gold = EnrollWith(scene, 1, 3500);
  const MemberId member = EnrollWith(scene, 2, 900);
  scene.Activate(With(WithoutGold(absl::StrCat(kIntoSilver, "on_activation: NOTHING, ")),
                      {{"credit_12m >= 1000", "credit_12m >= 500"}}));
  EXPECT_EQ(Tiers(scene, {gold, member}), "SILVER, MEMBER");
}

TEST(Judgement, NeedsToKnowWhatBecomesOfATier) {
  Scene scene;
  const std::uint32_t number = Add(scene, WithoutGold(""));
  for (const Order& order : {Order(ActivateRevision{number}),
                             Order(ScheduleRevision{number, Instant("2026-06-01T00:00:00Z")})}) {
    const Rejected refused = scene.Refused(order);
    EXPECT_EQ(refused.reason, Rejection::kInvalidState);
    EXPECT_EQ(refused.metadata.front(),
              (std::pair<std::string, std::string>("lost_tiers", "GOLD")));
  }
}

// The way back is always open: a revision cannot know what came after it.
TEST(Judgement, FallsToTheNextLowerTierOnTheWayBack) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 6000);
  scene.Activate(WithPearl());
  scene.Buy(ana, 0);
  EXPECT_EQ(scene.Record(ana).tier.tier, "PEARL");
  scene.At("2026-05-01T12:00:00Z");
  scene.Do(ActivateRevision{1});
  EXPECT_EQ(Tiers(scene, {ana}), "GOLD");
  Advance(scene, ana);
  EXPECT_EQ(LastChange(scene, ana), "PEARL to GOLD since 2026-05-01T12:00 by revision 1");
}

TEST(Judgement, GoesByThePolicyOfTheRevision) {
  struct Row {
    int silver_from;
    const char* policy;
    const char* tiers;  // of members with 0, 1,500 and 3,000 credit
  };
  constexpr Row kRows[] = {
      {2'000, "", "MEMBER, SILVER, GOLD"},
      {2'000, "on_activation: UPGRADE_ONLY, ", "MEMBER, SILVER, GOLD"},
      {2'000, "on_activation: RECOMPUTE, ", "MEMBER, MEMBER, GOLD"},
      {2'000, "on_activation: NOTHING, ", "MEMBER, SILVER, GOLD"},
      {0, "", "SILVER, SILVER, GOLD"},
      {0, "on_activation: RECOMPUTE, ", "SILVER, SILVER, GOLD"},
      {0, "on_activation: NOTHING, ", "MEMBER, SILVER, GOLD"},
  };
  for (const Row& row : kRows) {
    for (const bool is_noticed : {false, true}) {
      SCOPED_TRACE(absl::StrCat(row.silver_from, " ", row.policy, is_noticed));
      Scene scene;
      const std::vector<MemberId> members = {EnrollWith(scene, 1, 0), EnrollWith(scene, 2, 1500),
                                             EnrollWith(scene, 3, 3000)};
      scene.Activate(SilverFrom(row.silver_from, row.policy));
      for (MemberId member : members) {
        if (is_noticed) Advance(scene, member);
      }
      EXPECT_EQ(Tiers(scene, members), row.tiers);
    }
  }
}

TEST(Judgement, DowngradesAsThePolicySays) {
  struct Row {
    const char* downgrade;
    const char* tier;  // of somebody in PLATINUM who now qualifies for SILVER
  };
  for (const Row& row :
       {Row{"DROP_ONE", "GOLD"}, Row{"RECOMPUTE", "SILVER"}, Row{"NEVER", "PLATINUM"}}) {
    Scene scene;
    const MemberId ana = EnrollWith(scene, 1, 8000);
    scene.Activate(
        With(HarbourDocument(), {{"credit_12m >= 3000", "credit_12m >= 30000"},
                                 {"credit_12m >= 8000", "credit_12m >= 80000"},
                                 {kPolicy, absl::StrCat(kPolicy, "on_activation: RECOMPUTE, ")},
                                 {"DROP_ONE", row.downgrade}}));
    EXPECT_EQ(Tiers(scene, {ana}), row.tier) << row.downgrade;
    scene.Buy(ana, 0);
    EXPECT_EQ(Tiers(scene, {ana}), row.tier) << row.downgrade;
  }
}

TEST(Judgement, ComesWithTheInstantOfTheSchedule) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 600);
  scene.Do(ScheduleRevision{Add(scene, SilverFrom(500)), Instant("2026-06-01T00:00:00Z")});
  scene.At("2026-05-31T23:59:59.999999Z");
  EXPECT_EQ(Tiers(scene, {ana}), "MEMBER");
  scene.At("2026-06-01T00:00:00Z");
  EXPECT_EQ(Tiers(scene, {ana}), "SILVER");
  scene.At("2026-06-03T00:00:00Z");
  EXPECT_EQ(Tiers(scene, {ana}), "SILVER");
  // The first call on the member finds it done, as of the instant.
  const auto bought = scene.Buy(ana, 0);
  EXPECT_EQ(bought->outcome.tier->tier, "SILVER");
  EXPECT_EQ(LastChange(scene, ana), "MEMBER to SILVER since 2026-06-01T00:00 by revision 2");
}

// Credit of before that comes later counts as it always does, and not for what is over: so nothing
// hangs on when the scheduler came by.
TEST(Judgement, IsTheSameWheneverItIsNoticed) {
  std::string first;
  for (const bool is_noticed : {false, true}) {
    Scene scene;
    const MemberId ana = EnrollWith(scene, 1, 400);
    const MemberId ben = EnrollWith(scene, 2, 600);
    scene.At("2026-04-01T12:00:00Z");
    scene.Activate(SilverFrom(500));
    if (is_noticed) {
      Advance(scene, ana);
      Advance(scene, ben);
    }
    scene.At("2026-04-05T12:00:00Z");
    scene.Buy(ana, 20'000, "2026-03-30T12:00:00Z");
    scene.Buy(ben, 20'000, "2026-03-30T12:00:00Z");
    const std::string now = absl::StrCat(Tiers(scene, {ana, ben}), "; ", LastChange(scene, ana),
                                         "; ", LastChange(scene, ben));
    if (!is_noticed) first = now;
    EXPECT_EQ(now, first);
    EXPECT_EQ(now, "MEMBER, SILVER; ; MEMBER to SILVER since 2026-04-01T12:00 by revision 2");
    scene.Buy(ana, 0);
    EXPECT_EQ(Tiers(scene, {ana}), "SILVER");
  }
}

// The older revision does not know the tier that the newer one gave.
TEST(Judgement, IsNotUndoneByALateSale) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 5000);
  scene.At("2026-04-01T12:00:00Z");
  scene.Activate(WithPearl());
  scene.At("2026-04-02T12:00:00Z");
  const auto late = scene.Buy(ana, 100'000, "2026-03-31T12:00:00Z");
  EXPECT_EQ(late->outcome.tier->tier, "PEARL");
  EXPECT_EQ(scene.Record(ana).tier.tier, "PEARL");
  // And one that lifts does so by the newer one.
  const auto more = scene.Buy(ana, 200'000, "2026-03-31T12:00:00Z");
  EXPECT_EQ(more->outcome.tier->tier, "PLATINUM");
  EXPECT_EQ(more->FindEvent<TierDecided>()->from, "PEARL");
}

TEST(Judgement, FallsWithTheReturnOfWhatItRestedOn) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 600);
  const ReceiptKey receipt = scene.receipt();
  scene.At("2026-04-01T12:00:00Z");
  scene.Activate(SilverFrom(500));
  EXPECT_EQ(Tiers(scene, {ana}), "SILVER");
  scene.At("2026-04-02T12:00:00Z");
  const auto returned = scene.Return(receipt);
  ASSERT_NE(returned->FindEvent<TierDecided>(), nullptr);
  EXPECT_EQ(returned->FindEvent<TierDecided>()->cause, TierCause::kReturned);
  EXPECT_EQ(Tiers(scene, {ana}), "MEMBER");
}

TEST(Judgement, LeavesThoseWhoJoinLater) {
  Scene scene;
  scene.Activate(SilverFrom(0, "on_activation: UPGRADE_ONLY, "));
  const MemberId ana = scene.Enroll(1);
  EXPECT_EQ(Tiers(scene, {ana}), "MEMBER");
  Advance(scene, ana);
  EXPECT_EQ(Tiers(scene, {ana}), "MEMBER");
  scene.At("2026-03-02T12:00:00Z");
  scene.Buy(ana, 0);
  EXPECT_EQ(Tiers(scene, {ana}), "SILVER");
}

TEST(Judgement, ComesInTheOrderOfRevisionsAndReviews) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 8000);  // until 2027-03-01
  scene.Do(ScheduleRevision{Add(scene, WithPearl()), Instant("2027-05-01T00:00:00Z")});
  const std::uint32_t next = Add(
      scene, With(WithPearl(), {{"credit_12m >= 5000", "credit_12m >= 6000"},
                                {kPolicy, absl::StrCat(kPolicy, "on_activation: RECOMPUTE, ")}}));
  scene.Acknowledge(next);
  scene.Do(ScheduleRevision{next, Instant("2027-06-01T00:00:00Z")});
  scene.At("2027-05-15T00:00:00Z");
  EXPECT_EQ(Tiers(scene, {ana}), "GOLD");  // reviewed in March by the first revision
  scene.At("2027-06-15T00:00:00Z");
  EXPECT_EQ(Tiers(scene, {ana}), "SILVER");  // in June nothing of 2026 counts
  scene.Buy(ana, 0);
  EXPECT_EQ(scene.Record(ana).tier.tier, "SILVER");
  EXPECT_EQ(LastChange(scene, ana), "GOLD to SILVER since 2027-06-01T00:00 by revision 3");
  const auto reviews = scene.Entries(ana, EntryKind::kTierReview);
  ASSERT_EQ(reviews.size(), 1u);
  ReadView view = scene.engine().Read();
  EXPECT_EQ(reviews[0]->revision,
            view.state().programs.Find(ProgramKey{TheProgram()})->activations.front().digest);
}

Engine::Options Scheduled() {
  Engine::Options options = TestLedger::DefaultOptions();
  options.scheduler_interval_micros = 1'000;
  return options;
}

// Waits for the scheduler to have judged everyone.
void AwaitJudged(Scene& scene) {
  for (int i = 0; i < 60'000; ++i) {
    {
      ReadView view = scene.engine().Read();
      if (view.state().programs.Find(ProgramKey{TheProgram()})->judgements.empty()) return;
    }
    (void)scene.engine().WaitFor(scene.engine().sequence() + 1, 1'000);
  }
  FAIL() << "nobody has finished the judgement";
}

TEST(Judgement, IsMadeByTheSchedulerForThoseWhoStayAway) {
  Scene scene(Scheduled());
  scene.Activate(HarbourDocument());
  std::vector<MemberId> members;
  for (std::uint64_t i = 0; i < 600; ++i) {
    members.push_back(EnrollWith(scene, i + 1, i % 2 == 0 ? 600 : 400));
  }
  scene.Activate(SilverFrom(500));
  AwaitJudged(scene);
  ReadView view = scene.engine().Read();
  std::size_t judged = 0;
  std::size_t notes = 0;
  for (std::uint64_t sequence = 1; sequence <= view.sequence(); ++sequence) {
    const EntryKind kind = view.state().FindEntry(sequence)->kind;
    judged += kind == EntryKind::kTierJudged ? 1 : 0;
    notes += kind == EntryKind::kMembersJudged ? 1 : 0;
  }
  EXPECT_EQ(judged, 300u);
  EXPECT_EQ(notes, 1u);  // nothing is written for those who stay
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(scene.Record(members[i]).tier.tier, i % 2 == 0 ? "SILVER" : "MEMBER");
    EXPECT_EQ(scene.Record(members[i]).tier.judged_at > Timestamp(), i % 2 == 0);
  }
}

TEST(Judgement, GoesOnFromWhereTheLedgerSays) {
  Scene scene;
  const MemberId ana = EnrollWith(scene, 1, 600);
  const MemberId ben = EnrollWith(scene, 2, 600);
  scene.Activate(SilverFrom(500));
  ReadView view = scene.engine().Read();
  const Timestamp from =
      view.state().programs.Find(ProgramKey{TheProgram()})->judgements.front().from;
  const auto note = [&](Timestamp of, std::uint64_t through, bool is_finished) {
    const Command command{
        TheProgram(), {}, {}, AdvanceProgram{AdvanceProgram::Judged{of, through, is_finished}}};
    EXPECT_TRUE(scene.engine().Execute(command).ok());
  };
  note(from.PlusMicros(1), ben.raw(), true);  // of something else
  EXPECT_EQ(Tiers(scene, {ana, ben}), "SILVER, SILVER");
  note(from, ana.raw(), false);
  EXPECT_EQ(Tiers(scene, {ana, ben}), "MEMBER, SILVER");
  scene.Restart();
  EXPECT_EQ(Tiers(scene, {ana, ben}), "MEMBER, SILVER");
  note(from, ben.raw(), true);
  EXPECT_EQ(Tiers(scene, {ana, ben}), "MEMBER, MEMBER");
}

}  // namespace
}  // namespace laurel
