// What laureld refuses to start with, and what it says then: the exit code is for systemd, the text
// for people.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/store/data_dir.h"
#include "tests/e2e/laureld_process.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;

constexpr int kUsage = 2;
constexpr int kInUse = 75;
constexpr int kRefused = 78;

class ConfigurationTest : public testing::Test {
 protected:
  void Init() {
    const Exit made =
        RunLaureld({"init", "--data-dir", data_dir_, "--origin", "ledger.example.com/laurel"});
    ASSERT_EQ(made.code, 0) << made.errors;
    EXPECT_THAT(made.output, HasSubstr("verifier key ledger.example.com/laurel/0+"));
  }
  std::vector<std::string> Serve(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"serve", "--data-dir", data_dir_};
    if (more.empty()) more = {"--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }

  const TempDir dir_;
  const std::string data_dir_ = dir_.Path("data");
};

TEST_F(ConfigurationTest, AMissingDataDirectoryNamesInit) {
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("NOT_INITIALISED"));
  EXPECT_THAT(exit.errors, HasSubstr("laureld init"));
}

TEST_F(ConfigurationTest, InitTwiceIsRefused) {
  Init();
  const Exit exit =
      RunLaureld({"init", "--data-dir", data_dir_, "--origin", "ledger.example.com/laurel"});
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("must be empty"));
}

TEST_F(ConfigurationTest, OtherMachinesAreServedOnlyWhenAsked) {
  Init();
  const Exit exit = RunLaureld(Serve({"--listen", "0.0.0.0:0"}));
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("--insecure"));
}

TEST_F(ConfigurationTest, AnUnknownFlagIsAWrongCommandLine) {
  const Exit exit = RunLaureld(Serve({"--lisen", "127.0.0.1:0"}));
  EXPECT_EQ(exit.code, kUsage);
  EXPECT_THAT(exit.errors, HasSubstr("--listen"));
}

TEST_F(ConfigurationTest, AWrongSettingIsNamedWithItsOrigin) {
  const Exit exit = RunLaureld(Serve({"--listen", "somewhere"}));
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("somewhere"));
  EXPECT_THAT(exit.errors, HasSubstr("flag"));
}

TEST_F(ConfigurationTest, AKeyThatOthersMayReadIsRefused) {
  Init();
  for (const char* name : {"identity.key", "signing.key"}) {
    SCOPED_TRACE(name);
    const std::string file = absl::StrCat(data_dir_, ".keys/", name);
    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    const Exit exit = RunLaureld(Serve());
    EXPECT_EQ(exit.code, kRefused);
    EXPECT_THAT(exit.errors, HasSubstr(name));
    ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  }
}

// As above, for a ledger that has served and signed.
TEST_F(ConfigurationTest, AKeyThatOthersMayReadIsRefusedAlsoLater) {
  Init();
  LaureldProcess server(data_dir_);
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(server.Stop(), 0);
  const std::string file = absl::StrCat(data_dir_, ".keys/signing.key");
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("signing.key"));
}

TEST_F(ConfigurationTest, ACheckpointOfAnotherKeyIsRefused) {
  Init();
  LaureldProcess server(data_dir_);
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(server.Stop(), 0);
  const std::string file = absl::StrCat(data_dir_, ".keys/signing.key");
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  ASSERT_TRUE(WriteFileAtomically(file, absl::StrCat(std::string(64, 'a'), "\n")).ok());
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("must be signed by"));
}

TEST_F(ConfigurationTest, AnIdentityKeyThatIsNotTheLedgersIsRefused) {
  Init();
  LaureldProcess server(data_dir_);
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(server.Stop(), 0);
  const std::string identity = *ReadFile(data_dir_ + "/IDENTITY.laurel");
  EXPECT_THAT(identity, HasSubstr("\nidentity_key "));
  const std::string file = absl::StrCat(data_dir_, ".keys/identity.key");
  const std::string key = *ReadFile(file);
  EXPECT_THAT(identity, testing::Not(HasSubstr(key.substr(0, 16))));
  ASSERT_TRUE(WriteFileAtomically(file, absl::StrCat(std::string(64, 'a'), "\n")).ok());
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  for (const char* flag : {"--adopt-identity-key=false", "--adopt-identity-key"}) {
    const Exit exit = RunLaureld(Serve({"--listen", "127.0.0.1:0", flag}));
    EXPECT_EQ(exit.code, kRefused);
    EXPECT_THAT(exit.errors, HasSubstr("must be the key this ledger began with"));
  }
  // A ledger that knows its key never gets a new one, even while it is empty.
  std::filesystem::remove(file);
  EXPECT_EQ(RunLaureld(Serve()).code, kRefused);
  EXPECT_FALSE(std::filesystem::exists(file));
  ASSERT_TRUE(WriteFileAtomically(file, key).ok());
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(server.Stop(), 0);
  EXPECT_EQ(*ReadFile(data_dir_ + "/IDENTITY.laurel"), identity);
}

TEST_F(ConfigurationTest, ANewerFormatIsNotTouched) {
  Init();
  const std::string file = absl::StrCat(data_dir_, "/IDENTITY.laurel");
  LedgerIdentity identity = *ParseIdentity(*ReadFile(file));
  identity.format = LedgerIdentity::kFormat + 1;
  ASSERT_TRUE(WriteFileAtomically(file, RenderIdentity(identity)).ok());
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("FORMAT_MISMATCH"));
  EXPECT_THAT(exit.errors, HasSubstr("use a newer program"));
}

TEST_F(ConfigurationTest, ASecondProcessOnTheSameDataIsSentAway) {
  Init();
  LaureldProcess server(data_dir_);
  ASSERT_TRUE(server.Start());
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kInUse);
  EXPECT_THAT(exit.errors, HasSubstr("locked by process"));
  EXPECT_EQ(server.Stop(), 0);
}

TEST_F(ConfigurationTest, ALedgerThatLostEntriesIsRefusedWithTheWaysOn) {
  Init();
  LaureldProcess server(data_dir_);
  ASSERT_TRUE(server.Start());
  ASSERT_EQ(server.Stop(), 0);
  std::filesystem::remove(data_dir_ + "/anchor");
  const Exit exit = RunLaureld(Serve());
  EXPECT_EQ(exit.code, kRefused);
  EXPECT_THAT(exit.errors, HasSubstr("ANCHOR_MISSING"));
  EXPECT_THAT(exit.errors, HasSubstr("restore a backup"));
}

}  // namespace
}  // namespace laurel
