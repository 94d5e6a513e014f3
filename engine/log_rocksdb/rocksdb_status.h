#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace lastmeter::log_rocksdb {

// The one translation of RocksDB's errors:
//   damaged or missing files                kDataLoss
//   no space, quota, file size limit        kResourceExhausted
//   no permission, read-only file system    kPermissionDenied
//   everything that may pass                kUnavailable
// The message is "context: RocksDB's own words".
absl::Status Translate(const rocksdb::Status& status, std::string_view context);

}  // namespace lastmeter::log_rocksdb
