#include "services/query/cycle_fold.h"

#include <algorithm>

namespace lastmeter::query {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
namespace vw = lastmeter::view::v1;

// A ladder that reminds for months adds nothing to a statistic.
constexpr int kMostMisses = 64;

void Begin(vw::CaseRow* row, uint32_t number, int64_t at_ms) {
  vw::Cycle* cycle = row->add_cycles();
  cycle->set_number(number);
  cycle->set_began_ms(at_ms);
}

void End(vw::Cycle& cycle, int64_t at_ms, cm::Outcome outcome) {
  cycle.set_ended_ms(at_ms);
  cycle.set_outcome(outcome);
}

void Miss(vw::Cycle& cycle, cm::Tier tier, cm::Promise promise, bool limit, bool outage) {
  if (cycle.misses_size() == kMostMisses) return;
  vw::Miss* miss = cycle.add_misses();
  miss->set_tier(tier);
  miss->set_promise(promise);
  miss->set_limit(limit);
  miss->set_outage(outage);
}

// The tier whose turn it is in the ladder of a promise.
cm::Tier TurnOf(const vw::CaseRow& row, cm::Promise promise) {
  for (const auto& clock : row.shown().clocks()) {
    if (clock.promise() == promise) return clock.turn().tier();
  }
  return cm::TIER_UNSPECIFIED;
}

// When somebody did it: accepted at the gateway, never before the cycle began.
int64_t Done(const vw::Cycle& cycle, int64_t accepted_ms, int64_t log_time_ms) {
  return std::max(cycle.began_ms(), accepted_ms > 0 ? accepted_ms : log_time_ms);
}

}  // namespace

void FoldCycle(const ev::Record& record, vw::CaseRow* row) {
  const ev::Event& event = record.event();
  const int64_t now = record.log_time_ms();
  // Neither an exercise nor a schedule, bulletin or incident counts; what joins an incident does.
  const auto& opened = event.case_opened();
  if (event.drill() || opened.scheduled() || opened.bulletin() || opened.incident()) return;
  if (event.has_case_opened()) return Begin(row, 1, event.case_opened().accepted_at_ms());
  if (event.has_case_reopened()) return Begin(row, event.case_reopened().cycle(), now);
  if (row->cycles().empty()) return;
  vw::Cycle& cycle = *row->mutable_cycles(row->cycles_size() - 1);
  switch (event.body_case()) {
    case ev::Event::kCaseAcknowledged:
      // A hand-down asks again; what counts is when somebody first took it on.
      if (cycle.acknowledged_ms() == 0) {
        cycle.set_acknowledged_ms(Done(cycle, event.case_acknowledged().accepted_at_ms(), now));
      }
      return;
    case ev::Event::kCaseVerified:
      return cycle.set_verified_ms(Done(cycle, event.case_verified().accepted_at_ms(), now));
    case ev::Event::kReliefRecorded:
      return cycle.set_relieved_ms(Done(cycle, event.relief_recorded().accepted_at_ms(), now));
    case ev::Event::kCaseEscalated: {
      const auto& e = event.case_escalated();
      if (e.reason() == ev::CLIMB_REASON_UNANSWERED) {
        Miss(cycle, e.from_tier(), e.turn().promise(), false, e.outage());
      }
      return;
    }
    case ev::Event::kLadderExhausted: {
      const auto& e = event.ladder_exhausted();
      Miss(cycle, TurnOf(*row, e.promise()), e.promise(), false, e.outage());
      return;
    }
    case ev::Event::kClockBreached: {
      const auto& e = event.clock_breached();
      return Miss(cycle, row->shown().tier(), e.promise(), true, e.outage());
    }
    case ev::Event::kFollowUpBegun:
      // The help has ended; how the household gets on is followed, and counts apart.
      return End(cycle, now, event.follow_up_begun().outcome());
    case ev::Event::kCaseClosed:
      if (row->follow_ups()) return;
      return End(cycle, now, event.case_closed().outcome());
    case ev::Event::kCaseWithdrawn:
      return End(cycle, now, cm::OUTCOME_WITHDRAWN);
    case ev::Event::kCaseScreenedOut:
      return End(cycle, now, cm::OUTCOME_SCREENED_OUT);
    case ev::Event::kCaseMerged:
      return End(cycle, now, cm::OUTCOME_MERGED);
    default:
      return;
  }
}

}  // namespace lastmeter::query
