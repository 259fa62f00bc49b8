#include "tests/rules/cel/conformance.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/arena.h"
#include "rules/cel/checker.h"
#include "rules/cel/collections.h"
#include "rules/cel/declarations.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/numbers.h"
#include "rules/cel/parser.h"
#include "rules/cel/plan.h"
#include "rules/cel/symbols.h"
#include "rules/cel/time.h"

namespace laurel::cel {

namespace {

using nlohmann::json;

std::string Text(const json& object, const char* key) { return object.value(key, std::string()); }

double DoubleFromJson(const json& number) {
  if (number.is_number()) return number.get<double>();
  return ParseDouble(number.get<std::string>()).value_or(0);
}

std::optional<Value> ListFromJson(Context& context, const json& list) {
  std::vector<Value> elements;
  for (const json& element : list.value("values", json::array())) {
    const std::optional<Value> value = ValueFromJson(context, element);
    if (!value) return std::nullopt;
    elements.push_back(*value);
  }
  return MakeList(context, elements);
}

std::optional<Value> MapFromJson(Context& context, const json& map) {
  std::vector<KeyValue> entries;
  for (const json& entry : map.value("entries", json::array())) {
    const std::optional<Value> key = ValueFromJson(context, entry.at("key"));
    const std::optional<Value> value = ValueFromJson(context, entry.at("value"));
    if (!key || !value) return std::nullopt;
    entries.push_back(KeyValue{*key, *value});
  }
  return MakeMap(context, entries);
}

std::optional<Value> ObjectFromJson(const json& object) {
  if (Text(object, "@type") != "type.googleapis.com/google.protobuf.Duration") return std::nullopt;
  const std::optional<std::int64_t> nanos = ParseDuration(Text(object, "value"));
  return nanos ? std::optional<Value>(Value::Duration(*nanos)) : std::nullopt;
}

bool IsSameDouble(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool AreSameLists(std::span<const Value> a, std::span<const Value> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!IsSameResult(a[i], b[i])) return false;
  }
  return true;
}

bool AreSameMaps(std::span<const KeyValue> a, std::span<const KeyValue> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!IsSameResult(a[i].key, b[i].key) || !IsSameResult(a[i].value, b[i].value)) return false;
  }
  return true;
}

// The variables of a test, and everything its evaluation uses.
struct Setting {
  Arena arena;
  Context context{arena};
  MapActivation activation;
};

std::optional<std::string> Bind(const ConformanceTest& test, Setting& setting) {
  const json bindings = test.fields.value("bindings", json::object());
  for (const auto& [name, binding] : bindings.items()) {
    const std::optional<Value> value = ValueFromJson(setting.context, binding.at("value"));
    if (!value) return absl::StrCat("cannot bind ", name, " to ", binding.dump());
    setting.activation.Set(name, *value);
  }
  return std::nullopt;
}

// What the test says the value is; empty if it says "an error".
std::optional<json> ExpectedValue(const ConformanceTest& test) {
  const json& fields = test.fields;
  if (fields.contains("eval_error")) return std::nullopt;
  if (fields.contains("value")) return fields.at("value");
  if (fields.contains("typed_result") && fields.at("typed_result").contains("result")) {
    return fields.at("typed_result").at("result");
  }
  return json{{"bool_value", true}};
}

// The digits behind `\\u` or `\\U` at the front of `text`; 0 if they do not begin it.
std::size_t UnicodeEscapeDigits(absl::string_view text) {
  if (absl::StartsWith(text, "\\u")) return 4;
  return absl::StartsWith(text, "\\U") ? 8 : 0;
}

std::string DecodeUnicodeEscapes(absl::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const std::size_t digits = UnicodeEscapeDigits(text);
    if (digits == 0) {
      decoded.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const Source source(absl::StrCat("'", text.substr(0, digits + 2), "'"));
    const ParseResult literal = Parse(source);
    absl::StrAppend(&decoded, To<LiteralExpr>(*literal.ast.root()).value.text);
    text.remove_prefix(digits + 2);
  }
  return decoded;
}

std::optional<std::string> Compare(const ConformanceTest& test, Setting& setting,
                                   const Value& actual) {
  const std::optional<json> expected = ExpectedValue(test);
  if (!expected) {
    if (actual.is_error()) return std::nullopt;
    return absl::StrCat("expected an error, was ", DebugString(actual));
  }
  const std::optional<Value> value = ValueFromJson(setting.context, *expected);
  if (!value) return absl::StrCat("cannot read ", expected->dump());
  if (IsSameResult(*value, actual)) return std::nullopt;
  return absl::StrCat("expected ", DebugString(*value), ", was ", DebugString(actual));
}

// ---- Declarations

Type TypeFromJson(const json& type);

std::vector<Type> TypesFromJson(const json& types) {
  std::vector<Type> result;
  for (const json& type : types) result.push_back(TypeFromJson(type));
  return result;
}

Type PrimitiveFromJson(const std::string& name) {
  if (name == "BOOL") return Type::Bool();
  if (name == "INT64") return Type::Int();
  if (name == "UINT64") return Type::Uint();
  if (name == "DOUBLE") return Type::Double();
  if (name == "STRING") return Type::String();
  return name == "BYTES" ? Type::Bytes() : Type::Error();
}

Type TypeFromJson(const json& type) {
  const std::string kind = type.begin().key();
  const json& content = type.begin().value();
  if (kind == "primitive") return PrimitiveFromJson(content.get<std::string>());
  if (kind == "null") return Type::Null();
  if (kind == "dyn") return Type::Dyn();
  if (kind == "type_param") return Type::Param(content.get<std::string>());
  if (kind == "list_type") return Type::List(TypeFromJson(content.at("elem_type")));
  if (kind == "map_type") {
    return Type::Map(TypeFromJson(content.at("key_type")), TypeFromJson(content.at("value_type")));
  }
  if (kind == "abstract_type") {
    return Type::Abstract(Text(content, "name"),
                          TypesFromJson(content.value("parameter_types", json::array())));
  }
  if (content == "google.protobuf.Duration") return Type::Duration();
  return content == "google.protobuf.Timestamp" ? Type::Timestamp() : Type::Error();
}

void Declare(const json& declaration, Declarations& declarations) {
  const std::string name = Text(declaration, "name");
  if (declaration.contains("ident")) {
    declarations.AddVariable(name, TypeFromJson(declaration.at("ident").at("type")));
    return;
  }
  for (const json& overload : declaration.at("function").at("overloads")) {
    declarations.AddOverload(
        name, OverloadDeclaration{.id = Text(overload, "overload_id"),
                                  .is_method = overload.value("is_instance_function", false),
                                  .params = TypesFromJson(overload.value("params", json::array())),
                                  .result = TypeFromJson(overload.at("result_type"))});
  }
}

// A bound name without a declaration is dyn.
void DeclareAll(const ConformanceTest& test, Declarations& declarations) {
  const json bindings = test.fields.value("bindings", json::object());
  for (const auto& [name, value] : bindings.items()) declarations.AddVariable(name, Type::Dyn());
  for (const json& declaration : test.fields.value("type_env", json::array())) {
    Declare(declaration, declarations);
  }
}

// ---- The checked paths

std::optional<std::string> CompareType(const ConformanceTest& test, const Type& actual) {
  if (!test.fields.contains("typed_result")) return std::nullopt;
  const Type expected = TypeFromJson(test.fields.at("typed_result").at("deduced_type"));
  if (expected == actual) return std::nullopt;
  return absl::StrCat("expected type ", ToString(expected), ", was ", ToString(actual));
}

// The facts of a plan in the order of its slots.
std::vector<Value> FactsOf(const ConformanceTest& test, const Setting& setting, SlotTable& slots) {
  std::vector<Value> facts;
  const json bindings = test.fields.value("bindings", json::object());
  for (const auto& [name, value] : bindings.items()) {
    slots.Add(name);
    setting.activation.Find(name, facts.emplace_back());
  }
  return facts;
}

// With symbols or without them, as a host may plan either way.
std::optional<std::string> RunPlan(const ConformanceTest& test, Setting& setting,
                                   CheckedAst checked, const Value& walked, SymbolTable* symbols) {
  PlanOptions options;
  options.symbols = symbols;
  std::vector<Value> facts = FactsOf(test, setting, options.slots);
  const Plan plan = Plan::Make(std::move(checked), options);
  for (Value& fact : facts) {
    if (symbols != nullptr && fact.is(Kind::kString)) fact = symbols->Lookup(fact.text());
  }
  Frame frame(facts, setting.context);
  const Value planned = plan.Evaluate(frame);
  if (std::optional<std::string> failure = Compare(test, setting, planned)) {
    return absl::StrCat("planned: ", *failure);
  }
  if (IsSameResult(walked, planned)) return std::nullopt;
  return absl::StrCat("walked ", DebugString(walked), ", planned ", DebugString(planned));
}

std::string Issues(const std::vector<Issue>& issues) {
  std::string text;
  for (const Issue& issue : issues) absl::StrAppend(&text, issue.message, "; ");
  return text;
}

}  // namespace

std::optional<std::string> FindConformanceFile() {
  const char* const root = std::getenv("LAUREL_SOURCE_DIR");
  const std::filesystem::path path = std::filesystem::path(root == nullptr ? "." : root) / ".." /
                                     "shared/conformance/cel/tests.jsonl";
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path.string();
}

bool RepairExpectation(ConformanceTest& test) {
  if (!absl::StartsWith(test.id, "parse/") || !test.fields.contains("value") ||
      absl::StrContains(test.id, "raw_")) {
    return false;
  }
  json& value = test.fields.at("value");
  const json before = value;
  if (value.contains("string_value")) {
    value["string_value"] = DecodeUnicodeEscapes(value["string_value"].get<std::string>());
  } else if (absl::StrContains(test.id, "/bytes_literals/triple_") &&
             absl::EndsWith(test.id, "_unescaped_punctuation")) {
    value["bytes_value"] = absl::Base64Escape(" ? \" ' ` ");
  }
  return value != before;
}

std::vector<ConformanceTest> LoadConformanceTests(const std::string& path) {
  std::vector<ConformanceTest> tests;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    ConformanceTest test;
    test.fields = json::parse(line);
    test.id = absl::StrCat(Text(test.fields, "file"), "/", Text(test.fields, "section"), "/",
                           Text(test.fields, "name"));
    test.tier = Text(test.fields, "tier");
    test.expr = Text(test.fields, "expr");
    tests.push_back(std::move(test));
  }
  return tests;
}

std::optional<Value> ValueFromJson(Context& context, const json& value) {
  const std::string kind = value.empty() ? "" : value.begin().key();
  if (kind == "null_value") return Value::Null();
  if (kind.empty()) return std::nullopt;
  const json& content = value.begin().value();
  if (kind == "bool_value") return Value::Bool(content.get<bool>());
  if (kind == "int64_value") return Value::Int(*ParseInt(content.get<std::string>()));
  if (kind == "uint64_value") return Value::Uint(*ParseUint(content.get<std::string>()));
  if (kind == "double_value") return Value::Double(DoubleFromJson(content));
  if (kind == "string_value") return CopyString(context, content.get<std::string>());
  if (kind == "type_value") {
    return Value::Type(CopyString(context, content.get<std::string>()).text());
  }
  if (kind == "bytes_value") {
    std::string bytes;
    if (!absl::Base64Unescape(content.get<std::string>(), &bytes)) return std::nullopt;
    return CopyBytes(context, bytes);
  }
  if (kind == "list_value") return ListFromJson(context, content);
  if (kind == "map_value") return MapFromJson(context, content);
  if (kind == "object_value") return ObjectFromJson(content);
  return std::nullopt;
}

bool IsSameResult(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kError:
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.bool_value() == b.bool_value();
    case Kind::kInt:
      return a.int_value() == b.int_value();
    case Kind::kUint:
      return a.uint_value() == b.uint_value();
    case Kind::kDouble:
      return IsSameDouble(a.double_value(), b.double_value());
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kType:
      return a.text() == b.text();
    case Kind::kTimestamp:
      return a.seconds() == b.seconds() && a.nanos() == b.nanos();
    case Kind::kDuration:
      return a.duration_nanos() == b.duration_nanos();
    case Kind::kList:
      return AreSameLists(a.elements(), b.elements());
    case Kind::kMap:
      return AreSameMaps(a.entries(), b.entries());
    case Kind::kOptional:
      if (a.has_optional_value() != b.has_optional_value()) return false;
      return !a.has_optional_value() || IsSameResult(a.optional_value(), b.optional_value());
    case Kind::kStruct:
      return a.slots() == b.slots();
  }
  return false;
}

namespace {

std::optional<std::string> RunUnchecked(const ConformanceTest& test) {
  const Source source(test.expr);
  const ParseResult parsed = Parse(source);
  if (!parsed.ok()) return absl::StrCat("does not parse: ", Issues(parsed.issues));
  Setting setting;
  if (std::optional<std::string> failure = Bind(test, setting)) return failure;
  EvaluateOptions options;
  options.container = Text(test.fields, "container");
  return Compare(test, setting, Evaluate(parsed.ast, setting.activation, setting.context, options));
}

std::optional<std::string> RunChecked(const ConformanceTest& test, SymbolTable* symbols) {
  const Source source(test.expr);
  ParseResult parsed = Parse(source);
  if (!parsed.ok()) return absl::StrCat("does not parse: ", Issues(parsed.issues));
  Declarations declarations(&AllDeclarations());
  DeclareAll(test, declarations);
  CheckOptions check_options;
  check_options.container = Text(test.fields, "container");
  CheckResult result = Check(std::move(parsed.ast), declarations, check_options);
  if (!result.ok()) return absl::StrCat("does not check: ", Issues(result.issues));
  if (std::optional<std::string> failure = CompareType(test, result.checked.type())) return failure;
  if (test.fields.value("check_only", false)) return std::nullopt;
  Setting setting;
  if (std::optional<std::string> failure = Bind(test, setting)) return failure;
  const Value walked = Evaluate(result.checked, setting.activation, setting.context);
  if (std::optional<std::string> failure = Compare(test, setting, walked)) return failure;
  return RunPlan(test, setting, std::move(result.checked), walked, symbols);
}

}  // namespace

std::optional<std::string> RunConformanceTest(const ConformanceTest& test) {
  const bool is_check_only = test.fields.value("check_only", false);
  if (!is_check_only) {
    if (std::optional<std::string> failure = RunUnchecked(test)) {
      return absl::StrCat("unchecked: ", *failure);
    }
  }
  if (test.fields.value("disable_check", false)) return std::nullopt;
  if (std::optional<std::string> failure = RunChecked(test, nullptr)) return failure;
  SymbolTable symbols;
  std::optional<std::string> failure = RunChecked(test, &symbols);
  if (failure) failure->insert(0, "with symbols: ");
  return failure;
}

}  // namespace laurel::cel
