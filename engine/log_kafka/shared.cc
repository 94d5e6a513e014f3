#include "engine/log_kafka/shared.h"

#include <chrono>
#include <string_view>
#include <thread>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {
namespace {

// librdkafka writes to stderr by default; a service's lines are its own affair. Why a client cannot
// connect or log in is said in lines of this kind only, of any level.
void KeepLine(const rd_kafka_t*, int, const char* facility, const char* line) {
  if (std::string_view(facility) == "FAIL") KeepTrouble(line);
}

}  // namespace

absl::StatusOr<Handle> NewHandle(rd_kafka_type_t type, const Properties& theirs,
                                 const Properties& ours, const Callbacks& callbacks) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512] = "";
  Properties all = ours;
  all.insert(theirs.begin(), theirs.end());
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "Kafka property " + name + ": " + error);
    }
  }
  rd_kafka_conf_set_log_cb(conf, KeepLine);
  rd_kafka_conf_set_opaque(conf, callbacks.opaque);
  if (callbacks.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, callbacks.delivered);
  if (callbacks.rebalance != nullptr) rd_kafka_conf_set_rebalance_cb(conf, callbacks.rebalance);
  if (callbacks.error != nullptr) rd_kafka_conf_set_error_cb(conf, callbacks.error);
  rd_kafka_t* handle = rd_kafka_new(type, conf, error, sizeof error);
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return MakeStatus(absl::StatusCode::kInvalidArgument, std::string("Kafka client: ") + error);
  }
  return Handle(handle);
}

absl::StatusOr<Watermarks> AskWatermarks(const Shared& shared, rd_kafka_t* handle,
                                         TopicPartition tp) {
  Watermarks marks;
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(shared.timeout_ms());
  for (;;) {
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        handle, shared.Name(tp.topic).c_str(), static_cast<int32_t>(tp.partition.value), &marks.low,
        &marks.high, shared.timeout_ms());
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
    // After an election, or just after a topic was made, this client still has to hear of it.
    if (Classify(code).fault != Fault::kRetry || std::chrono::steady_clock::now() > deadline) {
      return ToStatus(code, "the end of " + shared.Where(tp));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace lastmeter::log_kafka
