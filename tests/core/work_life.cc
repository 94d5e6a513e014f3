#include "tests/core/work_life.h"

#include <algorithm>
#include <string>

#include "tests/core/rig_people.h"

namespace lastmeter {

namespace cd = lastmeter::command::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

constexpr char kGrid[] = "430112001001001";
constexpr char kHolder[] = "xu-guangming";
// As RigRules says.
constexpr int64_t kNoticeMs = Minutes(90).ms;
constexpr Millis kOutageAfter = Seconds(60);

}  // namespace

WorkLife::WorkLife(uint64_t seed, const rules::v1::Rules& rules, Tried* tried)
    : random_(seed), tried_(*tried), rig_(rules, Timestamp{1'767'574'800'000}, &random_) {}

std::string WorkLife::Live() {
  for (int i = 0; i < 2; ++i) OpenCase();
  const int steps = 40 + static_cast<int>(random_.Below(40));
  for (int i = 0; i < steps && !rig_.failed(); ++i) {
    if (random_.Percent(35)) {
      LetTimePass();
    } else if (random_.Percent(5)) {
      rig_.RepeatOne();
    } else {
      Act();
    }
    CheckState();
  }
  EndAll();
  if (random_.Percent(60)) rig_.Replay();
  return rig_.wrong();
}

void WorkLife::OpenCase() {
  report::v1::HardshipReport report;
  report.set_kind("sudden-illness");
  report.set_area(kGrid);
  report.mutable_reporter()->set_id("hotline");
  report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
  books_.push_back({rig_.Report(report).at(0).case_number(), {}, 0});
  cd::Command command;
  command.mutable_acknowledge();
  Ask(books_.back(), kHolder, command);
}

// The one event that came of it.
ev::Event WorkLife::Ask(const Book& book, const std::string& who, cd::Command command) {
  command.set_case_number(book.number);
  command.mutable_actor()->set_id(who);
  command.mutable_actor()->set_role(cm::ROLE_STAFF);
  command.set_accepted_at_ms((rig_.now() + Seconds(random_.Between(-90, 30))).ms);
  const auto events = rig_.Command(command);
  if (events.size() != 1) rig_.Wrong("one command comes to several events");
  const ev::Event& event = events.at(0);
  NoteOver(event);
  return event;
}

void WorkLife::NoteOver(const ev::Event& event) {
  if (!over_.Take(event)) rig_.Wrong("a turn that is over changes again");
}

// Whether the command was taken as the table says; counts it.
bool WorkLife::Taken(const ev::Event& event, ev::Event::BodyCase body, bool may,
                     const std::string& what) {
  ++tried_[what + (may ? "" : " refused")];
  const bool taken = event.body_case() == body;
  if (taken != may || (!may && !event.has_command_rejected())) {
    rig_.Wrong(what + (may ? " is refused" : " is taken") + " against the table of turns");
  }
  return taken && may;
}

void WorkLife::Act() {
  Book& book = books_[random_.Below(books_.size())];
  const uint64_t roll = random_.Below(100);
  if (book.works.empty() || roll < 8) return Plan(book);
  if (roll < 11) return Cancel(book, AnyWork(book), AnyBody());
  const uint32_t id = AnyWork(book);
  if (id == 0 || !book.works.contains(id)) return ActOnNothing(book, id);
  const WorkModel& work = book.works.at(id);
  if (roll < 45) return Claim(book, id, AnyBody(), AnyTurn(work));
  if (roll < 62) return HandBack(book, id, SomebodyFor(work), AnyTurn(work));
  if (roll < 82) return Start(book, id, SomebodyFor(work), PresentOrAny(work));
  Finish(book, id, SomebodyFor(work), PresentOrAny(work));
}

std::string WorkLife::AnyBody() { return random_.OneOf(rig::kPeople).id; }

// Mostly whoever has the present turn.
std::string WorkLife::SomebodyFor(const WorkModel& work) {
  const std::string& who = work.WhoHas(work.present());
  return !who.empty() && random_.Percent(60) ? who : AnyBody();
}

// Mostly one that goes on, and often the one that time has just been passed for.
uint32_t WorkLife::AnyWork(const Book& book) {
  if (book.works.contains(looked_at_) && random_.Percent(50)) return looked_at_;
  if (book.works.empty() || random_.Percent(5)) {
    return static_cast<uint32_t>(random_.Below(book.planned + 2));
  }
  return AnyOf(book);
}

uint32_t WorkLife::AnyTurn(const WorkModel& work) {
  return static_cast<uint32_t>(random_.Percent(10) ? random_.Below(work.turns() + 2)
                                                   : random_.Between(work.present(), work.turns()));
}

uint32_t WorkLife::PresentOrAny(const WorkModel& work) {
  return random_.Percent(85) ? work.present() : AnyTurn(work);
}

// To an instant of some turn, or a moment before or after it; or just on.
Timestamp WorkLife::AnyMoment() {
  const Book& book = books_[random_.Below(books_.size())];
  if (!book.works.empty() && random_.Percent(60)) {
    looked_at_ = AnyOf(book);
    const WorkModel& work = book.works.at(looked_at_);
    const uint32_t turn = work.present();
    const int64_t instants[] = {work.from_ms(turn) - kNoticeMs, work.from_ms(turn),
                                work.middle_ms(turn), work.until_ms(turn)};
    const Timestamp at{random_.OneOf(instants) + random_.Between(-1, 1)};
    if (at > rig_.now()) return at;
  }
  if (random_.Percent(4)) return rig_.now() + Hours(random_.Between(10, 80));
  return rig_.now() + Seconds(random_.Between(1, 4 * 3600));
}

uint32_t WorkLife::AnyOf(const Book& book) {
  return std::next(book.works.begin(), static_cast<int64_t>(random_.Below(book.works.size())))
      ->first;
}

void WorkLife::LetTimePass() {
  const uint64_t roll = random_.Below(100);
  const auto timers = roll < 75   ? MachineRig::Timers::kPrompt
                      : roll < 90 ? MachineRig::Timers::kLate
                                  : MachineRig::Timers::kLeft;
  Pass(AnyMoment(), timers);
}

void WorkLife::Pass(Timestamp to, MachineRig::Timers timers) {
  rig_.PassTo(to, timers, [this](const auto& timer, const auto& events) { Fired(timer, events); });
  if (timers == MachineRig::Timers::kLeft) return;
  for (const Book& book : books_) {
    const auto next = NextOf(book);
    if (next && next->at_ms <= rig_.now().ms) rig_.Wrong("an instant of a turn went unnoticed");
  }
}

// Of several at one instant the one that was planned first.
std::optional<WorkLife::NextWork> WorkLife::NextOf(const Book& book) {
  std::optional<NextWork> first;
  for (const auto& [id, work] : book.works) {
    const auto next = work.Next();
    if (next && (!first || next->at_ms < first->at_ms)) first = {next->at_ms, id, next->what};
  }
  return first;
}

void WorkLife::Fired(const PartitionState::Timer& timer, const MachineRig::Events& events) {
  NoteOver(events.at(0));
  const auto book = std::find_if(books_.begin(), books_.end(), [&](const Book& one) {
    return one.number == timer.number.ToString();
  });
  const auto next = NextOf(*book);
  const ev::Event& event = events.at(0);
  if (event.has_work_unclaimed()) {
    FiredWork(*book, timer, WorkModel::What::kTold, event.work_unclaimed());
  } else if (event.has_claim_lapsed()) {
    CheckWorker(*book, event.claim_lapsed());
    FiredWork(*book, timer, WorkModel::What::kLapsed, event.claim_lapsed());
  } else if (event.has_work_missed()) {
    const auto& missed = event.work_missed();
    CheckWorker(*book, missed);
    CheckMissed(*book, missed);
    FiredWork(*book, timer, WorkModel::What::kMissed, missed);
  } else if (next && next->at_ms < timer.due.ms) {
    rig_.Wrong("an instant of a turn is passed over");
  }
}

template <typename Event>
void WorkLife::CheckWorker(const Book& book, const Event& event) {
  const auto it = book.works.find(event.work_id());
  if (it == book.works.end() || it->second.WhoHas(it->second.present()) != event.worker()) {
    rig_.Wrong("a turn is told of under the name of somebody else");
  }
}

// The town looks after both where a visit did not come to its end, once.
void WorkLife::CheckMissed(const Book& book, const ev::WorkMissed& missed) {
  const auto it = book.works.find(missed.work_id());
  if (it == book.works.end()) return;
  if (missed.started() != it->second.begun()) rig_.Wrong("missed, begun or not by mistake");
  if (TimesTold(missed.notices(), "tan-dan") != it->second.visit()) {
    rig_.Wrong("a missed visit raises the town once, a missed service not at all");
  }
}

template <typename Event>
void WorkLife::FiredWork(Book& book, const PartitionState::Timer& timer, WorkModel::What what,
                         const Event& event) {
  const char* const names[] = {"told that nobody has a turn", "claim lapsed", "missed"};
  const std::string name = names[static_cast<int>(what)];
  ++tried_[name];
  const auto next = NextOf(book);
  if (!next || next->id != event.work_id() || next->what != what || next->at_ms != timer.due.ms ||
      event.was_due_ms() != timer.due.ms) {
    return rig_.Wrong(name + ": not what was due, or not then");
  }
  WorkModel& work = book.works.at(next->id);
  if (event.turn() != work.present()) rig_.Wrong(name + ": not the present turn");
  if (event.outage() != (rig_.now() - timer.due > kOutageAfter)) rig_.Wrong(name + ": outage");
  if (TimesTold(event.notices(), kHolder) != 1) rig_.Wrong(name + ": the holder is not told");
  work.Happen(what, rig_.now());
}

// The state has what the table says: each turn one person, or nobody.
void WorkLife::CheckState() {
  for (const Book& book : books_) {
    const MachineRig::Case c = rig_.CaseOf(book.number);
    if (static_cast<size_t>(c.works_size()) != book.works.size()) {
      return rig_.Wrong("works are lost, or kept for ever");
    }
    for (const auto& kept : c.works()) {
      const auto it = book.works.find(kept.id());
      if (it == book.works.end() || !it->second.Agrees(kept)) {
        return rig_.Wrong("work " + std::to_string(kept.id()) +
                          " is kept otherwise: " + kept.ShortDebugString());
      }
    }
  }
}

// No case ends while work goes on, and each ends without.
void WorkLife::EndAll() {
  if (rig_.failed()) return;
  Pass(rig_.now() + Hours(3), MachineRig::Timers::kLate);
  for (Book& book : books_) {
    Close(book, book.works.empty());
    while (!book.works.empty() && !rig_.failed()) Cancel(book, AnyOf(book), kHolder);
    if (!rig_.CaseOf(book.number).closed()) Close(book, true);
  }
}

}  // namespace lastmeter
