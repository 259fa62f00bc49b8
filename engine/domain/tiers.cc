#include "engine/domain/tiers.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "engine/domain/facts.h"

namespace laurel {

std::size_t TierIndex(const rules::Rulebook& rulebook, absl::string_view tier) {
  const std::span<const rules::Tier> tiers = rulebook.tiers();
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i].id == tier) return i;
  }
  return 0;
}

Timestamp ReviewAt(const rules::Rulebook& rulebook, std::size_t tier, Timestamp since,
                   std::uint32_t term) {
  const rules::TierPolicy& policy = rulebook.tier_policy();
  if (tier == 0 || policy.review_months == 0 || policy.downgrade == rules::Downgrade::kNever) {
    return Timestamp::Never();
  }
  const Date last =
      rulebook.LocalDate(since).PlusMonths(policy.review_months * static_cast<int>(term));
  return rulebook.StartOf(last.PlusDays(1));
}

std::optional<TierDecided> JudgeUpgrade(const rules::Rulebook& rulebook, const MemberTier& tier,
                                        std::span<const std::int64_t> metrics, Timestamp instant) {
  const std::size_t present = TierIndex(rulebook, tier.tier);
  const std::size_t qualified = rulebook.QualifiedTier(metrics);
  if (rulebook.tiers()[qualified].rank <= rulebook.tiers()[present].rank) return std::nullopt;
  return TierDecided{.cause = TierCause::kUpgraded,
                     .from = tier.tier,
                     .to = rulebook.tiers()[qualified].id,
                     .since = instant,
                     .term = 1,
                     .review_at = ReviewAt(rulebook, qualified, instant, 1)};
}

bool IsReviewDue(const MemberTier& tier, Timestamp now,
                 const std::optional<Timestamp>& activity_at) {
  if (tier.review_at.is_never()) return false;
  if (tier.review_at <= now && tier.review_not_before <= now) return true;
  return activity_at && *activity_at <= now.PlusMicros(kAheadMicros) &&
         tier.review_at <= *activity_at;
}

TierDecided JudgeReview(const rules::Rulebook& rulebook, const MemberTier& tier,
                        std::span<const std::int64_t> metrics) {
  const std::size_t present = TierIndex(rulebook, tier.tier);
  if (rulebook.Retains(present, metrics)) {
    return TierDecided{.cause = TierCause::kRetained,
                       .from = tier.tier,
                       .to = tier.tier,
                       .since = tier.since,
                       .term = tier.term + 1,
                       .review_at = ReviewAt(rulebook, present, tier.since, tier.term + 1)};
  }
  const std::size_t lower = rulebook.DowngradedTier(present, metrics);
  return TierDecided{.cause = TierCause::kDowngraded,
                     .from = tier.tier,
                     .to = rulebook.tiers()[lower].id,
                     .since = tier.review_at,
                     .term = 1,
                     .review_at = ReviewAt(rulebook, lower, tier.review_at, 1)};
}

Date LastDayOfTerm(const rules::Rulebook& rulebook, const MemberTier& tier) {
  return rulebook.LocalDate(tier.review_at).PlusDays(-1);
}

std::vector<ProgressLine> NearestOf(const rules::Rulebook& rulebook,
                                    std::span<const std::vector<rules::Threshold>> alternatives,
                                    std::span<const std::int64_t> metrics) {
  const std::vector<rules::Threshold>* nearest = nullptr;
  absl::int128 nearest_missing = 0;
  absl::int128 nearest_need = 1;
  for (const std::vector<rules::Threshold>& alternative : alternatives) {
    absl::int128 missing = 0;
    absl::int128 need = 1;
    for (const rules::Threshold& threshold : alternative) {
      const absl::int128 lacks =
          std::max<std::int64_t>(0, threshold.at_least - metrics[threshold.metric]);
      const absl::int128 of = std::max<std::int64_t>(1, threshold.at_least);
      if (lacks * need > missing * of) {
        missing = lacks;
        need = of;
      }
    }
    if (nearest == nullptr || missing * nearest_need < nearest_missing * need) {
      nearest = &alternative;
      nearest_missing = missing;
      nearest_need = need;
    }
  }
  std::vector<ProgressLine> lines;
  if (nearest == nullptr) return lines;
  for (const rules::Threshold& threshold : *nearest) {
    lines.push_back(ProgressLine{rulebook.metrics()[threshold.metric].id, metrics[threshold.metric],
                                 threshold.at_least});
  }
  return lines;
}

TierView ViewOf(const rules::Rulebook& rulebook, const MemberTier& tier,
                std::span<const std::int64_t> metrics) {
  TierView view{.tier = tier.tier,
                .since = tier.since,
                .review_at = tier.review_at,
                .next = {},
                .progress = {}};
  const std::size_t present = TierIndex(rulebook, tier.tier);
  if (present + 1 >= rulebook.tiers().size()) return view;
  const rules::Tier& next = rulebook.tiers()[present + 1];
  view.next = next.id;
  view.progress = NearestOf(rulebook, next.qualify, metrics);
  return view;
}

MemberTier After(const MemberTier& tier, const TierDecided& verdict) {
  MemberTier after = tier;
  if (verdict.cause != TierCause::kRetained) {
    after.previous = verdict.cause == TierCause::kUpgraded
                         ? verdict.from
                         : "";  // a lower tier rests on no upgrade
  }
  after.tier = verdict.to;
  after.since = verdict.since;
  after.term = verdict.term;
  after.review_at = verdict.review_at;
  return after;
}

}  // namespace laurel
