#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "engine/log_rocksdb/files.h"
#include "engine/log_rocksdb/tail_witness.h"
#include "rocksdb/db.h"

namespace lastmeter::log_rocksdb {

struct StoreOptions {
  std::string dir;
  std::string witness_path;
  uint32_t partition_count = 0;
  bool create_if_missing = true;
  bool read_only = false;
  bool accept_data_loss = false;
  size_t memory_budget_bytes = 0;
};

// The RocksDB of a log, opened and found to agree with its witness. Each topic and partition has a
// column family, since its keys only grow: files never overlap and are never rewritten.
class Store {
 public:
  // See RocksdbLog::Open.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const LogIdentity& identity() const { return identity_; }
  size_t tail_count() const { return tails_.size(); }
  TopicPartition At(size_t index) const;
  size_t Index(TopicPartition tp) const;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* family(size_t index) const { return families_[index]; }
  const std::string& folder() const { return db_folder_; }

  // As found on opening, by index.
  const std::vector<Tail>& tails() const { return tails_; }
  const std::vector<LogPosition>& begins() const { return begins_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // Not there when read-only.
  TailWitness* witness() { return witness_.get(); }

  // Remembers, durably, that the topic-partition begins here, and frees whole files before it.
  // `end` is the acknowledged end: the record before it stays.
  absl::Status DropBefore(size_t index, LogPosition begin, LogPosition end);

 private:
  // How RocksDB is asked to open.
  enum class Mode {
    kKeepFiles,    // writes nothing away: fails where the write-ahead log is damaged
    kLook,         // read-only, up to the first damage in the write-ahead log
    kCutAtDamage,  // for writing, up to the first damage; what follows is gone
  };
  struct Attempt {
    Mode mode;
    bool accept_loss;
  };

  explicit Store(const StoreOptions& options);

  absl::Status OpenAtAll();
  absl::Status OpenExisting(const std::optional<Testimony>& testimony);
  absl::Status TryOpen(Attempt attempt, const std::optional<Testimony>& testimony);
  absl::Status Create();
  absl::Status OpenFamilies(Mode mode);
  absl::Status ReadIdentity(const std::optional<Testimony>& testimony);
  absl::Status LoadTails();
  absl::Status LoadTail(size_t index);
  // Every position in the write buffer follows the one before, and the files before it hold the
  // rest.
  absl::Status CheckForHoles(Attempt attempt);
  absl::Status CheckForHole(size_t index);
  absl::Status CompareWithWitness(Attempt attempt, const std::optional<Testimony>& testimony);
  absl::Status TakeWitness(const std::optional<Testimony>& testimony);
  void Close();

  const StoreOptions options_;
  const std::string db_folder_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::ColumnFamilyHandle* default_family_ = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::unique_ptr<TailWitness> witness_;
  LogIdentity identity_;
  std::vector<Tail> tails_;
  std::vector<LogPosition> begins_;
  std::vector<std::string> warnings_;
};

}  // namespace lastmeter::log_rocksdb
