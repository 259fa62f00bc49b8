#include "engine/store/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/hash.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

DataDir::InitOptions AnInit() {
  DataDir::InitOptions options;
  options.origin = "ledger.example.com/laurel";
  options.partition_count = 2;
  return options;
}

LedgerIdentity AnIdentity() {
  return LedgerIdentity{
      .ledger_id = {0xAB, 0xCD}, .partition_count = 3, .origin = "ledger.example.com/laurel"};
}

std::string WithFormat(absl::string_view format) {
  const std::string text = RenderIdentity(AnIdentity());
  const std::string body = absl::StrReplaceAll(text.substr(0, text.find("crc32c")),
                                               {{"format 1", absl::StrCat("format ", format)}});
  return absl::StrCat(body, "crc32c ", absl::Hex(Crc32c(body), absl::kZeroPad8), "\n");
}

TEST(Identity, TextIsFrozen) {
  EXPECT_EQ(RenderIdentity(AnIdentity()),
            "laurel ledger\nformat 1\nledger_id abcd0000000000000000000000000000\npartitions 3\n"
            "origin ledger.example.com/laurel\ncrc32c cf36475e\n");
  EXPECT_EQ(*ParseIdentity(RenderIdentity(AnIdentity())), AnIdentity());
}

TEST(Identity, TextWithAKeyIsFrozen) {
  LedgerIdentity identity = AnIdentity();
  identity.identity_key = "00112233445566778899aabbccddeeff";
  EXPECT_EQ(RenderIdentity(identity),
            "laurel ledger\nformat 1\nledger_id abcd0000000000000000000000000000\npartitions 3\n"
            "origin ledger.example.com/laurel\nidentity_key 00112233445566778899aabbccddeeff\n"
            "crc32c 44612b53\n");
  EXPECT_EQ(*ParseIdentity(RenderIdentity(identity)), identity);
  for (const char* wrong : {"", "0011", "00112233445566778899AABBCCDDEEFF"}) {
    identity.identity_key = wrong;
    const absl::StatusOr<LedgerIdentity> read = ParseIdentity(RenderIdentity(identity));
    EXPECT_EQ(read.ok(), identity.identity_key.empty()) << wrong;
  }
}

TEST(Identity, NoChangedByteGoesUnnoticed) {
  LedgerIdentity identity = AnIdentity();
  identity.identity_key = std::string(32, 'a');
  const std::string text = RenderIdentity(identity);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] ^= 1;
    EXPECT_TRUE(absl::IsDataLoss(ParseIdentity(changed).status())) << i;
    EXPECT_TRUE(absl::IsDataLoss(ParseIdentity(text.substr(0, i)).status())) << i;
  }
}

TEST(Identity, OtherFormatIsRefusedWithBothNames) {
  const absl::Status newer = ParseIdentity(WithFormat("2")).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(newer));
  EXPECT_EQ(newer.message(),
            "data_dir: this program reads format 1, was format 2; use a newer program");
  const absl::Status older = ParseIdentity(WithFormat("0")).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(older));
  EXPECT_THAT(std::string(older.message()), HasSubstr("laurelctl data upgrade"));
}

TEST(DataDir, InitMakesEverythingThatOpenNeeds) {
  const TempDir dir;
  const std::string path = dir.Path("data");
  const auto made = DataDir::Init(path, AnInit());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_NE(made->ledger_id, LedgerId{});
  const auto opened = DataDir::Open(path);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->identity(), *made);
  EXPECT_THAT(PartitionsOf(opened->identity()), ElementsAre(0, 1, 0xFFFF));
  EXPECT_TRUE(opened->has_store());
  EXPECT_TRUE(opened->has_anchor());
  for (absl::string_view name :
       {"LOCK", "IDENTITY.laurel", "anchor", "db/CURRENT", "checkpoint", "evidence"}) {
    EXPECT_TRUE(fs::exists(absl::StrCat(path, "/", name))) << name;
  }
}

TEST(DataDir, TheIdentityKeyIsNotedOnceAndForGood) {
  const TempDir dir;
  const std::string path = dir.Path("data");
  const std::string key(32, 'a');
  ASSERT_TRUE(DataDir::Init(path, AnInit()).ok());
  {
    auto opened = DataDir::Open(path);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->identity().identity_key, "");
    EXPECT_TRUE(absl::IsInvalidArgument(opened->SetIdentityKey("key")));
    EXPECT_TRUE(opened->SetIdentityKey(key).ok());
    EXPECT_EQ(opened->identity().identity_key, key);
  }
  auto again = DataDir::Open(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->identity().identity_key, key);
  EXPECT_TRUE(absl::IsFailedPrecondition(again->SetIdentityKey(key)));
}

TEST(DataDir, InitRefusesAFolderThatIsNotEmpty) {
  const TempDir dir;
  std::ofstream(dir.Path("notes.txt")) << "mine";
  const absl::Status refused = DataDir::Init(dir.path(), AnInit()).status();
  EXPECT_TRUE(absl::IsAlreadyExists(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("notes.txt"));
  EXPECT_FALSE(fs::exists(dir.Path("LOCK")));
  EXPECT_TRUE(absl::IsAlreadyExists(DataDir::Init(dir.path(), AnInit()).status()));
  EXPECT_FALSE(DataDir::Init(dir.Path("notes.txt"), AnInit()).ok());
}

TEST(DataDir, InitChecksItsOptions) {
  const TempDir dir;
  for (absl::string_view origin : {"", "two words", "a+b", "new\nline"}) {
    DataDir::InitOptions options = AnInit();
    options.origin = std::string(origin);
    EXPECT_TRUE(absl::IsInvalidArgument(DataDir::Init(dir.Path("data"), options).status()))
        << origin;
  }
  for (std::uint32_t count : {0u, 1'025u}) {
    DataDir::InitOptions options = AnInit();
    options.partition_count = count;
    EXPECT_TRUE(absl::IsInvalidArgument(DataDir::Init(dir.Path("data"), options).status()))
        << count;
  }
  EXPECT_FALSE(fs::exists(dir.Path("data")));
}

TEST(DataDir, SecondOpenIsRefusedWithTheHoldersPid) {
  const TempDir dir;
  const std::string path = dir.Path("data");
  ASSERT_TRUE(DataDir::Init(path, AnInit()).ok());
  {
    const auto first = DataDir::Open(path);
    ASSERT_TRUE(first.ok()) << first.status();
    const absl::Status second = DataDir::Open(path).status();
    EXPECT_TRUE(absl::IsAborted(second));
    EXPECT_THAT(std::string(second.message()),
                HasSubstr(absl::StrCat("locked by process ", ::getpid())));
  }
  EXPECT_TRUE(DataDir::Open(path).ok());
}

TEST(DataDir, OpenTellsNoLedgerFromABrokenOne) {
  const TempDir dir;
  EXPECT_TRUE(absl::IsNotFound(DataDir::Open(dir.Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(DataDir::Open(dir.path()).status()));
  EXPECT_FALSE(fs::exists(dir.Path("LOCK")));
  const std::string path = dir.Path("data");
  ASSERT_TRUE(DataDir::Init(path, AnInit()).ok());
  fs::remove(absl::StrCat(path, "/IDENTITY.laurel"));
  EXPECT_TRUE(absl::IsDataLoss(DataDir::Open(path).status()));
}

}  // namespace
}  // namespace laurel
