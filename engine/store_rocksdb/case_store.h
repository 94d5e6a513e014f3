#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/runtime/store.h"

namespace lastmeter {

// A partition's store in a folder of its own. Its write-ahead log is on and unsynced: a killed
// process loses nothing, a power cut some of the last commits, which the log gives back.
// Input ids older than 400 days, by the day that the partition last reached, are removed while
// compacting; the core has stopped to see them by then.
class CaseStore : public Store {
 public:
  // What the rows look like. Raised by every change to engine/core/state.h or state.proto that a
  // store written before cannot follow.
  static constexpr uint32_t kSchema = 4;

  struct Options {
    size_t cache_bytes = 8 << 20;
    size_t write_buffer_bytes = 16 << 20;
    // The schema to expect and write. Tests only.
    uint32_t schema = kSchema;
  };

  // Opens or creates. Errors: kFailedPrecondition for a folder of another schema or in use by
  // another process; kDataLoss for a damaged one; kPermissionDenied, kResourceExhausted,
  // kUnavailable as the file system reports them.
  static absl::StatusOr<std::unique_ptr<CaseStore>> Open(const std::string& folder,
                                                         const Options& options);

  // Opens; a store of another schema or a damaged one is emptied first, for the log gives back
  // what was in it. `rebuilt` (may be null) says whether and why.
  static absl::StatusOr<std::unique_ptr<CaseStore>> OpenOrRebuild(const std::string& folder,
                                                                  const Options& options,
                                                                  std::string* rebuilt);
  ~CaseStore() override;

  std::optional<std::string> Find(std::string_view key) const override;
  std::optional<StoreMark> mark() const override { return mark_; }
  absl::Status Load(const Row& row) override;
  absl::Status Commit(std::vector<Change> changes, const StoreMark& mark) override;
  absl::Status health() const override { return health_; }
  absl::Status Wipe() override;

  // Compacts everything now: for tests and tools.
  absl::Status Compact();

 private:
  struct Db;
  CaseStore(std::string folder, const Options& options);
  absl::Status OpenDb();
  absl::Status ReadHead();

  const std::string folder_;
  const Options options_;
  std::unique_ptr<Db> db_;
  std::optional<StoreMark> mark_;
  mutable absl::Status health_;
};

}  // namespace lastmeter
