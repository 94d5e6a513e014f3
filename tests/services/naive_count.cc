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
             << " turns, " << n.limits << " limits, " << n.ours << " ours, " << n.turns_done
             << " turns done, " << n.turns_missed << " missed, " << n.referrals << " referrals, "
             << n.follow_ups << " follow-ups, " << n.certified << " certified, " << n.grids
             << " grids, " << n.delivered_fen << " fen, " << n.screened_out << " screened out, "
             << n.accepted << " accepted, " << n.expired << " expired, " << n.goals_reached << "+"
             << n.goals_partly << "+" << n.goals_dropped << " goals";
}

void NaiveCount::Take(const ev::Record& record) {
  const ev::Event& e = record.event();
  if (e.case_number().empty() || e.has_command_rejected()) return;
  Seen& seen = cycles_[{e.case_number(), e.cycle()}];
  // Exercises, schedules, bulletins and incidents count nowhere.
  const auto& opened = e.case_opened();
  if (e.drill() || opened.scheduled() || opened.bulletin() || opened.incident()) {
    seen.left_out = true;
  }
  if (e.has_case_opened()) seen.began = {e.case_opened().accepted_at_ms()};
  if (e.has_case_reopened()) seen.began = {record.log_time_ms()};
  seen.ended = seen.ended || e.has_case_closed() || e.has_case_merged() || e.has_follow_up_begun();
  seen.withdrawn = seen.withdrawn || e.has_case_withdrawn();
  seen.screened_out = seen.screened_out || e.has_case_screened_out();
  seen.acknowledged = seen.acknowledged || e.has_case_acknowledged();
  seen.relieved = seen.relieved || e.has_relief_recorded();
  const bool unanswered =
      e.has_case_escalated() && e.case_escalated().reason() == ev::CLIMB_REASON_UNANSWERED;
  if (unanswered || e.has_ladder_exhausted()) {
    const bool ours = unanswered ? e.case_escalated().outage() : e.ladder_exhausted().outage();
    ++(ours ? seen.ours : seen.turns);
  }
  if (!e.drill()) TakeDeed(e, &days_[DateOf({record.log_time_ms()})]);
  if (!e.drill()) TakeReferral(e);
  if (e.has_clock_breached()) ++(e.clock_breached().outage() ? seen.ours : seen.limits);
}

void NaiveCount::TakeDeed(const ev::Event& e, NaiveFigures* day) {
  day->turns_done += e.has_work_finished();
  day->turns_missed += e.has_work_missed() && !e.work_missed().outage();
  day->referrals += e.has_case_referred();
  day->follow_ups += e.has_follow_up_recorded();
  day->certified += e.has_case_certified();
  day->grids += static_cast<uint32_t>(e.bulletin_read().grids_size());
  day->delivered_fen += e.resource_delivered().value_fen();
  day->accepted += e.referral_answered().answer() == cm::REFERRAL_ANSWER_ACCEPTED;
  day->goals_reached += e.goal_recorded().result() == cm::GOAL_RESULT_REACHED;
  day->goals_partly += e.goal_recorded().result() == cm::GOAL_RESULT_PARTLY;
  day->goals_dropped += e.goal_recorded().result() == cm::GOAL_RESULT_DROPPED;
}

void NaiveCount::TakeReferral(const ev::Event& e) {
  Asked& asked = asked_[e.case_number()];
  const auto move = [&](const auto& clocks, const auto& limits) {
    for (const auto& clock : clocks) {
      const bool only = clock.promise() == cm::PROMISE_REFERRAL && asked.due_ms.size() == 1;
      if (only) asked.due_ms.begin()->second = clock.due_ms();
    }
    for (const auto& limit : limits) asked.due_ms[limit.to()] = limit.clock().due_ms();
  };
  if (e.has_case_referred()) {
    const auto& referred = e.case_referred();
    asked.due_ms[referred.to()] =
        referred.has_clock() ? referred.clock().due_ms() : referred.limit().due_ms();
  }
  if (e.has_referral_answered()) asked.due_ms.erase(e.referral_answered().to());
  if (e.has_clock_extended() && e.clock_extended().clock().promise() == cm::PROMISE_REFERRAL) {
    for (auto& [to, due] : asked.due_ms) due = e.clock_extended().clock().due_ms();
  }
  for (const int promise : e.case_held().paused()) {
    asked.paused = asked.paused || promise == cm::PROMISE_REFERRAL;
  }
  if (e.has_hold_ended()) {
    asked.paused = false;
    move(e.hold_ended().clocks(), e.hold_ended().referrals());
  }
  if (e.has_deadlines_recomputed()) {
    move(e.deadlines_recomputed().clocks(), e.deadlines_recomputed().referrals());
  }
}

NaiveFigures NaiveCount::Result(Timestamp now, Date from, Date to) const {
  NaiveFigures naive;
  for (const auto& [key, seen] : cycles_) {
    const Date began = DateOf(seen.began);
    if (to != 0 && (began < from || began > to)) continue;
    if (seen.left_out) continue;
    if (seen.withdrawn) {
      ++naive.withdrawn;
      continue;
    }
    if (seen.screened_out) {
      ++naive.screened_out;
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
  for (const auto& [number, asked] : asked_) {
    for (const auto& [department, due] : asked.due_ms) {
      if (to != 0 && (DateOf({due}) < from || DateOf({due}) > to)) continue;
      naive.expired += due != 0 && due < now.ms && !asked.paused;
    }
  }
  for (const auto& [date, day] : days_) {
    if (to != 0 && (date < from || date > to)) continue;
    naive.turns_done += day.turns_done;
    naive.turns_missed += day.turns_missed;
    naive.referrals += day.referrals;
    naive.follow_ups += day.follow_ups;
    naive.certified += day.certified;
    naive.grids += day.grids;
    naive.delivered_fen += day.delivered_fen;
    naive.accepted += day.accepted;
    naive.goals_reached += day.goals_reached;
    naive.goals_partly += day.goals_partly;
    naive.goals_dropped += day.goals_dropped;
  }
  return naive;
}

NaiveFigures NaiveFiguresOf(const api::v1::StatisticsPeriod& period) {
  NaiveFigures naive;
  naive.begun = period.begun();
  naive.ended = period.ended();
  naive.withdrawn = period.withdrawn();
  naive.screened_out = period.screened_out();
  const auto& work = period.work();
  naive.turns_done = work.turns_done() + work.turns_late();
  naive.turns_missed = work.turns_missed();
  naive.referrals = work.referrals();
  naive.follow_ups = work.follow_ups_on_time() + work.follow_ups_late();
  naive.certified = work.certified() + work.certified_late();
  naive.grids = work.bulletin_grids();
  naive.accepted = work.referrals_accepted();
  naive.expired = work.referrals_expired();
  naive.goals_reached = work.goals_reached();
  naive.goals_partly = work.goals_partly();
  naive.goals_dropped = work.goals_dropped();
  for (const auto& project : work.resources()) naive.delivered_fen += project.delivered_fen();
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
