#include "bench/machine.h"

#include <fcntl.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/stopwatch.h"
#include "engine/store/files.h"

namespace laurel::bench {
namespace {

std::string CpuModel() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (absl::StartsWith(line, "model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// Of the mount with the longest path above the folder.
std::string FileSystemOf(const std::string& folder) {
  std::error_code ignored;
  const std::string path = std::filesystem::canonical(folder, ignored).string() + "/";
  std::ifstream in("/proc/self/mounts");
  std::string found = "unknown";
  std::size_t longest = 0;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string device, mount, type, options;
    words >> device >> mount >> type >> options;
    const std::string prefix = mount == "/" ? mount : mount + "/";
    if (prefix.size() < longest || !absl::StartsWith(path, prefix)) continue;
    longest = prefix.size();
    found = absl::StrCat(type, " (", options, ")");
  }
  return found;
}

}  // namespace

Machine DescribeMachine(const std::string& folder) {
  Machine machine;
  machine.cpus = static_cast<unsigned>(::get_nprocs());
  machine.cpu = CpuModel();
  utsname kernel{};
  if (::uname(&kernel) == 0)
    machine.kernel = absl::StrCat(kernel.sysname, " ", kernel.release, " ", kernel.machine);
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0)
    machine.memory_bytes = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  machine.file_system = FileSystemOf(folder);
  if (::getloadavg(&machine.load_average, 1) != 1) machine.load_average = 0;
  return machine;
}

absl::StatusOr<Histogram> MeasureFdatasync(const std::string& folder, int count) {
  const std::string path = absl::StrCat(folder, "/fdatasync.probe");
  Histogram nanos;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus("open", path);
  const std::string block(4'096, 'x');
  bool is_good = true;
  for (int i = 0; i < count && is_good; ++i) {
    is_good = ::write(fd, block.data(), block.size()) == static_cast<ssize_t>(block.size());
    const Stopwatch watch;
    is_good = is_good && ::fdatasync(fd) == 0;
    nanos.Record(watch.Nanos());
  }
  const absl::Status failed = is_good ? absl::OkStatus() : ErrnoStatus("fdatasync", path);
  ::close(fd);
  ::unlink(path.c_str());
  if (!failed.ok()) return failed;
  return nanos;
}

}  // namespace laurel::bench
