#ifndef LAUREL_RULES_CEL_PLAN_H_
#define LAUREL_RULES_CEL_PLAN_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "rules/cel/checked.h"
#include "rules/cel/context.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/symbols.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// What one evaluation of a plan reads and writes: the facts in their slots, and room for the
// variables of comprehensions. May be used for many plans, one after the other, on one thread.
struct Frame {
  static constexpr std::size_t kLocalsMax = 16;

  // `facts` has a value for each slot of the plans' table, an error value where a fact is absent,
  // and must outlive the frame, as `evaluation` must.
  Frame(std::span<const Value> facts, Context& evaluation)
      : slots(facts.data()), slot_count(facts.size()), context(evaluation) {}

  const Value* slots;
  std::size_t slot_count;
  Context& context;
  std::array<Value, kLocalsMax> locals;
  Value failure = Value::Error(ErrorCode::kUnsupported);  // why the last evaluation has no value
  bool has_failed = false;                                // set and consumed inside an evaluation
};

struct PlanOptions {
  const FunctionRegistry* functions = &AllFunctions();
  // The places of all variables.
  SlotTable slots;
  // Where texts of literals get their symbols, so that facts that carry symbols compare by them.
  // Null: texts are compared byte by byte. Only used while planning.
  SymbolTable* symbols = nullptr;
  // The structs that the environment declares: fields get their slots at planning. A struct that is
  // not here is looked into by name.
  std::vector<const StructType*> structs;
};

// A checked expression as closures: typed functions with their operands resolved, for the shapes
// that conditions and amounts have; what has no closure of its own is walked as a tree. Gives what
// Evaluate gives, with operands of && and || taken in the order of their cost. Immutable and
// thread-safe; a frame belongs to one thread.
class Plan {
 public:
  // The registry and the struct types of `options` must outlive the plan.
  static Plan Make(CheckedAst ast, const PlanOptions& options);

  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();

  // The value, or an error value.
  Value Evaluate(Frame& frame) const;

  // For an expression of type bool: 1 true, 0 false, -1 an error, which frame.failure then says.
  std::int8_t Test(Frame& frame) const;

  const CheckedAst& checked() const;

  // How many parts of the expression are walked as trees: 0 for a fully compiled one.
  std::int32_t walked_part_count() const;

 private:
  struct Program;
  friend class Planner;
  explicit Plan(std::unique_ptr<const Program> program);

  std::unique_ptr<const Program> program_;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_PLAN_H_
