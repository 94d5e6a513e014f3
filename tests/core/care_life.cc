#include "tests/core/care_life.h"

#include <algorithm>

#include "tests/core/rig_people.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr char kGrid[] = "430112001001001";
constexpr Timestamp kStart{1'767'574'800'000};

report::v1::HardshipReport ReportOf(const char* kind, const char* household) {
  report::v1::HardshipReport report;
  report.set_kind(kind);
  report.set_area(kGrid);
  report.set_household_ref(household);
  report.mutable_reporter()->set_id("hotline");
  report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
  return report;
}

struct Kind {
  const char* code;
  cm::Level level;
};
constexpr Kind kKinds[] = {{"elder-alone", cm::LEVEL_CRITICAL},
                           {"sudden-illness", cm::LEVEL_URGENT},
                           {"job-loss", cm::LEVEL_ORDINARY},
                           {"policy-question", cm::LEVEL_ATTENTION}};

}  // namespace

CareLife::CareLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried)
    : random_(seed), tried_(*tried), rig_(rules, kStart, &random_) {
  generous_ = random_.Percent(3);
}

std::string CareLife::Live() {
  Open();
  const int steps = 40 + static_cast<int>(random_.Below(50));
  for (int i = 0; i < steps && !rig_.failed(); ++i) {
    if (random_.Percent(20)) {
      PassTime();
    } else if (random_.Percent(5)) {
      rig_.RepeatOne();
    } else {
      Act();
    }
    CheckState();
  }
  if (!rig_.failed()) Pass(rig_.now() + Hours(1), MachineRig::Timers::kLate);
  if (random_.Percent(60)) rig_.Replay();
  return rig_.wrong();
}

void CareLife::Open() {
  twin_ = rig_.Report(ReportOf("injury", "H2")).at(0).case_number();
  const Kind& kind = random_.OneOf(kKinds);
  model_.level = kind.level;
  reported_ms_ = rig_.now().ms;
  number_ = rig_.Report(ReportOf(kind.code, "H1")).at(0).case_number();
  for (int i = 0; generous_ && i < 62; ++i) Pledge();
  if (random_.Percent(85)) return Acknowledge();
  if (random_.Percent(50)) Plan();
  Withdraw();
}

CareLife::Events CareLife::Ask(const std::string& who, Command command) {
  accepted_ms_ = (rig_.now() + Seconds(random_.Between(-300, 60))).ms;
  command.set_case_number(number_);
  command.mutable_actor()->set_id(who);
  command.mutable_actor()->set_role(who == "hotline" ? cm::ROLE_SENTINEL : cm::ROLE_STAFF);
  command.set_accepted_at_ms(accepted_ms_);
  return rig_.Command(std::move(command));
}

bool CareLife::Taken(const Events& events, Body body, bool may, const std::string& what) {
  ++tried_[what + (may ? "" : " refused")];
  const bool taken = events.at(0).body_case() == body;
  if (taken != may || (!may && !events.at(0).has_command_rejected())) {
    rig_.Wrong(what + (may ? " is refused" : " is taken") + " against the model");
  }
  return taken && may;
}

void CareLife::ExpectEvents(const Events& events, Body body, int64_t times,
                            const std::string& what) {
  const int64_t found = std::count_if(events.begin(), events.end(), [&](const ev::Event& event) {
    return event.body_case() == body;
  });
  if (found != times) rig_.Wrong(what + ": an event came " + std::to_string(found) + " times");
}

void CareLife::ExpectNewCycle(const Events& events, const std::string& what) {
  ExpectEvents(events, ev::Event::kFollowUpEnded, 1, what);
  ExpectEvents(events, ev::Event::kCaseReopened, 1, what);
  ++tried_[what];
  model_.End(rig_.now().ms);
  model_.BeginCycle();
}

uint32_t CareLife::AnyVersion() {
  const uint32_t version = rig_.CaseOf(number_).version();
  return random_.Percent(97) ? version : version - 1;
}

int64_t CareLife::StartMs() const { return std::min(accepted_ms_, rig_.now().ms); }

// Both were told of the case, or stand above whoever was: always with a say in it.
std::string CareLife::Worker() { return random_.Percent(50) ? "xu-guangming" : "tan-dan"; }

std::string CareLife::Decider() {
  return random_.Percent(70) && !model_.handler.empty() ? model_.handler
                                                        : random_.OneOf(rig::kPeople).id;
}

void CareLife::Act() {
  const uint64_t roll = random_.Below(100);
  if (generous_ && roll < 30) return roll < 8 ? Pledge() : Deliver();
  if (roll < 1) return rig_.InstallRules(rig_.state().rules()->rules());
  if (!model_.open && roll < 40) return Reopen();
  if (model_.open && model_.handler.empty() && roll < 40) return Acknowledge();
  if (roll < 50) return ActOnCase(random_.Below(100));
  ActBeside(random_.Below(100));
}

void CareLife::ActOnCase(uint64_t roll) {
  if (roll < 6) return Acknowledge();
  if (roll < 16) return Verify();
  if (roll < 26) return Relieve();
  if (roll < 42) return CompletePapers();
  if (roll < 52) return Hold();
  if (roll < 66) return Resume();
  if (roll < 68) return HandDown();
  if (roll < 75) return HandOver();
  if (roll < 81) return Raise();
  if (roll < 83) return Withdraw();
  if (roll < 86) return Merge();
  if (roll < 93) return Close();
  if (roll < 95) return Reopen();
  ReportAgain();
}

void CareLife::ActBeside(uint64_t roll) {
  if (model_.followed_up() && roll < 30) return RecordFollowUp();
  if (model_.followed_up() && roll < 38) return Hold();
  if (model_.referred && roll < 8) return Hold();
  if (model_.referred && roll < 14) return AnswerReferral();
  if (roll < 22) return Refer();
  if (roll < 26) return AnswerReferral();
  if (roll < 55) return BeginFollowUp();
  if (roll < 58) return RecordFollowUp();
  if (roll < 69) return Pledge();
  if (roll < 80) return Deliver();
  if (roll < 85) return Plan();
  CancelWork();
}

Timestamp CareLife::AnyMoment() {
  const auto next = model_.Next();
  if (next && random_.Percent(50)) {
    const Timestamp at{next->at_ms + random_.Between(-1, 1)};
    if (at > rig_.now() && at - rig_.now() < Days(40)) return at;
  }
  if (random_.Percent(10)) return rig_.now() + Days(random_.Between(1, 20));
  return rig_.now() + Minutes(random_.Between(1, 24 * 60));
}

void CareLife::PassTime() {
  const uint64_t roll = random_.Below(100);
  Pass(AnyMoment(), roll < 75   ? MachineRig::Timers::kPrompt
                    : roll < 90 ? MachineRig::Timers::kLate
                                : MachineRig::Timers::kLeft);
}

void CareLife::Pass(Timestamp to, MachineRig::Timers timers) {
  rig_.PassTo(to, timers, [this](const auto& timer, const auto& events) { Fired(timer, events); });
  if (timers == MachineRig::Timers::kLeft) return;
  const auto next = model_.Next();
  if (next && next->at_ms <= rig_.now().ms) rig_.Wrong("a limit, or the end of a hold, is missed");
}

void CareLife::Fired(const PartitionState::Timer& timer, const Events& events) {
  if (timer.number.ToString() != number_) return;
  const ev::Event& event = events.at(0);
  const auto of = [&](cm::Promise promise, CareModel::What referral, CareModel::What follow_up) {
    if (promise == cm::PROMISE_REFERRAL) Happen(referral, timer);
    if (promise == cm::PROMISE_FOLLOW_UP) Happen(follow_up, timer);
  };
  if (event.has_clock_near_due()) {
    of(event.clock_near_due().promise(), CareModel::What::kReferralNear,
       CareModel::What::kFollowUpNear);
  } else if (event.has_clock_breached()) {
    of(event.clock_breached().promise(), CareModel::What::kReferralBroken,
       CareModel::What::kFollowUpBroken);
  } else if (event.has_hold_ended()) {
    Happen(CareModel::What::kHoldEnds, timer);
  }
  const auto next = model_.Next();
  if (next && next->at_ms < timer.due.ms) rig_.Wrong("a limit is passed over");
  CheckState();
}

void CareLife::Happen(CareModel::What what, const PartitionState::Timer& timer) {
  const char* const names[] = {"referral near", "referral broken", "follow-up near",
                               "follow-up broken", "hold ends"};
  const std::string name = names[static_cast<int>(what)];
  ++tried_[name];
  const auto next = model_.Next();
  // Of what is due at one instant a clock goes first.
  const bool due = next && next->at_ms == timer.due.ms &&
                   (next->what == what || what == CareModel::What::kHoldEnds ||
                    next->what == CareModel::What::kHoldEnds);
  if (!due) return rig_.Wrong(name + ": not what was due, or not then");
  model_.Happen(what);
}

// What is promised stands in the state as the model has it, to the millisecond.
void CareLife::CheckState() {
  if (rig_.failed()) return;
  const MachineRig::Case c = rig_.CaseOf(number_);
  CheckPromise(cm::PROMISE_REFERRAL, model_.referral, c);
  CheckPromise(cm::PROMISE_FOLLOW_UP, model_.follow_up, c);
  if (c.closed() == model_.open || c.cycle() != model_.cycle || c.handler_id() != model_.handler ||
      c.hold_until_ms() != model_.hold_until_ms || c.follow_ups_left() != model_.visits_left ||
      c.follow_ups_made() != model_.visits_made || c.referrals().empty() == model_.referred ||
      c.level() != model_.level || static_cast<size_t>(c.works_size()) != model_.works.size() ||
      static_cast<size_t>(c.resources_size()) != model_.resources.size()) {
    rig_.Wrong("the case is kept otherwise: " + c.ShortDebugString());
  }
}

void CareLife::CheckPromise(cm::Promise promise, const PromiseModel& model,
                            const MachineRig::Case& c) {
  const auto clock = std::find_if(c.clocks().begin(), c.clocks().end(),
                                  [&](const auto& one) { return one.promise() == promise; });
  const bool runs = clock != c.clocks().end() && !clock->stopped();
  if (runs != model.runs) return rig_.Wrong("a promise runs, or has stopped, by mistake");
  if (!runs) return;
  const bool stands = !clock->pauses().empty() && clock->pauses().rbegin()->to_ms() == 0;
  if (clock->due_ms() != model.due_ms || clock->breached() != model.broken ||
      stands != (model.stands_since_ms != 0) || clock->near_due_fired() != model.near_told ||
      (!model.near_told && clock->near_due_ms() != model.near_ms)) {
    rig_.Wrong("a promise is due otherwise: " + clock->ShortDebugString());
  }
}

}  // namespace lastmeter
