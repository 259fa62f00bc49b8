#ifndef LAUREL_SERVICE_CLI_NAMES_H_
#define LAUREL_SERVICE_CLI_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/time.h"
#include "laurel/v1/types.pb.h"

// Between what people type and the messages of the API. Parsers fail with INVALID_ARGUMENT, `what:
// must be …, was …`.
namespace laurel::cli {

// "stars" or "programs/stars" -> "programs/stars".
absl::StatusOr<std::string> ParseProgram(absl::string_view text);
// "programs/stars" -> "stars"; other texts stay as they are.
std::string LastPart(absl::string_view name);

// "card:123", "phone:+4930123456": a kind, a colon, the value. "phone@DE:030 123456": a number as
// in a country.
absl::StatusOr<v1::IdentityKey> ParseIdentity(absl::string_view text);
// The kind alone, such as "card" or "mini_program".
absl::StatusOr<v1::IdentityKind> ParseKind(absl::string_view text);
// An identity as above, the full name of a member, or its last part.
absl::StatusOr<v1::MemberRef> ParseMember(absl::string_view text, absl::string_view program);
// "0-12" or the full name.
absl::StatusOr<std::string> ParseEntry(absl::string_view text, absl::string_view program);
// "pos", "mini_program".
absl::StatusOr<v1::Channel> ParseChannel(absl::string_view text);

// "STORE/TERMINAL/DATE/NUMBER", such as "S12/T3/2026-01-03/000124".
absl::StatusOr<v1::Receipt> ParseReceipt(absl::string_view text);
std::string RenderReceipt(const v1::Receipt& receipt);
// Whether `text` can be a store, a terminal or a receipt number.
bool IsReceiptPart(absl::string_view text);

google::protobuf::Timestamp ToProto(Timestamp instant);
google::type::Date ToProto(Date date);
Timestamp FromProto(const google::protobuf::Timestamp& instant);
// Empty where the date is absent.
std::string RenderDate(const google::type::Date& date);

// "MEMBER_STATE_ACTIVE" -> "active": the value of an enum without the prefix that all its values
// share.
std::string LabelOf(absl::string_view name, absl::string_view prefix);

inline std::string Label(v1::MemberState value) {
  return LabelOf(v1::MemberState_Name(value), "MEMBER_STATE_");
}
inline std::string Label(v1::IdentityKind value) {
  return LabelOf(v1::IdentityKind_Name(value), "IDENTITY_KIND_");
}
inline std::string Label(v1::EntryKind value) {
  return LabelOf(v1::EntryKind_Name(value), "ENTRY_KIND_");
}
inline std::string Label(v1::Channel value) { return LabelOf(v1::Channel_Name(value), "CHANNEL_"); }
inline std::string Label(v1::TierChangeCause value) {
  return LabelOf(v1::TierChangeCause_Name(value), "TIER_CHANGE_CAUSE_");
}

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_NAMES_H_
