#include "engine/log_kafka/admin.h"

#include <array>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {
namespace {

constexpr std::array kTopics = {Topic::kReport, Topic::kCommand, Topic::kEvent, Topic::kDeadLetter};

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); }
};

// Number of partitions of a topic. kNotFound when there is none of the name.
absl::StatusOr<uint32_t> CountPartitions(rd_kafka_t* handle, const std::string& name,
                                         int timeout_ms) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle, name.c_str(), nullptr);
  if (topic == nullptr) return ToStatus(rd_kafka_last_error(), name);
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, topic, &raw, timeout_ms);
  rd_kafka_topic_destroy(topic);
  std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter> metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(code, "looking for topic " + name);
  if (metadata->topic_cnt != 1) return absl::UnavailableError("no answer about topic " + name);
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return absl::NotFoundError("there is no topic " + name + "; create it with lastmeterctl");
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(found.err, "topic " + name);
  for (int i = 0; i < found.partition_cnt; ++i) {
    if (found.partitions[i].leader < 0) {
      return absl::UnavailableError(name + "/" + std::to_string(i) + " has no leader");
    }
  }
  return static_cast<uint32_t>(found.partition_cnt);
}

// Sends one admin request with `send` and hands the answer to `read`.
absl::Status Request(
    rd_kafka_t* handle, int timeout_ms,
    const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send,
    const std::function<absl::Status(rd_kafka_event_t*)>& read) {
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle);
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_ANY);
  char error[256] = "";
  rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, error, sizeof error);
  send(options, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
  absl::Status status;
  if (event == nullptr) {
    status = absl::UnavailableError("the brokers do not answer");
  } else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    status = ToStatus(rd_kafka_event_error(event), "the brokers refuse",
                      rd_kafka_event_error_string(event));
  } else {
    status = read(event);
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  return status;
}

absl::Status ReadTopicResults(rd_kafka_event_t* event) {
  size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    const std::string name = rd_kafka_topic_result_name(results[i]);
    if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      return absl::AlreadyExistsError("topic " + name + " is there already");
    }
    const char* text = rd_kafka_topic_result_error_string(results[i]);
    LM_RETURN_IF_ERROR(ToStatus(code, "creating topic " + name, text == nullptr ? "" : text));
  }
  return absl::OkStatus();
}

std::string Retention(Topic topic) {
  if (topic == Topic::kEvent) return "-1";
  return std::to_string((topic == Topic::kDeadLetter ? Days(365) : Days(30)).ms);
}

}  // namespace

absl::StatusOr<LogIdentity> Identify(const Shared& shared) {
  LogIdentity identity;
  for (Topic topic : kTopics) {
    LM_ASSIGN_OR_RETURN(uint32_t count, CountPartitions(shared.uncommitted.get(),
                                                        shared.Name(topic), shared.timeout_ms()));
    if (identity.partition_count == 0) identity.partition_count = count;
    if (count != identity.partition_count) {
      return absl::FailedPreconditionError(
          "topic " + shared.Name(topic) + " has " + std::to_string(count) + " partitions and " +
          shared.Name(kTopics[0]) + " has " + std::to_string(identity.partition_count) +
          ": all must have as many, or cases would be looked for in the wrong partition");
    }
  }
  char* id = rd_kafka_clusterid(shared.uncommitted.get(), shared.timeout_ms());
  if (id == nullptr) return absl::UnavailableError("the brokers do not say their cluster's id");
  identity.cluster_id = shared.options.topic_prefix + id;
  rd_kafka_mem_free(shared.uncommitted.get(), id);
  return identity;
}

absl::Status DeleteRecords(Shared& shared, TopicPartition tp, LogPosition before) {
  rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(offsets, shared.Name(tp.topic).c_str(),
                                    static_cast<int32_t>(tp.partition.value))
      ->offset = before.value;
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(offsets);
  rd_kafka_topic_partition_list_destroy(offsets);
  absl::Status status = Request(
      shared.uncommitted.get(), shared.timeout_ms(),
      [&](const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
        rd_kafka_DeleteRecords(shared.uncommitted.get(), &request, 1, options, queue);
      },
      [&](rd_kafka_event_t* event) {
        const rd_kafka_topic_partition_list_t* done =
            rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event));
        if (done->cnt != 1) return absl::UnavailableError("no answer for " + shared.Where(tp));
        return ToStatus(done->elems[0].err, "deleting records of " + shared.Where(tp));
      });
  rd_kafka_DeleteRecords_destroy(request);
  if (status.ok()) shared.progress(tp).begin = before.value;
  return status;
}

}  // namespace lastmeter::log_kafka

namespace lastmeter {

absl::Status CreateKafkaTopics(const KafkaTopicsOptions& options) {
  using log_kafka::kTopics;
  log_kafka::Properties ours = {{"bootstrap.servers", options.brokers},
                                {"client.id", "lastmeter-topics"}};
  LM_ASSIGN_OR_RETURN(log_kafka::Handle handle,
                      log_kafka::NewHandle(RD_KAFKA_PRODUCER, options.properties, ours));
  std::vector<rd_kafka_NewTopic_t*> wanted;
  for (Topic topic : kTopics) {
    const std::string name = options.topic_prefix + std::string(TopicName(topic));
    char error[256] = "";
    rd_kafka_NewTopic_t* made =
        rd_kafka_NewTopic_new(name.c_str(), static_cast<int>(options.partitions),
                              options.replication, error, sizeof error);
    if (made == nullptr) {
      rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
      return MakeStatus(absl::StatusCode::kInvalidArgument, "topic " + name + ": " + error);
    }
    wanted.push_back(made);
    const std::map<std::string, std::string> config = {
        {"cleanup.policy", "delete"},
        {"max.message.bytes", std::to_string(options.max_message_bytes)},
        // Accepted at: by the brokers' clock, not by what a producer claims.
        {"message.timestamp.type", "LogAppendTime"},
        {"min.insync.replicas", std::to_string(options.min_insync_replicas)},
        {"retention.ms", log_kafka::Retention(topic)},
        {"unclean.leader.election.enable", "false"}};
    for (const auto& [key, value] : config) {
      rd_kafka_NewTopic_set_config(made, key.c_str(), value.c_str());
    }
  }
  const int timeout_ms = static_cast<int>(options.timeout.ms);
  absl::Status status = log_kafka::Request(
      handle.get(), timeout_ms,
      [&](const rd_kafka_AdminOptions_t* admin, rd_kafka_queue_t* queue) {
        rd_kafka_CreateTopics(handle.get(), wanted.data(), wanted.size(), admin, queue);
      },
      log_kafka::ReadTopicResults);
  rd_kafka_NewTopic_destroy_array(wanted.data(), wanted.size());
  LM_RETURN_IF_ERROR(status);
  // The brokers hear of new topics one after the other.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  for (Topic topic : kTopics) {
    const std::string name = options.topic_prefix + std::string(TopicName(topic));
    for (;;) {
      absl::Status known = log_kafka::CountPartitions(handle.get(), name, timeout_ms).status();
      if (known.ok()) break;
      if (std::chrono::steady_clock::now() > deadline) return known;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  return absl::OkStatus();
}

}  // namespace lastmeter
