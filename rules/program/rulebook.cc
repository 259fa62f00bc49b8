#include "rules/program/rulebook.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "rules/program/amount.h"
#include "rules/program/document.h"
#include "rules/program/expiry.h"
#include "rules/program/findings.h"
#include "rules/program/program.h"

namespace laurel::rules {
namespace {

constexpr absl::string_view kBaseFunding = "base";

bool IsOneOf(std::span<const std::string> categories, const std::vector<std::string>& ascending) {
  if (ascending.empty()) return false;
  return std::any_of(categories.begin(), categories.end(), [&](const std::string& category) {
    return std::binary_search(ascending.begin(), ascending.end(), category);
  });
}

bool Holds(const std::vector<std::vector<Threshold>>& alternatives,
           std::span<const std::int64_t> values) {
  return std::any_of(alternatives.begin(), alternatives.end(), [&](const auto& all) {
    return std::all_of(all.begin(), all.end(), [&](const Threshold& threshold) {
      return values[threshold.metric] >= threshold.at_least;
    });
  });
}

// A sum that stays within [0, kBasisMax] or is empty for good, in whatever order it is made.
class Basis {
 public:
  void Add(std::int64_t net) {
    if (!sum_) return;
    if (net < 0 || net > kBasisMax || *sum_ + net > kBasisMax) {
      sum_.reset();
    } else {
      *sum_ += net;
    }
  }
  std::optional<std::int64_t> sum() const { return sum_; }

 private:
  std::optional<std::int64_t> sum_ = 0;
};

class CompiledRulebook final : public Rulebook {
 public:
  explicit CompiledRulebook(Document document)
      : canonical_(std::move(document.canonical)),
        digest_(Sha256(canonical_)),
        program_(std::move(document.program)) {
    for (const LineKind kind : program_.line_kinds) counts_.set(static_cast<std::size_t>(kind));
  }

  absl::string_view canonical() const override { return canonical_; }
  const Hash& digest() const override { return digest_; }
  absl::string_view program() const override { return program_.id; }
  absl::string_view name() const override { return program_.name; }
  absl::string_view currency() const override { return program_.currency; }
  int currency_exponent() const override { return program_.currency_exponent; }
  absl::string_view time_zone() const override { return program_.time_zone; }
  std::int64_t max_late_arrival_micros() const override { return program_.max_late_arrival_micros; }
  std::span<const PointType> point_types() const override { return program_.point_types; }
  std::span<const Metric> metrics() const override { return program_.metrics; }
  std::span<const Tier> tiers() const override { return program_.tiers; }
  const TierPolicy& tier_policy() const override { return program_.tier_policy; }

  Date LocalDate(Timestamp instant) const override { return program_.calendar.LocalDate(instant); }
  Timestamp StartOf(Date date) const override { return program_.calendar.StartOf(date); }

  Evaluation Evaluate(const PurchaseFacts& facts) const override {
    Evaluation evaluation;
    const std::optional<std::int64_t> eligible = EligibleNet(facts, {});
    evaluation.has_overflow = !eligible;
    if (!eligible) return evaluation;
    evaluation.eligible_net = *eligible;

    const Date local_date = LocalDate(facts.occurred_at);
    for (std::size_t i = 0; i < program_.earning_rules.size(); ++i) {
      const EarnRule& rule = program_.earning_rules[i];
      // A part of a sum within range is within range.
      const std::int64_t basis = rule.excluded_categories.empty()
                                     ? *eligible
                                     : EligibleNet(facts, rule.excluded_categories).value_or(0);
      const std::optional<std::int64_t> points = PointsFor(rule.rate, basis);
      if (!points) {
        evaluation.has_overflow = true;
        return evaluation;
      }
      if (*points == 0) continue;
      evaluation.lines.push_back({.rule = i,
                                  .rule_id = rule.id,
                                  .point_type = rule.point_type,
                                  .points = *points,
                                  .funding = kBaseFunding,
                                  .terms = Terms(rule.point_type, facts.occurred_at, local_date)});
    }
    return evaluation;
  }

  LotTerms TermsFor(std::size_t point_type, Timestamp occurred_at) const override {
    return Terms(point_type, occurred_at, LocalDate(occurred_at));
  }

  std::size_t QualifiedTier(std::span<const std::int64_t> metrics) const override {
    return HighestBelow(program_.tiers.size(), metrics, /*is_retain_enough=*/false);
  }

  bool Retains(std::size_t tier, std::span<const std::int64_t> metrics) const override {
    CheckValues(metrics);
    LAUREL_CHECK(tier < program_.tiers.size(), "a tier must be one of the program's");
    const Tier& held = program_.tiers[tier];
    return tier == 0 || Holds(held.retain, metrics) || Holds(held.qualify, metrics);
  }

  std::size_t DowngradedTier(std::size_t tier,
                             std::span<const std::int64_t> metrics) const override {
    LAUREL_CHECK(tier < program_.tiers.size(), "a tier must be one of the program's");
    switch (program_.tier_policy.downgrade) {
      case Downgrade::kDropOne:
        return tier == 0 ? 0 : tier - 1;
      case Downgrade::kRecompute:
        return HighestBelow(tier, metrics, /*is_retain_enough=*/true);
      case Downgrade::kNever:
        return tier;
    }
    return tier;
  }

 private:
  // The net of the lines that count, less those of the categories; empty if it leaves its range.
  std::optional<std::int64_t> EligibleNet(const PurchaseFacts& facts,
                                          const std::vector<std::string>& excluded) const {
    Basis basis;
    for (const ItemFacts& item : facts.items) {
      if (!counts_.test(static_cast<std::size_t>(item.kind))) continue;
      if (IsOneOf(item.categories, program_.excluded_categories)) continue;
      if (IsOneOf(item.categories, excluded)) continue;
      basis.Add(item.net);
    }
    return basis.sum();
  }

  LotTerms Terms(std::size_t point_type, Timestamp occurred_at, Date local_date) const {
    LotTerms terms{.activates_at = occurred_at};
    LAUREL_CHECK(point_type < program_.expiry.size(), "a point type must be one of the program's");
    if (const std::optional<Date> last = LastDay(program_.expiry[point_type], local_date)) {
      terms.expires_at = StartOf(last->PlusDays(1));
    }
    return terms;
  }

  std::size_t HighestBelow(std::size_t end, std::span<const std::int64_t> metrics,
                           bool is_retain_enough) const {
    CheckValues(metrics);
    for (std::size_t tier = end; tier > 1; --tier) {
      const Tier& candidate = program_.tiers[tier - 1];
      if (Holds(candidate.qualify, metrics)) return tier - 1;
      if (is_retain_enough && Holds(candidate.retain, metrics)) return tier - 1;
    }
    return 0;
  }

  void CheckValues(std::span<const std::int64_t> metrics) const {
    LAUREL_CHECK(metrics.size() == program_.metrics.size(),
                 "there must be a value for each metric");
  }

  std::string canonical_;
  Hash digest_;
  Program program_;
  std::bitset<8> counts_;  // by LineKind
};

}  // namespace

Date Metric::FirstDay(Date last) const {
  const Date first_of_all = *Date::FromCivil(1, 1, 1);
  if (rolling_months > 0) {
    return std::max(first_of_all, last.PlusMonths(-rolling_months).PlusDays(1));
  }
  if (rolling_days > 0) return std::max(first_of_all, last.PlusDays(1 - rolling_days));
  return first_of_all;
}

Rulebook::Compiled Rulebook::Compile(absl::string_view text) {
  text = WithoutByteOrderMark(text);
  Findings findings(text);
  std::optional<Document> document = ReadDocument(text, findings);
  Compiled compiled{.rulebook = nullptr, .findings = findings.Sorted()};
  // Information is for authors, who ask for it by CheckDocument.
  std::erase_if(compiled.findings,
                [](const Finding& finding) { return finding.severity == Severity::kInfo; });
  if (document) compiled.rulebook = std::make_shared<CompiledRulebook>(*std::move(document));
  return compiled;
}

absl::StatusOr<std::shared_ptr<const Rulebook>> Rulebook::FromCanonical(
    absl::string_view canonical) {
  Compiled compiled = Compile(canonical);
  if (!compiled.rulebook) {
    return absl::InternalError(
        absl::StrCat("program: stored document must compile, was refused: ",
                     RenderFinding(compiled.findings.front(), "canonical", "")));
  }
  if (compiled.rulebook->canonical() != canonical) {
    return absl::InternalError("program: stored document must be in canonical form, was not");
  }
  return std::move(compiled.rulebook);
}

}  // namespace laurel::rules
