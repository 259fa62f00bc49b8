#include "rules/cel/plan.h"

#include <utility>

#include "rules/cel/planner.h"

namespace laurel::cel {

namespace {

// Of a frame with fewer facts than the plan has slots.
constexpr Value kNoFacts = Value::Error(ErrorCode::kNoSuchVariable);

}  // namespace

Plan::Plan(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

Plan Plan::Make(CheckedAst ast, const PlanOptions& options) {
  auto program = std::make_unique<Program>();
  program->checked = std::move(ast);
  program->slot_count = options.slots.size();
  Planner planner(*program, options);
  program->root = planner.Any(program->checked.root());
  return Plan(std::move(program));
}

Value Plan::Evaluate(Frame& frame) const {
  if (frame.slot_count < program_->slot_count) return kNoFacts;
  return program_->root->value(*program_->root, frame);
}

std::int8_t Plan::Test(Frame& frame) const {
  if (frame.slot_count < program_->slot_count) return FailTest(frame, kNoFacts);
  return program_->root->test(*program_->root, frame);
}

const CheckedAst& Plan::checked() const { return program_->checked; }

std::int32_t Plan::walked_part_count() const { return program_->walked_part_count; }

}  // namespace laurel::cel
