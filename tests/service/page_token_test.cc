#include "service/page_token.h"

#include <gtest/gtest.h>

namespace laurel {
namespace {

const Timestamp kNow = *ParseTimestamp("2026-03-01T12:00:00Z");

TEST(PageTokens, OpensWhatItSealed) {
  const PageTokens tokens;
  const std::string token = tokens.Seal("ListEntries", "arguments", 90412, kNow);
  EXPECT_EQ(tokens.Open("ListEntries", "arguments", token, kNow), 90412u);
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_NE(tokens.Seal("ListEntries", "arguments", 90412, kNow), token);
}

TEST(PageTokens, FitsNothingElse) {
  const PageTokens tokens;
  const std::string token = tokens.Seal("ListEntries", "arguments", 7, kNow);
  EXPECT_FALSE(tokens.Open("ListTierChanges", "arguments", token, kNow));
  EXPECT_FALSE(tokens.Open("ListEntries", "argument", token, kNow));
  EXPECT_FALSE(PageTokens().Open("ListEntries", "arguments", token, kNow));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.Open("ListEntries", "arguments", changed, kNow)) << i;
    EXPECT_FALSE(tokens.Open("ListEntries", "arguments", token.substr(0, i), kNow)) << i;
  }
}

TEST(PageTokens, EndAfterADay) {
  const PageTokens tokens;
  const std::string token = tokens.Seal("ListEntries", "", 7, kNow);
  EXPECT_TRUE(tokens.Open("ListEntries", "", token, kNow.PlusMicros(kMicrosPerDay)));
  EXPECT_FALSE(tokens.Open("ListEntries", "", token, kNow.PlusMicros(kMicrosPerDay + 1)));
}

}  // namespace
}  // namespace laurel
