// Whole commands against a server in this process.
#include "service/cli/app.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/cli/input.h"
#include "tests/service/cli/fake_server.h"
#include "tests/service/cli/golden.h"
#include "tests/testing/temp_dir.h"

namespace laurel::cli {
namespace {

struct Result {
  ExitCode code;
  std::string out;
  std::string err;
};

class App : public testing::Test {
 protected:
  Result Do(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    const ExitCode code = cli::Run(arguments, {&out, &err, false, server_.channel()});
    return {code, out.str(), err.str()};
  }
  std::string Write(absl::string_view name, const std::string& text) {
    std::ofstream(folder_.Path(name), std::ios::binary) << text;
    return folder_.Path(name);
  }
  std::string Read(const std::string& path) { return ReadAll(path, 1 << 20).value_or("absent"); }

  // The mapping of tests/… files with columns row_no, customer_id, purchase_date, amount.
  Result Import(const std::string& csv, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"import",
                                          "purchases",
                                          Write("in.csv", csv),
                                          "--map",
                                          "member=card:customer_id",
                                          "--map",
                                          "number=row_no",
                                          "--map",
                                          "date=purchase_date",
                                          "--map",
                                          "total=amount",
                                          "--store",
                                          "WEB",
                                          "--terminal",
                                          "1",
                                          "--time",
                                          "12:00",
                                          "--rejects",
                                          folder_.Path("rejects.csv"),
                                          "-p",
                                          "cdnow"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Do(arguments);
  }

  FakeServer server_;
  TempDir folder_;
};

constexpr char kHeader[] = "row_no,customer_id,purchase_date,amount\n";

std::string ManyRows(int count, int members) {
  std::string csv = kHeader;
  for (int i = 1; i <= count; ++i) {
    absl::StrAppend(&csv, i, ",", i % members, ",1997-01-0", 1 + i % 9, ",", i % 50, ".25\n");
  }
  return csv;
}

TEST_F(App, TyposGetASuggestion) {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row kRows[] = {
      {{"membr", "show", "card:1"},
       "\"membr\": must be a command of laurelctl (did you mean \"member\"?)"},
      {{"member", "shwo", "card:1"}, "(did you mean \"show\"?)"},
      {{"-p", "x", "member", "shwo"}, "(did you mean \"show\"?)"},
      {{"member", "show", "card:1", "--progam", "x"}, "(did you mean \"--program\"?)"},
      {{"member"}, "member: must be followed by one of enroll, show"},
      {{}, "laurelctl: must be followed by one of member"},
      {{"member", "show"}, "MEMBER is required"},
      {{"member", "show", "card:1"}, "--program or LAUREL_PROGRAM"},
      {{"member", "show", "cart:1", "-p", "x"}, "(did you mean \"card\"?)"},
      {{"version", "-o", "yaml"}, "--output: yaml not in {table,json,csv}"},
      {{"program", "approve", "2", "-p", "x", "--role", "KING"}, "--role: KING not in"},
      {{"program", "approve", "2", "-p", "x", "--principal", "a b"},
       "--principal: must be 1 to 64"},
      {{"program", "approve", "2", "-p", "x", "--digest", "12"}, "digest: must be 64 hex digits"},
      {{"program", "schedule", "2", "-p", "x", "--at", "soon"}, "wrong usage: "},
      {{"program", "revise"}, "FILE is required"},
      {{"call", "GetTeir"}, "(did you mean \"GetTier\"?)"}};
  for (const Row& row : kRows) {
    const Result result = Do(row.arguments);
    EXPECT_EQ(result.code, ExitCode::kWrongUsage) << result.err;
    EXPECT_TRUE(absl::StrContains(result.err, row.message)) << result.err;
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(App, MisspelledVariablesAreNoticed) {
  ::setenv("LAUREL_SEVER", "10.0.0.1:7300", 1);
  const Result slip = Do({"version"});
  ::unsetenv("LAUREL_SEVER");
  EXPECT_EQ(slip.code, ExitCode::kWrongUsage);
  EXPECT_EQ(slip.err,
            "wrong usage: LAUREL_SEVER: must be a variable that is read (did you mean "
            "\"LAUREL_SERVER\"?)\n");
  ::setenv("LAUREL_LISTEN", "127.0.0.1:7300", 1);  // laureld's
  EXPECT_EQ(Do({"version"}).code, ExitCode::kDone);
  ::unsetenv("LAUREL_LISTEN");
}

TEST_F(App, HelpBeginsWithExamples) {
  const Result result = Do({"points", "accrue", "--help"});
  EXPECT_EQ(result.code, ExitCode::kDone);
  ExpectGolden("help_points_accrue.golden", result.out);
}

TEST_F(App, ShowsAMemberInThreeFormats) {
  server_.members = {"7"};
  EXPECT_EQ(Do({"member", "show", "card:7", "-p", "cdnow"}).out,
            "member  programs/cdnow/members/m_7\nstate   active\ntier    GOLD\n\n"
            "POINT TYPE  AVAILABLE  PENDING  HELD\npoints           1250        0     0\n");
  EXPECT_EQ(Do({"member", "show", "card:7", "-p", "cdnow", "-o", "csv"}).out,
            "point_type,available,pending,held\npoints,1250,0,0\n");
  EXPECT_TRUE(absl::StrContains(Do({"member", "show", "card:7", "-p", "cdnow", "--json"}).out,
                                "\"available\": \"1250\""));
}

TEST_F(App, RefusalsSetTheExitCode) {
  const Result result = Do({"member", "show", "card:8", "-p", "cdnow"});
  EXPECT_EQ(result.code, ExitCode::kRefused);
  EXPECT_TRUE(absl::StartsWith(result.err, "refused: MEMBER_NOT_FOUND: ")) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(App, CallsAnyMethodWithJson) {
  const Result result = Do({"call", "AdminService/GetServerInfo"});
  EXPECT_EQ(result.code, ExitCode::kDone) << result.err;
  EXPECT_TRUE(absl::StrContains(result.out, "\"ledger\": \"test/ledger\"")) << result.out;
  EXPECT_EQ(Do({"call", "GetServerInfo", "{\"no\":1}"}).code, ExitCode::kWrongUsage);
  EXPECT_EQ(Do({"call", "GetEntry", "{}"}).code,
            ExitCode::kRefused);  // not implemented by the fake
}

TEST_F(App, ExplainsAnEntry) {
  const Result text = Do({"points", "explain", "0-7", "-p", "cdnow"});
  EXPECT_EQ(text.code, ExitCode::kDone) << text.err;
  EXPECT_EQ(text.out,
            "5 points · CDNOW\n  +5 points  base  1 per 1.00 on 5.00: 5 -> 5?\n"
            "the member reads\n  5 Points\n");
  const Result chinese = Do({"points", "explain", "0-7", "--language", "zh-CN", "-p", "cdnow"});
  EXPECT_TRUE(absl::EndsWith(chinese.out, "  5 Points：…\n")) << chinese.out;
  const Result json = Do({"points", "explain", "programs/cdnow/entries/0-7", "--json"});
  EXPECT_TRUE(absl::StrContains(json.out, "\"entry\": \"programs/cdnow/entries/0-7\"")) << json.out;
  const Result csv = Do({"points", "explain", "0-7", "-o", "csv", "-p", "cdnow"});
  EXPECT_TRUE(absl::StrContains(csv.out, "base,base,5,6,points,1 per 1.00 on 5.00: 5 -> 5"))
      << csv.out;
  EXPECT_EQ(Do({"points", "explain", "7", "-p", "cdnow"}).code, ExitCode::kWrongUsage);
}

TEST_F(App, ChecksADocument) {
  EXPECT_EQ(Do({"program", "check", Write("good.yaml", "good")}).code, ExitCode::kDone);
  const Result bad = Do({"program", "check", Write("bad.yaml", "bad")});
  EXPECT_EQ(bad.code, ExitCode::kRefused);
  EXPECT_TRUE(absl::StrContains(bad.out,
                                "1:1    error     R-YAML-104  id    id: must be given, was absent"))
      << bad.out;
  EXPECT_EQ(Do({"program", "check", folder_.Path("absent")}).code, ExitCode::kIoError);
}

TEST_F(App, ChecksADocumentBesideAnother) {
  const std::string good = Write("good.yaml", "good");
  const auto compared = [&](const std::string& against) {
    return Do({"program", "check", good, "--against", against, "-p", "cdnow"}).out;
  };
  EXPECT_TRUE(absl::StrContains(compared("3"), "compared with  3\n")) << compared("3");
  EXPECT_TRUE(absl::StrContains(compared("programs/cdnow/revisions/4"), "compared with  4\n"));
  EXPECT_TRUE(absl::StrContains(compared(Write("old.yaml", "old")), "compared with  document\n"));
  EXPECT_EQ(Do({"program", "check", good, "--against", folder_.Path("absent")}).code,
            ExitCode::kIoError);
  EXPECT_EQ(Do({"program", "check", good, "--at", "soon"}).code, ExitCode::kWrongUsage);
}

TEST_F(App, AcknowledgesWarnings) {
  const Result done =
      Do({"program", "acknowledge", "1", "R-LIAB-641:promotions[0]", "-p", "cdnow"});
  EXPECT_EQ(done.code, ExitCode::kDone) << done.err;
  EXPECT_TRUE(absl::StrContains(done.out, "revision  programs/cdnow/revisions/1\n")) << done.out;
  EXPECT_EQ(Do({"program", "acknowledge", "1", "-p", "cdnow"}).code, ExitCode::kWrongUsage);
  const std::string good = Write("good.yaml", "good");
  EXPECT_EQ(Do({"program", "create", good, "--acknowledge", "R-LIAB-641:promotions[0]"}).code,
            ExitCode::kDone);
  EXPECT_NE(Do({"program", "create", good, "--acknowledge", "R-OTHER-1"}).code, ExitCode::kDone);
}

TEST_F(App, CreatesAProgramFromADocument) {
  EXPECT_EQ(Do({"program", "create", Write("good.yaml", "good")}).out,
            "revision  programs/cdnow/revisions/1\nstate     draft, digest 3132333435363738\n"
            "outcome   done\n");
}

TEST_F(App, ImportingTwiceAddsNothing) {
  const std::string csv = ManyRows(1'000, 37);
  const Result first = Import(csv, {"--enroll"});
  EXPECT_EQ(first.code, ExitCode::kDone) << first.err;
  EXPECT_TRUE(absl::StrContains(first.out, "accrued           1,000\n")) << first.out;
  EXPECT_TRUE(absl::StrContains(first.out, "members enrolled  37\n")) << first.out;
  EXPECT_EQ(server_.posted.size(), 1'000u);
  EXPECT_EQ(server_.in_flight_conflicts, 0);
  const Result second = Import(csv, {"--enroll"});
  EXPECT_EQ(second.code, ExitCode::kDone) << second.err;
  EXPECT_TRUE(absl::StrContains(second.out, "accrued           0\n")) << second.out;
  EXPECT_TRUE(absl::StrContains(second.out, "already there     1,000\n")) << second.out;
  // Another attempt asks under new ids, and finds the receipts there.
  EXPECT_TRUE(absl::StrContains(Import(csv, {"--attempt", "2"}).out, "already there     1,000\n"));
  EXPECT_EQ(server_.posted.size(), 1'000u);
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("rejects.csv")));
}

TEST_F(App, ImportKeepsTheOrderOfEachMember) {
  ASSERT_EQ(Import(ManyRows(2'000, 11), {"--enroll"}).code, ExitCode::kDone);
  std::map<std::string, int> last;
  for (const FakeServer::Posted& posted : server_.posted) {
    EXPECT_LT(last[posted.member], std::stoi(posted.number));
    last[posted.member] = std::stoi(posted.number);
  }
}

TEST_F(App, ImportRejectsBadRowsAndDoesTheRest) {
  server_.members = {"1"};
  const std::string csv = absl::StrCat(kHeader,
                                       "1,1,1997-01-01,11.77\n"
                                       "2,1,2023-02-29,1.00\n"
                                       "3,\"\",1997-01-01,1.00\n"
                                       "4,1,1997-01-01\n"
                                       "5,1,1997-01-02,\"2.50\"\n"
                                       "6,stranger,1997-01-02,1.00\n");
  const Result result = Import(csv);
  EXPECT_EQ(result.code, ExitCode::kDoneInPart) << result.err;
  EXPECT_EQ(server_.posted.size(), 2u);
  EXPECT_TRUE(absl::StrContains(result.out, "given points      1427\n")) << result.out;
  EXPECT_TRUE(absl::StrContains(result.err, folder_.Path("rejects.csv"))) << result.err;
  const std::string rejects = Read(folder_.Path("rejects.csv"));
  EXPECT_TRUE(absl::StartsWith(
      rejects, "row,field,reason,message,row_no,customer_id,purchase_date,amount\n"));
  EXPECT_TRUE(absl::StrContains(rejects, "\n2,purchase_date,INVALID_FIELD,")) << rejects;
  EXPECT_TRUE(absl::StrContains(rejects, ",2,1,2023-02-29,1.00\n")) << rejects;
  EXPECT_TRUE(absl::StrContains(rejects, "\n3,customer_id,INVALID_FIELD,")) << rejects;
  EXPECT_TRUE(absl::StrContains(
      rejects, "\n4,,INVALID_FIELD,\"row: must have 4 fields, was 3\",4,1,1997-01-01\n"));
  EXPECT_TRUE(absl::StrContains(rejects, "\n6,customer_id,MEMBER_NOT_FOUND,")) << rejects;
}

TEST_F(App, ImportRejectsMembersWhoCannotBeEnrolled) {
  const Result result = Import(
      absl::StrCat(kHeader, "1,banned,1997-01-01,1.00\n2,ok,1997-01-01,1.00\n"), {"--enroll"});
  EXPECT_EQ(result.code, ExitCode::kDoneInPart);
  EXPECT_EQ(server_.posted.size(), 1u);
  EXPECT_TRUE(absl::StrContains(Read(folder_.Path("rejects.csv")), "\n1,,CONSENT_MISSING,"));
}

TEST_F(App, ImportStopsWhenTheServerStaysAway) {
  server_.members = {"1"};
  server_.before_batch = [](int) { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"); };
  const Result result =
      Import(absl::StrCat(kHeader, "1,1,1997-01-01,1.00\n"), {"--retry-for", "0"});
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(result.err, "run the same command again")) << result.err;
}

TEST_F(App, ImportRefusesAFileThatIsNoCsv) {
  server_.members = {"1"};
  EXPECT_EQ(Import(absl::StrCat(kHeader, "1,1,1997-01-01,1.00\n2,1,\"1997-01-01,1.00\n")).code,
            ExitCode::kIoError);
  EXPECT_EQ(server_.posted.size(), 1u);
  EXPECT_EQ(Import("a,b\n1,2\n").code, ExitCode::kWrongUsage);
  EXPECT_EQ(Import("").code, ExitCode::kWrongUsage);
}

TEST_F(App, ReportsMembersInTheOrderOfTheList) {
  server_.members = {"1", "2"};
  server_.posted = {{"1", "1", 100}, {"2", "2", 50}, {"1", "3", 7}};
  const std::string list = Write("list.csv", "x,id\n0,2\n0,1\n0,2\n");
  const Result result = Do({"report", "members", "--identities", list + ":id", "--as-of",
                            "1998-07-01", "--out", folder_.Path("out.csv"), "-p", "cdnow"});
  EXPECT_EQ(result.code, ExitCode::kDone) << result.err;
  EXPECT_EQ(Read(folder_.Path("out.csv")),
            "member,points,credit,tier,since\n2,50,0,GOLD,1998-07-01\n1,107,0,GOLD,1998-07-01\n");
}

TEST_F(App, ReportLeavesOutWhoIsNotThere) {
  server_.members = {"1"};
  const std::string list = Write("list.csv", "id\n1\n9\n");
  const Result result = Do(
      {"report", "members", "--identities", list, "--out", folder_.Path("out.csv"), "-p", "cdnow"});
  EXPECT_EQ(result.code, ExitCode::kDoneInPart);
  EXPECT_TRUE(absl::StrContains(result.err, "MEMBER_NOT_FOUND")) << result.err;
}

v1::ExportPostingsResponse Chunk(std::uint64_t last, const std::string& csv) {
  v1::ExportPostingsResponse chunk;
  chunk.set_csv(csv);
  chunk.set_last_sequence(last);
  return chunk;
}

TEST_F(App, ExportGoesOnWhereItBrokeOff) {
  server_.head = 3;
  server_.postings = {Chunk(1, "0,1,points,0,10\n0,1,points,10,0\n"),
                      Chunk(3, "0,3,points,7,0\n0,3,points,0,7\n")};
  server_.break_stream_after = 1;
  const Result result =
      Do({"ledger", "export", "--out", folder_.Path("journal.csv"), "-p", "cdnow"});
  EXPECT_EQ(result.code, ExitCode::kDone) << result.err;
  EXPECT_EQ(Read(folder_.Path("journal.csv")),
            "partition,sequence,point_type,debit,credit\n"
            "0,1,points,0,10\n0,1,points,10,0\n0,3,points,7,0\n0,3,points,0,7\n");
  EXPECT_TRUE(absl::StrContains(result.out, "points         17      17           0\n"))
      << result.out;
}

TEST_F(App, ExportOfAnUnsoundLedgerFailsVerification) {
  server_.head = 1;
  server_.postings = {Chunk(1, "0,1,points,0,10\n0,1,points,9,0\n")};
  const Result result = Do({"ledger", "export", "--out", "-", "-p", "cdnow", "-o", "csv"});
  EXPECT_EQ(result.code, ExitCode::kVerifyFailed);
}

TEST_F(App, ComparesADayWithItsList) {
  const auto reconcile = [&](const std::string& list) {
    return Do({"ledger", "reconcile", "S12", "2026-01-03", Write("day.csv", list), "-p", "cdnow"});
  };
  const Result differs = reconcile("terminal,number,total\nT1,1001,31.90\nT1,1002,5.00,RETURN\n");
  EXPECT_EQ(differs.code, ExitCode::kVerifyFailed) << differs.err;
  EXPECT_TRUE(absl::StrContains(differs.out, "S12/T1/2026-01-03/1001")) << differs.out;
  EXPECT_TRUE(absl::StrContains(differs.out, "missing")) << differs.out;
  EXPECT_TRUE(absl::StrContains(differs.out, "31.90")) << differs.out;
  EXPECT_TRUE(absl::StrContains(differs.out, "-5.00")) << differs.out;
  EXPECT_EQ(reconcile("").code, ExitCode::kDone);
  const Result wrong = reconcile("T1,1001,31.90\nT1,1002\n");
  EXPECT_NE(wrong.code, ExitCode::kDone);
  EXPECT_TRUE(absl::StrContains(wrong.err, "line 2: must be TERMINAL,NUMBER,TOTAL")) << wrong.err;
}

TEST_F(App, VerifyNeedsALedgerOrACheckpoint) {
  EXPECT_EQ(Do({"ledger", "verify"}).code, ExitCode::kWrongUsage);
  EXPECT_EQ(Do({"ledger", "verify", "--data-dir", folder_.path()}).code, ExitCode::kLedgerRefused);
  const std::string note = Write("note", "no note");
  EXPECT_EQ(Do({"ledger", "verify", "--checkpoint", note}).code, ExitCode::kWrongUsage);
  EXPECT_EQ(Do({"ledger", "verify", "--checkpoint", note, "--vkey", "a+b+c"}).code,
            ExitCode::kWrongUsage);
}

}  // namespace
}  // namespace laurel::cli
