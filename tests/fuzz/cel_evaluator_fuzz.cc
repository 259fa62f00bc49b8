// Evaluating never crashes, never works without bound, and gives the same after folding.
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "rules/cel/checker.h"
#include "rules/cel/evaluator.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "tests/fuzz/cel_environment.h"
#include "tests/fuzz/require.h"

namespace laurel::cel {
namespace {

constexpr std::int64_t kStepsMax = 100'000;
constexpr std::size_t kBytesMax = std::size_t{1} << 20;

const MapActivation& Variables() {
  static const MapActivation* const all = [] {
    auto* const activation = new MapActivation();
    static const Value numbers[] = {Value::Int(1), Value::Int(2), Value::Int(3)};
    static const Value texts[] = {Value::String("a"), Value::String("")};
    activation->Set("i", Value::Int(7));
    activation->Set("b", Value::Bool(true));
    activation->Set("s", Value::String("text"));
    activation->Set("d", Value::Double(1.5));
    activation->Set("l", Value::List(numbers));
    activation->Set("m", Value::Map({}));
    activation->Set("a.b", Value::List(texts));
    activation->Set("o", Value::OptionalNone());
    activation->Set("t", Value::Timestamp(1'000'000'000, 0));
    return activation;
  }();
  return *all;
}

bool RanOut(const Value& value) {
  return value.is_error() && (value.error() == ErrorCode::kStepsExceeded ||
                              value.error() == ErrorCode::kMemoryExceeded);
}

Value EvaluateBounded(const CheckedAst& checked, Arena& arena) {
  Context context(arena, kStepsMax);
  return Evaluate(checked, Variables(), context);
}

void Run(absl::string_view text) {
  const Source source(text);
  ParseResult parsed = Parse(source);
  if (!parsed.ok()) return;
  Arena unchecked_arena(kBytesMax);
  Context unchecked(unchecked_arena, kStepsMax);
  DebugString(Evaluate(parsed.ast, Variables(), unchecked));
  const CheckResult result = Check(std::move(parsed.ast), FuzzDeclarations());
  if (!result.ok()) return;
  Arena arena(kBytesMax);
  Arena folded_arena(kBytesMax);
  const Value plain = EvaluateBounded(result.checked, arena);
  const CheckedAst folded = Fold(result.checked);
  const Value after = EvaluateBounded(folded, folded_arena);
  DebugString(plain);
  if (RanOut(plain) || RanOut(after)) return;
  LAUREL_REQUIRE(plain.kind() == after.kind());
}

}  // namespace
}  // namespace laurel::cel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  laurel::cel::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
