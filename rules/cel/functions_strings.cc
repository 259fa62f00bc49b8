// The strings library. Positions count code points.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/collections.h"
#include "rules/cel/format.h"
#include "rules/cel/registry.h"
#include "rules/cel/utf8.h"

namespace laurel::cel {

namespace {

constexpr KindSet kInt = Only(Kind::kInt);
constexpr KindSet kString = Only(Kind::kString);
constexpr KindSet kList = Only(Kind::kList);
constexpr std::size_t kNone = absl::string_view::npos;

Value TooManySteps() { return Value::Error(ErrorCode::kStepsExceeded); }
Value OutOfRange() { return Value::Error(ErrorCode::kIndexOutOfRange); }

// A method whose first argument, a text, is walked once.
void AddMethod(FunctionRegistry& registry, absl::string_view name, std::vector<KindSet> params,
               Value (*body)(Context&, Args)) {
  registry.Add(name, CallStyle::kMethod, std::move(params), [body](Context& context, Args args) {
    std::size_t bytes = 0;
    for (const Value& arg : args) bytes += arg.is(Kind::kString) ? arg.size() : 0;
    return context.SpendBytes(bytes) ? body(context, args) : TooManySteps();
  });
}

// The byte offset of position `index`, which may be the end; npos if it is outside.
std::size_t OffsetOf(absl::string_view text, const Value& index) {
  if (index.int_value() < 0) return kNone;
  return OffsetOfCodePoint(text, static_cast<std::size_t>(index.int_value()));
}

Value PositionOf(absl::string_view text, std::size_t offset) {
  if (offset == kNone) return Value::Int(-1);
  return Value::Int(static_cast<std::int64_t>(CountCodePoints(text.substr(0, offset))));
}

Value CharAt(Context&, Args args) {
  const absl::string_view text = args[0].text();
  const std::size_t offset = OffsetOf(text, args[1]);
  if (offset == kNone) return OutOfRange();
  const absl::string_view rest = text.substr(offset);
  return Value::String(rest.substr(0, rest.empty() ? 0 : FirstCodePointBytes(rest)));
}

Value IndexOf(Context&, Args args) {
  const absl::string_view text = args[0].text();
  const std::size_t from = args.size() == 3 ? OffsetOf(text, args[2]) : 0;
  if (from == kNone) return OutOfRange();
  return PositionOf(text, FindText(text, args[1].text(), from));
}

// The last place where `part` begins at or before byte `last`. Searching both backwards keeps the
// time linear.
std::size_t FindLastText(absl::string_view text, absl::string_view part, std::size_t last) {
  const std::size_t end = std::min(text.size(), last + part.size());
  const std::string reversed_text(text.rend() - static_cast<std::ptrdiff_t>(end), text.rend());
  const std::string reversed_part(part.rbegin(), part.rend());
  const std::size_t found = FindText(reversed_text, reversed_part);
  return found == kNone ? kNone : end - found - part.size();
}

Value LastIndexOf(Context&, Args args) {
  const absl::string_view text = args[0].text();
  const std::size_t last = args.size() == 3 ? OffsetOf(text, args[2]) : text.size();
  if (last == kNone) return OutOfRange();
  return PositionOf(text, FindLastText(text, args[1].text(), last));
}

Value Substring(Context&, Args args) {
  const absl::string_view text = args[0].text();
  const std::size_t start = OffsetOf(text, args[1]);
  const std::size_t end = args.size() == 3 ? OffsetOf(text, args[2]) : text.size();
  if (start == kNone || end == kNone || start > end) return OutOfRange();
  return Value::String(text.substr(start, end - start));
}

Value LowerAscii(Context& context, Args args) {
  return CopyString(context, absl::AsciiStrToLower(args[0].text()));
}
Value UpperAscii(Context& context, Args args) {
  return CopyString(context, absl::AsciiStrToUpper(args[0].text()));
}
Value Reverse(Context& context, Args args) {
  return CopyString(context, ReverseCodePoints(args[0].text()));
}

bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Value Trim(Context&, Args args) {
  absl::string_view text = args[0].text();
  while (!text.empty() && IsSpace(FirstCodePoint(text))) {
    text.remove_prefix(FirstCodePointBytes(text));
  }
  std::size_t end = 0;
  for (std::size_t offset = 0; offset < text.size();) {
    const absl::string_view rest = text.substr(offset);
    const bool is_space = IsSpace(FirstCodePoint(rest));
    offset += FirstCodePointBytes(rest);
    if (!is_space) end = offset;
  }
  return Value::String(text.substr(0, end));
}

// How many times a function may cut or replace: an argument below zero sets no limit.
std::size_t LimitOf(Args args, std::size_t index) {
  if (args.size() <= index || args[index].int_value() < 0) return kNone;
  return static_cast<std::size_t>(args[index].int_value());
}

// Between all code points, at both ends too, at most `limit` times.
std::string InsertEverywhere(absl::string_view text, absl::string_view part, std::size_t limit) {
  std::string out;
  std::size_t count = 0;
  for (const absl::string_view code_point : SplitCodePoints(text)) {
    absl::StrAppend(&out, count++ < limit ? part : "", code_point);
  }
  absl::StrAppend(&out, count < limit ? part : "");
  return out;
}

std::string ReplaceText(absl::string_view text, absl::string_view from, absl::string_view to,
                        std::size_t limit) {
  std::string out;
  for (; limit > 0; --limit) {
    const std::size_t found = FindText(text, from);
    if (found == kNone) break;
    absl::StrAppend(&out, text.substr(0, found), to);
    text.remove_prefix(found + from.size());
  }
  absl::StrAppend(&out, text);
  return out;
}

Value Replace(Context& context, Args args) {
  const absl::string_view text = args[0].text();
  const absl::string_view from = args[1].text();
  const absl::string_view to = args[2].text();
  const std::size_t limit = LimitOf(args, 3);
  // At most one replacement for each byte of the text and one more.
  const std::size_t replaced_max = from.empty() ? text.size() + 1 : text.size() / from.size();
  if (!context.SpendBytes(std::min(limit, replaced_max) * to.size())) return TooManySteps();
  return CopyString(context, from.empty() ? InsertEverywhere(text, to, limit)
                                          : ReplaceText(text, from, to, limit));
}

std::vector<absl::string_view> SplitText(absl::string_view text, absl::string_view separator,
                                         std::size_t limit) {
  std::vector<absl::string_view> parts;
  while (parts.size() + 1 < limit) {
    std::size_t found = 0;
    if (separator.empty()) {
      // Each code point is a part, and nothing is left behind the last.
      if (text.empty() || FirstCodePointBytes(text) == text.size()) break;
      found = FirstCodePointBytes(text);
    } else {
      found = FindText(text, separator);
    }
    if (found == kNone) break;
    parts.push_back(text.substr(0, found));
    text.remove_prefix(found + separator.size());
  }
  if (!separator.empty() || !text.empty()) parts.push_back(text);
  return parts;
}

Value Split(Context& context, Args args) {
  const std::size_t limit = LimitOf(args, 2);
  if (limit == 0) return Value::List({});
  const std::vector<absl::string_view> parts = SplitText(args[0].text(), args[1].text(), limit);
  if (!context.Spend(static_cast<std::int64_t>(parts.size()))) return TooManySteps();
  std::vector<Value> values;
  values.reserve(parts.size());
  for (const absl::string_view part : parts) values.push_back(Value::String(part));
  return MakeList(context, values);
}

Value Join(Context& context, Args args) {
  const absl::string_view separator = args.size() == 2 ? args[1].text() : "";
  std::string out;
  bool is_first = true;
  for (const Value& element : args[0].elements()) {
    if (!element.is(Kind::kString)) return Value::Error(ErrorCode::kNoSuchOverload);
    if (!context.SpendBytes(separator.size() + element.size())) return TooManySteps();
    absl::StrAppend(&out, is_first ? "" : separator, element.text());
    is_first = false;
  }
  return CopyString(context, out);
}

// The escape of a code point that does not stand for itself; empty for the others.
absl::string_view EscapeOf(char c) {
  switch (c) {
    case '\a':
      return "\\a";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\v':
      return "\\v";
    case '\\':
      return "\\\\";
    case '"':
      return "\\\"";
    default:
      return "";
  }
}

Value Quote(Context& context, Args args) {
  if (!context.SpendBytes(args[0].size())) return TooManySteps();
  std::string out = "\"";
  for (const char c : args[0].text()) {
    const absl::string_view escape = EscapeOf(c);
    absl::StrAppend(&out, escape.empty() ? absl::string_view(&c, 1) : escape);
  }
  out.push_back('"');
  return CopyString(context, out);
}

Value FormatList(Context& context, Args args) {
  return Format(context, args[0].text(), args[1].elements());
}

}  // namespace

void AddStringFunctions(FunctionRegistry& registry) {
  AddMethod(registry, "charAt", {kString, kInt}, CharAt);
  AddMethod(registry, "indexOf", {kString, kString}, IndexOf);
  AddMethod(registry, "indexOf", {kString, kString, kInt}, IndexOf);
  AddMethod(registry, "lastIndexOf", {kString, kString}, LastIndexOf);
  AddMethod(registry, "lastIndexOf", {kString, kString, kInt}, LastIndexOf);
  AddMethod(registry, "substring", {kString, kInt}, Substring);
  AddMethod(registry, "substring", {kString, kInt, kInt}, Substring);
  AddMethod(registry, "lowerAscii", {kString}, LowerAscii);
  AddMethod(registry, "upperAscii", {kString}, UpperAscii);
  AddMethod(registry, "reverse", {kString}, Reverse);
  AddMethod(registry, "trim", {kString}, Trim);
  AddMethod(registry, "replace", {kString, kString, kString}, Replace);
  AddMethod(registry, "replace", {kString, kString, kString, kInt}, Replace);
  AddMethod(registry, "split", {kString, kString}, Split);
  AddMethod(registry, "split", {kString, kString, kInt}, Split);
  AddMethod(registry, "join", {kList}, Join);
  AddMethod(registry, "join", {kList, kString}, Join);
  AddMethod(registry, "format", {kString, kList}, FormatList);
  registry.Add("strings.quote", CallStyle::kGlobal, {kString}, Quote);
}

}  // namespace laurel::cel
