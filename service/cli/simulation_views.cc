#include "service/cli/simulation_views.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

std::string Count(std::int64_t count) {
  return count < 0 ? absl::StrCat("-", RenderCount(static_cast<std::uint64_t>(-count)))
                   : RenderCount(static_cast<std::uint64_t>(count));
}

int DecimalsOf(const AmountStyle& style, const std::string& type) {
  const auto found = style.decimals.find(type);
  return found == style.decimals.end() ? 0 : found->second;
}

std::string Cost(std::int64_t minor_units, const AmountStyle& style) {
  return minor_units == 0 ? "" : AmountStyle::Money(style.currency, minor_units);
}

// "+12 %" of a change; empty where there was nothing.
std::string Share(std::int64_t from, std::int64_t to) {
  if (from <= 0) return "";
  const std::int64_t change = to - from;
  const std::int64_t size = change < 0 ? -change : change;
  if (size > kAmountMax / 1'000) return "";
  return absl::StrCat(change < 0 ? "-" : "+", RenderAmount((size * 1'000 + from / 2) / from, 1),
                      " %");
}

struct Sum {
  std::int64_t current = 0;
  std::int64_t candidate = 0;
};
std::map<std::string, Sum> PointsByType(const v1::BacktestReport& report) {
  std::map<std::string, Sum> sums;
  for (const v1::RuleEffect& rule : report.rules()) {
    sums[rule.point_type()].current += rule.points_current();
    sums[rule.point_type()].candidate += rule.points_candidate();
  }
  return sums;
}
Sum CostsOf(const v1::BacktestReport& report) {
  Sum sum;
  for (const v1::RuleEffect& rule : report.rules()) {
    sum.current += rule.cost_current();
    sum.candidate += rule.cost_candidate();
  }
  return sum;
}

void AddBacktestFacts(const v1::BacktestReport& report, const AmountStyle& style,
                      Document& document) {
  document.facts.emplace_back(
      "purchases and activities",
      absl::StrCat(Count(report.activities()), " by ", Count(report.members()), " members, ",
                   RenderDate(report.first_on()), " to ", RenderDate(report.last_on())));
  document.facts.emplace_back("decided differently", Count(report.changed()));
  for (const auto& [type, sum] : PointsByType(report)) {
    const int decimals = DecimalsOf(style, type);
    const std::string share =
        sum.current > 0 ? absl::StrCat(", ", Share(sum.current, sum.candidate)) : "";
    const std::string change =
        sum.candidate == sum.current
            ? "as now"
            : absl::StrCat("instead of ", RenderGrouped(sum.current, decimals), " (",
                           RenderSigned(sum.candidate - sum.current, decimals), share, ")");
    document.facts.emplace_back(type,
                                absl::StrCat(RenderGrouped(sum.candidate, decimals), " ", change));
  }
  const Sum costs = CostsOf(report);
  if (costs.current != 0 || costs.candidate != 0) {
    document.facts.emplace_back(
        "cost of the points",
        absl::StrCat(AmountStyle::Money(style.currency, costs.candidate), " instead of ",
                     AmountStyle::Money(style.currency, costs.current)));
  }
}

Table RuleTable(const v1::BacktestReport& report, const AmountStyle& style) {
  Table table{"by rule",
              {{"rule"},
               {"points"},
               {"now", Align::kRight},
               {"then", Align::kRight},
               {"change", Align::kRight},
               {"times now", Align::kRight},
               {"times then", Align::kRight},
               {"cut", Align::kRight},
               {"cost now", Align::kRight},
               {"cost then", Align::kRight}},
              {}};
  for (const v1::RuleEffect& rule : report.rules()) {
    const int decimals = DecimalsOf(style, rule.point_type());
    table.rows.push_back(
        {rule.rule(), rule.point_type(), RenderGrouped(rule.points_current(), decimals),
         RenderGrouped(rule.points_candidate(), decimals),
         RenderSigned(rule.points_candidate() - rule.points_current(), decimals),
         Count(rule.awards_current()), Count(rule.awards_candidate()), Count(rule.cut()),
         Cost(rule.cost_current(), style), Cost(rule.cost_candidate(), style)});
  }
  return table;
}

Table LimitTable(const v1::BacktestReport& report) {
  Table table{"limits that bite",
              {{"limit"}, {"times", Align::kRight}, {"points not given", Align::kRight}},
              {}};
  for (const v1::LimitEffect& limit : report.limits()) {
    table.rows.push_back({limit.limit(), Count(limit.hits()), Count(limit.points())});
  }
  return table;
}

Table BudgetTable(const v1::BacktestReport& report) {
  Table table{"budgets",
              {{"budget"},
               {"holds", Align::kRight},
               {"used", Align::kRight},
               {"left", Align::kRight},
               {"ends on"}},
              {}};
  for (const v1::BudgetEffect& budget : report.budgets()) {
    std::int64_t used = 0;
    for (const v1::BudgetDay& day : budget.days()) used = std::max(used, day.used());
    table.rows.push_back(
        {budget.budget(), Count(budget.total()), Count(used),
         Count(std::max<std::int64_t>(0, budget.total() - used)),
         budget.has_ends_on() ? RenderDate(budget.ends_on()) : "not in this period"});
  }
  return table;
}

Table SilentTable(const v1::BacktestReport& report) {
  Table table{"rules that never awarded anything", {{"rule"}, {"because"}}, {}};
  const std::set<std::string> lost(report.always_lost().begin(), report.always_lost().end());
  for (const std::string& rule : report.never_fired()) {
    table.rows.push_back({rule, lost.contains(rule)
                                    ? "another rule of its group was always the better one"
                                    : "nothing met its conditions"});
  }
  return table;
}

Table ChangedTable(const v1::BacktestReport& report, const AmountStyle& style) {
  Table table{"most changed decisions",
              {{"entry"},
               {"points"},
               {"now", Align::kRight},
               {"then", Align::kRight},
               {"change", Align::kRight}},
              {}};
  for (const v1::ChangedDecision& changed : report.most_changed()) {
    const int decimals = DecimalsOf(style, changed.point_type());
    table.rows.push_back(
        {LastPart(changed.entry()), changed.point_type(),
         RenderGrouped(changed.points_current(), decimals),
         RenderGrouped(changed.points_candidate(), decimals),
         RenderSigned(changed.points_candidate() - changed.points_current(), decimals)});
  }
  return table;
}

Table LoserTable(const v1::ActivationReport& report) {
  Table table{"who would lose a tier", {{"member"}, {"from"}, {"to"}}, {}};
  for (const v1::TierLoser& loser : report.losers()) {
    table.rows.push_back({LastPart(loser.member()), loser.from_tier(), loser.to_tier()});
  }
  return table;
}

Table AssumptionTable(const v1::BacktestReport& report) {
  Table table{"to be read with care", {{"what"}}, {}};
  for (const std::string& assumption : report.assumptions()) table.rows.push_back({assumption});
  return table;
}

void AddUnlessEmpty(Table table, Document& document) {
  if (!table.rows.empty()) document.tables.push_back(std::move(table));
}

}  // namespace

std::string RenderGrouped(std::int64_t amount, int decimals) {
  std::string text = RenderAmount(amount, decimals);
  const std::size_t first = text[0] == '-' ? 1 : 0;
  const std::size_t end = std::min(text.find('.'), text.size());
  for (std::size_t at = end; at > first + 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string RenderSigned(std::int64_t amount, int decimals) {
  return absl::StrCat(amount > 0 ? "+" : "", RenderGrouped(amount, decimals));
}

Table TierMoveTable(const v1::ActivationReport& report) {
  std::vector<std::string> columns(report.tiers_after().begin(), report.tiers_after().end());
  std::map<std::pair<std::string, std::string>, std::int64_t> counts;
  for (const v1::TierMove& move : report.moves()) {
    counts[{move.from_tier(), move.to_tier()}] = move.members();
    if (std::find(columns.begin(), columns.end(), move.to_tier()) == columns.end()) {
      columns.push_back(move.to_tier());
    }
  }
  Table table{"members by tier, before and after", {{"from \\ to"}}, {}};
  for (const std::string& column : columns) {
    table.columns.push_back({column, Align::kRight});
  }
  table.columns.push_back({"before", Align::kRight});
  for (const std::string& from : report.tiers_before()) {
    std::vector<std::string> row = {from};
    std::int64_t sum = 0;
    for (const std::string& to : columns) {
      const auto found = counts.find({from, to});
      row.push_back(found == counts.end() ? "" : Count(found->second));
      if (found != counts.end()) sum += found->second;
    }
    row.push_back(Count(sum));
    table.rows.push_back(std::move(row));
  }
  std::vector<std::string> after = {"after"};
  std::int64_t all = 0;
  for (const std::string& to : columns) {
    std::int64_t sum = 0;
    for (const auto& [pair, members] : counts) sum += pair.second == to ? members : 0;
    after.push_back(Count(sum));
    all += sum;
  }
  after.push_back(Count(all));
  table.rows.push_back(std::move(after));
  return table;
}

Document SimulationDocument(const v1::Simulation& simulation, const AmountStyle& style) {
  const v1::ActivationReport& activation = simulation.activation();
  Document document;
  document.facts = {
      {"tried", simulation.revision().empty() ? "a document" : simulation.revision()},
      {"digest", RenderHex(simulation.digest()).substr(0, 16)},
      {"compared with", simulation.current_revision()},
      {"in force from", RenderInstant(FromProto(simulation.effective_from()))},
      {"members", Count(activation.members())},
      {"change tier", absl::StrCat(Count(activation.moved()), " (", Count(activation.raised()),
                                   " rise, ", Count(activation.fallen()), " fall)")}};
  document.tables.push_back(TierMoveTable(activation));
  if (simulation.has_backtest()) {
    const v1::BacktestReport& backtest = simulation.backtest();
    AddBacktestFacts(backtest, style, document);
    document.tables.push_back(RuleTable(backtest, style));
    AddUnlessEmpty(LimitTable(backtest), document);
    AddUnlessEmpty(BudgetTable(backtest), document);
    AddUnlessEmpty(SilentTable(backtest), document);
    AddUnlessEmpty(ChangedTable(backtest, style), document);
    AddUnlessEmpty(AssumptionTable(backtest), document);
  }
  AddUnlessEmpty(LoserTable(activation), document);
  return document;
}

Document ComparisonDocument(const v1::CompareDecisionsResponse& response,
                            const AmountStyle& style) {
  struct Line {
    std::string rule;
    std::string type;
    std::optional<std::int64_t> now;
    std::optional<std::int64_t> then;
    std::string why;
  };
  std::vector<Line> lines;
  const auto line_of = [&](const std::string& rule, const std::string& type) -> Line& {
    for (Line& line : lines) {
      if (line.rule == rule && line.type == type) return line;
    }
    return lines.emplace_back(Line{rule, type, std::nullopt, std::nullopt, ""});
  };
  for (const v1::ExplainedLine& line : response.current().lines()) {
    Line& row = line_of(line.rule(), line.point_type());
    row.now = row.now.value_or(0) + line.granted();
    row.why = line.arithmetic();
  }
  for (const v1::ExplainedLine& line : response.candidate().lines()) {
    Line& row = line_of(line.rule(), line.point_type());
    row.then = row.then.value_or(0) + line.granted();
    row.why = line.arithmetic();
  }
  Table table{"line by line",
              {{"rule"},
               {"points"},
               {"now", Align::kRight},
               {"then", Align::kRight},
               {"change", Align::kRight},
               {"how"}},
              {}};
  for (const Line& line : lines) {
    const int decimals = DecimalsOf(style, line.type);
    const auto shown = [&](const std::optional<std::int64_t>& points) {
      return points ? RenderGrouped(*points, decimals) : "";
    };
    table.rows.push_back({line.rule, line.type, shown(line.now), shown(line.then),
                          RenderSigned(line.then.value_or(0) - line.now.value_or(0), decimals),
                          line.why});
  }
  Document document;
  document.facts = {
      {"now", response.current().revision()},
      {"then",
       response.candidate().revision().empty() ? "the document" : response.candidate().revision()},
      {"eligible", absl::StrCat(AmountStyle::Money(response.candidate().eligible().currency_code(),
                                                   response.candidate().eligible().minor_units()),
                                " (now ",
                                AmountStyle::Money(response.current().eligible().currency_code(),
                                                   response.current().eligible().minor_units()),
                                ")")},
      {"tier afterwards",
       absl::StrCat(response.candidate().tier(), " (now ", response.current().tier(), ")")}};
  document.tables.push_back(std::move(table));
  return document;
}

}  // namespace laurel::cli
