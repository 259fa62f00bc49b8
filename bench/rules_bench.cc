// One evaluation of a purchase in a program with many rules, against the C++ that somebody would
// write by hand for the same rules, which is the floor of the same run.
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "bench/histogram.h"
#include "bench/machine.h"
#include "bench/random.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "laurel/program/v1/program.pb.h"
#include "nlohmann/json.hpp"
#include "rules/program/compile.h"
#include "rules/program/document_bind.h"
#include "rules/program/evaluate.h"
#include "rules/program/findings.h"
#include "rules/program/yaml_reader.h"

namespace laurel::bench {
namespace {

namespace model = rules::model;

struct Options {
  std::int64_t rounds = 200;
  int rules = 200;
  int lines = 5;
  bool is_json = false;
};

constexpr std::size_t kBaskets =
    64;  // different purchases, so that branches are not learnt by heart
constexpr const char* kCategories[] = {"coffee", "tea", "bakery", "oat"};
constexpr const char* kChannels[] = {"POS", "APP", "WEB"};

// One base rule and promotions of the three common kinds, each with a condition.
std::string Document(int rules) {
  std::string text = R"(
schema: laurel.program.v1
id: bench
name: Bench
currency: EUR
time_zone: Europe/Berlin
point_types: [{id: points, name: Points, symbol: PTS, kind: REDEEMABLE}]
earning_rules: [{id: base, earn: {point_type: points, points: "1", per: "1.00"}}]
stacking_groups: [{id: all, mode: STACKED}, {id: best, mode: HIGHEST}]
tiers: [{id: MEMBER, name: Member}]
promotions:
)";
  for (int i = 0; i + 1 < rules; ++i) {
    const char* const channel = kChannels[i % 3];
    const char* const category = kCategories[i % 4];
    const std::string when = absl::StrCat("'activity.channel == \"", channel,
                                          "\" && purchase.eligible_net >= ", (i % 50) * 100, "'");
    absl::StrAppend(&text, "  - {id: p", i, ", stacking_group: ", i % 2 == 0 ? "all" : "best",
                    ", priority: ", i % 7, ", when: ", when, ", ");
    if (i % 3 == 0) {
      absl::StrAppend(&text, "multiply: {rule: base, by: \"2\", items: '\"", category,
                      "\" in item.categories'}}\n");
    } else {
      absl::StrAppend(&text, "bonus: {point_type: points, points: ", 1 + i % 9, "}}\n");
    }
  }
  return text;
}

struct Compiled {
  std::shared_ptr<const model::Model> model;
  double millis = 0;
};

Compiled Compile(const std::string& text) {
  const Stopwatch watch;
  rules::Findings findings(text);
  const auto root = rules::ReadYaml(text, findings);
  LAUREL_CHECK(root.has_value(), "the document of the benchmark can be read");
  program::v1::ProgramDocument document;
  rules::Bind(*root, document, findings);
  auto compiled = model::CompileModel(document);
  LAUREL_CHECK(compiled.ok(), std::string(compiled.status().message()).c_str());
  return {*std::move(compiled), watch.Seconds() * 1e3};
}

struct Basket {
  std::vector<absl::string_view> categories;
  std::vector<model::ItemFact> items;
  model::Facts facts;
};

std::vector<Basket> MakeBaskets(const model::Model& model, int lines) {
  Random random(7);
  std::vector<Basket> baskets(kBaskets);
  const Date day = Date::Parse("2027-03-02").value_or(Date());
  for (Basket& basket : baskets) {
    const auto count = static_cast<std::size_t>(lines);
    for (std::size_t i = 0; i < count; ++i) {
      basket.categories.push_back(kCategories[random.Below(std::size(kCategories))]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      model::ItemFact item;
      item.line = static_cast<std::int32_t>(i + 1);
      item.net = static_cast<std::int64_t>(100 + random.Below(2'000));
      item.categories = {&basket.categories[i], 1};
      basket.items.push_back(item);
      basket.facts.purchase.net += item.net;
    }
    basket.facts.items = basket.items;
    basket.facts.activity.channel = kChannels[random.Below(std::size(kChannels))];
    basket.facts.activity.occurred_at = model.calendar.StartOf(day);
  }
  return baskets;
}

// The points of the same rules, written out, with the same shares and the same group.
struct ByHand {
  explicit ByHand(int count) : promotions(count - 1) {}

  std::int64_t Points(const model::Facts& facts) const {
    std::int64_t net = 0;
    for (const model::ItemFact& item : facts.items) net += item.net;
    std::int64_t sum = net / 100;
    std::int64_t best = 0;
    for (int i = 0; i < promotions; ++i) {
      if (facts.activity.channel != kChannels[i % 3] || net < (i % 50) * 100) continue;
      const std::int64_t points = i % 3 == 0 ? Multiplied(facts, kCategories[i % 4]) : 1 + i % 9;
      if (i % 2 == 0) {
        sum += points;
      } else {
        best = std::max(best, points);
      }
    }
    return sum + best;
  }

  static std::int64_t Multiplied(const model::Facts& facts, absl::string_view category) {
    std::int64_t net = 0;
    for (const model::ItemFact& item : facts.items) {
      if (item.categories.front() == category) net += item.net;
    }
    return net / 100;
  }

  int promotions;
};

struct Figures {
  double p50_nanos = 0;
  double p99_nanos = 0;
  std::int64_t sum = 0;  // of all points, so that both do the same work
};

template <class Body>
Figures Measure(std::int64_t rounds, const std::vector<Basket>& baskets, Body body) {
  Histogram nanos;
  Figures figures;
  for (std::int64_t round = 0; round < rounds; ++round) {
    figures.sum = 0;
    for (const Basket& basket : baskets) {
      const Stopwatch watch;
      figures.sum += body(basket.facts);
      nanos.Record(watch.Nanos());
    }
  }
  figures.p50_nanos = static_cast<double>(nanos.Quantile(500));
  figures.p99_nanos = static_cast<double>(nanos.Quantile(990));
  return figures;
}

void PrintJson(const Options& options, const Machine& machine, const Compiled& compiled,
               const Figures& evaluated, const Figures& floor) {
  const nlohmann::ordered_json json = {
      {"machine",
       {{"cpus", machine.cpus},
        {"cpu", machine.cpu},
        {"kernel", machine.kernel},
        {"load_average", machine.load_average}}},
      {"rules", options.rules},
      {"lines", options.lines},
      {"compile_millis", compiled.millis},
      {"evaluate_p50_nanos", evaluated.p50_nanos},
      {"evaluate_p99_nanos", evaluated.p99_nanos},
      {"floor_p50_nanos", floor.p50_nanos},
      {"floor_p99_nanos", floor.p99_nanos},
      {"ratio_p50", evaluated.p50_nanos / std::max(1.0, floor.p50_nanos)}};
  std::printf("%s\n", json.dump(2).c_str());
}

void PrintTable(const Options& options, const Machine& machine, const Compiled& compiled,
                const Figures& evaluated, const Figures& floor) {
  std::printf("%s, %u cpus, load %.2f\n", machine.cpu.c_str(), machine.cpus, machine.load_average);
  std::printf("%d rules, %d lines; read and compiled in %.1f ms\n", options.rules, options.lines,
              compiled.millis);
  std::printf("  %-36s %9s %9s\n", "", "p50 ns", "p99 ns");
  std::printf("  %-36s %9.0f %9.0f\n", "floor: C++ by hand, points only", floor.p50_nanos,
              floor.p99_nanos);
  std::printf("  %-36s %9.0f %9.0f\n", "evaluation, all lines and outcomes", evaluated.p50_nanos,
              evaluated.p99_nanos);
  std::printf("  %-36s %9.1f\n", "times the floor",
              evaluated.p50_nanos / std::max(1.0, floor.p50_nanos));
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures the evaluation of a purchase against C++ by hand"};
  app.add_option("--rounds", options.rounds, "Rounds of 64 purchases")->capture_default_str();
  app.add_option("--rules", options.rules, "Rules of the program")
      ->check(CLI::Range(1, 900))
      ->capture_default_str();
  app.add_option("--lines", options.lines, "Lines of a purchase")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  app.add_flag("--json", options.is_json, "Print JSON");
  CLI11_PARSE(app, argc, argv);

  const Compiled compiled = Compile(Document(options.rules));
  const std::vector<Basket> baskets = MakeBaskets(*compiled.model, options.lines);
  const ByHand by_hand(options.rules);
  const Figures floor = Measure(options.rounds, baskets,
                                [&](const model::Facts& facts) { return by_hand.Points(facts); });
  model::EvaluateRoom room;
  const Figures evaluated = Measure(options.rounds, baskets, [&](const model::Facts& facts) {
    return model::PointsOf(model::Evaluate(*compiled.model, facts, {}, room), 0);
  });
  if (floor.sum != evaluated.sum) {
    std::fprintf(stderr, "rules_bench: points: expected %lld as by hand, was %lld\n",
                 static_cast<long long>(floor.sum), static_cast<long long>(evaluated.sum));
    return 1;
  }
  const Machine machine = DescribeMachine(".");
  if (options.is_json) {
    PrintJson(options, machine, compiled, evaluated, floor);
  } else {
    PrintTable(options, machine, compiled, evaluated, floor);
  }
  return 0;
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Run(argc, argv); }
