#pragma once

#include <csignal>
#include <functional>
#include <memory>

namespace lastmeter {

// Turns SIGTERM and SIGINT into a flag to wait for. Construct one in main before any other thread
// is started: the signals are blocked in this thread, hence in all that it starts, and taken by a
// thread of its own. A second signal ends the process at once (128 + signal). SIGPIPE is ignored.
// Programs that are started later inherit the blocked signals unless their starter restores them.
class Shutdown {
 public:
  Shutdown();
  ~Shutdown();
  Shutdown(const Shutdown&) = delete;
  Shutdown& operator=(const Shutdown&) = delete;

  // From any thread.
  bool requested() const;
  void Wait();
  // True when requested within the time.
  bool WaitFor(int timeout_ms);
  // Asks for the end from inside, as a first signal would.
  void Request();
  // What is still done, on the listening thread, before a second signal ends the process: a
  // terminal given back, for example. It must not wait for anything.
  void BeforeEndAtOnce(std::function<void()> last);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lastmeter
