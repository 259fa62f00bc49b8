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

namespace laurel::program::v1 {
class ProgramDocument;
}  // namespace laurel::program::v1

namespace laurel::rules {

// What a number of an expression counts.
struct Unit {
  enum class Kind {
    kNone,     // nothing that is known
    kLiteral,  // takes the other side's
    kMoney,    // minor units of the program's currency
    kPoints,   // smallest units of a point type
    kCount,
    kDays,
    kMinutes,
  };
  Kind kind = Kind::kNone;
  std::size_t point_type = 0;  // for kPoints

  friend bool operator==(const Unit&, const Unit&) = default;
};

// The groups of facts, as bits: where an expression stands decides which of them it may read.
enum Root : std::uint32_t {
  kActivityRoot = 1U << 0,
  kPurchaseRoot = 1U << 1,
  kItemsRoot = 1U << 2,
  kItemRoot = 1U << 3,
  kMemberRoot = 1U << 4,
  kStoreRoot = 1U << 5,
  kMetricsRoot = 1U << 6,
  kBaseRoot = 1U << 7,
  kNowRoot = 1U << 8,
  kVariablesRoot = 1U << 9,
};
using Roots = std::uint32_t;

// A fact that expressions can read.
struct FactInfo {
  cel::Type type;
  Unit unit = {};
  std::int64_t min = 0;  // of an int
  std::int64_t max = 0;
  bool is_optional = false;            // has() must guard it
  bool is_sealed = false;              // only membership of literals may be tested
  std::string vocabulary = {};         // the key of known texts; empty: any text is possible
  std::uint64_t elements = 0;          // of a list
  std::uint64_t characters = 64;       // of a text, or of a list's texts
  std::vector<std::string> only = {};  // activity types that have it; empty: all
};

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

  // By the name of the struct and of its field, such as "Purchase", "net". Null if there is none.
  const FactInfo* FindField(absl::string_view structure, absl::string_view field) const;
  // `items` and `now`; null for groups.
  const FactInfo* FindVariable(absl::string_view name) const;
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
  using Fields = std::map<std::string, FactInfo, std::less<>>;

  void AddStruct(const std::string& name, Fields fields);
  void AddActivity(const laurel::program::v1::ProgramDocument& document);
  void AddPurchase();
  void AddMember(const laurel::program::v1::ProgramDocument& document);
  void AddMetrics(const laurel::program::v1::ProgramDocument& document);
  void AddFunctions();
  void AddTexts(const laurel::program::v1::ProgramDocument& document);
  void AddCosts();
  std::optional<cel::SizeBound> BoundOf(const FactInfo& fact) const;

  cel::Declarations declarations_;
  cel::CostOptions cost_options_;
  int currency_exponent_;
  std::vector<std::string> point_types_;
  std::vector<std::string> program_variable_ids_;
  std::map<std::string, Fields, std::less<>> structs_;
  Fields variables_;
  std::map<std::string, KnownTexts, std::less<>> texts_;
  std::map<std::string, VariableInfo, std::less<>> program_variables_;
  std::vector<cel::FieldDeclaration> program_variable_fields_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_ENVIRONMENT_H_
