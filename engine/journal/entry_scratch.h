#ifndef LAUREL_ENGINE_JOURNAL_ENTRY_SCRATCH_H_
#define LAUREL_ENGINE_JOURNAL_ENTRY_SCRATCH_H_

#include <array>

#include "google/protobuf/arena.h"

namespace laurel {

// What the scratch messages of a thread are made in.
class ScratchMemory {
 public:
  static ScratchMemory& OfThread() {
    thread_local ScratchMemory memory;
    return memory;
  }

 private:
  template <class Message>
  friend class Scratch;

  static google::protobuf::ArenaOptions Options(std::array<char, 16'384>& block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block.data();
    options.initial_block_size = block.size();
    return options;
  }

  alignas(8) std::array<char, 16'384> block_;
  google::protobuf::Arena arena_{Options(block_)};
  int depth_ = 0;
};

// A message that lives for one encoding or decoding, in memory that its thread uses again and
// again: most records are small, and making an arena for each costs as much as filling it. Scratch
// messages of one thread may be nested; their memory is free once the outermost has ended.
template <class Message>
class Scratch {
 public:
  Scratch() : message_(google::protobuf::Arena::CreateMessage<Message>(&memory_.arena_)) {
    ++memory_.depth_;
  }
  ~Scratch() {
    if (--memory_.depth_ == 0) memory_.arena_.Reset();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Message& operator*() { return *message_; }

 private:
  ScratchMemory& memory_ = ScratchMemory::OfThread();
  Message* message_;
};

}  // namespace laurel

#endif  // LAUREL_ENGINE_JOURNAL_ENTRY_SCRATCH_H_
