#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/numbers.h"
#include "engine/base/check.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tests/bench/engine_rig.h"
#include "tests/bench/modes.h"

namespace lastmeter::bench {
namespace {

// Reads the event log as a subscriber does, and notes when each report's event could be read.
class EventWatcher {
 public:
  EventWatcher(Log& log, size_t reports) : read_at_us_(reports) {
    for (uint32_t i = 0; i < log.identity().partition_count; ++i) {
      auto reader = log.OpenReader({Topic::kEvent, {i}}, {0});
      LM_CHECK(reader.ok()) << reader.status().ToString();
      readers_.push_back(*std::move(reader));
      registrations_.push_back(log.OnActivity({i}, [this] {
        std::lock_guard lock(mutex_);
        awake_ = true;
        wake_.notify_one();
      }));
    }
    thread_ = std::thread([this] { Run(); });
  }
  ~EventWatcher() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = awake_ = true;
      wake_.notify_one();
    }
    thread_.join();
  }

  uint64_t seen() const { return seen_; }
  // 0: not yet. To be asked once `seen` says that all are there.
  int64_t read_at_us(size_t i) const { return read_at_us_[i]; }

 private:
  void Run() {
    while (true) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return awake_; });
        awake_ = false;
        if (stopping_) return;
      }
      for (auto& reader : readers_) {
        while (true) {
          auto entries = reader->Read(4096, 4 << 20);
          LM_CHECK(entries.ok()) << entries.status().ToString();
          if (entries->empty()) break;
          for (const LogEntry& entry : *entries) Take(entry);
        }
      }
    }
  }

  void Take(const LogEntry& entry) {
    event::v1::Record record;
    LM_CHECK(record.ParseFromString(entry.value)) << "not a record";
    if (!record.event().has_case_opened()) return;
    uint64_t i = 0;
    const std::string& id = record.event().case_opened().report_id();
    LM_CHECK(absl::SimpleAtoi(id.substr(id.find('-') + 1), &i)) << id;
    read_at_us_.at(i) = NowUs();
    ++seen_;
  }

  std::vector<int64_t> read_at_us_;
  std::atomic<uint64_t> seen_{0};
  std::vector<std::unique_ptr<LogReader>> readers_;
  std::vector<std::unique_ptr<Log::Registration>> registrations_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = true;
  bool stopping_ = false;
  std::thread thread_;
};

const char* Budget(const LoadOptions& options) {
  if (options.brokers.empty()) {
    return options.rate <= 500 ? "p50 ≤ 2 ms, p99 ≤ 10 ms" : "p99 ≤ 30 ms at half of full load";
  }
  return options.rate <= 500 ? "p50 ≤ 8 ms, p99 ≤ 30 ms" : "p99 ≤ 100 ms at half of full load";
}

}  // namespace

int RunLatency(const LoadOptions& options) {
  FillClock clock;
  const Workload workload({.rung_minutes = 60 * 24, .partitions = options.partitions});
  auto opened = EngineRig::Open(RigOptions(options, &clock));
  LM_CHECK(opened.ok()) << opened.status().ToString();
  EngineRig& rig = **opened;
  rig.Start();
  rig.Install(workload);
  const uint64_t count = static_cast<uint64_t>(options.rate * options.seconds);
  std::vector<int64_t> sent_at_us(count);
  Samples samples;
  {
    EventWatcher watcher(rig.log(), count);
    Say("sends " + Grouped(options.rate) + " reports a second for " +
        std::to_string(options.seconds) + " s");
    const int64_t start = NowUs();
    for (uint64_t i = 0; i < count; ++i) {
      // By schedule: a sender that was held up must not hide how long its reports waited.
      const int64_t due = start + static_cast<int64_t>(i) * 1'000'000 / options.rate;
      const int64_t ahead = due - NowUs();
      if (ahead > 0) std::this_thread::sleep_for(std::chrono::microseconds(ahead));
      sent_at_us[i] = due;
      rig.Append(workload.Report(i, clock.Wall(), true));
    }
    while (watcher.seen() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The first second warms up caches and files.
    for (uint64_t i = std::min<uint64_t>(count - 1, options.rate); i < count; ++i) {
      samples.Add(watcher.read_at_us(i) - sent_at_us[i]);
    }
  }
  rig.Stop();
  Row(Grouped(options.rate) + " reports a second: from sending to the event read", samples.Text(),
      Budget(options));
  return 0;
}

}  // namespace lastmeter::bench
