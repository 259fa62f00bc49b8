#ifndef LAUREL_RULES_CEL_PLANNER_H_
#define LAUREL_RULES_CEL_PLANNER_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "rules/cel/closures.h"
#include "rules/cel/plan.h"
#include "rules/cel/shapes.h"

// From a checked expression to the nodes of a plan. For plan.cc and planner*.cc only.
namespace laurel::cel {

// Everything a plan is made of. Nodes and their extras keep their addresses.
struct Plan::Program {
  CheckedAst checked;
  std::unique_ptr<const SlotTable> slots;  // of walked parts, if there are any
  std::deque<Node> nodes;
  std::deque<NodeExtra> extras;
  std::unique_ptr<Arena> arena;  // of constant lists and maps, if there are any
  const Node* root = nullptr;
  std::size_t slot_count = 0;
  std::int32_t walked_part_count = 0;
};

// Guesses, in nanoseconds about; only their order matters.
inline constexpr std::uint32_t kTextCost = 4;
inline constexpr std::uint32_t kCallCost = 100;
inline constexpr std::uint32_t kLoopFactor = 20;
inline constexpr std::uint32_t kWalkCost = 2000;

// A place that one load reaches.
struct Path {
  bool is_local = false;
  std::uint32_t slot = 0;
  std::uint32_t field = 0;  // 0: the slot itself
  const StructType* type = nullptr;
};

// The functions of one shape of node for the four kinds of places and for any other operand.
template <class Fn>
struct ByLoad {
  Fn slot;
  Fn local;
  Fn slot_field;
  Fn local_field;
  Fn node;

  Fn For(const std::optional<Path>& path) const {
    if (!path) return node;
    if (path->field == 0) return path->is_local ? local : slot;
    return path->is_local ? local_field : slot_field;
  }
};

// Makes the nodes of one plan. Test, Number and Any differ in what the node they return can do;
// each of them leaves what it does not know to the next more general one, and Walk takes anything.
class Planner {
 public:
  Planner(Plan::Program& program, const PlanOptions& options)
      : program_(program), options_(options) {}

  // A node for `expr` with the function that its type asks for, and `value`.
  const Node* Any(const Expr& expr);

 private:
  const CheckedAst& checked() const { return program_.checked; }
  const Type& TypeOf(const Expr& expr) const { return checked().TypeOf(expr); }
  bool IsInt(const Expr& expr) const { return TypeOf(expr).kind() == TypeKind::kInt; }
  bool IsString(const Expr& expr) const { return TypeOf(expr).kind() == TypeKind::kString; }

  // ---- Nodes

  Node& New(std::uint32_t cost);
  NodeExtra& ExtraOf(Node& node);
  Node& NewTest(TestFn test, std::uint32_t cost);
  Node& NewNumber(NumberFn number, std::uint32_t cost);
  Node& NewValue(ValueFn value, std::uint32_t cost);
  static void SetPath(Node& node, const Path& path);

  // ---- Names

  std::optional<std::uint32_t> FindLocal(absl::string_view name) const;
  std::optional<Path> PathOf(const Expr& expr) const;
  std::optional<Path> FieldPathOf(const Expr& expr) const;
  const StructType* FindStruct(const Expr& expr) const;

  // ---- Literals

  Value ConstantText(absl::string_view text) const;
  Value Constant(const Literal& literal) const;
  // Requires IsConstant. An error for a map that repeats a key.
  Value ConstantOf(const Expr& expr);

  // ---- bool: nodes with `test`

  const Node* Test(const Expr& expr);
  static const Node* At(Node& node, const Path& path);
  const Node* TestCall(const CallExpr& call);
  void CollectTerms(const Expr& expr, Operation operation, std::vector<const Node*>& terms);
  const Node* Terms(const CallExpr& call, Operation operation, TestFn test);
  const Node* NotOf(const CallExpr& call);

  // The condition, and branches that `make_node` makes nodes of.
  template <class MakeNode>
  void SetConditional(Node& node, const CallExpr& call, MakeNode make_node) {
    node.a = Test(*call.args[0]);
    const Node* const yes = make_node(*call.args[1]);
    const Node* const no = make_node(*call.args[2]);
    node.cost += node.a->cost + std::max(yes->cost, no->cost);
    ExtraOf(node).parts = {yes, no};
  }

  // Whether both branches give what the whole is typed as, and not what only a value would show.
  bool HasBranchesOf(const CallExpr& call, TypeKind kind) const;
  const Node* ConditionalTest(const CallExpr& call);
  const Node* Comparison(const CallExpr& call, Operation operation);
  const Node* NumberComparison(const Expr& a, const Expr& b, Operation operation);
  const Node* TextComparison(const Expr& a, const Expr& b, bool is_wanted);
  // A node whose operand is at a path, or in `a`.
  Node& OnOperand(const Expr& operand, const ByLoad<TestFn>& fns, std::uint32_t cost);
  const Node* AgainstLiteral(const Expr& operand, const ByLoad<TestFn>& fns, const Value& literal,
                             std::uint32_t cost);
  const Node* Membership(const CallExpr& call);
  const Node* TextInSet(const Expr& element, const ListExpr& list);
  // Literals of one list mostly have symbols next to each other, and then a bit for each will do.
  static void SetMask(NodeExtra& extra);
  const Node* NumberInSet(const Expr& element, const ListExpr& list);
  const Node* Has(const SelectExpr& select);
  // A regular expression that stands in the text is compiled once.
  const Node* Match(const CallExpr& call);

  // ---- Loops of type bool

  // Opens a scope of one variable for as long as it lives.
  class Scope {
   public:
    Scope(Planner& planner, absl::string_view name) : scope_(planner.scope_) {
      scope_.push_back(ScopeEntry{name, static_cast<std::uint32_t>(scope_.size())});
    }
    Scope(Planner& planner, absl::string_view name, std::uint32_t local) : scope_(planner.scope_) {
      scope_.push_back(ScopeEntry{name, local});
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { scope_.pop_back(); }

    std::uint32_t local() const { return scope_.back().local; }

   private:
    std::vector<ScopeEntry>& scope_;
  };

  bool HasRoomForLocal() const { return scope_.size() + 1 < Frame::kLocalsMax; }
  static std::uint32_t LoopCost(const Node& range, const Node* body);
  const Node* TestLoop(const ComprehensionExpr& loop);
  const Node* Quantifier(const LoopParts& parts, TestFn test);

  // ---- int: nodes with `number`

  const Node* Number(const Expr& expr);
  const Node* NumberCall(const CallExpr& call);
  const Node* NumberMethod(const CallExpr& call);
  // list.sum(), list.filter(i, p).sum(), list.map(i, e).sum(), list.filter(i, p).map(j, e).sum(),
  // list.map(i, p, e).sum(): one loop, no list in between.
  const Node* Sum(const Expr& list);
  const Node* FusedSum(const Expr& source, const std::optional<LoopParts>& filtered,
                       const std::optional<LoopParts>& mapped);
  const Node* Count(const Expr& list);
  const Node* Fused(NumberFn number, std::uint32_t local, const Node* range, const Node* filter,
                    const Node* item);

  // ---- Anything: nodes with `value`

  const Node* General(const Expr& expr);
  const Node* ConstantNode(const Value& value);
  const Node* Name(const Expr& expr);
  const Node* SelectNode(const SelectExpr& select);
  const Node* Call(const CallExpr& call);
  const Node* Function(const CallExpr& call);
  const Node* List(const ListExpr& list);
  const Node* Bind(const ComprehensionExpr& loop);
  const Node* Walk(const Expr& expr);

  Plan::Program& program_;
  const PlanOptions& options_;
  std::vector<ScopeEntry> scope_;  // the innermost last; never more than Frame::kLocalsMax
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_PLANNER_H_
