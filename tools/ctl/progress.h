#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace lastmeter::ctl {

// How far long work has come, on standard error: a line that renews itself where people watch, and
// otherwise a line every ten seconds, so that a journal shows that something goes on.
class Progress {
 public:
  // "rows": what is counted.
  explicit Progress(std::string what);
  // Clears the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap enough to be called at every step. `total` 0: not known.
  void Show(size_t done, size_t total = 0);
  // Before something else is printed.
  void Clear();

 private:
  const std::string what_;
  const bool terminal_;
  const std::chrono::milliseconds every_;
  std::chrono::steady_clock::time_point shown_;
  bool on_line_ = false;
};

}  // namespace lastmeter::ctl
