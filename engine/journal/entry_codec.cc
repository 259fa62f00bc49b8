#include "engine/journal/entry_codec.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/journal/entry_scratch.h"
#include "engine/journal/tiles.h"
#include "laurel/storage/v1/storage.pb.h"

namespace laurel {
namespace {

namespace pb = ::laurel::storage::v1;

constexpr std::uint32_t kFormat = 1;

// Never sorts last in memory and is zero on disk, where it is by far the commonest value.
std::int64_t EncodeInstant(Timestamp t) { return t.is_never() ? 0 : t.micros(); }
Timestamp DecodeInstant(std::int64_t micros) {
  return micros == 0 ? Timestamp::Never() : Timestamp::FromMicros(micros);
}

void SetBytes(std::string* target, absl::string_view bytes) {
  target->assign(bytes.data(), bytes.size());
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("entry: ", what));
}

// ---- encode
// --------------------------------------------------------------------------------------------------

void Encode(const ReceiptKey& receipt, pb::Receipt* out) {
  out->set_store(receipt.store.str());
  out->set_terminal(receipt.terminal.str());
  out->set_business_day(receipt.business_on.days());
  out->set_number(receipt.number.str());
}

void Encode(const LotKey& lot, const Entry& entry, pb::LotRef* out) {
  out->set_type(lot.type.str());
  out->set_expires_at(EncodeInstant(lot.expires_at));
  if (lot.id.sequence != entry.sequence) out->set_sequence(lot.id.sequence);
  out->set_number(lot.id.number);
  if (lot.member != entry.member) out->set_member(lot.member.raw());
}

void Encode(const PurchaseLine& line, pb::Line* out) {
  out->set_line(static_cast<std::uint32_t>(line.line));
  out->set_kind(static_cast<std::uint32_t>(line.kind));
  out->set_net(line.net);
  out->set_quantity_micros(line.quantity_micros);
  out->set_sku(line.sku);
  for (const std::string& category : line.categories) out->add_categories(category);
  out->set_brand(line.brand);
  for (const std::string& tag : line.tags) out->add_tags(tag);
  out->set_list_over_net(line.list - line.net);
  out->set_tax(line.tax);
  if (!line.original) return;
  Encode(line.original->receipt, out->mutable_original());
  out->set_original_line(static_cast<std::uint32_t>(line.original->line));
}

template <class Message>
void EncodeRow(const TerminalRow& row, Message* out) {
  out->set_row(row.number);
  out->set_is_offline(row.is_offline);
}
template <class Message>
TerminalRow DecodeRow(const Message& p) {
  return TerminalRow{p.row(), p.is_offline()};
}

void Encode(const AttributeValue& attribute, pb::AttributeValue* out) {
  out->set_id(attribute.id);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) out->set_number(*number);
  if (const auto* flag = std::get_if<bool>(&attribute.value)) out->set_flag(*flag);
  if (const auto* text = std::get_if<std::string>(&attribute.value)) out->set_text(*text);
  if (const auto* at = std::get_if<Timestamp>(&attribute.value)) out->set_instant(at->micros());
}

// A purchase without line detail is one SALE line of the total.
PurchaseLine PlainLine(std::int64_t total) {
  PurchaseLine line;
  line.line = 1;
  line.net = total;
  line.quantity_micros = 1'000'000;
  line.list = total;
  return line;
}

struct EventEncoder {
  const Entry& entry;
  pb::Event* out;

  void operator()(const MemberEnrolled& e) const {
    pb::MemberEnrolled* p = out->mutable_member_enrolled();
    p->set_channel(static_cast<std::uint32_t>(e.channel));
    p->set_store(e.store.str());
    p->set_tier(e.tier);
  }
  void EncodeIdentity(IdentityKind kind, const IdentityHash& hash, pb::IdentityChange* p) const {
    p->set_kind(static_cast<std::uint32_t>(kind));
    p->set_hash(hash.data(), hash.size());
  }
  void operator()(const IdentityLinked& e) const {
    EncodeIdentity(e.kind, e.hash, out->mutable_identity_linked());
  }
  void operator()(const IdentityUnlinked& e) const {
    EncodeIdentity(e.kind, e.hash, out->mutable_identity_unlinked());
  }
  void operator()(const IdentityMoved& e) const {
    pb::IdentityMoved* p = out->mutable_identity_moved();
    p->set_kind(static_cast<std::uint32_t>(e.kind));
    p->set_hash(e.hash.data(), e.hash.size());
    p->set_reason(e.reason.str());
  }
  void operator()(const MembersMerged& e) const {
    out->mutable_members_merged()->set_takes_tier(e.takes_tier);
    out->mutable_members_merged()->set_reason(e.reason.str());
  }
  void operator()(const MembersUnmerged& e) const {
    pb::MembersUnmerged* p = out->mutable_members_unmerged();
    p->set_merge(e.merge);
    p->set_lots_due_at(EncodeInstant(e.lots_due_at));
    p->set_reason(e.reason.str());
  }
  void operator()(const PointsTransferred& e) const {
    pb::PointsTransferred* p = out->mutable_points_transferred();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_fee(e.fee);
    p->set_reference(e.reference);
    p->set_lots_due_at(EncodeInstant(e.lots_due_at));
  }
  // A lot that an event opens, but for its type and who owns it.
  template <class Given, class Message>
  void EncodeOpened(const Given& e, Message* p) const {
    LAUREL_CHECK(e.lot.sequence == entry.sequence, "an event opens lots of its own entry");
    p->set_lot(e.lot.number);
    p->set_amount(e.amount);
    p->set_covered_arrears(e.covered_arrears);
    p->set_activates_delta(e.activates_at.micros() - entry.occurred_at.micros());
    p->set_expires_at(EncodeInstant(e.expires_at));
    if constexpr (requires { p->idle_ends_at(); }) {
      p->set_idle_ends_at(EncodeInstant(e.idle_ends_at));
    }
  }
  void operator()(const PiecePassed& e) const {
    pb::PiecePassed* p = out->mutable_piece_passed();
    Encode(e.from, entry, p->mutable_from());
    p->set_funding(e.funding);
    EncodeOpened(e, p);
  }
  void operator()(const PointsRestored& e) const {
    pb::PointsRestored* p = out->mutable_points_restored();
    Encode(e.from, entry, p->mutable_from());
    EncodeOpened(e, p);
  }
  void operator()(const MemberStateChanged& e) const {
    pb::MemberStateChanged* p = out->mutable_member_state_changed();
    p->set_from(static_cast<std::uint32_t>(e.from));
    p->set_to(static_cast<std::uint32_t>(e.to));
  }
  void operator()(const PurchaseAccrued& e) const {
    EncodePurchase(e, out->mutable_purchase_accrued());
  }
  void operator()(const ReceiptKept& e) const {
    EncodePurchase(e.sale, out->mutable_receipt_kept());
  }
  void operator()(const ReceiptClaimed& e) const { out->set_receipt_claimed(e.kept); }
  void operator()(const EnrolledForPurchase& e) const {
    out->set_enrolled_for_purchase(e.enrolment);
  }
  static void EncodePurchase(const PurchaseAccrued& e, pb::PurchaseAccrued* p) {
    Encode(e.receipt, p->mutable_receipt());
    p->set_channel(static_cast<std::uint32_t>(e.channel));
    p->set_total(e.total);
    p->set_eligible_net(e.eligible_net);
    for (const Tender& tender : e.tenders) {
      pb::Tender* t = p->add_tenders();
      t->set_kind(tender.kind);
      t->set_amount(tender.amount);
    }
    EncodeRow(e.row, p);
    p->set_corrects(e.corrects);
    p->set_offered(e.offered);
    p->set_bound(static_cast<std::uint32_t>(e.bound));
    p->set_awaited(e.awaited);
    if (e.lines.size() == 1 && e.lines[0] == PlainLine(e.total)) return;
    for (const PurchaseLine& line : e.lines) Encode(line, p->add_lines());
  }
  void operator()(const PointsAwarded& e) const {
    pb::PointsAwarded* p = out->mutable_points_awarded();
    LAUREL_CHECK(e.lot.sequence == entry.sequence, "an award opens a lot of its own entry");
    p->set_lot(e.lot.number);
    p->set_type(e.type.str());
    p->set_type_index(e.type_index);
    p->set_amount(e.amount);
    p->set_covered_arrears(e.covered_arrears);
    p->set_rule(e.rule);
    p->set_funding(e.funding);
    p->set_awaits(static_cast<std::uint32_t>(e.awaits));
    if (e.awaits == Awaiting::kNothing) {
      p->set_activates_delta(e.activates_at.micros() - entry.occurred_at.micros());
    }
    p->set_expires_at(EncodeInstant(e.expires_at));
    p->set_idle_ends_at(EncodeInstant(e.idle_ends_at));
  }
  void operator()(const IdleEndMoved& e) const {
    pb::IdleEndMoved* p = out->mutable_idle_end_moved();
    p->set_type(e.type.str());
    p->set_has_acted(e.acted_on.has_value());
    p->set_acted_day(e.acted_on.value_or(Date()).days());
    p->set_ends_at(e.ends_at.micros());
  }
  void operator()(const LotActivated& e) const {
    pb::LotActivated* p = out->mutable_lot_activated();
    Encode(e.lot, entry, p->mutable_lot());
    p->set_amount(e.amount);
    p->set_covered_arrears(e.covered_arrears);
  }
  template <class Message>
  void EncodeAccrual(std::uint64_t accrual, const std::optional<ReceiptKey>& receipt,
                     const std::vector<std::int32_t>& lines, Message* p) const {
    p->set_accrual(accrual);
    if (receipt) Encode(*receipt, p->mutable_receipt());
    for (const std::int32_t line : lines) p->add_lines(static_cast<std::uint32_t>(line));
  }
  void operator()(const AccrualSettled& e) const {
    EncodeAccrual(e.accrual, e.receipt, e.lines, out->mutable_accrual_settled());
  }
  void operator()(const PointsSettled& e) const {
    pb::PointsSettled* p = out->mutable_points_settled();
    Encode(e.from, entry, p->mutable_from());
    EncodeOpened(e, p);
  }
  void operator()(const AccrualCancelled& e) const {
    pb::AccrualCancelled* p = out->mutable_accrual_cancelled();
    EncodeAccrual(e.accrual, e.receipt, e.lines, p);
    p->set_accrued_day(e.accrued_on.days());
    p->set_reason(e.reason.str());
  }
  void operator()(const HoldPlaced& e) const {
    pb::HoldPlaced* p = out->mutable_hold_placed();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_lasts(e.lapses_at.micros() - entry.recorded_at.micros());
    p->set_reference(e.reference);
  }
  void operator()(const HoldCaptured& e) const {
    pb::HoldCaptured* p = out->mutable_hold_captured();
    p->set_hold(e.hold);
    p->set_amount(e.amount);
    p->set_total(e.total);
  }
  void operator()(const HoldEnded& e) const {
    pb::HoldEnded* p = out->mutable_hold_ended();
    p->set_hold(e.hold);
    p->set_state(static_cast<std::uint32_t>(e.state));
    p->set_type(e.type.str());
    p->set_freed(e.freed);
  }
  void operator()(const PurchaseReturned& e) const {
    pb::PurchaseReturned* p = out->mutable_purchase_returned();
    Encode(e.receipt, p->mutable_receipt());
    Encode(e.original, p->mutable_original());
    p->set_original_sequence(e.original_sequence);
    p->set_original_day(e.original_on.days());
    p->set_eligible_net(e.eligible_net);
    p->set_is_whole(e.is_whole);
    for (const ReturnedLine& line : e.lines) {
      pb::ReturnedLine* l = p->add_lines();
      l->set_line(static_cast<std::uint32_t>(line.line));
      l->set_quantity_micros(line.quantity_micros);
      l->set_net(line.net);
    }
    EncodeRow(e.row, p);
    p->set_kept(e.kept);
  }
  void operator()(const ReturnUnmatched& e) const {
    pb::ReturnUnmatched* p = out->mutable_return_unmatched();
    Encode(e.receipt, p->mutable_receipt());
    Encode(e.original, p->mutable_original());
    for (const ReturnLine& line : e.lines) {
      pb::AskedLine* l = p->add_lines();
      l->set_line(static_cast<std::uint32_t>(line.line));
      l->set_quantity_micros(line.quantity_micros);
      l->set_has_refund(line.refund.has_value());
      l->set_refund(line.refund.value_or(0));
    }
    EncodeRow(e.row, p);
  }
  void operator()(const RowRefused& e) const {
    pb::RowRefused* p = out->mutable_row_refused();
    p->set_store(e.store.str());
    p->set_terminal(e.terminal.str());
    p->set_number(e.number);
    p->set_has_told_at(e.told_at.has_value());
    if (e.told_at) p->set_told_at(e.told_at->micros());
  }
  void operator()(const PointsTakenBack& e) const {
    pb::PointsTakenBack* p = out->mutable_points_taken_back();
    p->set_lot_sequence(e.lot.sequence);
    p->set_lot_number(e.lot.number);
    p->set_type(e.type.str());
    p->set_type_index(e.type_index);
    p->set_amount(e.amount);
    p->set_arrears(e.arrears);
    p->set_shortfall(e.shortfall);
    p->set_gone(e.gone);
    p->set_rule(e.rule);
  }
  void operator()(const PointsRedeemed& e) const {
    pb::PointsRedeemed* p = out->mutable_points_redeemed();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_reference(e.reference);
    if (e.purchase) Encode(*e.purchase, p->mutable_purchase());
    p->set_first_move(e.first_move);
  }
  void operator()(const PointsAdjusted& e) const {
    pb::PointsAdjusted* p = out->mutable_points_adjusted();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_reason(e.reason.str());
    p->set_reference(e.reference);
    if (e.amount >= 0) EncodeOpened(e, p);
  }
  void operator()(const AdjustmentAsked& e) const {
    pb::AdjustmentAsked* p = out->mutable_adjustment_asked();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_reason(e.reason.str());
    p->set_reference(e.reference);
    p->set_expires_at(e.expires_at.micros());
  }
  template <class Decided>
  static void EncodeDecided(const Decided& e, pb::AskedDecided* p) {
    p->set_asked(e.asked);
    p->set_asked_by(e.asked_by);
  }
  void operator()(const AskedApproved& e) const { EncodeDecided(e, out->mutable_asked_approved()); }
  void operator()(const AskedDeclined& e) const { EncodeDecided(e, out->mutable_asked_declined()); }
  void operator()(const LotsExtended& e) const {
    pb::LotsExtended* p = out->mutable_lots_extended();
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_expires_at(EncodeInstant(e.expires_at));
    p->set_reason(e.reason.str());
    p->set_reference(e.reference);
  }
  void operator()(const PointsReinstated& e) const {
    pb::PointsReinstated* p = out->mutable_points_reinstated();
    p->set_expiry(e.expiry);
    p->set_type(e.type.str());
    p->set_amount(e.amount);
    p->set_reason(e.reason.str());
    p->set_reference(e.reference);
  }
  void operator()(const LotRenewed& e) const {
    pb::LotRenewed* p = out->mutable_lot_renewed();
    Encode(e.from, entry, p->mutable_from());
    EncodeOpened(e, p);
    if (!e.award) return;
    Encode(e.award->receipt, p->mutable_receipt());
    p->set_award_sequence(e.award->lot.sequence);
    p->set_award_number(e.award->lot.number);
  }
  void operator()(const PointsImported& e) const {
    pb::PointsImported* p = out->mutable_points_imported();
    LAUREL_CHECK(e.lot.sequence == entry.sequence, "an import opens lots of its own entry");
    p->set_lot(e.lot.number);
    p->set_type(e.type.str());
    p->set_type_index(e.type_index);
    p->set_amount(e.amount);
    if (e.counts_on) p->set_counts_on(e.counts_on->days());
    p->set_activates_at(e.activates_at.micros());
    p->set_expires_at(EncodeInstant(e.expires_at));
    p->set_idle_ends_at(EncodeInstant(e.idle_ends_at));
  }
  void operator()(const HistoryCounted& e) const {
    pb::HistoryCounted* p = out->mutable_history_counted();
    p->set_day(e.on.days());
    p->set_spend(e.spend);
    p->set_purchases(e.purchases);
  }
  void operator()(const RedemptionReversed& e) const {
    pb::RedemptionReversed* p = out->mutable_redemption_reversed();
    p->set_redemption(e.redemption);
    p->set_type(e.type.str());
    p->set_amount(e.amount);
  }
  void operator()(const LotExpired& e) const {
    pb::LotExpired* p = out->mutable_lot_expired();
    Encode(e.lot, entry, p->mutable_lot());
    p->set_amount(e.amount);
  }
  void operator()(const TierDecided& e) const {
    pb::TierDecided* p = out->mutable_tier_decided();
    p->set_cause(static_cast<std::uint32_t>(e.cause));
    p->set_from(e.from);
    p->set_to(e.to);
    p->set_since(e.since.micros());
    p->set_term(e.term);
    p->set_review_at(EncodeInstant(e.review_at));
    p->set_revision(e.revision);
    p->set_worn_until(EncodeInstant(e.worn_until));
  }
  void operator()(const LotsDue& e) const { out->set_lots_due_at(EncodeInstant(e.due_at)); }
  void operator()(const ReviewPostponed& e) const {
    out->set_review_not_before(e.not_before.micros());
  }
  void operator()(const ActivityAccrued& e) const {
    pb::ActivityAccrued* p = out->mutable_activity_accrued();
    p->set_type(e.type);
    p->set_reference(e.reference);
    p->set_channel(static_cast<std::uint32_t>(e.channel));
    p->set_store(e.store.str());
    for (const AttributeValue& attribute : e.attributes) Encode(attribute, p->add_attributes());
  }
  void operator()(const MemberAttributesSet& e) const {
    pb::MemberAttributesSet* p = out->mutable_member_attributes_set();
    for (const MemberAttribute& one : e.set) {
      pb::MemberAttribute* a = p->add_set();
      Encode(one.attribute, a->mutable_attribute());
      a->set_ends_at(EncodeInstant(one.ends_at));
    }
    for (const std::string& id : e.cleared) p->add_cleared(id);
  }
  void operator()(const EvidenceKept& e) const {
    pb::EvidenceKept* p = out->mutable_evidence_kept();
    p->set_state(static_cast<std::uint32_t>(e.state));
    p->set_tier(e.tier);
    p->set_tier_since(e.tier_since.micros());
    p->set_earned(e.earned);
    p->set_earned_since(e.earned_since.micros());
    p->set_enrolled_at(e.enrolled_at.micros());
    for (std::size_t i = 0; i < e.metrics.size(); ++i) {
      p->add_metrics(e.metrics[i].value_or(0));
      if (!e.metrics[i]) p->add_absent_metrics(static_cast<std::uint32_t>(i));
    }
    p->mutable_available()->Add(e.available.begin(), e.available.end());
    p->mutable_pending()->Add(e.pending.begin(), e.pending.end());
    for (const EvidenceKept::CounterRead& read : e.counters) {
      pb::CounterRead* c = p->add_counters();
      c->set_counter(read.counter);
      c->set_by(read.by);
      c->set_used(read.used);
    }
    for (const EvidenceKept::CarryRead& read : e.carries) {
      pb::CarryRead* c = p->add_carries();
      c->set_rule(read.rule);
      c->set_micros(read.micros);
    }
    p->mutable_paused_rules()->Add(e.paused_rules.begin(), e.paused_rules.end());
    for (const EvidenceKept::MetricRead& read : e.metrics_after) {
      pb::MetricRead* m = p->add_metrics_after();
      m->set_metric(read.metric);
      m->set_value(read.value);
    }
    for (const AttributeValue& attribute : e.attributes) Encode(attribute, p->add_attributes());
  }
  void operator()(const CounterMoved& e) const {
    pb::CounterMoved* p = out->mutable_counter_moved();
    p->set_is_of_program(!e.is_of_member);
    p->set_name(e.name);
    p->set_by(e.by);
    p->set_start_day(e.start.days());
    p->set_delta(e.delta);
  }
  void operator()(const MetricCounted& e) const {
    pb::MetricCounted* p = out->mutable_metric_counted();
    p->set_metric(e.metric);
    p->set_delta(e.delta);
    p->set_counting(static_cast<std::uint32_t>(e.counting));
    p->set_value(e.value);
  }
  void operator()(const RevisionCreated& e) const {
    pb::RevisionCreated* p = out->mutable_revision_created();
    p->set_number(e.number);
    SetBytes(p->mutable_digest(), AsBytes(e.digest));
    p->set_canonical(e.canonical);
  }
  void operator()(const RevisionActivated& e) const {
    pb::RevisionActivated* p = out->mutable_revision_activated();
    p->set_number(e.number);
    SetBytes(p->mutable_digest(), AsBytes(e.digest));
    if (e.scheduled_from) p->set_scheduled_from(e.scheduled_from->micros());
    p->set_judges_members(e.judges_members);
  }
  void operator()(const MembersJudged& e) const {
    pb::MembersJudged* p = out->mutable_members_judged();
    p->set_from(e.from.micros());
    p->set_through(e.through);
    p->set_is_finished(e.is_finished);
  }
  void operator()(const RevisionApproved& e) const {
    pb::RevisionApproved* p = out->mutable_revision_approved();
    p->set_number(e.number);
    SetBytes(p->mutable_digest(), AsBytes(e.digest));
    p->set_is_final(e.is_final);
    p->set_simulation(e.simulation);
  }
  void operator()(const WarningsAcknowledged& e) const {
    pb::WarningsAcknowledged* p = out->mutable_warnings_acknowledged();
    p->set_number(e.number);
    SetBytes(p->mutable_digest(), AsBytes(e.digest));
    for (const std::string& warning : e.warnings) p->add_warnings(warning);
  }
  void operator()(const TierFloorSet& e) const {
    pb::TierFloorSet* p = out->mutable_tier_floor_set();
    p->set_kind(static_cast<std::uint32_t>(e.kind));
    p->set_tier(e.tier);
    p->set_until(EncodeInstant(e.until));
  }
  void operator()(const RevisionScheduled& e) const {
    pb::RevisionScheduled* p = out->mutable_revision_scheduled();
    p->set_number(e.number);
    SetBytes(p->mutable_digest(), AsBytes(e.digest));
    p->set_from(e.from.micros());
  }
  void operator()(const ScheduleCancelled& e) const {
    pb::ScheduleCancelled* p = out->mutable_schedule_cancelled();
    p->set_number(e.number);
    p->set_from(e.from.micros());
    p->set_to(static_cast<std::uint32_t>(e.to));
  }
  void operator()(const RulePaused& e) const { out->mutable_rule_paused()->set_rule(e.rule); }
  void operator()(const RuleResumed& e) const {
    out->mutable_rule_resumed()->set_rule(e.rule);
    out->mutable_rule_resumed()->set_is_final(e.is_final);
  }
};

void Encode(const Outcome& outcome, pb::Outcome* out) {
  if (outcome.rejected) {
    out->set_rejection(static_cast<std::uint32_t>(outcome.rejected->reason));
    for (const auto& [key, value] : outcome.rejected->metadata) {
      pb::Fact* fact = out->add_metadata();
      fact->set_key(key);
      fact->set_value(value);
    }
  }
  for (const Balance& balance : outcome.balances) {
    pb::Balance* b = out->add_balances();
    b->set_type(balance.type.str());
    b->set_available(balance.available);
    b->set_pending(balance.pending);
    b->set_held(balance.held);
  }
  for (const Balance& balance : outcome.other_balances) {
    pb::Balance* b = out->add_other_balances();
    b->set_type(balance.type.str());
    b->set_available(balance.available);
    b->set_pending(balance.pending);
    b->set_held(balance.held);
  }
  if (!outcome.tier) return;
  pb::TierView* tier = out->mutable_tier();
  tier->set_tier(outcome.tier->tier);
  tier->set_since(outcome.tier->since.micros());
  tier->set_review_at(EncodeInstant(outcome.tier->review_at));
  tier->set_next(outcome.tier->next);
  for (const ProgressLine& line : outcome.tier->progress) {
    pb::Progress* progress = tier->add_progress();
    progress->set_metric(line.metric);
    progress->set_have(line.have);
    progress->set_need(line.need);
  }
}

// ---- decode
// --------------------------------------------------------------------------------------------------

template <class TextId>
absl::StatusOr<TextId> DecodeText(const std::string& text, absl::string_view field) {
  if (!TextId::IsValid(text)) return Damaged(absl::StrCat(field, " is not well formed"));
  return TextId::Of(text);
}
template <class TextId>
absl::StatusOr<TextId> DecodeOptionalText(const std::string& text, absl::string_view field) {
  if (text.empty()) return TextId();
  return DecodeText<TextId>(text, field);
}

template <class Enum>
absl::StatusOr<Enum> DecodeEnum(std::uint32_t number, std::uint32_t first, std::uint32_t last,
                                absl::string_view field) {
  if (number < first || number > last)
    return Damaged(absl::StrCat(field, " has the unknown number ", number));
  return static_cast<Enum>(number);
}

// Of an enum whose numbers have gaps.
template <class Enum>
absl::StatusOr<Enum> DecodeNamed(std::uint32_t number, Enum last, absl::string_view field) {
  ASSIGN_OR_RETURN(const Enum value,
                   DecodeEnum<Enum>(number, 1, static_cast<std::uint32_t>(last), field));
  if (ToString(value).empty())
    return Damaged(absl::StrCat(field, " has the unknown number ", number));
  return value;
}

absl::StatusOr<Hash> DecodeHash(const std::string& bytes, absl::string_view field) {
  const std::optional<Hash> hash = HashFromBytes(bytes);
  if (!hash) return Damaged(absl::StrCat(field, " has ", bytes.size(), " bytes instead of 32"));
  return *hash;
}

absl::StatusOr<ReceiptKey> DecodeReceipt(const pb::Receipt& p) {
  ReceiptKey receipt;
  ASSIGN_OR_RETURN(receipt.store, DecodeText<PlaceId>(p.store(), "receipt.store"));
  ASSIGN_OR_RETURN(receipt.terminal, DecodeText<PlaceId>(p.terminal(), "receipt.terminal"));
  receipt.business_on = Date::FromDays(p.business_day());
  ASSIGN_OR_RETURN(receipt.number, DecodeText<PlaceId>(p.number(), "receipt.number"));
  return receipt;
}

absl::StatusOr<LotKey> DecodeLot(const pb::LotRef& p, const Entry& entry) {
  if (!entry.member) return Damaged("a lot moves without a member");
  LotKey lot;
  lot.member = *entry.member;
  if (p.member() != 0) {
    const std::optional<MemberId> member = MemberId::FromRaw(p.member());
    if (!member) return Damaged("lot.member is no member");
    lot.member = *member;
  }
  ASSIGN_OR_RETURN(lot.type, DecodeText<PointTypeId>(p.type(), "lot.type"));
  lot.expires_at = DecodeInstant(p.expires_at());
  lot.id = LotId{p.sequence() == 0 ? entry.sequence : p.sequence(), p.number()};
  return lot;
}

absl::StatusOr<Timestamp> DecodeActivation(const Entry& entry, std::int64_t delta) {
  std::int64_t activates = 0;
  if (__builtin_add_overflow(entry.occurred_at.micros(), delta, &activates)) {
    return Damaged("lot.activates_at is out of range");
  }
  return Timestamp::FromMicros(activates);
}

// What EventEncoder::EncodeOpened writes.
template <class Message, class Given>
absl::Status DecodeOpened(const Message& p, const Entry& entry, Given& e) {
  e.lot = LotId{entry.sequence, p.lot()};
  e.amount = p.amount();
  e.covered_arrears = p.covered_arrears();
  ASSIGN_OR_RETURN(e.activates_at, DecodeActivation(entry, p.activates_delta()));
  e.expires_at = DecodeInstant(p.expires_at());
  if constexpr (requires { p.idle_ends_at(); }) e.idle_ends_at = DecodeInstant(p.idle_ends_at());
  return absl::OkStatus();
}

absl::StatusOr<PointsAdjusted> DecodeAdjustment(const pb::PointsAdjusted& p, const Entry& entry) {
  PointsAdjusted e;
  ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(p.type(), "adjusted.type"));
  e.amount = p.amount();
  ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(p.reason(), "adjusted.reason"));
  e.reference = p.reference();
  if (e.amount < 0) return e;
  RETURN_IF_ERROR(DecodeOpened(p, entry, e));
  return e;
}

absl::StatusOr<IdentityHash> DecodeIdentity(const std::string& bytes) {
  IdentityHash hash;
  if (bytes.size() != hash.size()) return Damaged("identity.hash does not have 16 bytes");
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

constexpr std::uint32_t kChannelLast = static_cast<std::uint32_t>(Channel::kCommunity);

absl::StatusOr<PurchaseAccrued> DecodePurchase(const pb::PurchaseAccrued& p) {
  PurchaseAccrued e;
  ASSIGN_OR_RETURN(e.receipt, DecodeReceipt(p.receipt()));
  ASSIGN_OR_RETURN(e.channel, DecodeEnum<Channel>(p.channel(), 0, kChannelLast, "channel"));
  e.total = p.total();
  e.eligible_net = p.eligible_net();
  if (p.lines().empty()) e.lines.push_back(PlainLine(e.total));
  for (const pb::Line& l : p.lines()) {
    PurchaseLine line;
    line.line = static_cast<std::int32_t>(l.line());
    ASSIGN_OR_RETURN(
        line.kind,
        DecodeEnum<PurchaseLineKind>(
            l.kind(), 1, static_cast<std::uint32_t>(PurchaseLineKind::kDeposit), "line.kind"));
    line.net = l.net();
    line.quantity_micros = l.quantity_micros();
    line.sku = l.sku();
    line.categories.assign(l.categories().begin(), l.categories().end());
    line.brand = l.brand();
    line.tags.assign(l.tags().begin(), l.tags().end());
    if (__builtin_add_overflow(l.net(), l.list_over_net(), &line.list)) {
      return Damaged("line.list is out of range");
    }
    line.tax = l.tax();
    if (l.has_original()) {
      LineOriginal original{.receipt = {}, .line = static_cast<std::int32_t>(l.original_line())};
      ASSIGN_OR_RETURN(original.receipt, DecodeReceipt(l.original()));
      line.original = std::move(original);
    }
    e.lines.push_back(std::move(line));
  }
  for (const pb::Tender& tender : p.tenders()) {
    e.tenders.push_back(Tender{tender.kind(), tender.amount()});
  }
  e.row = DecodeRow(p);
  e.corrects = p.corrects();
  e.offered = p.offered();
  e.awaited = p.awaited();
  ASSIGN_OR_RETURN(
      e.bound, DecodeEnum<PaidBound>(p.bound(), 0, static_cast<std::uint32_t>(PaidBound::kMinimum),
                                     "purchase.bound"));
  return e;
}

absl::StatusOr<AttributeValue> DecodeAttribute(const pb::AttributeValue& p) {
  AttributeValue attribute{p.id(), std::int64_t{0}};
  switch (p.value_case()) {
    case pb::AttributeValue::kNumber:
      attribute.value = p.number();
      break;
    case pb::AttributeValue::kFlag:
      attribute.value = p.flag();
      break;
    case pb::AttributeValue::kText:
      attribute.value = p.text();
      break;
    case pb::AttributeValue::kInstant:
      attribute.value = Timestamp::FromMicros(p.instant());
      break;
    case pb::AttributeValue::VALUE_NOT_SET:
      return Damaged("attribute has no value");
  }
  return attribute;
}

absl::StatusOr<MemberAttributesSet> DecodeAttributes(const pb::MemberAttributesSet& p) {
  MemberAttributesSet e;
  for (const pb::MemberAttribute& a : p.set()) {
    ASSIGN_OR_RETURN(AttributeValue attribute, DecodeAttribute(a.attribute()));
    e.set.push_back(MemberAttribute{std::move(attribute), DecodeInstant(a.ends_at())});
  }
  e.cleared.assign(p.cleared().begin(), p.cleared().end());
  return e;
}

absl::StatusOr<ActivityAccrued> DecodeActivity(const pb::ActivityAccrued& p) {
  ActivityAccrued e;
  e.type = p.type();
  e.reference = p.reference();
  ASSIGN_OR_RETURN(e.channel, DecodeEnum<Channel>(p.channel(), 0, kChannelLast, "channel"));
  ASSIGN_OR_RETURN(e.store, DecodeOptionalText<PlaceId>(p.store(), "store"));
  for (const pb::AttributeValue& a : p.attributes()) {
    ASSIGN_OR_RETURN(AttributeValue attribute, DecodeAttribute(a));
    e.attributes.push_back(std::move(attribute));
  }
  return e;
}

absl::StatusOr<EvidenceKept> DecodeEvidence(const pb::EvidenceKept& p) {
  EvidenceKept e;
  ASSIGN_OR_RETURN(e.state, DecodeEnum<MemberState>(p.state(), 1, 4, "evidence.state"));
  e.tier = p.tier();
  e.tier_since = Timestamp::FromMicros(p.tier_since());
  e.earned = p.earned();
  e.earned_since = Timestamp::FromMicros(p.earned_since());
  e.enrolled_at = Timestamp::FromMicros(p.enrolled_at());
  e.metrics.assign(p.metrics().begin(), p.metrics().end());
  for (const std::uint32_t absent : p.absent_metrics()) {
    if (absent >= e.metrics.size()) return Damaged("evidence.absent_metrics is out of range");
    e.metrics[absent].reset();
  }
  e.available.assign(p.available().begin(), p.available().end());
  e.pending.assign(p.pending().begin(), p.pending().end());
  for (const pb::CounterRead& c : p.counters()) {
    e.counters.push_back(EvidenceKept::CounterRead{c.counter(), c.by(), c.used()});
  }
  for (const pb::CarryRead& c : p.carries()) {
    e.carries.push_back(EvidenceKept::CarryRead{c.rule(), c.micros()});
  }
  e.paused_rules.assign(p.paused_rules().begin(), p.paused_rules().end());
  for (const pb::MetricRead& m : p.metrics_after()) {
    e.metrics_after.push_back(EvidenceKept::MetricRead{m.metric(), m.value()});
  }
  for (const pb::AttributeValue& a : p.attributes()) {
    ASSIGN_OR_RETURN(AttributeValue attribute, DecodeAttribute(a));
    e.attributes.push_back(std::move(attribute));
  }
  return e;
}

absl::StatusOr<PurchaseReturned> DecodeReturn(const pb::PurchaseReturned& p) {
  PurchaseReturned e;
  ASSIGN_OR_RETURN(e.receipt, DecodeReceipt(p.receipt()));
  ASSIGN_OR_RETURN(e.original, DecodeReceipt(p.original()));
  e.original_sequence = p.original_sequence();
  e.original_on = Date::FromDays(p.original_day());
  e.eligible_net = p.eligible_net();
  e.is_whole = p.is_whole();
  for (const pb::ReturnedLine& l : p.lines()) {
    e.lines.push_back(
        ReturnedLine{static_cast<std::int32_t>(l.line()), l.quantity_micros(), l.net()});
  }
  e.row = DecodeRow(p);
  e.kept = p.kept();
  return e;
}

absl::StatusOr<ReturnUnmatched> DecodeUnmatched(const pb::ReturnUnmatched& p) {
  ReturnUnmatched e;
  ASSIGN_OR_RETURN(e.receipt, DecodeReceipt(p.receipt()));
  ASSIGN_OR_RETURN(e.original, DecodeReceipt(p.original()));
  for (const pb::AskedLine& l : p.lines()) {
    ReturnLine line{static_cast<std::int32_t>(l.line()), l.quantity_micros(), std::nullopt};
    if (l.has_refund()) line.refund = l.refund();
    e.lines.push_back(line);
  }
  e.row = DecodeRow(p);
  return e;
}

absl::StatusOr<PointsAwarded> DecodeAward(const pb::PointsAwarded& p, const Entry& entry) {
  PointsAwarded e;
  e.lot = LotId{entry.sequence, p.lot()};
  ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(p.type(), "award.type"));
  e.type_index = p.type_index();
  e.amount = p.amount();
  e.covered_arrears = p.covered_arrears();
  e.rule = p.rule();
  e.funding = p.funding();
  ASSIGN_OR_RETURN(
      e.awaits, DecodeEnum<Awaiting>(p.awaits(), 0, static_cast<std::uint32_t>(Awaiting::kPerson),
                                     "award.awaits"));
  e.activates_at = Timestamp::Never();
  if (e.awaits == Awaiting::kNothing) {
    ASSIGN_OR_RETURN(e.activates_at, DecodeActivation(entry, p.activates_delta()));
  }
  e.expires_at = DecodeInstant(p.expires_at());
  e.idle_ends_at = DecodeInstant(p.idle_ends_at());
  return e;
}

// What settling and cancelling have in common.
template <class Message, class Decided>
absl::Status DecodeAccrual(const Message& p, Decided& e) {
  e.accrual = p.accrual();
  if (p.has_receipt()) {
    ASSIGN_OR_RETURN(e.receipt, DecodeReceipt(p.receipt()));
  }
  for (const std::uint32_t line : p.lines()) e.lines.push_back(static_cast<std::int32_t>(line));
  return absl::OkStatus();
}

absl::StatusOr<PointsSettled> DecodeSettled(const pb::PointsSettled& p, const Entry& entry) {
  PointsSettled e;
  ASSIGN_OR_RETURN(e.from, DecodeLot(p.from(), entry));
  e.type = e.from.type;
  RETURN_IF_ERROR(DecodeOpened(p, entry, e));
  return e;
}

absl::StatusOr<PointsRestored> DecodeRestored(const pb::PointsRestored& p, const Entry& entry) {
  PointsRestored e;
  ASSIGN_OR_RETURN(e.from, DecodeLot(p.from(), entry));
  e.type = e.from.type;
  RETURN_IF_ERROR(DecodeOpened(p, entry, e));
  return e;
}

absl::StatusOr<AccrualCancelled> DecodeCancelled(const pb::AccrualCancelled& p) {
  AccrualCancelled e;
  RETURN_IF_ERROR(DecodeAccrual(p, e));
  e.accrued_on = Date::FromDays(p.accrued_day());
  ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(p.reason(), "cancelled.reason"));
  return e;
}

absl::StatusOr<HoldPlaced> DecodeHold(const pb::HoldPlaced& p, const Entry& entry) {
  HoldPlaced e;
  ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(p.type(), "hold.type"));
  e.amount = p.amount();
  std::int64_t lapses = 0;
  if (__builtin_add_overflow(entry.recorded_at.micros(), p.lasts(), &lapses)) {
    return Damaged("hold.lapses_at is out of range");
  }
  e.lapses_at = Timestamp::FromMicros(lapses);
  e.reference = p.reference();
  return e;
}

absl::StatusOr<HoldEnded> DecodeHoldEnd(const pb::HoldEnded& p) {
  HoldEnded e;
  e.hold = p.hold();
  ASSIGN_OR_RETURN(
      e.state, DecodeEnum<HoldState>(p.state(), static_cast<std::uint32_t>(HoldState::kCaptured),
                                     static_cast<std::uint32_t>(HoldState::kLapsed), "hold.state"));
  ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(p.type(), "hold.type"));
  e.freed = p.freed();
  return e;
}

absl::StatusOr<Event> DecodeEvent(const pb::Event& p, const Entry& entry) {
  switch (p.fact_case()) {
    case pb::Event::kMemberEnrolled: {
      MemberEnrolled e;
      ASSIGN_OR_RETURN(e.channel, DecodeEnum<Channel>(p.member_enrolled().channel(), 0,
                                                      kChannelLast, "channel"));
      ASSIGN_OR_RETURN(e.store, DecodeOptionalText<PlaceId>(p.member_enrolled().store(), "store"));
      e.tier = p.member_enrolled().tier();
      return Event(std::move(e));
    }
    case pb::Event::kIdentityLinked: {
      IdentityLinked e;
      ASSIGN_OR_RETURN(e.kind, DecodeEnum<IdentityKind>(
                                   p.identity_linked().kind(), 1,
                                   static_cast<std::uint32_t>(kIdentityKindLast), "identity.kind"));
      ASSIGN_OR_RETURN(e.hash, DecodeIdentity(p.identity_linked().hash()));
      return Event(e);
    }
    case pb::Event::kIdentityUnlinked: {
      IdentityUnlinked e;
      ASSIGN_OR_RETURN(e.kind, DecodeEnum<IdentityKind>(
                                   p.identity_unlinked().kind(), 1,
                                   static_cast<std::uint32_t>(kIdentityKindLast), "identity.kind"));
      ASSIGN_OR_RETURN(e.hash, DecodeIdentity(p.identity_unlinked().hash()));
      return Event(e);
    }
    case pb::Event::kIdentityMoved: {
      IdentityMoved e;
      ASSIGN_OR_RETURN(e.kind, DecodeEnum<IdentityKind>(
                                   p.identity_moved().kind(), 1,
                                   static_cast<std::uint32_t>(kIdentityKindLast), "identity.kind"));
      ASSIGN_OR_RETURN(e.hash, DecodeIdentity(p.identity_moved().hash()));
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(p.identity_moved().reason(), "reason"));
      return Event(std::move(e));
    }
    case pb::Event::kMembersMerged: {
      MembersMerged e;
      e.takes_tier = p.members_merged().takes_tier();
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(p.members_merged().reason(), "reason"));
      return Event(std::move(e));
    }
    case pb::Event::kMembersUnmerged: {
      MembersUnmerged e;
      e.merge = p.members_unmerged().merge();
      e.lots_due_at = DecodeInstant(p.members_unmerged().lots_due_at());
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(p.members_unmerged().reason(), "reason"));
      return Event(std::move(e));
    }
    case pb::Event::kPointsTransferred: {
      const pb::PointsTransferred& t = p.points_transferred();
      PointsTransferred e;
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(t.type(), "transferred.type"));
      e.amount = t.amount();
      e.fee = t.fee();
      e.reference = t.reference();
      e.lots_due_at = DecodeInstant(t.lots_due_at());
      return Event(std::move(e));
    }
    case pb::Event::kLotsExtended: {
      const pb::LotsExtended& t = p.lots_extended();
      LotsExtended e;
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(t.type(), "extended.type"));
      e.amount = t.amount();
      e.expires_at = DecodeInstant(t.expires_at());
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(t.reason(), "reason"));
      e.reference = t.reference();
      return Event(std::move(e));
    }
    case pb::Event::kPointsReinstated: {
      const pb::PointsReinstated& t = p.points_reinstated();
      PointsReinstated e;
      e.expiry = t.expiry();
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(t.type(), "reinstated.type"));
      e.amount = t.amount();
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(t.reason(), "reason"));
      e.reference = t.reference();
      return Event(std::move(e));
    }
    case pb::Event::kLotRenewed: {
      const pb::LotRenewed& t = p.lot_renewed();
      LotRenewed e;
      ASSIGN_OR_RETURN(e.from, DecodeLot(t.from(), entry));
      RETURN_IF_ERROR(DecodeOpened(t, entry, e));
      if (!t.has_receipt()) return Event(std::move(e));
      LotAward award{{}, LotId{t.award_sequence(), t.award_number()}};
      ASSIGN_OR_RETURN(award.receipt, DecodeReceipt(t.receipt()));
      e.award = std::move(award);
      return Event(std::move(e));
    }
    case pb::Event::kPiecePassed: {
      const pb::PiecePassed& t = p.piece_passed();
      PiecePassed e;
      ASSIGN_OR_RETURN(e.from, DecodeLot(t.from(), entry));
      e.funding = t.funding();
      RETURN_IF_ERROR(DecodeOpened(t, entry, e));
      return Event(std::move(e));
    }
    case pb::Event::kPointsRestored: {
      ASSIGN_OR_RETURN(PointsRestored e, DecodeRestored(p.points_restored(), entry));
      return Event(std::move(e));
    }
    case pb::Event::kMemberStateChanged: {
      MemberStateChanged e;
      ASSIGN_OR_RETURN(e.from,
                       DecodeEnum<MemberState>(p.member_state_changed().from(), 1, 3, "from"));
      ASSIGN_OR_RETURN(e.to, DecodeEnum<MemberState>(p.member_state_changed().to(), 1, 3, "to"));
      return Event(e);
    }
    case pb::Event::kPurchaseAccrued: {
      ASSIGN_OR_RETURN(PurchaseAccrued e, DecodePurchase(p.purchase_accrued()));
      return Event(std::move(e));
    }
    case pb::Event::kReceiptKept: {
      ASSIGN_OR_RETURN(PurchaseAccrued sale, DecodePurchase(p.receipt_kept()));
      return Event(ReceiptKept{std::move(sale)});
    }
    case pb::Event::kReceiptClaimed:
      return Event(ReceiptClaimed{p.receipt_claimed()});
    case pb::Event::kEnrolledForPurchase:
      return Event(EnrolledForPurchase{p.enrolled_for_purchase()});
    case pb::Event::kPointsAwarded: {
      ASSIGN_OR_RETURN(PointsAwarded e, DecodeAward(p.points_awarded(), entry));
      return Event(std::move(e));
    }
    case pb::Event::kIdleEndMoved: {
      const pb::IdleEndMoved& i = p.idle_end_moved();
      IdleEndMoved e;
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(i.type(), "idle.type"));
      if (i.has_acted()) e.acted_on = Date::FromDays(i.acted_day());
      e.ends_at = Timestamp::FromMicros(i.ends_at());
      return Event(std::move(e));
    }
    case pb::Event::kLotActivated: {
      LotActivated e;
      ASSIGN_OR_RETURN(e.lot, DecodeLot(p.lot_activated().lot(), entry));
      e.amount = p.lot_activated().amount();
      e.covered_arrears = p.lot_activated().covered_arrears();
      return Event(std::move(e));
    }
    case pb::Event::kAccrualSettled: {
      AccrualSettled e;
      RETURN_IF_ERROR(DecodeAccrual(p.accrual_settled(), e));
      return Event(std::move(e));
    }
    case pb::Event::kPointsSettled: {
      ASSIGN_OR_RETURN(PointsSettled e, DecodeSettled(p.points_settled(), entry));
      return Event(std::move(e));
    }
    case pb::Event::kAccrualCancelled: {
      ASSIGN_OR_RETURN(AccrualCancelled e, DecodeCancelled(p.accrual_cancelled()));
      return Event(std::move(e));
    }
    case pb::Event::kHoldPlaced: {
      ASSIGN_OR_RETURN(HoldPlaced e, DecodeHold(p.hold_placed(), entry));
      return Event(std::move(e));
    }
    case pb::Event::kHoldCaptured:
      return Event(HoldCaptured{p.hold_captured().hold(), p.hold_captured().amount(),
                                p.hold_captured().total()});
    case pb::Event::kHoldEnded: {
      ASSIGN_OR_RETURN(HoldEnded e, DecodeHoldEnd(p.hold_ended()));
      return Event(std::move(e));
    }
    case pb::Event::kPurchaseReturned: {
      ASSIGN_OR_RETURN(PurchaseReturned e, DecodeReturn(p.purchase_returned()));
      return Event(std::move(e));
    }
    case pb::Event::kReturnUnmatched: {
      ASSIGN_OR_RETURN(ReturnUnmatched e, DecodeUnmatched(p.return_unmatched()));
      return Event(std::move(e));
    }
    case pb::Event::kRowRefused: {
      RowRefused e;
      ASSIGN_OR_RETURN(e.store, DecodeText<PlaceId>(p.row_refused().store(), "row.store"));
      ASSIGN_OR_RETURN(e.terminal, DecodeText<PlaceId>(p.row_refused().terminal(), "row.terminal"));
      e.number = p.row_refused().number();
      if (p.row_refused().has_told_at()) {
        e.told_at = Timestamp::FromMicros(p.row_refused().told_at());
      }
      return Event(std::move(e));
    }
    case pb::Event::kPointsTakenBack: {
      const pb::PointsTakenBack& t = p.points_taken_back();
      PointsTakenBack e;
      e.lot = LotId{t.lot_sequence(), t.lot_number()};
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(t.type(), "taken_back.type"));
      e.type_index = t.type_index();
      e.amount = t.amount();
      e.arrears = t.arrears();
      e.shortfall = t.shortfall();
      e.gone = t.gone();
      e.rule = t.rule();
      return Event(std::move(e));
    }
    case pb::Event::kPointsRedeemed: {
      PointsRedeemed e;
      ASSIGN_OR_RETURN(e.type,
                       DecodeText<PointTypeId>(p.points_redeemed().type(), "redeemed.type"));
      e.amount = p.points_redeemed().amount();
      e.reference = p.points_redeemed().reference();
      if (p.points_redeemed().has_purchase()) {
        ASSIGN_OR_RETURN(e.purchase, DecodeReceipt(p.points_redeemed().purchase()));
      }
      e.first_move = p.points_redeemed().first_move();
      return Event(std::move(e));
    }
    case pb::Event::kPointsAdjusted: {
      ASSIGN_OR_RETURN(PointsAdjusted e, DecodeAdjustment(p.points_adjusted(), entry));
      return Event(std::move(e));
    }
    case pb::Event::kAdjustmentAsked: {
      const pb::AdjustmentAsked& a = p.adjustment_asked();
      AdjustmentAsked e;
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(a.type(), "asked.type"));
      e.amount = a.amount();
      ASSIGN_OR_RETURN(e.reason, DecodeText<ReasonCode>(a.reason(), "asked.reason"));
      e.reference = a.reference();
      e.expires_at = Timestamp::FromMicros(a.expires_at());
      return Event(std::move(e));
    }
    case pb::Event::kAskedApproved:
      return Event(AskedApproved{p.asked_approved().asked(), p.asked_approved().asked_by()});
    case pb::Event::kAskedDeclined:
      return Event(AskedDeclined{p.asked_declined().asked(), p.asked_declined().asked_by()});
    case pb::Event::kPointsImported: {
      const pb::PointsImported& i = p.points_imported();
      PointsImported e;
      e.lot = LotId{entry.sequence, i.lot()};
      ASSIGN_OR_RETURN(e.type, DecodeText<PointTypeId>(i.type(), "imported.type"));
      e.type_index = i.type_index();
      e.amount = i.amount();
      if (i.has_counts_on()) e.counts_on = Date::FromDays(i.counts_on());
      e.activates_at = Timestamp::FromMicros(i.activates_at());
      e.expires_at = DecodeInstant(i.expires_at());
      e.idle_ends_at = DecodeInstant(i.idle_ends_at());
      return Event(std::move(e));
    }
    case pb::Event::kHistoryCounted:
      return Event(HistoryCounted{Date::FromDays(p.history_counted().day()),
                                  p.history_counted().spend(), p.history_counted().purchases()});
    case pb::Event::kRedemptionReversed: {
      RedemptionReversed e;
      e.redemption = p.redemption_reversed().redemption();
      ASSIGN_OR_RETURN(e.type,
                       DecodeText<PointTypeId>(p.redemption_reversed().type(), "reversed.type"));
      e.amount = p.redemption_reversed().amount();
      return Event(std::move(e));
    }
    case pb::Event::kLotExpired: {
      LotExpired e;
      ASSIGN_OR_RETURN(e.lot, DecodeLot(p.lot_expired().lot(), entry));
      e.amount = p.lot_expired().amount();
      return Event(std::move(e));
    }
    case pb::Event::kTierDecided: {
      const pb::TierDecided& t = p.tier_decided();
      TierDecided e;
      ASSIGN_OR_RETURN(e.cause,
                       DecodeNamed<TierCause>(t.cause(), TierCause::kUnmerged, "tier.cause"));
      e.from = t.from();
      e.to = t.to();
      e.since = Timestamp::FromMicros(t.since());
      e.term = t.term();
      e.review_at = DecodeInstant(t.review_at());
      e.revision = t.revision();
      e.worn_until = DecodeInstant(t.worn_until());
      return Event(std::move(e));
    }
    case pb::Event::kLotsDueAt:
      return Event(LotsDue{DecodeInstant(p.lots_due_at())});
    case pb::Event::kReviewNotBefore:
      return Event(ReviewPostponed{Timestamp::FromMicros(p.review_not_before())});
    case pb::Event::kRevisionCreated: {
      RevisionCreated e;
      e.number = p.revision_created().number();
      ASSIGN_OR_RETURN(e.digest, DecodeHash(p.revision_created().digest(), "revision.digest"));
      e.canonical = p.revision_created().canonical();
      return Event(std::move(e));
    }
    case pb::Event::kRevisionActivated: {
      RevisionActivated e;
      e.number = p.revision_activated().number();
      ASSIGN_OR_RETURN(e.digest, DecodeHash(p.revision_activated().digest(), "revision.digest"));
      if (p.revision_activated().scheduled_from() != 0) {
        e.scheduled_from = Timestamp::FromMicros(p.revision_activated().scheduled_from());
      }
      e.judges_members = p.revision_activated().judges_members();
      return Event(e);
    }
    case pb::Event::kActivityAccrued: {
      ASSIGN_OR_RETURN(ActivityAccrued e, DecodeActivity(p.activity_accrued()));
      return Event(std::move(e));
    }
    case pb::Event::kEvidenceKept: {
      ASSIGN_OR_RETURN(EvidenceKept e, DecodeEvidence(p.evidence_kept()));
      return Event(std::move(e));
    }
    case pb::Event::kCounterMoved: {
      const pb::CounterMoved& c = p.counter_moved();
      return Event(CounterMoved{.is_of_member = !c.is_of_program(),
                                .name = c.name(),
                                .by = c.by(),
                                .start = Date::FromDays(c.start_day()),
                                .delta = c.delta()});
    }
    case pb::Event::kMetricCounted: {
      const pb::MetricCounted& m = p.metric_counted();
      MetricCounted e{m.metric(), m.delta()};
      ASSIGN_OR_RETURN(e.counting,
                       DecodeEnum<MetricCounting>(
                           m.counting(), 0, static_cast<std::uint32_t>(MetricCounting::kDistinct),
                           "metric.counting"));
      e.value = m.value();
      return Event(std::move(e));
    }
    case pb::Event::kRevisionApproved: {
      RevisionApproved e;
      e.number = p.revision_approved().number();
      ASSIGN_OR_RETURN(e.digest, DecodeHash(p.revision_approved().digest(), "revision.digest"));
      e.is_final = p.revision_approved().is_final();
      e.simulation = p.revision_approved().simulation();
      return Event(std::move(e));
    }
    case pb::Event::kWarningsAcknowledged: {
      const pb::WarningsAcknowledged& w = p.warnings_acknowledged();
      WarningsAcknowledged e;
      e.number = w.number();
      ASSIGN_OR_RETURN(e.digest, DecodeHash(w.digest(), "revision.digest"));
      e.warnings.assign(w.warnings().begin(), w.warnings().end());
      return Event(std::move(e));
    }
    case pb::Event::kMemberAttributesSet: {
      ASSIGN_OR_RETURN(MemberAttributesSet e, DecodeAttributes(p.member_attributes_set()));
      return Event(std::move(e));
    }
    case pb::Event::kTierFloorSet: {
      TierFloorSet e;
      ASSIGN_OR_RETURN(e.kind,
                       DecodeEnum<TierFloorKind>(p.tier_floor_set().kind(), 1,
                                                 static_cast<std::uint32_t>(TierFloorKind::kMatch),
                                                 "floor.kind"));
      e.tier = p.tier_floor_set().tier();
      e.until = DecodeInstant(p.tier_floor_set().until());
      return Event(std::move(e));
    }
    case pb::Event::kRevisionScheduled: {
      RevisionScheduled e;
      e.number = p.revision_scheduled().number();
      ASSIGN_OR_RETURN(e.digest, DecodeHash(p.revision_scheduled().digest(), "revision.digest"));
      e.from = Timestamp::FromMicros(p.revision_scheduled().from());
      return Event(e);
    }
    case pb::Event::kScheduleCancelled: {
      ScheduleCancelled e;
      e.number = p.schedule_cancelled().number();
      e.from = Timestamp::FromMicros(p.schedule_cancelled().from());
      ASSIGN_OR_RETURN(
          e.to, DecodeEnum<RevisionState>(p.schedule_cancelled().to(), 1,
                                          static_cast<std::uint32_t>(RevisionState::kSuperseded),
                                          "revision.state"));
      return Event(e);
    }
    case pb::Event::kMembersJudged:
      return Event(MembersJudged{Timestamp::FromMicros(p.members_judged().from()),
                                 p.members_judged().through(), p.members_judged().is_finished()});
    case pb::Event::kRulePaused:
      return Event(RulePaused{p.rule_paused().rule()});
    case pb::Event::kRuleResumed:
      return Event(RuleResumed{p.rule_resumed().rule(), p.rule_resumed().is_final()});
    case pb::Event::FACT_NOT_SET:
      break;
  }
  return Damaged("an event of an unknown kind");
}

absl::StatusOr<Outcome> DecodeOutcome(const pb::Outcome& p) {
  Outcome outcome;
  if (p.rejection() != 0) {
    Rejected rejected{Rejection::kResourceNotFound, {}};
    ASSIGN_OR_RETURN(rejected.reason,
                     DecodeNamed<Rejection>(p.rejection(), kRejectionLast, "outcome.rejection"));
    for (const pb::Fact& fact : p.metadata())
      rejected.metadata.emplace_back(fact.key(), fact.value());
    outcome.rejected = std::move(rejected);
  }
  for (const pb::Balance& b : p.balances()) {
    Balance balance;
    ASSIGN_OR_RETURN(balance.type, DecodeText<PointTypeId>(b.type(), "balance.type"));
    balance.available = b.available();
    balance.pending = b.pending();
    balance.held = b.held();
    outcome.balances.push_back(std::move(balance));
  }
  for (const pb::Balance& b : p.other_balances()) {
    Balance balance{
        .type = {}, .available = b.available(), .pending = b.pending(), .held = b.held()};
    ASSIGN_OR_RETURN(balance.type, DecodeText<PointTypeId>(b.type(), "balance.type"));
    outcome.other_balances.push_back(std::move(balance));
  }
  if (!p.has_tier()) return outcome;
  TierView tier;
  tier.tier = p.tier().tier();
  tier.since = Timestamp::FromMicros(p.tier().since());
  tier.review_at = DecodeInstant(p.tier().review_at());
  tier.next = p.tier().next();
  for (const pb::Progress& line : p.tier().progress()) {
    tier.progress.push_back(ProgressLine{line.metric(), line.have(), line.need()});
  }
  outcome.tier = std::move(tier);
  return outcome;
}

}  // namespace

std::string EncodeEntry(const Entry& entry) {
  Scratch<pb::Entry> scratch;
  pb::Entry& p = *scratch;
  p.set_format(kFormat);
  p.set_partition(entry.partition);
  p.set_sequence(entry.sequence);
  if (entry.previous_leaf != Hash{})
    SetBytes(p.mutable_previous_leaf(), AsBytes(entry.previous_leaf));
  p.set_recorded_at(entry.recorded_at.micros());
  p.set_occurred_delta(entry.occurred_at.micros() - entry.recorded_at.micros());
  p.set_program(entry.program.str());
  if (entry.member) p.set_member(entry.member->raw());
  if (entry.other) p.set_other(entry.other->raw());
  p.set_kind(static_cast<std::uint32_t>(entry.kind));
  p.set_method(static_cast<std::uint32_t>(entry.method));
  p.set_request(entry.request.str());
  p.set_principal(entry.principal);
  p.set_role(static_cast<std::uint32_t>(entry.role));
  if (entry.fingerprint != Hash{}) SetBytes(p.mutable_fingerprint(), AsBytes(entry.fingerprint));
  if (entry.revision) SetBytes(p.mutable_revision(), AsBytes(*entry.revision));
  if (entry.effective_on) p.set_effective_day(entry.effective_on->days() + 1);
  for (const Event& event : entry.events) std::visit(EventEncoder{entry, p.add_events()}, event);
  for (const Posting& posting : entry.postings) {
    pb::Posting* out = p.add_postings();
    out->set_account(static_cast<std::uint32_t>(posting.account));
    out->set_detail(posting.detail);
    out->set_type(posting.type.str());
    out->set_amount(posting.amount);
    LAUREL_CHECK(!posting.member || posting.member == entry.other,
                 "a posting is to an account of one of the entry's members");
    out->set_is_of_other(posting.member.has_value());
  }
  for (const LotMove& move : entry.lot_moves) {
    pb::LotMove* out = p.add_lot_moves();
    Encode(move.lot, entry, out->mutable_lot());
    out->set_bucket(static_cast<std::uint32_t>(move.bucket));
    out->set_delta(move.delta);
  }
  Encode(entry.outcome, p.mutable_outcome());
  std::string bytes;
  LAUREL_CHECK(p.SerializeToString(&bytes), "an entry has no unset required field");
  return bytes;
}

absl::StatusOr<Entry> DecodeEntry(absl::string_view bytes) {
  Scratch<pb::Entry> scratch;
  pb::Entry& p = *scratch;
  if (bytes.size() > kEntryBytesMax ||
      !p.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Damaged(absl::StrCat(bytes.size(), " bytes that are no entry"));
  }
  if (p.format() != kFormat)
    return Damaged(absl::StrCat("format ", p.format(), ", this program reads 1"));
  if (p.partition() > 0xffff) return Damaged("partition is out of range");
  if (p.sequence() == 0) return Damaged("sequence is 0");
  Entry entry;
  entry.partition = static_cast<PartitionId>(p.partition());
  entry.sequence = p.sequence();
  if (!p.previous_leaf().empty()) {
    ASSIGN_OR_RETURN(entry.previous_leaf, DecodeHash(p.previous_leaf(), "previous_leaf"));
  }
  entry.recorded_at = Timestamp::FromMicros(p.recorded_at());
  std::int64_t occurred = 0;
  if (__builtin_add_overflow(p.recorded_at(), p.occurred_delta(), &occurred)) {
    return Damaged("occurred_at is out of range");
  }
  entry.occurred_at = Timestamp::FromMicros(occurred);
  ASSIGN_OR_RETURN(entry.program, DecodeText<ProgramId>(p.program(), "program"));
  entry.member = MemberId::FromRaw(p.member());
  entry.other = MemberId::FromRaw(p.other());
  ASSIGN_OR_RETURN(entry.kind, DecodeNamed<EntryKind>(p.kind(), kEntryKindLast, "kind"));
  ASSIGN_OR_RETURN(entry.method, DecodeNamed<Method>(p.method(), kMethodLast, "method"));
  ASSIGN_OR_RETURN(entry.request, DecodeOptionalText<RequestId>(p.request(), "request"));
  entry.principal = p.principal();
  ASSIGN_OR_RETURN(entry.role,
                   DecodeEnum<Role>(p.role(), 0, static_cast<std::uint32_t>(Role::kAdmin), "role"));
  if (!p.fingerprint().empty()) {
    ASSIGN_OR_RETURN(entry.fingerprint, DecodeHash(p.fingerprint(), "fingerprint"));
  }
  if (!p.revision().empty()) {
    ASSIGN_OR_RETURN(entry.revision, DecodeHash(p.revision(), "revision"));
  }
  if (p.effective_day() != 0) {
    constexpr std::int32_t kDaysMax = 4'000'000;  // beyond year 9999
    if (p.effective_day() > kDaysMax || p.effective_day() < -kDaysMax)
      return Damaged("effective_day is out of range");
    entry.effective_on = Date::FromDays(p.effective_day() - 1);
  }
  entry.events.reserve(static_cast<std::size_t>(p.events_size()));
  for (const pb::Event& event : p.events()) {
    ASSIGN_OR_RETURN(Event decoded, DecodeEvent(event, entry));
    entry.events.push_back(std::move(decoded));
  }
  for (const pb::Posting& in : p.postings()) {
    Posting posting;
    ASSIGN_OR_RETURN(posting.account,
                     DecodeEnum<AccountClass>(in.account(), 1,
                                              static_cast<std::uint32_t>(AccountClass::kAdjustment),
                                              "posting.account"));
    posting.detail = in.detail();
    ASSIGN_OR_RETURN(posting.type, DecodeText<PointTypeId>(in.type(), "posting.type"));
    posting.amount = in.amount();
    if (in.is_of_other()) {
      if (!entry.other) return Damaged("posting is of another member, and there is none");
      posting.member = entry.other;
    }
    entry.postings.push_back(std::move(posting));
  }
  for (const pb::LotMove& in : p.lot_moves()) {
    LotMove move;
    ASSIGN_OR_RETURN(move.lot, DecodeLot(in.lot(), entry));
    ASSIGN_OR_RETURN(move.bucket, DecodeEnum<Bucket>(in.bucket(), 1, 3, "lot_move.bucket"));
    move.delta = in.delta();
    entry.lot_moves.push_back(std::move(move));
  }
  ASSIGN_OR_RETURN(entry.outcome, DecodeOutcome(p.outcome()));
  return entry;
}

}  // namespace laurel
