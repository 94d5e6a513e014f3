#include "tools/ctl/progress.h"

#include <iostream>

#include "tools/ctl/tool.h"

namespace lastmeter::ctl {

Progress::Progress(std::string what)
    : what_(std::move(what)),
      terminal_(OnTerminal()),
      every_(terminal_ ? 200 : 10'000),
      shown_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { Clear(); }

void Progress::Show(size_t done, size_t total) {
  const auto now = std::chrono::steady_clock::now();
  if (now - shown_ < every_) return;
  shown_ = now;
  std::string text = std::to_string(done);
  if (total > 0) text += " of " + std::to_string(total);
  text += " " + what_;
  if (terminal_) {
    std::cerr << "\r" << text << "\x1b[K" << std::flush;
    on_line_ = true;
  } else {
    std::cerr << "lastmeterctl: " << text << "\n";
  }
}

void Progress::Clear() {
  if (on_line_) std::cerr << "\r\x1b[K" << std::flush;
  on_line_ = false;
}

}  // namespace lastmeter::ctl
