#include "tests/year/people.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace lastmeter::year {
namespace {

namespace cd = command::v1;
namespace cm = common::v1;
namespace ev = event::v1;

constexpr Millis kOneDeedTakes = Minutes(1);

// What keeps a promise.
Act ActFor(cm::Promise promise) {
  switch (promise) {
    case cm::PROMISE_VERIFY:
      return Act::kVerify;
    case cm::PROMISE_FIRST_RELIEF:
      return Act::kRelief;
    case cm::PROMISE_PAPERWORK:
      return Act::kPaperwork;
    case cm::PROMISE_RESOLVE:
      return Act::kClose;
    default:
      return Act::kAcknowledge;
  }
}

// Whether somebody brings food first and looks at papers later: the same for a case at every look.
bool ReliefFirst(const KnownCase& c) {
  const uint32_t percent = c.level == cm::LEVEL_CRITICAL ? 45
                           : c.level == cm::LEVEL_URGENT ? 25
                                                         : 0;
  return Murmur2(c.number) % 100 < percent;
}

bool WantsRelief(const KnownCase& c) {
  if (c.unfounded || c.level == cm::LEVEL_ATTENTION) return false;
  return c.Promises(cm::PROMISE_FIRST_RELIEF) || Murmur2(c.number) % 2 == 0;
}

// A few wait for what nobody here has, such as a bed in a home; no ladder and no red card brings
// it.
bool IsStuck(const KnownCase& c) { return Murmur2(c.number + " waits") % 100 < 2; }

}  // namespace

People::People(const District* district, uint64_t seed)
    : district_(district), random_(seed + 5), habits_(district, seed) {}

// ---- What they read.

void People::Read(const ev::Record& record) {
  now_ = {record.log_time_ms()};
  const ev::Event& event = record.event();
  if (event.has_command_rejected()) return Rejected(event);
  const KnownCase* known = book_.Read(event);
  if (known == nullptr) return;
  const KnownCase& c = *known;
  switch (event.body_case()) {
    case ev::Event::kCaseOpened:
      return Opened(event.case_opened(), c);
    case ev::Event::kCaseReopened:
      return Escalated(event.case_reopened().turn(), c);
    case ev::Event::kCaseHandedDown:
      return Escalated(event.case_handed_down().turn(), c);
    case ev::Event::kCaseReassigned:
      return Escalated(event.case_reassigned().turn(), c);
    case ev::Event::kCaseEscalated:
      return Escalated(event.case_escalated().turn(), c);
    case ev::Event::kLadderExhausted:
      return Pressed(event.ladder_exhausted().notices(), event.ladder_exhausted().promise(), c);
    case ev::Event::kCaseReminded:
      return Pressed(event.case_reminded().notices(), event.case_reminded().promise(), c);
    case ev::Event::kClockNearDue:
      return Pressed(event.clock_near_due().notices(), event.clock_near_due().promise(), c);
    case ev::Event::kClockOverdueTwice:
      return Pressed(event.clock_overdue_twice().notices(), event.clock_overdue_twice().promise(),
                     c);
    case ev::Event::kCaseUrged:
      return Pressed(event.case_urged().notices(), cm::PROMISE_ACKNOWLEDGE, c);
    case ev::Event::kCaseAcknowledged:
      return Acknowledged(event.case_acknowledged(), c);
    case ev::Event::kCaseVerified:
      return Verified(event.case_verified(), c);
    case ev::Event::kReliefRecorded:
    case ev::Event::kPaperworkCompleted:
    case ev::Event::kHoldEnded:
      return GoOn(c, false);
    case ev::Event::kCaseHeld:
      // What was waited for often comes sooner than was thought.
      if (Chance(350)) MeanSoon(c, c.handler, Act::kResume, 24 * 60, 6 * 24 * 60);
      return;
    case ev::Event::kCaseClosed:
      return Closed(c);
    default:
      return;
  }
}

void People::Opened(const ev::CaseOpened& opened, const KnownCase& c) {
  Escalated(opened.turn(), c);
  // What reporters do once more. A hotline may only take its report back.
  if (Chance(15)) MeanSoon(c, c.reporter, Act::kWithdraw, 1, 12);
  if (c.reporter_role != cm::ROLE_STAFF) return;
  if (Chance(8)) MeanSoon(c, c.reporter, Act::kRaiseLevel, 20, 600);
  if (Chance(20)) MeanSoon(c, c.reporter, Act::kNote, 5, 300);
  if (!Chance(60)) return;
  // Who waits for an answer asks once more, an impatient one twice.
  MeanSoon(c, c.reporter, Act::kRemind, 20, 240);
  if (Chance(100)) MeanSoon(c, c.reporter, Act::kRemind, 20, 30);
}

void People::Escalated(const ev::Turn& turn, const KnownCase& c) {
  for (const ev::Notice& notice : turn.notices()) {
    // Who was only told beside them leaves it to those who are asked.
    if (notice.purpose() != ev::PURPOSE_ANSWER && !Chance(25)) continue;
    Answer(notice, {.promise = turn.promise(), .due_ms = turn.due_ms(), .pressed = false}, c);
  }
}

void People::Pressed(const google::protobuf::RepeatedPtrField<ev::Notice>& notices,
                     cm::Promise promise, const KnownCase& c) {
  for (const ev::Notice& notice : notices) {
    if (notice.staff_id() == c.handler) {
      GoOn(c, true);
    } else if (c.handler.empty() || notice.purpose() != ev::PURPOSE_NEAR_DUE) {
      Answer(notice, {.promise = promise, .due_ms = 0, .pressed = true}, c);
    }
  }
}

void People::Answer(const ev::Notice& notice, const Told& told, const KnownCase& c) {
  Habits::Task task{.told = std::max(now_, Timestamp{notice.not_before_ms()}),
                    .due = {told.due_ms},
                    .level = c.level,
                    .pressed = told.pressed};
  const auto at = habits_.When(notice.staff_id(), task);
  if (!at || (told.promise == cm::PROMISE_RESOLVE && IsStuck(c))) return;
  Mean({.at = *at,
        .staff = notice.staff_id(),
        .number = c.number,
        .cycle = c.cycle,
        .act = ActFor(told.promise),
        .notice_id = notice.notice_id()});
}

void People::Acknowledged(const ev::CaseAcknowledged& acknowledged, const KnownCase& c) {
  const std::string& by = acknowledged.by().id();
  const uint64_t draw = random_.Below(100);
  const bool village_known = c.area.size() >= 12;
  if (acknowledged.tier() >= cm::TIER_TOWN) {
    // Whoever sees only a town on the paper finds out which village it is.
    if (!village_known && draw < 70) return MeanSoon(c, by, Act::kReassign, 5, 50);
    if (village_known && draw < 3) return MeanSoon(c, by, Act::kReassign, 5, 90);
    const uint64_t down = acknowledged.tier() == cm::TIER_DISTRICT ? 60 : 30;
    if (village_known && draw < down) return MeanSoon(c, by, Act::kHandDown, 2, 60);
  } else if (draw < 3) {
    return MeanSoon(c, by, Act::kRaiseTier, 10, 120);
  }
  if (!c.twins.empty() && Chance(250)) return MeanSoon(c, by, Act::kMerge, 10, 200);
  GoOn(c, false);
}

void People::Verified(const ev::CaseVerified& verified, const KnownCase& c) {
  if (verified.finding() == cm::FINDING_WORSE && c.level > cm::LEVEL_CRITICAL) {
    MeanSoon(c, verified.by().id(), Act::kRaiseLevel, 1, 20);
  }
  if (Chance(60)) MeanSoon(c, verified.by().id(), Act::kNote, 1, 60);
  if (!c.unfounded && Chance(80)) return MeanSoon(c, c.handler, Act::kHold, 10, 2000);
  // Only the town or the district gives more time.
  if (!c.restricted && c.area.size() >= 9 && Chance(40)) {
    const auto& town = district_->StaffAt(c.area.substr(0, 9));
    if (!town.empty()) {
      MeanSoon(c, town[random_.Below(town.size())], Act::kExtend, 60, 3 * 24 * 60);
    }
  }
  GoOn(c, false);
}

void People::Closed(const KnownCase& c) {
  if (!Chance(25) || c.area.size() < 12) return;
  const std::string over = random_.Percent(60) ? c.area.substr(0, 12) : c.area.substr(0, 9);
  MeanSoon(c, district_->WorkerOf(over), Act::kReopen, 8 * 60, 40 * 24 * 60);
}

void People::Rejected(const ev::Event& event) {
  const KnownCase* c = book_.Find(event.case_number());
  if (c == nullptr || c->handler != event.command_rejected().by().id()) return;
  GoOn(*c, true);
}

// ---- What the handler does.

Act People::NextStep(const KnownCase& c, int64_t* due_ms) const {
  const auto due = [&](cm::Promise promise) {
    const auto it = c.due_ms.find(promise);
    *due_ms = it == c.due_ms.end() ? 0 : it->second;
  };
  const bool visit = c.Promises(cm::PROMISE_VERIFY) && !c.verified;
  if (visit && (c.relieved || !ReliefFirst(c))) {
    due(cm::PROMISE_VERIFY);
    return Act::kVerify;
  }
  if (WantsRelief(c) && !c.relieved) {
    due(c.Promises(cm::PROMISE_FIRST_RELIEF) ? cm::PROMISE_FIRST_RELIEF : cm::PROMISE_RESOLVE);
    return Act::kRelief;
  }
  due(c.papers_owed ? cm::PROMISE_PAPERWORK : cm::PROMISE_RESOLVE);
  return c.papers_owed ? Act::kPaperwork : Act::kClose;
}

void People::GoOn(const KnownCase& c, bool pressed) {
  if (!c.open || c.handler.empty() || c.on_hold) return;
  int64_t due_ms = 0;
  const Act step = NextStep(c, &due_ms);
  const auto at = habits_.When(
      c.handler, {.told = now_, .due = {due_ms}, .level = c.level, .pressed = pressed});
  if (!at) return;
  if (step == Act::kClose && IsStuck(c)) {
    return MeanSoon(c, c.handler, step, 20 * 24 * 60, 50 * 24 * 60);
  }
  Mean({.at = *at, .staff = c.handler, .number = c.number, .cycle = c.cycle, .act = step});
}

// ---- What they mean to do, and do.

void People::Mean(Intent intent) { meant_.emplace(std::pair{intent.at, ++order_}, intent); }

void People::MeanSoon(const KnownCase& c, const std::string& staff, Act act, int64_t from_minutes,
                      int64_t to_minutes) {
  if (staff.empty()) return;
  const Millis wait{random_.Between(Minutes(from_minutes).ms, Minutes(to_minutes).ms)};
  Mean({.at = now_ + wait,
        .staff = staff,
        .role = staff == c.reporter ? c.reporter_role : cm::ROLE_STAFF,
        .number = c.number,
        .cycle = c.cycle,
        .act = act});
}

std::optional<Timestamp> People::Next() const {
  if (meant_.empty()) return std::nullopt;
  return meant_.begin()->first.first;
}

std::vector<cd::Command> People::ActUntil(Timestamp now) {
  now_ = now;
  std::vector<cd::Command> commands;
  while (!meant_.empty() && meant_.begin()->first.first <= now) {
    Intent intent = std::move(meant_.begin()->second);
    meant_.erase(meant_.begin());
    if (auto command = Do(std::move(intent))) commands.push_back(*std::move(command));
  }
  return commands;
}

std::optional<cd::Command> People::Do(Intent intent) {
  const KnownCase* c = book_.Find(intent.number);
  if (c == nullptr) return std::nullopt;
  // Nobody closes what nobody has taken on.
  if (intent.act == Act::kClose && c->handler.empty()) intent.act = Act::kAcknowledge;
  // A few do not look before they act.
  if (!IsStillNeeded(intent, *c) && !Chance(15)) return std::nullopt;
  if (intent.role == cm::ROLE_STAFF) {
    const auto present = district_->Present(intent.staff, DateOf(now_));
    if (!present) {
      // Nobody stands in: it waits for the person, unless somebody else was asked as well.
      if (intent.staff != c->handler) return std::nullopt;
      intent.at = intent.at + Days(1);
      Mean(std::move(intent));
      return std::nullopt;
    }
    // Nobody does two things at once: in the flood a village head falls behind, and cases climb.
    Timestamp& busy_until = busy_until_[*present];
    if (busy_until > now_) {
      intent.at = busy_until;
      Mean(std::move(intent));
      return std::nullopt;
    }
    busy_until = now_ + kOneDeedTakes;
    intent.staff = *present;
  }
  auto command = Fill(intent, *c, *district_, &random_);
  if (!command) return std::nullopt;
  command->set_command_id("c" + std::to_string(++commands_));
  command->set_accepted_at_ms(now_.ms);
  command->mutable_actor()->set_id(intent.staff);
  command->mutable_actor()->set_role(intent.role);
  return command;
}

}  // namespace lastmeter::year
