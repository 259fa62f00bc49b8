#ifndef LAUREL_SERVICE_STORE_REPORTS_H_
#define LAUREL_SERVICE_STORE_REPORTS_H_

#include "google/rpc/status.pb.h"
#include "laurel/v1/ledger_service.pb.h"
#include "laurel/v1/points_service.pb.h"
#include "service/shell.h"

// What has come from stores and terminals, and what has not. For the read pool.
namespace laurel {

google::rpc::Status ListSequenceGapsNow(ReadCall& read, const v1::ListSequenceGapsRequest& request,
                                        v1::ListSequenceGapsResponse& response);
google::rpc::Status ReconcileDayNow(ReadCall& read, const v1::ReconcileDayRequest& request,
                                    v1::ReconcileDayResponse& response);
google::rpc::Status ListUnmatchedReturnsNow(ReadCall& read,
                                            const v1::ListUnmatchedReturnsRequest& request,
                                            v1::ListUnmatchedReturnsResponse& response);

}  // namespace laurel

#endif  // LAUREL_SERVICE_STORE_REPORTS_H_
