#include "rules/program/document_change.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/calendar.h"
#include "rules/program/document.h"
#include "rules/program/document_bind.h"
#include "rules/program/document_fields.h"
#include "rules/program/text.h"
#include "rules/program/units.h"
#include "rules/program/yaml_reader.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

std::optional<v1::ProgramDocument> Read(absl::string_view text, Findings& findings) {
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  if (!root || root->kind != YamlNode::Kind::kMapping) return std::nullopt;
  v1::ProgramDocument document;
  Bind(*root, document, findings);
  return document;
}

template <class List>
auto* FindById(const List& list, const std::string& id) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const auto& one) { return one.id() == id; });
  return found == list.end() ? nullptr : &*found;
}

// Whether two messages say the same but for what people call them.
template <class T>
bool MeansTheSame(T a, T b) {
  a.clear_name();
  b.clear_name();
  return a.SerializeAsString() == b.SerializeAsString();
}

// Whether the sums that every member has hold the metric's past: those of points, eligible spend
// and purchases.
bool IsCountedAnyhow(const v1::Metric& metric) {
  if (!metric.where().empty()) return false;
  const bool is_of_purchases = metric.activities().empty() || (metric.activities_size() == 1 &&
                                                               metric.activities(0) == "purchase");
  switch (metric.measure()) {
    case v1::Metric::MEASURE_SUM:
      if (absl::StartsWith(metric.of(), "points.")) return metric.activities().empty();
      return is_of_purchases && metric.of() == "purchase.eligible_net";
    case v1::Metric::MEASURE_COUNT:
    case v1::Metric::MEASURE_DISTINCT_DAYS:
    case v1::Metric::MEASURE_STREAK_DAYS:
    case v1::Metric::MEASURE_DAYS_SINCE_LAST:
      return is_of_purchases;
    default:
      return false;
  }
}

class Checker {
 public:
  Checker(const v1::ProgramDocument& document, const ChangeContext& context, Findings& findings)
      : document_(document),
        context_(context),
        findings_(findings),
        calendar_(Calendar::Load(document.time_zone()).value_or(Calendar())) {}

  void CheckAlone() {
    CheckWindows("earning_rules", document_.earning_rules());
    CheckWindows("promotions", document_.promotions());
    if (context_.effective_from) CheckStart(*context_.effective_from);
    if (context_.reported != nullptr) CheckReported();
    CheckSimulation();
  }

  void CheckAgainst(const v1::ProgramDocument& previous) {
    CheckFixed(previous);
    CheckTiers(previous);
    CheckMetrics(previous);
    CheckAttributes(previous);
  }

 private:
  // ---- Time.

  template <class List>
  void CheckWindows(const std::string& list, const List& rules) {
    const Date today = calendar_.LocalDate(context_.now);
    for (int i = 0; i < rules.size(); ++i) {
      const v1::Active& active = rules[i].active();
      const absl::StatusOr<Date> last = Date::Parse(active.last_on());
      if (!active.last_on().empty() && last.ok() && *last < today) {
        ReportPast(In(At(list, i), "active.last_on"), rules[i].id(), active.last_on());
      } else if (const std::optional<Timestamp> until = InstantOf(active.until());
                 until && *until <= context_.now) {
        ReportPast(In(At(list, i), "active.until"), rules[i].id(), active.until());
      }
    }
  }

  void ReportPast(const std::string& path, const std::string& rule, const std::string& end) {
    findings_.Warning("R-REACH-504", path,
                      absl::StrCat("the window of ", rule, " ended on ", end.substr(0, 10)));
  }

  std::optional<Timestamp> InstantOf(const std::string& text) const {
    const std::optional<LocalTime> time = ParseLocalTime(text);
    if (!time) return std::nullopt;
    return calendar_.InstantOf(time->date, time->second);
  }

  void CheckStart(Timestamp start) {
    if (start < context_.now) {
      findings_.Error("R-TIME-702", "", "effective_from: must not be in the past");
    } else if (start < context_.now.PlusMicros(context_.lead_micros)) {
      findings_.Error("R-TIME-701", "",
                      absl::StrCat("effective_from: must be at least ",
                                   context_.lead_micros / kMicrosPerSecond, " seconds ahead"));
    }
    const auto is_between = [&](Timestamp other) { return other > context_.now && other < start; };
    if (std::any_of(context_.scheduled.begin(), context_.scheduled.end(), is_between)) {
      findings_.Warning("R-TIME-703", "", "another revision comes into force before this one");
    }
  }

  // ---- What was there before.

  void CheckFixed(const v1::ProgramDocument& previous) {
    const auto check = [&](const char* field, const std::string& was, const std::string& is) {
      if (was == is) return;
      findings_.Error("R-DATA-724", field,
                      absl::StrCat("must stay ", Quoted(was), ", was ", Quoted(is)));
    };
    check("currency", previous.currency(), document_.currency());
    check("time_zone", previous.time_zone(), document_.time_zone());
    for (const v1::PointType& was : previous.point_types()) {
      if (FindById(document_.point_types(), was.id()) != nullptr) continue;
      findings_.Error("R-DATA-724", "point_types",
                      absl::StrCat("must keep the point type ", Quoted(was.id())));
    }
    const int common = std::min(document_.point_types_size(), previous.point_types_size());
    for (int i = 0; i < common; ++i) CheckPointType(i, previous);
  }

  // Balances and sums go by the place in the list: new ones come behind.
  void CheckPointType(int i, const v1::ProgramDocument& previous) {
    const std::string path = At("point_types", i);
    const v1::PointType& type = document_.point_types(i);
    const v1::PointType* const was = FindById(previous.point_types(), type.id());
    if (was == nullptr) {
      findings_.Error("R-DATA-724", path,
                      absl::StrCat("new point types must come behind those that are there, ",
                                   Quoted(type.id()), " did not"));
    } else if (was != &previous.point_types(i)) {
      findings_.Error("R-DATA-724", path,
                      absl::StrCat(Quoted(type.id()), " must keep its place in the list"));
    } else if (was->kind() != type.kind() || was->decimals() != type.decimals() ||
               was->symbol() != type.symbol()) {
      findings_.Error(
          "R-DATA-724", path,
          absl::StrCat(Quoted(type.id()), " must keep its kind, its decimals and its symbol"));
    }
  }

  void CheckTiers(const v1::ProgramDocument& previous) {
    for (const v1::Tier& was : previous.tiers()) {
      if (FindById(document_.tiers(), was.id()) != nullptr) continue;
      const auto& retired = document_.tier_policy().retired();
      const bool is_retired =
          std::any_of(retired.begin(), retired.end(),
                      [&](const v1::RetiredTier& tier) { return tier.tier() == was.id(); });
      if (is_retired) continue;
      findings_.Error(
          "R-TIER-605", "tiers",
          absl::StrCat("the tier ", was.id(),
                       " is gone, and nothing says what its "
                       "members become"),
          absl::StrCat("add {tier: ", was.id(), ", becomes: …} to tier_policy.retired"));
    }
  }

  void CheckMetrics(const v1::ProgramDocument& previous) {
    for (int i = 0; i < document_.metrics_size(); ++i) {
      const v1::Metric& metric = document_.metrics(i);
      const v1::Metric* const was = FindById(previous.metrics(), metric.id());
      const std::string path = In(At("metrics", i), "id");
      if (was == nullptr) {
        if (IsCountedAnyhow(metric)) continue;
        findings_.Warning("R-DATA-721", path,
                          absl::StrCat("metrics.", metric.id(),
                                       " is new: it counts from when this comes into force"));
      } else if (!MeansTheSame(*was, metric)) {
        findings_.Error("R-DATA-722", path,
                        absl::StrCat("metrics.", metric.id(), " measured something else before"),
                        "a changed measure needs an id of its own");
      }
    }
  }

  void CheckAttributes(const v1::ProgramDocument& previous) {
    CheckAttributes("member_attributes", document_.member_attributes(),
                    previous.member_attributes());
    for (int i = 0; i < document_.activity_types_size(); ++i) {
      const v1::ActivityType& type = document_.activity_types(i);
      const v1::ActivityType* const was = FindById(previous.activity_types(), type.id());
      if (was == nullptr) continue;
      CheckAttributes(In(At("activity_types", i), "attributes"), type.attributes(),
                      was->attributes());
    }
  }

  template <class List>
  void CheckAttributes(const std::string& list, const List& attributes, const List& before) {
    for (int i = 0; i < attributes.size(); ++i) {
      const v1::Attribute* const was = FindById(before, attributes[i].id());
      if (was == nullptr || was->type() == attributes[i].type()) continue;
      findings_.Error(
          "R-DATA-722", In(At(list, i), "type"),
          absl::StrCat("the attribute ", attributes[i].id(), " was of another type before"),
          "another type needs an id of its own");
    }
  }

  // ---- What was seen.

  bool IsReported(const std::string& fact, const std::string* value) const {
    const auto found = context_.reported->find(fact);
    if (found == context_.reported->end()) return false;
    return value == nullptr || found->second.contains(*value);
  }

  void CheckReported() {
    for (int i = 0; i < document_.vocabularies_size(); ++i) {
      const v1::Vocabulary& vocabulary = document_.vocabularies(i);
      for (int k = 0; k < vocabulary.values_size(); ++k) {
        if (IsReported(vocabulary.of(), &vocabulary.values(k))) continue;
        findings_.Info(
            "R-DATA-723", At(In(At("vocabularies", i), "values"), k),
            absl::StrCat(Quoted(vocabulary.values(k)), " was never reported as ", vocabulary.of()));
      }
    }
    for (int i = 0; i < document_.activity_types_size(); ++i) {
      const v1::ActivityType& type = document_.activity_types(i);
      for (int k = 0; k < type.attributes_size(); ++k) {
        const std::string fact = absl::StrCat("activity.", type.attributes(k).id());
        if (IsReported(fact, nullptr)) continue;
        findings_.Info("R-DATA-723", In(At(In(At("activity_types", i), "attributes"), k), "id"),
                       absl::StrCat(fact, " was never reported"));
      }
    }
  }

  void CheckSimulation() {
    const Severity severity = context_.asks_for_simulation ? Severity::kError : Severity::kWarning;
    const std::optional<SimulationResult>& result = context_.simulation;
    if (!result || result->content_hash != context_.content_hash) {
      if (!result && !context_.asks_for_simulation) return;
      return Report(severity, result ? "the simulation is of another version of this document"
                                     : "this document has not been simulated");
    }
    const absl::int128 change = absl::int128(result->points_candidate) - result->points_current;
    const absl::int128 size = change < 0 ? -change : change;
    if (size * 100 <= absl::int128(result->points_current) * context_.band_percent) return;
    Report(severity, absl::StrCat("simulated, it brings ", result->points_candidate,
                                  " points where ", result->points_current,
                                  " were given: more than ", context_.band_percent, " % away"));
  }

  void Report(Severity severity, std::string message) {
    findings_.Report(severity, "R-PLAN-841", "", {.is_known = false}, std::move(message), {});
  }

  const v1::ProgramDocument& document_;
  const ChangeContext& context_;
  Findings& findings_;
  Calendar calendar_;
};

}  // namespace

std::vector<Finding> CheckChange(absl::string_view text, const ChangeContext& context) {
  text = WithoutByteOrderMark(text);
  Findings findings(text);
  const std::optional<v1::ProgramDocument> document = Read(text, findings);
  if (!document || findings.has_errors()) return {};
  Checker checker(*document, context, findings);
  checker.CheckAlone();
  if (!context.previous.empty()) {
    const absl::string_view before = WithoutByteOrderMark(context.previous);
    Findings of_previous(before);
    const std::optional<v1::ProgramDocument> previous = Read(before, of_previous);
    if (previous) checker.CheckAgainst(*previous);
  }
  return findings.Sorted();
}

}  // namespace laurel::rules
