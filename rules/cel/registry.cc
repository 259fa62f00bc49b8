#include "rules/cel/registry.h"

#include <utility>

namespace laurel::cel {

bool FunctionOverload::Takes(CallStyle call_style, Args args) const {
  if (style != call_style || params.size() != args.size()) return false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if ((params[i] & Only(args[i].kind())) == 0) return false;
  }
  return true;
}

void FunctionRegistry::Add(absl::string_view name, CallStyle style, std::vector<KindSet> params,
                           FunctionBody body) {
  functions_[name].push_back(FunctionOverload{style, std::move(params), std::move(body)});
}

const FunctionRegistry::Overloads* FunctionRegistry::Find(absl::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

Value CallOverload(Context& context, const FunctionRegistry::Overloads& overloads, CallStyle style,
                   Args args) {
  for (const Value& arg : args) {
    if (arg.is_error()) return arg;
  }
  for (const FunctionOverload& overload : overloads) {
    if (overload.Takes(style, args)) return overload.body(context, args);
  }
  return Value::Error(ErrorCode::kNoSuchOverload);
}

const FunctionRegistry& AllFunctions() {
  static const FunctionRegistry* const all = [] {
    auto* const registry = new FunctionRegistry();
    AddStandardFunctions(*registry);
    AddMathFunctions(*registry);
    AddStringFunctions(*registry);
    AddOptionalFunctions(*registry);
    AddListFunctions(*registry);
    AddSetFunctions(*registry);
    AddDecimalFunctions(*registry);
    AddMacroFunctions(*registry);
    return registry;
  }();
  return *all;
}

}  // namespace laurel::cel
