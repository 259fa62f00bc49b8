// One decision on a purchase, without engine and store: what the domain and the rules take of the
// processor between a command and its entry.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "bench/histogram.h"
#include "bench/random.h"
#include "bench/stopwatch.h"
#include "engine/base/check.h"
#include "engine/domain/apply.h"
#include "engine/domain/decide.h"

namespace laurel::bench {
namespace {

struct Options {
  std::string program;
  int members = 200;
  int history = 5;
  int rounds = 200;
  int lines = 2;
};

// The one rulebook that there is.
class OneRulebook final : public RulebookLibrary {
 public:
  explicit OneRulebook(std::shared_ptr<const rules::Rulebook> rulebook)
      : rulebook_(std::move(rulebook)) {}
  std::shared_ptr<const rules::Rulebook> Find(State&, const ProgramId&,
                                              const Activation&) override {
    return rulebook_;
  }

 private:
  std::shared_ptr<const rules::Rulebook> rulebook_;
};

std::shared_ptr<const rules::Rulebook> Read(const std::string& path) {
  std::ifstream file(path);
  LAUREL_CHECK(file.good(), "the program's document can be read");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(text);
  for (const rules::Finding& finding : compiled.findings) {
    if (finding.severity != rules::Severity::kError) continue;
    std::fprintf(stderr, "%s", rules::RenderFinding(finding, path, text).c_str());
  }
  LAUREL_CHECK(compiled.rulebook != nullptr, "the program's document compiles");
  return compiled.rulebook;
}

// A ledger in memory that forgets its bytes.
class Ledger {
 public:
  explicit Ledger(std::shared_ptr<const rules::Rulebook> rulebook)
      : rulebook_(*rulebook),
        program_(ProgramId::Of(rulebook->program())),
        library_(std::move(rulebook)) {
    Take(CreateProgram{std::string(rulebook_.canonical()), rulebook_.digest()});
    if (!rulebook_.warnings().empty()) {
      Take(AcknowledgeWarnings{
          1, std::nullopt, {rulebook_.warnings().begin(), rulebook_.warnings().end()}});
    }
    Take(ActivateRevision{1});
  }

  void Enroll(std::uint64_t member) {
    Take(EnrollMember{{IdentityLink{IdentityKind::kCard, CardOf(member)}},
                      Channel::kPos,
                      PlaceId::Of("S1"),
                      now_});
  }

  void Buy(std::uint64_t member, int lines) { Take(Purchase(member, lines)); }

  // Records on top of these, as a batch of the engine has them.
  std::unique_ptr<State> Batch() const { return std::make_unique<State>(&state_, nullptr); }
  // Decides a purchase and forgets it; the nanoseconds that this took.
  std::int64_t Consider(std::uint64_t member, int lines, State& batch) {
    const Command command = CommandOf(Purchase(member, lines));
    const Context context = NextContext();
    const Stopwatch watch;
    const Decision decision = Decide(batch, command, context);
    const std::int64_t nanos = watch.Nanos();
    LAUREL_CHECK(std::holds_alternative<Accepted>(decision), "the benchmark's commands are taken");
    return nanos;
  }

 private:
  static IdentityHash CardOf(std::uint64_t member) {
    IdentityHash card{};
    for (std::size_t i = 0; i < 8; ++i) card[i] = static_cast<std::uint8_t>(member >> (8 * i));
    return card;
  }

  AccruePurchase Purchase(std::uint64_t member, int lines) {
    AccruePurchase order;
    order.member = CardOf(member);
    order.receipt = {PlaceId::Of("S1"), PlaceId::Of("T1"), Date::FromDays(20'500),
                     PlaceId::Of(absl::StrCat(next_))};
    order.occurred_at = now_;
    order.channel = Channel::kPos;
    order.currency = std::string(rulebook_.currency());
    for (int i = 0; i < lines; ++i) {
      PurchaseLine line;
      line.line = i + 1;
      line.net = static_cast<std::int64_t>(100 + random_.Below(900));
      line.quantity_micros = 1'000'000;
      line.sku = absl::StrCat("SKU-", 100'000 + random_.Below(50'000));
      line.categories = {absl::StrCat("category_", random_.Below(40))};
      order.total += line.net;
      order.lines.push_back(std::move(line));
    }
    return order;
  }

  Command CommandOf(Order order) const {
    return {program_, RequestId::Of(absl::StrCat("request-", next_)), "bench", std::move(order)};
  }
  Context NextContext() {
    now_ = now_.PlusMicros(kMicrosPerMinute);
    return {0, next_++, now_, &library_};
  }

  void Take(Order order) {
    const Command command = CommandOf(std::move(order));
    const Context context = NextContext();
    Decision decision = Decide(state_, command, context);
    LAUREL_CHECK(std::holds_alternative<Accepted>(decision), "the benchmark's commands are taken");
    Apply(std::make_shared<Entry>(MakeEntry(state_, command, context, std::move(decision), Hash{})),
          state_);
  }

  const rules::Rulebook& rulebook_;
  const ProgramId program_;
  OneRulebook library_;
  State state_{nullptr, nullptr};
  Random random_{7};
  Timestamp now_ = Timestamp::FromMicros(1'772'000'000 * kMicrosPerSecond);
  std::uint64_t next_ = 1;
};

int Run(int argc, char** argv) {
  Options options;
  CLI::App app{"Measures decisions on purchases, without engine and store"};
  app.add_option("program", options.program, "Document of the program")->required();
  app.add_option("--members", options.members, "Members who buy in turn")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--history", options.history, "Purchases that each member has made before")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--rounds", options.rounds, "Decisions for each member")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--lines", options.lines, "Lines of a purchase")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  Ledger ledger(Read(options.program));
  const auto members = static_cast<std::uint64_t>(options.members);
  for (std::uint64_t member = 0; member < members; ++member) {
    ledger.Enroll(member);
    for (int i = 0; i < options.history; ++i) ledger.Buy(member, options.lines);
  }
  Histogram nanos;
  for (int round = 0; round < options.rounds; ++round) {
    const std::unique_ptr<State> batch = ledger.Batch();
    for (std::uint64_t member = 0; member < members; ++member) {
      nanos.Record(ledger.Consider(member, options.lines, *batch));
    }
  }
  std::printf("%s, purchases of %d lines\n", options.program.c_str(), options.lines);
  std::printf("  %-26s %8lld ns   p99 %lld ns\n", "decision p50",
              static_cast<long long>(nanos.Quantile(500)),
              static_cast<long long>(nanos.Quantile(990)));
  return 0;
}

}  // namespace
}  // namespace laurel::bench

int main(int argc, char** argv) { return laurel::bench::Run(argc, argv); }
