#ifndef LAUREL_SERVICE_CONVERT_APPROVAL_H_
#define LAUREL_SERVICE_CONVERT_APPROVAL_H_

#include "absl/status/status.h"
#include "laurel/v1/admin_service.pb.h"
#include "service/convert.h"
#include "service/names.h"
#include "service/rendering.h"

// What one person asks for and another decides: requests to commands, and entries to replies. As in
// convert_member.h.
namespace laurel {

Command ParseApprove(const v1::ApproveRequest& request, const ParseContext& context);
Command ParseDecline(const v1::DeclineRequest& request, const ParseContext& context);
// The approval that a name of a request's is of; a violation says that it is none.
std::optional<EntryRef> ParseApprovalField(const std::string& name, Violations& violations);

// What the entry `asking` asks for, as it stands at `now`. `decided` is the entry that decided;
// null if none has. Requires that `asking` asks for something.
void RenderApproval(const Entry& asking, const Entry* decided, Timestamp now, v1::Approval& out);

// The following read the entry that asked: for the read pool.
absl::Status RenderApprove(const Reply& reply, const Rendering& rendering,
                           v1::ApproveResponse& response);
absl::Status RenderDecline(const Reply& reply, const Rendering& rendering,
                           v1::DeclineResponse& response);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_APPROVAL_H_
