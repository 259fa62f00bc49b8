#ifndef LAUREL_RULES_CEL_PARSER_H_
#define LAUREL_RULES_CEL_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rules/cel/ast.h"
#include "rules/cel/macros.h"
#include "rules/cel/source.h"

namespace laurel::cel {

struct ParseOptions {
  MacroSet macros = MacroSet::All();
  std::size_t bytes_max = 100'000;  // of the text
  std::uint16_t depth_max =
      250;  // of the tree and of brackets; what walks a tree may recurse this deep
  std::size_t issues_max = 10;  // where reading stops
};

struct ParseResult {
  Ast ast;                    // with a root; of no use unless ok()
  std::vector<Issue> issues;  // in the order of the text

  bool ok() const { return issues.empty(); }
};

// Reads `source` as one expression. Reads on behind a mistake, at the next `)`, `]`, `}` or `,`, so
// that several are found at once. Chains of && and of || become trees of logarithmic depth with the
// same order of terms. Linear in the text.
ParseResult Parse(const Source& source, const ParseOptions& options = {});

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_PARSER_H_
