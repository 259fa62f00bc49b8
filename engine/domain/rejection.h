#ifndef LAUREL_ENGINE_DOMAIN_REJECTION_H_
#define LAUREL_ENGINE_DOMAIN_REJECTION_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel {

// Why a command that was well formed is refused: states of the world, in order of precedence. The
// numbers are persisted in entries and frozen.
enum class Rejection : std::uint8_t {
  kResourceNotFound = 1,        // the program, or another thing named, does not exist
  kRevisionNotFound = 2,        // the program has no such revision
  kMemberNotFound = 3,          // no member has this id or identity
  kPurchaseNotFound = 4,        // no such receipt was accrued
  kEntryNotFound = 5,           // no such redemption entry
  kIdTaken = 6,                 // the chosen program id exists
  kMemberNotActive = 7,         // the member's state forbids it
  kIdentityTaken = 8,           // the identity names another member
  kReceiptAlreadyPosted = 9,    // the same receipt came under another request id
  kReceiptContentDiffers = 10,  // the same receipt came with other content
  kInvalidState = 11,           // any other illegal move of a state
  kAmountNotAllowed = 12,    // currency, point type or amount that the program does not allow here
  kInsufficientPoints = 13,  // less is available than required
  kReturnExceedsPurchase = 14,      // more is returned than was bought and is left
  kReversalExceedsRedemption = 15,  // more is reversed than was redeemed and is left
  // Those below are never recorded: the request itself has to change.
  kOccurredAtOutOfWindow = 16,  // too far back or ahead for the program
  kInvalidField = 17,           // a field does not fit the program, such as another currency
  kRequestIdReused = 18,        // the request id was used for another request
  // Recorded again.
  kApprovalRequired = 19,       // too few people have approved
  kApprovalStale = 20,          // what was approved is not what is there
  kSelfApprovalForbidden = 21,  // the author, or who asked first, is no second person
  kLimitReached = 22,           // more than a limit leaves to who asks
  kSelfDealingForbidden = 23,   // nobody adjusts their own membership
  kHoldNotFound = 24,           // no such hold
  kCaptureExceedsHold = 25,     // more is captured than is left of the hold
  kHoldLapsed = 26,             // its time was up
  kHoldFinished = 27,           // it was captured or voided
  kCostMismatch = 40,           // what the receipt says was paid by points is not what they pay
  kMemberMerged = 50,           // another member has taken over
};
inline constexpr Rejection kRejectionLast = Rejection::kMemberMerged;
// Whether a refusal is kept under its request id, so that a late duplicate is refused for ever.
bool IsRecorded(Rejection rejection);
absl::string_view ToString(Rejection rejection);  // "INSUFFICIENT_POINTS"
// Every value above, for tests and tables.
const std::vector<Rejection>& AllRejections();

struct Rejected {
  Rejection reason;
  // Facts of the refusal by key, such as available -> 120. Sorted by key; no personal datum.
  std::vector<std::pair<std::string, std::string>> metadata;
  friend bool operator==(const Rejected&, const Rejected&) = default;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_REJECTION_H_
