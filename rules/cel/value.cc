#include "rules/cel/value.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rules/cel/numbers.h"
#include "rules/cel/time.h"

namespace laurel::cel {

namespace {

constexpr std::size_t kDebugBytesMax = 10'000;

void Append(const Value& value, int depth, std::string& out);

void AppendElements(std::span<const Value> elements, int depth, std::string& out) {
  absl::string_view separator = "";
  for (const Value& element : elements) {
    if (out.size() > kDebugBytesMax) break;
    out.append(separator.data(), separator.size());
    Append(element, depth, out);
    separator = ", ";
  }
}

void AppendEntries(std::span<const KeyValue> entries, int depth, std::string& out) {
  absl::string_view separator = "";
  for (const KeyValue& entry : entries) {
    if (out.size() > kDebugBytesMax) break;
    out.append(separator.data(), separator.size());
    Append(entry.key, depth, out);
    out.append(": ");
    Append(entry.value, depth, out);
    separator = ", ";
  }
}

void AppendStruct(const Value& value, int depth, std::string& out) {
  const StructType& type = value.struct_type();
  absl::StrAppend(&out, type.name(), "{");
  absl::string_view separator = "";
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    const Value& field = value.slots()[i + 1];
    if (field.is_error() || out.size() > kDebugBytesMax) continue;
    absl::StrAppend(&out, separator, type.fields()[i], ": ");
    Append(field, depth, out);
    separator = ", ";
  }
  out.push_back('}');
}

// With a point or an exponent, so that it does not look like an int.
void AppendDouble(double number, std::string& out) {
  const std::string text = RenderDouble(number);
  absl::StrAppend(&out, text);
  if (text.find_first_not_of("-0123456789") == std::string::npos) out.append(".0");
}

void Append(const Value& value, int depth, std::string& out) {
  if (depth == 0 || out.size() > kDebugBytesMax) {
    out.append("...");
    return;
  }
  switch (value.kind()) {
    case Kind::kError:
      absl::StrAppend(&out, "error(", ToString(value.error()), ")");
      return;
    case Kind::kNull:
      out.append("null");
      return;
    case Kind::kBool:
      out.append(value.bool_value() ? "true" : "false");
      return;
    case Kind::kInt:
      absl::StrAppend(&out, value.int_value());
      return;
    case Kind::kUint:
      absl::StrAppend(&out, value.uint_value(), "u");
      return;
    case Kind::kDouble:
      AppendDouble(value.double_value(), out);
      return;
    case Kind::kString:
      absl::StrAppend(&out, "\"", absl::Utf8SafeCEscape(value.text()), "\"");
      return;
    case Kind::kBytes:
      absl::StrAppend(&out, "b\"", absl::CHexEscape(value.text()), "\"");
      return;
    case Kind::kTimestamp:
      absl::StrAppend(&out, "timestamp(\"", RenderTimestamp(value.seconds(), value.nanos()), "\")");
      return;
    case Kind::kDuration:
      absl::StrAppend(&out, "duration(\"", RenderDuration(value.duration_nanos()), "\")");
      return;
    case Kind::kType:
      absl::StrAppend(&out, value.text());
      return;
    case Kind::kList:
      out.push_back('[');
      AppendElements(value.elements(), depth - 1, out);
      out.push_back(']');
      return;
    case Kind::kMap:
      out.push_back('{');
      AppendEntries(value.entries(), depth - 1, out);
      out.push_back('}');
      return;
    case Kind::kOptional:
      if (!value.has_optional_value()) {
        out.append("optional.none()");
        return;
      }
      out.append("optional.of(");
      Append(value.optional_value(), depth - 1, out);
      out.push_back(')');
      return;
    case Kind::kStruct:
      AppendStruct(value, depth - 1, out);
      return;
  }
}

}  // namespace

absl::string_view ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSuchVariable:
      return "no such variable";
    case ErrorCode::kNoSuchFunction:
      return "no such function";
    case ErrorCode::kNoSuchOverload:
      return "the function does not take values of these types";
    case ErrorCode::kNoSuchField:
      return "no such field";
    case ErrorCode::kNoSuchKey:
      return "no such key";
    case ErrorCode::kIndexOutOfRange:
      return "index out of range";
    case ErrorCode::kOverflow:
      return "result out of range";
    case ErrorCode::kDivideByZero:
      return "division by zero";
    case ErrorCode::kBadConversion:
      return "the value cannot be converted";
    case ErrorCode::kBadKey:
      return "a map key must be an int, uint, bool or string";
    case ErrorCode::kDuplicateKey:
      return "repeated map key";
    case ErrorCode::kBadArgument:
      return "invalid argument";
    case ErrorCode::kBadPattern:
      return "invalid regular expression";
    case ErrorCode::kBadTimeZone:
      return "unknown time zone";
    case ErrorCode::kNoOptionalValue:
      return "the optional has no value";
    case ErrorCode::kBadFormat:
      return "invalid format";
    case ErrorCode::kStepsExceeded:
      return "too much work";
    case ErrorCode::kMemoryExceeded:
      return "too much memory";
    case ErrorCode::kTooDeep:
      return "values nested too deep";
    case ErrorCode::kUnsupported:
      return "unsupported construct";
    case ErrorCode::kHost:
      return "the host reports an error";
  }
  return "unknown error";
}

std::uint32_t StructType::FindSlot(absl::string_view field) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i] == field) return static_cast<std::uint32_t>(i + 1);
  }
  return 0;
}

absl::string_view TypeNameOf(const Value& value) {
  switch (value.kind()) {
    case Kind::kError:
      return "error";
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kType:
      return "type";
    case Kind::kOptional:
      return "optional_type";
    case Kind::kStruct:
      return value.struct_type().name();
  }
  return "error";
}

std::string DebugString(const Value& value) {
  std::string out;
  Append(value, 64, out);
  return out;
}

}  // namespace laurel::cel
