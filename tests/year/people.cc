#include "tests/year/people.h"

#include <algorithm>

#include "engine/base/hash.h"
#include "tests/year/beside.h"
#include "tests/year/next_step.h"

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
    case cm::PROMISE_REFERRAL:
      return Act::kAnswerReferral;
    case cm::PROMISE_FOLLOW_UP:
      return Act::kRecordFollowUp;
    case cm::PROMISE_CERTIFICATION:
      return Act::kCertify;
    default:
      return Act::kAcknowledge;
  }
}

// A few wait for what nobody here has, such as a bed in a home; no ladder and no red card brings
// it.
bool IsStuck(const KnownCase& c) { return Murmur2(c.number + " waits") % 100 < 2; }

}  // namespace

People::People(const District* district, uint64_t seed)
    : district_(district),
      agenda_(seed + 5),
      habits_(district, seed),
      helpers_(district, &agenda_) {}

// ---- What they read.

void People::Read(const ev::Record& record) {
  agenda_.SetNow({record.log_time_ms()});
  const ev::Event& event = record.event();
  if (event.has_command_rejected()) return Rejected(event);
  const KnownCase* known = book_.Read(event);
  if (known == nullptr) return;
  const KnownCase& c = *known;
  const auto pressing = [](cm::Promise promise) {
    return Told{.promise = promise, .due_ms = 0, .pressed = true};
  };
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
      return Pressed(event.ladder_exhausted().notices(),
                     pressing(event.ladder_exhausted().promise()), c);
    case ev::Event::kCaseReminded:
      return Pressed(event.case_reminded().notices(), pressing(event.case_reminded().promise()), c);
    case ev::Event::kClockNearDue:
      return NearDue(event.clock_near_due(), c);
    case ev::Event::kClockOverdueTwice:
      return Pressed(event.clock_overdue_twice().notices(),
                     pressing(event.clock_overdue_twice().promise()), c);
    case ev::Event::kCaseUrged:
      return Pressed(event.case_urged().notices(), pressing(cm::PROMISE_ACKNOWLEDGE), c);
    case ev::Event::kCaseAcknowledged:
      return Acknowledged(event.case_acknowledged(), c);
    case ev::Event::kCaseVerified:
      return Verified(event.case_verified(), c);
    case ev::Event::kReliefRecorded:
    case ev::Event::kPaperworkCompleted:
    case ev::Event::kHoldEnded:
    case ev::Event::kCaseHandedOver:
      return GoOn(c, false);
    case ev::Event::kCaseHeld:
      // What was waited for often comes sooner than was thought.
      if (agenda_.Chance(350)) agenda_.MeanSoon(c, c.handler, Act::kResume, 24 * 60, 6 * 24 * 60);
      return;
    case ev::Event::kCaseClosed:
      return Closed(c);
    default:
      helpers_.Read(event, c);
      return ReadBeside(event, c);
  }
}

void People::ReadBeside(const ev::Event& event, const KnownCase& c) {
  switch (event.body_case()) {
    case ev::Event::kWorkFinished:
    case ev::Event::kWorkMissed:
      // The last turn is over, or will not be.
      if (!c.works.empty() && !HasOverdueWork(c)) return;
      return GoOn(c, false);
    case ev::Event::kWorkPlanned:
    case ev::Event::kWorkCancelled:
    case ev::Event::kCaseReferred:
    case ev::Event::kReferralAnswered:
    case ev::Event::kGoalRecorded:
    case ev::Event::kFollowUpBegun:
    case ev::Event::kFollowUpRecorded:
      return GoOn(c, false);
    case ev::Event::kFollowUpEnded:
      if (event.follow_up_ended().reason() == ev::FOLLOW_UP_END_COMPLETED) Closed(c);
      return;
    default:
      return;
  }
}

void People::NearDue(const ev::ClockNearDue& near, const KnownCase& c) {
  if (!c.scheduled) {
    return Pressed(near.notices(), {.promise = near.promise(), .due_ms = 0, .pressed = true}, c);
  }
  Pressed(near.notices(), {.promise = near.promise(), .due_ms = near.due_ms(), .pressed = false},
          c);
  // The town knows who has died or moved.
  if (agenda_.Chance(30)) {
    agenda_.MeanSoon(c, district_->WorkerOf(c.area.substr(0, 9)), Act::kClose, 60, 10 * 24 * 60);
  }
}

void People::Opened(const ev::CaseOpened& opened, const KnownCase& c) {
  if (c.bulletin) {
    const Told told{.promise = cm::PROMISE_RESOLVE,
                    .due_ms = c.due_ms.at(cm::PROMISE_RESOLVE),
                    .pressed = false};
    for (const ev::Notice& notice : opened.authorities()) Answer(notice, told, c);
    return;
  }
  if (c.scheduled) return;
  Escalated(opened.turn(), c);
  // Told of with the digest of the incident; whoever comes first takes the household on.
  for (const ev::Notice& notice : opened.authorities()) {
    if (notice.purpose() != ev::PURPOSE_JOINED || !agenda_.Chance(600)) continue;
    const auto due = c.due_ms.find(cm::PROMISE_VERIFY);
    Answer(notice,
           {.promise = cm::PROMISE_ACKNOWLEDGE,
            .due_ms = due == c.due_ms.end() ? 0 : due->second,
            .pressed = false},
           c);
  }
  // Triage sees that some are no hardship leads at all.
  if (c.area.size() >= 12 && !c.restricted &&
      agenda_.Chance(c.level == cm::LEVEL_ATTENTION ? 60 : 6)) {
    const size_t digits = agenda_.random().Percent(70) ? 12 : 9;
    agenda_.MeanSoon(c, district_->WorkerOf(c.area.substr(0, digits)), Act::kScreenOut, 3, 90);
  }
  // What reporters do once more. A hotline may only take its report back.
  if (agenda_.Chance(15)) agenda_.MeanSoon(c, c.reporter, Act::kWithdraw, 1, 12);
  if (c.reporter_role != cm::ROLE_STAFF) return;
  if (agenda_.Chance(8)) agenda_.MeanSoon(c, c.reporter, Act::kRaiseLevel, 20, 600);
  if (agenda_.Chance(20)) agenda_.MeanSoon(c, c.reporter, Act::kNote, 5, 300);
  if (!agenda_.Chance(60)) return;
  // Who waits for an answer asks once more, an impatient one twice.
  agenda_.MeanSoon(c, c.reporter, Act::kRemind, 20, 240);
  if (agenda_.Chance(100)) agenda_.MeanSoon(c, c.reporter, Act::kRemind, 20, 30);
}

void People::Escalated(const ev::Turn& turn, const KnownCase& c) {
  for (const ev::Notice& notice : turn.notices()) {
    // Who was only told beside them leaves it to those who are asked.
    if (notice.purpose() != ev::PURPOSE_ANSWER && !agenda_.Chance(25)) continue;
    Answer(notice, {.promise = turn.promise(), .due_ms = turn.due_ms(), .pressed = false}, c);
  }
}

void People::Pressed(const google::protobuf::RepeatedPtrField<ev::Notice>& notices,
                     const Told& told, const KnownCase& c) {
  for (const ev::Notice& notice : notices) {
    if (notice.staff_id() == c.handler) {
      GoOn(c, true);
    } else if (c.handler.empty() || notice.purpose() != ev::PURPOSE_NEAR_DUE) {
      Answer(notice, told, c);
    }
  }
}

void People::Answer(const ev::Notice& notice, const Told& told, const KnownCase& c) {
  Habits::Task task{.told = std::max(agenda_.now(), Timestamp{notice.not_before_ms()}),
                    .due = {told.due_ms},
                    .level = c.level,
                    .pressed = told.pressed};
  const auto at = habits_.When(notice.staff_id(), task);
  if (!at || (told.promise == cm::PROMISE_RESOLVE && IsStuck(c))) return;
  Intent intent = IntentOf(c, notice.staff_id(), ActFor(told.promise), *at);
  intent.role = cm::ROLE_STAFF;
  intent.notice_id = notice.notice_id();
  if (intent.act == Act::kRecordFollowUp) intent.nth = c.follow_ups_made + 1;
  if (intent.act == Act::kCertify) intent.nth = c.certified + 1;
  // Whoever serves a grid makes a bulletin known there; who is called in later puts an end to it.
  const bool reader =
      notice.purpose() == ev::PURPOSE_BULLETIN || notice.purpose() == ev::PURPOSE_NEAR_DUE;
  if (c.bulletin && reader) intent.act = Act::kReadBulletin;
  agenda_.Mean(std::move(intent));
}

void People::Acknowledged(const ev::CaseAcknowledged& acknowledged, const KnownCase& c) {
  const std::string& by = acknowledged.by().id();
  const uint64_t draw = agenda_.random().Below(100);
  const bool village_known = c.area.size() >= 12;
  if (acknowledged.tier() >= cm::TIER_TOWN) {
    // Whoever sees only a town on the paper finds out which village it is.
    if (!village_known && draw < 70) return agenda_.MeanSoon(c, by, Act::kReassign, 5, 50);
    if (village_known && draw < 3) return agenda_.MeanSoon(c, by, Act::kReassign, 5, 90);
    const uint64_t down = acknowledged.tier() == cm::TIER_DISTRICT ? 60 : 30;
    if (village_known && draw < down) return agenda_.MeanSoon(c, by, Act::kHandDown, 2, 60);
  } else if (draw < 3) {
    return agenda_.MeanSoon(c, by, Act::kRaiseTier, 10, 120);
  }
  if (!c.twins.empty() && agenda_.Chance(250)) return agenda_.MeanSoon(c, by, Act::kMerge, 10, 200);
  GoOn(c, false);
}

void People::Verified(const ev::CaseVerified& verified, const KnownCase& c) {
  if (verified.finding() == cm::FINDING_WORSE && c.level > cm::LEVEL_CRITICAL) {
    agenda_.MeanSoon(c, verified.by().id(), Act::kRaiseLevel, 1, 20);
  }
  helpers_.Arrange(c);
  if (agenda_.Chance(60)) agenda_.MeanSoon(c, verified.by().id(), Act::kNote, 1, 60);
  if (!c.unfounded && agenda_.Chance(80)) {
    return agenda_.MeanSoon(c, c.handler, Act::kHold, 10, 2000);
  }
  // Only the town or the district gives more time.
  if (!c.restricted && c.area.size() >= 9 && agenda_.Chance(40)) {
    const auto& town = district_->StaffAt(c.area.substr(0, 9));
    if (!town.empty()) {
      agenda_.MeanSoon(c, town[agenda_.random().Below(town.size())], Act::kExtend, 60, 3 * 24 * 60);
    }
  }
  GoOn(c, false);
}

void People::Closed(const KnownCase& c) {
  if (!agenda_.Chance(25) || c.area.size() < 12) return;
  const std::string over =
      agenda_.random().Percent(60) ? c.area.substr(0, 12) : c.area.substr(0, 9);
  agenda_.MeanSoon(c, district_->WorkerOf(over), Act::kReopen, 8 * 60, 40 * 24 * 60);
}

void People::Rejected(const ev::Event& event) {
  const KnownCase* c = book_.Find(event.case_number());
  if (c == nullptr || c->handler != event.command_rejected().by().id()) return;
  GoOn(*c, true);
}

// ---- What the handler does.

void People::GoOn(const KnownCase& c, bool pressed) {
  if (!c.open || c.handler.empty() || c.on_hold) return;
  const auto step = NextStep(c, pressed);
  if (!step) return;
  const auto at = habits_.When(
      c.handler,
      {.told = agenda_.now(), .due = {step->due_ms}, .level = c.level, .pressed = pressed});
  if (!at) return;
  if (step->act == Act::kClose && IsStuck(c)) {
    return agenda_.MeanSoon(c, c.handler, Act::kClose, 20 * 24 * 60, 50 * 24 * 60);
  }
  Intent intent = IntentOf(c, c.handler, step->act, *at);
  intent.role = cm::ROLE_STAFF;
  intent.item = step->item;
  intent.nth = step->nth;
  agenda_.Mean(std::move(intent));
}

// ---- What they do.

void People::BeginDay(Timestamp midnight) {
  agenda_.SetNow(midnight);
  const auto leaving = district_->LeavingOn(NextDate(DateOf(midnight)));
  for (const KnownCase* c : book_.HeldBy(leaving)) {
    // For a few days others leave it to whoever stands in.
    if (agenda_.Chance(550)) agenda_.MeanSoon(*c, c->handler, Act::kHandOver, 8 * 60, 17 * 60);
  }
}

std::vector<cd::Command> People::ActUntil(Timestamp now) {
  agenda_.SetNow(now);
  std::vector<cd::Command> commands;
  while (auto intent = agenda_.Take()) {
    if (auto command = Do(*std::move(intent))) commands.push_back(*std::move(command));
  }
  return commands;
}

std::optional<std::string> People::Doer(Intent* intent, const KnownCase& c) {
  if (intent->role != cm::ROLE_STAFF) return intent->staff;
  const Timestamp now = agenda_.now();
  const auto present = district_->Present(intent->staff, DateOf(now));
  const bool handler = intent->staff == c.handler;
  // Nobody stands in for a turn.
  if (IsTurn(intent->act) && !handler && present != intent->staff) return std::nullopt;
  if (!present) {
    // Nobody stands in: it waits for the person, unless somebody else was asked as well.
    if (!handler) return std::nullopt;
    intent->at = intent->at + Days(1);
    agenda_.Mean(*intent);
    return std::nullopt;
  }
  // Nobody does two things at once: in the flood a village head falls behind, and cases climb.
  Timestamp& busy_until = busy_until_[*present];
  if (busy_until > now) {
    intent->at = busy_until;
    agenda_.Mean(*intent);
    return std::nullopt;
  }
  busy_until = now + kOneDeedTakes;
  return present;
}

std::optional<cd::Command> People::Do(Intent intent) {
  const KnownCase* c = book_.Find(intent.number);
  if (c == nullptr) return std::nullopt;
  // Nobody closes what nobody has taken on.
  if (intent.act == Act::kClose && c->handler.empty() && !c->scheduled && !c->bulletin) {
    intent.act = Act::kAcknowledge;
  }
  const bool lost = intent.as_handler && intent.staff != c->handler;
  // A few do not look before they act.
  if ((lost || !IsStillNeeded(intent, *c)) && !agenda_.Chance(15)) return std::nullopt;
  const auto doer = Doer(&intent, *c);
  if (!doer) return std::nullopt;
  auto command = Fill(intent, *c, *district_, &agenda_.random());
  if (!command) return std::nullopt;
  command->set_command_id("c" + std::to_string(++commands_));
  command->set_accepted_at_ms(agenda_.now().ms);
  command->mutable_actor()->set_id(*doer);
  const bool neighbour = doer->starts_with(District::kVolunteerPrefix);
  command->mutable_actor()->set_role(neighbour ? cm::ROLE_VOLUNTEER : intent.role);
  return command;
}

}  // namespace lastmeter::year
