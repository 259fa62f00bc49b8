#include "engine/store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "absl/strings/str_cat.h"
#include "engine/store/key.h"
#include "google/protobuf/stubs/logging.h"
#include "laurel/storage/v1/storage.pb.h"
#include "tests/testing/field_coverage.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

namespace pb = ::laurel::storage::v1;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }
  bool Chance() { return Below(2) == 0; }
  std::int64_t Amount() {
    switch (Below(4)) {
      case 0:
        return 0;
      case 1:
        return kAmountMax;
      default:
        return static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(kAmountMax)));
    }
  }
  std::int64_t Signed() { return Chance() ? Amount() : -Amount(); }
  Timestamp At() {
    return Timestamp::FromMicros(1 + static_cast<std::int64_t>(Below(253'402'300'800'000'000)));
  }
  Timestamp End() { return Chance() ? Timestamp::Never() : At(); }
  std::string Text() { return Chance() ? "" : absl::StrCat("text ", Below(1000)); }
  PointTypeId Type() { return PointTypeId::Of(absl::StrCat("t", Below(100))); }
  PlaceId Place() { return Chance() ? PlaceId() : PlaceId::Of(absl::StrCat("S", Below(100))); }
  MemberId AMember() { return MemberId::Of(1 + Below(UINT64_MAX)); }
  Role ARole() { return static_cast<Role>(Below(10)); }
  Hash AHash() { return Sha256(absl::StrCat(Below(UINT64_MAX))); }
  IdentityHash AnIdentity() {
    IdentityHash hash;
    for (std::uint8_t& byte : hash) byte = static_cast<std::uint8_t>(Below(256));
    return hash;
  }
  std::vector<std::int64_t> Points() {
    std::vector<std::int64_t> points;
    for (std::uint64_t n = Below(4); n > 0; --n) points.push_back(Signed());
    return points;
  }

  void Fill(Member& r) {
    r.program = ProgramId::Of("harbour");
    r.state = static_cast<MemberState>(1 + Below(4));
    if (r.state == MemberState::kMerged) r.merged_into = AMember();
    r.tier = ATier();
    for (std::uint64_t n = Below(3); n > 0; --n) {
      IdleEnd idle{Type(), std::nullopt, At(), Amount()};
      if (Chance()) idle.acted_on = Date::FromDays(static_cast<std::int32_t>(Below(100'000)));
      r.idle_ends.push_back(idle);
    }
    for (std::uint64_t n = Below(3); n > 0; --n) {
      r.merged.push_back(MergedMember{AMember(), 1 + Below(1'000'000), ATier()});
    }
    r.latest_occurred_at = At();
    r.has_activity = Chance();
    r.lots_due_at = End();
    for (std::uint64_t n = Below(4); n > 0; --n)
      r.balances.push_back(Balance{Type(), Signed(), Amount(), Amount()});
    for (std::uint64_t n = Below(14); n > 0; --n) {
      r.months.push_back(MonthSum{static_cast<std::int32_t>(Below(40'000)), Signed(), Signed(),
                                  Signed(), Points(), Tracked()});
    }
  }
  MemberTier ATier() {
    MemberTier tier{Text(), At(), Text(), static_cast<std::uint32_t>(Below(100)),
                    End(),  At(), At()};
    tier.is_secured = Chance();
    tier.waiting_since = End();
    tier.matched_at = At();
    for (std::uint64_t n = Below(3); n > 0; --n) {
      tier.floors.push_back(TierFloor{static_cast<TierFloorKind>(1 + Below(4)), Text(), At(), End(),
                                      At(), Text(), static_cast<std::uint32_t>(Below(100))});
    }
    return tier;
  }
  void Fill(Enrolment& r) {
    r = Enrolment{At(), End(), static_cast<Channel>(Below(9)), Place(), {}};
    for (std::uint64_t n = Below(4); n > 0; --n) {
      r.identities.push_back({{static_cast<IdentityKind>(1 + Below(9)), AnIdentity()}, At()});
    }
    for (std::uint64_t n = Below(5); n > 0; --n) {
      AttributeValue value{Text(), Signed()};
      if (n == 1) value.value = Chance();
      if (n == 2) value.value = Text();
      if (n == 3) value.value = At();
      r.attributes.push_back(ToldAttribute{MemberAttribute{value, End()}, At()});
    }
  }
  void Fill(Identity& r) { r = Identity{AMember(), static_cast<IdentityKind>(1 + Below(9))}; }
  void Fill(MonthDays& r) {
    for (std::int32_t day = 1; day <= 31; ++day) {
      if (Below(5) == 0) r.days.push_back(DaySum{day, Signed(), Signed(), Points(), Tracked()});
    }
  }
  void Fill(MonthValues& r) {
    for (std::int32_t day = 0; day <= 31; ++day) {
      if (Below(3) == 0) r.values.push_back(ValueCount{day, Signed(), Amount() + 1});
    }
    r.latest_on = Date::FromDays(static_cast<std::int32_t>(Below(100'000)));
  }
  void Fill(Counter& r) { r.used = Signed(); }
  void Fill(Activity& r) { r.sequence = 1 + Below(UINT64_MAX); }
  void Fill(Unclaimed& r) { r.sequence = 1 + Below(UINT64_MAX); }
  void Fill(Approval& r) {
    r.expires_at = At();
    if (Chance()) return;
    r.state = static_cast<ApprovalState>(2 + Below(2));
    r.decided = 1 + Below(UINT64_MAX);
  }
  std::vector<TrackedSum> Tracked() {
    std::vector<TrackedSum> sums;
    for (std::uint64_t n = Below(3); n > 0; --n) {
      sums.push_back(TrackedSum{Text(), Signed(), Signed()});
    }
    return sums;
  }
  void Fill(Lot& r) {
    r.amount = Amount();
    std::int64_t left = r.amount;
    for (std::int64_t* bucket : {&r.pending, &r.available, &r.held}) {
      *bucket = static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(left) + 1));
      left -= *bucket;
    }
    r.expired = Amount();
    r.activates_at = End();
    r.funding = Text();
    r.is_idle = Chance();
  }
  void Fill(Purchase& r) {
    r = Purchase{AMember(), 1 + Below(1'000'000), Chance(), std::nullopt, {}, {}};
    for (std::uint64_t n = Below(4); n > 0; --n) {
      r.decided_lines.push_back(static_cast<std::int32_t>(Below(500)));
      r.settled_lots.push_back(SettledLot{ALot(), ALot(), End()});
    }
    if (Chance()) return;
    r.eligible_left = Signed();
    for (std::uint64_t n = Below(4); n > 0; --n) {
      r.lines_left.push_back(LineLeft{static_cast<std::int32_t>(Below(500)), Amount(), Signed()});
    }
    for (std::uint64_t n = Below(4); n > 0; --n) {
      r.awards_left.push_back(AwardLeft{
          LotId{Below(UINT64_MAX), static_cast<std::uint32_t>(Below(9))}, Amount(), Amount()});
    }
  }
  void Fill(Redemption& r) {
    r = Redemption{AMember(), Type(), Amount(), 0};
    r.reversed = static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(r.amount) + 1));
  }
  void Fill(Hold& r) {
    r = Hold{.type = Type(),
             .amount = Amount(),
             .captured = 0,
             .state = static_cast<HoldState>(1 + Below(4)),
             .placed_at = At(),
             .lapses_at = At(),
             .ended_at = End(),
             .reference = Text(),
             .parts = {}};
    std::int64_t left = r.amount;
    r.captured = static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(left) + 1));
    left -= r.captured;
    for (std::uint64_t n = Below(4); n > 0 && left > 0; --n) {
      const auto part = 1 + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(left)));
      left -= part;
      r.parts.push_back(HeldPart{ALot(), End(), part});
      if (Chance()) r.parts.back().home = AMember();
    }
  }
  void Fill(Spending& r) {
    for (std::uint64_t n = Below(4); n > 0; --n) r.redemptions.push_back(1 + Below(UINT64_MAX));
  }
  void Fill(Awaited& r) {
    for (std::uint64_t n = Below(4); n > 0; --n) r.returns.push_back(1 + Below(UINT64_MAX));
  }
  void Fill(Terminal& r) {
    for (std::uint64_t n = Below(4); n > 0; --n) {
      const std::int64_t first =
          (r.seen.empty() ? 1 : r.seen.back().last + 2) + static_cast<std::int64_t>(Below(9));
      r.seen.push_back(NumberRange{first, first + static_cast<std::int64_t>(Below(9))});
    }
    r.given_up = Amount();
    r.online_calls = Amount();
    r.skew = Amount();
    r.skew_min = Amount();
    r.skew_max = Amount();
    r.skew_at = At();
  }
  LotId ALot() { return LotId{Below(UINT64_MAX), static_cast<std::uint32_t>(Below(9))}; }
  void Fill(Request& r) { r.sequence = 1 + Below(UINT64_MAX); }
  void Fill(Total& r) { r = Total{Amount(), Amount()}; }
  void Fill(Program& r) {
    r.revision_count = static_cast<std::uint32_t>(Below(100));
    for (std::uint64_t n = Below(4); n > 0; --n) {
      r.activations.push_back(
          Activation{static_cast<std::uint32_t>(1 + Below(100)), AHash(), At()});
    }
    for (std::vector<Activation>* list : {&r.schedules, &r.cancelled}) {
      for (std::uint64_t n = Below(3); n > 0; --n) {
        list->push_back(Activation{static_cast<std::uint32_t>(1 + Below(100)), AHash(), At()});
      }
    }
    for (std::uint64_t n = Below(3); n > 0; --n) {
      r.paused_rules.push_back(PausedRule{Text(), At(), Text(), Text()});
    }
    for (std::uint64_t n = Below(3); n > 0; --n) {
      r.judgements.push_back(
          Judgement{static_cast<std::uint32_t>(1 + Below(100)), AHash(), At(), Below(UINT64_MAX)});
    }
    r.awaiting_returns = Amount();
  }
  void Fill(Revision& r) {
    r = Revision{AHash(), Text(), At(), Text(), ARole(), {}, End()};
    for (std::uint64_t n = Below(3); n > 0; --n)
      r.votes.push_back(Vote{Text(), ARole(), At(), Text()});
    for (std::uint64_t n = Below(3); n > 0; --n) {
      r.acknowledged.push_back(Acknowledgement{Text(), Text(), ARole(), At()});
    }
  }
  void Fill(Marker&) {}
  void Fill(EntryKindMark& r) {
    do {
      r.kind = static_cast<EntryKind>(1 + Below(static_cast<std::uint64_t>(kEntryKindLast)));
    } while (ToString(r.kind).empty());  // some numbers are free
  }
  void Fill(TierChangeMark& r) {
    const std::uint64_t cause = Below(11);
    r = TierChangeMark{static_cast<TierCause>(cause < 9 ? 1 + cause : 41 + cause), Text(), Text(),
                       At(), static_cast<std::uint32_t>(Below(100))};
  }

 private:
  std::mt19937_64 random_;
};

using RecordTypes =
    testing::Types<Member, Enrolment, Identity, MonthDays, MonthValues, Lot, Purchase, Redemption,
                   Request, Total, Program, Revision, Marker, EntryKindMark, TierChangeMark,
                   Counter, Activity, Hold, Spending, Awaited, Terminal, Unclaimed, Approval>;
template <class Record>
class Records : public testing::Test {};
TYPED_TEST_SUITE(Records, RecordTypes);

TYPED_TEST(Records, RoundTrip) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  for (int i = 0; i < 5'000; ++i) {
    TypeParam record;
    generator.Fill(record);
    const std::string bytes = EncodeRecord(record);
    TypeParam read;
    ASSERT_TRUE(DecodeRecord(bytes, read));
    ASSERT_TRUE(read == record);
    ASSERT_EQ(EncodeRecord(read), bytes);
    ASSERT_LT(bytes.size(), 64u * 1024);
  }
}

// Damage is a refusal or another well-formed record, never a crash.
TYPED_TEST(Records, AnswerForAnyBytes) {
  const google::protobuf::LogSilencer silencer;  // it complains about text that is not UTF-8
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  for (int i = 0; i < 5'000; ++i) {
    TypeParam record;
    generator.Fill(record);
    std::string bytes = EncodeRecord(record);
    const std::size_t at = generator.Below(bytes.size() + 1);
    if (at == bytes.size()) {
      bytes.push_back(static_cast<char>(generator.Below(256)));
    } else if (generator.Chance()) {
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << generator.Below(8)));
    } else {
      bytes.resize(at);
    }
    TypeParam read;
    if (!DecodeRecord(bytes, read)) continue;
    TypeParam again;
    ASSERT_TRUE(DecodeRecord(EncodeRecord(read), again));
  }
}

template <class Message, class Record>
void Cover(Generator& generator, FieldCoverage& coverage,
           std::set<const google::protobuf::Descriptor*>& roots) {
  for (int i = 0; i < 200; ++i) {
    Record record;
    generator.Fill(record);
    Message message;
    ASSERT_TRUE(message.ParseFromString(EncodeRecord(record)));
    coverage.Add(message);
  }
  EXPECT_THAT(coverage.Missing(Message::descriptor()), testing::IsEmpty());
  for (const google::protobuf::Descriptor* message :
       FieldCoverage::Reachable(Message::descriptor())) {
    roots.insert(message);
  }
}

TEST(StorageMessages, HaveNoFieldThatNobodySets) {
  Generator generator(1);
  FieldCoverage coverage;
  // Entries are covered beside their codec.
  std::set<const google::protobuf::Descriptor*> known =
      FieldCoverage::Reachable(pb::Entry::descriptor());
  Cover<pb::Member, Member>(generator, coverage, known);
  Cover<pb::Enrolment, Enrolment>(generator, coverage, known);
  Cover<pb::Identity, Identity>(generator, coverage, known);
  Cover<pb::MonthDays, MonthDays>(generator, coverage, known);
  Cover<pb::MonthValues, MonthValues>(generator, coverage, known);
  Cover<pb::Lot, Lot>(generator, coverage, known);
  Cover<pb::Counter, Counter>(generator, coverage, known);
  Cover<pb::Purchase, Purchase>(generator, coverage, known);
  Cover<pb::Redemption, Redemption>(generator, coverage, known);
  Cover<pb::Hold, Hold>(generator, coverage, known);
  Cover<pb::Spending, Spending>(generator, coverage, known);
  Cover<pb::Awaited, Awaited>(generator, coverage, known);
  Cover<pb::Terminal, Terminal>(generator, coverage, known);
  Cover<pb::Approval, Approval>(generator, coverage, known);
  Cover<pb::Total, Total>(generator, coverage, known);
  Cover<pb::Program, Program>(generator, coverage, known);
  Cover<pb::Revision, Revision>(generator, coverage, known);
  Cover<pb::TierChange, TierChangeMark>(generator, coverage, known);
  const google::protobuf::FileDescriptor* file = pb::Entry::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    EXPECT_EQ(known.count(file->message_type(i)), 1u)
        << file->message_type(i)->full_name() << " is in no record";
  }
}

// The promise of a file format: no map, no float, no Any, no optional that depends on unknown
// fields.
TEST(StorageMessages, HaveBytesThatDependOnValuesAlone) {
  const google::protobuf::FileDescriptor* file = pb::Entry::descriptor()->file();
  for (int i = 0; i < file->message_type_count(); ++i) {
    const google::protobuf::Descriptor* message = file->message_type(i);
    for (int j = 0; j < message->field_count(); ++j) {
      const google::protobuf::FieldDescriptor* field = message->field(j);
      EXPECT_FALSE(field->is_map()) << field->full_name();
      EXPECT_NE(field->cpp_type(), google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE)
          << field->full_name();
      EXPECT_NE(field->cpp_type(), google::protobuf::FieldDescriptor::CPPTYPE_FLOAT)
          << field->full_name();
      if (field->message_type() == nullptr) continue;
      EXPECT_EQ(field->message_type()->file(), file) << field->full_name();
    }
  }
}

template <class Record, class Message>
bool Takes(const std::function<void(Message&)>& damage) {
  Generator generator(7);
  Record record;
  generator.Fill(record);
  Message message;
  EXPECT_TRUE(message.ParseFromString(EncodeRecord(record)));
  damage(message);
  Record read;
  return DecodeRecord(message.SerializeAsString(), read);
}

TEST(Records, KeepWhatALotPromises) {
  struct Row {
    const char* what;
    std::int64_t amount, pending, available, held, expired;
    bool is_taken;
  };
  constexpr std::int64_t kMax = INT64_MAX;
  constexpr Row kRows[] = {
      {"all left", 100, 0, 100, 0, 0, true},
      {"in three buckets", 100, 30, 30, 40, 0, true},
      {"spent", 100, 0, 0, 0, 0, true},
      {"more than its amount", 100, 0, 101, 0, 0, false},
      {"more in three buckets", 100, 34, 33, 34, 0, false},
      {"below zero", 100, 0, -1, 0, 0, false},
      {"below zero pending", 100, -1, 1, 0, 0, false},
      {"below zero held", 100, 0, 1, -1, 0, false},
      {"expired below zero", 100, 0, 0, 0, -1, false},
      {"amount below zero", -1, 0, 0, 0, 0, false},
      {"amount beyond the bound", kAmountMax + 1, 0, 0, 0, 0, false},
      {"sums that would wrap", kMax, kMax, kMax, kMax, 0, false},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    pb::Lot message;
    message.set_amount(row.amount);
    message.set_pending(row.pending);
    message.set_available(row.available);
    message.set_held(row.held);
    message.set_expired(row.expired);
    Lot lot;
    EXPECT_EQ(DecodeRecord(message.SerializeAsString(), lot), row.is_taken);
  }
}

TEST(Records, RefuseWhatTheyDoNotKnow) {
  EXPECT_TRUE((Takes<Member, pb::Member>([](pb::Member&) {})));
  EXPECT_FALSE((Takes<Member, pb::Member>([](pb::Member& p) { p.set_program("Harbour"); })));
  EXPECT_FALSE((Takes<Member, pb::Member>([](pb::Member& p) { p.set_state(5); })));
  EXPECT_FALSE((Takes<Member, pb::Member>([](pb::Member& p) { p.set_state(0); })));
  EXPECT_FALSE(
      (Takes<Member, pb::Member>([](pb::Member& p) { p.add_balances()->set_type("Points"); })));
  EXPECT_FALSE((Takes<Member, pb::Member>([](pb::Member& p) {
    p.add_balances()->set_type("points");
    p.mutable_balances(p.balances_size() - 1)->set_pending(-1);
  })));
  EXPECT_TRUE((Takes<Member, pb::Member>([](pb::Member& p) {  // arrears
    p.add_balances()->set_type("points");
    p.mutable_balances(p.balances_size() - 1)->set_available(-1);
  })));
  EXPECT_FALSE(
      (Takes<Member, pb::Member>([](pb::Member& p) { p.add_tier_floors()->set_kind(0); })));
  EXPECT_FALSE(
      (Takes<Member, pb::Member>([](pb::Member& p) { p.add_tier_floors()->set_kind(5); })));
  EXPECT_FALSE(
      (Takes<Revision, pb::Revision>([](pb::Revision& p) { p.add_acknowledged()->set_role(10); })));
  EXPECT_FALSE((Takes<Enrolment, pb::Enrolment>([](pb::Enrolment& p) { p.set_channel(9); })));
  EXPECT_FALSE((Takes<Enrolment, pb::Enrolment>([](pb::Enrolment& p) { p.set_store("=1+1"); })));
  EXPECT_FALSE(
      (Takes<Enrolment, pb::Enrolment>([](pb::Enrolment& p) { p.add_identities()->set_kind(1); })));
  EXPECT_FALSE((Takes<Enrolment, pb::Enrolment>([](pb::Enrolment& p) { p.add_attributes(); })));
  EXPECT_FALSE((Takes<Identity, pb::Identity>([](pb::Identity& p) { p.set_member(0); })));
  EXPECT_FALSE((Takes<Identity, pb::Identity>([](pb::Identity& p) { p.set_kind(11); })));
  EXPECT_FALSE(
      (Takes<MonthDays, pb::MonthDays>([](pb::MonthDays& p) { p.add_days()->set_day(32); })));
  EXPECT_FALSE(
      (Takes<MonthDays, pb::MonthDays>([](pb::MonthDays& p) { p.add_days()->set_day(0); })));
  const auto add_value = [](pb::MonthValues& p, std::uint32_t day, std::int64_t count) {
    p.add_days(day);
    p.add_values(1);
    p.add_counts(count);
  };
  EXPECT_FALSE(
      (Takes<MonthValues, pb::MonthValues>([&](pb::MonthValues& p) { add_value(p, 32, 1); })));
  EXPECT_FALSE(
      (Takes<MonthValues, pb::MonthValues>([&](pb::MonthValues& p) { add_value(p, 1, 0); })));
  EXPECT_FALSE((Takes<MonthValues, pb::MonthValues>([](pb::MonthValues& p) { p.add_days(1); })));
  EXPECT_FALSE((Takes<Purchase, pb::Purchase>([](pb::Purchase& p) {
    p.set_member(0);
    p.set_is_return(false);
  })));
  EXPECT_FALSE((Takes<Purchase, pb::Purchase>([](pb::Purchase& p) { p.set_sequence(0); })));
  for (const auto& [first, last] : {std::pair(0, 3), std::pair(5, 4)}) {
    EXPECT_FALSE((Takes<Terminal, pb::Terminal>([&](pb::Terminal& p) {
      p.clear_seen();
      p.add_seen(first);
      p.add_seen(last);
    })));
  }
  EXPECT_FALSE((Takes<Terminal, pb::Terminal>([](pb::Terminal& p) { p.add_seen(7); })));
  EXPECT_FALSE((Takes<Redemption, pb::Redemption>(
      [](pb::Redemption& p) { p.set_reversed(p.amount() + 1); })));
  EXPECT_FALSE((Takes<Redemption, pb::Redemption>([](pb::Redemption& p) { p.set_reversed(-1); })));
  EXPECT_FALSE((Takes<Hold, pb::Hold>([](pb::Hold& p) { p.set_type("Points"); })));
  EXPECT_FALSE((Takes<Hold, pb::Hold>([](pb::Hold& p) { p.set_state(5); })));
  EXPECT_FALSE((Takes<Hold, pb::Hold>([](pb::Hold& p) { p.set_captured(p.amount() + 1); })));
  EXPECT_FALSE((Takes<Hold, pb::Hold>([](pb::Hold& p) { p.add_parts()->set_amount(0); })));
  EXPECT_FALSE(
      (Takes<Hold, pb::Hold>([](pb::Hold& p) { p.add_parts()->set_amount(p.amount() + 1); })));
  EXPECT_FALSE((Takes<Total, pb::Total>([](pb::Total& p) { p.set_debit(-1); })));
  EXPECT_FALSE(
      (Takes<Program, pb::Program>([](pb::Program& p) { p.add_activations()->set_digest("x"); })));
  EXPECT_FALSE(
      (Takes<Program, pb::Program>([](pb::Program& p) { p.add_schedules()->set_digest("x"); })));
  EXPECT_FALSE(
      (Takes<Program, pb::Program>([](pb::Program& p) { p.add_cancelled()->set_digest("x"); })));
  EXPECT_FALSE((Takes<Revision, pb::Revision>([](pb::Revision& p) { p.set_digest(""); })));
  EXPECT_FALSE((Takes<Revision, pb::Revision>([](pb::Revision& p) { p.set_author_role(10); })));
  EXPECT_FALSE(
      (Takes<Revision, pb::Revision>([](pb::Revision& p) { p.add_votes()->set_role(10); })));
  EXPECT_FALSE((Takes<TierChangeMark, pb::TierChange>([](pb::TierChange& p) { p.set_cause(11); })));
  Request request;
  EXPECT_FALSE(DecodeRecord(std::string(8, '\0'), request));
  EXPECT_FALSE(DecodeRecord(std::string(9, '\1'), request));
  EntryKindMark mark;
  EXPECT_FALSE(DecodeRecord(std::string(1, '\0'), mark));
  EXPECT_FALSE(DecodeRecord(std::string(1, '\x7f'), mark));
  EXPECT_FALSE(DecodeRecord(std::string(1, '\xff'), mark));
  Marker marker;
  EXPECT_FALSE(DecodeRecord("x", marker));
}

TEST(AppendWrites, WritesWhatChangedAndErasesWhatWent) {
  State parent(nullptr, nullptr);
  parent.members.Mutable(MemberKey{MemberId::Of(1)}).program = ProgramId::Of("harbour");
  State state(&parent, nullptr);
  state.redemptions.Put(RedemptionKey{9},
                        Redemption{MemberId::Of(1), PointTypeId::Of("points"), 5, 0});
  state.due.Erase(DueKey{Timestamp::FromMicros(1), MemberId::Of(1)});
  EXPECT_NE(state.members.Find(MemberKey{MemberId::Of(1)}), nullptr);  // read, not changed
  EXPECT_EQ(state.members.Find(MemberKey{MemberId::Of(2)}), nullptr);
  std::vector<Write> writes;
  AppendWrites(state, 0, writes);
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_EQ(writes[0].key, EncodeKey(0, RedemptionKey{9}));
  EXPECT_EQ(writes[1].key, EncodeKey(0, DueKey{Timestamp::FromMicros(1), MemberId::Of(1)}));
  EXPECT_FALSE(writes[1].value.has_value());
}

}  // namespace
}  // namespace laurel
