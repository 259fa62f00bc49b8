#include "service/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "tests/testing/fake_clock.h"

namespace laurel {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() { EXPECT_EQ(::pipe(pipe_), 0); }
  ~LogTest() override {
    ::close(pipe_[0]);
    if (pipe_[1] >= 0) ::close(pipe_[1]);
  }
  std::string Written() {
    ::close(pipe_[1]);
    pipe_[1] = -1;
    std::string text(4096, '\0');
    const ssize_t length = ::read(pipe_[0], text.data(), text.size());
    text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
    return text;
  }
  int pipe_[2] = {-1, -1};
  const FakeClock clock_;
};

TEST_F(LogTest, JsonIsOneObjectALine) {
  const Log log(LogLevel::kInfo, Log::Form::kJson, pipe_[1], clock_);
  log.Write(LogLevel::kDebug, "not seen");
  log.Write(LogLevel::kWarning, "two\nlines", {{"reason", "said \"no\""}, {"path", "a\\b\x01"}});
  EXPECT_EQ(Written(),
            "{\"ts\":\"2026-03-01T12:00:00.000000Z\",\"level\":\"warning\",\"msg\":\"two\\nlines\","
            "\"reason\":\"said \\\"no\\\"\",\"path\":\"a\\\\b\\u0001\"}\n");
}

TEST_F(LogTest, TextIsForPeople) {
  const Log log(LogLevel::kDebug, Log::Form::kText, pipe_[1], clock_);
  log.Write(LogLevel::kInfo, "serving", {{"sequence", "4"}});
  EXPECT_EQ(Written(), "2026-03-01T12:00:00.000000Z info serving sequence=4\n");
}

}  // namespace
}  // namespace laurel
