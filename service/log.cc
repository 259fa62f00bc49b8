#include "service/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace laurel {

absl::string_view ToString(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

std::string JsonString(absl::string_view text) {
  std::string json = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        json.append("\\\"");
        break;
      case '\\':
        json.append("\\\\");
        break;
      case '\n':
        json.append("\\n");
        break;
      case '\t':
        json.append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppend(&json, "\\u", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad4));
        } else {
          json.push_back(c);
        }
    }
  }
  json.push_back('"');
  return json;
}

void Log::Write(LogLevel level, absl::string_view message,
                std::initializer_list<Field> fields) const {
  if (!IsOn(level)) return;
  std::string line;
  if (form_ == Form::kJson) {
    line = absl::StrCat("{\"ts\":\"", ToString(clock_.Now()), "\",\"level\":\"", ToString(level),
                        "\",\"msg\":", JsonString(message));
    for (const auto& [name, value] : fields) {
      absl::StrAppend(&line, ",\"", name, "\":", JsonString(value));
    }
    line.append("}\n");
  } else {
    line = absl::StrCat(ToString(clock_.Now()), " ", ToString(level), " ", message);
    for (const auto& [name, value] : fields) absl::StrAppend(&line, " ", name, "=", value);
    line.push_back('\n');
  }
  // Standard error may be closed or full: there is nobody left to tell.
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

}  // namespace laurel
