#include "rules/program/document_reach.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/calendar.h"
#include "rules/program/document_fields.h"
#include "rules/program/units.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

constexpr std::int64_t kMicros = 1'000'000;
constexpr int kMicrosDigits = 6;

std::int64_t MicrosOf(const std::string& text) { return ParseScaled(text, kMicrosDigits).value; }

// The points of a bonus that is a number and no expression.
std::optional<std::int64_t> LiteralOf(const v1::Rule& rule) {
  std::int64_t points = 0;
  if (!rule.has_bonus() || !absl::SimpleAtoi(rule.bonus().points(), &points)) return std::nullopt;
  return points;
}

bool IsSame(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

template <class List>
bool IsSameList(const List& a, const List& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

class Checker {
 public:
  Checker(const v1::ProgramDocument& document, std::optional<int> exponent, Findings& findings)
      : document_(document), exponent_(exponent.value_or(2)), findings_(findings) {}

  void Check() {
    for (const v1::StackingGroup& group : document_.stacking_groups()) CheckGroup(group);
    for (int i = 0; i < document_.earning_rules_size(); ++i) {
      CheckRule(At("earning_rules", i), document_.earning_rules(i));
    }
    for (int i = 0; i < document_.promotions_size(); ++i) {
      CheckRule(At("promotions", i), document_.promotions(i));
    }
    if (document_.promotions_size() > 0) {
      for (int i = 0; i < document_.point_types_size(); ++i) ReportBound(i);
    }
  }

 private:
  // ---- Groups.

  // Whether `a` is chosen before `b` where both ask for the same.
  static bool IsBefore(const v1::Rule& a, const v1::Rule& b) {
    return a.priority() != b.priority() ? a.priority() > b.priority() : a.id() < b.id();
  }

  void CheckGroup(const v1::StackingGroup& group) {
    if (group.mode() == v1::StackingGroup::MODE_STACKED) return;
    const bool is_first = group.mode() == v1::StackingGroup::MODE_FIRST_ELIGIBLE;
    for (int i = 0; i < document_.promotions_size(); ++i) {
      const v1::Rule& rule = document_.promotions(i);
      if (rule.stacking_group() != group.id() || !IsLive(rule)) continue;
      CheckPlace(At("promotions", i), rule, group.id(), is_first);
    }
  }

  // A rule against the others of its group.
  void CheckPlace(const std::string& path, const v1::Rule& rule, const std::string& group,
                  bool is_first) {
    for (const v1::Rule& other : document_.promotions()) {
      if (&other == &rule || other.stacking_group() != group || !IsLive(other)) continue;
      const bool is_before = IsBefore(other, rule);
      const bool always_wins =
          is_first ? is_before && AlwaysGives(other, rule) : GivesAtLeast(other, rule, is_before);
      if (always_wins && HoldsWhenever(other, rule)) {
        findings_.Warning("R-REACH-505", path,
                          absl::StrCat(rule.id(), " can never win the group ", group, ": ",
                                       other.id(), " holds whenever it does"));
        return;
      }
    }
    if (is_first) CheckHidden(path, rule, group);
  }

  // Whether a lower one may be worth more than `rule`.
  void CheckHidden(const std::string& path, const v1::Rule& rule, const std::string& group) {
    for (const v1::Rule& lower : document_.promotions()) {
      if (&lower == &rule || lower.stacking_group() != group || !IsLive(lower)) continue;
      if (!IsBefore(rule, lower) || AreApart(rule, lower) || GivesAtLeast(rule, lower, true)) {
        continue;
      }
      findings_.Info("R-GROUP-524", path,
                     absl::StrCat("in FIRST_ELIGIBLE group ", group, ", ", rule.id(),
                                  " can hide a better offer"),
                     {absl::StrCat(lower.id(), " comes later and can give more")});
      return;
    }
  }

  static bool IsLive(const v1::Rule& rule) {
    return rule.rollout() != v1::Rule::ROLLOUT_PAUSED && rule.rollout() != v1::Rule::ROLLOUT_SHADOW;
  }

  // Whether the days of two rules never meet.
  static bool AreApart(const v1::Rule& a, const v1::Rule& b) {
    const auto ends_before = [](const v1::Rule& first, const v1::Rule& second) {
      const std::string& last = first.active().last_on();
      return !last.empty() && !second.active().first_on().empty() &&
             last < second.active().first_on();
    };
    return ends_before(a, b) || ends_before(b, a);
  }

  // Whether nothing keeps `other` from holding where `rule` holds.
  bool HoldsWhenever(const v1::Rule& other, const v1::Rule& rule) const {
    const bool is_bounded = !other.limits().empty() || other.has_budget() ||
                            !other.funding().empty() || other.canary_basis_points() > 0;
    const auto& measured = document_.plan().rules();
    const bool is_measured =
        document_.plan().holdout_basis_points() > 0 &&
        std::find(measured.begin(), measured.end(), other.id()) != measured.end();
    if (is_bounded || is_measured) return false;
    const bool has_same_days = !other.has_active() || IsSame(other.active(), rule.active());
    const bool has_same_condition = other.when().empty() || other.when() == rule.when();
    return has_same_days && has_same_condition && IsSameList(other.triggers(), rule.triggers());
  }

  static bool HasSameItems(const v1::Rule& a, const v1::Rule& b) {
    return a.multiply().rule() == b.multiply().rule() &&
           a.multiply().items() == b.multiply().items();
  }

  // Whether `other` asks for more than nothing whenever `rule` does.
  static bool AlwaysGives(const v1::Rule& other, const v1::Rule& rule) {
    if (const std::optional<std::int64_t> points = LiteralOf(other)) return *points > 0;
    return other.has_multiply() && rule.has_multiply() && HasSameItems(other, rule) &&
           MicrosOf(other.multiply().by()) >= MicrosOf(rule.multiply().by());
  }

  // Whether `other` asks for at least what `rule` asks for; for more unless it `wins_ties`.
  static bool GivesAtLeast(const v1::Rule& other, const v1::Rule& rule, bool wins_ties) {
    const auto is_enough = [&](std::int64_t a, std::int64_t b) {
      return a > b || (a == b && wins_ties);
    };
    const std::optional<std::int64_t> a = LiteralOf(other);
    const std::optional<std::int64_t> b = LiteralOf(rule);
    if (a && b) return is_enough(*a, *b);
    // Where both are cut to the same points the factor does not decide.
    return other.has_multiply() && rule.has_multiply() && HasSameItems(other, rule) && wins_ties &&
           MicrosOf(other.multiply().by()) >= MicrosOf(rule.multiply().by());
  }

  // ---- Single rules.

  void CheckRule(const std::string& path, const v1::Rule& rule) {
    CheckTimes(In(path, "active"), rule.active());
    const bool keeps_bonus = rule.on_return() == v1::Rule::ON_RETURN_KEEP && rule.has_bonus();
    if (!keeps_bonus || SettlesLater(rule)) return;
    findings_.Warning("R-LIAB-643", In(path, "on_return"),
                      absl::StrCat(rule.id(), " is kept when the purchase comes back, and can be ",
                                   "spent before that"),
                      "give it a `lot` that settles after the return period");
  }

  bool SettlesLater(const v1::Rule& rule) const {
    const auto is_later = [](const v1::Settlement& settlement) {
      return settlement.policy() != v1::Settlement::POLICY_UNSPECIFIED &&
             settlement.policy() != v1::Settlement::POLICY_IMMEDIATE;
    };
    if (rule.lot().has_settlement()) return is_later(rule.lot().settlement());
    for (const v1::PointType& type : document_.point_types()) {
      if (type.id() != rule.bonus().point_type()) continue;
      return type.kind() == v1::PointType::KIND_QUALIFYING || is_later(type.settlement());
    }
    return true;
  }

  void CheckTimes(const std::string& path, const v1::Active& active) {
    CheckTime(In(path, "from"), active.from());
    CheckTime(In(path, "until"), active.until());
  }

  // "2027-03-28T02:30:00" where clocks are put forward.
  void CheckTime(const std::string& path, const std::string& text) {
    const std::optional<LocalTime> time = ParseLocalTime(text);
    const std::optional<Calendar> calendar = Calendar::Load(document_.time_zone());
    if (!time || !calendar) return;
    const Calendar::Occurrence occurrence = calendar->OccurrenceOf(time->date, time->second);
    if (occurrence == Calendar::Occurrence::kOnce) return;
    const bool is_twice = occurrence == Calendar::Occurrence::kTwice;
    findings_.Warning("R-TIME-704", path,
                      absl::StrCat("clocks in ", document_.time_zone(), " show this time ",
                                   is_twice ? "twice: the first one counts"
                                            : "never: the first instant after it counts"));
  }

  // ---- What a purchase brings at most.

  // Of one kind of line: for each unit of money, and besides.
  struct Bound {
    absl::int128 micros = 0;  // millionths of a point for one whole unit of money
    std::int64_t points = 0;  // smallest units
    bool is_known = true;     // false: rates by quantity or expression, computed bonuses
  };

  static bool IsOfPurchases(const v1::Rule& rule) {
    const auto& triggers = rule.triggers();
    return triggers.empty() ||
           std::find(triggers.begin(), triggers.end(), "purchase") != triggers.end();
  }

  const v1::Rule* BaseOf(const std::string& id) const {
    for (const v1::Rule& rule : document_.earning_rules()) {
      if (rule.id() == id) return &rule;
    }
    return nullptr;
  }

  std::string PointTypeOf(const v1::Rule& rule) const {
    if (rule.has_earn()) return rule.earn().point_type();
    if (rule.has_bonus()) return rule.bonus().point_type();
    const v1::Rule* const base = rule.has_multiply() ? BaseOf(rule.multiply().rule()) : nullptr;
    return base == nullptr ? "" : base->earn().point_type();
  }

  Bound RateOf(const v1::Earn& earn) const {
    const bool is_money = earn.of().empty() && earn.basis() != v1::Earn::BASIS_QUANTITY;
    if (!is_money) return {.is_known = false};
    const std::int64_t per = ParseScaled(earn.per(), exponent_).value;
    absl::int128 unit = 1;
    for (int i = 0; i < exponent_; ++i) unit *= 10;
    // A receipt rounds up once.
    const bool adds_one = earn.rounding() != v1::Earn::ROUNDING_DOWN &&
                          earn.rounding() != v1::Earn::ROUNDING_UNSPECIFIED;
    return {.micros = absl::int128(MicrosOf(earn.points())) * unit / std::max<std::int64_t>(1, per),
            .points = adds_one ? 1 : 0};
  }

  // What `factor_micros` adds to the rate of `base`.
  Bound Added(const v1::Rule& base, std::int64_t factor_micros) const {
    Bound bound = RateOf(base.earn());
    bound.micros = bound.micros * (factor_micros - kMicros) / kMicros;
    return bound;
  }

  Bound BoundOf(const v1::Rule& rule) const {
    Bound bound;
    if (const std::optional<std::int64_t> points = LiteralOf(rule)) {
      bound.points = std::max<std::int64_t>(0, *points);
    } else if (rule.has_bonus()) {
      bound.is_known = false;
    } else if (rule.has_earn()) {
      bound = RateOf(rule.earn());
    } else if (rule.has_multiply()) {
      const v1::Rule* const base = BaseOf(rule.multiply().rule());
      if (base != nullptr) bound = Added(*base, MicrosOf(rule.multiply().by()));
    }
    for (const v1::Limit& limit : rule.limits()) {
      if (limit.max_points() == 0) continue;
      bound = {.micros = 0, .points = limit.max_points()};
    }
    return bound;
  }

  static void Add(const Bound& more, Bound& sum) {
    sum.micros += more.micros;
    sum.points += more.points;
    sum.is_known = sum.is_known && more.is_known;
  }

  // The largest multiplier of a tier on `rule`.
  std::int64_t TierFactor(const std::string& rule) const {
    std::int64_t sum = kMicros;
    for (const v1::Benefit& benefit : document_.benefits()) {
      if (benefit.kind() != v1::Benefit::KIND_POINT_MULTIPLIER || benefit.rule() != rule) continue;
      std::int64_t most = kMicros;
      for (const v1::Grant& grant : benefit.grants()) {
        most = std::max(most, MicrosOf(grant.value()));
      }
      sum += most - kMicros;
    }
    return sum;
  }

  Bound BaseBound(const std::string& type) const {
    Bound sum;
    for (const v1::Rule& rule : document_.earning_rules()) {
      if (!IsOfPurchases(rule) || PointTypeOf(rule) != type) continue;
      Add(BoundOf(rule), sum);
      if (rule.has_earn()) Add(Added(rule, TierFactor(rule.id())), sum);
    }
    return sum;
  }

  // Of a group that keeps one promotion the largest of each part.
  Bound PromotionBound(const std::string& type) const {
    Bound sum;
    for (const v1::StackingGroup& group : document_.stacking_groups()) {
      Bound of_group;
      for (const v1::Rule& rule : document_.promotions()) {
        const bool counts = rule.stacking_group() == group.id() && IsOfPurchases(rule) &&
                            IsLive(rule) && PointTypeOf(rule) == type;
        if (!counts) continue;
        const Bound bound = BoundOf(rule);
        if (group.mode() == v1::StackingGroup::MODE_STACKED) {
          Add(bound, of_group);
          continue;
        }
        of_group.micros = std::max(of_group.micros, bound.micros);
        of_group.points = std::max(of_group.points, bound.points);
        of_group.is_known = of_group.is_known && bound.is_known;
      }
      Add(of_group, sum);
    }
    return sum;
  }

  void ReportBound(int index) {
    const v1::PointType& type = document_.point_types(index);
    if (type.kind() != v1::PointType::KIND_REDEEMABLE) return;
    Bound bound = BaseBound(type.id());
    const Bound promotions = PromotionBound(type.id());
    std::optional<std::int64_t> cap;
    for (const v1::Cap& one : document_.caps()) {
      if (one.point_type() != type.id() || one.applies_to() == v1::Cap::APPLIES_TO_RULES) continue;
      if (!cap || one.max() < *cap) cap = one.max();
    }
    if (!cap) Add(promotions, bound);
    findings_.Info("R-LIAB-642", At("point_types", index), BoundText(type, bound, cap),
                   {"without caps that are used up, for the highest tier"});
  }

  std::string BoundText(const v1::PointType& type, const Bound& bound,
                        const std::optional<std::int64_t>& cap) const {
    const auto points = [&](std::int64_t smallest) {
      return RenderTrimmed(smallest, type.decimals());
    };
    std::string text =
        absl::StrCat("a purchase brings at most ",
                     RenderTrimmed(static_cast<std::int64_t>(bound.micros), kMicrosDigits), " ",
                     type.id(), " for each 1 ", document_.currency(), " spent");
    if (bound.points > 0) absl::StrAppend(&text, " and ", points(bound.points), " besides");
    if (cap) absl::StrAppend(&text, ", promotions at most ", points(*cap), " under their cap");
    if (!bound.is_known) absl::StrAppend(&text, ", and what is computed");
    return text;
  }

  const v1::ProgramDocument& document_;
  int exponent_;
  Findings& findings_;
};

}  // namespace

void CheckReach(const v1::ProgramDocument& document, std::optional<int> exponent,
                Findings& findings) {
  Checker(document, exponent, findings).Check();
}

}  // namespace laurel::rules
