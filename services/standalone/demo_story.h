#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/base/time.h"
#include "services/standalone/demo_tools.h"

namespace lastmeter::demo {

class Year;

// The stories of the demonstration, in three acts:
//
//   1  A morning. Yu Shuchun slips at home; her neighbour reports it, the civil-affairs officer
//      answers at once. Around it an ordinary day: a fire that climbs before it is answered, a case
//      acknowledged and then forgotten, one that only named officers may see.
//   2  A year in half a minute (demo_year.h): the three households to the end of their stories.
//   3  A report that nobody answers climbs all five tiers and is reminded of.
class Story {
 public:
  explicit Story(StoryTools tools) : t_(std::move(tools)) {}

  // Plays all three acts from `start` on, log time. kFailedPrecondition when the product refused
  // what the story needs, with its words; kCancelled when stopping.
  absl::Status Play(Timestamp start);

 private:
  absl::Status Morning(Timestamp start, Year* year);
  absl::Status Silence(Timestamp start);

  absl::Status Acknowledge(const std::string& who);
  absl::Status CheckRestricted();

  const StoryTools t_;
  std::string neighbour_;
  std::string officer_;
};

}  // namespace lastmeter::demo
