#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_ENVIRONMENT_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_ENVIRONMENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/cost.h"
#include "rules/cel/declarations.h"
#include "rules/cel/type.h"
#include "rules/program/document_facts.h"

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// The groups of facts, as bits: where an expression stands decides which of them it may read.
enum Root : std::uint32_t {
  kPurchaseRoot = 1U << kPurchaseFact,
  kItemsRoot = 1U << kItemsFact,
  kItemRoot = 1U << kItemFact,
  kActivityRoot = 1U << kActivityFact,
  kMemberRoot = 1U << kMemberFact,
  kStoreRoot = 1U << kStoreFact,
  kMetricsRoot = 1U << kMetricsFact,
  kVariablesRoot = 1U << kVariablesFact,
  kBaseRoot = 1U << kBaseFact,
  kNowRoot = 1U << kNowFact,
};
using Roots = std::uint32_t;

// What a variable's expression turned out to be.
struct VariableInfo {
  Unit unit = {};
  std::int64_t min = 0;
  std::int64_t max = 0;
  Roots roots = 0;
  std::uint64_t cost = 0;
  std::vector<std::string> only = {};  // activity types for which it can be read; empty: all
  std::uint64_t elements = 0;
};

// The texts that a fact can have, and how people call one: "channel".
struct KnownTexts {
  std::string noun;
  std::vector<std::string> texts;
};

// The facts, functions and known texts of one program: what its expressions may name. Groups such
// as `member` are structs of their fields, so that has() works on each. Immutable but for
// variables, which are added in the order of the document.
class Environment {
 public:
  // `currency_exponent` is 2 if the currency is unknown.
  Environment(const laurel::program::v1::ProgramDocument& document, int currency_exponent);
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  const cel::Declarations& declarations() const { return declarations_; }
  const cel::CostOptions& cost_options() const { return cost_options_; }
  int currency_exponent() const { return currency_exponent_; }

  const FactTable& facts() const { return facts_; }
  // What an expression may begin with, such as "items". Null if there is none.
  const FactInfo* FindRoot(absl::string_view name) const;
  // The group that a variable of the environment belongs to; 0 if there is none.
  static Roots RootOf(absl::string_view variable);
  const KnownTexts* FindTexts(absl::string_view vocabulary) const;
  const VariableInfo* FindProgramVariable(absl::string_view id) const;
  // Whether the document defines variables.<id>, declared so far or not.
  bool IsProgramVariable(absl::string_view id) const;
  // The ids of point types, for messages.
  const std::vector<std::string>& point_types() const { return point_types_; }

  // Declares variables.<id>; kError as type for one that could not be checked.
  void AddProgramVariable(const std::string& id, const cel::Type& type, VariableInfo info);

 private:
  void AddTexts(const laurel::program::v1::ProgramDocument& document);
  void AddCosts();
  std::optional<cel::SizeBound> BoundOf(const FactInfo& fact) const;

  FactTable facts_;
  cel::Declarations declarations_;
  cel::CostOptions cost_options_;
  int currency_exponent_;
  std::vector<std::string> point_types_;
  std::vector<std::string> program_variable_ids_;
  std::map<std::string, KnownTexts, std::less<>> texts_;
  std::map<std::string, VariableInfo, std::less<>> program_variables_;
  std::vector<cel::FieldDeclaration> program_variable_fields_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_ENVIRONMENT_H_
