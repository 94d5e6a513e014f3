#pragma once

#include <optional>
#include <string>

#include "engine/base/time.h"
#include "lastmeter/common/v1/common.pb.h"
#include "tests/sim/random.h"
#include "tests/year/district.h"

namespace lastmeter::year {

// How people are: most answer in time, some late, some never; and everybody sleeps.
class Habits {
 public:
  // `district` must outlive this.
  Habits(const District* district, uint64_t seed) : district_(district), random_(seed + 4) {}

  struct Task {
    Timestamp told;
    // Where it lies before `told`, the person is being pressed for what is overdue.
    Timestamp due;
    common::v1::Level level = common::v1::LEVEL_UNSPECIFIED;
    // Reminded, urged, threatened with a red card.
    bool pressed = false;
  };
  // When this person gets round to it; empty: never.
  std::optional<Timestamp> When(const std::string& staff, const Task& task);

 private:
  // Not in the night, and not on days off for those who keep hours, unless it burns.
  Timestamp AwakeAt(const std::string& staff, Timestamp at, bool burns);

  const District* const district_;
  Random random_;
};

}  // namespace lastmeter::year
