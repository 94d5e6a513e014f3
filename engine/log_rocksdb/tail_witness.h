#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/hash.h"
#include "engine/log/log.h"

namespace lastmeter::log_rocksdb {

// How far one topic and partition was acknowledged.
struct Tail {
  LogPosition end;            // one past the last record
  Sha256Digest last_value{};  // SHA-256 of the last entry's stored value; zero when end is 0
  bool operator==(const Tail&) const = default;
};

// What a witness file says.
struct Testimony {
  LogIdentity identity;
  std::vector<Tail> tails;  // by IndexOf
};

// A small file, best on another disk, that remembers the end of every topic and partition. It is
// synced before an append is acknowledged, so that a log which lost its tail contradicts it.
//
// Two slots are written in turn: a write that is cut short damages the older statement only.
// Used by one thread at a time.
class TailWitness {
 public:
  // Empty when there is no file. kDataLoss when neither slot is whole; kPermissionDenied.
  static absl::StatusOr<std::optional<Testimony>> Read(const std::string& path);

  // Writes a new file with this content in place of any old one, durably, and keeps it open.
  static absl::StatusOr<std::unique_ptr<TailWitness>> Create(const std::string& path,
                                                             const Testimony& content);

  // Opens an existing file for writing on.
  static absl::StatusOr<std::unique_ptr<TailWitness>> Open(const std::string& path);

  ~TailWitness();
  TailWitness(const TailWitness&) = delete;
  TailWitness& operator=(const TailWitness&) = delete;

  // Durable when OK. On failure the older statement still stands.
  absl::Status Write(const std::vector<Tail>& tails);

 private:
  TailWitness(std::string path, int fd, LogIdentity identity, uint64_t sequence);

  const std::string path_;
  const int fd_;
  const LogIdentity identity_;
  uint64_t sequence_;  // of the last slot written
};

}  // namespace lastmeter::log_rocksdb
