#include "service/simulation_files.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/status_macros.h"
#include "engine/store/files.h"
#include "service/names.h"

namespace laurel {
namespace {

namespace fs = std::filesystem;

constexpr char kExtension[] = ".simulation";

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(folder, ": must be a folder, was ", error.message()));
}

absl::Status Write(const std::string& folder, const std::string& path,
                   const v1::Simulation& simulation) {
  RETURN_IF_ERROR(MakeFolder(folder));
  return WriteFileAtomically(path, simulation.SerializeAsString());
}

absl::StatusOr<v1::Simulation> Read(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  v1::Simulation simulation;
  if (simulation.ParseFromString(bytes) && ParseSimulationName(simulation.name())) {
    return simulation;
  }
  return absl::DataLossError(absl::StrCat(path, ": must be a simulation, was damaged"));
}

}  // namespace

std::string SimulationFiles::PathOf(const std::string& name) const {
  return absl::StrCat(folder_, "/", absl::StrReplaceAll(name, {{"/", "."}}), kExtension);
}

void SimulationFiles::Tell(const absl::Status& status) const {
  if (status.ok()) return;
  log_.Write(LogLevel::kWarning, "simulation not kept", {{"why", std::string(status.message())}});
}

void SimulationFiles::Save(const v1::Simulation& simulation) {
  if (!folder_.empty()) Tell(Write(folder_, PathOf(simulation.name()), simulation));
}

void SimulationFiles::Remove(const std::string& name) {
  if (folder_.empty()) return;
  std::error_code error;
  fs::remove(PathOf(name), error);
  if (error) {
    Tell(absl::UnavailableError(
        absl::StrCat(PathOf(name), ": must be removed, was not: ", error.message())));
  }
}

std::vector<v1::Simulation> SimulationFiles::Load() const {
  std::vector<v1::Simulation> simulations;
  std::error_code error;
  for (fs::directory_iterator file(folder_, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().extension() != kExtension) continue;
    absl::StatusOr<v1::Simulation> simulation = Read(file->path().string());
    if (simulation.ok()) simulations.push_back(*std::move(simulation));
    Tell(simulation.status());
  }
  return simulations;
}

}  // namespace laurel
