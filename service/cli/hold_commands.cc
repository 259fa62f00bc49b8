#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "laurel/v1/redemption_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/points_amount.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using HoldStub = v1::RedemptionService::Stub;

struct HoldArguments {
  std::string member;
  std::string amount;
  std::string point_type;
  std::string lasts;
  std::string reference;
};

struct CaptureArguments {
  std::string hold;
  std::string amount;
  std::string point_type;
  std::string reference;
  std::string purchase;
  bool is_final = false;
};

struct NamedHoldArguments {
  std::string hold;
};

struct HoldListArguments {
  std::string member;
  int limit = 20;
};

// "90s", "15m", "2h" or "30d" as seconds.
absl::StatusOr<std::int64_t> ParseLasting(absl::string_view text) {
  constexpr std::pair<absl::string_view, std::int64_t> kUnits[] = {
      {"s", 1}, {"m", 60}, {"h", 3'600}, {"d", 86'400}};
  for (const auto& [unit, seconds] : kUnits) {
    absl::string_view count = text;
    std::int64_t number = 0;
    if (absl::ConsumeSuffix(&count, unit) && absl::SimpleAtoi(count, &number) && number > 0 &&
        number <= 1'000'000) {
      return number * seconds;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--for: must be a number with s, m, h or d such as 15m, was \"", text, "\""));
}

// "programs/stars" of a full name of a hold; else the session's.
absl::StatusOr<std::string> ProgramOfHold(Session& session, const std::string& hold) {
  const std::size_t members = hold.find("/members/");
  if (members == std::string::npos) return session.Program();
  return hold.substr(0, members);
}

// The full name, or "MEMBER/holds/NUMBER" as lists show it.
std::string HoldNameOf(const std::string& text, const std::string& program) {
  if (text.find("/members/") != std::string::npos) return text;
  return absl::StrCat(program, "/members/", text);
}

// What lists and commands take for a hold: its name without the program.
std::string ShortHold(const std::string& name) {
  const std::string kMembers = "/members/";
  const std::size_t members = name.find(kMembers);
  return members == std::string::npos ? name : name.substr(members + kMembers.size());
}

void AddHold(Document& document, const v1::Hold& hold, const AmountStyle& style) {
  const std::string& type = hold.points().point_type();
  document.facts.emplace_back("hold", ShortHold(hold.name()));
  document.facts.emplace_back("state", LabelOf(v1::HoldState_Name(hold.state()), "HOLD_STATE_"));
  document.facts.emplace_back("placed", RenderPoints(hold.points(), style));
  document.facts.emplace_back("captured", style.Points(type, hold.captured()));
  document.facts.emplace_back("held", style.Points(type, hold.held()));
  document.facts.emplace_back("lapses at", RenderInstant(FromProto(hold.lapses_at())));
  if (hold.has_ended_at()) {
    document.facts.emplace_back("ended at", RenderInstant(FromProto(hold.ended_at())));
  }
  document.facts.emplace_back("reference", hold.reference());
}

// What the replies to writes on holds have in common.
template <class Response>
Document HoldDocument(const Response& response, absl::string_view label, const AmountStyle& style) {
  Document document;
  document.facts.emplace_back(label, Outcome(response));
  document.facts.emplace_back("entry", response.entry());
  document.facts.emplace_back("member", response.member());
  AddHold(document, response.hold(), style);
  AddStanding(document, response, style);
  return document;
}

ExitCode Place(Session& session, const HoldArguments& arguments) {
  MemberPoints of;
  if (const std::optional<ExitCode> failed =
          ReadMemberPoints(session, arguments.member, arguments.amount, arguments.point_type, of)) {
    return *failed;
  }
  v1::HoldPointsRequest request;
  request.set_program(of.program);
  *request.mutable_member() = of.member;
  *request.mutable_points() = of.points;
  if (!arguments.lasts.empty()) {
    const absl::StatusOr<std::int64_t> seconds = ParseLasting(arguments.lasts);
    if (!seconds.ok()) return session.WrongUsage(seconds.status());
    request.mutable_duration()->set_seconds(*seconds);
  }
  request.set_reference(arguments.reference);
  request.set_request_id(session.RequestId());
  v1::HoldPointsResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &HoldStub::HoldPoints, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(of.program);
    Document document = HoldDocument(response, "held", style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

ExitCode Capture(Session& session, const CaptureArguments& arguments) {
  const absl::StatusOr<std::string> program = ProgramOfHold(session, arguments.hold);
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::CaptureHoldRequest request;
  request.set_name(HoldNameOf(arguments.hold, *program));
  if (!arguments.amount.empty()) {
    const absl::StatusOr<v1::Points> points =
        ParsePoints(session, *program, arguments.amount, arguments.point_type);
    if (!points.ok()) return session.Fail(points.status());
    request.set_amount(points->amount());
  }
  request.set_is_final(arguments.is_final);
  request.set_reference(arguments.reference);
  if (!arguments.purchase.empty()) {
    const absl::StatusOr<v1::Receipt> receipt = ParseReceipt(arguments.purchase);
    if (!receipt.ok()) return session.WrongUsage(receipt.status());
    *request.mutable_purchase() = *receipt;
  }
  request.set_request_id(session.RequestId());
  v1::CaptureHoldResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &HoldStub::CaptureHold, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document = HoldDocument(response, "captured", style);
    document.tables.push_back(LotMoveTable(response.lot_moves(), style));
    return document;
  });
}

ExitCode Void(Session& session, const NamedHoldArguments& arguments) {
  const absl::StatusOr<std::string> program = ProgramOfHold(session, arguments.hold);
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::VoidHoldRequest request;
  request.set_name(HoldNameOf(arguments.hold, *program));
  request.set_request_id(session.RequestId());
  v1::VoidHoldResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &HoldStub::VoidHold, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response,
                       [&] { return HoldDocument(response, "voided", session.Style(*program)); });
}

ExitCode ShowHold(Session& session, const NamedHoldArguments& arguments) {
  const absl::StatusOr<std::string> program = ProgramOfHold(session, arguments.hold);
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::GetHoldRequest request;
  request.set_name(HoldNameOf(arguments.hold, *program));
  v1::GetHoldResponse response;
  const ExitCode code = Call<v1::RedemptionService>(session, &HoldStub::GetHold, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    AddHold(document, response.hold(), session.Style(*program));
    return document;
  });
}

Table HoldTable(const Repeated<v1::Hold>& holds, const AmountStyle& style) {
  Table table{"",
              {{"hold"},
               {"state"},
               {"placed", Align::kRight},
               {"captured", Align::kRight},
               {"held", Align::kRight},
               {"point type"},
               {"lapses at"}},
              {}};
  for (const v1::Hold& hold : holds) {
    const std::string& type = hold.points().point_type();
    table.rows.push_back(
        {ShortHold(hold.name()), LabelOf(v1::HoldState_Name(hold.state()), "HOLD_STATE_"),
         style.Points(type, hold.points().amount()), style.Points(type, hold.captured()),
         style.Points(type, hold.held()), type, RenderInstant(FromProto(hold.lapses_at()))});
  }
  return table;
}

ExitCode ListHolds(Session& session, const HoldListArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::ListHoldsRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  request.set_page_size(arguments.limit);
  v1::ListHoldsResponse response;
  const ExitCode code =
      Call<v1::RedemptionService>(session, &HoldStub::ListHolds, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.tables.push_back(HoldTable(response.holds(), session.Style(*program)));
    return document;
  });
}

}  // namespace

void AddHoldCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "hold", "Reserve points, spend them or give them up");
  CLI::App* verb = nullptr;
  const auto place = AddVerb<HoldArguments>(
      noun, "place", "Reserve a member's points for a while",
      "laurelctl hold place card:4006381333931 500 -p stars\n"
      "laurelctl hold place card:4006381333931 500 --for 30m --reference order-81 -p stars",
      action, &verb, Place);
  verb->add_option("MEMBER", place->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  verb->add_option("AMOUNT", place->amount, "points, with decimals where the point type has them")
      ->required();
  verb->add_option("--type", place->point_type,
                   "point type; the program's only redeemable one if absent");
  verb->add_option("--for", place->lasts, "how long: 90s, 15m, 2h, up to 30d; 15m if absent");
  verb->add_option("--reference", place->reference, "your id of the order; no personal data");

  constexpr char kHold[] = "the hold as commands show it: MEMBER/holds/NUMBER";
  const auto capture = AddVerb<CaptureArguments>(
      noun, "capture", "Spend points of a hold",
      "laurelctl hold capture 3f7k0000000ab/holds/31 -p stars\n"
      "laurelctl hold capture 3f7k0000000ab/holds/31 --amount 300 --final \\\n"
      "    --purchase S12/T3/2026-01-03/000124 -p stars",
      action, &verb, Capture);
  verb->add_option("HOLD", capture->hold, kHold)->required();
  verb->add_option("--amount", capture->amount, "part to spend; all that is held if absent");
  verb->add_flag("--final", capture->is_final, "free what is left; else it stays held");
  verb->add_option("--type", capture->point_type, "point type of the amount, for its decimals");
  verb->add_option("--reference", capture->reference,
                   "your id of the order that is paid; no personal data");
  verb->add_option("--purchase", capture->purchase,
                   "receipt that is paid, so that its return gives points back");

  const auto give_up = AddVerb<NamedHoldArguments>(
      noun, "void", "Give up what is left of a hold",
      "laurelctl hold void 3f7k0000000ab/holds/31 -p stars", action, &verb, Void);
  verb->add_option("HOLD", give_up->hold, kHold)->required();

  const auto show = AddVerb<NamedHoldArguments>(
      noun, "show", "Show one hold", "laurelctl hold show 3f7k0000000ab/holds/31 -p stars", action,
      &verb, ShowHold);
  verb->add_option("HOLD", show->hold, kHold)->required();

  const auto list = AddVerb<HoldListArguments>(noun, "list", "List a member's holds, newest first",
                                               "laurelctl hold list card:4006381333931 -p stars",
                                               action, &verb, ListHolds);
  verb->add_option("MEMBER", list->member, "kind:value, or a member's name")->required();
  verb->add_option("--limit", list->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
}

}  // namespace laurel::cli
