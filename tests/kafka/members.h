// Members of one consumer group, for tests.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/log_kafka/membership.h"

namespace lastmeter {

// Who owns what by its own belief, for all members of a test, with every overlap noted.
class Ledger {
 public:
  void Owns(const std::string& who, const std::vector<PartitionId>& owned) {
    std::lock_guard lock(mutex_);
    owned_[who].clear();
    for (PartitionId p : owned) {
      for (const auto& [other, theirs] : owned_) {
        if (std::find(theirs.begin(), theirs.end(), p) != theirs.end()) {
          overlaps_.push_back(other + " and " + who + " own " + std::to_string(p.value));
        }
      }
    }
    owned_[who] = owned;
    ++calls_[who];
    changed_.notify_all();
  }
  void Ended(const std::string& who, const absl::Status& why) {
    std::lock_guard lock(mutex_);
    ended_[who] = why;
    changed_.notify_all();
  }

  // Whether it comes to `ready` within the time; it is asked after every change.
  bool Until(const std::function<bool()>& ready, std::chrono::seconds within = Long()) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, ready);
  }
  // Until the member owns so many partitions.
  bool Comes(const std::string& who, size_t count, std::chrono::seconds within = Long()) {
    return Until([&] { return owned_[who].size() == count; }, within);
  }
  bool Ends(const std::string& who) {
    return Until([&] { return ended_.contains(who); });
  }

  std::vector<PartitionId> of(const std::string& who) {
    std::lock_guard lock(mutex_);
    return owned_[who];
  }
  int calls(const std::string& who) {
    std::lock_guard lock(mutex_);
    return calls_[who];
  }
  absl::Status end_of(const std::string& who) {
    std::lock_guard lock(mutex_);
    return ended_[who];
  }
  std::vector<std::string> overlaps() {
    std::lock_guard lock(mutex_);
    return overlaps_;
  }

  static constexpr std::chrono::seconds Long() { return std::chrono::seconds(60); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<PartitionId>> owned_;
  std::map<std::string, int> calls_;
  std::map<std::string, absl::Status> ended_;
  std::vector<std::string> overlaps_;
};

}  // namespace lastmeter
