// The tokens of any bytes lie in the text one after the other, and a literal that is one decodes or
// is refused.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/lexer.h"
#include "rules/cel/literals.h"
#include "tests/fuzz/require.h"

namespace laurel::cel {
namespace {

void Decode(const Token& token, absl::string_view text) {
  const absl::string_view written =
      text.substr(token.range.begin, token.range.end - token.range.begin);
  if (token.kind == TokenKind::kInt) DecodeInt(written, true);
  if (token.kind == TokenKind::kUint) DecodeUint(written.substr(0, written.size() - 1));
  if (token.kind == TokenKind::kDouble) DecodeDouble(written);
  if (token.kind != TokenKind::kString && token.kind != TokenKind::kBytes) return;
  const DecodedText decoded = DecodeText(written);
  if (decoded.issue) LAUREL_REQUIRE(decoded.issue->range.end <= written.size());
  const bool is_text = token.kind == TokenKind::kString && !FindInvalidUtf8(text);
  if (is_text) LAUREL_REQUIRE(!FindInvalidUtf8(decoded.text));
}

void Run(absl::string_view text) {
  std::vector<Issue> issues;
  const std::vector<Token> tokens = Tokenize(text, issues);
  LAUREL_REQUIRE(!tokens.empty() && tokens.back().kind == TokenKind::kEnd);
  std::uint32_t at = 0;
  std::size_t errors = 0;
  for (const Token& token : tokens) {
    LAUREL_REQUIRE(token.range.begin >= at && token.range.end >= token.range.begin);
    LAUREL_REQUIRE(token.range.end <= text.size());
    LAUREL_REQUIRE((token.kind == TokenKind::kEnd) == (&token == &tokens.back()));
    errors += token.kind == TokenKind::kError ? 1u : 0u;
    at = token.range.end;
    Describe(token, text);
    Decode(token, text);
  }
  LAUREL_REQUIRE(errors == issues.size());
}

}  // namespace
}  // namespace laurel::cel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  laurel::cel::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
