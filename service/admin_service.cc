#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/store/key.h"
#include "engine/store/record.h"
#include "engine/version.h"
#include "laurel/v1/admin_service.grpc.pb.h"
#include "service/convert_approval.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

absl::Status Damaged() {
  return absl::DataLossError("approvals: must be well formed, was damaged");
}

// Renders one; false if what it rests on is not there.
bool RenderStored(State& state, const ApprovalKey& key, const Approval& approval, Timestamp now,
                  v1::Approval& out) {
  const std::shared_ptr<const Entry> asking = state.FindEntry(key.asked);
  const std::shared_ptr<const Entry> decided =
      approval.decided == 0 ? nullptr : state.FindEntry(approval.decided);
  const bool is_there = asking != nullptr && asking->FindEvent<AdjustmentAsked>() != nullptr &&
                        (approval.decided == 0 || decided != nullptr);
  if (is_there) RenderApproval(*asking, decided.get(), now, out);
  return is_there;
}

google::rpc::Status GetApprovalNow(ReadCall& read, const v1::GetApprovalRequest& request,
                                   v1::GetApprovalResponse& response) {
  const std::optional<EntryRef> ref = ParseApprovalField(request.name(), read.parse.violations);
  if (!ref) return {};
  State& state = read.view.state();
  const ApprovalKey key{ref->program, ref->sequence};
  const Approval* approval =
      ref->partition == read.view.partition() ? state.approvals.Find(key) : nullptr;
  if (approval == nullptr) {
    return ToRpcStatus(Rejected{Rejection::kResourceNotFound,
                                {{"name", absl::StrCat(ref->partition, "-", ref->sequence)},
                                 {"resource", "approval"}}},
                       ref->program);
  }
  RenderReadHeader(read, response);
  if (RenderStored(state, key, *approval, read.now, *response.mutable_approval())) return {};
  return ToRpcStatus(Damaged());
}

google::rpc::Status ListApprovalsNow(ReadCall& read, const v1::ListApprovalsRequest& request,
                                     v1::ListApprovalsResponse& response) {
  constexpr absl::string_view kMethod = "ListApprovals";
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  const auto page_size = static_cast<std::size_t>(ParsePageSize(request.page_size(), violations));
  if (!violations.empty()) return {};
  State& state = read.view.state();
  if (state.programs.Find(ProgramKey{program}) == nullptr) {
    return ToRpcStatus(
        Rejected{Rejection::kResourceNotFound, {{"name", program.str()}, {"resource", "program"}}},
        program);
  }
  const std::string filter = absl::StrCat(program.str(), request.show_decided() ? " all" : "");
  KeyRange range = ApprovalRange(read.view.partition(), program);
  if (!request.page_token().empty()) {
    const std::optional<std::uint64_t> before =
        read.page_tokens.Open(kMethod, filter, request.page_token(), read.now);
    if (!before) return PageTokenInvalid();
    range.end = EncodeKey(read.view.partition(), ApprovalKey{program, *before});
  }
  RenderReadHeader(read, response);
  std::vector<std::pair<ApprovalKey, Approval>> found;
  bool is_damaged = false;
  const absl::Status scanned = read.view.snapshot().Scan(
      Space::kDefault, range.begin, range.end, ScanOptions{.is_reverse = true},
      [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<std::uint64_t> asked = DecodeTrailingSequence(key);
        Approval approval;
        is_damaged = !asked.ok() || !DecodeRecord(value, approval);
        if (is_damaged) return false;
        if (!request.show_decided()) {
          // All wait equally long: what was asked before is over, too.
          if (approval.expires_at <= read.now) return false;
          if (approval.state != ApprovalState::kOpen) return true;
        }
        found.emplace_back(ApprovalKey{program, *asked}, approval);
        return found.size() <= page_size;
      });
  if (!scanned.ok()) return ToRpcStatus(scanned);
  if (is_damaged) return ToRpcStatus(Damaged());
  if (found.size() > page_size) {
    found.pop_back();
    response.set_next_page_token(
        read.page_tokens.Seal(kMethod, filter, found.back().first.asked, read.now));
  }
  for (const auto& [key, approval] : found) {
    if (!RenderStored(state, key, approval, read.now, *response.add_approvals())) {
      return ToRpcStatus(Damaged());
    }
  }
  return {};
}

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(Shell& shell, ServerIdentity identity)
      : shell_(shell), identity_(std::move(identity)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::GetServerInfoResponse* response) override {
    return shell_.Read(*context, *request, *response,
                       [this](ReadCall& read, const v1::GetServerInfoRequest&,
                              v1::GetServerInfoResponse& out) { return Tell(read, out); });
  }

  grpc::ServerUnaryReactor* ListApprovals(grpc::CallbackServerContext* context,
                                          const v1::ListApprovalsRequest* request,
                                          v1::ListApprovalsResponse* response) override {
    return shell_.Read(*context, *request, *response, ListApprovalsNow, Place::kPool);
  }
  grpc::ServerUnaryReactor* GetApproval(grpc::CallbackServerContext* context,
                                        const v1::GetApprovalRequest* request,
                                        v1::GetApprovalResponse* response) override {
    return shell_.Read(*context, *request, *response, GetApprovalNow);
  }
  grpc::ServerUnaryReactor* Approve(grpc::CallbackServerContext* context,
                                    const v1::ApproveRequest* request,
                                    v1::ApproveResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseApprove, RenderApprove, Place::kPool);
  }
  grpc::ServerUnaryReactor* Decline(grpc::CallbackServerContext* context,
                                    const v1::DeclineRequest* request,
                                    v1::DeclineResponse* response) override {
    return shell_.Write(*context, *request, *response, ParseDecline, RenderDecline, Place::kPool);
  }

 private:
  google::rpc::Status Tell(ReadCall& read, v1::GetServerInfoResponse& out) const {
    out.set_version(kVersion);
    out.set_ledger(identity_.ledger);
    out.set_data_format(identity_.data_format);
    v1::Partition& partition = *out.add_partitions();
    partition.set_partition(read.view.partition());
    partition.set_origin(identity_.origin);
    partition.set_vkey(identity_.vkey);
    partition.set_epoch(read.engine.epoch());
    partition.set_sequence(read.view.sequence());
    partition.set_checkpoint_size(read.engine.SignedSize());
    return {};
  }

  Shell& shell_;
  const ServerIdentity identity_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewAdminService(Shell& shell, ServerIdentity identity) {
  return std::make_unique<AdminService>(shell, std::move(identity));
}

}  // namespace laurel
