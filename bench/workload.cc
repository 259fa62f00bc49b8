#include "bench/workload.h"

#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "rules/program/rulebook.h"

namespace laurel::bench {
namespace {

constexpr std::uint64_t kStores = 400;
constexpr std::uint64_t kTerminals = 5;
constexpr std::uint64_t kHotMembersOneIn = 100;

// Streams of random numbers that may not follow each other.
enum class Stream : std::uint64_t {
  kMember = 1,
  kHot = 2,
  kTotal = 3,
  kId = 4,
  kIdTail = 5,
  kLine = 6
};

// SplitMix64 (Steele, Lea, Flood 2014) of one point of a stream.
std::uint64_t RandomAt(std::uint64_t seed, Stream stream, std::uint64_t n) {
  std::uint64_t z = seed * 0x2545F4914F6CDD1D +
                    static_cast<std::uint64_t>(stream) * 0xD1342543DE82EF95 +
                    (n + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::vector<PurchaseLine> SplitIntoLines(std::uint64_t seed, std::uint64_t n, std::int64_t total,
                                         int count) {
  std::vector<PurchaseLine> lines;
  std::int64_t left = total;
  for (int i = 0; i < count; ++i) {
    const std::uint64_t random =
        RandomAt(seed, Stream::kLine, n * kLinesMax + static_cast<std::uint64_t>(i));
    PurchaseLine line;
    line.line = i + 1;
    line.net = i + 1 == count ? left : left / (count - i);
    line.quantity_micros = 1'000'000;
    line.sku = absl::StrCat("SKU-", 100'000 + random % 50'000);
    line.categories = {absl::StrCat("category_", random % 40)};
    left -= line.net;
    lines.push_back(std::move(line));
  }
  return lines;
}

Command MakeCommand(absl::string_view request, Order order) {
  return Command{TheProgram(), RequestId::Of(request), "bench", std::move(order)};
}

constexpr absl::string_view kHead = R"(schema: laurel.program.v1
id: bench
name: Bench
currency: EUR
time_zone: Europe/Berlin
max_late_arrival: 30 days
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE, expiry: [{policy: ROLLING, after: 12 months}]}
  - {id: credit, name: Status credit, symbol: CRD, kind: QUALIFYING}
metrics:
  - {id: spend_12m, name: Spend of the last 12 months, measure: SUM, of: purchase.eligible_net, window: {rolling: 12 months}}
eligibility: {line_kinds: [SALE], items: '!("gift_card" in item.categories)'}
earning_rules:
  - {id: base, name: 1 point per euro, earn: {point_type: points, points: "1", per: "1.00", rounding: DOWN}}
)";
constexpr absl::string_view kStatusRule =
    R"(  - {id: status, name: 1 credit per euro, earn: {point_type: credit, points: "1", per: "1.00", rounding: DOWN}}
)";
constexpr absl::string_view kTiers = R"(tiers:
  - {id: MEMBER, name: Member, rank: 0}
  - {id: SILVER, name: Silver, rank: 1, qualify: 'metrics.spend_12m >= money("500.00")'}
  - {id: GOLD, name: Gold, rank: 2, qualify: 'metrics.spend_12m >= money("2000.00")'}
  - {id: PLATINUM, name: Platinum, rank: 3, qualify: 'metrics.spend_12m >= money("5000.00")'}
tier_policy: {upgrade: IMMEDIATE, review: {anchor: TIER_ANNIVERSARY, every: 12 months}, downgrade: DROP_ONE}
)";

// Of the three common kinds: a factor on a category, and bonuses by amount and by channel.
std::string Promotion(int n) {
  constexpr const char* kChannels[] = {"POS", "APP", "WEB"};
  const std::string when =
      absl::StrCat("activity.channel == \"", kChannels[n % 3],
                   "\" && purchase.eligible_net >= money(\"", 1 + n % 50 * 4, ".00\")");
  const std::string award =
      n % 3 == 0 ? absl::StrCat("multiply: {rule: base, by: \"2\", items: '\"category_", n % 40,
                                "\" in item.categories'}")
                 : absl::StrCat("bonus: {point_type: points, points: ", 1 + n % 9, "}");
  return absl::StrCat("  - {id: p", n, ", name: P", n,
                      ", stacking_group: ", n % 2 == 0 ? "all" : "best", ", priority: ", n % 7,
                      ", when: '", when, "', ", award, "}\n");
}

}  // namespace

std::string ProgramDocument() { return absl::StrCat(kHead, kStatusRule, kTiers); }

std::string ProgramDocument(int rules) {
  std::string text(kHead);
  if (rules > 1) {
    absl::StrAppend(&text,
                    "stacking_groups: [{id: all, mode: STACKED}, {id: best, mode: HIGHEST}]\n",
                    "promotions:\n");
  }
  for (int n = 1; n < rules; ++n) absl::StrAppend(&text, Promotion(n));
  return absl::StrCat(text, kTiers);
}

ProgramId TheProgram() { return ProgramId::Of("bench"); }

std::string CardOf(std::uint64_t member) {
  return absl::StrCat(6'200'000'000'000'000 + member * 7);
}

std::string RequestIdOf(std::uint64_t seed, std::uint64_t n, Timestamp now) {
  const std::uint64_t millis = static_cast<std::uint64_t>(now.micros()) / 1000;
  const std::uint64_t head = RandomAt(seed, Stream::kId, n);
  const std::uint64_t tail = RandomAt(seed, Stream::kIdTail, n);
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-7%03x-%04x-%012llx",
                static_cast<unsigned>(millis >> 16 & 0xFFFFFFFF),
                static_cast<unsigned>(millis & 0xFFFF), static_cast<unsigned>(head & 0xFFF),
                static_cast<unsigned>(0x8000 | (head >> 12 & 0x3FFF)),
                static_cast<unsigned long long>(tail & 0xFFFFFFFFFFFF));
  return text;
}

std::uint64_t Workload::MemberAt(std::uint64_t n) const {
  const std::uint64_t random = RandomAt(options_.seed, Stream::kMember, n);
  const double draw = static_cast<double>(RandomAt(options_.seed, Stream::kHot, n) >> 11) * 0x1p-53;
  const std::uint64_t hot = options_.members / kHotMembersOneIn;
  return random % (draw < options_.hot_share && hot > 0 ? hot : options_.members);
}

std::uint64_t Workload::NextMember() { return MemberAt(~next_member_.fetch_add(1)); }

Sale Workload::NextSale(Timestamp now) {
  const std::uint64_t n = next_sale_.fetch_add(1);
  const std::uint64_t till = n % (kStores * kTerminals);
  Sale sale;
  sale.member = MemberAt(n);
  sale.request_id = RequestIdOf(options_.seed, n, now);
  sale.receipt.store = PlaceId::Of(absl::StrCat("S", 1 + till / kTerminals));
  sale.receipt.terminal = PlaceId::Of(absl::StrCat("T", 1 + till % kTerminals));
  sale.receipt.business_on =
      Date::FromDays(static_cast<std::int32_t>(now.micros() / kMicrosPerDay));
  sale.receipt.number =
      PlaceId::Of(absl::StrCat(absl::Dec(1 + n / (kStores * kTerminals), absl::kZeroPad6)));
  sale.occurred_at = now;
  sale.total = 100 + static_cast<std::int64_t>(RandomAt(options_.seed, Stream::kTotal, n) % 20'000);
  sale.lines = SplitIntoLines(options_.seed, n, sale.total, options_.lines);
  return sale;
}

std::vector<Command> ProgramCommands(const std::string& document) {
  const rules::Rulebook::Compiled compiled = rules::Rulebook::Compile(document);
  LAUREL_CHECK(compiled.rulebook != nullptr, "the benchmark's program compiles");
  const rules::Rulebook& rulebook = *compiled.rulebook;
  std::vector<Command> commands;
  commands.push_back(MakeCommand(
      "program-create", CreateProgram{std::string(rulebook.canonical()), rulebook.digest()}));
  if (!rulebook.warnings().empty()) {
    commands.push_back(MakeCommand(
        "program-acknowledge",
        AcknowledgeWarnings{
            1, std::nullopt, {rulebook.warnings().begin(), rulebook.warnings().end()}}));
  }
  commands.push_back(MakeCommand("program-activate", ActivateRevision{1}));
  return commands;
}

Command EnrollCommand(std::uint64_t member, const IdentityHash& card, Timestamp now) {
  return MakeCommand(
      absl::StrCat("enroll-", member),
      EnrollMember{
          {IdentityLink{IdentityKind::kCard, card}}, Channel::kPos, PlaceId::Of("S1"), now});
}

Command AccrueCommand(Sale sale, const IdentityHash& card) {
  AccruePurchase order;
  order.member = card;
  order.receipt = std::move(sale.receipt);
  order.occurred_at = sale.occurred_at;
  order.channel = Channel::kPos;
  order.currency = "EUR";
  order.total = sale.total;
  order.lines = std::move(sale.lines);
  return MakeCommand(sale.request_id, std::move(order));
}

}  // namespace laurel::bench
