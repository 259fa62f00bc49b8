#include "rules/cel/compare.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "rules/cel/numbers.h"

namespace laurel::cel {

namespace {

template <class T>
Order OrderOf(T a, T b) {
  if (a < b) return Order::kLess;
  return a == b ? Order::kEqual : Order::kGreater;
}

Order Reverse(Order order) {
  if (order == Order::kLess) return Order::kGreater;
  return order == Order::kGreater ? Order::kLess : order;
}

Order CompareDoubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Order::kUnordered;
  return OrderOf(a, b);
}

// The conversion may round: the language wants 9223372036854775807 <= 9223372036854775808.0 and the
// opposite both to hold.
Order CompareIntDouble(std::int64_t a, double b) {
  return CompareDoubles(static_cast<double>(a), b);
}
Order CompareUintDouble(std::uint64_t a, double b) {
  return CompareDoubles(static_cast<double>(a), b);
}

Order CompareIntUint(std::int64_t a, std::uint64_t b) {
  if (a < 0) return Order::kLess;
  return OrderOf(static_cast<std::uint64_t>(a), b);
}

bool IsNumber(const Value& value) {
  return value.is(Kind::kInt) || value.is(Kind::kUint) || value.is(Kind::kDouble);
}

Order CompareTexts(absl::string_view a, absl::string_view b) { return OrderOf(a.compare(b), 0); }

// Equality below the surface. An absent answer means that a bound was exceeded; `failure` says
// which.
class Equality {
 public:
  explicit Equality(Context& context) : context_(context) {}

  std::optional<bool> Equal(const Value& a, const Value& b, std::int32_t depth) {
    if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b) == Order::kEqual;
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
      case Kind::kNull:
        return true;
      case Kind::kBool:
        return a.bool_value() == b.bool_value();
      case Kind::kInt:
      case Kind::kUint:
      case Kind::kDouble:
        return CompareNumbers(a, b) == Order::kEqual;
      case Kind::kString:
      case Kind::kBytes:
      case Kind::kType:
        return EqualTexts(a, b);
      case Kind::kTimestamp:
        return a.seconds() == b.seconds() && a.nanos() == b.nanos();
      case Kind::kDuration:
        return a.duration_nanos() == b.duration_nanos();
      case Kind::kError:
        return a.error() == b.error();
      case Kind::kList:
      case Kind::kMap:
      case Kind::kOptional:
      case Kind::kStruct:
        return EqualParts(a, b, depth + 1);
    }
    return false;
  }

  ErrorCode failure() const { return failure_; }

 private:
  std::optional<bool> Fail(ErrorCode code) {
    failure_ = code;
    return std::nullopt;
  }

  std::optional<bool> EqualTexts(const Value& a, const Value& b) {
    if (a.is(Kind::kString) && a.symbol() != kNoSymbol && b.symbol() != kNoSymbol &&
        (a.symbol() != kUnknownSymbol || b.symbol() != kUnknownSymbol)) {
      return a.symbol() == b.symbol();
    }
    if (a.size() != b.size()) return false;
    if (!context_.SpendBytes(a.size())) return Fail(ErrorCode::kStepsExceeded);
    return a.text() == b.text();
  }

  std::optional<bool> EqualParts(const Value& a, const Value& b, std::int32_t depth) {
    if (depth > kValueDepthMax) return Fail(ErrorCode::kTooDeep);
    if (!context_.Spend(1)) return Fail(ErrorCode::kStepsExceeded);
    if (a.is(Kind::kList)) return EqualSpans(a.elements(), b.elements(), depth);
    if (a.is(Kind::kMap)) return EqualMaps(a.entries(), b.entries(), depth);
    if (a.is(Kind::kStruct)) return EqualStructs(a, b, depth);
    if (a.has_optional_value() != b.has_optional_value()) return false;
    return !a.has_optional_value() || Equal(a.optional_value(), b.optional_value(), depth);
  }

  std::optional<bool> EqualSpans(std::span<const Value> a, std::span<const Value> b,
                                 std::int32_t depth) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!context_.Spend(1)) return Fail(ErrorCode::kStepsExceeded);
      const std::optional<bool> equal = Equal(a[i], b[i], depth);
      if (!equal || !*equal) return equal;
    }
    return true;
  }

  // Entries are sorted by key, and keys that are equal as numbers sort alike.
  std::optional<bool> EqualMaps(std::span<const KeyValue> a, std::span<const KeyValue> b,
                                std::int32_t depth) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!context_.Spend(2)) return Fail(ErrorCode::kStepsExceeded);
      const std::optional<bool> equal = Equal(a[i].key, b[i].key, depth);
      if (!equal || !*equal) return equal;
      const std::optional<bool> equal_value = Equal(a[i].value, b[i].value, depth);
      if (!equal_value || !*equal_value) return equal_value;
    }
    return true;
  }

  std::optional<bool> EqualStructs(const Value& a, const Value& b, std::int32_t depth) {
    if (&a.struct_type() != &b.struct_type()) return false;
    const std::size_t count = a.struct_type().fields().size();
    return EqualSpans({a.slots() + 1, count}, {b.slots() + 1, count}, depth);
  }

  Context& context_;
  ErrorCode failure_ = ErrorCode::kStepsExceeded;
};

// The int or uint of exactly the same value.
std::optional<Value> ToWhole(double number) {
  if (std::trunc(number) != number) return std::nullopt;
  if (const std::optional<std::int64_t> whole = ToInt(number)) return Value::Int(*whole);
  if (const std::optional<std::uint64_t> whole = ToUint(number)) return Value::Uint(*whole);
  return std::nullopt;
}

int KeyRank(const Value& key) {
  if (key.is(Kind::kBool)) return 0;
  return key.is(Kind::kString) ? 2 : 1;
}

}  // namespace

Order CompareNumbers(const Value& a, const Value& b) {
  if (a.is(Kind::kInt)) {
    if (b.is(Kind::kInt)) return OrderOf(a.int_value(), b.int_value());
    if (b.is(Kind::kUint)) return CompareIntUint(a.int_value(), b.uint_value());
    return CompareIntDouble(a.int_value(), b.double_value());
  }
  if (a.is(Kind::kUint)) {
    if (b.is(Kind::kInt)) return Reverse(CompareIntUint(b.int_value(), a.uint_value()));
    if (b.is(Kind::kUint)) return OrderOf(a.uint_value(), b.uint_value());
    return CompareUintDouble(a.uint_value(), b.double_value());
  }
  if (b.is(Kind::kInt)) return Reverse(CompareIntDouble(b.int_value(), a.double_value()));
  if (b.is(Kind::kUint)) return Reverse(CompareUintDouble(b.uint_value(), a.double_value()));
  return CompareDoubles(a.double_value(), b.double_value());
}

Order Compare(const Value& a, const Value& b) {
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (a.kind() != b.kind()) return Order::kNone;
  switch (a.kind()) {
    case Kind::kBool:
      return OrderOf(a.bool_value(), b.bool_value());
    case Kind::kString:
    case Kind::kBytes:
      return CompareTexts(a.text(), b.text());
    case Kind::kDuration:
      return OrderOf(a.duration_nanos(), b.duration_nanos());
    case Kind::kTimestamp:
      if (a.seconds() != b.seconds()) return OrderOf(a.seconds(), b.seconds());
      return OrderOf(a.nanos(), b.nanos());
    case Kind::kError:
    case Kind::kNull:
    case Kind::kInt:
    case Kind::kUint:
    case Kind::kDouble:
    case Kind::kList:
    case Kind::kMap:
    case Kind::kType:
    case Kind::kOptional:
    case Kind::kStruct:
      return Order::kNone;
  }
  return Order::kNone;
}

Value Equal(Context& context, const Value& a, const Value& b) {
  if (a.is_error()) return a;
  if (b.is_error()) return b;
  Equality equality(context);
  const std::optional<bool> equal = equality.Equal(a, b, 0);
  return equal ? Value::Bool(*equal) : Value::Error(equality.failure());
}

bool IsKey(const Value& value) {
  return value.is(Kind::kInt) || value.is(Kind::kUint) || value.is(Kind::kBool) ||
         value.is(Kind::kString);
}

bool KeyLess(const Value& a, const Value& b) {
  const int rank_a = KeyRank(a);
  const int rank_b = KeyRank(b);
  if (rank_a != rank_b) return rank_a < rank_b;
  return Compare(a, b) == Order::kLess;
}

Value Contains(Context& context, std::span<const Value> elements, const Value& value) {
  for (const Value& element : elements) {
    if (!context.Spend(1)) return Value::Error(ErrorCode::kStepsExceeded);
    const Value equal = Equal(context, element, value);
    if (equal.is_error() || equal.bool_value()) return equal;
  }
  return Value::Bool(false);
}

const Value* FindKey(const Value& map, const Value& key) {
  if (key.is(Kind::kDouble)) {
    const std::optional<Value> whole = ToWhole(key.double_value());
    return whole ? FindKey(map, *whole) : nullptr;
  }
  if (!IsKey(key)) return nullptr;
  const std::span<const KeyValue> entries = map.entries();
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), key,
                       [](const KeyValue& entry, const Value& k) { return KeyLess(entry.key, k); });
  if (found == entries.end() || KeyLess(key, found->key)) return nullptr;
  return &found->value;
}

}  // namespace laurel::cel
