#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lastmeter::ctl {

// Wakes the thread that waits for what a log's threads bring. A ring that comes before the wait
// counts. Thread-safe.
class Bell {
 public:
  void Ring() {
    std::lock_guard lock(mutex_);
    rung_ = true;
    heard_.notify_all();
  }

  // False when nothing rang in time.
  bool Wait(std::chrono::milliseconds within) {
    std::unique_lock lock(mutex_);
    const bool rung = heard_.wait_for(lock, within, [&] { return rung_; });
    rung_ = false;
    return rung;
  }

 private:
  std::mutex mutex_;
  std::condition_variable heard_;
  bool rung_ = false;
};

}  // namespace lastmeter::ctl
