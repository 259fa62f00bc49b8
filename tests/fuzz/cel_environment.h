#ifndef LAUREL_TESTS_FUZZ_CEL_ENVIRONMENT_H_
#define LAUREL_TESTS_FUZZ_CEL_ENVIRONMENT_H_

#include "rules/cel/declarations.h"

namespace laurel::cel {

// A few variables with one letter, for inputs to hit upon.
inline const Declarations& FuzzDeclarations() {
  static const Declarations* const all = [] {
    auto* const declarations = new Declarations(&AllDeclarations());
    declarations->AddVariable("i", Type::Int());
    declarations->AddVariable("b", Type::Bool());
    declarations->AddVariable("s", Type::String());
    declarations->AddVariable("d", Type::Dyn());
    declarations->AddVariable("l", Type::List(Type::Int()));
    declarations->AddVariable("m", Type::Map(Type::String(), Type::Dyn()));
    declarations->AddVariable("a.b", Type::List(Type::String()));
    declarations->AddVariable("o", Type::Optional(Type::Int()));
    declarations->AddVariable("t", Type::Timestamp());
    declarations->AddVariable("x", Type::Struct("X"));
    declarations->AddStruct("X", {{"f", Type::Int()}, {"g", Type::List(Type::Struct("X"))}});
    return declarations;
  }();
  return *all;
}

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_FUZZ_CEL_ENVIRONMENT_H_
