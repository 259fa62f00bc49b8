#include "engine/journal/tlog_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/journal/proof.h"
#include "tests/engine/journal/vectors.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using testing::MemoryNodes;
using testing::PublishedEntries;

// The worked example: leaf 5 of the eight published ones.
constexpr absl::string_view kCheckpoint =
    "ledger.example.com/laurel/0\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    "\n"
    "— ledger.example.com/laurel/0 "
    "Pr8lxt05SOXP0ID07wdZiCN+ikiyWAvp13eBO/iJVrz5eWO/R4apNkEch0lw+UqSR0"
    "jloIVsJPlsZc8POpkXOFX6GAs=\n"
    "— witness.example.com/w1 "
    "6EmBcgAAAABlU/EA85oe+UyYskl3vgrv+atNV/MP0rGEPdoa43rvJx+0WUwfU8kGIIAKum8"
    "YKTH1noluw19GRjyzQLzb3ttpBnxRCg==\n";

std::string ExampleText() {
  return absl::StrCat(
      "c2sp.org/tlog-proof@v1\n"
      "index 5\n"
      "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
      "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"
      "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
      "\n",
      kCheckpoint);
}

std::vector<VerifierKey> Keys() {
  return {
      *VerifierKey::Parse("ledger.example.com/laurel/0+3ebf25c6+AddamAGCsQq31Uv+08lkBzoO4XLz2qYj"
                          "Ja8CGmj3B1Ea"),
      *VerifierKey::Parse(
          "witness.example.com/w1+e8498172+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM")};
}

TEST(TlogProof, GivesTheWorkedExample) {
  std::vector<Hash> leaves;
  for (const std::string& entry : PublishedEntries()) leaves.push_back(LeafHash(entry));
  const TlogProof proof{.extra = std::nullopt,
                        .index = 5,
                        .proof = *InclusionPath(5, 8, MemoryNodes(leaves)),
                        .checkpoint = std::string(kCheckpoint)};
  EXPECT_EQ(RenderTlogProof(proof), ExampleText());
  EXPECT_EQ(*ParseTlogProof(ExampleText()), proof);

  const absl::StatusOr<VerifiedCheckpoint> opened =
      VerifyTlogProof(ExampleText(), PublishedEntries()[5], Keys());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->checkpoint.size, 8u);
  EXPECT_EQ(opened->signatures.size(), 2u);
}

TEST(TlogProof, CarriesExtraBytes) {
  TlogProof proof = *ParseTlogProof(ExampleText());
  proof.extra = std::string("\0\xff", 2);
  const std::string text = RenderTlogProof(proof);
  EXPECT_EQ(*ParseTlogProof(text), proof);
  EXPECT_TRUE(VerifyTlogProof(text, PublishedEntries()[5], Keys()).ok());
}

TEST(TlogProof, RefusesAnotherEntry) {
  for (std::size_t i = 0; i < PublishedEntries().size(); ++i) {
    EXPECT_EQ(VerifyTlogProof(ExampleText(), PublishedEntries()[i], Keys()).ok(), i == 5) << i;
  }
}

TEST(TlogProof, RefusesChangedText) {
  struct Row {
    absl::string_view from;
    absl::string_view to;
  };
  constexpr Row kChanges[] = {
      {"@v1", "@v2"},
      {"index 5", "index 4"},
      {"index 5", "index 05"},
      {"index 5", "index  5"},
      {"index 5", "index -5"},
      {"index 5", "index"},
      {"index 5\n", ""},
      {"index 5", "extra\nindex 5"},
      {"index 5", "extra !\nindex 5"},
      {"index 5", "index 5\nindex 5"},
      {"vBoG", "vBoH"},
      {"vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n", ""},
      {"vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
       "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZng=="},
      {"FLc=\n\n", "FLc=\n"},
      {"FLc=\n\n", "FLc=\n\n\n"},
      {"laurel/0\n8\n", "laurel/0\n7\n"},
      {"laurel/0\n8\n", "laurel/1\n8\n"},
      {"t05SO", "t05SP"},
  };
  for (const Row& row : kChanges) {
    const std::string text = absl::StrReplaceAll(ExampleText(), {{row.from, row.to}});
    ASSERT_NE(text, ExampleText()) << row.from;
    EXPECT_EQ(VerifyTlogProof(text, PublishedEntries()[5], Keys()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << row.to;
  }
}

TEST(TlogProof, SurvivesRandomMutations) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::string original = ExampleText();
  for (int round = 0; round < 20000; ++round) {
    std::string text = original;
    const std::size_t at = random() % text.size();
    if (random() % 4 == 0) {
      text.resize(at);
    } else {
      text[at] = static_cast<char>(random());
    }
    const absl::StatusOr<TlogProof> parsed = ParseTlogProof(text);
    if (parsed.ok()) {
      ASSERT_EQ(RenderTlogProof(*parsed), text);
    }
  }
}

}  // namespace
}  // namespace laurel
