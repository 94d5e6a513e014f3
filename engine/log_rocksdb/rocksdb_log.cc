#include "engine/log_rocksdb/rocksdb_log.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log/activity_hub.h"
#include "engine/log_rocksdb/committer.h"
#include "engine/log_rocksdb/partition_reader.h"
#include "engine/log_rocksdb/partition_state.h"
#include "engine/log_rocksdb/rocksdb_status.h"
#include "engine/log_rocksdb/store.h"

namespace lastmeter {
namespace {

using log_rocksdb::AnswerSlot;
using log_rocksdb::Committer;
using log_rocksdb::PartitionReader;
using log_rocksdb::PartitionState;
using log_rocksdb::Request;
using log_rocksdb::Store;

constexpr size_t kMostRecentBytes = size_t{8} << 20;

Timestamp SystemNow() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

absl::Status ReadOnly() {
  return MakeStatus(absl::StatusCode::kFailedPrecondition, "the log was opened for reading only");
}

}  // namespace

class RocksdbLog::Impl {
 public:
  Impl(const Options& options, std::unique_ptr<Store> opened) : store(std::move(opened)) {
    // A third of the budget, shared by all.
    const size_t recent =
        std::min(kMostRecentBytes, options.memory_budget_bytes / 3 / store->tail_count());
    for (size_t i = 0; i < store->tail_count(); ++i) {
      states.push_back(std::make_unique<PartitionState>(recent));
      states.back()->begin = store->begins()[i].value;
      states.back()->end = store->tails()[i].end.value;
    }
    if (options.read_only) return;
    Committer::Options commit;
    commit.clock = options.clock ? options.clock : SystemNow;
    commit.min_free_bytes = options.min_free_bytes;
    committer = std::make_unique<Committer>(std::move(commit), *store, states, hub);
  }

  PartitionState& StateOf(TopicPartition tp) {
    LM_CHECK(tp.partition.value < store->identity().partition_count) << "no " << ToString(tp);
    return *states[store->Index(tp)];
  }

  const std::unique_ptr<Store> store;
  ActivityHub hub;
  std::vector<std::unique_ptr<PartitionState>> states;
  std::mutex drop_mutex;
  // Last, so that its threads end before what they use. Empty when read-only.
  std::unique_ptr<Committer> committer;
};

class RocksdbLog::Writer final : public LogWriter {
 public:
  Writer(Committer& committer, size_t index, uint64_t generation, LogPosition end)
      : committer_(committer), index_(index), generation_(generation), end_at_open_(end) {}

  LogPosition end_at_open() const override { return end_at_open_; }

  void Start(std::vector<Outgoing> batch) override {
    LM_CHECK(!batch.empty()) << "an append without records";
    LM_CHECK(slot_ == nullptr) << "a second append while one is under way";
    slot_ = std::make_shared<AnswerSlot>();
    if (spent_) {
      slot_->outcome = {AppendOutcome::Kind::kNotCommitted,
                        {},
                        absl::FailedPreconditionError("the writer is spent")};
      slot_->ready = true;
      return;
    }
    Request request;
    request.index = index_;
    request.records = std::move(batch);
    request.generation = generation_;
    request.slot = slot_;
    committer_.Submit(std::move(request));
  }

  std::optional<AppendOutcome> Poll() override {
    if (slot_ == nullptr || !slot_->ready.load(std::memory_order_acquire)) return std::nullopt;
    AppendOutcome outcome = std::move(std::exchange(slot_, nullptr)->outcome);
    if (outcome.kind != AppendOutcome::Kind::kCommitted) spent_ = true;
    return outcome;
  }

 private:
  Committer& committer_;
  const size_t index_;
  const uint64_t generation_;
  const LogPosition end_at_open_;
  std::shared_ptr<AnswerSlot> slot_;  // empty: nothing in flight
  bool spent_ = false;
};

class RocksdbLog::Producer final : public LogProducer {
 public:
  explicit Producer(Impl& impl) : impl_(impl) {}

  void Append(TopicPartition tp, Outgoing record, Done done) override {
    LM_CHECK(tp.partition.value < impl_.store->identity().partition_count) << "no " << ToString(tp);
    Request request;
    request.index = impl_.store->Index(tp);
    request.records.push_back(std::move(record));
    request.done = std::move(done);
    impl_.committer->Submit(std::move(request));
  }

 private:
  Impl& impl_;
};

absl::StatusOr<std::unique_ptr<RocksdbLog>> RocksdbLog::Open(Options options) {
  if (options.dir.empty()) return absl::InvalidArgumentError("a log needs a folder");
  if (options.witness_path.empty()) options.witness_path = options.dir + "/witness";
  LM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                      Store::Open({options.dir, options.witness_path, options.partition_count,
                                   options.create_if_missing, options.read_only,
                                   options.accept_data_loss, options.memory_budget_bytes}));
  return std::unique_ptr<RocksdbLog>(
      new RocksdbLog(std::make_unique<Impl>(options, std::move(store))));
}

RocksdbLog::RocksdbLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksdbLog::~RocksdbLog() = default;

LogIdentity RocksdbLog::identity() const { return impl_->store->identity(); }

absl::StatusOr<std::unique_ptr<LogWriter>> RocksdbLog::OpenWriter(PartitionId partition,
                                                                  std::string_view instance) {
  if (!impl_->committer) return ReadOnly();
  const TopicPartition tp{Topic::kEvent, partition};
  const PartitionState& state = impl_->StateOf(tp);
  LM_ASSIGN_OR_RETURN(const uint64_t generation, impl_->committer->Fence(partition, instance));
  return std::make_unique<Writer>(*impl_->committer, impl_->store->Index(tp), generation,
                                  LogPosition{state.end.load(std::memory_order_acquire)});
}

absl::StatusOr<std::unique_ptr<LogReader>> RocksdbLog::OpenReader(TopicPartition tp,
                                                                  LogPosition from) {
  const PartitionState& state = impl_->StateOf(tp);
  const int64_t begin = state.begin.load(std::memory_order_acquire);
  const int64_t end = state.end.load(std::memory_order_acquire);
  if (from.value < begin || from.value > end) {
    return MakeStatus(absl::StatusCode::kOutOfRange,
                      ToString(tp) + " begins at position " + std::to_string(begin) +
                          " and ends before " + std::to_string(end) + ", asked for " +
                          std::to_string(from.value));
  }
  return std::make_unique<PartitionReader>(*impl_->store, state, tp, from);
}

absl::StatusOr<std::unique_ptr<LogProducer>> RocksdbLog::OpenProducer() {
  if (!impl_->committer) return ReadOnly();
  return std::make_unique<Producer>(*impl_);
}

std::unique_ptr<Log::Registration> RocksdbLog::OnActivity(PartitionId partition,
                                                          std::function<void()> wake) {
  return impl_->hub.Register(partition, std::move(wake));
}

absl::Status RocksdbLog::DropBefore(TopicPartition tp, LogPosition position) {
  if (!impl_->committer) return ReadOnly();
  PartitionState& state = impl_->StateOf(tp);
  std::lock_guard lock(impl_->drop_mutex);
  const LogPosition end{state.end.load(std::memory_order_acquire)};
  const LogPosition begin = std::min(position, end);
  if (begin.value < state.begin.load()) return absl::OkStatus();
  // Readers are refused before files go, so that none meets a hole.
  state.begin.store(begin.value, std::memory_order_release);
  return impl_->store->DropBefore(impl_->store->Index(tp), begin, end);
}

LogPosition RocksdbLog::Begin(TopicPartition tp) const { return {impl_->StateOf(tp).begin.load()}; }
LogPosition RocksdbLog::End(TopicPartition tp) const { return {impl_->StateOf(tp).end.load()}; }

absl::Status RocksdbLog::VerifyChecksums() const {
  return log_rocksdb::Translate(impl_->store->db().VerifyChecksum(),
                                "the log in " + impl_->store->folder());
}

const std::vector<std::string>& RocksdbLog::warnings() const { return impl_->store->warnings(); }

absl::Status RocksdbLog::health() const {
  return impl_->committer ? impl_->committer->health() : absl::OkStatus();
}

}  // namespace lastmeter
