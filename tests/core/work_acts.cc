// What people do in WorkLife, each with what the table of turns says of it.
#include "tests/core/work_life.h"

#include <algorithm>
#include <string>

#include "tests/core/rig_people.h"
#include "tests/core/work_plans.h"

namespace lastmeter {

namespace cd = lastmeter::command::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr char kHolder[] = "xu-guangming";
// As RigRules says.
constexpr int64_t kNoticeMs = Minutes(90).ms;

template <typename Action>
void Name(Action* action, uint32_t id, uint32_t turn) {
  action->set_work_id(id);
  action->set_turn(turn);
}

}  // namespace

void WorkLife::Plan(Book& book) {
  cd::Command command;
  auto* plan = command.mutable_plan_work();
  *plan = AnyPlan(random_, rig_.now());
  // Volunteers and strangers plan nothing.
  const std::string who = random_.Percent(85) ? kHolder : AnyBody();
  const bool may =
      rig::PersonOf(who).rank > 0 && book.works.size() < 16 && IsGoodPlan(*plan, rig_.now());
  const ev::Event event = Ask(book, who, command);
  if (!Taken(event, ev::Event::kWorkPlanned, may, "plan")) return;
  if (event.work_planned().work_id() != ++book.planned) rig_.Wrong("works are not counted");
  book.works.emplace(book.planned, WorkModel(*plan, kNoticeMs, rig_.now()));
}

void WorkLife::Claim(Book& book, uint32_t id, const std::string& who, uint32_t turn) {
  WorkModel& work = book.works.at(id);
  if (work.undone()) ++tried_["claim of a turn that is over refused"];
  cd::Command command;
  Name(command.mutable_claim_work(), id, turn);
  const bool may = work.MayClaim(who, turn);
  if (!Taken(Ask(book, who, command), ev::Event::kWorkClaimed, may, "claim")) return;
  if (turn == work.present()) ++tried_["claim of the present turn"];
  work.Claim(who, turn, rig_.now());
}

void WorkLife::HandBack(Book& book, uint32_t id, const std::string& who, uint32_t turn) {
  WorkModel& work = book.works.at(id);
  cd::Command command;
  Name(command.mutable_hand_back_work(), id, turn);
  const bool reason = random_.Percent(95);
  if (reason) command.mutable_hand_back_work()->mutable_reason()->set_open("ill");
  const bool may = reason && work.MayHandBack(who, rig::Decides(who, kHolder), turn);
  const ev::Event event = Ask(book, who, command);
  if (!Taken(event, ev::Event::kWorkHandedBack, may, "hand back")) return;
  if (event.work_handed_back().worker() != work.WhoHas(turn)) {
    rig_.Wrong("handed back by somebody who had not this turn");
  }
  if (turn == work.present() && work.begun()) ++tried_["hand back of a turn that had begun"];
  work.HandBack(turn, rig_.now());
}

void WorkLife::Start(Book& book, uint32_t id, const std::string& who, uint32_t turn) {
  WorkModel& work = book.works.at(id);
  cd::Command command;
  Name(command.mutable_start_work(), id, turn);
  const bool may = work.MayStart(who, turn, rig_.now());
  if (!Taken(Ask(book, who, command), ev::Event::kWorkStarted, may, "start")) return;
  work.Start(who, rig_.now());
}

void WorkLife::Finish(Book& book, uint32_t id, const std::string& who, uint32_t turn) {
  WorkModel& work = book.works.at(id);
  cd::Command command;
  Name(command.mutable_finish_work(), id, turn);
  const bool may = work.MayFinish(who, rig::Decides(who, kHolder), turn);
  const ev::Event event = Ask(book, who, command);
  if (!Taken(event, ev::Event::kWorkFinished, may, "finish")) return;
  if (event.work_finished().late() != work.undone()) rig_.Wrong("late, or not, by mistake");
  if (work.undone()) ++tried_["finish after all"];
  if (!work.Finish(rig_.now())) book.works.erase(id);
}

void WorkLife::Cancel(Book& book, uint32_t id, const std::string& who) {
  cd::Command command;
  command.mutable_cancel_work()->set_work_id(id);
  command.mutable_cancel_work()->mutable_reason()->set_open("moved");
  const bool may = book.works.contains(id) && rig::Decides(who, kHolder);
  const ev::Event event = Ask(book, who, command);
  if (!Taken(event, ev::Event::kWorkCancelled, may, "cancel")) return;
  CheckEverybodyIsTold(book.works.at(id), who, event.work_cancelled().notices());
  book.works.erase(id);
}

int64_t WorkLife::TimesTold(const Notices& notices, const std::string& who) {
  return std::count_if(notices.begin(), notices.end(),
                       [&](const auto& notice) { return notice.staff_id() == who; });
}

// Nobody cooks for a door that stays closed.
void WorkLife::CheckEverybodyIsTold(const WorkModel& work, const std::string& who,
                                    const Notices& notices) {
  for (const auto& person : rig::kPeople) {
    const int64_t told = TimesTold(notices, person.id);
    const bool has = work.HasTurn(person.id) && who != person.id;
    const bool had = work.assignee() == person.id && who != person.id;
    if (told != has && told != (has || had)) {
      rig_.Wrong(std::string(person.id) + " is told " + std::to_string(told) + " times");
    }
  }
}

// Work that is over, or that never was.
void WorkLife::ActOnNothing(Book& book, uint32_t id) {
  cd::Command command;
  const uint32_t turn = static_cast<uint32_t>(random_.Between(1, 4));
  switch (random_.Below(4)) {
    case 0:
      Name(command.mutable_claim_work(), id, turn);
      break;
    case 1:
      Name(command.mutable_hand_back_work(), id, turn);
      command.mutable_hand_back_work()->mutable_reason()->set_open("ill");
      break;
    case 2:
      Name(command.mutable_start_work(), id, turn);
      break;
    default:
      Name(command.mutable_finish_work(), id, turn);
      break;
  }
  Taken(Ask(book, kHolder, command), ev::Event::BODY_NOT_SET, false, "work that is over");
}

void WorkLife::Close(const Book& book, bool may) {
  cd::Command command;
  command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
  command.mutable_close()->set_case_version(rig_.CaseOf(book.number).version());
  Taken(Ask(book, kHolder, command), ev::Event::kCaseClosed, may, "close");
}

}  // namespace lastmeter
