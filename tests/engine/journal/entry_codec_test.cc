#include "engine/journal/entry_codec.h"

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/journal/tiles.h"
#include "google/protobuf/stubs/logging.h"
#include "laurel/storage/v1/storage.pb.h"
#include "tests/testing/field_coverage.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

namespace pb = ::laurel::storage::v1;

// ---- entries as text: every field of every struct
// -----------------------------------------------------------

std::string Text(const LotKey& k) {
  return absl::StrCat(k.member.raw(), "/", k.type.str(), "/", ToString(k.expires_at), "/",
                      ToString(k.id));
}
std::string Hex(const IdentityHash& hash) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

struct EventText {
  std::string operator()(const MemberEnrolled& e) const {
    return absl::StrCat("member_enrolled channel=", static_cast<int>(e.channel),
                        " store=", e.store.str(), " tier=", e.tier);
  }
  std::string operator()(const IdentityLinked& e) const {
    return absl::StrCat("identity_linked kind=", static_cast<int>(e.kind), " hash=", Hex(e.hash));
  }
  std::string operator()(const IdentityUnlinked& e) const {
    return absl::StrCat("identity_unlinked kind=", static_cast<int>(e.kind), " hash=", Hex(e.hash));
  }
  std::string operator()(const IdentityMoved& e) const {
    return absl::StrCat("identity_moved kind=", static_cast<int>(e.kind), " hash=", Hex(e.hash),
                        " reason=", e.reason.str());
  }
  std::string operator()(const MembersMerged& e) const {
    return absl::StrCat("members_merged", e.takes_tier ? " takes_tier" : "",
                        " reason=", e.reason.str());
  }
  std::string operator()(const MembersUnmerged& e) const {
    return absl::StrCat("members_unmerged ", e.merge, " lots_due_at=", ToString(e.lots_due_at),
                        " reason=", e.reason.str());
  }
  std::string operator()(const ReceiptKept& e) const {
    return absl::StrCat("receipt_kept ", (*this)(e.sale));
  }
  std::string operator()(const ReceiptClaimed& e) const {
    return absl::StrCat("receipt_claimed ", e.kept);
  }
  std::string operator()(const AdjustmentAsked& e) const {
    return absl::StrCat("adjustment_asked ", e.type.str(), " ", e.amount, " ", e.reason.str(), " ",
                        e.reference, " until ", ToString(e.expires_at));
  }
  std::string operator()(const AskedApproved& e) const {
    return absl::StrCat("asked_approved ", e.asked, " of ", e.asked_by);
  }
  std::string operator()(const AskedDeclined& e) const {
    return absl::StrCat("asked_declined ", e.asked, " of ", e.asked_by);
  }
  std::string operator()(const EnrolledForPurchase& e) const {
    return absl::StrCat("enrolled_for_purchase ", e.enrolment);
  }
  std::string operator()(const PointsTransferred& e) const {
    return absl::StrCat("points_transferred ", e.type.str(), " ", e.amount, " fee=", e.fee,
                        " reference=", e.reference, " lots_due_at=", ToString(e.lots_due_at));
  }
  std::string operator()(const LotsExtended& e) const {
    return absl::StrCat("lots_extended ", e.type.str(), " ", e.amount,
                        " expires_at=", ToString(e.expires_at), " reason=", e.reason.str(),
                        " reference=", e.reference);
  }
  std::string operator()(const PointsReinstated& e) const {
    return absl::StrCat("points_reinstated ", e.type.str(), " ", e.amount, " expiry=", e.expiry,
                        " reason=", e.reason.str(), " reference=", e.reference);
  }
  std::string operator()(const LotRenewed& e) const {
    return absl::StrCat(
        "lot_renewed ", Text(e.from), " lot=", ToString(e.lot), " ", e.amount,
        " covered_arrears=", e.covered_arrears, " activates_at=", ToString(e.activates_at),
        " expires_at=", ToString(e.expires_at),
        e.award ? absl::StrCat(" award=", ToString(e.award->receipt), " ", ToString(e.award->lot))
                : "");
  }
  std::string operator()(const PiecePassed& e) const {
    return absl::StrCat("piece_passed ", Text(e.from), " lot=", ToString(e.lot), " ", e.amount,
                        " covered_arrears=", e.covered_arrears, " funding=", e.funding,
                        " activates_at=", ToString(e.activates_at),
                        " expires_at=", ToString(e.expires_at), Idle(e.idle_ends_at));
  }
  std::string operator()(const PointsRestored& e) const {
    return absl::StrCat("points_restored ", Text(e.from), " lot=", ToString(e.lot), " ",
                        e.type.str(), " ", e.amount, " covered_arrears=", e.covered_arrears,
                        " activates_at=", ToString(e.activates_at),
                        " expires_at=", ToString(e.expires_at), Idle(e.idle_ends_at));
  }
  std::string operator()(const MemberStateChanged& e) const {
    return absl::StrCat("member_state_changed ", ToString(e.from), " to ", ToString(e.to));
  }
  std::string operator()(const PurchaseAccrued& e) const {
    std::string text = absl::StrCat("purchase_accrued ", ToString(e.receipt),
                                    " channel=", static_cast<int>(e.channel), " total=", e.total,
                                    " eligible_net=", e.eligible_net);
    for (const PurchaseLine& line : e.lines) {
      absl::StrAppend(&text, " [", line.line, " kind=", static_cast<int>(line.kind),
                      " net=", line.net, " quantity=", line.quantity_micros, " sku=", line.sku);
      for (const std::string& category : line.categories) absl::StrAppend(&text, " #", category);
      for (const std::string& tag : line.tags) absl::StrAppend(&text, " +", tag);
      absl::StrAppend(&text, " brand=", line.brand, " list=", line.list, " tax=", line.tax);
      if (line.original) {
        absl::StrAppend(&text, " of ", ToString(line.original->receipt), "#", line.original->line);
      }
      absl::StrAppend(&text, "]");
    }
    for (const Tender& tender : e.tenders) {
      absl::StrAppend(&text, " ", tender.kind, "=", tender.amount);
    }
    absl::StrAppend(&text, Row(e.row));
    if (e.corrects != 0) absl::StrAppend(&text, " corrects=", e.corrects);
    if (e.awaited != 0) absl::StrAppend(&text, " awaited=", e.awaited);
    if (e.offered != 0 || e.bound != PaidBound::kNone) {
      absl::StrAppend(&text, " offered=", e.offered, " bound=", static_cast<int>(e.bound));
    }
    return text;
  }
  static std::string Row(const TerminalRow& row) {
    return row == TerminalRow{}
               ? ""
               : absl::StrCat(" row=", row.number, row.is_offline ? " offline" : "");
  }
  std::string operator()(const ReturnUnmatched& e) const {
    std::string text =
        absl::StrCat("return_unmatched ", ToString(e.receipt), " of ", ToString(e.original));
    for (const ReturnLine& line : e.lines) {
      absl::StrAppend(&text, " [", line.line, " quantity=", line.quantity_micros,
                      " refund=", line.refund ? absl::StrCat(*line.refund) : "none", "]");
    }
    return absl::StrCat(text, Row(e.row));
  }
  std::string operator()(const RowRefused& e) const {
    return absl::StrCat("row_refused ", e.store.str(), "/", e.terminal.str(), " ", e.number, " ",
                        e.told_at ? ToString(*e.told_at) : "offline");
  }
  std::string operator()(const PointsAwarded& e) const {
    return absl::StrCat(
        "points_awarded lot=", ToString(e.lot), " ", e.type.str(), "(", e.type_index, ") ",
        e.amount, " covered_arrears=", e.covered_arrears, " rule=", e.rule, " funding=", e.funding,
        " activates_at=", ToString(e.activates_at), " expires_at=", ToString(e.expires_at),
        e.awaits == Awaiting::kNothing ? "" : absl::StrCat(" awaits=", static_cast<int>(e.awaits)),
        Idle(e.idle_ends_at));
  }
  static std::string Idle(Timestamp ends_at) {
    return ends_at.is_never() ? "" : absl::StrCat(" idle_ends_at=", ToString(ends_at));
  }
  std::string operator()(const IdleEndMoved& e) const {
    return absl::StrCat("idle_end_moved ", e.type.str(),
                        " acted_on=", e.acted_on ? ToString(*e.acted_on) : "never", " to ",
                        ToString(e.ends_at));
  }
  std::string operator()(const LotActivated& e) const {
    return absl::StrCat("lot_activated ", Text(e.lot), " ", e.amount,
                        " covered_arrears=", e.covered_arrears);
  }
  static std::string Accrual(std::uint64_t accrual, const std::optional<ReceiptKey>& receipt,
                             const std::vector<std::int32_t>& lines) {
    return absl::StrCat(" of entry ", accrual, " ", receipt ? ToString(*receipt) : "no receipt",
                        " lines=", absl::StrJoin(lines, ","));
  }
  std::string operator()(const AccrualSettled& e) const {
    return absl::StrCat("accrual_settled", Accrual(e.accrual, e.receipt, e.lines));
  }
  std::string operator()(const PointsSettled& e) const {
    return absl::StrCat("points_settled ", Text(e.from), " lot=", ToString(e.lot), " ",
                        e.type.str(), " ", e.amount, " covered_arrears=", e.covered_arrears,
                        " activates_at=", ToString(e.activates_at),
                        " expires_at=", ToString(e.expires_at), Idle(e.idle_ends_at));
  }
  std::string operator()(const AccrualCancelled& e) const {
    return absl::StrCat("accrual_cancelled", Accrual(e.accrual, e.receipt, e.lines), " on ",
                        ToString(e.accrued_on), " reason=", e.reason.str());
  }
  std::string operator()(const HoldPlaced& e) const {
    return absl::StrCat("hold_placed ", e.type.str(), " ", e.amount,
                        " lapses_at=", ToString(e.lapses_at), " reference=", e.reference);
  }
  std::string operator()(const HoldCaptured& e) const {
    return absl::StrCat("hold_captured ", e.hold, " ", e.amount, " total=", e.total);
  }
  std::string operator()(const HoldEnded& e) const {
    return absl::StrCat("hold_ended ", e.hold, " ", ToString(e.state), " ", e.type.str(), " ",
                        e.freed);
  }
  std::string operator()(const PurchaseReturned& e) const {
    std::string text =
        absl::StrCat("purchase_returned ", ToString(e.receipt), " of ", ToString(e.original),
                     " entry ", e.original_sequence, " on ", ToString(e.original_on),
                     " eligible_net=", e.eligible_net, e.is_whole ? " whole" : "");
    for (const ReturnedLine& line : e.lines) {
      absl::StrAppend(&text, " [", line.line, " quantity=", line.quantity_micros, " net=", line.net,
                      "]");
    }
    absl::StrAppend(&text, Row(e.row));
    if (e.kept != 0) absl::StrAppend(&text, " kept=", e.kept);
    return text;
  }
  std::string operator()(const PointsTakenBack& e) const {
    return absl::StrCat("points_taken_back lot=", ToString(e.lot), " ", e.type.str(), "(",
                        e.type_index, ") ", e.amount, " arrears=", e.arrears,
                        " shortfall=", e.shortfall, " gone=", e.gone, " rule=", e.rule);
  }
  std::string operator()(const PointsRedeemed& e) const {
    return absl::StrCat("points_redeemed ", e.type.str(), " ", e.amount, " reference=", e.reference,
                        e.purchase ? absl::StrCat(" pays ", ToString(*e.purchase)) : "",
                        e.first_move != 0 ? absl::StrCat(" first_move=", e.first_move) : "");
  }
  std::string operator()(const PointsImported& e) const {
    return absl::StrCat("points_imported lot=", ToString(e.lot), " ", e.type.str(), "(",
                        e.type_index, ") ", e.amount,
                        e.counts_on ? absl::StrCat(" counts on ", ToString(*e.counts_on)) : "",
                        " activates_at=", ToString(e.activates_at),
                        " expires_at=", ToString(e.expires_at), Idle(e.idle_ends_at));
  }
  std::string operator()(const HistoryCounted& e) const {
    return absl::StrCat("history_counted ", ToString(e.on), " spend=", e.spend,
                        " purchases=", e.purchases);
  }
  std::string operator()(const PointsAdjusted& e) const {
    std::string text = absl::StrCat("points_adjusted ", e.type.str(), " ", e.amount,
                                    " reason=", e.reason.str(), " reference=", e.reference);
    if (e.amount < 0) return text;
    return absl::StrCat(text, " lot=", ToString(e.lot), " covered_arrears=", e.covered_arrears,
                        " activates_at=", ToString(e.activates_at),
                        " expires_at=", ToString(e.expires_at), Idle(e.idle_ends_at));
  }
  std::string operator()(const RedemptionReversed& e) const {
    return absl::StrCat("redemption_reversed ", e.redemption, " ", e.type.str(), " ", e.amount);
  }
  std::string operator()(const LotExpired& e) const {
    return absl::StrCat("lot_expired ", Text(e.lot), " ", e.amount);
  }
  std::string operator()(const TierDecided& e) const {
    return absl::StrCat("tier_decided cause=", static_cast<int>(e.cause), " ", e.from, " to ", e.to,
                        " since=", ToString(e.since), " term=", e.term,
                        " review_at=", ToString(e.review_at),
                        e.worn_until.is_never() ? "" : " worn_until=" + ToString(e.worn_until));
  }
  std::string operator()(const LotsDue& e) const {
    return absl::StrCat("lots_due ", ToString(e.due_at));
  }
  std::string operator()(const ReviewPostponed& e) const {
    return absl::StrCat("review_postponed ", ToString(e.not_before));
  }
  std::string operator()(const ActivityAccrued& e) const {
    std::string text =
        absl::StrCat("activity_accrued ", e.type, " reference=", e.reference,
                     " channel=", static_cast<int>(e.channel), " store=", e.store.str());
    for (const AttributeValue& attribute : e.attributes) {
      absl::StrAppend(&text, " ", attribute.id, "=", attribute.value.index());
      if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
        absl::StrAppend(&text, ":", *number);
      } else if (const auto* flag = std::get_if<bool>(&attribute.value)) {
        absl::StrAppend(&text, ":", *flag);
      } else if (const auto* words = std::get_if<std::string>(&attribute.value)) {
        absl::StrAppend(&text, ":", *words);
      } else {
        absl::StrAppend(&text, ":", ToString(std::get<Timestamp>(attribute.value)));
      }
    }
    return text;
  }
  std::string operator()(const EvidenceKept& e) const {
    std::string text = absl::StrCat("evidence_kept ", ToString(e.state), " tier=", e.tier, " ",
                                    ToString(e.tier_since), " earned=", e.earned, " ",
                                    ToString(e.earned_since), " ", ToString(e.enrolled_at));
    for (const std::optional<std::int64_t>& metric : e.metrics) {
      absl::StrAppend(&text, " metric=", metric ? absl::StrCat(*metric) : "absent");
    }
    for (const std::int64_t points : e.available) absl::StrAppend(&text, " available=", points);
    for (const std::int64_t points : e.pending) absl::StrAppend(&text, " pending=", points);
    for (const EvidenceKept::CounterRead& read : e.counters) {
      absl::StrAppend(&text, " counter=", read.counter, "[", read.by, "]", read.used);
    }
    for (const EvidenceKept::CarryRead& read : e.carries) {
      absl::StrAppend(&text, " carry=", read.rule, ":", read.micros);
    }
    for (const std::uint32_t rule : e.paused_rules) absl::StrAppend(&text, " paused=", rule);
    for (const EvidenceKept::MetricRead& read : e.metrics_after) {
      absl::StrAppend(&text, " after=", read.metric, ":", read.value);
    }
    for (const AttributeValue& attribute : e.attributes) {
      absl::StrAppend(&text, " told", Value(attribute));
    }
    return text;
  }
  static std::string Value(const AttributeValue& attribute) {
    std::string text = absl::StrCat(" ", attribute.id, "=", attribute.value.index());
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
      absl::StrAppend(&text, ":", *number);
    } else if (const auto* flag = std::get_if<bool>(&attribute.value)) {
      absl::StrAppend(&text, ":", *flag);
    } else if (const auto* words = std::get_if<std::string>(&attribute.value)) {
      absl::StrAppend(&text, ":", *words);
    } else {
      absl::StrAppend(&text, ":", ToString(std::get<Timestamp>(attribute.value)));
    }
    return text;
  }
  std::string operator()(const MemberAttributesSet& e) const {
    std::string text = "member_attributes_set";
    for (const MemberAttribute& one : e.set) {
      absl::StrAppend(&text, Value(one.attribute), " until ", ToString(one.ends_at));
    }
    for (const std::string& id : e.cleared) absl::StrAppend(&text, " cleared=", id);
    return text;
  }
  std::string operator()(const CounterMoved& e) const {
    return absl::StrCat("counter_moved ", e.is_of_member ? "member " : "program ", e.name, "[",
                        e.by, "] ", ToString(e.start), " ", e.delta);
  }
  std::string operator()(const MetricCounted& e) const {
    return absl::StrCat("metric_counted ", e.metric, " ", e.delta,
                        e.counting == MetricCounting::kLargest    ? " largest "
                        : e.counting == MetricCounting::kDistinct ? " distinct "
                                                                  : "",
                        e.counting == MetricCounting::kAmount ? "" : absl::StrCat(e.value));
  }
  std::string operator()(const RevisionCreated& e) const {
    return absl::StrCat("revision_created ", e.number, " ", ToHex(e.digest), " ", e.canonical);
  }
  std::string operator()(const RevisionActivated& e) const {
    return absl::StrCat(
        "revision_activated ", e.number, " ", ToHex(e.digest),
        e.scheduled_from ? absl::StrCat(" scheduled from ", ToString(*e.scheduled_from)) : "",
        e.judges_members ? " judges members" : "");
  }
  std::string operator()(const MembersJudged& e) const {
    return absl::StrCat("members_judged from ", ToString(e.from), " through ", e.through,
                        e.is_finished ? " finished" : "");
  }
  std::string operator()(const RevisionApproved& e) const {
    return absl::StrCat("revision_approved ", e.number, " ", ToHex(e.digest),
                        e.is_final ? " final" : "",
                        e.simulation.empty() ? "" : absl::StrCat(" simulation=", e.simulation));
  }
  std::string operator()(const WarningsAcknowledged& e) const {
    return absl::StrCat("warnings_acknowledged ", e.number, " ", ToHex(e.digest), " ",
                        absl::StrJoin(e.warnings, " "));
  }
  std::string operator()(const TierFloorSet& e) const {
    return absl::StrCat("tier_floor_set ", static_cast<int>(e.kind), " ", e.tier, " until ",
                        ToString(e.until));
  }
  std::string operator()(const RevisionScheduled& e) const {
    return absl::StrCat("revision_scheduled ", e.number, " ", ToHex(e.digest), " from ",
                        ToString(e.from));
  }
  std::string operator()(const ScheduleCancelled& e) const {
    return absl::StrCat("schedule_cancelled ", e.number, " from ", ToString(e.from), " to ",
                        ToString(e.to));
  }
  std::string operator()(const RulePaused& e) const { return absl::StrCat("rule_paused ", e.rule); }
  std::string operator()(const RuleResumed& e) const {
    return absl::StrCat("rule_resumed ", e.rule, e.is_final ? " final" : "");
  }
};

std::string Text(const Entry& entry) {
  std::string text = absl::StrCat(
      ToString(entry.kind), " ", entry.partition, "-", entry.sequence, " by ",
      ToString(entry.method), "\nprevious_leaf ", ToHex(entry.previous_leaf), "\nrecorded_at ",
      ToString(entry.recorded_at), "\noccurred_at ", ToString(entry.occurred_at), "\nprogram ",
      entry.program.str(), "\nmember ", entry.member ? std::to_string(entry.member->raw()) : "none",
      entry.other ? absl::StrCat(" and ", entry.other->raw()) : "", "\nrequest ",
      entry.request.str(), "\nprincipal ", entry.principal,
      entry.role == Role::kNone ? "" : absl::StrCat("\nrole ", ToString(entry.role)),
      "\nfingerprint ", ToHex(entry.fingerprint), "\nrevision ",
      entry.revision ? ToHex(*entry.revision) : "none", "\neffective_on ",
      entry.effective_on ? ToString(*entry.effective_on) : "none", "\n");
  for (const Event& event : entry.events)
    absl::StrAppend(&text, "event ", std::visit(EventText{}, event), "\n");
  for (const Posting& p : entry.postings) {
    absl::StrAppend(&text, "posting ", AccountName(p.account, ""), " ", p.detail, " ", p.type.str(),
                    " ", p.amount, p.member ? absl::StrCat(" of ", p.member->raw()) : "", "\n");
  }
  for (const LotMove& m : entry.lot_moves) {
    absl::StrAppend(&text, "lot_move ", Text(m.lot), " bucket=", static_cast<int>(m.bucket), " ",
                    m.delta, "\n");
  }
  if (entry.outcome.rejected) {
    absl::StrAppend(&text, "rejected ", ToString(entry.outcome.rejected->reason));
    for (const auto& [key, value] : entry.outcome.rejected->metadata)
      absl::StrAppend(&text, " ", key, "=", value);
    absl::StrAppend(&text, "\n");
  }
  for (const Balance& b : entry.outcome.balances) {
    absl::StrAppend(&text, "balance ", b.type.str(), " ", b.available, "/", b.pending, "/", b.held,
                    "\n");
  }
  for (const Balance& b : entry.outcome.other_balances) {
    absl::StrAppend(&text, "other balance ", b.type.str(), " ", b.available, "/", b.pending, "/",
                    b.held, "\n");
  }
  if (entry.outcome.tier) {
    const TierView& tier = *entry.outcome.tier;
    absl::StrAppend(&text, "tier ", tier.tier, " since=", ToString(tier.since),
                    " review_at=", ToString(tier.review_at), " next=", tier.next);
    for (const ProgressLine& line : tier.progress) {
      absl::StrAppend(&text, " [", line.metric, " ", line.have, "/", line.need, "]");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

// ---- random entries
// -----------------------------------------------------------------------------------------

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  bool Chance() { return Below(2) == 0; }

  // Some numbers below the last are free.
  template <class Enum>
  Enum AnyNamed(Enum last) {
    Enum value{};
    while (ToString(value).empty()) {
      value = static_cast<Enum>(1 + Below(static_cast<std::uint64_t>(last)));
    }
    return value;
  }

  Entry AnyEntry() {
    Entry entry;
    entry.partition = static_cast<PartitionId>(Below(0x10000));
    entry.sequence = 1 + Below(std::uint64_t{1} << 48);
    if (entry.sequence != 1) entry.previous_leaf = AnyHash();
    entry.recorded_at = AnyInstant();
    entry.occurred_at = entry.recorded_at.PlusMicros(AnyAmount() % kMicrosPerDay);
    entry.program = ProgramId::Of(absl::StrCat("p", Below(1000), "-x"));
    entry.member = AnyMember();
    if (Chance()) entry.other = AnyMember();
    entry.kind = AnyNamed(kEntryKindLast);
    entry.method = AnyNamed(kMethodLast);
    if (Chance()) entry.request = RequestId::Of(absl::StrCat("request:", Below(1'000'000)));
    entry.principal = AnyText();
    entry.role = static_cast<Role>(Below(10));
    if (Chance()) entry.fingerprint = AnyHash();
    if (Chance()) entry.revision = AnyHash();
    if (Chance()) entry.effective_on = AnyDate();
    for (std::uint64_t n = Below(4); n > 0; --n)
      entry.events.push_back(AnyEvent(Below(std::variant_size_v<Event>), entry));
    for (std::uint64_t n = Below(4); n > 0; --n) {
      entry.postings.push_back(
          Posting{static_cast<AccountClass>(1 + Below(7)), AnyText(), AnyType(), AnyAmount()});
      if (entry.other && Chance()) entry.postings.back().member = entry.other;
    }
    for (std::uint64_t n = Below(4); n > 0; --n) {
      entry.lot_moves.push_back(
          LotMove{AnyLot(entry), static_cast<Bucket>(1 + Below(3)), AnyAmount()});
    }
    if (Chance()) {
      Rejected rejected{AllRejections()[Below(AllRejections().size())], {}};
      for (std::uint64_t n = Below(3); n > 0; --n)
        rejected.metadata.emplace_back(AnyText(), AnyText());
      entry.outcome.rejected = std::move(rejected);
    }
    for (std::uint64_t n = Below(3); n > 0; --n) {
      entry.outcome.balances.push_back(Balance{AnyType(), AnyAmount(), AnyAmount(), AnyAmount()});
    }
    for (std::uint64_t n = Below(2); n > 0; --n) {
      entry.outcome.other_balances.push_back(
          Balance{AnyType(), AnyAmount(), AnyAmount(), AnyAmount()});
    }
    if (Chance()) {
      TierView tier{AnyText(), AnyInstant(), AnyEnd(), AnyText(), {}};
      for (std::uint64_t n = Below(3); n > 0; --n)
        tier.progress.push_back(ProgressLine{AnyText(), AnyAmount(), AnyAmount()});
      entry.outcome.tier = std::move(tier);
    }
    return entry;
  }

  Event AnyEvent(std::uint64_t alternative, const Entry& entry) {
    switch (alternative) {
      case 0:
        return MemberEnrolled{static_cast<Channel>(Below(9)), Chance() ? PlaceId() : AnyPlace(),
                              AnyText()};
      case 1:
        return IdentityLinked{static_cast<IdentityKind>(1 + Below(10)), AnyIdentity()};
      case 2:
        return IdentityUnlinked{static_cast<IdentityKind>(1 + Below(10)), AnyIdentity()};
      case 3:
        return MemberStateChanged{static_cast<MemberState>(1 + Below(3)),
                                  static_cast<MemberState>(1 + Below(3))};
      case 4: {
        PurchaseAccrued e{
            AnyReceipt(), static_cast<Channel>(Below(9)), AnyAmount(), AnyAmount(), {}};
        PurchaseLine plain;
        plain.line = 1;
        plain.net = e.total;
        plain.quantity_micros = 1'000'000;
        plain.list = e.total;
        e.lines.push_back(Chance() ? plain : AnyLine());
        for (std::uint64_t n = Below(3); n > 0; --n) e.lines.push_back(AnyLine());
        for (std::uint64_t n = Below(3); n > 0; --n) {
          e.tenders.push_back(Tender{AnyText(), AnyAmount()});
        }
        e.row = AnyRow();
        e.corrects = Below(UINT64_MAX);
        e.awaited = Number();
        e.offered = AnyAmount();
        e.bound = static_cast<PaidBound>(Below(5));
        return e;
      }
      case 5: {
        PointsAwarded e{LotId{entry.sequence, Number()},
                        AnyType(),
                        Number(),
                        AnyAmount(),
                        AnyAmount(),
                        AnyText(),
                        AnyText(),
                        entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
                        AnyEnd(),
                        static_cast<Awaiting>(Below(3)),
                        AnyEnd()};
        if (e.awaits != Awaiting::kNothing) e.activates_at = Timestamp::Never();
        return e;
      }
      case 6: {
        PurchaseReturned e{
            AnyReceipt(), AnyReceipt(), Below(UINT64_MAX), AnyDate(), AnyAmount(), Chance(), {}};
        for (std::uint64_t n = Below(3); n > 0; --n)
          e.lines.push_back({Line(), AnyAmount(), AnyAmount()});
        e.row = AnyRow();
        e.kept = Below(UINT64_MAX);
        return e;
      }
      case 7:
        return PointsTakenBack{LotId{Below(UINT64_MAX), Number()},
                               AnyType(),
                               Number(),
                               AnyAmount(),
                               AnyAmount(),
                               AnyAmount(),
                               AnyAmount(),
                               AnyText()};
      case 8:
        return PointsRedeemed{AnyType(), AnyAmount(), AnyText(), AnyPurchase(), Number()};
      case 9:
        return RedemptionReversed{Below(UINT64_MAX), AnyType(), AnyAmount()};
      case 10:
        return LotExpired{AnyLot(entry), AnyAmount()};
      case 11:
        return TierDecided{AnyNamed(TierCause::kUnmerged),
                           AnyText(),
                           AnyText(),
                           AnyInstant(),
                           Number(),
                           AnyEnd(),
                           Number(),
                           AnyEnd()};
      case 12:
        return LotsDue{AnyEnd()};
      case 13:
        return ReviewPostponed{AnyInstant()};
      case 14:
        return RevisionCreated{Number(), AnyHash(), AnyText()};
      case 15:
        return RevisionActivated{
            Number(), AnyHash(),
            Below(2) == 0 ? std::nullopt : std::optional<Timestamp>(AnyInstant()), Below(2) == 0};
      case 16:
        return RevisionApproved{Number(), AnyHash(), Below(2) == 0, AnyText()};
      case 17:
        return RevisionScheduled{Number(), AnyHash(), AnyInstant()};
      case 18:
        return ScheduleCancelled{Number(), AnyInstant(), static_cast<RevisionState>(1 + Below(5))};
      case 19:
        return RulePaused{AnyText()};
      case 20:
        return AnyEvidence();
      case 23: {
        ActivityAccrued e{
            AnyText(), AnyText(), static_cast<Channel>(Below(9)), PlaceId::Of("S1"), {}};
        e.attributes = {{AnyText(), AnyAmount()},
                        {AnyText(), Chance()},
                        {AnyText(), AnyText()},
                        {AnyText(), AnyInstant()}};
        return e;
      }
      case 21:
        return CounterMoved{Chance(), AnyText(), AnyText(), AnyDate(), AnyAmount()};
      case 22:
        return AnyCounted();
      case 24:
        return MembersJudged{AnyInstant(), Below(UINT64_MAX), Chance()};
      case 25:
        if (Chance()) {
          return PointsAdjusted{AnyType(), -1 - std::abs(AnyAmount() / 2),
                                ReasonCode::Of("correction"), AnyText()};
        }
        return PointsAdjusted{AnyType(),
                              1 + std::abs(AnyAmount() / 2),
                              ReasonCode::Of("goodwill"),
                              AnyText(),
                              LotId{entry.sequence, Number()},
                              AnyAmount(),
                              entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
                              AnyEnd(),
                              AnyEnd()};
      case 26:
        return LotActivated{AnyLot(entry), AnyAmount(), AnyAmount()};
      case 27:
        return AccrualSettled{Below(UINT64_MAX), AnyPurchase(), AnyLines()};
      case 28: {
        const LotKey from = AnyLot(entry);
        return PointsSettled{from,        LotId{entry.sequence, Number()},
                             from.type,   AnyAmount(),
                             AnyAmount(), entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
                             AnyEnd(),    AnyEnd()};
      }
      case 29:
        return AccrualCancelled{Below(UINT64_MAX), AnyPurchase(), AnyLines(), AnyDate(),
                                ReasonCode::Of("typed_wrong")};
      case 30:
        return HoldPlaced{AnyType(), AnyAmount(), entry.recorded_at.PlusMicros(AnyAmount()),
                          AnyText()};
      case 31:
        return HoldCaptured{Below(UINT64_MAX), AnyAmount(), AnyAmount()};
      case 32:
        return HoldEnded{Below(UINT64_MAX), static_cast<HoldState>(2 + Below(3)), AnyType(),
                         AnyAmount()};
      case 33:
        return WarningsAcknowledged{Number(), AnyHash(), {AnyText(), AnyText()}};
      case 34:
        return TierFloorSet{static_cast<TierFloorKind>(1 + Below(4)), AnyText(), AnyEnd()};
      case 35: {
        PointsImported e{.lot = LotId{entry.sequence, Number()},
                         .type = AnyType(),
                         .type_index = Number(),
                         .amount = AnyAmount(),
                         .activates_at = AnyInstant(),
                         .expires_at = AnyEnd()};
        if (Chance()) e.counts_on = AnyDate();
        if (Chance()) e.idle_ends_at = AnyInstant();
        return e;
      }
      case 36:
        return HistoryCounted{AnyDate(), AnyAmount(), AnyAmount()};
      case 37:
        return IdentityMoved{static_cast<IdentityKind>(1 + Below(10)), AnyIdentity(),
                             ReasonCode::Of("typed_wrong")};
      case 38:
        return MembersMerged{Chance(), ReasonCode::Of("same_person")};
      case 39:
        return MembersUnmerged{Below(UINT64_MAX), AnyEnd(), ReasonCode::Of("not_the_same")};
      case 40: {
        const LotKey from = AnyLot(entry);
        return PointsRestored{
            from,        LotId{entry.sequence, Number()},
            from.type,   AnyAmount(),
            AnyAmount(), entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
            AnyEnd(),    AnyEnd()};
      }
      case 41:
        return PointsTransferred{AnyType(), AnyAmount(), AnyAmount(), AnyText(), AnyEnd()};
      case 42:
        return PiecePassed{AnyLot(entry), LotId{entry.sequence, Number()},
                           AnyAmount(),   AnyAmount(),
                           AnyText(),     entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
                           AnyEnd(),      AnyEnd()};
      case 43:
        return ReceiptKept{std::get<PurchaseAccrued>(AnyEvent(4, entry))};
      case 44:
        return ReceiptClaimed{Below(UINT64_MAX)};
      case 45: {
        ReturnUnmatched e{AnyReceipt(), AnyReceipt(), {}, AnyRow()};
        for (std::uint64_t n = Below(3); n > 0; --n) {
          e.lines.push_back(
              {Line(), AnyAmount(), Chance() ? std::optional(AnyAmount()) : std::nullopt});
        }
        return e;
      }
      case 46:
        return RowRefused{AnyPlace(), AnyPlace(), AnyAmount(),
                          Chance() ? std::optional(AnyInstant()) : std::nullopt};
      case 47:
        return AnyAttributes();
      case 48: {
        IdleEndMoved e{AnyType(), std::nullopt, AnyInstant()};
        if (Chance()) e.acted_on = AnyDate();
        return e;
      }
      case 49:
        return EnrolledForPurchase{Below(UINT64_MAX)};
      case 50:
        return AdjustmentAsked{AnyType(), Chance() ? AnyAmount() : -AnyAmount(),
                               ReasonCode::Of("goodwill"), AnyText(), AnyInstant()};
      case 51:
        return AskedApproved{Below(UINT64_MAX), AnyText()};
      case 52:
        return AskedDeclined{Below(UINT64_MAX), AnyText()};
      case 53:
        return LotsExtended{AnyType(), AnyAmount(), AnyEnd(), ReasonCode::Of("shop_closed"),
                            AnyText()};
      case 54:
        return PointsReinstated{Below(UINT64_MAX), AnyType(), AnyAmount(),
                                ReasonCode::Of("was_ill"), AnyText()};
      case 55: {
        LotRenewed e{AnyLot(entry),
                     LotId{entry.sequence, Number()},
                     AnyAmount(),
                     AnyAmount(),
                     entry.occurred_at.PlusMicros(AnyAmount() % kMicrosPerDay),
                     AnyEnd()};
        if (Chance()) e.award = LotAward{AnyReceipt(), LotId{Below(UINT64_MAX), Number()}};
        return e;
      }
      default:
        return RuleResumed{AnyText(), Below(2) == 0};
    }
  }

  MemberId AnyMember() { return MemberId::Of(1 + Below(UINT64_MAX)); }

 private:
  // Small numbers, large ones and the ends of what the domain holds.
  std::int64_t AnyAmount() {
    switch (Below(6)) {
      case 0:
        return 0;
      case 1:
        return static_cast<std::int64_t>(Below(300));
      case 2:
        return -static_cast<std::int64_t>(Below(300));
      case 3:
        return kAmountMax;
      case 4:
        return -kAmountMax;
      default:
        return static_cast<std::int64_t>(Below(2 * static_cast<std::uint64_t>(kAmountMax))) -
               kAmountMax;
    }
  }
  std::uint32_t Number() { return static_cast<std::uint32_t>(Below(Chance() ? 100 : UINT32_MAX)); }
  TerminalRow AnyRow() { return Chance() ? TerminalRow{} : TerminalRow{AnyAmount(), Chance()}; }
  std::int32_t Line() { return static_cast<std::int32_t>(Below(INT32_MAX)); }
  Timestamp AnyInstant() {
    return Timestamp::FromMicros(1 + static_cast<std::int64_t>(Below(253'402'300'800'000'000)));
  }
  Timestamp AnyEnd() { return Chance() ? Timestamp::Never() : AnyInstant(); }
  Date AnyDate() { return Date::FromDays(static_cast<std::int32_t>(Below(3'000'000))); }
  std::string AnyText() {
    std::string text;
    for (std::uint64_t n = Below(20); n > 0; --n)
      text.push_back(static_cast<char>('!' + Below(90)));
    return Chance() ? "" : text;
  }
  PointTypeId AnyType() {
    return PointTypeId::Of(Chance() ? "points" : absl::StrCat("t", Below(100)));
  }
  PlaceId AnyPlace() { return PlaceId::Of(absl::StrCat("S", Below(10'000))); }
  ReceiptKey AnyReceipt() { return ReceiptKey{AnyPlace(), AnyPlace(), AnyDate(), AnyPlace()}; }
  std::optional<ReceiptKey> AnyPurchase() {
    return Chance() ? std::optional(AnyReceipt()) : std::nullopt;
  }
  std::vector<std::int32_t> AnyLines() {
    std::vector<std::int32_t> lines;
    for (std::uint64_t n = Below(4); n > 0; --n) lines.push_back(Line());
    return lines;
  }
  Hash AnyHash() { return Sha256(absl::StrCat(Below(UINT64_MAX))); }
  IdentityHash AnyIdentity() {
    IdentityHash hash;
    for (std::uint8_t& byte : hash) byte = static_cast<std::uint8_t>(Below(256));
    return hash;
  }
  PurchaseLine AnyLine() {
    PurchaseLine line;
    line.line = Line();
    line.kind = static_cast<PurchaseLineKind>(1 + Below(6));
    line.net = AnyAmount();
    line.quantity_micros = AnyAmount();
    line.sku = AnyText();
    for (std::uint64_t n = Below(3); n > 0; --n) line.categories.push_back(AnyText());
    line.brand = AnyText();
    for (std::uint64_t n = Below(3); n > 0; --n) line.tags.push_back(AnyText());
    line.list = line.net;
    if (Chance()) line.list += static_cast<std::int64_t>(Below(1'000));
    line.tax = AnyAmount();
    if (Chance()) line.original = LineOriginal{AnyReceipt(), Line()};
    return line;
  }
  AttributeValue AnyAttribute() {
    switch (Below(4)) {
      case 0:
        return {AnyText(), AnyAmount()};
      case 1:
        return {AnyText(), Chance()};
      case 2:
        return {AnyText(), AnyText()};
      default:
        return {AnyText(), AnyInstant()};
    }
  }
  MemberAttributesSet AnyAttributes() {
    MemberAttributesSet e;
    for (std::uint64_t n = Below(4); n > 0; --n) {
      e.set.push_back(MemberAttribute{AnyAttribute(), AnyEnd()});
      e.cleared.push_back(AnyText());
    }
    return e;
  }
  MetricCounted AnyCounted() {
    MetricCounted e{AnyText(), AnyAmount()};
    e.counting = static_cast<MetricCounting>(Below(3));
    if (e.counting != MetricCounting::kAmount) e.value = AnyAmount();
    return e;
  }
  EvidenceKept AnyEvidence() {
    EvidenceKept e;
    e.state = MemberState::kSuspended;
    e.tier = AnyText();
    e.tier_since = AnyInstant();
    e.earned = AnyText();
    e.earned_since = AnyInstant();
    e.enrolled_at = AnyInstant();
    for (std::uint64_t n = Below(4); n > 0; --n) {
      e.metrics.push_back(Chance() ? std::optional(AnyAmount()) : std::nullopt);
    }
    for (std::uint64_t n = Below(3); n > 0; --n) {
      e.available.push_back(AnyAmount());
      e.pending.push_back(AnyAmount());
      e.counters.push_back({Number(), AnyText(), AnyAmount()});
      e.carries.push_back({Number(), AnyAmount()});
      e.paused_rules.push_back(Number());
      e.metrics_after.push_back({Number(), AnyAmount()});
      e.attributes.push_back(AnyAttribute());
    }
    return e;
  }
  LotKey AnyLot(const Entry& entry) {
    return LotKey{Chance() ? *entry.member : AnyMember(), AnyType(), AnyEnd(),
                  LotId{Chance() ? entry.sequence : 1 + Below(1'000'000), Number()}};
  }

  std::mt19937_64 random_;
};

TEST(EntryCodec, RoundTripsEntriesOfEveryKindAndEvent) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  for (int i = 0; i < 20'000; ++i) {
    Entry entry = generator.AnyEntry();
    const auto round = static_cast<std::size_t>(i);
    entry.events.push_back(generator.AnyEvent(round % std::variant_size_v<Event>, entry));
    const std::string bytes = EncodeEntry(entry);
    const absl::StatusOr<Entry> decoded = DecodeEntry(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message() << "\n" << Text(entry);
    ASSERT_EQ(Text(*decoded), Text(entry));
    ASSERT_EQ(EncodeEntry(*decoded), bytes);
  }
}

TEST(EntryCodec, SetsEveryFieldOfTheMessage) {
  Generator generator(1);
  FieldCoverage coverage;
  for (int i = 0; i < 2'000; ++i) {
    pb::Entry message;
    ASSERT_TRUE(message.ParseFromString(EncodeEntry(generator.AnyEntry())));
    coverage.Add(message);
  }
  EXPECT_THAT(coverage.Missing(pb::Entry::descriptor()), testing::IsEmpty());
}

// Whatever the bytes, the decoder answers; what it takes can be encoded and read again.
TEST(EntryCodec, AnswersForAnyBytes) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  const google::protobuf::LogSilencer silencer;  // it complains about text that is not UTF-8
  std::vector<std::string> good;
  for (int i = 0; i < 500; ++i) good.push_back(EncodeEntry(generator.AnyEntry()));
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = good[generator.Below(good.size())];
    for (std::uint64_t n = 1 + generator.Below(3); n > 0; --n) {
      const std::size_t at = generator.Below(bytes.size() + 1);
      switch (generator.Below(5)) {
        case 0:
          bytes.resize(at);
          break;
        case 1:
          bytes.insert(at, 1, static_cast<char>(generator.Below(256)));
          break;
        case 2:
          bytes.erase(at, 1 + generator.Below(4));
          break;
        case 3:
          bytes.append(good[generator.Below(good.size())].substr(0, generator.Below(40)));
          break;
        default:
          if (at < bytes.size())
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << generator.Below(8)));
      }
    }
    const absl::StatusOr<Entry> entry = DecodeEntry(bytes);
    if (!entry.ok()) {
      ASSERT_EQ(entry.status().code(), absl::StatusCode::kDataLoss);
      ASSERT_EQ(entry.status().message().substr(0, 7), "entry: ");
      continue;
    }
    ++taken;
    ASSERT_TRUE(DecodeEntry(EncodeEntry(*entry)).ok()) << absl::BytesToHexString(bytes);
  }
  EXPECT_GT(taken, 1'000) << "mutations that stay entries are the interesting ones";
}

TEST(EntryCodec, RefusesWhatItDoesNotKnow) {
  struct Row {
    const char* what;
    void (*damage)(pb::Entry&);
  };
  constexpr Row kRows[] = {
      {"format 2, this program reads 1", [](pb::Entry& p) { p.set_format(2); }},
      {"format 0, this program reads 1", [](pb::Entry& p) { p.set_format(0); }},
      {"partition is out of range", [](pb::Entry& p) { p.set_partition(65'536); }},
      {"sequence is 0", [](pb::Entry& p) { p.set_sequence(0); }},
      {"previous_leaf has 31 bytes instead of 32",
       [](pb::Entry& p) { p.set_previous_leaf(std::string(31, 'x')); }},
      {"fingerprint has 33 bytes instead of 32",
       [](pb::Entry& p) { p.set_fingerprint(std::string(33, 'x')); }},
      {"revision has 1 bytes instead of 32", [](pb::Entry& p) { p.set_revision("x"); }},
      {"occurred_at is out of range",
       [](pb::Entry& p) {
         p.set_recorded_at(INT64_MAX);
         p.set_occurred_delta(1);
       }},
      {"program is not well formed", [](pb::Entry& p) { p.set_program("Harbour"); }},
      {"kind has the unknown number 38", [](pb::Entry& p) { p.set_kind(38); }},
      {"kind has the unknown number 0", [](pb::Entry& p) { p.set_kind(0); }},
      {"role has the unknown number 10", [](pb::Entry& p) { p.set_role(10); }},
      {"revision.state has the unknown number 6",
       [](pb::Entry& p) { p.add_events()->mutable_schedule_cancelled()->set_to(6); }},
      {"method has the unknown number 38", [](pb::Entry& p) { p.set_method(38); }},
      {"request is not well formed", [](pb::Entry& p) { p.set_request("a b"); }},
      {"effective_day is out of range", [](pb::Entry& p) { p.set_effective_day(5'000'000); }},
      {"an event of an unknown kind", [](pb::Entry& p) { p.add_events(); }},
      {"a lot moves without a member",
       [](pb::Entry& p) {
         p.set_member(0);
         p.add_lot_moves()->set_bucket(1);
       }},
      {"lot_move.bucket has the unknown number 4",
       [](pb::Entry& p) {
         p.add_lot_moves()->mutable_lot()->set_type("points");
         p.mutable_lot_moves(0)->set_bucket(4);
       }},
      {"posting.account has the unknown number 8",
       [](pb::Entry& p) { p.add_postings()->set_account(8); }},
      {"outcome.rejection has the unknown number 28",
       [](pb::Entry& p) { p.mutable_outcome()->set_rejection(28); }},
      {"award.awaits has the unknown number 3",
       [](pb::Entry& p) {
         p.add_events()->mutable_points_awarded()->set_type("points");
         p.mutable_events(0)->mutable_points_awarded()->set_awaits(3);
       }},
      {"hold.state has the unknown number 1",
       [](pb::Entry& p) { p.add_events()->mutable_hold_ended()->set_state(1); }},
      {"hold.lapses_at is out of range",
       [](pb::Entry& p) {
         p.add_events()->mutable_hold_placed()->set_type("points");
         p.set_recorded_at(1);
         p.mutable_events(0)->mutable_hold_placed()->set_lasts(INT64_MAX);
       }},
      {"cancelled.reason is not well formed",
       [](pb::Entry& p) { p.add_events()->mutable_accrual_cancelled()->set_reason("Wrong"); }},
      {"adjusted.reason is not well formed",
       [](pb::Entry& p) {
         p.add_events()->mutable_points_adjusted()->set_type("points");
         p.mutable_events(0)->mutable_points_adjusted()->set_reason("Good will");
       }},
      {"lot.activates_at is out of range",
       [](pb::Entry& p) {
         p.add_events()->mutable_points_adjusted()->set_type("points");
         p.mutable_events(0)->mutable_points_adjusted()->set_reason("goodwill");
         p.mutable_events(0)->mutable_points_adjusted()->set_amount(1);
         p.set_recorded_at(1);
         p.mutable_events(0)->mutable_points_adjusted()->set_activates_delta(INT64_MAX);
       }},
      {"identity.hash does not have 16 bytes",
       [](pb::Entry& p) { p.add_events()->mutable_identity_linked()->set_kind(1); }},
      {"balance.type is not well formed",
       [](pb::Entry& p) { p.mutable_outcome()->add_balances(); }},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    Entry entry;
    entry.sequence = 2;
    entry.program = ProgramId::Of("harbour");
    entry.member = MemberId::Of(7);
    pb::Entry message;
    ASSERT_TRUE(message.ParseFromString(EncodeEntry(entry)));
    row.damage(message);
    const absl::StatusOr<Entry> decoded = DecodeEntry(message.SerializeAsString());
    ASSERT_FALSE(decoded.ok());
    EXPECT_EQ(decoded.status().message(), absl::StrCat("entry: ", row.what));
  }
  EXPECT_FALSE(DecodeEntry("").ok());
  EXPECT_FALSE(DecodeEntry(std::string(kEntryBytesMax + 1, '\0')).ok());
}

// ---- golden bytes
// ---------------------------------------------------------------------------------------------

Timestamp At(const char* text) { return *ParseTimestamp(text); }
LotKey GoldenLot(std::uint64_t sequence) {
  return LotKey{MemberId::Of(3), PointTypeId::Of("points"), At("2027-03-01T23:00:00Z"),
                LotId{sequence, 1}};
}
ReceiptKey GoldenReceipt(const char* number) {
  return ReceiptKey{PlaceId::Of("S12"), PlaceId::Of("T3"), *Date::Parse("2026-03-01"),
                    PlaceId::Of(number)};
}
constexpr IdentityHash kGoldenIdentity = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

// One entry of each kind as the engine writes them.
Entry GoldenEntry(EntryKind kind) {
  const PointTypeId points = PointTypeId::Of("points");
  const PointTypeId credit = PointTypeId::Of("credit");
  Entry e;
  e.sequence = 1'000 + static_cast<std::uint64_t>(kind);
  e.previous_leaf = Sha256("the entry before");
  e.recorded_at = At("2026-03-01T12:00:00.000001Z");
  e.occurred_at = e.recorded_at;
  e.program = ProgramId::Of("harbour");
  e.member = MemberId::Of(3);
  e.kind = kind;
  e.request = RequestId::Of("request-0001");
  e.principal = "till-12";
  e.fingerprint = Sha256("the request");
  e.revision = Sha256("the revision");
  e.effective_on = Date::Parse("2026-03-01").value();
  const auto post = [&](AccountClass account, const char* detail, const PointTypeId& type,
                        std::int64_t amount) {
    e.postings.push_back(Posting{account, detail, type, amount});
  };
  const auto without_points = [&] {
    e.effective_on.reset();
    e.revision.reset();
  };
  const auto of_program = [&](Method method) {
    e.member.reset();
    e.effective_on.reset();
    e.method = method;
    e.principal = "mia";
    e.role = Role::kMarketing;
  };
  switch (kind) {
    case EntryKind::kRefused:
      without_points();
      e.member.reset();
      e.method = Method::kRedeem;
      e.outcome.rejected = Rejected{Rejection::kInsufficientPoints,
                                    {{"available", "20"}, {"pending", "0"}, {"required", "21"}}};
      return e;
    case EntryKind::kMemberEnrolled:
      e.effective_on.reset();
      e.method = Method::kEnrollMember;
      e.events = {MemberEnrolled{Channel::kApp, PlaceId::Of("S12"), "MEMBER"},
                  IdentityLinked{IdentityKind::kPhone, kGoldenIdentity}};
      e.outcome.tier = TierView{"MEMBER", e.recorded_at, Timestamp::Never(), "", {}};
      return e;
    case EntryKind::kIdentityLinked:
      without_points();
      e.method = Method::kLinkIdentity;
      e.events = {IdentityLinked{IdentityKind::kCard, kGoldenIdentity}};
      return e;
    case EntryKind::kIdentityUnlinked:
      without_points();
      e.method = Method::kUnlinkIdentity;
      e.events = {IdentityUnlinked{IdentityKind::kCard, kGoldenIdentity}};
      return e;
    case EntryKind::kMemberSuspended:
      without_points();
      e.method = Method::kSuspendMember;
      e.events = {MemberStateChanged{MemberState::kActive, MemberState::kSuspended}};
      return e;
    case EntryKind::kMemberReactivated:
      without_points();
      e.method = Method::kReactivateMember;
      e.events = {MemberStateChanged{MemberState::kSuspended, MemberState::kActive}};
      return e;
    case EntryKind::kMemberClosed:
      without_points();
      e.method = Method::kCloseMember;
      e.events = {MemberStateChanged{MemberState::kActive, MemberState::kClosed}};
      return e;
    case EntryKind::kAccrue: {
      e.method = Method::kAccruePurchase;
      e.occurred_at = At("2026-03-01T11:58:00Z");
      PurchaseLine shirt;
      shirt.line = 1;
      shirt.net = 100'000;
      shirt.quantity_micros = 2'500'000;
      shirt.sku = "SHIRT-1";
      shirt.categories = {"shirts", "sale"};
      shirt.list = shirt.net;
      PurchaseLine card;
      card.line = 2;
      card.kind = PurchaseLineKind::kGiftCard;
      card.net = 2'500;
      card.quantity_micros = 1'000'000;
      card.list = card.net;
      const LotKey lot = GoldenLot(e.sequence);
      e.events = {
          PurchaseAccrued{GoldenReceipt("000123"), Channel::kPos, 102'500, 100'000, {shirt, card}},
          PointsAwarded{lot.id, points, 0, 1'000, 30, "base", "base", e.occurred_at,
                        lot.expires_at},
          PointsAwarded{LotId{e.sequence, 2}, credit, 1, 1'000, 0, "base_credit", "base",
                        e.occurred_at, Timestamp::Never()},
          TierDecided{TierCause::kUpgraded, "MEMBER", "SILVER", e.occurred_at, 1,
                      At("2027-03-01T23:00:00Z")},
          LotsDue{lot.expires_at},
          ReviewPostponed{At("2026-03-02T12:00:00.000001Z")}};
      post(AccountClass::kIssuance, "base", points, -1'000);
      post(AccountClass::kMemberAvailable, "", points, 1'000);
      post(AccountClass::kIssuance, "base", credit, -1'000);
      post(AccountClass::kMemberAvailable, "", credit, 1'000);
      e.lot_moves = {LotMove{lot, Bucket::kAvailable, 970},
                     LotMove{LotKey{*e.member, credit, Timestamp::Never(), LotId{e.sequence, 2}},
                             Bucket::kAvailable, 1'000}};
      e.outcome.balances = {Balance{points, 970, 0, 0}, Balance{credit, 1'000, 0, 0}};
      e.outcome.tier = TierView{"SILVER",
                                e.occurred_at,
                                At("2027-03-01T23:00:00Z"),
                                "GOLD",
                                {{"credit_12m", 1'000, 3'000}}};
      return e;
    }
    case EntryKind::kReturn:
      e.method = Method::kReturnPurchase;
      e.events = {PurchaseReturned{GoldenReceipt("000200"),
                                   GoldenReceipt("000123"),
                                   900,
                                   *Date::Parse("2026-02-27"),
                                   50'000,
                                   true,
                                   {ReturnedLine{1, 2'500'000, 50'000}}},
                  PointsTakenBack{LotId{900, 1}, points, 0, 500, 100, 50, 20, "base"},
                  TierDecided{TierCause::kReturned, "SILVER", "MEMBER", e.occurred_at, 1,
                              Timestamp::Never()},
                  LotsDue{Timestamp::Never()}};
      post(AccountClass::kMemberAvailable, "", points, -430);
      post(AccountClass::kAdjustment, "clawback_shortfall", points, -50);
      post(AccountClass::kIssuance, "base", points, 480);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -330}};
      e.outcome.balances = {Balance{points, -100, 0, 0}};
      e.outcome.tier = TierView{
          "MEMBER", e.occurred_at, Timestamp::Never(), "SILVER", {{"credit_12m", 500, 1'000}}};
      return e;
    case EntryKind::kReturnUnmatched:
      e.method = Method::kReturnPurchase;
      e.member.reset();
      e.events = {ReturnUnmatched{GoldenReceipt("000200"),
                                  GoldenReceipt("000123"),
                                  {ReturnLine{1, 1'000'000, 20'000}, ReturnLine{2, 500'000, {}}},
                                  TerminalRow{105, true}}};
      return e;
    case EntryKind::kExchange: {
      e.method = Method::kAccruePurchase;
      PurchaseLine back;
      back.line = 1;
      back.kind = PurchaseLineKind::kReturn;
      back.net = 4'000;
      back.quantity_micros = 1'000'000;
      back.list = back.net;
      back.original = LineOriginal{GoldenReceipt("000123"), 1};
      PurchaseLine sold;
      sold.line = 2;
      sold.net = 5'500;
      sold.quantity_micros = 1'000'000;
      sold.list = sold.net;
      const LotKey lot = GoldenLot(e.sequence);
      PurchaseAccrued sale{GoldenReceipt("000200"), Channel::kPos, 1'500, 5'000, {back, sold},
                           {{"POINTS", 500}}};
      sale.row = TerminalRow{106, false};
      sale.offered = 550;
      sale.bound = PaidBound::kStep;
      e.events = {
          PurchaseReturned{GoldenReceipt("000200"),
                           GoldenReceipt("000123"),
                           900,
                           *Date::Parse("2026-02-27"),
                           4'000,
                           true,
                           {ReturnedLine{1, 1'000'000, 4'000}}},
          PointsTakenBack{LotId{900, 1}, points, 0, 40, 0, 0, 0, "base"},
          PointsRedeemed{points, 500, "", GoldenReceipt("000200"), 1}, sale,
          PointsAwarded{lot.id, points, 0, 50, 0, "base", "base", e.occurred_at, lot.expires_at}};
      post(AccountClass::kMemberAvailable, "", points, -490);
      post(AccountClass::kIssuance, "base", points, -10);
      post(AccountClass::kRedemption, "payment", points, 500);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -40},
                     LotMove{GoldenLot(901), Bucket::kAvailable, -500},
                     LotMove{lot, Bucket::kAvailable, 50}};
      e.outcome.balances = {Balance{points, 10, 0, 0}};
      return e;
    }
    case EntryKind::kCorrect: {
      e.method = Method::kCorrectReceipt;
      const LotKey lot = GoldenLot(e.sequence);
      PurchaseLine sold;
      sold.line = 1;
      sold.net = 900;
      sold.quantity_micros = 1'000'000;
      sold.list = sold.net;
      PurchaseAccrued right{GoldenReceipt("000123"), Channel::kPos, 900, 900, {sold}};
      right.corrects = 900;
      e.events = {
          PurchaseReturned{GoldenReceipt("000123"),
                           GoldenReceipt("000123"),
                           900,
                           *Date::Parse("2026-02-27"),
                           9'000,
                           true,
                           {ReturnedLine{1, 1'000'000, 9'000}}},
          PointsTakenBack{LotId{900, 1}, points, 0, 90, 0, 0, 0, "base"}, right,
          PointsAwarded{lot.id, points, 0, 9, 0, "base", "base", e.occurred_at, lot.expires_at}};
      post(AccountClass::kMemberAvailable, "", points, -81);
      post(AccountClass::kIssuance, "base", points, 81);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -90},
                     LotMove{lot, Bucket::kAvailable, 9}};
      e.outcome.balances = {Balance{points, 9, 0, 0}};
      return e;
    }
    case EntryKind::kRedeem:
      e.method = Method::kRedeem;
      e.events = {PointsRedeemed{points, 120, "order 7"}};
      post(AccountClass::kMemberAvailable, "", points, -120);
      post(AccountClass::kRedemption, "payment", points, 120);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -120}};
      e.outcome.balances = {Balance{points, 30, 0, 0}};
      return e;
    case EntryKind::kAdjust: {
      e.method = Method::kAdjustPoints;
      e.principal = "eve";
      e.role = Role::kAgent;
      const LotKey lot = GoldenLot(e.sequence);
      e.events = {PointsAdjusted{points, 150, ReasonCode::Of("goodwill"), "case 7", lot.id, 50,
                                 e.occurred_at, lot.expires_at},
                  CounterMoved{false, "by-hand/points/day", "eve",
                               Date::FromCivil(2026, 3, 1).value(), 150},
                  LotsDue{lot.expires_at}};
      post(AccountClass::kAdjustment, "goodwill", points, -150);
      post(AccountClass::kMemberAvailable, "", points, 150);
      e.lot_moves = {LotMove{lot, Bucket::kAvailable, 100}};
      e.outcome.balances = {Balance{points, 100, 0, 0}};
      return e;
    }
    case EntryKind::kAdjustmentAsked:
      e.method = Method::kAdjustPoints;
      e.principal = "eve";
      e.role = Role::kAgent;
      e.events = {AdjustmentAsked{points, 15'000, ReasonCode::Of("goodwill"), "case 7",
                                  At("2026-03-04T12:00:00Z")}};
      e.outcome.balances = {Balance{points, 100, 0, 0}};
      return e;
    case EntryKind::kAskedDeclined:
      e.method = Method::kDecline;
      e.principal = "fay";
      e.role = Role::kFinance;
      e.events = {AskedDeclined{41, "eve"}};
      e.outcome.balances = {Balance{points, 100, 0, 0}};
      return e;
    case EntryKind::kLotsExtended: {
      e.method = Method::kExtendLots;
      e.principal = "eve";
      e.role = Role::kAgent;
      LotKey later = GoldenLot(e.sequence);
      later.expires_at = At("2027-08-01T00:00:00Z");
      e.events = {
          LotsExtended{points, 100, later.expires_at, ReasonCode::Of("shop_closed"), "case 7"},
          LotRenewed{GoldenLot(900), later.id, 100, 0, At("2026-02-01T12:00:00Z"), later.expires_at,
                     LotAward{GoldenReceipt("000123"), GoldenLot(900).id}},
          CounterMoved{false, "by-hand/points/day", "eve", Date::FromCivil(2026, 3, 1).value(),
                       100},
          LotsDue{later.expires_at}};
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -100},
                     LotMove{later, Bucket::kAvailable, 100}};
      e.outcome.balances = {Balance{points, 100, 0, 0}};
      return e;
    }
    case EntryKind::kPointsReinstated: {
      e.method = Method::kReinstatePoints;
      e.principal = "eve";
      e.role = Role::kAgent;
      LotKey again = GoldenLot(e.sequence);
      again.expires_at = At("2027-08-01T00:00:00Z");
      e.events = {
          PointsReinstated{950, points, 80, ReasonCode::Of("was_ill"), "case 8"},
          LotRenewed{GoldenLot(900), again.id, 80, 10, e.occurred_at, again.expires_at, {}},
          CounterMoved{false, "by-hand/points/day", "eve", Date::FromCivil(2026, 3, 1).value(), 80},
          LotsDue{again.expires_at}};
      post(AccountClass::kAdjustment, "expiry_restored", points, -80);
      post(AccountClass::kMemberAvailable, "", points, 80);
      e.lot_moves = {LotMove{again, Bucket::kAvailable, 70}};
      e.outcome.balances = {Balance{points, 70, 0, 0}};
      return e;
    }
    case EntryKind::kActivate:
      e.method = Method::kAdvanceMember;
      e.request = RequestId();
      e.principal = "";
      e.fingerprint = Hash{};
      e.recorded_at = At("2026-03-15T23:00:01Z");
      e.occurred_at = At("2026-03-15T23:00:00Z");
      e.effective_on = Date::Parse("2026-03-16").value();
      e.events = {LotActivated{GoldenLot(900), 100, 30}, LotsDue{GoldenLot(900).expires_at}};
      post(AccountClass::kMemberPending, "", points, -100);
      post(AccountClass::kMemberAvailable, "", points, 100);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kPending, -100},
                     LotMove{GoldenLot(900), Bucket::kAvailable, 70}};
      e.outcome.balances = {Balance{points, 70, 0, 0}};
      return e;
    case EntryKind::kSettle: {
      e.method = Method::kSettleAccrual;
      LotKey from = GoldenLot(900);
      from.expires_at = Timestamp::Never();
      const LotKey lot = GoldenLot(e.sequence);
      e.events = {AccrualSettled{900, GoldenReceipt("000123"), {2}},
                  PointsSettled{from, lot.id, points, 40, 10, e.recorded_at, lot.expires_at},
                  LotsDue{lot.expires_at}};
      post(AccountClass::kMemberPending, "", points, -40);
      post(AccountClass::kMemberAvailable, "", points, 40);
      e.lot_moves = {LotMove{from, Bucket::kPending, -40}, LotMove{lot, Bucket::kAvailable, 30}};
      e.outcome.balances = {Balance{points, 30, 60, 0}};
      return e;
    }
    case EntryKind::kCancelPending: {
      e.method = Method::kCancelAccrual;
      e.principal = "ann";
      e.role = Role::kAgent;
      LotKey from = GoldenLot(900);
      from.expires_at = Timestamp::Never();
      e.events = {AccrualCancelled{900,
                                   GoldenReceipt("000123"),
                                   {1, 2},
                                   *Date::Parse("2026-02-27"),
                                   ReasonCode::Of("typed_wrong")},
                  PointsTakenBack{LotId{900, 1}, points, 0, 600, 0, 0, 0, "base"}};
      post(AccountClass::kMemberPending, "", points, -600);
      post(AccountClass::kIssuance, "base", points, 600);
      e.lot_moves = {LotMove{from, Bucket::kPending, -600}};
      e.outcome.balances = {Balance{points, 30, 0, 0}};
      return e;
    }
    case EntryKind::kHold:
      e.method = Method::kHoldPoints;
      e.events = {HoldPlaced{points, 500, At("2026-03-01T12:15:00.000001Z"), "order 7"},
                  LotsDue{At("2026-03-01T12:15:00.000001Z")}};
      post(AccountClass::kMemberAvailable, "", points, -500);
      post(AccountClass::kMemberHeld, "", points, 500);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -500},
                     LotMove{GoldenLot(900), Bucket::kHeld, 500}};
      e.outcome.balances = {Balance{points, 500, 0, 500}};
      return e;
    case EntryKind::kCapture:
      e.method = Method::kCaptureHold;
      e.events = {PointsRedeemed{points, 300, "order 7", GoldenReceipt("000123")},
                  HoldCaptured{950, 300, 300}, HoldEnded{950, HoldState::kCaptured, points, 200},
                  LotsDue{GoldenLot(900).expires_at}};
      post(AccountClass::kMemberHeld, "", points, -500);
      post(AccountClass::kRedemption, "payment", points, 300);
      post(AccountClass::kMemberAvailable, "", points, 200);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kHeld, -300},
                     LotMove{GoldenLot(900), Bucket::kHeld, -200},
                     LotMove{GoldenLot(900), Bucket::kAvailable, 200}};
      e.outcome.balances = {Balance{points, 700, 0, 0}};
      return e;
    case EntryKind::kVoidHold:
    case EntryKind::kHoldLapsed:
      e.method = kind == EntryKind::kVoidHold ? Method::kVoidHold : Method::kAdvanceMember;
      e.events = {
          HoldEnded{950, kind == EntryKind::kVoidHold ? HoldState::kVoided : HoldState::kLapsed,
                    points, 500},
          LotsDue{GoldenLot(900).expires_at}};
      post(AccountClass::kMemberHeld, "", points, -500);
      post(AccountClass::kMemberAvailable, "", points, 500);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kHeld, -500},
                     LotMove{GoldenLot(900), Bucket::kAvailable, 500}};
      e.outcome.balances = {Balance{points, 1'000, 0, 0}};
      return e;
    case EntryKind::kReverseRedemption:
      e.method = Method::kReverseRedemption;
      e.events = {RedemptionReversed{950, points, 120}};
      post(AccountClass::kRedemption, "payment", points, -120);
      post(AccountClass::kMemberAvailable, "", points, 120);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, 120}};
      e.outcome.balances = {Balance{points, 150, 0, 0}};
      return e;
    case EntryKind::kExpire:
      e.method = Method::kAdvanceMember;
      e.request = RequestId();
      e.principal = "";
      e.fingerprint = Hash{};
      e.recorded_at = At("2027-03-01T23:00:01Z");
      e.occurred_at = At("2027-03-01T23:00:00Z");
      e.effective_on = Date::Parse("2027-03-01").value();
      e.events = {LotExpired{GoldenLot(900), 30}, LotsDue{Timestamp::Never()}};
      post(AccountClass::kMemberAvailable, "", points, -30);
      post(AccountClass::kExpiration, "due", points, 30);
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -30}};
      e.outcome.balances = {Balance{points, 0, 0, 0}};
      return e;
    case EntryKind::kTierReview:
      e.method = Method::kAdvanceMember;
      e.request = RequestId();
      e.principal = "";
      e.fingerprint = Hash{};
      e.events = {TierDecided{TierCause::kRetained, "SILVER", "SILVER", At("2025-02-28T10:00:00Z"),
                              2, At("2027-02-28T23:00:00Z")}};
      e.outcome.tier =
          TierView{"SILVER", At("2025-02-28T10:00:00Z"), At("2027-02-28T23:00:00Z"), "GOLD", {}};
      return e;
    case EntryKind::kTierJudged:
      e.method = Method::kAdvanceMember;
      e.request = RequestId();
      e.principal = "";
      e.fingerprint = Hash{};
      e.events = {TierDecided{TierCause::kRetired, "GOLD", "SILVER", At("2026-06-01T00:00:00Z"), 1,
                              At("2027-06-01T23:00:00Z"), 2}};
      e.outcome.tier = TierView{
          "SILVER", At("2026-06-01T00:00:00Z"), At("2027-06-01T23:00:00Z"), "PLATINUM", {}};
      return e;
    case EntryKind::kMembersJudged:
      of_program(Method::kAdvanceProgram);
      e.request = RequestId();
      e.principal = "";
      e.fingerprint = Hash{};
      e.events = {MembersJudged{At("2026-06-01T00:00:00Z"), 90412, true}};
      return e;
    case EntryKind::kProgramCreated:
    case EntryKind::kRevisionCreated:
      e.member.reset();
      e.effective_on.reset();
      e.method =
          kind == EntryKind::kProgramCreated ? Method::kCreateProgram : Method::kCreateRevision;
      e.events = {RevisionCreated{kind == EntryKind::kProgramCreated ? 1u : 2u, *e.revision,
                                  R"({"id":"harbour"})"}};
      return e;
    case EntryKind::kRevisionActivated:
      e.member.reset();
      e.effective_on.reset();
      e.method = Method::kActivateRevision;
      e.events = {RevisionActivated{2, *e.revision}};
      return e;
    case EntryKind::kRevisionApproved:
      of_program(Method::kApproveRevision);
      e.principal = "fay";
      e.role = Role::kFinance;
      e.events = {RevisionApproved{2, *e.revision, true}};
      return e;
    case EntryKind::kWarningsAcknowledged:
      of_program(Method::kAcknowledgeWarnings);
      e.events = {WarningsAcknowledged{
          2, *e.revision, {"R-LIAB-641:promotions[0]", "R-TIER-603:tiers[2].qualify"}}};
      return e;
    case EntryKind::kMemberImported: {
      e.method = Method::kImportMember;
      e.principal = "fay";
      e.role = Role::kFinance;
      e.occurred_at = At("2024-11-03T09:00:00Z");
      const LotKey lot{*e.member, PointTypeId::Of("points"), At("2026-11-03T23:00:00Z"),
                       LotId{e.sequence, 1}};
      const LotKey status{*e.member, credit, Timestamp::Never(), LotId{e.sequence, 2}};
      e.events = {MemberEnrolled{Channel::kPos, PlaceId::Of("S12"), "MEMBER"},
                  IdentityLinked{IdentityKind::kCard, kGoldenIdentity},
                  PointsImported{.lot = lot.id,
                                 .type = lot.type,
                                 .type_index = 0,
                                 .amount = 120,
                                 .activates_at = At("2024-11-03T09:00:00Z"),
                                 .expires_at = lot.expires_at},
                  PointsImported{.lot = status.id,
                                 .type = credit,
                                 .type_index = 1,
                                 .amount = 2'000,
                                 .counts_on = *Date::FromCivil(2025, 6, 1),
                                 .activates_at = At("2025-06-01T10:00:00Z"),
                                 .expires_at = Timestamp::Never()},
                  HistoryCounted{*Date::FromCivil(2025, 6, 1), 200'000, 3},
                  TierDecided{TierCause::kImported, "MEMBER", "GOLD", At("2025-06-01T10:00:00Z"), 1,
                              At("2026-06-01T22:00:00Z")},
                  LotsDue{lot.expires_at}};
      e.postings = {{AccountClass::kIssuance, "import", lot.type, -120},
                    {AccountClass::kMemberAvailable, "", lot.type, 120},
                    {AccountClass::kIssuance, "import", credit, -2'000},
                    {AccountClass::kMemberAvailable, "", credit, 2'000}};
      e.lot_moves = {{lot, Bucket::kAvailable, 120}, {status, Bucket::kAvailable, 2'000}};
      e.outcome.balances = {{lot.type, 120, 0, 0}, {credit, 2'000, 0, 0}};
      e.outcome.tier =
          TierView{"GOLD", At("2025-06-01T10:00:00Z"), At("2026-06-01T22:00:00Z"), "", {}};
      return e;
    }
    case EntryKind::kMembersMerged:
      e.method = Method::kMergeMembers;
      e.principal = "ada";
      e.role = Role::kAgent;
      e.other = MemberId::Of(2);
      e.events = {MembersMerged{true, ReasonCode::Of("same_person")},
                  TierDecided{TierCause::kMerged, "SILVER", "GOLD", At("2026-01-01T12:00:00Z"), 1,
                              At("2026-12-31T23:00:00Z")},
                  LotsDue{At("2026-09-01T22:00:00Z")}};
      post(AccountClass::kMemberAvailable, "", points, -30);
      e.postings.push_back(Posting{AccountClass::kMemberAvailable, "", points, 30, e.other});
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -30}};
      e.outcome.balances = {Balance{points, 170, 0, 0}};
      e.outcome.tier =
          TierView{"GOLD", At("2026-01-01T12:00:00Z"), At("2026-12-31T23:00:00Z"), "PLATINUM", {}};
      return e;
    case EntryKind::kMembersUnmerged: {
      e.method = Method::kUnmergeMembers;
      e.principal = "ada";
      e.role = Role::kAgent;
      e.other = MemberId::Of(2);
      e.events = {MembersUnmerged{1'050, Timestamp::Never(), ReasonCode::Of("not_the_same")},
                  TierDecided{TierCause::kUnmerged, "GOLD", "SILVER", At("2026-01-01T12:00:00Z"), 1,
                              At("2026-12-31T23:00:00Z")}};
      post(AccountClass::kMemberAvailable, "", points, -50);
      e.postings.push_back(Posting{AccountClass::kMemberAvailable, "", points, 50, e.other});
      LotKey theirs = GoldenLot(800);
      theirs.member = *e.other;
      e.lot_moves = {LotMove{theirs, Bucket::kAvailable, 20}};
      e.outcome.balances = {Balance{points, 120, 0, 0}};
      e.outcome.other_balances = {Balance{points, 50, 0, 0}};
      e.outcome.tier =
          TierView{"SILVER", At("2026-01-01T12:00:00Z"), At("2026-12-31T23:00:00Z"), "GOLD", {}};
      return e;
    }
    case EntryKind::kReceiptKept: {
      e.member.reset();
      e.method = Method::kKeepReceipt;
      PurchaseLine shirt;
      shirt.line = 1;
      shirt.net = shirt.list = 6'000;
      shirt.quantity_micros = 1'000'000;
      shirt.sku = "SHIRT-1";
      e.events = {ReceiptKept{
          PurchaseAccrued{GoldenReceipt("000124"), Channel::kPos, 6'000, 0, {shirt}, {}}}};
      return e;
    }
    case EntryKind::kTransfer: {
      e.method = Method::kTransferPoints;
      e.other = MemberId::Of(2);
      LotKey theirs = GoldenLot(e.sequence);
      theirs.member = *e.other;
      e.events = {PointsTransferred{points, 105, 10, "birthday", GoldenLot(900).expires_at},
                  PiecePassed{GoldenLot(900), theirs.id, 95, 5, "base", At("2026-02-01T12:00:00Z"),
                              GoldenLot(900).expires_at},
                  CounterMoved{true, "given-away/points/month", "",
                               Date::FromCivil(2026, 3, 1).value(), 105}};
      post(AccountClass::kMemberAvailable, "", points, -105);
      post(AccountClass::kAdjustment, "transfer_fee", points, 10);
      e.postings.push_back(Posting{AccountClass::kMemberAvailable, "", points, 95, e.other});
      e.lot_moves = {LotMove{GoldenLot(900), Bucket::kAvailable, -105},
                     LotMove{theirs, Bucket::kAvailable, 90}};
      e.outcome.balances = {Balance{points, 20, 0, 0}};
      e.outcome.other_balances = {Balance{points, 90, 0, 0}};
      return e;
    }
    case EntryKind::kIdentityMoved:
      e.method = Method::kMoveIdentity;
      e.principal = "ada";
      e.role = Role::kAgent;
      e.other = MemberId::Of(2);
      e.events = {
          IdentityMoved{IdentityKind::kPhone, kGoldenIdentity, ReasonCode::Of("typed_wrong")}};
      return e;
    case EntryKind::kTierFloorSet:
      e.method = Method::kSetTierFloor;
      e.principal = "ada";
      e.role = Role::kAgent;
      e.events = {TierFloorSet{TierFloorKind::kManual, "GOLD", At("2027-03-01T23:00:00Z")}};
      e.outcome.tier =
          TierView{"GOLD", At("2026-03-01T12:00:00Z"), At("2027-03-01T23:00:00Z"), "PLATINUM", {}};
      return e;
    case EntryKind::kMemberAttributesSet:
      e.method = Method::kSetMemberAttributes;
      e.principal = "ada";
      e.role = Role::kAgent;
      e.events = {MemberAttributesSet{
          {{{"score", std::int64_t{80}}, At("2027-03-01T23:00:00Z")}, {{"vip", true}}}, {"size"}}};
      return e;
    case EntryKind::kRevisionScheduled:
      of_program(Method::kScheduleRevision);
      e.events = {RevisionScheduled{2, *e.revision, At("2026-06-01T00:00:00Z")}};
      return e;
    case EntryKind::kScheduleCancelled:
      of_program(Method::kCancelSchedule);
      e.events = {ScheduleCancelled{2, At("2026-06-01T00:00:00Z"), RevisionState::kSuperseded}};
      return e;
    case EntryKind::kRulePaused:
      of_program(Method::kPauseRule);
      e.events = {RulePaused{"double_beans"}};
      return e;
    case EntryKind::kRuleResumed:
      of_program(Method::kResumeRule);
      e.events = {RuleResumed{"double_beans", true}};
      return e;
    case EntryKind::kActivity: {
      e.method = Method::kAccrueActivity;
      const LotKey lot = GoldenLot(e.sequence);
      e.events = {ActivityAccrued{"review",
                                  "review-1",
                                  Channel::kWeb,
                                  PlaceId(),
                                  {{"stars", std::int64_t{5}}, {"text", std::string("good")}}},
                  EvidenceKept{.counters = {{0, "order-7", 0}}},
                  PointsAwarded{lot.id, points, 0, 20, 0, "review_bonus", "activity/review",
                                e.occurred_at, lot.expires_at},
                  CounterMoved{true, "review_bonus/fires/lifetime", "order-7",
                               Date::FromCivil(1, 1, 1).value(), 1},
                  MetricCounted{"reviews_12m", 1}};
      post(AccountClass::kIssuance, "activity/review", points, -20);
      post(AccountClass::kMemberAvailable, "", points, 20);
      e.lot_moves = {LotMove{lot, Bucket::kAvailable, 20}};
      return e;
    }
  }
  return e;
}

// The entry as people read it, each line behind "# ", then its bytes in hex.
std::string Golden(const Entry& entry) {
  std::string golden;
  std::istringstream lines(Text(entry));
  for (std::string line; std::getline(lines, line);) absl::StrAppend(&golden, "# ", line, "\n");
  const std::string hex = absl::BytesToHexString(EncodeEntry(entry));
  for (std::size_t at = 0; at < hex.size(); at += 64)
    absl::StrAppend(&golden, hex.substr(at, 64), "\n");
  return golden;
}

// The bytes of every kind are frozen: a new meaning is a new kind. LAUREL_UPDATE_GOLDEN=1 writes
// files for new kinds.
TEST(EntryCodec, BytesAreThoseOfTheGoldenFiles) {
  const char* source = std::getenv("LAUREL_SOURCE_DIR");
  ASSERT_NE(source, nullptr)
      << "run by ctest, or set LAUREL_SOURCE_DIR to the root of the source tree";
  for (int number = 1; number <= static_cast<int>(kEntryKindLast); ++number) {
    const EntryKind kind = static_cast<EntryKind>(number);
    if (ToString(kind).empty()) continue;  // a number that is free
    SCOPED_TRACE(ToString(kind));
    const std::string path =
        absl::StrCat(source, "/tests/engine/journal/golden/entry_", ToString(kind), ".golden");
    const Entry entry = GoldenEntry(kind);
    if (std::getenv("LAUREL_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << Golden(entry);
    std::ifstream file(path);
    std::string hex;
    std::ostringstream whole;
    for (std::string line; std::getline(file, line);) {
      whole << line << "\n";
      if (line[0] != '#') hex += line;
    }
    EXPECT_EQ(whole.str(), Golden(entry)) << path;
    const absl::StatusOr<Entry> decoded = DecodeEntry(absl::HexStringToBytes(hex));
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(Text(*decoded), Text(entry));
  }
}

TEST(EntryCodec, NamesEveryKind) {
  std::set<std::string> names;
  for (int number = 1; number <= static_cast<int>(kEntryKindLast); ++number) {
    const absl::string_view name = ToString(static_cast<EntryKind>(number));
    // Numbers below 40 are given one after the other, those of other work from there on.
    if (name.empty()) {
      EXPECT_GT(number, static_cast<int>(EntryKind::kAdjust));
    } else {
      EXPECT_TRUE(names.insert(std::string(name)).second) << name;
    }
  }
  EXPECT_FALSE(ToString(kEntryKindLast).empty());
}

}  // namespace
}  // namespace laurel
