#include "rules/cel/lexer.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace laurel::cel {
namespace {

struct Punctuation {
  absl::string_view text;
  TokenKind kind;
};

// The longer first.
constexpr std::array kPunctuation = {
    Punctuation{"==", TokenKind::kEqual},      Punctuation{"!=", TokenKind::kNotEqual},
    Punctuation{"<=", TokenKind::kLessEqual},  Punctuation{">=", TokenKind::kGreaterEqual},
    Punctuation{"&&", TokenKind::kAnd},        Punctuation{"||", TokenKind::kOr},
    Punctuation{"(", TokenKind::kLeftParen},   Punctuation{")", TokenKind::kRightParen},
    Punctuation{"[", TokenKind::kLeftBracket}, Punctuation{"]", TokenKind::kRightBracket},
    Punctuation{"{", TokenKind::kLeftBrace},   Punctuation{"}", TokenKind::kRightBrace},
    Punctuation{".", TokenKind::kDot},         Punctuation{",", TokenKind::kComma},
    Punctuation{":", TokenKind::kColon},       Punctuation{"?", TokenKind::kQuestion},
    Punctuation{"!", TokenKind::kNot},         Punctuation{"-", TokenKind::kMinus},
    Punctuation{"+", TokenKind::kPlus},        Punctuation{"*", TokenKind::kStar},
    Punctuation{"/", TokenKind::kSlash},       Punctuation{"%", TokenKind::kPercent},
    Punctuation{"<", TokenKind::kLess},        Punctuation{">", TokenKind::kGreater},
};

constexpr std::array<absl::string_view, 17> kReservedWords = {
    "as",  "break", "const",     "continue", "else",   "for", "function", "if",   "import",
    "let", "loop",  "namespace", "package",  "return", "var", "void",     "while"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsIdentStart(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool IsIdentPart(char c) { return IsIdentStart(c) || IsDigit(c); }
bool IsHexDigit(char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool IsQuotedIdentPart(char c) {
  return IsIdentPart(c) || c == '.' || c == '-' || c == '/' || c == ' ';
}

class Lexer {
 public:
  Lexer(absl::string_view text, std::vector<Issue>& issues) : text_(text), issues_(issues) {}

  std::vector<Token> Run() {
    for (SkipBlank(); at_ < text_.size(); SkipBlank()) {
      begin_ = at_;
      const TokenKind kind = Next();
      tokens_.push_back({kind, Range()});
    }
    begin_ = at_;
    tokens_.push_back({TokenKind::kEnd, Range()});
    return std::move(tokens_);
  }

 private:
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  absl::string_view Rest() const { return text_.substr(at_); }
  SourceRange Range() const {
    return {static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(at_)};
  }
  template <class Predicate>
  void SkipWhile(Predicate is_part) {
    while (at_ < text_.size() && is_part(text_[at_])) ++at_;
  }

  void SkipBlank() {
    while (at_ < text_.size()) {
      if (IsSpace(text_[at_])) {
        ++at_;
      } else if (absl::StartsWith(Rest(), "//")) {
        SkipWhile([](char c) { return c != '\n'; });
      } else {
        return;
      }
    }
  }

  TokenKind Fail(IssueCode code, absl::string_view message) {
    issues_.push_back({code, Range(), std::string(message)});
    return TokenKind::kError;
  }

  TokenKind Next() {
    const char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    const std::size_t prefix = LiteralPrefix();
    if (Peek(prefix) == '"' || Peek(prefix) == '\'') return Quoted(prefix);
    if (IsIdentStart(c)) return Word();
    if (c == '`') return QuotedIdent();
    return Punctuate();
  }

  // The length of r, b or br before a quote; 0 if the text begins otherwise.
  std::size_t LiteralPrefix() const {
    const auto is = [&](std::size_t ahead, char letter) {
      return absl::ascii_tolower(static_cast<unsigned char>(Peek(ahead))) == letter;
    };
    if (is(0, 'b')) return is(1, 'r') ? 2 : 1;
    return is(0, 'r') ? 1 : 0;
  }

  TokenKind Number() {
    if (absl::StartsWith(Rest(), "0x") && IsHexDigit(Peek(2))) {
      at_ += 2;
      SkipWhile(IsHexDigit);
      return Integer();
    }
    SkipWhile(IsDigit);
    bool is_double = false;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      ++at_;
      SkipWhile(IsDigit);
      is_double = true;
    }
    if (const std::size_t length = ExponentLength(); length > 0) {
      at_ += length;
      SkipWhile(IsDigit);
      is_double = true;
    }
    return is_double ? TokenKind::kDouble : Integer();
  }

  TokenKind Integer() {
    if (Peek() != 'u' && Peek() != 'U') return TokenKind::kInt;
    ++at_;
    return TokenKind::kUint;
  }

  // Of "e", "e+" or "e-" before a digit; else 0.
  std::size_t ExponentLength() const {
    if (Peek() != 'e' && Peek() != 'E') return 0;
    const std::size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
    return IsDigit(Peek(1 + sign)) ? 1 + sign : 0;
  }

  TokenKind Quoted(std::size_t prefix) {
    const char first = Peek();
    const bool is_bytes = first == 'b' || first == 'B';
    const char last = prefix > 0 ? Peek(prefix - 1) : '\0';
    const bool is_raw = last == 'r' || last == 'R';
    at_ += prefix;
    const std::string quote(1, Peek());
    const std::string triple = quote + quote + quote;
    const bool is_triple = absl::StartsWith(Rest(), triple);
    const std::string& end = is_triple ? triple : quote;
    at_ += end.size();
    while (at_ < text_.size() && !absl::StartsWith(Rest(), end)) {
      if (!is_triple && (Peek() == '\n' || Peek() == '\r')) break;
      at_ += !is_raw && Peek() == '\\' ? 2u : 1u;
    }
    at_ = std::min(at_, text_.size());
    if (!absl::StartsWith(Rest(), end)) {
      return Fail(IssueCode::kSyntax, absl::StrCat("a text that begins with ", end, " has no end"));
    }
    at_ += end.size();
    return is_bytes ? TokenKind::kBytes : TokenKind::kString;
  }

  TokenKind Word() {
    SkipWhile(IsIdentPart);
    const absl::string_view word = text_.substr(begin_, at_ - begin_);
    if (word == "true") return TokenKind::kTrue;
    if (word == "false") return TokenKind::kFalse;
    if (word == "null") return TokenKind::kNull;
    if (word == "in") return TokenKind::kIn;
    return TokenKind::kIdent;
  }

  TokenKind QuotedIdent() {
    ++at_;
    SkipWhile(IsQuotedIdentPart);
    if (Peek() != '`' || at_ == begin_ + 1) {
      return Fail(IssueCode::kSyntax,
                  "a quoted name is letters, digits and `_.-/ ` between two back-quotes");
    }
    ++at_;
    return TokenKind::kQuotedIdent;
  }

  TokenKind Punctuate() {
    for (const Punctuation& mark : kPunctuation) {
      if (!absl::StartsWith(Rest(), mark.text)) continue;
      at_ += mark.text.size();
      return mark.kind;
    }
    const bool is_single = Peek() == '=' || Peek() == '&' || Peek() == '|';
    const char mark = Peek();
    ++at_;
    SkipWhile([](char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; });
    if (is_single) {
      return Fail(IssueCode::kSyntax,
                  absl::StrCat("`", std::string(1, mark), "` is written twice: `",
                               std::string(2, mark), "`"));
    }
    return Fail(IssueCode::kSyntax,
                absl::StrCat("`", text_.substr(begin_, at_ - begin_), "` has no meaning here"));
  }

  absl::string_view text_;
  std::vector<Issue>& issues_;
  std::vector<Token> tokens_;
  std::size_t begin_ = 0;  // of the token
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Token> Tokenize(absl::string_view text, std::vector<Issue>& issues) {
  return Lexer(text, issues).Run();
}

std::string Describe(const Token& token, absl::string_view text) {
  if (token.kind == TokenKind::kEnd) return "the end";
  const absl::string_view written =
      text.substr(token.range.begin, token.range.end - token.range.begin);
  if (written.size() > 40) return absl::StrCat("`", written.substr(0, 10), "…`");
  return absl::StrCat("`", written, "`");
}

bool IsReservedWord(absl::string_view word) {
  return std::find(kReservedWords.begin(), kReservedWords.end(), word) != kReservedWords.end();
}

}  // namespace laurel::cel
