#ifndef LAUREL_RULES_CEL_TOKEN_READER_H_
#define LAUREL_RULES_CEL_TOKEN_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/cel/lexer.h"
#include "rules/cel/source.h"

namespace laurel::cel {

// The tokens of a text, one after the other, and the issues found on the way. After a mistake it is
// recovering: further ones are not reported until a token is where it should be again, so that no
// issue is a consequence of another.
class TokenReader {
 public:
  // Both must outlive the reader. Stops at once if the text is longer than `bytes_max` or not
  // UTF-8.
  TokenReader(const Source& source, std::size_t bytes_max, std::size_t issues_max);

  const Token& Peek(std::size_t ahead = 0) const;
  bool Is(TokenKind kind) const { return Peek().kind == kind; }

  // The next token; the end is never passed.
  Token Take();
  bool TakeIf(TokenKind kind);

  // Takes `kind`, which a mistake before it may have hidden: then reading goes on at the next
  // anchor.
  bool Expect(TokenKind kind, absl::string_view what);

  // Goes on to the next `)`, `]`, `}`, comma or the end, past whole pairs of brackets, so that the
  // anchor belongs to the bracket that is open here.
  void SkipToAnchor();

  // What follows is read as if nothing had been wrong.
  void EndRecovery() { is_recovering_ = false; }

  // From `begin` to the end of the last token taken.
  SourceRange RangeFrom(std::uint32_t begin) const;

  // Reports a mistake that leaves the reader recovering: at `range`, or at the next token.
  void FailAt(SourceRange range, std::string message);
  void FailHere(absl::string_view expected);

  // Reports a mistake that does not disturb the reading of what follows.
  void Report(SourceRange range, IssueCode code, std::string message);

  // Reports a mistake after which nothing is read: all that is left is the end.
  void Stop(SourceRange range, IssueCode code, std::string message);

  bool is_recovering() const { return is_recovering_; }
  bool is_stopped() const { return is_stopped_; }

  // For macros to add to.
  std::vector<Issue>& issues() { return issues_; }

  // All issues in the order of the text, at most as many as the limit.
  std::vector<Issue> TakeIssues();

 private:
  void Read(std::size_t bytes_max);

  const Source& source_;
  std::size_t issues_max_;
  std::vector<Issue> issues_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::uint32_t end_ = 0;  // of the last token taken
  bool is_recovering_ = false;
  bool is_stopped_ = false;
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_TOKEN_READER_H_
