#include <algorithm>

#include "engine/domain/attributes.h"
#include "engine/domain/draft.h"
#include "engine/domain/facts.h"
#include "engine/domain/tiers.h"

// A membership's life: enrolment, identities, suspension, closing. A closed member's points stay in
// their lots and end with them; nobody can spend them.
namespace laurel {
namespace {

Rejected MemberNotFound() { return Rejected{Rejection::kMemberNotFound, {}}; }

Rejected NotActive(MemberState state) {
  return Rejected{Rejection::kMemberNotActive, {{"state", std::string(ToString(state))}}};
}

constexpr std::size_t kIdentitiesMax = 64;

std::optional<Rejected> RefuseFull(State& state, MemberId member) {
  const Enrolment* enrolment = state.enrolments.Find(EnrolmentKey{member});
  if (enrolment == nullptr || enrolment->identities.size() < kIdentitiesMax) return std::nullopt;
  return Rejected{Rejection::kInvalidState, {{"identities_max", std::to_string(kIdentitiesMax)}}};
}

Accepted AboutMember(EntryKind kind, MemberId member, const Context& context) {
  return Accepted{.kind = kind, .occurred_at = context.recorded_at, .member = member};
}

}  // namespace

Decision DecideEnroll(State& state, const Command& command, const EnrollMember& order,
                      const Context& context) {
  const Program* program = FindActiveProgram(state, command.program);
  if (program == nullptr) return ResourceNotFound("program", command.program.str());
  const Activation& active = program->activations.back();
  const std::shared_ptr<const rules::Rulebook> rulebook =
      context.rulebooks->Find(state, command.program, active);
  if (rulebook == nullptr) return Rejected{Rejection::kRevisionNotFound, {}};
  const Timestamp occurred_at = order.occurred_at.value_or(context.recorded_at);
  if (std::optional<Rejected> refused =
          RefuseMemberAttributes(rulebook->model(), order.attributes, context.recorded_at)) {
    return *std::move(refused);
  }
  if (const std::optional<Rejected> late = RefuseTime(*rulebook, occurred_at, context.recorded_at))
    return *late;
  for (const IdentityLink& link : order.identities) {
    if (state.identities.Find(IdentityKey{command.program, link.hash}) != nullptr) {
      return Rejected{Rejection::kIdentityTaken, {}};
    }
  }

  const MemberId member = MemberIdFor(context.partition, context.sequence);
  Accepted accepted = AboutMember(EntryKind::kMemberEnrolled, member, context);
  accepted.occurred_at = occurred_at;
  accepted.revision = active.digest;
  const std::string& base = rulebook->tiers().front().id;
  accepted.events.push_back(
      MemberEnrolled{.channel = order.channel, .store = order.store, .tier = base});
  const std::optional<TierDecided> term =
      FirstTerm(*rulebook, accepted.occurred_at, context.recorded_at);
  if (term) accepted.events.push_back(*term);
  for (const IdentityLink& link : order.identities) {
    accepted.events.push_back(IdentityLinked{.kind = link.kind, .hash = link.hash});
  }
  if (!order.attributes.empty()) {
    accepted.events.push_back(MemberAttributesSet{.set = order.attributes, .cleared = {}});
  }
  accepted.tier = TierView{.tier = base, .since = accepted.occurred_at, .next = {}, .progress = {}};
  if (term) accepted.tier->review_at = term->review_at;
  return accepted;
}

Decision DecideLink(State& state, const Command& command, const LinkIdentity& order,
                    const Context& context) {
  if (FindActiveProgram(state, command.program) == nullptr)
    return ResourceNotFound("program", command.program.str());
  const std::optional<MemberId> member = state.Resolve(command.program, order.member);
  if (!member) return MemberNotFound();
  const MemberState member_state = state.members.Find(MemberKey{*member})->state;
  if (member_state == MemberState::kClosed) return NotActive(member_state);
  const Identity* taken = state.identities.Find(IdentityKey{command.program, order.identity.hash});
  if (taken != nullptr) {
    const bool is_own = state.RootOf(taken->member) == *member;
    return Rejected{is_own ? Rejection::kInvalidState : Rejection::kIdentityTaken,
                    {{"state", "LINKED"}}};
  }
  if (std::optional<Rejected> full = RefuseFull(state, *member)) return *std::move(full);
  Accepted accepted = AboutMember(EntryKind::kIdentityLinked, *member, context);
  accepted.events.push_back(
      IdentityLinked{.kind = order.identity.kind, .hash = order.identity.hash});
  return accepted;
}

Decision DecideUnlink(State& state, const Command& command, const UnlinkIdentity& order,
                      const Context& context) {
  if (FindActiveProgram(state, command.program) == nullptr)
    return ResourceNotFound("program", command.program.str());
  const std::optional<MemberId> member = state.Resolve(command.program, order.member);
  if (!member) return MemberNotFound();
  const Identity* linked = state.identities.Find(IdentityKey{command.program, order.identity.hash});
  if (linked == nullptr || state.RootOf(linked->member) != *member) {
    return ResourceNotFound("identity", "of this member");
  }
  Accepted accepted = AboutMember(EntryKind::kIdentityUnlinked, *member, context);
  accepted.events.push_back(
      IdentityUnlinked{.kind = order.identity.kind, .hash = order.identity.hash});
  return accepted;
}

Decision DecideAttributes(State& state, const Command& command, const SetMemberAttributes& order,
                          const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused =
          RefuseMemberAttributes(found.rulebook->model(), order.set, context.recorded_at)) {
    return *std::move(refused);
  }
  const std::optional<MemberId> member = state.Resolve(command.program, order.member);
  if (!member) return MemberNotFound();
  const MemberState member_state = state.members.Find(MemberKey{*member})->state;
  if (member_state == MemberState::kClosed) return NotActive(member_state);
  // What is no longer declared can still be taken back, but only if it is there.
  const std::vector<ToldAttribute> told = ToldOf(state, state.GroupOf(*member));
  for (const std::string& id : order.cleared) {
    if (!IsTold(told, id)) return ResourceNotFound("attribute", id);
  }
  Accepted accepted = Begun(EntryKind::kMemberAttributesSet, *member, found, context);
  accepted.events.push_back(MemberAttributesSet{.set = order.set, .cleared = order.cleared});
  return accepted;
}

Decision DecideMoveIdentity(State& state, const Command& command, const MoveIdentity& order,
                            const Context& context) {
  InForce found;
  if (std::optional<Rejected> refused = FindInForce(state, command, context, found)) {
    return *std::move(refused);
  }
  if (std::optional<Rejected> refused = RefuseNameless(command)) return *std::move(refused);
  const std::optional<MemberId> from = state.Resolve(command.program, order.from);
  const std::optional<MemberId> to = state.Resolve(command.program, order.to);
  if (!from || !to) return MemberNotFound();
  if (*from == *to) return InvalidField("to", "another member than from", "the same");
  if (std::optional<Rejected> refused =
          RefuseOwn(state, command.program, order.own, {*from, *to})) {
    return *std::move(refused);
  }
  const MemberState to_state = state.members.Find(MemberKey{*to})->state;
  if (to_state == MemberState::kClosed) return NotActive(to_state);
  const Identity* linked = state.identities.Find(IdentityKey{command.program, order.identity.hash});
  if (linked == nullptr) return ResourceNotFound("identity", "of this member");
  if (state.RootOf(linked->member) != *from) return Rejected{Rejection::kIdentityTaken, {}};
  if (std::optional<Rejected> full = RefuseFull(state, *to)) return *std::move(full);

  // Nothing below may refuse.
  Accepted accepted = Begun(EntryKind::kIdentityMoved, *to, found, context);
  accepted.other = *from;
  accepted.events.push_back(IdentityMoved{
      .kind = order.identity.kind, .hash = order.identity.hash, .reason = order.reason});
  return accepted;
}

Decision DecideMemberState(State& state, const Command& command, const MemberRef& ref,
                           MemberState to, EntryKind kind, const Context& context) {
  if (FindActiveProgram(state, command.program) == nullptr)
    return ResourceNotFound("program", command.program.str());
  const std::optional<MemberId> member = state.Resolve(command.program, ref);
  if (!member) return MemberNotFound();
  const MemberState from = state.members.Find(MemberKey{*member})->state;
  if (from == MemberState::kClosed) return NotActive(from);
  const bool is_move = from != to;
  if (!is_move) return Rejected{Rejection::kInvalidState, {{"state", std::string(ToString(from))}}};
  Accepted accepted = AboutMember(kind, *member, context);
  accepted.events.push_back(MemberStateChanged{.from = from, .to = to});
  return accepted;
}

}  // namespace laurel
