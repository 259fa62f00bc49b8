#include "rules/cel/source.h"

#include <gtest/gtest.h>

namespace laurel::cel {
namespace {

TEST(Source, CountsLinesAndCodePointsFromOne) {
  const Source source("a\nbé€c\n");
  struct Row {
    std::uint32_t offset;
    SourcePosition position;
  };
  constexpr Row kRows[] = {
      {0, {1, 1}}, {1, {1, 2}}, {2, {2, 1}},  {3, {2, 2}},
      {5, {2, 3}}, {8, {2, 4}}, {10, {3, 1}}, {99, {3, 1}},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.offset);
    EXPECT_EQ(source.PositionOf(row.offset), row.position);
  }
}

TEST(Source, LinesAreWithoutTheirEnd) {
  const Source source("one\ntwo");
  EXPECT_EQ(source.Line(1), "one");
  EXPECT_EQ(source.Line(2), "two");
  EXPECT_EQ(source.Line(0), "");
  EXPECT_EQ(source.Line(3), "");
}

TEST(Source, SliceIsCutToWhatThereIs) {
  const Source source("abc");
  EXPECT_EQ(source.Slice({1, 2}), "b");
  EXPECT_EQ(source.Slice({2, 9}), "c");
  EXPECT_EQ(source.Slice({7, 9}), "");
}

TEST(Source, TextKeepsItsAddressWhenMoved) {
  Source source("x");
  const absl::string_view before = source.text();
  const Source moved = std::move(source);
  EXPECT_EQ(moved.text().data(), before.data());
}

TEST(Source, RendersAnIssueWithACaret) {
  const Source source("a +\n  é + ]", "rule");
  EXPECT_EQ(RenderIssue(source, {IssueCode::kSyntax, {11, 12}, "unexpected `]`"}),
            "ERROR: rule:2:7: unexpected `]`\n |   é + ]\n | ......^");
}

}  // namespace
}  // namespace laurel::cel
