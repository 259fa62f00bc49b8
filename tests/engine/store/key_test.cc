#include "engine/store/key.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  // Often one of few values, so that pairs agree in their first parts; else anything, the ends
  // included.
  std::uint64_t U64() {
    switch (Below(4)) {
      case 0:
        return 1 + Below(3);
      case 1:
        return UINT64_MAX - Below(3);
      case 2:
        return 1 + Below(70'000);
      default:
        return 1 + Below(UINT64_MAX - 1);
    }
  }
  std::uint32_t U32() { return static_cast<std::uint32_t>(U64()); }
  std::int32_t I32() { return static_cast<std::int32_t>(U64()); }
  std::int64_t I64() { return static_cast<std::int64_t>(U64()); }
  Timestamp At() { return Below(5) == 0 ? Timestamp::Never() : Timestamp::FromMicros(I64()); }
  Date Day() { return Date::FromDays(I32()); }
  MemberId Member() { return MemberId::Of(U64()); }
  // Short texts over few characters, so that one is often the beginning of another.
  std::string Text(absl::string_view first, absl::string_view next) {
    std::string text(1, first[Below(first.size())]);
    for (std::uint64_t n = Below(4); n > 0; --n) text.push_back(next[Below(next.size())]);
    return text;
  }
  ProgramId Program() { return ProgramId::Of(Text("ab", "ab0-")); }
  PointTypeId Type() { return PointTypeId::Of(Text("ab0", "a0_")); }
  PlaceId Place() { return PlaceId::Of(Text("Aa0", "Za0_-")); }
  template <class Bytes>
  Bytes Array() {
    Bytes bytes;
    for (auto& byte : bytes)
      byte = static_cast<std::uint8_t>(Below(3) == 0 ? 255 * Below(2) : Below(256));
    return bytes;
  }

  void Fill(MemberKey& k) { k = {Member()}; }
  void Fill(EnrolmentKey& k) { k = {Member()}; }
  void Fill(MonthKey& k) { k = {Member(), I32()}; }
  void Fill(MonthValuesKey& k) { k = {Member(), Text("ab", "ab_"), I32()}; }
  void Fill(LotKey& k) { k = {Member(), Type(), At(), LotId{U64(), U32()}}; }
  void Fill(ClosedLotKey& k) { Fill(k.lot); }
  void Fill(RedemptionKey& k) { k = {U64()}; }
  void Fill(PendingLotKey& k) {
    Fill(k.lot);
    k.member = k.lot.member;
    k.activates_at = At();
  }
  void Fill(HoldKey& k) { k = {Member(), U64()}; }
  void Fill(HoldLapseKey& k) { k = {Member(), At(), U64()}; }
  void Fill(TierChangeKey& k) { k = {Member(), U64()}; }
  void Fill(RequestKey& k) { k = {Array<std::array<std::uint8_t, 16>>()}; }
  void Fill(PurchaseKey& k) { k = {Program(), ReceiptKey{Place(), Place(), Day(), Place()}}; }
  void Fill(SpendingKey& k) { k = {Program(), ReceiptKey{Place(), Place(), Day(), Place()}}; }
  void Fill(UnclaimedKey& k) { k = {Program(), ReceiptKey{Place(), Place(), Day(), Place()}}; }
  void Fill(AwaitedKey& k) { k = {Program(), ReceiptKey{Place(), Place(), Day(), Place()}}; }
  void Fill(TerminalKey& k) { k = {Program(), Place(), Place()}; }
  void Fill(ApprovalKey& k) { k = {Program(), U64()}; }
  void Fill(IdentityKey& k) { k = {Program(), Array<IdentityHash>()}; }
  void Fill(MemberEntryKey& k) { k = {Member(), U64()}; }
  void Fill(DueKey& k) { k = {At(), Member()}; }
  void Fill(ProgramDueKey& k) { k = {At(), Program()}; }
  void Fill(TotalKey& k) {
    k = {Program(), static_cast<AccountClass>(1 + Below(7)), Below(2) == 0 ? "" : Text("ab", "ab_"),
         Type(), Day()};
  }
  void Fill(ProgramKey& k) { k = {Program()}; }
  void Fill(RevisionKey& k) { k = {Program(), U32()}; }

  std::uint64_t Below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random_);
  }

 private:
  std::mt19937_64 random_;
};

using KeyTypes = testing::Types<MemberKey, EnrolmentKey, MonthKey, LotKey, ClosedLotKey,
                                RedemptionKey, TierChangeKey, RequestKey, PurchaseKey, IdentityKey,
                                MemberEntryKey, DueKey, ProgramDueKey, TotalKey, ProgramKey,
                                RevisionKey, PendingLotKey, HoldKey, HoldLapseKey, SpendingKey,
                                AwaitedKey, TerminalKey, UnclaimedKey, MonthValuesKey, ApprovalKey>;
template <class Key>
class KeyOrder : public testing::Test {};
TYPED_TEST_SUITE(KeyOrder, KeyTypes);

TYPED_TEST(KeyOrder, OfBytesIsThatOfValues) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  for (int i = 0; i < 20'000; ++i) {
    TypeParam a;
    TypeParam b;
    generator.Fill(a);
    generator.Fill(b);
    const std::string a_bytes = EncodeKey(3, a);
    const std::string b_bytes = EncodeKey(3, b);
    ASSERT_LT(a_bytes.size(), 1'000u);
    ASSERT_EQ(a == b, a_bytes == b_bytes);
    ASSERT_EQ(a < b, a_bytes < b_bytes)
        << DescribeKey(SpaceOf(a), a_bytes) << " and " << DescribeKey(SpaceOf(b), b_bytes);
    // Partitions lie apart.
    ASSERT_LT(a_bytes, EncodeKey(4, b));
    ASSERT_GT(a_bytes, EncodeKey(2, b));
  }
}

TEST(Keys, ComeBackFromTheirBytes) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  Generator generator(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto partition = static_cast<PartitionId>(generator.Below(0x10000));
    LotKey lot;
    generator.Fill(lot);
    ASSERT_EQ(*DecodeLotKey(EncodeKey(partition, lot)), lot);
    ASSERT_EQ(*DecodeLotKey(EncodeKey(partition, ClosedLotKey{lot})), lot);
    PendingLotKey pending;
    generator.Fill(pending);
    ASSERT_EQ(*DecodePendingLotKey(EncodeKey(partition, pending)), pending);
    HoldLapseKey lapse;
    generator.Fill(lapse);
    ASSERT_EQ(*DecodeHoldLapseKey(EncodeKey(partition, lapse)), lapse);
    DueKey due;
    generator.Fill(due);
    ASSERT_EQ(*DecodeDueKey(EncodeKey(partition, due)), due);
    ProgramDueKey program_due;
    generator.Fill(program_due);
    ASSERT_EQ(*DecodeProgramDueKey(EncodeKey(partition, program_due)), program_due);
    TotalKey total;
    generator.Fill(total);
    ASSERT_EQ(*DecodeTotalKey(EncodeKey(partition, total)), total);
    MemberKey member;
    generator.Fill(member);
    const std::uint64_t sequence = generator.U64();
    ASSERT_EQ(*DecodeTrailingSequence(JournalKey(partition, sequence)), sequence);
    ASSERT_EQ(
        *DecodeTrailingSequence(EncodeKey(partition, MemberEntryKey{member.member, sequence})),
        sequence);
    ASSERT_EQ(*DecodeTrailingSequence(EncodeKey(partition, TierChangeKey{member.member, sequence})),
              sequence);
  }
}

TEST(Keys, RefuseOtherBytes) {
  Generator generator(1);
  for (int i = 0; i < 500; ++i) {
    LotKey lot;
    DueKey due;
    TotalKey total;
    generator.Fill(lot);
    generator.Fill(due);
    generator.Fill(total);
    const auto refuses = [](auto decode, const std::string& bytes) {
      EXPECT_TRUE(decode(bytes).ok());
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_EQ(decode(absl::string_view(bytes).substr(0, size)).status().code(),
                  absl::StatusCode::kDataLoss)
            << size;
      }
      EXPECT_EQ(decode(bytes + '\0').status().code(), absl::StatusCode::kDataLoss);
    };
    refuses([](absl::string_view b) { return DecodeLotKey(b); }, EncodeKey(0, lot));
    refuses([](absl::string_view b) { return DecodeDueKey(b); }, EncodeKey(0, due));
    PendingLotKey pending;
    generator.Fill(pending);
    refuses([](absl::string_view b) { return DecodePendingLotKey(b); }, EncodeKey(0, pending));
    HoldLapseKey lapse;
    generator.Fill(lapse);
    refuses([](absl::string_view b) { return DecodeHoldLapseKey(b); }, EncodeKey(0, lapse));
    refuses([](absl::string_view b) { return DecodeTotalKey(b); }, EncodeKey(0, total));
  }
  const std::string due =
      EncodeKey(0, ProgramDueKey{Timestamp::FromMicros(7), ProgramId::Of("b1")});
  EXPECT_TRUE(DecodeProgramDueKey(due).ok());
  EXPECT_FALSE(DecodeProgramDueKey(absl::string_view(due).substr(0, 11)).ok());
  EXPECT_FALSE(DecodeProgramDueKey(due + '\0').ok());
  EXPECT_FALSE(DecodeProgramDueKey(EncodeKey(0, DueKey{Timestamp(), MemberId::Of(1)})).ok());
  EXPECT_FALSE(DecodeTrailingSequence("123456789").ok());
}

// Letters, widths and order are frozen.
TEST(Keys, HaveFrozenBytes) {
  const MemberId member = MemberId::Of(0x0102);
  const LotKey lot{member, PointTypeId::Of("points"), Timestamp::FromMicros(1), LotId{5, 2}};
  const auto hex = [](const std::string& bytes) {
    std::string text;
    for (const char c : bytes)
      absl::StrAppend(&text, absl::Hex(static_cast<std::uint8_t>(c), absl::kZeroPad2));
    return text;
  };
  EXPECT_EQ(hex(JournalKey(1, 258)), "00010000000000000102");
  EXPECT_EQ(hex(TileKey(1, 2, 3)), "0001020000000000000003");
  EXPECT_EQ(hex(EdgeKey(1, 2, 3)), "0001820000000000000003");
  EXPECT_EQ(hex(EncodeKey(1, MemberKey{member})), "00016d00000000000001026d");
  EXPECT_EQ(hex(EncodeKey(1, EnrolmentKey{member})), "00016d000000000000010265");
  EXPECT_EQ(hex(EncodeKey(1, MonthKey{member, 24'314})), "00016d00000000000001026180005efa");
  EXPECT_EQ(hex(EncodeKey(1, MonthValuesKey{member, "ab", 24'314})),
            "00016d00000000000001027761620080005efa");
  EXPECT_EQ(hex(EncodeKey(1, lot)),
            "00016d00000000000001026c706f696e747300"
            "8000000000000001"
            "000000000000000500000002");
  EXPECT_EQ(hex(EncodeKey(1, ClosedLotKey{lot})),
            "00016d000000000000010263706f696e747300"
            "8000000000000001"
            "000000000000000500000002");
  EXPECT_EQ(hex(EncodeKey(1, PendingLotKey{member, Timestamp::FromMicros(3), lot})),
            "00016d000000000000010270"
            "8000000000000003706f696e747300"
            "8000000000000001"
            "000000000000000500000002");
  EXPECT_EQ(hex(EncodeKey(1, HoldKey{member, 7})), "00016d0000000000000102680000000000000007");
  EXPECT_EQ(hex(EncodeKey(1, HoldLapseKey{member, Timestamp::FromMicros(3), 7})),
            "00016d00000000000001026f80000000000000030000000000000007");
  EXPECT_EQ(hex(EncodeKey(
                1, SpendingKey{ProgramId::Of("bean"), ReceiptKey{PlaceId::Of("S"), PlaceId::Of("T"),
                                                                 Date(), PlaceId::Of("9")}})),
            "0001756265616e00530054008000000039");
  EXPECT_EQ(hex(EncodeKey(1, UnclaimedKey{ProgramId::Of("bean"),
                                          ReceiptKey{PlaceId::Of("S"), PlaceId::Of("T"), Date(),
                                                     PlaceId::Of("9")}})),
            "0001776265616e00530054008000000039");
  EXPECT_EQ(hex(EncodeKey(1, ApprovalKey{ProgramId::Of("bean"), 7})),
            "0001786265616e000000000000000007");
  EXPECT_EQ(hex(EncodeKey(1, RedemptionKey{7})), "0001720000000000000007");
  EXPECT_EQ(hex(EncodeKey(1, TierChangeKey{member, 7})),
            "00016d0000000000000102740000000000000007");
  EXPECT_EQ(hex(EncodeKey(1, RequestKey{})), "000171" + std::string(32, '0'));
  EXPECT_EQ(hex(EncodeKey(
                1, PurchaseKey{ProgramId::Of("bean"), ReceiptKey{PlaceId::Of("S"), PlaceId::Of("T"),
                                                                 Date(), PlaceId::Of("9")}})),
            "0001706265616e00530054008000000039");
  EXPECT_EQ(hex(EncodeKey(1, IdentityKey{ProgramId::Of("bean"), {}})),
            "0001696265616e00" + std::string(32, '0'));
  EXPECT_EQ(hex(EncodeKey(1, MemberEntryKey{member, 7})),
            "00016d00000000000001026e0000000000000007");
  EXPECT_EQ(hex(EncodeKey(1, DueKey{Timestamp::FromMicros(-1), member})),
            "0001647fffffffffffffff0000000000000102");
  EXPECT_EQ(hex(EncodeKey(1, ProgramDueKey{Timestamp::FromMicros(-1), ProgramId::Of("bean")})),
            "0001737fffffffffffffff6265616e");
  EXPECT_EQ(hex(EncodeKey(1, TotalKey{ProgramId::Of("bean"), AccountClass::kIssuance, "base",
                                      PointTypeId::Of("p"), Date::FromDays(1)})),
            "00016265616e0004626173650070008000"
            "0001");
  EXPECT_EQ(hex(EncodeKey(1, ProgramKey{ProgramId::Of("bean")})), "0001676265616e");
  EXPECT_EQ(hex(EncodeKey(1, RevisionKey{ProgramId::Of("bean"), 3})), "0001766265616e0000000003");
}

TEST(Keys, RangesHoldTheirKeysAndNoOthers) {
  Generator generator(TestSeed(1));
  const auto holds = [](const KeyRange& range, const std::string& key) {
    return range.begin <= key && key < range.end;
  };
  for (int i = 0; i < 20'000; ++i) {
    LotKey lot;
    generator.Fill(lot);
    LotKey other;
    generator.Fill(other);
    const bool is_same = lot.member == other.member && lot.type == other.type;
    ASSERT_EQ(holds(LotRange(lot.member, lot.type, 1), EncodeKey(1, other)), is_same);
    ASSERT_FALSE(holds(LotRange(lot.member, lot.type, 1), EncodeKey(1, ClosedLotKey{lot})));
    const std::uint64_t sequence = generator.U64();
    const bool is_theirs = lot.member == other.member;
    ASSERT_EQ(holds(PendingLotRange(1, lot.member),
                    EncodeKey(1, PendingLotKey{other.member, lot.expires_at, other})),
              is_theirs);
    ASSERT_EQ(holds(HoldRange(1, lot.member), EncodeKey(1, HoldKey{other.member, sequence})),
              is_theirs);
    ASSERT_EQ(holds(HoldLapseRange(1, lot.member),
                    EncodeKey(1, HoldLapseKey{other.member, lot.expires_at, sequence})),
              is_theirs);
    ASSERT_EQ(holds(MemberEntryRange(1, lot.member),
                    EncodeKey(1, MemberEntryKey{other.member, sequence})),
              lot.member == other.member);
    ASSERT_EQ(
        holds(TierChangeRange(1, lot.member), EncodeKey(1, TierChangeKey{other.member, sequence})),
        lot.member == other.member);
    ASSERT_TRUE(holds(MemberRange(1), EncodeKey(1, MemberKey{lot.member})));
    ASSERT_TRUE(holds(MemberRange(1), EncodeKey(1, lot)));
    ASSERT_FALSE(holds(MemberRange(1), EncodeKey(1, RedemptionKey{sequence})));
    ASSERT_TRUE(holds(PartitionRange(1), EncodeKey(1, lot)));
    ASSERT_FALSE(holds(PartitionRange(1), EncodeKey(2, lot)));
    ASSERT_EQ(holds(JournalRange(1, 5, 9), JournalKey(1, static_cast<std::uint64_t>(i % 12))),
              i % 12 >= 5 && i % 12 < 9);
    DueKey due;
    generator.Fill(due);
    if (due.member.raw() != UINT64_MAX) {
      ASSERT_EQ(holds(DueRange(1, lot.expires_at), EncodeKey(1, due)),
                due.due_at <= lot.expires_at);
    }
    ProgramDueKey program_due;
    generator.Fill(program_due);
    ASSERT_EQ(holds(ProgramDueRange(1, lot.expires_at), EncodeKey(1, program_due)),
              program_due.due_at <= lot.expires_at);
    TotalKey total;
    generator.Fill(total);
    const ProgramId program = generator.Program();
    ASSERT_EQ(holds(TotalRange(1, program), EncodeKey(1, total)), total.program == program);
    ASSERT_TRUE(holds(ProgramRange(1), EncodeKey(1, ProgramKey{program})));
  }
}

}  // namespace
}  // namespace laurel
