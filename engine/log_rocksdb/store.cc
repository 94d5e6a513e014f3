#include "engine/log_rocksdb/store.h"

#include <sys/random.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_rocksdb/record_format.h"
#include "engine/log_rocksdb/rocksdb_status.h"
#include "engine/log_rocksdb/store_options.h"
#include "rocksdb/convenience.h"

namespace lastmeter::log_rocksdb {
namespace {

constexpr uint32_t kDefaultPartitions = 4;
constexpr char kIdentityKey[] = "identity";
// Beside a live writer, a file can vanish between being listed and being opened.
constexpr int kReadOnlyTries = 5;

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status Lost(const std::string& what) { return MakeStatus(absl::StatusCode::kDataLoss, what); }

// Where a folder is; kPermissionDenied when we may not even look.
absl::StatusOr<bool> Exists(const std::string& path) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  if (error) return ErrnoStatus(error.value(), "cannot look at " + path);
  return exists;
}

absl::StatusOr<std::string> NewClusterId() {
  char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) {
    return ErrnoStatus(errno, "no random bytes for the id of a new log");
  }
  return ToHex({bytes, sizeof bytes});
}

}  // namespace

Store::Store(const StoreOptions& options)
    : options_(options), db_folder_(options.dir + "/rocksdb") {}

Store::~Store() { Close(); }

void Store::Close() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family);
  if (default_family_ != nullptr) db_->DestroyColumnFamilyHandle(default_family_);
  families_.clear();
  default_family_ = nullptr;
  // Errors of closing leave nothing to do: what was acknowledged is synced.
  db_->Close().PermitUncheckedError();
  db_.reset();
}

TopicPartition Store::At(size_t index) const { return AtIndex(index, identity_.partition_count); }
size_t Store::Index(TopicPartition tp) const { return IndexOf(tp, identity_.partition_count); }

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options) {
  absl::Status status;
  for (int i = 0; i < (options.read_only ? kReadOnlyTries : 1); ++i) {
    std::unique_ptr<Store> store(new Store(options));
    status = store->OpenAtAll();
    if (status.ok()) return store;
  }
  return status;
}

absl::Status Store::OpenAtAll() {
  if (!options_.read_only) {
    if (options_.create_if_missing) LM_RETURN_IF_ERROR(MakeFolder(options_.dir));
    LM_ASSIGN_OR_RETURN(lock_, FolderLock::Acquire(options_.dir));
  }
  // Before the log: what the witness says by now must then be in it, also beside a live writer.
  absl::StatusOr<std::optional<Testimony>> read = TailWitness::Read(options_.witness_path);
  if (!read.ok()) {
    if (read.status().code() != absl::StatusCode::kDataLoss || !options_.accept_data_loss) {
      return read.status();
    }
    warnings_.push_back("the tail witness was damaged and is replaced");
    read = std::optional<Testimony>();
  }
  std::optional<Testimony> testimony = *std::move(read);
  LM_ASSIGN_OR_RETURN(const bool exists, Exists(db_folder_));
  if (exists) {
    LM_RETURN_IF_ERROR(OpenExisting(testimony));
    return TakeWitness(testimony);
  }
  if (options_.read_only || !options_.create_if_missing) {
    return MakeStatus(absl::StatusCode::kNotFound, "there is no log in " + options_.dir);
  }
  const bool remembered =
      testimony && std::any_of(testimony->tails.begin(), testimony->tails.end(),
                               [](const Tail& tail) { return tail.end.value > 0; });
  if (remembered && !options_.accept_data_loss) {
    return Lost("the tail witness " + options_.witness_path +
                " remembers acknowledged records, but " + db_folder_ +
                " is gone. Restore it from a copy; to begin anew without them: lastmeterctl log "
                "accept-loss");
  }
  if (remembered) warnings_.push_back("the whole log was gone; a new one is made");
  LM_RETURN_IF_ERROR(Create());
  LM_RETURN_IF_ERROR(OpenExisting(std::nullopt));
  return TakeWitness(std::nullopt);
}

// Built beside and renamed: a log that exists is complete.
absl::Status Store::Create() {
  LogIdentity identity;
  LM_ASSIGN_OR_RETURN(identity.cluster_id, NewClusterId());
  identity.partition_count =
      options_.partition_count == 0 ? kDefaultPartitions : options_.partition_count;
  if (identity.partition_count > kMaxPartitions) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "more than " + std::to_string(kMaxPartitions) + " partitions");
  }
  const std::string beside = db_folder_ + ".new";
  std::error_code error;
  std::filesystem::remove_all(beside, error);
  if (error) return ErrnoStatus(error.value(), "cannot remove " + beside);

  rocksdb::Options options = MakeOptions(options_.memory_budget_bytes);
  options.create_if_missing = true;
  options.avoid_flush_during_shutdown = false;
  rocksdb::DB* db = nullptr;
  LM_RETURN_IF_ERROR(
      Translate(rocksdb::DB::Open(options, beside, &db), "cannot create a log in " + beside));
  db_.reset(db);
  std::vector<std::string> names;
  for (size_t i = 0; i < kTopicCount * identity.partition_count; ++i) {
    names.push_back(ToString(AtIndex(i, identity.partition_count)));
  }
  rocksdb::Status status = db_->CreateColumnFamilies(options, names, &families_);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = db_->Put(synced, kIdentityKey, EncodeIdentity(identity));
  Close();
  LM_RETURN_IF_ERROR(Translate(status, "cannot create a log in " + beside));
  std::filesystem::rename(beside, db_folder_, error);
  if (error) return ErrnoStatus(error.value(), "cannot rename " + beside);
  return SyncFolder(options_.dir);
}

// Opening must never make a loss worse. The first try drops no file of the write-ahead log. Where
// that log is damaged, a look without writing says whether the damage took anything that the
// witness remembers: an unfinished write at the end, after a power cut, took nothing. Only then, or
// when the operator accepts the loss, what lies behind the damage is cut off.
absl::Status Store::OpenExisting(const std::optional<Testimony>& testimony) {
  const absl::Status first = TryOpen({Mode::kKeepFiles, false}, testimony);
  if (first.code() != absl::StatusCode::kDataLoss) return first;
  const absl::Status look = TryOpen({Mode::kLook, false}, testimony);
  if (look.ok()) {
    warnings_.push_back("the write-ahead log ended in an unfinished write, which is cut off");
    if (options_.read_only) return look;
    Close();
    return TryOpen({Mode::kCutAtDamage, false}, testimony);
  }
  if (options_.accept_data_loss) {
    warnings_.emplace_back(first.message());
    const absl::Status kept = TryOpen({Mode::kKeepFiles, true}, testimony);
    if (kept.code() != absl::StatusCode::kDataLoss) return kept;
    return TryOpen({options_.read_only ? Mode::kLook : Mode::kCutAtDamage, true}, testimony);
  }
  if (look.message() == first.message()) return look;
  return Annotate(look, ToStd(first.message()));
}

absl::Status Store::TryOpen(Attempt attempt, const std::optional<Testimony>& testimony) {
  absl::Status status = OpenFamilies(attempt.mode);
  if (status.ok()) status = ReadIdentity(testimony);
  if (status.ok()) status = LoadTails();
  if (status.ok()) status = CheckForHoles(attempt);
  if (status.ok()) status = CompareWithWitness(attempt, testimony);
  if (!status.ok()) Close();
  return status;
}

absl::Status Store::OpenFamilies(Mode mode) {
  using rocksdb::WALRecoveryMode;
  rocksdb::Options options = MakeOptions(options_.memory_budget_bytes);
  options.avoid_flush_during_recovery = mode == Mode::kKeepFiles;
  options.wal_recovery_mode = mode == Mode::kKeepFiles
                                  ? WALRecoveryMode::kTolerateCorruptedTailRecords
                                  : WALRecoveryMode::kPointInTimeRecovery;
  const std::string context = "cannot open the log in " + db_folder_;
  std::vector<std::string> names;
  LM_RETURN_IF_ERROR(
      Translate(rocksdb::DB::ListColumnFamilies(options, db_folder_, &names), context));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const std::string& name : names) descriptors.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const bool read_only = options_.read_only || mode == Mode::kLook;
  LM_RETURN_IF_ERROR(Translate(
      read_only ? rocksdb::DB::OpenForReadOnly(options, db_folder_, descriptors, &handles, &db)
                : rocksdb::DB::Open(options, db_folder_, descriptors, &handles, &db),
      context));
  db_.reset(db);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle->GetName() == rocksdb::kDefaultColumnFamilyName) {
      default_family_ = handle;
    } else {
      families_.push_back(handle);
    }
  }
  return absl::OkStatus();
}

absl::Status Store::ReadIdentity(const std::optional<Testimony>& testimony) {
  std::string bytes;
  LM_RETURN_IF_ERROR(Translate(db_->Get({}, default_family_, kIdentityKey, &bytes),
                               "cannot read the identity of the log in " + options_.dir));
  std::optional<LogIdentity> identity = DecodeIdentity(bytes);
  if (!identity || identity->partition_count == 0 || identity->partition_count > kMaxPartitions) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      "the log in " + options_.dir + " is of another format than this program's");
  }
  identity_ = *std::move(identity);
  if (options_.partition_count != 0 && options_.partition_count != identity_.partition_count) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      "the log in " + options_.dir + " has " +
                          std::to_string(identity_.partition_count) + " partitions, not " +
                          std::to_string(options_.partition_count) +
                          ": the number is fixed when a log is made");
  }
  if (testimony && !options_.accept_data_loss &&
      (testimony->identity.cluster_id != identity_.cluster_id ||
       testimony->identity.partition_count != identity_.partition_count)) {
    return Lost("the tail witness " + options_.witness_path + " belongs to log " +
                testimony->identity.cluster_id + ", but " + options_.dir + " holds log " +
                identity_.cluster_id + ". Name the right witness or restore the right log");
  }
  std::map<std::string, rocksdb::ColumnFamilyHandle*> by_name;
  for (rocksdb::ColumnFamilyHandle* family : families_) by_name[family->GetName()] = family;
  const size_t count = kTopicCount * identity_.partition_count;
  std::vector<rocksdb::ColumnFamilyHandle*> in_order;
  for (size_t i = 0; i < count; ++i) {
    auto found = by_name.find(ToString(At(i)));
    if (found == by_name.end()) {
      return Lost("the log in " + options_.dir + " has lost all of " + ToString(At(i)));
    }
    in_order.push_back(found->second);
  }
  if (in_order.size() != families_.size()) {
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      "the log in " + options_.dir + " holds topics unknown to this program");
  }
  families_ = std::move(in_order);
  return absl::OkStatus();
}

absl::Status Store::LoadTails() {
  tails_.assign(families_.size(), {});
  begins_.assign(families_.size(), {});
  for (size_t i = 0; i < families_.size(); ++i) LM_RETURN_IF_ERROR(LoadTail(i));
  return absl::OkStatus();
}

absl::Status Store::LoadTail(size_t index) {
  const TopicPartition tp = At(index);
  std::string begin;
  const rocksdb::Status status = db_->Get({}, default_family_, BeginKey(tp), &begin);
  if (!status.IsNotFound()) {
    LM_RETURN_IF_ERROR(Translate(status, "cannot read where " + ToString(tp) + " begins"));
    if (begin.size() != 8) return Lost("damaged beginning of " + ToString(tp));
    begins_[index] = {static_cast<int64_t>(ReadBe64(begin))};
  }
  std::unique_ptr<rocksdb::Iterator> last(db_->NewIterator({}, families_[index]));
  last->SeekToLast();
  LM_RETURN_IF_ERROR(Translate(last->status(), "cannot read the end of " + ToString(tp)));
  if (!last->Valid()) return absl::OkStatus();
  std::optional<LogPosition> position = DecodeEntryKey(tp, View(last->key()));
  if (!position) return Lost("damaged key at the end of " + ToString(tp));
  tails_[index] = {{position->value + 1}, Sha256(View(last->value()))};
  return absl::OkStatus();
}

absl::Status Store::CheckForHoles(Attempt attempt) {
  for (size_t i = 0; i < families_.size(); ++i) {
    absl::Status status = CheckForHole(i);
    if (status.ok()) continue;
    // Cutting at the damage has closed what holes it can; what is left is read as kDataLoss.
    if (!attempt.accept_loss || attempt.mode == Mode::kKeepFiles) return status;
    warnings_.emplace_back(status.message());
  }
  return absl::OkStatus();
}

absl::Status Store::CheckForHole(size_t index) {
  const TopicPartition tp = At(index);
  const auto missing = [&](int64_t position) {
    return Lost("the log in " + options_.dir + " has lost " + ToString(tp) + " position " +
                std::to_string(position) +
                ". Restore it from a copy; to go on without what is lost: lastmeterctl log "
                "accept-loss");
  };
  rocksdb::ReadOptions in_memory;
  in_memory.read_tier = rocksdb::kMemtableTier;
  std::unique_ptr<rocksdb::Iterator> entry(db_->NewIterator(in_memory, families_[index]));
  int64_t first = -1;
  int64_t next = -1;
  uint64_t count = 0;
  for (entry->SeekToFirst(); entry->Valid(); entry->Next(), ++next, ++count) {
    std::optional<LogPosition> position = DecodeEntryKey(tp, View(entry->key()));
    if (!position) return Lost("damaged key in " + ToString(tp));
    if (first < 0) first = next = position->value;
    if (position->value != next) return missing(next);
  }
  LM_RETURN_IF_ERROR(Translate(entry->status(), "cannot read " + ToString(tp)));
  if (first > begins_[index].value) {
    std::string before;
    const rocksdb::Status status =
        db_->Get({}, families_[index], EntryKey(tp, {first - 1}), &before);
    if (status.IsNotFound()) return missing(first - 1);
    LM_RETURN_IF_ERROR(Translate(status, "cannot read " + ToString(tp)));
  }
  // The files say how many entries they hold: a lost file shows without reading the others.
  rocksdb::TablePropertiesCollection files;
  LM_RETURN_IF_ERROR(Translate(db_->GetPropertiesOfAllTables(families_[index], &files),
                               "cannot read the files of " + ToString(tp)));
  for (const auto& [name, properties] : files) count += properties->num_entries;
  const int64_t kept = tails_[index].end.value - begins_[index].value;
  if (kept > 0 && count < static_cast<uint64_t>(kept)) {
    return Lost("the log in " + options_.dir + " has lost " +
                std::to_string(static_cast<uint64_t>(kept) - count) + " records of " +
                ToString(tp) + " between positions " + std::to_string(begins_[index].value) +
                " and " + std::to_string(tails_[index].end.value - 1) +
                ". Restore it from a copy; to go on without them: lastmeterctl log accept-loss");
  }
  return absl::OkStatus();
}

absl::Status Store::CompareWithWitness(Attempt attempt, const std::optional<Testimony>& testimony) {
  std::string contradictions;
  const auto add = [&](std::string_view what) {
    if (!contradictions.empty()) contradictions += "; ";
    contradictions += what;
  };
  for (size_t i = 0; i < tails_.size(); ++i) {
    const Tail& log = tails_[i];
    const std::string name = ToString(At(i));
    if (!testimony) {
      if (log.end.value > 0) add(name + " has " + std::to_string(log.end.value) + " records");
      continue;
    }
    if (testimony->tails.size() != tails_.size()) break;  // Another log's; accepted as a loss.
    const Tail& witnessed = testimony->tails[i];
    if (witnessed.end > log.end) {
      add(name + " positions " + std::to_string(log.end.value) + " to " +
          std::to_string(witnessed.end.value - 1) + " are missing");
      continue;
    }
    if (witnessed.end.value == 0) continue;
    std::string value;
    const rocksdb::Status status =
        db_->Get({}, families_[i], EntryKey(At(i), {witnessed.end.value - 1}), &value);
    if (!status.IsNotFound()) LM_RETURN_IF_ERROR(Translate(status, "cannot read " + name));
    if (status.IsNotFound() || Sha256(value) != witnessed.last_value) {
      add(name + " position " + std::to_string(witnessed.end.value - 1) +
          " is not what was acknowledged");
    }
  }
  if (contradictions.empty()) return absl::OkStatus();
  if (attempt.accept_loss) {
    warnings_.push_back("given up: " + contradictions);
    return absl::OkStatus();
  }
  if (!testimony) {
    return Lost("the tail witness " + options_.witness_path + " is missing, but " + contradictions +
                ": without it, lost records cannot be noticed. Put it back; to go on without it: "
                "lastmeterctl log accept-loss");
  }
  return Lost("the log in " + options_.dir + " has lost acknowledged records: " + contradictions +
              ". Restore it from a copy; to go on without them: lastmeterctl log accept-loss");
}

absl::Status Store::TakeWitness(const std::optional<Testimony>& testimony) {
  if (options_.read_only) return absl::OkStatus();
  // After a kill the end of the write-ahead log may be in the page cache only. Readers see it from
  // now on, so it is made durable before the witness vouches for it.
  LM_RETURN_IF_ERROR(SyncFilesEndingWith(db_folder_, ".log"));
  const bool ours = testimony && testimony->tails.size() == tails_.size() &&
                    testimony->identity.cluster_id == identity_.cluster_id;
  if (!ours) {
    LM_ASSIGN_OR_RETURN(witness_, TailWitness::Create(options_.witness_path, {identity_, tails_}));
    return absl::OkStatus();
  }
  LM_ASSIGN_OR_RETURN(witness_, TailWitness::Open(options_.witness_path));
  if (testimony->tails == tails_) return absl::OkStatus();
  // A crash between the two syncs left the log ahead of its witness.
  return witness_->Write(tails_);
}

absl::Status Store::DropBefore(size_t index, LogPosition begin, LogPosition end) {
  const TopicPartition tp = At(index);
  const std::string context = "cannot drop the beginning of " + ToString(tp);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::string bytes;
  AppendBe64(bytes, static_cast<uint64_t>(begin.value));
  LM_RETURN_IF_ERROR(Translate(db_->Put(synced, default_family_, BeginKey(tp), bytes), context));
  const LogPosition up_to = std::min(begin, LogPosition{end.value - 1});
  if (up_to.value <= 0) return absl::OkStatus();
  const std::string from = EntryKey(tp, {0});
  const std::string to = EntryKey(tp, up_to);
  const rocksdb::Slice first(from);
  const rocksdb::Slice last(to);
  return Translate(rocksdb::DeleteFilesInRange(db_.get(), families_[index], &first, &last, false),
                   context);
}

}  // namespace lastmeter::log_rocksdb
