#include "rules/program/tests_runner.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/benefits.h"
#include "rules/program/evaluate.h"
#include "rules/program/evaluate_return.h"
#include "rules/program/lot_terms.h"
#include "rules/program/rewards.h"
#include "rules/program/tests_facts.h"

namespace laurel::rules::model {
namespace {

namespace v1 = laurel::program::v1;

using Amounts = std::map<std::string, std::int64_t>;

template <class T>
std::string IdOf(const std::vector<T>& named, std::size_t index) {
  return named[index].id;
}

// One test: runs its step and compares what it expects.
class TestRun {
 public:
  TestRun(const Model& model, const v1::Test& test)
      : model_(model), test_(test), given_(model, test) {}

  std::vector<std::string> Run() {
    if (!given_.status().ok()) return {std::string(given_.status().message())};
    switch (test_.step()) {
      case v1::Test::STEP_RETURN:
        Return();
        break;
      case v1::Test::STEP_UPGRADE:
        ExpectTier(JudgeTier(model_, given_.facts(), given_.tiers(), Moment::kUpgrade));
        break;
      case v1::Test::STEP_REVIEW:
        ExpectTier(JudgeTier(model_, given_.facts(), given_.tiers(), Moment::kReview));
        break;
      case v1::Test::STEP_DECISION:
        ExpectTier(JudgeTier(model_, given_.facts(), given_.tiers(), Moment::kDecision));
        break;
      case v1::Test::STEP_BENEFITS:
        Benefits();
        break;
      case v1::Test::STEP_PRICE:
        Price();
        break;
      case v1::Test::STEP_PAY:
        Pay();
        break;
      default:
        Activity();
    }
    return std::move(failures_);
  }

 private:
  const v1::Expect& expect() const { return test_.expect(); }

  void Fail(absl::string_view path, absl::string_view expected, absl::string_view was) {
    failures_.push_back(absl::StrCat(path, ": expected ", expected, ", was ", was));
  }
  void Compare(absl::string_view path, absl::string_view expected, absl::string_view was) {
    if (expected != was) Fail(path, expected, was.empty() ? "nothing" : was);
  }
  // Only what the test states.
  void CompareIfStated(absl::string_view path, absl::string_view expected, absl::string_view was) {
    if (!expected.empty()) Compare(path, expected, was);
  }
  static std::string DateText(const std::optional<Date>& date) {
    return date ? ToString(*date) : "";
  }

  // What is named, and nothing else.
  template <class Map>
  void CompareExactly(absl::string_view path, const Map& expected, const Amounts& was) {
    for (const auto& [id, amount] : expected) {
      const auto found = was.find(id);
      const std::int64_t have = found == was.end() ? 0 : found->second;
      if (have != amount)
        Fail(absl::StrCat(path, ".", id), absl::StrCat(amount), absl::StrCat(have));
    }
    for (const auto& [id, amount] : was) {
      if (amount != 0 && !expected.contains(id)) {
        Fail(absl::StrCat(path, ".", id), "nothing", absl::StrCat(amount));
      }
    }
  }
  template <class Map>
  void CompareIfAny(absl::string_view path, const Map& expected, const Amounts& was) {
    if (!expected.empty()) CompareExactly(path, expected, was);
  }

  void Activity() {
    const Evaluated evaluated = Evaluate(model_, given_.facts(), given_.tiers());
    Amounts lines;
    Amounts points;
    Amounts capped;
    const auto add = [&](const Evaluated& one) {
      for (const AwardedLine& line : one.lines) {
        lines[std::string(line.id)] += line.granted;
        points[IdOf(model_.point_types, line.point_type)] += line.granted;
        for (const Cut& cut : line.cuts) capped[model_.counters[cut.counter].name] += cut.points;
      }
    };
    add(evaluated);
    for (const Evaluated& award : evaluated.badge_awards) add(award);
    CompareExactly("lines", expect().lines(), lines);
    CompareIfAny("points", expect().points(), points);
    CompareIfAny("capped", expect().capped(), capped);
    Outcomes(evaluated);
    Lots(evaluated);
    Badges(evaluated);
    ExpectTier(evaluated.tier);
  }

  void Outcomes(const Evaluated& evaluated) {
    std::map<std::string, std::string> outcomes;
    for (const RuleResult& result : evaluated.outcomes) {
      outcomes[IdOf(model_.rules, result.rule)] = std::string(ToString(result.outcome));
    }
    for (const auto& [id, expected] : expect().outcomes()) {
      const auto found = outcomes.find(id);
      Compare(absl::StrCat("outcomes.", id), expected,
              found == outcomes.end() ? "not triggered" : found->second);
    }
  }

  // Lots of the types that the test names, one for all lines with the same days.
  void Lots(const Evaluated& evaluated) {
    std::map<std::string, Amounts> lots;
    for (const AwardedLine& line : evaluated.lines) {
      if (line.granted == 0) continue;
      const LotDates dates = LotTermsOf(model_, line.point_type, &model_.rules[line.rule],
                                        given_.facts().activity.occurred_at);
      const std::string days =
          absl::StrCat("[", DateText(dates.activates_on), " … ", DateText(dates.last_on), "]");
      lots[IdOf(model_.point_types, line.point_type)][days] += line.granted;
    }
    for (const v1::TestLot& expected : expect().lots()) {
      const std::string days =
          absl::StrCat("[", expected.activates_on(), " … ", expected.last_on(), "]");
      Amounts& of_type = lots[expected.point_type()];
      const auto found = of_type.find(days);
      const std::string path = absl::StrCat("lots.", expected.point_type());
      if (found == of_type.end()) {
        const std::string have =
            absl::StrJoin(of_type, " ", [](std::string* out, const Amounts::value_type& lot) {
              absl::StrAppend(out, lot.first);
            });
        Fail(path, days, have.empty() ? "nothing" : have);
      } else if (expected.points() != 0 && expected.points() != found->second) {
        Fail(path, absl::StrCat(expected.points()), absl::StrCat(found->second));
      }
    }
  }

  void Badges(const Evaluated& evaluated) {
    std::vector<std::string> was;
    for (const std::size_t badge : evaluated.badges) was.push_back(model_.badges[badge].id);
    for (const std::string& id : expect().badges()) {
      if (std::find(was.begin(), was.end(), id) == was.end()) {
        Fail("badges", id, was.empty() ? "nothing" : absl::StrJoin(was, ", "));
      }
    }
  }

  // The return of something that the facts bought.
  void Return() {
    const Evaluated sale = Evaluate(model_, given_.facts(), given_.tiers());
    std::vector<CarryFact> carries(given_.facts().carries.begin(), given_.facts().carries.end());
    for (const CarryChange& change : sale.carries) {
      std::erase_if(carries, [&](const CarryFact& carry) { return carry.rule == change.rule; });
      carries.push_back(CarryFact{change.rule, change.after});
    }
    ReturnFacts returned;
    returned.now = given_.returned();
    returned.carries = carries;
    const ReturnEvaluated evaluated = EvaluateReturn(model_, given_.facts(), sale, returned);
    Amounts reversed;
    Amounts points;
    for (const ReversedLine& line : evaluated.lines) {
      const AwardedLine& sold = sale.lines[line.line];
      reversed[std::string(sold.id)] += line.reversed;
      points[IdOf(model_.point_types, sold.point_type)] += line.reversed;
    }
    CompareExactly("reversed", expect().reversed(), reversed);
    CompareIfAny("points", expect().points(), points);
  }

  void ExpectTier(const TierVerdict& verdict) {
    CompareIfStated("tier", expect().tier(), IdOf(model_.tiers, verdict.shown));
    CompareIfStated("earned", expect().earned(), IdOf(model_.tiers, verdict.earned));
    CompareIfStated("tier_outcome", expect().tier_outcome(), ToString(verdict.outcome));
    CompareIfStated("through_on", expect().through_on(), DateText(verdict.through));
    CompareIfStated("worn_through_on", expect().worn_through_on(), DateText(verdict.worn_through));
  }

  void Benefits() {
    std::map<std::string, std::string> was;
    for (const BenefitInForce& benefit : BenefitsOf(model_, given_.facts())) {
      was[model_.benefits[benefit.benefit].id] = ValueOf(model_, benefit);
    }
    for (const auto& [id, expected] : expect().benefits()) {
      const auto found = was.find(id);
      Compare(absl::StrCat("benefits.", id), expected, found == was.end() ? "" : found->second);
    }
    for (const auto& [id, value] : was) {
      if (!expect().benefits().contains(id)) Fail(absl::StrCat("benefits.", id), "nothing", value);
    }
  }

  // Decimals are equal by value.
  void CompareDecimal(absl::string_view path, const std::string& expected, std::int64_t was,
                      int digits) {
    if (expected.empty()) return;
    const Scaled scaled = ParseScaled(expected, digits);
    if (scaled.fit == Scaled::Fit::kExact && scaled.value == was) return;
    Fail(path, expected, RenderScaled(was, digits));
  }

  void Price() {
    for (std::size_t reward = 0; reward < model_.rewards.size(); ++reward) {
      if (model_.rewards[reward].id != test_.reward()) continue;
      const RewardPrice price = PriceOf(model_, given_.facts(), reward);
      Compare("refusal", expect().refusal(), ToString(price.refusal));
      if (price.refusal != PriceRefusal::kNone) return;
      CompareDecimal("price", expect().price(), price.points,
                     model_.point_types[price.point_type].decimals);
      CompareDecimal("money", expect().money(), price.money, model_.currency_exponent);
      return;
    }
    Fail("reward", "a reward of the program", test_.reward());
  }

  void Pay() {
    if (!model_.pay) return Fail("pay_with_points", "terms", "nothing");
    const Payment payment = PaymentOf(model_, given_.facts().purchase.net, test_.points_offered());
    CompareDecimal("price", expect().price(), payment.points,
                   model_.point_types[model_.pay->point_type].decimals);
    CompareDecimal("money", expect().money(), payment.money, model_.currency_exponent);
  }

  const Model& model_;
  const v1::Test& test_;
  TestFacts given_;
  std::vector<std::string> failures_;
};

}  // namespace

std::vector<TestFailure> RunTests(const v1::ProgramDocument& document, const Model& model) {
  std::vector<TestFailure> failures;
  for (int i = 0; i < document.tests_size(); ++i) {
    const v1::Test test = WithDefaults(document.test_defaults(), document.tests(i));
    for (std::string& message : TestRun(model, test).Run()) {
      failures.push_back(TestFailure{i, test.name(), std::move(message)});
    }
  }
  return failures;
}

}  // namespace laurel::rules::model
