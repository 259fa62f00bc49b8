#include <string>

#include "laurel/v1/points_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/names.h"
#include "service/cli/points_amount.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

struct TransferArguments {
  std::string from;
  std::string to;
  std::string amount;
  std::string point_type;
  std::string reference;
};

ExitCode Transfer(Session& session, const TransferArguments& arguments) {
  MemberPoints of;
  if (const std::optional<ExitCode> failed =
          ReadMemberPoints(session, arguments.from, arguments.amount, arguments.point_type, of)) {
    return *failed;
  }
  const absl::StatusOr<v1::MemberRef> to = ParseMember(arguments.to, of.program);
  if (!to.ok()) return session.WrongUsage(to.status());
  v1::TransferPointsRequest request;
  request.set_program(of.program);
  *request.mutable_from() = of.member;
  *request.mutable_to() = *to;
  *request.mutable_points() = of.points;
  request.set_reference(arguments.reference);
  request.set_request_id(session.RequestId());
  v1::TransferPointsResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &v1::PointsService::Stub::TransferPoints, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(of.program);
    Document document;
    document.facts.emplace_back("transferred", Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("from", response.member());
    document.facts.emplace_back("to", response.to());
    document.facts.emplace_back("points", RenderPoints(response.points(), style));
    document.facts.emplace_back("fee",
                                style.Points(response.points().point_type(), response.fee()));
    AddStanding(document, response, style);
    return document;
  });
}

struct ClaimArguments {
  std::string receipt;
  std::string member;
};

ExitCode Claim(Session& session, const ClaimArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::Receipt> receipt = ParseReceipt(arguments.receipt);
  if (!receipt.ok()) return session.WrongUsage(receipt.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::ClaimReceiptRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  *request.mutable_receipt() = *receipt;
  request.set_request_id(session.RequestId());
  v1::ClaimReceiptResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &v1::PointsService::Stub::ClaimReceipt, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("claimed", Outcome(response));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("member", response.member());
    document.tables.push_back(AwardTable(response.awards(), style));
    AddStanding(document, response, style);
    return document;
  });
}

}  // namespace

void AddTransferCommands(CLI::App& points, Action& action) {
  CLI::App* verb = nullptr;
  const auto claim = AddVerb<ClaimArguments>(
      points, "claim", "Award a guest's receipt to a member, as of its day",
      "laurelctl points claim S12/T3/2026-01-03/000124 card:4006381333931 -p stars", action, &verb,
      Claim);
  verb->add_option("RECEIPT", claim->receipt, "STORE/TERMINAL/DATE/NUMBER")->required();
  verb->add_option("MEMBER", claim->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  const auto transfer = AddVerb<TransferArguments>(
      points, "transfer", "Give points of one member to another",
      "laurelctl points transfer card:4006381333931 phone:+4930123456 100 -p stars", action, &verb,
      Transfer);
  verb->add_option("FROM", transfer->from, "who gives: kind:value or a member's name")->required();
  verb->add_option("TO", transfer->to, "who is given: kind:value or a member's name")->required();
  verb->add_option("AMOUNT", transfer->amount, "how many points")->required();
  verb->add_option("TYPE", transfer->point_type, "point type; may be left out if there is one");
  verb->add_option("--reference", transfer->reference, "the caller's own id");
}

}  // namespace laurel::cli
