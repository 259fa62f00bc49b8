#include <string>

#include "absl/strings/str_cat.h"
#include "laurel/v1/redemption_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/names.h"
#include "service/cli/points_amount.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using RedemptionStub = v1::RedemptionService::Stub;

struct RedeemArguments {
  std::string member;
  std::string amount;
  std::string point_type;
  std::string reference;
  std::string purchase;
};

struct ReverseArguments {
  std::string redemption;
  std::string amount;
  std::string point_type;
};

template <class Response>
Document ToDocument(const Response& response, absl::string_view label, const AmountStyle& style) {
  Document document;
  document.facts.emplace_back(
      label, absl::StrCat(RenderPoints(response.points(), style), ", ", Outcome(response)));
  document.facts.emplace_back("entry", response.entry());
  document.facts.emplace_back("member", response.member());
  AddStanding(document, response, style);
  document.tables.push_back(LotMoveTable(response.lot_moves(), style));
  return document;
}

ExitCode Redeem(Session& session, const RedeemArguments& arguments) {
  MemberPoints of;
  if (const std::optional<ExitCode> failed =
          ReadMemberPoints(session, arguments.member, arguments.amount, arguments.point_type, of)) {
    return *failed;
  }
  v1::RedeemRequest request;
  request.set_program(of.program);
  *request.mutable_member() = of.member;
  *request.mutable_points() = of.points;
  request.set_reference(arguments.reference);
  if (!arguments.purchase.empty()) {
    const absl::StatusOr<v1::Receipt> receipt = ParseReceipt(arguments.purchase);
    if (!receipt.ok()) return session.WrongUsage(receipt.status());
    *request.mutable_purchase() = *receipt;
  }
  request.set_request_id(session.RequestId());
  v1::RedeemResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &RedemptionStub::Redeem, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response,
                       [&] { return ToDocument(response, "redeemed", session.Style(of.program)); });
}

ExitCode Reverse(Session& session, const ReverseArguments& arguments) {
  const std::size_t entries = arguments.redemption.find("/entries/");
  const absl::StatusOr<std::string> program =
      entries == std::string::npos ? session.Program() : arguments.redemption.substr(0, entries);
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<std::string> redemption = ParseEntry(arguments.redemption, *program);
  if (!redemption.ok()) return session.WrongUsage(redemption.status());
  v1::ReverseRedemptionRequest request;
  request.set_redemption(*redemption);
  if (!arguments.amount.empty()) {
    const absl::StatusOr<v1::Points> points =
        ParsePoints(session, *program, arguments.amount, arguments.point_type);
    if (!points.ok()) return session.Fail(points.status());
    request.set_amount(points->amount());
  }
  request.set_request_id(session.RequestId());
  v1::ReverseRedemptionResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &RedemptionStub::ReverseRedemption, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response,
                       [&] { return ToDocument(response, "given back", session.Style(*program)); });
}

}  // namespace

void AddRedemptionCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "redemption", "Spend points and give them back");
  CLI::App* verb = nullptr;
  const auto redeem =
      AddVerb<RedeemArguments>(noun, "redeem", "Spend a member's points as payment",
                               "laurelctl redemption redeem card:4006381333931 500 -p stars\n"
                               "laurelctl redemption redeem card:4006381333931 500 --type stars "
                               "--reference order-81 -p stars",
                               action, &verb, Redeem);
  verb->add_option("MEMBER", redeem->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  verb->add_option("AMOUNT", redeem->amount, "points, with decimals where the point type has them")
      ->required();
  verb->add_option("--type", redeem->point_type,
                   "point type; the program's only redeemable one if absent");
  verb->add_option("--reference", redeem->reference,
                   "your id of the order that is paid; no personal data");
  verb->add_option("--purchase", redeem->purchase,
                   "receipt that is paid, so that its return gives points back");

  const auto reverse = AddVerb<ReverseArguments>(
      noun, "reverse", "Give spent points back into the lots they came from",
      "laurelctl redemption reverse 0-31 -p stars\n"
      "laurelctl redemption reverse 0-31 --amount 200 -p stars",
      action, &verb, Reverse);
  verb->add_option("REDEMPTION", reverse->redemption, "entry of the redemption or capture")
      ->required();
  verb->add_option("--amount", reverse->amount, "part to give back; all that is left if absent");
  verb->add_option("--type", reverse->point_type, "point type of the amount, for its decimals");
}

}  // namespace laurel::cli
