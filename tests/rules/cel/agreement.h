#ifndef LAUREL_TESTS_RULES_CEL_AGREEMENT_H_
#define LAUREL_TESTS_RULES_CEL_AGREEMENT_H_

#include <functional>
#include <string>

#include "rules/cel/value.h"
#include "tests/rules/cel/random_expression.h"

namespace laurel::cel {

struct Agreement {
  std::string difference;  // empty if all paths agree
  bool is_error = false;   // of the value they agree on
};

// Evaluates `text` over `facts` as a tree without types, as a checked tree, and as a plan without
// and with symbols. The difference also says where the text does not parse or check. `use`, if
// given, sees the value while it lives.
Agreement EvaluateOnAllPaths(const std::string& text, const RandomFacts& facts,
                             const std::function<void(const Value&)>& use = nullptr);

}  // namespace laurel::cel

#endif  // LAUREL_TESTS_RULES_CEL_AGREEMENT_H_
