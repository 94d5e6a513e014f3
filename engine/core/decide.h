#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/core/state.h"
#include "lastmeter/event/v1/record.pb.h"

namespace lastmeter {

// Raised by every change of Decide that changes any golden log, or could have changed a real one:
//   2  provisional limits after a level was raised
//   3  of several open cases of one household a report joins the one with the lowest number
//   4  several departments may be asked at a time; incidents; nights and the rota; what is promised
//      on hold waits; nothing is taken back that somebody had acted on
inline constexpr uint32_t kDeciderVersion = 6;

// One input as it stands in an input log.
struct LogInput {
  lastmeter::event::v1::InputTopic topic = lastmeter::event::v1::INPUT_TOPIC_REPORT;
  LogPosition position;
  // When the log took it; used for bytes that carry no accept time of their own.
  Timestamp appended_at;
  std::string bytes;
};

// The earliest instant of a case has come.
struct TimerInput {
  CaseNumber number;
  Timestamp due;
  // An input log could not be read for a while; answers may exist that were not seen.
  bool inputs_unseen = false;
};

// What was folded up to here was written on another log.
struct MovedFrom {
  // Identity of the log before.
  std::string cluster_id;
  // Where the inputs that are not decided yet begin in the new log's topics.
  LogPosition next_report;
  LogPosition next_command;
};

// Inputs of the engine itself.
struct OwnershipInput {
  std::string instance;
  PartitionId partition;
  uint32_t partition_count = 0;
  std::string cluster_id;
  std::optional<MovedFrom> moved_from = std::nullopt;
};
struct HeartbeatInput {};
struct DayInput {};
struct ClockAgreedInput {
  Timestamp wall;
};
// The input was being decided when the process ended, `attempts` times.
struct PoisonInput {
  LogInput input;
  uint32_t attempts = 0;
};
struct PoisonTimer {
  TimerInput timer;
  uint32_t attempts = 0;
};

// A case's provisional limits are computed again by the calendar in force.
struct RecomputeInput {
  CaseNumber number;
};

using Input = std::variant<LogInput, TimerInput, OwnershipInput, HeartbeatInput, DayInput,
                           ClockAgreedInput, PoisonInput, PoisonTimer, RecomputeInput>;

// The records of one decision, complete but for seq, chain, log time and epoch, which
// Seal (codec.h) fills in. Never empty, at most 256.
using Decision = std::vector<lastmeter::event::v1::Record>;

// Decides one input. Pure: the same state, input and log time give the same bytes, on every
// machine. Never refuses to answer: what may not be done is a CommandRejected, what cannot be read
// opens an "unreadable" case or is rejected.
Decision Decide(const PartitionState& state, const Input& input, Timestamp log_time);

// Rebuilds the input that a stored decision answers, from its first record. For re-decision.
Input InputOf(const lastmeter::event::v1::Record& first);

}  // namespace lastmeter
