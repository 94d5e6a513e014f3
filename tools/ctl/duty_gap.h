#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/base/time.h"
#include "engine/core/rules_view.h"

namespace lastmeter::ctl {

// A time without anybody.
struct Gap {
  Timestamp from;
  Timestamp to;
};

// What keeps the posts of one tier on duty, absences apart. The view and the posts must outlive it.
class DutyCover {
 public:
  using Posts = std::span<const lastmeter::rules::v1::Post* const>;
  DutyCover(const RulesView& view, Posts posts);

  // Day and night, without the rota.
  bool always() const { return always_ || (hours_ && nights_); }
  bool hours() const { return always_ || hours_; }
  bool nights() const { return always_ || nights_; }
  // The rota has a period for somebody.
  bool any_shift() const { return !shifts_.empty(); }

  // The first gap between the two instants; none when somebody is on duty all the time. The midday
  // break of those who keep hours is no gap.
  std::optional<Gap> FirstGap(Timestamp from, Timestamp to) const;

 private:
  // Until when a post's own duty covers `t`; `t` itself when none does.
  Timestamp CoveredUntil(Timestamp t) const;
  // When one begins to, at the earliest, from an instant that none covers.
  Timestamp CoveredFrom(Timestamp t) const;

  const RulesView& view_;
  bool always_ = false;
  bool hours_ = false;
  bool nights_ = false;
  // Of everybody, in the order in which they begin.
  std::vector<const lastmeter::rules::v1::DutyShift*> shifts_;
};

}  // namespace lastmeter::ctl
