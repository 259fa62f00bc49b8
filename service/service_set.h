#ifndef LAUREL_SERVICE_SERVICE_SET_H_
#define LAUREL_SERVICE_SERVICE_SET_H_

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "service/identity_hasher.h"
#include "service/log.h"
#include "service/services.h"

namespace grpc {
class ServerBuilder;
}

namespace laurel {

class Pool;
class Shell;
class Simulations;

// All services of laurel.v1 on one engine, with the threads they read on. What is given must
// outlive it, and it the server it was added to.
class ServiceSet {
 public:
  // `simulations_folder`: where simulations are kept over a restart; empty: they are not.
  ServiceSet(Engine& engine, const IdentityHasher& hasher, const Log& log, ServerIdentity identity,
             std::string simulations_folder);
  ~ServiceSet();

  // Adds the services and the limits that every server of ours has.
  void AddTo(grpc::ServerBuilder& builder);

  // Refuses every call from now on with DRAINING and waits until those before have been answered.
  // Then nothing here uses the engine any more, and what remains of it is safe to serve refusals
  // with. Returns false if `patience` passed first. Call it once.
  bool Drain(std::chrono::microseconds patience);

  // Full names: laurel.v1.PointsService and so on.
  static const std::vector<std::string>& Names();

 private:
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Shell> shell_;
  std::unique_ptr<Simulations> simulations_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_SERVICE_SET_H_
