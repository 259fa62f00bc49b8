#ifndef LAUREL_ENGINE_STORE_ROCKSDB_DISK_H_
#define LAUREL_ENGINE_STORE_ROCKSDB_DISK_H_

#include <memory>

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace laurel {

// The machine's file system, on which the write-ahead log grows in large steps: it is extended
// with zeros and then overwritten. A sync of a file whose length has not changed need not write the
// file system's own journal, which is half of its cost. A log that was closed has no zeros left; at
// the end of one that was not, readers of the log take them for its end. Thread-safe.
std::shared_ptr<rocksdb::Env> NewDiskEnv();

}  // namespace laurel

#endif  // LAUREL_ENGINE_STORE_ROCKSDB_DISK_H_
