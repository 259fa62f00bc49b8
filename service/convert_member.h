#ifndef LAUREL_SERVICE_CONVERT_MEMBER_H_
#define LAUREL_SERVICE_CONVERT_MEMBER_H_

#include "absl/status/status.h"
#include "laurel/v1/member_service.pb.h"
#include "laurel/v1/points_service.pb.h"
#include "service/convert.h"
#include "service/rendering.h"

// Requests of MemberService to commands, and entries to its replies. A command is good for nothing
// once a violation was added.
namespace laurel {

Command ParseEnrollMember(const v1::EnrollMemberRequest& request, const ParseContext& context);
// How the member of a sale, that has been parsed, is enrolled where nobody is known by `member`.
void ParsePurchaseEnrolment(const v1::PurchaseEnrolment& message, const v1::MemberRef& member,
                            const ProgramId& program, const ParseContext& context,
                            AccruePurchase& sale);
Command ParseImportMember(const v1::ImportMemberRequest& request, const ParseContext& context);
Command ParseLinkIdentity(const v1::LinkIdentityRequest& request, const ParseContext& context);
Command ParseUnlinkIdentity(const v1::UnlinkIdentityRequest& request, const ParseContext& context);
Command ParseSuspendMember(const v1::SuspendMemberRequest& request, const ParseContext& context);
Command ParseReactivateMember(const v1::ReactivateMemberRequest& request,
                              const ParseContext& context);
Command ParseSetMemberAttributes(const v1::SetMemberAttributesRequest& request,
                                 const ParseContext& context);
Command ParseCloseMember(const v1::CloseMemberRequest& request, const ParseContext& context);

absl::Status RenderEnrollMember(const Reply& reply, const Rendering& rendering,
                                v1::EnrollMemberResponse& response);
// The following read the member's earlier entries: for the read pool.
absl::Status RenderImportMember(const Reply& reply, const Rendering& rendering,
                                v1::ImportMemberResponse& response);
absl::Status RenderLinkIdentity(const Reply& reply, const Rendering& rendering,
                                v1::LinkIdentityResponse& response);
absl::Status RenderUnlinkIdentity(const Reply& reply, const Rendering& rendering,
                                  v1::UnlinkIdentityResponse& response);
absl::Status RenderSuspendMember(const Reply& reply, const Rendering& rendering,
                                 v1::SuspendMemberResponse& response);
absl::Status RenderReactivateMember(const Reply& reply, const Rendering& rendering,
                                    v1::ReactivateMemberResponse& response);
absl::Status RenderSetMemberAttributes(const Reply& reply, const Rendering& rendering,
                                       v1::SetMemberAttributesResponse& response);
absl::Status RenderCloseMember(const Reply& reply, const Rendering& rendering,
                               v1::CloseMemberResponse& response);

// A member as it was after an entry: reads the entries of its life, for the read pool.
absl::Status RenderMemberAsOf(const Entry& entry, MemberId member, const Rendering& rendering,
                              v1::Member& out);
// The member as it is in the view. Requires that the member exists.
void RenderMember(ReadView& view, const ProgramId& program, MemberId member, v1::Member& out);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_MEMBER_H_
