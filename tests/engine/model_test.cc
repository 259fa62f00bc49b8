#include "tests/testing/model.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/mutex.h"
#include "engine/domain/apply.h"
#include "engine/domain/metrics.h"
#include "engine/readings.h"
#include "rules/program/model.h"
#include "tests/testing/explain_all.h"
#include "tests/testing/seed.h"
#include "tests/testing/test_ledger.h"

// The engine against the plain model: random commands of every kind on a few members over years,
// restarts in between. After every step both give the same answers, balances, lots and tiers; again
// and again the ledger is verified. LAUREL_MODEL_STEPS asks for more steps, LAUREL_SEED for one
// seed.
namespace laurel {
namespace {

constexpr std::int64_t kStepsDefault = 20'000;
constexpr std::int64_t kStepsOfSession = 2'000;
constexpr std::int64_t kStepsBetweenVerifications = 500;

std::string Settlement(const model::Revision& revision) {
  const std::string above = absl::StrCat(", hold_above: ", revision.person_above);
  switch (revision.settling) {
    case model::Settling::kAtOnce:
      return absl::StrCat("policy: IMMEDIATE", above);
    case model::Settling::kAfterDays:
      return absl::StrCat("policy: AFTER, after: ", revision.settling_days, " days", above);
    case model::Settling::kOnSettle:
      break;
  }
  return absl::StrCat("policy: ON_SETTLE, at_latest: ", revision.settling_days, " days", above);
}

std::string Document(const model::Program& program, const model::Revision& revision) {
  static const char* const kClawback[] = {"ARREARS", "WITHIN_BALANCE", "PENDING_ONLY"};
  static const char* const kDowngrade[] = {"DROP_ONE", "RECOMPUTE", "NEVER"};
  static const char* const kActivation[] = {"UPGRADE_ONLY", "RECOMPUTE", "NOTHING"};
  std::string text = absl::StrReplaceAll(
      R"(schema: laurel.program.v1
id: harbour
name: Harbour
currency: EUR
time_zone: Europe/Berlin
max_late_arrival: 30 days
member_attributes: [{id: score, type: INT, min: 0, max: 100}]
point_types:
  - {id: points, name: Points, symbol: PTS, kind: REDEEMABLE, settlement: {$settlement}, expiry: [{policy: ROLLING, after: $months months}$idle], clawback: $clawback}
  - {id: credit, name: Credit, symbol: CRD, kind: QUALIFYING}
metrics:
  - {id: credit_12m, measure: SUM, of: points.credit, window: {rolling: 12 months}}
  - {id: visits_12m, measure: DISTINCT_DAYS, window: {rolling: 12 months}}
  - {id: best_90d, measure: MAX, of: purchase.eligible_net, window: {rolling: 90 days}}
  - {id: most_points, measure: MAX, of: points.points, window: {lifetime: true}}
  - {id: categories_6m, measure: DISTINCT, of: item.category, window: {rolling: 6 months}}
  - {id: categories, measure: DISTINCT, of: item.category, window: {lifetime: true}}
eligibility: {items: '!("gift_card" in item.categories)'}
tier_policy: {upgrade: $upgrade, review: {anchor: TIER_ANNIVERSARY, every: 12 months}, downgrade: $downgrade, on_activation: $activation}
pay_with_points: {point_type: points, points: $pays_points, money: "$pays_money", minimum: $pays_minimum, max_percent: $pays_percent}
earning_rules:
)",
      {{"$months", std::to_string(revision.expiry_months)},
       {"$idle", revision.idle_months == 0
                     ? ""
                     : absl::StrCat(", {policy: INACTIVITY, after: ", revision.idle_months,
                                    " months, activities: [purchase]}")},
       {"$settlement", Settlement(revision)},
       {"$clawback", kClawback[static_cast<int>(revision.clawback)]},
       {"$upgrade", program.upgrades_at_review ? "AT_REVIEW" : "IMMEDIATE"},
       {"$downgrade", kDowngrade[static_cast<int>(program.downgrade)]},
       {"$activation", kActivation[static_cast<int>(revision.on_activation)]},
       {"$pays_points", std::to_string(revision.pays_points)},
       {"$pays_money", absl::StrCat(revision.pays_cents / 100, ".00")},
       {"$pays_minimum", std::to_string(revision.pays_minimum)},
       {"$pays_percent", std::to_string(revision.pays_percent)}});
  for (const model::Earn& earn : revision.rules) {
    absl::StrAppend(&text, "  - {id: ", earn.rule, ", name: Earn");
    absl::StrAppend(&text, ", earn: {point_type: ", earn.type, ", points: \"", earn.points,
                    "\", per: \"", earn.per / 100, ".", absl::Dec(earn.per % 100, absl::kZeroPad2),
                    "\", rounding: ", earn.is_half_up ? "HALF_UP" : "DOWN");
    if (!earn.left_out.empty())
      absl::StrAppend(&text, ", items: '!(\"", earn.left_out, "\" in item.categories)'");
    absl::StrAppend(&text, "}}\n");
  }
  absl::StrAppend(&text, "tiers:\n");
  for (std::size_t i = 0; i < program.tiers.size(); ++i) {
    const model::Tier& tier = program.tiers[i];
    std::vector<std::string> ways;
    if (tier.credit > 0) {
      ways.push_back(
          absl::StrCat("metrics.credit_12m >= ", tier.credit * revision.credit_percent / 100));
    }
    if (tier.visits > 0) ways.push_back(absl::StrCat("metrics.visits_12m >= ", tier.visits));
    absl::StrAppend(&text, "  - {id: ", tier.id, ", name: Tier, rank: ", i);
    if (!ways.empty()) absl::StrAppend(&text, ", qualify: ", absl::StrJoin(ways, " || "));
    absl::StrAppend(&text, "}\n");
  }
  return text;
}

model::Program ProgramFor(std::uint64_t seed) {
  model::Program program;
  program.tiers = {
      {"MEMBER", 0, 0}, {"SILVER", 1000, 12}, {"GOLD", 3000, 0}, {"PLATINUM", 8000, 60}};
  program.downgrade = static_cast<model::Downgrade>(seed % 3);
  program.upgrades_at_review = seed % 4 == 3;
  program.by_hand_a_day = 900;
  program.by_hand_a_month = 2'500;
  program.fee_percent = seed % 2 == 0 ? 7 : 0;
  program.given_a_month = 150;
  program.is_fresh = seed / 2 % 2 == 0;
  const model::Earn credit{.rule = "base_credit", .type = "credit"};
  program.revisions = {
      {{{.rule = "base", .type = "points"}, credit},
       model::Clawback::kWithinBalance,
       12,
       model::OnActivation::kUpgradeOnly,
       100,
       model::Settling::kAtOnce,
       0,
       450},
      {{{.rule = "base", .type = "points", .points = 3, .per = 200, .is_half_up = true},
        {.rule = "full_price", .type = "points", .points = 2, .per = 500, .left_out = "sale"},
        credit},
       model::Clawback::kArrears,
       3,
       static_cast<model::OnActivation>(seed / 3 % 3),
       70,
       model::Settling::kAfterDays,
       10},
      {{{.rule = "base", .type = "points", .per = 150}, credit},
       model::Clawback::kPendingOnly,
       6,
       model::OnActivation::kRecompute,
       120,
       model::Settling::kOnSettle,
       25,
       350},
  };
  // In one of two sessions some points end when nothing is bought for long.
  program.revisions[1].idle_months = seed % 2 == 0 ? 2 : 0;
  program.revisions[2].idle_months = seed % 2 == 0 ? 1 : 0;
  return program;
}

Engine::Options OptionsFor(const model::Program& program) {
  Engine::Options options = TestLedger::DefaultOptions();
  options.adjust_limits.others = {program.by_hand_a_day, program.by_hand_a_month};
  options.transfers.fee_percent = static_cast<std::int32_t>(program.fee_percent);
  options.transfers.a_month = program.given_a_month;
  if (program.is_fresh) options.transfers.terms = TransferPolicy::Terms::kFresh;
  return options;
}

// Waits for the answers of a burst of commands.
class Replies {
 public:
  explicit Replies(std::size_t count) : replies_(count), missing_(count) {}
  Engine::Done Slot(std::size_t index) {
    return [this, index](absl::StatusOr<Reply> reply) {
      MutexLock lock(&mutex_);
      replies_[index] = std::move(reply);
      --missing_;
      arrived_.NotifyAll();
    };
  }
  std::vector<absl::StatusOr<Reply>> Wait() {
    MutexLock lock(&mutex_);
    while (missing_ > 0) arrived_.Wait(&mutex_);
    return std::move(replies_);
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<absl::StatusOr<Reply>> replies_;
  std::size_t missing_;
};

class Session {
 public:
  explicit Session(std::uint64_t seed)
      : random_(seed),
        program_(ProgramFor(seed)),
        model_(program_, 0, Timestamp()),
        ledger_(OptionsFor(program_)) {
    Activate(0);
    ledger_.clock.Advance(
        40 * kMicrosPerDay);  // nothing can have occurred under the fixture's own revision
    for (int i = 0; i < 6; ++i) Do({Enrolment()});
  }

  // False if something differed; the failures say what.
  bool Step() {
    MoveClock();
    const std::uint64_t dice = Below(1000);
    if (dice < 4) {
      ledger_.Restart();
    } else if (dice < 10) {
      Activate(Below(program_.revisions.size()));
    } else if (dice < 150) {
      std::vector<Command> burst;
      for (std::uint64_t n = 2 + Below(6); n > 0; --n) burst.push_back(Any());
      Do(std::move(burst));
    } else {
      Do({Any()});
    }
    return !testing::Test::HasFailure();
  }

  // The whole ledger: every member, the fold, the tree, the books.
  void Verify() {
    for (const auto& [id, member] : model_.members()) Compare(id);
    EXPECT_EQ(ledger_.Verify(), "");
    ReadView view = ledger_.engine().Read();
    const absl::StatusOr<std::vector<TrialBalanceRow>> rows =
        TrialBalance(view, TheProgram(), {}, {});
    ASSERT_TRUE(rows.ok()) << rows.status().message();
    for (const char* type : {"points", "credit"}) {
      std::int64_t sum = 0;
      std::map<std::string, std::int64_t> owed;  // debits are positive in the books
      for (const TrialBalanceRow& row : *rows) {
        if (row.type.str() != type) continue;
        sum += row.closing;
        owed[row.account] -= row.closing;
      }
      std::int64_t available = 0;
      std::int64_t pending = 0;
      std::int64_t held = 0;
      for (const auto& [id, member] : model_.members()) {
        available += model::Model::Available(member, type);
        pending += model::Model::Pending(member, type);
        held += model::Model::Held(member, type);
      }
      EXPECT_EQ(sum, 0) << "trial balance of " << type;
      EXPECT_EQ(owed["member/available"], available) << "the members' account of " << type;
      EXPECT_EQ(owed["member/pending"], pending) << type;
      EXPECT_EQ(owed["member/held"], held) << type;
    }
  }

  // Every entry, decided once more, gives what the ledger has.
  void Explain() {
    const AllExplained all = ExplainAll(ledger_.engine());
    EXPECT_EQ(all.difference, "");
    outcomes_["sale decided again"] += all.sales;
    outcomes_["return decided again"] += all.returns;
  }

  const std::map<std::string, int>& outcomes() const { return outcomes_; }
  // The latest commands, for a person who looks for the reason of a difference.
  std::string Trace() const {
    const std::size_t first = trace_.size() > 40 ? trace_.size() - 40 : 0;
    return absl::StrJoin(trace_.begin() + static_cast<std::ptrdiff_t>(first), trace_.end(), "\n");
  }

 private:
  // ---- chance ----

  std::uint64_t Below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  bool Chance(std::uint64_t percent) { return Below(100) < percent; }
  template <class Map>
  auto Pick(const Map& map) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(Below(map.size())));
  }

  void MoveClock() {
    const std::uint64_t dice = Below(100);
    if (dice < 10) return;
    if (dice < 60) return ledger_.clock.Advance(Between(1, 3 * kMicrosPerHour));
    if (dice < 88) return ledger_.clock.Advance(Between(1, 3 * kMicrosPerDay));
    if (dice < 92) return ledger_.clock.Advance(Between(1, 40 * kMicrosPerDay));
    // To the microsecond around an instant at which something falls due.
    const auto& [id, member] = *Pick(model_.members());
    Timestamp due = member.standing.review_at;
    for (const model::Lot& lot : member.lots) {
      if (lot.left > 0 && (due.is_never() || Chance(30))) due = model::Model::EndOf(member, lot);
      if (lot.pending > 0 && !lot.active.is_never() && Chance(40)) due = lot.active;
    }
    for (const auto& [sequence, hold] : member.holds) {
      if (hold.state == HoldState::kOpen && Chance(60)) due = hold.lapses;
    }
    const std::int64_t distance = due.is_never() ? 0 : due.micros() - ledger_.clock.Now().micros();
    if (distance > 1 && distance < 120 * kMicrosPerDay)
      ledger_.clock.Advance(distance + Between(-1, 1));
  }

  // ---- commands ----

  struct AccrualChoice {
    AccrualRef accrual;
    std::vector<std::int32_t> lines;
    MemberId member = {};  // whose it is, where that is known
  };

  IdentityLink AnyIdentity() { return IdentityLink{IdentityKind::kCard, IdentityNo(Below(40))}; }
  MemberRef AnyMember() {
    const std::uint64_t dice = Below(100);
    if (dice < 20) return AnyIdentity().hash;
    if (dice < 22) return MemberIdFor(0, 1 + Below(5));  // entries that enrolled nobody
    return Pick(model_.members())->first;
  }
  // So that holds of suspended members are captured, too.
  MemberRef AnyMemberOrHolder() {
    return !holds_.empty() && Chance(40) ? MemberRef(holds_.back().member) : AnyMember();
  }
  Timestamp AnyTime() {
    const Timestamp now = ledger_.clock.Now();
    const std::uint64_t dice = Below(100);
    if (dice < 55) return now;
    if (dice < 80) return now.PlusMicros(-Between(0, 3 * kMicrosPerDay));
    if (dice < 92) return now.PlusMicros(-Between(0, 31 * kMicrosPerDay));
    if (dice < 95) return now.PlusMicros(Between(0, 11 * kMicrosPerMinute));
    if (dice < 97) return now.PlusMicros(-30 * kMicrosPerDay + Between(-1, 1));
    if (dice < 99) return now.PlusMicros(10 * kMicrosPerMinute + Between(-1, 1));
    return now.PlusMicros((Chance(50) ? 1 : -1) * 500 * kMicrosPerDay);
  }
  ReceiptKey NewReceipt() {
    return ReceiptNo(next_receipt_++, ToString(model::LocalDay(ledger_.clock.Now())));
  }
  ReceiptKey AnyReceipt() {
    if (model_.purchases().empty() || Chance(4)) return ReceiptNo(1'000'000);
    if (Chance(60)) return last_sale_;
    return Pick(model_.purchases())->first;
  }

  EnrollMember Enroll() {
    EnrollMember order{{}, Channel::kPos, PlaceId::Of("S1"), std::nullopt};
    if (Chance(70)) order.identities.push_back(AnyIdentity());
    if (Chance(20))
      order.identities.push_back(IdentityLink{IdentityKind::kPhone, IdentityNo(40 + Below(40))});
    if (Chance(30)) order.occurred_at = ledger_.clock.Now().PlusMicros(-Between(0, kMicrosPerDay));
    return order;
  }
  Command Enrolment() { return Named(Enroll()); }
  SetMemberAttributes Tell() {
    SetMemberAttributes order{AnyMember(), {}, {}};
    if (Chance(20)) {
      order.cleared.emplace_back("score");
      return order;
    }
    MemberAttribute told{{Chance(5) ? "shoe" : "score", Between(-5, 105)}};
    if (Chance(40)) {
      told.ends_at = ledger_.clock.Now().PlusMicros(Between(-kMicrosPerHour, 9 * kMicrosPerDay));
    }
    order.set.push_back(std::move(told));
    return order;
  }

  ImportMember Import() {
    const Timestamp now = ledger_.clock.Now();
    const auto before = [&](int days) { return now.PlusMicros(-Between(0, days * kMicrosPerDay)); };
    const auto after = [&](int days) { return now.PlusMicros(Between(1, days * kMicrosPerDay)); };
    ImportMember order{.identities = {}, .channel = Channel::kPos, .store = PlaceId::Of("S1")};
    if (Chance(70)) order.identities.push_back(AnyIdentity());
    if (Chance(80)) order.enrolled_at = Chance(5) ? after(2) : before(800);
    for (std::uint64_t i = Below(4); i > 0; --i) {
      ImportMember::OpeningLot lot{.type = PointTypeId::Of(Chance(30) ? "credit" : "points"),
                                   .amount = Between(1, 900),
                                   .awarded_at = Chance(3) ? after(2) : before(700)};
      const bool is_points = lot.type.str() == "points";
      if (is_points && Chance(20)) lot.activates_at = Chance(95) ? after(40) : before(2);
      if (is_points && Chance(80)) {
        lot.expires_at = Chance(95) ? after(400).PlusMicros(41 * kMicrosPerDay) : before(3);
      }
      order.lots.push_back(std::move(lot));
    }
    const Date today = model::LocalDay(now);
    for (std::uint64_t i = Below(4); i > 0; --i) {
      const int days = static_cast<int>(i) * 100;
      order.history.push_back(
          {today.PlusDays(Chance(3) ? days : -days), Between(0, 50'000), Between(0, 2)});
    }
    if (Chance(50)) {
      const auto& tiers = model_.program().tiers;
      ImportMember::OpeningTier& tier = order.tier.emplace();
      tier.tier = Chance(5) ? "TIN" : tiers[Below(tiers.size())].id;
      tier.since = Chance(5) ? after(2) : before(900);
      if (Chance(40)) {
        const Timestamp at = Chance(90) ? after(500) : before(2);
        tier.review_at = Chance(95) ? model::StartOf(model::LocalDay(at)) : at;
      }
    }
    return order;
  }

  std::int64_t Cents() {
    const std::uint64_t dice = Below(100);
    if (dice < 40) return Between(0, 5'000);
    if (dice < 85) return Between(0, 60'000);
    if (dice < 90) return 100 * Between(998, 1'001);
    if (dice < 95) return 100 * Between(0, 9'000);
    return Between(0, 1) * 100;
  }
  AccruePurchase Accrue() {
    AccruePurchase order;
    order.member = AnyMember();
    order.receipt = Chance(4) ? AnyReceipt() : NewReceipt();
    order.occurred_at = AnyTime();
    order.channel = Channel::kPos;
    order.currency = Chance(1) ? "USD" : "EUR";
    order.total = Cents();
    if (!awaited_.empty() && Chance(10)) {
      order.receipt = awaited_.back();
      awaited_.pop_back();
    }
    if (Chance(20)) order.row = TerminalRow{Between(1, 400), Chance(30)};
    if (Chance(12)) PutIn(order);
    if (Chance(10) && model_.members().size() < 20) {
      const IdentityLink identity = AnyIdentity();
      order.member = identity.hash;
      order.enrol = Enroll();
      order.enrol->occurred_at.reset();
      std::erase(order.enrol->identities, identity);
      order.enrol->identities.insert(order.enrol->identities.begin(), identity);
    }
    if (Chance(50)) return order;
    std::int64_t left = order.total;
    const int count = static_cast<int>(1 + Below(4));
    for (int i = 1; i <= count; ++i) {
      PurchaseLine line;
      line.line = i;
      line.kind =
          Chance(80) ? PurchaseLineKind::kSale : static_cast<PurchaseLineKind>(4 + Below(3));
      line.net = i == count ? left : Between(0, left);
      left -= line.net;
      line.quantity_micros = Chance(80) ? 1'000'000 * Between(1, 5) : Between(1, 3'000'000);
      static const char* const kCategories[] = {"gift_card", "sale", "shoes", "coats"};
      for (const char* category : kCategories) {
        if (Chance(20)) line.categories.emplace_back(category);
      }
      order.lines.push_back(std::move(line));
    }
    if (!order.pay && !model_.purchases().empty() && Chance(14)) Exchange(order);
    return order;
  }
  // Points that pay for a part of it, mostly of somebody who has some.
  void PutIn(AccruePurchase& order) {
    order.pay = PointsOffered{SpentType(), Between(1, 60)};
    if (Chance(60)) order.pay->amount = SpentAmount(order.member);
    if (Chance(75)) return;
    const std::int64_t stated = Chance(50) ? 0 : 100 * Between(1, 6);
    order.tenders = {{"CARD", order.total - stated}, {"POINTS", stated}};
  }
  // Goods that come back with it: mostly of the member's own.
  void Exchange(AccruePurchase& order) {
    for (std::uint64_t n = 1 + Below(2); n > 0; --n) {
      ReceiptKey original = Chance(8) ? Early() : AnyReceipt();
      for (int tries = 0; tries < 20 && !Chance(5); ++tries) {
        const auto& [receipt, purchase] = *Pick(model_.purchases());
        if (purchase.is_return || purchase.left.empty()) continue;
        if (MemberRef(purchase.member) != order.member && tries < 12) continue;
        original = receipt;
        if (Chance(80)) order.member = purchase.member;
        break;
      }
      PurchaseLine line;
      line.line = static_cast<std::int32_t>(order.lines.size()) + 1;
      line.kind = PurchaseLineKind::kReturn;
      line.net = Between(0, 3'000);
      line.quantity_micros = 1'000'000;
      line.original = LineOriginal{original, 1};
      const auto known = model_.purchases().find(original);
      if (known != model_.purchases().end() && !known->second.left.empty()) {
        const PurchaseLine& sold = known->second.left[Below(known->second.left.size())];
        line.original->line = sold.line;
        line.quantity_micros =
            Chance(50) ? sold.quantity_micros : Between(1, sold.quantity_micros + 1);
        line.net = Chance(50) ? sold.net : Between(0, sold.net + (Chance(5) ? 9 : 0));
      }
      if (original == order.receipt) continue;
      order.total -= line.net;
      order.lines.push_back(std::move(line));
    }
  }
  // A receipt that is still to come.
  ReceiptKey Early() {
    awaited_.push_back(NewReceipt());
    return awaited_.back();
  }
  CorrectReceipt Correct() {
    AccruePurchase right = Accrue();
    right.enrol.reset();
    right.receipt = Chance(90) ? last_sale_ : Chance(20) ? NewReceipt() : AnyReceipt();
    const auto known = model_.purchases().find(right.receipt);
    std::erase_if(right.lines, [](const PurchaseLine& line) { return line.original.has_value(); });
    if (right.lines.empty()) right.total = std::max<std::int64_t>(0, right.total);
    if (known != model_.purchases().end() && !known->second.is_return) {
      if (Chance(90)) right.member = known->second.member;
      if (Chance(80)) right.occurred_at = known->second.occurred_at;
    }
    return CorrectReceipt{std::move(right)};
  }

  ReturnPurchase Return() {
    ReturnPurchase order;
    order.receipt = Chance(4) ? AnyReceipt() : NewReceipt();
    order.original = Chance(8) ? Early() : AnyReceipt();
    order.occurred_at = AnyTime();
    if (Chance(15)) order.member = AnyMember();
    if (Chance(20)) order.row = TerminalRow{Between(1, 400), Chance(30)};
    const auto purchase = model_.purchases().find(order.original);
    if (order.member && purchase != model_.purchases().end() && Chance(70) &&
        purchase->second.member != MemberId()) {
      order.member = purchase->second.member;
    }
    if (purchase == model_.purchases().end()) {
      if (Chance(60)) order.lines.push_back(ReturnLine{1, 1'000'000, std::nullopt});
      return order;
    }
    if (Chance(35)) return order;
    for (const PurchaseLine& line : purchase->second.left) {
      if (Chance(50)) continue;
      ReturnLine part;
      part.line = Chance(2) ? 9 : line.line;
      const std::int64_t whole = line.quantity_micros;
      part.quantity_micros = Chance(40) ? whole : Between(1, whole + (Chance(5) ? 1'000'000 : 0));
      if (Chance(20)) part.refund = Between(0, line.net + (Chance(10) ? 1'000 : 0));
      order.lines.push_back(part);
    }
    return order;
  }

  Redeem Spend() {
    Redeem order{AnyMember(), SpentType(), 1, "order 7"};
    order.amount = SpentAmount(order.member);
    if (Chance(30)) order.purchase = Chance(70) ? last_sale_ : AnyReceipt();
    return order;
  }
  PointTypeId SpentType() {
    return PointTypeId::Of(Chance(2) ? "credit" : Chance(1) ? "stars" : "points");
  }
  std::int64_t SpentAmount(const MemberRef& member) {
    std::int64_t available = 0;
    if (const auto* id = std::get_if<MemberId>(&member);
        id != nullptr && model_.members().count(*id) > 0) {
      available = model::Model::Available(model_.members().at(*id), "points");
    }
    available = std::max<std::int64_t>(available, 1);
    return Chance(10) ? available + Between(0, 1)
                      : Between(1, Chance(50) ? available : available / 4 + 1);
  }
  HoldPoints Reserve() {
    HoldPoints order{AnyMember(), SpentType(), 1};
    order.amount = SpentAmount(order.member);
    if (Chance(80)) order.lasts_micros = Between(kHoldMicrosMin, kHoldMicrosMax);
    return order;
  }
  // Mostly one of the last that somebody placed.
  HoldKey AnyHold() {
    if (holds_.empty() || Chance(3)) return HoldKey{Pick(model_.members())->first, Below(500)};
    const HoldKey last = holds_[holds_.size() - 1 - Below(std::min<std::size_t>(6, holds_.size()))];
    if (Chance(20)) return last;
    // Mostly one that is open still.
    for (auto key = holds_.rbegin(); key != holds_.rend() && key - holds_.rbegin() < 30; ++key) {
      const model::Hold& hold = *model_.FindHold(*key);
      if (hold.state == HoldState::kOpen && hold.lapses > ledger_.clock.Now() && Chance(60)) {
        return *key;
      }
    }
    return last;
  }
  CaptureHold Capture() {
    CaptureHold order{AnyHold(), std::nullopt};
    const model::Hold* hold = model_.FindHold(order.hold);
    if (hold != nullptr && Chance(75)) {
      const std::int64_t held = hold->amount - hold->captured;
      order.amount = Chance(10) ? held + 1 : Between(1, std::max<std::int64_t>(1, held));
    }
    order.is_final = Chance(35);
    if (Chance(40)) order.purchase = last_sale_;
    return order;
  }
  // A purchase, mostly one with something pending, and some of its lines.
  AccrualChoice AnyAccrual() {
    std::vector<ReceiptKey> pending;
    std::vector<ReceiptKey> personal;
    for (const auto& [receipt, purchase] : model_.purchases()) {
      if (purchase.is_return || purchase.awards.empty()) continue;
      const std::vector<model::Lot>& lots = model_.members().at(model_.Root(purchase.member)).lots;
      const model::Lot& lot = lots[purchase.awards.front().lot];
      if (lot.pending > 0) (lot.waits_for_person ? personal : pending).push_back(receipt);
    }
    if (pending.empty() || (!personal.empty() && Chance(30))) pending.swap(personal);
    AccrualChoice choice{AnyReceipt(), {}};
    if (pending.empty() || Chance(10)) {
      if (Chance(20)) choice.accrual = std::uint64_t{1 + Below(400)};
      return choice;
    }
    const ReceiptKey& receipt = pending[Below(pending.size())];
    const model::Purchase& purchase = model_.purchases().at(receipt);
    choice.accrual = receipt;
    choice.member = purchase.member;
    if (Chance(30)) choice.accrual = purchase.sequence;
    for (const PurchaseLine& line : purchase.bought) {
      if (Chance(45)) choice.lines.push_back(Chance(2) ? 9 : line.line);
    }
    return choice;
  }
  // The card of whoever gives an order, now and then of the member whom it concerns.
  IdentityHash OwnCard(const MemberRef& concerned) {
    const std::optional<MemberId> member = model_.Find(concerned);
    if (member && Chance(15)) {
      for (std::uint64_t number = 0; number < 40; ++number) {
        if (model_.Find(IdentityNo(number)) == member) return IdentityNo(number);
      }
    }
    return AnyIdentity().hash;
  }
  SettleAccrual Settle() {
    const AccrualChoice choice = AnyAccrual();
    SettleAccrual order{choice.accrual, choice.lines};
    if (Chance(60)) order.own = OwnCard(choice.member);
    return order;
  }
  CancelAccrual Cancel() {
    const AccrualChoice choice = AnyAccrual();
    CancelAccrual order{choice.accrual, choice.lines, ReasonCode::Of("typed_wrong")};
    if (Chance(60)) order.own = OwnCard(choice.member);
    return order;
  }
  AdjustPoints Adjust() {
    AdjustPoints order{AnyMember(), PointTypeId::Of(Chance(3) ? "credit" : "points"),
                       Between(1, Chance(10) ? 1'000 : 200),
                       ReasonCode::Of(Chance(2) ? "transfer_fee" : "goodwill"), "case 7"};
    if (Chance(40)) order.amount = -order.amount;
    if (Chance(30)) order.own = OwnCard(order.member);
    order.asks = Chance(40);
    if (order.asks && Chance(50)) order.amount *= 9;
    return order;
  }
  // Mostly somebody else's decision about what was asked for last.
  Command DecideAsked() {
    std::uint64_t asked = asked_.empty() || Chance(5) ? 1 + Below(200) : asked_.back();
    if (asked_.size() > 1 && Chance(30)) asked = asked_[asked_.size() - 2];
    Order order = Decline{asked};
    if (Chance(70)) order = Approve{asked};
    if (auto* approve = std::get_if<Approve>(&order); approve != nullptr && Chance(10)) {
      approve->own = AnyIdentity().hash;
    }
    Command command = Named(std::move(order));
    if (Chance(85)) command.principal = "fay";
    return command;
  }
  MergeMembers Merge() {
    MergeMembers order{AnyMember(), AnyMember(), ReasonCode::Of("same_person")};
    if (Chance(20)) order.own = OwnCard(order.merged);
    return order;
  }
  // Mostly one that is merged.
  UnmergeMembers Unmerge() {
    UnmergeMembers order{Pick(model_.members())->first, ReasonCode::Of("not_the_same")};
    for (const auto& [id, member] : model_.members()) {
      if (!member.joined.empty() && Chance(50)) order.merged = member.joined.back().member;
      if (member.merged_into && Chance(5)) order.merged = id;
    }
    if (Chance(20)) order.own = AnyIdentity().hash;
    return order;
  }
  // Mostly a lot that is open, and mostly to a later end.
  ExtendLots Extend() {
    ExtendLots order{AnyMember(),
                     {LotId{1, 1}},
                     ledger_.clock.Now().PlusMicros(Between(-1, 400 * kMicrosPerDay)),
                     ReasonCode::Of("shop_closed"),
                     "case 8"};
    if (Chance(10)) order.own = OwnCard(order.member);
    const std::optional<MemberId> id = model_.Find(order.member);
    if (!id) return order;
    for (const model::Lot& lot : model_.members().at(*id).lots) {
      if (lot.is_gone || lot.left + lot.held + lot.pending == 0 || !Chance(70)) continue;
      order.lots = {lot.id};
      if (Chance(60) && !lot.ends.is_never()) {
        order.expires_at = lot.ends.PlusMicros(Between(0, 60 * kMicrosPerDay));
      }
    }
    return order;
  }
  TransferPoints Transfer() {
    TransferPoints order{AnyMember(), AnyMember(), SpentType(), 1, "gift"};
    order.amount = std::min<std::int64_t>(SpentAmount(order.from), Chance(90) ? 120 : 5'000);
    if (Chance(10)) order.own = AnyIdentity().hash;
    return order;
  }
  // A guest has no points to put in, and brings nothing back.
  KeepReceipt Keep() {
    AccruePurchase sale = Accrue();
    sale.enrol.reset();
    sale.pay.reset();
    sale.tenders.clear();
    std::erase_if(sale.lines, [](const PurchaseLine& line) { return line.original.has_value(); });
    sale.total = 0;
    for (const PurchaseLine& line : sale.lines) sale.total += line.net;
    if (sale.lines.empty()) sale.total = Cents();
    return KeepReceipt{std::move(sale)};
  }
  ClaimReceipt Claim() {
    ClaimReceipt order{AnyMember(), AnyReceipt()};
    if (!model_.unclaimed().empty() && Chance(85)) order.receipt = Pick(model_.unclaimed())->first;
    if (Chance(20)) order.own = AnyIdentity().hash;
    return order;
  }
  MoveIdentity Move() {
    const IdentityLink identity = AnyIdentity();
    MoveIdentity order{identity, Chance(70) ? MemberRef(identity.hash) : AnyMember(), AnyMember(),
                       ReasonCode::Of("typed_wrong")};
    if (Chance(20)) order.own = AnyIdentity().hash;
    return order;
  }
  ReverseRedemption Reverse() {
    ReverseRedemption order{1 + Below(200), std::nullopt};
    if (model_.redemptions().empty()) return order;
    // Mostly a recent one, so that there is something left to reverse.
    auto found = model_.redemptions().end();
    for (std::uint64_t back = 1 + Below(std::min<std::uint64_t>(12, model_.redemptions().size()));
         back > 0; --back)
      --found;
    if (Chance(97)) order.redemption = found->first;
    if (Chance(60)) order.amount = Between(1, std::max<std::int64_t>(1, found->second.amount));
    return order;
  }

  Command Named(Order order) {
    // Unique within the process, whatever the ledger's own words do.
    return Command{TheProgram(), RequestId::Of(absl::StrCat("model-", next_request_++, "-request")),
                   "test", std::move(order)};
  }
  Command Any() {
    if (is_asked_ && Chance(50)) {
      is_asked_ = false;
      return DecideAsked();
    }
    const std::uint64_t dice = Below(100);
    if (dice < 1) return Named(Merge());
    if (dice < 3) return Named(Unmerge());
    if (dice < 4) return Named(Move());
    if (dice < 7) return Named(Transfer());
    if (dice < 9) return Named(Keep());
    if (dice < 11) return Named(Claim());
    if (dice < 31) return Named(Accrue());
    if (dice < 32) return Named(Tell());
    if (dice < 33) return Named(Chance(35) ? Order(Extend()) : Order(Adjust()));
    if (dice < 34) return Chance(50) ? Named(Adjust()) : DecideAsked();
    if (dice < 35) return Named(Correct());
    if (dice < 45) return Named(Return());
    if (dice < 53) return Named(Spend());
    if (dice < 58) return Named(Reverse());
    if (dice < 64) return Named(Settle());
    if (dice < 67) return Named(Cancel());
    if (dice < 72) return Named(Reserve());
    if (dice < 77) return Named(Capture());
    if (dice < 79) return Named(VoidHold{AnyHold()});
    if (dice < 81) {
      if (model_.members().size() >= 20) return Named(Accrue());
      return Named(Chance(60) ? Order(Enroll()) : Order(Import()));
    }
    if (dice < 83) return Named(LinkIdentity{AnyMember(), AnyIdentity()});
    if (dice < 85) {
      const IdentityLink identity = AnyIdentity();
      return Named(UnlinkIdentity{Chance(50) ? identity.hash : AnyMember(), identity});
    }
    if (dice < 87) return Named(SuspendMember{AnyMemberOrHolder()});
    if (dice < 91) return Named(ReactivateMember{AnyMember()});
    if (dice < 92) return Chance(25) ? Named(CloseMember{AnyMember()}) : Named(Enroll());
    if (dice < 94) {
      return Command{TheProgram(), RequestId(), "",
                     AdvanceMember{Pick(model_.members())->first, std::nullopt}};
    }
    // Something that was sent before, once more: as it was, under a new id, or changed under the
    // old one.
    if (sent_.empty()) return Named(Accrue());
    Command again = sent_[Below(sent_.size())];
    if (Chance(30)) return Named(again.order);
    if (Chance(30)) {
      if (auto* accrue = std::get_if<AccruePurchase>(&again.order)) ++accrue->total;
      if (auto* redeem = std::get_if<Redeem>(&again.order)) ++redeem->amount;
      if (std::holds_alternative<ReturnPurchase>(again.order)) again.order = Spend();
    }
    return again;
  }

  // ---- doing and comparing ----

  void Activate(std::size_t revision) {
    const rules::Rulebook::Compiled compiled =
        rules::Rulebook::Compile(Document(program_, program_.revisions[revision]));
    ASSERT_NE(compiled.rulebook, nullptr)
        << (compiled.findings.empty() ? "" : compiled.findings[0].message);
    if (numbers_.count(revision) == 0) {
      ledger_.Do(
          CreateRevision{std::string(compiled.rulebook->canonical()), compiled.rulebook->digest()});
      numbers_[revision] = ++last_number_;
      ledger_.Acknowledge(last_number_);
    }
    const Reply reply = ledger_.Run(ActivateRevision{numbers_[revision]});
    trace_.push_back(absl::StrCat("activate revision ", revision));
    model_.Recorded(reply.entry->sequence, reply.entry->recorded_at);
    EXPECT_EQ(reply.entry->outcome.rejected.has_value(), active_ == revision);
    if (active_ != revision) model_.Activate(revision, reply.entry->recorded_at);
    active_ = revision;
    rulebook_ = compiled.rulebook;
  }

  void Do(std::vector<Command> commands) {
    Replies replies(commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      ledger_.engine().Submit(commands[i], std::nullopt, replies.Slot(i));
    }
    std::vector<absl::StatusOr<Reply>> answered = replies.Wait();
    std::set<MemberId> touched;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const Command& command = commands[i];
      trace_.push_back(absl::StrCat(ToString(ledger_.clock.Now()), " ", command.request.str(), " ",
                                    model::Describe(command.order)));
      const model::Answer expected = model_.Do(command, ledger_.clock.Now());
      ASSERT_TRUE(answered[i].ok()) << answered[i].status().message();
      CompareAnswer(command, *answered[i], expected);
      if (expected.member) touched.insert(*expected.member);
      if (const auto* advance = std::get_if<AdvanceMember>(&command.order))
        touched.insert(advance->member);
      if (expected.refused == std::nullopt &&
          std::holds_alternative<AccruePurchase>(command.order)) {
        last_sale_ = std::get<AccruePurchase>(command.order).receipt;
      }
      CountKinds(answered[i]->entry, expected);
      if (expected.refused == std::nullopt && !expected.is_replayed &&
          std::holds_alternative<HoldPoints>(command.order)) {
        holds_.push_back(HoldKey{*expected.member, expected.sequence});
      }
      if (answered[i]->entry != nullptr && !expected.is_replayed &&
          answered[i]->entry->kind == EntryKind::kAdjustmentAsked) {
        asked_.push_back(expected.sequence);
        is_asked_ = true;
      }
      if (!command.request.empty()) sent_.push_back(command);
      if (sent_.size() > 300) sent_.erase(sent_.begin(), sent_.begin() + 100);
    }
    if (commands.size() == 1 && answered[0]->entry != nullptr && !answered[0]->is_replayed) {
      CompareBalances(*answered[0]->entry);
    }
    for (const MemberId id : touched) Compare(id);
  }

  void CompareAnswer(const Command& command, const Reply& reply, const model::Answer& expected) {
    std::optional<Rejection> refused;
    if (reply.unrecorded) refused = reply.unrecorded->reason;
    if (reply.entry != nullptr && reply.entry->outcome.rejected)
      refused = reply.entry->outcome.rejected->reason;
    const auto name = [](const std::optional<Rejection>& r) {
      return r ? std::string(ToString(*r)) : "accepted";
    };
    ++outcomes_[absl::StrCat(ToString(MethodOf(command.order)),
                             expected.is_replayed ? " replayed " : " ", name(refused))];
    EXPECT_EQ(name(refused), name(expected.refused));
    EXPECT_EQ(reply.is_replayed, expected.is_replayed);
    EXPECT_EQ(reply.entry == nullptr, expected.sequence == 0);
    if (reply.entry == nullptr) return;
    EXPECT_EQ(reply.entry->sequence, expected.sequence);
    EXPECT_EQ(ToString(reply.entry->recorded_at), ToString(expected.recorded_at));
    EXPECT_EQ(reply.entry->member, expected.member);
  }

  // What became of a receipt beyond its method.
  void CountKinds(const std::shared_ptr<const Entry>& entry, const model::Answer& expected) {
    if (entry == nullptr || expected.is_replayed) return;
    ++outcomes_[std::string(ToString(entry->kind))];
    if (entry->kind == EntryKind::kAccrue && entry->FindEvent<PointsRedeemed>() != nullptr) {
      ++outcomes_["accrue paid with points"];
    }
    if (entry->FindEvent<EnrolledForPurchase>() != nullptr) {
      ++outcomes_["accrue of who was enrolled"];
    }
  }

  // The balances that the reply shows are those after the entry.
  void CompareBalances(const Entry& entry) {
    if (!entry.member || entry.outcome.rejected) return;
    const auto* accrued = entry.FindEvent<PurchaseAccrued>();
    if (accrued != nullptr && accrued->awaited > 0) return;  // returns have followed already
    const model::Member& member = model_.members().at(*entry.member);
    for (const Balance& balance : entry.outcome.balances) {
      EXPECT_EQ(balance.available, model::Model::Available(member, balance.type.str()))
          << balance.type.str();
      EXPECT_EQ(balance.pending, model::Model::Pending(member, balance.type.str()));
      EXPECT_EQ(balance.held, model::Model::Held(member, balance.type.str()));
    }
  }

  void Compare(MemberId id) {
    SCOPED_TRACE(absl::StrCat("member ", id.raw()));
    const Timestamp now = ledger_.clock.Now();
    const model::Member expected = model_.AsOf(id, now);
    ReadView view = ledger_.engine().Read();
    State& state = view.state();

    std::map<std::string, std::int64_t> available{{"points", 0}, {"credit", 0}};
    for (const Balance& balance : BalancesAt(state, id, now)) {
      const std::string& type = balance.type.str();
      available[type] = balance.available;
      EXPECT_EQ(balance.pending, model::Model::Pending(expected, type)) << type;
      EXPECT_EQ(balance.held, model::Model::Held(expected, type)) << type;
    }
    for (const auto& [type, points] : available) {
      EXPECT_EQ(points, model::Model::Available(expected, type)) << type;
      if (expected.merged_into) continue;  // its lots are the survivor's
      EXPECT_EQ(Lots(state, id, type), Text(expected, model::Model::SpendOrder(expected, type)))
          << type;
    }
    EXPECT_EQ(CheckMember(id, state), "");
    EXPECT_EQ(state.RootOf(id), model_.Root(id));
    for (const auto& [sequence, hold] : expected.holds) {
      const std::optional<HoldKey> key = state.FindHold(HoldKey{id, sequence});
      ASSERT_TRUE(key.has_value()) << sequence;
      EXPECT_EQ(key->member, hold.home);
      const Hold* stored = state.holds.Find(*key);
      ASSERT_NE(stored, nullptr) << sequence;
      EXPECT_EQ(ToString(stored->state), ToString(hold.state)) << sequence;
      EXPECT_EQ(stored->captured, hold.captured) << sequence;
      EXPECT_EQ(ToString(stored->lapses_at), ToString(hold.lapses)) << sequence;
    }
    EXPECT_EQ(ToString(state.members.Find(MemberKey{id})->state), ToString(expected.state));
    std::map<std::string, std::pair<std::int64_t, Timestamp>> told;
    for (const ToldAttribute& one : state.enrolments.Find(EnrolmentKey{id})->attributes) {
      told[one.told.attribute.id] = {std::get<std::int64_t>(one.told.attribute.value),
                                     one.told.ends_at};
    }
    EXPECT_EQ(told, expected.told);

    if (expected.merged_into) return;  // its tier stands still
    const TierView tier = TierAt(state, id, *view.rulebooks(), *rulebook_, now);
    const model::Standing& standing = expected.standing;
    EXPECT_EQ(tier.tier, program_.tiers[standing.tier].id);
    EXPECT_EQ(ToString(tier.since), ToString(standing.since));
    EXPECT_EQ(ToString(tier.review_at), ToString(standing.review_at));
    EXPECT_EQ(Progress(tier), Progress(id, standing.tier, model::LocalDay(now)));
    CompareValues(id, state, now);
    EXPECT_TRUE(view.status().ok()) << view.status().message();
  }

  // The largest of values and how many differ, also as of days before today.
  void CompareValues(MemberId id, State& state, Timestamp now) {
    const std::span<const rules::model::Metric> metrics = rulebook_->model().metrics;
    for (const int days : {0, 5, 200}) {
      const Date last = model::LocalDay(now).PlusDays(-days);
      const std::vector<std::optional<std::int64_t>> values =
          MetricsAsOf(state, id, metrics, last, {});
      const auto value = [&](absl::string_view metric) {
        for (std::size_t i = 0; i < metrics.size(); ++i) {
          if (metrics[i].id == metric) return values[i].value_or(-1);
        }
        return std::int64_t{-2};
      };
      EXPECT_EQ(value("best_90d"), model_.BestPurchase(id, last.PlusDays(-89), last)) << days;
      EXPECT_EQ(value("most_points"), model_.MostPoints(id, last)) << days;
      EXPECT_EQ(value("categories_6m"),
                model_.Categories(id, last.PlusMonths(-6).PlusDays(1), last))
          << days;
      EXPECT_EQ(value("categories"), model_.Categories(id, Date::FromDays(-100'000), last)) << days;
    }
  }

  static std::string Lots(State& state, MemberId id, const std::string& type) {
    std::string text;
    const auto add = [&](const LotKey& key, const Lot& lot, Timestamp ends_at) {
      absl::StrAppend(&text, ToString(key.id), ": ", lot.available, "/", lot.pending, "/", lot.held,
                      " ends ", ToString(ends_at), "\n");
      return true;
    };
    state.ForLotsToSpend(id, PointTypeId::Of(type), add);
    return text;
  }
  static std::string Text(const model::Member& member, const std::vector<model::Lot>& lots) {
    std::string text;
    for (const model::Lot& lot : lots) {
      absl::StrAppend(&text, ToString(lot.id), ": ", lot.left, "/", lot.pending, "/", lot.held,
                      " ends ", ToString(model::Model::EndOf(member, lot)), "\n");
    }
    return text;
  }

  static std::string Progress(const TierView& tier) {
    std::string text = tier.next;
    for (const ProgressLine& line : tier.progress)
      absl::StrAppend(&text, " ", line.metric, " ", line.have, "/", line.need);
    return text;
  }
  // The way to the next tier of which the smaller part is missing.
  std::string Progress(MemberId id, std::size_t tier, Date day) const {
    if (tier + 1 == program_.tiers.size()) return "";
    const model::Tier& next = program_.tiers[tier + 1];
    const std::int64_t credit = model_.Credit(id, day);
    const std::int64_t visits = model_.Visits(id, day);
    const std::int64_t need = next.credit * program_.revisions[*active_].credit_percent / 100;
    const std::string by_credit = absl::StrCat(next.id, " credit_12m ", credit, "/", need);
    if (next.visits == 0) return by_credit;
    const std::int64_t credit_lacks = std::max<std::int64_t>(0, need - credit) * next.visits;
    const std::int64_t visits_lack = std::max<std::int64_t>(0, next.visits - visits) * need;
    return credit_lacks <= visits_lack
               ? by_credit
               : absl::StrCat(next.id, " visits_12m ", visits, "/", next.visits);
  }

  std::mt19937_64 random_;
  const model::Program program_;
  model::Model model_;
  TestLedger ledger_;
  std::shared_ptr<const rules::Rulebook> rulebook_;  // the active one
  std::optional<std::size_t> active_;
  std::map<std::size_t, std::uint32_t> numbers_;  // of the revisions that were created
  std::uint32_t last_number_ = 1;                 // the fixture's
  int next_receipt_ = 1;
  int next_request_ = 1;
  ReceiptKey last_sale_ = ReceiptNo(1'000'001);
  std::vector<ReceiptKey> awaited_;   // of purchases that something came back of before they came
  std::vector<HoldKey> holds_;        // in the order of placing
  std::vector<std::uint64_t> asked_;  // entries that asked for an approval
  bool is_asked_ = false;             // of late, and not yet decided: days later it is too late
  std::vector<Command> sent_;
  std::vector<std::string> trace_;
  std::map<std::string, int> outcomes_;
};

std::int64_t StepsWanted() {
  const char* text = std::getenv("LAUREL_MODEL_STEPS");
  return text == nullptr ? kStepsDefault : std::atoll(text);
}

// Shows G4, G10.
TEST(Model, AgreesWithTheEngine) {
  const std::uint64_t first_seed = TestSeed(1);
  const std::int64_t steps = StepsWanted();
  std::map<std::string, int> outcomes;
  for (std::int64_t done = 0; done < steps; done += kStepsOfSession) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(done / kStepsOfSession);
    SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
    Session session(seed);
    for (std::int64_t step = 1; step <= std::min(kStepsOfSession, steps - done); ++step) {
      const bool is_well = session.Step();
      if (is_well && step % kStepsBetweenVerifications == 0) session.Verify();
      if (!testing::Test::HasFailure()) continue;
      FAIL() << "at step " << step << " after\n" << session.Trace();
    }
    session.Verify();
    session.Explain();
    for (const auto& [outcome, count] : session.outcomes()) outcomes[outcome] += count;
    ASSERT_FALSE(testing::Test::HasFailure()) << session.Trace();
  }
  // A model test that never reaches a case says nothing about it.
  std::string text;
  for (const auto& [outcome, count] : outcomes) absl::StrAppend(&text, outcome, ": ", count, "\n");
  RecordProperty("outcomes", text);
  if (std::getenv("LAUREL_MODEL_OUTCOMES") != nullptr) std::cout << text;
  if (steps < kStepsDefault) return;
  for (const char* outcome : {"SetMemberAttributes accepted",
                              "SetMemberAttributes INVALID_FIELD",
                              "SetMemberAttributes RESOURCE_NOT_FOUND",
                              "EnrollMember accepted",
                              "EnrollMember IDENTITY_TAKEN",
                              "ImportMember accepted",
                              "ImportMember IDENTITY_TAKEN",
                              "ImportMember INVALID_FIELD",
                              "LinkIdentity accepted",
                              "LinkIdentity IDENTITY_TAKEN",
                              "LinkIdentity MEMBER_NOT_ACTIVE",
                              "UnlinkIdentity accepted",
                              "UnlinkIdentity RESOURCE_NOT_FOUND",
                              "SuspendMember accepted",
                              "SuspendMember INVALID_STATE",
                              "ReactivateMember accepted",
                              "CloseMember accepted",
                              "AccruePurchase accepted",
                              "AccruePurchase replayed accepted",
                              "AccruePurchase MEMBER_NOT_FOUND",
                              "AccruePurchase MEMBER_NOT_ACTIVE",
                              "AccruePurchase INVALID_FIELD",
                              "AccruePurchase OCCURRED_AT_OUT_OF_WINDOW",
                              "AccruePurchase RECEIPT_ALREADY_POSTED",
                              "AccruePurchase RECEIPT_CONTENT_DIFFERS",
                              "AccruePurchase REQUEST_ID_REUSED",
                              "ReturnPurchase accepted",
                              "ReturnPurchase replayed accepted",
                              "ReturnPurchase INVALID_FIELD",
                              "ReturnPurchase MEMBER_NOT_FOUND",
                              "return_unmatched",
                              "exchange",
                              "accrue paid with points",
                              "AccruePurchase RETURN_EXCEEDS_PURCHASE",
                              "AccruePurchase INSUFFICIENT_POINTS",
                              "AccruePurchase AMOUNT_NOT_ALLOWED",
                              "AccruePurchase COST_MISMATCH",
                              "CorrectReceipt accepted",
                              "CorrectReceipt PURCHASE_NOT_FOUND",
                              "CorrectReceipt INVALID_STATE",
                              "ReturnPurchase RETURN_EXCEEDS_PURCHASE",
                              "ReturnPurchase OCCURRED_AT_OUT_OF_WINDOW",
                              "ReturnPurchase RECEIPT_ALREADY_POSTED",
                              "ReturnPurchase RECEIPT_CONTENT_DIFFERS",
                              "Redeem accepted",
                              "Redeem replayed INSUFFICIENT_POINTS",
                              "Redeem MEMBER_NOT_ACTIVE",
                              "Redeem AMOUNT_NOT_ALLOWED",
                              "Redeem INSUFFICIENT_POINTS",
                              "AdjustPoints accepted",
                              "AdjustPoints INVALID_FIELD",
                              "AdjustPoints SELF_DEALING_FORBIDDEN",
                              "AdjustPoints MEMBER_NOT_ACTIVE",
                              "AdjustPoints AMOUNT_NOT_ALLOWED",
                              "AdjustPoints LIMIT_REACHED",
                              "adjustment_asked",
                              "Approve accepted",
                              "Approve INVALID_STATE",
                              "Approve SELF_APPROVAL_FORBIDDEN",
                              "Decline accepted",
                              "accrue of who was enrolled",
                              "AccruePurchase IDENTITY_TAKEN",
                              "AdjustPoints INSUFFICIENT_POINTS",
                              "ExtendLots accepted",
                              "ExtendLots INVALID_FIELD",
                              "ExtendLots RESOURCE_NOT_FOUND",
                              "ExtendLots INVALID_STATE",
                              "SettleAccrual accepted",
                              "SettleAccrual PURCHASE_NOT_FOUND",
                              "SettleAccrual ENTRY_NOT_FOUND",
                              "SettleAccrual MEMBER_NOT_ACTIVE",
                              "SettleAccrual INVALID_FIELD",
                              "SettleAccrual INVALID_STATE",
                              "SettleAccrual SELF_DEALING_FORBIDDEN",
                              "CancelAccrual accepted",
                              "CancelAccrual INVALID_STATE",
                              "HoldPoints accepted",
                              "HoldPoints MEMBER_NOT_FOUND",
                              "HoldPoints MEMBER_NOT_ACTIVE",
                              "HoldPoints AMOUNT_NOT_ALLOWED",
                              "HoldPoints INSUFFICIENT_POINTS",
                              "CaptureHold accepted",
                              "CaptureHold HOLD_NOT_FOUND",
                              "CaptureHold MEMBER_NOT_ACTIVE",
                              "CaptureHold CAPTURE_EXCEEDS_HOLD",
                              "CaptureHold HOLD_LAPSED",
                              "CaptureHold HOLD_FINISHED",
                              "MergeMembers accepted",
                              "MergeMembers MEMBER_NOT_FOUND",
                              "MergeMembers MEMBER_MERGED",
                              "MergeMembers MEMBER_NOT_ACTIVE",
                              "UnmergeMembers accepted",
                              "UnmergeMembers INVALID_STATE",
                              "KeepReceipt accepted",
                              "ClaimReceipt accepted",
                              "ClaimReceipt RECEIPT_ALREADY_POSTED",
                              "ClaimReceipt INVALID_STATE",
                              "TransferPoints accepted",
                              "TransferPoints INSUFFICIENT_POINTS",
                              "TransferPoints LIMIT_REACHED",
                              "TransferPoints INVALID_FIELD",
                              "MoveIdentity accepted",
                              "MoveIdentity INVALID_FIELD",
                              "VoidHold accepted",
                              "VoidHold HOLD_NOT_FOUND",
                              "VoidHold HOLD_LAPSED",
                              "VoidHold HOLD_FINISHED",
                              "ReverseRedemption accepted",
                              "ReverseRedemption ENTRY_NOT_FOUND",
                              "ReverseRedemption REVERSAL_EXCEEDS_REDEMPTION",
                              "sale decided again",
                              "return decided again"}) {
    EXPECT_GT(outcomes[outcome], 0) << outcome;
  }
}

}  // namespace
}  // namespace laurel
