#pragma once

#include <string>
#include <vector>

#include "services/standalone/demo_board.h"

namespace lastmeter::demo {

// Whether standard output is a terminal that understands cursor movements.
bool HasTerminal();

// Draws rows in place on standard output, on the alternate screen and without a cursor. What stood
// on the terminal before comes back when this ends, also when the process aborts. One at a time.
class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Asked anew for every picture, so that a resized window is filled at once.
  BoardSize size() const;
  // Sends only the rows that changed.
  void Show(const std::vector<std::string>& rows);
  // Gives the terminal back; nothing is drawn afterwards.
  void Restore();
  // The same for whatever terminal is in use, from any thread, by a process that ends at once.
  static void GiveBack();

 private:
  BoardSize shown_size_{0, 0};
  std::vector<std::string> shown_;
};

}  // namespace lastmeter::demo
