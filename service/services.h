#ifndef LAUREL_SERVICE_SERVICES_H_
#define LAUREL_SERVICE_SERVICES_H_

#include <cstdint>
#include <memory>
#include <string>

namespace grpc {
class Service;
}

namespace laurel {

class Shell;
class Simulations;

// What GetServerInfo tells and proofs name.
struct ServerIdentity {
  std::string ledger;  // host/ledger
  std::uint32_t data_format = 0;
  std::string origin;  // of partition 0
  std::string vkey;    // of its checkpoints; empty if none are signed
};

// The services of laurel.v1. What they are given must outlive them.
std::unique_ptr<grpc::Service> NewMemberService(Shell& shell);
std::unique_ptr<grpc::Service> NewPointsService(Shell& shell);
std::unique_ptr<grpc::Service> NewRedemptionService(Shell& shell);
std::unique_ptr<grpc::Service> NewTierService(Shell& shell);
std::unique_ptr<grpc::Service> NewProgramService(Shell& shell, Simulations& simulations);
std::unique_ptr<grpc::Service> NewSimulationService(Shell& shell, Simulations& simulations);
std::unique_ptr<grpc::Service> NewLedgerService(Shell& shell);
std::unique_ptr<grpc::Service> NewAdminService(Shell& shell, ServerIdentity identity);

}  // namespace laurel

#endif  // LAUREL_SERVICE_SERVICES_H_
