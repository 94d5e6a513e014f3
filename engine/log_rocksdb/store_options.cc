#include "engine/log_rocksdb/store_options.h"

#include <algorithm>

#include "rocksdb/cache.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace lastmeter::log_rocksdb {

rocksdb::Options MakeOptions(size_t memory_budget_bytes) {
  rocksdb::Options o;
  o.paranoid_checks = true;
  // A write-ahead log that is missing as a whole is then noticed on opening.
  o.track_and_verify_wals_in_manifest = true;

  // A third of the budget for write buffers. What is in them is replayed on opening, so the
  // write-ahead log is bounded too.
  o.db_write_buffer_size = memory_budget_bytes / 3;
  o.write_buffer_size = std::max<size_t>(o.db_write_buffer_size / 2, size_t{4} << 20);
  o.arena_block_size = size_t{256} << 10;
  o.max_write_buffer_number = 4;
  o.max_total_wal_size = std::max<size_t>(memory_budget_bytes / 4, size_t{16} << 20);
  o.avoid_flush_during_shutdown = true;

  // One thread writes, in order: an insert begins where the last one of its partition ended.
  o.allow_concurrent_memtable_write = false;
  o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(3));

  // Files of one column family never overlap, so compaction only moves them down by name. The
  // triggers that slow writers down are for overlapping files and stay out of the way.
  o.compression = rocksdb::kNoCompression;
  o.level0_file_num_compaction_trigger = 4;
  o.level0_slowdown_writes_trigger = 200;
  o.level0_stop_writes_trigger = 400;
  o.soft_pending_compaction_bytes_limit = 0;
  o.hard_pending_compaction_bytes_limit = 0;
  o.ttl = 0;
  o.periodic_compaction_seconds = 0;
  o.max_background_jobs = 2;
  o.bytes_per_sync = size_t{1} << 20;
  o.max_open_files = -1;

  rocksdb::BlockBasedTableOptions table;
  table.block_size = size_t{16} << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.block_cache = rocksdb::NewLRUCache(memory_budget_bytes / 6);
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));

  o.info_log_level = rocksdb::WARN_LEVEL;
  o.keep_log_file_num = 4;
  o.max_log_file_size = size_t{4} << 20;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

}  // namespace lastmeter::log_rocksdb
