#ifndef LAUREL_RULES_CEL_LEXER_H_
#define LAUREL_RULES_CEL_LEXER_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/source.h"

namespace laurel::cel {

enum class TokenKind : std::uint8_t {
  kEnd,
  kError,        // text that is no token; an issue says why
  kIdent,        // also a reserved word, which is one only for the parser
  kQuotedIdent,  // `a-b`, with its quotes
  kInt,
  kUint,  // with its suffix
  kDouble,
  kString,  // with prefix and quotes
  kBytes,
  kTrue,
  kFalse,
  kNull,
  kIn,
  kLeftParen,
  kRightParen,
  kLeftBracket,
  kRightBracket,
  kLeftBrace,
  kRightBrace,
  kDot,
  kComma,
  kColon,
  kQuestion,
  kNot,
  kMinus,
  kPlus,
  kStar,
  kSlash,
  kPercent,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  SourceRange range;
};

// Cuts `text` into tokens; white space and comments are left out. The last token, and only the
// last, is kEnd. Appends an issue for each kError token. Requires text of fewer than 2^32 bytes.
// Linear in the text.
std::vector<Token> Tokenize(absl::string_view text, std::vector<Issue>& issues);

// How a message names a token: "`)`", "the end", "the name `a`".
std::string Describe(const Token& token, absl::string_view text);

// True for words that the language keeps for later: as, for, package … They cannot name a variable
// or function, but may follow a dot.
bool IsReservedWord(absl::string_view word);

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_LEXER_H_
