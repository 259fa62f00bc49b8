#ifndef LAUREL_SERVICE_CLI_IMPORTER_H_
#define LAUREL_SERVICE_CLI_IMPORTER_H_

#include <grpcpp/channel.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/time.h"
#include "service/cli/import_row.h"
#include "service/cli/refusal.h"

namespace laurel::cli {

struct ImportTally {
  std::uint64_t accrued = 0;
  std::uint64_t already_there = 0;
  std::uint64_t enrolled = 0;
  std::uint64_t rejected = 0;
  std::map<std::string, std::int64_t> points;  // newly given, by point type
};

// Sends purchases in batches, several at a time. Every member belongs to one lane, and a lane has
// one batch in flight: the purchases of a member are posted in the order of Add. What the server
// did not answer is sent again under the same request id, with growing pauses.
class Importer {
 public:
  struct Options {
    std::size_t lane_count = 8;
    std::size_t batch_items_max = 100;  // the API's own limit
    bool has_enrolment =
        false;  // enrol members that are not known, at their first purchase's instant
    std::int64_t call_timeout_micros = 30 * kMicrosPerSecond;
    std::int64_t retry_for_micros = 5 * kMicrosPerMinute;  // then the import stops
    std::int64_t backoff_micros = kMicrosPerSecond / 10;   // first pause; doubles up to 5 s
    std::function<bool()> is_interrupted;                  // asked ten times a second; may be empty
    std::function<void(grpc::ClientContext&)> introduce;   // says who calls; may be empty
  };
  // Called for each row that the server refused for good, one at a time, on any thread.
  using OnReject = std::function<void(const ImportItem& item, const Refusal& refusal)>;

  Importer(std::shared_ptr<grpc::Channel> channel, Options options, OnReject on_reject);
  // Stops without waiting for what is queued.
  ~Importer();

  // Queues one purchase; waits while its lane is full. False once the import has stopped: it was
  // not taken.
  bool Add(ImportItem item);
  // Waits until everything is answered, or the import has stopped.
  void Finish();

  ImportTally tally() const;
  // Why it stopped: the last answer before time was over. Empty if it did not, or was interrupted.
  std::optional<Refusal> failure() const;
  bool is_interrupted() const;

 private:
  class Lane;

  void Count(const std::function<void(ImportTally&)>& change);
  void RejectItem(const ImportItem& item, const Refusal& refusal);
  void Stop(std::optional<Refusal> failure);
  bool is_stopped() const;
  // Waits for `micros` or until stopped, and looks for an interruption; false once stopped.
  bool Pause(std::int64_t micros);

  const std::shared_ptr<grpc::Channel> channel_;
  const Options options_;
  const OnReject on_reject_;
  mutable Mutex mutex_;
  CondVar changed_;
  ImportTally tally_ ABSL_GUARDED_BY(mutex_);
  std::optional<Refusal> failure_ ABSL_GUARDED_BY(mutex_);
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Lane>> lanes_;  // last: their threads use the rest
};

}  // namespace laurel::cli

#endif  // LAUREL_SERVICE_CLI_IMPORTER_H_
