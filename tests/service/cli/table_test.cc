#include "service/cli/table.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "service/cli/completion.h"
#include "service/cli/refusal.h"
#include "tests/service/cli/golden.h"

namespace laurel::cli {
namespace {

Table Balances() {
  return {"",
          {{"point type"}, {"available", Align::kRight}, {"held", Align::kRight}},
          {{"stars", "1250", "0"}, {"credit", "-5.00", "12.50"}}};
}

TEST(Table, AlignsForPeople) {
  Document document{
      {{"member", "programs/stars/members/m_7f3a"}, {"tier", "Gold"}, {"closed at", ""}},
      {Balances()}};
  document.tables.push_back(
      {"next tier: 白金", {{"condition"}, {"missing", Align::kRight}}, {{"年消费", "100"}}});
  document.tables.push_back({"lots", {{"lot"}}, {}});
  ExpectGolden("table.golden", RenderText(document));
}

TEST(Table, IsCsvForMachines) {
  const Document document{{{"member", "m"}}, {Balances()}};
  EXPECT_EQ(RenderCsv(document), "point_type,available,held\nstars,1250,0\ncredit,-5.00,12.50\n");
  EXPECT_EQ(RenderCsv(Document{{{"member", "m"}, {"enrolled at", "a,b"}}, {}}),
            "member,enrolled_at\nm,\"a,b\"\n");
}

TEST(Table, NoValueSteersTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m"),
            "?31m");  // the one-character form of escape [
  EXPECT_EQ(Printable("会员 é"), "会员 é");
  EXPECT_EQ(Printable("\xFF\xC3"),
            "\xFF\xC3");  // not UTF-8: passes, and is not read beyond its end
}

TEST(Table, KnowsHowWideTextIs) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("é"), 1u);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1u);  // with a combining accent
  EXPECT_EQ(DisplayWidth("会员"), 4u);
  EXPECT_EQ(DisplayWidth("🎉"), 2u);
}

google::rpc::Status Insufficient() {
  google::rpc::Status status;
  status.set_code(9);
  status.set_message("points: must be <= 120, was 500");
  google::rpc::ErrorInfo info;
  info.set_reason("INSUFFICIENT_POINTS");
  info.set_domain("laurel");
  (*info.mutable_metadata())["available"] = "120";
  (*info.mutable_metadata())["required"] = "500";
  status.add_details()->PackFrom(info);
  return status;
}

TEST(Refusal, TellsReasonNumbersFieldsAndHints) {
  google::rpc::Status invalid;
  invalid.set_code(3);
  invalid.set_message("request: must be valid, had 1 violation");
  google::rpc::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field("purchase.total.minor_units");
  violation.set_description("must be >= 0, was -500");
  invalid.add_details()->PackFrom(bad_request);
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  invalid.add_details()->PackFrom(info);

  google::rpc::Status absent;
  absent.set_code(5);
  absent.set_message("member: must be enrolled, was not found");
  info.set_reason("MEMBER_NOT_FOUND");
  absent.add_details()->PackFrom(info);

  std::string text = RenderRefusal(ToRefusal(Insufficient()), "localhost:1");
  text += RenderRefusal(ToRefusal(invalid), "localhost:1") +
          RenderRefusal(ToRefusal(absent), "localhost:1");
  text += RenderRefusal(ToRefusal(grpc::Status(grpc::StatusCode::UNAVAILABLE, "no route\n")),
                        "localhost:1");
  text += RenderRefusal(ToRefusal(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "late")),
                        "localhost:1");
  ExpectGolden("refusals.golden", text);
}

TEST(Refusal, ExitCodesGoByTheCode) {
  struct Row {
    grpc::StatusCode code;
    ExitCode exit_code;
    bool is_transient;
  };
  const Row kRows[] = {{grpc::StatusCode::INVALID_ARGUMENT, ExitCode::kRefused, false},
                       {grpc::StatusCode::NOT_FOUND, ExitCode::kRefused, false},
                       {grpc::StatusCode::FAILED_PRECONDITION, ExitCode::kRefused, false},
                       {grpc::StatusCode::DATA_LOSS, ExitCode::kRefused, false},
                       {grpc::StatusCode::INTERNAL, ExitCode::kRefused, true},
                       {grpc::StatusCode::ABORTED, ExitCode::kRefused, true},
                       {grpc::StatusCode::RESOURCE_EXHAUSTED, ExitCode::kRefused, true},
                       {grpc::StatusCode::UNAVAILABLE, ExitCode::kUnavailable, true},
                       {grpc::StatusCode::DEADLINE_EXCEEDED, ExitCode::kUnavailable, true},
                       {grpc::StatusCode::PERMISSION_DENIED, ExitCode::kNotPermitted, false},
                       {grpc::StatusCode::UNAUTHENTICATED, ExitCode::kNotPermitted, false}};
  for (const Row& row : kRows) {
    const Refusal refusal = ToRefusal(grpc::Status(row.code, ""));
    SCOPED_TRACE(refusal.reason);
    EXPECT_EQ(ExitCodeOf(refusal), row.exit_code);
    EXPECT_EQ(IsTransient(refusal), row.is_transient);
  }
}

TEST(Refusal, OfAStatusKeepsItsDetails) {
  const google::rpc::Status details = Insufficient();
  const grpc::Status status(grpc::StatusCode::FAILED_PRECONDITION, details.message(),
                            details.SerializeAsString());
  const Refusal refusal = ToRefusal(status);
  EXPECT_EQ(refusal.reason, "INSUFFICIENT_POINTS");
  EXPECT_EQ(refusal.metadata.at("available"), "120");
  EXPECT_EQ(ToRefusal(grpc::Status(grpc::StatusCode::NOT_FOUND, "x", "\xFF no details")).reason,
            "NOT_FOUND");
}

TEST(Completion, KnowsPathsAndOptions) {
  const std::vector<CompletionNode> nodes = {
      {"", {"member", "--server", "-p"}}, {"member", {"show"}}, {"member show", {"--lots"}}};
  ExpectGolden("completion_bash.golden", RenderCompletion("bash", nodes));
  ExpectGolden("completion_fish.golden", RenderCompletion("fish", nodes));
  EXPECT_EQ(RenderCompletion("tcsh", nodes), "");
}

}  // namespace
}  // namespace laurel::cli
