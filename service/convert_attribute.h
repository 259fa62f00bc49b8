#ifndef LAUREL_SERVICE_CONVERT_ATTRIBUTE_H_
#define LAUREL_SERVICE_CONVERT_ATTRIBUTE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/convert.h"
#include "service/text.h"

// Facts that a program declares, as messages have them.
namespace laurel {

// Adds a violation unless the text has `min` to 64 code points and no control character.
inline void CheckText(absl::string_view text, std::size_t min, const Path& path,
                      Violations& violations) {
  constexpr std::size_t kTextMax = 64;
  const std::size_t length = CodePoints(text);
  if (length < min || length > kTextMax) {
    violations.OutOfRange(path.Render(), absl::StrCat("must be ", min, " to ", kTextMax,
                                                      " code points, was ", length));
  } else if (HasControlCharacter(text)) {
    violations.Malformed(path.Render(), "must be without control characters, was with one");
  }
}

// Appends what an ActivityAttribute or a MemberAttribute says to `attributes`, in which each id
// must be once.
template <class Message>
void ParseAttribute(const Message& attribute, const Path& path,
                    std::vector<AttributeValue>& attributes, Violations& violations) {
  const Path id{"id", &path};
  CheckText(attribute.id(), 1, id, violations);
  for (const AttributeValue& other : attributes) {
    if (other.id != attribute.id()) continue;
    violations.Add(id.Render(),
                   absl::StrCat("must be given once, was a repetition of ", attribute.id()),
                   "REPEATED");
  }
  AttributeValue parsed{attribute.id(), std::int64_t{0}};
  switch (attribute.value_case()) {
    case Message::kIntValue:
      parsed.value = std::int64_t{attribute.int_value()};
      break;
    case Message::kBoolValue:
      parsed.value = attribute.bool_value();
      break;
    case Message::kStringValue:
      parsed.value = attribute.string_value();
      break;
    case Message::kTimestampValue:
      parsed.value =
          ParseInstant(attribute.timestamp_value(), Path{"timestamp_value", &path}, violations);
      break;
    case Message::VALUE_NOT_SET:
      violations.Required(Path{"value", &path}.Render());
      break;
  }
  attributes.push_back(std::move(parsed));
}

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_ATTRIBUTE_H_
