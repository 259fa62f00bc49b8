#include "engine/domain/rejection.h"

namespace laurel {

absl::string_view ToString(Rejection rejection) {
  switch (rejection) {
    case Rejection::kResourceNotFound:
      return "RESOURCE_NOT_FOUND";
    case Rejection::kRevisionNotFound:
      return "REVISION_NOT_FOUND";
    case Rejection::kMemberNotFound:
      return "MEMBER_NOT_FOUND";
    case Rejection::kPurchaseNotFound:
      return "PURCHASE_NOT_FOUND";
    case Rejection::kEntryNotFound:
      return "ENTRY_NOT_FOUND";
    case Rejection::kIdTaken:
      return "ID_TAKEN";
    case Rejection::kMemberNotActive:
      return "MEMBER_NOT_ACTIVE";
    case Rejection::kIdentityTaken:
      return "IDENTITY_TAKEN";
    case Rejection::kReceiptAlreadyPosted:
      return "RECEIPT_ALREADY_POSTED";
    case Rejection::kReceiptContentDiffers:
      return "RECEIPT_CONTENT_DIFFERS";
    case Rejection::kInvalidState:
      return "INVALID_STATE";
    case Rejection::kAmountNotAllowed:
      return "AMOUNT_NOT_ALLOWED";
    case Rejection::kInsufficientPoints:
      return "INSUFFICIENT_POINTS";
    case Rejection::kReturnExceedsPurchase:
      return "RETURN_EXCEEDS_PURCHASE";
    case Rejection::kReversalExceedsRedemption:
      return "REVERSAL_EXCEEDS_REDEMPTION";
    case Rejection::kOccurredAtOutOfWindow:
      return "OCCURRED_AT_OUT_OF_WINDOW";
    case Rejection::kInvalidField:
      return "INVALID_FIELD";
    case Rejection::kRequestIdReused:
      return "REQUEST_ID_REUSED";
    case Rejection::kApprovalRequired:
      return "APPROVAL_REQUIRED";
    case Rejection::kApprovalStale:
      return "APPROVAL_STALE";
    case Rejection::kSelfApprovalForbidden:
      return "SELF_APPROVAL_FORBIDDEN";
    case Rejection::kLimitReached:
      return "LIMIT_REACHED";
    case Rejection::kSelfDealingForbidden:
      return "SELF_DEALING_FORBIDDEN";
    case Rejection::kHoldNotFound:
      return "HOLD_NOT_FOUND";
    case Rejection::kCaptureExceedsHold:
      return "CAPTURE_EXCEEDS_HOLD";
    case Rejection::kHoldLapsed:
      return "HOLD_LAPSED";
    case Rejection::kHoldFinished:
      return "HOLD_FINISHED";
    case Rejection::kMemberMerged:
      return "MEMBER_MERGED";
    case Rejection::kCostMismatch:
      return "COST_MISMATCH";
  }
  return "";
}

bool IsRecorded(Rejection rejection) {
  switch (rejection) {
    case Rejection::kOccurredAtOutOfWindow:
    case Rejection::kInvalidField:
    case Rejection::kRequestIdReused:
      return false;
    default:
      return true;
  }
}

const std::vector<Rejection>& AllRejections() {
  static const auto* const all = new std::vector<Rejection>{Rejection::kResourceNotFound,
                                                            Rejection::kRevisionNotFound,
                                                            Rejection::kMemberNotFound,
                                                            Rejection::kPurchaseNotFound,
                                                            Rejection::kEntryNotFound,
                                                            Rejection::kIdTaken,
                                                            Rejection::kMemberNotActive,
                                                            Rejection::kIdentityTaken,
                                                            Rejection::kReceiptAlreadyPosted,
                                                            Rejection::kReceiptContentDiffers,
                                                            Rejection::kInvalidState,
                                                            Rejection::kAmountNotAllowed,
                                                            Rejection::kInsufficientPoints,
                                                            Rejection::kReturnExceedsPurchase,
                                                            Rejection::kReversalExceedsRedemption,
                                                            Rejection::kOccurredAtOutOfWindow,
                                                            Rejection::kInvalidField,
                                                            Rejection::kRequestIdReused,
                                                            Rejection::kApprovalRequired,
                                                            Rejection::kApprovalStale,
                                                            Rejection::kSelfApprovalForbidden,
                                                            Rejection::kLimitReached,
                                                            Rejection::kSelfDealingForbidden,
                                                            Rejection::kHoldNotFound,
                                                            Rejection::kCaptureExceedsHold,
                                                            Rejection::kHoldLapsed,
                                                            Rejection::kHoldFinished,
                                                            Rejection::kCostMismatch,
                                                            Rejection::kMemberMerged};
  return *all;
}

}  // namespace laurel
