#include "service/identity_hasher.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"

namespace laurel {
namespace {

std::string Hex(const IdentityHash& hash) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

TEST(IdentityHasher, IsHmacOfProgramKindAndValue) {
  const IdentityHasher hasher(std::string(32, 'k'));
  const ProgramId program = ProgramId::Of("harbour");
  // By openssl dgst -sha256 -hmac over "harbour", 0x00, 0x01, "12345678".
  EXPECT_EQ(Hex(hasher.Hash(program, IdentityKind::kCard, "12345678")),
            "2d6b07520da1c0af360c5f5200afd698");
  EXPECT_NE(hasher.Hash(program, IdentityKind::kApp, "12345678"),
            hasher.Hash(program, IdentityKind::kCard, "12345678"));
  EXPECT_NE(hasher.Hash(ProgramId::Of("other"), IdentityKind::kCard, "12345678"),
            hasher.Hash(program, IdentityKind::kCard, "12345678"));
  EXPECT_NE(IdentityHasher(std::string(32, 'l')).Hash(program, IdentityKind::kCard, "12345678"),
            hasher.Hash(program, IdentityKind::kCard, "12345678"));
}

TEST(IdentityHasher, FingerprintIsFrozen) {
  std::string key;
  for (char c = 0; c < 32; ++c) key.push_back(c);
  // By openssl dgst -sha256 -mac HMAC -macopt hexkey:000102… over "laurel identity key".
  EXPECT_EQ(IdentityHasher(key).Fingerprint(), "2968fa1b7179f464bb64010d8692b3be");
  EXPECT_NE(IdentityHasher(std::string(32, 'k')).Fingerprint(), IdentityHasher(key).Fingerprint());
}

TEST(NormaliseIdentity, GivesOneSpelling) {
  struct Row {
    IdentityKind kind;
    const char* value;
    const char* normalised;
  };
  for (const Row& row : {
           Row{IdentityKind::kCard, "1234 5678-90", "1234567890"},
           Row{IdentityKind::kCard, "AbC", "AbC"},
           Row{IdentityKind::kPhone, "+8613800138000", "+8613800138000"},
           Row{IdentityKind::kPhone, "+86 138 0013 8000", "+8613800138000"},
           Row{IdentityKind::kPhone, "+49 (0)30 / 23125-001", "+493023125001"},
           Row{IdentityKind::kEmail, "  Ana.Lima@Example.COM ", "ana.lima@example.com"},
           Row{IdentityKind::kApp, "User 1", "User 1"},
           Row{IdentityKind::kSocial, "小红书-张伟", "小红书-张伟"},
       }) {
    SCOPED_TRACE(row.value);
    const absl::StatusOr<std::string> normalised = NormaliseIdentity(row.kind, row.value);
    ASSERT_TRUE(normalised.ok()) << normalised.status();
    EXPECT_EQ(*normalised, row.normalised);
  }
}

TEST(NormaliseIdentity, ReadsANumberAsInACountry) {
  EXPECT_EQ(*NormaliseIdentity(IdentityKind::kPhone, "030 23125001", "DE"), "+493023125001");
  EXPECT_EQ(*NormaliseIdentity(IdentityKind::kPhone, "138 0013 8000", "CN"), "+8613800138000");
  // One with a code keeps it.
  EXPECT_EQ(*NormaliseIdentity(IdentityKind::kPhone, "+86 138 0013 8000", "DE"), "+8613800138000");
  EXPECT_FALSE(NormaliseIdentity(IdentityKind::kPhone, "030 23125001").ok());
  EXPECT_FALSE(NormaliseIdentity(IdentityKind::kPhone, "030 23125001", "XX").ok());
}

TEST(NormaliseIdentity, RefusesWithoutQuoting) {
  struct Row {
    IdentityKind kind;
    std::string value;
  };
  for (const Row& row : {
           Row{IdentityKind::kCard, " -- "},
           Row{IdentityKind::kCard, std::string(255, '7')},
           Row{IdentityKind::kApp, "secret\tvalue"},
           Row{IdentityKind::kApp, "secret\xC2\x85value"},
           Row{IdentityKind::kPhone, "013800138000"},
           Row{IdentityKind::kPhone, "+08613800138"},
           Row{IdentityKind::kPhone, "+49 30 23125 001 ext. 7"},
           Row{IdentityKind::kPhone, "+49 1"},
           Row{IdentityKind::kPhone, "secret"},
           Row{IdentityKind::kPhone, "+1234567890123456"},
           Row{IdentityKind::kEmail, "secretvalue"},
           Row{IdentityKind::kEmail, "secret@value@example"},
           Row{IdentityKind::kEmail, "@secretvalue"},
       }) {
    const absl::Status status = NormaliseIdentity(row.kind, row.value).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << row.value;
    EXPECT_EQ(std::string(status.message()).find(row.value), std::string::npos) << status;
    EXPECT_EQ(std::string(status.message()).find("secret"), std::string::npos) << status;
  }
}

TEST(NormaliseIdentity, CountsCodePoints) {
  std::string longest;
  for (int i = 0; i < 254; ++i) longest += "张";
  EXPECT_TRUE(NormaliseIdentity(IdentityKind::kSocial, longest).ok());
  EXPECT_FALSE(NormaliseIdentity(IdentityKind::kSocial, longest + "张").ok());
}

}  // namespace
}  // namespace laurel
