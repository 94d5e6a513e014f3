#include "engine/log_kafka/kafka_log.h"

#include <chrono>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_kafka/admin.h"
#include "engine/log_kafka/input_producer.h"
#include "engine/log_kafka/kafka_error.h"
#include "engine/log_kafka/partition_reader.h"
#include "engine/log_kafka/shared.h"
#include "engine/log_kafka/txn_writer.h"

namespace lastmeter {
namespace {

using log_kafka::InputProducer;
using log_kafka::Shared;

// What the promises of log.h rest on, or what has an option of its own.
constexpr std::string_view kOurs[] = {"acks",
                                      "request.required.acks",
                                      "enable.idempotence",
                                      "transactional.id",
                                      "isolation.level",
                                      "auto.offset.reset",
                                      "enable.partition.eof",
                                      "bootstrap.servers",
                                      "metadata.broker.list",
                                      "transaction.timeout.ms"};

}  // namespace

class KafkaLog::Impl {
 public:
  // The producer that all LogProducers share, replaced when it is broken.
  absl::StatusOr<std::shared_ptr<InputProducer>> Producer() {
    std::lock_guard lock(mutex_);
    if (producer_ == nullptr || producer_->broken()) {
      LM_ASSIGN_OR_RETURN(auto opened, InputProducer::Open(shared));
      producer_ = std::move(opened);
    }
    return producer_;
  }

  Shared shared;

 private:
  std::mutex mutex_;
  // Owned by this and, for the length of an append, by the appending thread.
  std::shared_ptr<InputProducer> producer_;
};

namespace {

template <typename Impl>
class Producer final : public LogProducer {
 public:
  explicit Producer(Impl& impl) : impl_(impl) {}
  void Append(TopicPartition tp, Outgoing record, Done done) override {
    auto producer = impl_.Producer();
    if (!producer.ok()) {
      done(producer.status());
      return;
    }
    (*producer)->Append(tp, std::move(record), std::move(done));
  }

 private:
  Impl& impl_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(Options options) {
  for (std::string_view name : kOurs) {
    if (options.properties.contains(std::string(name))) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "Kafka property " + std::string(name) +
                            " may not be set: what the log promises rests on it");
    }
  }
  auto impl = std::make_unique<Impl>();
  Shared& shared = impl->shared;
  shared.options = std::move(options);
  shared.base = {{"bootstrap.servers", shared.options.brokers}, {"client.id", "lastmeter"}};
  // A broker that comes back is wanted back at once.
  shared.options.properties.insert(
      {{"reconnect.backoff.ms", "50"},
       {"reconnect.backoff.max.ms", "1000"},
       // A small request must not wait for the acknowledgement of the one before.
       {"socket.nagle.disable", "true"}});
  log_kafka::Properties ours = shared.base;
  ours["isolation.level"] = "read_uncommitted";
  LM_ASSIGN_OR_RETURN(shared.uncommitted,
                      log_kafka::NewHandle(RD_KAFKA_CONSUMER, shared.options.properties, ours));
  LM_ASSIGN_OR_RETURN(shared.identity, log_kafka::Identify(shared));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(impl)));
}

KafkaLog::KafkaLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaLog::~KafkaLog() = default;

LogIdentity KafkaLog::identity() const { return impl_->shared.identity; }

absl::StatusOr<std::unique_ptr<LogWriter>> KafkaLog::OpenWriter(PartitionId partition,
                                                                std::string_view) {
  LM_CHECK(partition.value < identity().partition_count) << "no partition " << partition.value;
  // Topics change under a log that is open for months.
  LM_ASSIGN_OR_RETURN(const LogIdentity now, log_kafka::Identify(impl_->shared));
  if (now.cluster_id != identity().cluster_id ||
      now.partition_count != identity().partition_count) {
    return absl::FailedPreconditionError(
        "taking over " + impl_->shared.Where({Topic::kEvent, partition}) +
        ": the log was opened on " + identity().cluster_id + " with " +
        std::to_string(identity().partition_count) + " partitions and is now " + now.cluster_id +
        " with " + std::to_string(now.partition_count));
  }
  return log_kafka::TxnWriter::Open(impl_->shared, partition);
}

absl::StatusOr<std::unique_ptr<LogReader>> KafkaLog::OpenReader(TopicPartition tp,
                                                                LogPosition from) {
  LM_CHECK(tp.partition.value < identity().partition_count) << "no partition " << ToString(tp);
  return log_kafka::PartitionReader::Open(impl_->shared, tp, from);
}

absl::StatusOr<std::unique_ptr<LogProducer>> KafkaLog::OpenProducer() {
  LM_ASSIGN_OR_RETURN(auto shared_one, impl_->Producer());
  LM_RETURN_IF_ERROR(shared_one->FindLeaders());
  return std::make_unique<Producer<Impl>>(*impl_);
}

std::unique_ptr<Log::Registration> KafkaLog::OnActivity(PartitionId partition,
                                                        std::function<void()> wake) {
  return impl_->shared.hub.Register(partition, std::move(wake));
}

absl::StatusOr<KafkaLog::Extent> KafkaLog::ExtentOf(TopicPartition tp) const {
  const Shared& shared = impl_->shared;
  LM_ASSIGN_OR_RETURN(const log_kafka::Watermarks marks,
                      log_kafka::AskWatermarks(shared, shared.uncommitted.get(), tp));
  return Extent{{marks.low}, {marks.high}};
}

absl::Status KafkaLog::DropBefore(TopicPartition tp, LogPosition position) {
  return log_kafka::DeleteRecords(impl_->shared, tp, position);
}

}  // namespace lastmeter
