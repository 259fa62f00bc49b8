#include "rules/program/document_bind.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// No list of the schema may be longer. Most may not be nearly as long, which is for the checks to
// say.
constexpr std::size_t kItemsMax = 10'000;

// ROUNDING_ for the enum Rounding, HALF_YEAR_ for HalfYear.
std::string PrefixOf(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (IsUpper(c) && !prefix.empty()) prefix += '_';
    prefix += c;
  }
  return absl::AsciiStrToUpper(prefix) + '_';
}

// The values that a document may name, as people write them.
std::vector<std::string> ShortNames(const EnumDescriptor& type) {
  const std::size_t prefix = PrefixOf(type).size();
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name().substr(prefix));
  }
  return names;
}

std::string Join(absl::string_view path, absl::string_view name) {
  return absl::StrCat(path, path.empty() ? "" : ".", name);
}

absl::string_view ShapeOf(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kMapping:
      return "a mapping";
    case YamlNode::Kind::kList:
      return "a list";
    default:
      return "a single value";
  }
}

std::optional<std::int64_t> ParseInteger(absl::string_view text) {
  const absl::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  const bool is_octal = digits.size() > 1 && digits.front() == '0';
  std::int64_t value = 0;
  if (digits.empty() || is_octal || !std::all_of(digits.begin(), digits.end(), IsDigit) ||
      !absl::SimpleAtoi(text, &value)) {
    return std::nullopt;
  }
  return value;
}

// The name that was certainly meant, if there is one.
std::optional<std::string> ReplacementOf(absl::string_view text,
                                         const std::vector<std::string>& names) {
  const absl::string_view nearest = Nearest(text, names);
  return nearest.empty() ? std::nullopt : std::optional(std::string(nearest));
}

// The field that an author meant by `key`: what other languages call it, or the nearest name.
absl::string_view MeantBy(absl::string_view key, const std::vector<std::string>& names) {
  constexpr absl::string_view kTriggers = "triggers";
  const bool has_triggers = std::find(names.begin(), names.end(), kTriggers) != names.end();
  return key == "on" && has_triggers ? kTriggers : Nearest(key, names);
}

class Binder {
 public:
  explicit Binder(Findings& findings) : findings_(findings) {}

  void BindMessage(const YamlNode& node, const std::string& path, Message& message) {
    if (!Expect(node, YamlNode::Kind::kMapping, path)) return;
    for (const YamlNode::Member& member : node.members) {
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(member.key);
      if (field == nullptr) {
        ReportUnknown(member, path, *message.GetDescriptor());
      } else {
        BindField(member, Join(path, member.key), *field, message);
      }
    }
  }

 private:
  // Reports unless `node` is of `kind`.
  bool Expect(const YamlNode& node, YamlNode::Kind kind, const std::string& path) {
    if (node.kind == kind) return true;
    if (node.kind == YamlNode::Kind::kRefused) {
      findings_.Excuse(path);
    } else if (node.kind == YamlNode::Kind::kNothing) {
      findings_.Error("R-SCHEMA-011", path, "must have a value, had none", "leave the field out");
    } else {
      YamlNode expected;
      expected.kind = kind;
      findings_.ErrorAt(node.offset, "R-SCHEMA-022", path,
                        absl::StrCat("must be ", ShapeOf(expected), ", was ", ShapeOf(node)));
    }
    return false;
  }

  void ReportUnknown(const YamlNode::Member& member, const std::string& path,
                     const Descriptor& type) {
    const std::string shown = member.key.substr(0, 60);
    std::vector<std::string> names;
    for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
    const absl::string_view nearest = MeantBy(member.key, names);
    if (!nearest.empty()) findings_.Excuse(Join(path, nearest));
    const std::string place = Join(path, shown);
    findings_.PlaceScalar(place, member.key_offset, member.key);
    Findings::Details details;
    details.hint = nearest.empty() ? absl::StrCat("the fields are ", absl::StrJoin(names, ", "))
                                   : absl::StrCat("did you mean `", nearest, "`?");
    if (!nearest.empty()) details.replacement = std::string(nearest);
    findings_.Report(Severity::kError, "R-SCHEMA-008", place, {.is_known = false}, "unknown field",
                     std::move(details));
  }

  void BindField(const YamlNode::Member& member, const std::string& path,
                 const FieldDescriptor& field, Message& message) {
    const YamlNode& node = member.value;
    // A value that is not there stands at its key.
    const bool is_nothing = node.kind == YamlNode::Kind::kNothing;
    if (node.kind == YamlNode::Kind::kScalar) {
      findings_.PlaceScalar(path, node.offset, node.text);
    } else {
      findings_.Place(path, is_nothing ? member.key_offset : node.offset);
    }
    if (field.is_map()) {
      BindMap(node, path, field, message);
    } else if (field.is_repeated()) {
      BindList(node, path, field, message);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      CheckOneof(path, field, message);
      BindMessage(node, path, *message.GetReflection()->MutableMessage(&message, &field));
    } else if (Expect(node, YamlNode::Kind::kScalar, path)) {
      CheckOneof(path, field, message);
      BindScalar(node.text, path, field, message);
    }
  }

  // Of the fields of a oneof the last would win silently.
  void CheckOneof(const std::string& path, const FieldDescriptor& field, const Message& message) {
    const google::protobuf::OneofDescriptor* oneof = field.real_containing_oneof();
    if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return;
    const FieldDescriptor* other = message.GetReflection()->GetOneofFieldDescriptor(message, oneof);
    findings_.Error(oneof->name() == "effect" ? "R-SCHEMA-021" : "R-SCHEMA-020", path,
                    absl::StrCat("must not be given together with `", other->name(), "`"));
  }

  void BindMap(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
               Message& message) {
    if (!Expect(node, YamlNode::Kind::kMapping, path)) return;
    const FieldDescriptor& key = *field.message_type()->map_key();
    const FieldDescriptor& value = *field.message_type()->map_value();
    for (const YamlNode::Member& member : node.members) {
      const std::string member_path = Join(path, member.key.substr(0, 60));
      findings_.Place(member_path, member.value.kind == YamlNode::Kind::kNothing
                                       ? member.key_offset
                                       : member.value.offset);
      if (!Expect(member.value, YamlNode::Kind::kScalar, member_path)) continue;
      if (!IsText(member.key, member_path)) continue;
      Message& entry = *message.GetReflection()->AddMessage(&message, &field);
      entry.GetReflection()->SetString(&entry, &key, member.key);
      BindScalar(member.value.text, member_path, value, entry);
    }
  }

  void BindList(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
                Message& message) {
    if (!Expect(node, YamlNode::Kind::kList, path)) return;
    if (node.items.size() > kItemsMax) {
      findings_.Error("R-SCHEMA-016", path,
                      absl::StrCat("must have at most ", kItemsMax, ", had ", node.items.size()));
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const YamlNode& item = node.items[i];
      const std::string item_path = absl::StrCat(path, "[", i, "]");
      if (item.kind == YamlNode::Kind::kScalar) {
        findings_.PlaceScalar(item_path, item.offset, item.text);
      } else {
        findings_.Place(item_path, item.offset);
      }
      // Each item takes its place, so that indexes in findings are those of the text.
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        BindMessage(item, item_path, *message.GetReflection()->AddMessage(&message, &field));
        continue;
      }
      LAUREL_CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_STRING,
                   "a list of the schema must hold messages or strings");
      const bool is_text =
          Expect(item, YamlNode::Kind::kScalar, item_path) && IsText(item.text, item_path);
      message.GetReflection()->AddString(&message, &field, is_text ? item.text : "");
    }
  }

  bool IsText(const std::string& text, const std::string& path) {
    if (IsUtf8(text) && std::none_of(text.begin(), text.end(), IsForbiddenControl)) return true;
    findings_.Error("R-SCHEMA-025", path,
                    absl::StrCat("must not contain control characters, was ", Quoted(text)));
    return false;
  }

  void BindScalar(const std::string& text, const std::string& path, const FieldDescriptor& field,
                  Message& message) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (IsText(text, path)) reflection.SetString(&message, &field, text);
        return;
      case FieldDescriptor::CPPTYPE_INT32:
        if (const auto value = Integer(text, path, std::numeric_limits<std::int32_t>::min(),
                                       std::numeric_limits<std::int32_t>::max())) {
          reflection.SetInt32(&message, &field, static_cast<std::int32_t>(*value));
        }
        return;
      case FieldDescriptor::CPPTYPE_INT64:
        if (const auto value = Integer(text, path, std::numeric_limits<std::int64_t>::min(),
                                       std::numeric_limits<std::int64_t>::max())) {
          reflection.SetInt64(&message, &field, *value);
        }
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (text == "true" || text == "false") {
          reflection.SetBool(&message, &field, text == "true");
        } else {
          findings_.Error("R-SCHEMA-010", path,
                          absl::StrCat("must be true or false, was ", Quoted(text)));
        }
        return;
      case FieldDescriptor::CPPTYPE_ENUM:
        if (const EnumValueDescriptor* value = EnumValue(text, path, *field.enum_type())) {
          reflection.SetEnum(&message, &field, value);
        }
        return;
      default:
        LAUREL_CHECK(false, "a field of the schema must have a type that can be read");
    }
  }

  std::optional<std::int64_t> Integer(const std::string& text, const std::string& path,
                                      std::int64_t min, std::int64_t max) {
    const std::optional<std::int64_t> value = ParseInteger(text);
    if (value && *value >= min && *value <= max) return value;
    const std::string range = value ? absl::StrCat(" from ", min, " to ", max) : "";
    findings_.Error("R-SCHEMA-010", path,
                    absl::StrCat("must be a whole number", range, ", was ", Quoted(text)));
    return std::nullopt;
  }

  const EnumValueDescriptor* EnumValue(const std::string& text, const std::string& path,
                                       const EnumDescriptor& type) {
    const std::string prefix = PrefixOf(type);
    const EnumValueDescriptor* value = type.FindValueByName(prefix + text);
    if (value == nullptr) value = type.FindValueByName(text);
    if (value != nullptr && value->number() != 0) return value;
    const std::vector<std::string> names = ShortNames(type);
    const std::string message = absl::StrCat("must be ", names.size() > 1 ? "one of " : "",
                                             absl::StrJoin(names, ", "), ", was ", Quoted(text));
    findings_.Report(Severity::kError, "R-SCHEMA-010", path, {.is_known = false}, message,
                     {.hint = DidYouMean(text, names), .replacement = ReplacementOf(text, names)});
    return nullptr;
  }

  Findings& findings_;
};

}  // namespace

void Bind(const YamlNode& node, Message& message, Findings& findings) {
  Binder(findings).BindMessage(node, "", message);
}

}  // namespace laurel::rules
