// Values, their order and equality, and lists and maps in an arena.
#include "rules/cel/value.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "rules/cel/arithmetic.h"
#include "rules/cel/collections.h"
#include "rules/cel/compare.h"

namespace laurel::cel {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kIntMax = std::numeric_limits<std::int64_t>::max();

class ValueTest : public testing::Test {
 protected:
  std::string Show(const Value& value) { return DebugString(value); }
  Value Ints(const std::vector<std::int64_t>& numbers) {
    std::vector<Value> elements;
    for (const std::int64_t number : numbers) elements.push_back(Value::Int(number));
    return MakeList(context_, elements);
  }

  Arena arena_;
  Context context_{arena_};
};

TEST_F(ValueTest, NumbersCompareByValueAcrossKinds) {
  struct Row {
    Value a;
    Value b;
    Order expected;
  };
  const Row rows[] = {
      {Value::Int(1), Value::Uint(1), Order::kEqual},
      {Value::Int(-1), Value::Uint(0), Order::kLess},
      {Value::Uint(std::numeric_limits<std::uint64_t>::max()), Value::Int(kIntMax),
       Order::kGreater},
      {Value::Double(1.5), Value::Int(1), Order::kGreater},
      {Value::Double(1.5), Value::Uint(2), Order::kLess},
      {Value::Double(-1e30), Value::Int(-kIntMax), Order::kLess},
      {Value::Double(kNan), Value::Int(0), Order::kUnordered},
      {Value::Double(-0.0), Value::Double(0.0), Order::kEqual},
      {Value::Bool(false), Value::Bool(true), Order::kLess},
      {Value::String("a"), Value::String("ab"), Order::kLess},
      {Value::String("z"), Value::String("\xC3\xA4"), Order::kLess},
      {Value::Timestamp(1, 5), Value::Timestamp(1, 4), Order::kGreater},
      {Value::Int(1), Value::String("1"), Order::kNone},
      {Value::Null(), Value::Null(), Order::kNone},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(Show(row.a) + " and " + Show(row.b));
    EXPECT_EQ(Compare(row.a, row.b), row.expected);
  }
}

TEST_F(ValueTest, EqualityIsFalseBetweenKindsAndNeverAnError) {
  const std::array values = {Value::Null(),      Value::Bool(true),      Value::Int(1),
                             Value::String("1"), Value::Bytes("1"),      Ints({1}),
                             Value::Map({}),     Value::Timestamp(1, 0), Value::Duration(1),
                             Value::Type("int"), Value::OptionalNone()};
  for (const Value& a : values) {
    for (const Value& b : values) {
      EXPECT_EQ(Show(Equal(context_, a, b)), &a == &b ? "true" : "false")
          << Show(a) << " and " << Show(b);
    }
  }
}

TEST_F(ValueTest, NanIsUnlikeItselfInsideOfListsToo) {
  const std::array nan = {Value::Double(kNan)};
  const Value list = Value::List(nan);
  EXPECT_EQ(Show(Equal(context_, list, list)), "false");
}

TEST_F(ValueTest, SymbolsDecideOnlyWhereBothAreKnown) {
  const Value plain = Value::String("gold");
  const Value gold = Value::String("gold", 2);
  const Value unknown = Value::String("gild", kUnknownSymbol);
  EXPECT_EQ(Show(Equal(context_, plain, gold)), "true");
  EXPECT_EQ(Show(Equal(context_, gold, Value::String("gold", 2))), "true");
  EXPECT_EQ(Show(Equal(context_, gold, unknown)), "false");
  EXPECT_EQ(Show(Equal(context_, unknown, Value::String("gild", kUnknownSymbol))), "true");
  EXPECT_EQ(Show(Equal(context_, unknown, Value::String("guild", kUnknownSymbol))), "false");
}

// Two lists that grew from the same one do not see each other's elements.
TEST_F(ValueTest, AppendingLeavesTheOldListAsItWas) {
  const Value base = AppendToList(context_, Ints({1, 2}), Value::Int(3));
  const Value one = AppendToList(context_, base, Value::Int(4));
  const Value other = AppendToList(context_, base, Value::Int(5));
  EXPECT_EQ(Show(base), "[1, 2, 3]");
  EXPECT_EQ(Show(one), "[1, 2, 3, 4]");
  EXPECT_EQ(Show(other), "[1, 2, 3, 5]");
  EXPECT_EQ(Show(ConcatLists(context_, one, other)), "[1, 2, 3, 4, 1, 2, 3, 5]");
  EXPECT_EQ(Show(ConcatLists(context_, one, one)), "[1, 2, 3, 4, 1, 2, 3, 4]");
}

TEST_F(ValueTest, AppendingTakesMemoryInProportion) {
  Value list = Ints({});
  for (int i = 0; i < 10'000; ++i) list = AppendToList(context_, list, Value::Int(i));
  EXPECT_EQ(list.size(), 10'000u);
  EXPECT_LT(arena_.used_bytes(), 10'000u * sizeof(Value) * 6);
}

TEST_F(ValueTest, MapsFindKeysByValue) {
  std::array entries = {
      KeyValue{Value::String("a"), Value::Int(1)}, KeyValue{Value::Uint(7), Value::Int(2)},
      KeyValue{Value::Bool(true), Value::Int(3)}, KeyValue{Value::Int(kIntMax), Value::Int(4)}};
  const Value map = MakeMap(context_, entries);
  struct Row {
    Value key;
    const char* expected;
  };
  const Row rows[] = {
      {Value::String("a"), "1"},
      {Value::Int(7), "2"},
      {Value::Double(7.0), "2"},
      {Value::Bool(true), "3"},
      {Value::Int(kIntMax), "4"},
      {Value::Double(9223372036854775808.0), "error(no such key)"},  // the next number
      {Value::Int(8), "error(no such key)"},
      {Value::Double(7.5), "error(no such key)"},
      {Value::Double(kNan), "error(no such key)"},
      {Value::Null(), "error(the function does not take values of these types)"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(Show(row.key));
    EXPECT_EQ(Show(Index(context_, map, row.key)), row.expected);
  }
}

TEST_F(ValueTest, MapsRefuseRepeatedAndUnfitKeys) {
  std::array repeated = {KeyValue{Value::Int(0), Value::Null()},
                         KeyValue{Value::Uint(0), Value::Null()}};
  EXPECT_EQ(Show(MakeMap(context_, repeated)), "error(repeated map key)");
  std::array unfit = {KeyValue{Value::Double(0), Value::Null()}};
  EXPECT_EQ(Show(MakeMap(context_, unfit)),
            "error(a map key must be an int, uint, bool or string)");
  const Value map = InsertIntoMap(context_, Value::Map({}), Value::Int(1), Value::Int(2));
  EXPECT_EQ(Show(InsertIntoMap(context_, map, Value::Uint(1), Value::Int(3))),
            "error(repeated map key)");
  EXPECT_EQ(Show(InsertIntoMap(context_, map, Value::Int(0), Value::Int(3))), "{0: 3, 1: 2}");
}

TEST_F(ValueTest, StructsHaveFieldsThatMayBeAbsent) {
  const StructType type("Item", {"net", "weight"});
  const std::array slots = {Value::StructHead(&type), Value::Int(5),
                            Value::Error(ErrorCode::kNoSuchField)};
  const Value item = Value::Struct(slots.data());
  EXPECT_EQ(Show(Select(context_, item, "net")), "5");
  EXPECT_EQ(Show(HasField(context_, item, "net")), "true");
  EXPECT_EQ(Show(HasField(context_, item, "weight")), "false");
  EXPECT_EQ(Show(Select(context_, item, "weight")), "error(no such field)");
  EXPECT_EQ(Show(HasField(context_, item, "colour")), "error(no such field)");
  EXPECT_EQ(Show(OptSelect(context_, item, "weight")), "optional.none()");
  EXPECT_EQ(Show(Equal(context_, item, item)), "true");
  EXPECT_EQ(TypeNameOf(item), "Item");
  EXPECT_EQ(Show(item), "Item{net: 5}");
}

TEST_F(ValueTest, ArithmeticMeetsTheEndsOfItsRange) {
  const Value least = Value::Int(std::numeric_limits<std::int64_t>::min());
  const char kOverflow[] = "error(result out of range)";
  EXPECT_EQ(Show(Add(context_, Value::Int(kIntMax), Value::Int(1))), kOverflow);
  EXPECT_EQ(Show(Subtract(least, Value::Int(1))), kOverflow);
  EXPECT_EQ(Show(Multiply(least, Value::Int(-1))), kOverflow);
  EXPECT_EQ(Show(Divide(least, Value::Int(-1))), kOverflow);
  EXPECT_EQ(Show(Modulo(least, Value::Int(-1))), kOverflow);
  EXPECT_EQ(Show(Negate(least)), kOverflow);
  EXPECT_EQ(Show(Subtract(Value::Uint(0), Value::Uint(1))), kOverflow);
  EXPECT_EQ(Show(Divide(Value::Int(-7), Value::Int(2))), "-3");
  EXPECT_EQ(Show(Modulo(Value::Int(-7), Value::Int(2))), "-1");
  EXPECT_EQ(Show(Divide(Value::Int(1), Value::Int(0))), "error(division by zero)");
  EXPECT_EQ(Show(Divide(Value::Double(1), Value::Double(0))), "Infinity");
}

}  // namespace
}  // namespace laurel::cel
