#include "engine/base/hash.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace laurel {
namespace {

TEST(Sha256, MatchesPublishedVectors) {
  // FIPS 180-2, appendix B, and the empty message.
  constexpr struct {
    const char* message;
    const char* digest;
  } kRows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.message);
    EXPECT_EQ(ToHex(Sha256(row.message)), row.digest);
  }
}

TEST(Sha256, OfPartsIsThatOfTheirConcatenation) {
  // 512 bytes is where the implementation changes its way.
  for (const std::size_t size : {0u, 1u, 170u, 171u, 509u, 510u, 511u, 512u, 513u, 5000u}) {
    SCOPED_TRACE(size);
    const std::string first(size, 'a');
    EXPECT_EQ(Sha256(first, "b"), Sha256(first + "b"));
    EXPECT_EQ(Sha256(first, "b", "c"), Sha256(first + "bc"));
    EXPECT_EQ(Sha256("x", first, first), Sha256("x" + first + first));
  }
}

TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(ToHex(HmacSha256(std::string(20, '\x0b'))("Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacSha256("Jefe")("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'))(
                "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, ComesFromExactly32Bytes) {
  const Hash hash = Sha256("abc");
  EXPECT_EQ(HashFromBytes(AsBytes(hash)), hash);
  EXPECT_EQ(HashFromBytes(std::string(31, 'a')), std::nullopt);
  EXPECT_EQ(HashFromBytes(std::string(33, 'a')), std::nullopt);
  EXPECT_EQ(HashFromBytes(""), std::nullopt);
}

TEST(Crc32c, MatchesRfc3720) {
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  const std::string falling(rising.rbegin(), rising.rend());
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(Crc32c(falling), 0x113fdb5cu);
}

TEST(RandomBytes, HasTheLengthAskedForAndDoesNotRepeat) {
  EXPECT_EQ(RandomBytes(0), "");
  EXPECT_EQ(RandomBytes(33).size(), 33u);
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace laurel
