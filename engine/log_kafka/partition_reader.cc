#include "engine/log_kafka/partition_reader.h"

#include <utility>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {
namespace {

constexpr size_t kMostUnread = 20'000;
constexpr size_t kMostUnreadBytes = size_t{16} << 20;
constexpr auto kCatchUpWithin = std::chrono::seconds(2);

std::string Bytes(const void* data, size_t size) {
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PartitionReader>> PartitionReader::Open(Shared& shared,
                                                                       TopicPartition tp,
                                                                       LogPosition from) {
  auto reader = std::unique_ptr<PartitionReader>(new PartitionReader(shared, tp, from));
  LM_RETURN_IF_ERROR(reader->Start());
  return reader;
}

PartitionReader::PartitionReader(Shared& shared, TopicPartition tp, LogPosition from)
    : shared_(shared),
      progress_(shared.progress(tp)),
      tp_(tp),
      position_(from.value),
      fetched_(from.value) {}

absl::Status PartitionReader::Start() {
  Properties ours = shared_.base;
  ours["isolation.level"] = "read_committed";
  ours["enable.partition.eof"] = "true";
  Properties theirs = shared_.options.properties;
  // That an end was reached is heard with the first empty answer, which the broker holds back for
  // so long. Transactions end with a marker that takes an offset and is never delivered, so only
  // that answer leads past it.
  theirs.insert({{"fetch.wait.max.ms", "100"},
                 {"fetch.error.backoff.ms", "50"},
                 {"queued.max.messages.kbytes", "16384"},
                 {"fetch.message.max.bytes", "8388608"}});
  LM_ASSIGN_OR_RETURN(handle_, NewHandle(RD_KAFKA_CONSUMER, theirs, ours));
  // Low watermark, and on this handle the last stable offset.
  LM_ASSIGN_OR_RETURN(Watermarks stable, AskWatermarks(shared_, handle_.get(), tp_));
  LM_ASSIGN_OR_RETURN(Watermarks all, AskWatermarks(shared_, shared_.uncommitted.get(), tp_));
  if (position_ < stable.low || position_ > all.high) {
    return MakeStatus(absl::StatusCode::kOutOfRange,
                      shared_.Where(tp_) + " holds offsets " + std::to_string(stable.low) + " to " +
                          std::to_string(all.high) + ", asked for " + std::to_string(position_));
  }
  progress_.Show(stable.high);

  rd_kafka_topic_conf_t* conf = rd_kafka_topic_conf_new();
  char error[256] = "";
  rd_kafka_topic_conf_set(conf, "auto.offset.reset", "error", error, sizeof error);
  topic_.reset(rd_kafka_topic_new(handle_.get(), shared_.Name(tp_.topic).c_str(), conf));
  if (topic_ == nullptr) return ToStatus(rd_kafka_last_error(), shared_.Where(tp_));
  queue_.reset(rd_kafka_queue_new(handle_.get()));
  if (rd_kafka_consume_start_queue(topic_.get(), static_cast<int32_t>(tp_.partition.value),
                                   position_, queue_.get()) != 0) {
    return ToStatus(rd_kafka_last_error(), "reading " + shared_.Where(tp_));
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

PartitionReader::~PartitionReader() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (queue_ != nullptr) rd_kafka_queue_yield(queue_.get());
  if (thread_.joinable()) thread_.join();
  if (asker_.joinable()) asker_.join();
  if (topic_ != nullptr) {
    rd_kafka_consume_stop(topic_.get(), static_cast<int32_t>(tp_.partition.value));
  }
  // The handle must go last.
  topic_.reset();
  queue_.reset();
}

void PartitionReader::Run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return stopping_ || (unread_.size() < kMostUnread && unread_bytes_ < kMostUnreadBytes);
      });
      if (stopping_) return;
    }
    rd_kafka_message_t* message = rd_kafka_consume_queue(queue_.get(), 100);
    if (message == nullptr) continue;
    const bool go_on = Take(*message);
    rd_kafka_message_destroy(message);
    if (!go_on) return;
  }
}

bool PartitionReader::Take(const rd_kafka_message_t& message) {
  bool wake = false;
  {
    std::unique_lock lock(mutex_);
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      // Only an empty queue has somebody asleep over it.
      wake = unread_.empty();
      rd_kafka_timestamp_type_t type;
      LogEntry& entry = unread_.emplace_back();
      entry.position = {message.offset};
      entry.appended_at = {rd_kafka_message_timestamp(&message, &type)};
      entry.key = Bytes(message.key, message.key_len);
      entry.value = Bytes(message.payload, message.len);
      unread_bytes_ += entry.key.size() + entry.value.size();
      fetched_ = message.offset + 1;
    } else if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      wake = message.offset > fetched_;
      fetched_ = std::max(fetched_, message.offset);
    } else {
      const Fault fault = Classify(message.err).fault;
      if (fault == Fault::kRetry || fault == Fault::kReopen) return true;
      const std::string text = Bytes(message.payload, message.len);
      lock.unlock();
      absl::Status status = fault == Fault::kDataLoss
                                ? OffsetLost(text)
                                : ToStatus(message.err, "reading " + shared_.Where(tp_), text);
      lock.lock();
      fault_ = std::move(status);
      changed_.notify_all();
      lock.unlock();
      shared_.hub.Notify(tp_.partition);
      return false;
    }
    changed_.notify_all();
  }
  if (wake) shared_.hub.Notify(tp_.partition);
  return true;
}

absl::Status PartitionReader::OffsetLost(std::string_view what) {
  std::string text = shared_.Where(tp_) + " has no offset " + std::to_string(fetched_);
  auto marks = AskWatermarks(shared_, shared_.uncommitted.get(), tp_);
  if (marks.ok()) {
    text += ": it holds " + std::to_string(marks->low) + " to " + std::to_string(marks->high);
    if (fetched_ > marks->high) {
      return MakeStatus(absl::StatusCode::kDataLoss,
                        text + ". The topic was made anew or was cut short");
    }
    if (fetched_ < marks->low) {
      return MakeStatus(absl::StatusCode::kOutOfRange,
                        text + ". The records expired or were deleted");
    }
  }
  return MakeStatus(absl::StatusCode::kDataLoss, text + " (" + std::string(what) + ")");
}

absl::Status PartitionReader::Fill(std::unique_lock<std::mutex>& lock, size_t max_records,
                                   size_t max_bytes, std::vector<LogEntry>& out) {
  const auto deadline = std::chrono::steady_clock::now() + kCatchUpWithin;
  size_t bytes = 0;
  for (;;) {
    bool took = false;
    while (!unread_.empty() && out.size() < max_records && (out.empty() || bytes < max_bytes)) {
      LogEntry& entry = unread_.front();
      const size_t size = entry.key.size() + entry.value.size();
      bytes += size;
      unread_bytes_ -= size;
      position_ = entry.position.value + 1;
      out.push_back(std::move(entry));
      unread_.pop_front();
      took = true;
    }
    if (took) changed_.notify_all();
    if (!unread_.empty()) return absl::OkStatus();
    position_ = fetched_;
    if (!out.empty()) return absl::OkStatus();
    if (!fault_.ok()) return fault_;
    const int64_t visible = progress_.visible.load();
    if (position_ >= visible) return absl::OkStatus();
    const bool more = changed_.wait_until(
        lock, deadline, [&] { return !unread_.empty() || fetched_ > position_ || !fault_.ok(); });
    if (!more) {
      return MakeStatus(absl::StatusCode::kUnavailable,
                        shared_.Where(tp_) + " is readable up to offset " +
                            std::to_string(visible) + ", and nothing comes from offset " +
                            std::to_string(position_));
    }
  }
}

absl::StatusOr<std::vector<LogEntry>> PartitionReader::Read(size_t max_records, size_t max_bytes) {
  std::vector<LogEntry> out;
  std::unique_lock lock(mutex_);
  const int64_t begin = progress_.begin.load();
  if (position_ < begin) {
    return MakeStatus(absl::StatusCode::kOutOfRange, shared_.Where(tp_) + " begins at offset " +
                                                         std::to_string(begin) + ", asked for " +
                                                         std::to_string(position_));
  }
  if (max_records == 0) return out;
  absl::Status status = Fill(lock, max_records, max_bytes, out);
  // What was read before a fault is good and comes first.
  if (out.empty() && !status.ok()) return status;
  return out;
}

absl::StatusOr<std::vector<LogEntry>> PartitionReader::AwaitMore(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait,
                    [&] { return !unread_.empty() || fetched_ > position_ || !fault_.ok(); });
  if (unread_.empty() && !fault_.ok()) return fault_;
  std::vector<LogEntry> out;
  for (LogEntry& entry : unread_) out.push_back(std::move(entry));
  unread_.clear();
  unread_bytes_ = 0;
  position_ = fetched_;
  changed_.notify_all();
  return out;
}

void PartitionReader::AskEnd() {
  std::lock_guard lock(mutex_);
  asked_ = true;
  answer_.reset();
  if (!asker_.joinable()) asker_ = std::thread([this] { RunAsker(); });
  changed_.notify_all();
}

std::optional<absl::StatusOr<LogPosition>> PartitionReader::EndAnswer() {
  std::lock_guard lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

void PartitionReader::RunAsker() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopping_ || asked_; });
      if (stopping_) return;
      asked_ = false;
    }
    // The high watermark: an input whose transaction is still open may have been accepted before.
    auto end = log_kafka::AskEnd(shared_, shared_.uncommitted.get(), tp_);
    {
      std::lock_guard lock(mutex_);
      // Put again in the meantime: this answer may be too old.
      if (asked_) continue;
      answer_ = end.ok() ? absl::StatusOr<LogPosition>(LogPosition{*end}) : end.status();
    }
    shared_.hub.Notify(tp_.partition);
  }
}

}  // namespace lastmeter::log_kafka
