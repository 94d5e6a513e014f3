#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/log/log.h"

namespace CLI {
class App;
}

// What the subcommands share. Each has a file of its own with two functions: one that adds it to
// the command line and gives the function that runs it once the line, environment and file were
// read.
namespace lastmeter::ctl {

// Where an installation lies.
struct Place {
  std::string data_dir;
  // Empty: where the server keeps it unless told otherwise.
  std::string witness;
};

struct OpenedLog {
  std::unique_ptr<Log> log;
  // What the operator should know about this opening.
  std::vector<std::string> warnings;
};

// The back ends, which only main.cc names.
struct Backends {
  // To look at, beside a running server too; as it is at the moment of opening.
  std::function<absl::StatusOr<OpenedLog>(const Place&)> open_to_read;
  // Takes what is left after a loss and makes the witness agree.
  std::function<absl::StatusOr<OpenedLog>(const Place&)> accept_loss;
};

using Run = std::function<int()>;

struct Subcommand {
  CLI::App* app;
  Run run;
};

void AddLog(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddVerify(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddAsOf(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all);
void AddRules(CLI::App& app, std::vector<Subcommand>* all);
void AddTokens(CLI::App& app, std::vector<Subcommand>* all);
void AddClock(CLI::App& app, std::vector<Subcommand>* all);

// Prints "lastmeterctl: …" to standard error and gives the code back.
int Fail(int code, std::string_view message);
// With the exit code that stands for the error.
int Fail(const absl::Status& status);

void AddPlace(CLI::App* app, Place* place);
// Opens to read and prints the warnings; on failure `code` is what to exit with.
std::unique_ptr<Log> OpenOrFail(const Backends& backends, const Place& place, int* code);

// Hands over the event log of a partition from `from` to where it ends when this is called; ends
// with the first error. `next` is where to go on, and may be null.
using TakeEntry = std::function<absl::Status(const LogEntry&)>;
absl::Status Walk(Log& log, PartitionId partition, LogPosition from, const TakeEntry& take,
                  LogPosition* next = nullptr);

// Records in the event logs, roughly where positions have gaps; for progress.
int64_t CountRecords(Log& log, const std::vector<PartitionId>& partitions);

// Whether people watch standard error.
bool OnTerminal();

}  // namespace lastmeter::ctl
