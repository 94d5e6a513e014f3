#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/tokens.h"

// How the gateway learns what its inputs came to, without knowing who folds the event log.
namespace lastmeter {

// What a decided input came to.
struct Outcome {
  // Who sent the input that was decided; a repeat may come from somebody else.
  std::string actor;
  // Fingerprint of that input; see below.
  std::string fingerprint;
  // The case touched; empty for the engine's own.
  std::string case_number;
  std::vector<lastmeter::api::v1::EventView> events;
};

// Names an input. Reports and commands have ids of their own, and so has every partition.
struct InputName {
  bool is_report = false;
  PartitionId partition;
  std::string id;
  auto operator<=>(const InputName&) const = default;
};

// The report or the command log of one partition.
struct InputLog {
  bool is_report = false;
  PartitionId partition;
};

// A turn of one of a case's works; both count from 1.
struct TurnName {
  uint32_t work_id = 0;
  uint32_t turn = 0;
};

// An input that was decided before.
struct KnownInput {
  std::string actor;
  std::string fingerprint;
  // Where it stands in its input log.
  LogPosition position;
};

// Implemented by the read side. Thread-safe.
class Outcomes {
 public:
  using Callback = std::function<void(std::optional<Outcome>)>;

  virtual ~Outcomes() = default;

  // What is known of an input. Behind the log by as much as the read side is.
  virtual std::optional<KnownInput> FindInput(const InputName& input) const = 0;

  // Calls back exactly once, on any thread and possibly before it returns: with what the partition
  // made of the input, or with nothing after `at_most` or when the read side stops.
  // To be called before the input is appended, so that no decision can slip past.
  virtual void WaitFor(InputName input, Millis at_most, Callback callback) = 0;

  // The case as the caller may see it; empty when it may not, or when there is none.
  virtual std::optional<lastmeter::api::v1::Case> FindCase(const Caller& caller,
                                                           std::string_view number) const = 0;

  // What the partition's rules in force say of a kind of report; empty for one that they do not
  // list. Behind the log by as much as the read side is.
  virtual std::optional<lastmeter::rules::v1::Kind> FindKind(PartitionId partition,
                                                             std::string_view code) const = 0;

  // Whether `GET /v1/turns` shows the caller this turn of the case's planned work. Behind the log
  // by as much as the read side is.
  virtual bool ShowsTurn(const Caller& caller, std::string_view number, TurnName turn) const = 0;

  // Position before which every input of this log is known to be decided. Behind the truth by as
  // much as the read side is; 0 while nothing is known.
  virtual LogPosition UndecidedFrom(InputLog log) const = 0;
};

// 16 bytes that two inputs share when they ask for the same: everything but when they were
// accepted. Tells a repeat from a second request under a key that was used before.
std::string Fingerprint(lastmeter::report::v1::HardshipReport report);
std::string Fingerprint(lastmeter::command::v1::Command command);

}  // namespace lastmeter
