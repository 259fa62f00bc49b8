#include "engine/domain/enrolling.h"

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/domain/apply.h"

namespace laurel {
namespace {

// Decides one command after the other, each on what the one before has left.
class Ahead {
 public:
  Ahead(State& state, const Context& context) : thought_(InThought{}, state), context_(context) {}

  // The refusal, if it is one; else there is one more entry. `add` may add to what was accepted.
  template <class Add>
  std::optional<Rejected> Do(const Command& command, const Hash& fingerprint, Add add) {
    Decision decision = Decide(thought_, command, context_);
    if (auto* rejected = std::get_if<Rejected>(&decision)) return std::move(*rejected);
    add(std::get<Accepted>(decision));
    entries_.push_back(MakeEntry(thought_, command, context_, std::move(decision), fingerprint));
    Apply(std::make_shared<const Entry>(entries_.back()), thought_);
    ++context_.sequence;
    context_.recorded_at = context_.recorded_at.PlusMicros(1);
    return std::nullopt;
  }
  std::optional<Rejected> Do(const Command& command) {
    return Do(command, Hash{}, [](Accepted&) {});
  }

  // What the clock has made due for the new member by now. A sale that comes late may have been
  // before the end of a first term, and what an enrolment gave may have ended.
  void Advance(const ProgramId& program, MemberId member, Timestamp activity_at) {
    constexpr int kAdvancesMax = 16;
    const Command advance{.program = program,
                          .request = {},
                          .principal = {},
                          .order = AdvanceMember{member, activity_at}};
    for (int i = 0; i < kAdvancesMax; ++i) {
      if (!IsDue(thought_, member, context_.recorded_at, activity_at, *context_.rulebooks)) return;
      if (Do(advance)) return;
    }
  }

  void Follow(const Command& command) {
    const Entry entry = entries_.back();
    for (const Command& following : FollowingOf(thought_, command, entry, context_)) Do(following);
  }

  const Entry& latest() const { return entries_.back(); }
  std::vector<Entry> Take() { return std::move(entries_); }

 private:
  State thought_;
  Context context_;
  std::vector<Entry> entries_;
};

// Fields of the enrolment stand in the sale's request.
Rejected OfSale(Rejected refused) {
  for (auto& [key, value] : refused.metadata) {
    if (key == "field" && absl::StartsWith(value, "attributes")) {
      value = absl::StrCat("enrol.", value);
    }
  }
  return refused;
}

}  // namespace

std::optional<Command> EnrolmentBefore(State& state, const Command& command) {
  const auto* sale = std::get_if<AccruePurchase>(&command.order);
  if (sale == nullptr || !sale->enrol || state.Resolve(command.program, sale->member)) {
    return std::nullopt;
  }
  EnrollMember order = *sale->enrol;
  order.occurred_at = sale->occurred_at;
  return Command{.program = command.program,
                 .request = {},
                 .principal = command.principal,
                 .order = std::move(order),
                 .role = command.role};
}

Enrolling DecideEnrolling(State& state, const Command& command, const Command& enrolment,
                          const Context& context, const Hash& fingerprint) {
  Enrolling enrolling;
  Ahead ahead(state, context);
  if (std::optional<Rejected> refused = ahead.Do(enrolment)) {
    enrolling.refused = OfSale(*std::move(refused));
    return enrolling;
  }
  const MemberId member = *ahead.latest().member;
  ahead.Follow(enrolment);
  ahead.Advance(command.program, member, std::get<AccruePurchase>(command.order).occurred_at);
  enrolling.refused = ahead.Do(command, fingerprint, [&](Accepted& accepted) {
    accepted.events.push_back(EnrolledForPurchase{context.sequence});
  });
  if (!enrolling.refused) enrolling.entries = ahead.Take();
  return enrolling;
}

}  // namespace laurel
