#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"

namespace lastmeter::demo {

struct Ended {
  // Exit code, or 128 + signal.
  int code = 0;
  // Standard output and error together.
  std::string output;
};

// Runs a program to its end; the first word is its path. Errors: kNotFound when it is not there,
// kUnavailable when it cannot be started.
absl::StatusOr<Ended> RunProgram(const std::vector<std::string>& words);

// A program that runs beside this one and ends with it, however this one ends. For one thread: the
// one that started it.
class Child {
 public:
  // What it prints goes to `output`, which is made anew. Errors: as of RunProgram.
  static absl::StatusOr<std::unique_ptr<Child>> Start(const std::vector<std::string>& words,
                                                      const std::string& output);
  // Kills it where it still runs.
  ~Child();

  // False once it has ended.
  bool Running();
  // Asks it to end (SIGTERM); does not wait.
  void Ask();
  // Waits until it has ended; after `grace` it is killed.
  void AwaitEnd(Millis grace);

  // The address in the line by which services say that they are ready; empty before.
  std::string ReadyUrl() const;
  // The last lines that it printed.
  std::string LastWords() const;

 private:
  Child(pid_t pid, std::string output) : pid_(pid), output_(std::move(output)) {}

  pid_t pid_;
  const std::string output_;
};

}  // namespace lastmeter::demo
