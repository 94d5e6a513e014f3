#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace lastmeter::query {

// One thread for questions that go over many rows, so that none of the server's threads waits for
// them. Thread-safe.
class BackOffice {
 public:
  BackOffice();
  // Work under way is asked to end; what still waits is dropped.
  ~BackOffice();

  // Queues the work, which gets told when it should give up. False when too much waits already.
  bool Ask(std::function<void(const std::atomic<bool>& stopping)> work);

 private:
  void Run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void(const std::atomic<bool>&)>> waiting_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace lastmeter::query
