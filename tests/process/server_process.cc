#include "tests/process/server_process.h"
#include "tests/paths.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

extern char** environ;

namespace lastmeter::test {
namespace {

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Starts the program with its standard output in a pipe; standard error goes to `errors`, or with
// an empty name into the same pipe.
pid_t Spawn(const std::vector<std::string>& words, const std::string& errors, int* out) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  if (errors.empty()) {
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
  }
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) pid = -1;
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  *out = ends[0];
  return pid;
}

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Ended RunProgram(const std::vector<std::string>& words) {
  Ended ended;
  int out = -1;
  const pid_t pid = Spawn(words, "", &out);
  if (pid < 0) return ended;
  char bytes[4096];
  for (ssize_t n; (n = ::read(out, bytes, sizeof bytes)) > 0;) {
    ended.output.append(bytes, static_cast<size_t>(n));
  }
  ::close(out);
  int status = 0;
  ::waitpid(pid, &status, 0);
  ended.code = CodeOf(status);
  return ended;
}

ServerProcess::ServerProcess(const std::vector<std::string>& arguments, const std::string& errors,
                             const std::vector<std::string>& before) {
  std::vector<std::string> words = before;
  words.push_back(test::ProgramPath("lastmeter"));
  words.push_back("serve");
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--listen", "127.0.0.1:0"});
  pid_ = Spawn(words, errors, &out_);
}

std::unique_ptr<ServerProcess> ServerProcess::Start(const std::string& program,
                                                    const std::vector<std::string>& arguments,
                                                    const std::string& errors) {
  std::vector<std::string> words = {test::ProgramPath(program)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--listen", "127.0.0.1:0"});
  return std::unique_ptr<ServerProcess>(new ServerProcess(Words{std::move(words)}, errors));
}

ServerProcess::ServerProcess(Words words, const std::string& errors) {
  pid_ = Spawn(words.all, errors, &out_);
}

ServerProcess::~ServerProcess() {
  Kill();
  if (out_ >= 0) ::close(out_);
}

bool ServerProcess::Fill(int64_t end_ms) {
  pollfd wait{out_, POLLIN, 0};
  const int64_t left = end_ms - NowMs();
  if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) return false;
  char bytes[4096];
  const ssize_t n = ::read(out_, bytes, sizeof bytes);
  if (n <= 0) return false;
  text_.append(bytes, static_cast<size_t>(n));
  return true;
}

std::optional<uint16_t> ServerProcess::WaitReady(int timeout_ms) {
  const int64_t end_ms = NowMs() + timeout_ms;
  do {
    const size_t line = text_.find("ready http://127.0.0.1:");
    if (line != std::string::npos && text_.find('\n', line) != std::string::npos) {
      return static_cast<uint16_t>(std::stoi(text_.substr(text_.rfind(':') + 1)));
    }
  } while (Fill(end_ms));
  return std::nullopt;
}

bool ServerProcess::WaitEnd(int timeout_ms) {
  if (pid_ < 0) return true;
  const int64_t end_ms = NowMs() + timeout_ms;
  // Its end closes its standard output.
  while (Fill(end_ms)) {
  }
  if (NowMs() >= end_ms) return false;
  Reap();
  return true;
}

void ServerProcess::Reap() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  code_ = CodeOf(status);
  pid_ = -1;
}

void ServerProcess::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  Reap();
}

void ServerProcess::Freeze() { ::kill(pid_, SIGSTOP); }
void ServerProcess::Thaw() { ::kill(pid_, SIGCONT); }

void ServerProcess::Terminate() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  if (!WaitEnd(60'000)) Kill();
}

}  // namespace lastmeter::test
