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

// Fields that the rulebook does not look at, by message and name. Texts for people, plans without
// a hold-out, vocabularies and tests change no decision and are not among them.
constexpr std::array kUnservedFields = std::to_array<absl::string_view>({
    "Earn.items",
    "Earn.of",
    "Eligibility.amount",
    "Eligibility.items",
    "Eligibility.tenders_left_out",
    "Eligibility.when",
    "Expiry.activities",
    "Metric.activities",
    "Metric.items",
    "Metric.where",
    "Plan.holdout_basis_points",
    "PointType.notice",
    "PointType.restored_life",
    "ProgramDocument.activity_types",
    "ProgramDocument.badges",
    "ProgramDocument.benefits",
    "ProgramDocument.caps",
    "ProgramDocument.funding_sources",
    "ProgramDocument.member_attributes",
    "ProgramDocument.pay_with_points",
    "ProgramDocument.promotions",
    "ProgramDocument.returns",
    "ProgramDocument.rewards",
    "ProgramDocument.segments",
    "ProgramDocument.stacking_groups",
    "ProgramDocument.variables",
    "Review.keep",
    "Review.starts",
    "Rule.active",
    "Rule.bonus",
    "Rule.budget",
    "Rule.canary_basis_points",
    "Rule.explain",
    "Rule.funding",
    "Rule.issue",
    "Rule.limits",
    "Rule.lot",
    "Rule.multiply",
    "Rule.priority",
    "Rule.stacking_group",
    "Rule.triggers",
    "Rule.when",
    "Settlement.after",
    "Settlement.at_latest",
    "Settlement.hold_above",
    "Tier.lifetime",
    "Tier.qualify",
    "Tier.retain",
    "TierPolicy.grace",
    "TierPolicy.retired",
    "TierPolicy.rollover",
    "TierPolicy.status_match",
    "Window.calendar",
    "Window.member_year",
    "Window.tier_term",
});

// Values of fields that the rulebook does look at.
constexpr std::array kUnservedValues = std::to_array<absl::string_view>({
    "Earn.BASIS_LIST",
    "Earn.BASIS_QUANTITY",
    "Earn.ROUNDING_CARRY",
    "Expiry.FROM_AWARD",
    "Expiry.POLICY_INACTIVITY",
    "Metric.MEASURE_DAYS_SINCE_LAST",
    "Metric.MEASURE_DISTINCT",
    "Metric.MEASURE_MAX",
    "Metric.MEASURE_STREAK_DAYS",
    "Review.ANCHOR_CALENDAR",
    "Review.ANCHOR_ENROLMENT_ANNIVERSARY",
    "Rule.ON_RETURN_KEEP",
    "Rule.ROLLOUT_PAUSED",
    "Rule.ROLLOUT_SHADOW",
    "Settlement.POLICY_AFTER",
    "Settlement.POLICY_ON_FULFILMENT",
    "Settlement.POLICY_ON_SETTLE",
    "TierPolicy.CROSSING_SPLIT_BASKET",
    "TierPolicy.CROSSING_WITH_BASKET",
    "TierPolicy.ON_ACTIVATION_NOTHING",
    "TierPolicy.ON_ACTIVATION_RECOMPUTE",
    "TierPolicy.ON_RETURN_REEVALUATE",
    "TierPolicy.UPGRADE_AT_REVIEW",
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
  Walker(findings).Walk(document, "");
}

}  // namespace laurel::rules
