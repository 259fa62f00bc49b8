#ifndef LAUREL_BENCH_HISTOGRAM_H_
#define LAUREL_BENCH_HISTOGRAM_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace laurel::bench {

// Counts of latencies in buckets that grow with their value, as in HdrHistogram: 64 to each power
// of two, so that a quantile is at most 1.6 % too large and memory stays at 20 kB however long the
// run. The maximum is exact. Not thread-safe: one a thread, merged at the end.
class Histogram {
 public:
  // Negative values count as zero, those beyond 2^44 (nearly five hours in ns) as the last bucket.
  void Record(std::int64_t value) {
    const std::uint64_t v = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
    ++counts_[IndexOf(std::min(v, kValueMax))];
    ++count_;
    max_ = std::max(max_, v);
  }
  void Merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  std::uint64_t count() const { return count_; }
  // The largest value recorded; 0 if there is none.
  std::int64_t max() const { return static_cast<std::int64_t>(max_); }
  // The upper end of the bucket below which `per_mille` of 1000 values lie; 0 if there are none.
  std::int64_t Quantile(std::uint64_t per_mille) const {
    const std::uint64_t rank = std::max<std::uint64_t>(1, (count_ * per_mille + 999) / 1000);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return static_cast<std::int64_t>(std::min(UpperEnd(i), max_));
    }
    return max();
  }

 private:
  static constexpr std::uint64_t kBits = 6;
  static constexpr std::uint64_t kSteps = std::uint64_t{1} << kBits;
  static constexpr std::uint64_t kValueMax = (std::uint64_t{1} << 44) - 1;

  static std::size_t IndexOf(std::uint64_t value) {
    if (value < kSteps) return value;
    const std::uint64_t shift = static_cast<std::uint64_t>(std::bit_width(value)) - kBits - 1;
    return shift * kSteps + (value >> shift);
  }
  static std::uint64_t UpperEnd(std::size_t index) {
    if (index < kSteps) return index;
    const std::uint64_t shift = index / kSteps - 1;
    return ((index % kSteps + kSteps + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(IndexOf(kValueMax) + 1);
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace laurel::bench

#endif  // LAUREL_BENCH_HISTOGRAM_H_
