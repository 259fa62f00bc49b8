#include "service/convert_entry.h"

#include <memory>
#include <set>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/store/key.h"
#include "engine/store/record.h"
#include "service/convert.h"
#include "service/names.h"
#include "service/status.h"

namespace laurel {
namespace {

// What an event adds to the entry's own fields. Events that an entry shows by its postings, its lot
// moves or its kind add nothing.
struct EventRenderer {
  const Entry& entry;
  const rules::Rulebook* rulebook;
  v1::Entry& out;

  void operator()(const PurchaseAccrued& e) const {
    out.set_purchase(PurchaseName(entry.program, e.receipt));
    RenderReceipt(e.receipt, *out.mutable_receipt());
    out.set_channel(ToApi(e.channel));
    if (rulebook == nullptr) return;
    out.mutable_total()->set_currency_code(std::string(rulebook->currency()));
    out.mutable_total()->set_minor_units(e.total);
  }
  void operator()(const ReturnUnmatched& e) const {
    out.set_purchase(PurchaseName(entry.program, e.original));
    RenderReceipt(e.receipt, *out.mutable_receipt());
  }
  void operator()(const PurchaseReturned& e) const {
    out.set_purchase(PurchaseName(entry.program, e.original));
    RenderReceipt(e.receipt, *out.mutable_receipt());
    out.set_undoes(EntryName(entry.program, entry.partition, e.original_sequence));
  }
  void operator()(const PointsAwarded& e) const {
    v1::Award& award = *out.add_awards();
    RenderAward(e, award);
    award.set_lot(LotName(entry.program, *entry.member, e.lot));
  }
  void operator()(const PointsRedeemed& e) const {
    out.set_reference(e.reference);
    if (e.purchase) out.set_purchase(PurchaseName(entry.program, *e.purchase));
  }
  void SetHold(std::uint64_t hold) const {
    out.set_hold(HoldName(entry.program, HoldKey{*entry.member, hold}));
  }
  void operator()(const HoldPlaced& e) const {
    SetHold(entry.sequence);
    out.set_reference(e.reference);
  }
  void operator()(const HoldCaptured& e) const { SetHold(e.hold); }
  void operator()(const HoldEnded& e) const { SetHold(e.hold); }
  template <class Decided>
  void SetAccrual(const Decided& e) const {
    out.set_accrual(EntryName(entry.program, entry.partition, e.accrual));
    if (e.receipt) out.set_purchase(PurchaseName(entry.program, *e.receipt));
    out.mutable_lines()->Add(e.lines.begin(), e.lines.end());
  }
  void operator()(const AccrualSettled& e) const { SetAccrual(e); }
  void operator()(const AccrualCancelled& e) const {
    SetAccrual(e);
    out.set_cancellation_reason(e.reason.str());
  }
  void operator()(const PointsAdjusted& e) const {
    out.set_reference(e.reference);
    out.set_adjustment_reason(e.reason.str());
  }
  void operator()(const LotsExtended& e) const {
    out.set_reference(e.reference);
    out.set_adjustment_reason(e.reason.str());
  }
  void operator()(const PointsReinstated& e) const {
    out.set_reference(e.reference);
    out.set_adjustment_reason(e.reason.str());
    out.set_undoes(EntryName(entry.program, entry.partition, e.expiry));
  }
  void operator()(const LotRenewed&) const {}
  void operator()(const RedemptionReversed& e) const {
    out.set_undoes(EntryName(entry.program, entry.partition, e.redemption));
  }
  void operator()(const MemberEnrolled& e) const { out.set_channel(ToApi(e.channel)); }
  void operator()(const RevisionCreated& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
  }
  void operator()(const RevisionActivated& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
    if (e.scheduled_from) RenderInstant(*e.scheduled_from, *out.mutable_effective_from());
  }
  void operator()(const RevisionApproved& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
  }
  void operator()(const WarningsAcknowledged& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
  }
  void operator()(const RevisionScheduled& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
    RenderInstant(e.from, *out.mutable_effective_from());
  }
  void operator()(const ScheduleCancelled& e) const {
    out.set_revision(RevisionName(entry.program, e.number));
    if (entry.kind == EntryKind::kScheduleCancelled) {
      RenderInstant(e.from, *out.mutable_effective_from());
    }
  }
  void operator()(const MembersJudged& e) const {
    RenderInstant(e.from, *out.mutable_effective_from());
  }
  void operator()(const RulePaused& e) const { out.set_rule(e.rule); }
  void operator()(const RuleResumed& e) const { out.set_rule(e.rule); }
  void operator()(const IdentityMoved& e) const { out.set_membership_reason(e.reason.str()); }
  void operator()(const MembersMerged& e) const { out.set_membership_reason(e.reason.str()); }
  void operator()(const MembersUnmerged& e) const {
    out.set_membership_reason(e.reason.str());
    out.set_undoes(EntryName(entry.program, entry.partition, e.merge));
  }
  void operator()(const PointsRestored&) const {}
  void operator()(const PointsTransferred& e) const { out.set_reference(e.reference); }
  void operator()(const PiecePassed&) const {}
  void operator()(const ReceiptKept& e) const { (*this)(e.sale); }
  void operator()(const ReceiptClaimed&) const {}
  void operator()(const EnrolledForPurchase&) const {}
  void operator()(const AdjustmentAsked& e) const {
    out.set_approval(ApprovalName(entry.program, entry.partition, entry.sequence));
    out.set_reference(e.reference);
    out.set_adjustment_reason(e.reason.str());
  }
  template <class Decided>
  void SetApproval(const Decided& e) const {
    out.set_approval(ApprovalName(entry.program, entry.partition, e.asked));
    out.set_asked_by(e.asked_by);
  }
  void operator()(const AskedApproved& e) const { SetApproval(e); }
  void operator()(const AskedDeclined& e) const { SetApproval(e); }
  void operator()(const IdentityLinked&) const {}
  void operator()(const MemberAttributesSet&) const {}
  void operator()(const IdleEndMoved&) const {}
  void operator()(const IdentityUnlinked&) const {}
  void operator()(const MemberStateChanged&) const {}
  void operator()(const PointsTakenBack&) const {}
  void operator()(const PointsImported&) const {}
  void operator()(const HistoryCounted&) const {}
  void operator()(const RowRefused&) const {}
  void operator()(const LotExpired&) const {}
  void operator()(const LotActivated&) const {}
  void operator()(const PointsSettled&) const {}
  void operator()(const TierDecided&) const {}
  void operator()(const TierFloorSet&) const {}
  void operator()(const LotsDue&) const {}
  void operator()(const ReviewPostponed&) const {}
  void operator()(const ActivityAccrued& e) const { out.set_channel(ToApi(e.channel)); }
  void operator()(const EvidenceKept&) const {}
  void operator()(const CounterMoved&) const {}
  void operator()(const MetricCounted&) const {}
};

void RenderTierDecided(const Entry& entry, const TierDecided& verdict,
                       const rules::Rulebook& rulebook, v1::TierChange& out) {
  out.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  out.set_from_tier(verdict.from);
  out.set_to_tier(verdict.to);
  out.set_cause(ToApi(verdict.cause));
  // A term that was confirmed goes on where the one before ended.
  const bool is_move = verdict.from != verdict.to && verdict.cause != TierCause::kRetained;
  RenderInstant(is_move ? verdict.since : entry.occurred_at, *out.mutable_occurred_at());
  RenderInstant(entry.recorded_at, *out.mutable_recorded_at());
  if (verdict.revision != 0) out.set_revision(RevisionName(entry.program, verdict.revision));
  if (!verdict.review_at.is_never()) {
    RenderDate(rulebook.LocalDate(verdict.review_at).PlusDays(-1), *out.mutable_last_valid_on());
  }
  if (!verdict.worn_until.is_never()) {
    RenderDate(rulebook.LocalDate(verdict.worn_until).PlusDays(-1), *out.mutable_worn_through_on());
  }
}

}  // namespace

absl::Status RenderTierChange(const Entry& entry, Revisions& revisions, v1::TierChange& out) {
  const auto* verdict = entry.FindEvent<TierDecided>();
  const std::shared_ptr<const rules::Rulebook> rulebook =
      entry.revision ? revisions.Find(entry.program, *entry.revision) : nullptr;
  if (verdict == nullptr || rulebook == nullptr) {
    return absl::DataLossError("entry of a tier change: must have a verdict and a revision");
  }
  RenderTierDecided(entry, *verdict, *rulebook, out);
  return absl::OkStatus();
}

absl::Status RenderEntry(const Entry& entry, const Hash& leaf, ReadView& view, Revisions& revisions,
                         v1::Entry& out) {
  out.set_name(EntryName(entry.program, entry.partition, entry.sequence));
  out.set_sequence(entry.sequence);
  out.set_partition(entry.partition);
  out.set_kind(ToApi(entry.kind));
  RenderInstant(entry.occurred_at, *out.mutable_occurred_at());
  RenderInstant(entry.recorded_at, *out.mutable_recorded_at());
  out.set_request_id(entry.request.str());
  const absl::string_view method = ToString(entry.method);
  out.set_method(method.data(), method.size());
  out.set_principal(entry.principal);
  out.set_role(ToApi(entry.role));
  if (entry.effective_on) RenderDate(*entry.effective_on, *out.mutable_effective_on());
  if (entry.member) out.set_member(MemberName(entry.program, *entry.member));
  if (entry.other) out.set_other_member(MemberName(entry.program, *entry.other));
  out.set_leaf_hash(leaf.data(), leaf.size());

  std::shared_ptr<const rules::Rulebook> rulebook;
  if (entry.revision) {
    out.set_revision_digest(entry.revision->data(), entry.revision->size());
    rulebook = revisions.Find(entry.program, *entry.revision);
    const std::optional<std::uint32_t> number =
        Revisions::NumberOf(view.state(), entry.program, *entry.revision, entry.recorded_at);
    if (number) out.set_revision(RevisionName(entry.program, *number));
  }
  for (const Event& event : entry.events) {
    std::visit(EventRenderer{entry, rulebook.get(), out}, event);
  }
  for (const Posting& posting : entry.postings) {
    v1::Posting& message = *out.add_postings();
    message.set_account(AccountName(posting.account, posting.detail));
    if (entry.member && IsMemberAccount(posting.account)) {
      message.set_member(posting.member ? out.other_member() : out.member());
    }
    message.set_point_type(posting.type.str());
    // A credit arrives in the account.
    if (posting.amount < 0) {
      message.set_debit(-posting.amount);
    } else {
      message.set_credit(posting.amount);
    }
  }
  for (const LotMove& move : entry.lot_moves) {
    RenderLotMove(entry.program, move, *out.add_lot_moves());
  }
  if (const auto* verdict = entry.FindEvent<TierDecided>(); verdict != nullptr && rulebook) {
    RenderTierDecided(entry, *verdict, *rulebook, *out.mutable_tier_change());
  }
  if (entry.outcome.rejected) {
    v1::Refusal& refusal = *out.mutable_refusal();
    refusal.set_reason(ToReason(entry.outcome.rejected->reason));
    for (auto& [key, value] : FactsOf(*entry.outcome.rejected, entry.program)) {
      (*refusal.mutable_metadata())[key] = value;
    }
  }
  return view.status();
}

absl::StatusOr<std::vector<std::uint64_t>> MemberEntries(
    const ReadView& view, MemberId member, std::uint64_t first, std::uint64_t last,
    absl::FunctionRef<bool(EntryKind)> is_wanted) {
  std::vector<std::uint64_t> sequences;
  absl::Status damage;
  RETURN_IF_ERROR(view.snapshot().Scan(
      Space::kMembers, EncodeKey(view.partition(), MemberEntryKey{member, first}),
      EncodeKey(view.partition(), MemberEntryKey{member, last + 1}), ScanOptions{},
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<std::uint64_t> sequence = DecodeTrailingSequence(key);
        EntryKindMark mark;
        if (!sequence.ok() || !DecodeRecord(value, mark)) {
          damage = absl::DataLossError("member entries: must be index rows, was damaged");
          return false;
        }
        if (is_wanted(mark.kind)) sequences.push_back(*sequence);
        return true;
      }));
  RETURN_IF_ERROR(damage);
  return sequences;
}

absl::StatusOr<std::vector<std::uint64_t>> GroupEntries(
    ReadView& view, const std::vector<MemberId>& members, std::uint64_t first, std::uint64_t last,
    absl::FunctionRef<bool(EntryKind)> is_wanted) {
  std::set<MemberId> group;
  for (const MemberId member : members) {
    group.insert(member);
    const std::vector<MemberId> joined = view.state().GroupOf(view.state().RootOf(member));
    group.insert(joined.begin(), joined.end());
  }
  std::set<std::uint64_t> sequences;
  for (const MemberId member : group) {
    ASSIGN_OR_RETURN(const std::vector<std::uint64_t> own,
                     MemberEntries(view, member, first, last, is_wanted));
    sequences.insert(own.begin(), own.end());
  }
  return std::vector<std::uint64_t>(sequences.begin(), sequences.end());
}

}  // namespace laurel
