#include "services/common/shutdown.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "services/common/logging.h"

namespace lastmeter {

struct Shutdown::Impl {
  void Set() {
    std::lock_guard lock(mutex);
    requested = true;
    changed.notify_all();
  }

  void Listen() {
    while (true) {
      std::array<pollfd, 2> fds{pollfd{signals, POLLIN, 0}, pollfd{leave, POLLIN, 0}};
      if (poll(fds.data(), fds.size(), -1) < 0) continue;
      if (fds[1].revents != 0) return;
      signalfd_siginfo info{};
      if (read(signals, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
      const int signal = static_cast<int>(info.ssi_signo);
      // A signal after Request() counts as the second too: the end is under way already.
      bool second;
      std::function<void()> last;
      {
        std::lock_guard lock(mutex);
        second = requested;
        last = before_end_at_once;
      }
      if (second) {
        if (last) last();
        _exit(128 + signal);
      }
      logging::Info("stopping; a second signal ends at once", {{"signal", signal}});
      Set();
    }
  }

  int signals = -1;
  int leave = -1;
  sigset_t before{};
  mutable std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex.
  bool requested = false;
  std::function<void()> before_end_at_once;
  std::thread thread;
};

Shutdown::Shutdown() : impl_(std::make_unique<Impl>()) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  LM_CHECK(pthread_sigmask(SIG_BLOCK, &set, &impl_->before) == 0);
  impl_->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  impl_->leave = eventfd(0, EFD_CLOEXEC);
  LM_CHECK(impl_->signals >= 0 && impl_->leave >= 0) << "no descriptors at start";
  impl_->thread = std::thread([impl = impl_.get()] { impl->Listen(); });
}

Shutdown::~Shutdown() {
  const uint64_t one = 1;
  LM_CHECK(write(impl_->leave, &one, sizeof one) == static_cast<ssize_t>(sizeof one));
  impl_->thread.join();
  close(impl_->signals);
  close(impl_->leave);
  pthread_sigmask(SIG_SETMASK, &impl_->before, nullptr);
}

bool Shutdown::requested() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->requested;
}

void Shutdown::Wait() {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->requested; });
}

bool Shutdown::WaitFor(int timeout_ms) {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                 [this] { return impl_->requested; });
}

void Shutdown::Request() { impl_->Set(); }

void Shutdown::BeforeEndAtOnce(std::function<void()> last) {
  std::lock_guard lock(impl_->mutex);
  impl_->before_end_at_once = std::move(last);
}

}  // namespace lastmeter
