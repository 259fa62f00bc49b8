#include "engine/store/rocksdb_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <sys/resource.h>

#include <algorithm>

#include "engine/base/check.h"

namespace laurel {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kKiB = 1 << 10;
constexpr int kBuffersPerFlush = 8;

// How a family is tuned; ledger data has few shapes of access.
struct Tuning {
  std::uint64_t write_buffer_share = 1;  // of write_buffer_bytes: 1 is all, 4 a quarter
  int bloom_bits = 0;  // 0: no filter, for families that are read where something is
  std::uint64_t block_bytes = 8 * kKiB;
  rocksdb::CompressionType compression = rocksdb::kLZ4Compression;  // of the upper levels
  rocksdb::CompressionType last_compression = rocksdb::kZSTD;       // of the last level: most bytes
  bool has_queue = false;  // rows are deleted from the front of a range
};

Tuning TuningOf(Space space) {
  switch (space) {
    case Space::kDefault:  // tiny, but the head is rewritten with every batch
      return {.write_buffer_share = 4, .bloom_bits = 10};
    case Space::kJournal:
      // Appended in key order and never rewritten: with one compression on all levels a compaction
      // only moves the file. Larger blocks, because entries are mostly scanned and resemble each
      // other.
      return {.block_bytes = 16 * kKiB,
              .compression = rocksdb::kZSTD,
              .last_compression = rocksdb::kZSTD};
    case Space::kTiles:  // hashes do not compress; a block is one tile
      return {.write_buffer_share = 4,
              .compression = rocksdb::kNoCompression,
              .last_compression = rocksdb::kNoCompression};
    case Space::kMembers:
      return {.bloom_bits = 10};
    case Space::kRequests:  // nearly every lookup is a miss
      return {.bloom_bits = 14};
    case Space::kIndex:
      return {.bloom_bits = 10, .has_queue = true};
    case Space::kTotals:  // few keys, rewritten all the time
      return {.write_buffer_share = 4, .bloom_bits = 10};
    case Space::kVault:  // ciphertext
      return {.write_buffer_share = 4,
              .bloom_bits = 10,
              .compression = rocksdb::kNoCompression,
              .last_compression = rocksdb::kNoCompression};
  }
  LAUREL_CHECK(false, "a space is one of the eight");
}

// RocksDB keeps every data file open, which saves a lookup per read; a process with a low limit
// gets a cap.
int OpenFilesMax() {
  constexpr rlim_t kPlenty = 16'384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kPlenty) return -1;
  return std::max(64, static_cast<int>(limit.rlim_cur / 2));
}

rocksdb::ColumnFamilyOptions OptionsOf(const Tuning& tuning, const RocksDbOptions& options,
                                       const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.block_cache = cache;
  table.block_size = tuning.block_bytes;
  table.cache_index_and_filter_blocks =
      true;  // bounded memory; at high priority, so scans do not evict them
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.whole_key_filtering = true;
  table.partition_filters = false;
  table.index_type = rocksdb::BlockBasedTableOptions::kBinarySearch;
  if (tuning.bloom_bits > 0)
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(tuning.bloom_bits));

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.comparator = rocksdb::BytewiseComparator();
  family.merge_operator = nullptr;  // a failing merge would make the database read-only
  family.prefix_extractor = nullptr;
  family.write_buffer_size = std::max<std::size_t>(
      options.write_buffer_bytes / tuning.write_buffer_share / kBuffersPerFlush, kMiB);
  // Inserting is searching: eight small tables that are flushed as one are searched within the
  // processor's caches, where one of their joint size is not.
  family.max_write_buffer_number = 2 * kBuffersPerFlush;
  family.min_write_buffer_number_to_merge = kBuffersPerFlush;
  family.max_write_buffer_size_to_maintain = 0;
  family.memtable_protection_bytes_per_key = 8;
  // All keys of a partition share one insertion hint: a batch that comes sorted is then inserted by
  // short steps from row to row.
  family.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(sizeof(PartitionId)));
  if (tuning.bloom_bits > 0) {
    // Most lookups of a command are misses or old rows: they skip the search of the memtable.
    family.memtable_prefix_bloom_size_ratio = 0.05;
    family.memtable_whole_key_filtering = true;
  }
  family.compression = tuning.compression;
  family.bottommost_compression = tuning.last_compression;
  family.compaction_style = rocksdb::kCompactionStyleLevel;
  family.compaction_pri = rocksdb::kMinOverlappingRatio;
  family.level_compaction_dynamic_level_bytes = true;
  family.num_levels = 7;
  family.level0_file_num_compaction_trigger = 4;
  family.level0_slowdown_writes_trigger = 20;
  family.level0_stop_writes_trigger = 36;
  family.target_file_size_base = 64 * kMiB;
  family.max_bytes_for_level_base = 256 * kMiB;
  family.max_bytes_for_level_multiplier = 10;
  family.disable_auto_compactions = false;
  family.ttl = 0;  // nothing is rewritten for its age alone
  family.periodic_compaction_seconds = 0;
  family.force_consistency_checks = true;
  family.paranoid_file_checks = options.is_paranoid;
  family.enable_blob_files = false;
  if (tuning.has_queue) {
    // Compacts a file in which, somewhere, half of 4,096 neighbours are tombstones: seeks pass
    // through them.
    family.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(4'096, 2'048));
  }
  return family;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const RocksDbOptions& options, LogRecovery recovery) {
  rocksdb::DBOptions db;
  // A deleted database must not come back empty: only Init creates.
  db.create_if_missing = false;
  db.create_missing_column_families = false;
  db.error_if_exists = false;
  // The default mode opens without complaint where acknowledged commits are gone; this one refuses
  // damage before the tail. What neither can see (a tail cut between records, a deleted log) the
  // anchor finds.
  db.wal_recovery_mode = recovery == LogRecovery::kTolerateTail
                             ? rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords
                             : rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.paranoid_checks = true;
  db.flush_verify_memtable_count = true;
  db.verify_sst_unique_id_in_manifest = true;
  db.track_and_verify_wals_in_manifest = false;  // adds nothing for the live log
  // One writer and one synced write per batch need none of these.
  db.manual_wal_flush = false;
  db.unordered_write = false;
  db.enable_pipelined_write = false;
  db.two_write_queues = false;
  db.allow_concurrent_memtable_write = false;
  db.allow_2pc = false;
  db.atomic_flush = false;
  db.best_efforts_recovery = false;
  db.avoid_flush_during_recovery = false;
  db.avoid_flush_during_shutdown =
      false;  // nothing is written past the log, so there is nothing to flush
  db.wal_compression = rocksdb::kNoCompression;
  db.recycle_log_file_num = 0;
  db.max_total_wal_size = 512 * kMiB;  // a seldom written family must not pin old logs
  db.max_background_jobs = std::clamp(options.background_jobs_max, 2, 4);
  db.max_subcompactions = 1;
  db.max_bgerror_resume_count = 0;  // fail-stop
  db.max_open_files = OpenFilesMax();
  db.bytes_per_sync = kMiB;
  db.wal_bytes_per_sync = 0;  // each write is synced anyway
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  db.max_log_file_size = 16 * kMiB;
  db.keep_log_file_num = 10;
  db.info_log_level = rocksdb::INFO_LEVEL;
  db.stats_dump_period_sec = 600;
  db.stats_persist_period_sec = 0;
  db.use_fsync = false;  // fdatasync
  db.allow_mmap_reads = false;
  db.allow_mmap_writes = false;
  db.max_manifest_file_size = 64 * kMiB;
  db.compaction_readahead_size = 2 * kMiB;
  // The file system in memory calls the limiter in a way that the limiter refuses.
  if (!options.env) {
    db.rate_limiter.reset(rocksdb::NewGenericRateLimiter(
        std::max<std::int64_t>(options.compaction_bytes_per_second_max,
                               static_cast<std::int64_t>(kMiB)),
        /*refill_period_us=*/100'000, /*fairness=*/10, rocksdb::RateLimiter::Mode::kWritesOnly,
        /*auto_tuned=*/true));
  }
  return db;
}

std::vector<Family> FamilyOptions(const RocksDbOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(
      options.block_cache_bytes, /*num_shard_bits=*/-1, /*strict_capacity_limit=*/false,
      /*high_pri_pool_ratio=*/0.5);
  std::vector<Family> families;
  for (std::size_t i = 0; i < kSpaceCount; ++i) {
    const Space space = static_cast<Space>(i);
    families.push_back(Family{space, OptionsOf(TuningOf(space), options, cache)});
  }
  return families;
}

}  // namespace laurel
