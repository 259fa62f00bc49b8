#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "laurel/program/v1/program.pb.h"
#include "rules/program/document_catalog.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

namespace v1 = ::laurel::program::v1;

class Checker {
 public:
  explicit Checker(SectionContext& context)
      : context_(context),
        document_(context.document),
        fields_(context.fields),
        findings_(context.fields.findings()) {}

  void Check() {
    CheckPlan();
    AddLines();
    if (document_.has_test_defaults()) CheckNames("test_defaults", document_.test_defaults());
    const int count = fields_.Limited("tests", document_.tests_size(), 2'000);
    for (int i = 0; i < count; ++i) {
      const std::string path = At("tests", i);
      fields_.Required(In(path, "name"), document_.tests(i).name());
      fields_.Text(In(path, "name"), document_.tests(i).name(), 200);
      fields_.Required(In(path, "at"), document_.tests(i).at());
      CheckNames(path, document_.tests(i));
    }
    if (count > 0) ReportUntested();
  }

 private:
  void CheckPlan() {
    const bool is_whole = !document_.plan().goal().empty() && !document_.plan().target().empty() &&
                          !document_.plan().check_on().empty();
    if (!is_whole && !document_.promotions().empty() && !findings_.has_errors()) {
      findings_.Info("R-PLAN-821", "plan",
                     "a revision is approved only with a goal, a target and a date to check it on");
    }
    if (!document_.has_plan()) return;
    const v1::Plan& plan = document_.plan();
    fields_.Text("plan.goal", plan.goal(), kDescriptionCharactersMax);
    fields_.Text("plan.kpi", plan.kpi(), kNameCharactersMax);
    constexpr int kDigits = 6;
    if (!plan.target().empty()) {
      fields_.NotNegative("plan.target", plan.target(), kDigits, kLineMax);
    }
    CheckDate("plan.check_on", plan.check_on(), fields_);
    fields_.Between("plan.holdout_basis_points", plan.holdout_basis_points(), 0, 5'000);
    for (int i = 0; i < plan.rules_size(); ++i) {
      context_.catalog.rules.Find(At("plan.rules", i), plan.rules(i), findings_);
    }
  }

  // Rules that no test expects a line or an outcome of.
  void ReportUntested() {
    std::set<std::string> tested;
    for (const v1::Test& test : document_.tests()) {
      for (const auto& [rule, points] : test.expect().lines()) tested.insert(rule);
      for (const auto& [rule, outcome] : test.expect().outcomes()) tested.insert(rule);
    }
    const auto report = [&](const std::string& list, const auto& rules) {
      for (int i = 0; i < rules.size(); ++i) {
        if (tested.contains(rules[i].id()) || findings_.IsWrong(In(At(list, i), "id"))) continue;
        findings_.Info("R-TEST-803", In(At(list, i), "id"),
                       absl::StrCat("no test expects anything of ", rules[i].id()));
      }
    };
    report("earning_rules", document_.earning_rules());
    report("promotions", document_.promotions());
  }

  // Whatever a line can bear, and whatever a counter can be of.
  void AddLines() {
    const auto add_rules = [&](const auto& rules) {
      for (const v1::Rule& rule : rules) {
        lines_.push_back(rule.id());
        counters_.push_back(rule.id());
        counters_.push_back(absl::StrCat(rule.id(), ".budget"));
        for (const v1::Limit& limit : rule.limits()) {
          if (!limit.id().empty()) counters_.push_back(absl::StrCat(rule.id(), ".", limit.id()));
        }
      }
    };
    add_rules(document_.earning_rules());
    add_rules(document_.promotions());
    for (const v1::Benefit& benefit : document_.benefits()) lines_.push_back(benefit.id());
    for (const v1::Cap& cap : document_.caps()) caps_.push_back(cap.id());
    for (const v1::FundingSource& source : document_.funding_sources()) {
      caps_.push_back(source.id());
    }
    counters_.insert(counters_.end(), caps_.begin(), caps_.end());
  }

  void CheckNames(const std::string& path, const v1::Test& test) {
    const std::vector<std::string>& tiers = context_.catalog.tiers.ids();
    CheckKnown(In(path, "member.tier"), test.member().tier(), tiers, "tier");
    CheckKnown(In(path, "activity.type"), test.activity().type(),
               context_.catalog.activity_types.ids(), "activity type");
    CheckKnown(In(path, "reward"), test.reward(), context_.catalog.rewards.ids(), "reward");
    CheckKeys(In(path, "metrics"), test.metrics(), context_.catalog.metrics.ids(), "metric");
    CheckKeys(In(path, "metrics_after"), test.metrics_after(), context_.catalog.metrics.ids(),
              "metric");
    CheckKeys(In(path, "used"), test.used(), counters_, "rule, limit, budget, cap or source");
    CheckKeys(In(path, "carry"), test.carry(), context_.catalog.rules.ids(), "rule");
    const v1::Expect& expect = test.expect();
    const std::string inner = In(path, "expect");
    CheckKeys(In(inner, "lines"), expect.lines(), lines_, "rule or benefit");
    CheckKeys(In(inner, "reversed"), expect.reversed(), lines_, "rule or benefit");
    CheckKeys(In(inner, "capped"), expect.capped(), caps_, "cap or funding source");
    CheckKeys(In(inner, "outcomes"), expect.outcomes(), context_.catalog.rules.ids(), "rule");
    CheckKeys(In(inner, "benefits"), expect.benefits(), context_.catalog.benefits.ids(), "benefit");
    CheckKnown(In(inner, "tier"), expect.tier(), tiers, "tier");
    CheckKnown(In(inner, "earned"), expect.earned(), tiers, "tier");
    for (int i = 0; i < expect.badges_size(); ++i) {
      CheckKnown(At(In(inner, "badges"), i), expect.badges(i), context_.catalog.badges.ids(),
                 "badge");
    }
  }

  void CheckKnown(const std::string& path, const std::string& name,
                  const std::vector<std::string>& known, absl::string_view noun) {
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    findings_.Error("R-TEST-802", path, absl::StrCat("there is no ", noun, " ", Quoted(name)),
                    DidYouMean(name, known));
  }

  template <class Map>
  void CheckKeys(const std::string& path, const Map& map, const std::vector<std::string>& known,
                 absl::string_view noun) {
    // A proto map has no order; findings need one.
    std::set<std::string> keys;
    for (const auto& [key, value] : map) keys.insert(key);
    for (const std::string& key : keys) {
      CheckKnown(In(path, absl::string_view(key).substr(0, 60)), key, known, noun);
    }
  }

  SectionContext& context_;
  const v1::ProgramDocument& document_;
  Fields& fields_;
  Findings& findings_;
  std::vector<std::string> lines_;
  std::vector<std::string> counters_;
  std::vector<std::string> caps_;
};

}  // namespace

void CheckTestSections(SectionContext& context) { Checker(context).Check(); }

}  // namespace laurel::rules
