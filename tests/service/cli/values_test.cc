// Amounts, instants, durations, ids and names as people write them.
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <random>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "service/cli/amount.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/progress.h"
#include "service/cli/request_id.h"
#include "service/cli/suggest.h"
#include "tests/testing/seed.h"

namespace laurel::cli {
namespace {

TEST(Amount, IsReadExactly) {
  struct Row {
    const char* text;
    int decimals;
    std::int64_t expected;
  };
  constexpr Row kRows[] = {
      {"11.77", 2, 1'177},  {"0.07", 2, 7},        {"0", 2, 0},
      {"007", 0, 7},        {"12", 2, 1'200},      {"12.5", 2, 1'250},
      {"12.500", 2, 1'250}, {"1.000", 0, 1},       {"0.29", 2, 29},
      {"-3.40", 2, -340},   {"1.2345", 4, 12'345}, {"10000000000000.00", 2, kAmountMax}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const absl::StatusOr<std::int64_t> amount = ParseAmount(row.text, row.decimals);
    ASSERT_TRUE(amount.ok()) << amount.status();
    EXPECT_EQ(*amount, row.expected);
  }
}

TEST(Amount, RefusesWhatIsNoAmount) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "1,50", "1 000", "1e3", "0x10", "1.234", "+1", "--1", "1.2.3",
        "NaN", "inf", "10000000000000.01", "99999999999999999999", "１"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(ParseAmount(text, 2).ok());
  }
}

TEST(Amount, WhatWasRenderedReadsBack) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5'000; ++round) {
    const auto amount = static_cast<std::int64_t>(random() % (2 * kAmountMax)) - kAmountMax;
    const int decimals = static_cast<int>(random() % 5);
    EXPECT_EQ(*ParseAmount(RenderAmount(amount, decimals), decimals), amount);
  }
  EXPECT_EQ(RenderAmount(-5, 2), "-0.05");
  EXPECT_EQ(RenderAmount(std::numeric_limits<std::int64_t>::min(), 0), "-9223372036854775808");
}

TEST(Amount, CountsHaveThousandsSeparated) {
  EXPECT_EQ(RenderCount(0), "0");
  EXPECT_EQ(RenderCount(999), "999");
  EXPECT_EQ(RenderCount(1'000), "1,000");
  EXPECT_EQ(RenderCount(69'659), "69,659");
  EXPECT_EQ(RenderCount(1'234'567'890), "1,234,567,890");
}

std::string Instant(absl::string_view text, absl::string_view zone) {
  const absl::StatusOr<Timestamp> instant = ParseInstant(text, *ParseZone(zone));
  return instant.ok() ? RenderInstant(*instant) : "refused";
}

TEST(Moment, LocalTimesGoByTheZone) {
  EXPECT_EQ(Instant("2024-07-01T12:00", "America/New_York"), "2024-07-01T16:00:00Z");
  EXPECT_EQ(Instant("2024-01-01 12:00:30", "America/New_York"), "2024-01-01T17:00:30Z");
  EXPECT_EQ(Instant("2024-01-01", "Asia/Shanghai"), "2023-12-31T16:00:00Z");
  EXPECT_EQ(Instant("2024-02-29T12:00:00Z", "Asia/Shanghai"), "2024-02-29T12:00:00Z");
  EXPECT_EQ(Instant("2024-02-29T12:00:00.5+01:00", "UTC"), "2024-02-29T11:00:00.500000Z");
}

TEST(Moment, ClockChangesHaveOneMeaning) {
  // Clocks jump from 02:00 to 03:00, and later show 01:30 twice.
  EXPECT_EQ(Instant("2024-03-10T02:30", "America/New_York"), "2024-03-10T07:30:00Z");
  EXPECT_EQ(Instant("2024-11-03T01:30", "America/New_York"), "2024-11-03T05:30:00Z");
}

TEST(Moment, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "2023-02-29", "2023-02-29T12:00", "2024-1-1", "2024-01-01T24:00", "2024-01-01T1:00",
        "2024-01-01T12:00:60", "2024-01-01X12:00", "2024-01-01T12", "yesterday"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(Instant(text, "UTC"), "refused");
  }
  EXPECT_FALSE(ParseZone("Mars/Olympus").ok());
  EXPECT_FALSE(ParseZone("").ok());
}

TEST(Moment, DatesOfInstantsAndEndsOfDates) {
  const absl::TimeZone zone = *ParseZone("America/New_York");
  const Date date = *Date::Parse("1998-07-01");
  EXPECT_EQ(RenderInstant(EndOf(date, zone)), "1998-07-02T03:59:59.999999Z");
  EXPECT_EQ(DateOf(EndOf(date, zone), zone), date);
  EXPECT_EQ(DateOf(EndOf(date, zone).PlusMicros(1), zone), date.PlusDays(1));
  EXPECT_EQ(ToString(DateOf(Timestamp::FromMicros(-1), absl::UTCTimeZone())), "1969-12-31");
}

TEST(Moment, ProtobufTimesRoundTripBefore1970) {
  for (const std::int64_t micros : std::initializer_list<std::int64_t>{
           -1, 0, 1, -1'000'000, -1'500'000, 1'700'000'000'123'456}) {
    EXPECT_EQ(FromProto(ToProto(Timestamp::FromMicros(micros))).micros(), micros);
    EXPECT_GE(ToProto(Timestamp::FromMicros(micros)).nanos(), 0);
  }
}

TEST(Progress, DurationsAndRatesReadWell) {
  constexpr std::int64_t kSecond = kMicrosPerSecond;
  EXPECT_EQ(RenderDuration(0), "0.0 s");
  EXPECT_EQ(RenderDuration(kSecond * 9 + 990'000), "9.9 s");
  EXPECT_EQ(RenderDuration(kSecond * 12), "12 s");
  EXPECT_EQ(RenderDuration(kSecond * 185), "3 min 05 s");
  EXPECT_EQ(RenderDuration(kSecond * 7'620), "2 h 07 min");
  EXPECT_EQ(RenderRate(24'690, 2 * kSecond), "12,345/s");
  EXPECT_EQ(RenderRate(5, 0), "0/s");
}

TEST(Progress, ShowsPartRateAndWhatIsLeft) {
  EXPECT_EQ(RenderProgress("importing", "rows", {35'000, 50, 100, 5 * kMicrosPerSecond}),
            "importing  [############............]  50 %  35,000 rows  7,000/s  5.0 s left");
  EXPECT_EQ(RenderProgress("importing", "rows", {10, 100, 100, kMicrosPerSecond}),
            "importing  [########################] 100 %  10 rows  10/s");
  EXPECT_EQ(RenderProgress("importing", "rows", {10, 10, 0, kMicrosPerSecond}),
            "importing  10 rows  10/s");
}

TEST(Progress, WritesALineEveryTenSecondsWithoutATerminal) {
  std::int64_t now = 0;
  std::ostringstream out;
  Progress progress(&out, {"importing", "rows", false, [&now] { return now; }});
  for (; now <= 25 * kMicrosPerSecond; now += kMicrosPerSecond) progress.Update(1, 1, 2);
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST(Progress, DrawsOverItselfOnATerminal) {
  std::int64_t now = 0;
  std::ostringstream out;
  {
    Progress progress(&out, {"importing", "rows", true, [&now] { return now; }});
    progress.Update(1, 1, 2);
    progress.Update(1, 1, 2);  // too soon
  }
  EXPECT_EQ(out.str(),
            "\rimporting  [############............]  50 %  1 rows  0/s  0.0 s left\x1b[K\r\x1b[K");
}

TEST(RequestId, IsAUuidOfVersionSevenThatSortsByTime) {
  const std::string early = NewRequestId(Timestamp::FromMicros(1'700'000'000'000'000));
  const std::string late = NewRequestId(Timestamp::FromMicros(1'700'000'000'001'000));
  EXPECT_EQ(early.size(), 36u);
  EXPECT_EQ(early.substr(0, 15), "018bcfe5-6800-7");
  EXPECT_LT(early, late);
  EXPECT_NE(NewRequestId(Timestamp()), NewRequestId(Timestamp()));
}

TEST(RequestId, OfAnImportDependsOnEveryPartOfTheKey) {
  const ImportKey key = {"programs/cdnow", "WEB", "1", "1997-01-01", "17"};
  const std::string id = ImportRequestId("accrue", key, 1);
  EXPECT_EQ(id, ImportRequestId("accrue", key, 1));
  EXPECT_EQ(id.size(), 36u);
  EXPECT_TRUE(absl::StartsWith(id, "imp-")) << id;
  std::set<std::string> ids = {id, ImportRequestId("enrol", key, 1),
                               ImportRequestId("accrue", key, 2)};
  for (std::string ImportKey::*part : {&ImportKey::program, &ImportKey::store, &ImportKey::terminal,
                                       &ImportKey::business_on, &ImportKey::number}) {
    ImportKey other = key;
    other.*part += "1";
    ids.insert(ImportRequestId("accrue", other, 1));
  }
  EXPECT_EQ(ids.size(), 8u);
}

TEST(Names, MembersAreNamedInThreeWays) {
  EXPECT_EQ(ParseMember("card:123", "programs/p")->identity().kind(), v1::IDENTITY_KIND_CARD);
  EXPECT_EQ(ParseMember("phone:+49", "programs/p")->identity().value(), "+49");
  EXPECT_EQ(ParseMember("mini_program:a:b", "programs/p")->identity().value(), "a:b");
  EXPECT_EQ(ParseMember("m_7f", "programs/p")->name(), "programs/p/members/m_7f");
  EXPECT_EQ(ParseMember("programs/q/members/m_7f", "programs/p")->name(),
            "programs/q/members/m_7f");
  for (const char* text : {"", "card:", "a/b"})
    EXPECT_FALSE(ParseMember(text, "programs/p").ok()) << text;
  EXPECT_TRUE(absl::StrContains(ParseMember("cart:123", "programs/p").status().message(),
                                "did you mean \"card\"?"));
}

TEST(Names, ReceiptsProgramsAndEntries) {
  EXPECT_EQ(RenderReceipt(*ParseReceipt("S12/T3/2026-01-03/000124")), "S12/T3/2026-01-03/000124");
  for (const char* text : {"", "S12/T3/2026-01-03", "S12/T3/2026-02-30/1", "S 12/T3/2026-01-03/1",
                           "S12//2026-01-03/1"}) {
    EXPECT_FALSE(ParseReceipt(text).ok()) << text;
  }
  EXPECT_EQ(*ParseProgram("stars"), "programs/stars");
  EXPECT_EQ(*ParseProgram("programs/stars"), "programs/stars");
  for (const char* text : {"", "Stars", "1a", "a/b", "a b"})
    EXPECT_FALSE(ParseProgram(text).ok()) << text;
  EXPECT_EQ(*ParseEntry("0-12", "programs/p"), "programs/p/entries/0-12");
  for (const char* text : {"", "12", "0-x", "0-1-2"})
    EXPECT_FALSE(ParseEntry(text, "programs/p").ok()) << text;
}

TEST(Suggest, FindsWhatWasMeant) {
  const std::vector<std::string> words = {"member", "points", "redemption", "tier", "ledger"};
  EXPECT_EQ(Nearest("membr", words), "member");
  EXPECT_EQ(Nearest("memebr", words), "member");
  EXPECT_EQ(Nearest("Points", words), "points");
  EXPECT_EQ(Nearest("teir", words), "tier");
  EXPECT_EQ(Nearest("xyz", words), std::nullopt);
  EXPECT_EQ(Nearest("", words), std::nullopt);
}

}  // namespace
}  // namespace laurel::cli
