#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "librdkafka/rdkafka.h"

// How the brokers are asked for what is neither reading nor writing. All wait for their answer.
namespace lastmeter::log_kafka {

inline constexpr std::array kTopics = {Topic::kReport, Topic::kCommand, Topic::kEvent,
                                       Topic::kDeadLetter};

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;

// What the brokers know of one topic: exactly one entry. kNotFound when there is none of the name.
absl::StatusOr<Metadata> DescribeTopic(rd_kafka_t* handle, const std::string& name, int timeout_ms);

// Number of partitions of a topic, each of which has a leader.
absl::StatusOr<uint32_t> CountPartitions(rd_kafka_t* handle, const std::string& name,
                                         int timeout_ms);

// Sends one admin request with `send` and hands the answer to `read`.
absl::Status Request(
    rd_kafka_t* handle, int timeout_ms,
    const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send,
    const std::function<absl::Status(rd_kafka_event_t*)>& read);

}  // namespace lastmeter::log_kafka
