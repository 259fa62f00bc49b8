#ifndef LAUREL_SERVICE_SIMULATION_FILES_H_
#define LAUREL_SERVICE_SIMULATION_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "laurel/v1/simulation_service.pb.h"
#include "service/log.h"

namespace laurel {

// Simulations as laurel.v1.Simulation, one file each, so that a restart does not lose a report that
// somebody waits for. They are no part of the ledger: one that cannot be written or read is logged
// and is otherwise as if it had not been kept. Not thread-safe.
class SimulationFiles {
 public:
  // Makes the folder where it is needed; an empty name keeps nothing. `log` must outlive it.
  SimulationFiles(std::string folder, const Log& log) : folder_(std::move(folder)), log_(log) {}

  // In place of what was kept under its name.
  void Save(const v1::Simulation& simulation);
  void Remove(const std::string& name);
  // In no order.
  std::vector<v1::Simulation> Load() const;

 private:
  std::string PathOf(const std::string& name) const;
  void Tell(const absl::Status& status) const;

  const std::string folder_;
  const Log& log_;
};

}  // namespace laurel

#endif  // LAUREL_SERVICE_SIMULATION_FILES_H_
