#pragma once

#include <string>
#include <vector>

namespace lastmeter::demo {

// What the demonstration remembers of its own run, to hold the product to it at the end. Written by
// the director's thread, read once that has ended.
struct Ledger {
  struct Report {
    std::string who;
    std::string id;
  };
  // Every report that was accepted.
  std::vector<Report> reports;
  // Case numbers.
  std::string first_story;
  std::string second_story;
  std::string third_story;
  std::string silent;
  std::string forgotten;
  std::string restricted;
  // While the restricted case was open, the board's list counted it and did not name it.
  bool restricted_only_counted = false;
};

}  // namespace lastmeter::demo
