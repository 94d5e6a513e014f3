#include "engine/log_kafka/shared.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono_literals::operator""ms;

// A leader that has not answered by then may lead no more.
constexpr int kAskLeaderForMs = 2000;

// librdkafka writes to stderr by default; a service's lines are its own affair. Why a client cannot
// connect or log in is said in lines of this kind only, of any level.
void KeepLine(const rd_kafka_t*, int, const char* facility, const char* line) {
  if (std::string_view(facility) == "FAIL") KeepTrouble(line);
}

// `which`: the first or the end. By the call that looks for times, which passes these two on to the
// broker and, unlike rd_kafka_query_watermark_offsets, comes back from a leader that is gone.
absl::StatusOr<int64_t> AskOffset(const Shared& shared, rd_kafka_t* handle, TopicPartition tp,
                                  int64_t which) {
  const std::string name = shared.Name(tp.topic);
  const auto deadline = Clock::now() + std::chrono::milliseconds(shared.timeout_ms());
  for (;;) {
    const int left = std::max(1, static_cast<int>((deadline - Clock::now()) / 1ms));
    rd_kafka_topic_partition_list_t* asked = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(asked, name.c_str(), static_cast<int32_t>(tp.partition.value))
        ->offset = which;
    rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(handle, asked, std::min(left, kAskLeaderForMs));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = asked->elems[0].err;
    const int64_t offset = asked->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(asked);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return offset;
    const bool again =
        Classify(code).fault == Fault::kRetry || code == RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!again || Clock::now() > deadline) return ToStatus(code, "the end of " + shared.Where(tp));
    // librdkafka asks whoever led when it last looked, for a quarter of an hour. It looks anew when
    // it is asked to.
    (void)DescribeTopic(handle, name, std::min(left, kAskLeaderForMs));
    std::this_thread::sleep_for(20ms);
  }
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

absl::StatusOr<int64_t> AskEnd(const Shared& shared, rd_kafka_t* handle, TopicPartition tp) {
  return AskOffset(shared, handle, tp, RD_KAFKA_OFFSET_END);
}

absl::StatusOr<Watermarks> AskWatermarks(const Shared& shared, rd_kafka_t* handle,
                                         TopicPartition tp) {
  Watermarks marks;
  LM_ASSIGN_OR_RETURN(marks.low, AskOffset(shared, handle, tp, RD_KAFKA_OFFSET_BEGINNING));
  LM_ASSIGN_OR_RETURN(marks.high, AskOffset(shared, handle, tp, RD_KAFKA_OFFSET_END));
  return marks;
}

}  // namespace lastmeter::log_kafka
