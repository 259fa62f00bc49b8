#include "engine/domain/entry.h"

namespace laurel {

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
    case EntryKind::kWarningsAcknowledged:
      return "warnings_acknowledged";
    case EntryKind::kTierFloorSet:
      return "tier_floor_set";
    case EntryKind::kMemberImported:
      return "member_imported";
  }
  return "";
}

}  // namespace laurel
