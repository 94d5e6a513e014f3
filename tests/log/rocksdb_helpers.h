#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/log_rocksdb/rocksdb_log.h"

// Calls of the log that wait, for tests without anything else to do.
namespace lastmeter {

inline constexpr TopicPartition kEvents0{Topic::kEvent, {0}};
inline constexpr TopicPartition kReports0{Topic::kReport, {0}};

inline AppendOutcome AppendAndWait(LogWriter& writer, std::vector<Outgoing> batch) {
  writer.Start(std::move(batch));
  for (;;) {
    if (std::optional<AppendOutcome> outcome = writer.Poll()) return *std::move(outcome);
    std::this_thread::yield();
  }
}

inline absl::StatusOr<LogPosition> ProduceAndWait(Log& log, TopicPartition tp, Outgoing record) {
  auto answer = std::make_shared<std::promise<absl::StatusOr<LogPosition>>>();
  std::future<absl::StatusOr<LogPosition>> position = answer->get_future();
  (*log.OpenProducer())->Append(tp, std::move(record), [answer](absl::StatusOr<LogPosition> at) {
    answer->set_value(std::move(at));
  });
  return position.get();
}

// Everything from `from` to the end as asked at the beginning.
inline absl::StatusOr<std::vector<LogEntry>> ReadToEnd(Log& log, TopicPartition tp,
                                                       LogPosition from = {0}) {
  auto reader = log.OpenReader(tp, from);
  if (!reader.ok()) return reader.status();
  (*reader)->AskEnd();
  const LogPosition end = **(*reader)->EndAnswer();
  std::vector<LogEntry> all;
  while ((*reader)->position() < end) {
    auto some = (*reader)->Read(1'000, size_t{1} << 20);
    if (!some.ok()) return some.status();
    if (some->empty()) return absl::InternalError("an empty read before the end");
    for (LogEntry& entry : *some) all.push_back(std::move(entry));
  }
  return all;
}

inline std::unique_ptr<RocksdbLog> OpenLog(RocksdbLog::Options options) {
  auto log = RocksdbLog::Open(std::move(options));
  EXPECT_TRUE(log.ok()) << log.status();
  return log.ok() ? *std::move(log) : nullptr;
}

inline absl::Status StatusOfOpening(RocksdbLog::Options options) {
  return RocksdbLog::Open(std::move(options)).status();
}

}  // namespace lastmeter
