#include "tests/kafka/stranger.h"

#include <chrono>

#include "engine/base/check.h"

namespace lastmeter {
namespace {

constexpr int kTimeoutMs = 30'000;

struct Delivery {
  bool answered = false;
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  int64_t offset = -1;
};

}  // namespace

Stranger::Stranger(const std::string& brokers) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[256] = "";
  LM_CHECK(rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), error, sizeof error) ==
           RD_KAFKA_CONF_OK)
      << error;
  rd_kafka_conf_set(conf, "message.max.bytes", "16777216", error, sizeof error);
  rd_kafka_conf_set_dr_msg_cb(conf, &Delivered);
  handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error));
  LM_CHECK(handle_ != nullptr) << error;
}

void Stranger::Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  auto* delivery = static_cast<Delivery*>(message->_private);
  *delivery = {.answered = true, .error = message->err, .offset = message->offset};
}

int64_t Stranger::Produce(const std::string& topic, uint32_t partition, const std::string& value) {
  Delivery delivery;
  const rd_kafka_resp_err_t code =
      rd_kafka_producev(handle_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                        RD_KAFKA_V_PARTITION(static_cast<int32_t>(partition)),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
  LM_CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(code);
  // Answered at the latest when the message times out.
  while (!delivery.answered) rd_kafka_poll(handle_.get(), 100);
  LM_CHECK(delivery.error == RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(delivery.error);
  return delivery.offset;
}

template <typename Send>
rd_kafka_resp_err_t Stranger::Ask(Send send) {
  rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_.get());
  send(queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kTimeoutMs);
  LM_CHECK(event != nullptr) << "the brokers do not answer";
  rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  size_t count = 0;
  const rd_kafka_topic_result_t** results = nullptr;
  if (const auto* made = rd_kafka_event_CreateTopics_result(event)) {
    results = rd_kafka_CreateTopics_result_topics(made, &count);
  } else if (const auto* gone = rd_kafka_event_DeleteTopics_result(event)) {
    results = rd_kafka_DeleteTopics_result_topics(gone, &count);
  } else if (const auto* added = rd_kafka_event_CreatePartitions_result(event)) {
    results = rd_kafka_CreatePartitions_result_topics(added, &count);
  }
  for (size_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    code = rd_kafka_topic_result_error(results[i]);
  }
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  return code;
}

void Stranger::AddPartitions(const std::string& topic, uint32_t count) {
  char error[256] = "";
  rd_kafka_NewPartitions_t* wanted =
      rd_kafka_NewPartitions_new(topic.c_str(), count, error, sizeof error);
  LM_CHECK(wanted != nullptr) << error;
  const rd_kafka_resp_err_t code = Ask([&](rd_kafka_queue_t* queue) {
    rd_kafka_CreatePartitions(handle_.get(), &wanted, 1, nullptr, queue);
  });
  rd_kafka_NewPartitions_destroy(wanted);
  LM_CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(code);
}

void Stranger::DeleteTopic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* wanted = rd_kafka_DeleteTopic_new(topic.c_str());
  const rd_kafka_resp_err_t code = Ask([&](rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopics(handle_.get(), &wanted, 1, nullptr, queue);
  });
  rd_kafka_DeleteTopic_destroy(wanted);
  LM_CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR) << rd_kafka_err2str(code);
}

void Stranger::CreateTopic(const std::string& topic, uint32_t partitions) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kTimeoutMs);
  // One of the name that was deleted just now is still going for a moment.
  for (;;) {
    char error[256] = "";
    rd_kafka_NewTopic_t* wanted =
        rd_kafka_NewTopic_new(topic.c_str(), static_cast<int>(partitions), 1, error, sizeof error);
    LM_CHECK(wanted != nullptr) << error;
    const rd_kafka_resp_err_t code = Ask([&](rd_kafka_queue_t* queue) {
      rd_kafka_CreateTopics(handle_.get(), &wanted, 1, nullptr, queue);
    });
    rd_kafka_NewTopic_destroy(wanted);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    LM_CHECK(code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS &&
             std::chrono::steady_clock::now() < deadline)
        << rd_kafka_err2str(code);
  }
}

}  // namespace lastmeter
