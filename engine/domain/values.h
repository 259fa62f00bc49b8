#ifndef LAUREL_ENGINE_DOMAIN_VALUES_H_
#define LAUREL_ENGINE_DOMAIN_VALUES_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/base/hash.h"
#include "engine/base/id.h"
#include "engine/base/text.h"
#include "engine/base/time.h"

// The values that commands, events and records are made of.
namespace laurel {

// ---- names
// ---------------------------------------------------------------------------------------------------

struct ProgramTag {
  static constexpr std::size_t kMax = 40;
  static constexpr const char* kForm = "a lower-case letter, then 1 to 39 of a-z 0-9 -";
  static bool IsFirst(char c) { return text_form::IsLower(c); }
  static bool IsNext(char c) { return text_form::IsLower(c) || text_form::IsDigit(c) || c == '-'; }
};
using ProgramId = Text<ProgramTag>;

struct PointTypeTag {
  static constexpr std::size_t kMax = 40;
  static constexpr const char* kForm = "1 to 40 of a-z 0-9 _";
  static bool IsFirst(char c) { return text_form::IsLower(c) || text_form::IsDigit(c); }
  static bool IsNext(char c) { return IsFirst(c) || c == '_'; }
};
using PointTypeId = Text<PointTypeTag>;

// Stores, terminals and receipt numbers. Never begin with a sign, so that no spreadsheet takes one
// for a formula.
struct PlaceTag {
  static constexpr std::size_t kMax = 40;
  static constexpr const char* kForm = "1 to 40 of A-Z a-z 0-9 _ -, first a letter or digit";
  static bool IsFirst(char c) { return text_form::IsAlnum(c); }
  static bool IsNext(char c) { return IsFirst(c) || c == '_' || c == '-'; }
};
using PlaceId = Text<PlaceTag>;

struct RequestTag {
  static constexpr std::size_t kMax = 64;
  static constexpr const char* kForm = "8 to 64 of A-Z a-z 0-9 . _ : -, first a letter or digit";
  static bool IsFirst(char c) { return text_form::IsAlnum(c); }
  static bool IsNext(char c) { return IsFirst(c) || c == '.' || c == '_' || c == ':' || c == '-'; }
};
using RequestId = Text<RequestTag>;

// Why points were moved by hand; part of an account's name.
struct ReasonTag {
  static constexpr std::size_t kMax = 40;
  static constexpr const char* kForm = "1 to 40 of a-z 0-9 _, first a letter";
  static bool IsFirst(char c) { return text_form::IsLower(c); }
  static bool IsNext(char c) { return text_form::IsLower(c) || text_form::IsDigit(c) || c == '_'; }
};
using ReasonCode = Text<ReasonTag>;

inline constexpr std::size_t kRequestIdMin = 8;

using MemberId = Id<struct MemberTag>;

// A member's id is made from the entry that enrolled it: unique for ever without a random source,
// and rising, which is kind to an ordered store.
MemberId MemberIdFor(PartitionId partition, std::uint64_t sequence);
PartitionId PartitionOf(MemberId member);

// A keyed hash (HMAC-SHA-256, first 16 bytes) of program, kind and normalised value. The value
// itself never reaches the domain.
using IdentityHash = std::array<std::uint8_t, 16>;

enum class IdentityKind : std::uint8_t {
  kCard = 1,
  kPhone = 2,
  kEmail = 3,
  kApp = 4,
  kMiniProgram = 5,
  kWeb = 6,
  kSocial = 7,
  kShop = 8,
  kPartner = 9,
  kStaff = 10,  // who works here, by the name under which they call
};
inline constexpr IdentityKind kIdentityKindLast = IdentityKind::kStaff;

enum class Channel : std::uint8_t {
  kNone = 0,
  kPos = 1,
  kApp = 2,
  kWeb = 3,
  kMiniProgram = 4,
  kPartner = 5,
  kLive = 6,
  kSocial = 7,
  kCommunity = 8,
};

// What a caller may do. Numbers are persisted in entries and frozen.
enum class Role : std::uint8_t {
  kNone = 0,  // none was named
  kPos = 1,
  kShop = 2,
  kMarketing = 3,
  kFinance = 4,
  kAgent = 5,
  kAuditor = 6,
  kPrivacy = 7,
  kPartner = 8,
  kAdmin = 9,
};
absl::string_view ToString(Role role);  // MARKETING; empty for kNone
// Empty if there is no such role; kNone has no name.
std::optional<Role> ParseRole(absl::string_view name);

enum class MemberState : std::uint8_t {
  kActive = 1,
  kSuspended = 2,
  kClosed = 3,
  kMerged = 4,  // another member has taken over; its id leads there
};
absl::string_view ToString(MemberState state);  // ACTIVE

// Life of a revision. Numbers are persisted in entries and frozen.
enum class RevisionState : std::uint8_t {
  kDraft = 1,
  kApproved = 2,
  kScheduled = 3,
  kActive = 4,
  kSuperseded = 5,
};
absl::string_view ToString(RevisionState state);  // DRAFT

// ---- points
// --------------------------------------------------------------------------------------------------

// Points and money are int64 counts of the smallest unit. No amount in a command or a balance goes
// beyond this.
inline constexpr std::int64_t kAmountMax = 1'000'000'000'000'000;
// Of one purchase, in minor units.
inline constexpr std::int64_t kPurchaseTotalMax = 1'000'000'000'000;
inline constexpr std::size_t kLinesMax = 500;

// A lot is named by the entry that created it and its number in that entry, from 1.
struct LotId {
  std::uint64_t sequence = 0;
  std::uint32_t number = 0;
  friend auto operator<=>(const LotId&, const LotId&) = default;
};
std::string ToString(LotId id);  // 12.1

// In spend order: what ends first goes first, then the older. Field order is the order of spending.
struct LotKey {
  MemberId member;
  PointTypeId type;
  Timestamp expires_at;
  LotId id;
  friend auto operator<=>(const LotKey&, const LotKey&) = default;
};
// Of lots of one point type, whosever they were once: which is spent first.
bool SpendsBefore(const LotKey& a, const LotKey& b);

enum class Bucket : std::uint8_t { kPending = 1, kAvailable = 2, kHeld = 3 };

// What a pending lot waits for where no instant is known at which it becomes available. Numbers are
// persisted in entries and frozen.
enum class Awaiting : std::uint8_t {
  kNothing = 0,
  kSettlement = 1,  // that the goods are settled for
  kPerson = 2,      // that a person has looked: the activity brought unusually many points
};

// A hold is named by its member and the entry that placed it.
struct HoldKey {
  MemberId member;
  std::uint64_t sequence = 0;
  friend auto operator<=>(const HoldKey&, const HoldKey&) = default;
};
// Numbers are persisted in entries and frozen.
enum class HoldState : std::uint8_t { kOpen = 1, kCaptured = 2, kVoided = 3, kLapsed = 4 };
absl::string_view ToString(HoldState state);  // OPEN
// How long a hold may last, and does where nothing is said.
// How long what somebody asks for waits for another person.
inline constexpr std::int64_t kApprovalMicros = 72 * kMicrosPerHour;
inline constexpr std::int64_t kHoldMicrosMin = kMicrosPerSecond;
inline constexpr std::int64_t kHoldMicrosDefault = 15 * kMicrosPerMinute;
inline constexpr std::int64_t kHoldMicrosMax = 30 * kMicrosPerDay;

// How long after its day a guest's receipt may be claimed, in civil days.
inline constexpr int kClaimDays = 30;

// How long after their end points may come back, in civil days, where nothing is said.
inline constexpr int kReinstateDays = 30;
inline constexpr int kReinstateDaysMax = 3'650;

enum class AccountClass : std::uint8_t {
  kMemberAvailable = 1,
  kMemberPending = 2,
  kMemberHeld = 3,
  kIssuance = 4,
  kRedemption = 5,
  kExpiration = 6,
  kAdjustment = 7,
};
// One of a member's three.
bool IsMemberAccount(AccountClass account);
// "member/available"; "issuance/base".
std::string AccountName(AccountClass account, absl::string_view detail);

// ---- receipts
// ------------------------------------------------------------------------------------------------

// The natural key of a till's document, within a program.
struct ReceiptKey {
  PlaceId store;
  PlaceId terminal;
  Date business_on;
  PlaceId number;
  friend auto operator<=>(const ReceiptKey&, const ReceiptKey&) = default;
};
std::string ToString(const ReceiptKey& receipt);  // S12/T3/2026-01-03/000123

enum class PurchaseLineKind : std::uint8_t {
  kSale = 1,
  kReturn = 2,
  kVoid = 3,
  kFee = 4,
  kGiftCard = 5,
  kDeposit = 6,
};

// Where a till numbers what it sends, and says that it had no network.
struct TerminalRow {
  std::int64_t number = 0;  // > 0; 0: it is not numbered
  bool is_offline = false;
  friend bool operator==(const TerminalRow&, const TerminalRow&) = default;
};

// What decided how many of the points that were put in pay. Numbers are persisted in entries and
// frozen.
enum class PaidBound : std::uint8_t {
  kNone = 0,  // none were put in
  kOffered = 1,
  kOrder = 2,    // what the purchase costs, or the part of it that points may pay
  kStep = 3,     // payments are multiples of a step
  kMinimum = 4,  // fewer are not taken
};

// A line of an earlier receipt.
struct LineOriginal {
  ReceiptKey receipt;
  std::int32_t line = 0;
  friend bool operator==(const LineOriginal&, const LineOriginal&) = default;
};

// How much of one line comes back.
struct ReturnLine {
  std::int32_t line = 0;
  std::int64_t quantity_micros = 0;    // > 0
  std::optional<std::int64_t> refund;  // minor units; left out: in proportion to the quantity
  friend bool operator==(const ReturnLine&, const ReturnLine&) = default;
};

struct PurchaseLine {
  std::int32_t line = 0;  // number on the receipt, from 1, unique
  PurchaseLineKind kind = PurchaseLineKind::kSale;
  std::int64_t net = 0;              // minor units, after discounts
  std::int64_t quantity_micros = 0;  // millionths
  std::string sku;
  std::vector<std::string> categories;
  std::string brand;
  std::vector<std::string> tags;
  std::int64_t list = 0;                      // minor units, before discounts
  std::int64_t tax = 0;                       // minor units, added on top of net
  std::optional<LineOriginal> original = {};  // of goods that come back with this receipt
  // Whether the member has it from this receipt, and may bring it back: not what came back with it,
  // nor a cancelled line.
  bool is_sold() const {
    return kind != PurchaseLineKind::kReturn && kind != PurchaseLineKind::kVoid;
  }
  friend bool operator==(const PurchaseLine&, const PurchaseLine&) = default;
};

// A fact that an activity reports, as the program declares it. MONEY is an int in minor units.
struct AttributeValue {
  std::string id;
  std::variant<std::int64_t, bool, std::string, Timestamp> value;
  friend bool operator==(const AttributeValue&, const AttributeValue&) = default;
};

// A fact that somebody has told of a member, for rules to read.
struct MemberAttribute {
  AttributeValue attribute;
  Timestamp ends_at = Timestamp::Never();  // exclusive: from then on it counts as absent
  friend bool operator==(const MemberAttribute&, const MemberAttribute&) = default;
};

// What a purchase was paid with.
struct Tender {
  std::string kind;         // POINTS, VOUCHER, CASH, CARD, GIFT_CARD …
  std::int64_t amount = 0;  // minor units, >= 0
  friend bool operator==(const Tender&, const Tender&) = default;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_DOMAIN_VALUES_H_
