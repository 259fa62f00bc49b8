#include "service/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "engine/store/files.h"
#include "tests/testing/temp_dir.h"

namespace laurel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(KeyFile, IsMadeForItsOwnerAlone) {
  const TempDir dir;
  const std::string path = dir.Path("keys/signing.key");
  ASSERT_TRUE(CreateKeyFile(path).ok());
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_EQ(ModeOf(dir.Path("keys")), 0700u);
  const absl::StatusOr<std::string> key = LoadKeyFile(path);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->size(), 32u);
  EXPECT_TRUE(absl::IsAlreadyExists(CreateKeyFile(path)));
  EXPECT_EQ(*LoadKeyFile(path), *key);
  ASSERT_TRUE(CreateKeyFile(dir.Path("other.key")).ok());
  EXPECT_NE(*LoadKeyFile(dir.Path("other.key")), *key);
}

TEST(KeyFile, ThatOthersCanReadIsRefused) {
  const TempDir dir;
  const std::string path = dir.Path("signing.key");
  ASSERT_TRUE(CreateKeyFile(path).ok());
  for (const mode_t mode : {0604u, 0640u | 0020u, 0666u, 0602u, 0601u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_TRUE(absl::IsFailedPrecondition(LoadKeyFile(path).status())) << std::oct << mode;
  }
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(std::string(LoadKeyFile(path).status().message()), HasSubstr("was 0644"));
  for (const mode_t mode : {0400u, 0440u, 0600u}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_TRUE(LoadKeyFile(path).ok()) << std::oct << mode;
  }
}

TEST(KeyFile, WithAnotherContentIsRefusedWithoutQuotingIt) {
  const TempDir dir;
  const std::string path = dir.Path("signing.key");
  EXPECT_TRUE(absl::IsNotFound(LoadKeyFile(path).status()));
  for (const std::string& text :
       {std::string(), std::string("secret"), std::string(63, 'a'), std::string(65, 'a'),
        std::string(64, 'A'), std::string(64, 'g')}) {
    ASSERT_TRUE(WriteFileAtomically(path, text).ok());
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const absl::Status status = LoadKeyFile(path).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace laurel
