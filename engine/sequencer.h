#ifndef LAUREL_ENGINE_SEQUENCER_H_
#define LAUREL_ENGINE_SEQUENCER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/published.h"
#include "engine/engine.h"
#include "engine/journal/tiles.h"

namespace laurel {

// Puts the commands of one partition into one order and makes them durable.
//
// One thread decides a batch on a working set while another commits the batch before it in one
// synced write and a third runs the callbacks. A callback that has run is a promise: its outcome
// survives a crash of the process, the machine or the power. Thread-safe. Destroying it fails what
// is still queued with UNAVAILABLE.
class Sequencer {
 public:
  using Done = Engine::Done;

  Sequencer(Store& store, AnchorFile* anchors, const LedgerId& ledger_id, const Head& head,
            TileAccumulator tree, std::shared_ptr<const Snapshot> snapshot, const Clock& clock,
            RulebookLibrary* rulebooks, const Engine::Options& options);
  ~Sequencer();

  void Submit(Command command, std::optional<Timestamp> deadline, Done done);
  // Refuses what comes from now on and waits until everything accepted has been answered.
  void Drain();

  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.Load(); }
  bool WaitFor(std::uint64_t sequence, std::int64_t timeout_micros) const;
  std::int32_t queued_commands() const;
  // Goes into the anchors that are written from now on.
  void SetCheckpointSize(std::uint64_t size) { checkpoint_size_ = size; }

 private:
  struct Item {
    Command command;
    Hash fingerprint{};
    std::optional<Timestamp> deadline;
    Done done;
  };
  struct Answer {
    Done done;
    absl::StatusOr<Reply> reply;
  };
  // One batch: what was decided on top of the batch before it and of the snapshot.
  struct Work {
    std::unique_ptr<SnapshotSource> source;
    std::shared_ptr<Work>
        parent;  // while its records may not be in the snapshot; its own parent is then gone
    std::unique_ptr<State> state;
    std::vector<Write> writes;  // entries and tiles; records follow at commit
    std::size_t entry_bytes = 0;
    std::map<std::uint64_t, Hash> leaves;
    std::vector<Answer> answers;
    std::optional<Head> next;  // set if there are entries
  };

  // What a batch has become so far: `rows` exactly, `bytes` about.
  struct Size {
    std::size_t rows = 0;
    std::size_t bytes = 0;
  };
  static Size SizeOf(const Work& work);
  static bool IsFull(const Work& work);       // for another command
  static bool IsFullOfDue(const Work& work);  // for more of what is due before a command

  void DecideLoop();
  void CommitLoop();
  void ReplyLoop();

  std::shared_ptr<Work> NewWork();
  void DecideOne(Item item, Work& work);
  absl::StatusOr<Reply> Answered(const Item& item, std::uint64_t sequence, Work& work);
  // Puts into force first what is scheduled and due. False if something could not be read.
  bool AdvanceProgramOf(const Command& command, Work& work);
  // Does what is due for the member first; `is_current` becomes false if that was too much for one
  // command. False if something could not be read.
  bool AdvanceMembers(const Command& command, Work& work, bool& is_current);
  void AdvanceOne(const ProgramId& program, MemberId member,
                  const std::optional<Timestamp>& activity_at, Work& work, bool& is_current);
  // Decides and appends what nobody has asked for; false if nothing came of it.
  bool DoByItself(const Command& command, Timestamp now, Work& work);
  // What follows an entry at once.
  void Follow(const Command& command, const Entry& entry, Work& work);
  // Appends what was decided of a command, and what follows from it. No reply if something could
  // not be read.
  void Conclude(const Command& command, Decision decision, const Hash& fingerprint, Timestamp now,
                Work& work, std::optional<absl::StatusOr<Reply>>& reply);
  // Decides and appends a sale and, first, the enrolment of its member; all of it or nothing.
  void EnrolAndSell(const Command& command, const Command& enrolment, const Context& context,
                    const Hash& fingerprint, Work& work,
                    std::optional<absl::StatusOr<Reply>>& reply);
  void Append(const Command& command, Decision decision, const Hash& fingerprint, Timestamp now,
              Work& work, std::optional<absl::StatusOr<Reply>>& reply);
  void AppendEntry(Entry decided, Work& work, std::optional<absl::StatusOr<Reply>>& reply);
  Timestamp NextInstant() const;
  // The refusal of the environment that stands against writing now, or OK.
  absl::Status WritableStatus();

  // True if the batch is durable, and with it everything that its answers speak of.
  bool Commit(Work& work);
  void Answers(std::vector<Answer> answers);
  void Stop(const absl::Status& why);

  Store& store_;
  AnchorFile* const anchors_;
  const LedgerId ledger_id_;
  const Clock& clock_;
  RulebookLibrary* const rulebooks_;
  const Engine::Options options_;
  const PartitionId partition_ = 0;

  // The decider's own.
  TileAccumulator tree_;
  Head last_;  // of the last batch handed over or being built
  std::shared_ptr<Work> last_work_;
  Timestamp space_checked_at_;
  bool has_space_ = true;

  // The committer's own.
  Head committed_;
  absl::Status failure_;  // of the first batch that is not durable: whatever was decided on top of
                          // it is void

  Published<Snapshot> snapshot_;
  std::atomic<std::uint64_t> checkpoint_size_ = 0;
  std::atomic<bool> is_damaged_ = false;  // refusal_ is DATA_LOSS

  mutable Mutex mutex_;
  CondVar decider_wakes_;
  CondVar committer_wakes_;
  mutable CondVar changed_;
  std::deque<Item> queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t awaited_ ABSL_GUARDED_BY(mutex_) = 1;  // in the queue before the decider is woken
  std::shared_ptr<Work> slot_ ABSL_GUARDED_BY(mutex_);
  bool is_committing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_decider_done_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status refusal_
      ABSL_GUARDED_BY(mutex_);  // why no more commands are taken; OK while they are
  std::int64_t unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint64_t durable_sequence_ ABSL_GUARDED_BY(mutex_) = 0;

  Mutex replies_mutex_;
  CondVar replier_wakes_;
  std::deque<std::vector<Answer>> replies_ ABSL_GUARDED_BY(replies_mutex_);
  bool is_committer_done_ ABSL_GUARDED_BY(replies_mutex_) = false;

  std::thread decider_;
  std::thread committer_;
  std::thread replier_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_SEQUENCER_H_
