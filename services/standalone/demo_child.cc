#include "services/standalone/demo_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"

namespace lastmeter::demo {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(20);
constexpr size_t kLastWords = 1500;

// Starts the program with standard output and error in `out`. Between fork and exec nothing is done
// that another thread's lock could stop.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& words, int out) {
  if (access(words[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat(words[0], " is missing; build it"));
  }
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return absl::UnavailableError(absl::StrCat(words[0], ": ", std::strerror(errno)));
  }
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  // A terminal's Ctrl-C is for the demonstration, which tells the others itself.
  setpgid(0, 0);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  // The signals that this process takes on a thread of its own are blocked here.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

int CodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

absl::StatusOr<Ended> RunProgram(const std::vector<std::string>& words) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::UnavailableError("no pipe to another program");
  const auto pid = Spawn(words, ends[1]);
  close(ends[1]);
  if (!pid.ok()) {
    close(ends[0]);
    return pid.status();
  }
  Ended ended;
  char piece[4096];
  for (;;) {
    const ssize_t n = read(ends[0], piece, sizeof piece);
    if (n > 0) {
      ended.output.append(piece, static_cast<size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      break;
    }
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  ended.code = CodeOf(status);
  return ended;
}

absl::StatusOr<std::unique_ptr<Child>> Child::Start(const std::vector<std::string>& words,
                                                    const std::string& output) {
  const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return absl::UnavailableError(absl::StrCat(output, ": ", std::strerror(errno)));
  const auto pid = Spawn(words, file);
  close(file);
  if (!pid.ok()) return pid.status();
  return std::unique_ptr<Child>(new Child(*pid, output));
}

Child::~Child() {
  if (!Running()) return;
  kill(pid_, SIGKILL);
  AwaitEnd(Seconds(5));
}

bool Child::Running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Child::Ask() {
  if (pid_ >= 0) kill(pid_, SIGTERM);
}

void Child::AwaitEnd(Millis grace) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(grace.ms);
  while (Running()) {
    if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::string Child::ReadyUrl() const {
  std::ifstream said(output_);
  for (std::string line; std::getline(said, line);) {
    if (line.rfind("ready http", 0) == 0 && !said.eof()) return line.substr(6);
  }
  return "";
}

std::string Child::LastWords() const {
  std::stringstream said;
  said << std::ifstream(output_).rdbuf();
  const std::string all = said.str();
  return all.size() > kLastWords ? all.substr(all.size() - kLastWords) : all;
}

}  // namespace lastmeter::demo
