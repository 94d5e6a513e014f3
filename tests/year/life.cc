#include "tests/year/life.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"

namespace lastmeter::year {
namespace {

namespace ev = event::v1;

// The clerk is late with the next year's calendar: cases of December have got limits by Monday to
// Friday by then, which it moves.
constexpr uint32_t kCalendarOn = 1228;
// How often a sender, unsure whether it was heard, sends the same once more; in a thousand.
constexpr uint64_t kSentTwice = 15;
// How often a phone sends bytes that nobody can read; in ten thousand.
constexpr uint64_t kGarbage = 4;

}  // namespace

void Figures::Take(const ev::Record& record) {
  ++records;
  ++events[record.event().body_case()];
  const auto& opened = record.event().case_opened();
  listed += opened.scheduled();
  bulletins += opened.bulletin();
  incidents += opened.incident();
  joined += !opened.joins().empty();
  for (const auto& notice : record.event().incident_digest().notices()) {
    ++digests;
    in_digests += notice.stands_for();
  }
  exercises += record.event().has_case_opened() && record.event().drill();
  if (record.event().has_follow_up_ended()) {
    ++follow_ups_ended[record.event().follow_up_ended().reason()];
  }
  if (record.event().has_command_rejected()) {
    ++rejected[record.event().command_rejected().reason()];
  }
}

absl::StatusOr<std::unique_ptr<Life>> Life::Create(const Options& options) {
  LM_ASSIGN_OR_RETURN(District district, District::Load(options.rules_dir, options.year.seed,
                                                        options.year.first, options.year.days));
  return std::unique_ptr<Life>(new Life(options, std::move(district)));
}

Life::Life(Options options, District district)
    : options_(std::move(options)),
      district_(std::move(district)),
      year_(&district_.calendar(), options_.year),
      reports_(&district_, options_.year.seed),
      office_(&district_, &year_),
      people_(&district_, options_.year.seed),
      engine_(year_.begin()),
      random_(options_.year.seed + 6) {}

absl::Status Life::Live() {
  for (int day = 0; day < options_.year.days; ++day) {
    LM_RETURN_IF_ERROR(LiveDay(day));
    const Date today = year_.DateOfDay(day);
    const bool last = day + 1 == options_.year.days;
    if (options_.on_month && (last || NextDate(today) % 100 == 1)) {
      options_.on_month(today, figures_);
    }
  }
  return absl::OkStatus();
}

absl::Status Life::LiveDay(int day) {
  const Date today = year_.DateOfDay(day);
  const Timestamp evening = StartOf(today) + Days(1);
  engine_.AdvanceTo(StartOf(today));
  Clerk(today);
  people_.BeginDay(StartOf(today));
  LM_RETURN_IF_ERROR(Settle(true));
  const auto moments = year_.Reports(day);
  auto report = moments.begin();
  const auto office = office_.On(day);
  auto listed = office.begin();
  while (true) {
    Timestamp next = evening;
    if (report != moments.end()) next = std::min(next, report->at);
    if (listed != office.end()) next = std::min(next, Timestamp{listed->accepted_at_ms()});
    if (const auto timer = engine_.NextTimer()) next = std::min(next, *timer);
    if (const auto deed = people_.Next()) next = std::min(next, *deed);
    if (next >= evening) return absl::OkStatus();
    // What people decided on reading may lie a moment back; time never does.
    next = std::max(next, engine_.now());
    engine_.AdvanceTo(next);
    for (; report != moments.end() && report->at <= next; ++report) {
      figures_.flood += report->flood;
      Send(reports_.Make(*report));
    }
    for (; listed != office.end() && listed->accepted_at_ms() <= next.ms; ++listed) Send(*listed);
    Answer();
    LM_RETURN_IF_ERROR(Settle(false));
  }
}

absl::Status Life::Settle(bool all) {
  LM_RETURN_IF_ERROR(engine_.Settle(all));
  engine_.ReadNew([this](PartitionId, const ev::Record& record) {
    figures_.Take(record);
    people_.Read(record);
  });
  return absl::OkStatus();
}

void Life::Clerk(Date today) {
  const bool first = today == options_.year.first;
  const bool calendar = today % 10'000 == kCalendarOn;
  if (!first && today % 100 != 1 && !calendar) return;
  // The programs are brought up to date on the same night.
  if (!first && !calendar) engine_.Restart();
  command::v1::Command command;
  command.set_command_id("install-" + std::to_string(++installed_));
  command.mutable_actor()->set_id("operator");
  command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
  command.set_accepted_at_ms(engine_.now().ms);
  *command.mutable_install_rules()->mutable_rules() = district_.RulesFor(today, calendar);
  for (uint32_t p = 0; p < Engine::kPartitions; ++p) {
    engine_.SendTo({p}, Topic::kCommand, command.command_id(), command.SerializeAsString());
  }
}

void Life::Send(const report::v1::HardshipReport& report) {
  ++figures_.reports;
  const std::string bytes = report.SerializeAsString();
  engine_.Send(Topic::kReport, report.routing_code(), report.report_id(), bytes);
  if (random_.Below(1000) < kSentTwice) {
    engine_.Send(Topic::kReport, report.routing_code(), report.report_id(), bytes);
  }
  if (random_.Below(10'000) < kGarbage) {
    engine_.SendTo({static_cast<uint32_t>(random_.Below(Engine::kPartitions))}, Topic::kReport, "",
                   bytes.substr(0, bytes.size() / 2));
  }
}

void Life::Answer() {
  for (const auto& command : people_.ActUntil(engine_.now())) {
    ++figures_.commands;
    const std::string code = command.case_number().substr(0, 12);
    const std::string bytes = command.SerializeAsString();
    engine_.Send(Topic::kCommand, code, command.command_id(), bytes);
    if (random_.Below(1000) < kSentTwice) {
      engine_.Send(Topic::kCommand, code, command.command_id(), bytes);
    }
  }
}

}  // namespace lastmeter::year
