#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status_macros.h"
#include "engine/readings.h"
#include "engine/store/key.h"
#include "laurel/v1/tier_service.grpc.pb.h"
#include "service/convert_entry.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

google::rpc::Status GetTierNow(ReadCall& read, const v1::GetTierRequest& request,
                               v1::GetTierResponse& response) {
  std::optional<Timestamp> as_of;
  if (request.has_as_of_occurred()) {
    as_of = ParseInstant(request.as_of_occurred(), Path{"as_of_occurred"}, read.parse.violations);
    if (*as_of > read.now) {
      read.parse.violations.OutOfRange("as_of_occurred", "must not lie ahead, was in the future");
    }
  }
  google::rpc::Status status;
  const std::optional<FoundMember> member = FindMember(read, request, status);
  if (!member || !read.parse.violations.empty()) return status;
  RenderReadHeader(read, response);
  response.set_member(MemberName(member->program, member->id));
  State& state = read.view.state();
  const rules::Rulebook& rulebook = *member->rulebook;
  if (as_of) {
    const absl::StatusOr<TierView> past = TierAsOf(read.view, member->id, rulebook, *as_of);
    if (!past.ok()) return ToRpcStatus(past.status());
    RenderTier(*past, rulebook, *response.mutable_tier());
    return {};
  }
  const TierView tier =
      TierAt(state, member->id, *read.view.rulebooks(), rulebook, read.view.now());
  RenderTier(tier, rulebook, *response.mutable_tier());
  if (!tier.next.empty()) {
    RenderProgress(tier.next, tier.progress, rulebook, *response.mutable_progress());
  }
  const std::vector<ProgressLine> retention =
      RetentionAt(state, member->id, rulebook, tier, read.now);
  if (!retention.empty()) {
    RenderProgress(tier.tier, retention, rulebook, *response.mutable_retention());
  }
  return {};
}

google::rpc::Status ListTierChangesNow(ReadCall& read, const v1::ListTierChangesRequest& request,
                                       v1::ListTierChangesResponse& response) {
  constexpr MemberIndex kChanges = {
      "ListTierChanges", TierChangeRange,
      [](PartitionId partition, MemberId member, std::uint64_t sequence) {
        return EncodeKey(partition, TierChangeKey{member, sequence});
      },
      // Whoever was merged into the member had a tier of its own until then.
      /*is_joined=*/false};
  return ListOfMember(read, kChanges, request, response, [&](std::uint64_t sequence) {
    const std::shared_ptr<const Entry> entry = read.view.state().FindEntry(sequence);
    if (entry == nullptr) {
      return ToRpcStatus(absl::DataLossError("entry of a tier change: must be stored"));
    }
    const absl::Status rendered =
        RenderTierChange(*entry, read.revisions, *response.add_tier_changes());
    return rendered.ok() ? google::rpc::Status() : ToRpcStatus(rendered);
  });
}

// A command on the tier of the member whom the request names.
template <class Order, class Request>
Command AboutTier(const Request& request, const ParseContext& context) {
  constexpr std::size_t kTierMax = 40;
  Command command;
  command.request = ParseRequestId(request.request_id(), context.violations);
  command.program = ParseProgram(request.program(), context.violations);
  Order& order = command.order.emplace<Order>();
  order.member = ParseMemberRef(request.member(), command.program, Path{"member"}, context);
  order.tier = request.tier();
  if (order.tier.size() > kTierMax) {
    context.violations.OutOfRange(
        "tier", absl::StrCat("must be at most ", kTierMax, " characters, was ", order.tier.size()));
  }
  order.own = context.OwnIdentity(command.program);
  return command;
}

Command ParseSetTierFloor(const v1::SetTierFloorRequest& request, const ParseContext& context) {
  Command command = AboutTier<SetTierFloor>(request, context);
  if (request.has_until()) {
    std::get<SetTierFloor>(command.order).until =
        ParseInstant(request.until(), Path{"until"}, context.violations);
  }
  return command;
}

Command ParseMatchTier(const v1::MatchTierRequest& request, const ParseContext& context) {
  Command command = AboutTier<MatchTier>(request, context);
  if (request.tier().empty()) context.violations.Required("tier");
  return command;
}

template <class Response>
absl::Status RenderTierSet(const Reply& reply, const Rendering& rendering, Response& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  response.set_entry(EntryName(entry.program, entry.partition, entry.sequence));
  response.set_member(MemberName(entry.program, *entry.member));
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   rendering.RulebookOf(entry));
  if (entry.outcome.tier) RenderTier(*entry.outcome.tier, *rulebook, *response.mutable_tier());
  return absl::OkStatus();
}

class TierService final : public v1::TierService::CallbackService {
 public:
  explicit TierService(Shell& shell) : shell_(shell) {}

  grpc::ServerUnaryReactor* GetTier(grpc::CallbackServerContext* context,
                                    const v1::GetTierRequest* request,
                                    v1::GetTierResponse* response) override {
    return shell_.Read(*context, *request, *response, GetTierNow,
                       request->has_as_of_occurred() ? Place::kPool : Place::kHere);
  }
  grpc::ServerUnaryReactor* SetTierFloor(grpc::CallbackServerContext* context,
                                         const v1::SetTierFloorRequest* request,
                                         v1::SetTierFloorResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseSetTierFloor,
                        RenderTierSet<v1::SetTierFloorResponse>);
  }
  grpc::ServerUnaryReactor* MatchTier(grpc::CallbackServerContext* context,
                                      const v1::MatchTierRequest* request,
                                      v1::MatchTierResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseMatchTier,
                        RenderTierSet<v1::MatchTierResponse>);
  }
  grpc::ServerUnaryReactor* ListTierChanges(grpc::CallbackServerContext* context,
                                            const v1::ListTierChangesRequest* request,
                                            v1::ListTierChangesResponse* response) override {
    return shell_.Read(*context, *request, *response, ListTierChangesNow, Place::kPool);
  }

 private:
  Shell& shell_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewTierService(Shell& shell) {
  return std::make_unique<TierService>(shell);
}

}  // namespace laurel
