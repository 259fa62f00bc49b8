#ifndef LAUREL_RULES_PROGRAM_MODEL_H_
#define LAUREL_RULES_PROGRAM_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/time.h"
#include "rules/cel/plan.h"
#include "rules/cel/symbols.h"
#include "rules/program/amounts.h"
#include "rules/program/calendar.h"
#include "rules/program/expiry.h"
#include "rules/program/footprint.h"
#include "rules/program/selection.h"
#include "rules/program/units.h"
#include "rules/program/windows.h"

// A program document in the form in which it is evaluated: indexes for names, minor units for
// money, plans for expressions. Plain data, immutable once compiled, safe to share between threads.
namespace laurel::rules::model {

struct Expression {
  static constexpr std::uint32_t kNoSelector = 0xffffffff;

  std::string text;
  cel::Plan plan;
  // Selectors with the same number accept the same items of an activity.
  std::uint32_t selector = kNoSelector;
};
using Condition = std::optional<Expression>;  // none: always true

// ---- Points.

struct Settlement {
  enum class Policy { kImmediate, kAfter, kOnFulfilment, kOnSettle };
  Policy policy = Policy::kImmediate;
  CivilDuration after;
  std::optional<CivilDuration> at_latest;
  std::int64_t hold_above = 0;  // smallest units; 0: never
};

struct Expiry {
  ExpiryPolicy policy;  // of kInactivity the ROLLING form
  bool is_inactivity = false;
  bool from_award = false;              // else from the activation
  std::vector<std::string> activities;  // that put an inactivity expiry off
};

struct PointKindOf {
  std::string id;
  std::string name;  // for people; the id where the document has none
  bool is_qualifying = false;
  int decimals = 0;
  std::int64_t unit = 1;  // smallest units in a point: 10^decimals
  Settlement settlement;
  std::vector<Expiry> expiry;
  std::optional<CivilDuration> restored_life;  // that points live which a reversal puts back
};

// Replaces the settlement or the expiry of the point type.
struct Lot {
  std::optional<Settlement> settlement;
  std::vector<Expiry> expiry;
};

// ---- Counters.

enum class Scope { kMember, kProgram };
enum class OnExhausted { kPartial, kWholeOnly, kAlertOnly };

// Something that is used up: a limit, a budget, a cap, a funding source.
struct Counter {
  std::string name;  // "rule", "rule.limit", "rule.budget", the id of a cap or a source
  Scope scope = Scope::kMember;
  Span window = Span::kLifetime;
  bool counts_fires = false;  // else points
  std::int64_t max = 0;
};

struct Limit {
  std::optional<std::size_t> fires;  // counters
  std::optional<std::size_t> points;
  Condition by;  // one counter for each value of this text
};

struct Budget {
  std::size_t counter = 0;
  OnExhausted on_exhausted = OnExhausted::kPartial;
};

// ---- Facts that are declared.

enum class AttributeType { kInt, kBool, kString, kMoney, kTimestamp };
struct Attribute {
  std::string id;
  AttributeType type = AttributeType::kInt;
  bool is_optional = false;
};

// What an activity of a type may report.
struct DeclaredAttribute {
  std::string id;
  AttributeType type = AttributeType::kInt;
  bool is_optional = false;
  std::int64_t min = 0;           // of INT and MONEY, inclusive
  std::int64_t max = 0;           // likewise
  std::int64_t max_length = 256;  // of STRING, in code points
  // Of STRING: of a member nothing else is taken; of an activity it is what rules may name.
  std::vector<std::string> values = {};
};
struct ActivityType {
  std::string id;
  std::vector<DeclaredAttribute> attributes;
};

enum class Measure { kSum, kCount, kDistinct, kDistinctDays, kMax, kStreakDays, kDaysSinceLast };
enum class MetricOf {
  kNothing,
  kPurchaseNet,
  kPurchaseList,
  kEligibleNet,
  kItemNet,
  kItemQuantity,
  kPoints,
  kAttribute,
  // Texts, of which only DISTINCT counts how many there are.
  kItemCategory,
  kItemBrand,
  kStore,
  kChannel,
};
struct Metric {
  std::string id;
  std::string name;  // for people; the id where the document has none
  Measure measure = Measure::kCount;
  MetricOf of = MetricOf::kNothing;
  std::size_t point_type = 0;           // for kPoints
  std::string attribute;                // for kAttribute
  std::vector<std::string> activities;  // none: all
  MetricWindow window;
  Condition where;
  Condition items;
  int digits = 0;  // that a decimal of it has: the currency's, the point type's, or none
  bool is_money = false;
  bool is_optional = false;     // may be absent
  bool is_rolled_over = false;  // what a kept tier did not need of it starts the next window
};

struct Segment {
  std::string id;
  Condition when;  // none: imported
};
struct Variable {
  std::string id;
  Condition expression;  // always there once compiled
};

// ---- Rules.

struct Active {
  std::optional<Date> first_on;
  std::optional<Date> last_on;
  std::optional<Timestamp> from;
  std::optional<Timestamp> until;
  unsigned weekdays = 0;         // bit 1 for Monday … bit 7 for Sunday; 0: all
  std::optional<int> time_from;  // minutes of the day
  std::optional<int> time_until;
  std::vector<Date> dates;  // none: all
};

enum class Basis { kNet, kList, kQuantity, kExpression };
struct Earn {
  std::size_t point_type = 0;
  EarnRate rate;
  Basis basis = Basis::kNet;
  Condition of;  // for kExpression
  Condition items;
};
struct Multiply {
  std::size_t rule = 0;
  std::int64_t by_micros = 0;
  Condition items;
};
struct Bonus {
  std::size_t point_type = 0;
  Condition points;  // always there
};
struct Issue {
  std::size_t reward = 0;
  std::int32_t quantity = 1;
  std::optional<CivilDuration> valid_for;
};

enum class Rollout { kLive, kShadow, kPaused };

struct Rule {
  std::string id;
  std::string name;  // for people; the id where the document has none
  std::vector<std::pair<std::string, std::string>> explain;  // by language, in its order
  bool is_promotion = false;
  std::vector<std::string> triggers;
  Active active;
  Condition when;
  std::variant<Earn, Multiply, Bonus, Issue> effect;
  Lot lot;
  std::optional<std::size_t> group;
  std::int32_t priority = 0;
  std::vector<Limit> limits;
  std::optional<Budget> budget;
  std::string funding;                // "base", "promotion/…", "partner/…"
  std::optional<std::size_t> source;  // of funding
  Rollout rollout = Rollout::kLive;
  std::int32_t canary_basis_points = 0;  // 0: everyone
  std::string canary_salt;
  bool is_held_out = false;  // the plan measures it
  bool keeps_on_return = false;
};

enum class GroupMode { kStacked, kFirstEligible, kHighest };
struct Group {
  std::string id;
  GroupMode mode = GroupMode::kStacked;
};

struct FundingSource {
  std::string id;
  std::optional<Budget> budget;  // none: without a total
};

struct Cap {
  enum class AppliesTo { kAll, kPromotions, kRules };
  std::string id;
  std::size_t point_type = 0;
  AppliesTo applies_to = AppliesTo::kAll;
  std::vector<std::string> rules;
  std::size_t counter = 0;
};

struct Eligibility {
  Condition when;
  Condition items;
  std::vector<std::string> line_kinds;
  std::vector<std::string> tenders_left_out;  // what they paid does not count
};

// ---- Tiers.

struct Tier {
  std::string id;
  std::string name;  // for people; the id where the document has none
  std::int32_t rank = 0;
  Condition qualify;  // none: the base tier
  Condition retain;   // none: as qualify
  Condition lifetime;
};

enum class Crossing { kBeforeBasket, kWithBasket, kSplitBasket };
enum class Anchor { kTierAnniversary, kEnrolmentAnniversary, kCalendar };
enum class Downgrade { kDropOne, kRecompute, kNever };
// What a revision that comes into force does to the tiers of those who are there.
enum class OnActivation { kUpgradeOnly, kRecompute, kNothing };
// A tier of earlier revisions that is gone.
struct RetiredTier {
  std::string id;
  std::size_t becomes = 0;
};
struct TierPolicy {
  bool upgrades_at_once = true;
  Crossing crossing = Crossing::kBeforeBasket;
  bool has_review = false;
  Anchor anchor = Anchor::kTierAnniversary;
  CivilDuration every;
  YearDay starts;
  bool keeps_next_period = false;
  Downgrade downgrade = Downgrade::kDropOne;
  std::optional<CivilDuration> before;
  std::optional<CivilDuration> late;
  std::optional<CivilDuration> after;
  std::optional<std::size_t> rollover_metric;
  std::int64_t rollover_limit = 0;
  bool keeps_on_return = false;
  OnActivation on_activation = OnActivation::kUpgradeOnly;
  std::vector<RetiredTier> retired;
  Condition match_keep_if;
  std::optional<CivilDuration> match_duration;  // none: no tier of others is taken over
  std::optional<CivilDuration> match_once_per;  // none: once for ever
};

// ---- What members get beside points.

enum class BenefitKind { kFlag, kNumber, kPercent, kMoney, kDuration, kPointMultiplier };
struct Grant {
  std::size_t tier = 0;
  Condition when;
  std::string value;        // as written
  std::int64_t micros = 0;  // of a decimal; minor units of MONEY
  std::optional<std::int64_t> max_money;
  std::int32_t quota = 0;  // 0: without one
  Span window = Span::kLifetime;
  bool is_off = false;
};
struct Benefit {
  std::string id;
  std::string name;  // for people; the id where the document has none
  BenefitKind kind = BenefitKind::kFlag;
  bool inherits = true;
  std::size_t rule = 0;  // of a multiplier
  Condition items;
  std::optional<std::size_t> group;
  std::int32_t priority = 0;
  std::vector<Grant> grants;
};

struct Reward {
  std::string id;
  std::size_t point_type = 0;
  std::int64_t points = 0;  // smallest units
  std::int64_t money = 0;
  std::vector<std::pair<std::size_t, std::int64_t>> tier_points;
  Condition when;
  Active active;
  std::vector<Limit> limits;
};

struct PayWithPoints {
  std::size_t point_type = 0;
  std::int64_t points = 0;  // are worth `money`
  std::int64_t money = 0;
  std::int64_t minimum = 0;
  std::int64_t step = 0;  // 0: any number
  std::int64_t max_percent_micros = 100 * kMicros;
  CivilDuration hold_for;
};

struct Badge {
  std::string id;
  Condition when;
};

// ---- All of it.

struct Model {
  std::string id;
  std::string currency;  // ISO 4217
  int currency_exponent = 0;
  Calendar calendar;
  std::vector<PointKindOf> point_types;
  std::vector<FundingSource> sources;
  std::vector<ActivityType> activity_types;    // that callers may report; without purchases
  std::vector<Attribute> activity_attributes;  // of all types of activity
  std::vector<Attribute> member_attributes;
  std::vector<DeclaredAttribute> declared_of_members;  // what may be told of one
  std::vector<Metric> metrics;
  std::vector<Segment> segments;
  bool segments_read_variables = false;
  Eligibility eligibility;
  std::vector<Variable> variables;
  std::vector<Rule> rules;  // earning rules, then promotions
  std::vector<Group> groups;
  std::vector<Cap> caps;
  std::vector<Tier> tiers;  // ascending rank; the first is the base tier
  TierPolicy tier_policy;
  std::vector<Benefit> benefits;
  std::vector<Reward> rewards;
  std::optional<PayWithPoints> pay;
  std::vector<Badge> badges;
  bool returns_proportionally = false;
  std::int32_t holdout_basis_points = 0;
  std::string holdout_salt;
  std::vector<Counter> counters;

  // What has to be known beside an activity to decide it, and kept to decide it again: whether
  // amounts read metrics or anything of the member; whether those or tiers read balances or hang on
  // the enrolment. Never false where something is read.
  bool reads_metrics = false;
  bool reads_member = false;
  bool reads_balances = false;
  bool reads_enrolment = false;
  std::vector<std::string> read_attributes;  // of members, by id

  // What saves work in an evaluation.
  Footprint footprint;       // of all expressions
  Footprint tier_footprint;  // of those that tiers are judged by
  RuleSelection selection;
  std::size_t selector_count = 0;

  // How expressions see facts.
  std::vector<std::unique_ptr<cel::StructType>> structs;
  std::unique_ptr<cel::FunctionRegistry> functions;  // used by the plans
  cel::SymbolTable symbols;
};

}  // namespace laurel::rules::model

#endif  // LAUREL_RULES_PROGRAM_MODEL_H_
