#ifndef LAUREL_RULES_CEL_PATTERN_H_
#define LAUREL_RULES_CEL_PATTERN_H_

#include <memory>
#include <optional>

#include "absl/strings/string_view.h"
#include "rules/cel/context.h"
#include "rules/cel/value.h"

namespace laurel::cel {

// A regular expression in RE2's syntax, matched anywhere in a text in time linear in both.
// Immutable and thread-safe once made.
class Pattern {
 public:
  static constexpr std::size_t kBytesMax = 4096;  // of the expression

  // Empty if the expression is malformed, too long or needs too much memory.
  static std::optional<Pattern> Parse(absl::string_view expression);

  // Whether `expression` matches somewhere in `text`, as a bool value; compiles it each time.
  static Value MatchOnce(Context& context, absl::string_view text, absl::string_view expression);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  Value Match(Context& context, absl::string_view text) const;
  // Of the compiled program, at most.
  int instruction_count() const;

 private:
  struct Program;
  explicit Pattern(std::unique_ptr<const Program> program);

  std::unique_ptr<const Program> program_;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_PATTERN_H_
