#ifndef LAUREL_RULES_CEL_OPERATORS_H_
#define LAUREL_RULES_CEL_OPERATORS_H_

#include "absl/strings/string_view.h"

// The function names that operators parse to. They are those of every implementation of the
// language.
namespace laurel::cel::operators {

inline constexpr absl::string_view kConditional = "_?_:_";
inline constexpr absl::string_view kLogicalAnd = "_&&_";
inline constexpr absl::string_view kLogicalOr = "_||_";
inline constexpr absl::string_view kLogicalNot = "!_";
inline constexpr absl::string_view kEquals = "_==_";
inline constexpr absl::string_view kNotEquals = "_!=_";
inline constexpr absl::string_view kLess = "_<_";
inline constexpr absl::string_view kLessEquals = "_<=_";
inline constexpr absl::string_view kGreater = "_>_";
inline constexpr absl::string_view kGreaterEquals = "_>=_";
inline constexpr absl::string_view kAdd = "_+_";
inline constexpr absl::string_view kSubtract = "_-_";
inline constexpr absl::string_view kMultiply = "_*_";
inline constexpr absl::string_view kDivide = "_/_";
inline constexpr absl::string_view kModulo = "_%_";
inline constexpr absl::string_view kNegate = "-_";
inline constexpr absl::string_view kIndex = "_[_]";
inline constexpr absl::string_view kOptIndex = "_[?_]";
inline constexpr absl::string_view kOptSelect = "_?._";
inline constexpr absl::string_view kIn = "@in";
// In the loop condition of all and exists: false only for false, so that an error does not end the
// loop.
inline constexpr absl::string_view kNotStrictlyFalse = "@not_strictly_false";

// The name of the accumulator in every macro's expansion; no text can write it.
inline constexpr absl::string_view kAccumulator = "@result";

}  // namespace laurel::cel::operators

#endif  // LAUREL_RULES_CEL_OPERATORS_H_
