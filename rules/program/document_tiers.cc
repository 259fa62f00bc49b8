#include "rules/program/document_tiers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr int kWindowYearsMax = 100;

class Checker {
 public:
  Checker(const v1::ProgramDocument& document, const Names& point_types, Fields& fields,
          Program& program)
      : document_(document),
        point_types_(point_types),
        fields_(fields),
        findings_(fields.findings()),
        program_(program) {}

  void Check() {
    CheckMetrics();
    CheckTiers();
    CheckPolicy();
  }

 private:
  void CheckMetrics() {
    const std::string list = "metrics";
    const int count = fields_.Limited(list, document_.metrics_size(), 100);
    for (int i = 0; i < count; ++i) {
      const std::string path = At(list, i);
      const v1::Metric& metric = document_.metrics(i);
      fields_.Id(In(path, "id"), metric.id(), IdForm::kAny);
      metrics_.Add(In(path, "id"), metric.id(), findings_);
      fields_.Text(In(path, "name"), metric.name(), kNameCharactersMax);
      Metric checked;
      checked.id = metric.id();
      checked.name = metric.name();
      CheckMeasure(path, metric, checked);
      CheckWindow(In(path, "window"), metric, checked);
      program_.metrics.push_back(std::move(checked));
    }
  }

  void CheckMeasure(const std::string& path, const v1::Metric& metric, Metric& checked) {
    const std::string of = In(path, "of");
    switch (metric.measure()) {
      case v1::Metric::MEASURE_SUM:
        if (fields_.Required(of, metric.of())) CheckSum(of, metric.of(), checked);
        return;
      case v1::Metric::MEASURE_MAX:
        if (fields_.Required(of, metric.of())) CheckSum(of, metric.of(), checked);
        return;
      case v1::Metric::MEASURE_DISTINCT:
        checked.measure = Measure::kPurchases;
        if (fields_.Required(of, metric.of())) CheckDistinct(of, metric.of());
        return;
      case v1::Metric::MEASURE_COUNT:
        checked.measure = Measure::kPurchases;
        break;
      case v1::Metric::MEASURE_DISTINCT_DAYS:
      case v1::Metric::MEASURE_STREAK_DAYS:
      case v1::Metric::MEASURE_DAYS_SINCE_LAST:
        checked.measure = Measure::kVisitDays;
        break;
      default:
        fields_.Missing(In(path, "measure"));
        return;
    }
    if (!metric.of().empty()) {
      findings_.Error("R-SCHEMA-020", of, "must be given only for SUM, MAX and DISTINCT");
    }
  }

  void CheckSum(const std::string& path, const std::string& of, Metric& checked) {
    if (of == "purchase.eligible_net") {
      checked.measure = Measure::kSpend;
      return;
    }
    constexpr std::array kMoney =
        std::to_array<absl::string_view>({"purchase.net", "purchase.list", "item.net"});
    if (std::find(kMoney.begin(), kMoney.end(), of) != kMoney.end()) {
      checked.measure = Measure::kSpend;
      return;
    }
    if (of == "item.quantity") {
      checked.measure = Measure::kPurchases;
      return;
    }
    absl::string_view type = of;
    if (absl::ConsumePrefix(&type, "activity.")) return CheckAttribute(path, type, checked);
    if (absl::ConsumePrefix(&type, "points.")) {
      checked.measure = Measure::kPoints;
      if (const auto index = point_types_.Find(path, std::string(type), findings_)) {
        checked.point_type = *index;
      }
      return;
    }
    findings_.Error(
        "R-NAME-101", path,
        absl::StrCat("must be purchase.eligible_net, purchase.net, purchase.list, item.net, "
                     "item.quantity, points.<point type> or activity.<attribute>, was ",
                     Quoted(of)));
  }

  void CheckAttribute(const std::string& path, absl::string_view id, Metric& checked) {
    checked.measure = Measure::kPurchases;
    for (const v1::ActivityType& type : document_.activity_types()) {
      for (const v1::Attribute& attribute : type.attributes()) {
        if (attribute.id() != id) continue;
        if (attribute.type() == v1::Attribute::TYPE_MONEY) checked.measure = Measure::kSpend;
        if (attribute.type() == v1::Attribute::TYPE_INT || checked.measure == Measure::kSpend) {
          return;
        }
      }
    }
    findings_.Error("R-NAME-101", path,
                    absl::StrCat("must be an attribute of type INT or MONEY, was ", Quoted(id)));
  }

  void CheckDistinct(const std::string& path, const std::string& of) {
    const std::vector<std::string> names = {"activity.channel", "item.brand", "item.category",
                                            "store.id"};
    if (std::find(names.begin(), names.end(), of) != names.end()) return;
    findings_.Error(
        "R-NAME-101", path,
        absl::StrCat("must be one of ", absl::StrJoin(names, ", "), ", was ", Quoted(of)),
        DidYouMean(of, names));
  }

  void CheckWindow(const std::string& path, const v1::Metric& metric, Metric& checked) {
    switch (metric.window().kind_case()) {
      case v1::Window::kLifetime:
        return CheckTrue(In(path, "lifetime"), metric.window().lifetime());
      case v1::Window::kMemberYear:
        return CheckTrue(In(path, "member_year"), metric.window().member_year());
      case v1::Window::kTierTerm:
        return CheckTrue(In(path, "tier_term"), metric.window().tier_term());
      case v1::Window::kCalendar:
        return;  // an unknown value is reported where it is read
      case v1::Window::kRolling:
        CheckRolling(In(path, "rolling"), metric.window().rolling(), checked);
        return;
      case v1::Window::KIND_NOT_SET:
        CheckNoWindow(path);
        return;
    }
  }

  void CheckTrue(const std::string& path, bool value) {
    if (!value) findings_.Error("R-SCHEMA-020", path, "must be true, was false");
  }

  void CheckNoWindow(const std::string& path) {
    constexpr std::array kKinds = std::to_array<absl::string_view>(
        {"rolling", "calendar", "member_year", "tier_term", "lifetime"});
    for (const absl::string_view kind : kKinds) {
      if (findings_.IsWrong(In(path, kind))) return;
    }
    findings_.Error("R-SCHEMA-009", path, "must be given, such as `rolling` or `lifetime`");
  }

  void CheckRolling(const std::string& path, const std::string& text, Metric& checked) {
    const std::optional<CivilDuration> rolling = fields_.Days(path, text, kWindowYearsMax);
    if (!rolling) return;
    checked.rolling_months = rolling->months();
    checked.rolling_days = rolling->days();
    if (rolling->count == 0) {
      findings_.Error("R-SCHEMA-013", path, absl::StrCat("must be > 0, was ", Quoted(text)));
    }
  }

  void CheckTiers() {
    const std::string list = "tiers";
    const int count = fields_.Limited(list, document_.tiers_size(), 16);
    Names names("tier", list);
    absl::flat_hash_map<std::int32_t, int> ranks;
    for (int i = 0; i < count; ++i) {
      const std::string path = At(list, i);
      const v1::Tier& tier = document_.tiers(i);
      fields_.Id(In(path, "id"), tier.id(), IdForm::kAny);
      names.Add(In(path, "id"), tier.id(), findings_);
      fields_.Required(In(path, "name"), tier.name());
      fields_.Text(In(path, "name"), tier.name(), kNameCharactersMax);
      CheckRank(In(path, "rank"), tier.rank(), i, ranks);
      CheckTier(path, tier);
    }
    if (!ranks.contains(0) && are_ranks_known_ && !findings_.IsWrong(list)) {
      findings_.Error("R-TIER-601", list, "must have exactly one tier of rank 0, had none",
                      "add a tier that every member starts with");
    }
  }

  void CheckRank(const std::string& path, std::int32_t rank, int place,
                 absl::flat_hash_map<std::int32_t, int>& ranks) {
    if (findings_.IsWrong(path)) {
      are_ranks_known_ = false;
      return;
    }
    if (rank < 0 || rank > 1'000) {
      findings_.Error("R-TIER-601", path, absl::StrCat("must be 0 to 1000, was ", rank));
      return;
    }
    const auto [first, is_new] = ranks.emplace(rank, place);
    if (is_new) return;
    findings_.Error(
        "R-TIER-601", path,
        absl::StrCat("must be another than that of ", At("tiers", first->second), ", was ", rank));
  }

  void CheckTier(const std::string& path, const v1::Tier& tier) {
    // Without a rank nobody can tell whether this is the base tier.
    const bool is_rank_known = !findings_.IsWrong(In(path, "rank"));
    const std::string qualify = In(path, "qualify");
    if (tier.rank() != 0) {
      if (tier.qualify().empty() && is_rank_known && !findings_.IsWrong(qualify)) {
        findings_.Error("R-TIER-601", qualify, "must be given, or nobody reaches this tier");
      }
      return;
    }
    if (!is_rank_known) return;
    constexpr absl::string_view kRefused = "must not be given for the base tier, of rank 0";
    if (!tier.qualify().empty()) findings_.Error("R-TIER-601", qualify, std::string(kRefused));
    if (!tier.retain().empty()) {
      findings_.Error("R-TIER-601", In(path, "retain"), std::string(kRefused));
    }
  }

  void CheckPolicy() {
    const v1::TierPolicy& policy = document_.tier_policy();
    if (policy.has_review()) {
      CheckReview("tier_policy.review.every", policy.review().every());
      CheckAnchor("tier_policy.review", policy.review());
    } else if (policy.downgrade() != v1::TierPolicy::DOWNGRADE_UNSPECIFIED &&
               !findings_.IsWrong("tier_policy.review")) {
      findings_.Warning("R-TIER-606", "tier_policy.downgrade", "must come with `review`, had none",
                        "without reviews no tier is ever lost");
    }
    if (policy.upgrade() == v1::TierPolicy::UPGRADE_AT_REVIEW && !policy.has_review() &&
        !findings_.IsWrong("tier_policy.review")) {
      findings_.Error("R-TIER-606", "tier_policy.upgrade",
                      "AT_REVIEW must come with `review`, had none: nobody would ever rise");
    }
  }

  void CheckReview(const std::string& path, const std::string& every) {
    if (!fields_.Required(path, every)) return;
    const std::optional<CivilDuration> term = fields_.Duration(path, every, kWindowYearsMax);
    if (!term) return;
    if (term->months() == 0) {
      findings_.Error("R-SCHEMA-013", path,
                      absl::StrCat("must be in months or years and > 0, was ", Quoted(every)));
    }
  }

  void CheckAnchor(const std::string& path, const v1::Review& review) {
    const bool is_calendar = review.anchor() == v1::Review::ANCHOR_CALENDAR;
    const std::string starts = In(path, "starts");
    if (is_calendar && fields_.Required(starts, review.starts()) &&
        !ParseYearDay(review.starts())) {
      findings_.Error("R-SCHEMA-013", starts,
                      absl::StrCat("must be a day as MM-DD, was ", Quoted(review.starts())));
    }
    if (!is_calendar && !review.starts().empty()) {
      findings_.Error("R-TIER-606", starts, "must be given only for CALENDAR");
    }
    const bool is_tier = review.anchor() == v1::Review::ANCHOR_UNSPECIFIED ||
                         review.anchor() == v1::Review::ANCHOR_TIER_ANNIVERSARY;
    if (is_tier && review.keep() != v1::Review::KEEP_UNSPECIFIED) {
      findings_.Error("R-TIER-606", In(path, "keep"), "must not be given for TIER_ANNIVERSARY");
    }
  }

  const v1::ProgramDocument& document_;
  const Names& point_types_;
  Fields& fields_;
  Findings& findings_;
  Program& program_;
  Names metrics_{"metric", "metrics"};
  bool are_ranks_known_ = true;
};

}  // namespace

void CheckTiers(const v1::ProgramDocument& document, const Names& point_types, Fields& fields,
                Program& program) {
  Checker(document, point_types, fields, program).Check();
}

}  // namespace laurel::rules
