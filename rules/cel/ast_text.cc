#include "rules/cel/ast_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "rules/cel/literals.h"

namespace laurel::cel {
namespace {

// ---- Text literals

struct CodePointRange {
  std::uint32_t first;
  std::uint32_t last;
};

// Controls, separators other than the space, invisible formatting, private use and what is no
// character.
constexpr std::array kUnprintable = {
    CodePointRange{0x00, 0x1F},        CodePointRange{0x7F, 0xA0},
    CodePointRange{0xAD, 0xAD},        CodePointRange{0x600, 0x605},
    CodePointRange{0x61C, 0x61C},      CodePointRange{0x6DD, 0x6DD},
    CodePointRange{0x70F, 0x70F},      CodePointRange{0x1680, 0x1680},
    CodePointRange{0x180E, 0x180E},    CodePointRange{0x2000, 0x200F},
    CodePointRange{0x2028, 0x202F},    CodePointRange{0x205F, 0x206F},
    CodePointRange{0x3000, 0x3000},    CodePointRange{0xE000, 0xF8FF},
    CodePointRange{0xFDD0, 0xFDEF},    CodePointRange{0xFEFF, 0xFEFF},
    CodePointRange{0xFFF0, 0xFFFB},    CodePointRange{0xFFFE, 0xFFFF},
    CodePointRange{0x323B0, 0x10FFFF},
};

bool IsPrintable(std::uint32_t code_point) {
  return std::none_of(kUnprintable.begin(), kUnprintable.end(), [&](const CodePointRange& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

// The escape that has a letter of its own; empty if there is none.
absl::string_view NamedEscape(std::uint32_t code_point) {
  switch (code_point) {
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\t':
      return "\\t";
    case '\n':
      return "\\n";
    case '\v':
      return "\\v";
    case '\f':
      return "\\f";
    case '\r':
      return "\\r";
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    default:
      return "";
  }
}

std::string EscapeCodePoint(std::uint32_t code_point) {
  if (const absl::string_view named = NamedEscape(code_point); !named.empty()) {
    return std::string(named);
  }
  if (code_point < 0x80) return absl::StrFormat("\\x%02x", code_point);
  if (code_point < 0x10000) return absl::StrFormat("\\u%04x", code_point);
  return absl::StrFormat("\\U%08x", code_point);
}

enum class Content { kText, kBytes };

// A byte that is not UTF-8 or, in bytes, begins a character that cannot be printed is escaped by
// itself.
std::string Quote(absl::string_view text, Content content) {
  std::string out = "\"";
  while (!text.empty()) {
    std::uint32_t code_point = 0;
    std::size_t length = Utf8Length(text, code_point);
    const bool is_plain = length > 0 && IsPrintable(code_point) && NamedEscape(code_point).empty();
    if (is_plain) {
      absl::StrAppend(&out, text.substr(0, length));
    } else if (length > 0 && (content == Content::kText || length == 1)) {
      out += EscapeCodePoint(code_point);
    } else {
      length = 1;
      out += absl::StrFormat("\\x%02x", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(length);
  }
  return out + "\"";
}

// ---- Numbers

std::string DoubleText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double magnitude = std::fabs(value);
  const bool has_exponent = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6);
  std::array<char, 64> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    has_exponent ? std::chars_format::scientific : std::chars_format::fixed);
  return std::string(buffer.data(), end.ptr);
}

// ---- Marks

std::string NoMark(const Expr*) { return ""; }

absl::string_view LiteralKindName(LiteralKind kind) {
  switch (kind) {
    case LiteralKind::kNull:
      return "Constant_NullValue";
    case LiteralKind::kBool:
      return "Constant_BoolValue";
    case LiteralKind::kInt:
      return "Constant_Int64Value";
    case LiteralKind::kUint:
      return "Constant_Uint64Value";
    case LiteralKind::kDouble:
      return "Constant_DoubleValue";
    case LiteralKind::kString:
      return "Constant_StringValue";
    case LiteralKind::kBytes:
      return "Constant_BytesValue";
  }
  return "";
}

absl::string_view KindName(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kError:
      return "Expr_Error";
    case ExprKind::kLiteral:
      return LiteralKindName(To<LiteralExpr>(expr).value.kind);
    case ExprKind::kIdent:
      return "Expr_IdentExpr";
    case ExprKind::kSelect:
      return "Expr_SelectExpr";
    case ExprKind::kCall:
      return "Expr_CallExpr";
    case ExprKind::kList:
      return "Expr_ListExpr";
    case ExprKind::kMap:
    case ExprKind::kMessage:
      return "Expr_StructExpr";
    case ExprKind::kComprehension:
      return "Expr_ComprehensionExpr";
  }
  return "";
}

// Of a node, or with null of an entry of a map or message.
std::string KindMark(const Expr* expr) {
  return absl::StrCat(
      "^#*expr.", expr == nullptr ? absl::string_view("Expr_CreateStruct_Entry") : KindName(*expr),
      "#");
}

std::string CheckedMark(const CheckedAst& checked, const Expr* expr) {
  if (expr == nullptr) return "";
  std::string mark = absl::StrCat("~", ToString(checked.TypeOf(*expr), TypeNames::kShort));
  const Reference* const reference = checked.FindReference(*expr);
  if (reference == nullptr) return mark;
  if (reference->overload_ids.empty()) return absl::StrCat(mark, "^", reference->name);
  std::vector<std::string> ids = reference->overload_ids;
  std::sort(ids.begin(), ids.end());
  return absl::StrCat(mark, "^", absl::StrJoin(ids, "|"));
}

// ---- The tree

template <class Mark>
class Writer {
 public:
  // `checked` may be null; with it a qualified name is written as the one name that it is.
  Writer(Mark mark, const CheckedAst* checked) : mark_(mark), checked_(checked) {}

  std::string Run(const Expr& root) {
    Write(root);
    return std::move(out_);
  }

 private:
  const Reference* ReferenceOf(const Expr& expr) const {
    return checked_ == nullptr ? nullptr : checked_->FindReference(expr);
  }

  void Append(absl::string_view text) {
    if (is_line_start_) out_.append(2 * indent_, ' ');
    is_line_start_ = false;
    absl::StrAppend(&out_, text);
  }

  void NewLine() {
    out_ += '\n';
    is_line_start_ = true;
  }

  // "open", each item on a line of its own, "close".
  template <class Items, class WriteItem>
  void WriteBlock(absl::string_view open, const Items& items, absl::string_view close,
                  WriteItem write_item) {
    Append(open);
    if (!items.empty()) {
      ++indent_;
      absl::string_view separator = "";
      for (const auto& item : items) {
        Append(separator);
        NewLine();
        write_item(item);
        separator = ",";
      }
      --indent_;
      NewLine();
    }
    Append(close);
  }

  void Write(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kError:
        Append("*error*");
        break;
      case ExprKind::kLiteral:
        Append(LiteralText(To<LiteralExpr>(expr).value));
        break;
      case ExprKind::kIdent:
        WriteIdent(To<IdentExpr>(expr));
        break;
      case ExprKind::kSelect:
        WriteSelect(To<SelectExpr>(expr));
        break;
      case ExprKind::kCall:
        WriteCall(To<CallExpr>(expr));
        break;
      case ExprKind::kList:
        WriteBlock("[", To<ListExpr>(expr).elements, "]",
                   [this](const ListElement& element) { Write(*element.value); });
        break;
      case ExprKind::kMap:
        WriteBlock("{", To<MapExpr>(expr).entries, "}",
                   [this](const MapEntry& entry) { WriteEntry(entry); });
        break;
      case ExprKind::kMessage:
        WriteMessage(To<MessageExpr>(expr));
        break;
      case ExprKind::kComprehension:
        WriteComprehension(To<ComprehensionExpr>(expr));
        break;
    }
    Append(mark_(&expr));
  }

  void WriteIdent(const IdentExpr& ident) {
    const Reference* const reference = ReferenceOf(ident);
    Append(reference == nullptr ? ident.name : absl::string_view(reference->name));
  }

  void WriteSelect(const SelectExpr& select) {
    if (const Reference* const reference = ReferenceOf(select)) return Append(reference->name);
    Write(*select.operand);
    Append(".");
    Append(select.field);
    if (select.is_test) Append("~test-only~");
  }

  void WriteCall(const CallExpr& call) {
    const Reference* const reference = ReferenceOf(call);
    const bool is_namespaced = reference != nullptr && reference->is_namespaced;
    if (call.target != nullptr && !is_namespaced) {
      Write(*call.target);
      Append(".");
    }
    const absl::string_view function =
        reference == nullptr ? call.function : absl::string_view(reference->name);
    WriteBlock(absl::StrCat(function, "("), call.args, ")",
               [this](const Expr* arg) { Write(*arg); });
  }

  void WriteEntry(const MapEntry& entry) {
    if (entry.is_optional) Append("?");
    Write(*entry.key);
    Append(":");
    Write(*entry.value);
    Append(mark_(nullptr));
  }

  void WriteMessage(const MessageExpr& message) {
    WriteBlock(absl::StrCat(message.message, "{"), message.fields, "}",
               [this](const MessageField& field) {
                 if (field.is_optional) Append("?");
                 Append(absl::StrCat(field.name, ":"));
                 Write(*field.value);
                 Append(mark_(nullptr));
               });
  }

  void WritePart(absl::string_view title, const Expr& expr) {
    WriteTitle(title);
    Write(expr);
  }

  void WriteTitle(absl::string_view title) {
    NewLine();
    Append(absl::StrCat("// ", title));
    NewLine();
  }

  void WriteComprehension(const ComprehensionExpr& loop) {
    Append("__comprehension__(");
    ++indent_;
    WriteTitle("Variable");
    Append(loop.iter_var);
    Append(",");
    WritePart("Target", *loop.range_expr);
    Append(",");
    WriteTitle("Accumulator");
    Append(loop.accu_var);
    Append(",");
    WritePart("Init", *loop.init);
    Append(",");
    WritePart("LoopCondition", *loop.condition);
    Append(",");
    WritePart("LoopStep", *loop.step);
    Append(",");
    WritePart("Result", *loop.result);
    Append(")");
    --indent_;
  }

  Mark mark_;
  const CheckedAst* checked_;
  std::string out_;
  std::size_t indent_ = 0;
  bool is_line_start_ = false;
};

}  // namespace

std::string AstText(const Expr& root) { return Writer(NoMark, nullptr).Run(root); }

std::string AstTextWithKinds(const Expr& root) { return Writer(KindMark, nullptr).Run(root); }

std::string CheckedText(const CheckedAst& checked) {
  const auto mark = [&checked](const Expr* expr) { return CheckedMark(checked, expr); };
  return Writer(mark, &checked).Run(checked.root());
}

std::string LiteralText(const Literal& literal) {
  switch (literal.kind) {
    case LiteralKind::kNull:
      return "null";
    case LiteralKind::kBool:
      return literal.bool_value ? "true" : "false";
    case LiteralKind::kInt:
      return absl::StrCat(literal.int_value);
    case LiteralKind::kUint:
      return absl::StrCat(literal.uint_value, "u");
    case LiteralKind::kDouble:
      return DoubleText(literal.double_value);
    case LiteralKind::kString:
      return QuoteText(literal.text);
    case LiteralKind::kBytes:
      return absl::StrCat("b", Quote(literal.text, Content::kBytes));
  }
  return "";
}

std::string QuoteText(absl::string_view text) { return Quote(text, Content::kText); }

}  // namespace laurel::cel
