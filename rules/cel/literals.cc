#include "rules/cel/literals.h"

#include <charconv>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/charconv.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace laurel::cel {
namespace {

constexpr std::uint32_t kCodePointEnd = 0x110000;
constexpr std::uint32_t kSurrogateBegin = 0xD800;
constexpr std::uint32_t kSurrogateEnd = 0xE000;

bool IsSurrogate(std::uint32_t code_point) {
  return code_point >= kSurrogateBegin && code_point < kSurrogateEnd;
}

std::optional<std::uint64_t> DecodeMagnitude(absl::string_view digits) {
  const int base = absl::ConsumePrefix(&digits, "0x") ? 16 : 10;
  std::uint64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// The character that `\c` stands for; nothing if it is not a simple escape.
std::optional<char> SimpleEscape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`':
      return c;
    default:
      return std::nullopt;
  }
}

class TextDecoder {
 public:
  explicit TextDecoder(absl::string_view literal) : literal_(literal) {
    ReadPrefix();
    const absl::string_view quotes = literal.substr(at_, 3);
    const bool is_triple = quotes == "\"\"\"" || quotes == "'''";
    at_ += is_triple ? 3 : 1;
    end_ = literal.size() - (is_triple ? 3 : 1);
  }

  DecodedText Run() {
    while (at_ < end_ && !result_.issue) {
      const char c = literal_[at_];
      if (c == '\\' && !is_raw_) {
        Escape();
      } else if (c == '\r') {
        at_ += at_ + 1 < end_ && literal_[at_ + 1] == '\n' ? 2u : 1u;
        result_.text += '\n';
      } else {
        result_.text += c;
        ++at_;
      }
    }
    return std::move(result_);
  }

 private:
  void ReadPrefix() {
    for (; literal_[at_] != '"' && literal_[at_] != '\''; ++at_) {
      const char letter = absl::ascii_tolower(static_cast<unsigned char>(literal_[at_]));
      is_raw_ = is_raw_ || letter == 'r';
      is_bytes_ = is_bytes_ || letter == 'b';
    }
  }

  void Fail(std::size_t length, absl::string_view message) {
    const std::size_t end = std::min(at_ + length, end_);
    result_.issue = Issue{IssueCode::kEscape,
                          {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end)},
                          std::string(message)};
  }

  void Escape() {
    const char c = at_ + 1 < end_ ? literal_[at_ + 1] : '\0';
    if (const std::optional<char> simple = SimpleEscape(c)) {
      result_.text += *simple;
      at_ += 2;
      return;
    }
    if (c == 'x' || c == 'X') return Number(2, 2, 16);
    if (c >= '0' && c <= '3') return Number(1, 3, 8);
    if (c == 'u' && !is_bytes_) return Number(2, 4, 16);
    if (c == 'U' && !is_bytes_) return Number(2, 8, 16);
    Fail(2, absl::StrCat("`", literal_.substr(at_, std::min<std::size_t>(2, end_ - at_)),
                         "` is not an escape"));
  }

  // `digits` digits that begin `skip` bytes after at_.
  void Number(std::size_t skip, std::size_t digits, int base) {
    const std::size_t begin = at_ + skip;
    std::uint32_t value = 0;
    const char* const first = literal_.data() + begin;
    if (begin + digits > end_) return Fail(skip + digits, "an escape is cut short");
    const auto read = std::from_chars(first, first + digits, value, base);
    if (read.ec != std::errc() || read.ptr != first + digits) {
      return Fail(skip + digits, absl::StrCat("this escape needs ", digits,
                                              base == 8 ? " octal digits" : " hexadecimal digits"));
    }
    if (value >= kCodePointEnd || IsSurrogate(value)) {
      return Fail(skip + digits, "this escape is not a Unicode character");
    }
    if (is_bytes_) {
      result_.text += static_cast<char>(static_cast<unsigned char>(value));
    } else {
      AppendUtf8(value, result_.text);
    }
    at_ = begin + digits;
  }

  absl::string_view literal_;
  bool is_raw_ = false;
  bool is_bytes_ = false;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  DecodedText result_;
};

}  // namespace

std::optional<std::int64_t> DecodeInt(absl::string_view digits, bool is_negative) {
  const std::optional<std::uint64_t> magnitude = DecodeMagnitude(digits);
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (!magnitude || *magnitude > kMax + (is_negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? ~*magnitude + 1 : *magnitude);
}

std::optional<std::uint64_t> DecodeUint(absl::string_view digits) {
  return DecodeMagnitude(digits);
}

std::optional<double> DecodeDouble(absl::string_view digits) {
  double value = 0;
  const absl::from_chars_result result =
      absl::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (result.ptr != digits.data() + digits.size()) return std::nullopt;
  if (result.ec == std::errc::result_out_of_range && value > 1) return std::nullopt;
  return value;
}

DecodedText DecodeText(absl::string_view literal) { return TextDecoder(literal).Run(); }

void AppendUtf8(std::uint32_t code_point, std::string& out) {
  const auto append = [&](std::uint32_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
  };
  if (code_point < 0x80) return append(code_point);
  if (code_point < 0x800) {
    append(0xC0u | (code_point >> 6));
  } else {
    if (code_point < 0x10000) {
      append(0xE0u | (code_point >> 12));
    } else {
      append(0xF0u | (code_point >> 18));
      append(0x80u | ((code_point >> 12) & 0x3Fu));
    }
    append(0x80u | ((code_point >> 6) & 0x3Fu));
  }
  append(0x80u | (code_point & 0x3Fu));
}

std::size_t Utf8Length(absl::string_view text, std::uint32_t& code_point) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) {
    code_point = lead;
    return 1;
  }
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  std::uint32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value >= kCodePointEnd || IsSurrogate(value)) return 0;
  code_point = value;
  return length;
}

std::optional<std::size_t> FindInvalidUtf8(absl::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint32_t code_point = 0;
    const std::size_t length = Utf8Length(text.substr(at), code_point);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

}  // namespace laurel::cel
