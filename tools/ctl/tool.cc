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

absl::Status Walk(const OpenedLog& opened, PartitionId partition, LogReader& reader,
                  const TakeEntry& take, LogPosition* next) {
  LM_ASSIGN_OR_RETURN(const LogPosition end, EndOf(reader));
  while (reader.position() < end) {
    LM_ASSIGN_OR_RETURN(auto entries, reader.Read(kRecords, kBytes));
    // What lies between here and the end belongs to a transaction that is still open.
    if (entries.empty()) break;
    for (const LogEntry& entry : entries) {
      absl::Status status = take(entry);
      if (status.code() == absl::StatusCode::kCancelled) return status;
      LM_RETURN_IF_ERROR(
          Annotate(status, opened.Where({Topic::kEvent, partition}, entry.position)));
    }
  }
  if (next != nullptr) *next = reader.position();
  return absl::OkStatus();
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

void AddKafka(CLI::App* app, KafkaPlace* kafka) {
  app->add_option("--brokers", kafka->brokers, "Kafka: host:port, comma-separated")->type_name("B");
  app->add_option("--topic-prefix", kafka->topic_prefix, "Stands before the topics' names")
      ->type_name("P");
  app->add_option("--kafka", kafka->properties, "A property of librdkafka; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app->add_option("--kafka-config", kafka->properties_file,
                  "File of such lines; for secrets, which others see on a command line")
      ->type_name("FILE");
}

void AddDataDir(CLI::App* app, Place* place) {
  app->add_option("--data-dir", place->data_dir, "Data folder of the installation")->type_name("D");
  app->add_option("--witness", place->witness, "Tail witness, when the server was given another")
      ->type_name("FILE");
}

void AddPlace(CLI::App* app, Place* place) {
  AddDataDir(app, place);
  AddKafka(app, &place->kafka);
}

std::optional<OpenedLog> OpenOrFail(const Backends& backends, const Place& place, int* code) {
  if (place.data_dir.empty() == place.kafka.brokers.empty()) {
    *code = Fail(kExitUsage, "give the data folder or the brokers: --data-dir D or --brokers B");
    return std::nullopt;
  }
  auto opened = backends.open_to_read(place);
  if (!opened.ok()) {
    // Topics that do not fit together stay so.
    const bool mended_by_waiting = place.kafka.brokers.empty();
    *code = opened.status().code() == absl::StatusCode::kFailedPrecondition && !mended_by_waiting
                ? Fail(kExitBadConfiguration, ToStd(opened.status().message()))
                : Fail(opened.status());
    return std::nullopt;
  }
  for (const std::string& warning : opened->warnings) {
    std::cerr << "lastmeterctl: " << warning << "\n";
  }
  return *std::move(opened);
}

absl::Status WalkAll(const OpenedLog& opened, PartitionId partition, const TakeEntry& take) {
  LM_ASSIGN_OR_RETURN(auto reader, OpenAtFirstRecord(opened, partition));
  return Walk(opened, partition, *reader, take, nullptr);
}

absl::Status WalkFrom(const OpenedLog& opened, PartitionId partition, LogPosition from,
                      const TakeEntry& take, LogPosition* next) {
  LM_ASSIGN_OR_RETURN(auto reader, opened.log->OpenReader({Topic::kEvent, partition}, from));
  return Walk(opened, partition, *reader, take, next);
}

int64_t CountRecords(const OpenedLog& opened, const std::vector<PartitionId>& partitions) {
  int64_t count = 0;
  for (PartitionId partition : partitions) {
    const auto extent = opened.extent({Topic::kEvent, partition});
    if (extent.ok()) count += extent->end.value - extent->begin.value;
  }
  return count;
}

bool OnTerminal() { return ::isatty(STDERR_FILENO) != 0; }

}  // namespace lastmeter::ctl
