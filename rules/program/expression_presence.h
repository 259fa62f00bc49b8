#ifndef LAUREL_RULES_PROGRAM_EXPRESSION_PRESENCE_H_
#define LAUREL_RULES_PROGRAM_EXPRESSION_PRESENCE_H_

#include <vector>

#include "rules/program/document_environment.h"
#include "rules/program/expression_listener.h"

namespace laurel::rules {

// Reports every fact that may be absent and is read without has() of the same path before it: in
// the same conjunction, behind `!has(x) ||`, or in the branch of a conditional that has() chose.
void CheckPresence(const cel::CheckedAst& checked, const Environment& environment,
                   const cel::Source& source, std::vector<ExpressionIssue>& issues);

}  // namespace laurel::rules

#endif  // LAUREL_RULES_PROGRAM_EXPRESSION_PRESENCE_H_
