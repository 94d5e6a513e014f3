#include "tools/ctl/duty_gap.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

namespace lastmeter::ctl {

namespace rl = lastmeter::rules::v1;

DutyCover::DutyCover(const RulesView& view, Posts posts) : view_(view) {
  std::set<std::string_view> staff;
  for (const rl::Post* post : posts) {
    always_ = always_ || post->duty() == rl::DUTY_ALWAYS;
    hours_ = hours_ || post->duty() == rl::DUTY_HOURS;
    nights_ = nights_ || post->duty() == rl::DUTY_NIGHTS;
    if (!staff.insert(post->staff_id()).second) continue;
    const auto shifts = view.RotaOf(post->staff_id());
    shifts_.insert(shifts_.end(), shifts.begin(), shifts.end());
  }
  std::sort(shifts_.begin(), shifts_.end(),
            [](const auto* a, const auto* b) { return a->from_ms() < b->from_ms(); });
}

Timestamp DutyCover::CoveredUntil(Timestamp t) const {
  const WorkCalendar& calendar = view_.calendar();
  if (nights_ && !calendar.OnDuty(t)) return calendar.NextDuty(t);
  if (!hours_ || !calendar.IsWorkingDay(DateOf(t))) return t;
  const auto& duty = view_.rules().calendar().duty();
  const Timestamp midnight = StartOf(DateOf(t));
  const Timestamp close = midnight + Minutes(duty[duty.size() - 1].to_minute());
  return midnight + Minutes(duty[0].from_minute()) <= t && t < close ? close : t;
}

Timestamp DutyCover::CoveredFrom(Timestamp t) const {
  Timestamp earliest{INT64_MAX};
  if (hours_) earliest = view_.calendar().NextDuty(t);
  if (!nights_) return earliest;
  // Inside a duty period, at whose end the night begins.
  for (const auto& period : view_.rules().calendar().duty()) {
    const Timestamp end = StartOf(DateOf(t)) + Minutes(period.to_minute());
    if (t < end) return std::min(earliest, end);
  }
  return earliest;
}

std::optional<Gap> DutyCover::FirstGap(Timestamp from, Timestamp to) const {
  if (always()) return std::nullopt;
  auto next = shifts_.begin();
  Timestamp reach = from;
  while (reach < to) {
    const Timestamp before = reach;
    while (next != shifts_.end() && (*next)->from_ms() <= reach.ms) {
      reach.ms = std::max(reach.ms, (*next++)->to_ms());
    }
    reach = std::max(reach, CoveredUntil(reach));
    if (reach > before) continue;
    Timestamp end = std::min(to, CoveredFrom(reach));
    if (next != shifts_.end()) end.ms = std::min(end.ms, (*next)->from_ms());
    return Gap{reach, end};
  }
  return std::nullopt;
}

}  // namespace lastmeter::ctl
