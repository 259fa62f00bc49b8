#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/simulation_views.h"

// One page that a browser shows without asking anybody for anything: style and plots are in it.
namespace laurel::cli {
namespace {

constexpr absl::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulation</title>
<style>
:root { --ink: #1d2733; --soft: #5b6b7b; --line: #dfe5eb; --now: #9aa9b8; --then: #1f6f8b; --up: #1c7c54; --down: #b3413a; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); margin: 0; background: #f4f6f8; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 18px; margin: 0 0 12px; }
p.note, li { color: var(--soft); }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin-top: 18px; overflow-x: auto; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 18px; }
.card { flex: 1 1 180px; background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.card b { display: block; font-size: 22px; }
.card span { color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 6px 8px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.up { color: var(--up); } .down { color: var(--down); }
td.stay { color: var(--soft); } td.rise { background: #e3f2ea; } td.fall { background: #f9e4e2; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.legend i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 6px 0 14px; }
details { border-bottom: 1px solid var(--line); padding: 6px 0; }
summary { cursor: pointer; }
pre { background: #f4f6f8; border-radius: 6px; padding: 10px; white-space: pre-wrap; font-size: 12px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
@media (max-width: 700px) { .two { grid-template-columns: 1fr; } }
</style>
</head>
<body><main>
)";

std::string Escaped(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string Count(std::int64_t count) {
  const std::string digits = RenderCount(static_cast<std::uint64_t>(count < 0 ? -count : count));
  return absl::StrCat(count < 0 ? "-" : "", digits);
}

// `value` of `max` on a scale of `size`, without floating point.
std::int64_t Scaled(std::int64_t value, std::int64_t max, std::int64_t size) {
  if (max <= 0) return 0;
  // Halving both keeps the ratio and leaves room for the product.
  while (max > (std::int64_t{1} << 40)) {
    max /= 2;
    value /= 2;
  }
  return value * size / max;
}

class Page {
 public:
  Page(const v1::Simulation& simulation, const AmountStyle& style)
      : simulation_(simulation), style_(style), html_(kHead) {}

  std::string Render() {
    Header();
    Moves();
    if (simulation_.has_backtest()) {
      Rules();
      Days();
      Budgets();
      Tables();
      Changed();
    }
    Losers();
    if (simulation_.has_backtest()) Assumptions();
    Add("</main></body></html>\n");
    return std::move(html_);
  }

 private:
  template <class... Parts>
  void Add(const Parts&... parts) {
    absl::StrAppend(&html_, parts...);
  }
  const v1::BacktestReport& backtest() const { return simulation_.backtest(); }

  void Card(absl::string_view value, absl::string_view label) {
    Add("<div class=\"card\"><b>", Escaped(value), "</b><span>", Escaped(label), "</span></div>\n");
  }

  int DecimalsOf(const std::string& type) const {
    const auto found = style_.decimals.find(type);
    return found == style_.decimals.end() ? 0 : found->second;
  }
  std::string Points(const std::string& type, std::int64_t points) const {
    return RenderGrouped(points, DecimalsOf(type));
  }

  void Header() {
    const std::string tried =
        simulation_.revision().empty() ? "a document" : simulation_.revision();
    Add("<h1>What ", Escaped(tried), " would do</h1>\n");
    Add("<p class=\"note\">Compared with ", Escaped(simulation_.current_revision()),
        ", in force from ", RenderInstant(FromProto(simulation_.effective_from())),
        ". Reads the ledger up to entry ", simulation_.sequence(),
        "; nothing was changed.</p>\n<div class=\"cards\">\n");
    const v1::ActivationReport& activation = simulation_.activation();
    Card(Count(activation.members()), "members");
    Card(Count(activation.raised()), "would rise");
    Card(Count(activation.fallen()), "would lose a tier");
    if (simulation_.has_backtest()) {
      Card(Count(backtest().activities()),
           absl::StrCat("purchases and activities, ", RenderDate(backtest().first_on()), " to ",
                        RenderDate(backtest().last_on())));
      Card(Count(backtest().changed()), "decided differently");
      std::map<std::string, std::int64_t> change;
      std::int64_t cost = 0;
      for (const v1::RuleEffect& rule : backtest().rules()) {
        change[rule.point_type()] += rule.points_candidate() - rule.points_current();
        cost += rule.cost_candidate() - rule.cost_current();
      }
      for (const auto& [type, points] : change) {
        Card(RenderSigned(points, DecimalsOf(type)), absl::StrCat(type, " more or less"));
      }
      if (cost != 0) {
        Card(absl::StrCat(cost > 0 ? "+" : "", AmountStyle::Money(style_.currency, cost)),
             "cost of the points");
      }
    }
    Add("</div>\n");
  }

  void Begin(absl::string_view title) { Add("<section><h2>", Escaped(title), "</h2>\n"); }
  void End() { Add("</section>\n"); }

  // Coloured by who rises and who falls.
  void Moves() {
    Begin("Members by tier, before and after");
    const Table table = TierMoveTable(simulation_.activation());
    Add("<table><tr>");
    for (const Column& column : table.columns) {
      Add("<th", column.align == Align::kRight ? " class=\"n\"" : "", ">", Escaped(column.name),
          "</th>");
    }
    Add("</tr>\n");
    std::map<std::string, std::size_t> ranks;
    for (int i = 0; i < simulation_.activation().tiers_after_size(); ++i) {
      ranks[simulation_.activation().tiers_after(i)] = static_cast<std::size_t>(i);
    }
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      Add("<tr>");
      const bool is_sum = row + 1 == table.rows.size();
      for (std::size_t i = 0; i < table.rows[row].size(); ++i) {
        const bool is_move =
            !is_sum && i > 0 && i + 1 < table.columns.size() && !table.rows[row][i].empty();
        absl::string_view kind;
        if (is_move) kind = KindOf(ranks, table.rows[row][0], table.columns[i].name);
        Add("<td class=\"", i == 0 ? "" : "n ", kind, "\">", is_sum || i == 0 ? "<b>" : "",
            Escaped(table.rows[row][i]), is_sum || i == 0 ? "</b>" : "", "</td>");
      }
      Add("</tr>\n");
    }
    Add("</table><p class=\"note\">Green: on a higher tier. Red: on a lower one.</p>");
    End();
  }

  static absl::string_view KindOf(const std::map<std::string, std::size_t>& ranks,
                                  const std::string& from, const std::string& to) {
    if (from == to) return "stay";
    const auto before = ranks.find(from);
    const auto after = ranks.find(to);
    if (before == ranks.end() || after == ranks.end()) return "fall";
    return after->second > before->second ? "rise" : "fall";
  }

  void Legend() {
    Add("<p class=\"legend\"><i style=\"background:var(--now)\"></i>now"
        "<i style=\"background:var(--then)\"></i>then</p>\n");
  }

  // Two bars a rule, on a scale for each point type.
  void Rules() {
    Begin("Points by rule");
    Legend();
    std::map<std::string, std::int64_t> most;
    for (const v1::RuleEffect& rule : backtest().rules()) {
      std::int64_t& max = most[rule.point_type()];
      max = std::max({max, rule.points_current(), rule.points_candidate()});
    }
    constexpr int kRow = 44;
    constexpr int kLeft = 220;
    constexpr int kBars = 520;
    Add("<svg viewBox=\"0 0 900 ", backtest().rules_size() * kRow + 8, "\" role=\"img\">\n");
    int top = 4;
    for (const v1::RuleEffect& rule : backtest().rules()) {
      const std::int64_t max = most[rule.point_type()];
      const std::int64_t now = Scaled(rule.points_current(), max, kBars);
      const std::int64_t then = Scaled(rule.points_candidate(), max, kBars);
      const std::int64_t change = rule.points_candidate() - rule.points_current();
      Add("<text x=\"0\" y=\"", top + 16, "\" style=\"fill:var(--ink)\">", Escaped(rule.rule()),
          "</text><text x=\"0\" y=\"", top + 31, "\">", Escaped(rule.point_type()), "</text>\n");
      Bar(top + 4, now, "--now", Points(rule.point_type(), rule.points_current()), kLeft);
      Bar(top + 20, then, "--then",
          absl::StrCat(
              Points(rule.point_type(), rule.points_candidate()),
              change == 0
                  ? ""
                  : absl::StrCat("  (", RenderSigned(change, DecimalsOf(rule.point_type())), ")")),
          kLeft);
      top += kRow;
    }
    Add("</svg>\n");
    End();
  }

  void Bar(int top, std::int64_t width, absl::string_view colour, absl::string_view label,
           int left) {
    Add("<rect x=\"", left, "\" y=\"", top, "\" width=\"", std::max<std::int64_t>(1, width),
        "\" height=\"13\" rx=\"3\" style=\"fill:var(", colour, ")\"/><text x=\"", left + width + 8,
        "\" y=\"", top + 11, "\">", Escaped(label), "</text>\n");
  }

  // A line through amounts by day, on the days from `first` to `last`.
  struct Series {
    std::vector<std::pair<std::int32_t, std::int64_t>> values;
    absl::string_view colour;
  };
  static std::int32_t DayNumber(const google::type::Date& date) {
    return Date::FromCivil(date.year(), date.month(), date.day()).value_or(Date()).days();
  }

  void Plot(const std::vector<Series>& all, std::int64_t max, absl::string_view top_label) {
    constexpr int kWidth = 860;
    constexpr int kHeight = 200;
    std::int32_t first = DayNumber(backtest().first_on());
    std::int32_t last = DayNumber(backtest().last_on());
    for (const Series& series : all) {
      for (const auto& [day, value] : series.values) {
        first = std::min(first, day);
        last = std::max(last, day);
      }
    }
    const std::int64_t days = std::max(1, last - first);
    Add("<svg viewBox=\"0 0 900 250\" role=\"img\">\n<line x1=\"20\" y1=\"220\" x2=\"880\" "
        "y2=\"220\" stroke=\"#dfe5eb\"/><line x1=\"20\" y1=\"20\" x2=\"880\" y2=\"20\" "
        "stroke=\"#dfe5eb\"/><text x=\"20\" y=\"14\">",
        Escaped(top_label), "</text><text x=\"20\" y=\"240\">", ToString(Date::FromDays(first)),
        "</text><text x=\"880\" y=\"240\" text-anchor=\"end\">", ToString(Date::FromDays(last)),
        "</text>\n");
    for (const Series& series : all) {
      Add("<polyline fill=\"none\" stroke-width=\"2\" style=\"stroke:var(", series.colour,
          ")\" points=\"");
      for (const auto& [day, value] : series.values) {
        Add(20 + (day - first) * kWidth / days, ",", 220 - Scaled(value, max, kHeight), " ");
      }
      Add("\"/>\n");
      if (series.values.size() == 1) {
        Add("<circle r=\"4\" cx=\"", 20 + (series.values[0].first - first) * kWidth / days,
            "\" cy=\"", 220 - Scaled(series.values[0].second, max, kHeight), "\" style=\"fill:var(",
            series.colour, ")\"/>\n");
      }
    }
    Add("</svg>\n");
  }

  void Days() {
    if (backtest().days().empty()) return;
    Series now{{}, "--now"};
    Series then{{}, "--then"};
    std::int64_t max = 0;
    for (const v1::DayEffect& day : backtest().days()) {
      now.values.emplace_back(DayNumber(day.day()), day.points_current());
      then.values.emplace_back(DayNumber(day.day()), day.points_candidate());
      max = std::max({max, day.points_current(), day.points_candidate()});
    }
    Begin("Points to spend, by day");
    Legend();
    Plot({now, then}, max, Count(max));
    End();
  }

  void Budgets() {
    for (const v1::BudgetEffect& budget : backtest().budgets()) {
      Begin(absl::StrCat("Budget ", budget.budget()));
      Series left{{}, "--then"};
      std::int64_t used = 0;
      for (const v1::BudgetDay& day : budget.days()) {
        used = std::max(used, day.used());
        left.values.emplace_back(DayNumber(day.day()),
                                 std::max<std::int64_t>(0, budget.total() - used));
      }
      Add("<p class=\"note\">", Count(used), " of ", Count(budget.total()), " used; ",
          budget.has_ends_on()
              ? absl::StrCat("nothing is left from ", RenderDate(budget.ends_on()), " on")
              : std::string("it lasts through the period"),
          ".</p>\n");
      Plot({left}, budget.total(), absl::StrCat(Count(budget.total()), " left"));
      End();
    }
  }

  void Write(const Table& table) {
    if (table.rows.empty()) return;
    Begin(table.title);
    Add("<table><tr>");
    for (const Column& column : table.columns) {
      Add("<th", column.align == Align::kRight ? " class=\"n\"" : "", ">", Escaped(column.name),
          "</th>");
    }
    Add("</tr>\n");
    for (const std::vector<std::string>& row : table.rows) {
      Add("<tr>");
      for (std::size_t i = 0; i < row.size(); ++i) {
        const bool is_number = table.columns[i].align == Align::kRight;
        Add("<td", is_number ? " class=\"n\"" : "", ">", Escaped(row[i]), "</td>");
      }
      Add("</tr>\n");
    }
    Add("</table>\n");
    End();
  }

  // What the text report has, but for what is shown otherwise here.
  void Tables() {
    for (const Table& table : SimulationDocument(simulation_, style_).tables) {
      const bool is_shown_otherwise = table.title == "members by tier, before and after" ||
                                      table.title == "most changed decisions" ||
                                      table.title == "who would lose a tier" ||
                                      table.title == "to be read with care";
      if (!is_shown_otherwise) Write(table);
    }
  }

  void Changed() {
    if (backtest().most_changed().empty()) return;
    Begin("Most changed decisions");
    for (const v1::ChangedDecision& changed : backtest().most_changed()) {
      const std::int64_t change = changed.points_candidate() - changed.points_current();
      Add("<details><summary>entry ", Escaped(LastPart(changed.entry())), ": ",
          Points(changed.point_type(), changed.points_current()), " now, ",
          Points(changed.point_type(), changed.points_candidate()), " ",
          Escaped(changed.point_type()), " then <span class=\"", change < 0 ? "down" : "up", "\">(",
          RenderSigned(change, DecimalsOf(changed.point_type())),
          ")</span></summary><div class=\"two\"><pre>", Escaped(changed.explanation_current()),
          "</pre><pre>", Escaped(changed.explanation_candidate()), "</pre></div></details>\n");
    }
    End();
  }

  void Losers() {
    const v1::ActivationReport& activation = simulation_.activation();
    if (activation.losers().empty()) return;
    Table table{activation.fallen() > activation.losers_size()
                    ? absl::StrCat("The first ", activation.losers_size(), " of ",
                                   Count(activation.fallen()), " who would lose a tier")
                    : "Who would lose a tier",
                {{"member"}, {"from"}, {"to"}},
                {}};
    for (const v1::TierLoser& loser : activation.losers()) {
      table.rows.push_back({LastPart(loser.member()), loser.from_tier(), loser.to_tier()});
    }
    Write(table);
  }

  void Assumptions() {
    if (backtest().assumptions().empty()) return;
    Begin("To be read with care");
    Add("<ul>");
    for (const std::string& assumption : backtest().assumptions()) {
      Add("<li>", Escaped(assumption), "</li>");
    }
    Add("</ul>\n");
    End();
  }

  const v1::Simulation& simulation_;
  const AmountStyle& style_;
  std::string html_;
};

}  // namespace

std::string SimulationHtml(const v1::Simulation& simulation, const AmountStyle& style) {
  return Page(simulation, style).Render();
}

}  // namespace laurel::cli
