#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/log/log.h"

namespace lastmeter {

using KafkaHeaders = std::vector<std::pair<std::string, std::string>>;

// The log on Apache Kafka. Positions are the broker's offsets.
//
// Usage:
//   auto log = KafkaLog::Open({.brokers = "kafka-1:9092,kafka-2:9092"});
//
// See README.md beside this file for what the contract costs on Kafka.
class KafkaLog final : public Log {
 public:
  struct Options {
    // host:port, comma-separated.
    std::string brokers{};
    // Transactional ids are "<prefix>-<partition>". Writers that are to fence each other share it.
    std::string transactional_prefix = "lastmeter-escalator";
    // Put before every topic's name: several installations on one cluster.
    std::string topic_prefix{};
    // Passed through to librdkafka, for every client. Refused: those that the promises rest on.
    std::map<std::string, std::string> properties{};
    // Headers of an event record, derived from its value. Empty: none. Called on writers' threads.
    std::function<KafkaHeaders(std::string_view value)> headers_of{};
    // How long an opening, an append or a question may take before it counts as failed.
    Millis timeout = Seconds(15);
    // The brokers abort a transaction that stood still for so long.
    Millis transaction_timeout = Seconds(10);
    // Pause between a commit and the next transaction. The coordinator writes the commit's marker
    // after it has answered, and one that comes sooner is told to try again 20 ms later.
    int64_t settle_us = 2000;
  };

  // Errors: kInvalidArgument (a property that is unknown or may not be set), kNotFound (a topic is
  // missing), kFailedPrecondition (the topics' partition counts differ), kUnavailable,
  // kPermissionDenied.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(Options options);
  ~KafkaLog() override;

  LogIdentity identity() const override;

  // Waits until earlier transactions of the partition have ended: milliseconds, at most `timeout`.
  absl::StatusOr<std::unique_ptr<LogWriter>> OpenWriter(PartitionId partition,
                                                        std::string_view instance) override;
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(TopicPartition tp,
                                                        LogPosition from) override;
  absl::StatusOr<std::unique_ptr<LogProducer>> OpenProducer() override;
  std::unique_ptr<Registration> OnActivity(PartitionId partition,
                                           std::function<void()> wake) override;

  // Oldest offset kept, and one past the last record or marker, committed or not. Thread-safe;
  // waits for the brokers.
  struct Extent {
    LogPosition begin;
    LogPosition end;
  };
  absl::StatusOr<Extent> ExtentOf(TopicPartition tp) const;

  // Gives up what lies before `position`, for good. Thread-safe; waits for the brokers.
  absl::Status DropBefore(TopicPartition tp, LogPosition position);

 private:
  class Impl;
  explicit KafkaLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What `lastmeterctl topics create` and tests make.
struct KafkaTopicsOptions {
  std::string brokers{};
  std::string topic_prefix{};
  std::map<std::string, std::string> properties{};
  uint32_t partitions = 4;
  int replication = 3;
  int min_insync_replicas = 2;
  // Of an input. What answers it may be twice as large.
  int64_t max_message_bytes = int64_t{4} << 20;
  Millis timeout = Seconds(30);
};

// Creates the four topics. kAlreadyExists when one is there.
absl::Status CreateKafkaTopics(const KafkaTopicsOptions& options);

}  // namespace lastmeter
