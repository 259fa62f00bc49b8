#ifndef LAUREL_TESTS_CRASH_LOAD_LOG_H_
#define LAUREL_TESTS_CRASH_LOAD_LOG_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/engine.h"
#include "engine/store/files.h"

namespace laurel {

// What an acknowledged command was told.
struct Ack {
  std::uint64_t sequence = 0;
  std::string leaf;  // hex
  bool is_replayed = false;
};
Ack AckOf(const Reply& reply);

// The diary of one client: what it is about to send and what it was told, each line synced before
// it goes on.
//   intent ID CONTENT
//   ack ID SEQUENCE LEAF 0|1
// One thread.
class LoadLog {
 public:
  explicit LoadLog(const std::string& path);
  void Intend(absl::string_view id, absl::string_view content);
  void Acknowledge(absl::string_view id, const Ack& ack);

 private:
  void Append(const std::string& line);
  FileDescriptor file_;
};

// Everything that clients of former runs knew, by request id.
struct Sent {
  std::string content;
  std::optional<Ack> ack;  // the first
};
struct History {
  std::map<std::string, Sent> sent;
  std::vector<std::string> contradictions;  // acknowledgements of one id that differ
};
// Reads every diary in `folder`, ordered by file name. A last line without its end is a send that
// never was.
History ReadHistory(const std::string& folder);

}  // namespace laurel

#endif  // LAUREL_TESTS_CRASH_LOAD_LOG_H_
