#include "rules/cel/pattern.h"

#include <re2/re2.h>

#include <utility>

namespace laurel::cel {

namespace {

constexpr std::int64_t kMemoryMax = std::int64_t{1} << 20;  // of one compiled expression, in bytes

RE2::Options Options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryMax);
  return options;
}

re2::StringPiece ToPiece(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Pattern::Program {
  explicit Program(absl::string_view expression) : re2(ToPiece(expression), Options()) {}
  RE2 re2;
};

Pattern::Pattern(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

std::optional<Pattern> Pattern::Parse(absl::string_view expression) {
  if (expression.size() > kBytesMax) return std::nullopt;
  auto program = std::make_unique<const Program>(expression);
  if (!program->re2.ok()) return std::nullopt;
  return Pattern(std::move(program));
}

Value Pattern::MatchOnce(Context& context, absl::string_view text, absl::string_view expression) {
  constexpr std::int64_t kCompileStepsPerByte = 100;
  const auto bytes = static_cast<std::int64_t>(expression.size());
  if (!context.Spend((bytes + 1) * kCompileStepsPerByte)) {
    return Value::Error(ErrorCode::kStepsExceeded);
  }
  const std::optional<Pattern> pattern = Parse(expression);
  return pattern ? pattern->Match(context, text) : Value::Error(ErrorCode::kBadPattern);
}

// RE2 walks the text once and holds, in the worst case, every instruction at once.
Value Pattern::Match(Context& context, absl::string_view text) const {
  const auto steps = static_cast<std::int64_t>(text.size() / 16 + 1);
  if (!context.Spend(steps * (1 + instruction_count() / 8))) {
    return Value::Error(ErrorCode::kStepsExceeded);
  }
  return Value::Bool(RE2::PartialMatch(ToPiece(text), program_->re2));
}

int Pattern::instruction_count() const { return program_->re2.ProgramSize(); }

}  // namespace laurel::cel
