#ifndef LAUREL_ENGINE_STORE_ROCKSDB_OPTIONS_H_
#define LAUREL_ENGINE_STORE_ROCKSDB_OPTIONS_H_

#include <rocksdb/options.h>

#include <vector>

#include "engine/store/rocksdb_store.h"

// Every RocksDB option that matters, set explicitly because defaults drift between versions. Valid
// for 7.8.
namespace laurel {

rocksdb::DBOptions DatabaseOptions(const RocksDbOptions& options, LogRecovery recovery);

struct Family {
  Space space;
  rocksdb::ColumnFamilyOptions options;
};
// One per space, in their order, sharing one block cache.
std::vector<Family> FamilyOptions(const RocksDbOptions& options);

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_ROCKSDB_OPTIONS_H_
