#include "service/names.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

const ProgramId kProgram = ProgramId::Of("bean-club");

TEST(Names, AreFrozen) {
  EXPECT_EQ(ProgramName(kProgram), "programs/bean-club");
  EXPECT_EQ(RevisionName(kProgram, 3), "programs/bean-club/revisions/3");
  EXPECT_EQ(MemberName(kProgram, MemberId::Of(1)), "programs/bean-club/members/5d4gp3m80p1f5");
  EXPECT_EQ(MemberName(kProgram, MemberId::Of(2)), "programs/bean-club/members/dqmhrjwx2p54a");
  EXPECT_EQ(LotName(kProgram, MemberId::Of(1), LotId{12, 1}),
            "programs/bean-club/members/5d4gp3m80p1f5/lots/12.1");
  EXPECT_EQ(EntryName(kProgram, 0, 12), "programs/bean-club/entries/0-12");
  EXPECT_EQ(PurchaseName(kProgram, ReceiptKey{PlaceId::Of("S12"), PlaceId::Of("T-3"),
                                              *Date::FromCivil(2026, 1, 3), PlaceId::Of("00123")}),
            "programs/bean-club/purchases/S12.T-3.20260103.00123");
}

TEST(Names, OfMembersComeBack) {
  const std::uint64_t seed = TestSeed(7);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  std::set<std::string> tokens;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t raw = i < 5'000 ? static_cast<std::uint64_t>(i) + 1 : (random() | 1);
    const MemberId member = MemberId::Of(raw);
    const std::string token = MemberToken(member);
    ASSERT_EQ(token.size(), 13u);
    ASSERT_EQ(ParseMemberToken(token), member) << raw;
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 10'000u);
}

TEST(Names, OfOtherThingsComeBack) {
  const auto revision = ParseRevisionName("programs/bean-club/revisions/4294967295");
  ASSERT_TRUE(revision);
  EXPECT_EQ(revision->number, 4294967295u);
  const auto member = ParseMemberName(MemberName(kProgram, MemberId::Of(77)));
  ASSERT_TRUE(member);
  EXPECT_EQ(member->program, kProgram);
  EXPECT_EQ(member->member, MemberId::Of(77));
  const auto lot = ParseLotName(LotName(kProgram, MemberId::Of(77), LotId{9, 2}));
  ASSERT_TRUE(lot);
  EXPECT_EQ(lot->member, MemberId::Of(77));
  EXPECT_EQ(lot->lot, (LotId{9, 2}));
  const auto entry = ParseEntryName("programs/bean-club/entries/7-90412");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->partition, 7);
  EXPECT_EQ(entry->sequence, 90412u);
  const ReceiptKey receipt{PlaceId::Of("s_1"), PlaceId::Of("T3"), *Date::FromCivil(2024, 2, 29),
                           PlaceId::Of("A-1")};
  const auto purchase = ParsePurchaseName(PurchaseName(kProgram, receipt));
  ASSERT_TRUE(purchase);
  EXPECT_EQ(purchase->receipt, receipt);
}

TEST(Names, HaveOneSpelling) {
  for (const char* name : {"", "programs", "programs/", "programs/Bean", "programs/bean-club/",
                           "Programs/bean-club", "programs/bean-club/x"}) {
    EXPECT_FALSE(ParseProgramName(name)) << name;
  }
  for (const char* name :
       {"programs/bean-club/revisions/0", "programs/bean-club/revisions/01",
        "programs/bean-club/revisions/+1", "programs/bean-club/revisions/4294967296",
        "programs/bean-club/revisions/", "programs/bean-club/revisions/1/"}) {
    EXPECT_FALSE(ParseRevisionName(name)) << name;
  }
  for (const char* token : {"", "5p5b0kzs7dqr", "5p5b0kzs7dqr11", "5P5B0KZS7DQR1", "5p5b0kzs7dqri",
                            "g000000000000", "0000000000000", "5p5b0kzs7dq 1"}) {
    EXPECT_FALSE(ParseMemberToken(token)) << token;
  }
  for (const char* name :
       {"programs/bean-club/entries/0", "programs/bean-club/entries/0-0",
        "programs/bean-club/entries/00-1", "programs/bean-club/entries/65536-1",
        "programs/bean-club/entries/-1", "programs/bean-club/entries/0-18446744073709551616"}) {
    EXPECT_FALSE(ParseEntryName(name)) << name;
  }
  for (const char* name : {"programs/bean-club/purchases/S1.T1.20260230.1",
                           "programs/bean-club/purchases/S1.T1.2026031.1",
                           "programs/bean-club/purchases/S1.T1.20260301",
                           "programs/bean-club/purchases/S1.T1.20260301.1.2",
                           "programs/bean-club/purchases/.T1.20260301.1",
                           "programs/bean-club/purchases/-S.T1.20260301.1"}) {
    EXPECT_FALSE(ParsePurchaseName(name)) << name;
  }
}

}  // namespace
}  // namespace laurel
