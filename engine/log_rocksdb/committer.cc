#include "engine/log_rocksdb/committer.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_rocksdb/files.h"
#include "engine/log_rocksdb/record_format.h"
#include "engine/log_rocksdb/rocksdb_status.h"

namespace lastmeter::log_rocksdb {
namespace {

using Kind = AppendOutcome::Kind;

// Producers' records that may wait. Beyond, the disk is too slow for the load.
constexpr size_t kMostQueuedRecords = 100'000;
constexpr size_t kMostQueuedBytes = size_t{64} << 20;
// One commit: bounds its memory and its share of the sync's delay.
constexpr size_t kMostCommitBytes = size_t{8} << 20;
// Commits synced in the log and waiting for the witness.
constexpr size_t kMostWritten = 4;
// What an entry costs beside its bytes, in memory and on disk, roughly.
constexpr size_t kEntryOverhead = 96;

// What later callers hear after a failed write.
absl::Status Stopped(const absl::Status& failure) {
  const bool no_space = failure.code() == absl::StatusCode::kResourceExhausted;
  return MakeStatus(
      no_space ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kUnavailable,
      "the log must be closed and opened again: " + std::string(failure.message()));
}

// A status that shares nothing with the given one. Abseil counts the users of a status in a library
// that is not instrumented, so sharing one between threads blinds the thread sanitizer.
absl::Status Own(const absl::Status& status) {
  return MakeStatus(status.code(), ToStd(status.message()));
}

void AnswerOne(Request& request, const absl::Status& commit_status) {
  const absl::Status& refused = request.refusal;
  if (request.slot) {
    AppendOutcome& outcome = request.slot->outcome;
    if (!refused.ok()) {
      outcome = {Kind::kNotCommitted, {}, Own(refused)};
    } else if (!commit_status.ok()) {
      outcome = {Kind::kUnknown, {}, Own(commit_status)};
    } else {
      outcome = {Kind::kCommitted, request.last, absl::OkStatus()};
    }
    request.slot->ready.store(true, std::memory_order_release);
  } else if (!refused.ok()) {
    request.done(Own(refused));
  } else if (!commit_status.ok()) {
    // Whatever the reason was, it may be there; a producer tells that by kUnavailable.
    request.done(MakeStatus(absl::StatusCode::kUnavailable, ToStd(commit_status.message())));
  } else {
    request.done(request.last);
  }
}

}  // namespace

Committer::Committer(Options options, Store& store,
                     std::vector<std::unique_ptr<PartitionState>>& states, ActivityHub& hub)
    : options_(std::move(options)),
      store_(store),
      states_(states),
      hub_(hub),
      owners_(store.identity().partition_count),
      tails_(store.tails()) {
  for (const Tail& tail : tails_) next_.push_back(tail.end);
  stage1_ = std::thread([this] { RunStage1(); });
  stage2_ = std::thread([this] { RunStage2(); });
}

Committer::~Committer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  stage1_.join();
  {
    std::lock_guard lock(mutex_);
    stage1_done_ = true;
  }
  written_.notify_all();
  stage2_.join();
}

void Committer::Submit(Request request) {
  for (const Outgoing& record : request.records) {
    request.bytes += record.key.size() + record.value.size() + kEntryOverhead;
  }
  {
    std::unique_lock lock(mutex_);
    if (request.done &&
        (queued_records_ >= kMostQueuedRecords || queued_bytes_ >= kMostQueuedBytes)) {
      lock.unlock();
      request.done(absl::ResourceExhaustedError("too many appends wait for the log's disk"));
      return;
    }
    queued_records_ += request.records.size();
    queued_bytes_ += request.bytes;
    queue_.push_back(std::move(request));
    if (queue_.size() > 1) return;  // Stage 1 was woken by the first and has not come yet.
  }
  work_.notify_one();
}

absl::StatusOr<uint64_t> Committer::Fence(PartitionId partition, std::string_view instance) {
  std::unique_lock lock(mutex_);
  Ownership& owner = owners_.at(partition.value);
  const uint64_t generation = ++owner.generation;
  owner.instance = std::string(instance);
  answered_.wait(lock, [&] { return owner.in_flight == 0; });
  if (!failure_.ok()) {
    return MakeStatus(absl::StatusCode::kUnavailable, ToStd(Stopped(failure_).message()));
  }
  return generation;
}

absl::Status Committer::health() const {
  std::lock_guard lock(mutex_);
  return Own(failure_);
}

void Committer::Fail(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  if (failure_.ok()) failure_ = status;
}

void Committer::RunStage1() {
  for (;;) {
    Commit commit;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      commit = Take();
    }
    Write(commit);
    {
      std::unique_lock lock(mutex_);
      answered_.wait(lock, [&] { return written_queue_.size() < kMostWritten; });
      written_queue_.push_back(std::move(commit));
    }
    written_.notify_one();
  }
}

Committer::Commit Committer::Take() {
  Commit commit;
  size_t bytes = 0;
  while (!queue_.empty() && (commit.requests.empty() || bytes < kMostCommitBytes)) {
    Request request = std::move(queue_.front());
    queue_.pop_front();
    queued_records_ -= request.records.size();
    queued_bytes_ -= request.bytes;
    bytes += request.bytes;
    if (!failure_.ok()) {
      // Nothing was tried, so this much is certain.
      request.refusal = Stopped(failure_);
    } else if (request.slot) {
      Ownership& owner = owners_[store_.At(request.index).partition.value];
      if (owner.generation != request.generation) {
        request.refusal =
            MakeStatus(absl::StatusCode::kAborted, "fenced: now written by " + owner.instance);
      }
    }
    if (request.slot) ++owners_[store_.At(request.index).partition.value].in_flight;
    commit.requests.push_back(std::move(request));
  }
  return commit;
}

absl::Status Committer::CheckSpace(const Commit& commit) const {
  uint64_t needed = options_.min_free_bytes;
  for (const Request& request : commit.requests) needed += 2 * request.bytes;
  LM_ASSIGN_OR_RETURN(const uint64_t free, FreeBytes(store_.folder()));
  if (free >= needed) return absl::OkStatus();
  return MakeStatus(
      absl::StatusCode::kResourceExhausted,
      "the disk of " + store_.folder() + " has only " + std::to_string(free >> 20) + " MiB left");
}

void Committer::Write(Commit& commit) {
  if (absl::Status space = CheckSpace(commit); !space.ok()) {
    for (Request& request : commit.requests) {
      if (request.refusal.ok()) request.refusal = space;
    }
    return;
  }
  const Timestamp now = options_.clock();
  batch_.Clear();
  // Where each touched topic-partition's entries are gathered; few, so a search would not pay.
  std::vector<int> slot_of(states_.size(), -1);
  rocksdb::Status status;
  for (Request& request : commit.requests) {
    if (!request.refusal.ok()) continue;
    const size_t index = request.index;
    const TopicPartition tp = store_.At(index);
    if (slot_of[index] < 0) {
      slot_of[index] = static_cast<int>(commit.entries.size());
      commit.entries.push_back({index, std::make_shared<std::vector<LogEntry>>(), 0});
    }
    Commit::Entries& gathered = commit.entries[static_cast<size_t>(slot_of[index])];
    gathered.bytes += request.bytes;
    for (Outgoing& record : request.records) {
      char key[kEntryKeySize];
      char header[kEntryHeaderSize];
      const LogPosition position = next_[index];
      ++next_[index].value;
      EncodeEntryKey(tp, position, key);
      EncodeEntryHeader(now, record.key.size(), header);
      const rocksdb::Slice key_slice(key, kEntryKeySize);
      const std::array<rocksdb::Slice, 3> parts = {rocksdb::Slice(header, kEntryHeaderSize),
                                                   record.key, record.value};
      if (status.ok()) {
        status = batch_.Put(store_.family(index), rocksdb::SliceParts(&key_slice, 1),
                            rocksdb::SliceParts(parts.data(), static_cast<int>(parts.size())));
      }
      request.last = position;
      gathered.entries->push_back({position, now, std::move(record.key), std::move(record.value)});
    }
  }
  if (commit.entries.empty()) return;
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = store_.db().Write(synced, &batch_);
  if (!status.ok()) {
    commit.status = Translate(status, "cannot append to the log in " + store_.folder());
    Fail(commit.status);
    return;
  }
  for (const Commit::Entries& gathered : commit.entries) {
    const LogEntry& last = gathered.entries->back();
    char header[kEntryHeaderSize];
    EncodeEntryHeader(now, last.key.size(), header);
    std::string stored(header, kEntryHeaderSize);
    stored += last.key;
    stored += last.value;
    commit.tails.emplace_back(gathered.index, Tail{{last.position.value + 1}, Sha256(stored)});
  }
}

void Committer::RunStage2() {
  for (;;) {
    std::deque<Commit> commits;
    absl::Status status;
    {
      std::unique_lock lock(mutex_);
      written_.wait(lock, [&] { return stage1_done_ || !written_queue_.empty(); });
      if (written_queue_.empty()) return;
      commits.swap(written_queue_);
    }
    answered_.notify_all();
    bool changed = false;
    for (const Commit& commit : commits) {
      for (const auto& [index, tail] : commit.tails) {
        tails_[index] = tail;
        changed = true;
      }
    }
    if (changed && witness_failure_.ok()) {
      witness_failure_ = store_.witness()->Write(tails_);
      if (!witness_failure_.ok()) Fail(witness_failure_);
    }
    for (Commit& commit : commits) {
      const absl::Status& result = commit.status.ok() ? witness_failure_ : commit.status;
      if (result.ok()) Publish(commit);
      Answer(commit, result);
    }
  }
}

void Committer::Publish(const Commit& commit) {
  for (const Commit::Entries& gathered : commit.entries) {
    PartitionState& state = *states_[gathered.index];
    state.recent.Publish(gathered.entries, gathered.bytes);
    state.end.store(gathered.entries->back().position.value + 1, std::memory_order_release);
  }
}

void Committer::Answer(Commit& commit, const absl::Status& status) {
  std::set<PartitionId> touched;
  {
    std::lock_guard lock(mutex_);
    for (const Request& request : commit.requests) {
      const PartitionId partition = store_.At(request.index).partition;
      touched.insert(partition);
      if (request.slot) --owners_[partition.value].in_flight;
    }
  }
  answered_.notify_all();
  for (Request& request : commit.requests) AnswerOne(request, status);
  for (PartitionId partition : touched) hub_.Notify(partition);
}

}  // namespace lastmeter::log_rocksdb
