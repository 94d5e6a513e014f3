// Scheduled certifications over years, against a calendar written down once more.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "tests/core/machine_rig.h"
#include "tests/core/rig_people.h"
#include "tests/core/seeds.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr char kGrid[] = "430112001001001";
constexpr Timestamp kStart{1'767'574'800'000};
constexpr int64_t kDayMs = 86'400'000;

// As RigRules has them.
struct Kind {
  const char* code;
  int months;
  int remind_days;
};
constexpr Kind kKinds[] = {
    {"alive-yearly", 12, 60}, {"alive-quarterly", 3, 30}, {"alive-monthly", 1, 5}};

struct Civil {
  int year, month, day;
};

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysOf(int year, int month) {
  const int days[] = {31, IsLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1];
}

// By walking from 1970 on, month by month.
Civil CivilOf(int64_t day) {
  Civil date{1970, 1, 1};
  while (day >= DaysOf(date.year, date.month)) {
    day -= DaysOf(date.year, date.month);
    date = date.month == 12 ? Civil{date.year + 1, 1, 1} : Civil{date.year, date.month + 1, 1};
  }
  date.day = static_cast<int>(day) + 1;
  return date;
}

int64_t DayOf(const Civil& date) {
  int64_t day = date.day - 1;
  for (Civil at{1970, 1, 1}; at.year < date.year || at.month < date.month;) {
    day += DaysOf(at.year, at.month);
    at = at.month == 12 ? Civil{at.year + 1, 1, 1} : Civil{at.year, at.month + 1, 1};
  }
  return day;
}

// Midnight after the day of the same number so many months later, the month's last where it has no
// such day; at UTC+8.
int64_t EndOfDayMonthsLater(int64_t ms, int months) {
  const int64_t zone = 8 * 3'600'000;
  Civil date = CivilOf((ms + zone) / kDayMs);
  for (int i = 0; i < months; ++i) {
    date = date.month == 12 ? Civil{date.year + 1, 1, date.day}
                            : Civil{date.year, date.month + 1, date.day};
  }
  date.day = std::min(date.day, DaysOf(date.year, date.month));
  return (DayOf(date) + 1) * kDayMs - zone;
}

// One schedule from a seed.
class CertifyLife {
 public:
  CertifyLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried)
      : random_(seed),
        tried_(*tried),
        rig_(rules, kStart, &random_),
        kind_(random_.OneOf(kKinds)) {}

  std::string Live() {
    Open();
    const int steps = 15 + static_cast<int>(random_.Below(15));
    for (int i = 0; i < steps && !rig_.failed(); ++i) {
      Act();
      CheckState();
    }
    if (random_.Percent(60)) rig_.Replay();
    return rig_.wrong();
  }

 private:
  void Open() {
    // Long ago, lately, or by a clock that is ahead.
    last_ms_ = rig_.now().ms - random_.Between(-5, 900) * kDayMs + random_.Between(0, kDayMs);
    report_.set_kind(kind_.code);
    report_.set_area(kGrid);
    report_.set_household_ref("P1");
    report_.set_occurred_at_ms(last_ms_);
    report_.mutable_reporter()->set_id("district-desk");
    report_.mutable_reporter()->set_role(cm::ROLE_STAFF);
    const auto events = rig_.Report(report_);
    number_ = events.at(0).case_number();
    last_ms_ = std::min(last_ms_, rig_.now().ms);
    Promise(last_ms_);
    if (!events.at(0).case_opened().scheduled()) rig_.Wrong("a certification is not scheduled");
  }

  // Somebody was certified at that time.
  void Promise(int64_t at_ms) {
    last_ms_ = at_ms;
    // What is overdue at once leaves a week for a visit.
    due_ms_ = std::max(EndOfDayMonthsLater(at_ms, kind_.months), rig_.now().ms + 7 * kDayMs);
    remind_ms_ = std::max(due_ms_ - kind_.remind_days * kDayMs, rig_.now().ms);
    broken_ = false;
  }

  void Act() {
    const uint64_t roll = random_.Below(100);
    if (roll < 45) return PassTime();
    if (roll < 50) return rig_.RepeatOne();
    if (roll < 75) return Certify();
    if (roll < 80) return ListAgain();
    if (roll < 86) return PlanVisit();
    if (roll < 92) return CancelVisit();
    if (roll < 97) return DoSomethingElse();
    Close();
  }

  ev::Event Ask(const std::string& who, command::v1::Command command) {
    command.set_case_number(number_);
    command.mutable_actor()->set_id(who);
    command.mutable_actor()->set_role(cm::ROLE_STAFF);
    if (command.accepted_at_ms() == 0) command.set_accepted_at_ms(rig_.now().ms);
    return rig_.Command(std::move(command)).at(0);
  }

  bool Taken(const ev::Event& event, ev::Event::BodyCase body, bool may, const std::string& what) {
    ++tried_[what + (may ? "" : " refused")];
    const bool taken = event.body_case() == body;
    if (taken != may || (!may && !event.has_command_rejected())) {
      rig_.Wrong(what + (may ? " is refused" : " is taken") + " against the model");
    }
    return taken && may;
  }

  std::string AnyBody() {
    return random_.Percent(70) ? "xu-guangming" : random_.OneOf(rig::kPeople).id;
  }

  void Certify() {
    const std::string who = AnyBody();
    command::v1::Command command;
    auto* certify = command.mutable_certify();
    certify->set_assisted(random_.Percent(50));
    const int64_t accepted = rig_.now().ms + random_.Between(-100'000, 20'000);
    command.set_accepted_at_ms(accepted);
    int64_t at = std::min(accepted, rig_.now().ms);
    if (random_.Percent(60)) {
      const int64_t times[] = {rig_.now().ms + random_.Between(-1, 1),
                               last_ms_ + random_.Between(-1, 1),
                               rig_.now().ms - random_.Between(0, 60 * kDayMs)};
      at = random_.OneOf(times);
      certify->set_certified_at_ms(at);
    }
    const bool may = open_ && rig::PersonOf(who).rank > 0 && at <= rig_.now().ms && at >= last_ms_;
    const ev::Event event = Ask(who, command);
    if (!Taken(event, ev::Event::kCaseCertified, may, "certify")) return;
    if (event.case_certified().late() != broken_) rig_.Wrong("certified late by mistake");
    if (event.case_certified().certified_at_ms() != at) rig_.Wrong("certified at another time");
    if (broken_) ++tried_["certify after the limit"];
    Promise(at);
  }

  // The same person stands on a list twice: one schedule, and no date moves.
  void ListAgain() {
    if (!open_) return;
    report_.set_occurred_at_ms(rig_.now().ms - random_.Between(0, 400 * kDayMs));
    Taken(rig_.Report(report_).at(0), ev::Event::kReportAttached, true, "listed again");
  }

  void PlanVisit() {
    command::v1::Command command;
    auto* plan = command.mutable_plan_work();
    plan->set_kind(cm::WORK_KIND_VISIT);
    plan->set_assignee("xu-guangming");
    plan->set_from_ms(rig_.now().ms + 3'600'000);
    plan->set_until_ms(rig_.now().ms + 7'200'000);
    const bool may = open_ && works_ < 16;
    works_ += Taken(Ask("xu-guangming", command), ev::Event::kWorkPlanned, may, "plan");
  }

  void CancelVisit() {
    const auto c = rig_.CaseOf(number_);
    command::v1::Command command;
    command.mutable_cancel_work()->set_work_id(works_ == 0 ? 1 : c.works(0).id());
    command.mutable_cancel_work()->mutable_reason()->set_open("seen");
    const bool may = open_ && works_ > 0;
    works_ -= Taken(Ask("tan-dan", command), ev::Event::kWorkCancelled, may, "cancel");
  }

  // A schedule is nobody's to take on, to wait with or to hand about.
  void DoSomethingElse() {
    command::v1::Command command;
    switch (random_.Below(5)) {
      case 0:
        command.mutable_acknowledge();
        break;
      case 1:
        command.mutable_hold()->set_reason(cm::HOLD_REASON_OTHERS);
        command.mutable_hold()->set_until_ms(rig_.now().ms + kDayMs);
        break;
      case 2:
        command.mutable_refer()->set_to("health-bureau");
        command.mutable_refer()->mutable_reason()->set_open("x");
        break;
      case 3:
        command.mutable_begin_follow_up()->set_outcome(cm::OUTCOME_NEED_MET);
        command.mutable_begin_follow_up()->set_visits(2);
        break;
      default:
        command.mutable_reopen()->mutable_reason()->set_open("x");
        break;
    }
    Taken(Ask("tan-dan", command), ev::Event::BODY_NOT_SET, false, "something else");
  }

  void Close() {
    const std::string who = AnyBody();
    command::v1::Command command;
    command.mutable_close()->set_outcome(cm::OUTCOME_MOVED);
    command.mutable_close()->set_case_version(rig_.CaseOf(number_).version());
    const bool may = open_ && works_ == 0 && rig::PersonOf(who).rank >= 3;
    if (Taken(Ask(who, command), ev::Event::kCaseClosed, may, "close")) open_ = false;
  }

  // The next of what is due when nobody is certified.
  int64_t NextMs() const {
    if (!open_ || broken_) return INT64_MAX;
    return std::min(remind_ms_, due_ms_);
  }

  void PassTime() {
    Timestamp to = rig_.now() + Hours(random_.Between(1, 24 * 60));
    if (NextMs() != INT64_MAX && random_.Percent(50)) {
      to = std::max(to, Timestamp{NextMs() + random_.Between(-1, 1)});
    }
    const auto timers =
        random_.Percent(80) ? MachineRig::Timers::kPrompt : MachineRig::Timers::kLate;
    rig_.PassTo(to, timers,
                [this](const auto& timer, const auto& events) { Fired(timer, events); });
    if (NextMs() <= rig_.now().ms) rig_.Wrong("a reminder or a limit went unnoticed");
  }

  void Fired(const PartitionState::Timer& timer, const MachineRig::Events& events) {
    const ev::Event& event = events.at(0);
    if (event.has_clock_near_due()) return Reminded(timer, event.clock_near_due());
    if (event.has_clock_breached()) return Overdue(timer, events);
    if (NextMs() < timer.due.ms) rig_.Wrong("a reminder or a limit is passed over");
  }

  // From the right day on, every twenty days after the last one, and never once it is overdue.
  void Reminded(const PartitionState::Timer& timer, const ev::ClockNearDue& near) {
    ++tried_["reminded"];
    if (broken_ || timer.due.ms != remind_ms_ || near.due_ms() != due_ms_) {
      return rig_.Wrong("reminded on the wrong day");
    }
    const auto& told = near.notices();
    if (std::none_of(told.begin(), told.end(),
                     [](const auto& notice) { return notice.staff_id() == "xu-guangming"; })) {
      rig_.Wrong("whoever serves the grid is not reminded");
    }
    const int64_t again = rig_.now().ms + 20 * kDayMs;
    remind_ms_ = again < due_ms_ ? again : INT64_MAX;
  }

  // Once, on the day itself, and somebody is called in.
  void Overdue(const PartitionState::Timer& timer, const MachineRig::Events& events) {
    ++tried_["overdue"];
    if (broken_ || timer.due.ms != due_ms_) return rig_.Wrong("overdue twice, or on another day");
    broken_ = true;
    if (std::none_of(events.begin(), events.end(), [](const ev::Event& event) {
          return event.case_escalated().reason() == ev::CLIMB_REASON_OVERDUE;
        })) {
      rig_.Wrong("overdue, and nobody is called in");
    }
  }

  void CheckState() {
    if (rig_.failed()) return;
    const auto c = rig_.CaseOf(number_);
    if (c.closed() == open_ || c.cycle() != 1 || c.works_size() != works_) {
      return rig_.Wrong("the schedule is kept otherwise: " + c.ShortDebugString());
    }
    if (!open_) return;
    if (c.clocks_size() != 1 || c.clocks(0).due_ms() != due_ms_ ||
        c.clocks(0).breached() != broken_ || c.clocks(0).stopped()) {
      rig_.Wrong("the next time is due otherwise: " + c.ShortDebugString());
    }
  }

  Random random_;
  Tried& tried_;
  MachineRig rig_;
  const Kind& kind_;
  report::v1::HardshipReport report_;
  std::string number_;
  bool open_ = true;
  int works_ = 0;
  int64_t last_ms_ = 0;
  int64_t due_ms_ = 0;
  // INT64_MAX: not again before the limit.
  int64_t remind_ms_ = 0;
  bool broken_ = false;
};

TEST(CertifyProperties, RemindsFromTheRightDayAndIsOverdueOnce) {
  const rules::v1::Rules rules = RigRules();
  const Tried tried = LiveSeeds(
      800, [&](uint64_t seed, Tried* tried) { return CertifyLife(seed, rules, tried).Live(); });
  ExpectTried(tried, {{"certify", 1500},
                      {"certify after the limit", 700},
                      {"certify refused", 1000},
                      {"close refused", 100},
                      {"listed again", 300},
                      {"overdue", 1000},
                      {"reminded", 1800}});
}

}  // namespace
}  // namespace lastmeter
