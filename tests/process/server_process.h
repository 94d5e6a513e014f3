#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

// Programs of lastmeter as processes of their own, for tests that kill or starve them.
namespace lastmeter::test {

struct Ended {
  // Exit code, or 128 + signal.
  int code = -1;
  // Standard output and error together.
  std::string output;
};

// Runs a program to its end. The first word is its path.
Ended RunProgram(const std::vector<std::string>& words);

// `lastmeter serve` on a free port. Only this process is ever signalled; it is killed when the
// object goes.
class ServerProcess {
 public:
  // `errors`: file that standard error is appended to. `before`: words put before the program, for
  // example {"/usr/bin/setpriv", …}.
  ServerProcess(const std::vector<std::string>& arguments, const std::string& errors,
                const std::vector<std::string>& before = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Waits for the line that says it is ready; its port. Empty when it ended, or at the time limit.
  std::optional<uint16_t> WaitReady(int timeout_ms);
  // True when it ended by itself within the time.
  bool WaitEnd(int timeout_ms);
  void Kill();
  // SIGTERM, and waits.
  void Terminate();
  // Exit code, or 128 + signal; after its end.
  int code() const { return code_; }

 private:
  // Until `*end_ms` is past, or standard output has ended.
  bool Fill(int64_t end_ms);
  void Reap();

  pid_t pid_ = -1;
  int out_ = -1;
  int code_ = -1;
  std::string text_;
};

}  // namespace lastmeter::test
