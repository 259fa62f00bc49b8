#include <string>

#include "laurel/v1/tier_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using TierStub = v1::TierService::Stub;

struct TierArguments {
  std::string member;
  std::string as_of;
  int limit = 20;
};

ExitCode ShowTier(Session& session, const TierArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::GetTierRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  if (!arguments.as_of.empty()) {
    const absl::StatusOr<Timestamp> as_of = ParseInstant(arguments.as_of, absl::UTCTimeZone());
    if (!as_of.ok()) return session.WrongUsage(as_of.status());
    *request.mutable_as_of_occurred() = ToProto(*as_of);
  }
  v1::GetTierResponse response;
  const ExitCode code = Call<v1::TierService>(session, &TierStub::GetTier, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    const AmountStyle& style = session.Style(*program);
    Document document;
    document.facts.emplace_back("member", response.member());
    document.facts.emplace_back("tier", RenderTier(response.tier()));
    if (response.has_progress())
      document.tables.push_back(ProgressTable("next tier: ", response.progress(), style));
    if (response.has_retention())
      document.tables.push_back(ProgressTable("to keep: ", response.retention(), style));
    return document;
  });
}

struct GiveArguments {
  std::string member;
  std::string tier;
  std::string until;
  std::string zone = "UTC";
  bool is_taken = false;
};

// Calls a write on a member's tier and prints the reply.
template <class Request, class Response>
ExitCode WriteTier(Session& session, const GiveArguments& arguments,
                   grpc::Status (TierStub::*method)(grpc::ClientContext*, const Request&,
                                                    Response*),
                   Request request) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  request.set_program(*program);
  *request.mutable_member() = *member;
  request.set_tier(arguments.tier);
  request.set_request_id(session.RequestId());
  Response response;
  const ExitCode code = Call<v1::TierService>(session, method, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    return Document{{{"member", response.member()},
                     {"tier", RenderTier(response.tier())},
                     {"outcome", Outcome(response)}},
                    {}};
  });
}

ExitCode GiveTier(Session& session, const GiveArguments& arguments) {
  if (arguments.is_taken != arguments.tier.empty()) {
    return session.WrongUsage(
        absl::InvalidArgumentError("TIER: must be given, or else --take, was both or neither"));
  }
  v1::SetTierFloorRequest request;
  if (!arguments.until.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = ParseZone(arguments.zone);
    if (!zone.ok()) return session.WrongUsage(zone.status());
    const absl::StatusOr<Timestamp> until = ParseInstant(arguments.until, *zone);
    if (!until.ok()) return session.WrongUsage(until.status());
    *request.mutable_until() = ToProto(*until);
  }
  return WriteTier(session, arguments, &TierStub::SetTierFloor, std::move(request));
}

ExitCode MatchTier(Session& session, const GiveArguments& arguments) {
  return WriteTier(session, arguments, &TierStub::MatchTier, v1::MatchTierRequest());
}

ExitCode History(Session& session, const TierArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::ListTierChangesRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  request.set_page_size(arguments.limit);
  v1::ListTierChangesResponse response;
  const ExitCode code =
      Call<v1::TierService>(session, &TierStub::ListTierChanges, request, response);
  if (code != ExitCode::kDone) return code;
  if (!response.next_page_token().empty()) session.Warn("there are older changes: raise --limit");
  return session.Print(response, [&] {
    Table table{
        "",
        {{"occurred at"}, {"from"}, {"to"}, {"cause"}, {"through"}, {"worn through"}, {"entry"}},
        {}};
    for (const v1::TierChange& change : response.tier_changes()) {
      table.rows.push_back({RenderInstant(FromProto(change.occurred_at())), change.from_tier(),
                            change.to_tier(), Label(change.cause()),
                            RenderDate(change.last_valid_on()),
                            RenderDate(change.worn_through_on()), LastPart(change.entry())});
    }
    return Document{{}, {table}};
  });
}

}  // namespace

void AddTierCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "tier", "Tiers of members");
  CLI::App* verb = nullptr;
  const auto show = AddVerb<TierArguments>(
      noun, "show", "Show a member's tier and the way to the next one",
      "laurelctl tier show card:4006381333931 -p stars\n"
      "laurelctl tier show card:4006381333931 --as-of 2025-12-31T23:00:00Z -p stars",
      action, &verb, ShowTier);
  verb->add_option("MEMBER", show->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  verb->add_option("--as-of", show->as_of, "the tier in force at this instant; now if absent");
  const auto give = AddVerb<GiveArguments>(
      noun, "give", "Show a member a tier besides the earned one, by hand; or take it away",
      "laurelctl tier give card:4006381333931 GOLD --until 2027-01-01T00:00 -p stars --principal "
      "ada\n"
      "laurelctl tier give card:4006381333931 --take -p stars --principal ada",
      action, &verb, GiveTier);
  verb->add_option("MEMBER", give->member, "kind:value, or a member's name")->required();
  verb->add_option("TIER", give->tier, "id of the tier");
  verb->add_flag("--take", give->is_taken, "take away what was given by hand");
  verb->add_option("--until", give->until, "no longer from this instant on; for ever if absent");
  verb->add_option("--zone", give->zone, "time zone of an --until without an offset")
      ->capture_default_str();
  const auto match = AddVerb<GiveArguments>(
      noun, "match", "Show a member the tier that another program gave, as long as the rules say",
      "laurelctl tier match card:4006381333931 GOLD -p stars --principal ada", action, &verb,
      MatchTier);
  verb->add_option("MEMBER", match->member, "kind:value, or a member's name")->required();
  verb->add_option("TIER", match->tier, "id of the tier")->required();
  const auto history = AddVerb<TierArguments>(
      noun, "history", "List a member's tier changes and reviews, newest first",
      "laurelctl tier history card:4006381333931 -p stars", action, &verb, History);
  verb->add_option("MEMBER", history->member, "kind:value, or a member's name")->required();
  verb->add_option("--limit", history->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
}

}  // namespace laurel::cli
