#include "engine/store_rocksdb/case_store.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/status.h"
#include "engine/store_rocksdb/expiry.h"
#include "engine/store_rocksdb/rocksdb_status.h"
#include "lastmeter/state/v1/state.pb.h"

namespace lastmeter {
namespace {

// Rows of the store itself stand before those of the state:
//   00 's'   schema:be32
//   00 'm'   position:be64 seq:be64 sha256:32
constexpr std::string_view kSchemaKey("\0s", 2);
constexpr std::string_view kMarkKey("\0m", 2);

rocksdb::Slice ToSlice(std::string_view s) { return {s.data(), s.size()}; }

void PutBe(std::string* out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift & 0xff));
  }
}

uint64_t GetBe(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<uint8_t>(c);
  return value;
}

std::string Encode(const StoreMark& mark) {
  std::string out;
  PutBe(&out, static_cast<uint64_t>(mark.position.value), 8);
  PutBe(&out, mark.seq.value, 8);
  out.append(AsBytes(mark.sha256));
  return out;
}

std::optional<StoreMark> DecodeMark(std::string_view bytes) {
  StoreMark mark;
  if (bytes.size() != 16 + mark.sha256.size()) return std::nullopt;
  mark.position.value = static_cast<int64_t>(GetBe(bytes.substr(0, 8)));
  mark.seq.value = GetBe(bytes.substr(8, 8));
  std::memcpy(mark.sha256.data(), bytes.data() + 16, mark.sha256.size());
  return mark;
}

rocksdb::Options DbOptions(const CaseStore::Options& options,
                           std::shared_ptr<rocksdb::CompactionFilterFactory> factory) {
  rocksdb::Options o;
  o.create_if_missing = true;
  o.write_buffer_size = options.write_buffer_bytes;
  o.max_background_jobs = 2;
  // All files stay open, a few hundred at most: otherwise each look-up of an input id asks a cache
  // with a lock for each file.
  o.max_open_files = -1;
  o.keep_log_file_num = 2;
  o.max_log_file_size = 1 << 20;
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.compression = rocksdb::kLZ4Compression;
  o.compaction_filter_factory = std::move(factory);
  // Nearly every input asks for an id that was never seen: filters answer without a block read, the
  // memory table's as well as the files'.
  o.memtable_whole_key_filtering = true;
  o.memtable_prefix_bloom_size_ratio = 0.05;
  // One thread writes, in the order of the keys: an insert begins where the last of its kind ended.
  o.allow_concurrent_memtable_write = false;
  o.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  // A store that lost its last commits in a power cut is one that is behind, and not damaged.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes);
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return o;
}

}  // namespace

struct CaseStore::Db {
  std::shared_ptr<ExpiryFactory> expiry = std::make_shared<ExpiryFactory>();
  std::unique_ptr<rocksdb::DB> rocks;
  // Cleared and filled again: megabytes of new memory for each commit are dear.
  rocksdb::WriteBatch batch;
};

CaseStore::CaseStore(std::string folder, const Options& options)
    : folder_(std::move(folder)), options_(options) {}

CaseStore::~CaseStore() = default;

absl::StatusOr<std::unique_ptr<CaseStore>> CaseStore::Open(const std::string& folder,
                                                           const Options& options) {
  std::unique_ptr<CaseStore> store(new CaseStore(folder, options));
  LM_RETURN_IF_ERROR(store->OpenDb());
  LM_RETURN_IF_ERROR(store->ReadHead());
  return store;
}

absl::StatusOr<std::unique_ptr<CaseStore>> CaseStore::OpenOrRebuild(const std::string& folder,
                                                                    const Options& options,
                                                                    std::string* rebuilt) {
  std::unique_ptr<CaseStore> store(new CaseStore(folder, options));
  absl::Status status = store->OpenDb();
  // A folder in use fails here as well, and must not be emptied under its owner.
  bool damaged = status.code() == absl::StatusCode::kDataLoss;
  if (!status.ok() && !damaged) return status;
  if (status.ok()) {
    status = store->ReadHead();
    if (status.ok()) return store;
    if (status.code() != absl::StatusCode::kFailedPrecondition &&
        status.code() != absl::StatusCode::kDataLoss) {
      return status;
    }
  }
  if (rebuilt != nullptr) *rebuilt = std::string(ToStd(status.message()));
  LM_RETURN_IF_ERROR(store->Wipe());
  return store;
}

absl::Status CaseStore::OpenDb() {
  auto db = std::make_unique<Db>();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), ToAbsl("case store " + folder_));
  }
  rocksdb::DB* raw = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(DbOptions(options_, db->expiry), folder_, &raw);
  if (!status.ok()) return Annotate(FromRocks(status), "case store " + folder_);
  db->rocks.reset(raw);
  db_ = std::move(db);
  return absl::OkStatus();
}

absl::Status CaseStore::ReadHead() {
  std::string value;
  rocksdb::Status status = db_->rocks->Get({}, ToSlice(kSchemaKey), &value);
  if (status.IsNotFound()) {
    value.clear();
    PutBe(&value, options_.schema, 4);
    return FromRocks(db_->rocks->Put({}, ToSlice(kSchemaKey), value));
  }
  if (!status.ok()) return Annotate(FromRocks(status), "case store " + folder_);
  if (GetBe(value) != options_.schema) {
    return absl::FailedPreconditionError("case store " + folder_ + " has schema " +
                                         std::to_string(GetBe(value)) + ", this program writes " +
                                         std::to_string(options_.schema) +
                                         "; remove the folder and it is rebuilt from the log");
  }
  status = db_->rocks->Get({}, ToSlice(kMarkKey), &value);
  if (status.IsNotFound()) return absl::OkStatus();
  if (!status.ok()) return Annotate(FromRocks(status), "case store " + folder_);
  mark_ = DecodeMark(value);
  if (!mark_.has_value()) {
    return absl::DataLossError("case store " + folder_ + ": its mark cannot be read");
  }
  return absl::OkStatus();
}

std::optional<std::string> CaseStore::Find(std::string_view key) const {
  std::string value;
  rocksdb::Status status = db_->rocks->Get({}, ToSlice(key), &value);
  if (status.ok()) return value;
  if (!status.IsNotFound() && health_.ok()) {
    health_ = Annotate(FromRocks(status), "case store " + folder_);
  }
  return std::nullopt;
}

absl::Status CaseStore::Load(const Row& row) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  std::unique_ptr<rocksdb::Iterator> it(db_->rocks->NewIterator(options));
  // 'c' stands before 'm' and 's' behind 'r': what is not to be loaded lies outside of the range.
  for (it->Seek("d"); it->Valid() && it->key()[0] < 's'; it->Next()) {
    LM_RETURN_IF_ERROR(
        row({it->key().data(), it->key().size()}, {it->value().data(), it->value().size()}));
    if (it->key()[0] == 'm') {
      state::v1::Partition meta;
      if (meta.ParseFromArray(it->value().data(), static_cast<int>(it->value().size()))) {
        db_->expiry->SetToday(meta.today());
      }
    }
  }
  return Annotate(FromRocks(it->status()), "case store " + folder_);
}

absl::Status CaseStore::Commit(std::vector<Change> changes, const StoreMark& mark) {
  rocksdb::WriteBatch& batch = db_->batch;
  batch.Clear();
  for (const Change& change : changes) {
    if (!change.value.has_value()) {
      batch.Delete(change.key);
      continue;
    }
    batch.Put(change.key, *change.value);
    if (change.key == "m") {
      state::v1::Partition meta;
      if (meta.ParseFromString(*change.value)) db_->expiry->SetToday(meta.today());
    }
  }
  batch.Put(ToSlice(kMarkKey), Encode(mark));
  LM_RETURN_IF_ERROR(Annotate(FromRocks(db_->rocks->Write(rocksdb::WriteOptions(), &batch)),
                              "case store " + folder_));
  mark_ = mark;
  return absl::OkStatus();
}

absl::Status CaseStore::Wipe() {
  db_.reset();
  mark_.reset();
  health_ = absl::OkStatus();
  rocksdb::Status status = rocksdb::DestroyDB(folder_, rocksdb::Options());
  if (!status.ok()) return Annotate(FromRocks(status), "case store " + folder_);
  LM_RETURN_IF_ERROR(OpenDb());
  return ReadHead();
}

absl::Status CaseStore::Compact() {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  return FromRocks(db_->rocks->CompactRange(options, nullptr, nullptr));
}

}  // namespace lastmeter
