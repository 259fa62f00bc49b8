#include "rules/program/sentences.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "rules/program/counters.h"
#include "rules/program/sentence_texts.h"
#include "rules/program/units.h"

namespace laurel::rules::model {
namespace {

// Amounts and counts as one language shows them.
class Writer {
 public:
  Writer(const Model& model, absl::string_view tag)
      : model_(model), tag_(tag), language_(LanguageOf(tag)) {}

  using List = std::initializer_list<std::pair<absl::string_view, std::string>>;
  std::string Say(Message message, List values) const {
    return Filled(language_, message, Values(values.begin(), values.size()));
  }
  std::string Count(Noun noun, absl::string_view count) const {
    return Counted(language_, noun, count);
  }

  std::string Points(std::size_t point_type, std::int64_t points) const {
    const PointKindOf& type = model_.point_types[point_type];
    return absl::StrCat(RenderScaled(points, type.decimals), " ",
                        points == type.unit ? NameForOne(language_, type.name) : type.name);
  }
  std::string Digits(std::int64_t money) const {
    return RenderScaled(money, model_.currency_exponent);
  }
  std::string Money(std::int64_t money) const {
    return absl::StrCat(Digits(money), " ", model_.currency);
  }
  std::string Factor(std::int64_t micros) const {
    if (micros == 2 * kMicros) return Say(Message::kDouble, {});
    if (micros == 3 * kMicros) return Say(Message::kTriple, {});
    return Say(Message::kTimes, {{"{count}", RenderTrimmed(micros, 6)}});
  }
  // What a rate counts: money, or a quantity.
  std::string Basis(const Earn& earn, std::int64_t basis) const {
    return earn.basis == Basis::kQuantity ? Count(Noun::kItem, RenderTrimmed(basis, 6))
                                          : Digits(basis);
  }

  std::string AtMost(const Counter& counter, std::size_t point_type) const {
    if (counter.scope == Scope::kProgram) return Say(Message::kUsedUp, {});
    const std::string span(TextOf(language_, counter.window));
    if (counter.counts_fires) {
      return Say(Message::kAtMostTimes,
                 {{"{max}", Count(Noun::kTime, absl::StrCat(counter.max))}, {"{span}", span}});
    }
    return Say(Message::kAtMostPoints,
               {{"{max}", Points(point_type, counter.max)}, {"{span}", span}});
  }

  // The sentence that the rule has for the tag, else for its language; null if there is none.
  const std::string* Own(const Rule& rule) const {
    const std::string* nearest = nullptr;
    for (const auto& [tag, text] : rule.explain) {
      if (absl::EqualsIgnoreCase(tag, tag_)) return &text;
      const bool is_same = absl::EqualsIgnoreCase(Primary(tag), Primary(tag_));
      if (is_same && nearest == nullptr) nearest = &text;
    }
    return nearest;
  }

  std::string Listed(const std::vector<std::string>& elements) const {
    return model::Listed(language_, elements);
  }

 private:
  static absl::string_view Primary(absl::string_view tag) { return tag.substr(0, tag.find('-')); }

  const Model& model_;
  absl::string_view tag_;
  Language language_;
};

// Whether what a rate is applied to is an amount that a member knows.
bool IsShown(const Earn& earn) { return earn.basis != Basis::kExpression; }

class Awards {
 public:
  Awards(const Model& model, const Facts& facts, const Evaluated& evaluated, const Writer& writer)
      : model_(model),
        facts_(facts),
        evaluated_(evaluated),
        writer_(writer),
        amounts_(model, facts) {}

  std::vector<std::string> All() {
    for (const AwardedLine& line : evaluated_.lines) {
      if (line.granted > 0) sentences_.push_back(Award(line));
      if (!line.cuts.empty()) sentences_.push_back(Cut(line));
    }
    for (const Voucher& voucher : evaluated_.vouchers) AddVoucher(voucher);
    for (const RuleResult& result : evaluated_.outcomes) AddUnmet(result);
    return std::move(sentences_);
  }

 private:
  std::string NameOf(const AwardedLine& line) const {
    return line.kind == LineKind::kTier ? model_.benefits[line.benefit].name
                                        : model_.rules[line.rule].name;
  }

  std::string Award(const AwardedLine& line) {
    const Rule& rule = model_.rules[line.rule];
    const std::string* const own = line.kind == LineKind::kTier ? nullptr : writer_.Own(rule);
    if (own != nullptr) return OwnSentence(*own, line);
    if (line.kind == LineKind::kTier) {
      return FactorSentence(line, line.rule, &model_.benefits[line.benefit].items,
                            line.factor_micros);
    }
    if (const auto* multiply = std::get_if<Multiply>(&rule.effect)) {
      return FactorSentence(line, multiply->rule, &multiply->items, multiply->by_micros);
    }
    if (const auto* earn = std::get_if<Earn>(&rule.effect)) return RateSentence(line, *earn);
    return Named(line);
  }

  std::string Named(const AwardedLine& line) const {
    return writer_.Say(
        Message::kNamed,
        {{"{points}", writer_.Points(line.point_type, line.granted)}, {"{name}", NameOf(line)}});
  }

  std::string RateSentence(const AwardedLine& line, const Earn& earn) {
    const std::optional<std::int64_t> basis = amounts_.Basis(line.rule, nullptr, Part());
    if (!IsShown(earn) || !basis) return Named(line);
    const Message message =
        line.kind == LineKind::kPromotion ? Message::kRatePromotion : Message::kRate;
    return writer_.Say(message, {{"{points}", writer_.Points(line.point_type, line.granted)},
                                 {"{name}", NameOf(line)},
                                 {"{rate}", RenderTrimmed(earn.rate.points_micros, 6)},
                                 {"{per}", writer_.Basis(earn, earn.rate.per)},
                                 {"{amount}", writer_.Basis(earn, *basis)}});
  }

  std::string FactorSentence(const AwardedLine& line, std::size_t base, const Condition* items,
                             std::int64_t factor_micros) {
    const auto& earn = std::get<Earn>(model_.rules[base].effect);
    const std::optional<std::int64_t> basis = amounts_.Basis(base, items, line.part);
    if (!IsShown(earn) || !basis) return Named(line);
    return writer_.Say(Message::kFactor,
                       {{"{points}", writer_.Points(line.point_type, line.granted)},
                        {"{name}", NameOf(line)},
                        {"{factor}", writer_.Factor(factor_micros)},
                        {"{amount}", writer_.Basis(earn, *basis)}});
  }

  // In a sentence of the program the points are a number.
  std::string OwnSentence(const std::string& text, const AwardedLine& line) {
    const int decimals = model_.point_types[line.point_type].decimals;
    return absl::StrReplaceAll(text, {{"{points}", RenderScaled(line.granted, decimals)},
                                      {"{amount}", writer_.Money(MoneyOf(line))},
                                      {"{name}", NameOf(line)},
                                      {"{tier}", model_.tiers[facts_.member.tier].name}});
  }

  // The money that a line is for: of the items of a rate, else all that counts.
  std::int64_t MoneyOf(const AwardedLine& line) {
    const Rule& rule = model_.rules[line.rule];
    const auto* const multiply = std::get_if<Multiply>(&rule.effect);
    const std::size_t base = multiply != nullptr ? multiply->rule : line.rule;
    const auto* const earn = std::get_if<Earn>(&model_.rules[base].effect);
    const bool is_money =
        earn != nullptr && (earn->basis == Basis::kNet || earn->basis == Basis::kList);
    if (!is_money) return evaluated_.eligible_net;
    const Condition* const items = multiply != nullptr ? &multiply->items : nullptr;
    return amounts_.Basis(base, items, line.part).value_or(evaluated_.eligible_net);
  }

  // What took the most decides what is said.
  std::string Cut(const AwardedLine& line) const {
    const auto largest = std::max_element(
        line.cuts.begin(), line.cuts.end(),
        [](const model::Cut& a, const model::Cut& b) { return a.points < b.points; });
    const std::string reason = writer_.AtMost(model_.counters[largest->counter], line.point_type);
    if (line.granted == 0) return Nothing(NameOf(line), reason);
    return writer_.Say(Message::kTrimmed,
                       {{"{name}", NameOf(line)},
                        {"{requested}", writer_.Points(line.point_type, line.requested)},
                        {"{granted}", writer_.Points(line.point_type, line.granted)},
                        {"{reason}", reason}});
  }

  std::string Nothing(const std::string& name, const std::string& reason) const {
    return writer_.Say(Message::kNothing, {{"{name}", name}, {"{reason}", reason}});
  }

  void AddVoucher(const Voucher& voucher) {
    const std::string count = writer_.Count(Noun::kVoucher, absl::StrCat(voucher.quantity));
    sentences_.push_back(writer_.Say(
        Message::kNamed, {{"{points}", count}, {"{name}", model_.rules[voucher.rule].name}}));
  }

  // Promotions that a limit or a budget kept from having a line.
  void AddUnmet(const RuleResult& result) {
    const bool is_limited =
        result.outcome == Outcome::kLimitReached || result.outcome == Outcome::kBudgetExhausted;
    const bool has_line =
        std::any_of(evaluated_.lines.begin(), evaluated_.lines.end(), [&](const AwardedLine& line) {
          return line.rule == result.rule && line.kind != LineKind::kTier;
        });
    if (!is_limited || has_line) return;
    const Rule& rule = model_.rules[result.rule];
    sentences_.push_back(Nothing(rule.name, ReasonOf(rule, result.outcome)));
  }

  std::string ReasonOf(const Rule& rule, Outcome outcome) {
    if (outcome != Outcome::kLimitReached) return writer_.Say(Message::kUsedUp, {});
    const Counters counters(model_, facts_);
    for (const Limit& limit : rule.limits) {
      for (const std::optional<std::size_t>& counter : {limit.fires, limit.points}) {
        if (!counter || counters.Left(*counter, amounts_.ByOf(limit)) > 0) continue;
        return writer_.AtMost(model_.counters[*counter], PointTypeOf(model_, rule));
      }
    }
    return writer_.Say(Message::kUsedUp, {});
  }

  const Model& model_;
  const Facts& facts_;
  const Evaluated& evaluated_;
  const Writer& writer_;
  RuleAmounts amounts_;
  std::vector<std::string> sentences_;
};

std::string Missing(const Model& model, const Writer& writer, const ProgressPart& part) {
  if (!part.metric || part.missing() == 0) return writer.Say(Message::kOtherCondition, {});
  const Metric& metric = model.metrics[*part.metric];
  const bool is_amount = metric.measure == Measure::kSum || metric.measure == Measure::kMax;
  if (is_amount && metric.of == MetricOf::kPoints) {
    return writer.Points(metric.point_type, part.missing());
  }
  if (is_amount && metric.is_money) return writer.Money(part.missing());
  const std::string count = RenderScaled(part.missing(), metric.digits);
  if (metric.measure == Measure::kDistinctDays) return writer.Count(Noun::kVisitDay, count);
  const bool is_of_purchases = metric.activities == std::vector<std::string>{"purchase"};
  if (metric.measure == Measure::kCount && is_of_purchases && !metric.where) {
    return writer.Count(Noun::kPurchase, count);
  }
  return writer.Say(Message::kOfMetric, {{"{count}", count}, {"{name}", metric.name}});
}

std::string DistanceSentence(const Model& model, const TierProgress& progress,
                             const Writer& writer) {
  const std::string& tier = model.tiers[progress.tier].name;
  if (progress.holds) return writer.Say(Message::kReached, {{"{tier}", tier}});
  std::vector<std::string> missing;
  for (const ProgressPart& part : progress.paths.front().parts) {
    if (part.holds) continue;
    const std::string one = Missing(model, writer, part);
    if (std::find(missing.begin(), missing.end(), one) == missing.end()) missing.push_back(one);
  }
  return writer.Say(Message::kDistance, {{"{tier}", tier}, {"{list}", writer.Listed(missing)}});
}

std::string UpgradeSentence(const Model& model, std::size_t tier, std::optional<Date> through,
                            const Writer& writer) {
  const std::string& name = model.tiers[tier].name;
  return through ? writer.Say(Message::kUpgradedUntil,
                              {{"{tier}", name}, {"{date}", ToString(*through)}})
                 : writer.Say(Message::kUpgraded, {{"{tier}", name}});
}

void AddTier(const Model& model, const Facts& facts, const Evaluated& evaluated,
             const Writer& writer, std::vector<std::string>& sentences) {
  const TierVerdict& verdict = evaluated.tier;
  if (verdict.outcome == TierOutcome::kUpgraded) {
    sentences.push_back(UpgradeSentence(model, verdict.earned, verdict.through, writer));
  }
  if (verdict.shown + 1 >= model.tiers.size()) return;
  cel::Arena arena;
  FactFrame frame(model, facts, arena);
  frame.SetMetrics(evaluated.metrics_after);
  frame.Derive();
  const std::optional<TierProgress> progress = ProgressOf(model, verdict.shown + 1, frame);
  if (progress) sentences.push_back(DistanceSentence(model, *progress, writer));
}

}  // namespace

std::vector<std::string> PointSentences(const Model& model, const Facts& facts,
                                        const Evaluated& evaluated, absl::string_view language) {
  const Writer writer(model, language);
  std::vector<std::string> sentences = Awards(model, facts, evaluated, writer).All();
  for (const Evaluated& badge : evaluated.badge_awards) {
    for (std::string& sentence : Awards(model, facts, badge, writer).All()) {
      sentences.push_back(std::move(sentence));
    }
  }
  return sentences;
}

std::vector<std::string> AwardSentences(const Model& model, const Facts& facts,
                                        const Evaluated& evaluated, absl::string_view language) {
  std::vector<std::string> sentences = PointSentences(model, facts, evaluated, language);
  AddTier(model, facts, evaluated, Writer(model, language), sentences);
  return sentences;
}

std::string UpgradeSentence(const Model& model, std::size_t tier, std::optional<Date> through,
                            absl::string_view language) {
  return UpgradeSentence(model, tier, through, Writer(model, language));
}

std::vector<std::string> ReturnSentences(const Model& model, const Evaluated& sale,
                                         const ReturnEvaluated& returned,
                                         absl::string_view language) {
  const Writer writer(model, language);
  std::vector<std::string> sentences;
  for (const ReversedLine& reversed : returned.lines) {
    if (reversed.reversed == 0) continue;
    const AwardedLine& line = sale.lines[reversed.line];
    const std::string& name = line.kind == LineKind::kTier ? model.benefits[line.benefit].name
                                                           : model.rules[line.rule].name;
    const Message message = reversed.left == 0 ? Message::kTakenBack : Message::kTakenBackPart;
    sentences.push_back(writer.Say(
        message, {{"{points}", writer.Points(line.point_type, reversed.reversed)},
                  {"{before}", writer.Points(line.point_type, reversed.left + reversed.reversed)},
                  {"{name}", name}}));
  }
  return sentences;
}

static_assert(static_cast<int>(Message::kGivenAway) - static_cast<int>(Message::kRedeemed) ==
              static_cast<int>(Movement::kGivenAway));
std::string MovementSentence(const Model& model, Movement movement, std::size_t point_type,
                             std::int64_t points, absl::string_view language) {
  const Writer writer(model, language);
  const auto message =
      static_cast<Message>(static_cast<int>(Message::kRedeemed) + static_cast<int>(movement));
  return writer.Say(message, {{"{points}", writer.Points(point_type, points)}});
}

std::string NothingMovedSentence(absl::string_view language) {
  return std::string(TextOf(LanguageOf(language), Message::kNothingMoved));
}

std::string ProgressSentence(const Model& model, const TierProgress& progress,
                             absl::string_view language) {
  return DistanceSentence(model, progress, Writer(model, language));
}

}  // namespace laurel::rules::model
