#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log_kafka/kafka_log.h"

// What the topics of an installation have to be like, made and held against a cluster. All calls
// wait for the brokers.
namespace lastmeter {

struct TopicOutcome {
  std::string name;
  // False: it was there already, and was left as it is.
  bool made = false;
};

// Creates those of the four topics that are missing, in the order of their names in DESIGN.
// Errors: kInvalidArgument (more replicas than brokers …), kPermissionDenied, kUnavailable.
absl::StatusOr<std::vector<TopicOutcome>> EnsureKafkaTopics(const KafkaTopicsOptions& options);

// Something that is not as it has to be.
struct TopicFinding {
  // Full name; empty for what concerns the cluster.
  std::string topic{};
  // "retention.ms", "partitions", "offsets", "rights" …
  std::string property{};
  std::string is{};
  std::string wanted{};
  std::string why{};
  // A command of Kafka's own tools that mends it; empty where there is none.
  std::string mend{};
};

// Everything that differs, in the order of the topics. `options.partitions` 0: as many as the
// event topic has. Errors: kPermissionDenied, kUnavailable.
absl::StatusOr<std::vector<TopicFinding>> CheckKafkaTopics(const KafkaTopicsOptions& options);

}  // namespace lastmeter
