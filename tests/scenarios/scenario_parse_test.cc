// What the reader of scenario files takes, and how it names what it does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/scenarios/player.h"
#include "tests/scenarios/program_text.h"

namespace laurel::scenarios {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

ParsedFile Read(absl::string_view text) { return Parse("a.scenario", text, TheGrammar()); }

TEST(ScenarioFile, IsRowsOfStepsWithExpectations) {
  const ParsedFile file = Read(R"(# a remark
row ABC-01 A title, with a comma
  at 2026-03-02 15:00
  purchase M as=P           -> awarded 10, balance 10/0/0
    line MUG 10.00 tag=red
    -> outcome X LOST_IN_GROUP worth=1, explained "two, words" three
)");
  ASSERT_THAT(file.errors, IsEmpty());
  ASSERT_EQ(file.rows.size(), 1u);
  const Row& row = file.rows[0];
  EXPECT_EQ(row.id, "ABC-01");
  EXPECT_EQ(row.title, "A title, with a comma");
  EXPECT_EQ(row.line, 2);
  ASSERT_EQ(row.runs.size(), 1u);
  ASSERT_EQ(row.runs[0].steps.size(), 2u);
  EXPECT_THAT(row.runs[0].steps[0].words.plain, ElementsAre("2026-03-02", "15:00"));
  const Step& step = row.runs[0].steps[1];
  EXPECT_EQ(step.line, 4);
  EXPECT_EQ(step.verb, "purchase");
  EXPECT_THAT(step.words.plain, ElementsAre("M"));
  EXPECT_THAT(step.words.named, ElementsAre(Pair("as", "P")));
  ASSERT_EQ(step.inner.size(), 1u);
  EXPECT_THAT(step.inner[0].words.plain, ElementsAre("MUG", "10.00"));
  ASSERT_EQ(step.expected.size(), 4u);
  EXPECT_EQ(step.expected[0].text, "awarded 10");
  EXPECT_THAT(step.expected[2].words.plain, ElementsAre("X", "LOST_IN_GROUP"));
  EXPECT_EQ(step.expected[2].words.Get("worth"), "1");
  EXPECT_THAT(step.expected[3].words.plain, ElementsAre("two, words", "three"));
}

TEST(ScenarioFile, PutsDefinitionsInTheirPlaces) {
  const ParsedFile file = Read(R"(define cup
  line CUP 2.00
define early
  at 2026-01-01
define given_twice
  given early
row ABC-01 Title
  given early, given_twice
  purchase M basket=cup
)");
  ASSERT_THAT(file.errors, IsEmpty());
  const std::vector<Step>& steps = file.rows[0].runs[0].steps;
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_EQ(steps[0].text, "at 2026-01-01");
  EXPECT_EQ(steps[1].text, "at 2026-01-01");
  ASSERT_EQ(steps[2].inner.size(), 1u);
  EXPECT_THAT(steps[2].inner[0].words.plain, ElementsAre("CUP", "2.00"));
}

TEST(ScenarioFile, PlaysARowOnceForEachSettingAndRun) {
  const ParsedFile file = Read(R"(row ABC-01 Title
  settings a = 1; 2
  settings ab = 3; 4
  at 2026-01-0$a
  run first
  at 2026-01-0$ab
  run second
  at 2026-02-01
)");
  ASSERT_THAT(file.errors, IsEmpty());
  const auto& runs = file.rows[0].runs;
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].name, "first, a 1, ab 3");
  EXPECT_EQ(runs[0].steps[0].text, "at 2026-01-01");
  EXPECT_EQ(runs[0].steps[1].text, "at 2026-01-03");
  EXPECT_EQ(runs[1].steps[1].text, "at 2026-01-04");
  EXPECT_EQ(runs[3].steps[0].text, "at 2026-01-02");
  EXPECT_EQ(runs[3].steps[1].text, "at 2026-02-01");
}

TEST(ScenarioFile, NamesFileAndLineOfWhatIsWrong) {
  struct Case {
    const char* text;
    const char* error;
  };
  for (const Case& c : {
           Case{"rows A-1 T\n", "a.scenario:1: must begin with define or row, was rows"},
           Case{"  read M\n", "a.scenario:1: a line above must begin with define or row"},
           Case{"row A-1\n", "a.scenario:1: row: must have an id and a title, was less"},
           Case{"row A-1 T\nrow A-1 T\n",
                "a.scenario:2: row: must have an id of its own, was A-1 again"},
           Case{"define a b\n", "a.scenario:1: define: must have one name, was a b"},
           Case{"define a\ndefine a\n", "a.scenario:2: define: must name each once, was a again"},
           Case{"row A-1 T\n  given x\n", "a.scenario:2: x: must be defined above, was not"},
           Case{"row A-1 T\n  purchase M basket=x\n",
                "a.scenario:2: x: must be defined above, was not"},
           Case{"row A-1 T\n\tread M\n", "a.scenario:2: indentation: must be blanks, was a tab"},
           Case{"row A-1 T\n  settings a\n",
                "a.scenario:2: settings: must be NAME = VALUE; VALUE, was a"},
           Case{"row A-1 T\n  settings a = 1; 2\n  settings b = 1\n",
                "a.scenario:3: settings: must have 2 values as those above, was 1"},
           Case{"row A-1 T\n  skip\n", "a.scenario:2: skip: must say why, did not"},
           Case{"row A-1 T\n  read\n", "a.scenario:2: read: must be `read MEMBER`, was 0 words"},
           Case{"row A-1 T\n  read M on=x\n", "a.scenario:2: read: must be `read MEMBER`, was on="},
       }) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(Read(c.text).errors, ElementsAre(c.error));
  }
  EXPECT_THAT(Read("row A-1 T\n  dance M\n").errors,
              ElementsAre(HasSubstr("a.scenario:2: must be one of at, program, service, enrol")));
  EXPECT_THAT(Read("row A-1 T\n  read M -> awarded 1, happy\n").errors,
              ElementsAre(HasSubstr("a.scenario:2: must be one of awarded, units, lines")));
  EXPECT_THAT(Read("row A-1 T\n  purchase M\n    item MUG 1.00\n").errors,
              ElementsAre("a.scenario:3: must be one of line, row, receipt, pay, was item"));
  // A row with an error is not played.
  EXPECT_THAT(Read("row A-1 T\n  dance M\n").rows, IsEmpty());
}

TEST(ProgramText, IsChangedFieldByField) {
  ProgramText program(R"(id: a
list:
  - {id: x, part: {deep: "1.00"}}
  - {id: y}
)");
  const auto change = [&](absl::string_view text) {
    ASSERT_TRUE(program.Change(text).ok()) << text;
  };
  change("list.x.part.deep: \"2.00\"");
  change("list.y.more: [1, 2]");
  change("list.z.new: yes-and-no");
  change("other:\n  - {id: w}");
  EXPECT_EQ(program.Render(),
            R"({"id": "a", "list": [{"id": "x", "part": {"deep": "2.00"}}, )"
            R"({"id": "y", "more": ["1", "2"]}, {"id": "z", "new": "yes-and-no"}], )"
            R"("other": [{"id": "w"}]})");
  change("list.x:");
  change("other:");
  change("list.y: {id: y}");
  EXPECT_EQ(program.Render(),
            R"({"id": "a", "list": [{"id": "y"}, {"id": "z", "new": "yes-and-no"}]})");
  EXPECT_EQ(program.Find("id"), "a");
  EXPECT_FALSE(program.Change("no colon").ok());
  EXPECT_FALSE(program.Change("list: [").ok());
}

// A row that does not hold says where, what was expected and what was seen.
TEST(Playing, TellsWhatWasExpectedAndWhatWasSeen) {
  const auto play = [](absl::string_view steps) {
    const ParsedFile file = Read(absl::StrCat("row ABC-01 Title\n", steps));
    EXPECT_THAT(file.errors, IsEmpty());
    return Play(file.rows[0], file.rows[0].runs[0], Playing::kTwiceAndRestarted);
  };
  EXPECT_EQ(play("  purchase M 10.00 -> awarded 10, lines base=10, balance 10/0/0, tier MEMBER\n"),
            "");
  EXPECT_THAT(play("  purchase M 10.00 -> awarded 11\n"),
              HasSubstr("a.scenario:2: ABC-01 purchase M 10.00\n  expected awarded 11\n"
                        "  saw      10\n"));
  EXPECT_THAT(play("  redeem M 10\n"),
              HasSubstr("expected no refusal\n  saw      INSUFFICIENT_POINTS: "));
  EXPECT_THAT(play("  purchase M 10.00 -> refused INVALID_FIELD\n"),
              HasSubstr("saw      accepted"));
  EXPECT_THAT(play("  redeem M 10 -> refused INSUFFICIENT_POINTS available=1\n"),
              HasSubstr("saw      INSUFFICIENT_POINTS available=0"));
  EXPECT_THAT(play("  return P\n"), HasSubstr("return: must name a purchase by its label, was P"));
  EXPECT_THAT(play("  program tiers: []\n  read M\n"), HasSubstr("the program is refused: "));
}

}  // namespace
}  // namespace laurel::scenarios
