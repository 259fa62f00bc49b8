// Every row of the scenario files of this folder as a test of its own: scenario_test.ACC.07.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/scenarios/player.h"

namespace laurel::scenarios {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class Played : public ::testing::Test {
 public:
  explicit Played(Row row) : row_(std::move(row)) {}
  void TestBody() override {
    if (!row_.skipped.empty()) GTEST_SKIP() << row_.skipped;
    for (const auto& run : row_.runs) {
      for (const Playing playing : {Playing::kOnce, Playing::kTwiceAndRestarted}) {
        const std::string wrong = Play(row_, run, playing);
        if (wrong.empty()) continue;
        ADD_FAILURE() << (playing == Playing::kOnce ? "" : "with each write sent twice:\n")
                      << wrong;
        break;
      }
    }
  }

 private:
  const Row row_;
};

class Unreadable : public ::testing::Test {
 public:
  explicit Unreadable(std::vector<std::string> errors) : errors_(std::move(errors)) {}
  void TestBody() override { FAIL() << absl::StrJoin(errors_, "\n"); }

 private:
  const std::vector<std::string> errors_;
};

// The ids of the specification's rows in these groups, by group.
std::map<std::string, std::set<std::string>> SpecifiedIds(const std::string& text) {
  std::map<std::string, std::set<std::string>> ids;
  std::istringstream lines(text);
  const std::regex row(R"(^\| (([A-Z]{3})-\d\d) \|.*)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) ids[match[2]].insert(match[1]);
  }
  return ids;
}

std::map<std::string, std::set<std::string>>& PlayedIds() {
  static auto* const ids = new std::map<std::string, std::set<std::string>>;
  return *ids;
}

// A file claims its group: each row of it is there, and of others only those that are ours, which
// are numbered from 101 on.
TEST(Files, HaveEveryRowOfTheirGroup) {
  const char* const shared = std::getenv("LAUREL_SHARED_DIR");
  const fs::path specification =
      (shared == nullptr ? fs::path(SCENARIOS_DIR) / "../../../shared" : fs::path(shared)) /
      "design/scenarios.md";
  if (!fs::exists(specification)) {
    GTEST_SKIP() << "the specification of the scenarios is not here: " << specification;
  }
  const auto specified = SpecifiedIds(ReadAll(specification));
  ASSERT_FALSE(specified.empty());
  for (auto [group, ids] : PlayedIds()) {
    std::erase_if(
        ids, [](const std::string& id) { return std::atoi(id.c_str() + id.find('-') + 1) > 100; });
    const auto found = specified.find(group);
    ASSERT_NE(found, specified.end()) << group;
    EXPECT_EQ(ids, found->second) << group;
  }
}

// ACC-07 of acc.scenario.
void Register(Row row) {
  const std::size_t dash = row.id.find('-');
  const std::string group = row.id.substr(0, dash);
  PlayedIds()[group].insert(row.id);
  const std::string number = row.id.substr(dash == std::string::npos ? 0 : dash + 1);
  const std::string file = absl::StrCat(SCENARIOS_DIR, "/", row.file);
  const int line = row.line;
  ::testing::RegisterTest(group.c_str(), number.c_str(), nullptr, nullptr, file.c_str(), line,
                          [row = std::move(row)]() -> ::testing::Test* { return new Played(row); });
}

void RegisterAll() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(SCENARIOS_DIR)) {
    if (entry.path().extension() == ".scenario") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    ParsedFile parsed = Parse(name, ReadAll(file), TheGrammar());
    for (Row& row : parsed.rows) Register(std::move(row));
    if (parsed.errors.empty()) continue;
    const std::string stem = file.stem().string();
    ::testing::RegisterTest(
        "Unreadable", stem.c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [errors = parsed.errors]() -> ::testing::Test* { return new Unreadable(errors); });
  }
}

}  // namespace
}  // namespace laurel::scenarios

int main(int argc, char** argv) {
  laurel::scenarios::RegisterAll();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
