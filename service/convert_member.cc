#include "service/convert_member.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "service/convert_attribute.h"
#include "service/convert_entry.h"

namespace laurel {
namespace {

constexpr int kIdentitiesMax = 16;
constexpr int kAttributesMax = 32;

// Ascending by id.
std::vector<MemberAttribute> ParseAttributes(
    const google::protobuf::RepeatedPtrField<v1::MemberAttribute>& attributes,
    Violations& violations) {
  std::vector<MemberAttribute> told;
  if (attributes.size() > kAttributesMax) {
    violations.OutOfRange("attributes", absl::StrCat("must be at most ", kAttributesMax, ", was ",
                                                     attributes.size()));
    return told;
  }
  std::vector<AttributeValue> values;
  for (int i = 0; i < attributes.size(); ++i) {
    const Path path{"attributes", nullptr, i};
    ParseAttribute(attributes[i], path, values, violations);
    told.push_back(MemberAttribute{values.back()});
    if (!attributes[i].has_expires_at()) continue;
    told.back().ends_at =
        ParseInstant(attributes[i].expires_at(), Path{"expires_at", &path}, violations);
  }
  std::sort(told.begin(), told.end(), [](const MemberAttribute& a, const MemberAttribute& b) {
    return a.attribute.id < b.attribute.id;
  });
  return told;
}

void RenderAttribute(const ToldAttribute& one, v1::MemberAttribute& out) {
  const AttributeValue& attribute = one.told.attribute;
  out.set_id(attribute.id);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) out.set_int_value(*number);
  if (const auto* flag = std::get_if<bool>(&attribute.value)) out.set_bool_value(*flag);
  if (const auto* text = std::get_if<std::string>(&attribute.value)) out.set_string_value(*text);
  if (const auto* at = std::get_if<Timestamp>(&attribute.value)) {
    RenderInstant(*at, *out.mutable_timestamp_value());
  }
  if (!one.told.ends_at.is_never()) RenderInstant(one.told.ends_at, *out.mutable_expires_at());
  RenderInstant(one.told_at, *out.mutable_set_at());
}

// Those that still count, by id.
void RenderAttributes(std::span<const ToldAttribute> attributes, Timestamp at, v1::Member& out) {
  for (const ToldAttribute& one : attributes) {
    if (one.told.ends_at > at) RenderAttribute(one, *out.add_attributes());
  }
}

// As the fold has it.
void Tell(const MemberAttributesSet& event, Timestamp at, std::vector<ToldAttribute>& told) {
  std::erase_if(told, [&](const ToldAttribute& one) {
    const std::string& id = one.told.attribute.id;
    return std::any_of(event.set.begin(), event.set.end(),
                       [&](const MemberAttribute& set) { return set.attribute.id == id; }) ||
           std::find(event.cleared.begin(), event.cleared.end(), id) != event.cleared.end();
  });
  for (const MemberAttribute& set : event.set) told.push_back(ToldAttribute{set, at});
  std::sort(told.begin(), told.end(), [](const ToldAttribute& a, const ToldAttribute& b) {
    return a.told.attribute.id < b.told.attribute.id;
  });
}

template <class Request>
Command ParseAboutMember(const Request& request, const ParseContext& context, MemberRef& member) {
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  return command;
}

template <class Request, class MakeOrder>
Command ParseIdentityChange(const Request& request, const ParseContext& context, MakeOrder make) {
  MemberRef member;
  Command command = ParseAboutMember(request, context, member);
  const Path path{"identity"};
  if (!request.has_identity()) {
    context.violations.Required(path.Render());
    return command;
  }
  command.order =
      make(std::move(member), ParseIdentity(request.identity(), command.program, path, context));
  return command;
}

// The entries of a member's life up to `last`: few, whatever the member has bought.
absl::StatusOr<std::vector<std::uint64_t>> LifeOf(const ReadView& view, MemberId member,
                                                  std::uint64_t last) {
  const auto is_life = [](EntryKind kind) {
    return (kind >= EntryKind::kMemberEnrolled && kind <= EntryKind::kMemberClosed) ||
           kind == EntryKind::kMemberAttributesSet;
  };
  return MemberEntries(view, member, 0, last, is_life);
}

// The member as of an entry, folded from the entries of its life.
absl::Status RenderMemberAsOf(const Entry& entry, const Rendering& rendering, v1::Member& out) {
  ReadView view = rendering.engine.Read();
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> life,
                   LifeOf(view, *entry.member, entry.sequence));
  Enrolment enrolment;
  MemberState state = MemberState::kActive;
  for (const std::uint64_t sequence : life) {
    const std::shared_ptr<const Entry> step = view.state().FindEntry(sequence);
    RETURN_IF_ERROR(view.status());
    if (step == nullptr) return absl::DataLossError("entry of a member: must be stored");
    if (step->kind == EntryKind::kMemberEnrolled) enrolment.enrolled_at = step->recorded_at;
    for (const Event& event : step->events) {
      if (const auto* linked = std::get_if<IdentityLinked>(&event)) {
        enrolment.identities.push_back({{linked->kind, linked->hash}, step->recorded_at});
      } else if (const auto* unlinked = std::get_if<IdentityUnlinked>(&event)) {
        std::erase_if(enrolment.identities, [unlinked](const LinkedIdentity& identity) {
          return identity.identity.hash == unlinked->hash;
        });
      } else if (const auto* told = std::get_if<MemberAttributesSet>(&event)) {
        Tell(*told, step->recorded_at, enrolment.attributes);
      } else if (const auto* changed = std::get_if<MemberStateChanged>(&event)) {
        state = changed->to;
        if (state == MemberState::kClosed) enrolment.closed_at = step->recorded_at;
      }
    }
  }
  out.set_name(MemberName(entry.program, *entry.member));
  out.set_state(ToApi(state));
  for (const LinkedIdentity& identity : enrolment.identities) {
    v1::Identity& message = *out.add_identities();
    message.set_kind(ToApi(identity.identity.kind));
    RenderInstant(identity.linked_at, *message.mutable_linked_at());
  }
  RenderInstant(enrolment.enrolled_at, *out.mutable_enrolled_at());
  if (!enrolment.closed_at.is_never()) RenderInstant(enrolment.closed_at, *out.mutable_closed_at());
  RenderAttributes(enrolment.attributes, entry.recorded_at, out);
  return absl::OkStatus();
}

template <class Response>
absl::Status RenderMemberChange(const Reply& reply, const Rendering& rendering,
                                Response& response) {
  RenderHeader(reply, response);
  return RenderMemberAsOf(*reply.entry, rendering, *response.mutable_member());
}

}  // namespace

Command ParseEnrollMember(const v1::EnrollMemberRequest& request, const ParseContext& context) {
  Command command;
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  EnrollMember order;
  if (request.identities_size() > kIdentitiesMax) {
    violations.OutOfRange("identities", absl::StrCat("must be at most ", kIdentitiesMax, ", was ",
                                                     request.identities_size()));
  } else {
    for (int i = 0; i < request.identities_size(); ++i) {
      const Path path{"identities", nullptr, i};
      const std::size_t before = violations.all().size();
      const IdentityLink link =
          ParseIdentity(request.identities(i), command.program, path, context);
      if (violations.all().size() == before &&
          std::find(order.identities.begin(), order.identities.end(), link) !=
              order.identities.end()) {
        violations.Add(path.Render(), "must be given once, was a repetition", "REPEATED");
      }
      order.identities.push_back(link);
    }
  }
  order.channel = ParseChannel(request.channel(), false, Path{"channel"}, violations);
  if (!request.store().empty()) {
    order.store = ParsePlace(request.store(), Path{"store"}, violations);
  }
  if (request.has_occurred_at()) {
    order.occurred_at = ParseInstant(request.occurred_at(), Path{"occurred_at"}, violations);
  }
  order.attributes = ParseAttributes(request.attributes(), violations);
  command.order = std::move(order);
  return command;
}

Command ParseLinkIdentity(const v1::LinkIdentityRequest& request, const ParseContext& context) {
  return ParseIdentityChange(request, context, [](MemberRef member, IdentityLink identity) {
    return LinkIdentity{std::move(member), identity};
  });
}

Command ParseUnlinkIdentity(const v1::UnlinkIdentityRequest& request, const ParseContext& context) {
  return ParseIdentityChange(request, context, [](MemberRef member, IdentityLink identity) {
    return UnlinkIdentity{std::move(member), identity};
  });
}

Command ParseSuspendMember(const v1::SuspendMemberRequest& request, const ParseContext& context) {
  SuspendMember order;
  Command command = ParseAboutMember(request, context, order.member);
  command.order = std::move(order);
  return command;
}

Command ParseReactivateMember(const v1::ReactivateMemberRequest& request,
                              const ParseContext& context) {
  ReactivateMember order;
  Command command = ParseAboutMember(request, context, order.member);
  command.order = std::move(order);
  return command;
}

Command ParseCloseMember(const v1::CloseMemberRequest& request, const ParseContext& context) {
  CloseMember order;
  Command command = ParseAboutMember(request, context, order.member);
  command.order = std::move(order);
  return command;
}

Command ParseSetMemberAttributes(const v1::SetMemberAttributesRequest& request,
                                 const ParseContext& context) {
  SetMemberAttributes order;
  Command command = ParseAboutMember(request, context, order.member);
  Violations& violations = context.violations;
  order.set = ParseAttributes(request.attributes(), violations);
  for (int i = 0; i < request.cleared_size(); ++i) {
    const Path path{"cleared", nullptr, i};
    const std::string& id = request.cleared(i);
    CheckText(id, 1, path, violations);
    const bool is_told =
        std::any_of(order.set.begin(), order.set.end(),
                    [&](const MemberAttribute& told) { return told.attribute.id == id; });
    if (is_told ||
        std::find(order.cleared.begin(), order.cleared.end(), id) != order.cleared.end()) {
      violations.Add(path.Render(), absl::StrCat("must be given once, was a repetition of ", id),
                     "REPEATED");
    }
    order.cleared.push_back(id);
  }
  std::sort(order.cleared.begin(), order.cleared.end());
  const int count = request.attributes_size() + request.cleared_size();
  if (count == 0) violations.Required("attributes");
  if (request.cleared_size() > 0 && count > kAttributesMax) {
    violations.OutOfRange("cleared", absl::StrCat("must be at most ", kAttributesMax,
                                                  " with attributes, was ", count));
  }
  command.order = std::move(order);
  return command;
}

absl::Status RenderEnrollMember(const Reply& reply, const Rendering& rendering,
                                v1::EnrollMemberResponse& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  v1::Member& member = *response.mutable_member();
  member.set_name(MemberName(entry.program, *entry.member));
  member.set_state(v1::MEMBER_STATE_ACTIVE);
  RenderInstant(entry.recorded_at, *member.mutable_enrolled_at());
  for (const Event& event : entry.events) {
    if (const auto* told = std::get_if<MemberAttributesSet>(&event)) {
      std::vector<ToldAttribute> attributes;
      Tell(*told, entry.recorded_at, attributes);
      RenderAttributes(attributes, entry.recorded_at, member);
    }
    const auto* linked = std::get_if<IdentityLinked>(&event);
    if (linked == nullptr) continue;
    v1::Identity& identity = *member.add_identities();
    identity.set_kind(ToApi(linked->kind));
    RenderInstant(entry.recorded_at, *identity.mutable_linked_at());
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   rendering.RulebookOf(entry));
  if (entry.outcome.tier) RenderTier(*entry.outcome.tier, *rulebook, *response.mutable_tier());
  return absl::OkStatus();
}

absl::Status RenderLinkIdentity(const Reply& reply, const Rendering& rendering,
                                v1::LinkIdentityResponse& response) {
  return RenderMemberChange(reply, rendering, response);
}

absl::Status RenderUnlinkIdentity(const Reply& reply, const Rendering& rendering,
                                  v1::UnlinkIdentityResponse& response) {
  return RenderMemberChange(reply, rendering, response);
}

absl::Status RenderSuspendMember(const Reply& reply, const Rendering& rendering,
                                 v1::SuspendMemberResponse& response) {
  return RenderMemberChange(reply, rendering, response);
}

absl::Status RenderReactivateMember(const Reply& reply, const Rendering& rendering,
                                    v1::ReactivateMemberResponse& response) {
  return RenderMemberChange(reply, rendering, response);
}

absl::Status RenderSetMemberAttributes(const Reply& reply, const Rendering& rendering,
                                       v1::SetMemberAttributesResponse& response) {
  return RenderMemberChange(reply, rendering, response);
}

absl::Status RenderCloseMember(const Reply& reply, const Rendering& rendering,
                               v1::CloseMemberResponse& response) {
  RETURN_IF_ERROR(RenderMemberChange(reply, rendering, response));
  for (const Balance& balance : reply.entry->outcome.balances) {
    const std::int64_t left =
        std::max<std::int64_t>(0, balance.available) + balance.pending + balance.held;
    if (left > 0) RenderPoints(balance.type.str(), left, *response.add_unspendable());
  }
  return absl::OkStatus();
}

void RenderMember(ReadView& view, const ProgramId& program, MemberId member, v1::Member& out) {
  out.set_name(MemberName(program, member));
  if (const Member* record = view.state().members.Find(MemberKey{member})) {
    out.set_state(ToApi(record->state));
  }
  const Enrolment* enrolment = view.state().enrolments.Find(EnrolmentKey{member});
  if (enrolment == nullptr) return;
  for (const LinkedIdentity& identity : enrolment->identities) {
    v1::Identity& message = *out.add_identities();
    message.set_kind(ToApi(identity.identity.kind));
    RenderInstant(identity.linked_at, *message.mutable_linked_at());
  }
  RenderInstant(enrolment->enrolled_at, *out.mutable_enrolled_at());
  if (!enrolment->closed_at.is_never()) {
    RenderInstant(enrolment->closed_at, *out.mutable_closed_at());
  }
  RenderAttributes(enrolment->attributes, view.now(), out);
}

}  // namespace laurel
