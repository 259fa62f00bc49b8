// The math library: extremes, rounding, sign, bits.
#include <cmath>
#include <limits>

#include "rules/cel/compare.h"
#include "rules/cel/registry.h"

namespace laurel::cel {

namespace {

constexpr KindSet kInt = Only(Kind::kInt);
constexpr KindSet kUint = Only(Kind::kUint);
constexpr KindSet kDouble = Only(Kind::kDouble);

// The first of the greatest, or of the least, by value across kinds.
Value Extreme(Context& context, std::span<const Value> values, Order wanted) {
  if (values.empty()) return Value::Error(ErrorCode::kBadArgument);
  if (!context.Spend(static_cast<std::int64_t>(values.size()))) {
    return Value::Error(ErrorCode::kStepsExceeded);
  }
  for (const Value& value : values) {
    if ((kNumberKinds & Only(value.kind())) == 0) return Value::Error(ErrorCode::kNoSuchOverload);
  }
  const Value* best = &values[0];
  for (const Value& value : values) {
    if (CompareNumbers(value, *best) == wanted) best = &value;
  }
  return *best;
}

void AddExtreme(FunctionRegistry& registry, absl::string_view name, Order wanted) {
  registry.Add(name, CallStyle::kGlobal, {kNumberKinds},
               [](Context&, Args args) { return args[0]; });
  registry.Add(name, CallStyle::kGlobal, {kNumberKinds, kNumberKinds},
               [wanted](Context& context, Args args) { return Extreme(context, args, wanted); });
  registry.Add(name, CallStyle::kGlobal, {Only(Kind::kList)},
               [wanted](Context& context, Args args) {
                 return Extreme(context, args[0].elements(), wanted);
               });
}

using DoubleFunction = double (*)(double);
using DoubleTest = bool (*)(double);

void AddRounding(FunctionRegistry& registry, absl::string_view name, DoubleFunction round) {
  registry.Add(name, CallStyle::kGlobal, {kDouble}, [round](Context&, Args args) {
    return Value::Double(round(args[0].double_value()));
  });
}

void AddTest(FunctionRegistry& registry, absl::string_view name, DoubleTest test) {
  registry.Add(name, CallStyle::kGlobal, {kDouble},
               [test](Context&, Args args) { return Value::Bool(test(args[0].double_value())); });
}

double SignOf(double number) {
  if (std::isnan(number) || number == 0) return number;
  return number > 0 ? 1.0 : -1.0;
}

void AddSignAndSize(FunctionRegistry& registry) {
  registry.Add("math.abs", CallStyle::kGlobal, {kUint},
               [](Context&, Args args) { return args[0]; });
  registry.Add("math.abs", CallStyle::kGlobal, {kInt}, [](Context&, Args args) {
    const std::int64_t number = args[0].int_value();
    if (number == std::numeric_limits<std::int64_t>::min()) {
      return Value::Error(ErrorCode::kOverflow);
    }
    return Value::Int(number < 0 ? -number : number);
  });
  AddRounding(registry, "math.abs", [](double number) { return std::abs(number); });
  registry.Add("math.sign", CallStyle::kGlobal, {kUint},
               [](Context&, Args args) { return Value::Uint(args[0].uint_value() == 0 ? 0 : 1); });
  registry.Add("math.sign", CallStyle::kGlobal, {kInt}, [](Context&, Args args) {
    const std::int64_t number = args[0].int_value();
    return Value::Int(number > 0 ? 1 : (number < 0 ? -1 : 0));
  });
  AddRounding(registry, "math.sign", SignOf);
  registry.Add("math.sqrt", CallStyle::kGlobal, {kInt}, [](Context&, Args args) {
    return Value::Double(std::sqrt(static_cast<double>(args[0].int_value())));
  });
  registry.Add("math.sqrt", CallStyle::kGlobal, {kUint}, [](Context&, Args args) {
    return Value::Double(std::sqrt(static_cast<double>(args[0].uint_value())));
  });
  AddRounding(registry, "math.sqrt", [](double number) { return std::sqrt(number); });
}

using BitFunction = std::uint64_t (*)(std::uint64_t, std::uint64_t);

Value WithBits(Kind kind, std::uint64_t bits) {
  return kind == Kind::kInt ? Value::Int(static_cast<std::int64_t>(bits)) : Value::Uint(bits);
}

void AddBits(FunctionRegistry& registry, absl::string_view name, BitFunction combine) {
  for (const Kind kind : {Kind::kInt, Kind::kUint}) {
    registry.Add(name, CallStyle::kGlobal, {Only(kind), Only(kind)},
                 [kind, combine](Context&, Args args) {
                   return WithBits(kind, combine(args[0].uint_value(), args[1].uint_value()));
                 });
  }
}

// By a number of bits that is not negative; 64 or more leave nothing. To the right, zeros come in
// even for a negative number.
void AddShift(FunctionRegistry& registry, absl::string_view name, BitFunction shift) {
  for (const Kind kind : {Kind::kInt, Kind::kUint}) {
    registry.Add(name, CallStyle::kGlobal, {Only(kind), kInt}, [kind, shift](Context&, Args args) {
      if (args[1].int_value() < 0) return Value::Error(ErrorCode::kBadArgument);
      if (args[1].int_value() >= 64) return WithBits(kind, 0);
      return WithBits(kind, shift(args[0].uint_value(), args[1].uint_value()));
    });
  }
}

void AddBitFunctions(FunctionRegistry& registry) {
  AddBits(registry, "math.bitAnd", [](std::uint64_t a, std::uint64_t b) { return a & b; });
  AddBits(registry, "math.bitOr", [](std::uint64_t a, std::uint64_t b) { return a | b; });
  AddBits(registry, "math.bitXor", [](std::uint64_t a, std::uint64_t b) { return a ^ b; });
  AddShift(registry, "math.bitShiftLeft", [](std::uint64_t a, std::uint64_t b) { return a << b; });
  AddShift(registry, "math.bitShiftRight", [](std::uint64_t a, std::uint64_t b) { return a >> b; });
  for (const Kind kind : {Kind::kInt, Kind::kUint}) {
    registry.Add("math.bitNot", CallStyle::kGlobal, {Only(kind)},
                 [kind](Context&, Args args) { return WithBits(kind, ~args[0].uint_value()); });
  }
}

}  // namespace

void AddMathFunctions(FunctionRegistry& registry) {
  AddExtreme(registry, "math.@max", Order::kGreater);
  AddExtreme(registry, "math.@min", Order::kLess);
  AddRounding(registry, "math.ceil", [](double number) { return std::ceil(number); });
  AddRounding(registry, "math.floor", [](double number) { return std::floor(number); });
  AddRounding(registry, "math.round", [](double number) { return std::round(number); });
  AddRounding(registry, "math.trunc", [](double number) { return std::trunc(number); });
  AddTest(registry, "math.isNaN", [](double number) { return std::isnan(number); });
  AddTest(registry, "math.isInf", [](double number) { return std::isinf(number); });
  AddTest(registry, "math.isFinite", [](double number) { return std::isfinite(number); });
  AddSignAndSize(registry);
  AddBitFunctions(registry);
}

}  // namespace laurel::cel
