// Conditions and sums of the Common Expression Language: as plans, as trees, and as the C++ that
// somebody would write by hand, which is the floor.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/histogram.h"
#include "bench/random.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "rules/cel/checker.h"
#include "rules/cel/parser.h"
#include "rules/cel/plan.h"

namespace laurel::bench {
namespace {

using cel::Value;

struct Options {
  std::int64_t rounds = 2'000;
};

constexpr std::size_t kRows = 1024;  // different facts, so that branches are not learnt by heart
constexpr std::size_t kItems = 3;

// The same facts for C++ and for expressions.
struct Item {
  std::int64_t net = 0;
  std::string category;
};
struct Row {
  std::int64_t amount = 0;
  std::string channel;
  std::string tier;
  std::vector<Item> items;
  // What a host that interns its texts would have.
  cel::Symbol channel_symbol = 0;
  cel::Symbol tier_symbol = 0;
};

std::vector<Row> MakeRows() {
  const std::vector<std::string> channels = {"mobile", "web", "pos", "kiosk"};
  const std::vector<std::string> tiers = {"base", "silver", "gold", "platinum"};
  const std::vector<std::string> categories = {"denim", "coats", "shirts", "shoes"};
  Random random(42);
  std::vector<Row> rows(kRows);
  for (Row& row : rows) {
    row.amount = static_cast<std::int64_t>(random.Below(4000));
    row.channel = channels[random.Below(channels.size())];
    row.tier = tiers[random.Below(tiers.size())];
    for (std::size_t i = 0; i < kItems; ++i) {
      row.items.push_back(Item{static_cast<std::int64_t>(random.Below(10'000)),
                               categories[random.Below(categories.size())]});
    }
  }
  return rows;
}

// The facts of all rows as values. Pointers into the rows and into itself.
class Facts {
 public:
  explicit Facts(const std::vector<Row>& rows) : rows_(rows) {
    for (const char* name : {"amount", "channel", "tier", "items", "purchase"}) slots_.Add(name);
  }

  const cel::SlotTable& slots() const { return slots_; }
  cel::SymbolTable& symbols() { return symbols_; }
  const cel::StructType& item_type() const { return item_type_; }
  const cel::StructType& purchase_type() const { return purchase_type_; }

  // After the last expression is planned. Without symbols, texts compare byte by byte.
  void Build(bool has_symbols) {
    storage_.clear();
    facts_.clear();
    for (const Row& row : rows_) facts_.push_back(MakeRow(row, has_symbols));
  }
  std::span<const Value> of(std::size_t row) const { return facts_[row]; }

 private:
  Value Text(const std::string& text, bool has_symbols) const {
    return has_symbols ? symbols_.Lookup(text) : Value::String(text);
  }

  // Keeps `values` for good.
  const Value* Keep(std::vector<Value> values) {
    storage_.push_back(std::make_unique<std::vector<Value>>(std::move(values)));
    return storage_.back()->data();
  }

  std::vector<Value> MakeRow(const Row& row, bool has_symbols) {
    std::vector<Value> items;
    for (const Item& item : row.items) {
      items.push_back(Value::Struct(Keep({Value::StructHead(&item_type_), Value::Int(item.net),
                                          Text(item.category, has_symbols)})));
    }
    const Value* const list = Keep(items);
    const Value purchase =
        Value::Struct(Keep({Value::StructHead(&purchase_type_), Value::Int(row.amount),
                            Text(row.channel, has_symbols), Text(row.tier, has_symbols)}));
    return {Value::Int(row.amount), Text(row.channel, has_symbols), Text(row.tier, has_symbols),
            Value::List({list, row.items.size()}), purchase};
  }

  const std::vector<Row>& rows_;
  cel::SlotTable slots_;
  cel::SymbolTable symbols_;
  cel::StructType item_type_{"Item", {"net", "category"}};
  cel::StructType purchase_type_{"Purchase", {"amount", "channel", "tier"}};
  std::vector<std::unique_ptr<std::vector<Value>>> storage_;
  std::vector<std::vector<Value>> facts_;
};

cel::Declarations MakeDeclarations() {
  cel::Declarations declarations(&cel::AllDeclarations());
  declarations.AddStruct("Item", {{"net", cel::Type::Int()}, {"category", cel::Type::String()}});
  declarations.AddStruct("Purchase", {{"amount", cel::Type::Int()},
                                      {"channel", cel::Type::String()},
                                      {"tier", cel::Type::String()}});
  declarations.AddVariable("amount", cel::Type::Int());
  declarations.AddVariable("channel", cel::Type::String());
  declarations.AddVariable("tier", cel::Type::String());
  declarations.AddVariable("items", cel::Type::List(cel::Type::Struct("Item")));
  declarations.AddVariable("purchase", cel::Type::Struct("Purchase"));
  return declarations;
}

cel::CheckedAst Checked(const std::string& text, const cel::Declarations& declarations) {
  const cel::Source source(text);
  cel::ParseResult parsed = cel::Parse(source);
  LAUREL_CHECK(parsed.ok(), "an expression of the benchmark must parse");
  cel::CheckResult result = cel::Check(std::move(parsed.ast), declarations);
  LAUREL_CHECK(result.ok(), "an expression of the benchmark must have types");
  return std::move(result.checked);
}

cel::Plan MakePlan(const std::string& text, const cel::Declarations& declarations, Facts& facts,
                   bool has_symbols) {
  cel::PlanOptions options;
  options.slots = facts.slots();
  options.symbols = has_symbols ? &facts.symbols() : nullptr;
  options.structs = {&facts.item_type(), &facts.purchase_type()};
  return cel::Plan::Make(Checked(text, declarations), options);
}

// Keeps the compiler from leaving out what nobody reads.
std::int64_t sink = 0;

void PrintHeader() { std::printf("  %-52s %9s %9s\n", "", "p50 ns", "p99 ns"); }

// Runs `body` for all rows of facts, `rounds` times, and prints the time of one evaluation.
template <class Body>
void Measure(const std::string& title, std::int64_t rounds, Body body) {
  Histogram picos;
  for (std::int64_t round = 0; round < rounds; ++round) {
    const Stopwatch watch;
    std::int64_t sum = 0;
    for (std::size_t row = 0; row < kRows; ++row) sum += body(row);
    picos.Record(watch.Nanos() * 1000 / static_cast<std::int64_t>(kRows));
    sink = sink + sum;
  }
  std::printf("  %-52s %9.1f %9.1f\n", title.c_str(),
              static_cast<double>(picos.Quantile(500)) / 1000,
              static_cast<double>(picos.Quantile(990)) / 1000);
}

// One expression as a plan with symbols, a plan without, and a tree.
void MeasureExpression(const std::string& text, const std::vector<Row>& rows, std::int64_t rounds) {
  const cel::Declarations declarations = MakeDeclarations();
  for (const bool has_symbols : {true, false}) {
    Facts facts(rows);
    const cel::Plan plan = MakePlan(text, declarations, facts, has_symbols);
    facts.Build(has_symbols);
    cel::Arena arena;
    cel::Context context(arena);
    cel::Frame frame(facts.of(0), context);
    Measure(has_symbols ? "  plan, interned texts" : "  plan, plain texts", rounds,
            [&](std::size_t row) {
              frame.slots = facts.of(row).data();
              context.steps_left = cel::Context::kDefaultStepsMax;
              const Value value = plan.Evaluate(frame);
              return value.int_value();
            });
  }
  Facts facts(rows);
  facts.Build(false);
  const cel::CheckedAst checked = Checked(text, declarations);
  cel::Arena arena;
  std::vector<cel::MapActivation> activations(kRows);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (const char* name : {"amount", "channel", "tier", "items", "purchase"}) {
      activations[row].Set(name, facts.of(row)[facts.slots().Find(name)]);
    }
  }
  Measure("  tree, names in a hash map", std::max<std::int64_t>(1, rounds / 20),
          [&](std::size_t row) {
            arena.Reset();
            cel::Context context(arena);
            return cel::Evaluate(checked, activations[row], context).int_value();
          });
}

void InternByHand(std::vector<Row>& rows, cel::SymbolTable& symbols) {
  for (Row& row : rows) {
    row.channel_symbol = symbols.Intern(row.channel);
    row.tier_symbol = symbols.Intern(row.tier);
  }
}

void MeasureCondition(const std::vector<Row>& given, std::int64_t rounds) {
  std::vector<Row> rows = given;
  cel::SymbolTable symbols;
  const cel::Symbol mobile = symbols.Intern("mobile");
  const cel::Symbol gold = symbols.Intern("gold");
  const cel::Symbol platinum = symbols.Intern("platinum");
  InternByHand(rows, symbols);
  std::printf("amount >= 1000 && channel == \"mobile\" && tier in [\"gold\", \"platinum\"]\n");
  Measure("  floor: C++ by hand, interned texts", rounds, [&](std::size_t i) {
    const Row& row = rows[i];
    return std::int64_t{row.amount >= 1000 && row.channel_symbol == mobile &&
                        (row.tier_symbol == gold || row.tier_symbol == platinum)};
  });
  Measure("  floor: C++ by hand, std::string", rounds, [&](std::size_t i) {
    const Row& row = rows[i];
    return std::int64_t{row.amount >= 1000 && row.channel == "mobile" &&
                        (row.tier == "gold" || row.tier == "platinum")};
  });
  MeasureExpression(R"(amount >= 1000 && channel == "mobile" && tier in ["gold", "platinum"])",
                    rows, rounds);
  std::printf("the same with the fields of a struct\n");
  MeasureExpression(R"(purchase.amount >= 1000 && purchase.channel == "mobile" &&
                       purchase.tier in ["gold", "platinum"])",
                    rows, rounds);
}

void MeasureLoops(const std::vector<Row>& rows, std::int64_t rounds) {
  std::printf("items.exists(i, i.category == \"denim\" && i.net >= 5000), 3 items\n");
  Measure("  floor: C++ by hand, std::string", rounds, [&](std::size_t row) {
    const std::vector<Item>& items = rows[row].items;
    return std::int64_t{std::any_of(items.begin(), items.end(), [](const Item& item) {
      return item.category == "denim" && item.net >= 5000;
    })};
  });
  MeasureExpression(R"(items.exists(i, i.category == "denim" && i.net >= 5000))", rows, rounds);
  std::printf("items.filter(i, i.category != \"shoes\").map(i, i.net).sum(), 3 items\n");
  Measure("  floor: C++ by hand, std::string", rounds, [&](std::size_t row) {
    std::int64_t sum = 0;
    for (const Item& item : rows[row].items) sum += item.category != "shoes" ? item.net : 0;
    return sum;
  });
  MeasureExpression(R"(items.filter(i, i.category != "shoes").map(i, i.net).sum())", rows, rounds);
}

// 200 conditions in a row, as a program of 200 rules without any selection would run them.
void MeasureManyConditions(const std::vector<Row>& rows, std::int64_t rounds) {
  const cel::Declarations declarations = MakeDeclarations();
  Facts facts(rows);
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    texts.push_back("amount >= " + std::to_string(i * 20) +
                    R"( && channel == "mobile" && tier in ["gold", "platinum"])");
  }
  const Stopwatch watch;
  std::vector<cel::Plan> plans;
  for (const std::string& text : texts) {
    plans.push_back(MakePlan(text, declarations, facts, true));
  }
  const double compiled_millis = watch.Seconds() * 1e3;
  facts.Build(true);
  cel::Arena arena;
  cel::Context context(arena);
  cel::Frame frame(facts.of(0), context);
  std::printf("200 such conditions\n");
  Measure("  all of them as plans, one after the other", std::max<std::int64_t>(1, rounds / 100),
          [&](std::size_t row) {
            frame.slots = facts.of(row).data();
            std::int64_t count = 0;
            for (const cel::Plan& plan : plans) count += plan.Test(frame);
            return count;
          });
  std::printf("  %-52s %9.2f ms\n", "  reading, checking and planning all of them",
              compiled_millis);
}

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures expressions against C++ by hand"};
  app.add_option("--rounds", options.rounds, "Rounds of 1,024 evaluations")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const std::vector<Row> rows = MakeRows();
  PrintHeader();
  MeasureCondition(rows, options.rounds);
  MeasureLoops(rows, options.rounds);
  MeasureManyConditions(rows, options.rounds);
  return sink == 42 ? 1 : 0;
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Run(argc, argv); }
