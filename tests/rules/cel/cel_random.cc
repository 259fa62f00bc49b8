// Random expressions with their values, for npm/differential.mjs. usage: cel_random COUNT SEED
// The first line is {"bindings": {name: value}}, each other line {"expr", "value"} or {"expr",
// "error"}; values are cel.expr.Value in JSON. Ends with 1 if our own paths of evaluation disagree.
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "rules/cel/numbers.h"
#include "rules/cel/time.h"
#include "tests/rules/cel/agreement.h"
#include "tests/rules/cel/random_expression.h"

namespace laurel::cel {
namespace {

using nlohmann::json;

json ToJson(const Value& value);

json ListToJson(const Value& list) {
  json values = json::array();
  for (const Value& element : list.elements()) values.push_back(ToJson(element));
  return json{{"list_value", {{"values", values}}}};
}

json MapToJson(const Value& map) {
  json entries = json::array();
  for (const KeyValue& entry : map.entries()) {
    entries.push_back({{"key", ToJson(entry.key)}, {"value", ToJson(entry.value)}});
  }
  return json{{"map_value", {{"entries", entries}}}};
}

json DoubleToJson(double number) {
  if (number - number != 0) return json{{"double_value", RenderDouble(number)}};
  return json{{"double_value", number}};
}

std::string Text(const Value& value) { return std::string(value.text()); }

// Times as texts in nanoseconds, which no reader rounds.
json ToJson(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return json{{"null_value", nullptr}};
    case Kind::kBool:
      return json{{"bool_value", value.bool_value()}};
    case Kind::kInt:
      return json{{"int64_value", std::to_string(value.int_value())}};
    case Kind::kUint:
      return json{{"uint64_value", std::to_string(value.uint_value())}};
    case Kind::kDouble:
      return DoubleToJson(value.double_value());
    case Kind::kString:
      return json{{"string_value", Text(value)}};
    case Kind::kBytes:
      return json{{"bytes_value", absl::Base64Escape(value.text())}};
    case Kind::kList:
      return ListToJson(value);
    case Kind::kMap:
      return MapToJson(value);
    case Kind::kTimestamp:
      return json{
          {"timestamp", {{"seconds", std::to_string(value.seconds())}, {"nanos", value.nanos()}}}};
    case Kind::kDuration:
      return json{{"duration", std::to_string(value.duration_nanos())}};
    case Kind::kType:
      return json{{"type_value", Text(value)}};
    case Kind::kError:
    case Kind::kOptional:
    case Kind::kStruct:
      break;
  }
  return json{{"unsupported", DebugString(value)}};
}

json Bindings(const RandomFacts& facts) {
  json bindings = json::object();
  for (const RandomFacts::Fact& fact : facts.facts()) {
    if (fact.name != "item" && fact.name != "items") bindings[fact.name] = ToJson(fact.value);
  }
  return json{{"bindings", bindings}};
}

int Run(int count, std::uint64_t seed) {
  const RandomFacts facts;
  RandomExpression random(seed, Dialect::kShared);
  std::cout << Bindings(facts).dump() << "\n";
  for (int i = 0; i < count; ++i) {
    json line = {{"expr", random.Make()}};
    const Agreement agreement =
        EvaluateOnAllPaths(line["expr"].get<std::string>(), facts, [&](const Value& value) {
          if (value.is_error()) {
            line["error"] = std::string(ToString(value.error()));
          } else {
            line["value"] = ToJson(value);
          }
        });
    if (!agreement.difference.empty()) {
      std::cerr << "cel_random: " << line["expr"] << ": " << agreement.difference << "\n";
      return 1;
    }
    std::cout << line.dump() << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace laurel::cel

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: cel_random COUNT SEED\n";
    return 2;
  }
  return laurel::cel::Run(std::atoi(argv[1]), std::strtoull(argv[2], nullptr, 10));
}
