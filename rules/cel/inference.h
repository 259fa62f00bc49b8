#ifndef LAUREL_RULES_CEL_INFERENCE_H_
#define LAUREL_RULES_CEL_INFERENCE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/cel/declarations.h"
#include "rules/cel/type.h"

namespace laurel::cel {

// The unknown types of one expression and what has been found out about them. Work is bounded:
// after `steps_max` steps, or when a type grows beyond Inference::kTypeSizeMax, is_exhausted() is
// true and answers mean nothing.
class Inference {
 public:
  static constexpr std::uint32_t kTypeSizeMax = 1000;

  explicit Inference(std::size_t steps_max) : steps_left_(steps_max) {}

  // An unknown type, different from all others.
  Type NewUnknown();

  // Whether a value of `given` may stand where `wanted` is asked for. If so, unknown types on both
  // sides are bound by what that takes; if not, nothing changes. dyn stands for anything, null for
  // optional, struct, timestamp and duration.
  bool Assign(const Type& wanted, const Type& given);
  bool AssignAll(std::span<const Type> wanted, std::span<const Type> given);

  // `type` with what is known put in. What is still unknown stays, or becomes dyn.
  Type Resolve(const Type& type) { return Substitute(type, /*unknown_to_dyn=*/false); }
  Type Finish(const Type& type) { return Substitute(type, /*unknown_to_dyn=*/true); }

  // `overload` with unknown types for its type parameters.
  OverloadDeclaration Instantiate(const OverloadDeclaration& overload);

  // The one of two types that agree which says less.
  static const Type& MoreGeneral(const Type& a, const Type& b);

  bool is_exhausted() const { return is_exhausted_; }

 private:
  bool Step();
  const Type* Find(const Type& unknown) const;
  void Bind(const Type& unknown, const Type& type);
  void UndoTo(std::size_t mark);
  bool Unify(const Type& a, const Type& b);
  bool UnifyAll(std::span<const Type> a, std::span<const Type> b);
  enum class Bound { kNo, kYes, kConflict };
  Bound BindUnknown(const Type& type, const Type& unknown);
  bool Mentions(const Type& type, const Type& unknown);
  Type Substitute(const Type& type, bool unknown_to_dyn);
  template <class Map>
  Type Rebuild(const Type& type, Map map);

  std::size_t steps_left_;
  bool is_exhausted_ = false;
  std::size_t unknown_count_ = 0;
  absl::flat_hash_map<std::string, Type> bindings_;
  std::vector<std::pair<std::string, std::optional<Type>>> trail_;  // what Bind replaced, to undo
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_INFERENCE_H_
