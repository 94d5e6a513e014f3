#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/ctl/ctl_house.h"

namespace lastmeter::test {

// What tests of papers and lists ask again and again.
class Papers : public CtlHouse {
 protected:
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
