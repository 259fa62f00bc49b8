#include "rules/program/document_canonical.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"

namespace laurel::rules {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Member = std::pair<std::string, std::string>;  // name, value

std::string Object(std::vector<Member> members) {
  // RFC 8785 sorts by UTF-16 code units; for ASCII names that is the order of their bytes.
  std::sort(members.begin(), members.end());
  return absl::StrCat("{",
                      absl::StrJoin(members, ",",
                                    [](std::string* out, const Member& member) {
                                      absl::StrAppend(out, CanonicalString(member.first), ":",
                                                      member.second);
                                    }),
                      "}");
}

std::string Single(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat("\"", reflection.GetInt64(message, &field), "\"");
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return CanonicalString(reflection.GetEnum(message, &field)->name());
    case FieldDescriptor::CPPTYPE_STRING:
      return CanonicalString(reflection.GetString(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CanonicalJson(reflection.GetMessage(message, &field));
    default:
      LAUREL_CHECK(false, "a field of the schema must have a type with a canonical form");
  }
  return "";
}

std::string Element(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return CanonicalJson(reflection.GetRepeatedMessage(message, &field, index));
  }
  LAUREL_CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_STRING,
               "a list of the schema must hold messages or strings");
  return CanonicalString(reflection.GetRepeatedString(message, &field, index));
}

std::string List(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> elements;
  const int count = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < count; ++i) elements.push_back(Element(message, field, i));
  return absl::StrCat("[", absl::StrJoin(elements, ","), "]");
}

std::string Map(const Message& message, const FieldDescriptor& field) {
  const FieldDescriptor& key = *field.message_type()->map_key();
  const FieldDescriptor& value = *field.message_type()->map_value();
  std::vector<Member> members;
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    members.emplace_back(entry.GetReflection()->GetString(entry, &key), Single(entry, value));
  }
  return Object(std::move(members));
}

}  // namespace

std::string CanonicalJson(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  std::vector<Member> members;
  for (const FieldDescriptor* field : fields) {
    std::string value = field->is_map()        ? Map(message, *field)
                        : field->is_repeated() ? List(message, *field)
                                               : Single(message, *field);
    members.emplace_back(field->name(), std::move(value));
  }
  return Object(std::move(members));
}

std::string CanonicalString(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppend(&out, "\\u00", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

}  // namespace laurel::rules
