#include "rules/program/tier_judge.h"

#include <algorithm>

#include "rules/cel/arena.h"

namespace laurel::rules::model {
namespace {

constexpr std::int32_t kTermsMax = 4'000;  // more than a day's terms in a lifetime of calendars

bool Qualifies(const Model& model, FactFrame& frame, std::size_t tier) {
  const Condition& qualify = model.tiers[tier].qualify;
  return qualify && frame.Test(qualify);
}

bool Keeps(const Model& model, FactFrame& frame, std::size_t tier) {
  const Condition& retain = model.tiers[tier].retain;
  return (retain && frame.Test(retain)) || Qualifies(model, frame, tier);
}

Date InYear(int year, const YearDay& day) {
  const Date first = Date::FromCivil(year, day.month, 1).value_or(Date());
  const Date last = first.PlusMonths(1).PlusDays(-1);
  return std::min(first.PlusDays(day.day - 1), last);
}

// One member at one moment.
class Judge {
 public:
  Judge(const Model& model, FactFrame& frame, const TierState& state)
      : model_(model), policy_(model.tier_policy), frame_(frame), state_(state) {
    verdict_.earned = state.earned;
    verdict_.since = state.since;
    if (HasTerms(model, state.earned)) {
      verdict_.through = state.through ? state.through : TermOf(state.earned, state.since);
    }
  }

  TierVerdict Decide(Moment moment) {
    switch (moment) {
      case Moment::kUpgrade:
        if (policy_.upgrades_at_once) {
          Upgrade();
        } else {
          Secure();
        }
        break;
      case Moment::kReturn:
        Upgrade();
        break;
      case Moment::kReview:
        Review();
        break;
      case Moment::kWaiting:
        if (Keeps(model_, frame_, state_.earned)) Retain();
        break;
      case Moment::kDecision:
        if (Keeps(model_, frame_, state_.earned)) {
          Retain();
        } else {
          Lose();
        }
        break;
      case Moment::kWorn:
        KeepWorn();
        break;
      case Moment::kActivation:
        Activate();
        break;
    }
    SetLifetime();
    verdict_.shown = verdict_.earned;
    if (state_.floor) verdict_.shown = std::max(verdict_.shown, *state_.floor);
    if (verdict_.worn_through) verdict_.shown = std::max(verdict_.shown, state_.earned);
    return verdict_;
  }

 private:
  Timestamp now() const { return frame_.facts().activity.occurred_at; }

  std::optional<Date> TermOf(std::size_t tier, Timestamp since) const {
    if (!HasTerms(model_, tier)) return std::nullopt;
    const Date enrolled = model_.calendar.LocalDate(frame_.facts().member.enrolled_at);
    return TermEnd(model_, model_.calendar.LocalDate(since), enrolled, frame_.date());
  }

  void Upgrade() {
    const std::size_t qualified = QualifiedTier(model_, frame_);
    if (qualified > state_.earned) {
      verdict_.outcome = TierOutcome::kUpgraded;
      verdict_.earned = qualified;
      verdict_.since = now();
      verdict_.through = TermOf(qualified, now());
    } else {
      Secure();
    }
  }

  void Secure() {
    if (IsInLastDays() && Keeps(model_, frame_, state_.earned)) {
      verdict_.outcome = TierOutcome::kSecured;
    }
  }

  bool IsInLastDays() const {
    if (!policy_.before || state_.earned == 0 || !verdict_.through) return false;
    return frame_.date() > Minus(*verdict_.through, *policy_.before);
  }

  void Review() {
    if (state_.earned == 0) {
      if (policy_.upgrades_at_once) return;
      Upgrade();
      // Whoever stays is looked at again at the end of the next term.
      if (verdict_.outcome == TierOutcome::kUnchanged) {
        verdict_.through = TermOf(0, state_.since);
      }
      return;
    }
    const std::size_t qualified = QualifiedTier(model_, frame_);
    if (qualified > state_.earned) return Upgrade();
    if (Keeps(model_, frame_, state_.earned)) return Retain();
    if (!policy_.late) return Lose();
    verdict_.outcome = TierOutcome::kWaiting;
    verdict_.through = Plus(frame_.date(), *policy_.late).PlusDays(-1);
  }

  // The next term follows, counted from when the tier was won.
  void Retain() {
    verdict_.outcome = TierOutcome::kRetained;
    verdict_.through = TermOf(state_.earned, state_.since);
  }

  void Lose() {
    if (state_.earned == 0) return;
    if (policy_.downgrade == Downgrade::kNever) {
      verdict_.through = TermOf(state_.earned, state_.since);
      return;
    }
    verdict_.outcome = TierOutcome::kDowngraded;
    verdict_.earned = policy_.downgrade == Downgrade::kDropOne ? state_.earned - 1 : KeptBelow();
    verdict_.since = now();
    verdict_.through = TermOf(verdict_.earned, now());
    if (policy_.after) {
      verdict_.worn_through = Plus(frame_.date(), *policy_.after).PlusDays(-1);
    }
  }

  // As if everybody came by at this instant.
  void Activate() {
    if (policy_.on_activation == OnActivation::kNothing) return;
    const std::size_t qualified = QualifiedTier(model_, frame_);
    if (qualified > state_.earned) return Upgrade();
    if (policy_.on_activation != OnActivation::kRecompute) return;
    if (!Keeps(model_, frame_, state_.earned)) Lose();
  }

  std::size_t KeptBelow() {
    for (std::size_t tier = state_.earned; tier-- > 1;) {
      if (Keeps(model_, frame_, tier)) return tier;
    }
    return 0;
  }

  // A lost tier that is still worn is won back as if it had been kept.
  void KeepWorn() {
    if (!state_.floor || *state_.floor <= state_.earned || !Keeps(model_, frame_, *state_.floor)) {
      return Upgrade();
    }
    verdict_.outcome = TierOutcome::kRetained;
    verdict_.earned = *state_.floor;
    verdict_.through = TermOf(verdict_.earned, state_.since);
  }

  void SetLifetime() {
    for (std::size_t tier = model_.tiers.size(); tier-- > 0;) {
      const Condition& lifetime = model_.tiers[tier].lifetime;
      if (!lifetime || !frame_.Test(lifetime)) continue;
      verdict_.lifetime = tier;
      return;
    }
  }

  const Model& model_;
  const TierPolicy& policy_;
  FactFrame& frame_;
  const TierState& state_;
  TierVerdict verdict_;
};

}  // namespace

absl::string_view ToString(TierOutcome outcome) {
  switch (outcome) {
    case TierOutcome::kUnchanged:
      return "UNCHANGED";
    case TierOutcome::kUpgraded:
      return "UPGRADED";
    case TierOutcome::kSecured:
      return "SECURED";
    case TierOutcome::kRetained:
      return "RETAINED";
    case TierOutcome::kWaiting:
      return "WAITING";
    case TierOutcome::kDowngraded:
      return "DOWNGRADED";
  }
  return "";
}

std::size_t QualifiedTier(const Model& model, FactFrame& frame) {
  for (std::size_t tier = model.tiers.size(); tier-- > 1;) {
    if (Qualifies(model, frame, tier)) return tier;
  }
  return 0;
}

std::optional<Date> TermEnd(const Model& model, Date since, Date enrolled, Date date) {
  const TierPolicy& policy = model.tier_policy;
  if (!policy.has_review) return std::nullopt;
  if (policy.anchor == Anchor::kTierAnniversary) {
    for (std::int32_t k = 1; k < kTermsMax; ++k) {
      const Date end = Plus(since, policy.every, k);
      if (end >= date) return end;
    }
    return std::nullopt;
  }
  // Terms end on the day before a boundary; the first one is that after the tier was won.
  const Date base = policy.anchor == Anchor::kEnrolmentAnniversary
                        ? enrolled
                        : InYear(since.year() - 1, policy.starts);
  bool skips_one = policy.keeps_next_period;
  for (std::int32_t k = 0; k < kTermsMax; ++k) {
    const Date boundary = Plus(base, policy.every, k);
    if (boundary <= since) continue;
    if (skips_one) {
      skips_one = false;
      continue;
    }
    if (boundary > date) return boundary.PlusDays(-1);
  }
  return std::nullopt;
}

bool HasTerms(const Model& model, std::size_t tier) {
  return tier > 0 || !model.tier_policy.upgrades_at_once;
}

std::optional<Date> TermOf(const Model& model, const Facts& facts, const TierState& state) {
  if (!HasTerms(model, state.earned)) return std::nullopt;
  if (state.through) return state.through;
  const Calendar& calendar = model.calendar;
  return TermEnd(model, calendar.LocalDate(state.since),
                 calendar.LocalDate(facts.member.enrolled_at),
                 calendar.LocalDate(facts.activity.occurred_at));
}

TierVerdict JudgeTier(const Model& model, FactFrame& frame, const TierState& state, Moment moment) {
  return Judge(model, frame, state).Decide(moment);
}

TierVerdict JudgeTier(const Model& model, const Facts& facts, const TierState& state,
                      Moment moment) {
  cel::Arena arena;
  FactFrame frame(model, facts, arena, model.tier_footprint);
  frame.Derive();
  return JudgeTier(model, frame, state, moment);
}

TierVerdict Confirmed(const Model& model, const Facts& facts, const TierState& state) {
  const Calendar& calendar = model.calendar;
  TierVerdict verdict;
  verdict.outcome = TierOutcome::kRetained;
  verdict.earned = verdict.shown = state.earned;
  verdict.since = state.since;
  verdict.through =
      TermEnd(model, calendar.LocalDate(state.since), calendar.LocalDate(facts.member.enrolled_at),
              calendar.LocalDate(facts.activity.occurred_at));
  return verdict;
}

bool KeepsMatch(const Model& model, const Facts& facts) {
  const Condition& keep_if = model.tier_policy.match_keep_if;
  if (!keep_if) return false;
  cel::Arena arena;
  FactFrame frame(model, facts, arena, model.tier_footprint);
  frame.Derive();
  return frame.Test(keep_if);
}

TierVerdict JudgeReturn(const Model& model, const Facts& then, const Facts& now,
                        const TierState& state) {
  TierVerdict verdict = JudgeTier(model, now, state, Moment::kReturn);
  if (model.tier_policy.keeps_on_return || verdict.outcome == TierOutcome::kUpgraded) {
    return verdict;
  }
  cel::Arena arena;
  FactFrame frame_then(model, then, arena, model.tier_footprint);
  frame_then.Derive();
  cel::Arena arena_now;
  FactFrame frame_now(model, now, arena_now, model.tier_footprint);
  frame_now.Derive();
  if (state.earned <= state.before_upgrade || Qualifies(model, frame_then, state.earned) ||
      Qualifies(model, frame_now, state.earned)) {
    return verdict;
  }
  verdict.outcome = TierOutcome::kDowngraded;
  verdict.earned = std::max(QualifiedTier(model, frame_now), state.before_upgrade);
  verdict.since = now.activity.occurred_at;
  verdict.through = std::nullopt;
  if (HasTerms(model, verdict.earned)) {
    verdict.through = TermEnd(model, frame_now.date(),
                              model.calendar.LocalDate(now.member.enrolled_at), frame_now.date());
  }
  verdict.shown = state.floor ? std::max(verdict.earned, *state.floor) : verdict.earned;
  return verdict;
}

}  // namespace laurel::rules::model
