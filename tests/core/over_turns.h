#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "lastmeter/event/v1/event.pb.h"

namespace lastmeter {

// Reads events alone, and remembers which turns of planned work are over: finished, cancelled, or
// missed. Nothing may happen to those any more, but that a last turn is finished after all.
class OverTurns {
 public:
  // False when the event is about a turn that is over.
  bool Take(const event::v1::Event& event) {
    const std::string& number = event.case_number();
    switch (event.body_case()) {
      case event::v1::Event::kWorkClaimed:
        return GoesOn(number, event.work_claimed());
      case event::v1::Event::kWorkHandedBack:
        return GoesOn(number, event.work_handed_back());
      case event::v1::Event::kWorkStarted:
        return GoesOn(number, event.work_started());
      case event::v1::Event::kWorkUnclaimed:
        return GoesOn(number, event.work_unclaimed());
      case event::v1::Event::kClaimLapsed:
        return GoesOn(number, event.claim_lapsed());
      case event::v1::Event::kWorkMissed:
        return GoesOn(number, event.work_missed()) &&
               missed_.insert(KeyOf(number, event.work_missed())).second;
      case event::v1::Event::kWorkFinished: {
        const Key key = KeyOf(number, event.work_finished());
        return !IsCancelled(key) && finished_.insert(key).second;
      }
      case event::v1::Event::kWorkCancelled:
        return cancelled_.insert({number, event.work_cancelled().work_id()}).second;
      default:
        return true;
    }
  }

 private:
  using Key = std::tuple<std::string, uint32_t, uint32_t>;  // case, work, turn

  template <typename Event>
  static Key KeyOf(const std::string& number, const Event& event) {
    return {number, event.work_id(), event.turn()};
  }
  bool IsCancelled(const Key& key) const {
    return cancelled_.contains({std::get<0>(key), std::get<1>(key)});
  }
  template <typename Event>
  bool GoesOn(const std::string& number, const Event& event) const {
    const Key key = KeyOf(number, event);
    return !IsCancelled(key) && !finished_.contains(key) && !missed_.contains(key);
  }

  std::set<Key> finished_;
  std::set<Key> missed_;
  std::set<std::pair<std::string, uint32_t>> cancelled_;
};

}  // namespace lastmeter
