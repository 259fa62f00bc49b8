#include "engine/domain/idle.h"

#include <algorithm>
#include <utility>

#include "rules/program/lot_terms.h"
#include "rules/program/model.h"

namespace laurel {

namespace model = rules::model;

IdleEndMoved* IdleEnds::FindMoved(const PointTypeId& type) {
  const auto found = std::find_if(moved_.begin(), moved_.end(),
                                  [&](const IdleEndMoved& moved) { return moved.type == type; });
  return found == moved_.end() ? nullptr : &*found;
}

void IdleEnds::Act(absl::string_view activity, Timestamp occurred_at) {
  const model::Model& program = rulebook_.model();
  const Date day = rulebook_.LocalDate(occurred_at);
  for (std::size_t i = 0; i < program.point_types.size(); ++i) {
    if (!model::KeepsAlive(program, i, activity)) continue;
    const std::optional<Timestamp> ends_at = model::IdleEndOf(program, i, day);
    if (!ends_at) continue;
    kept_alive_.push_back(i);
    const PointTypeId type = PointTypeId::Of(program.point_types[i].id);
    const IdleEnd* has = member_.FindIdleEnd(type);
    if (has != nullptr && has->acted_on) {
      const bool is_known = *has->acted_on == day && has->ends_at == *ends_at;
      if (*has->acted_on > day || is_known) continue;
    }
    moved_.push_back(IdleEndMoved{.type = type, .acted_on = day, .ends_at = *ends_at});
  }
}

Timestamp IdleEnds::Open(std::size_t type_index, Timestamp opened_at) {
  const model::Model& program = rulebook_.model();
  const PointTypeId type = PointTypeId::Of(program.point_types[type_index].id);
  if (const IdleEndMoved* moved = FindMoved(type)) return moved->ends_at;
  const IdleEnd* has = member_.FindIdleEnd(type);
  // What an own act of the past brings has the end of its day, though it be over.
  const bool is_kept_alive =
      std::find(kept_alive_.begin(), kept_alive_.end(), type_index) != kept_alive_.end();
  if (has != nullptr && (is_kept_alive || has->ends_at > opened_at)) return has->ends_at;
  const Timestamp ends_at =
      model::IdleEndOf(program, type_index, rulebook_.LocalDate(opened_at)).value_or(opened_at);
  moved_.push_back(IdleEndMoved{.type = type, .acted_on = std::nullopt, .ends_at = ends_at});
  return ends_at;
}

}  // namespace laurel
