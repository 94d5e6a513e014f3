#include "engine/log_kafka/topics.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"
#include "engine/log_kafka/shared.h"

namespace lastmeter {
namespace {

using log_kafka::Handle;
using log_kafka::Metadata;
using Findings = std::vector<TopicFinding>;

enum class Fits { kEqual, kAtLeast, kNoCompaction };

// One setting of a topic: what it is created with, and when another one will do.
struct Setting {
  const char* name;
  std::string value;
  Fits fits;
  const char* why;
};

// A record of the log carries its input byte for byte, and a dead letter carries it in base64. Were
// they held to the inputs' limit, the largest input could never be answered.
int64_t MaxMessageBytes(Topic topic, const KafkaTopicsOptions& options) {
  const bool input = topic == Topic::kReport || topic == Topic::kCommand;
  return input ? options.max_message_bytes : 2 * options.max_message_bytes;
}

std::vector<Setting> SettingsOf(Topic topic, const KafkaTopicsOptions& options) {
  const auto retention = [&]() -> Setting {
    switch (topic) {
      case Topic::kEvent:
        return {"retention.ms", "-1", Fits::kAtLeast,
                "it is the log of record: what expires can never be judged or replayed again"};
      case Topic::kDeadLetter:
        return {"retention.ms", std::to_string(Days(365).ms), Fits::kAtLeast,
                "somebody must have the time to look at what nobody could read"};
      default:
        return {"retention.ms", std::to_string(Days(30).ms), Fits::kAtLeast,
                "an input that expires before it was decided is lost, and outages can be long"};
    }
  };
  return {
      {"cleanup.policy", "delete", Fits::kNoCompaction,
       "compaction keeps one record of each key, and a key is a whole village: all but its last "
       "record would go"},
      {"max.message.bytes", std::to_string(MaxMessageBytes(topic, options)), Fits::kAtLeast,
       "the largest record (rules with the whole roster, an input with its events) must fit, or "
       "the "
       "partition stops at it"},
      {"message.timestamp.type", "LogAppendTime", Fits::kEqual,
       "when something was accepted is said by the brokers' clock, not by whoever sent it"},
      {"min.insync.replicas", std::to_string(options.min_insync_replicas), Fits::kAtLeast,
       "what was acknowledged must survive the loss of a broker"},
      retention(),
      {"retention.bytes", "-1", Fits::kAtLeast,
       "a limit by size drops records before their time, fastest on the busiest day"},
      {"unclean.leader.election.enable", "false", Fits::kEqual,
       "a replica that lags behind would become the truth, and acknowledged records vanish"},
  };
}

bool DoesFit(const Setting& setting, const std::string& value) {
  if (value == setting.value) return true;
  if (setting.fits == Fits::kNoCompaction) return value.find("compact") == std::string::npos;
  if (setting.fits != Fits::kAtLeast) return false;
  // -1 is without limit.
  int64_t is = 0;
  int64_t wanted = 0;
  if (!absl::SimpleAtoi(value, &is) || !absl::SimpleAtoi(setting.value, &wanted)) return false;
  return is == -1 || (wanted != -1 && is >= wanted);
}

std::string NameOf(Topic topic, const KafkaTopicsOptions& options) {
  return options.topic_prefix + std::string(TopicName(topic));
}

// A consumer's handle: a producer's makes the brokers create topics that it asks about.
absl::StatusOr<Handle> Connect(const KafkaTopicsOptions& options) {
  return log_kafka::NewHandle(
      RD_KAFKA_CONSUMER, options.properties,
      {{"bootstrap.servers", options.brokers}, {"client.id", "lastmeter-topics"}});
}

// Lets a moment pass; false once the deadline has.
bool PassedTime(std::chrono::steady_clock::time_point deadline) {
  if (std::chrono::steady_clock::now() > deadline) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return true;
}

// ---- Creating.

class NewTopics {
 public:
  NewTopics() = default;
  NewTopics(const NewTopics&) = delete;
  NewTopics& operator=(const NewTopics&) = delete;
  ~NewTopics() { rd_kafka_NewTopic_destroy_array(all_.data(), all_.size()); }

  absl::Status Add(Topic topic, const KafkaTopicsOptions& options) {
    const std::string name = NameOf(topic, options);
    char error[256] = "";
    rd_kafka_NewTopic_t* made =
        rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(options.partitions),
                              options.replication, error, sizeof error);
    if (made == nullptr) {
      return MakeStatus(absl::StatusCode::kInvalidArgument, "topic " + name + ": " + error);
    }
    all_.push_back(made);
    for (const Setting& setting : SettingsOf(topic, options)) {
      rd_kafka_NewTopic_set_config(made, setting.name, setting.value.c_str());
    }
    return absl::OkStatus();
  }

  std::vector<rd_kafka_NewTopic_t*>& all() { return all_; }

 private:
  std::vector<rd_kafka_NewTopic_t*> all_;
};

absl::Status ReadResults(rd_kafka_event_t* event, std::vector<TopicOutcome>* outcomes) {
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    const std::string name = rd_kafka_topic_result_name(results[i]);
    const bool there = code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
    if (!there) {
      const char* text = rd_kafka_topic_result_error_string(results[i]);
      absl::Status status =
          log_kafka::ToStatus(code, "creating topic " + name, text == nullptr ? "" : text);
      if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR) {
        return MakeStatus(absl::StatusCode::kInvalidArgument,
                          std::string(ToStd(status.message())) +
                              ". For a cluster of one broker say --single-broker");
      }
      LM_RETURN_IF_ERROR(status);
    }
    outcomes->push_back({name, !there});
  }
  return absl::OkStatus();
}

// The brokers hear of new topics one after the other.
absl::Status AwaitTopics(rd_kafka_t* handle, const KafkaTopicsOptions& options) {
  const int timeout_ms = static_cast<int>(options.timeout.ms);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (Topic topic : log_kafka::kTopics) {
    for (;;) {
      absl::Status known =
          log_kafka::CountPartitions(handle, NameOf(topic, options), timeout_ms).status();
      if (known.ok()) break;
      if (!PassedTime(deadline)) return known;
    }
  }
  return absl::OkStatus();
}

// ---- Checking.

std::string Alter(const KafkaTopicsOptions& options, const std::string& topic,
                  const std::string& setting) {
  return "kafka-configs.sh --bootstrap-server " + options.brokers +
         " --alter --entity-type topics --entity-name " + topic + " --add-config " + setting;
}

void CheckPartitions(const rd_kafka_metadata_topic_t& found, const KafkaTopicsOptions& options,
                     uint32_t partitions, Findings* findings) {
  const std::string name = found.topic;
  if (static_cast<uint32_t>(found.partition_cnt) != partitions) {
    findings->push_back({.topic = name,
                         .property = "partitions",
                         .is = std::to_string(found.partition_cnt),
                         .wanted = std::to_string(partitions),
                         .why = "a case's partition is computed from their number, which is fixed "
                                "when the topics are made and the same for all of them"});
  }
  int replicas = INT32_MAX;
  for (int i = 0; i < found.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& one = found.partitions[i];
    const std::string where = name + "/" + std::to_string(one.id);
    replicas = std::min(replicas, one.replica_cnt);
    if (one.leader < 0) {
      findings->push_back({.topic = where,
                           .property = "leader",
                           .is = "none",
                           .wanted = "a broker",
                           .why = "nothing can be written or read until a broker comes back"});
    } else if (one.isr_cnt < one.replica_cnt) {
      findings->push_back({.topic = where,
                           .property = "replicas in sync",
                           .is = std::to_string(one.isr_cnt),
                           .wanted = std::to_string(one.replica_cnt),
                           .why = "a broker is down or lags behind"});
    }
  }
  if (replicas < options.replication) {
    findings->push_back({.topic = name,
                         .property = "replication",
                         .is = std::to_string(replicas),
                         .wanted = std::to_string(options.replication),
                         .why = "with fewer copies the loss of a broker or a disk loses what was "
                                "acknowledged, or stops the installation",
                         .mend = "kafka-reassign-partitions.sh with a plan of " +
                                 std::to_string(options.replication) + " replicas"});
  } else if (options.min_insync_replicas > 1 && replicas <= options.min_insync_replicas) {
    findings->push_back({.topic = name,
                         .property = "replication",
                         .is = std::to_string(replicas),
                         .wanted = std::to_string(options.min_insync_replicas + 1),
                         .why = "as many copies as must be in sync: no broker may be missing"});
  }
}

absl::Status ReadConfigs(rd_kafka_event_t* event, const KafkaTopicsOptions& options,
                         const std::vector<Setting>& settings, Findings* findings) {
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &count);
  if (count != 1) return absl::UnavailableError("no answer about a topic's settings");
  const std::string name = rd_kafka_ConfigResource_name(resources[0]);
  const char* text = rd_kafka_ConfigResource_error_string(resources[0]);
  LM_RETURN_IF_ERROR(log_kafka::ToStatus(rd_kafka_ConfigResource_error(resources[0]),
                                         "settings of " + name, text == nullptr ? "" : text));
  size_t entries_count = 0;
  const rd_kafka_ConfigEntry_t** entries =
      rd_kafka_ConfigResource_configs(resources[0], &entries_count);
  std::map<std::string, std::string> is;
  for (size_t i = 0; i < entries_count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    is[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
  }
  for (const Setting& setting : settings) {
    const std::string& value = is[setting.name];
    if (DoesFit(setting, value)) continue;
    findings->push_back({.topic = name,
                         .property = setting.name,
                         .is = value.empty() ? "(not told)" : value,
                         .wanted = setting.value,
                         .why = setting.why,
                         .mend = Alter(options, name, setting.name + ("=" + setting.value))});
  }
  return absl::OkStatus();
}

absl::Status CheckSettings(rd_kafka_t* handle, const KafkaTopicsOptions& options, Topic topic,
                           Findings* findings) {
  rd_kafka_ConfigResource_t* resource =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, NameOf(topic, options).c_str());
  absl::Status status = log_kafka::Request(
      handle, static_cast<int>(options.timeout.ms),
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_DescribeConfigs(handle, &resource, 1, admin, queue);
      },
      [&](rd_kafka_event_t* event) {
        return ReadConfigs(event, options, SettingsOf(topic, options), findings);
      });
  rd_kafka_ConfigResource_destroy(resource);
  return status;
}

// Whether the log of record still has its beginning.
absl::Status CheckOffsets(rd_kafka_t* handle, const KafkaTopicsOptions& options, int partitions,
                          Findings* findings) {
  const std::string name = NameOf(Topic::kEvent, options);
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options.timeout.ms);
  for (int i = 0; i < partitions; ++i) {
    int64_t low = 0;
    int64_t high = 0;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    // Just after a topic was made its leader may not know of it.
    do {
      code = rd_kafka_query_watermark_offsets(handle, name.c_str(), i, &low, &high,
                                              static_cast<int>(options.timeout.ms));
    } while (code != RD_KAFKA_RESP_ERR_NO_ERROR &&
             log_kafka::Classify(code).fault == log_kafka::Fault::kRetry && PassedTime(deadline));
    const std::string where = name + "/" + std::to_string(i);
    LM_RETURN_IF_ERROR(log_kafka::ToStatus(code, "the beginning of " + where));
    if (low == 0) continue;
    findings->push_back({.topic = where,
                         .property = "first offset",
                         .is = std::to_string(low),
                         .wanted = "0",
                         .why = "the log's beginning has expired or was deleted: neither judge nor "
                                "verify can prove what follows. Restore it from a copy"});
  }
  return absl::OkStatus();
}

// Kafka's own topic of transactions, which it makes at the first one.
absl::Status CheckTransactions(rd_kafka_t* handle, const KafkaTopicsOptions& options,
                               Findings* findings) {
  constexpr char kName[] = "__transaction_state";
  auto metadata = log_kafka::DescribeTopic(handle, kName, static_cast<int>(options.timeout.ms));
  // Whoever may not see it cannot judge it.
  if (metadata.status().code() == absl::StatusCode::kNotFound ||
      metadata.status().code() == absl::StatusCode::kPermissionDenied) {
    return absl::OkStatus();
  }
  LM_RETURN_IF_ERROR(metadata.status());
  const rd_kafka_metadata_topic_t& found = (*metadata)->topics[0];
  int replicas = options.replication;
  for (int i = 0; i < found.partition_cnt; ++i) {
    replicas = std::min(replicas, found.partitions[i].replica_cnt);
  }
  if (replicas == options.replication) return absl::OkStatus();
  findings->push_back({.topic = kName,
                       .property = "replication",
                       .is = std::to_string(replicas),
                       .wanted = std::to_string(options.replication),
                       .why = "without it no transaction can begin or end: one broker lost stops "
                              "every partition. It comes from the brokers' "
                              "transaction.state.log.replication.factor"});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<TopicOutcome>> EnsureKafkaTopics(const KafkaTopicsOptions& options) {
  LM_ASSIGN_OR_RETURN(Handle handle, Connect(options));
  NewTopics wanted;
  for (Topic topic : log_kafka::kTopics) LM_RETURN_IF_ERROR(wanted.Add(topic, options));
  std::vector<TopicOutcome> outcomes;
  LM_RETURN_IF_ERROR(log_kafka::Request(
      handle.get(), static_cast<int>(options.timeout.ms),
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(handle.get(), wanted.all().data(), wanted.all().size(), admin, queue);
      },
      [&](rd_kafka_event_t* event) { return ReadResults(event, &outcomes); }));
  LM_RETURN_IF_ERROR(AwaitTopics(handle.get(), options));
  return outcomes;
}

absl::Status CreateKafkaTopics(const KafkaTopicsOptions& options) {
  LM_ASSIGN_OR_RETURN(const auto outcomes, EnsureKafkaTopics(options));
  for (const TopicOutcome& outcome : outcomes) {
    if (!outcome.made) {
      return absl::AlreadyExistsError("topic " + outcome.name + " is there already");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Findings> CheckKafkaTopics(const KafkaTopicsOptions& options) {
  LM_ASSIGN_OR_RETURN(Handle handle, Connect(options));
  const int timeout_ms = static_cast<int>(options.timeout.ms);
  Findings findings;
  std::map<Topic, Metadata> there;
  for (Topic topic : log_kafka::kTopics) {
    auto metadata = log_kafka::DescribeTopic(handle.get(), NameOf(topic, options), timeout_ms);
    if (metadata.status().code() == absl::StatusCode::kNotFound) {
      findings.push_back({.topic = NameOf(topic, options),
                          .property = "topic",
                          .is = "missing",
                          .wanted = "there",
                          .why = "no service starts without all four",
                          .mend = "lastmeterctl topics create --brokers " + options.brokers});
      continue;
    }
    LM_RETURN_IF_ERROR(metadata.status());
    there[topic] = *std::move(metadata);
  }
  uint32_t partitions = options.partitions;
  if (partitions == 0 && !there.empty()) {
    const auto events = there.find(Topic::kEvent);
    const Metadata& model = events == there.end() ? there.begin()->second : events->second;
    partitions = static_cast<uint32_t>(model->topics[0].partition_cnt);
  }
  for (const auto& [topic, metadata] : there) {
    CheckPartitions(metadata->topics[0], options, partitions, &findings);
    LM_RETURN_IF_ERROR(CheckSettings(handle.get(), options, topic, &findings));
    if (topic != Topic::kEvent) continue;
    LM_RETURN_IF_ERROR(
        CheckOffsets(handle.get(), options, metadata->topics[0].partition_cnt, &findings));
  }
  LM_RETURN_IF_ERROR(CheckTransactions(handle.get(), options, &findings));
  return findings;
}

}  // namespace lastmeter
