#include "engine/log/activity_hub.h"

#include <utility>

namespace lastmeter {

class ActivityHub::Handle final : public Log::Registration {
 public:
  explicit Handle(std::shared_ptr<Entry> entry) : entry_(std::move(entry)) {}
  ~Handle() override {
    std::lock_guard lock(entry_->mutex);
    entry_->wake = nullptr;
  }

 private:
  std::shared_ptr<Entry> entry_;
};

ActivityHub::ActivityHub() = default;
ActivityHub::~ActivityHub() = default;

std::unique_ptr<Log::Registration> ActivityHub::Register(PartitionId partition,
                                                         std::function<void()> wake) {
  auto entry = std::make_shared<Entry>();
  entry->wake = std::move(wake);
  std::lock_guard lock(mutex_);
  std::vector<std::weak_ptr<Entry>>& entries = entries_[partition];
  std::erase_if(entries, [](const std::weak_ptr<Entry>& e) { return e.expired(); });
  entries.push_back(entry);
  return std::make_unique<Handle>(std::move(entry));
}

void ActivityHub::Notify(PartitionId partition) {
  std::vector<std::shared_ptr<Entry>> called;
  {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(partition);
    if (found == entries_.end()) return;
    for (const std::weak_ptr<Entry>& weak : found->second) {
      if (std::shared_ptr<Entry> entry = weak.lock()) called.push_back(std::move(entry));
    }
  }
  for (const std::shared_ptr<Entry>& entry : called) {
    std::lock_guard lock(entry->mutex);
    if (entry->wake) entry->wake();
  }
}

}  // namespace lastmeter
