#include "services/standalone/demo_agenda.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/status.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

constexpr Timestamp kNever{INT64_MAX / 2};
// How long before a turn of planned work it is told that nobody has it, by the shipped rules.
constexpr Millis kNoticeOfWork = Minutes(120);
// A limit is approached at the ordinary speed from here on, and left behind only so much later.
constexpr Millis kLead = Seconds(45);
constexpr Millis kTrail = Seconds(20);
// How long a hurried day takes on the wall.
constexpr int64_t kDayMs = 40;
constexpr Millis kShortestHurry{15};
constexpr Millis kLongestHurry{3000};

// The instants at which the engine will act on this case by itself.
Timestamp NextLimitOf(const api::Case& c, Timestamp now) {
  Timestamp next = kNever;
  const auto consider = [&next](const google::protobuf::Timestamp& at) {
    next = std::min(next, FromApi(at));
  };
  for (const auto& clock : c.clocks()) {
    const bool running = clock.state() == api::CLOCK_STATE_RUNNING;
    if (!running && clock.state() != api::CLOCK_STATE_BREACHED) continue;
    // Of an acknowledgement the engine knows the turn alone.
    const bool limited = running && clock.promise() != cm::PROMISE_ACKNOWLEDGE;
    if (limited && clock.has_due_at()) consider(clock.due_at());
    // Nobody is told that this one has fired, so that one in the past is taken for done.
    if (limited && clock.has_near_due_at() && now < FromApi(clock.near_due_at())) {
      consider(clock.near_due_at());
    }
    if (!clock.has_turn()) continue;
    if (clock.turn().exhausted()) {
      consider(clock.turn().next_reminder_at());
    } else {
      consider(clock.turn().due_at());
    }
  }
  for (const auto& work : c.works()) {
    if (work.state() == api::TURN_STATE_OVERDUE) continue;
    consider(work.until());
    const Timestamp from = FromApi(work.from());
    // A turn that nobody has is told of before, a claim lapses in the middle; either only once.
    const Timestamp told = from - kNoticeOfWork;
    if (work.state() == api::TURN_STATE_OPEN && now < told) next = std::min(next, told);
    const Timestamp middle = from + Millis{(FromApi(work.until()) - from).ms / 2};
    if (work.state() == api::TURN_STATE_CLAIMED && now < middle) next = std::min(next, middle);
  }
  return next;
}

}  // namespace

absl::Status Agenda::RunDue() {
  while (!acts_.empty() && acts_.begin()->first <= now()) {
    if (stopping_()) return absl::CancelledError("stopping");
    Act act = std::move(acts_.begin()->second);
    acts_.erase(acts_.begin());
    LM_RETURN_IF_ERROR(act());
  }
  return absl::OkStatus();
}

absl::Status Agenda::WaitUntil(Timestamp instant) {
  while (now() < instant) {
    if (stopping_()) return absl::CancelledError("stopping");
    const Millis real = std::max(Millis{1}, clock_->RealTime(instant - now()));
    std::this_thread::sleep_for(std::chrono::milliseconds(real.ms));
  }
  return absl::OkStatus();
}

absl::Status Agenda::RunUntil(Timestamp instant) {
  for (;;) {
    LM_RETURN_IF_ERROR(RunDue());
    if (now() >= instant) return absl::OkStatus();
    LM_RETURN_IF_ERROR(
        WaitUntil(acts_.empty() ? instant : std::min(instant, acts_.begin()->first)));
  }
}

absl::StatusOr<Timestamp> Agenda::NextLimit() {
  LM_ASSIGN_OR_RETURN(Door::OpenCases open, door_->GetOpenCases(kDirector));
  Timestamp next = kNever;
  for (const auto& c : open.cases) next = std::min(next, NextLimitOf(c, now()));
  return next;
}

absl::Status Agenda::HurryUntil(Timestamp instant) {
  for (;;) {
    LM_RETURN_IF_ERROR(RunDue());
    if (now() >= instant) return absl::OkStatus();
    LM_ASSIGN_OR_RETURN(const Timestamp limit, NextLimit());
    const Timestamp act = acts_.empty() ? kNever : acts_.begin()->first;
    const Timestamp stop = std::min({instant, act, limit - kLead});
    const Millis ahead = stop - now();
    if (ahead > Minutes(1)) {
      const Millis real{ahead.ms * kDayMs / Days(1).ms};
      clock_->Hurry(stop, std::clamp(real, kShortestHurry, kLongestHurry));
      LM_RETURN_IF_ERROR(WaitUntil(stop));
    } else if (act <= limit) {
      LM_RETURN_IF_ERROR(WaitUntil(std::min(act, instant)));
    } else {
      LM_RETURN_IF_ERROR(WaitUntil(std::max(limit, now()) + kTrail));
    }
  }
}

}  // namespace lastmeter::demo
