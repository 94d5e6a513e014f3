#pragma once

#include <sys/types.h>

#include <memory>
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

// A serving program on a free port. Only this process is ever signalled; it is killed when the
// object goes.
class ServerProcess {
 public:
  // `lastmeter serve`. `errors`: file that standard error is appended to. `before`: words put
  // before the program, for example {"/usr/bin/setpriv", …}.
  ServerProcess(const std::vector<std::string>& arguments, const std::string& errors,
                const std::vector<std::string>& before = {});
  // `program` in the folder of programs, for example "lastmeter-gateway".
  static std::unique_ptr<ServerProcess> Start(const std::string& program,
                                              const std::vector<std::string>& arguments,
                                              const std::string& errors);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Waits for the line that says it is ready; its port. Empty when it ended, or at the time limit.
  std::optional<uint16_t> WaitReady(int timeout_ms);
  // True when it ended by itself within the time.
  bool WaitEnd(int timeout_ms);
  void Kill();
  // SIGSTOP and SIGCONT.
  void Freeze();
  void Thaw();
  // SIGTERM, and waits.
  void Terminate();
  // Exit code, or 128 + signal; after its end.
  int code() const { return code_; }

 private:
  struct Words {
    std::vector<std::string> all;
  };
  ServerProcess(Words words, const std::string& errors);
  // Until `*end_ms` is past, or standard output has ended.
  bool Fill(int64_t end_ms);
  void Reap();

  pid_t pid_ = -1;
  int out_ = -1;
  int code_ = -1;
  std::string text_;
};

}  // namespace lastmeter::test
