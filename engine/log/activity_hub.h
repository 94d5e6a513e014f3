#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/log/log.h"

namespace lastmeter {

// Keeps the wake-up calls of Log::OnActivity for one log. Thread-safe.
class ActivityHub {
 public:
  ActivityHub();
  ~ActivityHub();
  ActivityHub(const ActivityHub&) = delete;
  ActivityHub& operator=(const ActivityHub&) = delete;

  // The handle may outlive the hub. It must not be destroyed inside its own wake-up call, which
  // it would wait for.
  std::unique_ptr<Log::Registration> Register(PartitionId partition, std::function<void()> wake);

  // Calls everybody who registered for the partition, on the calling thread.
  void Notify(PartitionId partition);

 private:
  struct Entry {
    std::mutex mutex;
    // Empty once the registration has ended. Called with the mutex held, so that ending a
    // registration waits for a call under way.
    std::function<void()> wake;
  };
  class Handle;

  std::mutex mutex_;
  // Entries are owned by their handle and, for the length of a call, by Notify.
  std::map<PartitionId, std::vector<std::weak_ptr<Entry>>> entries_;
};

}  // namespace lastmeter
