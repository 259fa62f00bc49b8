#include "rules/program/selection.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "rules/cel/ast.h"
#include "rules/cel/operation.h"
#include "rules/program/condition_parts.h"
#include "rules/program/model.h"
#include "rules/program/rule_amounts.h"

namespace laurel::rules::model {
namespace {

using cel::Expr;
using cel::Operation;

// A text of the activity that a conjunct compares with literals.
struct TextDemand {
  FactRoot root = kActivityFact;
  std::uint32_t field = 0;
  std::set<cel::Symbol> texts;  // that it accepts
};

// Sets root and field if `expr` is a text such as activity.channel.
bool FindText(const Model& model, const cel::CheckedAst& checked, const Expr& expr,
              TextDemand& demand) {
  const auto* const select = cel::As<cel::SelectExpr>(expr);
  const auto* const ident =
      select == nullptr || select->is_test ? nullptr : cel::As<cel::IdentExpr>(select->operand);
  if (ident == nullptr || checked.TypeOf(expr).kind() != cel::TypeKind::kString) return false;
  const auto root = std::find(kFactRoots.begin(), kFactRoots.end(), ident->name);
  const cel::Type& type = checked.TypeOf(*ident);
  if (root == kFactRoots.end() || type.kind() != cel::TypeKind::kStruct) return false;
  for (const auto& structure : model.structs) {
    if (structure->name() == type.name()) demand.field = structure->FindSlot(select->field);
  }
  demand.root = static_cast<FactRoot>(root - kFactRoots.begin());
  return demand.field != 0;
}

bool AddText(const Model& model, const Expr& expr, TextDemand& demand) {
  const auto* const literal = cel::As<cel::LiteralExpr>(expr);
  if (literal == nullptr || literal->value.kind != cel::LiteralKind::kString) return false;
  const cel::Symbol symbol = model.symbols.Find(literal->value.text);
  demand.texts.insert(symbol);
  return symbol > cel::kUnknownSymbol;
}

bool AddTexts(const Model& model, const Expr& expr, TextDemand& demand) {
  const auto* const list = cel::As<cel::ListExpr>(expr);
  return list != nullptr &&
         std::all_of(list->elements.begin(), list->elements.end(), [&](const auto& element) {
           return !element.is_optional && AddText(model, *element.value, demand);
         });
}

// x == "literal", "literal" == x or x in ["literal", …].
std::optional<TextDemand> DemandOf(const Model& model, const cel::CheckedAst& checked,
                                   const Expr& conjunct) {
  const auto* const call = cel::As<cel::CallExpr>(conjunct);
  if (call == nullptr) return std::nullopt;
  const Operation operation = cel::OperationOf(*call);
  TextDemand demand;
  bool is_demand = false;
  if (operation == Operation::kEquals) {
    const Expr& a = *call->args[0];
    const Expr& b = *call->args[1];
    is_demand = (FindText(model, checked, a, demand) && AddText(model, b, demand)) ||
                (FindText(model, checked, b, demand) && AddText(model, a, demand));
  } else if (operation == Operation::kIn) {
    is_demand =
        FindText(model, checked, *call->args[0], demand) && AddTexts(model, *call->args[1], demand);
  }
  return is_demand ? std::optional(std::move(demand)) : std::nullopt;
}

using TextKey = std::pair<FactRoot, std::uint32_t>;
using TextsByRule = std::map<std::size_t, std::set<cel::Symbol>>;

// A conjunct that is false makes the condition false, whatever becomes of the others.
void AddDemands(const Model& model, std::size_t rule, std::map<TextKey, TextsByRule>& demands) {
  const Condition& when = model.rules[rule].when;
  if (!when) return;
  for (const Expr* const conjunct : ConjunctsOf(when->plan.checked().root())) {
    std::optional<TextDemand> demand = DemandOf(model, when->plan.checked(), *conjunct);
    if (!demand) continue;
    TextsByRule& rules = demands[{demand->root, demand->field}];
    const auto [known, is_new] = rules.try_emplace(rule, demand->texts);
    if (is_new) continue;
    std::erase_if(known->second,
                  [&](cel::Symbol symbol) { return !demand->texts.contains(symbol); });
  }
}

TextSelection SelectionBy(const TextKey& key, const TextsByRule& demands, std::size_t rules) {
  TextSelection selection{.root = key.first, .field = key.second};
  const std::size_t words = BitWords(rules);
  selection.others.assign(words, ~std::uint64_t{0});
  std::map<cel::Symbol, std::vector<std::size_t>> accepting;
  for (const auto& [rule, texts] : demands) {
    selection.others[rule / 64] &= ~(std::uint64_t{1} << (rule % 64));
    for (const cel::Symbol symbol : texts) accepting[symbol].push_back(rule);
  }
  for (const auto& [symbol, accepted] : accepting) {
    selection.texts.push_back(symbol);
    selection.rules.insert(selection.rules.end(), selection.others.begin(), selection.others.end());
    const auto row = std::span(selection.rules).last(words);
    for (const std::size_t rule : accepted) SetBit(row, rule);
  }
  return selection;
}

std::vector<TextSelection> TextsOf(const Model& model) {
  constexpr std::size_t kWordsMax = 65'536;  // of one text
  std::map<TextKey, TextsByRule> demands;
  for (std::size_t rule = 0; rule < model.rules.size(); ++rule) AddDemands(model, rule, demands);
  std::vector<TextSelection> texts;
  for (const auto& [key, rules] : demands) {
    TextSelection selection = SelectionBy(key, rules, model.rules.size());
    if (selection.rules.size() <= kWordsMax) texts.push_back(std::move(selection));
  }
  return texts;
}

RuleGate GateOf(const Rule& rule) {
  const Active& active = rule.active;
  RuleGate gate;
  gate.is_paused = rule.rollout == Rollout::kPaused;
  gate.is_promotion = rule.is_promotion;
  gate.is_shadow = rule.rollout == Rollout::kShadow;
  const bool has_window = active.time_from || active.time_until;
  gate.has_hours =
      has_window || active.from || active.until || active.weekdays != 0 || !active.dates.empty();
  if (active.first_on) gate.first_day = active.first_on->days();
  // A window over midnight belongs to the day before.
  if (active.last_on) gate.last_day = active.last_on->days() + (has_window ? 1 : 0);
  return gate;
}

std::vector<TriggeredRules> ActivitiesOf(const Model& model) {
  std::vector<TriggeredRules> activities;
  for (std::uint32_t rule = 0; rule < model.rules.size(); ++rule) {
    const Rule& one = model.rules[rule];
    for (const std::string& trigger : one.triggers) {
      auto triggered =
          std::find_if(activities.begin(), activities.end(),
                       [&](const TriggeredRules& known) { return known.activity == trigger; });
      if (triggered == activities.end()) {
        triggered = activities.insert(
            activities.end(),
            TriggeredRules{.activity = trigger,
                           .rules = {},
                           .places = std::vector(model.rules.size(), TriggeredRules::kNoPlace)});
      }
      if (triggered->places[rule] != TriggeredRules::kNoPlace) continue;
      triggered->places[rule] = static_cast<std::uint32_t>(triggered->rules.size());
      triggered->rules.push_back(rule);
      triggered->has_shadows |= one.rollout == Rollout::kShadow;
    }
  }
  return activities;
}

// By group, then priority, the highest first, then id; rules without a group come last.
std::vector<std::uint32_t> OrderOf(const Model& model) {
  std::vector<std::uint32_t> sorted(model.rules.size());
  std::iota(sorted.begin(), sorted.end(), 0U);
  const auto key = [&](std::uint32_t rule) {
    const Rule& one = model.rules[rule];
    return std::make_tuple(one.group.value_or(model.groups.size()), -std::int64_t{one.priority},
                           absl::string_view(one.id));
  };
  std::sort(sorted.begin(), sorted.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  std::vector<std::uint32_t> order(sorted.size());
  for (std::uint32_t place = 0; place < sorted.size(); ++place) order[sorted[place]] = place;
  return order;
}

}  // namespace

const TriggeredRules* RuleSelection::FindActivity(absl::string_view type) const {
  for (const TriggeredRules& one : activities) {
    if (one.activity == type) return &one;
  }
  return nullptr;
}

RuleSelection SelectionOf(const Model& model) {
  RuleSelection selection;
  selection.activities = ActivitiesOf(model);
  selection.texts = TextsOf(model);
  for (std::uint32_t rule = 0; rule < model.rules.size(); ++rule) {
    selection.gates.push_back(GateOf(model.rules[rule]));
    if (IsCarryRule(model.rules[rule])) selection.carrying.push_back(rule);
  }
  selection.order = OrderOf(model);
  return selection;
}

}  // namespace laurel::rules::model
