#ifndef LAUREL_RULES_PROGRAM_FOOTPRINT_H_
#define LAUREL_RULES_PROGRAM_FOOTPRINT_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "rules/cel/ast.h"
#include "rules/cel/checked.h"
#include "rules/cel/value.h"
#include "rules/program/document_facts.h"

namespace laurel::rules::model {

// Which facts some expressions may read: what nobody reads need not be made for them. Never leaves
// out a fact that is read.
class Footprint {
 public:
  // Adds what an expression reads. `structs` are those of the groups, in their order.
  using Structs = std::vector<std::unique_ptr<cel::StructType>>;
  void Add(const cel::CheckedAst& checked, const Structs& structs);

  // Whether any field of a group is read.
  bool Reads(FactGroup group) const { return fields_[group] != 0; }
  // Whether the field in a slot, from 1, of the group's struct is read.
  bool Reads(FactGroup group, std::size_t slot) const {
    return (fields_[group] >> BitOf(slot) & 1) != 0;
  }

 private:
  // Declared fields, which may be more than there are bits, share the last one.
  static std::size_t BitOf(std::size_t slot) { return std::min<std::size_t>(slot, 63); }
  void AddExpr(const cel::CheckedAst& checked, const cel::Expr& expr, const Structs& structs);

  std::array<std::uint64_t, kFactGroups.size()> fields_ = {};  // bit by slot
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_FOOTPRINT_H_
