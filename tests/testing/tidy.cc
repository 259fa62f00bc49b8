#include "tests/testing/tidy.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace laurel::tidy {
namespace {

using Prefixes = std::vector<absl::string_view>;

bool StartsWithAny(absl::string_view text, const Prefixes& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](absl::string_view prefix) { return absl::StartsWith(text, prefix); });
}

bool IsCpp(absl::string_view path) {
  return absl::EndsWith(path, ".cc") || absl::EndsWith(path, ".h");
}

// ---- Layers
// -------------------------------------------------------------------------------------------------

struct Layer {
  absl::string_view
      folder;  // with a trailing '/'; the first match wins, so longer folders come first
  int rank;    // an include may not point at a higher rank
};

constexpr std::array kLayers = {
    Layer{"engine/base/", 0},   Layer{"rules/cel/", 1},      Layer{"rules/program/", 2},
    Layer{"engine/domain/", 3}, Layer{"engine/journal/", 4}, Layer{"engine/store/", 5},
    Layer{"engine/", 6},        Layer{"service/cli/", 8},    Layer{"service/", 7},
    Layer{"tests/", 9},         Layer{"bench/", 9},
};

const Layer* FindLayer(absl::string_view path) {
  for (const Layer& layer : kLayers) {
    if (absl::StartsWith(path, layer.folder)) return &layer;
  }
  return nullptr;
}

// ---- Who may include what that is not ours
// ----------------------------------------------------------------

struct ForeignHeader {
  Prefixes headers;
  Prefixes allowed;  // prefixes of the including file's path
  absl::string_view instead;
};

const std::vector<ForeignHeader>& ForeignHeaders() {
  static const auto* const rules = new std::vector<ForeignHeader>{
      {{"rocksdb/"},
       {"engine/store/rocksdb", "tests/engine/store/rocksdb", "tests/testing/rocksdb"},
       "RocksDB stays in engine/store/rocksdb*: use engine/store/store.h"},
      {{"grpcpp/", "grpc/"},
       {"service/", "bench/", "tests/"},
       "gRPC stays in service/: hand over plain values and a callback"},
      {{"laurel/v1/", "proto/laurel/v1/", "google/rpc/", "google/type/"},
       {"service/", "bench/", "tests/"},
       "API messages stay in service/: convert them there to our own structs"},
      {{"laurel/program/v1/", "proto/laurel/program/v1/"},
       {"rules/program/document", "rules/program/compile", "rules/program/tests_",
        "service/convert_program", "bench/", "tests/"},
       "the document's messages stay in rules/program/{document,compile,tests}* and "
       "service/convert_program*: use the Rulebook or the structs they make"},
      {{"laurel/storage/v1/", "proto/laurel/storage/v1/"},
       {"engine/journal/entry", "engine/store/record", "bench/", "tests/"},
       "storage messages stay in engine/journal/entry* and engine/store/record*: use Encode and "
       "Decode there"},
      {{"google/protobuf/"},
       {"rules/program/document", "rules/program/compile", "rules/program/tests_",
        "engine/journal/entry", "engine/store/record", "service/", "bench/", "tests/"},
       "protobuf stops at the API and at the storage encoding: use our own structs"},
  };
  return *rules;
}

// ---- Words
// ---------------------------------------------------------------------------------------------------

struct Word {
  std::regex pattern;
  Prefixes only;    // folders where the rule holds; empty: everywhere
  Prefixes except;  // files that are the one place for it
  absl::string_view message;
};

Word MakeWord(const char* pattern, Prefixes only, Prefixes except, absl::string_view message) {
  return Word{std::regex(pattern, std::regex::optimize), std::move(only), std::move(except),
              message};
}

// Looked for in code, without comments and literals.
const std::vector<Word>& CodeWords() {
  static const auto* const words = new std::vector<Word>{
      MakeWord(R"(\b(system_clock|gettimeofday|CLOCK_REALTIME|localtime(_r)?|gmtime(_r)?)\b)", {},
               {"engine/base/time.cc"},
               "reads the wall clock: take a Timestamp or a `const Clock&` (engine/base/time.h)"),
      MakeWord(R"(\babsl\s*::\s*(Now|GetCurrentTimeNanos)\s*\()", {}, {"engine/base/time.cc"},
               "reads the wall clock: take a Timestamp or a `const Clock&` (engine/base/time.h)"),
      MakeWord(R"((^|[^\w.>])time\s*\(\s*(nullptr|NULL|0|&\s*\w+)\s*\))", {},
               {"engine/base/time.cc"},
               "reads the wall clock: take a Timestamp or a `const Clock&` (engine/base/time.h)"),
      MakeWord(R"(\b(double|float)\b)", {"engine/domain/", "engine/journal/", "engine/store/"}, {},
               "floating point is not exact: use int64 in the smallest unit, checked "
               "(engine/base/checked.h)"),
      MakeWord(R"(\babsl\s*::\s*(Mutex|MutexLock|ReaderMutexLock|WriterMutexLock|CondVar)\b)", {},
               {},
               "ThreadSanitizer cannot see into absl's: use laurel::Mutex, MutexLock and CondVar "
               "(engine/base/mutex.h)"),
      MakeWord(R"(\bstd\s*::\s*string_view\b)", {}, {},
               "does not convert to Abseil's here: use absl::string_view"),
  };
  return *words;
}

// Looked for in everything, comments included. The brackets let this file pass its own check.
const Word& LeftOver() {
  static const auto* const word =
      new Word(MakeWord(R"(\b(FIX[M]E|TO[D]O|HA[C]K)\b)", {}, {},
                        "is a left-over: do it now, or file it and say here what holds today"));
  return *word;
}

void CheckWord(const Word& word, absl::string_view path, int line, const std::string& text,
               std::vector<Finding>& findings) {
  if (!word.only.empty() && !StartsWithAny(path, word.only)) return;
  if (StartsWithAny(path, word.except)) return;
  std::smatch match;
  if (!std::regex_search(text, match, word.pattern)) return;
  const std::string found = match.str();
  findings.push_back({std::string(path), line,
                      absl::StrCat("`", absl::StripAsciiWhitespace(found), "` ", word.message)});
}

// ---- Includes
// -----------------------------------------------------------------------------------------------

// The header that a line includes, without its quotes; empty if it is not an include.
std::optional<std::string> IncludedHeader(const std::string& line) {
  static const auto* const pattern = new std::regex(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::smatch match;
  if (!std::regex_search(line, match, *pattern)) return std::nullopt;
  return match.str(1);
}

void CheckInclude(absl::string_view path, int line, absl::string_view header,
                  std::vector<Finding>& findings) {
  const auto found = [&](absl::string_view why) {
    findings.push_back({std::string(path), line, absl::StrCat("includes ", header, ": ", why)});
  };
  if (header == "string_view") found("use absl/strings/string_view.h");
  if (header == "absl/synchronization/mutex.h" && path != "engine/base/mutex.cc")
    found("use engine/base/mutex.h");
  for (const ForeignHeader& rule : ForeignHeaders()) {
    if (StartsWithAny(header, rule.headers) && !StartsWithAny(path, rule.allowed))
      found(rule.instead);
  }
  const Layer* const from = FindLayer(path);
  const Layer* const to = FindLayer(header);
  if (from == nullptr || to == nullptr || to->rank <= from->rank) return;
  if (absl::StartsWith(to->folder, "tests/") || absl::StartsWith(to->folder, "bench/")) {
    return found(
        "the product may not know its tests: move what it needs into the layer that owns it");
  }
  found(absl::StrCat(
      "an include points left in base < rules < domain < journal < store < engine < service, and ",
      absl::StripSuffix(from->folder, "/"), " is left of ", absl::StripSuffix(to->folder, "/"),
      ": move the type down, or hand a value in"));
}

// ---- Dead files
// ----------------------------------------------------------------------------------------------

absl::string_view Folder(absl::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == absl::string_view::npos ? absl::string_view() : path.substr(0, slash + 1);
}

// Adds each word of a CMakeLists.txt that may name a file, from the root of the repository.
void CollectNames(const SourceFile& cmake, std::set<std::string>& names) {
  const absl::string_view folder = Folder(cmake.path);
  for (absl::string_view line : absl::StrSplit(cmake.text, '\n')) {
    line = line.substr(0, line.find('#'));
    for (absl::string_view word :
         absl::StrSplit(line, absl::ByAnyChar(" \t\r()\";"), absl::SkipEmpty())) {
      if (absl::ConsumePrefix(&word, "${PROJECT_SOURCE_DIR}/")) {
        names.insert(std::string(word));
      } else {
        absl::ConsumePrefix(&word, "${CMAKE_CURRENT_SOURCE_DIR}/");
        names.insert(absl::StrCat(folder, word));
      }
    }
  }
}

}  // namespace

std::string ToString(const Finding& finding) {
  return absl::StrCat(finding.path, ":", finding.line, ": ", finding.message);
}

std::string CodeOnly(absl::string_view text) {
  std::string code(text);
  std::size_t i = 0;
  const auto blank = [&](std::size_t until) {
    for (; i < std::min(until, code.size()); ++i) {
      if (code[i] != '\n') code[i] = ' ';
    }
  };
  // The position after `end`, searched from `from`; the end of the text if there is none.
  const auto after = [&](absl::string_view end, std::size_t from) {
    const std::size_t at = text.find(end, from);
    return at == absl::string_view::npos ? text.size() : at + end.size();
  };
  while (i < text.size()) {
    const absl::string_view rest = text.substr(i);
    const char before = i == 0 ? ' ' : text[i - 1];
    if (absl::StartsWith(rest, "//")) {
      blank(after("\n", i));
    } else if (absl::StartsWith(rest, "/*")) {
      blank(after("*/", i + 2));
    } else if (absl::StartsWith(rest, "R\"")) {
      const std::size_t open = text.find('(', i);
      const std::string end = absl::StrCat(")", text.substr(i + 2, open - i - 2), "\"");
      blank(open == absl::string_view::npos ? text.size() : after(end, open));
    } else if (text[i] == '"' ||
               (text[i] == '\'' && std::isalnum(static_cast<unsigned char>(before)) == 0)) {
      const char quote = text[i];
      std::size_t end = i + 1;
      while (end < text.size() && text[end] != quote && text[end] != '\n')
        end += text[end] == '\\' ? 2u : 1u;
      ++i;
      blank(end);
      ++i;
    } else {
      ++i;
    }
  }
  return code;
}

std::vector<Finding> CheckFile(const SourceFile& file) {
  std::vector<Finding> findings;
  const bool is_cpp = IsCpp(file.path);
  const std::vector<std::string> lines = absl::StrSplit(file.text, '\n');
  const std::vector<std::string> code = absl::StrSplit(is_cpp ? CodeOnly(file.text) : "", '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int line = static_cast<int>(i) + 1;
    CheckWord(LeftOver(), file.path, line, lines[i], findings);
    if (!is_cpp) continue;
    // A commented-out include has no '#' left in the code.
    if (absl::StrContains(code[i], '#')) {
      if (const auto header = IncludedHeader(lines[i]))
        CheckInclude(file.path, line, *header, findings);
    }
    for (const Word& word : CodeWords()) CheckWord(word, file.path, line, code[i], findings);
  }
  return findings;
}

std::vector<Finding> FindDeadSources(const std::vector<SourceFile>& files) {
  std::set<std::string> names;
  for (const SourceFile& file : files) {
    if (absl::EndsWith(file.path, "CMakeLists.txt")) CollectNames(file, names);
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!absl::EndsWith(file.path, ".cc") || names.contains(file.path)) continue;
    findings.push_back(
        {file.path, 1,
         absl::StrCat("no CMakeLists.txt names this file, so nothing builds it: add it to ",
                      Folder(file.path), "CMakeLists.txt or delete it")});
  }
  return findings;
}

}  // namespace laurel::tidy
