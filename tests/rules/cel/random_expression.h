#ifndef LAUREL_TESTS_RULES_CEL_RANDOM_EXPRESSION_H_
#define LAUREL_TESTS_RULES_CEL_RANDOM_EXPRESSION_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/arena.h"
#include "rules/cel/context.h"
#include "rules/cel/declarations.h"
#include "rules/cel/symbols.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// The variables that random expressions read, the same for everybody.
class RandomFacts {
 public:
  RandomFacts();
  RandomFacts(const RandomFacts&) = delete;
  RandomFacts& operator=(const RandomFacts&) = delete;

  struct Fact {
    std::string name;
    Type type;
    Value value;
  };
  const std::vector<Fact>& facts() const { return facts_; }
  const StructType& item_type() const { return item_type_; }
  const Declarations& declarations() const { return declarations_; }
  // In the order of facts().
  const SlotTable& slots() const { return slots_; }

 private:
  void Add(const std::string& name, Type type, const Value& value);
  Value MakeItem(std::int64_t net, absl::string_view category, bool has_weight);

  Arena arena_;
  Context context_{arena_};
  StructType item_type_{"Item", {"net", "category", "tags", "is_gift", "weight"}};
  Declarations declarations_{&AllDeclarations()};
  SlotTable slots_;
  std::vector<Fact> facts_;
};

// What expressions may be made of.
enum class Dialect : std::uint8_t {
  kShared,  // what other implementations of the language have and see the same way
  kWhole,   // all of this one, with structs
};

// Makes expressions that the checker accepts and that often have errors at evaluation: overflow, a
// missing key, an index out of range. With one compiler, the same seed gives the same expressions.
class RandomExpression {
 public:
  RandomExpression(std::uint64_t seed, Dialect dialect) : random_(seed), dialect_(dialect) {}

  // An expression of a random type.
  std::string Make();

 private:
  enum class T : std::uint8_t {
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,
    kBytes,
    kInts,     // list(int)
    kStrings,  // list(string)
    kCounts,   // map(string, int)
    kTimestamp,
    kDuration,
    kItem,   // struct, only where a variable has one
    kItems,  // list(Item)
  };
  struct Local {
    std::string name;
    T type;
  };
  using Choice = std::function<std::string()>;

  std::size_t Below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  bool IsWhole() const { return dialect_ == Dialect::kWhole; }
  std::string Pick(std::initializer_list<const char*> texts);
  std::string PickFrom(const std::vector<Choice>& choices);

  // An expression of type `type`, at most `depth` operations deep.
  std::string Of(T type, int depth);
  std::string Leaf(T type);
  std::string Compound(T type, int depth);
  std::string Literal(T type);
  std::string LocalOf(T type);  // empty if there is none

  std::string Bool(int depth);
  std::string Comparison(int depth);
  std::string Equality(int depth);
  std::string Quantifier(int depth);
  std::string Membership(int depth);
  std::string TextTest(int depth);
  std::string Int(int depth);
  std::string IntOfTime(int depth);
  std::string IntOfList(int depth);
  std::string Uint(int depth);
  std::string Double(int depth);
  std::string String(int depth);
  std::string Bytes(int depth);
  std::string Ints(int depth);
  std::string Strings(int depth);
  std::string Counts(int depth);
  std::string Timestamp(int depth);
  std::string Duration(int depth);

  std::string Binary(absl::string_view op, T type, int depth);
  std::string Conditional(T type, int depth);
  std::string Bind(T type, int depth);
  // `body` with a fresh variable of `type` in scope; the variable's name comes first.
  std::pair<std::string, std::string> Within(T type, const Choice& body);
  T AnyType();
  T ComparableType();

  std::mt19937_64 random_;
  Dialect dialect_;
  std::vector<Local> locals_;
};

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_RULES_CEL_RANDOM_EXPRESSION_H_
