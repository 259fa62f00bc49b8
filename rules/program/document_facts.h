#ifndef LAUREL_RULES_PROGRAM_DOCUMENT_FACTS_H_
#define LAUREL_RULES_PROGRAM_DOCUMENT_FACTS_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/declarations.h"
#include "rules/cel/type.h"

namespace laurel::program::v1 {
class Attribute;
class ProgramDocument;
}  // namespace laurel::program::v1

// Every fact that expressions of a program may read: one table for those who check expressions and
// those who evaluate them.
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

// A fact that expressions can read.
struct FactInfo {
  cel::Type type;
  Unit unit = {};
  std::int64_t min = 0;  // of an int
  std::int64_t max = 0;
  bool is_optional = false;            // may be absent: has() must guard it
  bool is_sealed = false;              // only membership of literals may be tested
  std::string vocabulary = {};         // the key of known texts; empty: any text is possible
  std::uint64_t elements = 0;          // of a list
  std::uint64_t characters = 64;       // of a text, or of a list's texts
  std::vector<std::string> only = {};  // activity types that have it; empty: all
};

// Of an attribute; `list` is where the vocabulary of its texts stands: "activity".
FactInfo FactOf(const laurel::program::v1::Attribute& attribute, absl::string_view list);

// The names that an expression can begin with, in the order of their slots.
enum FactRoot : std::size_t {
  kPurchaseFact,
  kItemsFact,
  kItemFact,
  kActivityFact,
  kMemberFact,
  kStoreFact,
  kMetricsFact,
  kVariablesFact,
  kBaseFact,
  kNowFact,
};
inline constexpr std::array<absl::string_view, 10> kFactRoots = {
    "purchase", "items",   "item",      "activity", "member",
    "store",    "metrics", "variables", "base",     "now"};

// The structs that facts are grouped in.
enum FactGroup : std::size_t {
  kLocalFacts,
  kActivityFacts,
  kStoreFacts,
  kItemFacts,
  kPurchaseFacts,
  kBalanceFacts,
  kPendingFacts,
  kBaseFacts,
  kAttributeFacts,
  kMemberFacts,
  kMetricFacts,
  kVariableFacts,  // without fields here: types of variables are found one after the other
};
inline constexpr std::array<absl::string_view, 12> kFactGroups = {
    "Local",   "Activity", "Store",      "Item",   "Purchase", "Balance",
    "Pending", "Base",     "Attributes", "Member", "Metrics",  "Variables"};

// The facts of one program. Immutable.
class FactTable {
 public:
  using Fields = std::vector<std::pair<std::string, FactInfo>>;

  // Of names that are given twice the first counts.
  explicit FactTable(const laurel::program::v1::ProgramDocument& document);

  // In the order of their slots: built-in ones first, then those that the document declares, in its
  // order.
  const Fields& fields(FactGroup group) const { return groups_[group]; }
  // Null if there is none. `structure` is the name of a group.
  const FactInfo* FindField(absl::string_view structure, absl::string_view field) const;
  const FactInfo& root(FactRoot root) const { return roots_[root]; }

  // Declares all of it, and the functions of programs: money, time_of_day, date, tier_at_least,
  // hash_bucket.
  void Declare(cel::Declarations& declarations) const;

  // Whether activities have `field` whatever the document declares.
  static bool IsBuiltInOfActivities(absl::string_view field);

 private:
  void AddActivity(const laurel::program::v1::ProgramDocument& document);
  void AddPoints(const laurel::program::v1::ProgramDocument& document);
  void AddMember(const laurel::program::v1::ProgramDocument& document);
  void AddMetrics(const laurel::program::v1::ProgramDocument& document);

  std::array<Fields, kFactGroups.size()> groups_;
  std::array<FactInfo, kFactRoots.size()> roots_;
};

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_DOCUMENT_FACTS_H_
