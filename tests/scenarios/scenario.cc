#include "tests/scenarios/scenario.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace laurel::scenarios {
namespace {

constexpr absl::string_view kArrow = "->";
constexpr int kIndent = 2;

// A line of the file with what is indented under it.
struct Block {
  int line = 0;
  int indent = 0;
  std::string text;  // without indentation
  std::vector<Block> inner;
};

// One combination of a row's settings: what stands for $name.
using Settings = std::vector<std::pair<std::string, std::string>>;

// Where `what` stands outside of quotes; npos if nowhere.
std::size_t FindOutside(absl::string_view text, absl::string_view what) {
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && text.substr(i, what.size()) == what) {
      return i;
    }
  }
  return absl::string_view::npos;
}

std::vector<absl::string_view> SplitOutside(absl::string_view text, absl::string_view separator) {
  std::vector<absl::string_view> parts;
  while (true) {
    const std::size_t end = FindOutside(text, separator);
    parts.push_back(absl::StripAsciiWhitespace(text.substr(0, end)));
    if (end == absl::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::string Unquoted(absl::string_view word) { return absl::StrReplaceAll(word, {{"\"", ""}}); }

Words WordsOf(absl::string_view text) {
  Words words;
  for (const absl::string_view word : SplitOutside(text, " ")) {
    if (word.empty()) continue;
    const std::size_t equals = FindOutside(word, "=");
    if (equals == absl::string_view::npos || equals == 0) {
      words.plain.push_back(Unquoted(word));
    } else {
      words.named.emplace_back(word.substr(0, equals), Unquoted(word.substr(equals + 1)));
    }
  }
  return words;
}

// The first word, which is taken off `text`.
std::string TakeWord(absl::string_view& text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  const std::size_t end = text.find(' ');
  const std::string word(text.substr(0, end));
  text.remove_prefix(word.size());
  text = absl::StripLeadingAsciiWhitespace(text);
  return word;
}

class Parser {
 public:
  Parser(absl::string_view name, absl::string_view text, const Grammar& grammar)
      : name_(name), grammar_(grammar) {
    ReadBlocks(text);
  }

  ParsedFile Parse() {
    for (const Block& block : blocks_) {
      absl::string_view text = block.text;
      const std::string word = TakeWord(text);
      if (word == "define") {
        Define(block, text);
      } else if (word == "row") {
        ReadRow(block, text);
      } else {
        Error(block.line, absl::StrCat("must begin with define or row, was ", word));
      }
    }
    return std::move(file_);
  }

 private:
  void Error(int line, absl::string_view message) {
    file_.errors.push_back(absl::StrCat(name_, ":", line, ": ", message));
  }

  // ---- lines

  void ReadBlocks(absl::string_view text) {
    int number = 0;
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      ++number;
      line = absl::StripTrailingAsciiWhitespace(line);
      const absl::string_view content = absl::StripLeadingAsciiWhitespace(line);
      if (content.empty() || content[0] == '#') continue;
      const int indent = static_cast<int>(line.size() - content.size());
      if (absl::StrContains(line.substr(0, static_cast<std::size_t>(indent)), "\t")) {
        Error(number, "indentation: must be blanks, was a tab");
        continue;
      }
      Add(Block{number, indent, std::string(content), {}});
    }
  }

  void Add(Block block) {
    if (block.indent == 0) return blocks_.push_back(std::move(block));
    if (blocks_.empty()) return Error(block.line, "a line above must begin with define or row");
    std::vector<Block>& steps = blocks_.back().inner;
    if (block.indent <= kIndent || steps.empty()) return steps.push_back(std::move(block));
    steps.back().inner.push_back(std::move(block));
  }

  // ---- definitions

  void Define(const Block& block, absl::string_view text) {
    const std::string name(text);
    if (name.empty() || absl::StrContains(name, " ")) {
      return Error(block.line, absl::StrCat("define: must have one name, was ", name));
    }
    if (!defined_.emplace(name, block.inner).second) {
      Error(block.line, absl::StrCat("define: must name each once, was ", name, " again"));
    }
  }

  const std::vector<Block>* FindDefined(int line, absl::string_view name) {
    const auto found = defined_.find(std::string(name));
    if (found != defined_.end()) return &found->second;
    Error(line, absl::StrCat(name, ": must be defined above, was not"));
    return nullptr;
  }

  // ---- rows

  void ReadRow(const Block& block, absl::string_view text) {
    const std::size_t errors_before = file_.errors.size();
    Row row;
    row.id = TakeWord(text);
    row.title = std::string(text);
    row.file = std::string(name_);
    row.line = block.line;
    if (row.id.empty() || row.title.empty()) {
      Error(block.line, "row: must have an id and a title, was less");
    }
    if (!ids_.emplace(row.id, block.line).second) {
      Error(block.line, absl::StrCat("row: must have an id of its own, was ", row.id, " again"));
    }
    std::vector<Block> lines = Given(block.inner);
    TakeSkipped(lines, row);
    const std::vector<Settings> settings = SettingsOf(lines);
    for (const auto& [name, begin, end] : RunsOf(lines)) {
      for (const Settings& chosen : settings) ReadRun(lines, name, begin, end, chosen, row);
    }
    if (file_.errors.size() == errors_before) file_.rows.push_back(std::move(row));
  }

  // The lines of the row with what `given` names in its place.
  std::vector<Block> Given(const std::vector<Block>& lines) {
    std::vector<Block> result;
    for (const Block& line : lines) {
      absl::string_view text = line.text;
      if (TakeWord(text) != "given") {
        result.push_back(line);
        continue;
      }
      for (const absl::string_view name : SplitOutside(text, ",")) {
        if (const auto* defined = FindDefined(line.line, name)) {
          const std::vector<Block> inner = Given(*defined);
          result.insert(result.end(), inner.begin(), inner.end());
        }
      }
    }
    return result;
  }

  // skip REASON: the row is read and checked, and not played.
  void TakeSkipped(std::vector<Block>& lines, Row& row) {
    std::erase_if(lines, [&](const Block& line) {
      absl::string_view reason = line.text;
      if (TakeWord(reason) != "skip") return false;
      row.skipped = std::string(reason);
      if (reason.empty()) Error(line.line, "skip: must say why, did not");
      return true;
    });
  }

  static bool IsVerb(const Block& line, absl::string_view verb) {
    absl::string_view text = line.text;
    return TakeWord(text) == verb;
  }

  // settings rounding = DOWN; HALF_UP
  std::vector<Settings> SettingsOf(const std::vector<Block>& lines) {
    std::vector<Settings> all;
    for (const Block& line : lines) {
      if (!IsVerb(line, "settings")) continue;
      absl::string_view text = line.text;
      TakeWord(text);
      const std::size_t equals = FindOutside(text, "=");
      const absl::string_view name = absl::StripAsciiWhitespace(text.substr(0, equals));
      if (equals == absl::string_view::npos || name.empty()) {
        Error(line.line, absl::StrCat("settings: must be NAME = VALUE; VALUE, was ", text));
        continue;
      }
      const std::vector<absl::string_view> values = SplitOutside(text.substr(equals + 1), ";");
      if (all.empty()) all.resize(values.size());
      if (all.size() != values.size()) {
        Error(line.line, absl::StrCat("settings: must have ", all.size(),
                                      " values as those above, was ", values.size()));
        continue;
      }
      for (std::size_t i = 0; i < values.size(); ++i) {
        all[i].emplace_back(absl::StrCat("$", name), values[i]);
      }
    }
    if (all.empty()) all.emplace_back();
    return all;
  }

  struct RunPart {
    std::string name;
    std::size_t begin = 0;  // of its own lines
    std::size_t end = 0;
  };
  static std::vector<RunPart> RunsOf(const std::vector<Block>& lines) {
    std::vector<RunPart> runs;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!IsVerb(lines[i], "run")) continue;
      absl::string_view name = lines[i].text;
      TakeWord(name);
      if (!runs.empty()) runs.back().end = i;
      runs.push_back(RunPart{std::string(name), i + 1, lines.size()});
    }
    if (runs.empty()) runs.push_back(RunPart{"", lines.size(), lines.size()});
    return runs;
  }

  // What stands above the first run belongs to each of them.
  void ReadRun(const std::vector<Block>& lines, const std::string& name, std::size_t begin,
               std::size_t end, const Settings& chosen, Row& row) {
    Run run;
    run.name = name;
    for (const auto& [key, value] : chosen) {
      absl::StrAppend(&run.name, run.name.empty() ? "" : ", ", key.substr(1), " ", value);
    }
    bool is_common = true;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (IsVerb(lines[i], "run")) is_common = false;
      const bool is_own = i >= begin && i < end;
      if (IsVerb(lines[i], "run") || IsVerb(lines[i], "settings")) continue;
      if (!is_common && !is_own) continue;
      run.steps.push_back(ReadStep(Chosen(lines[i], chosen)));
    }
    row.runs.push_back(std::move(run));
  }

  // Of two names of which one begins the other, the longer is meant.
  static Block Chosen(const Block& block, const Settings& chosen) {
    std::vector<std::pair<absl::string_view, absl::string_view>> replaced;
    for (const auto& [key, value] : chosen) replaced.emplace_back(key, value);
    Block result = block;
    result.text = absl::StrReplaceAll(block.text, replaced);
    for (Block& inner : result.inner) inner.text = absl::StrReplaceAll(inner.text, replaced);
    return result;
  }

  // ---- steps

  Step ReadStep(const Block& block) {
    absl::string_view text = block.text;
    Step step;
    step.line = block.line;
    step.verb = TakeWord(text);
    const Form* form = FindForm(grammar_.verbs, step.verb, block.line);
    if (form == nullptr) return step;
    if (form->is_raw) {
      step.text = block.text;
      step.raw = RawOf(text, block.inner);
      return step;
    }
    const std::size_t arrow = FindOutside(text, kArrow);
    const absl::string_view order = absl::StripAsciiWhitespace(text.substr(0, arrow));
    step.text = absl::StrCat(step.verb, order.empty() ? "" : " ", order);
    step.words = WordsOf(order);
    Check(*form, step.words, block.line);
    if (arrow != absl::string_view::npos) {
      ReadClauses(text.substr(arrow + kArrow.size()), block.line, step);
    }
    std::vector<Block> inner = block.inner;
    if (const std::string* basket = step.words.Find("basket")) {
      if (const auto* defined = FindDefined(block.line, *basket)) {
        inner.insert(inner.end(), defined->begin(), defined->end());
      }
    }
    for (const Block& line : inner) ReadInner(line, step);
    return step;
  }

  // What stands under a step says more of what is done, or, after an arrow, of what is expected.
  void ReadInner(const Block& line, Step& step) {
    absl::string_view text = line.text;
    if (absl::ConsumePrefix(&text, kArrow)) return ReadClauses(text, line.line, step);
    Step inner;
    inner.line = line.line;
    inner.text = line.text;
    inner.verb = TakeWord(text);
    const Form* form = FindForm(grammar_.inner, inner.verb, line.line);
    if (form == nullptr) return;
    inner.words = WordsOf(text);
    Check(*form, inner.words, line.line);
    step.inner.push_back(std::move(inner));
  }

  static std::string RawOf(absl::string_view text, const std::vector<Block>& inner) {
    std::string raw(text);
    for (const Block& line : inner) {
      absl::StrAppend(&raw, "\n", std::string(static_cast<std::size_t>(line.indent), ' '),
                      line.text);
    }
    return raw;
  }

  void ReadClauses(absl::string_view text, int line, Step& step) {
    for (absl::string_view part : SplitOutside(text, ",")) {
      Clause clause;
      clause.text = std::string(part);
      clause.word = TakeWord(part);
      clause.words = WordsOf(part);
      const Form* form = FindForm(grammar_.clauses, clause.word, line);
      if (form == nullptr) continue;
      Check(*form, clause.words, line);
      step.expected.push_back(std::move(clause));
    }
  }

  const Form* FindForm(const std::vector<Form>& forms, absl::string_view word, int line) {
    std::vector<absl::string_view> known;
    for (const Form& form : forms) {
      if (form.word == word) return &form;
      known.push_back(form.word);
    }
    Error(line, absl::StrCat("must be one of ", absl::StrJoin(known, ", "), ", was ",
                             word.empty() ? "nothing" : word));
    return nullptr;
  }

  void Check(const Form& form, const Words& words, int line) {
    const int count = static_cast<int>(words.plain.size());
    const std::string usage = absl::StrCat(form.word, " ", form.usage);
    if (count < form.plain_min || count > form.plain_max) {
      Error(line, absl::StrCat(form.word, ": must be `", usage, "`, was ", count, " words"));
    }
    for (const auto& [key, value] : words.named) {
      const auto& keys = form.keys;
      if (std::find(keys.begin(), keys.end(), "*") != keys.end()) continue;
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      Error(line, absl::StrCat(form.word, ": must be `", usage, "`, was ", key, "="));
    }
  }

  const absl::string_view name_;
  const Grammar& grammar_;
  std::vector<Block> blocks_;
  std::map<std::string, std::vector<Block>> defined_;
  std::map<std::string, int> ids_;
  ParsedFile file_;
};

}  // namespace

const std::string* Words::Find(absl::string_view key) const {
  for (const auto& [name, value] : named) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string Words::Get(absl::string_view key, absl::string_view otherwise) const {
  const std::string* value = Find(key);
  return value == nullptr ? std::string(otherwise) : *value;
}

ParsedFile Parse(absl::string_view name, absl::string_view text, const Grammar& grammar) {
  return Parser(name, text, grammar).Parse();
}

}  // namespace laurel::scenarios
