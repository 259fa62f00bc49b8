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
    Table table{"", {{"occurred at"}, {"from"}, {"to"}, {"cause"}, {"through"}, {"entry"}}, {}};
    for (const v1::TierChange& change : response.tier_changes()) {
      table.rows.push_back({RenderInstant(FromProto(change.occurred_at())), change.from_tier(),
                            change.to_tier(), Label(change.cause()),
                            RenderDate(change.last_valid_on()), LastPart(change.entry())});
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
  const auto history = AddVerb<TierArguments>(
      noun, "history", "List a member's tier changes and reviews, newest first",
      "laurelctl tier history card:4006381333931 -p stars", action, &verb, History);
  verb->add_option("MEMBER", history->member, "kind:value, or a member's name")->required();
  verb->add_option("--limit", history->limit, "at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000));
}

}  // namespace laurel::cli
