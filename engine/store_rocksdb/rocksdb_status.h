#pragma once

#include <rocksdb/status.h>

#include "absl/status/status.h"

namespace lastmeter {

// RocksDB's errors in the words of absl. Included by .cc files of this folder only.
absl::Status FromRocks(const rocksdb::Status& status);

}  // namespace lastmeter
