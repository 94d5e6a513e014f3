#include "services/query/back_office.h"

#include <utility>

namespace lastmeter::query {
namespace {

constexpr size_t kMostWaiting = 8;

}  // namespace

BackOffice::BackOffice() : thread_([this] { Run(); }) {}

BackOffice::~BackOffice() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  thread_.join();
}

bool BackOffice::Ask(std::function<void(const std::atomic<bool>&)> work) {
  std::lock_guard lock(mutex_);
  if (waiting_.size() == kMostWaiting) return false;
  waiting_.push_back(std::move(work));
  wake_.notify_one();
  return true;
}

void BackOffice::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(stopping_);
    // What it holds is let go before anybody else waits for it.
    work = nullptr;
    lock.lock();
  }
}

}  // namespace lastmeter::query
