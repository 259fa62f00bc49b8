#ifndef LAUREL_BENCH_CALLS_H_
#define LAUREL_BENCH_CALLS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/caller.h"
#include "bench/workload.h"
#include "laurel/v1/member_service.grpc.pb.h"
#include "laurel/v1/points_service.grpc.pb.h"

namespace laurel::bench {

// A server, the connections to it and the kinds of calls that are measured. `workload` must outlive
// it, and it the kinds.
class Target {
 public:
  // Whether answers can be checked: the floor's cannot.
  enum class Answers { kChecked, kIgnored };
  Target(const std::string& address, int channels, Answers answers, Workload& workload);

  CallKind<v1::AccruePurchaseRequest, v1::AccruePurchaseResponse> Accrue();
  CallKind<v1::LookupMemberRequest, v1::LookupMemberResponse> Lookup();
  CallKind<v1::BatchAccrueRequest, v1::BatchAccrueResponse> BatchAccrue(int items);

  // Makes one call of each of the first two kinds and stores the answers where the floor looks for
  // its replies.
  absl::Status StoreReplies(const std::string& folder);

 private:
  const Answers answers_;
  Workload& workload_;
  std::vector<std::unique_ptr<v1::PointsService::Stub>> points_;
  std::vector<std::unique_ptr<v1::MemberService::Stub>> members_;
};

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_CALLS_H_
