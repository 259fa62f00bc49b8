#include "tests/testing/test_ledger.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "engine/domain/objections.h"

namespace laurel {

std::string HarbourDocument(absl::string_view clawback) {
  static constexpr absl::string_view kDocument = R"(schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
max_late_arrival: 30 days
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE, expiry: [{policy: ROLLING, after: 12 months}], clawback: $clawback}
  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}
metrics:
  - {id: credit_12m, measure: SUM, of: points.credit, window: {rolling: 12 months}}
  - {id: visits_12m, measure: DISTINCT_DAYS, window: {rolling: 12 months}}
eligibility: {items: '!("gift_card" in item.categories)'}
earning_rules:
  - {id: base, name: 1 per euro, earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN}}
  - {id: base_credit, name: 1 credit per euro, earn: {point_type: credit, points: "1", per: "1.00", rounding: DOWN}}
tiers:
  - {id: MEMBER, name: Member, rank: 0}
  - {id: SILVER, name: Silver, rank: 1, qualify: metrics.credit_12m >= 1000 || metrics.visits_12m >= 30}
  - {id: GOLD, name: Gold, rank: 2, qualify: metrics.credit_12m >= 3000}
  - {id: PLATINUM, name: Platinum, rank: 3, qualify: metrics.credit_12m >= 8000}
tier_policy: {upgrade: IMMEDIATE, review: {anchor: TIER_ANNIVERSARY, every: 12 months}, downgrade: DROP_ONE}
)";
  return absl::StrReplaceAll(kDocument, {{"$clawback", clawback}});
}

ProgramId TheProgram() { return ProgramId::Of("harbour"); }
PointTypeId PointsType() { return PointTypeId::Of("points"); }

ReceiptKey ReceiptNo(int number, absl::string_view date) {
  return ReceiptKey{PlaceId::Of("S1"), PlaceId::Of("T1"), *Date::Parse(date),
                    PlaceId::Of(std::to_string(number))};
}

IdentityHash IdentityNo(std::uint64_t number) {
  IdentityHash hash{};
  for (int i = 0; i < 8; ++i)
    hash[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (8 * i));
  return hash;
}

Engine::Options TestLedger::DefaultOptions() {
  Engine::Options options;
  options.scheduler_interval_micros = 0;
  return options;
}

TestLedger::TestLedger(Engine::Options options, bool has_program)
    : own_store_(std::make_unique<MapStore>()),
      store_(own_store_.get()),
      options_(std::move(options)) {
  Start();
  if (has_program && options_.approvals.people == 0) Activate(HarbourDocument());
}

TestLedger::TestLedger(Store& store, Engine::Options options, bool has_program)
    : store_(&store), options_(std::move(options)) {
  Start();
  if (has_program) Activate(HarbourDocument());
}

TestLedger::~TestLedger() = default;

void TestLedger::Start() {
  const absl::StatusOr<std::optional<Head>> before = store_->ReadHead(0);
  LAUREL_CHECK(before.ok(), "the head can be read");
  const absl::StatusOr<Head> head =
      store_->AcquireWriter(0, *before ? (*before)->epoch + 1 : 1, "test");
  LAUREL_CHECK(head.ok(), "the test is the writer");
  absl::StatusOr<std::unique_ptr<Engine>> engine =
      Engine::Start(*store_, nullptr, LedgerId{}, *head, clock, options_);
  LAUREL_CHECK(engine.ok(), "the engine starts");
  engine_ = *std::move(engine);
  request_prefix_ = absl::StrCat("request-", head->epoch);
}

void TestLedger::Restart() {
  engine_ = nullptr;
  Start();
}

void TestLedger::Activate(const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  for (const rules::Finding& finding : compiled.findings) {
    if (finding.severity == rules::Severity::kError) {
      std::fprintf(stderr, "%s\n", rules::RenderFinding(finding, "test", document).c_str());
    }
  }
  LAUREL_CHECK(compiled.rulebook != nullptr, "the test's document compiles");
  const std::string canonical(compiled.rulebook->canonical());
  const Hash& digest = compiled.rulebook->digest();
  ReadView view = engine_->Read();
  const Program* program = view.state().programs.Find(ProgramKey{TheProgram()});
  std::uint32_t number = 1;
  if (program == nullptr) {
    Do(CreateProgram{canonical, digest});
  } else {
    number = program->revision_count + 1;
    Do(CreateRevision{canonical, digest});
  }
  Acknowledge(number);
  Do(ActivateRevision{number});
}

void TestLedger::Acknowledge(std::uint32_t number) {
  ReadView view = engine_->Read();
  const Program* program = view.state().programs.Find(ProgramKey{TheProgram()});
  const Revision* revision = view.state().revisions.Find(RevisionKey{TheProgram(), number});
  LAUREL_CHECK(program != nullptr && revision != nullptr, "what is acknowledged is there");
  Activation candidate{number, revision->digest, clock.Now()};
  const std::shared_ptr<const rules::Rulebook> rulebook =
      view.rulebooks()->Find(view.state(), TheProgram(), candidate);
  LAUREL_CHECK(rulebook != nullptr, "what is acknowledged compiles");
  std::set<std::string> warnings;
  for (const Timestamp from : {clock.Now(), Timestamp::Never()}) {  // and of any schedule
    candidate.from = from;
    const Objections found =
        ObjectionsTo(view.state(), TheProgram(), candidate, *rulebook, clock.Now());
    warnings.insert(found.warnings.begin(), found.warnings.end());
  }
  if (!warnings.empty()) {
    Do(AcknowledgeWarnings{number, std::nullopt, {warnings.begin(), warnings.end()}});
  }
}

Reply TestLedger::Run(Order order, absl::string_view request) {
  const std::string id =
      request.empty() ? absl::StrCat(request_prefix_, "-", next_request_++) : std::string(request);
  absl::StatusOr<Reply> reply =
      engine_->Execute(Command{TheProgram(), RequestId::Of(id), principal, std::move(order), role});
  if (!reply.ok()) std::fprintf(stderr, "%s\n", std::string(reply.status().message()).c_str());
  LAUREL_CHECK(reply.ok(), "the command is answered");
  return *std::move(reply);
}

std::shared_ptr<const Entry> TestLedger::Do(Order order, absl::string_view request) {
  Reply reply = Run(std::move(order), request);
  const Rejected* rejected = reply.unrecorded                ? &*reply.unrecorded
                             : reply.entry->outcome.rejected ? &*reply.entry->outcome.rejected
                                                             : nullptr;
  if (rejected != nullptr)
    std::fprintf(stderr, "%s\n", std::string(ToString(rejected->reason)).c_str());
  LAUREL_CHECK(rejected == nullptr, "the command is accepted");
  return reply.entry;
}

Rejected TestLedger::Refused(Order order, absl::string_view request) {
  Reply reply = Run(std::move(order), request);
  if (reply.unrecorded) return *reply.unrecorded;
  LAUREL_CHECK(reply.entry->outcome.rejected.has_value(), "the command is refused");
  return *reply.entry->outcome.rejected;
}

MemberId TestLedger::Enroll(std::uint64_t identity) {
  return *Do(EnrollMember{{IdentityLink{IdentityKind::kCard, IdentityNo(identity)}},
                          Channel::kPos,
                          PlaceId::Of("S1"),
                          clock.Now()})
              ->member;
}

AccruePurchase TestLedger::Sale(MemberRef member, int receipt, std::int64_t cents) const {
  AccruePurchase sale;
  sale.member = member;
  sale.receipt = ReceiptNo(receipt);
  sale.occurred_at = clock.Now();
  sale.channel = Channel::kPos;
  sale.currency = "EUR";
  sale.total = cents;
  return sale;
}

std::shared_ptr<const Entry> TestLedger::Accrue(MemberId member, int receipt, std::int64_t cents) {
  return Do(Sale(member, receipt, cents));
}

std::int64_t TestLedger::Available(MemberId member) {
  ReadView view = engine_->Read();
  for (const Balance& balance : BalancesAt(view.state(), member, clock.Now())) {
    if (balance.type == PointsType()) return balance.available;
  }
  return 0;
}

std::string TestLedger::Verify() {
  const absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = store_->TakeSnapshot(0);
  if (!snapshot.ok()) return std::string(snapshot.status().message());
  const absl::StatusOr<VerifyReport> report = laurel::Verify(**snapshot, 0, VerifyOptions{});
  if (!report.ok()) return std::string(report.status().message());
  std::string text;
  for (const VerifyFinding& finding : report->findings) {
    absl::StrAppend(&text, ToString(finding.kind), " ", finding.sequence, " ", finding.detail,
                    "\n");
  }
  return text;
}

}  // namespace laurel
