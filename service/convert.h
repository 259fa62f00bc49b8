#ifndef LAUREL_SERVICE_CONVERT_H_
#define LAUREL_SERVICE_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/domain/command.h"
#include "engine/domain/entry.h"
#include "engine/engine.h"
#include "laurel/v1/types.pb.h"
#include "rules/program/rulebook.h"
#include "service/identity_hasher.h"
#include "service/names.h"
#include "service/violations.h"

// Between API messages and our own structs: what the converters of all services share. A Parse
// function returns a value that is good for nothing once it has added a violation. A Render
// function writes into an empty message.
namespace laurel {

// Where a field stands in its request. Costs nothing until it is rendered; `parent` must outlive
// it.
struct Path {
  absl::string_view name;
  const Path* parent = nullptr;
  int index = -1;              // of a repeated field
  std::string Render() const;  // purchase.lines[2].line
};

// What a parser needs besides the request.
struct ParseContext {
  const IdentityHasher& hasher;
  Violations& violations;
  absl::string_view principal = {};  // who asks; only for writes
  // That by which the program would know who asks as a member; empty where nobody is named.
  std::optional<IdentityHash> OwnIdentity(const ProgramId& program) const;
};

// ---- requests

RequestId ParseRequestId(absl::string_view text, Violations& violations);
ProgramId ParseProgram(absl::string_view name, Violations& violations,
                       absl::string_view field = "program");
IdentityLink ParseIdentity(const v1::IdentityKey& key, const ProgramId& program, const Path& path,
                           const ParseContext& context);
MemberRef ParseMemberRef(const v1::MemberRef& ref, const ProgramId& program, const Path& path,
                         const ParseContext& context);
// Cut to the microsecond.
Timestamp ParseInstant(const google::protobuf::Timestamp& instant, const Path& path,
                       Violations& violations);
Date ParseDate(const google::type::Date& date, const Path& path, Violations& violations);
PlaceId ParsePlace(absl::string_view text, const Path& path, Violations& violations);
ReceiptKey ParseReceipt(const v1::Receipt& receipt, const Path& path, Violations& violations);
// UNSPECIFIED gives kNone where that is allowed.
Channel ParseChannel(v1::Channel channel, bool is_required, const Path& path,
                     Violations& violations);

void CheckRange(std::int64_t value, std::int64_t min, std::int64_t max, const Path& path,
                Violations& violations);
// An id such as a point type's, which must be there.
template <class Id>
Id ParseWord(const std::string& text, const Path& path, Violations& violations) {
  if (text.empty()) {
    violations.Required(path.Render());
    return {};
  }
  absl::StatusOr<Id> id = Id::Parse(text);
  if (id.ok()) return *std::move(id);
  violations.Malformed(path.Render(), std::string(id.status().message()));
  return {};
}

// ---- replies

void RenderInstant(Timestamp instant, google::protobuf::Timestamp& out);
void RenderDate(Date date, google::type::Date& out);
void RenderReceipt(const ReceiptKey& receipt, v1::Receipt& out);
void RenderBalances(const std::vector<Balance>& balances,
                    google::protobuf::RepeatedPtrField<v1::Balance>& out);
void RenderTier(const TierView& tier, const rules::Rulebook& rulebook, v1::TierStatus& out);
// The way to `tier`. Requires that the rulebook has it.
void RenderProgress(absl::string_view tier, const std::vector<ProgressLine>& lines,
                    const rules::Rulebook& rulebook, v1::TierProgress& out);
// Without the name of the lot, which a quote has not.
void RenderAward(const PointsAwarded& award, v1::Award& out);
void RenderLotMove(const ProgramId& program, const LotMove& move, v1::LotMove& out);
void RenderPoints(absl::string_view point_type, std::int64_t amount, v1::Points& out);

v1::IdentityKind ToApi(IdentityKind kind);
v1::MemberState ToApi(MemberState state);
v1::Channel ToApi(Channel channel);
v1::EntryKind ToApi(EntryKind kind);
v1::Role ToApi(Role role);
v1::TierChangeCause ToApi(TierCause cause);

// The four fields that every reply to a write begins with.
template <class Response>
void RenderHeader(const Reply& reply, Response& response) {
  response.set_sequence(reply.entry->sequence);
  response.set_partition(reply.entry->partition);
  response.set_replayed(reply.is_replayed);
  response.set_leaf_hash(reply.leaf_hash.data(), reply.leaf_hash.size());
}

// Entry, member, balances, tier and the way to the next one, of a write that moved points.
template <class Response>
void RenderAfter(const Entry& entry, const rules::Rulebook& rulebook, Response& response) {
  response.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  if (entry.member) response.set_member(MemberName(entry.program, *entry.member));
  RenderBalances(entry.outcome.balances, *response.mutable_balances());
  if (!entry.outcome.tier) return;
  const TierView& tier = *entry.outcome.tier;
  RenderTier(tier, rulebook, *response.mutable_tier());
  if (!tier.next.empty()) {
    RenderProgress(tier.next, tier.progress, rulebook, *response.mutable_progress());
  }
}

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_H_
