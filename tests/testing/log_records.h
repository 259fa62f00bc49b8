#ifndef LAUREL_TESTS_TESTING_LOG_RECORDS_H_
#define LAUREL_TESTS_TESTING_LOG_RECORDS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "engine/store/files.h"

namespace laurel {

// Where each record of the store's log begins, and where the last one ends: zeros may follow.
struct LogRecords {
  std::vector<std::size_t> starts;
  std::size_t end = 0;
};

// Format: blocks of 32 KiB; per fragment crc:4 size:u16le type:1 data.
// https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format
inline LogRecords RecordsOf(const std::string& log) {
  constexpr std::size_t kBlock = 32'768;
  constexpr std::size_t kHeader = 7;
  constexpr int kZero = 0;
  constexpr int kFull = 1;
  constexpr int kFirst = 2;
  const std::string bytes = *ReadFile(log);
  LogRecords records;
  for (std::size_t at = 0; at + kHeader <= bytes.size();) {
    if (kBlock - at % kBlock < kHeader) at += kBlock - at % kBlock;
    if (at + kHeader > bytes.size()) break;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
    if (byte(6) == kZero) break;
    if (byte(6) == kFull || byte(6) == kFirst) records.starts.push_back(at);
    at += kHeader + byte(4) + 256u * byte(5);
    records.end = at;
  }
  return records;
}

}  // namespace laurel

#endif  // LAUREL_TESTS_TESTING_LOG_RECORDS_H_
