#include "engine/log_rocksdb/rocksdb_status.h"

#include <initializer_list>
#include <string>

#include "engine/base/status.h"

namespace lastmeter::log_rocksdb {
namespace {

// RocksDB keeps errno only as text.
bool MentionsAny(const std::string& text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words) {
    if (text.find(word) != std::string::npos) return true;
  }
  return false;
}

absl::StatusCode CodeOf(const rocksdb::Status& status, const std::string& text) {
  using absl::StatusCode;
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit ||
      MentionsAny(text, {"No space left", "File too large", "quota exceeded"})) {
    return StatusCode::kResourceExhausted;
  }
  if (MentionsAny(text,
                  {"Permission denied", "Operation not permitted", "Read-only file system"})) {
    return StatusCode::kPermissionDenied;
  }
  // A file that is named by another one and is not there is as lost as a damaged one. The same
  // holds for a manifest that parses but names things we never made.
  if (status.IsCorruption() || status.IsNotFound() || status.IsPathNotFound() ||
      status.IsInvalidArgument() || status.IsNotSupported() ||
      MentionsAny(text, {"No such file", "Input/output error"})) {
    return StatusCode::kDataLoss;
  }
  return StatusCode::kUnavailable;
}

}  // namespace

absl::Status Translate(const rocksdb::Status& status, std::string_view context) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return MakeStatus(CodeOf(status, text), std::string(context) + ": " + text);
}

}  // namespace lastmeter::log_rocksdb
