#include "engine/journal/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/journal/proof.h"
#include "tests/engine/journal/vectors.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;
using testing::MemoryNodes;
using testing::PublishedEntries;
using ::testing::SizeIs;

constexpr absl::string_view kOrigin = "ledger.example.com/laurel/0";
// RFC 8032, tests 1 and 2.
constexpr absl::string_view kLogSeed =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr absl::string_view kWitnessSeed =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr absl::string_view kTextOf8 =
    "ledger.example.com/laurel/0\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
constexpr absl::string_view kLogLineOf8 =
    "— ledger.example.com/laurel/0 "
    "Pr8lxt05SOXP0ID07wdZiCN+ikiyWAvp13eBO/iJVrz5eWO/R4apNkEch0lw+UqSR0"
    "jloIVsJPlsZc8POpkXOFX6GAs=\n";
constexpr absl::string_view kWitnessLineOf8 =
    "— witness.example.com/w1 "
    "6EmBcgAAAABlU/EA85oe+UyYskl3vgrv+atNV/MP0rGEPdoa43rvJx+0WUwfU8kGIIAKum8"
    "YKTH1noluw19GRjyzQLzb3ttpBnxRCg==\n";

Signer LogSigner() {
  return *Signer::FromSeed(kOrigin, KeyType::kNote, absl::HexStringToBytes(kLogSeed));
}
Signer WitnessSigner() {
  return *Signer::FromSeed("witness.example.com/w1", KeyType::kCosignature,
                           absl::HexStringToBytes(kWitnessSeed));
}
std::vector<VerifierKey> Keys() { return {LogSigner().key(), WitnessSigner().key()}; }

MemoryNodes PublishedNodes() {
  std::vector<Hash> leaves;
  for (const std::string& entry : PublishedEntries()) leaves.push_back(LeafHash(entry));
  return MemoryNodes(std::move(leaves));
}

Checkpoint CheckpointOf(TreeSize size) {
  return Checkpoint{std::string(kOrigin), size, *RootAt(size, PublishedNodes())};
}

std::string SignedOf8() { return absl::StrCat(kTextOf8, "\n", kLogLineOf8, kWitnessLineOf8); }

TEST(SignCheckpoint, GivesTheWorkedExamples) {
  struct Row {
    TreeSize size;
    absl::string_view root;
    absl::string_view signature;
  };
  constexpr Row kRows[] = {
      {0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
       "Pr8lxjRd80CzHX8o4BOmghyO05mPZznGxjIrclgEX0cWF4ToWvSe6fMpKuWK0Xjj6t1d4OgpIz3Wyx+"
       "b7jboH6ZfHA8="},
      {6, "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=",
       "Pr8lxgC28J2VxJDQbyOyyC4le00f9sT9MTFk+Uqkn8L2bH8+"
       "LP0ipuNxrCs86XMNndEcQIaRWBSHYCUnvdlsQIXFCAo="},
      {8, "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
       "Pr8lxt05SOXP0ID07wdZiCN+ikiyWAvp13eBO/iJVrz5eWO/"
       "R4apNkEch0lw+UqSR0jloIVsJPlsZc8POpkXOFX6GAs="},
  };
  for (const Row& row : kRows) {
    const absl::StatusOr<Note> note =
        SignCheckpoint(CheckpointOf(row.size), std::vector{LogSigner()});
    ASSERT_TRUE(note.ok()) << note.status();
    const std::string bytes = absl::StrCat(kOrigin, "\n", row.size, "\n", row.root, "\n\n— ",
                                           kOrigin, " ", row.signature, "\n");
    EXPECT_EQ(RenderNote(*note), bytes);
    const absl::StatusOr<VerifiedCheckpoint> opened = OpenCheckpoint(bytes, Keys());
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->checkpoint, CheckpointOf(row.size));
    EXPECT_EQ(opened->note, *note);
  }
}

TEST(Cosign, GivesTheWorkedExample) {
  EXPECT_EQ(WitnessSigner().key().Render(),
            "witness.example.com/w1+e8498172+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM");
  const absl::StatusOr<NoteSignature> signature = WitnessSigner().Cosign(kTextOf8, 1700000000);
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(RenderSignatureLine(*signature), kWitnessLineOf8);

  const absl::StatusOr<VerifiedCheckpoint> opened = OpenCheckpoint(SignedOf8(), Keys());
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_THAT(opened->signatures, SizeIs(2));
  EXPECT_EQ(opened->signatures[0].key, LogSigner().key());
  EXPECT_EQ(opened->signatures[1].key, WitnessSigner().key());
  EXPECT_EQ(opened->signatures[1].cosigned_at, 1700000000u);
}

TEST(SignCheckpoint, SignsWithBothKeysOfARotation) {
  const Signer next =
      *Signer::FromSeed(kOrigin, KeyType::kNote, absl::HexStringToBytes(kWitnessSeed));
  const absl::StatusOr<Note> note = SignCheckpoint(CheckpointOf(8), std::vector{LogSigner(), next});
  ASSERT_TRUE(note.ok()) << note.status();
  const std::string bytes = RenderNote(*note);
  EXPECT_TRUE(OpenCheckpoint(bytes, std::vector{LogSigner().key()}).ok());
  EXPECT_TRUE(OpenCheckpoint(bytes, std::vector{next.key()}).ok());
  EXPECT_THAT(OpenCheckpoint(bytes, std::vector{LogSigner().key(), next.key()})->signatures,
              SizeIs(2));
}

TEST(SignCheckpoint, RefusesAKeyOfAnotherOrigin) {
  Checkpoint checkpoint = CheckpointOf(8);
  checkpoint.origin = "ledger.example.com/laurel/1";
  EXPECT_EQ(SignCheckpoint(checkpoint, std::vector{LogSigner()}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(OpenCheckpoint, NeedsTheLogsSignature) {
  const std::string witness_only = absl::StrCat(kTextOf8, "\n", kWitnessLineOf8);
  EXPECT_THAT(std::string(OpenCheckpoint(witness_only, Keys()).status().message()),
              HasSubstr("must be signed by a known key of ledger.example.com/laurel/0"));
  EXPECT_FALSE(OpenCheckpoint(SignedOf8(), std::vector{WitnessSigner().key()}).ok());
  EXPECT_FALSE(OpenCheckpoint(SignedOf8(), std::vector<VerifierKey>{}).ok());

  // A known key of another log vouches for nothing here.
  const Signer other = *Signer::FromSeed("other.example.com/laurel/0", KeyType::kNote,
                                         absl::HexStringToBytes(kWitnessSeed));
  const Note note{std::string(kTextOf8), {*other.Sign(kTextOf8)}};
  EXPECT_FALSE(OpenCheckpoint(RenderNote(note), std::vector{LogSigner().key(), other.key()}).ok());
}

TEST(ParseCheckpointText, RefusesEveryOtherForm) {
  const std::string root = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
  ASSERT_TRUE(ParseCheckpointText("o\n8\n" + root).ok());
  for (const std::string& text : {
           std::string(), std::string("o\n"), std::string("o\n8\n"), "\n8\n" + root, "o\n\n" + root,
           "o\n08\n" + root, "o\n+8\n" + root, "o\n-8\n" + root, "o\n 8\n" + root, "o\n8 \n" + root,
           "o\n18446744073709551616\n" + root, "o\n0\n" + root, "o\n8\n" + root + "extension\n",
           "o\n8\n" + root + "\n", "o\n8\n" + root.substr(0, root.size() - 1),
           std::string("o\n8\n\n"),
           std::string("o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQw==\n"),  // 31 bytes
           std::string("o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyi=\n"),  // stray bits
       }) {
    EXPECT_EQ(ParseCheckpointText(text).status().code(), absl::StatusCode::kInvalidArgument)
        << absl::CEscape(text);
  }
}

TEST(ParseCheckpointText, RoundTrips) {
  for (TreeSize size : {TreeSize{0}, TreeSize{1}, TreeSize{8}}) {
    const Checkpoint checkpoint = CheckpointOf(size);
    EXPECT_EQ(*ParseCheckpointText(RenderCheckpointText(checkpoint)), checkpoint);
  }
  const Checkpoint largest{"o", ~TreeSize{0}, Hash{}};
  EXPECT_EQ(*ParseCheckpointText(RenderCheckpointText(largest)), largest);
}

TEST(OpenCheckpoint, SurvivesRandomMutations) {
  const std::uint64_t seed = TestSeed(20240301);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  const std::string original = SignedOf8();
  const std::vector<VerifierKey> keys = Keys();
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = original;
    for (std::uint64_t changes = 1 + random() % 2; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const absl::StatusOr<VerifiedCheckpoint> opened = OpenCheckpoint(bytes, keys);
    if (opened.ok()) {
      ASSERT_EQ(opened->checkpoint, CheckpointOf(8)) << absl::CEscape(bytes);
    }
  }
}

TEST(AddCheckpoint, GivesTheWorkedExample) {
  const AddCheckpoint request{6, *ConsistencyPath(6, 8, PublishedNodes()), SignedOf8()};
  const std::string body = absl::StrCat(
      "old 6\n"
      "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=\n"
      "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"
      "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
      "\n",
      SignedOf8());
  EXPECT_EQ(RenderAddCheckpoint(request), body);
  EXPECT_EQ(*ParseAddCheckpoint(body), request);
  EXPECT_EQ(VerifyConsistency(6, 8, CheckpointOf(6).root, CheckpointOf(8).root, request.proof),
            absl::OkStatus());
}

TEST(AddCheckpoint, RefusesMalformedBodies) {
  const std::string hash = "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=\n";
  std::string hashes;
  for (std::size_t i = 0; i < kWitnessProofHashesMax; ++i) hashes += hash;
  EXPECT_TRUE(ParseAddCheckpoint("old 6\n" + hashes + "\n").ok());
  for (const std::string& body : {
           std::string(),
           std::string("old 6"),
           std::string("old 6\n"),
           std::string("old\n\n"),
           std::string("old 06\n\n"),
           std::string("new 6\n\n"),
           "old 6\n" + hash,
           "old 6\n" + hash.substr(1) + "\n",
           "old 6\n" + hashes + hash + "\n",
       }) {
    EXPECT_EQ(ParseAddCheckpoint(body).status().code(), absl::StatusCode::kInvalidArgument) << body;
  }
}

TEST(OriginHash, IsHexOfSha256) {
  EXPECT_EQ(OriginHash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace laurel
