#include "engine/store/anchor.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "engine/store/head.h"
#include "tests/testing/seed.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

constexpr LedgerId kLedger{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

Anchor AnAnchor(PartitionId partition, std::uint64_t sequence) {
  Anchor anchor{.ledger_id = kLedger, .partition = partition, .epoch = 2, .sequence = sequence};
  anchor.root = Sha256(absl::StrCat("root ", sequence));
  anchor.last_leaf = Sha256(absl::StrCat("leaf ", sequence));
  anchor.last_recorded_at = Timestamp::FromMicros(1'700'000'000'000'000);
  anchor.checkpoint_size = sequence / 2;
  return anchor;
}

// Changes one byte of the file.
void Flip(const std::string& path, std::int64_t offset) {
  std::string bytes = *ReadFile(path);
  bytes[static_cast<std::size_t>(offset)] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
}

TEST(Anchor, EncodingIsFrozen) {
  Anchor anchor = AnAnchor(0x0102, 0x0A0B);
  anchor.generation = 0x0304;
  anchor.root.fill(0xAA);
  anchor.last_leaf.fill(0xBB);
  const std::string slot = EncodeAnchor(anchor);
  ASSERT_EQ(slot.size(), kAnchorSlotBytes);
  EXPECT_EQ(absl::BytesToHexString(slot.substr(0, 136)),
            "4c524c414e434831"
            "000102030405060708090a0b0c0d0e0f"
            "00000102"
            "00000000"
            "0000000000000304"
            "0000000000000002"
            "0000000000000a0b" +
                std::string(64, 'a') + std::string(64, 'b') +
                "00060a24181e4000"
                "0000000000000505");
  EXPECT_EQ(slot.substr(136, 372), std::string(372, '\0'));
  EXPECT_EQ(DecodeAnchor(slot), anchor);
}

TEST(Anchor, NoChangedByteGoesUnnoticed) {
  const std::string slot = EncodeAnchor(AnAnchor(0, 7));
  for (std::size_t i = 0; i < slot.size(); ++i) {
    std::string changed = slot;
    changed[i] ^= 0x10;
    EXPECT_EQ(DecodeAnchor(changed), std::nullopt) << i;
  }
  EXPECT_EQ(DecodeAnchor(slot.substr(1)), std::nullopt);
  EXPECT_EQ(DecodeAnchor(slot + '\0'), std::nullopt);
  EXPECT_EQ(DecodeAnchor(std::string(kAnchorSlotBytes, '\0')), std::nullopt);
}

TEST(AnchorFile, StartsEmptyAndKeepsTheNewestOfEachPartition) {
  const TempDir dir;
  const std::string path = dir.Path("anchor");
  const std::vector<PartitionId> partitions = {0, 1, 0xFFFF};
  ASSERT_TRUE(AnchorFile::Create(path, kLedger, partitions).ok());
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 3 * 2 * 4'096);
  EXPECT_TRUE(absl::IsAlreadyExists(AnchorFile::Create(path, kLedger, partitions)));
  {
    const auto anchors = AnchorFile::Open(path, partitions);
    ASSERT_TRUE(anchors.ok()) << anchors.status();
    const Anchor first = (*anchors)->Read(0xFFFF)->value();
    EXPECT_EQ(
        first,
        (Anchor{.ledger_id = kLedger, .partition = 0xFFFF, .generation = 1, .root = EmptyRoot()}));
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
      ASSERT_TRUE((*anchors)->Write(AnAnchor(1, sequence)).ok());
    }
    EXPECT_TRUE(absl::IsOutOfRange((*anchors)->Write(AnAnchor(2, 1))));
    EXPECT_TRUE(absl::IsOutOfRange((*anchors)->Read(2).status()));
  }
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 3 * 2 * 4'096);
  const auto anchors = AnchorFile::Open(path, partitions);
  ASSERT_TRUE(anchors.ok());
  Anchor expected = AnAnchor(1, 5);
  expected.generation = 6;
  EXPECT_EQ((*anchors)->Read(1)->value(), expected);
  EXPECT_EQ((*anchors)->Read(0)->value().sequence, 0u);
}

TEST(AnchorFile, FallsBackToTheOlderSlotAndThenToNone) {
  const TempDir dir;
  const std::string path = dir.Path("anchor");
  ASSERT_TRUE(AnchorFile::Create(path, kLedger, {0}).ok());
  {
    const auto anchors = AnchorFile::Open(path, {0});
    ASSERT_TRUE((*anchors)->Write(AnAnchor(0, 1)).ok());  // generation 2, slot 0
    ASSERT_TRUE((*anchors)->Write(AnAnchor(0, 2)).ok());  // generation 3, slot 1
  }
  Flip(path, 4'096 + 50);
  auto anchors = AnchorFile::Open(path, {0});
  EXPECT_EQ((*anchors)->Read(0)->value().sequence, 1u);
  ASSERT_TRUE((*anchors)->Write(AnAnchor(0, 3)).ok());  // over the torn slot, not over the good one
  anchors = AnchorFile::Open(path, {0});
  EXPECT_EQ((*anchors)->Read(0)->value().sequence, 3u);
  Flip(path, 4'096 + 50);
  Flip(path, 50);
  anchors = AnchorFile::Open(path, {0});
  EXPECT_EQ(*(*anchors)->Read(0), std::nullopt);
  EXPECT_TRUE(absl::IsNotFound(AnchorFile::Open(dir.Path("none"), {0}).status()));
}

TEST(AnchorFile, SlotOfAnotherPlaceIsNotTaken) {
  const TempDir dir;
  const std::string path = dir.Path("anchor");
  ASSERT_TRUE(AnchorFile::Create(path, kLedger, {0, 1}).ok());
  std::string bytes = *ReadFile(path);
  bytes = bytes.substr(2 * 4'096) + bytes.substr(0, 2 * 4'096);  // partitions swapped
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  const auto anchors = AnchorFile::Open(path, {0, 1});
  EXPECT_EQ(*(*anchors)->Read(0), std::nullopt);
  EXPECT_EQ(*(*anchors)->Read(1), std::nullopt);
}

}  // namespace
}  // namespace laurel
