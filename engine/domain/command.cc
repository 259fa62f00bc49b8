#include "engine/domain/command.h"

#include <type_traits>

#include "engine/base/check.h"

namespace laurel {
namespace {

// A canonical tuple: every value is preceded by its length or has a fixed width, so no two tuples
// share bytes.
class Tuple {
 public:
  Tuple& Number(std::int64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff));
    }
    return *this;
  }
  Tuple& Bytes(absl::string_view text) {
    Number(static_cast<std::int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
    return *this;
  }
  Tuple& Ref(const MemberRef& ref) {
    if (const auto* id = std::get_if<MemberId>(&ref)) {
      return Number(1).Number(static_cast<std::int64_t>(id->raw()));
    }
    const auto& hash = std::get<IdentityHash>(ref);
    return Number(2).Bytes(
        absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
  }
  Tuple& Link(const IdentityLink& link) {
    return Number(static_cast<std::int64_t>(link.kind))
        .Bytes(
            absl::string_view(reinterpret_cast<const char*>(link.hash.data()), link.hash.size()));
  }
  Tuple& Receipt(const ReceiptKey& receipt) {
    return Bytes(receipt.store.str())
        .Bytes(receipt.terminal.str())
        .Number(receipt.business_on.days())
        .Bytes(receipt.number.str());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

struct Writer {
  Tuple& t;
  const std::string& principal;

  void operator()(const EnrollMember& o) const {
    t.Number(static_cast<std::int64_t>(o.identities.size()));
    for (const IdentityLink& link : o.identities) t.Link(link);
    t.Number(static_cast<std::int64_t>(o.channel)).Bytes(o.store.str());
    t.Number(o.occurred_at ? 1 : 0).Number(o.occurred_at.value_or(Timestamp()).micros());
    if (!o.attributes.empty()) Attributes(o.attributes);
  }
  void Attribute(const AttributeValue& attribute) const {
    t.Bytes(attribute.id).Number(static_cast<std::int64_t>(attribute.value.index()));
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) t.Number(*number);
    if (const auto* flag = std::get_if<bool>(&attribute.value)) t.Number(*flag ? 1 : 0);
    if (const auto* text = std::get_if<std::string>(&attribute.value)) t.Bytes(*text);
    if (const auto* at = std::get_if<Timestamp>(&attribute.value)) t.Number(at->micros());
  }
  void Attributes(const std::vector<MemberAttribute>& attributes) const {
    t.Number(static_cast<std::int64_t>(attributes.size()));
    for (const MemberAttribute& one : attributes) {
      Attribute(one.attribute);
      t.Number(one.ends_at.micros());
    }
  }
  void operator()(const SetMemberAttributes& o) const {
    t.Ref(o.member);
    Attributes(o.set);
    t.Number(static_cast<std::int64_t>(o.cleared.size()));
    for (const std::string& id : o.cleared) t.Bytes(id);
  }
  void operator()(const LinkIdentity& o) const { t.Ref(o.member).Link(o.identity); }
  void operator()(const UnlinkIdentity& o) const { t.Ref(o.member).Link(o.identity); }
  void operator()(const SuspendMember& o) const { t.Ref(o.member); }
  void operator()(const ReactivateMember& o) const { t.Ref(o.member); }
  void operator()(const CloseMember& o) const { t.Ref(o.member); }
  void operator()(const AccruePurchase& o) const {
    t.Ref(o.member)
        .Receipt(o.receipt)
        .Number(o.occurred_at.micros())
        .Number(static_cast<std::int64_t>(o.channel));
    t.Bytes(o.currency).Number(o.total).Number(static_cast<std::int64_t>(o.lines.size()));
    for (const PurchaseLine& line : o.lines) {
      t.Number(line.line)
          .Number(static_cast<std::int64_t>(line.kind))
          .Number(line.net)
          .Number(line.quantity_micros);
      t.Bytes(line.sku).Number(static_cast<std::int64_t>(line.categories.size()));
      for (const std::string& category : line.categories) t.Bytes(category);
      t.Bytes(line.brand).Number(static_cast<std::int64_t>(line.tags.size()));
      for (const std::string& tag : line.tags) t.Bytes(tag);
      t.Number(line.list).Number(line.tax);
    }
    t.Number(static_cast<std::int64_t>(o.tenders.size()));
    for (const Tender& tender : o.tenders) t.Bytes(tender.kind).Number(tender.amount);
    // What is not stated is not written: the tuple is then that of before it could be.
    for (const PurchaseLine& line : o.lines) {
      if (!line.original) continue;
      t.Bytes("original").Number(line.line).Receipt(line.original->receipt);
      t.Number(line.original->line);
    }
    if (o.pay) t.Bytes("pay").Bytes(o.pay->type.str()).Number(o.pay->amount);
    Row(o.row);
    if (!o.enrol) return;
    t.Bytes("enrol");
    (*this)(*o.enrol);
  }
  void Row(const TerminalRow& row) const {
    if (row == TerminalRow{}) return;
    t.Bytes("row").Number(row.number).Number(row.is_offline ? 1 : 0);
  }
  void operator()(const AccrueActivity& o) const {
    t.Ref(o.member).Bytes(o.type).Bytes(o.reference).Number(o.occurred_at.micros());
    t.Number(static_cast<std::int64_t>(o.channel)).Bytes(o.store.str());
    t.Number(static_cast<std::int64_t>(o.attributes.size()));
    for (const AttributeValue& attribute : o.attributes) Attribute(attribute);
  }
  void operator()(const ReturnPurchase& o) const {
    t.Receipt(o.receipt).Receipt(o.original).Number(o.occurred_at.micros());
    t.Number(static_cast<std::int64_t>(o.lines.size()));
    for (const ReturnLine& line : o.lines) {
      t.Number(line.line)
          .Number(line.quantity_micros)
          .Number(line.refund ? 1 : 0)
          .Number(line.refund.value_or(0));
    }
    if (o.member) t.Bytes("member").Ref(*o.member);
    Row(o.row);
  }
  void operator()(const CorrectReceipt& o) const { (*this)(o.right); }
  void operator()(const Redeem& o) const {
    t.Ref(o.member).Bytes(o.type.str()).Number(o.amount).Bytes(o.reference);
    if (o.purchase)
      t.Receipt(*o.purchase);  // without one the tuple is that of before there were any
  }
  void Accrual(const AccrualRef& accrual, const std::vector<std::int32_t>& lines) const {
    if (const auto* sequence = std::get_if<std::uint64_t>(&accrual)) {
      t.Number(1).Number(static_cast<std::int64_t>(*sequence));
    } else {
      t.Number(2).Receipt(std::get<ReceiptKey>(accrual));
    }
    t.Number(static_cast<std::int64_t>(lines.size()));
    for (const std::int32_t line : lines) t.Number(line);
  }
  void operator()(const SettleAccrual& o) const { Accrual(o.accrual, o.lines); }
  void operator()(const CancelAccrual& o) const {
    Accrual(o.accrual, o.lines);
    t.Bytes(o.reason.str());
  }
  void Hold(const HoldKey& hold) const {
    t.Number(static_cast<std::int64_t>(hold.member.raw()))
        .Number(static_cast<std::int64_t>(hold.sequence));
  }
  void operator()(const HoldPoints& o) const {
    t.Ref(o.member)
        .Bytes(o.type.str())
        .Number(o.amount)
        .Number(o.lasts_micros == 0 ? kHoldMicrosDefault : o.lasts_micros);
    t.Bytes(o.reference);
  }
  void operator()(const CaptureHold& o) const {
    Hold(o.hold);
    t.Number(o.amount ? 1 : 0).Number(o.amount.value_or(0)).Number(o.is_final ? 1 : 0);
    t.Bytes(o.reference).Number(o.purchase ? 1 : 0);
    if (o.purchase) t.Receipt(*o.purchase);
  }
  void operator()(const VoidHold& o) const { Hold(o.hold); }
  void operator()(const ReverseRedemption& o) const {
    t.Number(static_cast<std::int64_t>(o.redemption))
        .Number(o.amount ? 1 : 0)
        .Number(o.amount.value_or(0));
  }
  void operator()(const AdjustPoints& o) const {
    t.Ref(o.member).Bytes(o.type.str()).Number(o.amount).Bytes(o.reason.str()).Bytes(o.reference);
    if (o.asks) t.Bytes("ask");
  }
  void operator()(const Approve& o) const {
    t.Number(static_cast<std::int64_t>(o.asked)).Bytes(principal);
  }
  void operator()(const Decline& o) const {
    t.Number(static_cast<std::int64_t>(o.asked)).Bytes(principal);
  }
  void operator()(const CreateProgram& o) const { t.Bytes(AsBytes(o.digest)); }
  void operator()(const CreateRevision& o) const { t.Bytes(AsBytes(o.digest)); }
  void operator()(const ActivateRevision& o) const { t.Number(o.number); }
  void operator()(const AdvanceMember& o) const {
    t.Number(static_cast<std::int64_t>(o.member.raw()));
  }
  void operator()(const ApproveRevision& o) const {
    t.Number(o.number).Number(o.digest ? 1 : 0).Bytes(AsBytes(o.digest.value_or(Hash{})));
    t.Bytes(principal);
    if (!o.simulation.empty()) t.Bytes(o.simulation);
  }
  void operator()(const ScheduleRevision& o) const { t.Number(o.number).Number(o.from.micros()); }
  void operator()(const CancelSchedule& o) const { t.Number(o.number); }
  void operator()(const PauseRule& o) const { t.Bytes(o.rule); }
  void operator()(const ResumeRule& o) const { t.Bytes(o.rule).Bytes(principal); }
  void operator()(const AdvanceProgram&) const {}
  void operator()(const AcknowledgeWarnings& o) const {
    t.Number(o.number).Number(o.digest ? 1 : 0).Bytes(AsBytes(o.digest.value_or(Hash{})));
    t.Number(static_cast<std::int64_t>(o.warnings.size()));
    for (const std::string& warning : o.warnings) t.Bytes(warning);
    t.Bytes(principal);
  }
  void operator()(const SetTierFloor& o) const {
    t.Ref(o.member).Bytes(o.tier);
    t.Number(o.until ? 1 : 0).Number(o.until.value_or(Timestamp()).micros());
  }
  void operator()(const MatchTier& o) const { t.Ref(o.member).Bytes(o.tier); }
  void operator()(const ImportMember& o) const {
    const auto instant = [&](const std::optional<Timestamp>& at) {
      t.Number(at ? 1 : 0).Number(at.value_or(Timestamp()).micros());
    };
    t.Number(static_cast<std::int64_t>(o.identities.size()));
    for (const IdentityLink& link : o.identities) t.Link(link);
    t.Number(static_cast<std::int64_t>(o.channel)).Bytes(o.store.str());
    instant(o.enrolled_at);
    t.Number(static_cast<std::int64_t>(o.lots.size()));
    for (const ImportMember::OpeningLot& lot : o.lots) {
      t.Bytes(lot.type.str()).Number(lot.amount).Number(lot.awarded_at.micros());
      instant(lot.activates_at);
      t.Number(lot.expires_at.micros());
    }
    t.Number(static_cast<std::int64_t>(o.history.size()));
    for (const ImportMember::HistoryDay& day : o.history) {
      t.Number(day.on.days()).Number(day.spend).Number(day.purchases);
    }
    t.Number(o.tier ? 1 : 0);
    if (!o.tier) return;
    t.Bytes(o.tier->tier).Number(o.tier->since.micros());
    instant(o.tier->review_at);
  }
  void operator()(const MergeMembers& o) const {
    t.Ref(o.merged).Ref(o.survivor).Bytes(o.reason.str());
  }
  void operator()(const UnmergeMembers& o) const {
    t.Number(static_cast<std::int64_t>(o.merged.raw())).Bytes(o.reason.str());
  }
  void operator()(const KeepReceipt& o) const { (*this)(o.sale); }
  void operator()(const ClaimReceipt& o) const { t.Ref(o.member).Receipt(o.receipt); }
  void operator()(const TransferPoints& o) const {
    t.Ref(o.from).Ref(o.to).Bytes(o.type.str()).Number(o.amount).Bytes(o.reference);
  }
  void operator()(const ExtendLots& o) const {
    t.Ref(o.member).Number(static_cast<std::int64_t>(o.lots.size()));
    for (const LotId& lot : o.lots) {
      t.Number(static_cast<std::int64_t>(lot.sequence)).Number(lot.number);
    }
    t.Number(o.expires_at.micros()).Bytes(o.reason.str()).Bytes(o.reference);
  }
  void operator()(const ReinstatePoints& o) const {
    t.Ref(o.member).Number(static_cast<std::int64_t>(o.expiry)).Bytes(o.type.str());
    t.Number(o.amount ? 1 : 0).Number(o.amount.value_or(0));
    t.Number(o.expires_at.micros()).Bytes(o.reason.str()).Bytes(o.reference);
  }
  void operator()(const MoveIdentity& o) const {
    t.Link(o.identity).Ref(o.from).Ref(o.to).Bytes(o.reason.str());
  }
};

}  // namespace

// The first ones are numbered by their place.
Method MethodOf(const Order& order) {
  if (std::holds_alternative<AcknowledgeWarnings>(order)) return Method::kAcknowledgeWarnings;
  if (std::holds_alternative<SetTierFloor>(order)) return Method::kSetTierFloor;
  if (std::holds_alternative<MatchTier>(order)) return Method::kMatchTier;
  if (std::holds_alternative<SetMemberAttributes>(order)) return Method::kSetMemberAttributes;
  if (std::holds_alternative<ImportMember>(order)) return Method::kImportMember;
  if (std::holds_alternative<MergeMembers>(order)) return Method::kMergeMembers;
  if (std::holds_alternative<UnmergeMembers>(order)) return Method::kUnmergeMembers;
  if (std::holds_alternative<MoveIdentity>(order)) return Method::kMoveIdentity;
  if (std::holds_alternative<TransferPoints>(order)) return Method::kTransferPoints;
  if (std::holds_alternative<KeepReceipt>(order)) return Method::kKeepReceipt;
  if (std::holds_alternative<ClaimReceipt>(order)) return Method::kClaimReceipt;
  if (std::holds_alternative<ExtendLots>(order)) return Method::kExtendLots;
  if (std::holds_alternative<ReinstatePoints>(order)) return Method::kReinstatePoints;
  if (std::holds_alternative<CorrectReceipt>(order)) return Method::kCorrectReceipt;
  if (std::holds_alternative<Approve>(order)) return Method::kApprove;
  if (std::holds_alternative<Decline>(order)) return Method::kDecline;
  return static_cast<Method>(order.index() + 1);
}
static_assert(
    std::is_same_v<
        std::variant_alternative_t<static_cast<std::size_t>(Method::kAccruePurchase) - 1, Order>,
        AccruePurchase>);
static_assert(
    std::is_same_v<
        std::variant_alternative_t<static_cast<std::size_t>(Method::kAdvanceMember) - 1, Order>,
        AdvanceMember>);
static_assert(
    std::is_same_v<
        std::variant_alternative_t<static_cast<std::size_t>(Method::kAdvanceProgram) - 1, Order>,
        AdvanceProgram>);
static_assert(
    std::is_same_v<
        std::variant_alternative_t<static_cast<std::size_t>(Method::kAccrueActivity) - 1, Order>,
        AccrueActivity>);
static_assert(
    std::is_same_v<
        std::variant_alternative_t<static_cast<std::size_t>(Method::kAdjustPoints) - 1, Order>,
        AdjustPoints>);
static_assert(std::is_same_v<
              std::variant_alternative_t<static_cast<std::size_t>(Method::kVoidHold) - 1, Order>,
              VoidHold>);

absl::string_view ToString(Method method) {
  switch (method) {
    case Method::kEnrollMember:
      return "EnrollMember";
    case Method::kLinkIdentity:
      return "LinkIdentity";
    case Method::kUnlinkIdentity:
      return "UnlinkIdentity";
    case Method::kSuspendMember:
      return "SuspendMember";
    case Method::kReactivateMember:
      return "ReactivateMember";
    case Method::kCloseMember:
      return "CloseMember";
    case Method::kAccruePurchase:
      return "AccruePurchase";
    case Method::kReturnPurchase:
      return "ReturnPurchase";
    case Method::kRedeem:
      return "Redeem";
    case Method::kReverseRedemption:
      return "ReverseRedemption";
    case Method::kCreateProgram:
      return "CreateProgram";
    case Method::kCreateRevision:
      return "CreateRevision";
    case Method::kActivateRevision:
      return "ActivateRevision";
    case Method::kAdvanceMember:
      return "AdvanceMember";
    case Method::kApproveRevision:
      return "ApproveRevision";
    case Method::kScheduleRevision:
      return "ScheduleRevision";
    case Method::kCancelSchedule:
      return "CancelSchedule";
    case Method::kPauseRule:
      return "PauseRule";
    case Method::kResumeRule:
      return "ResumeRule";
    case Method::kAccrueActivity:
      return "AccrueActivity";
    case Method::kAdjustPoints:
      return "AdjustPoints";
    case Method::kSettleAccrual:
      return "SettleAccrual";
    case Method::kCancelAccrual:
      return "CancelAccrual";
    case Method::kHoldPoints:
      return "HoldPoints";
    case Method::kCaptureHold:
      return "CaptureHold";
    case Method::kVoidHold:
      return "VoidHold";
    case Method::kCorrectReceipt:
      return "CorrectReceipt";
    case Method::kAdvanceProgram:
      return "AdvanceProgram";
    case Method::kAcknowledgeWarnings:
      return "AcknowledgeWarnings";
    case Method::kSetTierFloor:
      return "SetTierFloor";
    case Method::kMatchTier:
      return "MatchTier";
    case Method::kSetMemberAttributes:
      return "SetMemberAttributes";
    case Method::kApprove:
      return "Approve";
    case Method::kDecline:
      return "Decline";
    case Method::kImportMember:
      return "ImportMember";
    case Method::kMergeMembers:
      return "MergeMembers";
    case Method::kUnmergeMembers:
      return "UnmergeMembers";
    case Method::kMoveIdentity:
      return "MoveIdentity";
    case Method::kTransferPoints:
      return "TransferPoints";
    case Method::kKeepReceipt:
      return "KeepReceipt";
    case Method::kClaimReceipt:
      return "ClaimReceipt";
    case Method::kExtendLots:
      return "ExtendLots";
    case Method::kReinstatePoints:
      return "ReinstatePoints";
  }
  return "";
}

Hash FingerprintOf(const Command& command) {
  Tuple tuple;
  tuple.Number(1)
      .Number(static_cast<std::int64_t>(MethodOf(command.order)))
      .Bytes(command.program.str());
  std::visit(Writer{tuple, command.principal}, command.order);
  return Sha256(tuple.bytes());
}

}  // namespace laurel
