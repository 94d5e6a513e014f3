#include "engine/runtime/runner.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

// How often a busy partition shows how it is doing.
constexpr uint64_t kStepsBetweenShows = 16;

Millis Doubled(int failures) {
  return {std::min<int64_t>(5000, int64_t{100} << std::min(failures - 1, 10))};
}

bool Passes(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

}  // namespace

std::string_view ToString(RunnerStatus::State state) {
  switch (state) {
    case RunnerStatus::State::kOpening:
      return "opening";
    case RunnerStatus::State::kRunning:
      return "running";
    case RunnerStatus::State::kHeld:
      return "held";
    case RunnerStatus::State::kFailed:
      return "failed";
  }
  return "unknown";
}

PartitionRunner::PartitionRunner(RunnerOptions options, Log* log, ClockSource* clock,
                                 DecideGuard* guard)
    : options_(std::move(options)), log_(log), clock_(clock), guard_(guard) {}

PartitionRunner::~PartitionRunner() { Stop(); }

void PartitionRunner::Start() {
  LM_CHECK(!thread_.joinable()) << "started twice";
  thread_ = std::thread([this] { Run(); });
}

void PartitionRunner::AskToStop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
}

void PartitionRunner::Stop() {
  AskToStop();
  if (thread_.joinable()) thread_.join();
}

RunnerStatus PartitionRunner::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void PartitionRunner::Wake() {
  {
    std::lock_guard lock(mutex_);
    if (awake_) return;
    awake_ = true;
  }
  wake_.notify_all();
}

bool PartitionRunner::Stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

bool PartitionRunner::Rest(Millis real) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(real.ms), [this] { return stopping_; });
}

bool PartitionRunner::Wait(Millis real) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::milliseconds(real.ms), [this] { return awake_ || stopping_; });
  awake_ = false;
  return !stopping_;
}

void PartitionRunner::Publish(const Partition& partition) {
  PartitionStatus now = partition.status();
  std::lock_guard lock(mutex_);
  status_.state = !partition.running()                         ? RunnerStatus::State::kOpening
                  : now.state == PartitionStatus::State::kHeld ? RunnerStatus::State::kHeld
                                                               : RunnerStatus::State::kRunning;
  status_.partition = std::move(now);
}

absl::Status PartitionRunner::Own() {
  {
    std::lock_guard lock(mutex_);
    ++status_.openings;
    status_.state = RunnerStatus::State::kOpening;
  }
  LM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, options_.open_store());
  PartitionOptions options = options_.partition;
  options.clock_before = anchor_;
  LM_ASSIGN_OR_RETURN(auto partition,
                      Partition::Open(std::move(options), log_, store.get(), clock_, guard_));
  // Before the first step: what happens between a step and the wait must end the wait.
  auto registration = log_->OnActivity(options_.partition.partition, [this] { Wake(); });
  uint64_t unshown = 0;
  while (!Stopping()) {
    StepResult result = partition->Step();
    if (!result.status.ok()) {
      if (auto anchor = partition->clock_anchor()) anchor_ = anchor;
      return result.status;
    }
    if (partition->running()) failures_ = 0;
    if (++unshown >= kStepsBetweenShows || !result.again) {
      Publish(*partition);
      unshown = 0;
    }
    if (result.rest.ms > 0) {
      if (!Rest(result.rest)) break;
      continue;
    }
    if (!result.again && !Wait(clock_->RealTime(result.wake_in))) break;
  }
  anchor_ = partition->clock_anchor();
  return absl::OkStatus();
}

void PartitionRunner::Run() {
  while (!Stopping()) {
    absl::Status status = Own();
    if (status.ok()) return;
    {
      std::lock_guard lock(mutex_);
      status_.last_failure = status;
      status_.state = Passes(status) ? RunnerStatus::State::kOpening : RunnerStatus::State::kFailed;
    }
    if (!Passes(status)) {
      if (options_.on_given_up) options_.on_given_up(partition(), status);
      return;
    }
    if (options_.on_trouble) options_.on_trouble(partition(), status);
    ++failures_;
    // Activity of the log is no reason to come back sooner.
    Millis pause = options_.backoff ? options_.backoff(failures_) : Doubled(failures_);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::milliseconds(pause.ms), [this] { return stopping_; });
  }
}

void Runtime::Start() {
  for (auto& runner : runners_) runner->Start();
}

void Runtime::Stop() {
  for (auto& runner : runners_) runner->Stop();
}

std::vector<std::pair<PartitionId, RunnerStatus>> Runtime::status() const {
  std::vector<std::pair<PartitionId, RunnerStatus>> all;
  for (const auto& runner : runners_) all.emplace_back(runner->partition(), runner->status());
  return all;
}

absl::Status Runtime::Ready() const {
  for (const auto& [partition, status] : status()) {
    const absl::Status& trouble = status.partition.trouble;
    // Inputs that were accepted and are gone: nothing else would ever say so.
    const bool lost = trouble.code() == absl::StatusCode::kOutOfRange ||
                      trouble.code() == absl::StatusCode::kDataLoss;
    if (status.state == RunnerStatus::State::kRunning && !lost) continue;
    std::string text = "partition " + std::to_string(partition.value) + " is " +
                       std::string(ToString(status.state));
    const absl::Status& why =
        lost || status.state == RunnerStatus::State::kHeld ? trouble : status.last_failure;
    if (!why.ok()) text += ": " + std::string(why.message());
    return MakeStatus(absl::StatusCode::kUnavailable, text);
  }
  return absl::OkStatus();
}

}  // namespace lastmeter
