#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/domain/facts.h"
#include "laurel/v1/simulation_service.grpc.pb.h"
#include "service/convert_points.h"
#include "service/convert_simulation.h"
#include "service/reading.h"
#include "service/services.h"
#include "service/shell.h"

namespace laurel {
namespace {

constexpr std::int64_t kAheadDaysMax = 3'660;

google::rpc::Status NoSuch(absl::string_view resource) {
  return NotFound(v1::ERROR_REASON_RESOURCE_NOT_FOUND, resource);
}

// What is compared: the revision in force at an instant, and the one that is tried.
struct Sides {
  const Activation* current = nullptr;
  std::shared_ptr<const rules::Rulebook> current_rulebook;
  Candidate candidate;
};
// False if one of them is not there; `status` says which, unless a violation was added.
bool FindSides(ReadCall& read, const ProgramId& program, const v1::SimulationCandidate& candidate,
               Timestamp at, Sides& sides, google::rpc::Status& status) {
  Violations& violations = read.parse.violations;
  std::optional<NamedCandidate> named =
      ParseCandidate(candidate, program, Path{"candidate"}, violations);
  if (!violations.empty()) return false;
  State& state = read.view.state();
  const Program* record = state.programs.Find(ProgramKey{program});
  sides.current = record == nullptr ? nullptr : RevisionAt(*record, at);
  if (sides.current == nullptr) {
    status = NoSuch("program");
    return false;
  }
  RulebookLibrary& library = *read.view.rulebooks();
  sides.current_rulebook = library.Find(state, program, *sides.current);
  sides.candidate = Candidate{std::move(named->rulebook), named->number};
  if (named->number != 0) {
    const Revision* revision = state.revisions.Find(RevisionKey{program, named->number});
    if (revision == nullptr) {
      status = NotFound(v1::ERROR_REASON_REVISION_NOT_FOUND, "revision");
      return false;
    }
    sides.candidate.rulebook =
        library.Find(state, program, Activation{named->number, revision->digest, at});
  }
  if (sides.current_rulebook != nullptr && sides.candidate.rulebook != nullptr) return true;
  status = ToRpcStatus(absl::DataLossError("revision: must compile, did not"));
  return false;
}

google::rpc::Status CreateSimulationNow(ReadCall& read, const v1::CreateSimulationRequest& request,
                                        Simulations& simulations,
                                        v1::CreateSimulationResponse& response) {
  Violations& violations = read.parse.violations;
  SimulationSpec spec;
  spec.program = ParseProgram(request.program(), violations);
  spec.effective_from = read.view.now();
  if (request.has_effective_from()) {
    spec.effective_from =
        ParseInstant(request.effective_from(), Path{"effective_from"}, violations);
    if (spec.effective_from < read.now ||
        spec.effective_from > read.now.PlusMicros(kAheadDaysMax * kMicrosPerDay)) {
      violations.OutOfRange("effective_from", absl::StrCat("must be now or at most ", kAheadDaysMax,
                                                           " days ahead, was not"));
    }
  }
  if (request.has_backtest()) {
    spec.backtest = ParseBacktest(request.backtest(), read.now, Path{"backtest"}, violations);
  }
  Sides sides;
  google::rpc::Status status;
  if (!FindSides(read, spec.program, request.candidate(), spec.effective_from, sides, status)) {
    return status;
  }
  spec.candidate = sides.candidate;
  absl::StatusOr<v1::Simulation> begun =
      simulations.Begin(read.view, std::move(spec), sides.current->number);
  if (!begun.ok()) return ToRpcStatus(begun.status());
  *response.mutable_simulation() = *std::move(begun);
  return {};
}

std::optional<SimulationRef> ParseName(ReadCall& read, const std::string& name) {
  std::optional<SimulationRef> ref = ParseSimulationName(name);
  if (!ref) {
    read.parse.violations.Malformed(
        "name", "must be programs/{program}/simulations/{simulation}, was another");
  }
  return ref;
}

google::rpc::Status CompareDecisionsNow(ReadCall& read, const v1::CompareDecisionsRequest& request,
                                        v1::CompareDecisionsResponse& response) {
  Violations& violations = read.parse.violations;
  const ProgramId program = ParseProgram(request.program(), violations);
  AccruePurchase order;
  if (request.has_purchase()) {
    order = ParseQuotedPurchase(request.purchase(), read.now, violations);
  } else {
    violations.Required("purchase");
  }
  if (request.has_member() && request.has_stated_member()) {
    violations.Add("stated_member", "must be left out where a member is named, was given",
                   "AMBIGUOUS");
  }
  MemberRef ref;
  if (request.has_member()) {
    ref = ParseMemberRef(request.member(), program, Path{"member"}, read.parse);
  }
  const StatedMember stated = ParseStatedMember(request.stated_member(), order.occurred_at,
                                                Path{"stated_member"}, violations);
  Sides sides;
  google::rpc::Status status;
  if (!FindSides(read, program, request.candidate(), order.occurred_at, sides, status)) {
    return status;
  }
  if (order.currency != sides.current_rulebook->currency()) {
    violations.Malformed(
        "purchase.total.currency_code",
        absl::StrCat("must be ", sides.current_rulebook->currency(), ", was another"));
    return {};
  }
  State& state = read.view.state();
  std::optional<MemberId> member;
  if (request.has_member()) {
    member = state.Resolve(program, ref);
    if (!member) return NotFound(v1::ERROR_REASON_MEMBER_NOT_FOUND, "member");
    Context context{read.view.partition(), read.view.sequence() + 1, read.view.now(),
                    read.view.rulebooks()};
    AdvanceInThought(read, program, *member, order.occurred_at, context);
  }
  const std::vector<PurchaseLine> lines = LinesOf(order);
  const ReportedActivity activity{.occurred_at = order.occurred_at,
                                  .channel = order.channel,
                                  .store = order.receipt.store,
                                  .lines = lines,
                                  .tenders = order.tenders};
  const auto decide = [&](const rules::Rulebook& rulebook) {
    return member ? TryForMember(state, rulebook, program, *member, activity)
                  : TryForStated(rulebook, stated, activity);
  };
  RenderReadHeader(read, response);
  RenderWhatIf(decide(*sides.current_rulebook), program, sides.current->number,
               *sides.current_rulebook, *response.mutable_current());
  RenderWhatIf(decide(*sides.candidate.rulebook), program, sides.candidate.number,
               *sides.candidate.rulebook, *response.mutable_candidate());
  return {};
}

class SimulationService final : public v1::SimulationService::CallbackService {
 public:
  SimulationService(Shell& shell, Simulations& simulations)
      : shell_(shell), simulations_(simulations) {}

  grpc::ServerUnaryReactor* CreateSimulation(grpc::CallbackServerContext* context,
                                             const v1::CreateSimulationRequest* request,
                                             v1::CreateSimulationResponse* response) override {
    return shell_.Read(
        *context, *request, *response,
        [this](ReadCall& read, const v1::CreateSimulationRequest& asked,
               v1::CreateSimulationResponse& answer) {
          return CreateSimulationNow(read, asked, simulations_, answer);
        },
        Place::kPool);
  }
  grpc::ServerUnaryReactor* GetSimulation(grpc::CallbackServerContext* context,
                                          const v1::GetSimulationRequest* request,
                                          v1::GetSimulationResponse* response) override {
    return shell_.Read(
        *context, *request, *response,
        [this](ReadCall& read, const v1::GetSimulationRequest& asked,
               v1::GetSimulationResponse& answer) -> google::rpc::Status {
          const std::optional<SimulationRef> ref = ParseName(read, asked.name());
          if (!ref) return {};
          auto found = simulations_.Find(ref->program, ref->id);
          if (!found) return NoSuch("simulation");
          *answer.mutable_simulation() = *std::move(found);
          return {};
        },
        Place::kPool);
  }
  grpc::ServerUnaryReactor* ListSimulations(grpc::CallbackServerContext* context,
                                            const v1::ListSimulationsRequest* request,
                                            v1::ListSimulationsResponse* response) override {
    return shell_.Read(
        *context, *request, *response,
        [this](ReadCall& read, const v1::ListSimulationsRequest& asked,
               v1::ListSimulationsResponse& answer) -> google::rpc::Status {
          const ProgramId program = ParseProgram(asked.program(), read.parse.violations);
          if (!read.parse.violations.empty()) return {};
          for (v1::Simulation& simulation : simulations_.List(program)) {
            *answer.add_simulations() = std::move(simulation);
          }
          return {};
        },
        Place::kPool);
  }
  grpc::ServerUnaryReactor* CancelSimulation(grpc::CallbackServerContext* context,
                                             const v1::CancelSimulationRequest* request,
                                             v1::CancelSimulationResponse* response) override {
    return shell_.Read(
        *context, *request, *response,
        [this](ReadCall& read, const v1::CancelSimulationRequest& asked,
               v1::CancelSimulationResponse& answer) -> google::rpc::Status {
          const std::optional<SimulationRef> ref = ParseName(read, asked.name());
          if (!ref) return {};
          auto found = simulations_.Cancel(ref->program, ref->id);
          if (!found) return NoSuch("simulation");
          *answer.mutable_simulation() = *std::move(found);
          return {};
        },
        Place::kPool);
  }
  grpc::ServerUnaryReactor* CompareDecisions(grpc::CallbackServerContext* context,
                                             const v1::CompareDecisionsRequest* request,
                                             v1::CompareDecisionsResponse* response) override {
    return shell_.Read(*context, *request, *response, CompareDecisionsNow, Place::kPool);
  }

 private:
  Shell& shell_;
  Simulations& simulations_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewSimulationService(Shell& shell, Simulations& simulations) {
  return std::make_unique<SimulationService>(shell, simulations);
}

}  // namespace laurel
