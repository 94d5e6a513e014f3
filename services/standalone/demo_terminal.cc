#include "services/standalone/demo_terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace lastmeter::demo {
namespace {

constexpr char kEnter[] = "\x1b[?1049h\x1b[?25l\x1b[2J";
// Emptied first: a terminal that was resized meanwhile may keep what it has no older rows for.
constexpr char kLeave[] = "\x1b[0m\x1b[2J\x1b[?25h\x1b[?1049l";

// Whether the board has the terminal now.
std::atomic<bool> taken{false};

// Writes all of it, or gives up when the terminal is gone.
void Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      if (poll(&ready, 1, 1000) <= 0) return;
    } else if (n < 0 && errno != EINTR) {
      return;
    }
  }
}

// A failed check ends in SIGABRT: its message must be readable.
void OnAbort(int signal) {
  [[maybe_unused]] const ssize_t n = write(STDOUT_FILENO, kLeave, sizeof kLeave - 1);
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  sigaction(signal, &plain, nullptr);
  raise(signal);
}

void CatchAborts(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS}) sigaction(signal, &action, nullptr);
}

}  // namespace

bool HasTerminal() {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

Terminal::Terminal() {
  CatchAborts(OnAbort);
  taken = true;
  Write(kEnter);
}

Terminal::~Terminal() { Restore(); }

BoardSize Terminal::size() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

void Terminal::Show(const std::vector<std::string>& rows) {
  if (!taken) return;
  const BoardSize now = size();
  std::string out;
  if (now.columns != shown_size_.columns || now.rows != shown_size_.rows) {
    shown_.clear();
    shown_size_ = now;
    out += "\x1b[2J";
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i < shown_.size() && shown_[i] == rows[i]) continue;
    absl::StrAppend(&out, "\x1b[", i + 1, ";1H", rows[i]);
  }
  shown_ = rows;
  Write(out);
}

void Terminal::Restore() {
  GiveBack();
  CatchAborts(SIG_DFL);
}

void Terminal::GiveBack() {
  if (taken.exchange(false)) Write(kLeave);
}

}  // namespace lastmeter::demo
