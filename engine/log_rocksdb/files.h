#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// The file system, as far as the embedded log uses it beside RocksDB. Errors are translated here.
namespace lastmeter::log_rocksdb {

// errno as a status: kPermissionDenied, kResourceExhausted (no space), kNotFound, otherwise
// kUnavailable. The message is "context: reason".
absl::Status ErrnoStatus(int error, std::string_view context);

// Empty when there is no such file.
absl::StatusOr<std::optional<std::string>> ReadWholeFile(const std::string& path);

// Writes beside, syncs, renames and syncs the folder: after a crash either the old or the new.
absl::Status ReplaceFileDurably(const std::string& path, std::string_view content);

// Makes renames inside the folder durable.
absl::Status SyncFolder(const std::string& folder);

// Makes the content of the files in the folder durable.
absl::Status SyncFilesEndingWith(const std::string& folder, std::string_view suffix);

// Makes the folder and those above it.
absl::Status MakeFolder(const std::string& path);

// Bytes that an ordinary user may still write to the file system of this folder.
absl::StatusOr<uint64_t> FreeBytes(const std::string& folder);

// Keeps every other process, and every other holder in this one, out of a folder. Ends with the
// object or the process.
class FolderLock {
 public:
  // kFailedPrecondition when somebody else has it; names the folder and the process, if known.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Acquire(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace lastmeter::log_rocksdb
