#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log_kafka/shared.h"

namespace lastmeter::log_kafka {

// Reads one partition, committed records only. A thread takes what librdkafka has fetched into a
// bounded queue; another, made at the first question, asks for ends.
//
// librdkafka's partition-wise consumer is used, which knows no group: no coordinator is asked and
// no group's rights are needed.
class PartitionReader final : public LogReader {
 public:
  static absl::StatusOr<std::unique_ptr<PartitionReader>> Open(Shared& shared, TopicPartition tp,
                                                               LogPosition from);
  ~PartitionReader() override;

  // Waits, up to two seconds, while it lies behind what was readable when it was opened or what
  // this process was told is readable: an empty answer means the end, not a slow fetch.
  absl::StatusOr<std::vector<LogEntry>> Read(size_t max_records, size_t max_bytes) override;
  LogPosition position() const override { return {position_}; }
  void AskEnd() override;
  std::optional<absl::StatusOr<LogPosition>> EndAnswer() override;

  // All that arrives within `wait`, at least one record where one comes. Moves the position over
  // gaps like Read.
  absl::StatusOr<std::vector<LogEntry>> AwaitMore(std::chrono::milliseconds wait);

 private:
  struct TopicDeleter {
    void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  };
  struct QueueDeleter {
    void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  };

  PartitionReader(Shared& shared, TopicPartition tp, LogPosition from);
  absl::Status Start();
  void Run();
  // False when the message ends the reading.
  bool Take(const rd_kafka_message_t& message);
  absl::Status OffsetLost(std::string_view what);
  void RunAsker();
  absl::Status Fill(std::unique_lock<std::mutex>& lock, size_t max_records, size_t max_bytes,
                    std::vector<LogEntry>& out);

  Shared& shared_;
  Progress& progress_;
  const TopicPartition tp_;
  // One past what the last read gave out. Owner's thread.
  int64_t position_;

  Handle handle_;
  std::unique_ptr<rd_kafka_topic_t, TopicDeleter> topic_;
  std::unique_ptr<rd_kafka_queue_t, QueueDeleter> queue_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::deque<LogEntry> unread_;
  size_t unread_bytes_ = 0;
  // One past the last record taken, or further where the broker said that the end is there.
  int64_t fetched_;
  absl::Status fault_;

  bool asked_ = false;
  std::optional<absl::StatusOr<LogPosition>> answer_;
  std::thread asker_;
  std::thread thread_;
};

}  // namespace lastmeter::log_kafka
