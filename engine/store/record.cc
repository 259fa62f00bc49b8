#include "engine/store/record.h"

#include <algorithm>
#include <tuple>

#include "engine/base/check.h"
#include "engine/journal/entry_scratch.h"
#include "engine/store/key.h"
#include "laurel/storage/v1/storage.pb.h"

namespace laurel {
namespace {

namespace pb = ::laurel::storage::v1;

std::int64_t EncodeInstant(Timestamp t) { return t.is_never() ? 0 : t.micros(); }
Timestamp DecodeInstant(std::int64_t micros) {
  return micros == 0 ? Timestamp::Never() : Timestamp::FromMicros(micros);
}

// Builds a message, lets `fill` fill it and returns its bytes.
template <class Message, class Fill>
std::string Serialised(Fill&& fill) {
  Scratch<Message> scratch;
  Message& message = *scratch;
  fill(message);
  std::string bytes;
  LAUREL_CHECK(message.SerializeToString(&bytes), "a record has no unset required field");
  return bytes;
}

template <class Message, class Read>
bool Parsed(absl::string_view bytes, Read&& read) {
  Scratch<Message> scratch;
  Message& message = *scratch;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && read(message);
}

template <class Points, class Repeated>
void EncodePoints(const Points& points, Repeated* out) {
  for (std::int64_t value : points) out->Add(value);
}

using TrackedSums = google::protobuf::RepeatedPtrField<pb::TrackedSum>;
void EncodeTracked(const std::vector<TrackedSum>& sums, TrackedSums* out) {
  for (const TrackedSum& sum : sums) {
    pb::TrackedSum* t = out->Add();
    t->set_metric(sum.metric);
    t->set_value(sum.value);
    t->set_days(sum.days);
  }
}
std::vector<TrackedSum> DecodeTracked(const TrackedSums& in) {
  std::vector<TrackedSum> sums;
  for (const pb::TrackedSum& t : in) sums.push_back(TrackedSum{t.metric(), t.value(), t.days()});
  return sums;
}

void Encode(const AttributeValue& attribute, pb::AttributeValue* out) {
  out->set_id(attribute.id);
  if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) out->set_number(*number);
  if (const auto* flag = std::get_if<bool>(&attribute.value)) out->set_flag(*flag);
  if (const auto* text = std::get_if<std::string>(&attribute.value)) out->set_text(*text);
  if (const auto* at = std::get_if<Timestamp>(&attribute.value)) out->set_instant(at->micros());
}
bool Decode(const pb::AttributeValue& in, AttributeValue& attribute) {
  attribute.id = in.id();
  switch (in.value_case()) {
    case pb::AttributeValue::kNumber:
      attribute.value = in.number();
      return true;
    case pb::AttributeValue::kFlag:
      attribute.value = in.flag();
      return true;
    case pb::AttributeValue::kText:
      attribute.value = in.text();
      return true;
    case pb::AttributeValue::kInstant:
      attribute.value = Timestamp::FromMicros(in.instant());
      return true;
    case pb::AttributeValue::VALUE_NOT_SET:
      break;
  }
  return false;
}

void SetHash(const Hash& hash, std::string* out) { out->assign(AsBytes(hash).data(), hash.size()); }

bool GetHash(const std::string& bytes, Hash& hash) {
  const std::optional<Hash> read = HashFromBytes(bytes);
  if (read) hash = *read;
  return read.has_value();
}

bool GetMember(std::uint64_t raw, MemberId& member) {
  const std::optional<MemberId> id = MemberId::FromRaw(raw);
  if (id) member = *id;
  return id.has_value();
}

template <class TextId>
bool GetText(const std::string& text, TextId& id) {
  if (!TextId::IsValid(text)) return false;
  id = TextId::Of(text);
  return true;
}

bool GetIdentityHash(const std::string& bytes, IdentityHash& hash) {
  if (bytes.size() != hash.size()) return false;
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return true;
}

std::string Fixed64(std::uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>((value >> shift) & 0xff));
  return bytes;
}

}  // namespace

// ---- members
// -------------------------------------------------------------------------------------------------

namespace {

// Of messages that have a tier's fields among their own.
template <class Message>
void EncodeTier(const MemberTier& tier, Message& p) {
  p.set_tier(tier.tier);
  p.set_tier_since(tier.since.micros());
  p.set_tier_previous(tier.previous);
  p.set_tier_term(tier.term);
  p.set_review_at(EncodeInstant(tier.review_at));
  p.set_review_not_before(tier.review_not_before.micros());
  p.set_judged_at(tier.judged_at.micros());
  p.set_is_tier_secured(tier.is_secured);
  p.set_tier_waiting_since(EncodeInstant(tier.waiting_since));
  p.set_tier_matched_at(tier.matched_at.micros());
  for (const TierFloor& floor : tier.floors) {
    pb::TierFloor* f = p.add_tier_floors();
    f->set_kind(static_cast<std::uint32_t>(floor.kind));
    f->set_tier(floor.tier);
    f->set_from(floor.from.micros());
    f->set_until(EncodeInstant(floor.until));
    f->set_since(floor.since.micros());
    f->set_previous(floor.previous);
    f->set_term(floor.term);
  }
}

template <class Message>
bool DecodeTier(const Message& p, MemberTier& tier) {
  tier.tier = p.tier();
  tier.since = Timestamp::FromMicros(p.tier_since());
  tier.previous = p.tier_previous();
  tier.term = p.tier_term();
  tier.review_at = DecodeInstant(p.review_at());
  tier.review_not_before = Timestamp::FromMicros(p.review_not_before());
  tier.judged_at = Timestamp::FromMicros(p.judged_at());
  tier.is_secured = p.is_tier_secured();
  tier.waiting_since = DecodeInstant(p.tier_waiting_since());
  tier.matched_at = Timestamp::FromMicros(p.tier_matched_at());
  for (const pb::TierFloor& f : p.tier_floors()) {
    if (f.kind() < 1 || f.kind() > static_cast<std::uint32_t>(TierFloorKind::kMatch)) return false;
    tier.floors.push_back(TierFloor{.kind = static_cast<TierFloorKind>(f.kind()),
                                    .tier = f.tier(),
                                    .from = Timestamp::FromMicros(f.from()),
                                    .until = DecodeInstant(f.until()),
                                    .since = Timestamp::FromMicros(f.since()),
                                    .previous = f.previous(),
                                    .term = f.term()});
  }
  return true;
}

}  // namespace

std::string EncodeRecord(const Member& r) {
  return Serialised<pb::Member>([&](pb::Member& p) {
    p.set_program(r.program.str());
    p.set_state(static_cast<std::uint32_t>(r.state));
    EncodeTier(r.tier, p);
    p.set_latest_occurred_at(r.latest_occurred_at.micros());
    p.set_has_activity(r.has_activity);
    p.set_lots_due_at(EncodeInstant(r.lots_due_at));
    for (const IdleEnd& idle : r.idle_ends) {
      pb::IdleEnd* i = p.add_idle_ends();
      i->set_type(idle.type.str());
      i->set_has_acted(idle.acted_on.has_value());
      i->set_acted_day(idle.acted_on.value_or(Date()).days());
      i->set_ends_at(idle.ends_at.micros());
      i->set_available(idle.available);
    }
    if (r.merged_into) p.set_merged_into(r.merged_into->raw());
    for (const MergedMember& merged : r.merged) {
      pb::MergedMember* m = p.add_merged();
      m->set_member(merged.member.raw());
      m->set_sequence(merged.sequence);
      EncodeTier(merged.tier, *m);
    }
    for (const Balance& balance : r.balances) {
      pb::Balance* b = p.add_balances();
      b->set_type(balance.type.str());
      b->set_available(balance.available);
      b->set_pending(balance.pending);
      b->set_held(balance.held);
    }
    for (const MonthSum& month : r.months) {
      pb::MonthSum* m = p.add_months();
      m->set_month(month.month);
      m->set_spend(month.spend);
      m->set_purchases(month.purchases);
      m->set_visit_days(month.visit_days);
      EncodePoints(month.points, m->mutable_points());
      EncodeTracked(month.tracked, m->mutable_tracked());
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Member& r) {
  return Parsed<pb::Member>(bytes, [&](const pb::Member& p) {
    if (!GetText(p.program(), r.program) || p.state() < 1 || p.state() > 4) return false;
    r.state = static_cast<MemberState>(p.state());
    r.latest_occurred_at = Timestamp::FromMicros(p.latest_occurred_at());
    r.has_activity = p.has_activity();
    r.lots_due_at = DecodeInstant(p.lots_due_at());
    if (!DecodeTier(p, r.tier)) return false;
    for (const pb::IdleEnd& i : p.idle_ends()) {
      IdleEnd idle;
      if (!GetText(i.type(), idle.type) || i.available() < 0) return false;
      if (i.has_acted()) idle.acted_on = Date::FromDays(i.acted_day());
      idle.ends_at = Timestamp::FromMicros(i.ends_at());
      idle.available = i.available();
      r.idle_ends.push_back(std::move(idle));
    }
    if (p.merged_into() != 0 && !GetMember(p.merged_into(), r.merged_into.emplace())) return false;
    if (r.merged_into.has_value() != (r.state == MemberState::kMerged)) return false;
    for (const pb::MergedMember& m : p.merged()) {
      MergedMember& merged = r.merged.emplace_back();
      merged.sequence = m.sequence();
      if (!GetMember(m.member(), merged.member) || !DecodeTier(m, merged.tier)) return false;
    }
    for (const pb::Balance& b : p.balances()) {
      Balance balance{
          .type = {}, .available = b.available(), .pending = b.pending(), .held = b.held()};
      if (!GetText(b.type(), balance.type) || balance.pending < 0 || balance.held < 0) return false;
      r.balances.push_back(std::move(balance));
    }
    for (const pb::MonthSum& m : p.months()) {
      r.months.push_back(MonthSum{m.month(), m.spend(), m.purchases(), m.visit_days(),
                                  std::vector<std::int64_t>(m.points().begin(), m.points().end()),
                                  DecodeTracked(m.tracked())});
    }
    return true;
  });
}

std::string EncodeRecord(const Enrolment& r) {
  return Serialised<pb::Enrolment>([&](pb::Enrolment& p) {
    p.set_enrolled_at(r.enrolled_at.micros());
    p.set_closed_at(EncodeInstant(r.closed_at));
    p.set_channel(static_cast<std::uint32_t>(r.channel));
    p.set_store(r.store.str());
    for (const LinkedIdentity& linked : r.identities) {
      pb::LinkedIdentity* i = p.add_identities();
      i->set_kind(static_cast<std::uint32_t>(linked.identity.kind));
      i->set_hash(linked.identity.hash.data(), linked.identity.hash.size());
      i->set_linked_at(linked.linked_at.micros());
    }
    for (const ToldAttribute& one : r.attributes) {
      pb::ToldAttribute* a = p.add_attributes();
      Encode(one.told.attribute, a->mutable_told()->mutable_attribute());
      a->mutable_told()->set_ends_at(EncodeInstant(one.told.ends_at));
      a->set_told_at(one.told_at.micros());
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Enrolment& r) {
  return Parsed<pb::Enrolment>(bytes, [&](const pb::Enrolment& p) {
    r.enrolled_at = Timestamp::FromMicros(p.enrolled_at());
    r.closed_at = DecodeInstant(p.closed_at());
    if (p.channel() > static_cast<std::uint32_t>(Channel::kCommunity)) return false;
    r.channel = static_cast<Channel>(p.channel());
    if (!p.store().empty() && !GetText(p.store(), r.store)) return false;
    for (const pb::LinkedIdentity& i : p.identities()) {
      LinkedIdentity linked;
      if (i.kind() < 1 || i.kind() > static_cast<std::uint32_t>(kIdentityKindLast)) return false;
      linked.identity.kind = static_cast<IdentityKind>(i.kind());
      if (!GetIdentityHash(i.hash(), linked.identity.hash)) return false;
      linked.linked_at = Timestamp::FromMicros(i.linked_at());
      r.identities.push_back(linked);
    }
    for (const pb::ToldAttribute& a : p.attributes()) {
      ToldAttribute told;
      if (!Decode(a.told().attribute(), told.told.attribute)) return false;
      told.told.ends_at = DecodeInstant(a.told().ends_at());
      told.told_at = Timestamp::FromMicros(a.told_at());
      r.attributes.push_back(std::move(told));
    }
    return true;
  });
}

std::string EncodeRecord(const Identity& r) {
  return Serialised<pb::Identity>([&](pb::Identity& p) {
    p.set_member(r.member.raw());
    p.set_kind(static_cast<std::uint32_t>(r.kind));
  });
}

bool DecodeRecord(absl::string_view bytes, Identity& r) {
  return Parsed<pb::Identity>(bytes, [&](const pb::Identity& p) {
    if (p.kind() < 1 || p.kind() > static_cast<std::uint32_t>(kIdentityKindLast)) return false;
    r.kind = static_cast<IdentityKind>(p.kind());
    return GetMember(p.member(), r.member);
  });
}

std::string EncodeRecord(const MonthDays& r) {
  return Serialised<pb::MonthDays>([&](pb::MonthDays& p) {
    for (const DaySum& day : r.days) {
      pb::DaySum* d = p.add_days();
      d->set_day(static_cast<std::uint32_t>(day.day));
      d->set_spend(day.spend);
      d->set_purchases(day.purchases);
      EncodePoints(day.points, d->mutable_points());
      EncodeTracked(day.tracked, d->mutable_tracked());
    }
  });
}

bool DecodeRecord(absl::string_view bytes, MonthDays& r) {
  return Parsed<pb::MonthDays>(bytes, [&](const pb::MonthDays& p) {
    for (const pb::DaySum& d : p.days()) {
      if (d.day() < 1 || d.day() > 31) return false;
      r.days.push_back(DaySum{static_cast<std::int32_t>(d.day()), d.spend(), d.purchases(),
                              std::vector<std::int64_t>(d.points().begin(), d.points().end()),
                              DecodeTracked(d.tracked())});
    }
    return true;
  });
}

std::string EncodeRecord(const MonthValues& r) {
  return Serialised<pb::MonthValues>([&](pb::MonthValues& p) {
    for (const ValueCount& value : r.values) {
      p.add_days(static_cast<std::uint32_t>(value.day));
      p.add_values(value.value);
      p.add_counts(value.count);
    }
    p.set_latest_day(r.latest_on.days());
  });
}

bool DecodeRecord(absl::string_view bytes, MonthValues& r) {
  return Parsed<pb::MonthValues>(bytes, [&](const pb::MonthValues& p) {
    if (p.values_size() != p.days_size() || p.counts_size() != p.days_size()) return false;
    for (int i = 0; i < p.days_size(); ++i) {
      if (p.days(i) > 31 || p.counts(i) <= 0) return false;
      r.values.push_back(
          ValueCount{static_cast<std::int32_t>(p.days(i)), p.values(i), p.counts(i)});
    }
    r.latest_on = Date::FromDays(p.latest_day());
    return true;
  });
}

std::string EncodeRecord(const Counter& r) {
  return Serialised<pb::Counter>([&](pb::Counter& p) { p.set_used(r.used); });
}

bool DecodeRecord(absl::string_view bytes, Counter& r) {
  return Parsed<pb::Counter>(bytes, [&](const pb::Counter& p) {
    r.used = p.used();
    return true;
  });
}

std::string EncodeRecord(const Lot& r) {
  return Serialised<pb::Lot>([&](pb::Lot& p) {
    p.set_amount(r.amount);
    p.set_pending(r.pending);
    p.set_available(r.available);
    p.set_held(r.held);
    p.set_expired(r.expired);
    p.set_activates_at(EncodeInstant(r.activates_at));
    p.set_funding(r.funding);
    p.set_is_idle(r.is_idle);
  });
}

bool DecodeRecord(absl::string_view bytes, Lot& r) {
  return Parsed<pb::Lot>(bytes, [&](const pb::Lot& p) {
    r.amount = p.amount();
    r.pending = p.pending();
    r.available = p.available();
    r.held = p.held();
    r.expired = p.expired();
    r.activates_at = DecodeInstant(p.activates_at());
    r.funding = p.funding();
    r.is_idle = p.is_idle();
    return r.pending >= 0 && r.available >= 0 && r.held >= 0 && r.expired >= 0 && r.amount >= 0 &&
           r.amount <= kAmountMax && r.pending <= r.amount && r.held <= r.amount &&
           r.available <= r.amount && r.pending + r.available + r.held <= r.amount;
  });
}

std::string EncodeRecord(const Redemption& r) {
  return Serialised<pb::Redemption>([&](pb::Redemption& p) {
    p.set_member(r.member.raw());
    p.set_type(r.type.str());
    p.set_amount(r.amount);
    p.set_reversed(r.reversed);
  });
}

bool DecodeRecord(absl::string_view bytes, Redemption& r) {
  return Parsed<pb::Redemption>(bytes, [&](const pb::Redemption& p) {
    r.amount = p.amount();
    r.reversed = p.reversed();
    return GetMember(p.member(), r.member) && GetText(p.type(), r.type) && r.reversed >= 0 &&
           r.reversed <= r.amount;
  });
}

std::string EncodeRecord(const Hold& r) {
  return Serialised<pb::Hold>([&](pb::Hold& p) {
    p.set_type(r.type.str());
    p.set_amount(r.amount);
    p.set_captured(r.captured);
    p.set_state(static_cast<std::uint32_t>(r.state));
    p.set_placed_at(r.placed_at.micros());
    p.set_lapses_at(r.lapses_at.micros());
    p.set_ended_at(EncodeInstant(r.ended_at));
    p.set_reference(r.reference);
    for (const HeldPart& part : r.parts) {
      pb::HeldPart* h = p.add_parts();
      h->set_lot_sequence(part.lot.sequence);
      h->set_lot_number(part.lot.number);
      h->set_expires_at(EncodeInstant(part.expires_at));
      h->set_amount(part.amount);
      if (part.home) h->set_home(part.home->raw());
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Hold& r) {
  return Parsed<pb::Hold>(bytes, [&](const pb::Hold& p) {
    constexpr auto kFirst = static_cast<std::uint32_t>(HoldState::kOpen);
    constexpr auto kLast = static_cast<std::uint32_t>(HoldState::kLapsed);
    if (!GetText(p.type(), r.type) || p.state() < kFirst || p.state() > kLast) return false;
    r.amount = p.amount();
    r.captured = p.captured();
    r.state = static_cast<HoldState>(p.state());
    r.placed_at = Timestamp::FromMicros(p.placed_at());
    r.lapses_at = Timestamp::FromMicros(p.lapses_at());
    r.ended_at = DecodeInstant(p.ended_at());
    r.reference = p.reference();
    std::int64_t left = r.amount - r.captured;  // parts must be of it
    if (r.amount < 0 || r.amount > kAmountMax || r.captured < 0 || left < 0) return false;
    for (const pb::HeldPart& h : p.parts()) {
      if (h.amount() <= 0 || h.amount() > left) return false;
      left -= h.amount();
      r.parts.push_back(HeldPart{LotId{h.lot_sequence(), h.lot_number()},
                                 DecodeInstant(h.expires_at()), h.amount()});
      if (h.home() != 0 && !GetMember(h.home(), r.parts.back().home.emplace())) return false;
    }
    return true;
  });
}

std::string EncodeRecord(const Spending& r) {
  return Serialised<pb::Spending>([&](pb::Spending& p) {
    for (const std::uint64_t sequence : r.redemptions) p.add_redemptions(sequence);
  });
}

bool DecodeRecord(absl::string_view bytes, Spending& r) {
  return Parsed<pb::Spending>(bytes, [&](const pb::Spending& p) {
    r.redemptions.assign(p.redemptions().begin(), p.redemptions().end());
    return true;
  });
}

std::string EncodeRecord(const Awaited& r) {
  return Serialised<pb::Awaited>([&](pb::Awaited& p) {
    for (const std::uint64_t sequence : r.returns) p.add_returns(sequence);
  });
}

bool DecodeRecord(absl::string_view bytes, Awaited& r) {
  return Parsed<pb::Awaited>(bytes, [&](const pb::Awaited& p) {
    r.returns.assign(p.returns().begin(), p.returns().end());
    return true;
  });
}

std::string EncodeRecord(const Terminal& r) {
  return Serialised<pb::Terminal>([&](pb::Terminal& p) {
    for (const NumberRange& range : r.seen) {
      p.add_seen(range.first);
      p.add_seen(range.last);
    }
    p.set_given_up(r.given_up);
    p.set_online_calls(r.online_calls);
    p.set_skew(r.skew);
    p.set_skew_min(r.skew_min);
    p.set_skew_max(r.skew_max);
    p.set_skew_at(r.skew_at.micros());
  });
}

bool DecodeRecord(absl::string_view bytes, Terminal& r) {
  return Parsed<pb::Terminal>(bytes, [&](const pb::Terminal& p) {
    if (p.seen_size() % 2 != 0) return false;
    std::int64_t last = -1;  // numbers of ranges rise, with one missing in between
    for (int i = 0; i < p.seen_size(); i += 2) {
      const NumberRange range{p.seen(i), p.seen(i + 1)};
      if (range.first <= last + 1 || range.last < range.first) return false;
      last = range.last;
      r.seen.push_back(range);
    }
    r.given_up = p.given_up();
    r.online_calls = p.online_calls();
    r.skew = p.skew();
    r.skew_min = p.skew_min();
    r.skew_max = p.skew_max();
    r.skew_at = Timestamp::FromMicros(p.skew_at());
    return true;
  });
}

std::string EncodeRecord(const TierChangeMark& r) {
  return Serialised<pb::TierChange>([&](pb::TierChange& p) {
    p.set_cause(static_cast<std::uint32_t>(r.cause));
    p.set_from(r.from);
    p.set_to(r.to);
    p.set_since(r.since.micros());
    p.set_revision(r.revision);
  });
}

bool DecodeRecord(absl::string_view bytes, TierChangeMark& r) {
  return Parsed<pb::TierChange>(bytes, [&](const pb::TierChange& p) {
    r.cause = static_cast<TierCause>(p.cause());
    if (p.cause() > 0xff || ToString(r.cause).empty()) return false;
    r.from = p.from();
    r.to = p.to();
    r.since = Timestamp::FromMicros(p.since());
    r.revision = p.revision();
    return true;
  });
}

// ---- receipts, requests, indexes
// -----------------------------------------------------------------------------

std::string EncodeRecord(const Purchase& r) {
  return Serialised<pb::Purchase>([&](pb::Purchase& p) {
    p.set_member(r.member.raw());
    p.set_sequence(r.sequence);
    p.set_is_return(r.is_return);
    for (const std::int32_t line : r.decided_lines) {
      p.add_decided_lines(static_cast<std::uint32_t>(line));
    }
    for (const SettledLot& settled : r.settled_lots) {
      pb::SettledLot* s = p.add_settled_lots();
      s->set_award_sequence(settled.award.sequence);
      s->set_award_number(settled.award.number);
      s->set_sequence(settled.lot.sequence);
      s->set_number(settled.lot.number);
      s->set_expires_at(EncodeInstant(settled.expires_at));
    }
    if (!r.eligible_left) return;
    p.set_has_left(true);
    p.set_eligible_left(*r.eligible_left);
    for (const LineLeft& left : r.lines_left) {
      pb::LineLeft* l = p.add_lines_left();
      l->set_line(static_cast<std::uint32_t>(left.line));
      l->set_quantity_micros(left.quantity_micros);
      l->set_net(left.net);
    }
    for (const AwardLeft& left : r.awards_left) {
      pb::AwardLeft* a = p.add_awards_left();
      a->set_lot_sequence(left.lot.sequence);
      a->set_lot_number(left.lot.number);
      a->set_amount(left.amount);
      a->set_gone(left.gone);
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Purchase& r) {
  return Parsed<pb::Purchase>(bytes, [&](const pb::Purchase& p) {
    r.sequence = p.sequence();
    r.is_return = p.is_return();
    // A return that is kept until its purchase comes may be of nobody yet.
    if (!GetMember(p.member(), r.member) && !r.is_return) return false;
    if (r.sequence == 0) return false;
    r.decided_lines.assign(p.decided_lines().begin(), p.decided_lines().end());
    for (const pb::SettledLot& s : p.settled_lots()) {
      r.settled_lots.push_back(SettledLot{LotId{s.award_sequence(), s.award_number()},
                                          LotId{s.sequence(), s.number()},
                                          DecodeInstant(s.expires_at())});
    }
    if (!p.has_left()) return true;
    r.eligible_left = p.eligible_left();
    for (const pb::LineLeft& l : p.lines_left()) {
      r.lines_left.push_back(
          LineLeft{static_cast<std::int32_t>(l.line()), l.quantity_micros(), l.net()});
    }
    for (const pb::AwardLeft& a : p.awards_left()) {
      r.awards_left.push_back(
          AwardLeft{LotId{a.lot_sequence(), a.lot_number()}, a.amount(), a.gone()});
    }
    return true;
  });
}

std::string EncodeRecord(const Request& r) { return Fixed64(r.sequence); }

bool DecodeRecord(absl::string_view bytes, Request& r) {
  if (bytes.size() != 8) return false;
  r.sequence = 0;
  for (char c : bytes) r.sequence = r.sequence << 8 | static_cast<std::uint8_t>(c);
  return r.sequence != 0;
}

std::string EncodeRecord(const Activity& r) { return Fixed64(r.sequence); }

bool DecodeRecord(absl::string_view bytes, Activity& r) {
  Request same;
  if (!DecodeRecord(bytes, same)) return false;
  r.sequence = same.sequence;
  return true;
}

std::string EncodeRecord(const Unclaimed& r) { return Fixed64(r.sequence); }

bool DecodeRecord(absl::string_view bytes, Unclaimed& r) {
  Request same;
  if (!DecodeRecord(bytes, same)) return false;
  r.sequence = same.sequence;
  return true;
}

std::string EncodeRecord(const Approval& r) {
  return Serialised<pb::Approval>([&](pb::Approval& p) {
    p.set_state(static_cast<std::uint32_t>(r.state));
    p.set_expires_at(r.expires_at.micros());
    p.set_decided(r.decided);
  });
}

bool DecodeRecord(absl::string_view bytes, Approval& r) {
  return Parsed<pb::Approval>(bytes, [&](const pb::Approval& p) {
    if (p.state() < 1 || p.state() > static_cast<std::uint32_t>(ApprovalState::kDeclined)) {
      return false;
    }
    r.state = static_cast<ApprovalState>(p.state());
    r.expires_at = Timestamp::FromMicros(p.expires_at());
    r.decided = p.decided();
    return (r.state == ApprovalState::kOpen) == (r.decided == 0);
  });
}

std::string EncodeRecord(const Total& r) {
  return Serialised<pb::Total>([&](pb::Total& p) {
    p.set_debit(r.debit);
    p.set_credit(r.credit);
  });
}

bool DecodeRecord(absl::string_view bytes, Total& r) {
  return Parsed<pb::Total>(bytes, [&](const pb::Total& p) {
    r.debit = p.debit();
    r.credit = p.credit();
    return r.debit >= 0 && r.credit >= 0;
  });
}

std::string EncodeRecord(const Marker&) { return ""; }
bool DecodeRecord(absl::string_view bytes, Marker&) { return bytes.empty(); }

std::string EncodeRecord(const EntryKindMark& r) {
  return std::string(1, static_cast<char>(r.kind));
}
bool DecodeRecord(absl::string_view bytes, EntryKindMark& r) {
  if (bytes.size() != 1 || ToString(static_cast<EntryKind>(bytes[0])).empty()) return false;
  r.kind = static_cast<EntryKind>(bytes[0]);
  return true;
}

// ---- programs
// ------------------------------------------------------------------------------------------------

namespace {

void EncodeActivations(const std::vector<Activation>& activations,
                       google::protobuf::RepeatedPtrField<pb::Activation>* out) {
  for (const Activation& activation : activations) {
    pb::Activation* a = out->Add();
    a->set_number(activation.number);
    SetHash(activation.digest, a->mutable_digest());
    a->set_from(activation.from.micros());
  }
}

bool DecodeActivations(const google::protobuf::RepeatedPtrField<pb::Activation>& in,
                       std::vector<Activation>& activations) {
  for (const pb::Activation& a : in) {
    Activation activation{a.number(), {}, Timestamp::FromMicros(a.from())};
    if (!GetHash(a.digest(), activation.digest)) return false;
    activations.push_back(activation);
  }
  return true;
}

bool GetRole(std::uint32_t number, Role& role) {
  if (number > static_cast<std::uint32_t>(Role::kAdmin)) return false;
  role = static_cast<Role>(number);
  return true;
}

}  // namespace

std::string EncodeRecord(const Program& r) {
  return Serialised<pb::Program>([&](pb::Program& p) {
    p.set_revision_count(r.revision_count);
    EncodeActivations(r.activations, p.mutable_activations());
    EncodeActivations(r.schedules, p.mutable_schedules());
    EncodeActivations(r.cancelled, p.mutable_cancelled());
    p.set_awaiting_returns(r.awaiting_returns);
    for (const PausedRule& rule : r.paused_rules) {
      pb::PausedRule* paused = p.add_paused_rules();
      paused->set_rule(rule.rule);
      paused->set_since(rule.since.micros());
      paused->set_paused_by(rule.paused_by);
      paused->set_resume_asked_by(rule.resume_asked_by);
    }
    for (const Judgement& judgement : r.judgements) {
      pb::Judgement* j = p.add_judgements();
      j->set_number(judgement.number);
      SetHash(judgement.digest, j->mutable_digest());
      j->set_from(judgement.from.micros());
      j->set_through(judgement.through);
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Program& r) {
  return Parsed<pb::Program>(bytes, [&](const pb::Program& p) {
    r.revision_count = p.revision_count();
    r.awaiting_returns = p.awaiting_returns();
    for (const pb::PausedRule& rule : p.paused_rules()) {
      r.paused_rules.push_back(PausedRule{rule.rule(), Timestamp::FromMicros(rule.since()),
                                          rule.paused_by(), rule.resume_asked_by()});
    }
    for (const pb::Judgement& j : p.judgements()) {
      Judgement judgement{j.number(), {}, Timestamp::FromMicros(j.from()), j.through()};
      if (!GetHash(j.digest(), judgement.digest)) return false;
      r.judgements.push_back(judgement);
    }
    return DecodeActivations(p.activations(), r.activations) &&
           DecodeActivations(p.schedules(), r.schedules) &&
           DecodeActivations(p.cancelled(), r.cancelled);
  });
}

std::string EncodeRecord(const Revision& r) {
  return Serialised<pb::Revision>([&](pb::Revision& p) {
    SetHash(r.digest, p.mutable_digest());
    p.set_canonical(r.canonical);
    p.set_created_at(r.created_at.micros());
    p.set_author(r.author);
    p.set_author_role(static_cast<std::uint32_t>(r.author_role));
    for (const Vote& vote : r.votes) {
      pb::Vote* v = p.add_votes();
      v->set_principal(vote.principal);
      v->set_role(static_cast<std::uint32_t>(vote.role));
      v->set_at(vote.at.micros());
      v->set_simulation(vote.simulation);
    }
    p.set_approved_at(EncodeInstant(r.approved_at));
    for (const Acknowledgement& acknowledged : r.acknowledged) {
      pb::Acknowledgement* a = p.add_acknowledged();
      a->set_warning(acknowledged.warning);
      a->set_principal(acknowledged.principal);
      a->set_role(static_cast<std::uint32_t>(acknowledged.role));
      a->set_at(acknowledged.at.micros());
    }
  });
}

bool DecodeRecord(absl::string_view bytes, Revision& r) {
  return Parsed<pb::Revision>(bytes, [&](const pb::Revision& p) {
    r.canonical = p.canonical();
    r.created_at = Timestamp::FromMicros(p.created_at());
    r.author = p.author();
    for (const pb::Vote& v : p.votes()) {
      Vote vote{v.principal(), Role::kNone, Timestamp::FromMicros(v.at()), v.simulation()};
      if (!GetRole(v.role(), vote.role)) return false;
      r.votes.push_back(std::move(vote));
    }
    r.approved_at = DecodeInstant(p.approved_at());
    for (const pb::Acknowledgement& a : p.acknowledged()) {
      Acknowledgement acknowledged{a.warning(), a.principal(), Role::kNone,
                                   Timestamp::FromMicros(a.at())};
      if (!GetRole(a.role(), acknowledged.role)) return false;
      r.acknowledged.push_back(std::move(acknowledged));
    }
    return GetRole(p.author_role(), r.author_role) && GetHash(p.digest(), r.digest);
  });
}

void AppendWrites(const State& state, PartitionId partition, std::vector<Write>& writes) {
  const auto begun = static_cast<std::ptrdiff_t>(writes.size());
  state.ForTables([&](const auto& table) {
    for (const auto& [key, slot] : table.slots()) {
      if (!slot.is_changed) continue;
      std::optional<std::string> value;
      if (slot.value) value = EncodeRecord(*slot.value);
      writes.push_back(Write{SpaceOf(key), EncodeKey(partition, key), std::move(value)});
    }
  });
  std::sort(writes.begin() + begun, writes.end(), [](const Write& a, const Write& b) {
    return std::tie(a.space, a.key) < std::tie(b.space, b.key);
  });
}

}  // namespace laurel
