// Optionals, and what expanded macros call.
#include <vector>

#include "rules/cel/collections.h"
#include "rules/cel/registry.h"

namespace laurel::cel {

namespace {

constexpr KindSet kOptional = Only(Kind::kOptional);
constexpr KindSet kMap = Only(Kind::kMap);

// What a protobuf field of the type has when nobody set it.
bool IsZero(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !value.bool_value();
    case Kind::kInt:
    case Kind::kUint:
      return value.uint_value() == 0;
    case Kind::kDouble:
      return value.double_value() == 0;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
    case Kind::kMap:
      return value.size() == 0;
    case Kind::kTimestamp:
      return value.seconds() == 0 && value.nanos() == 0;
    case Kind::kDuration:
      return value.duration_nanos() == 0;
    case Kind::kOptional:
      return !value.has_optional_value();
    case Kind::kError:
    case Kind::kType:
    case Kind::kStruct:
      return false;
  }
  return false;
}

Value UnwrapList(Context& context, Args args) {
  std::vector<Value> values;
  for (const Value& element : args[0].elements()) {
    if (!context.Spend(1)) return Value::Error(ErrorCode::kStepsExceeded);
    if (!element.is(Kind::kOptional)) return Value::Error(ErrorCode::kNoSuchOverload);
    if (element.has_optional_value()) values.push_back(element.optional_value());
  }
  return MakeList(context, values);
}

Value MergeMaps(Context& context, Args args) {
  Value map = args[0];
  for (const KeyValue& entry : args[1].entries()) {
    map = InsertIntoMap(context, map, entry.key, entry.value);
    if (map.is_error()) return map;
  }
  return map;
}

}  // namespace

void AddOptionalFunctions(FunctionRegistry& registry) {
  registry.Add("optional.none", CallStyle::kGlobal, {},
               [](Context&, Args) { return Value::OptionalNone(); });
  registry.Add("optional.of", CallStyle::kGlobal, {kAnyKind},
               [](Context& context, Args args) { return MakeOptional(context, args[0]); });
  registry.Add("optional.ofNonZeroValue", CallStyle::kGlobal, {kAnyKind},
               [](Context& context, Args args) {
                 return IsZero(args[0]) ? Value::OptionalNone() : MakeOptional(context, args[0]);
               });
  registry.Add("optional.unwrap", CallStyle::kGlobal, {Only(Kind::kList)}, UnwrapList);
  registry.Add("unwrapOpt", CallStyle::kMethod, {Only(Kind::kList)}, UnwrapList);
  registry.Add("hasValue", CallStyle::kMethod, {kOptional},
               [](Context&, Args args) { return Value::Bool(args[0].has_optional_value()); });
  registry.Add("value", CallStyle::kMethod, {kOptional}, [](Context&, Args args) {
    return args[0].has_optional_value() ? args[0].optional_value()
                                        : Value::Error(ErrorCode::kNoOptionalValue);
  });
  registry.Add("or", CallStyle::kMethod, {kOptional, kOptional}, [](Context&, Args args) {
    return args[0].has_optional_value() ? args[0] : args[1];
  });
  registry.Add("orValue", CallStyle::kMethod, {kOptional, kAnyKind}, [](Context&, Args args) {
    return args[0].has_optional_value() ? args[0].optional_value() : args[1];
  });
}

void AddMacroFunctions(FunctionRegistry& registry) {
  registry.Add("cel.@mapInsert", CallStyle::kGlobal, {kMap, kAnyKind, kAnyKind},
               [](Context& context, Args args) {
                 return InsertIntoMap(context, args[0], args[1], args[2]);
               });
  registry.Add("cel.@mapInsert", CallStyle::kGlobal, {kMap, kMap}, MergeMaps);
}

}  // namespace laurel::cel
