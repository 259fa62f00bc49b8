#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/engine/domain/scene.h"

// The life of a revision: who must approve, what is scheduled, what is in force at which instant,
// and which rules are paused.
namespace laurel {
namespace {

constexpr char kPlan[] =
    R"(plan: {goal: More visits, kpi: visits, target: "0.40", check_on: "2027-06-30"})";

// Harbour with a plan, and so many points a euro.
std::string Paying(int points, absl::string_view plan = kPlan) {
  return With(HarbourDocument(),
              {{"name: Harbour", absl::StrCat("name: Harbour\n", plan)},
               {R"({id: base, name: 1 per euro, earn: {point_type: points, points: "1")",
                absl::StrCat(R"({id: base, name: by euro, earn: {point_type: points, points: ")",
                             points, "\"")}});
}

template <class Order>
Order Adding(const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  LAUREL_CHECK(compiled.rulebook != nullptr, "a test's document compiles");
  return Order{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()};
}

Engine::Options Asking(absl::string_view quorum) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.approvals = *ParseQuorum(quorum);
  return options;
}

// Does what `order` says as somebody else.
Reply As(Scene& scene, const char* principal, Role role, Order order) {
  const std::string before = std::exchange(scene.principal, principal);
  const Role role_before = std::exchange(scene.role, role);
  Reply reply = scene.Run(std::move(order));
  scene.principal = before;
  scene.role = role_before;
  return reply;
}

// "" where it was accepted.
std::string ReasonOf(const Reply& reply) {
  if (reply.unrecorded) return std::string(ToString(reply.unrecorded->reason));
  const std::optional<Rejected>& rejected = reply.entry->outcome.rejected;
  return rejected ? std::string(ToString(rejected->reason)) : "";
}

std::string Fact(const Rejected& rejected, absl::string_view key) {
  for (const auto& [name, value] : rejected.metadata) {
    if (name == key) return value;
  }
  return "";
}

// "1 SUPERSEDED, 2 ACTIVE".
std::string Life(Scene& scene) {
  ReadView view = scene.engine().Read();
  const Program program = *view.state().programs.Find(ProgramKey{TheProgram()});
  std::vector<std::string> parts;
  for (std::uint32_t number = 1; number <= program.revision_count; ++number) {
    const Revision& revision = *view.state().revisions.Find(RevisionKey{TheProgram(), number});
    const Standing standing = StandingOf(program, number, revision, scene.clock.Now());
    parts.push_back(absl::StrCat(number, " ", ToString(standing.state)));
  }
  return absl::StrJoin(parts, ", ");
}

std::uint64_t EntryCount(Scene& scene, EntryKind kind) {
  ReadView view = scene.engine().Read();
  std::uint64_t count = 0;
  for (std::uint64_t sequence = 1; sequence <= view.sequence(); ++sequence) {
    if (view.state().FindEntry(sequence)->kind == kind) ++count;
  }
  return count;
}

TEST(Quorums, AreReadAndWritten) {
  struct Row {
    const char* text;
    const char* written;  // null: not a quorum
  };
  constexpr Row kRows[] = {
      {"none", "none"},
      {"0", "none"},
      {"1", "1"},
      {"9", "9"},
      {"MARKETING=1,FINANCE=2", "MARKETING=1,FINANCE=2"},
      {"1,simulation", "1,simulation"},
      {"FINANCE=1,simulation", "FINANCE=1,simulation"},
      {"0,simulation", nullptr},
      {"none,simulation", nullptr},
      {"simulation", nullptr},
      {",simulation", nullptr},
      {"", nullptr},
      {"10", nullptr},
      {"-1", nullptr},
      {"1,2", nullptr},
      {"MARKETING", nullptr},
      {"MARKETING=0", nullptr},
      {"MARKETING=1,MARKETING=1", nullptr},
      {"marketing=1", nullptr},
      {"NOBODY=1", nullptr},
      {"FINANCE=1,", nullptr},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const std::optional<Quorum> quorum = ParseQuorum(row.text);
    ASSERT_EQ(quorum.has_value(), row.written != nullptr);
    if (quorum) {
      EXPECT_EQ(ToString(*quorum), row.written);
    }
  }
}

TEST(Quorums, AreMetByPeopleAndRoles) {
  const Vote mia{"mia", Role::kMarketing, {}};
  const Vote max{"max", Role::kMarketing, {}};
  const Vote fay{"fay", Role::kFinance, {}};
  struct Row {
    const char* quorum;
    std::vector<Vote> votes;
    bool is_met;
  };
  const Row rows[] = {
      {"none", {}, true},
      {"1", {}, false},
      {"1", {mia}, true},
      {"2", {mia}, false},
      {"2", {mia, max}, true},
      {"MARKETING=1,FINANCE=1", {mia, max}, false},
      {"MARKETING=1,FINANCE=1", {mia, fay}, true},
      {"FINANCE=1", {mia}, false},
      {"FINANCE=1", {mia, fay}, true},
      {"MARKETING=2", {mia, fay}, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.quorum);
    EXPECT_EQ(IsMet(*ParseQuorum(row.quorum), row.votes), row.is_met);
  }
}

// Two people besides the author: neither one, nor one and the author, is enough.
// Shows T5.
TEST(Approvals, ComeFromPeopleOtherThanTheAuthor) {
  Scene scene(Asking("2"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(1)));
  const auto activate = [&] { return As(scene, "mia", Role::kMarketing, ActivateRevision{1}); };
  const auto approve = [&](const char* who, Role role) {
    return ReasonOf(As(scene, who, role, ApproveRevision{1, std::nullopt}));
  };
  EXPECT_EQ(Life(scene), "1 DRAFT");
  EXPECT_EQ(ReasonOf(activate()), "APPROVAL_REQUIRED");
  EXPECT_EQ(approve("ada", Role::kMarketing), "SELF_APPROVAL_FORBIDDEN");
  EXPECT_EQ(approve("mia", Role::kMarketing), "");
  EXPECT_EQ(Life(scene), "1 DRAFT");
  const Reply early = activate();
  EXPECT_EQ(ReasonOf(early), "APPROVAL_REQUIRED");
  EXPECT_EQ(Fact(*early.entry->outcome.rejected, "approvals"), "1");
  EXPECT_EQ(Fact(*early.entry->outcome.rejected, "required"), "2");
  EXPECT_EQ(approve("mia", Role::kMarketing), "INVALID_STATE") << "one person, one vote";
  EXPECT_EQ(ReasonOf(As(scene, "mia", Role::kMarketing,
                        ScheduleRevision{1, scene.clock.Now().PlusMicros(kMicrosPerHour)})),
            "APPROVAL_REQUIRED");
  EXPECT_EQ(approve("fay", Role::kFinance), "");
  EXPECT_EQ(Life(scene), "1 APPROVED");
  EXPECT_EQ(approve("max", Role::kMarketing), "INVALID_STATE") << "nobody else is needed";
  EXPECT_EQ(ReasonOf(activate()), "");
  EXPECT_EQ(Life(scene), "1 ACTIVE");

  ReadView view = scene.engine().Read();
  const Revision& revision = *view.state().revisions.Find(RevisionKey{TheProgram(), 1});
  EXPECT_EQ(revision.author, "ada");
  ASSERT_EQ(revision.votes.size(), 2u);
  EXPECT_EQ(revision.votes[0].principal, "mia");
  EXPECT_EQ(revision.votes[1].role, Role::kFinance);
  EXPECT_EQ(revision.approved_at, revision.votes[1].at);
}

TEST(Approvals, AreBoundToWhatWasRead) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(1)));
  const Hash digest = Adding<CreateRevision>(Paying(1)).digest;
  EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, ApproveRevision{1, Sha256("another")})),
            "APPROVAL_STALE");
  EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, ApproveRevision{1, digest})), "");
  EXPECT_EQ(Life(scene), "1 APPROVED");
}

TEST(Approvals, AskForNames) {
  Scene scene(Asking("1"));
  scene.principal = "";
  EXPECT_EQ(ReasonOf(scene.Run(Adding<CreateProgram>(Paying(1)))), "INVALID_FIELD");
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(1)));
  scene.principal = "";
  EXPECT_EQ(ReasonOf(scene.Run(Adding<CreateRevision>(Paying(2)))), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(scene.Run(ApproveRevision{1, std::nullopt})), "INVALID_FIELD");
}

// Shows T4.
TEST(Approvals, NeedGoalTargetAndCheckDate) {
  struct Row {
    const char* plan;
    const char* missing;
  };
  constexpr Row kRows[] = {
      {"", "plan.goal,plan.target,plan.check_on"},
      {R"(plan: {target: "1", check_on: "2027-06-30"})", "plan.goal"},
      {R"(plan: {goal: More, check_on: "2027-06-30"})", "plan.target"},
      {R"(plan: {goal: More, target: "1"})", "plan.check_on"},
      {R"(plan: {goal: More, target: "1", check_on: "2027-06-30"})", ""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.missing);
    Scene scene(Asking("1"));
    scene.Do(Adding<CreateProgram>(Paying(1, row.plan)));
    const Reply reply = As(scene, "fay", Role::kFinance, ApproveRevision{1, std::nullopt});
    const std::optional<Rejected>& rejected = reply.entry->outcome.rejected;
    EXPECT_EQ(rejected ? Fact(*rejected, "missing") : "", row.missing);
  }
}

// Shows T6.
TEST(Approvals, AskForASimulationOfWhatIsApproved) {
  struct Row {
    const char* simulation;
    int simulated;  // 0: nothing, 1: the revision, 2: another document
    const char* reason;
  };
  constexpr Row kRows[] = {
      {"", 0, "INVALID_STATE"},
      {"7-1", 0, "RESOURCE_NOT_FOUND"},
      {"7-1", 2, "APPROVAL_STALE"},
      {"7-1", 1, ""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(absl::StrCat(row.simulation, " of ", row.simulated));
    Scene scene(Asking("1,simulation"));
    scene.principal = "ada";
    scene.Do(Adding<CreateProgram>(Paying(1)));
    EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, ApproveRevision{1})), "")
        << "there is nothing yet to be compared with";
    scene.Do(ActivateRevision{1});
    const CreateRevision creation = Adding<CreateRevision>(Paying(2));
    scene.Do(creation);
    ApproveRevision vote{2, std::nullopt, row.simulation};
    if (row.simulated > 0) vote.simulated = row.simulated == 1 ? creation.digest : Hash{};
    const Reply reply = As(scene, "fay", Role::kFinance, vote);
    EXPECT_EQ(ReasonOf(reply), row.reason);
    ReadView view = scene.engine().Read();
    const Revision* revision = view.state().revisions.Find(RevisionKey{TheProgram(), 2});
    ASSERT_EQ(revision->votes.size(), *row.reason == '\0' ? 1U : 0U);
    if (!revision->votes.empty()) {
      EXPECT_EQ(revision->votes[0].simulation, "7-1");
      continue;
    }
    EXPECT_EQ(reply.entry->outcome.rejected ? Fact(*reply.entry->outcome.rejected, "missing") : "",
              *row.simulation == '\0' ? "simulation" : "");
  }
}

// One that was approved before there was anything to compare it with does not follow unseen.
TEST(Approvals, WithoutASimulationAreForTheFirstAlone) {
  Scene scene(Asking("1,simulation"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(1)));
  const CreateRevision second = Adding<CreateRevision>(Paying(2));
  scene.Do(second);
  EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, ApproveRevision{1})), "");
  EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, ApproveRevision{2})), "");
  scene.Do(ActivateRevision{1});
  EXPECT_EQ(ReasonOf(scene.Run(ActivateRevision{2})), "APPROVAL_REQUIRED");
  const Timestamp later = scene.clock.Now().PlusMicros(kMicrosPerDay);
  EXPECT_EQ(ReasonOf(scene.Run(ScheduleRevision{2, later})), "APPROVAL_REQUIRED");
  const CreateRevision third = Adding<CreateRevision>(Paying(3));
  scene.Do(third);
  ApproveRevision vote{3, std::nullopt, "7-1"};
  vote.simulated = third.digest;
  EXPECT_EQ(ReasonOf(As(scene, "fay", Role::kFinance, vote)), "");
  scene.Do(ActivateRevision{3});
  scene.Do(ActivateRevision{1});  // the way back
}

TEST(Approvals, NameWhoAndInWhichRole) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.role = Role::kAdmin;
  const auto created = scene.Do(Adding<CreateProgram>(Paying(1)));
  EXPECT_EQ(created->principal, "ada");
  EXPECT_EQ(created->role, Role::kAdmin);
  const Reply voted = As(scene, "fay", Role::kFinance, ApproveRevision{1, std::nullopt});
  EXPECT_EQ(voted.entry->principal, "fay");
  EXPECT_EQ(voted.entry->role, Role::kFinance);
  EXPECT_EQ(voted.entry->kind, EntryKind::kRevisionApproved);
}

// A vote is its voter's: the same request id of somebody else is another request.
TEST(Approvals, BelongToTheirRequest) {
  Scene scene(Asking("2"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(1)));
  scene.principal = "mia";
  scene.Do(ApproveRevision{1, std::nullopt}, "vote-0001");
  EXPECT_TRUE(scene.Run(ApproveRevision{1, std::nullopt}, "vote-0001").is_replayed);
  scene.principal = "fay";
  EXPECT_EQ(ReasonOf(scene.Run(ApproveRevision{1, std::nullopt}, "vote-0001")),
            "REQUEST_ID_REUSED");
}

// A sale is rated by the revision in force when it occurred, to the microsecond, before and after
// an entry has put the scheduled one into force.
// Shows G51.
TEST(Schedules, HoldToTheMicrosecond) {
  for (const bool is_uploaded_late : {false, true}) {
    SCOPED_TRACE(is_uploaded_late ? "uploaded late" : "ahead of the clock");
    Scene scene(Paying(4));
    const MemberId ana = scene.Enroll(1);
    scene.At("2026-05-31T23:55:00Z");
    scene.Do(Adding<CreateRevision>(Paying(1)));
    scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
    EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SCHEDULED");
    if (is_uploaded_late) scene.At("2026-06-03T12:00:00Z");
    scene.Buy(ana, 1'000, "2026-05-31T23:59:59.999999Z");
    EXPECT_EQ(scene.Points(ana), 40);
    scene.Buy(ana, 1'000, "2026-06-01T00:00:00Z");
    EXPECT_EQ(scene.Points(ana), 50);
    // And a return goes by the revision that awarded.
    scene.Return(scene.receipt());
    EXPECT_EQ(scene.Points(ana), 40);
  }
}

TEST(Schedules, BecomeEntriesOfTheirOwn) {
  Scene scene(Paying(4));
  scene.Do(Adding<CreateRevision>(Paying(1)));
  scene.principal = "mia";
  scene.role = Role::kMarketing;
  const auto scheduled = scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  EXPECT_EQ(scheduled->kind, EntryKind::kRevisionScheduled);
  EXPECT_EQ(scheduled->principal, "mia");
  EXPECT_EQ(EntryCount(scene, EntryKind::kRevisionActivated), 1u);

  scene.At("2026-05-31T23:59:59.999999Z");
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SCHEDULED");
  scene.At("2026-06-01T00:00:00Z");
  // Readers need no entry.
  EXPECT_EQ(Life(scene), "1 SUPERSEDED, 2 ACTIVE");
  {
    ReadView view = scene.engine().Read();
    EXPECT_EQ(view.ActiveRulebook(TheProgram())->digest(), *scheduled->revision);
  }
  EXPECT_EQ(EntryCount(scene, EntryKind::kRevisionActivated), 1u);

  const absl::StatusOr<Reply> advanced =
      scene.engine().Execute(Command{TheProgram(), {}, {}, AdvanceProgram{}});
  ASSERT_TRUE(advanced.ok());
  EXPECT_EQ(EntryCount(scene, EntryKind::kRevisionActivated), 2u);
  ReadView view = scene.engine().Read();
  const std::shared_ptr<const Entry> entry = view.state().FindEntry(view.sequence());
  EXPECT_EQ(entry->occurred_at, Instant("2026-06-01T00:00:00Z"));
  EXPECT_EQ(entry->method, Method::kAdvanceProgram);
  const Program& program = *view.state().programs.Find(ProgramKey{TheProgram()});
  EXPECT_EQ(program.activations.back().from, Instant("2026-06-01T00:00:00Z"));
  EXPECT_TRUE(program.schedules.empty());
  EXPECT_EQ(Life(scene), "1 SUPERSEDED, 2 ACTIVE");
}

// What comes first in the journal after the instant finds the revision in force.
TEST(Schedules, ComeBeforeTheNextCommand) {
  Scene scene(Paying(4));
  scene.Do(Adding<CreateRevision>(Paying(1)));
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  scene.At("2026-06-05T00:00:00Z");
  const MemberId ana = scene.Enroll(1);
  ReadView view = scene.engine().Read();
  const std::shared_ptr<const Entry> enrolled = view.state().FindEntry(view.sequence());
  const std::shared_ptr<const Entry> before = view.state().FindEntry(view.sequence() - 1);
  EXPECT_EQ(enrolled->member, ana);
  EXPECT_EQ(before->kind, EntryKind::kRevisionActivated);
  EXPECT_EQ(enrolled->revision, before->revision);
}

TEST(Schedules, MayFollowOneAnother) {
  Scene scene(Paying(1));
  const MemberId ana = scene.Enroll(1);
  scene.Do(Adding<CreateRevision>(Paying(2)));
  scene.Do(Adding<CreateRevision>(Paying(3)));
  scene.Do(ScheduleRevision{3, Instant("2026-06-03T00:00:00Z")});
  scene.Do(ScheduleRevision{2, Instant("2026-06-02T00:00:00Z")});
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SCHEDULED, 3 SCHEDULED");
  // Back to the first one afterwards: it is in force now, and will not be then.
  scene.Do(ScheduleRevision{1, Instant("2026-06-04T00:00:00Z")});
  scene.At("2026-06-06T12:00:00Z");
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SUPERSEDED, 3 SUPERSEDED");
  struct Row {
    const char* at;
    std::int64_t points;
  };
  std::int64_t total = 0;
  for (const Row& row : {Row{"2026-06-01T12:00:00Z", 10}, Row{"2026-06-02T00:00:00Z", 20},
                         Row{"2026-06-03T23:59:59.999999Z", 30}, Row{"2026-06-04T00:00:00Z", 10}}) {
    scene.Buy(ana, 1'000, row.at);
    total += row.points;
    EXPECT_EQ(scene.Points(ana), total) << row.at;
  }
  EXPECT_EQ(EntryCount(scene, EntryKind::kRevisionActivated), 4u);
}

TEST(Schedules, CanBeCalledOff) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(4)));
  As(scene, "fay", Role::kFinance, ApproveRevision{1, std::nullopt});
  scene.Do(ActivateRevision{1});
  scene.Do(Adding<CreateRevision>(Paying(1)));
  As(scene, "fay", Role::kFinance, ApproveRevision{2, std::nullopt});
  const MemberId ana = scene.Enroll(1);
  scene.At("2026-05-31T23:55:00Z");
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  // A till whose clock is ahead.
  scene.Buy(ana, 1'000, "2026-06-01T00:00:00Z");
  EXPECT_EQ(scene.Points(ana), 10);
  const auto cancelled = scene.Do(CancelSchedule{2});
  EXPECT_EQ(cancelled->FindEvent<ScheduleCancelled>()->to, RevisionState::kApproved);
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 APPROVED");
  scene.At("2026-06-02T00:00:00Z");
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 APPROVED");
  // The return of that sale still goes by what awarded.
  scene.Return(scene.receipt());
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
}

TEST(Schedules, GiveWayToActivation) {
  Scene scene(Paying(4));
  scene.Do(Adding<CreateRevision>(Paying(1)));
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  scene.Do(ActivateRevision{2});
  EXPECT_EQ(Life(scene), "1 SUPERSEDED, 2 ACTIVE");
  scene.Do(ActivateRevision{1});
  scene.At("2026-06-02T00:00:00Z");
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SUPERSEDED");
}

TEST(Schedules, KeepWhatBalancesRestOn) {
  const std::string three_types =
      With(Paying(1), {{"  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}\n",
                        "  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}\n"
                        "  - {id: stars, name: Stars, symbol: STR, kind: QUALIFYING}\n"}});
  Scene scene(Paying(1));
  scene.Do(Adding<CreateRevision>(three_types));
  scene.Do(Adding<CreateRevision>(Paying(2)));
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  // Fits today, and not after the scheduled one.
  const Rejected refused = scene.Refused(ScheduleRevision{3, Instant("2026-06-02T00:00:00Z")});
  EXPECT_EQ(Fact(refused, "fixed"), "point_types");
  scene.Do(ScheduleRevision{3, Instant("2026-05-01T00:00:00Z")});
}

TEST(Schedules, AreFoundByTheScheduler) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.scheduler_interval_micros = 1'000;
  Scene scene(options);
  scene.Activate(Paying(4));
  scene.Do(Adding<CreateRevision>(Paying(1)));
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  const std::uint64_t before = scene.engine().sequence();
  scene.At("2026-06-01T00:00:00Z");
  EXPECT_TRUE(scene.engine().WaitFor(before + 1, 60 * kMicrosPerSecond));
  EXPECT_EQ(EntryCount(scene, EntryKind::kRevisionActivated), 2u);
}

TEST(Schedules, SurviveARestart) {
  Scene scene(Paying(4));
  scene.Do(Adding<CreateRevision>(Paying(1)));
  scene.Do(ScheduleRevision{2, Instant("2026-06-01T00:00:00Z")});
  scene.Restart();
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SCHEDULED");
  scene.At("2026-06-02T00:00:00Z");
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 10);
}

// Shows G51.
TEST(Rollbacks, BringBackTheSameHash) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(4)));
  As(scene, "fay", Role::kFinance, ApproveRevision{1, std::nullopt});
  const auto first = scene.Do(ActivateRevision{1});
  scene.Do(Adding<CreateRevision>(Paying(1)));
  As(scene, "fay", Role::kFinance, ApproveRevision{2, std::nullopt});
  scene.Do(ActivateRevision{2});
  EXPECT_EQ(Life(scene), "1 SUPERSEDED, 2 ACTIVE");
  const auto back = scene.Do(ActivateRevision{1});
  EXPECT_EQ(back->revision, first->revision);
  EXPECT_EQ(Life(scene), "1 ACTIVE, 2 SUPERSEDED");
}

// Shows G51.
TEST(PausedRules, AwardNothingFromTheNextCall) {
  Scene scene(Paying(4));
  const MemberId ana = scene.Enroll(1);
  scene.Buy(ana, 1'000);
  const ReceiptKey sale = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 40);
  scene.Do(PauseRule{"base"});
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
  EXPECT_EQ(scene.Points(ana, "credit"), 20) << "the other rule goes on";
  // A return takes back what the sale got.
  scene.Return(sale);
  EXPECT_EQ(scene.Points(ana), 0);
  scene.Do(ResumeRule{"base"});
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
}

// A return decides the sale again as it was, whatever is paused today.
TEST(PausedRules, StayPausedForWhatWasSoldThen) {
  Scene scene(With(Paying(4), {{"tiers:\n",
                                "stacking_groups: [{id: all, mode: STACKED}]\n"
                                "promotions:\n"
                                "  - {id: extra, name: Extra, stacking_group: all, "
                                "bonus: {point_type: points, points: \"100\"}}\n"
                                "tiers:\n"}}));
  const MemberId ana = scene.Enroll(1);
  scene.Do(PauseRule{"extra"});
  const auto paused = scene.BuyLines(ana, {SaleLine(1, 1'000), SaleLine(2, 2'000)});
  const ReceiptKey sold_while_paused = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 120);
  ASSERT_NE(paused->FindEvent<EvidenceKept>(), nullptr);
  EXPECT_EQ(paused->FindEvent<EvidenceKept>()->paused_rules.size(), 1u);
  scene.Do(ResumeRule{"extra"});
  scene.BuyLines(ana, {SaleLine(1, 1'000), SaleLine(2, 2'000)});
  const ReceiptKey sold_after = scene.receipt();
  EXPECT_EQ(scene.Points(ana), 120 + 220);
  scene.Do(PauseRule{"extra"});
  scene.Return(sold_while_paused, {Pieces(1, 1)});
  EXPECT_EQ(scene.Points(ana), 80 + 220);
  scene.Return(sold_after, {Pieces(1, 1)});
  EXPECT_EQ(scene.Points(ana), 80 + 180);
  scene.Return(sold_after);
  EXPECT_EQ(scene.Points(ana), 80);
}

TEST(PausedRules, StayPausedUnderTheNextRevision) {
  Scene scene(Paying(4));
  const MemberId ana = scene.Enroll(1);
  scene.Do(PauseRule{"base"});
  scene.Activate(Paying(2));
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 0);
}

TEST(PausedRules, TakeTwoPeopleToResume) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Paying(4)));
  As(scene, "fay", Role::kFinance, ApproveRevision{1, std::nullopt});
  scene.Do(ActivateRevision{1});
  const MemberId ana = scene.Enroll(1);
  As(scene, "mia", Role::kMarketing, PauseRule{"base"});
  const Reply asked = As(scene, "mia", Role::kMarketing, ResumeRule{"base"});
  EXPECT_FALSE(asked.entry->FindEvent<RuleResumed>()->is_final);
  EXPECT_EQ(ReasonOf(As(scene, "mia", Role::kMarketing, ResumeRule{"base"})),
            "SELF_APPROVAL_FORBIDDEN");
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 0);
  const Reply resumed = As(scene, "fay", Role::kFinance, ResumeRule{"base"});
  EXPECT_TRUE(resumed.entry->FindEvent<RuleResumed>()->is_final);
  scene.Buy(ana, 1'000);
  EXPECT_EQ(scene.Points(ana), 40);
}

// ---- What stands against a revision

constexpr char kUnlimited[] = "R-LIAB-641:promotions[0]";

// A promotion that nothing limits.
std::string Unlimited(int points) {
  return With(Paying(points),
              {{"tiers:\n",
                "stacking_groups: [{id: all, mode: STACKED}]\n"
                "promotions: [{id: gift, name: Gift, bonus: {point_type: points, points: 5}, "
                "stacking_group: all}]\ntiers:\n"}});
}

std::string FactOf(const Reply& reply, absl::string_view key) {
  return reply.entry->outcome.rejected ? Fact(*reply.entry->outcome.rejected, key) : "";
}

TEST(Warnings, AreAcknowledgedByNameBeforeApproval) {
  Scene scene(Asking("1"));
  scene.principal = "ada";
  scene.Do(Adding<CreateProgram>(Unlimited(1)));
  const auto approve = [&] { return As(scene, "fay", Role::kFinance, ApproveRevision{1, {}}); };
  const auto acknowledge = [&](const char* who, std::vector<std::string> warnings,
                               std::optional<Hash> digest = std::nullopt) {
    return As(scene, who, Role::kMarketing, AcknowledgeWarnings{1, digest, std::move(warnings)});
  };
  const Reply early = approve();
  EXPECT_EQ(ReasonOf(early), "INVALID_STATE");
  EXPECT_EQ(FactOf(early, "unacknowledged"), kUnlimited);
  EXPECT_EQ(FactOf(early, "count"), "1");
  EXPECT_EQ(ReasonOf(acknowledge("ada", {"R-LIAB-641"})), "INVALID_FIELD") << "not its name";
  EXPECT_EQ(ReasonOf(acknowledge("ada", {"R-LIAB-641:promotions[1]"})), "INVALID_FIELD");
  EXPECT_EQ(ReasonOf(acknowledge("", {kUnlimited})), "INVALID_FIELD") << "nobody";
  EXPECT_EQ(ReasonOf(acknowledge("ada", {kUnlimited}, Sha256("another"))), "APPROVAL_STALE");
  EXPECT_EQ(ReasonOf(As(scene, "ada", Role::kMarketing, AcknowledgeWarnings{2, {}, {kUnlimited}})),
            "REVISION_NOT_FOUND");
  EXPECT_EQ(ReasonOf(acknowledge("ada", {kUnlimited})), "");
  EXPECT_EQ(FactOf(acknowledge("ada", {kUnlimited}), "state"), "ACKNOWLEDGED_BY_CALLER");
  EXPECT_EQ(ReasonOf(acknowledge("mia", {kUnlimited})), "") << "another may, too";
  EXPECT_EQ(ReasonOf(approve()), "");
  EXPECT_EQ(ReasonOf(As(scene, "mia", Role::kMarketing, ActivateRevision{1})), "");
  EXPECT_EQ(FactOf(acknowledge("max", {kUnlimited}), "state"), "ACTIVE");

  ReadView view = scene.engine().Read();
  const Revision& revision = *view.state().revisions.Find(RevisionKey{TheProgram(), 1});
  ASSERT_EQ(revision.acknowledged.size(), 2u);
  EXPECT_EQ(revision.acknowledged[0].warning, kUnlimited);
  EXPECT_EQ(revision.acknowledged[0].principal, "ada");
  EXPECT_EQ(revision.acknowledged[1].role, Role::kMarketing);
}

TEST(Warnings, AreAcknowledgedWhereNobodyApproves) {
  Scene scene;
  scene.Do(Adding<CreateRevision>(Unlimited(1)));
  EXPECT_EQ(FactOf(scene.Run(ActivateRevision{2}), "unacknowledged"), kUnlimited);
  const Timestamp later = scene.clock.Now().PlusMicros(kMicrosPerHour);
  EXPECT_EQ(FactOf(scene.Run(ScheduleRevision{2, later}), "unacknowledged"), kUnlimited);
  scene.Do(AcknowledgeWarnings{2, {}, {kUnlimited}});
  scene.Do(ActivateRevision{2});
  scene.Do(ActivateRevision{1});
  scene.Do(ActivateRevision{2});
  EXPECT_EQ(Life(scene), "1 SUPERSEDED, 2 ACTIVE");
}

TEST(Warnings, ComeWithASchedule) {
  Scene scene;
  scene.Do(Adding<CreateRevision>(Paying(2)));
  scene.Do(Adding<CreateRevision>(Paying(3)));
  const auto in = [&](int hours) { return scene.clock.Now().PlusMicros(hours * kMicrosPerHour); };
  scene.Do(ScheduleRevision{2, in(1)});
  EXPECT_EQ(FactOf(scene.Run(ScheduleRevision{3, in(2)}), "unacknowledged"), "R-TIME-703");
  scene.Do(AcknowledgeWarnings{3, {}, {"R-TIME-703"}});
  scene.Do(ScheduleRevision{3, in(2)});
}

TEST(Errors, OfAChangeStandAgainstARevision) {
  const std::string metric = "{id: credit_12m, measure: SUM, of: points.credit, window: {rolling: ";
  Scene scene(Paying(1));
  scene.Do(Adding<CreateRevision>(
      With(Paying(1), {{absl::StrCat(metric, "12 months}"), absl::StrCat(metric, "6 months}")}})));
  const Reply activated = scene.Run(ActivateRevision{2});
  EXPECT_EQ(ReasonOf(activated), "INVALID_STATE");
  EXPECT_EQ(FactOf(activated, "errors"), "R-DATA-722:metrics[0].id");
  EXPECT_EQ(FactOf(As(scene, "fay", Role::kFinance, ApproveRevision{2, {}}), "errors"),
            "R-DATA-722:metrics[0].id");
  const Timestamp later = scene.clock.Now().PlusMicros(kMicrosPerHour);
  EXPECT_EQ(FactOf(scene.Run(ScheduleRevision{2, later}), "errors"), "R-DATA-722:metrics[0].id");
}

}  // namespace
}  // namespace laurel
