#include "services/query/statistics.h"

#include <algorithm>
#include <optional>

#include "services/query/case_fold.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace vw = lastmeter::view::v1;

constexpr double kMinuteMs = 60'000;

// Of values in order.
double Median(const std::vector<double>& values) {
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// The least value that nine in ten do not exceed.
double P90(const std::vector<double>& values) { return values[(values.size() * 9 + 9) / 10 - 1]; }

std::optional<double> Percent(uint32_t part, uint32_t whole) {
  if (whole == 0) return std::nullopt;
  return 100.0 * part / whole;
}

// Beyond them areas are no longer told apart.
constexpr size_t kMostAreas = 200;

// How many digits the areas just below this one have; 0 where there is nothing to tell apart.
size_t DigitsBelow(size_t digits) {
  if (digits < 9) return 9;
  return digits == 9 ? 12 : 0;
}

void Count(const vw::CaseRow& row, Timestamp now, api::OpenCases* open) {
  const auto& shown = row.shown();
  open->set_tier(shown.tier());
  const int64_t age = now.ms - FromProtoTime(shown.accepted_at());
  if (age < Days(1).ms) {
    open->set_under_one_day(open->under_one_day() + 1);
  } else if (age < Days(3).ms) {
    open->set_under_three_days(open->under_three_days() + 1);
  } else if (age < Days(10).ms) {
    open->set_under_ten_days(open->under_ten_days() + 1);
  } else {
    open->set_older(open->older() + 1);
  }
  if (OverdueAt(row) <= now.ms) open->set_overdue(open->overdue() + 1);
  if (shown.has_hold()) open->set_on_hold(open->on_hold() + 1);
}

}  // namespace

void Tally::Took(cm::Promise promise, int64_t from_ms, int64_t to_ms) {
  if (to_ms != 0) spans_[promise].push_back({from_ms, to_ms});
}

void Tally::Add(const vw::CaseRow& row, const vw::Cycle& cycle) {
  if (cycle.outcome() == cm::OUTCOME_WITHDRAWN) {
    counts_.set_withdrawn(counts_.withdrawn() + 1);
    return;
  }
  if (cycle.outcome() == cm::OUTCOME_SCREENED_OUT) {
    counts_.set_screened_out(counts_.screened_out() + 1);
    return;
  }
  counts_.set_begun(counts_.begun() + 1);
  if (cycle.number() > 1) counts_.set_reopened(counts_.reopened() + 1);
  if (row.shown().proactive() && cycle.number() == 1)
    counts_.set_proactive(counts_.proactive() + 1);
  Took(cm::PROMISE_ACKNOWLEDGE, cycle.began_ms(), cycle.acknowledged_ms());
  Took(cm::PROMISE_VERIFY, cycle.began_ms(), cycle.verified_ms());
  Took(cm::PROMISE_FIRST_RELIEF, cycle.began_ms(), cycle.relieved_ms());
  if (cycle.ended_ms() != 0) {
    counts_.set_ended(counts_.ended() + 1);
    ++outcomes_[cycle.outcome()];
    // A twin that was merged was not worked on to its end.
    if (cycle.outcome() != cm::OUTCOME_MERGED) {
      Took(cm::PROMISE_RESOLVE, cycle.began_ms(), cycle.ended_ms());
    }
  }
  const bool helped = cycle.relieved_ms() != 0 || cycle.outcome() == cm::OUTCOME_NEED_MET ||
                      cycle.outcome() == cm::OUTCOME_PARTLY_MET;
  if (helped && row.shown().household_ref().empty()) {
    counts_.set_helped_without_household(counts_.helped_without_household() + 1);
  } else if (helped) {
    helped_.insert(row.shown().household_ref());
  }
  for (const vw::Miss& miss : cycle.misses()) {
    Missed& missed = missed_[{miss.tier(), miss.promise()}];
    ++(miss.outage() ? missed.ours : miss.limit() ? missed.limits : missed.turns);
  }
}

void Tally::Add(const vw::Deed& deed) {
  api::WorkDone& work = *counts_.mutable_work();
  switch (deed.kind()) {
    case vw::DEED_KIND_TURN_DONE:
      return work.set_turns_done(work.turns_done() + 1);
    case vw::DEED_KIND_TURN_LATE:
      return work.set_turns_late(work.turns_late() + 1);
    case vw::DEED_KIND_TURN_MISSED:
      return work.set_turns_missed(work.turns_missed() + 1);
    case vw::DEED_KIND_REFERRED:
      return work.set_referrals(work.referrals() + 1);
    case vw::DEED_KIND_REFERRAL_ACCEPTED:
      return work.set_referrals_accepted(work.referrals_accepted() + 1);
    case vw::DEED_KIND_REFERRAL_REJECTED:
      return work.set_referrals_rejected(work.referrals_rejected() + 1);
    case vw::DEED_KIND_FOLLOWED_UP:
      return work.set_follow_ups_on_time(work.follow_ups_on_time() + 1);
    case vw::DEED_KIND_FOLLOWED_UP_LATE:
      return work.set_follow_ups_late(work.follow_ups_late() + 1);
    case vw::DEED_KIND_BULLETIN:
      return work.set_bulletin_grids(work.bulletin_grids() + 1);
    case vw::DEED_KIND_HOUSEHOLDS_TOLD:
      return work.set_bulletin_households(work.bulletin_households() +
                                          static_cast<uint32_t>(deed.value_fen()));
    case vw::DEED_KIND_CERTIFIED:
      return work.set_certified(work.certified() + 1);
    case vw::DEED_KIND_CERTIFIED_LATE:
      return work.set_certified_late(work.certified_late() + 1);
    case vw::DEED_KIND_GOAL_REACHED:
      return work.set_goals_reached(work.goals_reached() + 1);
    case vw::DEED_KIND_GOAL_PARTLY:
      return work.set_goals_partly(work.goals_partly() + 1);
    case vw::DEED_KIND_GOAL_DROPPED:
      return work.set_goals_dropped(work.goals_dropped() + 1);
    case vw::DEED_KIND_PLEDGED: {
      api::ProjectResources& project = projects_[deed.project()];
      project.set_pledged(project.pledged() + 1);
      return project.set_pledged_fen(project.pledged_fen() + deed.value_fen());
    }
    case vw::DEED_KIND_DELIVERED: {
      api::ProjectResources& project = projects_[deed.project()];
      project.set_delivered(project.delivered() + 1);
      return project.set_delivered_fen(project.delivered_fen() + deed.value_fen());
    }
    default:
      return;
  }
}

void Tally::AddExpired(const vw::CaseRow& row, Date from, Date to, Timestamp now) {
  if (row.shown().drill()) return;
  for (const auto& referral : row.planned().referrals()) {
    const Date due = DateOf({referral.clock().due_ms()});
    if (due < from || due > to || !HasExpired(&referral, now)) continue;
    api::WorkDone& work = *counts_.mutable_work();
    work.set_referrals_expired(work.referrals_expired() + 1);
  }
}

api::TimeTaken Tally::Describe(cm::Promise promise, const std::vector<Span>& spans) const {
  std::vector<double> wall;
  std::vector<double> working;
  for (const Span& span : spans) {
    wall.push_back(static_cast<double>(span.to_ms - span.from_ms) / kMinuteMs);
    if (calendar_ == nullptr) continue;
    const Millis duty = calendar_->DutyBetween({span.from_ms}, {span.to_ms});
    working.push_back(static_cast<double>(duty.ms) / kMinuteMs);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(working.begin(), working.end());
  api::TimeTaken taken;
  taken.set_promise(promise);
  taken.set_count(static_cast<uint32_t>(spans.size()));
  taken.set_median_minutes(Median(wall));
  taken.set_p90_minutes(P90(wall));
  if (!working.empty()) {
    taken.set_median_working_minutes(Median(working));
    taken.set_p90_working_minutes(P90(working));
  }
  return taken;
}

api::StatisticsPeriod Tally::Result() const {
  api::StatisticsPeriod result = counts_;
  result.set_households_helped(static_cast<uint32_t>(helped_.size()));
  // A reopened case is no new find, so that only opened ones are asked how they were found.
  result.set_opened(result.begun() - result.reopened());
  if (auto p = Percent(result.proactive(), result.opened())) result.set_proactive_percent(*p);
  if (auto p = Percent(result.reopened(), result.begun())) result.set_reopened_percent(*p);
  for (const auto& [promise, spans] : spans_) *result.add_times() = Describe(promise, spans);
  for (const auto& [key, missed] : missed_) {
    api::Misses* misses = result.add_misses();
    misses->set_tier(key.first);
    misses->set_promise(key.second);
    misses->set_turns(missed.turns);
    misses->set_limits(missed.limits);
    misses->set_ours(missed.ours);
  }
  for (const auto& [outcome, count] : outcomes_) {
    api::OutcomeCount* counted = result.add_outcomes();
    counted->set_outcome(outcome);
    counted->set_count(count);
  }
  const api::WorkDone& work = counts_.work();
  const uint32_t over =
      work.referrals_accepted() + work.referrals_rejected() + work.referrals_expired();
  if (over > 0) {
    result.mutable_work()->set_referral_acceptance(100.0 * work.referrals_accepted() / over);
  }
  for (const auto& [code, project] : projects_) {
    api::ProjectResources* counted = result.mutable_work()->add_resources();
    *counted = project;
    counted->set_project(code);
  }
  return result;
}

void OpenTally::Add(const vw::CaseRow& row) {
  const auto& shown = row.shown();
  if (shown.drill()) return;
  Count(row, now_, &open_[shown.tier()]);
  const size_t digits = DigitsBelow(area_.size());
  if (digits == 0) return;
  std::string area = shown.area().size() < digits ? area_ : shown.area().substr(0, digits);
  if (by_area_.size() >= kMostAreas && !by_area_.contains(area)) area = area_;
  Count(row, now_, &by_area_[area][shown.tier()]);
}

void OpenTally::Into(api::Statistics* statistics) const {
  for (const auto& [tier, open] : open_) *statistics->add_open() = open;
  for (const auto& [code, tiers] : by_area_) {
    api::AreaOpen* area = statistics->add_open_by_area();
    area->set_area(code);
    for (const auto& [tier, open] : tiers) *area->add_open() = open;
  }
}

std::optional<double> ChangeInPercent(double now, double before) {
  if (before == 0) return std::nullopt;
  return (now - before) / before * 100;
}

namespace {

const api::TimeTaken* Find(const api::StatisticsPeriod& period, cm::Promise promise) {
  for (const auto& taken : period.times()) {
    if (taken.promise() == promise) return &taken;
  }
  return nullptr;
}

void CompareTimes(const api::Statistics& statistics, api::StatisticsChange* change) {
  for (const auto& now : statistics.period().times()) {
    const auto* before = Find(statistics.year_before(), now.promise());
    if (before == nullptr) continue;
    api::TimeChange* time = change->add_times();
    time->set_promise(now.promise());
    if (auto p = ChangeInPercent(now.median_minutes(), before->median_minutes())) {
      time->set_median(*p);
      if (now.promise() == cm::PROMISE_ACKNOWLEDGE) change->set_acknowledge_median(*p);
      if (now.promise() == cm::PROMISE_FIRST_RELIEF) change->set_relief_median(*p);
      if (now.promise() == cm::PROMISE_RESOLVE) change->set_close_median(*p);
    }
    if (auto p = ChangeInPercent(now.p90_minutes(), before->p90_minutes())) time->set_p90(*p);
    if (auto p = ChangeInPercent(now.median_working_minutes(), before->median_working_minutes())) {
      time->set_median_working(*p);
    }
    if (auto p = ChangeInPercent(now.p90_working_minutes(), before->p90_working_minutes())) {
      time->set_p90_working(*p);
    }
  }
}

}  // namespace

void Compare(api::Statistics* statistics) {
  const api::StatisticsPeriod& now = statistics->period();
  const api::StatisticsPeriod& before = statistics->year_before();
  api::StatisticsChange* change = statistics->mutable_change();
  if (auto p = ChangeInPercent(now.begun(), before.begun())) change->set_begun(*p);
  if (auto p = ChangeInPercent(now.ended(), before.ended())) change->set_ended(*p);
  if (auto p = ChangeInPercent(now.proactive(), before.proactive())) change->set_proactive(*p);
  if (auto p = ChangeInPercent(now.households_helped(), before.households_helped())) {
    change->set_households_helped(*p);
  }
  if (now.has_proactive_percent() && before.has_proactive_percent()) {
    change->set_proactive_points(now.proactive_percent() - before.proactive_percent());
  }
  if (now.has_reopened_percent() && before.has_reopened_percent()) {
    change->set_reopened_points(now.reopened_percent() - before.reopened_percent());
  }
  CompareTimes(*statistics, change);
}

}  // namespace lastmeter::query
