#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/paths.h"
#include "tests/process/server_process.h"
#include "tests/services/house.h"

namespace lastmeter::test {

// lastmeterctl as a program, against a whole server.
class Papers : public House {
 protected:
  // Both outputs together.
  Ended Ctl(const char* token, std::vector<std::string> words) {
    words.insert(words.begin(), test::ProgramPath("lastmeterctl"));
    words.insert(words.end(),
                 {"--server", "http://127.0.0.1:" + std::to_string(port()), "--token", token});
    return RunProgram(words);
  }
  std::string Said(const char* token, std::vector<std::string> words) {
    const Ended ended = Ctl(token, std::move(words));
    EXPECT_EQ(ended.code, 0) << ended.output;
    return ended.output;
  }
  // Today at UTC+8 by the server's clock.
  std::string Today(Millis later = {}) {
    return FormatRfc3339(clock_.Wall() + later).substr(0, 10);
  }
  int Version(const std::string& number) {
    return Get(kDesk, "/v1/cases/" + number).body.value("version", 0);
  }
  // The partition sleeps by the machine's time; an exercise wakes it and counts nowhere.
  void Wake() {
    ASSERT_EQ(Post(kHotline, "/v1/reports?wait=20s",
                   {{"kind", "policy-question"}, {"area", kVillage}, {"drill", true}})
                  .status,
              201);
  }
  // What has just been done may be asked after.
  void Done(const Answer& answer) { ASSERT_EQ(answer.status, 200) << answer.body.dump(); }
  bool IsOverdue(const std::string& number) {
    return Eventually(
        [&] { return Get(kNamedOfficer, "/v1/cases/" + number).body.value("overdue", false); });
  }
};

}  // namespace lastmeter::test
