// A plan gives what the tree gives, never crashes and never works without bound.
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/checker.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/parser.h"
#include "rules/cel/plan.h"
#include "tests/fuzz/cel_environment.h"
#include "tests/fuzz/require.h"

namespace laurel::cel {
namespace {

constexpr std::int64_t kStepsMax = 100'000;
constexpr std::size_t kBytesMax = std::size_t{1} << 20;

// The facts of FuzzDeclarations(), built once. One field of the struct is absent.
class Facts {
 public:
  Facts() {
    static const std::array numbers = {Value::Int(1), Value::Int(2), Value::Int(3)};
    static const std::array texts = {Value::String("a"), Value::String("")};
    inner_ = {Value::StructHead(&type_), Value::Error(ErrorCode::kNoSuchField), Value::List({})};
    structs_ = {Value::Struct(inner_.data())};
    outer_ = {Value::StructHead(&type_), Value::Int(5), Value::List(structs_)};
    Add("i", Value::Int(7));
    Add("b", Value::Bool(true));
    Add("s", Value::String("text"));
    Add("d", Value::Double(1.5));
    Add("l", Value::List(numbers));
    Add("m", Value::Map({}));
    Add("a.b", Value::List(texts));
    Add("o", Value::OptionalNone());
    Add("t", Value::Timestamp(1'000'000'000, 0));
    Add("x", Value::Struct(outer_.data()));
  }

  const MapActivation& activation() const { return activation_; }
  const std::vector<Value>& values() const { return values_; }
  PlanOptions Options(SymbolTable& symbols) const {
    PlanOptions options;
    options.slots = slots_;
    options.symbols = &symbols;
    options.structs = {&type_};
    return options;
  }

 private:
  void Add(absl::string_view name, const Value& value) {
    slots_.Add(name);
    values_.push_back(value);
    activation_.Set(name, value);
  }

  StructType type_{"X", {"f", "g"}};
  std::array<Value, 3> inner_;
  std::array<Value, 1> structs_;
  std::array<Value, 3> outer_;
  SlotTable slots_;
  std::vector<Value> values_;
  MapActivation activation_;
};

bool RanOut(const Value& value) {
  return value.is_error() && (value.error() == ErrorCode::kStepsExceeded ||
                              value.error() == ErrorCode::kMemoryExceeded);
}

void Run(absl::string_view text) {
  static const Facts* const facts = new Facts();
  const Source source(text);
  ParseResult parsed = Parse(source);
  if (!parsed.ok()) return;
  CheckResult result = Check(std::move(parsed.ast), FuzzDeclarations());
  if (!result.ok()) return;
  Arena walked_arena(kBytesMax);
  Context walked_context(walked_arena, kStepsMax);
  const Value walked = Evaluate(result.checked, facts->activation(), walked_context);
  CheckResult again = Check(Parse(source).ast, FuzzDeclarations());
  SymbolTable symbols;
  const Plan plan = Plan::Make(std::move(again.checked), facts->Options(symbols));
  Arena arena(kBytesMax);
  Context context(arena, kStepsMax);
  Frame frame(facts->values(), context);
  const Value planned = plan.Evaluate(frame);
  if (RanOut(walked) || RanOut(planned)) return;
  // Which error of several it is depends on the order of operands, which plans may change.
  if (walked.is_error() && planned.is_error()) return;
  // As text, which is cut off: a value that shares its parts may be endless.
  LAUREL_REQUIRE(DebugString(walked).substr(0, 5000) == DebugString(planned).substr(0, 5000));
}

}  // namespace
}  // namespace laurel::cel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  laurel::cel::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
