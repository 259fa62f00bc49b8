#include "rules/program/document_catalog.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/amount.h"
#include "rules/program/document_facts.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr int kLotYearsMax = 1'000;
constexpr int kSettlementYearsMax = 10;

class Checker {
 public:
  explicit Checker(SectionContext& context)
      : context_(context),
        document_(context.document),
        fields_(context.fields),
        findings_(context.fields.findings()) {}

  void Check() {
    CheckVocabularies();
    CheckFundingSources();
    CheckActivityTypes();
    CheckAttributes("member_attributes", document_.member_attributes());
    CheckSegments();
    CheckVariables();
    for (int i = 0; i < document_.metrics_size(); ++i) {
      context_.catalog.metrics.AddQuietly(document_.metrics(i).id());
    }
    for (int i = 0; i < document_.tiers_size(); ++i) {
      context_.catalog.tiers.AddQuietly(document_.tiers(i).id());
    }
    CheckMetrics();
    CheckPolicy();
  }

 private:
  void CheckId(const std::string& path, const std::string& id, IdForm form, Names& names) {
    fields_.Id(path, id, form);
    names.Add(path, id, findings_);
  }

  void CheckVocabularies() {
    const int count = fields_.Limited("vocabularies", document_.vocabularies_size(), 16);
    std::set<std::string> facts;
    for (int i = 0; i < count; ++i) {
      const std::string path = At("vocabularies", i);
      const v1::Vocabulary& vocabulary = document_.vocabularies(i);
      if (fields_.Required(In(path, "of"), vocabulary.of()) &&
          !facts.insert(vocabulary.of()).second) {
        findings_.Error(
            "R-SCHEMA-014", In(path, "of"),
            absl::StrCat("must be given once, was ", Quoted(vocabulary.of()), " again"));
      }
      CheckVocabularyFact(In(path, "of"), vocabulary.of());
      const std::string values = In(path, "values");
      if (vocabulary.values().empty()) fields_.Missing(values);
      fields_.Limited(values, vocabulary.values_size(), 10'000);
      CheckValues(values, vocabulary.values());
    }
  }

  void CheckVocabularyFact(const std::string& path, const std::string& fact) {
    const std::vector<std::string> facts = {"activity.channel",
                                            "activity.touchpoint",
                                            "activity.terminal_kind",
                                            "item.categories",
                                            "item.tags",
                                            "item.brand",
                                            "item.sku",
                                            "item.kind",
                                            "purchase.tenders",
                                            "purchase.vouchers",
                                            "purchase.fulfil_channel",
                                            "purchase.fulfil_store",
                                            "store.id",
                                            "store.region",
                                            "store.country",
                                            "store.format",
                                            "store.tags",
                                            "member.consents",
                                            "member.tags",
                                            "member.age_band",
                                            "member.country",
                                            "member.language",
                                            "member.plan"};
    if (fact.empty() || std::find(facts.begin(), facts.end(), fact) != facts.end()) return;
    findings_.Error("R-NAME-101", path, absl::StrCat("there is no text fact ", Quoted(fact)),
                    DidYouMean(fact, facts));
  }

  void CheckValues(const std::string& path,
                   const google::protobuf::RepeatedPtrField<std::string>& values) {
    std::set<std::string> seen;
    for (int i = 0; i < values.size(); ++i) {
      if (!fields_.Required(At(path, i), values[i])) continue;
      fields_.Text(At(path, i), values[i], 64);
      if (seen.insert(values[i]).second) continue;
      findings_.Error("R-SCHEMA-014", At(path, i),
                      absl::StrCat("must be given once, was ", Quoted(values[i]), " again"));
    }
  }

  void CheckFundingSources() {
    const int count = fields_.Limited("funding_sources", document_.funding_sources_size(), 64);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("funding_sources", i);
      const v1::FundingSource& source = document_.funding_sources(i);
      context_.catalog.AddShared(In(path, "id"), source.id(), context_.catalog.funding, fields_);
      fields_.Text(In(path, "name"), source.name(), kNameCharactersMax);
      fields_.Between(In(path, "total"), source.total(), 0, kLineMax);
    }
  }

  void CheckActivityTypes() {
    const int count = fields_.Limited("activity_types", document_.activity_types_size(), 64);
    Names& types = context_.catalog.activity_types;
    for (int i = 0; i < count; ++i) {
      const std::string path = At("activity_types", i);
      const v1::ActivityType& type = document_.activity_types(i);
      CheckId(In(path, "id"), type.id(), IdForm::kLower, types);
      fields_.Text(In(path, "name"), type.name(), kNameCharactersMax);
      CheckAttributes(In(path, "attributes"), type.attributes());
      CheckSharedAttributes(In(path, "attributes"), type);
    }
    for (const char* built_in : {"purchase", "enrolment", "birthday", "badge_earned"}) {
      if (!types.Contains(built_in)) types.AddQuietly(built_in);
    }
  }

  void CheckAttributes(const std::string& list,
                       const google::protobuf::RepeatedPtrField<v1::Attribute>& attributes) {
    Names names("attribute", list);
    const int count = fields_.Limited(list, attributes.size(), 32);
    for (int i = 0; i < count; ++i) {
      const std::string path = At(list, i);
      const v1::Attribute& attribute = attributes[i];
      CheckId(In(path, "id"), attribute.id(), IdForm::kAny, names);
      const v1::Attribute::Type type = attribute.type();
      if (type == v1::Attribute::TYPE_UNSPECIFIED) fields_.Missing(In(path, "type"));
      const bool is_number = type == v1::Attribute::TYPE_INT || type == v1::Attribute::TYPE_MONEY;
      CheckOnlyFor(In(path, "min"), attribute.min() != 0, is_number, "INT and MONEY");
      CheckOnlyFor(In(path, "max"), attribute.max() != 0, is_number, "INT and MONEY");
      fields_.Between(In(path, "min"), attribute.min(), -kBasisMax, kBasisMax);
      fields_.Between(In(path, "max"), attribute.max(), -kBasisMax, kBasisMax);
      if (attribute.max() != 0 && attribute.max() < attribute.min()) {
        findings_.Error(
            "R-SCHEMA-012", In(path, "max"),
            absl::StrCat("must be at least `min`, ", attribute.min(), ", was ", attribute.max()));
      }
      const bool is_text = type == v1::Attribute::TYPE_STRING;
      CheckOnlyFor(In(path, "max_length"), attribute.max_length() != 0, is_text, "STRING");
      CheckOnlyFor(In(path, "values"), attribute.values_size() > 0, is_text, "STRING");
      fields_.Between(In(path, "max_length"), attribute.max_length(), 0, 1'024);
      CheckValues(In(path, "values"), attribute.values());
    }
  }

  // An attribute is read as activity.<id>, whatever the type of the activity.
  void CheckSharedAttributes(const std::string& list, const v1::ActivityType& owner) {
    for (int i = 0; i < owner.attributes_size(); ++i) {
      const v1::Attribute& attribute = owner.attributes(i);
      const std::string path = At(list, i);
      if (FactTable::IsBuiltInOfActivities(attribute.id())) {
        findings_.Error(
            "R-SCHEMA-014", In(path, "id"),
            absl::StrCat("must be another than that of a built-in fact of activities, was ",
                         Quoted(attribute.id())));
        continue;
      }
      const auto [first, is_new] =
          attribute_types_.emplace(attribute.id(), std::pair(path, attribute.type()));
      if (is_new || first->second.second == attribute.type()) continue;
      findings_.Error(
          "R-SCHEMA-014", In(path, "type"),
          absl::StrCat("must be that of ", first->second.first, ", which has the same id"));
    }
  }

  void CheckOnlyFor(const std::string& path, bool is_given, bool is_allowed,
                    absl::string_view owner) {
    if (!is_given || is_allowed) return;
    findings_.Error("R-SCHEMA-020", path, absl::StrCat("must be given only for ", owner));
  }

  void CheckSegments() {
    const int count = fields_.Limited("segments", document_.segments_size(), 200);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("segments", i);
      CheckId(In(path, "id"), document_.segments(i).id(), IdForm::kAny, context_.catalog.segments);
      fields_.Text(In(path, "name"), document_.segments(i).name(), kNameCharactersMax);
    }
  }

  void CheckVariables() {
    const int count = fields_.Limited("variables", document_.variables_size(), 200);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("variables", i);
      const v1::Variable& variable = document_.variables(i);
      CheckId(In(path, "id"), variable.id(), IdForm::kAny, context_.catalog.variables);
      fields_.Required(In(path, "expression"), variable.expression());
      fields_.Text(In(path, "description"), variable.description(), kDescriptionCharactersMax);
    }
  }

  void CheckMetrics() {
    for (int i = 0; i < document_.metrics_size(); ++i) {
      const v1::Metric& metric = document_.metrics(i);
      const std::string path = At("metrics", i);
      for (int k = 0; k < metric.activities_size(); ++k) {
        context_.catalog.activity_types.Find(At(In(path, "activities"), k), metric.activities(k),
                                             findings_);
      }
      const bool is_of_items = metric.of().substr(0, 5) == "item.";
      CheckOnlyFor(In(path, "items"), !metric.items().empty(), is_of_items, "measures of items");
    }
  }

  void CheckPolicy() {
    const v1::TierPolicy& policy = document_.tier_policy();
    constexpr int kGraceYearsMax = 2;
    for (const auto& [field, text] :
         {std::pair("before", &policy.grace().before()), std::pair("late", &policy.grace().late()),
          std::pair("after", &policy.grace().after())}) {
      if (!text->empty()) fields_.Days(In("tier_policy.grace", field), *text, kGraceYearsMax);
    }
    if (policy.has_rollover()) {
      const std::string path = "tier_policy.rollover";
      if (fields_.Required(In(path, "metric"), policy.rollover().metric())) {
        const std::string& id = policy.rollover().metric();
        context_.catalog.metrics.Find(In(path, "metric"), id, findings_);
        for (const v1::Metric& metric : document_.metrics()) {
          if (metric.id() != id || metric.measure() != v1::Metric::MEASURE_DISTINCT) continue;
          findings_.Error("R-TIER-606", In(path, "metric"),
                          "cannot be of measure DISTINCT: what is left over is no value");
        }
      }
      fields_.Between(In(path, "limit"), policy.rollover().limit(), 1, kLineMax);
    }
    if (policy.has_status_match()) CheckStatusMatch(policy.status_match());
    const int count = fields_.Limited("tier_policy.retired", policy.retired_size(), 16);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("tier_policy.retired", i);
      fields_.Required(In(path, "tier"), policy.retired(i).tier());
      if (fields_.Required(In(path, "becomes"), policy.retired(i).becomes())) {
        context_.catalog.tiers.Find(In(path, "becomes"), policy.retired(i).becomes(), findings_);
      }
    }
  }

  void CheckStatusMatch(const v1::StatusMatch& match) {
    constexpr int kMatchYearsMax = 100;
    const std::string path = "tier_policy.status_match";
    if (fields_.Required(In(path, "duration"), match.duration())) {
      fields_.Days(In(path, "duration"), match.duration(), kMatchYearsMax);
    }
    if (!match.once_per().empty()) {
      fields_.Days(In(path, "once_per"), match.once_per(), kMatchYearsMax);
    }
  }

  SectionContext& context_;
  const v1::ProgramDocument& document_;
  // Of attributes of activities by id: where it is declared first, and its type there.
  std::map<std::string, std::pair<std::string, v1::Attribute::Type>> attribute_types_;
  Fields& fields_;
  Findings& findings_;
};

void RefuseUnless(const std::string& path, bool is_given, bool is_allowed, absl::string_view owner,
                  Fields& fields) {
  if (!is_given || is_allowed) return;
  fields.findings().Error("R-SCHEMA-020", path, absl::StrCat("must be given only for ", owner));
}

void CheckTimes(const std::string& path, const v1::Active& active, Fields& fields) {
  for (const auto& [field, text] :
       {std::pair("from", &active.from()), std::pair("until", &active.until())}) {
    if (text->empty() || ParseLocalTime(*text)) continue;
    fields.findings().Error(
        "R-SCHEMA-013", In(path, field),
        absl::StrCat("must be a date-time as 2027-03-01T08:15:00, was ", Quoted(*text)));
  }
  for (const auto& [field, text] : {std::pair("time_from", &active.time_from()),
                                    std::pair("time_until", &active.time_until())}) {
    if (text->empty() || ParseTimeOfDay(*text)) continue;
    fields.findings().Error("R-SCHEMA-013", In(path, field),
                            absl::StrCat("must be a time as 08:15, was ", Quoted(*text)));
  }
  if (active.time_from().empty() != active.time_until().empty()) {
    fields.Missing(In(path, active.time_from().empty() ? "time_from" : "time_until"));
  }
}

void CheckEmptyWindow(const std::string& path, absl::string_view first, absl::string_view last,
                      const std::string& begin, const std::string& end, bool is_empty_if_equal,
                      Fields& fields) {
  if (begin.empty() || end.empty()) return;
  const std::string inner = In(path, last);
  if (fields.findings().IsWrong(inner) || fields.findings().IsWrong(In(path, first))) return;
  if (is_empty_if_equal ? begin < end : begin <= end) return;
  fields.findings().Error("R-REACH-503", inner,
                          absl::StrCat("must be ", is_empty_if_equal ? "after" : "at or after",
                                       " `", first, "`, ", begin, ", was ", end));
}

}  // namespace

void Catalog::AddShared(const std::string& path, const std::string& id, Names& names,
                        Fields& fields) {
  fields.Id(path, id, IdForm::kAny);
  names.AddQuietly(id);
  if (id.empty() || fields.findings().IsWrong(path)) return;
  const auto [taken, is_new] = shared_.emplace(absl::AsciiStrToLower(id), std::pair(path, id));
  if (is_new) return;
  const auto& [first, other] = taken->second;
  fields.findings().Error(
      "R-SCHEMA-014", path,
      other == id ? absl::StrCat("must be another than that of ", first.substr(0, first.rfind('.')),
                                 ", was ", Quoted(id))
                  : absl::StrCat("must differ from ", Quoted(other), " of ",
                                 first.substr(0, first.rfind('.')), " in more than case, was ",
                                 Quoted(id)));
}

void CheckSettlement(const std::string& path, const v1::Settlement& settlement, Fields& fields) {
  const v1::Settlement::Policy policy = settlement.policy();
  if (policy == v1::Settlement::POLICY_UNSPECIFIED) fields.Missing(In(path, "policy"));
  const bool is_after = policy == v1::Settlement::POLICY_AFTER;
  if (is_after && fields.Required(In(path, "after"), settlement.after())) {
    fields.Duration(In(path, "after"), settlement.after(), kSettlementYearsMax);
  }
  RefuseUnless(In(path, "after"), !settlement.after().empty(), is_after, "AFTER", fields);
  const bool is_open =
      policy == v1::Settlement::POLICY_ON_FULFILMENT || policy == v1::Settlement::POLICY_ON_SETTLE;
  if (is_open && !settlement.at_latest().empty()) {
    fields.Duration(In(path, "at_latest"), settlement.at_latest(), kSettlementYearsMax);
  }
  RefuseUnless(In(path, "at_latest"), !settlement.at_latest().empty(), is_open,
               "ON_FULFILMENT and ON_SETTLE", fields);
  fields.Between(In(path, "hold_above"), settlement.hold_above(), 0, kLineMax);
}

void CheckLotExpiry(const std::string& path, const v1::Expiry& expiry, Fields& fields) {
  switch (expiry.policy()) {
    case v1::Expiry::POLICY_ROLLING:
    case v1::Expiry::POLICY_INACTIVITY:
      fields.Required(In(path, "after"), expiry.after());
      break;
    case v1::Expiry::POLICY_PERIOD_END:
      if (expiry.period() == v1::CALENDAR_UNSPECIFIED) fields.Missing(In(path, "period"));
      break;
    case v1::Expiry::POLICY_FIXED_DATE:
      if (fields.Required(In(path, "on"), expiry.on()) && !ParseYearDay(expiry.on())) {
        fields.findings().Error("R-SCHEMA-013", In(path, "on"),
                                absl::StrCat("must be a day as MM-DD, was ", Quoted(expiry.on())));
      }
      break;
    case v1::Expiry::POLICY_NEVER:
      break;
    default:
      fields.Missing(In(path, "policy"));
  }
  if (!expiry.after().empty()) fields.Days(In(path, "after"), expiry.after(), kLotYearsMax);
}

void CheckDate(const std::string& path, const std::string& text, Fields& fields) {
  if (text.empty() || Date::Parse(text).ok()) return;
  fields.findings().Error("R-SCHEMA-013", path,
                          absl::StrCat("must be a date as 2027-03-01, was ", Quoted(text)));
}

void CheckActive(const std::string& path, const v1::Active& active, Fields& fields) {
  CheckDate(In(path, "first_on"), active.first_on(), fields);
  CheckDate(In(path, "last_on"), active.last_on(), fields);
  CheckTimes(path, active, fields);
  const int dates = fields.Limited(In(path, "dates"), active.dates_size(), 366);
  for (int i = 0; i < dates; ++i) CheckDate(At(In(path, "dates"), i), active.dates(i), fields);
  const std::vector<std::string> days = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
  const int count = fields.Limited(In(path, "weekdays"), active.weekdays_size(), 7);
  for (int i = 0; i < count; ++i) {
    const std::string& day = active.weekdays(i);
    if (std::find(days.begin(), days.end(), day) != days.end()) continue;
    fields.findings().Error(
        "R-SCHEMA-010", At(In(path, "weekdays"), i),
        absl::StrCat("must be one of ", absl::StrJoin(days, ", "), ", was ", Quoted(day)),
        DidYouMean(day, days));
  }
  CheckEmptyWindow(path, "first_on", "last_on", active.first_on(), active.last_on(), false, fields);
  CheckEmptyWindow(path, "from", "until", active.from(), active.until(), true, fields);
}

void CheckLimit(const std::string& path, const v1::Limit& limit, bool needs_id, Fields& fields) {
  if (needs_id || !limit.id().empty()) fields.Id(In(path, "id"), limit.id(), IdForm::kAny);
  fields.Between(In(path, "max_fires"), limit.max_fires(), 0, kLineMax);
  fields.Between(In(path, "max_points"), limit.max_points(), 0, kLineMax);
  if (limit.max_fires() == 0 && limit.max_points() == 0) {
    const bool is_known = fields.findings().IsWrong(In(path, "max_fires")) ||
                          fields.findings().IsWrong(In(path, "max_points"));
    if (!is_known) {
      fields.findings().Error("R-SCHEMA-009", path, "must have `max_fires` or `max_points`");
    }
  }
  if (limit.window() == v1::SPAN_UNSPECIFIED) fields.Missing(In(path, "window"));
}

void CheckSections(const v1::ProgramDocument& document, std::optional<int> exponent,
                   const Names& point_types, Fields& fields) {
  SectionContext context{document, exponent, point_types, fields};
  Checker(context).Check();
  CheckRuleSections(context);
  CheckBenefitSections(context);
  CheckTestSections(context);
}

}  // namespace laurel::rules
