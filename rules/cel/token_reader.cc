#include "rules/cel/token_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/cel/literals.h"

namespace laurel::cel {
namespace {

bool IsOpening(TokenKind kind) {
  return kind == TokenKind::kLeftParen || kind == TokenKind::kLeftBracket ||
         kind == TokenKind::kLeftBrace;
}

bool IsClosing(TokenKind kind) {
  return kind == TokenKind::kRightParen || kind == TokenKind::kRightBracket ||
         kind == TokenKind::kRightBrace;
}

bool IsAnchor(TokenKind kind) {
  return kind == TokenKind::kEnd || kind == TokenKind::kComma || IsClosing(kind);
}

}  // namespace

TokenReader::TokenReader(const Source& source, std::size_t bytes_max, std::size_t issues_max)
    : source_(source), issues_max_(issues_max) {
  Read(bytes_max);
}

void TokenReader::Read(std::size_t bytes_max) {
  const absl::string_view text = source_.text();
  tokens_ = {Token()};
  if (text.size() > bytes_max) {
    return Stop(
        {}, IssueCode::kTooLong,
        absl::StrCat("an expression has at most ", bytes_max, " bytes, this one ", text.size()));
  }
  if (const std::optional<std::size_t> invalid = FindInvalidUtf8(text)) {
    const auto at = static_cast<std::uint32_t>(*invalid);
    return Stop({at, at + 1}, IssueCode::kSyntax, "the text is not UTF-8 here");
  }
  tokens_ = Tokenize(text, issues_);
}

const Token& TokenReader::Peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

Token TokenReader::Take() {
  const Token token = Peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  end_ = token.range.end;
  return token;
}

bool TokenReader::TakeIf(TokenKind kind) {
  if (!Is(kind)) return false;
  Take();
  return true;
}

bool TokenReader::Expect(TokenKind kind, absl::string_view what) {
  if (!Is(kind)) {
    FailHere(absl::StrCat("expected ", what));
    SkipToAnchor();
  }
  if (!TakeIf(kind)) return false;
  is_recovering_ = false;
  return true;
}

void TokenReader::SkipToAnchor() {
  std::size_t open = 0;
  while (!Is(TokenKind::kEnd) && (open > 0 || !IsAnchor(Peek().kind))) {
    const TokenKind kind = Take().kind;
    if (IsOpening(kind)) ++open;
    if (IsClosing(kind)) --open;
  }
}

SourceRange TokenReader::RangeFrom(std::uint32_t begin) const {
  return {begin, std::max(begin, end_)};
}

void TokenReader::FailAt(SourceRange range, std::string message) {
  if (is_recovering_ || is_stopped_) return;
  is_recovering_ = true;
  issues_.push_back({IssueCode::kSyntax, range, std::move(message), "", ""});
  if (issues_.size() >= issues_max_) is_stopped_ = true;
}

void TokenReader::FailHere(absl::string_view expected) {
  if (Is(TokenKind::kError)) {  // the lexer has said why
    is_recovering_ = true;
    return;
  }
  FailAt(Peek().range, absl::StrCat(expected, ", found ", Describe(Peek(), source_.text())));
}

void TokenReader::Report(SourceRange range, IssueCode code, std::string message) {
  if (!is_stopped_) issues_.push_back({code, range, std::move(message), "", ""});
}

void TokenReader::Stop(SourceRange range, IssueCode code, std::string message) {
  Report(range, code, std::move(message));
  is_stopped_ = true;
  at_ = tokens_.size() - 1;
}

std::vector<Issue> TokenReader::TakeIssues() {
  std::stable_sort(issues_.begin(), issues_.end(),
                   [](const Issue& a, const Issue& b) { return a.range.begin < b.range.begin; });
  if (issues_.size() > issues_max_) issues_.resize(issues_max_);
  return std::move(issues_);
}

}  // namespace laurel::cel
