#include "service/names.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "engine/journal/note.h"

namespace laurel {
namespace {

// Takes "programs/{program}" and, where `collection` is given, "/{collection}/" off the front.
std::optional<ProgramId> TakeProgram(absl::string_view& name, absl::string_view collection) {
  if (!absl::ConsumePrefix(&name, "programs/")) return std::nullopt;
  const std::size_t end = name.find('/');
  const absl::string_view id = name.substr(0, end);
  if (!ProgramId::IsValid(id)) return std::nullopt;
  name.remove_prefix(id.size());
  if (collection.empty()) {
    if (!name.empty()) return std::nullopt;
  } else if (!absl::ConsumePrefix(&name, "/") || !absl::ConsumePrefix(&name, collection) ||
             !absl::ConsumePrefix(&name, "/")) {
    return std::nullopt;
  }
  return ProgramId::Of(id);
}

template <class Number>
std::optional<Number> ParseNumber(absl::string_view text, std::uint64_t min) {
  const std::optional<std::uint64_t> number = ParseDecimal(text);
  if (!number || *number < min || *number > std::numeric_limits<Number>::max()) return std::nullopt;
  return static_cast<Number>(*number);
}

// The two parts of "a<separator>b".
std::optional<std::pair<absl::string_view, absl::string_view>> SplitTwo(absl::string_view text,
                                                                        char separator) {
  const std::size_t at = text.find(separator);
  if (at == absl::string_view::npos) return std::nullopt;
  return std::pair(text.substr(0, at), text.substr(at + 1));
}

// Takes the member of a thing off the front, with what stands between.
std::optional<NamedMember> TakeOwner(absl::string_view& name, absl::string_view collection) {
  const std::optional<ProgramId> program = TakeProgram(name, "members");
  if (!program) return std::nullopt;
  const std::optional<MemberId> member = ParseMemberToken(name.substr(0, kMemberTokenLength));
  if (!member) return std::nullopt;
  name.remove_prefix(kMemberTokenLength);
  if (!absl::ConsumePrefix(&name, collection)) return std::nullopt;
  return NamedMember{*program, *member};
}

std::optional<Date> ParseCompactDate(absl::string_view text) {
  if (text.size() != 8) return std::nullopt;
  int digits[8] = {};
  for (std::size_t i = 0; i < 8; ++i) {
    if (!text_form::IsDigit(text[i])) return std::nullopt;
    digits[i] = text[i] - '0';
  }
  return Date::FromCivil(digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
                         digits[4] * 10 + digits[5], digits[6] * 10 + digits[7]);
}

}  // namespace

std::string ProgramName(const ProgramId& program) {
  return absl::StrCat("programs/", program.str());
}

std::string RevisionName(const ProgramId& program, std::uint32_t number) {
  return absl::StrCat("programs/", program.str(), "/revisions/", number);
}

std::string MemberName(const ProgramId& program, MemberId member) {
  return absl::StrCat("programs/", program.str(), "/members/", MemberToken(member));
}

std::string LotName(const ProgramId& program, MemberId member, LotId lot) {
  return absl::StrCat("programs/", program.str(), "/members/", MemberToken(member), "/lots/",
                      lot.sequence, ".", lot.number);
}

std::string HoldName(const ProgramId& program, const HoldKey& hold) {
  return absl::StrCat(MemberName(program, hold.member), "/holds/", hold.sequence);
}

std::string EntryName(const ProgramId& program, PartitionId partition, std::uint64_t sequence) {
  return absl::StrCat("programs/", program.str(), "/entries/", partition, "-", sequence);
}

std::string ApprovalName(const ProgramId& program, PartitionId partition, std::uint64_t sequence) {
  return absl::StrCat("programs/", program.str(), "/approvals/", partition, "-", sequence);
}

std::string PurchaseName(const ProgramId& program, const ReceiptKey& receipt) {
  const Date on = receipt.business_on;
  return absl::StrCat("programs/", program.str(), "/purchases/", receipt.store.str(), ".",
                      receipt.terminal.str(), ".",
                      absl::Dec(on.year() * 10'000 + on.month() * 100 + on.day(), absl::kZeroPad8),
                      ".", receipt.number.str());
}

std::optional<ProgramId> ParseProgramName(absl::string_view name) { return TakeProgram(name, ""); }

std::optional<RevisionRef> ParseRevisionName(absl::string_view name) {
  const std::optional<ProgramId> program = TakeProgram(name, "revisions");
  if (!program) return std::nullopt;
  const std::optional<std::uint32_t> number = ParseNumber<std::uint32_t>(name, 1);
  if (!number) return std::nullopt;
  return RevisionRef{*program, *number};
}

std::string SimulationName(const ProgramId& program, absl::string_view id) {
  return absl::StrCat("programs/", program.str(), "/simulations/", id);
}

std::optional<SimulationRef> ParseSimulationName(absl::string_view name) {
  constexpr std::size_t kIdMin = 3;
  constexpr std::size_t kIdMax = 41;
  const std::optional<ProgramId> program = TakeProgram(name, "simulations");
  if (!program || name.size() < kIdMin || name.size() > kIdMax) return std::nullopt;
  for (const char c : name) {
    if (!text_form::IsDigit(c) && c != '-') return std::nullopt;
  }
  return SimulationRef{*program, std::string(name)};
}

std::optional<NamedMember> ParseMemberName(absl::string_view name) {
  const std::optional<ProgramId> program = TakeProgram(name, "members");
  if (!program) return std::nullopt;
  const std::optional<MemberId> member = ParseMemberToken(name);
  if (!member) return std::nullopt;
  return NamedMember{*program, *member};
}

std::optional<NamedLot> ParseLotName(absl::string_view name) {
  const std::optional<NamedMember> owner = TakeOwner(name, "/lots/");
  const auto parts = SplitTwo(name, '.');
  if (!owner || !parts) return std::nullopt;
  const auto sequence = ParseNumber<std::uint64_t>(parts->first, 1);
  const auto number = ParseNumber<std::uint32_t>(parts->second, 1);
  if (!sequence || !number) return std::nullopt;
  return NamedLot{owner->program, owner->member, LotId{*sequence, *number}};
}

std::optional<NamedHold> ParseHoldName(absl::string_view name) {
  const std::optional<NamedMember> owner = TakeOwner(name, "/holds/");
  const auto sequence = ParseNumber<std::uint64_t>(name, 1);
  if (!owner || !sequence) return std::nullopt;
  return NamedHold{owner->program, HoldKey{owner->member, *sequence}};
}

namespace {
// A name that ends in the place of an entry.
std::optional<EntryRef> ParseOfEntry(absl::string_view name, const char* collection) {
  const std::optional<ProgramId> program = TakeProgram(name, collection);
  if (!program) return std::nullopt;
  const auto parts = SplitTwo(name, '-');
  if (!parts) return std::nullopt;
  const auto partition = ParseNumber<PartitionId>(parts->first, 0);
  const auto sequence = ParseNumber<std::uint64_t>(parts->second, 1);
  if (!partition || !sequence) return std::nullopt;
  return EntryRef{*program, *partition, *sequence};
}
}  // namespace

std::optional<EntryRef> ParseEntryName(absl::string_view name) {
  return ParseOfEntry(name, "entries");
}

std::optional<EntryRef> ParseApprovalName(absl::string_view name) {
  return ParseOfEntry(name, "approvals");
}

std::optional<PurchaseRef> ParsePurchaseName(absl::string_view name) {
  const std::optional<ProgramId> program = TakeProgram(name, "purchases");
  if (!program) return std::nullopt;
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '.');
  if (parts.size() != 4 || !PlaceId::IsValid(parts[0]) || !PlaceId::IsValid(parts[1]) ||
      !PlaceId::IsValid(parts[3])) {
    return std::nullopt;
  }
  const std::optional<Date> on = ParseCompactDate(parts[2]);
  if (!on) return std::nullopt;
  return PurchaseRef{*program, ReceiptKey{PlaceId::Of(parts[0]), PlaceId::Of(parts[1]), *on,
                                          PlaceId::Of(parts[3])}};
}

}  // namespace laurel
