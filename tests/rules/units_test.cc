#include "rules/program/units.h"

#include <gtest/gtest.h>

#include "rules/program/currency.h"
#include "rules/program/text.h"

namespace laurel::rules {
namespace {

using Fit = Scaled::Fit;

TEST(ParseScaled, ReadsDecimalsExactly) {
  struct Row {
    absl::string_view text;
    int digits;
    Fit fit;
    std::int64_t value;
  };
  constexpr Row kRows[] = {
      {"12.50", 2, Fit::kExact, 1250},
      {"12.5", 2, Fit::kExact, 1250},
      {"12", 2, Fit::kExact, 1200},
      {"0012", 0, Fit::kExact, 12},
      {"-0.01", 2, Fit::kExact, -1},
      {"0.000001", 6, Fit::kExact, 1},
      {"1000000000000000000", 0, Fit::kExact, 1'000'000'000'000'000'000},
      {"1000000000000000001", 0, Fit::kTooLarge, 0},
      {"99999999999999999999999999999999", 0, Fit::kTooLarge, 0},
      {"10000000000000000", 3, Fit::kTooLarge, 0},
      {"1.00", 1, Fit::kTooFine, 0},
      {"1.0", 0, Fit::kTooFine, 0},
      {"", 2, Fit::kMalformed, 0},
      {"-", 2, Fit::kMalformed, 0},
      {"+1", 2, Fit::kMalformed, 0},
      {".5", 2, Fit::kMalformed, 0},
      {"5.", 2, Fit::kMalformed, 0},
      {"1e3", 2, Fit::kMalformed, 0},
      {"1,000", 2, Fit::kMalformed, 0},
      {"1_000", 2, Fit::kMalformed, 0},
      {"0x10", 2, Fit::kMalformed, 0},
      {" 1", 2, Fit::kMalformed, 0},
      {"1.0000000", 6, Fit::kMalformed, 0},
      {"1.2.3", 6, Fit::kMalformed, 0},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const Scaled scaled = ParseScaled(row.text, row.digits);
    EXPECT_EQ(scaled.fit, row.fit);
    EXPECT_EQ(scaled.value, row.value);
  }
}

TEST(RenderScaled, PutsThePoint) {
  EXPECT_EQ(RenderScaled(1250, 2), "12.50");
  EXPECT_EQ(RenderScaled(5, 3), "0.005");
  EXPECT_EQ(RenderScaled(-5, 2), "-0.05");
  EXPECT_EQ(RenderScaled(7, 0), "7");
}

TEST(ParseDuration, ReadsNumberAndUnit) {
  struct Row {
    absl::string_view text;
    std::int32_t months;
    std::int32_t days;
  };
  constexpr Row kRows[] = {{"1 day", 0, 1},   {"30 days", 0, 30},         {"2 weeks", 0, 14},
                           {"1 month", 1, 0}, {"12 months", 12, 0},       {"40 years", 480, 0},
                           {"0 days", 0, 0},  {"100000 days", 0, 100'000}};
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.text);
    const auto duration = ParseDuration(row.text);
    ASSERT_TRUE(duration);
    EXPECT_EQ(duration->months(), row.months);
    EXPECT_EQ(duration->days(), row.days);
    EXPECT_TRUE(duration->is_whole_days());
  }
  ASSERT_TRUE(ParseDuration("90 minutes"));
  EXPECT_EQ(ParseDuration("90 minutes")->micros_max(), 5'400'000'000);
  EXPECT_EQ(ParseDuration("1 year")->micros_max(), 366LL * 86'400'000'000);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const absl::string_view text :
       {"", "days", "12", "12 ", "12  days", " 12 days", "-1 days", "1.5 days", "100001 days",
        "12 moons", "12 Days", "12days", "P1Y", "12 dayss", "1e2 days", "9999999 days", "12 s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(ParseYearDay, KnowsEveryDayOfALeapYear) {
  ASSERT_TRUE(ParseYearDay("02-29"));
  EXPECT_EQ(ParseYearDay("03-31")->month, 3);
  EXPECT_EQ(ParseYearDay("03-31")->day, 31);
  for (const absl::string_view text :
       {"02-30", "13-01", "00-10", "3-31", "03/31", "2027-03-31", "ab-cd", ""}) {
    EXPECT_FALSE(ParseYearDay(text)) << text;
  }
}

TEST(CurrencyExponent, FollowsIso4217) {
  EXPECT_EQ(CurrencyExponent("EUR"), 2);
  EXPECT_EQ(CurrencyExponent("JPY"), 0);
  EXPECT_EQ(CurrencyExponent("KWD"), 3);
  EXPECT_EQ(CurrencyExponent("CLF"), 4);
  EXPECT_EQ(CurrencyExponent("MGA"), 2);
  for (const absl::string_view code :
       {"XAU", "XAG", "XPT", "XPD", "XDR", "XTS", "XX\x58", "EUX", "eur", "", "EU"}) {
    EXPECT_FALSE(CurrencyExponent(code)) << code;
  }
  EXPECT_TRUE(std::is_sorted(CurrencyCodes().begin(), CurrencyCodes().end()));
}

TEST(IsUtf8, RefusesWhatDecodersDisagreeAbout) {
  for (const absl::string_view text :
       {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text));
  }
  for (const absl::string_view text :
       {"\x80", "\xC3", "\xC0\xAF", "\xC1\x81", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE2\x82"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

TEST(Nearest, ProposesWhatWasMeant) {
  const std::vector<std::string> names = {"currency", "time_zone", "tiers", "id"};
  EXPECT_EQ(Nearest("currncy", names), "currency");
  EXPECT_EQ(Nearest("timeZone", names), "time_zone");
  EXPECT_EQ(Nearest("TIERS", names), "tiers");
  EXPECT_EQ(Nearest("on", names), "");
  EXPECT_EQ(Nearest("ids", names), "id");
  EXPECT_EQ(Nearest("promotions", names), "");
}

TEST(Quoted, ShowsControlsAndCutsLongText) {
  EXPECT_EQ(Quoted("a\nb\x07"), "\"a\\nb\\x07\"");
  EXPECT_EQ(Quoted(std::string(50, 'x')), "\"" + std::string(40, 'x') + "...\"");
  EXPECT_EQ(Quoted("\xC3\xA9"), "\"\xC3\xA9\"");
}

}  // namespace
}  // namespace laurel::rules
