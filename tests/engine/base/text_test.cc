#include "engine/base/text.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace laurel {
namespace {

struct ShelfTag {
  static constexpr std::size_t kMax = 5;
  static constexpr const char* kForm = "1 to 5 of a-z 0-9, first a letter";
  static bool IsFirst(char c) { return text_form::IsLower(c); }
  static bool IsNext(char c) { return text_form::IsLower(c) || text_form::IsDigit(c); }
};
struct DoorTag : ShelfTag {};
using Shelf = Text<ShelfTag>;

TEST(Text, ParsesItsForm) {
  for (const char* text : {"a", "a1", "abcde", "z9999"}) {
    SCOPED_TRACE(text);
    const absl::StatusOr<Shelf> shelf = Shelf::Parse(text);
    ASSERT_TRUE(shelf.ok()) << shelf.status();
    EXPECT_EQ(shelf->str(), text);
    EXPECT_FALSE(shelf->empty());
  }
}

TEST(Text, SaysWhatWasExpected) {
  constexpr struct {
    absl::string_view text;
    absl::string_view was;
  } kRows[] = {
      {"", "empty"},
      {"1a", "\"1a\""},
      {"A", "\"A\""},
      {"a b", "\"a b\""},
      {"abcdef", "6 characters"},
      {"a\n", "text with other characters"},
      {"a\xc3\xa4", "text with other characters"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    const absl::Status status = Shelf::Parse(row.text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), absl::StrCat("must be ", ShelfTag::kForm, ", was ", row.was));
  }
}

TEST(Text, IsEmptyWhenDefaultConstructed) { EXPECT_TRUE(Shelf().empty()); }

TEST(Text, ComparesByBytesAndDoesNotMixKinds) {
  EXPECT_EQ(Shelf::Of("a"), Shelf::Of("a"));
  EXPECT_LT(Shelf::Of("a9"), Shelf::Of("aa"));
  static_assert(!std::is_convertible_v<Shelf, Text<DoorTag>>);
}

}  // namespace
}  // namespace laurel
