#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/paths.h"
#include "tests/process/server_process.h"
#include "tests/services/house.h"

namespace lastmeter::test {

// A whole server, and lastmeterctl as a program beside it.
class CtlHouse : public House {
 protected:
  // Both outputs together.
  Ended Ctl(const char* token, std::vector<std::string> words) {
    words.insert(words.begin(), ProgramPath("lastmeterctl"));
    words.insert(words.end(),
                 {"--server", "http://127.0.0.1:" + std::to_string(port()), "--token", token});
    return RunProgram(words);
  }
  std::string Said(const char* token, std::vector<std::string> words) {
    const Ended ended = Ctl(token, std::move(words));
    EXPECT_EQ(ended.code, 0) << ended.output;
    return ended.output;
  }
};

}  // namespace lastmeter::test
