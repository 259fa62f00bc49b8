#ifndef LAUREL_RULES_PROGRAM_FACT_FRAME_H_
#define LAUREL_RULES_PROGRAM_FACT_FRAME_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rules/cel/arena.h"
#include "rules/cel/declarations.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/plan.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

// How expressions see facts: the structs and their fields, and their values for one evaluation.
namespace laurel::rules::model {

// Declares what expressions may name, and gives the slots and struct types of `model`. Needs the
// model's point types, attributes, metrics and variables by id; variables get their types as they
// are compiled: see DeclareVariables.
void DeclareFacts(Model& model, cel::Declarations& declarations, cel::PlanOptions& options);
// Declares the first of the model's variables, by the types found so far.
void DeclareVariables(const Model& model, std::span<const cel::Type> types,
                      cel::Declarations& declarations);

// What functions of the program read beside their arguments: the host of a context.
struct FunctionHost {
  const Model* model = nullptr;
  const Facts* facts = nullptr;
};

// Which parts of the member and the moment; the values belong to the arena of `context`.
class FactFrame : public cel::Activation {
 public:
  // Everything but variables and base points, of which all are 0 or absent so far. `model` and
  // `facts` must outlive this.
  FactFrame(const Model& model, const Facts& facts, cel::Arena& arena);
  FactFrame(const FactFrame&) = delete;
  FactFrame& operator=(const FactFrame&) = delete;

  // The items that count, by index into facts.items; sets items and purchase.eligible_net.
  void SetCounting(std::span<const std::size_t> items);
  void SetBase(std::span<const std::int64_t> points);  // by point type
  void SetMetrics(std::span<const std::optional<std::int64_t>> metrics);
  // Adds the segments whose condition holds to member.segments, then computes the variables. Comes
  // after SetCounting.
  void Derive();

  // True if the condition holds or there is none; false if it has no value.
  bool Test(const Condition& condition);
  bool TestItem(const Condition& condition, std::size_t item);
  // 1, 0, or -1 if the expression has no value.
  int Try(const Expression& expression);
  cel::Value Value(const Expression& expression);

  // A fact by the name of its root: "member", "items".
  bool Find(absl::string_view name, cel::Value& value) const override;
  // The value of a part of `expression`, outside of its loops.
  cel::Value PartOf(const Expression& expression, const cel::Expr& part);

  std::int64_t eligible_net() const { return eligible_net_; }
  std::span<const std::size_t> counting() const { return counting_; }
  const Facts& facts() const { return facts_; }
  Date date() const { return date_; }
  int minute() const { return minute_; }

 private:
  cel::Value MakePurchase();
  cel::Value MakeItem(const ItemFact& item);
  cel::Value MakeActivity();
  cel::Value MakeMember(std::span<const cel::Value> segments);
  cel::Value MakeStore();
  cel::Value MakeStruct(std::size_t type, std::span<const cel::Value> fields);
  cel::Value MakeList(std::span<const cel::Value> elements);
  cel::Value MakeTexts(Texts texts);
  cel::Value MakePoints(std::size_t type, std::span<const std::int64_t> points);
  cel::Value MakeAttributes(std::size_t type, const std::vector<Attribute>& declared,
                            Attributes reported, std::vector<cel::Value> fields);
  cel::Value Text(absl::string_view text) const { return model_.symbols.Lookup(text); }
  void SetMember();
  void SetSegments();
  void SetVariables();

  const Model& model_;
  const Facts& facts_;
  FunctionHost host_;
  cel::Arena& arena_;
  cel::Context context_;
  Date date_;
  int minute_ = 0;
  std::int64_t eligible_net_ = 0;
  std::vector<std::size_t> counting_;
  std::vector<cel::Value> items_;
  std::vector<cel::Value> segments_;
  std::array<cel::Value, 10> slots_;
  cel::Frame frame_;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_FACT_FRAME_H_
