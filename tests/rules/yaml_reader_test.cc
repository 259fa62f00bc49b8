#include "rules/program/yaml_reader.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/rules/program_builder.h"

namespace laurel::rules {
namespace {

std::string Repeated(absl::string_view text, int count) {
  std::string repeated;
  repeated.reserve(text.size() * static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

std::string FirstCode(absl::string_view text) {
  const std::vector<Finding> findings = Rulebook::Compile(text).findings;
  return findings.empty() ? "" : findings.front().code;
}

TEST(ReadYaml, KeepsScalarsAsWritten) {
  const absl::string_view text =
      "a: no\nb: 1e3\nc: 2027-01-01\nd: \"tab\\there\"\ne: 'it''s'\nf: 0x10\ng: |\n  two\n  "
      "lines\nh: \"null\"\n";
  Findings findings(text);
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  ASSERT_TRUE(root);
  EXPECT_TRUE(findings.Sorted().empty());
  const std::vector<std::string> expected = {"no",   "1e3",  "2027-01-01",   "tab\there",
                                             "it's", "0x10", "two\nlines\n", "null"};
  ASSERT_EQ(root->members.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(root->members[i].value.kind, YamlNode::Kind::kScalar);
    EXPECT_EQ(root->members[i].value.text, expected[i]);
  }
}

TEST(ReadYaml, MarksBytesOfTheText) {
  const absl::string_view text =
      "\xC3\xA4: \"\xE2\x82\xAC\" # \xF0\x9F\x98\x80\nlist: [\xC3\xA9, b]\r\nc:\n  - d\n";
  Findings findings(text);
  const std::optional<YamlNode> root = ReadYaml(text, findings);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->members[0].value.offset, text.find('"'));
  EXPECT_EQ(root->members[1].key_offset, text.find("list"));
  EXPECT_EQ(root->members[1].value.items[1].offset, text.find("b]"));
  EXPECT_EQ(root->members[2].value.items[0].offset, text.find("d\n"));
}

TEST(ReadYaml, RefusesBytesThatAreNotText) {
  EXPECT_EQ(FirstCode("name: \xFF\n"), "R-SCHEMA-002");
  EXPECT_EQ(FirstCode("name: \xED\xA0\x80\n"), "R-SCHEMA-002");
  EXPECT_EQ(FirstCode("\xFE\xFF"), "R-SCHEMA-002");
  EXPECT_EQ(FirstCode(absl::string_view("name: a\0b\n", 10)), "R-SCHEMA-003");
  EXPECT_EQ(FirstCode("name: a\x04\n"), "R-SCHEMA-003");
  EXPECT_EQ(FirstCode("name: a\x7F\n"), "R-SCHEMA-003");
}

TEST(ReadYaml, RefusesEmptyText) {
  for (const absl::string_view text : {"", " \n\t\n", "# only a comment\n", "---\n", "~"}) {
    EXPECT_EQ(FirstCode(text), "R-SCHEMA-011") << text;
  }
}

TEST(ReadYaml, RefusesMoreThanOneMebibyte) {
  EXPECT_EQ(FirstCode(std::string(kDocumentBytesMax + 1, '#')), "R-SCHEMA-001");
  EXPECT_EQ(FirstCode(std::string(kDocumentBytesMax, '#')), "R-SCHEMA-011");
}

TEST(ReadYaml, AllowsThirtyTwoLevels) {
  const auto nested = [](int depth) {
    return absl::StrCat("a: ", Repeated("[", depth), Repeated("]", depth));
  };
  for (const auto& [depth, is_allowed] : {std::pair{31, true}, {32, false}, {33, false}}) {
    const std::string text = nested(depth);
    Findings findings(text);
    EXPECT_EQ(ReadYaml(text, findings).has_value(), is_allowed) << depth;
  }
}

TEST(ReadYaml, SurvivesDeepNesting) {
  constexpr int kDepth = 10'000;
  for (const absl::string_view opening : {"[", "{a: ", "- ", "? ", "[{a: "}) {
    const std::vector<Finding> findings = Rulebook::Compile(Repeated(opening, kDepth)).findings;
    ASSERT_EQ(findings.size(), 1u) << opening;
    EXPECT_EQ(findings[0].code, "R-SCHEMA-004") << opening;
  }
  const std::string closed = absl::StrCat(Repeated("[", kDepth), Repeated("]", kDepth));
  EXPECT_EQ(FirstCode(closed), "R-SCHEMA-004");
}

TEST(ReadYaml, SurvivesHugeTexts) {
  // A quarter of what is allowed: enough to notice what takes more than linear time.
  constexpr int kBytes = static_cast<int>(kDocumentBytesMax) / 4;
  const std::string texts[] = {
      Repeated("[", kBytes),
      Repeated("- ", kBytes / 2),
      absl::StrCat("a: ", Repeated("x", kBytes)),
      absl::StrCat("a: ", Repeated("x ", kBytes / 2)),
      absl::StrCat("a: \"", Repeated("\\x41", kBytes / 4), "\""),
      absl::StrCat("[", Repeated("[],", kBytes / 3), "]"),
      absl::StrCat("a: [", Repeated("~,", kBytes / 2), "]"),
      absl::StrCat("{", Repeated("a: b,", kBytes / 5), "}"),
      Repeated("a: b\n", kBytes / 5),
      Repeated("? a\n", kBytes / 4),
      Repeated("--- a\n", kBytes / 6),
      Repeated("&a ", kBytes / 3),
      Repeated("!a ", kBytes / 3),
      Repeated("*a ", kBytes / 3),
      Repeated("#\n", kBytes / 2),
      Repeated("\"", kBytes),
      Repeated("'", kBytes),
      Repeated("a:\n ", kBytes / 4),
      Repeated("|\n", kBytes / 2),
      Repeated("%YAML 1.2\n", kBytes / 10),
      absl::StrCat("schema: laurel.program.v1\neligibility: {tenders_left_out: [",
                   Repeated("a,", kBytes / 2), "]}"),
      absl::StrCat("schema: laurel.program.v1\neligibility: {line_kinds: [",
                   Repeated("a,", kBytes / 2), "]}"),
      absl::StrCat("schema: laurel.program.v1\ntiers: [", Repeated("{},", kBytes / 3), "]"),
  };
  for (const std::string& text : texts) {
    SCOPED_TRACE(text.substr(0, 60));
    const Rulebook::Compiled compiled = Rulebook::Compile(text);
    EXPECT_EQ(compiled.rulebook, nullptr);
    EXPECT_FALSE(compiled.findings.empty());
    EXPECT_LE(compiled.findings.size(), 101u);
    for (const Finding& finding : compiled.findings) {
      EXPECT_LT(RenderFinding(finding, "program.yaml", text).size(), 2'000u);
    }
  }
}

TEST(ReadYaml, RefusesQuotesThatDoNotClose) {
  for (const absl::string_view text : {"a: \"b", "a: \"b\n", "a: \"b\n\n", "a: 'b\n", "a: 'it''s\n",
                                       "a: 'b''\n", "a: \"b\\\"\n", "- \"b: c\nd: e\n", "\"a\n"}) {
    Findings findings(text);
    ReadYaml(text, findings);
    EXPECT_TRUE(findings.has_errors()) << text;
  }
  for (const absl::string_view text : {"a: \"b\"", "a: 'it''s'\n", "a: ''\n", "a: ''''",
                                       "a: \"\\\\\"\n", "a: \"b\n  c\"\n", "\"a\": b\n"}) {
    Findings findings(text);
    EXPECT_TRUE(ReadYaml(text, findings)) << text;
    EXPECT_FALSE(findings.has_errors()) << text;
  }
}

}  // namespace
}  // namespace laurel::rules
