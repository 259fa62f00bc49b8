#include "engine/domain/revision_life.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace laurel {
namespace {

constexpr std::int32_t kPeopleMax = 9;

std::optional<std::int32_t> ParsePeople(absl::string_view text) {
  std::int32_t people = 0;
  const bool is_plain = text.size() == 1 && text[0] >= '0' && text[0] <= '9';
  if (!is_plain || !absl::SimpleAtoi(text, &people) || people > kPeopleMax) return std::nullopt;
  return people;
}

constexpr absl::string_view kSimulation = ",simulation";

}  // namespace

std::optional<Quorum> ParseQuorum(absl::string_view text) {
  Quorum quorum;
  if (text == "none") return quorum;
  quorum.asks_simulation = absl::ConsumeSuffix(&text, kSimulation);
  if (const std::optional<std::int32_t> people = ParsePeople(text)) {
    if (*people == 0 && quorum.asks_simulation) return std::nullopt;
    quorum.people = *people;
    return quorum;
  }
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> halves = absl::StrSplit(part, '=');
    const std::optional<Role> role = ParseRole(halves.first);
    const std::optional<std::int32_t> people = ParsePeople(halves.second);
    if (!role || !people || *people == 0) return std::nullopt;
    for (const Quorum::Part& other : quorum.by_role) {
      if (other.role == *role) return std::nullopt;
    }
    quorum.by_role.push_back(Quorum::Part{*role, *people});
    quorum.people += *people;
  }
  return quorum;
}

std::string ToString(const Quorum& quorum) {
  if (quorum.people == 0) return "none";
  const std::string people =
      quorum.by_role.empty()
          ? absl::StrCat(quorum.people)
          : absl::StrJoin(quorum.by_role, ",", [](std::string* out, const Quorum::Part& part) {
              absl::StrAppend(out, ToString(part.role), "=", part.people);
            });
  return quorum.asks_simulation ? absl::StrCat(people, kSimulation) : people;
}

bool IsMet(const Quorum& quorum, const std::vector<Vote>& votes) {
  if (votes.size() < static_cast<std::size_t>(quorum.people)) return false;
  return std::all_of(quorum.by_role.begin(), quorum.by_role.end(), [&](const Quorum::Part& part) {
    return std::count_if(votes.begin(), votes.end(),
                         [&](const Vote& vote) { return vote.role == part.role; }) >= part.people;
  });
}

const Activation* FindActivation(const Program& program, const Hash& digest) {
  for (const std::vector<Activation>* list :
       {&program.activations, &program.schedules, &program.cancelled}) {
    const auto found = std::find_if(list->begin(), list->end(), [&](const Activation& activation) {
      return activation.digest == digest;
    });
    if (found != list->end()) return &*found;
  }
  return nullptr;
}

Standing StandingOf(const Program& program, std::uint32_t number, const Revision& revision,
                    Timestamp now) {
  Standing standing;
  if (!revision.approved_at.is_never()) standing.state = RevisionState::kApproved;
  std::uint32_t in_force = 0;
  const auto pass = [&](const Activation& activation) {
    in_force = activation.number;
    if (activation.number != number) return;
    standing.state = RevisionState::kSuperseded;
    standing.active_from = activation.from;
  };
  for (const Activation& activation : program.activations) pass(activation);
  for (const Activation& schedule : program.schedules) {
    if (schedule.from <= now) {
      pass(schedule);
    } else if (schedule.number == number) {
      standing.state = RevisionState::kScheduled;
      standing.scheduled_from = schedule.from;
    }
  }
  if (in_force == number) standing.state = RevisionState::kActive;
  return standing;
}

bool IsAcknowledged(const Revision& revision, absl::string_view warning) {
  return std::any_of(revision.acknowledged.begin(), revision.acknowledged.end(),
                     [&](const Acknowledgement& one) { return one.warning == warning; });
}

bool HasBeenInForce(const Program& program, std::uint32_t number) {
  return std::any_of(program.activations.begin(), program.activations.end(),
                     [&](const Activation& past) { return past.number == number; });
}

bool IsPaused(const Program& program, absl::string_view rule) {
  return std::any_of(program.paused_rules.begin(), program.paused_rules.end(),
                     [&](const PausedRule& paused) { return paused.rule == rule; });
}

}  // namespace laurel
