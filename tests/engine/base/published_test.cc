#include "engine/base/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace laurel {
namespace {

TEST(Published, IsEmptyUntilSomethingIsStored) {
  Published<int> published;
  EXPECT_EQ(published.Load(), nullptr);
  published.Store(std::make_shared<const int>(1));
  EXPECT_EQ(*published.Load(), 1);
}

TEST(Published, ReadersKeepWhatTheyTook) {
  Published<int> published(std::make_shared<const int>(1));
  const std::shared_ptr<const int> taken = published.Load();
  published.Store(std::make_shared<const int>(2));
  EXPECT_EQ(*taken, 1);
  EXPECT_EQ(*published.Load(), 2);
}

TEST(Published, LetsTheOldValueDie) {
  const auto old = std::make_shared<const int>(1);
  Published<int> published(old);
  published.Store(std::make_shared<const int>(2));
  EXPECT_EQ(old.use_count(), 1);
}

TEST(Published, ReadersSeeValuesInOrderWhileOneThreadStores) {
  constexpr int kLast = 1000;
  Published<int> published(std::make_shared<const int>(0));
  std::atomic<bool> is_ordered = true;
  const auto read = [&] {
    for (int seen = 0; seen < kLast;) {
      const int now = *published.Load();
      if (now < seen) is_ordered = false;
      seen = now;
    }
  };
  std::jthread first(read);
  std::jthread second(read);
  for (int i = 1; i <= kLast; ++i) published.Store(std::make_shared<const int>(i));
  first.join();
  second.join();
  EXPECT_TRUE(is_ordered);
}

}  // namespace
}  // namespace laurel
