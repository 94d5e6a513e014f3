#include "engine/log_rocksdb/partition_reader.h"

#include <string>
#include <utility>

#include "engine/base/status.h"
#include "engine/log_rocksdb/record_format.h"
#include "engine/log_rocksdb/rocksdb_status.h"

namespace lastmeter::log_rocksdb {
namespace {

constexpr size_t kReadahead = size_t{2} << 20;

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

}  // namespace

PartitionReader::PartitionReader(Store& store, const PartitionState& state, TopicPartition tp,
                                 LogPosition from)
    : store_(store), state_(state), tp_(tp), position_(from) {}

absl::StatusOr<std::vector<LogEntry>> PartitionReader::Read(size_t max_records, size_t max_bytes) {
  // The end first: what lies before it is published.
  const LogPosition end{state_.end.load(std::memory_order_acquire)};
  if (position_.value < state_.begin.load(std::memory_order_acquire)) return OutOfRange();
  std::vector<LogEntry> out;
  if (position_ >= end || max_records == 0) return out;
  if (state_.recent.Read(position_, max_records, max_bytes, out)) {
    scan_.reset();
  } else if (absl::Status status = Scan(end, max_records, max_bytes, out); !status.ok()) {
    scan_.reset();
    // Retention may have passed us by in the middle of the scan.
    if (position_.value < state_.begin.load(std::memory_order_acquire)) return OutOfRange();
    // What was read before the damage is good and comes first.
    if (out.empty()) return status;
  }
  position_ = {out.back().position.value + 1};
  return out;
}

absl::Status PartitionReader::Scan(LogPosition end, size_t max_records, size_t max_bytes,
                                   std::vector<LogEntry>& out) {
  const bool fresh = scan_ == nullptr;
  if (fresh) {
    rocksdb::ReadOptions options;
    options.readahead_size = kReadahead;
    options.fill_cache = false;
    scan_.reset(store_.db().NewIterator(options, store_.family(store_.Index(tp_))));
    scan_->Seek(EntryKey(tp_, position_));
  }
  size_t bytes = 0;
  for (int64_t expected = position_.value; expected < end.value; ++expected, scan_->Next()) {
    if (out.size() == max_records || (!out.empty() && bytes >= max_bytes)) return absl::OkStatus();
    if (!scan_->Valid()) {
      LM_RETURN_IF_ERROR(Translate(scan_->status(), "cannot read " + ToString(tp_)));
      if (fresh && expected == position_.value) return Missing();
      // The scan is older than the end: the next one sees more.
      scan_.reset();
      return out.empty() ? Scan(end, max_records, max_bytes, out) : absl::OkStatus();
    }
    LogEntry& entry = out.emplace_back();
    std::optional<LogPosition> position = DecodeEntryKey(tp_, View(scan_->key()));
    if (!position || position->value != expected ||
        !DecodeEntryValue(View(scan_->value()), entry)) {
      out.pop_back();
      return MakeStatus(absl::StatusCode::kDataLoss,
                        ToString(tp_) + " position " + std::to_string(expected) +
                            " is missing or damaged in " + store_.folder());
    }
    entry.position = *position;
    bytes += entry.key.size() + entry.value.size();
  }
  return absl::OkStatus();
}

absl::Status PartitionReader::OutOfRange() const {
  return MakeStatus(absl::StatusCode::kOutOfRange,
                    ToString(tp_) + " begins at position " + std::to_string(state_.begin.load()) +
                        ", asked for " + std::to_string(position_.value));
}

absl::Status PartitionReader::Missing() const {
  return MakeStatus(absl::StatusCode::kDataLoss, ToString(tp_) + " has lost position " +
                                                     std::to_string(position_.value) + " in " +
                                                     store_.folder());
}

void PartitionReader::AskEnd() {
  end_answer_ = LogPosition{state_.end.load(std::memory_order_acquire)};
}

std::optional<absl::StatusOr<LogPosition>> PartitionReader::EndAnswer() {
  if (!end_answer_) return std::nullopt;
  return absl::StatusOr<LogPosition>(*std::exchange(end_answer_, std::nullopt));
}

}  // namespace lastmeter::log_rocksdb
