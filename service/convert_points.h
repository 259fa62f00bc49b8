#ifndef LAUREL_SERVICE_CONVERT_POINTS_H_
#define LAUREL_SERVICE_CONVERT_POINTS_H_

#include "absl/status/status.h"
#include "laurel/v1/points_service.pb.h"
#include "laurel/v1/redemption_service.pb.h"
#include "service/convert.h"
#include "service/names.h"
#include "service/rendering.h"

// Requests of PointsService and RedemptionService to commands, and entries to their replies.
namespace laurel {

Command ParseAccruePurchase(const v1::AccruePurchaseRequest& request, const ParseContext& context);
Command ParseAccrueActivity(const v1::AccrueActivityRequest& request, const ParseContext& context);
Command ParseReturnPurchase(const v1::ReturnPurchaseRequest& request, const ParseContext& context);
Command ParseClaimReceipt(const v1::ClaimReceiptRequest& request, const ParseContext& context);
Command ParseTransferPoints(const v1::TransferPointsRequest& request, const ParseContext& context);
Command ParseCorrectReceipt(const v1::CorrectReceiptRequest& request, const ParseContext& context);
Command ParseRedeem(const v1::RedeemRequest& request, const ParseContext& context);
Command ParseHoldPoints(const v1::HoldPointsRequest& request, const ParseContext& context);
Command ParseCaptureHold(const v1::CaptureHoldRequest& request, const ParseContext& context);
Command ParseVoidHold(const v1::VoidHoldRequest& request, const ParseContext& context);
Command ParseSettleAccrual(const v1::SettleAccrualRequest& request, const ParseContext& context);
Command ParseCancelAccrual(const v1::CancelAccrualRequest& request, const ParseContext& context);
Command ParseExtendLots(const v1::ExtendLotsRequest& request, const ParseContext& context);
Command ParseReinstatePoints(const v1::ReinstatePointsRequest& request,
                             const ParseContext& context);
Command ParseAdjustPoints(const v1::AdjustPointsRequest& request, const ParseContext& context);
Command ParseReverseRedemption(const v1::ReverseRedemptionRequest& request,
                               const ParseContext& context);
// The purchase of a quote: a receipt that is left out is empty, an instant that is left out `now`.
AccruePurchase ParseQuotedPurchase(const v1::Purchase& purchase, Timestamp now,
                                   Violations& violations);

// The points that a member puts in, of a purchase that has been parsed.
void ParsePay(const v1::Points& offered, AccruePurchase& order, Violations& violations);
// What these pay. Requires that some were put in.
void RenderPayment(const Entry& entry, const PurchaseAccrued& accrued,
                   const rules::Rulebook& rulebook, v1::PointsPayment& out);

// Minor units that a return took off its purchase: lines of goods that had been given back counted
// against the total, cancelled ones not at all.
std::int64_t RefundOf(const PurchaseReturned& returned, const PurchaseAccrued& accrued);

absl::Status RenderCorrectReceipt(const Reply& reply, const Rendering& rendering,
                                  v1::CorrectReceiptResponse& response);
absl::Status RenderAccruePurchase(const Reply& reply, const Rendering& rendering,
                                  v1::AccruePurchaseResponse& response);
absl::Status RenderAccrueActivity(const Reply& reply, const Rendering& rendering,
                                  v1::AccrueActivityResponse& response);
absl::Status RenderClaimReceipt(const Reply& reply, const Rendering& rendering,
                                v1::ClaimReceiptResponse& response);
absl::Status RenderTransferPoints(const Reply& reply, const Rendering& rendering,
                                  v1::TransferPointsResponse& response);
absl::Status RenderRedeem(const Reply& reply, const Rendering& rendering,
                          v1::RedeemResponse& response);
absl::Status RenderHoldPoints(const Reply& reply, const Rendering& rendering,
                              v1::HoldPointsResponse& response);
absl::Status RenderSettleAccrual(const Reply& reply, const Rendering& rendering,
                                 v1::SettleAccrualResponse& response);
absl::Status RenderCancelAccrual(const Reply& reply, const Rendering& rendering,
                                 v1::CancelAccrualResponse& response);
absl::Status RenderExtendLots(const Reply& reply, const Rendering& rendering,
                              v1::ExtendLotsResponse& response);
absl::Status RenderReinstatePoints(const Reply& reply, const Rendering& rendering,
                                   v1::ReinstatePointsResponse& response);
absl::Status RenderAdjustPoints(const Reply& reply, const Rendering& rendering,
                                v1::AdjustPointsResponse& response);
// The hold that a name of a request's is of; a violation says that it is none.
std::optional<NamedHold> ParseHoldField(const std::string& name, Violations& violations);
void RenderHold(const ProgramId& program, PartitionId partition, const HoldKey& key,
                const Hold& hold, v1::Hold& out);
// The following read earlier entries: for the read pool.
absl::Status RenderCaptureHold(const Reply& reply, const Rendering& rendering,
                               v1::CaptureHoldResponse& response);
absl::Status RenderVoidHold(const Reply& reply, const Rendering& rendering,
                            v1::VoidHoldResponse& response);
absl::Status RenderReturnPurchase(const Reply& reply, const Rendering& rendering,
                                  v1::ReturnPurchaseResponse& response);
absl::Status RenderReverseRedemption(const Reply& reply, const Rendering& rendering,
                                     v1::ReverseRedemptionResponse& response);

}  // namespace laurel

#endif  // LAUREL_SERVICE_CONVERT_POINTS_H_
