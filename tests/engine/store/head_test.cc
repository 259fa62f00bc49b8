#include "engine/store/head.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/escaping.h"
#include "tests/testing/seed.h"

namespace laurel {
namespace {

Hash Filled(std::uint8_t byte) {
  Hash hash;
  hash.fill(byte);
  return hash;
}

HeadRecord ARecord() {
  HeadRecord record;
  record.head.epoch = 3;
  record.head.sequence = 0x0102030405060708;
  record.head.root = Filled(0xAA);
  record.head.last_leaf = Filled(0xBB);
  record.head.frontier = {Filled(0xC1), Filled(0xC2)};
  record.head.last_recorded_at = Timestamp::FromMicros(-2);
  record.head.batch = 9;
  record.head.binary_version = "0.1.0";
  record.previous_sequence = 7;
  return record;
}

TEST(Head, EncodingIsFrozen) {
  const std::string aa(64, 'a');
  const std::string bb(64, 'b');
  std::string c1;
  std::string c2;
  for (int i = 0; i < 32; ++i) {
    c1 += "c1";
    c2 += "c2";
  }
  EXPECT_EQ(absl::BytesToHexString(EncodeHead(ARecord())),
            "01"
            "0000000000000003"
            "0102030405060708" +
                aa + bb +
                "fffffffffffffffe"
                "0000000000000009"
                "0000000000000007"
                "02" +
                c1 + c2 +
                "0005"
                "302e312e30");
  EXPECT_EQ(absl::BytesToHexString(HeadKey(0x0102)), "010268656164");
  EXPECT_EQ(absl::BytesToHexString(LedgerIdKey()), "ffff6c65646765725f6964");
}

TEST(Head, DecodesWhatItEncodes) {
  const absl::StatusOr<HeadRecord> decoded = DecodeHead(EncodeHead(ARecord()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->head, ARecord().head);
  EXPECT_EQ(decoded->previous_sequence, 7u);
}

TEST(Head, RefusesEveryPrefixAndAnyExtraByte) {
  const std::string bytes = EncodeHead(ARecord());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeHead(bytes.substr(0, size)).status())) << size;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeHead(bytes + "x").status()));
  std::string newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(DecodeHead(newer).status().message(), "head.format: must be 1, was 2");
}

TEST(Head, DecoderIsTotal) {
  const std::uint64_t seed = TestSeed(1);
  SCOPED_TRACE(absl::StrCat("LAUREL_SEED=", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = EncodeHead(ARecord());
    for (std::uint64_t change = random() % 4; change > 0; --change) {
      bytes[random() % bytes.size()] = static_cast<char>(random() & 0xFF);
    }
    bytes.resize(random() % (bytes.size() + 40));
    const absl::StatusOr<HeadRecord> decoded = DecodeHead(bytes);
    if (decoded.ok()) {
      EXPECT_EQ(EncodeHead(*decoded), bytes);
    }
  }
}

}  // namespace
}  // namespace laurel
