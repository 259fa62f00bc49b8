#ifndef LAUREL_RULES_CEL_SOURCE_H_
#define LAUREL_RULES_CEL_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cel {

// Bytes [begin, end) of an expression's text. Empty where nothing can be shown.
struct SourceRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  friend bool operator==(const SourceRange&, const SourceRange&) = default;
};

// Both count from 1; a column is a code point, a tab included.
struct SourcePosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

// The text of one expression and where its lines begin. Owns a copy of the text, whose address does
// not change when the Source is moved; ranges are only meaningful with the Source they came from.
// Immutable after construction.
class Source {
 public:
  // `name` is what messages call the text, as "<input>" or "coffee.yaml".
  explicit Source(absl::string_view text, absl::string_view name = "<input>");

  absl::string_view text() const { return absl::string_view(text_.data(), text_.size()); }
  absl::string_view name() const { return name_; }

  // The text of `range`, cut to what there is.
  absl::string_view Slice(SourceRange range) const;

  // The position of byte `offset`; beyond the end it is that of the end.
  SourcePosition PositionOf(std::uint32_t offset) const;

  // Line `line`, from 1, without its end of line; empty if there is none.
  absl::string_view Line(std::uint32_t line) const;

 private:
  std::vector<char> text_;  // never a std::string, whose short text moves with the object
  std::string name_;
  std::vector<std::uint32_t> line_begins_;  // of bytes; the first is 0
};

// What is wrong with an expression, for programs to switch on.
enum class IssueCode : std::uint8_t {
  kSyntax,              // the text does not match the grammar
  kReservedWord,        // a reserved word stands for a name
  kEscape,              // a malformed escape in a text or bytes literal
  kNumber,              // a number literal that is malformed or out of range
  kTooLong,             // more code points or nodes than the limits allow
  kTooDeep,             // nested deeper than the limits allow
  kMacro,               // a macro whose arguments it cannot take
  kUndeclared,          // a name that nobody declared
  kUndeclaredFunction,  // a function that nobody declared
  kNoOverload,          // a function that does not take these types
  kNoField,             // a field that the type does not have
  kNotSelectable,       // a selection from a type that has no fields
  kTypeMismatch,        // two types that should be one
  kUnsupported,         // language that this library leaves out: messages
  kTooComplex,          // a type larger than the limits allow
  kHost,                // reported by the host through a CheckListener
};

// One finding about an expression. The message is one sentence without a position.
struct Issue {
  IssueCode code = IssueCode::kSyntax;
  SourceRange range;  // the smallest part that is wrong
  std::string message;
  std::string name;  // the unknown name, of kUndeclared, kUndeclaredFunction, kNoField; else empty
  std::string suggestion;  // a name that may have been meant instead; empty if none is near
};

// "ERROR: <input>:1:5: message\n | text\n | ....^", one paragraph an issue.
std::string RenderIssue(const Source& source, const Issue& issue);
std::string RenderIssues(const Source& source, const std::vector<Issue>& issues);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_SOURCE_H_
