#ifndef LAUREL_RULES_CEL_ARENA_H_
#define LAUREL_RULES_CEL_ARENA_H_

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "absl/strings/string_view.h"

namespace laurel::cel {

// Memory that is handed out in order and taken back all at once. The first 16 KiB lie inside the
// object; more comes from the heap in blocks, of which a few are kept for the next round. Nothing
// is destroyed, so only trivially destructible types may live here. Not thread-safe; neither copied
// nor moved, as what it handed out points into it.
class Arena {
 public:
  static constexpr std::size_t kInlineBytes = std::size_t{16} << 10;
  static constexpr std::size_t kDefaultBytesMax = std::size_t{64} << 20;

  // `bytes_max` bounds what may be handed out between two calls of Reset.
  explicit Arena(std::size_t bytes_max = kDefaultBytesMax) : bytes_max_(bytes_max) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns uninitialised memory, aligned for any scalar, that is valid until Reset; null if that
  // would exceed `bytes_max`. Zero bytes are a valid request.
  void* Allocate(std::size_t bytes) {
    if (bytes > bytes_max_) return nullptr;
    const std::size_t rounded = (bytes + kAlignment - 1) & ~(kAlignment - 1);
    if (rounded > bytes_max_ - used_) return nullptr;
    used_ += rounded;
    if (rounded > static_cast<std::size_t>(end_ - next_)) return AllocateSlow(rounded);
    std::byte* const result = next_;
    next_ += rounded;
    return result;
  }

  // Returns room for `count` objects, not constructed, or null as above.
  template <class T>
  T* AllocateArray(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    if (count > bytes_max_ / sizeof(T)) return nullptr;
    return static_cast<T*>(Allocate(count * sizeof(T)));
  }

  // Takes everything back and keeps up to 1 MiB for the next round.
  void Reset() {
    large_.clear();
    if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
    blocks_in_use_ = 0;
    next_ = inline_.data();
    end_ = inline_.data() + inline_.size();
    used_ = 0;
  }

  std::size_t used_bytes() const { return used_; }

 private:
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
  static constexpr std::size_t kBlocksKept = 16;

  // What is left of the block in use is given up, unless the request is so large that it gets a
  // block of its own.
  void* AllocateSlow(std::size_t bytes) {
    if (bytes > kBlockBytes / 4) {
      large_.push_back(std::unique_ptr<std::byte[]>(new std::byte[bytes]));
      return large_.back().get();
    }
    if (blocks_in_use_ == blocks_.size()) {
      blocks_.push_back(std::unique_ptr<std::byte[]>(new std::byte[kBlockBytes]));
    }
    std::byte* const block = blocks_[blocks_in_use_++].get();
    next_ = block + bytes;
    end_ = block + kBlockBytes;
    return block;
  }

  std::size_t bytes_max_;
  std::size_t used_ = 0;
  alignas(kAlignment) std::array<std::byte, kInlineBytes> inline_;
  std::byte* next_ = inline_.data();
  std::byte* end_ = inline_.data() + kInlineBytes;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;  // of kBlockBytes
  std::size_t blocks_in_use_ = 0;
  std::vector<std::unique_ptr<std::byte[]>> large_;  // a request each
};

}  // namespace laurel::cel

#endif  // LAUREL_RULES_CEL_ARENA_H_
