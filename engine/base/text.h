#ifndef LAUREL_ENGINE_BASE_TEXT_H_
#define LAUREL_ENGINE_BASE_TEXT_H_

#include <compare>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace laurel {

// A bounded identifier of one kind. `Tag` gives its form:
//   struct StoreTag { static constexpr std::size_t kMax = 40; static bool IsFirst(char); static
//   bool IsNext(char);
//                     static constexpr const char* kForm = "1 to 40 of A-Z a-z 0-9 _"; };
// Never empty once parsed; a default-constructed one is empty and stands for "none" where a record
// allows it.
template <class Tag>
class Text {
 public:
  Text() = default;

  static absl::StatusOr<Text> Parse(absl::string_view text) {
    if (!IsValid(text)) {
      return absl::InvalidArgumentError(
          absl::StrCat("must be ", Tag::kForm, ", was ", Describe(text)));
    }
    return Text(std::string(text));
  }
  // For text that is known to be good: constants, and records of ours that were checked when
  // written.
  static Text Of(absl::string_view text) { return Text(std::string(text)); }

  static bool IsValid(absl::string_view text) {
    if (text.empty() || text.size() > Tag::kMax || !Tag::IsFirst(text[0])) return false;
    for (char c : text.substr(1)) {
      if (!Tag::IsNext(c)) return false;
    }
    return true;
  }

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Text&, const Text&) = default;
  template <class H>
  friend H AbslHashValue(H state, const Text& text) {
    return H::combine(std::move(state), text.text_);
  }

 private:
  explicit Text(std::string text) : text_(std::move(text)) {}
  // Quotes only what cannot be personal data or break a log line: short printable ASCII.
  static std::string Describe(absl::string_view text) {
    if (text.empty()) return "empty";
    if (text.size() > Tag::kMax) return absl::StrCat(text.size(), " characters");
    for (char c : text) {
      if (c < 0x20 || c > 0x7e) return "text with other characters";
    }
    return absl::StrCat("\"", text, "\"");
  }
  std::string text_;
};

namespace text_form {
inline bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
inline bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsAlnum(char c) { return IsLower(c) || IsUpper(c) || IsDigit(c); }
}  // namespace text_form

}  // namespace laurel

#endif  // LAUREL_ENGINE_BASE_TEXT_H_
