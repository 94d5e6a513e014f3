// A process of its own for the crash tests, which kill it or take its rights and its space away.
//
//   log_child append DIR SEED    appends for ever; says what was acknowledged, a line each:
//                                "topic partition position number"
//   log_child fill DIR           appends until it is refused; the file size limit is 3 MiB. Says
//                                the same lines, then "outcome KIND STATUS"
//   log_child open DIR           as user 65534: says the status of opening for writing
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include "tests/log/rocksdb_helpers.h"

namespace lastmeter {
namespace {

// One write per line: what is in the pipe when we are killed was acknowledged, whole.
void Say(const std::string& line) {
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
}

void SayAcknowledged(TopicPartition tp, LogPosition position, int64_t number) {
  Say(std::to_string(static_cast<int>(tp.topic)) + " " + std::to_string(tp.partition.value) + " " +
      std::to_string(position.value) + " " + std::to_string(number) + "\n");
}

// The number that a record was given, and some weight.
std::string Value(int64_t number) {
  return std::to_string(number) + ":" +
         std::string(static_cast<size_t>(number * 7919 % 3'000), 'x');
}

RocksdbLog::Options Small(const std::string& dir) {
  return {.dir = dir, .partition_count = 2, .memory_budget_bytes = 3 << 20, .min_free_bytes = 0};
}

int AppendForEver(const std::string& dir, int64_t seed) {
  auto log = OpenLog(Small(dir));
  if (!log) return 1;
  int64_t number = seed * 1'000'000;
  std::unique_ptr<LogWriter> writers[] = {*log->OpenWriter({0}, "child"),
                                          *log->OpenWriter({1}, "child")};
  int64_t in_flight[2] = {-1, -1};
  auto producer = *log->OpenProducer();
  for (;;) {
    for (uint32_t p = 0; p < 2; ++p) {
      const TopicPartition tp{Topic::kEvent, {p}};
      if (in_flight[p] >= 0) {
        auto outcome = writers[p]->Poll();
        if (!outcome) continue;
        if (outcome->kind != AppendOutcome::Kind::kCommitted) return 1;
        SayAcknowledged(tp, outcome->last, in_flight[p]);
      }
      in_flight[p] = ++number;
      writers[p]->Start({{"first", Value(number)}, {"last", Value(number)}});
      const int64_t report = ++number;
      producer->Append(kReports0, {"k", Value(report)}, [report](absl::StatusOr<LogPosition> at) {
        if (at.ok()) SayAcknowledged(kReports0, *at, report);
      });
    }
  }
}

int Fill(const std::string& dir) {
  std::signal(SIGXFSZ, SIG_IGN);
  auto log = OpenLog({.dir = dir, .partition_count = 2, .min_free_bytes = 0});
  if (!log) return 1;
  const rlimit limit{3 << 20, 3 << 20};
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
  auto writer = *log->OpenWriter({0}, "child");
  for (int64_t number = 0; number < 10'000; ++number) {
    std::string value = std::to_string(number) + ":" + std::string(500'000, 'x');
    AppendOutcome outcome = AppendAndWait(*writer, {{"k", std::move(value)}});
    if (outcome.kind == AppendOutcome::Kind::kCommitted) {
      SayAcknowledged(kEvents0, outcome.last, number);
      continue;
    }
    Say("outcome " + std::to_string(static_cast<int>(outcome.kind)) + " " +
        std::string(outcome.status.ToString()) + "\n");
    // Broken means broken: no later append may claim to be in.
    auto produced = ProduceAndWait(*log, kReports0, {"k", "v"});
    Say("then " + std::string(produced.status().ToString()) + "\n");
    Say("writer " + std::string(log->OpenWriter({0}, "child").status().ToString()) + "\n");
    return 0;
  }
  return 1;
}

int OpenAsNobody(const std::string& dir) {
  if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 2;
  Say(std::string(StatusOfOpening({.dir = dir}).ToString()) + "\n");
  Say(std::string(StatusOfOpening({.dir = dir, .read_only = true}).ToString()) + "\n");
  return 0;
}

int Main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  if (what == "append" && argc == 4) return AppendForEver(argv[2], std::atoll(argv[3]));
  if (what == "fill") return Fill(argv[2]);
  if (what == "open") return OpenAsNobody(argv[2]);
  std::cerr << "usage: log_child append|fill|open DIR [SEED]\n";
  return 2;
}

}  // namespace
}  // namespace lastmeter

int main(int argc, char** argv) { return lastmeter::Main(argc, argv); }
