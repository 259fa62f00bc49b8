#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "laurel/v1/points_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/points_amount.h"
#include "service/cli/views.h"

// What staff decide about when points end.
namespace laurel::cli {
namespace {

using EndsStub = v1::PointsService::Stub;

struct EndsArguments {
  std::string member;
  std::vector<std::string> lots;
  std::string expiry;
  std::string amount;
  std::string point_type;
  std::string until;
  std::string zone = "UTC";
  std::string reason;
  std::string reference;
};

absl::StatusOr<google::protobuf::Timestamp> UntilOf(const EndsArguments& arguments) {
  ASSIGN_OR_RETURN(const absl::TimeZone zone, ParseZone(arguments.zone));
  ASSIGN_OR_RETURN(const Timestamp until, ParseInstant(arguments.until, zone));
  return ToProto(until);
}

// Points whose end has become `until`.
template <class Response>
ExitCode PrintMoved(Session& session, const std::string& program, const char* what,
                    const google::protobuf::Timestamp& until, const Response& response) {
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(program);
    Document document;
    document.facts.emplace_back(
        what, absl::StrCat(RenderPoints(response.points(), style), ", ", Outcome(response)));
    document.facts.emplace_back("end at", RenderInstant(FromProto(until)));
    document.facts.emplace_back("entry", response.entry());
    document.facts.emplace_back("member", response.member());
    AddStanding(document, response, style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

ExitCode Extend(Session& session, const EndsArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  const absl::StatusOr<google::protobuf::Timestamp> until = UntilOf(arguments);
  if (!until.ok()) return session.WrongUsage(until.status());
  v1::GetBalanceRequest whose;
  whose.set_program(*program);
  *whose.mutable_member() = *member;
  v1::GetBalanceResponse found;
  const ExitCode is_there = Call<v1::PointsService>(session, &EndsStub::GetBalance, whose, found);
  if (is_there != ExitCode::kDone) return is_there;

  v1::ExtendLotsRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  for (const std::string& lot : arguments.lots) {
    const bool is_whole = absl::StartsWith(lot, "programs/");
    request.add_lots(is_whole ? lot : absl::StrCat(found.member(), "/lots/", lot));
  }
  *request.mutable_expires_at() = *until;
  request.set_reason(arguments.reason);
  request.set_reference(arguments.reference);
  request.set_request_id(session.RequestId());
  v1::ExtendLotsResponse response;
  const ExitCode code = Call<v1::PointsService>(session, &EndsStub::ExtendLots, request, response);
  if (code != ExitCode::kDone) return code;
  return PrintMoved(session, *program, "end later", *until, response);
}

ExitCode Reinstate(Session& session, const EndsArguments& arguments) {
  MemberPoints of;
  if (const std::optional<ExitCode> failed = ReadMemberPoints(
          session, arguments.member, arguments.amount.empty() ? "1" : arguments.amount,
          arguments.point_type, of)) {
    return *failed;
  }
  const absl::StatusOr<std::string> expiry = ParseEntry(arguments.expiry, of.program);
  if (!expiry.ok()) return session.WrongUsage(expiry.status());
  const absl::StatusOr<google::protobuf::Timestamp> until = UntilOf(arguments);
  if (!until.ok()) return session.WrongUsage(until.status());
  v1::ReinstatePointsRequest request;
  request.set_program(of.program);
  *request.mutable_member() = of.member;
  request.set_expiry(*expiry);
  request.set_point_type(of.points.point_type());
  if (!arguments.amount.empty()) request.set_amount(of.points.amount());
  *request.mutable_expires_at() = *until;
  request.set_reason(arguments.reason);
  request.set_reference(arguments.reference);
  request.set_request_id(session.RequestId());
  v1::ReinstatePointsResponse response;
  const ExitCode code =
      Call<v1::PointsService>(session, &EndsStub::ReinstatePoints, request, response);
  if (code != ExitCode::kDone) return code;
  return PrintMoved(session, of.program, "back", *until, response);
}

void AddEndOptions(CLI::App& verb, EndsArguments& arguments) {
  verb.add_option("--until", arguments.until, "the new end: first instant at which they are gone")
      ->required();
  verb.add_option("--zone", arguments.zone, "time zone of an --until without an offset")
      ->capture_default_str();
  verb.add_option("--reason", arguments.reason, "why, such as shop_closed")->required();
  verb.add_option("--reference", arguments.reference, "your id of the case; no personal data");
}

}  // namespace

void AddEndsCommands(CLI::App& points, Action& action) {
  CLI::App* verb = nullptr;
  const auto extend = AddVerb<EndsArguments>(
      points, "extend", "Let lots of a member end later, with a reason",
      "laurelctl points extend card:4006381333931 12.1 --until 2026-08-01T00:00 --zone \\\n"
      "    Europe/Berlin --reason shop_closed --principal eve -p stars",
      action, &verb, Extend);
  verb->add_option("MEMBER", extend->member,
                   "kind:value such as card:4006381333931, or a member's name; not your own")
      ->required();
  verb->add_option("LOT", extend->lots, "as points balance --lots shows it, such as 12.1")
      ->required()
      ->take_all();
  AddEndOptions(*verb, *extend);
  const auto reinstate = AddVerb<EndsArguments>(
      points, "reinstate", "Bring points back that have ended, with a reason",
      "laurelctl points reinstate card:4006381333931 0-12 --until 2026-08-01T00:00 \\\n"
      "    --reason was_ill --principal eve -p stars",
      action, &verb, Reinstate);
  verb->add_option("MEMBER", reinstate->member,
                   "kind:value such as card:4006381333931, or a member's name; not your own")
      ->required();
  verb->add_option("ENTRY", reinstate->expiry, "in which they ended")->required();
  verb->add_option("AMOUNT", reinstate->amount, "how many; all that is left if absent");
  verb->add_option("--type", reinstate->point_type,
                   "point type; the program's only redeemable one if absent");
  AddEndOptions(*verb, *reinstate);
}

}  // namespace laurel::cli
