#include "engine/checkpoint_signer.h"

#include <chrono>
#include <span>

#include "engine/base/crash_point.h"
#include "engine/base/status_macros.h"
#include "engine/store/files.h"

namespace laurel {

CheckpointSigner::CheckpointSigner(Options options, Signer signer,
                                   std::function<std::shared_ptr<const Snapshot>()> snapshot,
                                   std::function<void(std::uint64_t)> signed_size)
    : options_(std::move(options)),
      signer_(std::move(signer)),
      snapshot_(std::move(snapshot)),
      signed_size_(std::move(signed_size)) {
  if (!options_.file.empty()) {
    const absl::StatusOr<std::string> kept = ReadFile(options_.file);
    const VerifierKey key = signer_.key();
    if (kept.ok()) {
      const absl::StatusOr<VerifiedCheckpoint> opened = OpenCheckpoint(*kept, std::span(&key, 1));
      if (opened.ok()) {
        MutexLock lock(&mutex_);
        note_ = *kept;
        size_ = opened->checkpoint.size;
        signed_size_(size_);
      }
    }
  }
  if (options_.interval_micros > 0) thread_ = std::thread([this] { Loop(); });
}

CheckpointSigner::~CheckpointSigner() {
  {
    MutexLock lock(&mutex_);
    is_stopping_ = true;
    wakes_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

std::string CheckpointSigner::note() const {
  MutexLock lock(&mutex_);
  return note_;
}

std::uint64_t CheckpointSigner::size() const {
  MutexLock lock(&mutex_);
  return size_;
}

absl::Status CheckpointSigner::SignNow() {
  MutexLock signing(&signing_);
  const std::shared_ptr<const Snapshot> snapshot = snapshot_();
  if (!snapshot->head()) return absl::OkStatus();
  const Head& head = *snapshot->head();
  {
    MutexLock lock(&mutex_);
    if (head.sequence <= size_ && !note_.empty()) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Note note,
                   SignCheckpoint(Checkpoint{options_.origin, head.sequence, head.root},
                                  std::span(&signer_, 1)));
  const std::string text = RenderNote(note);
  if (!options_.file.empty()) RETURN_IF_ERROR(WriteFileAtomically(options_.file, text));
  CrashPoint("checkpoint_signed");
  {
    MutexLock lock(&mutex_);
    note_ = text;
    size_ = head.sequence;
  }
  signed_size_(head.sequence);
  return absl::OkStatus();
}

void CheckpointSigner::Loop() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (is_stopping_) return;
    }
    // A checkpoint that cannot be written is not published; the next turn tries again.
    SignNow().IgnoreError();
    MutexLock lock(&mutex_);
    if (!is_stopping_) wakes_.WaitFor(&mutex_, std::chrono::microseconds(options_.interval_micros));
  }
}

}  // namespace laurel
