#include "tests/rules/cel/random_expression.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "rules/cel/collections.h"

namespace laurel::cel {

namespace {

constexpr int kDepth = 5;
constexpr std::size_t kLocalsMax = 4;

}  // namespace

// ---- Facts

void RandomFacts::Add(const std::string& name, Type type, const Value& value) {
  declarations_.AddVariable(name, type);
  slots_.Add(name);
  facts_.push_back(Fact{name, std::move(type), value});
}

Value RandomFacts::MakeItem(std::int64_t net, absl::string_view category, bool has_weight) {
  const std::array tags = {Value::String("new"), Value::String(category)};
  const std::array slots = {
      Value::StructHead(&item_type_),
      Value::Int(net),
      Value::String(category),
      MakeList(context_, tags),
      Value::Bool(net % 2 == 0),
      has_weight ? Value::Int(net / 10) : Value::Error(ErrorCode::kNoSuchField)};
  return Value::Struct(MakeList(context_, slots).elements().data());
}

RandomFacts::RandomFacts() {
  declarations_.AddStruct("Item", {{"net", Type::Int()},
                                   {"category", Type::String()},
                                   {"tags", Type::List(Type::String())},
                                   {"is_gift", Type::Bool()},
                                   {"weight", Type::Int()}});
  Add("yes", Type::Bool(), Value::Bool(true));
  Add("i", Type::Int(), Value::Int(7));
  Add("huge", Type::Int(), Value::Int(INT64_MAX));
  Add("u", Type::Uint(), Value::Uint(3));
  Add("d", Type::Double(), Value::Double(2.5));
  Add("s", Type::String(), Value::String("gold"));
  Add("accents", Type::String(), Value::String("h\xC3\xA9llo"));
  Add("by", Type::Bytes(), Value::Bytes("ab"));
  const std::array ints = {Value::Int(3), Value::Int(-1), Value::Int(10)};
  Add("ints", Type::List(Type::Int()), MakeList(context_, ints));
  const std::array strings = {Value::String("gold"), Value::String("web")};
  Add("strings", Type::List(Type::String()), MakeList(context_, strings));
  std::array counts = {KeyValue{Value::String("a"), Value::Int(1)},
                       KeyValue{Value::String("b"), Value::Int(-2)}};
  Add("counts", Type::Map(Type::String(), Type::Int()), MakeMap(context_, counts));
  Add("item", Type::Struct("Item"), MakeItem(250, "denim", true));
  const std::array items = {MakeItem(100, "denim", true), MakeItem(55, "coats", false),
                            MakeItem(9999, "shoes", true)};
  Add("items", Type::List(Type::Struct("Item")), MakeList(context_, items));
}

// ---- Expressions

std::string RandomExpression::Make() {
  locals_.clear();
  return Of(AnyType(), kDepth);
}

std::string RandomExpression::Pick(std::initializer_list<const char*> texts) {
  return *(texts.begin() + Below(texts.size()));
}

std::string RandomExpression::PickFrom(const std::vector<Choice>& choices) {
  return choices[Below(choices.size())]();
}

RandomExpression::T RandomExpression::AnyType() {
  constexpr std::array kTypes = {T::kBool,   T::kBool,      T::kInt,     T::kInt,  T::kUint,
                                 T::kDouble, T::kString,    T::kBytes,   T::kInts, T::kStrings,
                                 T::kCounts, T::kTimestamp, T::kDuration};
  return kTypes[Below(kTypes.size())];
}

RandomExpression::T RandomExpression::ComparableType() {
  constexpr std::array kTypes = {T::kInt,    T::kInt,   T::kInt,       T::kUint,     T::kDouble,
                                 T::kString, T::kBytes, T::kTimestamp, T::kDuration, T::kBool};
  return kTypes[Below(kTypes.size())];
}

std::string RandomExpression::Of(T type, int depth) {
  if (depth <= 0 || Below(6) == 0) return Leaf(type);
  const std::size_t dice = Below(20);
  if (dice == 0) return Conditional(type, depth - 1);
  if (dice == 1 && IsWhole() && locals_.size() < kLocalsMax) return Bind(type, depth - 1);
  return Compound(type, depth - 1);
}

std::string RandomExpression::Compound(T type, int depth) {
  switch (type) {
    case T::kBool:
      return Bool(depth);
    case T::kInt:
      return Int(depth);
    case T::kUint:
      return Uint(depth);
    case T::kDouble:
      return Double(depth);
    case T::kString:
      return String(depth);
    case T::kBytes:
      return Bytes(depth);
    case T::kInts:
      return Ints(depth);
    case T::kStrings:
      return Strings(depth);
    case T::kCounts:
      return Counts(depth);
    case T::kTimestamp:
      return Timestamp(depth);
    case T::kDuration:
      return Duration(depth);
    case T::kItem:
    case T::kItems:
      return Leaf(type);
  }
  return Leaf(type);
}

std::string RandomExpression::LocalOf(T type) {
  for (const Local& local : locals_) {
    if (local.type == type && Below(2) == 0) return local.name;
  }
  return "";
}

std::string RandomExpression::Leaf(T type) {
  std::string local = LocalOf(type);
  if (!local.empty()) return local;
  if (Below(2) == 0) return Literal(type);
  switch (type) {
    case T::kBool:
      return "yes";
    case T::kInt:
      return Pick({"i", "i", "huge"});
    case T::kUint:
      return "u";
    case T::kDouble:
      return "d";
    case T::kString:
      return Pick({"s", "s", "accents"});
    case T::kBytes:
      return "by";
    case T::kInts:
      return "ints";
    case T::kStrings:
      return "strings";
    case T::kCounts:
      return "counts";
    case T::kTimestamp:
    case T::kDuration:
    case T::kItem:
    case T::kItems:
      return Literal(type);
  }
  return Literal(type);
}

std::string RandomExpression::Literal(T type) {
  switch (type) {
    case T::kBool:
      return Pick({"true", "false"});
    case T::kInt:
      if (IsWhole() && Below(8) == 0) return "-9223372036854775808";
      return Pick({"0", "1", "2", "-1", "7", "10", "100", "9223372036854775806", "0x1F"});
    case T::kUint:
      if (IsWhole() && Below(5) == 0) return "18446744073709551615u";
      return Pick({"0u", "1u", "3u", "42u", "9007199254740993u"});
    case T::kDouble:
      return Pick({"0.0", "1.0", "-1.5", "2.5", "1e10", "0.1", "-0.0"});
    case T::kString:
      return Pick(
          {"''", "'a'", "'b'", "'gold'", "'web'", "'h\xC3\xA9'", "'7'", "\"it's\"", "'x.y'"});
    case T::kBytes:
      return Pick({"b''", "b'a'", "b'ab'", "b'\\xff'"});
    case T::kInts:
      return Pick({"[1, 2, 3]", "[7]", "[3, 3, -1]", "[0]"});
    case T::kStrings:
      return Pick({"['a', 'b']", "['gold']", "['', 'web', 'a']"});
    case T::kCounts:
      return Pick({"{'a': 1}", "{'b': 7, 'a': 0}", "{'gold': 2}"});
    case T::kTimestamp:
      if (IsWhole() && Below(3) == 0) {
        return Pick({"timestamp(1000000000)", "timestamp('1970-01-01T00:00:00Z')"});
      }
      return Pick({"timestamp('2009-02-13T23:31:30Z')", "timestamp('1969-12-31T23:59:59Z')",
                   "timestamp('2024-02-29T12:00:00Z')"});
    case T::kDuration:
      return Pick({"duration('0s')", "duration('90m')", "duration('-3s')", "duration('36h')"});
    case T::kItem:
      return "item";
    case T::kItems:
      return "items";
  }
  return "true";
}

std::string RandomExpression::Binary(absl::string_view op, T type, int depth) {
  std::string left = Of(type, depth);
  return absl::StrCat("(", left, " ", op, " ", Of(type, depth), ")");
}

std::string RandomExpression::Conditional(T type, int depth) {
  std::string condition = Of(T::kBool, depth);
  std::string yes = Of(type, depth);
  return absl::StrCat("(", condition, " ? ", yes, " : ", Of(type, depth), ")");
}

std::pair<std::string, std::string> RandomExpression::Within(T type, const Choice& body) {
  std::string name = absl::StrCat("v", locals_.size());
  locals_.push_back(Local{name, type});
  std::string text = body();
  locals_.pop_back();
  return {std::move(name), std::move(text)};
}

std::string RandomExpression::Bind(T type, int depth) {
  const T bound = AnyType();
  const std::string value = Of(bound, depth);
  const auto [name, body] = Within(bound, [&] { return Of(type, depth); });
  return absl::StrCat("cel.bind(", name, ", ", value, ", ", body, ")");
}

// ---- bool

std::string RandomExpression::Bool(int depth) {
  std::vector<Choice> choices = {
      [&] { return Binary("&&", T::kBool, depth); },
      [&] { return Binary("||", T::kBool, depth); },
      [&] { return absl::StrCat("!", Of(T::kBool, depth)); },
      [&] { return Comparison(depth); },
      [&] { return Comparison(depth); },
      [&] { return Equality(depth); },
      [&] { return Quantifier(depth); },
      [&] { return Membership(depth); },
      [&] { return TextTest(depth); },
      [&] {
        return absl::StrCat("has(", Of(T::kCounts, depth), ".", Pick({"a", "b", "gold"}), ")");
      },
  };
  if (IsWhole()) {
    choices.push_back([&] { return std::string(Pick({"item.is_gift", "has(item.weight)"})); });
    choices.push_back([&] {
      return absl::StrCat("sets.", Pick({"contains", "intersects", "equivalent"}), "(",
                          Of(T::kInts, depth), ", ", Of(T::kInts, depth), ")");
    });
    choices.push_back([&] {
      const std::string items = Leaf(T::kItems);
      const auto [name, body] = Within(T::kItem, [&] { return Of(T::kBool, depth); });
      return absl::StrCat(items, ".", Pick({"exists", "all", "exists_one"}), "(", name, ", ", name,
                          Pick({".net > 100", ".category == 'denim'", ".weight < 20",
                                ".category in ['coats', 'shoes']", ".is_gift"}),
                          Pick({" && ", " || "}), body, ")");
    });
    choices.push_back(
        [&] { return absl::StrCat("optional.of(", Of(T::kInt, depth), ").hasValue()"); });
  }
  return PickFrom(choices);
}

std::string RandomExpression::Comparison(int depth) {
  return Binary(Pick({"<", "<=", ">", ">="}), ComparableType(), depth);
}

std::string RandomExpression::Equality(int depth) {
  if (Below(4) == 0) {
    const std::string left = Of(AnyType(), depth);
    return absl::StrCat("(dyn(", left, ")", Pick({" == ", " != "}), "dyn(", Of(AnyType(), depth),
                        "))");
  }
  return Binary(Pick({"==", "!="}), AnyType(), depth);
}

std::string RandomExpression::Quantifier(int depth) {
  const bool has_ints = Below(2) == 0;
  const std::string range = Of(has_ints ? T::kInts : T::kStrings, depth);
  if (locals_.size() >= kLocalsMax) return absl::StrCat("(size(", range, ") > 0)");
  const auto [name, body] =
      Within(has_ints ? T::kInt : T::kString, [&] { return Of(T::kBool, depth); });
  return absl::StrCat(range, ".", Pick({"all", "exists", "exists_one"}), "(", name, ", ", body,
                      ")");
}

std::string RandomExpression::Membership(int depth) {
  return PickFrom({
      [&] { return absl::StrCat("(", Of(T::kInt, depth), " in ", Of(T::kInts, depth), ")"); },
      [&] { return absl::StrCat("(", Of(T::kString, depth), " in ", Of(T::kStrings, depth), ")"); },
      [&] { return absl::StrCat("(", Of(T::kString, depth), " in ['gold', 'web', 'a'])"); },
      [&] { return absl::StrCat("('gold' in ", Of(T::kStrings, depth), ")"); },
      [&] { return absl::StrCat("(", Of(T::kInt, depth), " in [7, 1, 100])"); },
      [&] { return absl::StrCat("(", Of(T::kString, depth), " in ", Of(T::kCounts, depth), ")"); },
  });
}

std::string RandomExpression::TextTest(int depth) {
  const std::string text = Of(T::kString, depth);
  if (Below(4) == 0) {
    return absl::StrCat(text, ".matches(", Pick({"'^g.*d$'", "'[a-f]+'", "'[0-9]'", "'^$'"}), ")");
  }
  return absl::StrCat(text, ".", Pick({"startsWith", "endsWith", "contains"}), "(",
                      Of(T::kString, depth), ")");
}

// ---- int

std::string RandomExpression::Int(int depth) {
  std::vector<Choice> choices = {
      [&] { return Binary("+", T::kInt, depth); },
      [&] { return Binary("-", T::kInt, depth); },
      [&] { return Binary("*", T::kInt, depth); },
      [&] { return Binary("/", T::kInt, depth); },
      [&] { return Binary("%", T::kInt, depth); },
      [&] { return absl::StrCat("-(", Of(T::kInt, depth), ")"); },
      [&] { return absl::StrCat("size(", Of(T::kString, depth), ")"); },
      [&] { return absl::StrCat(Of(T::kBytes, depth), ".size()"); },
      [&] { return absl::StrCat("size(", Of(T::kCounts, depth), ")"); },
      [&] { return absl::StrCat("int(", Of(T::kUint, depth), ")"); },
      [&] { return absl::StrCat("int(", Of(T::kDouble, depth), ")"); },
      [&] { return absl::StrCat(Of(T::kCounts, depth), "[", Of(T::kString, depth), "]"); },
      [&] {
        return absl::StrCat(Of(T::kCounts, depth), ".", Pick({"a", "b", "gold"}));
      },
      [&] { return IntOfList(depth); },
      [&] { return IntOfList(depth); },
      [&] { return IntOfTime(depth); },
      [&] { return absl::StrCat(Of(T::kString, depth), ".indexOf(", Of(T::kString, depth), ")"); },
  };
  if (IsWhole()) {
    choices.push_back([&] { return std::string(Pick({"item.net", "item.weight"})); });
    choices.push_back([&] {
      return absl::StrCat("math.", Pick({"greatest", "least"}), "(", Of(T::kInt, depth), ", ",
                          Of(T::kInt, depth), ")");
    });
    choices.push_back([&] {
      return absl::StrCat("[", Of(T::kInt, depth), "][?", Of(T::kInt, depth), "].orValue(",
                          Of(T::kInt, depth), ")");
    });
    choices.push_back([&] {
      const auto [name, body] = Within(T::kItem, [&] { return Of(T::kBool, depth - 1); });
      return absl::StrCat("items.filter(", name, ", ", name, ".net > 60 || ", body, ")",
                          Pick({".size()", ".map(w, w.net).sum()", ".map(w, w.weight).sum()"}));
    });
  }
  return PickFrom(choices);
}

std::string RandomExpression::IntOfList(int depth) {
  return PickFrom({
      [&] { return absl::StrCat("size(", Of(T::kInts, depth), ")"); },
      [&] { return absl::StrCat(Of(T::kInts, depth), "[", Of(T::kInt, depth), "]"); },
      [&] { return absl::StrCat(Of(T::kInts, depth), ".sum()"); },
      [&] {
        return absl::StrCat(Of(T::kInts, depth), Pick({".min()", ".max()"}));
      },
      [&] { return absl::StrCat(Of(T::kStrings, depth), ".size()"); },
      [&] {
        return absl::StrCat("mul_div(", Of(T::kInt, depth), ", ", Of(T::kInt, depth), ", ",
                            Pick({"1", "3", "7", "100"}),
                            Pick({"", ", 'DOWN'", ", 'HALF_UP'", ", 'HALF_EVEN'", ", 'UP'"}), ")");
      },
      [&] {
        return absl::StrCat("percent(", Of(T::kInt, depth), ", ",
                            Pick({"'12.5'", "'0'", "'100'", "'33.3333'"}),
                            Pick({"", ", 'HALF_UP'", ", 'HALF_EVEN'"}), ")");
      },
  });
}

std::string RandomExpression::IntOfTime(int depth) {
  return PickFrom({
      [&] { return absl::StrCat("int(", Of(T::kTimestamp, depth), ")"); },
      [&] {
        return absl::StrCat(
            Of(T::kTimestamp, depth), ".",
            Pick({"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
                  "getDayOfYear", "getHours", "getMinutes", "getSeconds"}),
            IsWhole() ? Pick({"()", "('UTC')", "('America/New_York')"})
                      : Pick({"()", "('+02:00')", "('-02:30')"}));
      },
      [&] {
        return absl::StrCat(Of(T::kDuration, depth), ".",
                            Pick({"getHours", "getMinutes", "getSeconds"}), "()");
      },
  });
}

// ---- The other scalars

std::string RandomExpression::Uint(int depth) {
  return PickFrom({
      [&] { return Binary("+", T::kUint, depth); },
      [&] { return Binary("-", T::kUint, depth); },
      [&] { return Binary("*", T::kUint, depth); },
      [&] { return Binary(IsWhole() ? "/" : "%", T::kUint, depth); },
      [&] { return Binary("%", T::kUint, depth); },
      [&] { return absl::StrCat("uint(", Of(T::kInt, depth), ")"); },
  });
}

std::string RandomExpression::Double(int depth) {
  return PickFrom({
      [&] { return Binary("+", T::kDouble, depth); },
      [&] { return Binary("-", T::kDouble, depth); },
      [&] { return Binary("*", T::kDouble, depth); },
      [&] { return Binary("/", T::kDouble, depth); },
      [&] { return absl::StrCat("-(", Of(T::kDouble, depth), ")"); },
      [&] { return absl::StrCat("double(", Of(T::kInt, depth), ")"); },
      [&] { return absl::StrCat("double(", Of(T::kUint, depth), ")"); },
  });
}

std::string RandomExpression::String(int depth) {
  std::vector<Choice> choices = {
      [&] { return Binary("+", T::kString, depth); },
      [&] { return absl::StrCat("string(", Of(T::kInt, depth), ")"); },
      [&] { return absl::StrCat("string(", Of(T::kUint, depth), ")"); },
      [&] { return absl::StrCat("string(", Of(T::kBool, depth), ")"); },
      [&] { return absl::StrCat("string(", Of(T::kBytes, depth), ")"); },
      [&] { return absl::StrCat("string(", Of(T::kTimestamp, depth), ")"); },
      [&] { return absl::StrCat("string(", Of(T::kDuration, depth), ")"); },
      [&] { return absl::StrCat(Of(T::kStrings, depth), "[", Of(T::kInt, depth), "]"); },
      [&] { return absl::StrCat(Of(T::kStrings, depth), ".join('-')"); },
      [&] {
        return absl::StrCat(Of(T::kString, depth), Pick({".lowerAscii()", ".upperAscii()"}));
      },
      [&] { return absl::StrCat(Of(T::kString, depth), ".trim()"); },
      [&] { return absl::StrCat(Of(T::kString, depth), ".charAt(", Of(T::kInt, depth), ")"); },
      [&] {
        return absl::StrCat(Of(T::kString, depth), ".replace('a', ", Of(T::kString, depth), ")");
      },
  };
  if (IsWhole()) {
    choices.push_back([&] { return std::string("item.category"); });
    choices.push_back([&] { return absl::StrCat(Of(T::kString, depth), ".reverse()"); });
    choices.push_back([&] {
      return absl::StrCat("'%s %s'.format([", Of(AnyType(), depth), ", ", Of(AnyType(), depth),
                          "])");
    });
    choices.push_back([&] { return absl::StrCat("string(", Of(T::kDouble, depth), ")"); });
  }
  return PickFrom(choices);
}

std::string RandomExpression::Bytes(int depth) {
  return PickFrom({
      [&] { return Binary("+", T::kBytes, depth); },
      [&] { return absl::StrCat("bytes(", Of(T::kString, depth), ")"); },
  });
}

std::string RandomExpression::Timestamp(int depth) {
  return PickFrom({
      [&] {
        return absl::StrCat("(", Of(T::kTimestamp, depth), " + ", Of(T::kDuration, depth), ")");
      },
      [&] {
        return absl::StrCat("(", Of(T::kTimestamp, depth), " - ", Of(T::kDuration, depth), ")");
      },
      [&] {
        return absl::StrCat("(", Of(T::kDuration, depth), " + ", Of(T::kTimestamp, depth), ")");
      },
  });
}

std::string RandomExpression::Duration(int depth) {
  return PickFrom({
      [&] { return Binary("+", T::kDuration, depth); },
      [&] { return Binary("-", T::kDuration, depth); },
      [&] { return Binary("-", T::kTimestamp, depth); },
  });
}

// ---- Lists and maps

std::string RandomExpression::Ints(int depth) {
  std::vector<Choice> choices = {
      [&] { return Binary("+", T::kInts, depth); },
      [&] { return absl::StrCat("[", Of(T::kInt, depth), ", ", Of(T::kInt, depth), "]"); },
      [&] { return absl::StrCat(Of(T::kInts, depth), ".distinct()"); },
  };
  if (locals_.size() < kLocalsMax) {
    choices.push_back([&] {
      const std::string range = Of(T::kInts, depth);
      const auto [name, body] = Within(T::kInt, [&] { return Of(T::kInt, depth); });
      return absl::StrCat(range, ".map(", name, ", ", body, ")");
    });
    choices.push_back([&] {
      const std::string range = Of(T::kInts, depth);
      const auto [name, body] = Within(T::kInt, [&] { return Of(T::kBool, depth); });
      return absl::StrCat(range, ".filter(", name, ", ", body, ")");
    });
  }
  return PickFrom(choices);
}

std::string RandomExpression::Strings(int depth) {
  std::vector<Choice> choices = {
      [&] { return Binary("+", T::kStrings, depth); },
      [&] { return absl::StrCat("[", Of(T::kString, depth), ", ", Of(T::kString, depth), "]"); },
      [&] {
        return absl::StrCat(Of(T::kString, depth), ".split(", Pick({"'a'", "'-'", "'l'"}), ")");
      },
  };
  if (locals_.size() < kLocalsMax) {
    choices.push_back([&] {
      const std::string range = Of(T::kInts, depth);
      const auto [name, body] = Within(T::kInt, [&] { return Of(T::kString, depth); });
      return absl::StrCat(range, ".map(", name, ", ", body, ")");
    });
    choices.push_back([&] {
      const std::string range = Of(T::kStrings, depth);
      const auto [name, body] = Within(T::kString, [&] { return Of(T::kBool, depth); });
      return absl::StrCat(range, ".filter(", name, ", ", body, ")");
    });
  }
  if (IsWhole()) {
    choices.push_back([&] { return std::string("item.tags"); });
    choices.push_back([&] { return absl::StrCat(Of(T::kStrings, depth), ".distinct()"); });
  }
  return PickFrom(choices);
}

std::string RandomExpression::Counts(int depth) {
  std::vector<Choice> choices = {
      [&] {
        return absl::StrCat("{", Of(T::kString, depth), ": ", Of(T::kInt, depth),
                            ", 'a': ", Of(T::kInt, depth), "}");
      },
      [&] { return absl::StrCat("{'x': ", Of(T::kInt, depth), "}"); },
  };
  if (IsWhole() && locals_.size() < kLocalsMax) {
    choices.push_back([&] {
      const std::string range = Of(T::kCounts, depth);
      const auto [name, body] = Within(T::kInt, [&] { return Of(T::kInt, depth); });
      return absl::StrCat(range, ".transformMap(key, ", name, ", ", body, ")");
    });
  }
  return PickFrom(choices);
}

}  // namespace laurel::cel
