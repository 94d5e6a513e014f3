#include "engine/store_rocksdb/rocksdb_status.h"

#include <string>

#include "engine/base/status.h"

namespace lastmeter {

absl::Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string text = status.ToString();
  auto make = [&](absl::StatusCode code) { return MakeStatus(code, text); };
  if (status.IsNoSpace()) return make(absl::StatusCode::kResourceExhausted);
  if (status.IsCorruption()) return make(absl::StatusCode::kDataLoss);
  if (status.IsIOError()) {
    // RocksDB has no code of its own for a folder that another process holds.
    if (text.find("lock ") != std::string::npos) {
      return make(absl::StatusCode::kFailedPrecondition);
    }
    if (text.find("Permission denied") != std::string::npos) {
      return make(absl::StatusCode::kPermissionDenied);
    }
    return make(absl::StatusCode::kUnavailable);
  }
  // Also what an options file or table of a newer RocksDB is reported as.
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return make(absl::StatusCode::kFailedPrecondition);
  }
  return make(absl::StatusCode::kUnavailable);
}

}  // namespace lastmeter
