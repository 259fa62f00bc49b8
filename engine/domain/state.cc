#include "engine/domain/state.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace laurel {

const TierFloor* MemberTier::FindFloor(TierFloorKind kind) const {
  const auto found = std::find_if(floors.begin(), floors.end(),
                                  [&](const TierFloor& floor) { return floor.kind == kind; });
  return found == floors.end() ? nullptr : &*found;
}

Timestamp MemberTier::due_at() const {
  Timestamp due = review_at.is_never() ? review_at : std::max(review_at, review_not_before);
  // What another program gave is judged where it ends.
  if (const TierFloor* match = FindFloor(TierFloorKind::kMatch)) due = std::min(due, match->until);
  return due;
}

Timestamp Member::due_at() const {
  // What was merged is due with whoever has taken over.
  return merged_into ? Timestamp::Never() : std::min(points_due_at(), tier.due_at());
}

Timestamp Member::points_due_at() const {
  if (merged_into) return Timestamp::Never();
  Timestamp due = lots_due_at;
  for (const IdleEnd& idle : idle_ends) {
    if (idle.available > 0) due = std::min(due, idle.ends_at);
  }
  return due;
}

const IdleEnd* Member::FindIdleEnd(const PointTypeId& type) const {
  for (const IdleEnd& idle : idle_ends) {
    if (idle.type == type) return &idle;
  }
  return nullptr;
}

IdleEnd& Member::MutableIdleEnd(const PointTypeId& type) {
  for (IdleEnd& idle : idle_ends) {
    if (idle.type == type) return idle;
  }
  return idle_ends.emplace_back(IdleEnd{.type = type, .acted_on = {}, .ends_at = {}});
}

const Balance* Member::FindBalance(const PointTypeId& type) const {
  for (const Balance& balance : balances) {
    if (balance.type == type) return &balance;
  }
  return nullptr;
}

Balance& Member::MutableBalance(const PointTypeId& type) {
  for (Balance& balance : balances) {
    if (balance.type == type) return balance;
  }
  balances.push_back(Balance{.type = type});
  return balances.back();
}

RequestKey RequestKey::Of(const ProgramId& program, const RequestId& request) {
  const Hash hash = Sha256(program.str(), absl::string_view("\0", 1), request.str());
  RequestKey key;
  std::copy_n(hash.begin(), key.hash.size(), key.hash.begin());
  return key;
}

ActivityKey ActivityKey::Of(const ProgramId& program, absl::string_view type,
                            absl::string_view reference) {
  const absl::string_view zero("\0", 1);
  const Hash hash = Sha256(absl::StrCat(program.str(), zero, type, zero, reference));
  ActivityKey key;
  std::copy_n(hash.begin(), key.hash.size(), key.hash.begin());
  return key;
}

void MonthValues::Count(std::int32_t day, const MetricCounted& counted, std::size_t values_max) {
  const auto is_before = [](const ValueCount& a, const ValueCount& b) {
    return a.day != b.day ? a.day < b.day : a.value < b.value;
  };
  const ValueCount added{.day = day, .value = counted.value, .count = counted.delta};
  auto place = std::lower_bound(values.begin(), values.end(), added, is_before);
  if (place != values.end() && place->day == day && place->value == counted.value) {
    place->count += counted.delta;
    if (place->count <= 0) values.erase(place);
    return;
  }
  if (counted.delta <= 0) return;  // it was forgotten
  if (values.size() >= values_max) {
    if (counted.counting != MetricCounting::kLargest) return;
    const auto smallest = std::min_element(
        values.begin(), values.end(),
        [](const ValueCount& a, const ValueCount& b) { return a.value < b.value; });
    if (smallest->value >= counted.value) return;
    values.erase(smallest);
    place = std::lower_bound(values.begin(), values.end(), added, is_before);
  }
  values.insert(place, added);
}

std::int64_t MonthValues::LargestOn(std::int32_t day) const {
  std::int64_t largest = 0;
  for (const ValueCount& value : values) {
    if (value.day == day) largest = std::max(largest, value.value);
  }
  return largest;
}

std::int64_t MonthValues::Largest() const {
  std::int64_t largest = 0;
  for (const ValueCount& value : values) largest = std::max(largest, value.value);
  return largest;
}

namespace {
template <class Key, class Record>
const Table<Key, Record>* Parent(const State* state, Table<Key, Record> State::*table) {
  return state == nullptr ? nullptr : &(state->*table);
}
}  // namespace

State::State(const State* parent, StateSource* source)
    : members(Parent(parent, &State::members), source),
      enrolments(Parent(parent, &State::enrolments), source),
      identities(Parent(parent, &State::identities), source),
      months(Parent(parent, &State::months), source),
      month_values(Parent(parent, &State::month_values), source),
      lots(Parent(parent, &State::lots), source),
      closed_lots(Parent(parent, &State::closed_lots), source),
      pending_lots(Parent(parent, &State::pending_lots), source),
      holds(Parent(parent, &State::holds), source),
      hold_lapses(Parent(parent, &State::hold_lapses), source),
      purchases(Parent(parent, &State::purchases), source),
      spendings(Parent(parent, &State::spendings), source),
      redemptions(Parent(parent, &State::redemptions), source),
      requests(Parent(parent, &State::requests), source),
      totals(Parent(parent, &State::totals), source),
      programs(Parent(parent, &State::programs), source),
      revisions(Parent(parent, &State::revisions), source),
      due(Parent(parent, &State::due), source),
      programs_due(Parent(parent, &State::programs_due), source),
      member_entries(Parent(parent, &State::member_entries), source),
      tier_changes(Parent(parent, &State::tier_changes), source),
      counters(Parent(parent, &State::counters), source),
      activities(Parent(parent, &State::activities), source),
      unclaimed(Parent(parent, &State::unclaimed), source),
      awaited(Parent(parent, &State::awaited), source),
      terminals(Parent(parent, &State::terminals), source),
      approvals(Parent(parent, &State::approvals), source),
      parent_(parent),
      source_(source) {}

State::State(InThought in_thought, State& below)
    : members(in_thought, below.members),
      enrolments(in_thought, below.enrolments),
      identities(in_thought, below.identities),
      months(in_thought, below.months),
      month_values(in_thought, below.month_values),
      lots(in_thought, below.lots),
      closed_lots(in_thought, below.closed_lots),
      pending_lots(in_thought, below.pending_lots),
      holds(in_thought, below.holds),
      hold_lapses(in_thought, below.hold_lapses),
      purchases(in_thought, below.purchases),
      spendings(in_thought, below.spendings),
      redemptions(in_thought, below.redemptions),
      requests(in_thought, below.requests),
      totals(in_thought, below.totals),
      programs(in_thought, below.programs),
      revisions(in_thought, below.revisions),
      due(in_thought, below.due),
      programs_due(in_thought, below.programs_due),
      member_entries(in_thought, below.member_entries),
      tier_changes(in_thought, below.tier_changes),
      counters(in_thought, below.counters),
      activities(in_thought, below.activities),
      unclaimed(in_thought, below.unclaimed),
      awaited(in_thought, below.awaited),
      terminals(in_thought, below.terminals),
      approvals(in_thought, below.approvals),
      parent_(nullptr),
      source_(nullptr),
      below_(&below) {}

void Terminal::Take(std::int64_t number) {
  const auto after = std::find_if(seen.begin(), seen.end(),
                                  [&](const NumberRange& r) { return r.last >= number; });
  if (after != seen.end() && after->first <= number) return;
  const bool joins_after = after != seen.end() && after->first == number + 1;
  const bool joins_before = after != seen.begin() && std::prev(after)->last == number - 1;
  if (joins_before && joins_after) {
    std::prev(after)->last = after->last;
    seen.erase(after);
  } else if (joins_before) {
    std::prev(after)->last = number;
  } else if (joins_after) {
    after->first = number;
  } else {
    seen.insert(after, NumberRange{number, number});
  }
  if (seen.size() <= kRangesMax) return;
  given_up += seen[1].first - seen[0].last - 1;
  seen[1].first = seen[0].first;
  seen.erase(seen.begin());
}

void Terminal::Observe(std::int64_t skew_micros, Timestamp at) {
  skew_min = online_calls == 0 ? skew_micros : std::min(skew_min, skew_micros);
  skew_max = online_calls == 0 ? skew_micros : std::max(skew_max, skew_micros);
  skew = skew_micros;
  skew_at = at;
  ++online_calls;
}

std::vector<HeldPart> Hold::Take(std::int64_t points) {
  std::vector<HeldPart> taken;
  for (HeldPart& part : parts) {
    if (points == 0) break;
    HeldPart& first = taken.emplace_back(part);
    first.amount = std::min(points, part.amount);
    part.amount -= first.amount;
    points -= first.amount;
  }
  std::erase_if(parts, [](const HeldPart& part) { return part.amount == 0; });
  return taken;
}

std::shared_ptr<const Entry> State::FindEntry(std::uint64_t sequence) {
  const auto own = entries_.find(sequence);
  if (own != entries_.end()) return own->second;
  if (below_ != nullptr) return below_->FindEntry(sequence);
  if (parent_ != nullptr) {
    const auto inherited = parent_->entries_.find(sequence);
    if (inherited != parent_->entries_.end()) return inherited->second;
  }
  return source_ == nullptr ? nullptr : source_->LoadEntry(sequence);
}

void State::AddEntry(std::shared_ptr<const Entry> entry) {
  const std::uint64_t sequence = entry->sequence;
  entries_.emplace(sequence, std::move(entry));
}

namespace {

// Walks over the records of a range in the order of their keys, changes on top of the source's
// rows.
//   is_inside(key)        whether a key from `first` on is still in the range
//   scan(after, limit)    rows of the source: pairs of key and record
// What a table holds must not go away meanwhile.
template <class Key, class Record, class Scan>
class Cursor {
 public:
  template <class IsInside>
  Cursor(const Table<Key, Record>& table, const Key& first, IsInside is_inside, Scan scan)
      : scan_(std::move(scan)) {
    const auto collect = [&](const Table<Key, Record>& from) {
      for (auto it = from.slots().lower_bound(first); it != from.slots().end(); ++it) {
        if (!is_inside(it->first)) break;
        if (!it->second.is_changed) continue;
        changed_[it->first] = it->second.value ? &*it->second.value : nullptr;
      }
    };
    if (table.parent() != nullptr) collect(*table.parent());
    collect(table);
    next_changed_ = changed_.begin();
  }
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  // To the next record, the first one to begin with; false where there is none.
  bool Next() {
    while (true) {
      if (row_ == rows_.size() && !is_exhausted_) Fetch();
      const bool has_row = row_ < rows_.size();
      const bool has_change = next_changed_ != changed_.end();
      if (!has_row && !has_change) return false;
      if (!has_change || (has_row && rows_[row_].first < next_changed_->first)) {
        key_ = &rows_[row_].first;
        record_ = &rows_[row_].second;
        ++row_;
        return true;
      }
      if (has_row && rows_[row_].first == next_changed_->first) ++row_;
      const auto& [key, record] = *next_changed_++;
      if (record == nullptr) continue;
      key_ = &key;
      record_ = record;
      return true;
    }
  }
  // Of where it stands; valid until Next().
  const Key& key() const { return *key_; }
  const Record& record() const { return *record_; }

 private:
  void Fetch() {
    constexpr std::size_t kChunk = 16;  // most spending touches a few lots
    std::optional<Key> after;
    if (!rows_.empty()) after = rows_.back().first;
    rows_ = scan_(after, kChunk);
    row_ = 0;
    is_exhausted_ = rows_.size() < kChunk;
  }

  Scan scan_;
  std::map<Key, const Record*> changed_;  // null: no longer there; the own ones hide the parent's
  typename std::map<Key, const Record*>::const_iterator next_changed_;
  std::vector<std::pair<Key, Record>> rows_;
  std::size_t row_ = 0;
  bool is_exhausted_ = false;
  const Key* key_ = nullptr;
  const Record* record_ = nullptr;
};

// Visits what several cursors walk over, in one order, until `visit` returns false.
//   make(member)    a cursor, by unique_ptr
//   before(a, b)    whether a key comes before another one, of whichever cursor
template <class Make, class Before, class Visit>
void ForGroup(const std::vector<MemberId>& group, Make make, Before before, Visit visit) {
  std::vector<decltype(make(group.front()))> cursors;
  for (const MemberId member : group) {
    auto cursor = make(member);
    if (cursor->Next()) cursors.push_back(std::move(cursor));
  }
  while (!cursors.empty()) {
    const auto first =
        std::min_element(cursors.begin(), cursors.end(),
                         [&](const auto& a, const auto& b) { return before(a->key(), b->key()); });
    if (!visit((*first)->key(), (*first)->record())) return;
    if (!(*first)->Next()) cursors.erase(first);
  }
}

// The same in thought: own changes on top of what `below(visit)` visits, in the order of `before`.
//   first(member)             where the range of a member begins
//   is_inside(member, key)    whether a key from there on is still in it
template <class Key, class Record, class First, class IsInside, class Before, class Below,
          class Visit>
void ForGroupInThought(const Table<Key, Record>& table, const std::vector<MemberId>& group,
                       First first, IsInside is_inside, Before before, Below below, Visit visit) {
  std::vector<std::pair<Key, const Record*>> changed;  // null: no longer there
  for (const MemberId member : group) {
    for (auto it = table.slots().lower_bound(first(member)); it != table.slots().end(); ++it) {
      if (!is_inside(member, it->first)) break;
      if (!it->second.is_changed) continue;
      changed.emplace_back(it->first, it->second.value ? &*it->second.value : nullptr);
    }
  }
  std::sort(changed.begin(), changed.end(),
            [&](const auto& a, const auto& b) { return before(a.first, b.first); });
  auto next = changed.begin();
  bool goes_on = true;
  const auto visit_next = [&] {
    const auto at = next++;
    return goes_on = at->second == nullptr || visit(at->first, *at->second);
  };
  below([&](const Key& key, const Record& record) {
    while (goes_on && next != changed.end() && before(next->first, key)) visit_next();
    if (!goes_on) return false;
    if (next != changed.end() && !before(key, next->first)) return visit_next();
    return goes_on = visit(key, record);
  });
  while (goes_on && next != changed.end()) visit_next();
}

// Rows that only say that they are there.
template <class Key>
std::vector<std::pair<Key, Marker>> Marked(const std::vector<Key>& keys) {
  std::vector<std::pair<Key, Marker>> rows;
  rows.reserve(keys.size());
  for (const Key& key : keys) rows.emplace_back(key, Marker{});
  return rows;
}

}  // namespace

void State::ForLots(MemberId member, const PointTypeId& type,
                    absl::FunctionRef<bool(const LotKey&, const Lot&)> visit) {
  ForLots(GroupOf(member), type, visit);
}

void State::ForLots(const std::vector<MemberId>& group, const PointTypeId& type,
                    absl::FunctionRef<bool(const LotKey&, const Lot&)> visit,
                    const std::optional<Timestamp>& after) {
  const auto first_of = [&](MemberId member) {
    return after ? LotKey{member, type, *after, LotId{UINT64_MAX, UINT32_MAX}}
                 : LotKey{member, type, Timestamp::FromMicros(INT64_MIN), LotId{}};
  };
  if (below_ != nullptr) {
    return ForGroupInThought(
        lots, group, first_of,
        [&](MemberId member, const LotKey& key) {
          return key.member == member && key.type == type;
        },
        SpendsBefore,
        [&](absl::FunctionRef<bool(const LotKey&, const Lot&)> one) {
          below_->ForLots(group, type, one, after);
        },
        visit);
  }
  const auto cursor_of = [&](MemberId member) {
    const auto is_inside = [&, member](const LotKey& key) {
      return key.member == member && key.type == type;
    };
    const std::optional<LotKey> before = after ? std::optional(first_of(member)) : std::nullopt;
    auto scan = [this, member, &type, before](const std::optional<LotKey>& last,
                                              std::size_t limit) {
      return source_ == nullptr ? std::vector<std::pair<LotKey, Lot>>()
                                : source_->ScanLots(member, type, last ? last : before, limit);
    };
    return std::make_unique<Cursor<LotKey, Lot, decltype(scan)>>(lots, first_of(member), is_inside,
                                                                 std::move(scan));
  };
  ForGroup(group, cursor_of, SpendsBefore, visit);
}

Timestamp State::EndOf(const LotKey& key, const Lot& lot) {
  if (!lot.is_idle) return key.expires_at;
  return std::min(key.expires_at, IdleEndOf({key.member}, key.type));
}

Timestamp State::IdleEndOf(const std::vector<MemberId>& group, const PointTypeId& type) {
  std::optional<Timestamp> latest;
  for (const MemberId id : group) {
    const Member* member = members.Find(MemberKey{RootOf(id)});
    const IdleEnd* idle = member == nullptr ? nullptr : member->FindIdleEnd(type);
    if (idle != nullptr) latest = latest ? std::max(*latest, idle->ends_at) : idle->ends_at;
  }
  return latest.value_or(Timestamp::Never());
}

void State::ForLotsToSpend(MemberId member, const PointTypeId& type,
                           absl::FunctionRef<bool(const LotKey&, const Lot&, Timestamp)> visit) {
  ForLotsToSpend(GroupOf(member), type, visit);
}

void State::ForLotsToSpend(const std::vector<MemberId>& group, const PointTypeId& type,
                           absl::FunctionRef<bool(const LotKey&, const Lot&, Timestamp)> visit) {
  const Timestamp end = IdleEndOf(group, type);
  // Up to that end it makes no difference which lots end with it.
  bool goes_on = true;
  ForLots(group, type, [&](const LotKey& key, const Lot& lot) {
    if (key.expires_at > end) return false;
    goes_on = visit(key, lot, key.expires_at);
    return goes_on;
  });
  if (end.is_never()) return;
  for (const bool is_idle : {true, false}) {
    if (!goes_on) return;
    ForLots(
        group, type,
        [&](const LotKey& key, const Lot& lot) {
          if (lot.is_idle != is_idle) return true;
          goes_on = visit(key, lot, is_idle ? end : key.expires_at);
          return goes_on;
        },
        end);
  }
}

void State::ForPendingLots(MemberId member, absl::FunctionRef<bool(const PendingLotKey&)> visit) {
  ForPendingLots(GroupOf(member), visit);
}

void State::ForPendingLots(const std::vector<MemberId>& group,
                           absl::FunctionRef<bool(const PendingLotKey&)> visit) {
  const auto before = [](const PendingLotKey& a, const PendingLotKey& b) {
    if (a.activates_at != b.activates_at) return a.activates_at < b.activates_at;
    if (a.lot.type != b.lot.type) return a.lot.type < b.lot.type;
    return SpendsBefore(a.lot, b.lot);
  };
  if (below_ != nullptr) {
    return ForGroupInThought(
        pending_lots, group,
        [](MemberId member) {
          return PendingLotKey{member, Timestamp::FromMicros(INT64_MIN), LotKey{}};
        },
        [](MemberId member, const PendingLotKey& key) { return key.member == member; }, before,
        [&](absl::FunctionRef<bool(const PendingLotKey&, const Marker&)> one) {
          below_->ForPendingLots(group,
                                 [&](const PendingLotKey& key) { return one(key, Marker{}); });
        },
        [&](const PendingLotKey& key, const Marker&) { return visit(key); });
  }
  const auto cursor_of = [&](MemberId member) {
    auto scan = [this, member](const std::optional<PendingLotKey>& after, std::size_t limit) {
      return source_ == nullptr ? std::vector<std::pair<PendingLotKey, Marker>>()
                                : Marked(source_->ScanPendingLots(member, after, limit));
    };
    return std::make_unique<Cursor<PendingLotKey, Marker, decltype(scan)>>(
        pending_lots, PendingLotKey{member, Timestamp::FromMicros(INT64_MIN), LotKey{}},
        [member](const PendingLotKey& key) { return key.member == member; }, std::move(scan));
  };
  ForGroup(group, cursor_of, before,
           [&](const PendingLotKey& key, const Marker&) { return visit(key); });
}

void State::ForHoldLapses(MemberId member, absl::FunctionRef<bool(const HoldLapseKey&)> visit) {
  ForHoldLapses(GroupOf(member), visit);
}

void State::ForHoldLapses(const std::vector<MemberId>& group,
                          absl::FunctionRef<bool(const HoldLapseKey&)> visit) {
  const auto before = [](const HoldLapseKey& a, const HoldLapseKey& b) {
    return std::tie(a.lapses_at, a.sequence) < std::tie(b.lapses_at, b.sequence);
  };
  if (below_ != nullptr) {
    return ForGroupInThought(
        hold_lapses, group,
        [](MemberId member) {
          return HoldLapseKey{member, Timestamp::FromMicros(INT64_MIN), 0};
        },
        [](MemberId member, const HoldLapseKey& key) { return key.member == member; }, before,
        [&](absl::FunctionRef<bool(const HoldLapseKey&, const Marker&)> one) {
          below_->ForHoldLapses(group, [&](const HoldLapseKey& key) { return one(key, Marker{}); });
        },
        [&](const HoldLapseKey& key, const Marker&) { return visit(key); });
  }
  const auto cursor_of = [&](MemberId member) {
    auto scan = [this, member](const std::optional<HoldLapseKey>& after, std::size_t limit) {
      return source_ == nullptr ? std::vector<std::pair<HoldLapseKey, Marker>>()
                                : Marked(source_->ScanHoldLapses(member, after, limit));
    };
    return std::make_unique<Cursor<HoldLapseKey, Marker, decltype(scan)>>(
        hold_lapses, HoldLapseKey{member, Timestamp::FromMicros(INT64_MIN), 0},
        [member](const HoldLapseKey& key) { return key.member == member; }, std::move(scan));
  };
  ForGroup(group, cursor_of, before,
           [&](const HoldLapseKey& key, const Marker&) { return visit(key); });
}

MemberId State::RootOf(MemberId member) {
  const Member* record = members.Find(MemberKey{member});
  while (record != nullptr && record->merged_into) {
    member = *record->merged_into;
    record = members.Find(MemberKey{member});
  }
  return member;
}

std::vector<MemberId> State::GroupOf(MemberId member) {
  std::vector<MemberId> group{member};
  for (std::size_t i = 0; i < group.size(); ++i) {  // grows while it is read
    const Member* record = members.Find(MemberKey{group[i]});
    if (record == nullptr) continue;
    for (const MergedMember& merged : record->merged) group.push_back(merged.member);
  }
  return group;
}

std::int64_t State::UsedOf(const CounterKey& key) {
  const auto used = [this](const CounterKey& one) {
    const Counter* counter = counters.Find(one);
    return counter == nullptr ? 0 : counter->used;
  };
  if (!key.member) return used(key);
  std::int64_t sum = 0;
  CounterKey of = key;
  for (const MemberId member : GroupOf(*key.member)) {
    of.member = member;
    sum += used(of);
  }
  return sum;
}

std::optional<HoldKey> State::FindHold(const HoldKey& key) {
  for (const MemberId member : GroupOf(RootOf(key.member))) {
    const HoldKey found{member, key.sequence};
    if (holds.Find(found) != nullptr) return found;
  }
  return std::nullopt;
}

const Lot* State::FindLot(const LotKey& key) {
  if (const Lot* open = lots.Find(key)) return open;
  return closed_lots.Find(ClosedLotKey{key});
}

std::vector<TierChangeMark> State::TierChangesOf(MemberId member) {
  if (below_ != nullptr) {
    std::vector<TierChangeMark> marks = below_->TierChangesOf(member);
    for (const auto& [key, slot] : tier_changes.slots()) {  // later than all that lies below
      if (key.member == member && slot.value) marks.push_back(*slot.value);
    }
    return marks;
  }
  std::map<std::uint64_t, TierChangeMark> changes;
  if (source_ != nullptr) {
    for (auto& [key, mark] : source_->ScanTierChanges(member)) {
      changes.emplace(key.sequence, std::move(mark));
    }
  }
  const auto collect = [&](const Table<TierChangeKey, TierChangeMark>& table) {
    for (auto it = table.slots().lower_bound(TierChangeKey{member, 0});
         it != table.slots().end() && it->first.member == member; ++it) {
      if (it->second.is_changed && it->second.value) {
        changes.insert_or_assign(it->first.sequence, *it->second.value);
      }
    }
  };
  if (tier_changes.parent() != nullptr) collect(*tier_changes.parent());
  collect(tier_changes);
  std::vector<TierChangeMark> marks;
  for (auto& [sequence, mark] : changes) marks.push_back(std::move(mark));
  return marks;
}

std::optional<MemberId> State::Resolve(const ProgramId& program, const MemberRef& ref) {
  if (const auto* hash = std::get_if<IdentityHash>(&ref)) {
    const Identity* identity = identities.Find(IdentityKey{program, *hash});
    if (identity == nullptr) return std::nullopt;
    return Resolve(program, identity->member);
  }
  const MemberId id = RootOf(std::get<MemberId>(ref));
  const Member* member = members.Find(MemberKey{id});
  if (member == nullptr || member->program != program) return std::nullopt;
  return id;
}

}  // namespace laurel
