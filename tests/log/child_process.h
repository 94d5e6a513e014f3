#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

extern char** environ;

namespace lastmeter {

// A program that was started with its standard output read by us. Killed with the object.
class ChildProcess {
 public:
  explicit ChildProcess(const std::vector<std::string>& command) {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    std::vector<char*> argv;
    for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) std::abort();
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(fds[1]);
    output_ = fds[0];
  }

  ~ChildProcess() {
    if (pid_ > 0) {
      Kill();
      Wait();
    }
    ::close(output_);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next whole line, without its end. Empty when there will be none.
  std::optional<std::string> Line() {
    for (;;) {
      if (const size_t end = buffer_.find('\n', start_); end != std::string::npos) {
        std::string line = buffer_.substr(start_, end - start_);
        start_ = end + 1;
        return line;
      }
      buffer_.erase(0, start_);
      start_ = 0;
      char bytes[4'096];
      const ssize_t n = ::read(output_, bytes, sizeof bytes);
      if (n <= 0) return std::nullopt;
      buffer_.append(bytes, static_cast<size_t>(n));
    }
  }

  void Kill() { ::kill(pid_, SIGKILL); }

  // The status as waitpid gives it.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string buffer_;
  size_t start_ = 0;
};

// A program built beside the test that calls this.
inline std::string Beside(const std::string& name) {
  char self[4'096];
  const ssize_t size = ::readlink("/proc/self/exe", self, sizeof self);
  const std::string path(self, size > 0 ? static_cast<size_t>(size) : 0);
  return path.substr(0, path.rfind('/') + 1) + name;
}

}  // namespace lastmeter
