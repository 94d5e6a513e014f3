#pragma once

#include <cstddef>

#include "rocksdb/options.h"

namespace lastmeter::log_rocksdb {

// RocksDB's options for keys that only grow and values that are never overwritten.
rocksdb::Options MakeOptions(size_t memory_budget_bytes);

}  // namespace lastmeter::log_rocksdb
