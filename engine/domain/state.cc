#include "engine/domain/state.h"

#include <algorithm>

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

Timestamp Member::due_at() const { return std::min(points_due_at(), tier.due_at()); }

Timestamp Member::points_due_at() const {
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
      parent_(parent),
      source_(source) {}

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

// Visits the records of a range in the order of their keys, changes on top of the source's rows,
// until `visit` returns false.
//   is_inside(key)        whether a key from `first` on is still in the range
//   scan(after, limit)    rows of the source: pairs of key and record
template <class Key, class Record, class IsInside, class Scan, class Visit>
void ForRange(const Table<Key, Record>& table, const Key& first, IsInside is_inside, Scan scan,
              Visit visit) {
  std::map<Key, const Record*> changed;  // null: no longer there; the own ones hide the parent's
  const auto collect = [&](const Table<Key, Record>& from) {
    for (auto it = from.slots().lower_bound(first); it != from.slots().end(); ++it) {
      if (!is_inside(it->first)) break;
      if (!it->second.is_changed) continue;
      changed[it->first] = it->second.value ? &*it->second.value : nullptr;
    }
  };
  if (table.parent() != nullptr) collect(*table.parent());
  collect(table);

  constexpr std::size_t kChunk = 16;  // most spending touches a few lots
  std::optional<Key> after;
  auto next_changed = changed.begin();
  while (true) {
    const auto rows = scan(after, kChunk);
    for (const auto& [key, record] : rows) {
      for (; next_changed != changed.end() && next_changed->first < key; ++next_changed) {
        if (next_changed->second != nullptr && !visit(next_changed->first, *next_changed->second))
          return;
      }
      if (next_changed != changed.end() && next_changed->first == key) {
        const Record* replacement = next_changed->second;
        ++next_changed;
        if (replacement != nullptr && !visit(key, *replacement)) return;
      } else if (!visit(key, record)) {
        return;
      }
    }
    if (rows.size() < kChunk) break;
    after = rows.back().first;
  }
  for (; next_changed != changed.end(); ++next_changed) {
    if (next_changed->second != nullptr && !visit(next_changed->first, *next_changed->second))
      return;
  }
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
                    absl::FunctionRef<bool(const LotKey&, const Lot&)> visit,
                    const std::optional<LotKey>& after) {
  ForRange(
      lots, after.value_or(LotKey{member, type, Timestamp::FromMicros(INT64_MIN), LotId{}}),
      [&](const LotKey& key) { return key.member == member && key.type == type; },
      [&](const std::optional<LotKey>& last, std::size_t limit) {
        return source_ == nullptr ? std::vector<std::pair<LotKey, Lot>>()
                                  : source_->ScanLots(member, type, last ? last : after, limit);
      },
      visit);
}

Timestamp State::EndOf(const LotKey& key, const Lot& lot) {
  if (!lot.is_idle) return key.expires_at;
  const Member* member = members.Find(MemberKey{key.member});
  const IdleEnd* idle = member == nullptr ? nullptr : member->FindIdleEnd(key.type);
  return idle == nullptr ? key.expires_at : std::min(key.expires_at, idle->ends_at);
}

void State::ForLotsToSpend(MemberId id, const PointTypeId& type,
                           absl::FunctionRef<bool(const LotKey&, const Lot&, Timestamp)> visit) {
  const Member* member = members.Find(MemberKey{id});
  const IdleEnd* idle = member == nullptr ? nullptr : member->FindIdleEnd(type);
  const Timestamp end = idle == nullptr ? Timestamp::Never() : idle->ends_at;
  // Up to that end it makes no difference which lots end with it.
  bool goes_on = true;
  ForLots(id, type, [&](const LotKey& key, const Lot& lot) {
    if (key.expires_at > end) return false;
    goes_on = visit(key, lot, key.expires_at);
    return goes_on;
  });
  if (end.is_never()) return;
  const LotKey after{id, type, end, LotId{UINT64_MAX, UINT32_MAX}};
  for (const bool is_idle : {true, false}) {
    if (!goes_on) return;
    ForLots(
        id, type,
        [&](const LotKey& key, const Lot& lot) {
          if (lot.is_idle != is_idle) return true;
          goes_on = visit(key, lot, is_idle ? end : key.expires_at);
          return goes_on;
        },
        after);
  }
}

void State::ForPendingLots(MemberId member, absl::FunctionRef<bool(const PendingLotKey&)> visit) {
  ForRange(
      pending_lots, PendingLotKey{member, Timestamp::FromMicros(INT64_MIN), LotKey{}},
      [&](const PendingLotKey& key) { return key.member == member; },
      [&](const std::optional<PendingLotKey>& after, std::size_t limit) {
        return source_ == nullptr ? std::vector<std::pair<PendingLotKey, Marker>>()
                                  : Marked(source_->ScanPendingLots(member, after, limit));
      },
      [&](const PendingLotKey& key, const Marker&) { return visit(key); });
}

void State::ForHoldLapses(MemberId member, absl::FunctionRef<bool(const HoldLapseKey&)> visit) {
  ForRange(
      hold_lapses, HoldLapseKey{member, Timestamp::FromMicros(INT64_MIN), 0},
      [&](const HoldLapseKey& key) { return key.member == member; },
      [&](const std::optional<HoldLapseKey>& after, std::size_t limit) {
        return source_ == nullptr ? std::vector<std::pair<HoldLapseKey, Marker>>()
                                  : Marked(source_->ScanHoldLapses(member, after, limit));
      },
      [&](const HoldLapseKey& key, const Marker&) { return visit(key); });
}

const Lot* State::FindLot(const LotKey& key) {
  if (const Lot* open = lots.Find(key)) return open;
  return closed_lots.Find(ClosedLotKey{key});
}

std::vector<TierChangeMark> State::TierChangesOf(MemberId member) {
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
  const MemberId id = std::get<MemberId>(ref);
  const Member* member = members.Find(MemberKey{id});
  if (member == nullptr || member->program != program) return std::nullopt;
  return id;
}

}  // namespace laurel
