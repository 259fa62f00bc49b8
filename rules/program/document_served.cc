#include "rules/program/document_served.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/document_fields.h"

namespace laurel::rules {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kPackage = "laurel.program.v1.";

// Fields that no decision of the server looks at, by message and name. Texts for people, plans
// without a hold-out, vocabularies and tests change no decision and are not among them.
constexpr std::array kUnservedFields = std::to_array<absl::string_view>({
    "ActivityType.reverses_with_receipt",
    "Eligibility.amount",
    "PointType.notice",
    "ProgramDocument.badges",
    "ProgramDocument.rewards",
    "Rule.issue",
});

// Values of fields that the rulebook does look at.
constexpr std::array kUnservedValues = std::to_array<absl::string_view>({
    "Benefit.KIND_DURATION",
    "Benefit.KIND_FLAG",
    "Benefit.KIND_MONEY",
    "Benefit.KIND_NUMBER",
    "Benefit.KIND_PERCENT",
});

template <std::size_t N>
bool IsListed(const std::array<absl::string_view, N>& list, absl::string_view full_name) {
  return std::binary_search(list.begin(), list.end(), absl::StripPrefix(full_name, kPackage));
}

class Walker {
 public:
  explicit Walker(Findings& findings) : findings_(findings) {}

  void Walk(const Message& message, const std::string& path) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const std::string inner = path.empty() ? field->name() : In(path, field->name());
      if (IsListed(kUnservedFields, field->full_name())) {
        Report(inner, "");
      } else if (field->is_map() || IsForTests(*field)) {
        continue;
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        WalkMessages(message, *field, inner);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        CheckValue(*reflection.GetEnum(message, field), inner);
      }
    }
  }

  // What is told of members is kept for ever: free text could name them.
  void CheckMemberAttributes(const laurel::program::v1::ProgramDocument& document) {
    for (int i = 0; i < document.member_attributes_size(); ++i) {
      const program::v1::Attribute& attribute = document.member_attributes(i);
      const std::string path = In(At("member_attributes", i), "values");
      if (attribute.type() != program::v1::Attribute::TYPE_STRING || attribute.values_size() > 0 ||
          findings_.IsWrong(path)) {
        continue;
      }
      findings_.Error("R-SCHEMA-026", path,
                      "must list the texts that may be told of a member: the server keeps no free "
                      "text of people");
    }
  }

  // An end that moves is one of the point type: each act moves all lots of it.
  void CheckLots(absl::string_view list,
                 const google::protobuf::RepeatedPtrField<program::v1::Rule>& rules) {
    for (int i = 0; i < rules.size(); ++i) {
      for (int j = 0; j < rules[i].lot().expiry_size(); ++j) {
        if (rules[i].lot().expiry(j).policy() != program::v1::Expiry::POLICY_INACTIVITY) continue;
        Report(In(At(In(In(At(list, i), "lot"), "expiry"), j), "policy"),
               "POLICY_INACTIVITY of a rule's own lots");
      }
    }
  }

  // What the server does not tell rules of by itself.
  void CheckTriggers(absl::string_view list,
                     const google::protobuf::RepeatedPtrField<program::v1::Rule>& rules) {
    for (int i = 0; i < rules.size(); ++i) {
      for (int j = 0; j < rules[i].triggers_size(); ++j) {
        const std::string& trigger = rules[i].triggers(j);
        if (trigger != "birthday" && trigger != "badge_earned") continue;
        Report(At(In(At(list, i), "triggers"), j), trigger);
      }
    }
  }

 private:
  static bool IsForTests(const FieldDescriptor& field) {
    return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
           field.message_type()->name() == "Test";
  }

  void WalkMessages(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) return Walk(reflection.GetMessage(message, &field), path);
    const int count = reflection.FieldSize(message, &field);
    for (int i = 0; i < count; ++i) {
      Walk(reflection.GetRepeatedMessage(message, &field, i), At(path, i));
    }
  }

  // Values of nested enums are named as their message's members.
  void CheckValue(const EnumValueDescriptor& value, const std::string& path) {
    if (IsListed(kUnservedValues, value.full_name())) Report(path, value.name());
  }

  void Report(const std::string& path, absl::string_view value) {
    if (findings_.IsWrong(path)) return;
    findings_.Error("R-SCHEMA-026", path,
                    absl::StrCat(value.empty() ? "this part" : value,
                                 " is checked and evaluated by the rules module, but the server "
                                 "does not serve it yet"));
  }

  Findings& findings_;
};

}  // namespace

void CheckServed(const laurel::program::v1::ProgramDocument& document, Findings& findings) {
  Walker walker(findings);
  walker.Walk(document, "");
  walker.CheckMemberAttributes(document);
  walker.CheckTriggers("earning_rules", document.earning_rules());
  walker.CheckTriggers("promotions", document.promotions());
  walker.CheckLots("earning_rules", document.earning_rules());
  walker.CheckLots("promotions", document.promotions());
}

}  // namespace laurel::rules
