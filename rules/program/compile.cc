#include "rules/program/compile.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/compile_parts.h"
#include "rules/program/currency.h"
#include "rules/program/document_facts.h"
#include "rules/program/prepare.h"

namespace laurel::rules::model {
namespace {

namespace v1 = laurel::program::v1;

std::string At(absl::string_view list, int index) { return absl::StrCat(list, "[", index, "]"); }

AttributeType TypeOf(const FactInfo& fact) {
  switch (fact.type.kind()) {
    case cel::TypeKind::kBool:
      return AttributeType::kBool;
    case cel::TypeKind::kString:
      return AttributeType::kString;
    case cel::TypeKind::kTimestamp:
      return AttributeType::kTimestamp;
    default:
      return fact.unit.kind == Unit::Kind::kMoney ? AttributeType::kMoney : AttributeType::kInt;
  }
}

// The attributes that are declared, and `badge`, which badge_earned has by itself.
void AddAttributes(const FactTable& facts, Model& model) {
  // A rule for purchases reads an attribute of reviews as absent text, zero or false.
  for (const auto& [name, fact] : facts.fields(kActivityFacts)) {
    if (FactTable::IsBuiltInOfActivities(name) && fact.only.empty()) continue;
    model.activity_attributes.push_back(Attribute{name, TypeOf(fact), fact.is_optional});
  }
  for (const auto& [name, fact] : facts.fields(kAttributeFacts)) {
    model.member_attributes.push_back(Attribute{name, TypeOf(fact), fact.is_optional});
  }
}

DeclaredAttribute Declared(const v1::Attribute& attribute, absl::string_view owner) {
  const FactInfo fact = FactOf(attribute, owner);
  return DeclaredAttribute{.id = attribute.id(),
                           .type = TypeOf(fact),
                           .is_optional = fact.is_optional,
                           .min = fact.min,
                           .max = fact.max,
                           .max_length = static_cast<std::int64_t>(fact.characters),
                           .values = {attribute.values().begin(), attribute.values().end()}};
}

void AddActivityTypes(const v1::ProgramDocument& document, Model& model) {
  for (const v1::ActivityType& from : document.activity_types()) {
    if (from.id() == "purchase") continue;
    ActivityType& type = model.activity_types.emplace_back(ActivityType{from.id(), {}});
    for (const v1::Attribute& attribute : from.attributes()) {
      type.attributes.push_back(Declared(attribute, "activity"));
    }
  }
  for (const v1::Attribute& attribute : document.member_attributes()) {
    model.declared_of_members.push_back(Declared(attribute, "member.attributes"));
  }
}

void AddPointTypes(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.point_types_size(); ++i) {
    const v1::PointType& from = document.point_types(i);
    const std::string path = At("point_types", i);
    PointKindOf type;
    type.id = from.id();
    type.name = NameOf(from);
    type.is_qualifying = from.kind() == v1::PointType::KIND_QUALIFYING;
    type.decimals = from.decimals();
    for (int digit = 0; digit < type.decimals; ++digit) type.unit *= 10;
    if (from.has_settlement()) type.settlement = SettlementOf(path, from.settlement(), context);
    type.expiry = ExpiryOf(path, from.expiry(), context);
    if (!from.restored_life().empty()) {
      type.restored_life = context.Duration(path + ".restored_life", from.restored_life());
    }
    context.model.point_types.push_back(std::move(type));
  }
}

Measure MeasureOf(v1::Metric::Measure measure) {
  switch (measure) {
    case v1::Metric::MEASURE_SUM:
      return Measure::kSum;
    case v1::Metric::MEASURE_DISTINCT:
      return Measure::kDistinct;
    case v1::Metric::MEASURE_DISTINCT_DAYS:
      return Measure::kDistinctDays;
    case v1::Metric::MEASURE_MAX:
      return Measure::kMax;
    case v1::Metric::MEASURE_STREAK_DAYS:
      return Measure::kStreakDays;
    case v1::Metric::MEASURE_DAYS_SINCE_LAST:
      return Measure::kDaysSinceLast;
    default:
      return Measure::kCount;
  }
}

// What a metric is of, and how many digits a decimal of it has.
void SetOf(const std::string& path, absl::string_view of, CompileContext& context, Metric& metric) {
  struct Row {
    absl::string_view name;
    MetricOf of;
    bool is_money;
  };
  constexpr Row kRows[] = {{"", MetricOf::kNothing, false},
                           {"purchase.net", MetricOf::kPurchaseNet, true},
                           {"purchase.list", MetricOf::kPurchaseList, true},
                           {"purchase.eligible_net", MetricOf::kEligibleNet, true},
                           {"item.net", MetricOf::kItemNet, true},
                           {"item.quantity", MetricOf::kItemQuantity, false},
                           {"item.category", MetricOf::kItemCategory, false},
                           {"item.brand", MetricOf::kItemBrand, false},
                           {"store.id", MetricOf::kStore, false},
                           {"activity.channel", MetricOf::kChannel, false}};
  for (const Row& row : kRows) {
    if (row.name != of) continue;
    metric.of = row.of;
    metric.is_money = row.is_money;
    metric.digits = row.is_money ? context.model.currency_exponent : 0;
    return;
  }
  if (absl::ConsumePrefix(&of, "points.")) {
    metric.of = MetricOf::kPoints;
    metric.point_type = context.Find(path, context.model.point_types, of);
    if (context.status().ok())
      metric.digits = context.model.point_types[metric.point_type].decimals;
  } else if (absl::ConsumePrefix(&of, "activity.")) {
    metric.of = MetricOf::kAttribute;
    metric.attribute = std::string(of);
    const Attribute& attribute =
        context.model
            .activity_attributes[context.Find(path, context.model.activity_attributes, of)];
    metric.is_money = attribute.type == AttributeType::kMoney;
    if (metric.is_money) metric.digits = context.model.currency_exponent;
  }
}

MetricWindow WindowOf(const std::string& path, const v1::Window& from, CompileContext& context) {
  MetricWindow window;
  switch (from.kind_case()) {
    case v1::Window::kRolling: {
      window.kind = MetricWindow::Kind::kRolling;
      const std::optional<CivilDuration> rolling =
          context.Duration(path + ".rolling", from.rolling());
      if (!rolling || !rolling->is_whole_days() || rolling->count == 0) {
        context.Fail(path + ".rolling", "expected days, weeks, months or years");
        break;
      }
      window.months = rolling->months();
      window.days = rolling->days();
      break;
    }
    case v1::Window::kCalendar:
      window.kind = MetricWindow::Kind::kCalendar;
      window.period = PeriodOf(from.calendar());
      break;
    case v1::Window::kMemberYear:
      window.kind = MetricWindow::Kind::kMemberYear;
      break;
    case v1::Window::kTierTerm:
      window.kind = MetricWindow::Kind::kTierTerm;
      break;
    default:
      window.kind = MetricWindow::Kind::kLifetime;
      break;
  }
  return window;
}

void AddMetrics(const v1::ProgramDocument& document, const FactTable& facts,
                CompileContext& context) {
  for (int i = 0; i < document.metrics_size(); ++i) {
    const v1::Metric& from = document.metrics(i);
    Metric metric;
    metric.id = from.id();
    metric.name = NameOf(from);
    metric.is_optional = facts.FindField("Metrics", from.id())->is_optional;
    metric.measure = MeasureOf(from.measure());
    metric.activities.assign(from.activities().begin(), from.activities().end());
    metric.window = WindowOf(At("metrics", i) + ".window", from.window(), context);
    SetOf(At("metrics", i) + ".of", from.of(), context, metric);
    if (metric.activities.empty() && metric.of != MetricOf::kPoints) {
      metric.activities.push_back("purchase");
    }
    context.model.metrics.push_back(std::move(metric));
  }
}

// Everything that has a name which expressions may use.
void AddNames(const v1::ProgramDocument& document, const FactTable& facts,
              CompileContext& context) {
  Model& model = context.model;
  AddAttributes(facts, model);
  AddActivityTypes(document, model);
  AddPointTypes(document, context);
  AddMetrics(document, facts, context);
  for (const v1::Variable& variable : document.variables()) {
    model.variables.push_back(Variable{variable.id(), std::nullopt});
  }
  for (const v1::StackingGroup& group : document.stacking_groups()) {
    const GroupMode mode = group.mode() == v1::StackingGroup::MODE_FIRST_ELIGIBLE
                               ? GroupMode::kFirstEligible
                           : group.mode() == v1::StackingGroup::MODE_HIGHEST ? GroupMode::kHighest
                                                                             : GroupMode::kStacked;
    model.groups.push_back(Group{group.id(), mode});
  }
  for (const v1::Reward& reward : document.rewards()) {
    model.rewards.emplace_back();
    model.rewards.back().id = reward.id();
  }
}

bool ReadsVariables(const cel::CheckedAst& checked, const cel::Expr& expr) {
  const cel::Type& type = checked.TypeOf(expr);
  if (type.kind() == cel::TypeKind::kStruct && type.name() == "Variables") return true;
  const std::vector<const cel::Expr*> children = cel::ChildrenOf(expr);
  return std::any_of(children.begin(), children.end(),
                     [&](const cel::Expr* child) { return ReadsVariables(checked, *child); });
}

void AddExpressions(const v1::ProgramDocument& document, CompileContext& context) {
  Model& model = context.model;
  for (int i = 0; i < document.metrics_size(); ++i) {
    const std::string path = At("metrics", i);
    model.metrics[static_cast<std::size_t>(i)].where =
        context.Bool(path + ".where", document.metrics(i).where());
    model.metrics[static_cast<std::size_t>(i)].items =
        context.Bool(path + ".items", document.metrics(i).items());
  }
  for (int i = 0; i < document.variables_size(); ++i) {
    context.AddVariable(At("variables", i) + ".expression", document.variables(i).expression());
  }
  for (int i = 0; i < document.segments_size(); ++i) {
    const v1::Segment& from = document.segments(i);
    Condition when = context.Bool(At("segments", i) + ".when", from.when());
    if (when && ReadsVariables(when->plan.checked(), when->plan.checked().root())) {
      model.segments_read_variables = true;
    }
    model.segments.push_back(Segment{from.id(), std::move(when)});
  }
  const v1::Eligibility& eligibility = document.eligibility();
  model.eligibility.when = context.Bool("eligibility.when", eligibility.when());
  model.eligibility.items = context.Bool("eligibility.items", eligibility.items());
  model.eligibility.line_kinds.assign(eligibility.line_kinds().begin(),
                                      eligibility.line_kinds().end());
  if (model.eligibility.line_kinds.empty()) model.eligibility.line_kinds.push_back("SALE");
  model.eligibility.tenders_left_out.assign(eligibility.tenders_left_out().begin(),
                                            eligibility.tenders_left_out().end());
  if (model.eligibility.tenders_left_out.empty()) {
    model.eligibility.tenders_left_out = {"POINTS", "VOUCHER"};
  }
}

void AddSources(const v1::ProgramDocument& document, Model& model) {
  for (const v1::FundingSource& from : document.funding_sources()) {
    FundingSource source;
    source.id = from.id();
    if (from.total() > 0) {
      source.budget = Budget{model.counters.size(), OnExhaustedOf(from.on_exhausted())};
      model.counters.push_back(Counter{.name = from.id(),
                                       .scope = Scope::kProgram,
                                       .window = Span::kPromotion,
                                       .counts_fires = false,
                                       .max = from.total()});
    }
    model.sources.push_back(std::move(source));
  }
}

void AddCaps(const v1::ProgramDocument& document, CompileContext& context) {
  for (int i = 0; i < document.caps_size(); ++i) {
    const v1::Cap& from = document.caps(i);
    Cap cap;
    cap.id = from.id();
    cap.point_type =
        context.Find(At("caps", i) + ".point_type", context.model.point_types, from.point_type());
    cap.applies_to = from.applies_to() == v1::Cap::APPLIES_TO_PROMOTIONS
                         ? Cap::AppliesTo::kPromotions
                     : from.applies_to() == v1::Cap::APPLIES_TO_RULES ? Cap::AppliesTo::kRules
                                                                      : Cap::AppliesTo::kAll;
    cap.rules.assign(from.rules().begin(), from.rules().end());
    cap.counter = context.model.counters.size();
    context.model.counters.push_back(Counter{.name = from.id(),
                                             .scope = ScopeOf(from.per()),
                                             .window = SpanOf(from.window()),
                                             .counts_fires = false,
                                             .max = from.max()});
    context.model.caps.push_back(std::move(cap));
  }
}

void AddPlan(const v1::ProgramDocument& document, CompileContext& context) {
  Model& model = context.model;
  model.holdout_basis_points = document.plan().holdout_basis_points();
  model.holdout_salt = absl::StrCat("holdout:", document.plan().check_on());
  for (int i = 0; i < document.plan().rules_size(); ++i) {
    const std::size_t rule =
        context.Find(absl::StrCat("plan.rules[", i, "]"), model.rules, document.plan().rules(i));
    if (context.status().ok()) model.rules[rule].is_held_out = true;
  }
}

// Names are looked for in the text: a text literal that mentions one costs a reading, nothing else.
void SetFootprint(Model& model) {
  const auto look_for_dates = [&](const Condition& condition) {
    if (!condition) return;
    const std::string& text = condition->text;
    for (const Attribute& attribute : model.member_attributes) {
      std::vector<std::string>& read = model.read_attributes;
      if (std::find(read.begin(), read.end(), attribute.id) != read.end()) continue;
      if (absl::StrContains(text, attribute.id)) read.push_back(attribute.id);
    }
    model.reads_balances |=
        absl::StrContains(text, "balance") || absl::StrContains(text, "pending");
    model.reads_enrolment |= absl::StrContains(text, "enrolled");
  };
  const auto look = [&](const Condition& condition) {
    if (!condition) return;
    const std::string& text = condition->text;
    model.reads_metrics |= absl::StrContains(text, "metrics");
    model.reads_member |= absl::StrContains(text, "member") || absl::StrContains(text, "tier");
    look_for_dates(condition);
  };
  look(model.eligibility.when);
  look(model.eligibility.items);
  for (const Segment& segment : model.segments) look(segment.when);
  for (const Variable& variable : model.variables) look(variable.expression);
  for (const Rule& rule : model.rules) {
    look(rule.when);
    for (const Limit& limit : rule.limits) look(limit.by);
    if (const auto* earn = std::get_if<Earn>(&rule.effect)) {
      look(earn->of);
      look(earn->items);
    } else if (const auto* multiply = std::get_if<Multiply>(&rule.effect)) {
      look(multiply->items);
    } else if (const auto* bonus = std::get_if<Bonus>(&rule.effect)) {
      look(bonus->points);
    }
  }
  for (const Benefit& benefit : model.benefits) {
    look(benefit.items);
    for (const Grant& grant : benefit.grants) look(grant.when);
  }
  for (const Tier& tier : model.tiers) {
    look_for_dates(tier.qualify);
    look_for_dates(tier.retain);
    look_for_dates(tier.lifetime);
  }
  look_for_dates(model.tier_policy.match_keep_if);
  model.reads_member |= !model.benefits.empty();
  // Crossing a threshold within a basket asks for tiers before their lines are made.
  model.reads_metrics |= model.tier_policy.crossing != Crossing::kBeforeBasket;
  model.reads_metrics |= !model.badges.empty();
  for (const Counter& counter : model.counters) {
    model.reads_enrolment |= counter.window == Span::kMemberYear;
  }
  for (const Metric& metric : model.metrics) {
    model.reads_enrolment |= metric.window.kind == MetricWindow::Kind::kMemberYear;
  }
  model.reads_enrolment |= model.tier_policy.anchor == Anchor::kEnrolmentAnniversary;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> CompileModel(const v1::ProgramDocument& document) {
  auto model = std::make_shared<Model>();
  CompileContext context(*model);
  model->id = document.id();
  model->currency = document.currency();
  model->currency_exponent = CurrencyExponent(document.currency()).value_or(2);
  const std::optional<Calendar> calendar = Calendar::Load(document.time_zone());
  if (!calendar) context.Fail("time_zone", "unknown time zone");
  model->calendar = calendar.value_or(Calendar());
  model->returns_proportionally = document.returns().method() == v1::Returns::METHOD_PROPORTIONAL;

  const FactTable facts(document);
  AddNames(document, facts, context);
  if (model->point_types.empty()) context.Fail("point_types", "expected at least one");
  if (!context.status().ok()) return context.status();
  context.DeclareFacts(facts);
  AddExpressions(document, context);
  AddTiers(document, context);
  AddSources(document, *model);
  AddRules(document, context);
  if (!context.status().ok()) return context.status();
  AddCaps(document, context);
  AddPlan(document, context);
  AddBenefits(document, context);
  AddRewards(document, context);
  AddBadges(document, context);
  if (!context.status().ok()) return context.status();
  SetFootprint(*model);
  Prepare(*model);
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace laurel::rules::model
