#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace lastmeter {

// Collects the faults of all files, so that a clerk mends them in one go.
class FileProblems {
 public:
  // More are counted but not kept: a file saved in a wrong encoding has one on every line.
  static constexpr size_t kMost = 50;

  // A line of 0 stands for the file as a whole.
  void Add(std::string_view file, int line, std::string_view reason);
  bool empty() const { return count_ == 0; }
  // OK when there are none.
  absl::Status ToStatus() const;

 private:
  size_t count_ = 0;
  std::vector<std::string> kept_;
};

}  // namespace lastmeter
