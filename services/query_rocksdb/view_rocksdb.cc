#include "services/query_rocksdb/view_rocksdb.h"

#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "engine/base/status.h"

namespace lastmeter::query {
namespace {

rocksdb::Slice ToSlice(std::string_view s) { return {s.data(), s.size()}; }

absl::Status Translate(const rocksdb::Status& status, std::string_view context) {
  if (status.ok()) return absl::OkStatus();
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  if (status.IsCorruption()) code = absl::StatusCode::kDataLoss;
  if (status.IsNoSpace()) code = absl::StatusCode::kResourceExhausted;
  if (status.ToString().find("Permission denied") != std::string::npos) {
    code = absl::StatusCode::kPermissionDenied;
  }
  return Annotate(MakeStatus(code, status.ToString()), context);
}

class RocksdbView : public ViewStore {
 public:
  explicit RocksdbView(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    LM_RETURN_IF_ERROR(Translate(status, "reading the view"));
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Scan(std::string_view from, std::string_view until,
                    const Visit& visit) const override {
    const rocksdb::Slice bound = ToSlice(until);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    for (it->Seek(ToSlice(from)); it->Valid(); it->Next()) {
      const rocksdb::Slice key = it->key();
      const rocksdb::Slice value = it->value();
      if (!visit({key.data(), key.size()}, {value.data(), value.size()})) break;
    }
    return Translate(it->status(), "scanning the view");
  }

  absl::Status Write(const std::vector<Row>& rows) override {
    rocksdb::WriteBatch batch;
    for (const Row& row : rows) {
      if (row.value) {
        batch.Put(ToSlice(row.key), ToSlice(*row.value));
      } else {
        batch.Delete(ToSlice(row.key));
      }
    }
    return Translate(db_->Write(rocksdb::WriteOptions(), &batch), "writing the view");
  }

 private:
  const std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ViewStore>> OpenRocksdbView(const std::string& dir, bool wipe) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.write_buffer_size = 16 << 20;
  options.max_open_files = 256;
  options.keep_log_file_num = 2;
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (wipe) LM_RETURN_IF_ERROR(Translate(rocksdb::DestroyDB(dir, options), "emptying " + dir));
  rocksdb::DB* db = nullptr;
  LM_RETURN_IF_ERROR(Translate(rocksdb::DB::Open(options, dir, &db), "opening " + dir));
  return std::make_unique<RocksdbView>(std::unique_ptr<rocksdb::DB>(db));
}

}  // namespace lastmeter::query
