#ifndef LAUREL_TESTS_RULES_CEL_DECLARATIONS_JSON_H_
#define LAUREL_TESTS_RULES_CEL_DECLARATIONS_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>

#include "rules/cel/declarations.h"

namespace laurel::cel {

// The type that a cel.expr.Type in proto JSON stands for, its fields spelt list_type or listType.
// Nothing for messages other than timestamps and durations, wrappers and Any, which the library
// leaves out.
std::optional<Type> TypeFromJson(const nlohmann::json& type);

// Declares the cel.expr.Decl values of the array `type_env`. False if one needs a type that the
// library leaves out; the others are declared all the same.
bool DeclareFromJson(const nlohmann::json& type_env, Declarations& declarations);

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_RULES_CEL_DECLARATIONS_JSON_H_
