#include "rules/cel/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "rules/cel/numbers.h"
#include "rules/cel/time.h"
#include "rules/cel/utf8.h"

namespace laurel::cel {

namespace {

constexpr int kPrecisionMax = 100;
constexpr int kPrecisionDefault = 6;

struct Clause {
  char verb = 's';
  int precision = kPrecisionDefault;
};

// Writes one result. A function that cannot go on returns an error code, else nothing.
class Formatter {
 public:
  using Failure = std::optional<ErrorCode>;

  Formatter(Context& context, std::span<const Value> args) : context_(context), args_(args) {}

  Value Run(absl::string_view format) {
    while (!format.empty()) {
      const std::size_t percent = std::min(format.find('%'), format.size());
      if (const Failure failure = Append(format.substr(0, percent))) return Value::Error(*failure);
      format.remove_prefix(percent);
      if (format.empty()) break;
      format.remove_prefix(1);
      if (const Failure failure = AppendClause(format)) return Value::Error(*failure);
    }
    return CopyString(context_, out_);
  }

 private:
  Failure Append(absl::string_view text) {
    if (!context_.SpendBytes(text.size())) return ErrorCode::kStepsExceeded;
    out_.append(text.data(), text.size());
    return std::nullopt;
  }

  // Takes a clause, without its percent sign, from the front of `format`.
  Failure AppendClause(absl::string_view& format) {
    Clause clause;
    if (!ParsePrecision(format, clause) || format.empty()) return ErrorCode::kBadFormat;
    clause.verb = format[0];
    format.remove_prefix(1);
    if (clause.verb == '%') return Append("%");
    if (absl::string_view("sdfebxXo").find(clause.verb) == absl::string_view::npos) {
      return ErrorCode::kBadFormat;
    }
    if (next_ == args_.size()) return ErrorCode::kIndexOutOfRange;
    return AppendArgument(clause, args_[next_++]);
  }

  static bool ParsePrecision(absl::string_view& format, Clause& clause) {
    if (format.empty() || format[0] != '.') return true;
    format.remove_prefix(1);
    int precision = 0;
    std::size_t digits = 0;
    for (;
         digits < format.size() && absl::ascii_isdigit(static_cast<unsigned char>(format[digits]));
         ++digits) {
      precision = precision * 10 + (format[digits] - '0');
      if (precision > kPrecisionMax) return false;
    }
    format.remove_prefix(digits);
    clause.precision = precision;
    return true;
  }

  Failure AppendArgument(const Clause& clause, const Value& value) {
    switch (clause.verb) {
      case 's':
        return AppendText(value, 0);
      case 'd':
        return AppendDecimal(value);
      case 'b':
        return AppendRadix(value, 2);
      case 'o':
        return AppendRadix(value, 8);
      case 'x':
      case 'X':
        return AppendHex(value, clause.verb == 'X');
      default:
        return AppendFloating(value, clause);
    }
  }

  // ---- %s

  Failure AppendText(const Value& value, std::int32_t depth) {
    if (depth > kValueDepthMax) return ErrorCode::kTooDeep;
    if (!context_.Spend(1)) return ErrorCode::kStepsExceeded;
    switch (value.kind()) {
      case Kind::kNull:
        return Append("null");
      case Kind::kBool:
        return Append(value.bool_value() ? "true" : "false");
      case Kind::kInt:
        return Append(absl::AlphaNum(value.int_value()).Piece());
      case Kind::kUint:
        return Append(absl::AlphaNum(value.uint_value()).Piece());
      case Kind::kDouble:
        return Append(RenderDouble(value.double_value()));
      case Kind::kString:
      case Kind::kType:
        return Append(value.text());
      case Kind::kBytes:
        return IsUtf8(value.text()) ? Append(value.text()) : Failure(ErrorCode::kBadConversion);
      case Kind::kTimestamp:
        return Append(RenderTimestamp(value.seconds(), value.nanos()));
      case Kind::kDuration:
        return Append(RenderDuration(value.duration_nanos()));
      case Kind::kList:
        return AppendList(value, depth);
      case Kind::kMap:
        return AppendMap(value, depth);
      case Kind::kError:
      case Kind::kOptional:
      case Kind::kStruct:
        return ErrorCode::kBadArgument;
    }
    return ErrorCode::kBadArgument;
  }

  Failure AppendList(const Value& list, std::int32_t depth) {
    out_.push_back('[');
    absl::string_view separator = "";
    for (const Value& element : list.elements()) {
      out_.append(separator.data(), separator.size());
      if (const Failure failure = AppendText(element, depth + 1)) return failure;
      separator = ", ";
    }
    out_.push_back(']');
    return std::nullopt;
  }

  // Entries in the order of their keys' texts.
  Failure AppendMap(const Value& map, std::int32_t depth) {
    struct Item {
      std::string key;
      const Value* value;
    };
    std::vector<Item> items;
    for (const KeyValue& entry : map.entries()) {
      const std::size_t start = out_.size();
      if (const Failure failure = AppendText(entry.key, depth + 1)) return failure;
      items.push_back(Item{out_.substr(start), &entry.value});
      out_.resize(start);
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const Item& a, const Item& b) { return a.key < b.key; });
    out_.push_back('{');
    absl::string_view separator = "";
    for (const Item& item : items) {
      absl::StrAppend(&out_, separator, item.key, ": ");
      if (const Failure failure = AppendText(*item.value, depth + 1)) return failure;
      separator = ", ";
    }
    out_.push_back('}');
    return std::nullopt;
  }

  // ---- numbers

  Failure AppendDecimal(const Value& value) {
    if (value.is(Kind::kInt) || value.is(Kind::kUint)) return AppendText(value, 0);
    if (value.is(Kind::kDouble) && !std::isfinite(value.double_value()))
      return AppendText(value, 0);
    return ErrorCode::kBadArgument;
  }

  static std::string InRadix(std::uint64_t magnitude, int radix) {
    std::array<char, 64> digits;
    const auto result =
        std::to_chars(digits.data(), digits.data() + digits.size(), magnitude, radix);
    return std::string(digits.data(), result.ptr);
  }

  Failure AppendRadix(const Value& value, int radix) {
    if (value.is(Kind::kBool) && radix == 2) return Append(value.bool_value() ? "1" : "0");
    if (value.is(Kind::kUint)) return Append(InRadix(value.uint_value(), radix));
    if (!value.is(Kind::kInt)) return ErrorCode::kBadArgument;
    const bool is_negative = value.int_value() < 0;
    const std::uint64_t magnitude = is_negative ? ~value.uint_value() + 1 : value.uint_value();
    return Append(absl::StrCat(is_negative ? "-" : "", InRadix(magnitude, radix)));
  }

  Failure AppendHex(const Value& value, bool is_upper) {
    const std::size_t start = out_.size();
    Failure failure;
    if (value.is(Kind::kString) || value.is(Kind::kBytes)) {
      failure = Append(absl::BytesToHexString(value.text()));
    } else {
      failure = AppendRadix(value, 16);
    }
    if (is_upper) {
      std::transform(out_.begin() + static_cast<std::ptrdiff_t>(start), out_.end(),
                     out_.begin() + static_cast<std::ptrdiff_t>(start),
                     [](char c) { return absl::ascii_toupper(static_cast<unsigned char>(c)); });
    }
    return failure;
  }

  static std::optional<double> ToDouble(const Value& value) {
    if (value.is(Kind::kDouble)) return value.double_value();
    if (value.is(Kind::kInt)) return static_cast<double>(value.int_value());
    if (value.is(Kind::kUint)) return static_cast<double>(value.uint_value());
    return std::nullopt;
  }

  Failure AppendFloating(const Value& value, const Clause& clause) {
    const std::optional<double> number = ToDouble(value);
    if (!number) return ErrorCode::kBadArgument;
    if (!std::isfinite(*number)) return Append(RenderDouble(*number));
    if (clause.verb == 'f') return Append(absl::StrFormat("%.*f", clause.precision, *number));
    return Append(absl::StrFormat("%.*e", clause.precision, *number));
  }

  Context& context_;
  std::span<const Value> args_;
  std::size_t next_ = 0;
  std::string out_;
};

}  // namespace

Value Format(Context& context, absl::string_view format, std::span<const Value> args) {
  return Formatter(context, args).Run(format);
}

}  // namespace laurel::cel
