#pragma once

#include <sstream>
#include <string>

namespace lastmeter {

// Ends the process with file, line and message. For faults of ours or of the log only: what a
// caller may not do is a rejection, what the world did wrong is an absl::Status.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

// Called with the text of a failed check, on its thread, before the process aborts; it may end the
// process in another way. For programs that feed the engine what others wrote. Set it before
// threads start; null, the default, is nothing.
using CheckFailed = void (*)(const std::string& text);
void OnCheckFailure(CheckFailed told);

}  // namespace lastmeter

// On in release builds too. Usage: LM_CHECK(a < b) << "a is " << a;
#define LM_CHECK(condition) \
  if (condition)            \
    [[likely]];             \
  else                      \
    ::lastmeter::CheckFailure(__FILE__, __LINE__, #condition).stream()
