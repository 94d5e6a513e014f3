#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/log/log.h"

namespace lastmeter {

// What a log holds of one topic and partition.
struct LogExtent {
  // Oldest position kept: not 0 where something expired or was given up.
  LogPosition begin;
  // One past the last record, gaps included.
  LogPosition end;
};

// A log that a program's main.cc opened, with what the contract of logs does not tell. What it
// tells must not outlive it.
struct OpenedLog {
  std::unique_ptr<Log> log{};
  // What the operator should know about this opening.
  std::vector<std::string> warnings{};
  // Thread-safe; may wait for brokers.
  std::function<absl::StatusOr<LogExtent>(TopicPartition)> extent{};
  // Whether it shows what is appended after it was opened.
  bool live = false;
  // What stands before its topics' names, and what it calls a position.
  std::string topic_prefix{};
  std::string position_word = "position";

  // "lastmeter.case.event.v1/3", and the same with "offset 17", for messages.
  std::string Where(TopicPartition tp) const;
  std::string Where(TopicPartition tp, LogPosition position) const;
};

// Opens the event log of a partition at its first record.
// Errors: kOutOfRange when the records at its beginning are gone, so that neither chain nor
// decisions can be judged: names topic, partition and the first record kept. As of
// Log::OpenReader.
absl::StatusOr<std::unique_ptr<LogReader>> OpenAtFirstRecord(const OpenedLog& opened,
                                                             PartitionId partition);

}  // namespace lastmeter
