#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/log_kafka/topics.h"

// Who may do what on the cluster: only the escalator writes the log of record, and reading it is
// seeing everything (engine/adr/0007). All calls wait for the brokers.
namespace lastmeter {

// Whom the parts of an installation log in as, "User:name". Empty: grants nothing.
struct KafkaPrincipals {
  std::string gateway{};
  std::string escalator{};
  std::string query{};
  // Another system that may see every case.
  std::string subscriber{};
};

enum class RightOn { kTopic, kGroup, kTransactionalId };

// One right, given to a principal from everywhere.
struct Right {
  std::string principal{};
  RightOn on = RightOn::kTopic;
  std::string name{};
  // Holds for all names that begin so.
  bool prefix = false;
  // As Kafka's tools spell it: "Read", "Write", "Describe".
  std::string operation{};
  bool operator==(const Right&) const = default;
};

// Everything that the principals need, and nothing more.
std::vector<Right> RightsFor(const KafkaPrincipals& principals, const std::string& topic_prefix,
                             const std::string& transactional_prefix);

// The command of Kafka's own tools that grants it.
std::string GrantCommand(const Right& right, const std::string& brokers);

struct RightOutcome {
  Right right;
  bool given = false;
  // Why not: what the brokers said, or that this librdkafka cannot ask for it.
  std::string problem{};
};

// Grants them; what is there already stays. Errors: kFailedPrecondition when the cluster has no
// authorizer, so that whoever reaches it may do everything; kPermissionDenied, kUnavailable.
absl::StatusOr<std::vector<RightOutcome>> GrantRights(const KafkaTopicsOptions& options,
                                                      const std::vector<Right>& rights);

// Rights that are missing, and those of strangers that the promises rest on nobody having. Errors:
// as of GrantRights, but a cluster without an authorizer is a finding.
absl::StatusOr<std::vector<TopicFinding>> CheckRights(const KafkaTopicsOptions& options,
                                                      const KafkaPrincipals& principals,
                                                      const std::string& transactional_prefix);

// What CheckRights goes by, for rights that were told already. `given` are those that allow.
std::vector<TopicFinding> CompareRights(const std::vector<Right>& given,
                                        const std::vector<Right>& wanted,
                                        const KafkaPrincipals& principals,
                                        const KafkaTopicsOptions& options,
                                        const std::string& transactional_prefix);

}  // namespace lastmeter
