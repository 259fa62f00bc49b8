#include "rules/cel/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rules/cel/lexer.h"
#include "rules/cel/literals.h"
#include "rules/cel/operators.h"
#include "rules/cel/token_reader.h"

namespace laurel::cel {
namespace {

namespace op = operators;

struct BinaryOperator {
  TokenKind token;
  int precedence;  // the higher binds tighter
  absl::string_view function;
};

constexpr int kLowestPrecedence = 1;
constexpr std::array kBinaryOperators = {
    BinaryOperator{TokenKind::kEqual, 1, op::kEquals},
    BinaryOperator{TokenKind::kNotEqual, 1, op::kNotEquals},
    BinaryOperator{TokenKind::kLess, 1, op::kLess},
    BinaryOperator{TokenKind::kLessEqual, 1, op::kLessEquals},
    BinaryOperator{TokenKind::kGreater, 1, op::kGreater},
    BinaryOperator{TokenKind::kGreaterEqual, 1, op::kGreaterEquals},
    BinaryOperator{TokenKind::kIn, 1, op::kIn},
    BinaryOperator{TokenKind::kPlus, 2, op::kAdd},
    BinaryOperator{TokenKind::kMinus, 2, op::kSubtract},
    BinaryOperator{TokenKind::kStar, 3, op::kMultiply},
    BinaryOperator{TokenKind::kSlash, 3, op::kDivide},
    BinaryOperator{TokenKind::kPercent, 3, op::kModulo},
};

const BinaryOperator* FindOperator(TokenKind token) {
  const auto* const found = std::find_if(kBinaryOperators.begin(), kBinaryOperators.end(),
                                         [&](const auto& row) { return row.token == token; });
  return found == kBinaryOperators.end() ? nullptr : found;
}

bool IsNumber(TokenKind kind) {
  return kind == TokenKind::kInt || kind == TokenKind::kUint || kind == TokenKind::kDouble;
}

class Parser {
 public:
  Parser(const Source& source, const ParseOptions& options)
      : source_(source), options_(options), in_(source, options.bytes_max, options.issues_max) {}

  ParseResult Run() {
    const Expr* const root = in_.is_stopped() ? ErrorNode() : ParseExpr();
    if (!in_.Is(TokenKind::kEnd) && !in_.Is(TokenKind::kError)) {
      in_.FailAt(in_.Peek().range,
                 absl::StrCat("the expression ends before ", Describe(in_.Peek(), source_.text())));
    }
    ast_.set_root(root);
    return {std::move(ast_), in_.TakeIssues()};
  }

 private:
  // ---- Nodes

  void StopTooDeep(SourceRange range) {
    in_.Stop(range, IssueCode::kTooDeep,
             absl::StrCat("an expression is nested at most ", options_.depth_max, " deep"));
  }

  // `expr` with the depth that its children give it.
  template <class T>
  const Expr* Finish(T* expr) {
    std::uint16_t depth = 0;
    for (const Expr* child : ChildrenOf(*expr)) depth = std::max(depth, child->depth);
    expr->depth = static_cast<std::uint16_t>(depth + 1);
    return Bounded(expr);
  }

  const Expr* Bounded(const Expr* expr) {
    if (expr->depth <= options_.depth_max) return expr;
    StopTooDeep(expr->at);
    return ErrorNode();
  }

  const Expr* ErrorNode() {
    auto* const expr = ast_.New<LiteralExpr>(in_.Peek().range, in_.Peek().range);
    expr->kind = ExprKind::kError;
    return expr;
  }

  const Expr* NewCall(std::uint32_t begin, SourceRange at, absl::string_view function,
                      const std::vector<const Expr*>& args) {
    auto* const call = ast_.New<CallExpr>(in_.RangeFrom(begin), at);
    call->function = function;
    call->args = ast_.Copy(args);
    return Finish(call);
  }

  // Replaces `call` if it is a macro.
  const Expr* Expand(const CallExpr* call) {
    const MacroRule* const rule = options_.macros.Find(*call);
    if (rule == nullptr) return call;
    ExprBuilder builder(ast_, *call, in_.issues());
    const Expr* const expansion = rule->expand(builder, *call);
    if (expansion == nullptr) return call;
    return Bounded(expansion);
  }

  // ---- Operators

  // Expr = Or ["?" Or ":" Expr]
  const Expr* ParseExpr() {
    if (++nesting_ > options_.depth_max) StopTooDeep(in_.Peek().range);
    const Expr* const expr = in_.is_stopped() ? ErrorNode() : ParseConditional();
    --nesting_;
    return expr;
  }

  const Expr* ParseConditional() {
    const std::uint32_t begin = in_.Peek().range.begin;
    const Expr* const condition = ParseOr();
    if (!in_.Is(TokenKind::kQuestion)) return condition;
    const SourceRange at = in_.Take().range;
    const Expr* const then = ParseOr();
    if (!in_.Is(TokenKind::kColon)) {
      in_.FailHere("expected `:` and the other case");
      return condition;
    }
    in_.Take();
    const Expr* const otherwise = ParseExpr();
    return NewCall(begin, at, op::kConditional, {condition, then, otherwise});
  }

  const Expr* ParseOr() {
    return ParseLogical(TokenKind::kOr, op::kLogicalOr, [this] { return ParseAnd(); });
  }

  const Expr* ParseAnd() {
    return ParseLogical(TokenKind::kAnd, op::kLogicalAnd,
                        [this] { return ParseBinary(kLowestPrecedence); });
  }

  // The terms of a chain of && or ||, where each begins, and the operators between them.
  struct Chain {
    absl::string_view function;
    std::vector<const Expr*> terms;
    std::vector<SourceRange> ranges;
    std::vector<SourceRange> operators;
  };

  template <class Next>
  const Expr* ParseLogical(TokenKind token, absl::string_view function, Next next) {
    std::uint32_t begin = in_.Peek().range.begin;
    const Expr* const first = next();
    if (!in_.Is(token)) return first;
    Chain chain{function, {first}, {in_.RangeFrom(begin)}, {}};
    while (in_.Is(token)) {
      chain.operators.push_back(in_.Take().range);
      begin = in_.Peek().range.begin;
      chain.terms.push_back(next());
      chain.ranges.push_back(in_.RangeFrom(begin));
    }
    return Balance(chain, 0, chain.terms.size() - 1);
  }

  // Terms [first, last] as a tree. Of the operators between them the middle one becomes the root.
  const Expr* Balance(const Chain& chain, std::size_t first, std::size_t last) {
    if (first == last) return chain.terms[first];
    const std::size_t middle = (first + last) / 2;
    const Expr* const left = Balance(chain, first, middle);
    const Expr* const right = Balance(chain, middle + 1, last);
    auto* const call = ast_.New<CallExpr>({chain.ranges[first].begin, chain.ranges[last].end},
                                          chain.operators[middle]);
    call->function = chain.function;
    call->args = ast_.Copy(std::vector<const Expr*>{left, right});
    return Finish(call);
  }

  const Expr* ParseBinary(int precedence) {
    const std::uint32_t begin = in_.Peek().range.begin;
    const Expr* left = ParseUnary();
    while (!in_.is_stopped()) {
      const BinaryOperator* const row = FindOperator(in_.Peek().kind);
      if (row == nullptr || row->precedence < precedence) break;
      const SourceRange at = in_.Take().range;
      const Expr* const right = ParseBinary(row->precedence + 1);
      left = NewCall(begin, at, row->function, {left, right});
    }
    return left;
  }

  // An even number of the same sign is none; a minus before a number belongs to it.
  const Expr* ParseUnary() {
    const TokenKind sign = in_.Peek().kind;
    if (sign != TokenKind::kNot && sign != TokenKind::kMinus) return ParseMember();
    if (sign == TokenKind::kMinus && IsNumber(in_.Peek(1).kind)) return ParseMember();
    const Token first = in_.Peek();
    std::size_t count = 0;
    while (in_.TakeIf(sign)) ++count;
    if (in_.Is(TokenKind::kNot) || (in_.Is(TokenKind::kMinus) && !IsNumber(in_.Peek(1).kind))) {
      in_.FailHere("expected a value or `(`");
      return ErrorNode();
    }
    const Expr* const operand = ParseMember();
    if (count % 2 == 0) return operand;
    const absl::string_view function = sign == TokenKind::kNot ? op::kLogicalNot : op::kNegate;
    return NewCall(first.range.begin, first.range, function, {operand});
  }

  // ---- Members

  const Expr* ParseMember() {
    const std::uint32_t begin = in_.Peek().range.begin;
    // While only dots and names were read, a `{` begins a message.
    bool is_name = in_.Is(TokenKind::kIdent) ||
                   (in_.Is(TokenKind::kDot) && in_.Peek(1).kind == TokenKind::kIdent);
    const Expr* expr = ParsePrimary(begin);
    if (As<IdentExpr>(expr) == nullptr) is_name = false;
    while (!in_.is_stopped()) {
      if (is_name && in_.Is(TokenKind::kLeftBrace)) {
        expr = ParseMessage(begin, *expr);
        is_name = false;
      } else if (in_.Is(TokenKind::kDot)) {
        is_name = is_name && in_.Peek(1).kind == TokenKind::kIdent &&
                  in_.Peek(2).kind != TokenKind::kLeftParen;
        expr = ParseDot(begin, expr);
      } else if (in_.Is(TokenKind::kLeftBracket)) {
        is_name = false;
        expr = ParseIndex(begin, expr);
      } else {
        break;
      }
    }
    return expr;
  }

  // expr.field, expr.?field, expr.function(args)
  const Expr* ParseDot(std::uint32_t begin, const Expr* operand) {
    in_.Take();
    const bool is_optional = in_.TakeIf(TokenKind::kQuestion);
    if (!in_.Is(TokenKind::kIdent) && !in_.Is(TokenKind::kQuotedIdent)) {
      in_.FailHere("expected a name after the dot");
      return operand;
    }
    const Token name = in_.Take();
    if (in_.Is(TokenKind::kLeftParen) && name.kind == TokenKind::kIdent && !is_optional) {
      return ParseCall(begin, name, operand);
    }
    if (is_optional) {
      auto* const field = ast_.New<LiteralExpr>(name.range, name.range);
      field->value = Literal::String(FieldName(name));
      return NewCall(begin, name.range, op::kOptSelect, {operand, field});
    }
    auto* const select = ast_.New<SelectExpr>(in_.RangeFrom(begin), name.range);
    select->operand = operand;
    select->field = FieldName(name);
    return Finish(select);
  }

  absl::string_view FieldName(const Token& name) {
    const absl::string_view text = source_.Slice(name.range);
    return ast_.Intern(name.kind == TokenKind::kQuotedIdent ? text.substr(1, text.size() - 2)
                                                            : text);
  }

  // expr[index], expr[?index]
  const Expr* ParseIndex(std::uint32_t begin, const Expr* operand) {
    const SourceRange at = in_.Take().range;
    const bool is_optional = in_.TakeIf(TokenKind::kQuestion);
    const Expr* const index = ParseExpr();
    in_.Expect(TokenKind::kRightBracket, "`]`");
    return NewCall(begin, at, is_optional ? op::kOptIndex : op::kIndex, {operand, index});
  }

  const Expr* ParseCall(std::uint32_t begin, const Token& name, const Expr* target) {
    in_.Take();
    const std::vector<const Expr*> args = ParseArgs();
    auto* const call = ast_.New<CallExpr>(in_.RangeFrom(begin), name.range);
    call->target = target;
    call->function = FieldName(name);
    call->args = ast_.Copy(args);
    if (Finish(call) != call) return ErrorNode();
    return Expand(call);
  }

  // Up to and with the closing parenthesis.
  std::vector<const Expr*> ParseArgs() {
    std::vector<const Expr*> args;
    if (in_.TakeIf(TokenKind::kRightParen)) return args;
    do {
      args.push_back(ParseElement());
    } while (in_.TakeIf(TokenKind::kComma));
    in_.Expect(TokenKind::kRightParen, "`,` or `)`");
    return args;
  }

  // One of several values between commas; after a mistake in it the next one is read as if nothing
  // had been.
  const Expr* ParseElement() {
    const Expr* const element = ParseExpr();
    if (in_.is_recovering()) in_.SkipToAnchor();
    if (in_.Is(TokenKind::kComma)) in_.EndRecovery();
    return element;
  }

  // ---- Primaries

  const Expr* ParsePrimary(std::uint32_t begin) {
    switch (in_.Peek().kind) {
      case TokenKind::kDot:
      case TokenKind::kIdent:
        return ParseName(begin);
      case TokenKind::kLeftParen:
        return ParseParenthesis();
      case TokenKind::kLeftBracket:
        return ParseList(begin);
      case TokenKind::kLeftBrace:
        return ParseMap(begin);
      case TokenKind::kMinus:
      case TokenKind::kInt:
      case TokenKind::kUint:
      case TokenKind::kDouble:
        return ParseNumber(begin);
      case TokenKind::kString:
      case TokenKind::kBytes:
        return ParseText();
      case TokenKind::kTrue:
        return NewLiteral(in_.Take().range, Literal::Bool(true));
      case TokenKind::kFalse:
        return NewLiteral(in_.Take().range, Literal::Bool(false));
      case TokenKind::kNull:
        return NewLiteral(in_.Take().range, Literal::Null());
      default:
        in_.FailHere("expected a value");
        return ErrorNode();
    }
  }

  const Expr* NewLiteral(SourceRange range, const Literal& value) {
    auto* const expr = ast_.New<LiteralExpr>(range, range);
    expr->value = value;
    return expr;
  }

  // name, .name, name(args), .name(args)
  const Expr* ParseName(std::uint32_t begin) {
    const bool is_rooted = in_.TakeIf(TokenKind::kDot);
    if (!in_.Is(TokenKind::kIdent)) {
      in_.FailHere("expected a name");
      return ErrorNode();
    }
    const Token name = in_.Take();
    const absl::string_view text = source_.Slice(name.range);
    if (IsReservedWord(text)) {
      in_.Report(name.range, IssueCode::kReservedWord,
                 absl::StrCat("`", text, "` is a reserved word and cannot be a name"));
    }
    const absl::string_view full = ast_.Intern(absl::StrCat(is_rooted ? "." : "", text));
    if (in_.Is(TokenKind::kLeftParen)) return ParseGlobalCall(begin, name, full);
    auto* const ident = ast_.New<IdentExpr>(in_.RangeFrom(begin), name.range);
    ident->name = full;
    return ident;
  }

  const Expr* ParseGlobalCall(std::uint32_t begin, const Token& name, absl::string_view function) {
    in_.Take();
    const std::vector<const Expr*> args = ParseArgs();
    auto* const call = ast_.New<CallExpr>(in_.RangeFrom(begin), name.range);
    call->function = function;
    call->args = ast_.Copy(args);
    if (Finish(call) != call) return ErrorNode();
    return Expand(call);
  }

  const Expr* ParseParenthesis() {
    in_.Take();
    const Expr* const inner = ParseExpr();
    in_.Expect(TokenKind::kRightParen, "`)`");
    return inner;
  }

  const Expr* ParseNumber(std::uint32_t begin) {
    const bool is_negative = in_.TakeIf(TokenKind::kMinus);
    const Token token = in_.Take();
    const absl::string_view digits = source_.Slice(token.range);
    const SourceRange range = in_.RangeFrom(begin);
    if (token.kind == TokenKind::kInt) {
      const std::optional<std::int64_t> value = DecodeInt(digits, is_negative);
      if (!value) ReportRange(range, "an int is from -9223372036854775808 to 9223372036854775807");
      return NewLiteral(range, Literal::Int(value.value_or(0)));
    }
    if (token.kind == TokenKind::kUint) {
      const std::optional<std::uint64_t> value = DecodeUint(digits.substr(0, digits.size() - 1));
      if (!value || is_negative) ReportRange(range, "a uint is from 0u to 18446744073709551615u");
      return NewLiteral(range, Literal::Uint(value.value_or(0)));
    }
    if (token.kind != TokenKind::kDouble) return ErrorNode();
    const std::optional<double> value = DecodeDouble(digits);
    if (!value) ReportRange(range, "this number is too large for a double");
    return NewLiteral(range, Literal::Double(is_negative ? -value.value_or(0) : value.value_or(0)));
  }

  void ReportRange(SourceRange range, absl::string_view message) {
    in_.Report(range, IssueCode::kNumber, std::string(message));
  }

  const Expr* ParseText() {
    const Token token = in_.Take();
    const DecodedText decoded = DecodeText(source_.Slice(token.range));
    if (decoded.issue) {
      const SourceRange within = decoded.issue->range;
      in_.Report({token.range.begin + within.begin, token.range.begin + within.end},
                 decoded.issue->code, decoded.issue->message);
    }
    const absl::string_view text = ast_.Intern(decoded.text);
    return NewLiteral(token.range, token.kind == TokenKind::kBytes ? Literal::Bytes(text)
                                                                   : Literal::String(text));
  }

  const Expr* ParseList(std::uint32_t begin) {
    const SourceRange at = in_.Take().range;
    std::vector<ListElement> elements;
    while (!in_.Is(TokenKind::kRightBracket)) {
      if (elements.empty() && in_.Is(TokenKind::kComma)) break;
      const bool is_optional = in_.TakeIf(TokenKind::kQuestion);
      elements.push_back({ParseElement(), is_optional});
      if (!in_.Is(TokenKind::kComma) || in_.Peek(1).kind == TokenKind::kRightBracket) break;
      in_.Take();
    }
    in_.TakeIf(TokenKind::kComma);
    in_.Expect(TokenKind::kRightBracket, "`,` or `]`");
    auto* const list = ast_.New<ListExpr>(in_.RangeFrom(begin), at);
    list->elements = ast_.Copy(elements);
    return Finish(list);
  }

  const Expr* ParseMap(std::uint32_t begin) {
    const SourceRange at = in_.Take().range;
    std::vector<MapEntry> entries;
    ParseEntries([&] {
      MapEntry entry;
      entry.id = ast_.NewId();
      entry.is_optional = in_.TakeIf(TokenKind::kQuestion);
      entry.key = ParseExpr();
      in_.Expect(TokenKind::kColon, "`:` and a value");
      entry.value = ParseElement();
      entries.push_back(entry);
    });
    auto* const map = ast_.New<MapExpr>(in_.RangeFrom(begin), at);
    map->entries = ast_.Copy(entries);
    return Finish(map);
  }

  const Expr* ParseMessage(std::uint32_t begin, const Expr& name) {
    const absl::string_view message = ast_.Intern(MessageName(name));
    in_.Take();
    std::vector<MessageField> fields;
    ParseEntries([&] {
      MessageField field;
      field.id = ast_.NewId();
      field.is_optional = in_.TakeIf(TokenKind::kQuestion);
      if (in_.Is(TokenKind::kIdent) || in_.Is(TokenKind::kQuotedIdent)) {
        field.name = FieldName(in_.Take());
      } else {
        in_.FailHere("expected the name of a field");
      }
      in_.Expect(TokenKind::kColon, "`:` and a value");
      field.value = ParseElement();
      fields.push_back(field);
    });
    auto* const expr = ast_.New<MessageExpr>(in_.RangeFrom(begin), name.range);
    expr->message = message;
    expr->fields = ast_.Copy(fields);
    return Finish(expr);
  }

  // What stands between braces: entries, with a comma between them and perhaps one after them.
  template <class ParseEntry>
  void ParseEntries(ParseEntry parse_entry) {
    bool is_first = true;
    while (!in_.Is(TokenKind::kRightBrace)) {
      if (is_first && in_.Is(TokenKind::kComma)) break;
      is_first = false;
      parse_entry();
      if (!in_.Is(TokenKind::kComma) || in_.Peek(1).kind == TokenKind::kRightBrace) break;
      in_.Take();
    }
    in_.TakeIf(TokenKind::kComma);
    in_.Expect(TokenKind::kRightBrace, "`,` or `}`");
  }

  // The dotted name that `expr`, a chain of selections, was read from.
  static std::string MessageName(const Expr& expr) {
    std::vector<absl::string_view> fields;
    const Expr* part = &expr;
    for (; part->kind == ExprKind::kSelect; part = To<SelectExpr>(*part).operand) {
      fields.push_back(To<SelectExpr>(*part).field);
    }
    std::string name;
    if (const auto* ident = As<IdentExpr>(part)) name = std::string(ident->name);
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
      absl::StrAppend(&name, ".", *field);
    }
    return name;
  }

  const Source& source_;
  const ParseOptions& options_;
  TokenReader in_;
  Ast ast_;
  std::size_t nesting_ = 0;  // of ParseExpr
};

}  // namespace

ParseResult Parse(const Source& source, const ParseOptions& options) {
  return Parser(source, options).Run();
}

}  // namespace laurel::cel
