#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lastmeter {

// What the users of every program say about their Kafka, as it stands on a command line.
struct KafkaSettings {
  // host:port, comma-separated.
  std::string brokers{};
  // Put before every topic's name.
  std::string topic_prefix{};
  // "name=value": properties of librdkafka, which beat those of the file.
  std::vector<std::string> properties{};
  // A file of such lines; '#' begins a comment. Best for secrets, which a command line shows to
  // everybody on the machine. Empty: none.
  std::string properties_file{};
};

// The properties of librdkafka that the settings name.
// Errors: kInvalidArgument for a line that is none, with its place; kNotFound, kPermissionDenied
// for the file.
absl::StatusOr<std::map<std::string, std::string>> KafkaProperties(const KafkaSettings& settings);

}  // namespace lastmeter
