#include "service/cli/names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"
#include "service/cli/suggest.h"

namespace laurel::cli {
namespace {

bool IsDigit(char c) { return '0' <= c && c <= '9'; }
bool IsLower(char c) { return 'a' <= c && c <= 'z'; }
bool IsLetterOrDigit(char c) { return IsDigit(c) || IsLower(c) || ('A' <= c && c <= 'Z'); }

constexpr absl::string_view kPrograms = "programs/";
constexpr std::size_t kReceiptPartMax = 40;

absl::Status Expected(absl::string_view subject, absl::string_view what, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(subject, ": must be ", what, ", was \"", text, "\""));
}

// All labels of an enum but that of 0, for messages.
std::vector<std::string> LabelsOf(const google::protobuf::EnumDescriptor& descriptor,
                                  absl::string_view prefix) {
  std::vector<std::string> labels;
  for (int i = 1; i < descriptor.value_count(); ++i)
    labels.push_back(LabelOf(descriptor.value(i)->name(), prefix));
  return labels;
}

absl::StatusOr<int> ParseLabel(const google::protobuf::EnumDescriptor& descriptor,
                               absl::string_view subject, absl::string_view prefix,
                               absl::string_view text) {
  const std::string name = absl::StrCat(prefix, absl::AsciiStrToUpper(text));
  const google::protobuf::EnumValueDescriptor* const value = descriptor.FindValueByName(name);
  if (value != nullptr && value->number() != 0) return value->number();
  const std::vector<std::string> labels = LabelsOf(descriptor, prefix);
  return absl::InvalidArgumentError(absl::StrCat(subject, ": must be one of ",
                                                 absl::StrJoin(labels, ", "), ", was \"", text,
                                                 "\"", DidYouMean(text, labels)));
}

}  // namespace

absl::StatusOr<std::string> ParseProgram(absl::string_view text) {
  absl::string_view id = text;
  absl::ConsumePrefix(&id, kPrograms);
  const bool is_good = !id.empty() && id.size() <= 40 && IsLower(id[0]) &&
                       std::all_of(id.begin(), id.end(),
                                   [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  if (!is_good) return Expected("program", "an id such as stars", text);
  return absl::StrCat(kPrograms, id);
}

std::string LastPart(absl::string_view name) {
  const std::size_t slash = name.rfind('/');
  return std::string(slash == absl::string_view::npos ? name : name.substr(slash + 1));
}

absl::StatusOr<v1::IdentityKind> ParseKind(absl::string_view text) {
  ASSIGN_OR_RETURN(const int number,
                   ParseLabel(*v1::IdentityKind_descriptor(), "identity", "IDENTITY_KIND_", text));
  return static_cast<v1::IdentityKind>(number);
}

absl::StatusOr<v1::IdentityKey> ParseIdentity(absl::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == absl::string_view::npos || colon + 1 == text.size()) {
    // The value may be personal: it is not repeated.
    return absl::InvalidArgumentError(
        "identity: must be kind:value such as card:4006381333931, was without a value");
  }
  absl::string_view label = text.substr(0, colon);
  const std::size_t at = label.find('@');
  v1::IdentityKey key;
  if (at != absl::string_view::npos) {
    key.set_region(std::string(label.substr(at + 1)));
    label = label.substr(0, at);
  }
  ASSIGN_OR_RETURN(const v1::IdentityKind kind, ParseKind(label));
  key.set_kind(kind);
  key.set_value(std::string(text.substr(colon + 1)));
  return key;
}

absl::StatusOr<v1::MemberRef> ParseMember(absl::string_view text, absl::string_view program) {
  v1::MemberRef member;
  if (absl::StartsWith(text, kPrograms)) {
    member.set_name(std::string(text));
  } else if (text.find(':') != absl::string_view::npos) {
    ASSIGN_OR_RETURN(*member.mutable_identity(), ParseIdentity(text));
  } else if (!text.empty() && text.find('/') == absl::string_view::npos) {
    member.set_name(absl::StrCat(program, "/members/", text));
  } else {
    return Expected("member", "kind:value such as card:4006381333931, or a member's name", text);
  }
  return member;
}

absl::StatusOr<std::string> ParseEntry(absl::string_view text, absl::string_view program) {
  if (absl::StartsWith(text, kPrograms)) return std::string(text);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
  std::uint64_t number = 0;
  if (parts.size() == 2 && absl::SimpleAtoi(parts[0], &number) &&
      absl::SimpleAtoi(parts[1], &number)) {
    return absl::StrCat(program, "/entries/", text);
  }
  return Expected("entry", "partition-sequence such as 0-12, or an entry's name", text);
}

absl::StatusOr<v1::Channel> ParseChannel(absl::string_view text) {
  ASSIGN_OR_RETURN(const int number,
                   ParseLabel(*v1::Channel_descriptor(), "channel", "CHANNEL_", text));
  return static_cast<v1::Channel>(number);
}

bool IsReceiptPart(absl::string_view text) {
  return !text.empty() && text.size() <= kReceiptPartMax && IsLetterOrDigit(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '_' || c == '-'; });
}

absl::StatusOr<v1::Receipt> ParseReceipt(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  if (parts.size() != 4) return Expected("receipt", "STORE/TERMINAL/DATE/NUMBER", text);
  const absl::StatusOr<Date> date = Date::Parse(parts[2]);
  if (!date.ok())
    return Expected("receipt", "STORE/TERMINAL/DATE/NUMBER with a date such as 2024-02-29", text);
  for (const absl::string_view part : {parts[0], parts[1], parts[3]}) {
    if (!IsReceiptPart(part)) return Expected("receipt", "made of letters, digits, - and _", text);
  }
  v1::Receipt receipt;
  receipt.set_store(std::string(parts[0]));
  receipt.set_terminal(std::string(parts[1]));
  *receipt.mutable_business_on() = ToProto(*date);
  receipt.set_number(std::string(parts[3]));
  return receipt;
}

std::string RenderReceipt(const v1::Receipt& receipt) {
  if (receipt.number().empty()) return "";
  return absl::StrCat(receipt.store(), "/", receipt.terminal(), "/",
                      RenderDate(receipt.business_on()), "/", receipt.number());
}

google::protobuf::Timestamp ToProto(Timestamp instant) {
  // Nanoseconds count upwards from the second, also before 1970.
  std::int64_t seconds = instant.micros() / kMicrosPerSecond;
  std::int64_t micros = instant.micros() % kMicrosPerSecond;
  if (micros < 0) {
    micros += kMicrosPerSecond;
    --seconds;
  }
  google::protobuf::Timestamp proto;
  proto.set_seconds(seconds);
  proto.set_nanos(static_cast<std::int32_t>(micros * 1'000));
  return proto;
}

google::type::Date ToProto(Date date) {
  google::type::Date proto;
  proto.set_year(date.year());
  proto.set_month(date.month());
  proto.set_day(date.day());
  return proto;
}

Timestamp FromProto(const google::protobuf::Timestamp& instant) {
  return Timestamp::FromMicros(instant.seconds() * kMicrosPerSecond + instant.nanos() / 1'000);
}

std::string RenderDate(const google::type::Date& date) {
  const std::optional<Date> civil = Date::FromCivil(date.year(), date.month(), date.day());
  return civil ? ToString(*civil) : "";
}

std::string LabelOf(absl::string_view name, absl::string_view prefix) {
  absl::ConsumePrefix(&name, prefix);
  return absl::AsciiStrToLower(name);
}

}  // namespace laurel::cli
