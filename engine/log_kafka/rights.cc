#include "engine/log_kafka/rights.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>

#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"
#include "engine/log_kafka/shared.h"

namespace lastmeter {
namespace {

using log_kafka::Handle;

// librdkafka knows resources of this type from 2.4 on only; Kafka's protocol gives it this number.
constexpr auto kTransactionalIdType = static_cast<rd_kafka_ResourceType_t>(5);

struct Operation {
  const char* name;
  rd_kafka_AclOperation_t code;
};
constexpr Operation kOperations[] = {{"Read", RD_KAFKA_ACL_OPERATION_READ},
                                     {"Write", RD_KAFKA_ACL_OPERATION_WRITE},
                                     {"Describe", RD_KAFKA_ACL_OPERATION_DESCRIBE},
                                     {"Alter", RD_KAFKA_ACL_OPERATION_ALTER},
                                     {"Delete", RD_KAFKA_ACL_OPERATION_DELETE},
                                     {"AlterConfigs", RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS},
                                     {"All", RD_KAFKA_ACL_OPERATION_ALL}};

absl::StatusOr<Handle> Connect(const KafkaTopicsOptions& options) {
  return log_kafka::NewHandle(
      RD_KAFKA_CONSUMER, options.properties,
      {{"bootstrap.servers", options.brokers}, {"client.id", "lastmeter-topics"}});
}

bool Covers(const Right& given, const Right& wanted) {
  if (given.on != wanted.on) return false;
  if (given.principal != wanted.principal && given.principal != "User:*") return false;
  // Reading and writing include looking.
  if (given.operation != wanted.operation && given.operation != "All" &&
      wanted.operation != "Describe") {
    return false;
  }
  if (given.name == "*" && !given.prefix) return true;
  if (given.prefix) return wanted.name.starts_with(given.name);
  return !wanted.prefix && given.name == wanted.name;
}

// Whether the right reaches the name, or one that begins so.
bool Reaches(const Right& right, RightOn on, std::string_view name, bool prefix) {
  if (right.on != on) return false;
  if (right.name == "*" && !right.prefix) return true;
  if (right.prefix && name.starts_with(right.name)) return true;
  if (prefix) return std::string_view(right.name).starts_with(name);
  return !right.prefix && right.name == name;
}

std::string Text(const Right& right) {
  const char* on = right.on == RightOn::kTopic   ? "topic "
                   : right.on == RightOn::kGroup ? "group "
                                                 : "transactional id ";
  return right.operation + " on " + on + right.name + (right.prefix ? "*" : "");
}

absl::Status NoAuthorizer() {
  return absl::FailedPreconditionError(
      "the cluster has no authorizer: whoever reaches its brokers may read and write everything. "
      "Set authorizer.class.name on the brokers first");
}

// Whether the cluster asks anybody. librdkafka 2.0 reports "no rights" where the brokers say that
// they have no authorizer, so a broker is asked for its setting. True where it may not be seen.
bool HasAuthorizer(rd_kafka_t* handle, int timeout_ms) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (rd_kafka_metadata(handle, 0, nullptr, &raw, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return true;
  }
  const log_kafka::Metadata metadata(raw);
  if (metadata->broker_cnt == 0) return true;
  rd_kafka_ConfigResource_t* broker = rd_kafka_ConfigResource_new(
      RD_KAFKA_RESOURCE_BROKER, std::to_string(metadata->brokers[0].id).c_str());
  bool has = true;
  const absl::Status asked = log_kafka::Request(
      handle, timeout_ms,
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_DescribeConfigs(handle, &broker, 1, admin, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        size_t entries_count = 0;
        const rd_kafka_ConfigEntry_t** entries =
            count == 0 ? nullptr : rd_kafka_ConfigResource_configs(resources[0], &entries_count);
        for (size_t i = 0; i < entries_count; ++i) {
          const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
          const char* value = rd_kafka_ConfigEntry_value(entries[i]);
          if (name == "authorizer.class.name") has = value != nullptr && *value != '\0';
        }
        return absl::OkStatus();
      });
  rd_kafka_ConfigResource_destroy(broker);
  return has || !asked.ok();
}

// librdkafka's answers come back as the rights that allow.
absl::StatusOr<std::vector<Right>> AskRights(const KafkaTopicsOptions& options) {
  LM_ASSIGN_OR_RETURN(Handle handle, Connect(options));
  char error[256] = "";
  rd_kafka_AclBindingFilter_t* filter = rd_kafka_AclBindingFilter_new(
      RD_KAFKA_RESOURCE_ANY, nullptr, RD_KAFKA_RESOURCE_PATTERN_ANY, nullptr, nullptr,
      RD_KAFKA_ACL_OPERATION_ANY, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error, sizeof error);
  if (filter == nullptr) return absl::InternalError(error);
  std::vector<Right> rights;
  absl::Status status = log_kafka::Request(
      handle.get(), static_cast<int>(options.timeout.ms),
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_DescribeAcls(handle.get(), filter, admin, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_AclBinding_t** all =
            rd_kafka_DescribeAcls_result_acls(rd_kafka_event_DescribeAcls_result(event), &count);
        for (size_t i = 0; i < count; ++i) {
          Right right{.principal = rd_kafka_AclBinding_principal(all[i]),
                      .name = rd_kafka_AclBinding_name(all[i]),
                      .prefix = rd_kafka_AclBinding_resource_pattern_type(all[i]) ==
                                RD_KAFKA_RESOURCE_PATTERN_PREFIXED};
          switch (rd_kafka_AclBinding_restype(all[i])) {
            case RD_KAFKA_RESOURCE_TOPIC:
              right.on = RightOn::kTopic;
              break;
            case RD_KAFKA_RESOURCE_GROUP:
              right.on = RightOn::kGroup;
              break;
            case RD_KAFKA_RESOURCE_BROKER:
              continue;
            default:
              // The type that this librdkafka may have no name for.
              right.on = RightOn::kTransactionalId;
          }
          for (const Operation& one : kOperations) {
            if (one.code == rd_kafka_AclBinding_operation(all[i])) right.operation = one.name;
          }
          if (!right.operation.empty()) rights.push_back(std::move(right));
        }
        return absl::OkStatus();
      });
  rd_kafka_AclBinding_destroy(filter);
  if (status.code() == absl::StatusCode::kFailedPrecondition) return NoAuthorizer();
  LM_RETURN_IF_ERROR(status);
  if (rights.empty() && !HasAuthorizer(handle.get(), static_cast<int>(options.timeout.ms))) {
    return NoAuthorizer();
  }
  return rights;
}

// The brokers hear of new rights one after the other, and answer before they have heard.
absl::Status AwaitRights(const KafkaTopicsOptions& options,
                         const std::vector<RightOutcome>& outcomes) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options.timeout.ms);
  for (;;) {
    LM_ASSIGN_OR_RETURN(const std::vector<Right> there, AskRights(options));
    const bool all = std::all_of(outcomes.begin(), outcomes.end(), [&](const RightOutcome& one) {
      return !one.given || std::find(there.begin(), there.end(), one.right) != there.end();
    });
    if (all) return absl::OkStatus();
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::UnavailableError(
          "the rights were granted, and the brokers do not show them yet; look again with check");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

rd_kafka_AclBinding_t* NewBinding(const Right& right) {
  const auto type = right.on == RightOn::kTopic   ? RD_KAFKA_RESOURCE_TOPIC
                    : right.on == RightOn::kGroup ? RD_KAFKA_RESOURCE_GROUP
                                                  : kTransactionalIdType;
  rd_kafka_AclOperation_t operation = RD_KAFKA_ACL_OPERATION_UNKNOWN;
  for (const Operation& one : kOperations) {
    if (right.operation == one.name) operation = one.code;
  }
  char error[256] = "";
  return rd_kafka_AclBinding_new(
      type, right.name.c_str(),
      right.prefix ? RD_KAFKA_RESOURCE_PATTERN_PREFIXED : RD_KAFKA_RESOURCE_PATTERN_LITERAL,
      right.principal.c_str(), "*", operation, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, error,
      sizeof error);
}

}  // namespace

std::vector<Right> RightsFor(const KafkaPrincipals& principals, const std::string& topic_prefix,
                             const std::string& transactional_prefix) {
  std::vector<Right> rights;
  const auto on_topic = [&](const std::string& principal, Topic topic, const char* operation) {
    if (principal.empty()) return;
    rights.push_back({principal, RightOn::kTopic, topic_prefix + std::string(TopicName(topic)),
                      false, operation});
  };
  const auto by_prefix = [&](const std::string& principal, RightOn on, const std::string& name,
                             const char* operation) {
    if (!principal.empty()) rights.push_back({principal, on, name, true, operation});
  };
  // Every service looks at all four when it starts, to know that they belong together.
  for (const std::string* one : {&principals.gateway, &principals.escalator, &principals.query}) {
    for (Topic topic : log_kafka::kTopics) on_topic(*one, topic, "Describe");
  }
  on_topic(principals.gateway, Topic::kReport, "Write");
  on_topic(principals.gateway, Topic::kCommand, "Write");
  // What became of an input is read from the log of record.
  on_topic(principals.gateway, Topic::kEvent, "Read");
  on_topic(principals.escalator, Topic::kReport, "Read");
  on_topic(principals.escalator, Topic::kCommand, "Read");
  on_topic(principals.escalator, Topic::kEvent, "Read");
  on_topic(principals.escalator, Topic::kEvent, "Write");
  on_topic(principals.escalator, Topic::kDeadLetter, "Write");
  by_prefix(principals.escalator, RightOn::kTransactionalId, transactional_prefix + "-", "Write");
  by_prefix(principals.escalator, RightOn::kTransactionalId, transactional_prefix + "-",
            "Describe");
  by_prefix(principals.escalator, RightOn::kGroup, transactional_prefix, "Read");
  on_topic(principals.query, Topic::kEvent, "Read");
  on_topic(principals.subscriber, Topic::kEvent, "Describe");
  on_topic(principals.subscriber, Topic::kEvent, "Read");
  by_prefix(principals.subscriber, RightOn::kGroup, topic_prefix + "lastmeter-subscriber", "Read");
  return rights;
}

std::string GrantCommand(const Right& right, const std::string& brokers) {
  const char* on = right.on == RightOn::kTopic   ? " --topic "
                   : right.on == RightOn::kGroup ? " --group "
                                                 : " --transactional-id ";
  return "kafka-acls.sh --bootstrap-server " + brokers + " --add --allow-principal '" +
         right.principal + "' --operation " + right.operation + on + "'" + right.name + "'" +
         (right.prefix ? " --resource-pattern-type prefixed" : "");
}

absl::StatusOr<std::vector<RightOutcome>> GrantRights(const KafkaTopicsOptions& options,
                                                      const std::vector<Right>& rights) {
  LM_ASSIGN_OR_RETURN(Handle handle, Connect(options));
  std::vector<RightOutcome> outcomes;
  std::vector<rd_kafka_AclBinding_t*> asked;
  std::vector<size_t> places;
  for (const Right& right : rights) {
    outcomes.push_back({right});
    if (rd_kafka_AclBinding_t* binding = NewBinding(right)) {
      asked.push_back(binding);
      places.push_back(outcomes.size() - 1);
    } else {
      outcomes.back().problem = "this version of librdkafka cannot ask for it";
    }
  }
  if (asked.empty()) return outcomes;
  bool no_authorizer = false;
  absl::Status status = log_kafka::Request(
      handle.get(), static_cast<int>(options.timeout.ms),
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_CreateAcls(handle.get(), asked.data(), asked.size(), admin, queue);
      },
      [&](rd_kafka_event_t* event) {
        size_t count = 0;
        const rd_kafka_acl_result_t** results =
            rd_kafka_CreateAcls_result_acls(rd_kafka_event_CreateAcls_result(event), &count);
        for (size_t i = 0; i < count && i < places.size(); ++i) {
          RightOutcome& outcome = outcomes[places[i]];
          const rd_kafka_error_t* error = rd_kafka_acl_result_error(results[i]);
          outcome.given = error == nullptr;
          if (error == nullptr) continue;
          outcome.problem = rd_kafka_error_string(error);
          no_authorizer |= rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_SECURITY_DISABLED;
        }
        return absl::OkStatus();
      });
  rd_kafka_AclBinding_destroy_array(asked.data(), asked.size());
  if (no_authorizer || status.code() == absl::StatusCode::kFailedPrecondition) {
    return NoAuthorizer();
  }
  LM_RETURN_IF_ERROR(status);
  LM_RETURN_IF_ERROR(AwaitRights(options, outcomes));
  return outcomes;
}

std::vector<TopicFinding> CompareRights(const std::vector<Right>& given,
                                        const std::vector<Right>& wanted,
                                        const KafkaPrincipals& principals,
                                        const KafkaTopicsOptions& options,
                                        const std::string& transactional_prefix) {
  std::vector<TopicFinding> findings;
  for (const Right& right : wanted) {
    const bool there = std::any_of(given.begin(), given.end(),
                                   [&](const Right& one) { return Covers(one, right); });
    if (there) continue;
    findings.push_back({.topic = right.name,
                        .property = "right",
                        .is = right.principal + " lacks " + right.operation,
                        .wanted = Text(right),
                        .why = "its service will be refused",
                        .mend = GrantCommand(right, options.brokers)});
  }
  const std::string events = options.topic_prefix + std::string(TopicName(Topic::kEvent));
  for (const Right& right : given) {
    if (right.principal == principals.escalator) continue;
    const bool changes = right.operation != "Read" && right.operation != "Describe";
    const bool writes_log = changes && Reaches(right, RightOn::kTopic, events, false);
    const bool fences =
        changes && Reaches(right, RightOn::kTransactionalId, transactional_prefix + "-", true);
    if (!writes_log && !fences) continue;
    findings.push_back(
        {.topic = writes_log ? events : transactional_prefix + "-*",
         .property = "right",
         .is = right.principal + " has " + Text(right),
         .wanted = "the escalator only",
         .why = writes_log ? "only the escalator may write the log of record: one stray record "
                             "breaks its chain and stops the partition"
                           : "whoever uses the escalator's transactional ids fences it off",
         .mend = "kafka-acls.sh --remove"});
  }
  return findings;
}

absl::StatusOr<std::vector<TopicFinding>> CheckRights(const KafkaTopicsOptions& options,
                                                      const KafkaPrincipals& principals,
                                                      const std::string& transactional_prefix) {
  auto given = AskRights(options);
  if (given.status().code() == absl::StatusCode::kFailedPrecondition) {
    return std::vector<TopicFinding>{
        {.topic = "",
         .property = "authorizer",
         .is = "none",
         .wanted = "authorizer.class.name on every broker",
         .why = "whoever reaches the brokers may write the log of record and read every case"}};
  }
  LM_RETURN_IF_ERROR(given.status());
  return CompareRights(*given, RightsFor(principals, options.topic_prefix, transactional_prefix),
                       principals, options, transactional_prefix);
}

}  // namespace lastmeter
