#include "engine/log_kafka/txn_writer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_kafka/admin_request.h"
#include "engine/log_kafka/kafka_error.h"
#include "engine/log_kafka/partition_reader.h"

namespace lastmeter::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = AppendOutcome::Kind;

constexpr int64_t kPauseForARecordUs = 1000;
constexpr int64_t kLongestPauseUs = 20'000;
// Of so many records one costs hardly more than its own.
constexpr size_t kFullTransaction = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<TxnWriter>> TxnWriter::Open(Shared& shared, PartitionId partition) {
  auto writer = std::unique_ptr<TxnWriter>(new TxnWriter(shared, partition));
  Properties ours = shared.base;
  ours["transactional.id"] = writer->id_;
  ours["enable.idempotence"] = "true";
  ours["acks"] = "all";
  ours["transaction.timeout.ms"] = std::to_string(shared.options.transaction_timeout.ms);
  Properties theirs = shared.options.properties;
  // The append is a batch already: waiting for company only delays it.
  theirs.insert({{"linger.ms", "0"}, {"message.max.bytes", "16777216"}});
  LM_ASSIGN_OR_RETURN(writer->producer_,
                      NewHandle(RD_KAFKA_PRODUCER, theirs, ours,
                                {.delivered = &Delivered, .opaque = writer.get()}));
  const auto deadline = Clock::now() + std::chrono::milliseconds(shared.timeout_ms());
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    rd_kafka_error_t* error = rd_kafka_init_transactions(writer->producer_.get(),
                                                         std::max<int>(1, static_cast<int>(left)));
    if (error == nullptr) break;
    const bool again = rd_kafka_error_is_retriable(error) != 0 && left > 0;
    absl::Status status =
        ToStatus(error, "taking over " + shared.Where(writer->tp_) + " as " + writer->id_);
    if (again) continue;
    // Somebody else opened at the same moment and won; the next try decides anew.
    if (status.code() == absl::StatusCode::kAborted)
      return absl::UnavailableError(status.message());
    return status;
  }
  // Otherwise the first record waits up to a second until librdkafka looks for its leader.
  LM_RETURN_IF_ERROR(
      DescribeTopic(writer->producer_.get(), writer->topic_, shared.timeout_ms()).status());
  // Asked of a handle that sees uncommitted records: a read_committed one would answer with the
  // last stable offset.
  LM_ASSIGN_OR_RETURN(writer->end_, AskEnd(shared, shared.uncommitted.get(), writer->tp_));
  writer->end_at_open_ = writer->end_;
  shared.progress(writer->tp_).Show(writer->end_);
  writer->thread_ = std::thread([w = writer.get()] { w->Run(); });
  return writer;
}

TxnWriter::TxnWriter(Shared& shared, PartitionId partition)
    : shared_(shared),
      tp_{Topic::kEvent, partition},
      topic_(shared.Name(Topic::kEvent)),
      id_(shared.options.transactional_prefix + "-" + std::to_string(partition.value)) {}

TxnWriter::~TxnWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void TxnWriter::Start(std::vector<Outgoing> batch) {
  LM_CHECK(!batch.empty()) << "an append without records";
  LM_CHECK(!in_flight_) << "a second append while one is under way";
  in_flight_ = true;
  std::lock_guard lock(mutex_);
  batch_ = std::move(batch);
  work_.notify_all();
}

std::optional<AppendOutcome> TxnWriter::Poll() {
  std::lock_guard lock(mutex_);
  if (!outcome_.has_value()) return std::nullopt;
  in_flight_ = false;
  return std::exchange(outcome_, std::nullopt);
}

void TxnWriter::Run() {
  for (;;) {
    std::vector<Outgoing> batch;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return stopping_ || batch_.has_value(); });
      if (!batch_.has_value()) return;
      batch = *std::exchange(batch_, std::nullopt);
    }
    AppendOutcome outcome = Append(batch);
    {
      std::lock_guard lock(mutex_);
      outcome_ = std::move(outcome);
    }
    shared_.hub.Notify(tp_.partition);
  }
}

AppendOutcome TxnWriter::Append(const std::vector<Outgoing>& batch) {
  if (producer_ == nullptr) {
    return {Kind::kNotCommitted, {}, absl::FailedPreconditionError("the writer is spent")};
  }
  std::this_thread::sleep_until(settled_.load());
  // Until the commit is sent, whatever fails leaves a transaction that only its owner could
  // commit, and the owner is destroyed: certainly not there.
  if (absl::Status s = Cause(rd_kafka_begin_transaction(producer_.get()), "begin"); !s.ok()) {
    return Spend(Kind::kNotCommitted, s);
  }
  undelivered_ = 0;
  first_offset_ = INT64_MAX;
  last_offset_ = -1;
  delivery_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (const Outgoing& record : batch) {
    if (absl::Status s = Produce(record); !s.ok()) return Spend(Kind::kNotCommitted, s);
  }
  if (absl::Status s = AwaitDeliveries(); !s.ok()) return Spend(Kind::kNotCommitted, s);
  if (absl::Status s = CheckAlone(batch.size()); !s.ok()) return Spend(Kind::kNotCommitted, s);
  return Commit(batch.size());
}

absl::Status TxnWriter::Produce(const Outgoing& record) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(shared_.timeout_ms());
  for (;;) {
    rd_kafka_headers_t* headers = nullptr;
    if (shared_.options.headers_of) {
      const KafkaHeaders made = shared_.options.headers_of(record.value);
      headers = rd_kafka_headers_new(made.size());
      for (const auto& [name, value] : made) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
      }
    }
    // The batch outlives the append, but librdkafka may still hold a message when a producer is
    // destroyed in the middle: it gets a copy.
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()),
        RD_KAFKA_V_PARTITION(static_cast<int32_t>(tp_.partition.value)),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++undelivered_;
      return absl::OkStatus();
    }
    // On failure the headers stay ours.
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || Clock::now() > deadline) {
      return Cause(code, "produce");
    }
    rd_kafka_poll(producer_.get(), 10);
  }
}

void TxnWriter::Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<TxnWriter*>(opaque);
  // Destruction answers for what is left, when nobody counts any more.
  if (self->undelivered_ > 0) --self->undelivered_;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The first says why; those after it are its consequence.
    if (self->delivery_error_ == RD_KAFKA_RESP_ERR_NO_ERROR) self->delivery_error_ = message->err;
    return;
  }
  self->first_offset_ = std::min(self->first_offset_, message->offset);
  self->last_offset_ = std::max(self->last_offset_, message->offset);
}

absl::Status TxnWriter::AwaitDeliveries() {
  const auto deadline = Clock::now() + std::chrono::milliseconds(shared_.timeout_ms());
  while (undelivered_ > 0) {
    if (Clock::now() > deadline) return Cause(RD_KAFKA_RESP_ERR__TIMED_OUT, "produce");
    rd_kafka_poll(producer_.get(), 100);
    if (delivery_error_ != RD_KAFKA_RESP_ERR_NO_ERROR) break;
  }
  return Cause(delivery_error_, "produce");
}

absl::Status TxnWriter::CheckAlone(size_t count) const {
  if (first_offset_ < end_) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      shared_.Where(tp_) + " took a record at offset " +
                          std::to_string(first_offset_) + ", before its end at " +
                          std::to_string(end_) + ": the topic was made anew or was cut short");
  }
  if (first_offset_ > end_ || last_offset_ - first_offset_ + 1 != static_cast<int64_t>(count)) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      shared_.Where(tp_) + " holds, between offsets " + std::to_string(end_) +
                          " and " + std::to_string(last_offset_) + ", what " + id_ +
                          " did not write: a marker that the brokers wrote twice after an "
                          "election, or a stranger, who may not have the right to write there");
  }
  return absl::OkStatus();
}

// Every transaction costs the brokers and us milliseconds of processor time, whatever its size. So
// that a stream of reports shares them, a transaction of more than a few records is followed by a
// longer pause, up to a fiftieth of a second; one record is not made to wait for company, nor is a
// backlog that fills transactions by itself.
std::chrono::microseconds TxnWriter::SettleAfter(size_t records) const {
  const int64_t settle = shared_.options.settle_us;
  if (records > kFullTransaction) return std::chrono::microseconds(settle);
  const int64_t shared = kPauseForARecordUs * static_cast<int64_t>(records);
  return std::chrono::microseconds(std::clamp(shared, settle, std::max(settle, kLongestPauseUs)));
}

Millis TxnWriter::Rest() const {
  const auto left = settled_.load() - Clock::now();
  return {std::max<int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count())};
}

AppendOutcome TxnWriter::Commit(size_t records) {
  rd_kafka_error_t* error = rd_kafka_commit_transaction(producer_.get(), shared_.timeout_ms());
  settled_ = Clock::now() + SettleAfter(records);
  if (error == nullptr) {
    // The commit's marker comes behind the last record. A reader is not made to wait for it.
    end_ = last_offset_ + 2;
    shared_.progress(tp_).Show(last_offset_ + 1);
    return {Kind::kCommitted, {last_offset_}, absl::OkStatus()};
  }
  absl::Status status = Cause(error, "commit");
  if (status.code() == absl::StatusCode::kAborted) return ReadBack(std::move(status));
  return Spend(Kind::kUnknown, std::move(status));
}

AppendOutcome TxnWriter::ReadBack(absl::Status fenced) {
  // Fenced is the coordinator's answer to a commit that came too late, but also to one that was
  // repeated after its first answer got lost. What the partition holds tells them apart.
  producer_.reset();
  auto reader = PartitionReader::Open(shared_, tp_, {first_offset_});
  const auto deadline = Clock::now() + std::chrono::milliseconds(shared_.timeout_ms());
  while (reader.ok() && Clock::now() < deadline) {
    auto entries = (*reader)->AwaitMore(std::chrono::milliseconds(100));
    if (!entries.ok()) break;
    if (!entries->empty()) {
      const bool there = entries->front().position.value == first_offset_;
      if (!there) return {Kind::kNotCommitted, {}, std::move(fenced)};
      shared_.progress(tp_).Show(last_offset_ + 1);
      return {Kind::kCommitted, {last_offset_}, absl::OkStatus()};
    }
    if ((*reader)->position().value > last_offset_) {
      return {Kind::kNotCommitted, {}, std::move(fenced)};
    }
  }
  return {Kind::kUnknown, {}, std::move(fenced)};
}

absl::Status TxnWriter::Cause(rd_kafka_resp_err_t code, std::string_view doing,
                              std::string_view detail) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer_.get(), text, sizeof text);
  const std::string context = shared_.Where(tp_) + ": " + std::string(doing) + " as " + id_;
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(fatal, context, text);
  return ToStatus(code, context, detail);
}

absl::Status TxnWriter::Cause(rd_kafka_error_t* error, std::string_view doing) {
  if (error == nullptr) return absl::OkStatus();
  absl::Status status = Cause(rd_kafka_error_code(error), doing, rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  return status;
}

AppendOutcome TxnWriter::Spend(Kind kind, absl::Status status) {
  // What is queued must not be waited for: it belongs to a transaction that nobody will commit.
  rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  producer_.reset();
  return {kind, {}, std::move(status)};
}

}  // namespace lastmeter::log_kafka
