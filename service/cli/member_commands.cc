#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "service/cli/commands.h"
#include "service/cli/moment.h"
#include "service/cli/names.h"
#include "service/cli/views.h"

namespace laurel::cli {
namespace {

using MemberStub = v1::MemberService::Stub;

struct MemberArguments {
  std::string member;
  std::string identity;
};

struct EnrolArguments {
  std::vector<std::string> identities;
  std::string channel;
  std::string store;
  std::string occurred_at;
};

ExitCode Enrol(Session& session, const EnrolArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  v1::EnrollMemberRequest request;
  request.set_program(*program);
  for (const std::string& text : arguments.identities) {
    const absl::StatusOr<v1::IdentityKey> identity = ParseIdentity(text);
    if (!identity.ok()) return session.WrongUsage(identity.status());
    *request.add_identities() = *identity;
  }
  if (!arguments.channel.empty()) {
    const absl::StatusOr<v1::Channel> channel = ParseChannel(arguments.channel);
    if (!channel.ok()) return session.WrongUsage(channel.status());
    request.set_channel(*channel);
  }
  if (!arguments.occurred_at.empty()) {
    const absl::StatusOr<Timestamp> instant =
        ParseInstant(arguments.occurred_at, absl::UTCTimeZone());
    if (!instant.ok()) return session.WrongUsage(instant.status());
    *request.mutable_occurred_at() = ToProto(*instant);
  }
  request.set_store(arguments.store);
  request.set_request_id(session.RequestId());
  v1::EnrollMemberResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MemberStub::EnrollMember, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("enrolled", Outcome(response));
    AddMemberFacts(document, response.member());
    document.facts.emplace_back("tier", RenderTier(response.tier()));
    return document;
  });
}

template <class Response>
ExitCode PrintMember(Session& session, const Response& response) {
  return session.Print(response, [&] {
    Document document;
    AddMemberFacts(document, response.member());
    document.facts.emplace_back("tier", RenderTier(response.tier()));
    const std::string& name = response.member().name();
    const AmountStyle& style = session.Style(name.substr(0, name.find("/members/")));
    document.tables.push_back(BalanceTable(response.balances(), style));
    return document;
  });
}

ExitCode Lookup(Session& session, const std::string& program, const v1::IdentityKey& identity) {
  v1::LookupMemberRequest request;
  request.set_program(program);
  *request.mutable_identity() = identity;
  v1::LookupMemberResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MemberStub::LookupMember, request, response);
  return code == ExitCode::kDone ? PrintMember(session, response) : code;
}

ExitCode ShowMember(Session& session, const MemberArguments& arguments) {
  // A full name says which program it is of.
  const bool has_program = arguments.member.find("/members/") != std::string::npos;
  const absl::StatusOr<std::string> program = has_program ? std::string() : session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  if (member->has_identity()) return Lookup(session, *program, member->identity());
  v1::GetMemberRequest request;
  request.set_name(member->name());
  v1::GetMemberResponse response;
  const ExitCode code = Call<v1::MemberService>(session, &MemberStub::GetMember, request, response);
  return code == ExitCode::kDone ? PrintMember(session, response) : code;
}

ExitCode LookupIdentity(Session& session, const MemberArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::IdentityKey> identity = ParseIdentity(arguments.identity);
  if (!identity.ok()) return session.WrongUsage(identity.status());
  return Lookup(session, *program, *identity);
}

// The writes that name a member, and may name an identity.
template <class Request, class Response>
ExitCode Change(Session& session, const MemberArguments& arguments,
                grpc::Status (MemberStub::*method)(grpc::ClientContext*, const Request&,
                                                   Response*)) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  Request request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  if constexpr (requires { request.mutable_identity(); }) {
    const absl::StatusOr<v1::IdentityKey> identity = ParseIdentity(arguments.identity);
    if (!identity.ok()) return session.WrongUsage(identity.status());
    *request.mutable_identity() = *identity;
  }
  request.set_request_id(session.RequestId());
  Response response;
  const ExitCode code = Call<v1::MemberService>(session, method, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("outcome", Outcome(response));
    AddMemberFacts(document, response.member());
    if constexpr (requires { response.unspendable(); }) {
      document.facts.emplace_back("left, no longer to be spent",
                                  RenderPoints(response.unspendable(), session.Style(*program)));
    }
    return document;
  });
}

struct AttributeArguments {
  std::string member;
  std::vector<std::string> attributes;  // id=value
  std::vector<std::string> cleared;
  std::string until;
  std::string zone = "UTC";
};

// "vip=true", "score=12", "since=2024-02-29T12:00:00Z", "size=large"; quotes make anything a text.
absl::StatusOr<v1::MemberAttribute> ParseTold(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(absl::StrCat("ATTRIBUTE: must be id=value, was ", text));
  }
  v1::MemberAttribute attribute;
  attribute.set_id(text.substr(0, equals));
  const std::string value = text.substr(equals + 1);
  std::int64_t number = 0;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    attribute.set_string_value(value.substr(1, value.size() - 2));
  } else if (value == "true" || value == "false") {
    attribute.set_bool_value(value == "true");
  } else if (absl::SimpleAtoi(value, &number)) {
    attribute.set_int_value(number);
  } else if (const absl::StatusOr<Timestamp> at = ParseTimestamp(value); at.ok()) {
    *attribute.mutable_timestamp_value() = ToProto(*at);
  } else {
    attribute.set_string_value(value);
  }
  return attribute;
}

ExitCode Tell(Session& session, const AttributeArguments& arguments) {
  const absl::StatusOr<std::string> program = session.Program();
  if (!program.ok()) return session.WrongUsage(program.status());
  const absl::StatusOr<v1::MemberRef> member = ParseMember(arguments.member, *program);
  if (!member.ok()) return session.WrongUsage(member.status());
  v1::SetMemberAttributesRequest request;
  request.set_program(*program);
  *request.mutable_member() = *member;
  std::optional<Timestamp> until;
  if (!arguments.until.empty()) {
    const absl::StatusOr<absl::TimeZone> zone = ParseZone(arguments.zone);
    if (!zone.ok()) return session.WrongUsage(zone.status());
    const absl::StatusOr<Timestamp> instant = ParseInstant(arguments.until, *zone);
    if (!instant.ok()) return session.WrongUsage(instant.status());
    until = *instant;
  }
  for (const std::string& text : arguments.attributes) {
    const absl::StatusOr<v1::MemberAttribute> attribute = ParseTold(text);
    if (!attribute.ok()) return session.WrongUsage(attribute.status());
    *request.add_attributes() = *attribute;
    if (until) *request.mutable_attributes()->rbegin()->mutable_expires_at() = ToProto(*until);
  }
  for (const std::string& id : arguments.cleared) request.add_cleared(id);
  request.set_request_id(session.RequestId());
  v1::SetMemberAttributesResponse response;
  const ExitCode code =
      Call<v1::MemberService>(session, &MemberStub::SetMemberAttributes, request, response);
  if (code != ExitCode::kDone) return code;
  return session.Print(response, [&] {
    Document document;
    document.facts.emplace_back("outcome", Outcome(response));
    AddMemberFacts(document, response.member());
    return document;
  });
}

// A verb with the arguments MEMBER and, if asked for, IDENTITY.
template <class Run>
void AddChange(CLI::App& noun, const std::string& name, const std::string& description,
               const std::string& examples, bool has_identity, Action& action, Run run) {
  CLI::App* verb = nullptr;
  const auto arguments =
      AddVerb<MemberArguments>(noun, name, description, examples, action, &verb, run);
  verb->add_option("MEMBER", arguments->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  if (has_identity) verb->add_option("IDENTITY", arguments->identity, "kind:value")->required();
}

}  // namespace

void AddMemberCommands(CLI::App& root, Action& action) {
  CLI::App& noun = *AddNoun(root, "member", "Enrol, find and change members");
  CLI::App* verb = nullptr;
  const auto enrol = AddVerb<EnrolArguments>(noun, "enroll", "Enrol a new member",
                                             "laurelctl member enroll card:4006381333931 -p stars\n"
                                             "laurelctl member enroll card:4006381333931 "
                                             "phone:+4930123456 --channel pos --store S12 -p stars",
                                             action, &verb, Enrol);
  verb->add_option("IDENTITY", enrol->identities,
                   "what names the member: card, phone, email, app, mini_program, web, social, "
                   "shop or partner")
      ->required();
  verb->add_option("--channel", enrol->channel, "where: pos, app, web, ...");
  verb->add_option("--store", enrol->store, "store id");
  verb->add_option("--occurred-at", enrol->occurred_at,
                   "when, such as 2024-02-29T12:00:00Z; now if absent");

  AddChange(noun, "show", "Show a member with balances and tier",
            "laurelctl member show card:4006381333931 -p stars\nlaurelctl member show "
            "programs/stars/members/m_7f3a",
            false, action, ShowMember);
  const auto lookup = AddVerb<MemberArguments>(noun, "lookup", "Find out whose an identity is",
                                               "laurelctl member lookup phone:+4930123456 -p stars",
                                               action, &verb, LookupIdentity);
  verb->add_option("IDENTITY", lookup->identity, "kind:value")->required();

  AddChange(
      noun, "link", "Link another identity",
      "laurelctl member link card:4006381333931 app:u-81 -p stars", true, action,
      [](Session& s, const MemberArguments& a) { return Change(s, a, &MemberStub::LinkIdentity); });
  AddChange(noun, "unlink", "Unlink an identity",
            "laurelctl member unlink card:4006381333931 app:u-81 -p stars", true, action,
            [](Session& s, const MemberArguments& a) {
              return Change(s, a, &MemberStub::UnlinkIdentity);
            });
  const auto tell = AddVerb<AttributeArguments>(
      noun, "tell", "Tell facts about a member that the program declares, for rules to read",
      "laurelctl member tell card:4006381333931 score=80 --until 2027-01-01T00:00 --zone "
      "Europe/Berlin -p stars\nlaurelctl member tell card:4006381333931 --clear score -p stars",
      action, &verb, Tell);
  verb->add_option("MEMBER", tell->member,
                   "kind:value such as card:4006381333931, or a member's name")
      ->required();
  verb->add_option("ATTRIBUTE", tell->attributes,
                   "id=value: true, 12, 2024-02-29T12:00:00Z or text; \"12\" is text");
  verb->add_option("--clear", tell->cleared, "id of what is taken back; again for more");
  verb->add_option("--until", tell->until, "from then on rules see nothing; for ever if absent");
  verb->add_option("--zone", tell->zone, "time zone of an --until without an offset")
      ->capture_default_str();

  AddChange(noun, "suspend", "Stop redemptions; accruing goes on",
            "laurelctl member suspend card:4006381333931 -p stars", false, action,
            [](Session& s, const MemberArguments& a) {
              return Change(s, a, &MemberStub::SuspendMember);
            });
  AddChange(noun, "reactivate", "Undo a suspension",
            "laurelctl member reactivate card:4006381333931 -p stars", false, action,
            [](Session& s, const MemberArguments& a) {
              return Change(s, a, &MemberStub::ReactivateMember);
            });
  AddChange(
      noun, "close", "End a membership for good; points that are left can no longer be spent",
      "laurelctl member close card:4006381333931 -p stars", false, action,
      [](Session& s, const MemberArguments& a) { return Change(s, a, &MemberStub::CloseMember); });
  AddMergeCommands(noun, action);
}

}  // namespace laurel::cli
