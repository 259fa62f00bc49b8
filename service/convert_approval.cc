#include "service/convert_approval.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "service/text.h"

namespace laurel {
namespace {

static_assert(static_cast<int>(ApprovalState::kDeclined) == v1::APPROVAL_STATE_DECLINED);

template <class Order, class Request>
Order& ParseDecision(const Request& request, const ParseContext& context, Command& command) {
  command.request = ParseRequestId(request.request_id(), context.violations);
  Order& order = command.order.emplace<Order>();
  if (const auto ref = ParseApprovalField(request.name(), context.violations)) {
    command.program = ref->program;
    // This ledger has partition 0 alone, and no entry has sequence 0.
    order.asked = ref->partition == 0 ? ref->sequence : 0;
  }
  return order;
}

absl::Status RenderDecided(const Entry& entry, std::uint64_t asked, const Rendering& rendering,
                           v1::Approval& out) {
  ReadView view = rendering.engine.Read();
  const std::shared_ptr<const Entry> asking = view.state().FindEntry(asked);
  RETURN_IF_ERROR(view.status());
  if (asking == nullptr || asking->FindEvent<AdjustmentAsked>() == nullptr) {
    return absl::DataLossError("entry that asked: must be stored");
  }
  RenderApproval(*asking, &entry, entry.recorded_at, out);
  return absl::OkStatus();
}

}  // namespace

std::optional<EntryRef> ParseApprovalField(const std::string& name, Violations& violations) {
  const std::optional<EntryRef> ref = ParseApprovalName(name);
  if (name.empty()) {
    violations.Required("name");
  } else if (!ref) {
    violations.Malformed(
        "name",
        absl::StrCat("must be programs/{program}/approvals/{partition}-{sequence}, was text of ",
                     CodePoints(name), " characters"));
  }
  return ref;
}

Command ParseApprove(const v1::ApproveRequest& request, const ParseContext& context) {
  Command command;
  Approve& order = ParseDecision<Approve>(request, context, command);
  order.own = context.OwnIdentity(command.program);
  return command;
}

Command ParseDecline(const v1::DeclineRequest& request, const ParseContext& context) {
  Command command;
  ParseDecision<Decline>(request, context, command);
  return command;
}

void RenderApproval(const Entry& asking, const Entry* decided, Timestamp now, v1::Approval& out) {
  const auto* asked = asking.FindEvent<AdjustmentAsked>();
  LAUREL_CHECK(asked != nullptr, "the caller knows what is asked for");
  out.set_name(ApprovalName(asking.program, asking.partition, asking.sequence));
  const absl::string_view method = ToString(asking.method);
  out.set_method(method.data(), method.size());
  out.set_member(MemberName(asking.program, *asking.member));
  RenderPoints(asked->type.str(), asked->amount, *out.mutable_points());
  out.set_reason(asked->reason.str());
  out.set_reference(asked->reference);
  out.set_asked_by(asking.principal);
  out.set_asked_role(ToApi(asking.role));
  RenderInstant(asking.recorded_at, *out.mutable_asked_at());
  RenderInstant(asked->expires_at, *out.mutable_expires_at());
  if (decided == nullptr) {
    out.set_state(now < asked->expires_at ? v1::APPROVAL_STATE_OPEN : v1::APPROVAL_STATE_EXPIRED);
    return;
  }
  const bool is_approved = decided->FindEvent<AskedApproved>() != nullptr;
  out.set_state(is_approved ? v1::APPROVAL_STATE_APPROVED : v1::APPROVAL_STATE_DECLINED);
  out.set_decided_by(decided->principal);
  out.set_decided_role(ToApi(decided->role));
  RenderInstant(decided->recorded_at, *out.mutable_decided_at());
  out.set_entry(EntryName(decided->program, decided->partition, decided->sequence));
}

absl::Status RenderApprove(const Reply& reply, const Rendering& rendering,
                           v1::ApproveResponse& response) {
  const Entry& entry = *reply.entry;
  ASSIGN_OR_RETURN(const std::shared_ptr<const rules::Rulebook> rulebook,
                   rendering.RulebookOf(entry));
  RenderHeader(reply, response);
  RenderAfter(entry, *rulebook, response);
  for (const LotMove& move : entry.lot_moves) {
    RenderLotMove(entry.program, move, *response.add_lot_moves());
  }
  const auto* approved = entry.FindEvent<AskedApproved>();
  if (approved == nullptr) return absl::InternalError("entry of an approval: must say of what");
  return RenderDecided(entry, approved->asked, rendering, *response.mutable_approval());
}

absl::Status RenderDecline(const Reply& reply, const Rendering& rendering,
                           v1::DeclineResponse& response) {
  const Entry& entry = *reply.entry;
  RenderHeader(reply, response);
  const auto* declined = entry.FindEvent<AskedDeclined>();
  if (declined == nullptr) return absl::InternalError("entry of a refusal: must say of what");
  return RenderDecided(entry, declined->asked, rendering, *response.mutable_approval());
}

}  // namespace laurel
