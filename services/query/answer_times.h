#pragma once

#include <optional>

#include "engine/base/time.h"
#include "engine/calendar/work_calendar.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "lastmeter/view/v1/view.pb.h"

namespace lastmeter::query {

// When the lamp of an acknowledgement turns yellow and red: 70 % and 200 % of a tier's time, in the
// unit in which the rules count that time. Immutable, pure.
class AnswerTimes {
 public:
  // Knows nothing but minutes round the clock: while no rules are installed.
  AnswerTimes() = default;
  explicit AnswerTimes(const lastmeter::rules::v1::Rules& rules);

  // Sets both instants of a row whose limit (answer_from_ms to answer_due_ms) has just changed. The
  // unit is that of the rules in force, the length that of the limit: a case that began by other
  // rules has its own.
  void Light(lastmeter::view::v1::CaseRow* row) const;

 private:
  const lastmeter::rules::v1::LevelPolicy* LevelOf(lastmeter::common::v1::Level level) const;

  lastmeter::rules::v1::Policy policy_;
  std::optional<WorkCalendar> calendar_;
};

}  // namespace lastmeter::query
