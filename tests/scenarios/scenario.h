#ifndef LAUREL_TESTS_SCENARIOS_SCENARIO_H_
#define LAUREL_TESTS_SCENARIOS_SCENARIO_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// Scenario files: rows of a specification as text that a product person reads and extends, and a
// test plays. README.md beside this file is the description for those who write them.
namespace laurel::scenarios {

// The words of a line: those that stand alone in order, and those of the form key=value. Quotes
// keep blanks, commas and equals signs inside a word.
struct Words {
  std::vector<std::string> plain;
  std::vector<std::pair<std::string, std::string>> named;  // in the order of the text

  // The value of a key; empty if it is not there.
  const std::string* Find(absl::string_view key) const;
  std::string Get(absl::string_view key, absl::string_view otherwise = "") const;
};

// One thing that is expected after a step: "awarded 608".
struct Clause {
  std::string text;  // as written
  std::string word;  // its first word
  Words words;       // the others
};

// One line of a row with what is indented under it.
struct Step {
  int line = 0;
  std::string text;  // as written, without what is expected
  std::string verb;
  Words words;
  std::string raw;  // all after the verb, for verbs that read text of another form
  std::vector<Clause> expected;
  std::vector<Step> inner;
};

// A row is played once for each run, each from a fresh start.
struct Run {
  std::string
      name;  // empty if it is the only one; else the settings or the name that the row gives
  std::vector<Step> steps;
};
struct Row {
  std::string id;  // ACC-01
  std::string title;
  std::string file;
  int line = 0;
  std::string skipped;  // why it cannot be played yet; empty: it can
  std::vector<Run> runs;
};

// What a verb or a word of an expectation takes, so that a slip is found before anything runs.
struct Form {
  absl::string_view word;
  absl::string_view usage;  // after the word, for people: MEMBER [AMOUNT] [basket=NAME]
  int plain_min = 0;
  int plain_max = 0;
  std::vector<absl::string_view> keys;  // that it takes; "*": any
  bool is_raw = false;                  // takes the rest of the line and what is under it as text
};
struct Grammar {
  std::vector<Form> verbs;    // of steps
  std::vector<Form> inner;    // of what stands under a step
  std::vector<Form> clauses;  // of expectations
};

struct ParsedFile {
  std::vector<Row> rows;
  std::vector<std::string> errors;  // "acc.scenario:12: subject: expectation, was value"
};
// `name` of the file for messages. Rows with an error are left out.
ParsedFile Parse(absl::string_view name, absl::string_view text, const Grammar& grammar);

}  // namespace laurel::scenarios

#endif  // LAUREL_TESTS_SCENARIOS_SCENARIO_H_
