#include "engine/log_kafka/input_producer.h"

#include <utility>

#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"

namespace lastmeter::log_kafka {
namespace {

struct Pending {
  TopicPartition tp;
  LogProducer::Done done;
};

}  // namespace

absl::StatusOr<std::unique_ptr<InputProducer>> InputProducer::Open(Shared& shared) {
  auto producer = std::unique_ptr<InputProducer>(new InputProducer(shared));
  Properties ours = shared.base;
  ours["enable.idempotence"] = "true";
  ours["acks"] = "all";
  Properties theirs = shared.options.properties;
  // A lone report goes at once; under load what comes while requests are under way shares the next.
  theirs.insert({{"linger.ms", "0"},
                 {"message.max.bytes", "16777216"},
                 {"message.timeout.ms", std::to_string(shared.timeout_ms())}});
  LM_ASSIGN_OR_RETURN(producer->handle_,
                      NewHandle(RD_KAFKA_PRODUCER, theirs, ours,
                                {.delivered = &Delivered, .opaque = producer.get()}));
  producer->thread_ = std::thread([p = producer.get()] { p->Run(); });
  return producer;
}

InputProducer::~InputProducer() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (handle_ == nullptr) return;
  rd_kafka_flush(handle_.get(), 2000);
  rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(handle_.get(), 1000);
}

absl::Status InputProducer::FindLeaders() {
  for (Topic topic : {Topic::kReport, Topic::kCommand, Topic::kDeadLetter}) {
    LM_RETURN_IF_ERROR(
        DescribeTopic(handle_.get(), shared_.Name(topic), shared_.timeout_ms()).status());
  }
  return absl::OkStatus();
}

void InputProducer::Append(TopicPartition tp, Outgoing record, LogProducer::Done done) {
  auto pending = std::make_unique<Pending>(Pending{tp, std::move(done)});
  const rd_kafka_resp_err_t code =
      rd_kafka_producev(handle_.get(), RD_KAFKA_V_TOPIC(shared_.Name(tp.topic).c_str()),
                        RD_KAFKA_V_PARTITION(static_cast<int32_t>(tp.partition.value)),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                        RD_KAFKA_V_VALUE(record.value.data(), record.value.size()),
                        RD_KAFKA_V_OPAQUE(pending.get()), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // Delivered owns it from here on.
    (void)pending.release();
    return;
  }
  pending->done(ToStatus(code, "appending to " + shared_.Where(tp)));
}

void InputProducer::Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<InputProducer*>(opaque);
  std::unique_ptr<Pending> pending(static_cast<Pending*>(message->_private));
  const TopicPartition tp = pending->tp;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    pending->done(ToStatus(message->err, "appending to " + self->shared_.Where(tp)));
    return;
  }
  self->shared_.progress(tp).Show(message->offset + 1);
  pending->done(LogPosition{message->offset});
  self->shared_.hub.Notify(tp.partition);
}

bool InputProducer::broken() const {
  return rd_kafka_fatal_error(handle_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

void InputProducer::Run() {
  while (!stopping_) rd_kafka_poll(handle_.get(), 50);
}

}  // namespace lastmeter::log_kafka
