#include "tests/services/naive_count.h"

#include <ostream>

namespace lastmeter::query {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;

}  // namespace

std::ostream& operator<<(std::ostream& out, const NaiveFigures& n) {
  return out << n.begun << " begun, " << n.ended << " ended, " << n.withdrawn << " withdrawn, "
             << n.acknowledged << " acknowledged, " << n.relieved << " relieved, " << n.turns
             << " turns, " << n.limits << " limits, " << n.ours << " ours";
}

void NaiveCount::Take(const ev::Record& record) {
  const ev::Event& e = record.event();
  if (e.case_number().empty() || e.has_command_rejected()) return;
  Seen& seen = cycles_[{e.case_number(), e.cycle()}];
  if (e.has_case_opened()) seen.began = {e.case_opened().accepted_at_ms()};
  if (e.has_case_reopened()) seen.began = {record.log_time_ms()};
  seen.ended = seen.ended || e.has_case_closed() || e.has_case_merged() || e.has_follow_up_begun();
  seen.withdrawn = seen.withdrawn || e.has_case_withdrawn();
  seen.acknowledged = seen.acknowledged || e.has_case_acknowledged();
  seen.relieved = seen.relieved || e.has_relief_recorded();
  const bool unanswered =
      e.has_case_escalated() && e.case_escalated().reason() == ev::CLIMB_REASON_UNANSWERED;
  if (unanswered || e.has_ladder_exhausted()) {
    const bool ours = unanswered ? e.case_escalated().outage() : e.ladder_exhausted().outage();
    ++(ours ? seen.ours : seen.turns);
  }
  if (e.has_clock_breached()) ++(e.clock_breached().outage() ? seen.ours : seen.limits);
}

NaiveFigures NaiveCount::Result(Date from, Date to) const {
  NaiveFigures naive;
  for (const auto& [key, seen] : cycles_) {
    const Date began = DateOf(seen.began);
    if (to != 0 && (began < from || began > to)) continue;
    if (seen.withdrawn) {
      ++naive.withdrawn;
      continue;
    }
    ++naive.begun;
    naive.ended += seen.ended;
    naive.acknowledged += seen.acknowledged;
    naive.relieved += seen.relieved;
    naive.turns += seen.turns;
    naive.limits += seen.limits;
    naive.ours += seen.ours;
  }
  return naive;
}

NaiveFigures NaiveFiguresOf(const api::v1::StatisticsPeriod& period) {
  NaiveFigures naive;
  naive.begun = period.begun();
  naive.ended = period.ended();
  naive.withdrawn = period.withdrawn();
  for (const auto& taken : period.times()) {
    if (taken.promise() == cm::PROMISE_ACKNOWLEDGE) naive.acknowledged = taken.count();
    if (taken.promise() == cm::PROMISE_FIRST_RELIEF) naive.relieved = taken.count();
  }
  for (const auto& misses : period.misses()) {
    naive.turns += misses.turns();
    naive.limits += misses.limits();
    naive.ours += misses.ours();
  }
  return naive;
}

}  // namespace lastmeter::query
