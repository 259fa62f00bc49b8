#include "engine/domain/entry.h"

namespace laurel {

absl::string_view ToString(TierCause cause) {
  switch (cause) {
    case TierCause::kUpgraded:
      return "upgraded";
    case TierCause::kRetained:
      return "retained";
    case TierCause::kDowngraded:
      return "downgraded";
    case TierCause::kReturned:
      return "returned";
    case TierCause::kRetired:
      return "retired";
    case TierCause::kWaiting:
      return "waiting";
    case TierCause::kSecured:
      return "secured";
    case TierCause::kMatched:
      return "matched";
    case TierCause::kUnmatched:
      return "unmatched";
    case TierCause::kImported:
      return "imported";
    case TierCause::kMerged:
      return "merged";
    case TierCause::kUnmerged:
      return "unmerged";
  }
  return "";
}

absl::string_view ToString(EntryKind kind) {
  switch (kind) {
    case EntryKind::kRefused:
      return "refused";
    case EntryKind::kMemberEnrolled:
      return "member_enrolled";
    case EntryKind::kIdentityLinked:
      return "identity_linked";
    case EntryKind::kIdentityUnlinked:
      return "identity_unlinked";
    case EntryKind::kMemberSuspended:
      return "member_suspended";
    case EntryKind::kMemberReactivated:
      return "member_reactivated";
    case EntryKind::kMemberClosed:
      return "member_closed";
    case EntryKind::kAccrue:
      return "accrue";
    case EntryKind::kReturn:
      return "return";
    case EntryKind::kRedeem:
      return "redeem";
    case EntryKind::kReverseRedemption:
      return "reverse_redemption";
    case EntryKind::kExpire:
      return "expire";
    case EntryKind::kTierReview:
      return "tier_review";
    case EntryKind::kProgramCreated:
      return "program_created";
    case EntryKind::kRevisionCreated:
      return "revision_created";
    case EntryKind::kRevisionActivated:
      return "revision_activated";
    case EntryKind::kRevisionApproved:
      return "revision_approved";
    case EntryKind::kRevisionScheduled:
      return "revision_scheduled";
    case EntryKind::kScheduleCancelled:
      return "schedule_cancelled";
    case EntryKind::kRulePaused:
      return "rule_paused";
    case EntryKind::kActivity:
      return "activity";
    case EntryKind::kTierJudged:
      return "tier_judged";
    case EntryKind::kMembersJudged:
      return "members_judged";
    case EntryKind::kAdjust:
      return "adjust";
    case EntryKind::kRuleResumed:
      return "rule_resumed";
    case EntryKind::kActivate:
      return "activate";
    case EntryKind::kSettle:
      return "settle";
    case EntryKind::kCancelPending:
      return "cancel_pending";
    case EntryKind::kHold:
      return "hold";
    case EntryKind::kCapture:
      return "capture";
    case EntryKind::kVoidHold:
      return "void_hold";
    case EntryKind::kHoldLapsed:
      return "hold_lapsed";
    case EntryKind::kReturnUnmatched:
      return "return_unmatched";
    case EntryKind::kExchange:
      return "exchange";
    case EntryKind::kCorrect:
      return "correct";
    case EntryKind::kWarningsAcknowledged:
      return "warnings_acknowledged";
    case EntryKind::kTierFloorSet:
      return "tier_floor_set";
    case EntryKind::kMemberAttributesSet:
      return "member_attributes_set";
    case EntryKind::kAdjustmentAsked:
      return "adjustment_asked";
    case EntryKind::kAskedDeclined:
      return "asked_declined";
    case EntryKind::kMemberImported:
      return "member_imported";
    case EntryKind::kLotsExtended:
      return "lots_extended";
    case EntryKind::kPointsReinstated:
      return "points_reinstated";
    case EntryKind::kMembersMerged:
      return "members_merged";
    case EntryKind::kMembersUnmerged:
      return "members_unmerged";
    case EntryKind::kIdentityMoved:
      return "identity_moved";
    case EntryKind::kTransfer:
      return "transfer";
    case EntryKind::kReceiptKept:
      return "receipt_kept";
  }
  return "";
}

}  // namespace laurel
