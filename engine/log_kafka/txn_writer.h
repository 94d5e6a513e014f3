#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/log_kafka/shared.h"

namespace lastmeter::log_kafka {

// One transactional producer of one partition. A thread of its own makes each append one
// transaction, because librdkafka's calls wait for the broker and Start and Poll must not.
class TxnWriter final : public LogWriter {
 public:
  // Fences every earlier producer of the transactional id, waits until their transactions have
  // ended, and then learns the end. `shared` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<TxnWriter>> Open(Shared& shared, PartitionId partition);
  // Lets an append under way end.
  ~TxnWriter() override;

  LogPosition end_at_open() const override { return {end_at_open_}; }
  void Start(std::vector<Outgoing> batch) override;
  std::optional<AppendOutcome> Poll() override;
  Millis Rest() const override;

 private:
  TxnWriter(Shared& shared, PartitionId partition);

  static void Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);
  // All below on the worker's thread.
  void Run();
  AppendOutcome Append(const std::vector<Outgoing>& batch);
  absl::Status Produce(const Outgoing& record);
  // Waits for the answers to all that was produced.
  absl::Status AwaitDeliveries();
  // That the batch lies right behind the end that this writer knows, and in one piece. The broker's
  // fence keeps out whoever uses the same transactional id, and nobody else.
  absl::Status CheckAlone(size_t count) const;
  AppendOutcome Commit(size_t records);
  std::chrono::microseconds SettleAfter(size_t records) const;
  // After a commit that was answered with "fenced": whether it had gone through all the same.
  AppendOutcome ReadBack(absl::Status fenced);
  // The producer's own word where it has a fatal error: that is the cause of what came after.
  absl::Status Cause(rd_kafka_resp_err_t code, std::string_view doing,
                     std::string_view detail = {});
  absl::Status Cause(rd_kafka_error_t* error, std::string_view doing);
  AppendOutcome Spend(AppendOutcome::Kind kind, absl::Status status);

  Shared& shared_;
  const TopicPartition tp_;
  const std::string topic_;
  const std::string id_;
  int64_t end_at_open_ = 0;
  Handle producer_;

  // Of the transaction under way. Callbacks come on the worker's thread too, out of rd_kafka_poll.
  size_t undelivered_ = 0;
  int64_t first_offset_ = 0;
  int64_t last_offset_ = 0;
  rd_kafka_resp_err_t delivery_error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  // Where the next record has to come to lie.
  int64_t end_ = 0;
  // Before it no transaction begins. Written by the thread, read by the owner.
  std::atomic<std::chrono::steady_clock::time_point> settled_{};

  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ = false;
  // Owner's view: between Start and the Poll that answers.
  bool in_flight_ = false;
  std::optional<std::vector<Outgoing>> batch_;
  std::optional<AppendOutcome> outcome_;
  std::thread thread_;
};

}  // namespace lastmeter::log_kafka
