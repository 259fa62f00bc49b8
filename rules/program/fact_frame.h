#ifndef LAUREL_RULES_PROGRAM_FACT_FRAME_H_
#define LAUREL_RULES_PROGRAM_FACT_FRAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "rules/cel/arena.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/plan.h"
#include "rules/program/document_facts.h"
#include "rules/program/facts.h"
#include "rules/program/model.h"

// The values of facts for one evaluation: those of document_facts.h, in its order.
namespace laurel::rules::model {

// The slots of purchase.eligible_net and member.segments, which follow from other facts.
inline constexpr std::size_t kEligibleNetSlot = 5;
inline constexpr std::size_t kSegmentsSlot = 16;

// What functions of the program read beside their arguments: the host of a context.
struct FunctionHost {
  const Model* model = nullptr;
  const Facts* facts = nullptr;
};

// The member, the activity and the moment as expressions see them. Takes all the memory that it
// needs from the arena when it is made, and none from the heap.
class FactFrame : public cel::Activation {
 public:
  // Everything but variables and base points, of which all are 0 or absent so far. `model`, `facts`
  // and `arena` must outlive this. For any expression of the model.
  FactFrame(const Model& model, const Facts& facts, cel::Arena& arena)
      : FactFrame(model, facts, arena, model.footprint) {}
  // Only for expressions that `footprint` covers: nothing else is made. It must outlive this too.
  FactFrame(const Model& model, const Facts& facts, cel::Arena& arena, const Footprint& footprint);
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

  // A field that the footprint has, by its slot in the struct of `root`.
  const cel::Value& FieldOf(FactRoot root, std::uint32_t slot) const {
    return slots_[root].slots()[slot];
  }
  // A metric as it was set last; empty if it is absent.
  std::optional<std::int64_t> metric(std::size_t index) const;
  std::int64_t eligible_net() const { return eligible_net_; }
  std::span<const std::size_t> counting() const { return counting_; }
  const Facts& facts() const { return facts_; }
  Date date() const { return local_.date; }
  int minute() const { return local_.minute; }

 private:
  class StructMaker;

  void MakeItems();
  cel::Value MakeItem(const ItemFact& item);
  cel::Value MakePurchase();
  cel::Value MakeLocal();
  cel::Value MakeActivity();
  cel::Value MakeMember();
  cel::Value MakeStore();
  cel::Value MakeTexts(Texts texts);
  // Sets `slots` to the fields if it is not null.
  cel::Value MakePoints(FactGroup group, std::span<const std::int64_t> points,
                        cel::Value** slots = nullptr);
  cel::Value MakeAttribute(const Attribute& attribute, Attributes reported);
  cel::Value MakeMemberAttributes();
  void AddAttributes(const std::vector<Attribute>& declared, Attributes reported,
                     StructMaker& maker);
  cel::Value Text(absl::string_view text) const { return model_.symbols.Lookup(text); }
  template <class T>
  std::span<T> Room(std::size_t count);
  void SetSegments();
  void SetVariables();

  const Model& model_;
  const Facts& facts_;
  FunctionHost host_;
  cel::Arena& arena_;
  cel::Context context_;
  const Footprint& footprint_;
  const Calendar::Local local_;
  std::int64_t eligible_net_ = 0;
  std::span<cel::Value> items_;          // all items
  std::span<cel::Value> counted_items_;  // room for those that count
  std::span<std::size_t> counting_room_;
  std::span<std::size_t> counting_;
  std::span<cel::Value> segments_;  // imported ones, and room for those with a condition
  // The fields of structs that change; null where nobody reads them.
  cel::Value* purchase_ = nullptr;
  cel::Value* member_ = nullptr;
  cel::Value* metrics_ = nullptr;
  cel::Value* variables_ = nullptr;
  cel::Value* base_ = nullptr;
  std::array<cel::Value, kFactRoots.size()> slots_;
  cel::Frame frame_;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_FACT_FRAME_H_
