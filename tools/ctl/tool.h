#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/log/log.h"
#include "tools/check/opened_log.h"

namespace CLI {
class App;
}

// What the subcommands share. Each has a file of its own with two functions: one that adds it to
// the command line and gives the function that runs it once the line, environment and file were
// read.
namespace lastmeter::ctl {

// Where an installation's Kafka is, as it stands on the command line.
struct KafkaPlace {
  std::string brokers{};
  std::string topic_prefix{};
  // Of the escalator's transactional ids; empty: as the escalator has it by default.
  std::string transactional_prefix{};
  // name=value
  std::vector<std::string> properties{};
  std::string properties_file{};
};

// Where an installation lies: in a folder, or on Kafka.
struct Place {
  std::string data_dir{};
  // Empty: where the server keeps it unless told otherwise.
  std::string witness{};
  KafkaPlace kafka{};
};

// The back ends, which only main.cc names.
struct Backends {
  // To look at, beside running servers too, whose writers are left alone. An embedded log is shown
  // as it is at the moment of opening.
  std::function<absl::StatusOr<OpenedLog>(const Place&)> open_to_read;
  // To move away from: nobody else may use it meanwhile, as far as that can be seen to.
  std::function<absl::StatusOr<OpenedLog>(const Place&)> open_to_leave{};
  // To move to: an embedded log is made with so many partitions where there is none.
  std::function<absl::StatusOr<OpenedLog>(const Place&, uint32_t partitions)> open_to_enter{};
  // Takes what is left after a loss and makes the witness agree.
  std::function<absl::StatusOr<OpenedLog>(const Place&)> accept_loss;
};

using Run = std::function<int()>;

struct Subcommand {
  CLI::App* app;
  Run run;
};

void AddLog(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
// To "log", which must have been added.
void AddLogCopy(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddVerify(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddAsOf(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddRules(CLI::App& app, std::vector<Subcommand>* all);
// To "rules".
void AddRulesWho(CLI::App& rules, std::vector<Subcommand>* all);
void AddRulesLint(CLI::App& rules, std::vector<Subcommand>* all);
void AddTokens(CLI::App& app, std::vector<Subcommand>* all);
void AddClock(CLI::App& app, std::vector<Subcommand>* all);
void AddStatistics(CLI::App& app, std::vector<Subcommand>* all);
void AddImport(CLI::App& app, std::vector<Subcommand>* all);
void AddLedger(CLI::App& app, std::vector<Subcommand>* all);
void AddHandOver(CLI::App& app, std::vector<Subcommand>* all);
void AddCase(CLI::App& app, std::vector<Subcommand>* all);
void AddTurns(CLI::App& app, std::vector<Subcommand>* all);
void AddBulletin(CLI::App& app, std::vector<Subcommand>* all);
// incident_command.cc
void AddIncident(CLI::App& app, std::vector<Subcommand>* all);
void AddReport(CLI::App& app, std::vector<Subcommand>* all);
void AddTopics(CLI::App& app, std::vector<Subcommand>* all);

// Prints "lastmeterctl: …" to standard error and gives the code back.
int Fail(int code, std::string_view message);
// With the exit code that stands for the error.
int Fail(const absl::Status& status);

void AddKafka(CLI::App* app, KafkaPlace* kafka);
void AddDataDir(CLI::App* app, Place* place);
void AddPlace(CLI::App* app, Place* place);
// Opens to read and prints the warnings; on failure `code` is what to exit with.
std::optional<OpenedLog> OpenOrFail(const Backends& backends, const Place& place, int* code);

// Takes records one after another; an error ends the walk with it. kCancelled: enough was seen.
using TakeEntry = std::function<absl::Status(const LogEntry&)>;

// Hands over the event log of a partition from its first record to where it ends when this is
// called; ends with the first error, which names topic, partition and position. kOutOfRange when
// its beginning is gone.
absl::Status WalkAll(const OpenedLog& opened, PartitionId partition, const TakeEntry& take);
// The same from a position on; `next` is where to go on.
absl::Status WalkFrom(const OpenedLog& opened, PartitionId partition, LogPosition from,
                      const TakeEntry& take, LogPosition* next);

// Hands over what follows in these partitions as it comes, of a log that is live, until `take`
// fails. `caught_up` is called whenever nothing more is there.
using TakeOf = std::function<absl::Status(PartitionId, const LogEntry&)>;
absl::Status Follow(const OpenedLog& opened, const std::map<PartitionId, LogPosition>& from,
                    const TakeOf& take, const std::function<void()>& caught_up);

// Records in the event logs, roughly where positions have gaps; for progress.
int64_t CountRecords(const OpenedLog& opened, const std::vector<PartitionId>& partitions);

// Whether people watch standard error.
bool OnTerminal();

}  // namespace lastmeter::ctl
