#include "engine/log_kafka/admin_request.h"

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {

absl::StatusOr<Metadata> DescribeTopic(rd_kafka_t* handle, const std::string& name,
                                       int timeout_ms) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle, name.c_str(), nullptr);
  if (topic == nullptr) return ToStatus(rd_kafka_last_error(), name);
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, topic, &raw, timeout_ms);
  rd_kafka_topic_destroy(topic);
  Metadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(code, "looking for topic " + name);
  if (metadata->topic_cnt != 1) return absl::UnavailableError("no answer about topic " + name);
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    return absl::NotFoundError("there is no topic " + name + "; create it with lastmeterctl");
  }
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(found.err, "topic " + name);
  return metadata;
}

absl::StatusOr<uint32_t> CountPartitions(rd_kafka_t* handle, const std::string& name,
                                         int timeout_ms) {
  LM_ASSIGN_OR_RETURN(const Metadata metadata, DescribeTopic(handle, name, timeout_ms));
  const rd_kafka_metadata_topic_t& found = metadata->topics[0];
  for (int i = 0; i < found.partition_cnt; ++i) {
    if (found.partitions[i].leader < 0) {
      return absl::UnavailableError(name + "/" + std::to_string(i) + " has no leader");
    }
  }
  return static_cast<uint32_t>(found.partition_cnt);
}

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

}  // namespace lastmeter::log_kafka
