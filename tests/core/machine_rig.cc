#include "tests/core/machine_rig.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/apply.h"
#include "engine/core/case_applier.h"

namespace lastmeter {
namespace {

namespace cd = lastmeter::command::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

// Ids are forgotten after 400 days.
constexpr Millis kRemembered = Days(398);
// In one stretch of time; far more than any case of these tests has.
constexpr int kMostTimers = 2000;
constexpr size_t kLately = 20;

std::string Short(const google::protobuf::Message& message) { return message.ShortDebugString(); }

// A stored record for people: when, what was asked, what came of it.
std::string Line(const std::string& bytes) {
  ev::Record record;
  LM_CHECK(record.ParseFromString(bytes));
  std::string line = "  " + FormatLocal({record.log_time_ms()}) + " " + Short(record.event());
  cd::Command command;
  if (record.input_cause().topic() == ev::INPUT_TOPIC_COMMAND && record.part() == 0 &&
      !record.event().has_rules_installed() && command.ParseFromString(record.input())) {
    line += "\n      asked: " + Short(command);
  }
  return line;
}

bool Changes(const ev::Event& event) {
  return !event.has_command_rejected() && !event.has_input_repeated();
}

// The promise still has an instant of its own ahead, or a ladder that goes on.
bool Runs(const state::v1::Clock& clock) {
  if (clock.stopped()) return false;
  const bool paused = !clock.pauses().empty() && clock.pauses().rbegin()->to_ms() == 0;
  return (clock.due_ms() != 0 && !clock.breached() && !paused) || clock.exhausted() ||
         clock.tier() != cm::TIER_UNSPECIFIED;
}

}  // namespace

std::optional<std::string> MachineRig::Rows::Find(std::string_view key) const {
  const auto it = rows.find(key);
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

void MachineRig::Rows::Take(std::vector<Change> changes) {
  for (auto& change : changes) {
    if (change.value) {
      rows[change.key] = *std::move(change.value);
    } else {
      rows.erase(change.key);
    }
  }
}

MachineRig::MachineRig(const rules::v1::Rules& rules, Timestamp start, Random* random,
                       PartitionId partition, uint32_t partitions)
    : random_(*random), state_(std::make_unique<PartitionState>(&rows_)), now_(start) {
  Run(OwnershipInput{"rig", partition, partitions, "rig"});
  Run(DayInput{});
  InstallRules(rules);
}

MachineRig::Case MachineRig::CaseOf(const std::string& number) const {
  const auto parsed = CaseNumber::Parse(number);
  LM_CHECK(parsed.has_value()) << number;
  return state_->FindCase(*parsed).value_or(Case());
}

void MachineRig::InstallRules(rules::v1::Rules rules) {
  cd::Command command;
  rules.set_version(rules.version() + "-" + std::to_string(next_command_));
  *command.mutable_install_rules()->mutable_rules() = std::move(rules);
  command.mutable_actor()->set_id("operator");
  command.mutable_actor()->set_role(cm::ROLE_OPERATOR);
  const Events events = Command(std::move(command));
  if (!events.at(0).has_rules_installed()) Wrong("the rules are refused: " + Short(events.at(0)));
}

MachineRig::Events MachineRig::Report(report::v1::HardshipReport report) {
  if (report.report_id().empty()) report.set_report_id("R" + std::to_string(++reports_));
  if (report.accepted_at_ms() == 0) report.set_accepted_at_ms(now_.ms);
  report.set_routing_code(report.area().substr(0, 12));
  return Submit(ev::INPUT_TOPIC_REPORT, "", report.SerializeAsString());
}

MachineRig::Events MachineRig::Command(cd::Command command) {
  if (command.command_id().empty()) command.set_command_id("C" + std::to_string(next_command_));
  if (command.accepted_at_ms() == 0) command.set_accepted_at_ms(now_.ms);
  const std::string bytes = command.SerializeAsString();
  if (!command.has_install_rules()) {
    commands_.emplace_back(command.command_id(), bytes);
  }
  return Submit(ev::INPUT_TOPIC_COMMAND, command.command_id(), bytes);
}

void MachineRig::RepeatOne() {
  if (commands_.empty()) return;
  const auto [id, bytes] = commands_[random_.Below(commands_.size())];
  if (now_ - sent_.at(id).at > kRemembered) return;
  Submit(ev::INPUT_TOPIC_COMMAND, id, bytes);
}

MachineRig::Events MachineRig::Submit(ev::InputTopic topic, const std::string& id,
                                      const std::string& bytes) {
  const bool report = topic == ev::INPUT_TOPIC_REPORT;
  const LogPosition position{report ? next_report_++ : next_command_++};
  const uint64_t seq = state_->meta().seq() + 1;
  Events events = Run(LogInput{topic, position, now_, bytes});
  if (id.empty()) return events;
  const auto [it, first] = sent_.try_emplace(id, Sent{seq, now_});
  if (!first) {
    CheckRepeated(id, events, it->second.first_seq);
  } else if (events.at(0).has_input_repeated()) {
    Wrong("command " + id + " came for the first time and counts as repeated");
  }
  return events;
}

void MachineRig::CheckRepeated(const std::string& id, const Events& events, uint64_t first_seq) {
  if (events.size() == 1 && events[0].has_input_repeated() &&
      events[0].input_repeated().first_seq() == first_seq) {
    return;
  }
  Wrong("command " + id + " came a second time and is decided anew: " + Short(events.at(0)));
}

// What is decided leaves its traces in the state's scratch; deciding once more must not meet them.
std::vector<SealedRecord> MachineRig::DecideIt(const Input& input) {
  std::vector<SealedRecord> sealed = Seal(*state_, Decide(*state_, input, now_), now_);
  if (!random_.Percent(20)) return sealed;
  const std::vector<SealedRecord> again = Seal(*state_, Decide(*state_, input, now_), now_);
  const auto same = [](const SealedRecord& a, const SealedRecord& b) { return a.bytes == b.bytes; };
  if (!std::equal(sealed.begin(), sealed.end(), again.begin(), again.end(), same)) {
    Wrong("deciding again comes to something else: " + Short(again.at(0).record.event()));
  }
  return again;
}

MachineRig::Events MachineRig::Run(const Input& input) {
  const std::vector<SealedRecord> sealed = DecideIt(input);
  Events events;
  std::map<std::string, std::string> before;
  for (size_t i = 0; i < sealed.size(); ++i) {
    events.push_back(sealed[i].record.event());
    log_.push_back(sealed[i].bytes);
    const Event& event = events.back();
    if (!event.case_number().empty() && !Changes(event)) {
      before[event.case_number()] = CaseOf(event.case_number()).SerializeAsString();
    }
  }
  ApplyDecided(*state_, sealed);
  for (const auto& [number, bytes] : before) {
    if (CaseOf(number).SerializeAsString() != bytes) Wrong("a refusal changed case " + number);
  }
  CheckEvents(events);
  // A store takes the rows of one decision, or of several.
  if (random_.Percent(50)) rows_.Take(state_->TakeChanges());
  return events;
}

void MachineRig::CheckEvents(const Events& events) {
  std::set<std::string> cases;
  for (const Event& event : events) {
    if (!event.case_number().empty() && Changes(event)) cases.insert(event.case_number());
    if (const auto* notices = NoticesOf(event)) {
      for (const auto& notice : *notices) {
        if (!notices_.insert(notice.notice_id()).second) {
          Wrong("notice " + notice.notice_id() + " is given out twice");
        }
      }
    }
  }
  for (const std::string& number : cases) CheckCase(number);
}

void MachineRig::CheckCase(const std::string& number) {
  const Case c = CaseOf(number);
  if (c.closed()) {
    if (!c.works().empty()) Wrong("case " + number + " is closed while work is open");
    if (!c.referrals().empty()) Wrong("case " + number + " is closed over a referral");
    return;
  }
  if (c.hold_until_ms() == 0 && std::none_of(c.clocks().begin(), c.clocks().end(), Runs)) {
    Wrong("open case " + number + " has no promise that runs, and is not on hold");
  }
}

void MachineRig::PassTo(Timestamp to, Timers timers, const OnFired& on_fired) {
  const auto pass = [&](Timestamp at) {
    now_ = std::max(now_, at);
    if (DateOf(now_) != state_->meta().today()) Run(DayInput{});
  };
  if (timers == Timers::kLate) pass(to);
  int fired = 0;
  while (timers != Timers::kLeft && !failed()) {
    const auto timer = state_->NextTimer();
    if (!timer || timer->due > to) break;
    pass(timer->due);
    if (++fired > kMostTimers) Wrong("timers fire without end");
    on_fired(*timer, Run(TimerInput{timer->number, timer->due}));
  }
  pass(to);
}

void MachineRig::Replay() {
  if (failed()) return;
  rows_.Take(state_->TakeChanges());
  Rows rows;
  PartitionState again(&rows);
  std::vector<SealedRecord> expected;
  for (const std::string& bytes : log_) {
    const auto record = ParseRecord(bytes);
    if (!record.ok()) return Wrong("a record cannot be read");
    if (const auto follows = CheckFollows(again, *record); !follows.ok()) {
      return Wrong(std::string(follows.message()));
    }
    if (record->part() == 0) {
      const Timestamp at{record->log_time_ms()};
      expected = Seal(again, Decide(again, InputOf(*record), at), at);
    }
    if (expected.size() != record->parts() || expected[record->part()].bytes != bytes) {
      return Wrong("replayed, another event is decided than " + Short(record->event()));
    }
    Apply(again, *record, Sha256(bytes));
    if (again.meta().parts_missing() == 0) rows.Take(again.TakeChanges());
  }
  if (again.Digest() != state_->Digest()) Wrong("a replay comes to another state");
  if (rows.rows != rows_.rows) Wrong("a replay comes to other rows");
  CheckOpenedAgain(rows);
}

void MachineRig::CheckOpenedAgain(const Rows& rows) {
  PartitionState opened(&rows);
  for (const auto& [key, value] : rows.rows) {
    if (key[0] != 's' && key[0] != 'c') opened.LoadRow(key, value);
  }
  if (opened.Digest() != state_->Digest() || opened.NextTimer() != state_->NextTimer()) {
    Wrong("opened from its rows the state is another one");
  }
}

void MachineRig::Wrong(const std::string& what) {
  if (failed()) return;
  wrong_ = what + "\n  at " + FormatLocal(now_) + ", lately:";
  const size_t from = log_.size() > kLately ? log_.size() - kLately : 0;
  for (size_t i = from; i < log_.size(); ++i) wrong_ += "\n" + Line(log_[i]);
}

}  // namespace lastmeter
