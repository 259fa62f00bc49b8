#include "tests/testing/tidy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace laurel::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Check(std::string path, std::string text) {
  std::vector<std::string> lines;
  for (const Finding& finding : CheckFile({std::move(path), std::move(text)})) {
    lines.push_back(ToString(finding));
  }
  return lines;
}

TEST(TidyIncludes, MayPointLeftOrStay) {
  EXPECT_THAT(Check("engine/store/key.cc",
                    "#include \"engine/store/key.h\"\n#include \"engine/base/id.h\"\n"
                    "#include \"rules/program/rulebook.h\"\n"),
              IsEmpty());
}

TEST(TidyIncludes, MayNotPointRight) {
  EXPECT_THAT(
      Check("engine/domain/apply.cc", "#include <vector>\n#include \"engine/store/store.h\"\n"),
      ElementsAre(
          "engine/domain/apply.cc:2: includes engine/store/store.h: an include points left in base "
          "< "
          "rules < domain < journal < store < engine < service, and engine/domain is left of "
          "engine/store: move the type down, or hand a value in"));
}

TEST(TidyIncludes, KnowsEveryLayer) {
  constexpr struct {
    const char* path;
    const char* header;
    bool is_allowed;
  } kRows[] = {
      {"engine/base/id.h", "rules/cel/value.h", false},
      {"rules/cel/value.h", "rules/program/rulebook.h", false},
      {"rules/program/rulebook.h", "rules/cel/value.h", true},
      {"rules/program/rulebook.h", "engine/domain/values.h", false},
      {"engine/domain/facts.cc", "rules/program/rulebook.h", true},
      {"engine/journal/entry.cc", "engine/store/store.h", false},
      {"engine/store/record.cc", "engine/journal/entry.h", true},
      {"engine/store/record.cc", "engine/engine.h", false},
      {"engine/sequencer.cc", "engine/store/store.h", true},
      {"engine/sequencer.cc", "service/shell.h", false},
      {"service/shell.h", "engine/engine.h", true},
      {"service/shell.h", "service/cli/table.h", false},
      {"service/cli/main.cc", "engine/journal/proof.h", true},
      {"tests/engine/engine_test.cc", "service/shell.h", true},
      {"bench/accrue_bench.cc", "engine/engine.h", true},
      {"engine/engine.cc", "tests/testing/map_store.h", false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(std::string(row.path) + " -> " + row.header);
    EXPECT_EQ(Check(row.path, std::string("#include \"") + row.header + "\"\n").empty(),
              row.is_allowed);
  }
}

TEST(TidyIncludes, KeepForeignAndGeneratedCodeInItsPlace) {
  constexpr struct {
    const char* path;
    const char* header;
    bool is_allowed;
  } kRows[] = {
      {"engine/store/rocksdb_store.cc", "<rocksdb/db.h>", true},
      {"engine/store/key.cc", "<rocksdb/slice.h>", false},
      {"tests/testing/rocksdb_faults.h", "<rocksdb/file_system.h>", true},
      {"tests/crash_test.cc", "<rocksdb/db.h>", false},
      {"service/server.cc", "<grpcpp/grpcpp.h>", true},
      {"bench/till_bench.cc", "<grpcpp/grpcpp.h>", true},
      {"engine/engine.h", "<grpcpp/grpcpp.h>", false},
      {"service/convert.cc", "\"laurel/v1/points.pb.h\"", true},
      {"service/cli/main.cc", "\"laurel/v1/points.grpc.pb.h\"", true},
      {"engine/engine.cc", "\"laurel/v1/points.pb.h\"", false},
      {"engine/engine.cc", "\"proto/laurel/v1/points.pb.h\"", false},
      {"rules/program/document.cc", "\"laurel/program/v1/program.pb.h\"", true},
      {"rules/program/document_yaml.cc", "\"laurel/program/v1/program.pb.h\"", true},
      {"service/convert_program.cc", "\"laurel/program/v1/program.pb.h\"", true},
      {"service/shell.cc", "\"laurel/program/v1/program.pb.h\"", false},
      {"engine/journal/entry.cc", "\"laurel/storage/v1/entry.pb.h\"", true},
      {"engine/store/record.cc", "\"laurel/storage/v1/record.pb.h\"", true},
      {"engine/engine.cc", "\"laurel/storage/v1/entry.pb.h\"", false},
      {"service/convert.cc", "\"laurel/storage/v1/entry.pb.h\"", false},
      {"engine/domain/values.h", "<google/protobuf/message.h>", false},
      {"engine/domain/values.h", "<string_view>", false},
      {"engine/sequencer.h", "\"absl/synchronization/mutex.h\"", false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(std::string(row.path) + " -> " + row.header);
    EXPECT_EQ(Check(row.path, std::string("#include ") + row.header + "\n").empty(),
              row.is_allowed);
  }
}

TEST(TidyIncludes, IgnoreComments) {
  EXPECT_THAT(
      Check("engine/engine.cc", "// #include <rocksdb/db.h>\n/*\n#include <rocksdb/db.h>\n*/\n"),
      IsEmpty());
}

TEST(TidyWords, FindWallClockReadsOutsideTheClock) {
  constexpr const char* kReads[] = {
      "auto now = std::chrono::system_clock::now();",
      "auto now = absl::Now();",
      "time_t now = time(nullptr);",
      "time_t now = std::time(0);",
      "gettimeofday(&tv, nullptr);",
      "clock_gettime(CLOCK_REALTIME, &ts);",
  };
  for (const char* text : kReads) {
    SCOPED_TRACE(text);
    EXPECT_THAT(Check("service/server.cc", text),
                ElementsAre(HasSubstr("take a Timestamp or a `const Clock&`")));
    EXPECT_THAT(Check("engine/base/time.cc", text), IsEmpty());
  }
}

TEST(TidyWords, LeaveOtherTimesAlone) {
  EXPECT_THAT(Check("service/server.cc",
                    "auto t = std::chrono::steady_clock::now();\nx = entry.time(0);\nTimestamp at "
                    "= clock.Now();\n"
                    "y = entry->time(0);\nlifetime(0);\n"),
              IsEmpty());
}

TEST(TidyWords, BanFloatingPointFromTheLedger) {
  EXPECT_THAT(Check("engine/domain/points.h", "\ndouble ratio = 0;\n"),
              ElementsAre("engine/domain/points.h:2: `double` floating point is not exact: use "
                          "int64 in the smallest "
                          "unit, checked (engine/base/checked.h)"));
  EXPECT_THAT(Check("engine/journal/entry.h", "float x;"), ElementsAre(HasSubstr("`float`")));
  EXPECT_THAT(Check("rules/cel/value.h", "double x;"), IsEmpty());
  EXPECT_THAT(Check("engine/domain/points.h",
                    "// double entry\nint doubled = 0;\nLog(\"double entry\");\n"),
              IsEmpty());
}

TEST(TidyWords, NameTheReplacement) {
  EXPECT_THAT(Check("engine/engine.h", "absl::Mutex mutex_;"),
              ElementsAre(HasSubstr("use laurel::Mutex")));
  EXPECT_THAT(Check("engine/engine.h", "void F(std::string_view text);"),
              ElementsAre(HasSubstr("use absl::string_view")));
}

TEST(TidyWords, FindLeftOversAlsoInCommentsAndOtherFiles) {
  const std::string left_over = std::string("TO") + "DO";
  EXPECT_THAT(Check("engine/engine.cc", "\n// " + left_over + ": later\n"),
              ElementsAre(HasSubstr("engine/engine.cc:2: `" + left_over + "` is a left-over")));
  EXPECT_THAT(Check("proto/laurel/v1/points.proto", "// " + left_over),
              ElementsAre(HasSubstr("left-over")));
  EXPECT_THAT(Check("engine/CMakeLists.txt", "# " + left_over),
              ElementsAre(HasSubstr("left-over")));
  EXPECT_THAT(Check("engine/engine.cc", "// " + left_over + "S are a Spanish word\n"), IsEmpty());
}

TEST(TidyDeadSources, AreThoseThatNoCMakeListsNames) {
  const std::vector<SourceFile> files = {
      {"engine/store/CMakeLists.txt",
       "laurel_library(store SOURCES key.cc \"record.cc\" # old.cc\n "
       "${PROJECT_SOURCE_DIR}/engine/shared.cc\n"
       " ${CMAKE_CURRENT_SOURCE_DIR}/here.cc rocksdb/env.cc)"},
      {"engine/store/key.cc", ""},
      {"engine/store/record.cc", ""},
      {"engine/store/old.cc", ""},
      {"engine/shared.cc", ""},
      {"engine/store/here.cc", ""},
      {"engine/key.cc", ""},
      {"engine/store/rocksdb/env.cc", ""},
      {"engine/store/unnamed.h", ""},
  };
  std::vector<std::string> dead;
  for (const Finding& finding : FindDeadSources(files)) dead.push_back(ToString(finding));
  EXPECT_THAT(
      dead,
      ElementsAre(
          "engine/store/old.cc:1: no CMakeLists.txt names this file, so nothing builds it: add "
          "it to engine/store/CMakeLists.txt or delete it",
          HasSubstr("engine/key.cc:1: ")));
}

TEST(TidyCodeOnly, BlanksCommentsAndLiterals) {
  constexpr struct {
    const char* text;
    const char* code;
  } kRows[] = {
      {"a // b\nc", "a     \nc"},
      {"a // b", "a     "},
      {"a /* b\nc */ d", "a     \n     d"},
      {"f(\"//x\");", "f(\"   \");"},
      {"f(\"a\\\"b\") + c", "f(\"    \") + c"},
      {"'\"' + x", "' ' + x"},
      {"1'000'000 + x", "1'000'000 + x"},
      {"R\"(a \" // b)\" + c", "              + c"},
      {"R\"x(a )\" b)x\" + c", "              + c"},
      {"\"unterminated\nx", "\"            \nx"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.text);
    EXPECT_EQ(CodeOnly(row.text), row.code);
  }
}

}  // namespace
}  // namespace laurel::tidy
