#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/base/time.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/standalone/demo_agenda.h"
#include "services/standalone/demo_cast.h"
#include "services/standalone/demo_door.h"
#include "services/standalone/demo_ledger.h"
#include "services/standalone/demo_trickle.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {

// What the stories are told with. All must outlive the story.
struct StoryTools {
  const lastmeter::rules::v1::Rules* rules = nullptr;
  const Words* words = nullptr;
  const Cast* cast = nullptr;
  Door* door = nullptr;
  Agenda* agenda = nullptr;
  Trickle* trickle = nullptr;
  Ledger* ledger = nullptr;
  // A sentence for whoever watches.
  std::function<void(std::string)> narrate;
  // The events shown so far have caught up with what was done; narrating then keeps the order.
  std::function<void()> settle;
};

// The stories of the demonstration, in three acts:
//
//   1  A morning. Yu Shuchun slips at home; her neighbour reports it, the civil-affairs officer
//      answers at once. Around it an ordinary day: a fire that climbs before it is answered, a case
//      acknowledged and then forgotten, one that only named officers may see.
//   2  Ten weeks in a few seconds: meals in turns, two follow-up visits, recovery.
//   3  A report that nobody answers climbs all five tiers and is reminded of.
class Story {
 public:
  explicit Story(StoryTools tools) : t_(std::move(tools)) {}

  // Plays all three acts from `start` on, log time. kFailedPrecondition when the product refused
  // what the story needs, with its words; kCancelled when stopping.
  absl::Status Play(Timestamp start);

 private:
  absl::Status Morning(Timestamp start);
  absl::Status LongRelay(Timestamp start);
  absl::Status Silence(Timestamp start);

  // Staff id of the person of this name; or of anybody at that tier over the area.
  std::string Find(std::string_view staff_id, lastmeter::common::v1::Tier tier,
                   std::string_view area) const;
  std::string GridOf(std::string_view village) const;
  void Say(std::string_view zh, std::string_view en);
  absl::Status Acknowledge(const std::string& who);
  absl::Status Note(const std::string& who, std::string_view zh, std::string_view en);
  absl::Status Close(const std::string& who, lastmeter::common::v1::Outcome outcome,
                     std::string_view zh, std::string_view en);
  // A visit after the case was closed: opened again, noted, closed.
  absl::Status FollowUp(lastmeter::common::v1::Outcome outcome, std::string_view note_zh,
                        std::string_view note_en, std::string_view end_zh, std::string_view end_en);
  absl::Status CheckRestricted();

  const StoryTools t_;
  std::string neighbour_;
  std::string officer_;
};

}  // namespace lastmeter::demo
