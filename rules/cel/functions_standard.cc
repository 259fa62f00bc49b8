// The standard library: conversions, size, tests of text, time.
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/numbers.h"
#include "rules/cel/pattern.h"
#include "rules/cel/registry.h"
#include "rules/cel/time.h"
#include "rules/cel/utf8.h"

namespace laurel::cel {

namespace {

constexpr KindSet kBool = Only(Kind::kBool);
constexpr KindSet kInt = Only(Kind::kInt);
constexpr KindSet kUint = Only(Kind::kUint);
constexpr KindSet kDouble = Only(Kind::kDouble);
constexpr KindSet kString = Only(Kind::kString);
constexpr KindSet kBytes = Only(Kind::kBytes);
constexpr KindSet kTimestamp = Only(Kind::kTimestamp);
constexpr KindSet kDuration = Only(Kind::kDuration);

Value BadConversion() { return Value::Error(ErrorCode::kBadConversion); }
Value TooManySteps() { return Value::Error(ErrorCode::kStepsExceeded); }

Value Same(Context&, Args args) { return args[0]; }

// Adds a global function of one argument.
void AddUnary(FunctionRegistry& registry, absl::string_view name, KindSet kinds,
              FunctionBody body) {
  registry.Add(name, CallStyle::kGlobal, {kinds}, std::move(body));
}

Value IntOf(std::optional<std::int64_t> number) {
  return number ? Value::Int(*number) : BadConversion();
}
Value UintOf(std::optional<std::uint64_t> number) {
  return number ? Value::Uint(*number) : BadConversion();
}

void AddIntConversions(FunctionRegistry& registry) {
  AddUnary(registry, "int", kInt, Same);
  AddUnary(registry, "int", kUint, [](Context&, Args args) {
    const std::uint64_t number = args[0].uint_value();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return Value::Error(ErrorCode::kOverflow);
    return Value::Int(static_cast<std::int64_t>(number));
  });
  AddUnary(registry, "int", kDouble,
           [](Context&, Args args) { return IntOf(ToInt(args[0].double_value())); });
  AddUnary(registry, "int", kString,
           [](Context&, Args args) { return IntOf(ParseInt(args[0].text())); });
  AddUnary(registry, "int", kTimestamp,
           [](Context&, Args args) { return Value::Int(args[0].seconds()); });
}

void AddUintConversions(FunctionRegistry& registry) {
  AddUnary(registry, "uint", kUint, Same);
  AddUnary(registry, "uint", kInt, [](Context&, Args args) {
    if (args[0].int_value() < 0) return Value::Error(ErrorCode::kOverflow);
    return Value::Uint(static_cast<std::uint64_t>(args[0].int_value()));
  });
  AddUnary(registry, "uint", kDouble,
           [](Context&, Args args) { return UintOf(ToUint(args[0].double_value())); });
  AddUnary(registry, "uint", kString,
           [](Context&, Args args) { return UintOf(ParseUint(args[0].text())); });
}

void AddDoubleConversions(FunctionRegistry& registry) {
  AddUnary(registry, "double", kDouble, Same);
  AddUnary(registry, "double", kInt, [](Context&, Args args) {
    return Value::Double(static_cast<double>(args[0].int_value()));
  });
  AddUnary(registry, "double", kUint, [](Context&, Args args) {
    return Value::Double(static_cast<double>(args[0].uint_value()));
  });
  AddUnary(registry, "double", kString, [](Context&, Args args) {
    const std::optional<double> number = ParseDouble(args[0].text());
    return number ? Value::Double(*number) : BadConversion();
  });
}

Value StringOfBytes(Context& context, Args args) {
  if (!context.SpendBytes(args[0].size())) return TooManySteps();
  return IsUtf8(args[0].text()) ? Value::String(args[0].text()) : BadConversion();
}

void AddStringConversions(FunctionRegistry& registry) {
  AddUnary(registry, "string", kString, Same);
  AddUnary(registry, "string", kBool, [](Context&, Args args) {
    return Value::String(args[0].bool_value() ? "true" : "false");
  });
  AddUnary(registry, "string", kInt, [](Context& context, Args args) {
    return CopyString(context, absl::AlphaNum(args[0].int_value()).Piece());
  });
  AddUnary(registry, "string", kUint, [](Context& context, Args args) {
    return CopyString(context, absl::AlphaNum(args[0].uint_value()).Piece());
  });
  AddUnary(registry, "string", kDouble, [](Context& context, Args args) {
    return CopyString(context, RenderDouble(args[0].double_value()));
  });
  AddUnary(registry, "string", kBytes, StringOfBytes);
  AddUnary(registry, "string", kTimestamp, [](Context& context, Args args) {
    return CopyString(context, RenderTimestamp(args[0].seconds(), args[0].nanos()));
  });
  AddUnary(registry, "string", kDuration, [](Context& context, Args args) {
    return CopyString(context, RenderDuration(args[0].duration_nanos()));
  });
  AddUnary(registry, "bytes", kBytes, Same);
  AddUnary(registry, "bytes", kString,
           [](Context&, Args args) { return Value::Bytes(args[0].text()); });
}

Value BoolOfString(Context&, Args args) {
  const absl::string_view text = args[0].text();
  for (const absl::string_view name : {"1", "t", "true", "TRUE", "True"}) {
    if (text == name) return Value::Bool(true);
  }
  for (const absl::string_view name : {"0", "f", "false", "FALSE", "False"}) {
    if (text == name) return Value::Bool(false);
  }
  return BadConversion();
}

Value TimestampOfInt(Context&, Args args) {
  const std::int64_t seconds = args[0].int_value();
  if (seconds < kTimestampSecondsMin || seconds > kTimestampSecondsMax) {
    return Value::Error(ErrorCode::kOverflow);
  }
  return Value::Timestamp(seconds, 0);
}

Value TimestampOfString(Context&, Args args) {
  const std::optional<Instant> instant = ParseTimestamp(args[0].text());
  return instant ? Value::Timestamp(instant->seconds, instant->nanos) : BadConversion();
}

Value DurationOfString(Context& context, Args args) {
  if (!context.SpendBytes(args[0].size())) return TooManySteps();
  const std::optional<std::int64_t> nanos = ParseDuration(args[0].text());
  return nanos ? Value::Duration(*nanos) : BadConversion();
}

void AddOtherConversions(FunctionRegistry& registry) {
  AddUnary(registry, "bool", kBool, Same);
  AddUnary(registry, "bool", kString, BoolOfString);
  AddUnary(registry, "timestamp", kTimestamp, Same);
  AddUnary(registry, "timestamp", kInt, TimestampOfInt);
  AddUnary(registry, "timestamp", kString, TimestampOfString);
  AddUnary(registry, "duration", kDuration, Same);
  AddUnary(registry, "duration", kString, DurationOfString);
  AddUnary(registry, "dyn", kAnyKind, Same);
  AddUnary(registry, "type", kAnyKind,
           [](Context&, Args args) { return Value::Type(TypeNameOf(args[0])); });
}

// Global and as a method.
void AddBoth(FunctionRegistry& registry, absl::string_view name, std::vector<KindSet> params,
             const FunctionBody& body) {
  registry.Add(name, CallStyle::kGlobal, params, body);
  registry.Add(name, CallStyle::kMethod, params, body);
}

void AddSize(FunctionRegistry& registry) {
  AddBoth(registry, "size", {kString}, [](Context& context, Args args) {
    if (!context.SpendBytes(args[0].size())) return TooManySteps();
    return Value::Int(static_cast<std::int64_t>(CountCodePoints(args[0].text())));
  });
  AddBoth(registry, "size", {kBytes | Only(Kind::kList) | Only(Kind::kMap)},
          [](Context&, Args args) { return Value::Int(args[0].size()); });
}

void AddTextTests(FunctionRegistry& registry) {
  const auto add = [&registry](absl::string_view name,
                               bool (*test)(absl::string_view, absl::string_view)) {
    registry.Add(name, CallStyle::kMethod, {kString, kString}, [test](Context& context, Args args) {
      if (!context.SpendBytes(args[0].size())) return TooManySteps();
      return Value::Bool(test(args[0].text(), args[1].text()));
    });
  };
  add("contains", [](absl::string_view text, absl::string_view part) {
    return FindText(text, part) != absl::string_view::npos;
  });
  add("startsWith", [](absl::string_view text, absl::string_view start) {
    return absl::StartsWith(text, start);
  });
  add("endsWith",
      [](absl::string_view text, absl::string_view end) { return absl::EndsWith(text, end); });
  AddBoth(registry, "matches", {kString, kString}, [](Context& context, Args args) {
    return Pattern::MatchOnce(context, args[0].text(), args[1].text());
  });
}

using CivilField = std::int64_t (*)(const CivilTime& time);

Value CivilFieldOf(Context& context, Args args, CivilField field) {
  constexpr std::int64_t kZoneSteps = 10;
  if (!context.Spend(kZoneSteps)) return TooManySteps();
  const std::optional<CivilTime> time = args.size() == 1
                                            ? CivilInUtc(args[0].seconds())
                                            : CivilInZone(args[0].seconds(), args[1].text());
  return time ? Value::Int(field(*time)) : Value::Error(ErrorCode::kBadTimeZone);
}

void AddCivilField(FunctionRegistry& registry, absl::string_view name, CivilField field) {
  const FunctionBody body = [field](Context& context, Args args) {
    return CivilFieldOf(context, args, field);
  };
  registry.Add(name, CallStyle::kMethod, {kTimestamp}, body);
  registry.Add(name, CallStyle::kMethod, {kTimestamp, kString}, body);
}

void AddTimestampFields(FunctionRegistry& registry) {
  AddCivilField(registry, "getFullYear", [](const CivilTime& time) { return time.year; });
  AddCivilField(registry, "getMonth",
                [](const CivilTime& time) { return std::int64_t{time.month - 1}; });
  AddCivilField(registry, "getDate", [](const CivilTime& time) { return std::int64_t{time.day}; });
  AddCivilField(registry, "getDayOfMonth",
                [](const CivilTime& time) { return std::int64_t{time.day - 1}; });
  AddCivilField(registry, "getDayOfWeek",
                [](const CivilTime& time) { return std::int64_t{time.day_of_week}; });
  AddCivilField(registry, "getDayOfYear",
                [](const CivilTime& time) { return std::int64_t{time.day_of_year - 1}; });
  AddCivilField(registry, "getHours",
                [](const CivilTime& time) { return std::int64_t{time.hour}; });
  AddCivilField(registry, "getMinutes",
                [](const CivilTime& time) { return std::int64_t{time.minute}; });
  AddCivilField(registry, "getSeconds",
                [](const CivilTime& time) { return std::int64_t{time.second}; });
  // The same in every zone, which must exist all the same.
  registry.Add("getMilliseconds", CallStyle::kMethod, {kTimestamp},
               [](Context&, Args args) { return Value::Int(args[0].nanos() / 1'000'000); });
  registry.Add("getMilliseconds", CallStyle::kMethod, {kTimestamp, kString},
               [](Context& context, Args args) {
                 const Value second = CivilFieldOf(context, args, [](const CivilTime& time) {
                   return std::int64_t{time.second};
                 });
                 return second.is_error() ? second : Value::Int(args[0].nanos() / 1'000'000);
               });
}

void AddDurationField(FunctionRegistry& registry, absl::string_view name, std::int64_t nanos) {
  registry.Add(name, CallStyle::kMethod, {kDuration}, [nanos](Context&, Args args) {
    return Value::Int(args[0].duration_nanos() / nanos);
  });
}

void AddDurationFields(FunctionRegistry& registry) {
  AddDurationField(registry, "getHours", 3'600'000'000'000);
  AddDurationField(registry, "getMinutes", 60'000'000'000);
  AddDurationField(registry, "getSeconds", 1'000'000'000);
  registry.Add("getMilliseconds", CallStyle::kMethod, {kDuration}, [](Context&, Args args) {
    return Value::Int(args[0].duration_nanos() % 1'000'000'000 / 1'000'000);
  });
}

}  // namespace

void AddStandardFunctions(FunctionRegistry& registry) {
  AddIntConversions(registry);
  AddUintConversions(registry);
  AddDoubleConversions(registry);
  AddStringConversions(registry);
  AddOtherConversions(registry);
  AddSize(registry);
  AddTextTests(registry);
  AddTimestampFields(registry);
  AddDurationFields(registry);
}

}  // namespace laurel::cel
