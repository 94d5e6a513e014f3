#include "tools/ctl/tool.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "engine/base/status.h"
#include "services/common/exit_codes.h"

namespace lastmeter::ctl {
namespace {

constexpr size_t kRecords = 4096;
constexpr size_t kBytes = 8 << 20;

absl::StatusOr<LogPosition> EndOf(LogReader& reader) {
  reader.AskEnd();
  std::optional<absl::StatusOr<LogPosition>> answer;
  while (!(answer = reader.EndAnswer())) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return *answer;
}

}  // namespace

int Fail(int code, std::string_view message) {
  std::cout.flush();
  std::cerr << "lastmeterctl: " << message << "\n";
  return code;
}

int Fail(const absl::Status& status) {
  int code = ExitCodeOf(status);
  if (status.code() == absl::StatusCode::kInvalidArgument ||
      status.code() == absl::StatusCode::kNotFound) {
    code = kExitBadConfiguration;
  }
  // "in use by another server": the same command may do later.
  if (status.code() == absl::StatusCode::kFailedPrecondition) code = kExitTryAgain;
  if (status.code() == absl::StatusCode::kOutOfRange) code = kExitVerificationFailed;
  return Fail(code, ToStd(status.message()));
}

void AddPlace(CLI::App* app, Place* place) {
  app->add_option("--data-dir", place->data_dir, "Data folder of the installation")->type_name("D");
  app->add_option("--witness", place->witness, "Tail witness, when the server was given another")
      ->type_name("FILE");
}

std::unique_ptr<Log> OpenOrFail(const Backends& backends, const Place& place, int* code) {
  if (place.data_dir.empty()) {
    *code = Fail(kExitUsage, "give the data folder: --data-dir D");
    return nullptr;
  }
  auto opened = backends.open_to_read(place);
  if (!opened.ok()) {
    *code = Fail(opened.status());
    return nullptr;
  }
  for (const std::string& warning : opened->warnings) {
    std::cerr << "lastmeterctl: " << warning << "\n";
  }
  return std::move(opened->log);
}

absl::Status Walk(Log& log, PartitionId partition, LogPosition from, const TakeEntry& take,
                  LogPosition* next) {
  LM_ASSIGN_OR_RETURN(auto reader, log.OpenReader({Topic::kEvent, partition}, from));
  LM_ASSIGN_OR_RETURN(const LogPosition end, EndOf(*reader));
  while (reader->position() < end) {
    LM_ASSIGN_OR_RETURN(auto entries, reader->Read(kRecords, kBytes));
    for (const LogEntry& entry : entries) LM_RETURN_IF_ERROR(take(entry));
    if (next != nullptr) *next = reader->position();
  }
  return absl::OkStatus();
}

int64_t CountRecords(Log& log, const std::vector<PartitionId>& partitions) {
  int64_t count = 0;
  for (PartitionId partition : partitions) {
    auto reader = log.OpenReader({Topic::kEvent, partition}, {0});
    if (!reader.ok()) continue;
    auto end = EndOf(**reader);
    if (end.ok()) count += end->value;
  }
  return count;
}

bool OnTerminal() { return ::isatty(STDERR_FILENO) != 0; }

}  // namespace lastmeter::ctl
