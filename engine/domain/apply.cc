#include "engine/domain/apply.h"

#include <algorithm>
#include <map>
#include <type_traits>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/domain/attributes.h"
#include "engine/domain/tiers.h"

namespace laurel {
namespace {

// ---- activity by month
// ---------------------------------------------------------------------------------------

struct ActivityDelta {
  std::int64_t spend = 0;
  std::int64_t purchases = 0;
};

template <class Row>
void AddPoints(Row& row, std::uint32_t type_index, std::int64_t points) {
  if (row.points.size() <= type_index) row.points.resize(type_index + 1);
  row.points[type_index] += points;
}

DaySum& DayOf(MonthDays& month, std::int32_t day) {
  const auto it = std::lower_bound(month.days.begin(), month.days.end(), day,
                                   [](const DaySum& sum, std::int32_t d) { return sum.day < d; });
  if (it != month.days.end() && it->day == day) return *it;
  return *month.days.insert(it, DaySum{.day = day});
}

// The sums that an activity of a day changes. Valid until either record is changed otherwise.
struct SumsOfDay {
  MonthSum& month;
  DaySum& day;
};
SumsOfDay SumsOf(State& state, MemberId id, Date date) {
  const MonthKey key{id, date.month_number()};
  std::vector<MonthSum>& months = state.members.Mutable(MemberKey{id}).months;
  auto month = std::lower_bound(months.begin(), months.end(), key.month,
                                [](const MonthSum& sum, std::int32_t m) { return sum.month < m; });
  if (month == months.end() || month->month != key.month) {
    // Both records begin a month together: there are no days to be read yet.
    month = months.insert(month, MonthSum{.month = key.month});
    state.months.Put(key, MonthDays{});
  }
  return SumsOfDay{*month, DayOf(state.months.Mutable(key), date.day())};
}

void CountActivity(State& state, MemberId id, Date date, const ActivityDelta& delta) {
  const auto [month, day] = SumsOf(state, id, date);
  const bool was_visited = day.purchases > 0;
  day.spend += delta.spend;
  day.purchases += delta.purchases;
  month.spend += delta.spend;
  month.purchases += delta.purchases;
  const bool is_visited = day.purchases > 0;
  month.visit_days += static_cast<int>(is_visited) - static_cast<int>(was_visited);
}

void CountPoints(State& state, MemberId id, Date date, std::uint32_t type_index,
                 std::int64_t points) {
  const auto [month, day] = SumsOf(state, id, date);
  AddPoints(month, type_index, points);
  AddPoints(day, type_index, points);
}

TrackedSum& SumOf(std::vector<TrackedSum>& sums, const std::string& metric) {
  for (TrackedSum& sum : sums) {
    if (sum.metric == metric) return sum;
  }
  return sums.emplace_back(TrackedSum{.metric = metric});
}

// The sums say of the largest value what it is, and of values that differ whether there are any.
void CountValue(State& state, MemberId id, Date date, const MetricCounted& counted) {
  const MonthValuesKey key{id, counted.metric, date.month_number()};
  MonthValues& values = state.month_values.Mutable(key);
  values.Count(date.day(), counted, MonthValues::kMonthMax);
  const SumsOfDay sums = SumsOf(state, id, date);
  TrackedSum& month = SumOf(sums.month.tracked, counted.metric);
  TrackedSum& day = SumOf(sums.day.tracked, counted.metric);
  if (counted.counting == MetricCounting::kLargest) {
    month.value = values.Largest();
    day.value = values.LargestOn(date.day());
    return;
  }
  month.value = static_cast<std::int64_t>(values.values.size());
  day.value = std::count_if(values.values.begin(), values.values.end(),
                            [&](const ValueCount& value) { return value.day == date.day(); });
  MonthValues& all = state.month_values.Mutable({id, counted.metric, MonthValuesKey::kAllMonths});
  all.Count(0, counted, MonthValues::kAllMonthsMax);
  all.latest_on = std::max(all.latest_on, date);
}

void CountMetric(State& state, MemberId id, Date date, const MetricCounted& counted) {
  if (counted.counting != MetricCounting::kAmount) return CountValue(state, id, date, counted);
  const SumsOfDay sums = SumsOf(state, id, date);
  TrackedSum& month = SumOf(sums.month.tracked, counted.metric);
  TrackedSum& day = SumOf(sums.day.tracked, counted.metric);
  const bool had_value = day.value > 0;
  day.value += counted.delta;
  month.value += counted.delta;
  month.days += static_cast<int>(day.value > 0) - static_cast<int>(had_value);
}

// Keeps the order of `from`; of equal ones the later entry comes later.
void InsertByInstant(const Activation& activation, std::vector<Activation>& activations) {
  const auto later =
      std::find_if(activations.begin(), activations.end(),
                   [&](const Activation& other) { return other.from > activation.from; });
  activations.insert(later, activation);
}

// Takes the schedule out and returns it; empty if there is none.
std::optional<Activation> EraseSchedule(std::uint32_t number, Timestamp from,
                                        std::vector<Activation>& schedules) {
  const auto found =
      std::find_if(schedules.begin(), schedules.end(), [&](const Activation& schedule) {
        return schedule.number == number && schedule.from == from;
      });
  if (found == schedules.end()) return std::nullopt;
  const Activation schedule = *found;
  schedules.erase(found);
  return schedule;
}

std::vector<Judgement>::iterator FindJudgement(Program& program, Timestamp from) {
  return std::find_if(program.judgements.begin(), program.judgements.end(),
                      [&](const Judgement& judgement) { return judgement.from == from; });
}

// ---- events
// --------------------------------------------------------------------------------------------------

struct Folder {
  const Entry& entry;
  State& state;

  MemberId member() const {
    LAUREL_CHECK(entry.member.has_value(), "an event of a member names the member");
    return *entry.member;
  }
  Date day() const {
    LAUREL_CHECK(entry.effective_on.has_value(), "an activity has a civil day");
    return *entry.effective_on;
  }
  // What comes back while the events are read; null where they tell of something else. A receipt
  // may take back and sell: what it takes back comes first.
  mutable const PurchaseReturned* coming_back = nullptr;

  // The one whom an accrual that is undone was of, and whose sums and counters change: by now that
  // may be a member who was merged into the entry's.
  MemberId counted() const {
    if (coming_back != nullptr) {
      const PurchaseKey key{entry.program, coming_back->original};
      if (const Purchase* sale = state.purchases.Find(key)) return sale->member;
    } else if (const auto* cancelled = entry.FindEvent<AccrualCancelled>()) {
      const std::shared_ptr<const Entry> accrued = state.FindEntry(cancelled->accrual);
      if (accrued != nullptr && accrued->member) return *accrued->member;
    }
    return member();
  }
  MemberId other() const {
    LAUREL_CHECK(entry.other.has_value(), "an event of two members names both");
    return *entry.other;
  }
  // The day whose sums change: that of the activity, also where the entry undoes it later.
  Date CountedOn() const {
    if (coming_back != nullptr) return coming_back->original_on;
    if (const auto* cancelled = entry.FindEvent<AccrualCancelled>()) return cancelled->accrued_on;
    return day();
  }

  void operator()(const MemberEnrolled& e) const {
    Member& record = state.members.Mutable(MemberKey{member()});
    record.program = entry.program;
    record.tier.tier = e.tier;
    record.tier.since = entry.occurred_at;
    state.enrolments.Put(EnrolmentKey{member()}, Enrolment{.enrolled_at = EnrolledAt(entry),
                                                           .channel = e.channel,
                                                           .store = e.store,
                                                           .identities = {}});
  }
  void operator()(const IdentityLinked& e) const {
    state.identities.Put(IdentityKey{entry.program, e.hash}, Identity{member(), e.kind});
    state.enrolments.Mutable(EnrolmentKey{member()})
        .identities.push_back(LinkedIdentity{IdentityLink{e.kind, e.hash}, entry.recorded_at});
  }
  void operator()(const IdentityUnlinked& e) const { Unlink(e.hash); }
  void Unlink(const IdentityHash& hash) const {
    const IdentityKey key{entry.program, hash};
    const Identity* identity = state.identities.Find(key);
    const MemberId holder = identity == nullptr ? member() : identity->member;
    state.identities.Erase(key);
    std::erase_if(state.enrolments.Mutable(EnrolmentKey{holder}).identities,
                  [&](const LinkedIdentity& linked) { return linked.identity.hash == hash; });
  }
  void operator()(const IdentityMoved& e) const {
    Unlink(e.hash);
    (*this)(IdentityLinked{e.kind, e.hash});
  }
  void operator()(const MembersMerged& e) const {
    Member& merged = state.members.Mutable(MemberKey{other()});
    Member& survivor = state.members.Mutable(MemberKey{member()});
    merged.state = MemberState::kMerged;
    merged.merged_into = member();
    merged.lots_due_at = Timestamp::Never();
    survivor.merged.push_back(MergedMember{other(), entry.sequence, survivor.tier});
    if (e.takes_tier) survivor.tier = merged.tier;
    // What one of the two has done keeps the points of both.
    for (const IdleEnd& theirs : merged.idle_ends) {
      IdleEnd& idle = survivor.MutableIdleEnd(theirs.type);
      idle.acted_on = std::max(idle.acted_on, theirs.acted_on);
      idle.ends_at = std::max(idle.ends_at, theirs.ends_at);
      idle.available += theirs.available;
    }
    if (!merged.has_activity) return;
    survivor.latest_occurred_at =
        survivor.has_activity ? std::max(survivor.latest_occurred_at, merged.latest_occurred_at)
                              : merged.latest_occurred_at;
    survivor.has_activity = true;
  }
  void operator()(const MembersUnmerged& e) const {
    Member& merged = state.members.Mutable(MemberKey{other()});
    Member& survivor = state.members.Mutable(MemberKey{member()});
    LAUREL_CHECK(!survivor.merged.empty() && survivor.merged.back().member == other(),
                 "the latest merge is undone");
    merged.state = MemberState::kActive;
    merged.merged_into.reset();
    merged.lots_due_at = e.lots_due_at;
    // What was done while they were one was done by both.
    for (IdleEnd& idle : survivor.idle_ends) {
      IdleEnd& theirs = merged.MutableIdleEnd(idle.type);
      theirs.acted_on = idle.acted_on;
      theirs.ends_at = idle.ends_at;
      idle.available -= theirs.available;
    }
    survivor.tier = std::move(survivor.merged.back().tier);
    survivor.merged.pop_back();
  }
  void operator()(const PointsTransferred& e) const {
    state.members.Mutable(MemberKey{other()}).lots_due_at = e.lots_due_at;
  }
  // The lot move that follows fills it, as with OpenLot.
  void operator()(const PiecePassed& e) const {
    OpenLot(e, e.from.type, e.funding, other());
    if (e.idle_ends_at.is_never()) return;
    state.members.Mutable(MemberKey{other()}).MutableIdleEnd(e.from.type).ends_at = e.idle_ends_at;
  }
  void operator()(const PointsRestored& e) const {
    const Lot* from = state.FindLot(e.from);
    LAUREL_CHECK(from != nullptr || state.has_failed(), "a lot that was spent exists");
    OpenLot(e, e.type, from == nullptr ? "" : from->funding, member());
  }
  void operator()(const MemberStateChanged& e) const {
    state.members.Mutable(MemberKey{member()}).state = e.to;
    if (e.to == MemberState::kClosed) {
      state.enrolments.Mutable(EnrolmentKey{member()}).closed_at = entry.recorded_at;
    }
  }
  void operator()(const MemberAttributesSet& e) const {
    std::vector<ToldAttribute>& told = state.enrolments.Mutable(EnrolmentKey{member()}).attributes;
    const auto erase = [&](const std::string& id) {
      std::erase_if(told, [&](const ToldAttribute& one) { return one.told.attribute.id == id; });
    };
    for (const std::string& id : e.cleared) {
      for (const MemberId one : state.GroupOf(member())) {
        if (one == member()) continue;
        const Enrolment* merged = state.enrolments.Find(EnrolmentKey{one});
        if (merged == nullptr || !IsTold(merged->attributes, id)) continue;
        std::erase_if(state.enrolments.Mutable(EnrolmentKey{one}).attributes,
                      [&](const ToldAttribute& theirs) { return theirs.told.attribute.id == id; });
      }
      erase(id);
    }
    for (const MemberAttribute& set : e.set) {
      erase(set.attribute.id);
      const auto place = std::find_if(told.begin(), told.end(), [&](const ToldAttribute& one) {
        return one.told.attribute.id > set.attribute.id;
      });
      told.insert(place, ToldAttribute{set, entry.recorded_at});
    }
  }
  void operator()(const PurchaseAccrued& e) const {
    coming_back = nullptr;
    NoteRow(e.receipt, e.row, e.corrects == 0);
    state.purchases.Put(PurchaseKey{entry.program, e.receipt},
                        Purchase{.member = member(), .sequence = entry.sequence});
    CountActivity(state, member(), day(), ActivityDelta{.spend = e.eligible_net, .purchases = 1});
    NoteActivity();
  }
  // A row of a terminal has come, and with it its clock, but where it tells of an earlier one.
  void NoteRow(const ReceiptKey& receipt, const TerminalRow& row, bool tells_time = true) const {
    if (row.number == 0) return;
    Terminal& terminal =
        state.terminals.Mutable(TerminalKey{entry.program, receipt.store, receipt.terminal});
    terminal.Take(row.number);
    if (row.is_offline || !tells_time) return;
    terminal.Observe(entry.recorded_at.micros() - entry.occurred_at.micros(), entry.recorded_at);
  }
  void operator()(const RowRefused& e) const {
    Terminal& terminal = state.terminals.Mutable(TerminalKey{entry.program, e.store, e.terminal});
    if (e.number > 0) terminal.Take(e.number);
    if (!e.told_at) return;
    terminal.Observe(entry.recorded_at.micros() - e.told_at->micros(), entry.recorded_at);
  }
  void operator()(const ReturnUnmatched& e) const {
    NoteRow(e.receipt, e.row);
    PutReturn(e.receipt, entry.member.value_or(MemberId()));
    state.awaited.Mutable(AwaitedKey{entry.program, e.original}).returns.push_back(entry.sequence);
    ++program().awaiting_returns;
  }
  // A return is known by its receipt; where that sells as well, or has kept the return until now,
  // there is a record already, or one will take its place.
  void PutReturn(const ReceiptKey& receipt, MemberId member_or_none) const {
    const PurchaseKey key{entry.program, receipt};
    if (state.purchases.Find(key) != nullptr) return;
    state.purchases.Put(
        key, Purchase{.member = member_or_none, .sequence = entry.sequence, .is_return = true});
  }
  void NoteMatched(const PurchaseReturned& e) const {
    if (e.kept == 0) return;
    const AwaitedKey key{entry.program, e.original};
    Awaited& awaited = state.awaited.Mutable(key);
    if (std::erase(awaited.returns, e.kept) > 0) --program().awaiting_returns;
    if (awaited.returns.empty()) state.awaited.Erase(key);
  }
  void NoteActivity() const {
    Member& record = state.members.Mutable(MemberKey{member()});
    if (record.has_activity && entry.occurred_at <= record.latest_occurred_at) return;
    record.latest_occurred_at = entry.occurred_at;
    record.has_activity = true;
  }
  // The lot move that follows fills it; one that went to arrears whole is closed from the start.
  template <class Given>
  void OpenLot(const Given& e, const PointTypeId& type, const std::string& funding,
               MemberId owner) const {
    const LotKey key{owner, type, e.expires_at, e.lot};
    const Lot lot{.amount = e.amount - e.covered_arrears,
                  .activates_at = e.activates_at,
                  .funding = funding,
                  .is_idle = !e.idle_ends_at.is_never()};
    if (lot.amount > 0) {
      state.lots.Put(key, lot);
    } else {
      state.closed_lots.Put(ClosedLotKey{key}, lot);
    }
  }
  void operator()(const PointsAwarded& e) const {
    OpenLot(e, e.type, e.funding, member());
    CountPoints(state, member(), day(), e.type_index, e.amount);
  }
  // What is left of a purchase, to be changed.
  Purchase& LeftOf(const ReceiptKey& receipt, std::uint64_t sequence) const {
    const std::shared_ptr<const Entry> sale = state.FindEntry(sequence);
    LAUREL_CHECK(sale != nullptr, "a returned purchase has its entry");
    Purchase& purchase = state.purchases.Mutable(PurchaseKey{entry.program, receipt});
    if (purchase.eligible_left) return purchase;
    const PurchaseAccrued* accrued = sale->FindEvent<PurchaseAccrued>();
    LAUREL_CHECK(accrued != nullptr, "a purchase's entry says what was bought");
    purchase.eligible_left = accrued->eligible_net;
    for (const PurchaseLine& line : accrued->lines) {
      if (!line.is_sold()) continue;
      purchase.lines_left.push_back(LineLeft{line.line, line.quantity_micros, line.net});
    }
    for (const Event& event : sale->events) {
      if (const auto* award = std::get_if<PointsAwarded>(&event)) {
        purchase.awards_left.push_back(AwardLeft{award->lot, award->amount});
      }
    }
    return purchase;
  }
  void operator()(const PurchaseReturned& e) const {
    coming_back = &e;
    NoteRow(e.receipt, e.row);
    PutReturn(e.receipt, member());
    NoteMatched(e);
    CountActivity(state, counted(), e.original_on,
                  ActivityDelta{.spend = -e.eligible_net, .purchases = e.is_whole ? -1 : 0});
    Purchase& purchase = LeftOf(e.original, e.original_sequence);
    *purchase.eligible_left -= e.eligible_net;
    for (const ReturnedLine& returned : e.lines) {
      for (LineLeft& left : purchase.lines_left) {
        if (left.line != returned.line) continue;
        left.quantity_micros -= returned.quantity_micros;
        left.net -= returned.net;
      }
    }
    std::erase_if(purchase.lines_left,
                  [](const LineLeft& left) { return left.quantity_micros == 0; });
  }
  void operator()(const PointsTakenBack& e) const {
    const AccrualCancelled* cancelled = entry.FindEvent<AccrualCancelled>();
    LAUREL_CHECK(coming_back != nullptr || cancelled != nullptr,
                 "points are taken back by a return or by a person");
    if (coming_back != nullptr) {
      TakeBack(e, state.purchases.Mutable(PurchaseKey{entry.program, coming_back->original}));
    } else if (cancelled->receipt) {
      TakeBack(e, LeftOf(*cancelled->receipt, cancelled->accrual));
    }
    CountPoints(state, counted(), CountedOn(), e.type_index, -e.amount);
  }
  static void TakeBack(const PointsTakenBack& e, Purchase& purchase) {
    for (AwardLeft& left : purchase.awards_left) {
      if (left.lot != e.lot) continue;
      left.amount -= e.amount;
      left.gone += e.gone;
    }
    std::erase_if(purchase.awards_left, [](const AwardLeft& left) { return left.amount == 0; });
  }
  void operator()(const LotActivated& e) const {
    if (e.covered_arrears > 0) state.lots.Mutable(e.lot).amount -= e.covered_arrears;
  }
  void DecideLines(const std::optional<ReceiptKey>& receipt,
                   const std::vector<std::int32_t>& lines) const {
    if (!receipt || lines.empty()) return;
    Purchase& purchase = state.purchases.Mutable(PurchaseKey{entry.program, *receipt});
    purchase.decided_lines.insert(purchase.decided_lines.end(), lines.begin(), lines.end());
  }
  void operator()(const AccrualSettled& e) const { DecideLines(e.receipt, e.lines); }
  void operator()(const AccrualCancelled& e) const { DecideLines(e.receipt, e.lines); }
  void operator()(const PointsSettled& e) const {
    const Lot* from = state.FindLot(e.from);
    LAUREL_CHECK(from != nullptr || state.has_failed(), "a settled lot exists");
    OpenLot(e, e.type, from == nullptr ? "" : from->funding, e.from.member);
    const AccrualSettled* settled = entry.FindEvent<AccrualSettled>();
    LAUREL_CHECK(settled != nullptr, "points are settled with an accrual");
    if (!settled->receipt) return;
    state.purchases.Mutable(PurchaseKey{entry.program, *settled->receipt})
        .settled_lots.push_back(SettledLot{e.from.id, e.lot, e.expires_at});
  }
  void operator()(const HoldPlaced& e) const {
    Hold hold{.type = e.type,
              .amount = e.amount,
              .placed_at = entry.recorded_at,
              .lapses_at = e.lapses_at,
              .reference = e.reference};
    for (const LotMove& move : entry.lot_moves) {
      if (move.bucket != Bucket::kHeld) continue;
      HeldPart& part =
          hold.parts.emplace_back(HeldPart{move.lot.id, move.lot.expires_at, move.delta});
      if (move.lot.member != member()) part.home = move.lot.member;
    }
    state.holds.Put(HoldKey{member(), entry.sequence}, std::move(hold));
    state.hold_lapses.Put(HoldLapseKey{member(), e.lapses_at, entry.sequence}, Marker{});
  }
  // A hold of the member or of one that was merged into it.
  HoldKey HoldOf(std::uint64_t sequence) const {
    const HoldKey own{member(), sequence};
    return state.FindHold(own).value_or(own);
  }
  void operator()(const HoldCaptured& e) const {
    Hold& hold = state.holds.Mutable(HoldOf(e.hold));
    hold.captured += e.amount;
    hold.Take(e.amount);
  }
  void operator()(const HoldEnded& e) const {
    const HoldKey key = HoldOf(e.hold);
    Hold& hold = state.holds.Mutable(key);
    hold.state = e.state;
    hold.parts.clear();
    hold.ended_at = entry.occurred_at;
    state.hold_lapses.Erase(HoldLapseKey{key.member, hold.lapses_at, e.hold});
  }
  void operator()(const PointsRedeemed& e) const {
    state.redemptions.Put(RedemptionKey{entry.sequence}, Redemption{member(), e.type, e.amount, 0});
    if (!e.purchase) return;
    state.spendings.Mutable(SpendingKey{entry.program, *e.purchase})
        .redemptions.push_back(entry.sequence);
  }
  // Nothing is counted: what staff give or take is no act of the member and earns no tier.
  void operator()(const PointsAdjusted& e) const {
    if (e.amount > 0) OpenLot(e, e.type, "adjustment", member());
  }
  void operator()(const LotsExtended&) const {}
  void operator()(const PointsReinstated&) const {}
  void operator()(const LotRenewed& e) const {
    const Lot* from = state.FindLot(e.from);
    LAUREL_CHECK(from != nullptr || state.has_failed(), "a lot that is renewed exists");
    OpenLot(e, e.from.type, from == nullptr ? "" : from->funding, e.from.member);
    if (entry.FindEvent<PointsReinstated>() != nullptr && from != nullptr)
      Expire(e.from, -e.amount);
    if (!e.award) return;
    state.purchases.Mutable(PurchaseKey{entry.program, e.award->receipt})
        .settled_lots.push_back(SettledLot{e.award->lot, e.lot, e.expires_at});
  }
  void operator()(const PointsImported& e) const {
    OpenLot(e, e.type, "import", member());
    if (e.counts_on) CountPoints(state, member(), *e.counts_on, e.type_index, e.amount);
  }
  void operator()(const HistoryCounted& e) const {
    CountActivity(state, member(), e.on, ActivityDelta{.spend = e.spend, .purchases = e.purchases});
  }
  void operator()(const RedemptionReversed& e) const {
    state.redemptions.Mutable(RedemptionKey{e.redemption}).reversed += e.amount;
  }
  // The lot move that follows takes the points out of the bucket.
  void operator()(const LotExpired& e) const { Expire(e.lot, e.amount); }
  void Expire(const LotKey& lot, std::int64_t amount) const {
    if (state.lots.Find(lot) != nullptr) {
      state.lots.Mutable(lot).expired += amount;
    } else {  // nothing is left in it: a redemption is being reversed, or points come back
      state.closed_lots.Mutable(ClosedLotKey{lot}).expired += amount;
    }
  }
  void operator()(const TierDecided& e) const {
    MemberTier& tier = state.members.Mutable(MemberKey{member()}).tier;
    tier = After(tier, e, entry.occurred_at);
    // A term that is confirmed is no change, and neither is one that waits or need not.
    if (e.from == e.to && e.cause != TierCause::kUpgraded) return;
    state.tier_changes.Put(TierChangeKey{member(), entry.sequence},
                           TierChangeMark{e.cause, e.from, e.to, e.since, e.revision});
  }
  void operator()(const TierFloorSet& e) const {
    MemberTier& tier = state.members.Mutable(MemberKey{member()}).tier;
    tier = After(tier, e, entry.occurred_at);
  }
  void operator()(const IdleEndMoved& e) const {
    IdleEnd& idle = state.members.Mutable(MemberKey{member()}).MutableIdleEnd(e.type);
    if (e.acted_on) idle.acted_on = e.acted_on;
    idle.ends_at = e.ends_at;
  }
  void operator()(const LotsDue& e) const {
    state.members.Mutable(MemberKey{member()}).lots_due_at = e.due_at;
  }
  void operator()(const ReviewPostponed& e) const {
    state.members.Mutable(MemberKey{member()}).tier.review_not_before = e.not_before;
  }
  void operator()(const ReceiptKept& e) const {
    NoteRow(e.sale.receipt, e.sale.row);
    state.unclaimed.Put(UnclaimedKey{entry.program, e.sale.receipt}, Unclaimed{entry.sequence});
  }
  void operator()(const ReceiptClaimed&) const {
    const auto* sale = entry.FindEvent<PurchaseAccrued>();
    LAUREL_CHECK(sale != nullptr, "what is claimed is a purchase");
    state.unclaimed.Erase(UnclaimedKey{entry.program, sale->receipt});
  }
  void operator()(const AdjustmentAsked& e) const {
    state.approvals.Put(ApprovalKey{entry.program, entry.sequence},
                        Approval{.expires_at = e.expires_at});
  }
  void Decide(std::uint64_t asked, ApprovalState decision) const {
    Approval& approval = state.approvals.Mutable(ApprovalKey{entry.program, asked});
    approval.state = decision;
    approval.decided = entry.sequence;
  }
  void operator()(const AskedApproved& e) const { Decide(e.asked, ApprovalState::kApproved); }
  void operator()(const AskedDeclined& e) const { Decide(e.asked, ApprovalState::kDeclined); }
  void operator()(const EnrolledForPurchase&) const {}  // its own entry has done it
  void operator()(const ActivityAccrued& e) const {
    if (!e.reference.empty()) {
      state.activities.Put(ActivityKey::Of(entry.program, e.type, e.reference),
                           Activity{entry.sequence});
    }
    NoteActivity();
  }
  void operator()(const EvidenceKept&) const {}
  void operator()(const CounterMoved& e) const {
    CounterKey key{entry.program, std::nullopt, e.name, e.by, e.start};
    if (e.is_of_member) key.member = counted();
    state.counters.Mutable(key).used += e.delta;
  }
  void operator()(const MetricCounted& e) const { CountMetric(state, counted(), CountedOn(), e); }
  void operator()(const RevisionCreated& e) const {
    state.revisions.Put(RevisionKey{entry.program, e.number},
                        Revision{.digest = e.digest,
                                 .canonical = e.canonical,
                                 .created_at = entry.recorded_at,
                                 .author = entry.principal,
                                 .author_role = entry.role});
    program().revision_count = e.number;
  }
  Program& program() const { return state.programs.Mutable(ProgramKey{entry.program}); }
  // Changes the program and keeps the index of what is due.
  template <class Change>
  void ChangeProgram(Change&& change) const {
    Program& record = program();
    const Timestamp before = record.due_at();
    change(record);
    const Timestamp after = record.due_at();
    if (before == after) return;
    if (!before.is_never()) state.programs_due.Erase(ProgramDueKey{before, entry.program});
    if (!after.is_never()) state.programs_due.Put(ProgramDueKey{after, entry.program}, Marker{});
  }
  void operator()(const RevisionActivated& e) const {
    const Timestamp from = e.scheduled_from.value_or(entry.recorded_at);
    ChangeProgram([&](Program& record) {
      if (e.scheduled_from) EraseSchedule(e.number, from, record.schedules);
      InsertByInstant(Activation{e.number, e.digest, from}, record.activations);
      if (!e.judges_members) return;
      // Of two from the same instant the later one is in force.
      std::erase_if(record.judgements, [&](const Judgement& j) { return j.from == from; });
      record.judgements.push_back(Judgement{e.number, e.digest, from});
    });
  }
  void operator()(const MembersJudged& e) const {
    ChangeProgram([&](Program& record) {
      const auto judgement = FindJudgement(record, e.from);
      LAUREL_CHECK(judgement != record.judgements.end(), "a judgement that goes on has begun");
      judgement->through = e.through;
      if (e.is_finished) record.judgements.erase(judgement);
    });
  }
  // Whoever does something has been judged by everything that has come into force, and whoever
  // joins need not be.
  void NoteJudged() const {
    if (!entry.member || entry.method == Method::kAdvanceMember) return;
    const Program* record = state.programs.Find(ProgramKey{entry.program});
    if (record == nullptr || record->judgements.empty()) return;
    NoteJudged(*entry.member, record->judgements.back());
    // Who comes out of a merge has been away: what came into force meanwhile is made up for.
    const bool was_away =
        entry.kind == EntryKind::kMembersMerged || entry.kind == EntryKind::kMembersUnmerged;
    if (entry.other && !was_away) NoteJudged(*entry.other, record->judgements.back());
  }
  void NoteJudged(MemberId id, const Judgement& last) const {
    Member& found = state.members.Mutable(MemberKey{id});
    if (last.Awaits(id, found.tier)) found.tier.judged_at = last.from;
  }
  void operator()(const RevisionApproved& e) const {
    Revision& revision = state.revisions.Mutable(RevisionKey{entry.program, e.number});
    revision.votes.push_back(Vote{entry.principal, entry.role, entry.recorded_at, e.simulation});
    if (e.is_final) revision.approved_at = entry.recorded_at;
  }
  void operator()(const WarningsAcknowledged& e) const {
    Revision& revision = state.revisions.Mutable(RevisionKey{entry.program, e.number});
    for (const std::string& warning : e.warnings) {
      revision.acknowledged.push_back(
          Acknowledgement{warning, entry.principal, entry.role, entry.recorded_at});
    }
  }
  void operator()(const RevisionScheduled& e) const {
    ChangeProgram([&](Program& record) {
      InsertByInstant(Activation{e.number, e.digest, e.from}, record.schedules);
    });
  }
  void operator()(const ScheduleCancelled& e) const {
    ChangeProgram([&](Program& record) {
      const std::optional<Activation> cancelled = EraseSchedule(e.number, e.from, record.schedules);
      if (cancelled) record.cancelled.push_back(*cancelled);
    });
  }
  void operator()(const RulePaused& e) const {
    std::vector<PausedRule>& paused = program().paused_rules;
    const auto place = std::find_if(paused.begin(), paused.end(),
                                    [&](const PausedRule& other) { return other.rule >= e.rule; });
    paused.insert(place, PausedRule{e.rule, entry.recorded_at, entry.principal, ""});
  }
  void operator()(const RuleResumed& e) const {
    std::vector<PausedRule>& paused = program().paused_rules;
    if (e.is_final) {
      std::erase_if(paused, [&](const PausedRule& rule) { return rule.rule == e.rule; });
      return;
    }
    for (PausedRule& rule : paused) {
      if (rule.rule == e.rule) rule.resume_asked_by = entry.principal;
    }
  }
};

std::int64_t& BucketOf(Lot& lot, Bucket bucket) {
  switch (bucket) {
    case Bucket::kPending:
      return lot.pending;
    case Bucket::kAvailable:
      return lot.available;
    case Bucket::kHeld:
      return lot.held;
  }
  LAUREL_CHECK(false, "a bucket is one of three");
  return lot.available;
}

// Each member's record has the sum of its own lots and of those of whoever was merged into it, so
// that neither a merge nor its undoing counts lots.
void CountIdle(const LotMove& move, State& state) {
  std::optional<MemberId> next = move.lot.member;
  while (next) {
    Member& member = state.members.Mutable(MemberKey{*next});
    member.MutableIdleEnd(move.lot.type).available += move.delta;
    next = member.merged_into;
  }
}

void MoveLot(const LotMove& move, State& state) {
  if (state.lots.Find(move.lot) == nullptr) {  // points come back to a lot that had nothing left
    const Lot* closed = state.closed_lots.Find(ClosedLotKey{move.lot});
    LAUREL_CHECK(closed != nullptr || state.has_failed(), "a moved lot exists");
    if (closed == nullptr) return;
    state.lots.Put(move.lot, *closed);
    state.closed_lots.Erase(ClosedLotKey{move.lot});
  }
  Lot& lot = state.lots.Mutable(move.lot);
  std::int64_t& bucket = BucketOf(lot, move.bucket);
  const bool was_pending = lot.pending > 0;
  bucket += move.delta;
  if (lot.is_idle && move.bucket == Bucket::kAvailable) CountIdle(move, state);
  if (was_pending != (lot.pending > 0) && !lot.activates_at.is_never()) {
    const PendingLotKey key{move.lot.member, lot.activates_at, move.lot};
    if (was_pending) {
      state.pending_lots.Erase(key);
    } else {
      state.pending_lots.Put(key, Marker{});
    }
  }
  LAUREL_CHECK(bucket >= 0 && lot.pending + lot.available + lot.held <= lot.amount,
               "what remains of a lot lies between zero and its amount");
  if (lot.is_open()) return;
  state.closed_lots.Put(ClosedLotKey{move.lot}, lot);
  state.lots.Erase(move.lot);
}

void Post(const Posting& posting, const Entry& entry, State& state) {
  if (IsMemberAccount(posting.account)) {
    const MemberId holder = posting.member.value_or(*entry.member);
    AddTo(state.members.Mutable(MemberKey{holder}), posting);
  }
  LAUREL_CHECK(entry.effective_on.has_value(), "postings have a civil day");
  Total& total = state.totals.Mutable(
      TotalKey{entry.program, posting.account, posting.detail, posting.type, *entry.effective_on});
  if (posting.amount >= 0) {
    total.credit += posting.amount;
  } else {
    total.debit -= posting.amount;
  }
}

Timestamp DueAt(const std::optional<MemberId>& id, State& state) {
  const Member* member = id ? state.members.Find(MemberKey{*id}) : nullptr;
  return member == nullptr ? Timestamp::Never() : member->due_at();
}

// Whom an entry concerns: it is among the member's entries, and the member may be due otherwise.
void NoteConcerned(const Entry& entry, MemberId id, Timestamp due_before, State& state) {
  state.member_entries.Put(MemberEntryKey{id, entry.sequence}, EntryKindMark{entry.kind});
  const Timestamp due_after = DueAt(id, state);
  if (due_after == due_before) return;
  if (!due_before.is_never()) state.due.Erase(DueKey{due_before, id});
  if (!due_after.is_never()) state.due.Put(DueKey{due_after, id}, Marker{});
}

}  // namespace

void Apply(const std::shared_ptr<const Entry>& shared, State& state) {
  const Entry& entry = *shared;
  state.AddEntry(shared);
  const Timestamp due_before = DueAt(entry.member, state);
  const Timestamp other_due_before = DueAt(entry.other, state);
  const Folder folder{entry, state};
  for (const Event& event : entry.events) std::visit(folder, event);
  folder.NoteJudged();
  for (const LotMove& move : entry.lot_moves) MoveLot(move, state);
  for (const Posting& posting : entry.postings) Post(posting, entry, state);

  if (!entry.request.empty()) {
    state.requests.Put(RequestKey::Of(entry.program, entry.request), Request{entry.sequence});
  }
  if (entry.member) NoteConcerned(entry, *entry.member, due_before, state);
  if (entry.other) NoteConcerned(entry, *entry.other, other_due_before, state);
}

void AddTo(Member& member, const Posting& posting) {
  Balance& balance = member.MutableBalance(posting.type);
  switch (posting.account) {
    case AccountClass::kMemberPending:
      balance.pending += posting.amount;
      break;
    case AccountClass::kMemberHeld:
      balance.held += posting.amount;
      break;
    default:
      balance.available += posting.amount;
      break;
  }
}

bool PostingsBalance(const Entry& entry) {
  // Few postings, fewer types: quadratic is the cheap way.
  for (const Posting& posting : entry.postings) {
    std::int64_t sum = 0;
    for (const Posting& other : entry.postings) {
      if (other.type == posting.type && __builtin_add_overflow(sum, other.amount, &sum))
        return false;
    }
    if (sum != 0) return false;
  }
  return true;
}

namespace {

// Point types of a program; an index beyond them would make records grow without bound.
constexpr std::uint32_t kTypesMax = 64;

// Whether an event may stand in an entry that names no member.
bool IsOfProgram(const Event& event) {
  return std::holds_alternative<ReceiptKept>(event) ||
         std::holds_alternative<RevisionCreated>(event) ||
         std::holds_alternative<ReturnUnmatched>(event) ||  // its purchase says whose it is
         std::holds_alternative<RowRefused>(event) ||
         std::holds_alternative<RevisionActivated>(event) ||
         std::holds_alternative<RevisionApproved>(event) ||
         std::holds_alternative<WarningsAcknowledged>(event) ||
         std::holds_alternative<RevisionScheduled>(event) ||
         std::holds_alternative<ScheduleCancelled>(event) ||
         std::holds_alternative<RulePaused>(event) || std::holds_alternative<RuleResumed>(event) ||
         std::holds_alternative<MembersJudged>(event);
}

// Adds the lot that an event opens; false if its amounts are out of range.
template <class Given>
bool OpensLot(const Given& given, const PointTypeId& type, MemberId member,
              std::map<LotKey, Lot>& lots) {
  if (given.amount <= 0 || given.covered_arrears < 0 || given.covered_arrears > given.amount) {
    return false;
  }
  lots[LotKey{member, type, given.expires_at, given.lot}] =
      Lot{.amount = given.amount - given.covered_arrears};
  return true;
}

// Of events on programs: what they rest on is there.
std::string FitsProgram(const Entry& entry, const Event& event, State& state) {
  const auto has_schedule = [&](std::uint32_t number, Timestamp from) {
    const Program* program = state.programs.Find(ProgramKey{entry.program});
    return program != nullptr &&
           std::any_of(program->schedules.begin(), program->schedules.end(),
                       [&](const Activation& s) { return s.number == number && s.from == from; });
  };
  if (const auto* approved = std::get_if<RevisionApproved>(&event)) {
    if (state.revisions.Find(RevisionKey{entry.program, approved->number}) == nullptr)
      return "an approved revision is not there";
  }
  if (const auto* acknowledged = std::get_if<WarningsAcknowledged>(&event)) {
    if (state.revisions.Find(RevisionKey{entry.program, acknowledged->number}) == nullptr)
      return "a revision with warnings is not there";
  }
  if (const auto* activated = std::get_if<RevisionActivated>(&event)) {
    if (activated->scheduled_from && !has_schedule(activated->number, *activated->scheduled_from))
      return "the schedule of an activation is not there";
  }
  if (const auto* cancelled = std::get_if<ScheduleCancelled>(&event)) {
    if (!has_schedule(cancelled->number, cancelled->from)) return "a schedule is not there";
  }
  if (const auto* judged = std::get_if<MembersJudged>(&event)) {
    const Program* program = state.programs.Find(ProgramKey{entry.program});
    const bool is_there = program != nullptr &&
                          std::any_of(program->judgements.begin(), program->judgements.end(),
                                      [&](const Judgement& j) { return j.from == judged->from; });
    if (!is_there) return "a judgement of members is not there";
  }
  return "";
}

// The purchase that an accrual is named by, if it is by one, and its entry.
bool HasAccrual(const Entry& entry, std::uint64_t accrual, const std::optional<ReceiptKey>& receipt,
                State& state) {
  const std::shared_ptr<const Entry> accrued = state.FindEntry(accrual);
  if (accrued == nullptr || !accrued->member || state.RootOf(*accrued->member) != *entry.member) {
    return false;
  }
  if (!receipt) return accrued->FindEvent<ActivityAccrued>() != nullptr;
  const Purchase* purchase = state.purchases.Find(PurchaseKey{entry.program, *receipt});
  return purchase != nullptr && purchase->sequence == accrual &&
         accrued->FindEvent<PurchaseAccrued>() != nullptr;
}

// Of events that make pending points available or take them away. `lots` are those that the entry
// opens or changes.
std::string FitsAccrual(const Entry& entry, const Event& event, State& state,
                        std::map<LotKey, Lot>& lots) {
  if (const auto* settled = std::get_if<AccrualSettled>(&event)) {
    if (!HasAccrual(entry, settled->accrual, settled->receipt, state))
      return "a settled accrual is not there";
  }
  if (const auto* cancelled = std::get_if<AccrualCancelled>(&event)) {
    if (!HasAccrual(entry, cancelled->accrual, cancelled->receipt, state))
      return "a cancelled accrual is not there";
  }
  if (const auto* settled = std::get_if<PointsSettled>(&event)) {
    if (entry.FindEvent<AccrualSettled>() == nullptr || state.FindLot(settled->from) == nullptr)
      return "a settled lot is not there";
    if (!OpensLot(*settled, settled->type, settled->from.member, lots))
      return "settled amounts are out of range";
  }
  if (const auto* activated = std::get_if<LotActivated>(&event)) {
    const Lot* lot = state.lots.Find(activated->lot);
    if (lot == nullptr) return "an activated lot is not there";
    if (activated->covered_arrears < 0 || activated->covered_arrears > activated->amount ||
        activated->amount > lot->amount) {
      return "an activation's amounts are out of range";
    }
    // What covers arrears leaves the lot, before anything moves.
    Lot& left = lots.try_emplace(activated->lot, *lot).first->second;
    left.amount -= activated->covered_arrears;
    if (left.amount < 0) return "an activation's amounts are out of range";
  }
  return "";
}

// Of lots that go on as others. `lots` are those that the entry opens or changes.
std::string FitsRenewed(const Entry& entry, const LotRenewed& renewed, State& state,
                        std::map<LotKey, Lot>& lots) {
  const Lot* from = state.FindLot(renewed.from);
  if (from == nullptr) return "a renewed lot is not there";
  const bool comes_back = entry.FindEvent<PointsReinstated>() != nullptr;
  if (comes_back == (entry.FindEvent<LotsExtended>() != nullptr)) {
    return "a lot is renewed for no one reason";
  }
  if (renewed.amount <= 0) return "renewed amounts are out of range";
  if (comes_back) {
    const auto it = lots.try_emplace(renewed.from, *from).first;
    it->second.expired -= renewed.amount;
    if (it->second.expired < 0) return "more comes back than had ended";
  }
  if (renewed.award) {
    const Purchase* purchase =
        state.purchases.Find(PurchaseKey{entry.program, renewed.award->receipt});
    if (purchase == nullptr || purchase->sequence != renewed.award->lot.sequence) {
      return "the purchase of a renewed lot is not there";
    }
  }
  if (!OpensLot(renewed, renewed.from.type, renewed.from.member, lots)) {
    return "renewed amounts are out of range";
  }
  return "";
}

// Of events on holds.
std::string FitsHold(const Entry& entry, const Event& event, State& state) {
  const auto find = [&](std::uint64_t hold) {
    const std::optional<HoldKey> key = state.FindHold(HoldKey{*entry.member, hold});
    const Hold* found = key ? state.holds.Find(*key) : nullptr;
    return found != nullptr && found->state == HoldState::kOpen ? found : nullptr;
  };
  if (const auto* placed = std::get_if<HoldPlaced>(&event)) {
    absl::int128 held = 0;
    for (const LotMove& move : entry.lot_moves) {
      if (move.bucket == Bucket::kHeld && move.delta > 0) held += move.delta;
    }
    if (held != placed->amount) return "what a hold holds is not its amount";
  }
  if (const auto* captured = std::get_if<HoldCaptured>(&event)) {
    const Hold* hold = find(captured->hold);
    if (hold == nullptr) return "a captured hold is not open";
    if (captured->amount <= 0 || captured->amount > hold->held())
      return "more is captured than is held";
  }
  if (const auto* ended = std::get_if<HoldEnded>(&event)) {
    if (find(ended->hold) == nullptr) return "a hold that ends is not open";
  }
  return "";
}

// What an entry may tell once: a second one would find gone what it rests on.
template <class... Once>
bool TellsTwice(const Entry& entry) {
  return std::count_if(entry.events.begin(), entry.events.end(), [](const Event& event) {
           return (std::holds_alternative<Once>(event) || ...);
         }) > 1;
}

// Of what comes back and of what counts on a day, in the order in which Apply reads the events.
class FitsReturns {
 public:
  FitsReturns(const Entry& entry, State& state)
      : entry_(entry),
        state_(state),
        is_cancelled_(entry.FindEvent<AccrualCancelled>() != nullptr) {}

  std::string Next(const Event& event) {
    if (std::holds_alternative<PurchaseAccrued>(event)) {
      is_coming_back_ = false;
      if (!entry_.effective_on) return "a purchase has no civil day";
    }
    if (const auto* returned = std::get_if<PurchaseReturned>(&event)) {
      is_coming_back_ = true;
      return Fits(*returned);
    }
    if (const auto* taken = std::get_if<PointsTakenBack>(&event)) {
      if (!is_coming_back_ && !is_cancelled_) return "points are taken back without a return";
      if (taken->type_index > kTypesMax) return "a point type that is taken back is out of range";
    }
    if (std::holds_alternative<MetricCounted>(event)) {
      const bool has_day = is_coming_back_ || is_cancelled_ || entry_.effective_on;
      if (!has_day) return "a metric is counted on no civil day";
    }
    return "";
  }

 private:
  std::string Fits(const PurchaseReturned& returned) {
    const std::shared_ptr<const Entry> sale = state_.FindEntry(returned.original_sequence);
    if (sale == nullptr || sale->FindEvent<PurchaseAccrued>() == nullptr)
      return "the returned purchase is not there";
    const Purchase* purchase =
        state_.purchases.Find(PurchaseKey{entry_.program, returned.original});
    if (purchase == nullptr) return "the returned receipt is not there";
    if (purchase->is_return || purchase->sequence != returned.original_sequence)
      return "the returned receipt is not that of the returned purchase";
    const Awaited* awaited = state_.awaited.Find(AwaitedKey{entry_.program, returned.original});
    if (returned.kept != 0 &&
        (awaited == nullptr || std::find(awaited->returns.begin(), awaited->returns.end(),
                                         returned.kept) == awaited->returns.end())) {
      return "a return that was kept is not there";
    }
    return "";
  }

  const Entry& entry_;
  State& state_;
  const bool is_cancelled_;
  bool is_coming_back_ = false;
};

// Of what one person asks for and another decides.
std::string FitsApproval(const Entry& entry, const Event& event, State& state) {
  if (const auto* asked = std::get_if<AdjustmentAsked>(&event)) {
    return asked->amount == 0 ? "an adjustment that is asked for moves nothing" : "";
  }
  const auto* approved = std::get_if<AskedApproved>(&event);
  const auto* declined = std::get_if<AskedDeclined>(&event);
  if (approved == nullptr && declined == nullptr) return "";
  const std::uint64_t asked = approved != nullptr ? approved->asked : declined->asked;
  const Approval* approval = state.approvals.Find(ApprovalKey{entry.program, asked});
  if (approval == nullptr || !approval->is_open_at(entry.recorded_at)) {
    return "what is decided is not open";
  }
  const std::shared_ptr<const Entry> asking = state.FindEntry(asked);
  if (asking == nullptr || asking->principal == entry.principal) {
    return "what is decided was asked by the same person";
  }
  return "";
}

// Of events about two members, and of their accounts and lots.
std::string FitsMembers(const Entry& entry, State& state) {
  const bool is_merge = entry.FindEvent<MembersMerged>() != nullptr;
  const auto* unmerged = entry.FindEvent<MembersUnmerged>();
  const bool is_of_two =
      is_merge || unmerged != nullptr || entry.FindEvent<IdentityMoved>() != nullptr ||
      entry.FindEvent<PointsTransferred>() != nullptr || entry.FindEvent<PiecePassed>() != nullptr;
  if (is_of_two && !entry.other) {
    return "an event of two members names one";
  }
  for (const Posting& posting : entry.postings) {
    if (posting.member && (posting.member != entry.other || !IsMemberAccount(posting.account))) {
      return "a posting names a member that is not of the entry";
    }
  }
  if (!entry.other) return "";
  if (!entry.member) return "an entry of two members names one";
  if (TellsTwice<MembersMerged, MembersUnmerged>(entry)) return "two merges are in one entry";
  if (entry.other == entry.member) return "an entry of two members names one twice";
  const Member* member = state.members.Find(MemberKey{*entry.member});
  const Member* other = state.members.Find(MemberKey{*entry.other});
  if (member == nullptr || other == nullptr) return "one of two members is not there";
  if (is_merge && (other->merged_into || member->merged_into)) {
    return "a member that was merged before is merged";
  }
  if (unmerged != nullptr &&
      (member->merged.empty() || member->merged.back().member != *entry.other ||
       member->merged.back().sequence != unmerged->merge)) {
    return "a merge that is undone is not the latest";
  }
  return "";
}

}  // namespace

std::string Fits(const Entry& entry, State& state) {
  if (!PostingsBalance(entry)) return "postings do not sum to zero";
  if (!entry.postings.empty() && !entry.effective_on) return "postings have no civil day";
  const bool touches_member =
      !entry.lot_moves.empty() ||
      std::any_of(entry.postings.begin(), entry.postings.end(),
                  [](const Posting& p) { return IsMemberAccount(p.account); });
  if (touches_member && !entry.member) return "a member's account moves without a member";
  const std::string mismatch = FitsMembers(entry, state);
  if (!mismatch.empty()) return mismatch;
  if (TellsTwice<MembersJudged>(entry)) return "two judgements of members are in one entry";
  FitsReturns returns(entry, state);
  std::map<LotKey, Lot> lots;
  for (const Event& event : entry.events) {
    if (!IsOfProgram(event) && !entry.member) return "an event of a member names no member";
    const std::string misfit = FitsProgram(entry, event, state);
    if (!misfit.empty()) return misfit;
    if (const auto* award = std::get_if<PointsAwarded>(&event)) {
      if (!entry.effective_on) return "an award has no civil day";
      if (award->type_index > kTypesMax) return "an award's point type is out of range";
      if (!OpensLot(*award, award->type, *entry.member, lots))
        return "an award's amounts are out of range";
    }
    if (const auto* adjusted = std::get_if<PointsAdjusted>(&event)) {
      if (adjusted->amount == 0) return "an adjustment moves nothing";
      if (adjusted->amount > 0 && !OpensLot(*adjusted, adjusted->type, *entry.member, lots)) {
        return "an adjustment's amounts are out of range";
      }
    }
    if (const auto* imported = std::get_if<PointsImported>(&event)) {
      if (imported->type_index > kTypesMax) return "an imported point type is out of range";
      if (!OpensLot(*imported, imported->type, *entry.member, lots))
        return "imported amounts are out of range";
    }
    const std::string unreturned = returns.Next(event);
    if (!unreturned.empty()) return unreturned;
    if (std::holds_alternative<ReturnUnmatched>(event) &&
        state.programs.Find(ProgramKey{entry.program}) == nullptr) {
      return "the program of a return is not there";
    }
    if (const auto* spent = std::get_if<PointsRedeemed>(&event)) {
      if (spent->first_move > entry.lot_moves.size()) return "a redemption's moves are not there";
    }
    if (const auto* claimed = std::get_if<ReceiptClaimed>(&event)) {
      const auto* sale = entry.FindEvent<PurchaseAccrued>();
      const Unclaimed* kept =
          sale == nullptr ? nullptr
                          : state.unclaimed.Find(UnclaimedKey{entry.program, sale->receipt});
      if (kept == nullptr || kept->sequence != claimed->kept)
        return "a claimed receipt is not kept";
    }
    if (const auto* enrolled = std::get_if<EnrolledForPurchase>(&event)) {
      const std::shared_ptr<const Entry> enrolment = state.FindEntry(enrolled->enrolment);
      if (enrolment == nullptr || enrolment->kind != EntryKind::kMemberEnrolled ||
          enrolment->member != entry.member) {
        return "the enrolment of a purchase's member is not there";
      }
    }
    if (const auto* passed = std::get_if<PiecePassed>(&event)) {
      if (state.FindLot(passed->from) == nullptr) return "a lot that was given from is not there";
      if (!OpensLot(*passed, passed->from.type, *entry.other, lots)) {
        return "transferred amounts are out of range";
      }
    }
    if (const auto* restored = std::get_if<PointsRestored>(&event)) {
      if (state.FindLot(restored->from) == nullptr) return "a lot that was spent is not there";
      if (!OpensLot(*restored, restored->type, *entry.member, lots))
        return "restored amounts are out of range";
    }
    if (const auto* renewed = std::get_if<LotRenewed>(&event)) {
      const std::string wrong = FitsRenewed(entry, *renewed, state, lots);
      if (!wrong.empty()) return wrong;
    }
    const std::string unfit = FitsAccrual(entry, event, state, lots);
    if (!unfit.empty()) return unfit;
    const std::string undecided = FitsApproval(entry, event, state);
    if (!undecided.empty()) return undecided;
    const std::string unheld = FitsHold(entry, event, state);
    if (!unheld.empty()) return unheld;
    if (const auto* expired = std::get_if<LotExpired>(&event)) {
      if (lots.count(expired->lot) == 0 && state.lots.Find(expired->lot) == nullptr &&
          state.closed_lots.Find(ClosedLotKey{expired->lot}) == nullptr) {
        return "an expired lot is not there";
      }
    }
    if (const auto* reversed = std::get_if<RedemptionReversed>(&event)) {
      const Redemption* redemption = state.redemptions.Find(RedemptionKey{reversed->redemption});
      if (redemption == nullptr) return "a reversed redemption is not there";
      if (reversed->amount > redemption->amount - redemption->reversed)
        return "more is reversed than was redeemed";
    }
  }
  for (const LotMove& move : entry.lot_moves) {
    auto [it, is_new] = lots.try_emplace(move.lot);
    if (is_new) {
      const Lot* known = state.FindLot(move.lot);
      if (known == nullptr) return absl::StrCat("lot ", ToString(move.lot.id), " is not there");
      it->second = *known;
    }
    std::int64_t& bucket = BucketOf(it->second, move.bucket);
    const bool is_over = __builtin_add_overflow(bucket, move.delta, &bucket);
    const Lot& lot = it->second;
    if (is_over || bucket < 0 ||
        absl::int128(lot.pending) + lot.available + lot.held > lot.amount) {
      return absl::StrCat("lot ", ToString(move.lot.id), " would leave the range 0 to ",
                          it->second.amount);
    }
  }
  return "";
}

namespace {

// Open holds hold what is held, lot by lot in sum.
std::string CheckHeld(MemberId id, const Balance& balance, State& state) {
  std::map<LotKey, std::int64_t> held;
  state.ForHoldLapses(id, [&](const HoldLapseKey& key) {
    const Hold* hold = state.holds.Find(HoldKey{key.member, key.sequence});
    if (hold == nullptr || hold->type != balance.type) return true;
    for (const HeldPart& part : hold->parts) {
      held[LotKey{part.home.value_or(key.member), hold->type, part.expires_at, part.lot}] +=
          part.amount;
    }
    return true;
  });
  std::int64_t sum = 0;
  for (const auto& [key, amount] : held) {
    sum += amount;
    const Lot* lot = state.lots.Find(key);
    if (lot == nullptr || lot->held != amount)
      return absl::StrCat("lot ", ToString(key.id), " does not hold what its holds say");
  }
  return sum == balance.held ? "" : absl::StrCat(balance.type.str(), ": held by no hold");
}

// The index of what the clock makes available has each lot that it should, and no other.
std::string CheckPending(MemberId id, const Member& member, State& state) {
  std::size_t expected = 0;
  for (const Balance& balance : member.balances) {
    state.ForLots(id, balance.type, [&](const LotKey&, const Lot& lot) {
      if (lot.pending > 0 && !lot.activates_at.is_never()) ++expected;
      return true;
    });
  }
  std::size_t found = 0;
  state.ForPendingLots(id, [&](const PendingLotKey& key) {
    const Lot* lot = state.lots.Find(key.lot);
    const bool is_right =
        lot != nullptr && lot->pending > 0 && lot->activates_at == key.activates_at;
    if (is_right) ++found;
    return true;
  });
  return found == expected ? "" : "pending lots are not those of their index";
}

}  // namespace

std::string CheckMember(MemberId id, State& state) {
  const Member* member = state.members.Find(MemberKey{id});
  if (member == nullptr) return "";
  if (member->merged_into) {
    for (const Balance& balance : member->balances) {
      if (balance.available != 0 || balance.pending != 0 || balance.held != 0)
        return absl::StrCat(balance.type.str(), ": a merged member still has points");
    }
    return "";
  }
  for (const Balance& balance : member->balances) {
    std::int64_t pending = 0;
    std::int64_t available = 0;
    std::int64_t held = 0;
    std::int64_t idle = 0;
    std::string wrong;
    state.ForLots(id, balance.type, [&](const LotKey& key, const Lot& lot) {
      idle += lot.is_idle ? lot.available : 0;
      if (lot.pending < 0 || lot.available < 0 || lot.held < 0 || !lot.is_open() ||
          lot.pending + lot.available + lot.held > lot.amount) {
        wrong = absl::StrCat("lot ", ToString(key.id), " is out of range");
      }
      pending += lot.pending;
      available += lot.available;
      held += lot.held;
      return true;
    });
    if (!wrong.empty()) return wrong;
    const std::int64_t arrears = balance.available < 0 ? -balance.available : 0;
    if (pending != balance.pending || held != balance.held ||
        available - arrears != balance.available) {
      return absl::StrCat("balance of ", balance.type.str(), " is ", balance.available, "/",
                          balance.pending, "/", balance.held, ", its open lots hold ", available,
                          "/", pending, "/", held);
    }
    const IdleEnd* idle_end = member->FindIdleEnd(balance.type);
    if (idle != (idle_end == nullptr ? 0 : idle_end->available)) {
      return absl::StrCat(balance.type.str(), ": lots that an idle member loses hold ", idle);
    }
    if (arrears > 0 && available > 0)
      return absl::StrCat(balance.type.str(), ": arrears beside an available lot");
    const std::string misheld = CheckHeld(id, balance, state);
    if (!misheld.empty()) return misheld;
  }
  return CheckPending(id, *member, state);
}

}  // namespace laurel
