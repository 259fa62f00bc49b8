#ifndef LAUREL_SERVICE_CONVERT_MERGE_H_
#define LAUREL_SERVICE_CONVERT_MERGE_H_

#include "absl/status/status.h"
#include "laurel/v1/member_service.pb.h"
#include "service/convert.h"
#include "service/rendering.h"

// Requests about two members to commands, and entries to their replies. As in convert_member.h.
namespace laurel {

Command ParseMoveIdentity(const v1::MoveIdentityRequest& request, const ParseContext& context);
Command ParseMergeMembers(const v1::MergeMembersRequest& request, const ParseContext& context);
Command ParseUnmergeMembers(const v1::UnmergeMembersRequest& request, const ParseContext& context);

// Reads earlier entries of both members: for the read pool.
absl::Status RenderMoveIdentity(const Reply& reply, const Rendering& rendering,
                                v1::MoveIdentityResponse& response);
absl::Status RenderMergeMembers(const Reply& reply, const Rendering& rendering,
                                v1::MergeMembersResponse& response);
absl::Status RenderUnmergeMembers(const Reply& reply, const Rendering& rendering,
                                  v1::UnmergeMembersResponse& response);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_MERGE_H_
