#ifndef LAUREL_RULES_CEL_REGISTRY_H_
#define LAUREL_RULES_CEL_REGISTRY_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// A set of kinds of values, for the parameters of a function.
using KindSet = std::uint32_t;
constexpr KindSet Only(Kind kind) { return KindSet{1} << static_cast<unsigned>(kind); }
inline constexpr KindSet kAnyKind = ~Only(Kind::kError);  // errors never reach a function
inline constexpr KindSet kNumberKinds = Only(Kind::kInt) | Only(Kind::kUint) | Only(Kind::kDouble);

enum class CallStyle : std::uint8_t { kGlobal, kMethod };

using Args = std::span<const Value>;  // the target of a method first

// Gives a value or an error value; must not throw, must not keep `args`, must be pure, and must
// spend steps of the context in proportion to the texts and lists it walks.
using FunctionBody = std::function<Value(Context& context, Args args)>;

struct FunctionOverload {
  CallStyle style = CallStyle::kGlobal;
  std::vector<KindSet> params;
  FunctionBody body;

  bool Takes(CallStyle call_style, Args args) const;
};

// What the functions of an environment do, by name: "size", "math.greatest". What they may be
// called with at all is declared to the checker; here the kinds of the values choose among the
// overloads of a name. Operators, conditional, index and selection are not functions. Thread-safe
// as a const.
class FunctionRegistry {
 public:
  using Overloads = std::vector<FunctionOverload>;

  // Adds an overload. An earlier overload that takes the same values wins.
  void Add(absl::string_view name, CallStyle style, std::vector<KindSet> params, FunctionBody body);

  // Null if there is no function of that name. Valid until the next Add.
  const Overloads* Find(absl::string_view name) const;

 private:
  absl::flat_hash_map<std::string, Overloads> functions_;
};

// Calls the overload that takes `args`. Gives the first of `args` that is an error, if any;
// Error(kNoSuchOverload) if no overload takes them.
Value CallOverload(Context& context, const FunctionRegistry::Overloads& overloads, CallStyle style,
                   Args args);

// The libraries. Each may be added to any registry, in any order.
void AddStandardFunctions(FunctionRegistry& registry);  // conversions, text, time, type, dyn, size
void AddMathFunctions(FunctionRegistry& registry);      // math.greatest, math.bitAnd, …
void AddStringFunctions(FunctionRegistry& registry);    // charAt, indexOf, format, …
void AddOptionalFunctions(FunctionRegistry& registry);  // optional.of, orValue, …
void AddListFunctions(FunctionRegistry& registry);      // sum, min, max, distinct
void AddSetFunctions(FunctionRegistry& registry);       // sets.contains, …
void AddDecimalFunctions(FunctionRegistry& registry);   // mul_div, percent
void AddMacroFunctions(FunctionRegistry& registry);     // what expanded macros call: cel.@mapInsert

// All of the above; one for the process.
const FunctionRegistry& AllFunctions();

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_REGISTRY_H_
