#include "service/convert_member.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/domain/attributes.h"
#include "service/convert_attribute.h"
#include "service/convert_entry.h"

namespace laurel {
namespace {

constexpr int kIdentitiesMax = 16;
constexpr int kAttributesMax = 32;

// Ascending by id.
std::vector<MemberAttribute> ParseAttributes(
    const google::protobuf::RepeatedPtrField<v1::MemberAttribute>& attributes,
    Violations& violations, const Path* parent = nullptr) {
  std::vector<MemberAttribute> told;
  if (attributes.size() > kAttributesMax) {
    violations.OutOfRange(
        Path{"attributes", parent}.Render(),
        absl::StrCat("must be at most ", kAttributesMax, ", was ", attributes.size()));
    return told;
  }
  std::vector<AttributeValue> values;
  for (int i = 0; i < attributes.size(); ++i) {
    const Path path{"attributes", parent, i};
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

// Adds at most `count_max` to `links`.
void ParseIdentities(const google::protobuf::RepeatedPtrField<v1::IdentityKey>& identities,
                     int count_max, const ProgramId& program, const Path* parent,
                     const ParseContext& context, std::vector<IdentityLink>& links) {
  Violations& violations = context.violations;
  if (identities.size() > count_max) {
    violations.OutOfRange(Path{"identities", parent}.Render(),
                          absl::StrCat("must be at most ", count_max, ", was ", identities.size()));
    return;
  }
  for (int i = 0; i < identities.size(); ++i) {
    const Path path{"identities", parent, i};
    const std::size_t before = violations.all().size();
    const IdentityLink link = ParseIdentity(identities[i], program, path, context);
    if (violations.all().size() == before &&
        std::find(links.begin(), links.end(), link) != links.end()) {
      violations.Add(path.Render(), "must be given once, was a repetition", "REPEATED");
    }
    links.push_back(link);
  }
}

// What every request that makes a member says.
template <class Request, class NewMember>
void ParseNewMember(const Request& request, const ParseContext& context, Command& command,
                    NewMember& order) {
  Violations& violations = context.violations;
  command.request = ParseRequestId(request.request_id(), violations);
  command.program = ParseProgram(request.program(), violations);
  ParseIdentities(request.identities(), kIdentitiesMax, command.program, nullptr, context,
                  order.identities);
  order.channel = ParseChannel(request.channel(), false, Path{"channel"}, violations);
  if (!request.store().empty()) {
    order.store = ParsePlace(request.store(), Path{"store"}, violations);
  }
}

Timestamp ParseRequiredInstant(bool has_instant, const google::protobuf::Timestamp& instant,
                               const Path& path, Violations& violations) {
  if (has_instant) return ParseInstant(instant, path, violations);
  violations.Required(path.Render());
  return {};
}

ImportMember::OpeningLot ParseOpeningLot(const v1::OpeningLot& message, const Path& path,
                                         Violations& violations) {
  ImportMember::OpeningLot lot;
  lot.type = ParseWord<PointTypeId>(message.point_type(), Path{"point_type", &path}, violations);
  lot.amount = message.amount();
  CheckRange(lot.amount, 1, kAmountMax, Path{"amount", &path}, violations);
  lot.awarded_at = ParseRequiredInstant(message.has_awarded_at(), message.awarded_at(),
                                        Path{"awarded_at", &path}, violations);
  if (message.has_activates_at()) {
    lot.activates_at =
        ParseInstant(message.activates_at(), Path{"activates_at", &path}, violations);
  }
  if (message.has_expires_at()) {
    lot.expires_at = ParseInstant(message.expires_at(), Path{"expires_at", &path}, violations);
  }
  return lot;
}

void ParseHistory(const v1::ImportMemberRequest& request, ImportMember& order,
                  Violations& violations) {
  constexpr std::int64_t kPurchasesMax = 1'000'000;
  if (request.history_size() > static_cast<int>(kImportDaysMax)) {
    violations.OutOfRange("history", absl::StrCat("must be at most ", kImportDaysMax, ", was ",
                                                  request.history_size()));
    return;
  }
  for (int i = 0; i < request.history_size(); ++i) {
    const v1::HistoryDay& message = request.history(i);
    const Path path{"history", nullptr, i};
    const Path on_path{"on", &path};
    if (!message.has_on()) {
      violations.Required(on_path.Render());
      continue;
    }
    const std::size_t before = violations.all().size();
    const Date on = ParseDate(message.on(), on_path, violations);
    if (violations.all().size() == before && !order.history.empty() &&
        on <= order.history.back().on) {
      violations.Add(on_path.Render(), "must be after the day before it in the list, was not",
                     "NOT_ASCENDING");
    }
    CheckRange(message.spend(), 0, kAmountMax, Path{"spend", &path}, violations);
    CheckRange(message.purchases(), 0, kPurchasesMax, Path{"purchases", &path}, violations);
    order.history.push_back({on, message.spend(), message.purchases()});
  }
}

bool IsLife(EntryKind kind) {
  return (kind >= EntryKind::kMemberEnrolled && kind <= EntryKind::kMemberClosed) ||
         kind == EntryKind::kMembersMerged || kind == EntryKind::kMembersUnmerged ||
         kind == EntryKind::kIdentityMoved || kind == EntryKind::kMemberImported ||
         kind == EntryKind::kMemberAttributesSet;
}

// A member as of an entry, folded from the entries of its life: few, whatever the member has
// bought.
class Life {
 public:
  static absl::StatusOr<Life> Of(ReadView& view, MemberId member, std::uint64_t last) {
    Life life(member);
    ASSIGN_OR_RETURN(const std::vector<std::uint64_t> sequences,
                     MemberEntries(view, member, 0, last, IsLife));
    for (const std::uint64_t sequence : sequences) {
      const std::shared_ptr<const Entry> step = view.state().FindEntry(sequence);
      RETURN_IF_ERROR(view.status());
      if (step == nullptr) return absl::DataLossError("entry of a member: must be stored");
      RETURN_IF_ERROR(life.Add(*step, view));
    }
    return life;
  }

  void Render(const ProgramId& program, Timestamp at, v1::Member& out) const {
    out.set_name(MemberName(program, member_));
    out.set_state(ToApi(state_));
    for (const Linked& linked : identities_) {
      v1::Identity& message = *out.add_identities();
      message.set_kind(ToApi(linked.identity.kind));
      RenderInstant(linked.linked_at, *message.mutable_linked_at());
    }
    RenderInstant(enrolled_at_, *out.mutable_enrolled_at());
    if (!closed_at_.is_never()) RenderInstant(closed_at_, *out.mutable_closed_at());
    for (const MemberId merged : merged_) out.add_merged(MemberName(program, merged));
    RenderAttributes(Told(), at, out);
  }

 private:
  struct Linked {
    IdentityLink identity;
    Timestamp linked_at;
    MemberId brought_by;  // itself, or who was merged into it
  };

  // What was told under an id that is one of the member's.
  struct Heard {
    ToldAttribute told;
    MemberId of;          // under which it is kept
    MemberId brought_by;  // as Linked
  };

  explicit Life(MemberId member) : member_(member) {}

  // As ToldOf.
  std::vector<ToldAttribute> Told() const {
    std::vector<ToldAttribute> told;
    for (const Heard& heard : heard_) {
      const auto same = std::find_if(told.begin(), told.end(), [&](const ToldAttribute& one) {
        return one.told.attribute.id == heard.told.told.attribute.id;
      });
      if (same == told.end()) {
        told.push_back(heard.told);
      } else if (heard.told.told_at > same->told_at ||
                 (heard.told.told_at == same->told_at && heard.of == member_)) {
        *same = heard.told;
      }
    }
    std::sort(told.begin(), told.end(), [](const ToldAttribute& a, const ToldAttribute& b) {
      return a.told.attribute.id < b.told.attribute.id;
    });
    return told;
  }

  // What is taken back is gone, whoever it was told of.
  void TakeBack(const MemberAttributesSet& event) {
    for (const std::string& id : event.cleared) {
      std::erase_if(heard_, [&](const Heard& heard) { return heard.told.told.attribute.id == id; });
    }
  }

  void Hear(const MemberAttributesSet& event, Timestamp at) {
    TakeBack(event);
    for (const MemberAttribute& set : event.set) {
      std::erase_if(heard_, [&](const Heard& heard) {
        return heard.of == member_ && heard.told.told.attribute.id == set.attribute.id;
      });
      heard_.push_back(Heard{ToldAttribute{set, at}, member_, member_});
    }
  }

  void Forget(const IdentityHash& hash) {
    std::erase_if(identities_, [&](const Linked& linked) { return linked.identity.hash == hash; });
  }

  absl::Status Add(const Entry& step, ReadView& view) {
    const bool is_own = step.member == member_;
    if (step.FindEvent<MemberEnrolled>() != nullptr) enrolled_at_ = EnrolledAt(step);
    for (const Event& event : step.events) {
      if (const auto* linked = std::get_if<IdentityLinked>(&event)) {
        identities_.push_back({{linked->kind, linked->hash}, step.recorded_at, member_});
      } else if (const auto* told = std::get_if<MemberAttributesSet>(&event)) {
        Hear(*told, step.recorded_at);
      } else if (const auto* unlinked = std::get_if<IdentityUnlinked>(&event)) {
        Forget(unlinked->hash);
      } else if (const auto* moved = std::get_if<IdentityMoved>(&event)) {
        Forget(moved->hash);
        if (is_own) {
          identities_.push_back({{moved->kind, moved->hash}, step.recorded_at, member_});
        }
      } else if (const auto* changed = std::get_if<MemberStateChanged>(&event)) {
        state_ = changed->to;
        if (state_ == MemberState::kClosed) closed_at_ = step.recorded_at;
      } else if (std::holds_alternative<MembersMerged>(event)) {
        if (is_own) {
          RETURN_IF_ERROR(Join(*step.other, step.sequence - 1, view));
        } else {
          state_ = MemberState::kMerged;
        }
      } else if (const auto* unmerged = std::get_if<MembersUnmerged>(&event)) {
        RETURN_IF_ERROR(is_own ? Part(*step.other) : Return(step, unmerged->merge, view));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Join(MemberId other, std::uint64_t last, ReadView& view) {
    ASSIGN_OR_RETURN(const Life joining, Of(view, other, last));
    merged_.insert(merged_.end(), joining.merged_.begin(), joining.merged_.end());
    merged_.push_back(other);
    for (Linked linked : joining.identities_) {
      linked.brought_by = other;
      identities_.push_back(linked);
    }
    for (Heard heard : joining.heard_) {
      heard.brought_by = other;
      heard_.push_back(std::move(heard));
    }
    return absl::OkStatus();
  }

  absl::Status Part(MemberId other) {
    std::erase_if(identities_, [&](const Linked& linked) { return linked.brought_by == other; });
    std::erase_if(heard_, [&](const Heard& heard) { return heard.brought_by == other; });
    const auto first = std::find(merged_.begin(), merged_.end(), other);
    if (first == merged_.end()) return absl::DataLossError("member: must have been merged");
    merged_.erase(first);
    return absl::OkStatus();
  }

  // Back on its own; what the survivor unlinked or took back meanwhile stays so.
  absl::Status Return(const Entry& step, std::uint64_t merge, ReadView& view) {
    state_ = MemberState::kActive;
    ASSIGN_OR_RETURN(const std::vector<std::uint64_t> meanwhile,
                     MemberEntries(view, *step.member, merge + 1, step.sequence - 1, IsLife));
    for (const std::uint64_t sequence : meanwhile) {
      const std::shared_ptr<const Entry> change = view.state().FindEntry(sequence);
      RETURN_IF_ERROR(view.status());
      if (change == nullptr) return absl::DataLossError("entry of a member: must be stored");
      if (const auto* unlinked = change->FindEvent<IdentityUnlinked>()) Forget(unlinked->hash);
      if (const auto* moved = change->FindEvent<IdentityMoved>()) Forget(moved->hash);
      if (const auto* told = change->FindEvent<MemberAttributesSet>()) TakeBack(*told);
    }
    return absl::OkStatus();
  }

  MemberId member_;
  MemberState state_ = MemberState::kActive;
  Timestamp enrolled_at_;
  Timestamp closed_at_ = Timestamp::Never();
  std::vector<Linked> identities_;
  std::vector<Heard> heard_;
  std::vector<MemberId> merged_;
};

template <class Response>
absl::Status RenderMemberChange(const Reply& reply, const Rendering& rendering,
                                Response& response) {
  RenderHeader(reply, response);
  return RenderMemberAsOf(*reply.entry, *reply.entry->member, rendering,
                          *response.mutable_member());
}

}  // namespace

absl::Status RenderMemberAsOf(const Entry& entry, MemberId member, const Rendering& rendering,
                              v1::Member& out) {
  ReadView view = rendering.engine.Read();
  ASSIGN_OR_RETURN(const Life life, Life::Of(view, member, entry.sequence));
  life.Render(entry.program, entry.recorded_at, out);
  return absl::OkStatus();
}

Command ParseEnrollMember(const v1::EnrollMemberRequest& request, const ParseContext& context) {
  Command command;
  EnrollMember order;
  ParseNewMember(request, context, command, order);
  Violations& violations = context.violations;
  if (request.has_occurred_at()) {
    order.occurred_at = ParseInstant(request.occurred_at(), Path{"occurred_at"}, violations);
  }
  order.attributes = ParseAttributes(request.attributes(), violations);
  command.order = std::move(order);
  return command;
}

void ParsePurchaseEnrolment(const v1::PurchaseEnrolment& message, const v1::MemberRef& member,
                            const ProgramId& program, const ParseContext& context,
                            AccruePurchase& sale) {
  Violations& violations = context.violations;
  const Path path{"enrol"};
  if (!member.has_identity()) {
    if (member.has_name()) {
      violations.Add(path.Render(), "must be absent where the member is named, was given",
                     "NOT_ALLOWED");
    }
    return;
  }
  EnrollMember& order = sale.enrol.emplace();
  Violations known;  // what is wrong with it has been said where the member was parsed
  order.identities.push_back(ParseIdentity(member.identity(), program, Path{"identity"},
                                           ParseContext{context.hasher, known}));
  ParseIdentities(message.identities(), kIdentitiesMax - 1, program, &path, context,
                  order.identities);
  order.channel = ParseChannel(message.channel(), false, Path{"channel", &path}, violations);
  if (order.channel == Channel::kNone) order.channel = sale.channel;
  order.store = message.store().empty()
                    ? sale.receipt.store
                    : ParsePlace(message.store(), Path{"store", &path}, violations);
  order.attributes = ParseAttributes(message.attributes(), violations, &path);
}

Command ParseImportMember(const v1::ImportMemberRequest& request, const ParseContext& context) {
  Command command;
  ImportMember order;
  ParseNewMember(request, context, command, order);
  Violations& violations = context.violations;
  if (request.has_enrolled_at()) {
    order.enrolled_at = ParseInstant(request.enrolled_at(), Path{"enrolled_at"}, violations);
  }
  if (request.lots_size() > static_cast<int>(kImportLotsMax)) {
    violations.OutOfRange(
        "lots", absl::StrCat("must be at most ", kImportLotsMax, ", was ", request.lots_size()));
  } else {
    for (int i = 0; i < request.lots_size(); ++i) {
      order.lots.push_back(ParseOpeningLot(request.lots(i), Path{"lots", nullptr, i}, violations));
    }
  }
  ParseHistory(request, order, violations);
  if (request.has_tier()) {
    const Path path{"tier"};
    ImportMember::OpeningTier& tier = order.tier.emplace();
    tier.tier = request.tier().tier();
    if (tier.tier.empty()) violations.Required(Path{"tier", &path}.Render());
    tier.since = ParseRequiredInstant(request.tier().has_since(), request.tier().since(),
                                      Path{"since", &path}, violations);
    if (request.tier().has_review_at()) {
      tier.review_at =
          ParseInstant(request.tier().review_at(), Path{"review_at", &path}, violations);
    }
  }
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
namespace {

template <class Response>
absl::Status RenderNewMember(const Reply& reply, const Rendering& rendering, Response& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  v1::Member& member = *response.mutable_member();
  member.set_name(MemberName(entry.program, *entry.member));
  member.set_state(v1::MEMBER_STATE_ACTIVE);
  RenderInstant(EnrolledAt(entry), *member.mutable_enrolled_at());
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

}  // namespace

absl::Status RenderEnrollMember(const Reply& reply, const Rendering& rendering,
                                v1::EnrollMemberResponse& response) {
  return RenderNewMember(reply, rendering, response);
}

absl::Status RenderImportMember(const Reply& reply, const Rendering& rendering,
                                v1::ImportMemberResponse& response) {
  RETURN_IF_ERROR(RenderNewMember(reply, rendering, response));
  RenderBalances(reply.entry->outcome.balances, *response.mutable_balances());
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
  State& state = view.state();
  out.set_name(MemberName(program, member));
  if (const Member* record = state.members.Find(MemberKey{member})) {
    out.set_state(ToApi(record->state));
  }
  for (const MemberId one : state.GroupOf(member)) {
    if (one != member) out.add_merged(MemberName(program, one));
    const Enrolment* enrolment = state.enrolments.Find(EnrolmentKey{one});
    if (enrolment == nullptr) continue;
    for (const LinkedIdentity& identity : enrolment->identities) {
      v1::Identity& message = *out.add_identities();
      message.set_kind(ToApi(identity.identity.kind));
      RenderInstant(identity.linked_at, *message.mutable_linked_at());
    }
    if (one != member) continue;
    RenderInstant(enrolment->enrolled_at, *out.mutable_enrolled_at());
    if (!enrolment->closed_at.is_never()) {
      RenderInstant(enrolment->closed_at, *out.mutable_closed_at());
    }
  }
  RenderAttributes(ToldOf(state, state.GroupOf(member)), view.now(), out);
}

}  // namespace laurel
