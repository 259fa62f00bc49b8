#ifndef LAUREL_RULES_CEL_FORMAT_H_
#define LAUREL_RULES_CEL_FORMAT_H_

#include "absl/strings/string_view.h"
#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// `format` with each clause replaced by the next of `args`, as a string value:
//
//   %s  any value as text: texts as they are, lists and maps with their parts, maps by key
//   %d  a whole number in decimal; NaN and infinities by name
//   %f  %e  a number with six digits after the point, or as many as %.nf says; n at most 100
//   %b  a whole number or bool in binary          %o  a whole number in octal
//   %x  %X  a whole number, text or bytes in hexadecimal           %%  a percent sign
//
// Error(kBadFormat) for another clause, Error(kIndexOutOfRange) for too few arguments,
// Error(kBadArgument) for an argument that its clause does not take.
Value Format(Context& context, absl::string_view format, std::span<const Value> args);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_FORMAT_H_
