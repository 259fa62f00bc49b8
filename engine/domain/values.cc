#include "engine/domain/values.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel {
namespace {
constexpr int kSequenceBits = 48;  // 2.8e14 entries a partition
}

MemberId MemberIdFor(PartitionId partition, std::uint64_t sequence) {
  LAUREL_CHECK(sequence != 0 && sequence < (std::uint64_t{1} << kSequenceBits),
               "a sequence fits its bits");
  return MemberId::Of((std::uint64_t{partition} << kSequenceBits) | sequence);
}

PartitionId PartitionOf(MemberId member) {
  return static_cast<PartitionId>(member.raw() >> kSequenceBits);
}

absl::string_view ToString(MemberState state) {
  switch (state) {
    case MemberState::kActive:
      return "ACTIVE";
    case MemberState::kSuspended:
      return "SUSPENDED";
    case MemberState::kClosed:
      return "CLOSED";
    case MemberState::kMerged:
      return "MERGED";
  }
  return "";
}

absl::string_view ToString(RevisionState state) {
  switch (state) {
    case RevisionState::kDraft:
      return "DRAFT";
    case RevisionState::kApproved:
      return "APPROVED";
    case RevisionState::kScheduled:
      return "SCHEDULED";
    case RevisionState::kActive:
      return "ACTIVE";
    case RevisionState::kSuperseded:
      return "SUPERSEDED";
  }
  return "";
}

absl::string_view ToString(Role role) {
  switch (role) {
    case Role::kNone:
      return "";
    case Role::kPos:
      return "POS";
    case Role::kShop:
      return "SHOP";
    case Role::kMarketing:
      return "MARKETING";
    case Role::kFinance:
      return "FINANCE";
    case Role::kAgent:
      return "AGENT";
    case Role::kAuditor:
      return "AUDITOR";
    case Role::kPrivacy:
      return "PRIVACY";
    case Role::kPartner:
      return "PARTNER";
    case Role::kAdmin:
      return "ADMIN";
  }
  return "";
}

std::optional<Role> ParseRole(absl::string_view name) {
  for (std::uint8_t number = 1; number <= static_cast<std::uint8_t>(Role::kAdmin); ++number) {
    const Role role = static_cast<Role>(number);
    if (ToString(role) == name) return role;
  }
  return std::nullopt;
}

absl::string_view ToString(HoldState state) {
  switch (state) {
    case HoldState::kOpen:
      return "OPEN";
    case HoldState::kCaptured:
      return "CAPTURED";
    case HoldState::kVoided:
      return "VOIDED";
    case HoldState::kLapsed:
      return "LAPSED";
  }
  return "";
}

bool SpendsBefore(const LotKey& a, const LotKey& b) {
  return std::tie(a.expires_at, a.id, a.member) < std::tie(b.expires_at, b.id, b.member);
}

std::string ToString(LotId id) { return absl::StrCat(id.sequence, ".", id.number); }

bool IsMemberAccount(AccountClass account) {
  return account == AccountClass::kMemberAvailable || account == AccountClass::kMemberPending ||
         account == AccountClass::kMemberHeld;
}

std::string AccountName(AccountClass account, absl::string_view detail) {
  switch (account) {
    case AccountClass::kMemberAvailable:
      return "member/available";
    case AccountClass::kMemberPending:
      return "member/pending";
    case AccountClass::kMemberHeld:
      return "member/held";
    case AccountClass::kIssuance:
      return absl::StrCat("issuance/", detail);
    case AccountClass::kRedemption:
      return absl::StrCat("redemption/", detail);
    case AccountClass::kExpiration:
      return absl::StrCat("expiration/", detail);
    case AccountClass::kAdjustment:
      return absl::StrCat("adjustment/", detail);
  }
  return "";
}

std::string ToString(const ReceiptKey& receipt) {
  return absl::StrCat(receipt.store.str(), "/", receipt.terminal.str(), "/",
                      ToString(receipt.business_on), "/", receipt.number.str());
}

}  // namespace laurel
