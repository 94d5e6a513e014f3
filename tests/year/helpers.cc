#include "tests/year/helpers.h"

#include <algorithm>

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;

constexpr int64_t kHour = 60;
constexpr int64_t kDay = 24 * kHour;

}  // namespace

void Helpers::Arrange(const KnownCase& c) {
  if (c.unfounded || c.level == cm::LEVEL_ATTENTION) return;
  if (agenda_->Chance(60)) agenda_->MeanSoon(c, c.handler, Act::kPlanVisit, 10, 6 * kHour);
  if (agenda_->Chance(60) && !c.restricted) {
    agenda_->MeanSoon(c, c.handler, Act::kPlanService, 10, 6 * kHour);
  }
  if (agenda_->Chance(70)) {
    agenda_->MeanSoon(c, c.handler, Act::kRefer, 30, kDay);
    // Some need more than one department.
    if (agenda_->Chance(300)) agenda_->MeanSoon(c, c.handler, Act::kRefer, 30, kDay);
  }
  if (agenda_->Chance(25)) agenda_->MeanSoon(c, c.handler, Act::kSetGoal, kHour, 2 * kDay);
  if (agenda_->Chance(60)) agenda_->MeanSoon(c, c.handler, Act::kPledge, kHour, 2 * kDay);
}

void Helpers::Read(const ev::Event& event, const KnownCase& c) {
  switch (event.body_case()) {
    case ev::Event::kWorkPlanned:
      return Planned(event.work_planned().work_id(), c);
    case ev::Event::kWorkClaimed: {
      const auto& claimed = event.work_claimed();
      return Taken({c, claimed.work_id(), claimed.turn()}, claimed.by().id());
    }
    case ev::Event::kWorkHandedBack: {
      const auto& back = event.work_handed_back();
      if (!agenda_->Chance(500)) return;
      return AskAround({c, back.work_id(), back.turn()}, Act::kClaimTurn, 10 * kHour);
    }
    case ev::Event::kWorkStarted: {
      const auto& started = event.work_started();
      return Started({c, started.work_id(), started.turn()}, started.by().id());
    }
    case ev::Event::kWorkUnclaimed: {
      const auto& unclaimed = event.work_unclaimed();
      if (!agenda_->Chance(750)) return;
      return AskAround({c, unclaimed.work_id(), unclaimed.turn()}, Act::kClaimTurn, 90);
    }
    case ev::Event::kClaimLapsed: {
      const auto& lapsed = event.claim_lapsed();
      if (!agenda_->Chance(600)) return;
      return AskAround({c, lapsed.work_id(), lapsed.turn()}, Act::kStartTurn, 15);
    }
    case ev::Event::kWorkFinished:
      return Opened(event.work_finished().work_id(), c);
    case ev::Event::kWorkMissed:
      return Missed(event.work_missed(), c);
    case ev::Event::kReferralAnswered:
      // Another department may do what the first one would not.
      if (event.referral_answered().answer() == cm::REFERRAL_ANSWER_REJECTED &&
          agenda_->Chance(600)) {
        agenda_->MeanSoon(c, c.handler, Act::kRefer, kHour, 2 * kDay);
      }
      return;
    case ev::Event::kGoalSet: {
      // Most say what became of it, a few only when they are told that its date has passed.
      if (!agenda_->Chance(700)) return;
      const Timestamp due{event.goal_set().due_ms()};
      const Timestamp at = due - Minutes(agenda_->random().Between(-kDay, 3 * kDay));
      return Mean({c, event.goal_set().goal_id(), 0}, c.handler, Act::kRecordGoal, at);
    }
    case ev::Event::kGoalOverdue:
      if (agenda_->Chance(900)) {
        const Timestamp at = agenda_->now() + Minutes(agenda_->random().Between(10, 2 * kDay));
        Mean({c, event.goal_overdue().goal_id(), 0}, c.handler, Act::kRecordGoal, at);
      }
      return;
    case ev::Event::kResourcePledged: {
      if (!agenda_->Chance(850)) return;
      const Timestamp at = agenda_->now() + Minutes(agenda_->random().Between(kHour, 8 * kDay));
      return Mean({c, event.resource_pledged().resource_id(), 0}, c.handler, Act::kDeliver, at);
    }
    default:
      return;
  }
}

void Helpers::Planned(uint32_t item, const KnownCase& c) {
  const KnownWork& work = c.works.at(item);
  if (!work.assignee.empty()) return Opened(item, c);
  for (uint32_t nth = 1; nth <= work.times; ++nth) {
    if (agenda_->Chance(780)) AskAround({c, item, nth}, Act::kClaimTurn, 20 * kHour);
  }
}

void Helpers::Opened(uint32_t item, const KnownCase& c) {
  const KnownWork* work = c.FindWork(item);
  // Whoever claimed a turn of a service knows since then.
  if (work == nullptr || work->assignee.empty()) return;
  const std::string& worker = work->WorkerOf(work->turn);
  if (!worker.empty()) Taken({c, item, work->turn}, worker);
}

void Helpers::Taken(const Turn& turn, const std::string& worker) {
  Random& random = agenda_->random();
  const KnownWork& work = turn.c.works.at(turn.item);
  const Timestamp from = work.FromOf(turn.nth);
  const Timestamp soonest = agenda_->now() + Minutes(1);
  const uint64_t draw = random.Below(100);
  if (draw < 6 && soonest < from) {
    const Timestamp at{random.Between(soonest.ms, from.ms)};
    return Mean(turn, worker, Act::kHandBackTurn, at);
  }
  // Forgotten.
  if (draw < 12) return;
  const Timestamp at = from + Minutes(random.Between(-15, work.length.ms / Minutes(3).ms));
  Mean(turn, worker, Act::kStartTurn, std::max(soonest, at));
}

void Helpers::Started(const Turn& turn, const std::string& worker) {
  if (agenda_->Chance(50)) return;
  const KnownWork& work = turn.c.works.at(turn.item);
  const Timestamp now = agenda_->now();
  const Timestamp latest = std::max(work.UntilOf(turn.nth) - Minutes(2), now + Minutes(6));
  Mean(turn, worker, Act::kFinishTurn,
       {agenda_->random().Between((now + Minutes(5)).ms, latest.ms)});
}

void Helpers::Missed(const ev::WorkMissed& missed, const KnownCase& c) {
  const KnownWork& work = c.works.at(missed.work_id());
  if (!work.overdue) return Opened(missed.work_id(), c);
  // Out of the house, and the phone forgotten.
  if (!missed.started() || !agenda_->Chance(700)) return;
  const Timestamp at = agenda_->now() + Minutes(agenda_->random().Between(5, 3 * kHour));
  Mean({c, missed.work_id(), missed.turn()}, missed.worker(), Act::kFinishTurn, at);
}

void Helpers::AskAround(const Turn& turn, Act act, int64_t within_minutes) {
  const std::string neighbour = SomeNeighbour(turn.c);
  if (neighbour.empty()) return;
  const Timestamp at = agenda_->now() + Minutes(agenda_->random().Between(2, within_minutes));
  Mean(turn, neighbour, act, at);
}

void Helpers::Mean(const Turn& turn, const std::string& staff, Act act, Timestamp at) {
  if (staff.empty()) return;
  Intent intent = IntentOf(turn.c, staff, act, at);
  intent.role = cm::ROLE_STAFF;
  intent.as_handler = false;
  intent.item = turn.item;
  intent.nth = turn.nth;
  agenda_->Mean(std::move(intent));
}

std::string Helpers::SomeNeighbour(const KnownCase& c) {
  if (c.area.size() < 12 || c.restricted) return {};
  const District::Village* village = district_->FindVillage(c.area.substr(0, 12));
  if (village == nullptr) return {};
  Random& random = agenda_->random();
  const uint64_t draw = random.Below(100);
  const auto one_of = [&](const std::vector<std::string>& people) {
    return people.empty() ? std::string() : people[random.Below(people.size())];
  };
  if (draw < 60) return one_of(village->volunteers);
  if (draw < 80 && c.area.size() == 15) return district_->WorkerOf(c.area);
  return one_of(draw < 92 ? village->heads : village->leaders);
}

}  // namespace lastmeter::year
