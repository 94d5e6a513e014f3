#include "tests/year/verify.h"

#include <map>
#include <sstream>
#include <utility>

#include "engine/core/codec.h"
#include "services/query/case_fold.h"
#include "services/query/cycle_fold.h"
#include "services/query/statistics.h"
#include "services/query/work_fold.h"
#include "tests/services/naive_count.h"
#include "tests/sim/checks.h"
#include "tests/year/duty_check.h"

namespace lastmeter::year {
namespace {

namespace ev = event::v1;
namespace q = query;
using Rows = std::map<std::string, view::v1::CaseRow>;
using Problems = std::vector<std::string>;

// All that is in a year. Quarantine, a jump of the clock and faults of the log are for tests/sim.
constexpr ev::Event::BodyCase kTried[] = {
    ev::Event::kWriterOpened,      ev::Event::kDayRolled,
    ev::Event::kRulesInstalled,    ev::Event::kCaseOpened,
    ev::Event::kReportAttached,    ev::Event::kLevelRaised,
    ev::Event::kTierPassed,        ev::Event::kCaseEscalated,
    ev::Event::kLadderExhausted,   ev::Event::kCaseReminded,
    ev::Event::kClockNearDue,      ev::Event::kClockBreached,
    ev::Event::kClockOverdueTwice, ev::Event::kCaseAcknowledged,
    ev::Event::kCaseHandedDown,    ev::Event::kDistrictTold,
    ev::Event::kCaseNoted,         ev::Event::kReliefRecorded,
    ev::Event::kCaseVerified,      ev::Event::kPaperworkCompleted,
    ev::Event::kCaseHeld,          ev::Event::kHoldEnded,
    ev::Event::kCaseWithdrawn,     ev::Event::kCaseUrged,
    ev::Event::kClockExtended,     ev::Event::kCaseReassigned,
    ev::Event::kCaseMerged,        ev::Event::kCaseClosed,
    ev::Event::kCaseReopened,      ev::Event::kDeadlinesRecomputed,
    ev::Event::kCommandRejected,   ev::Event::kInputRepeated,
    ev::Event::kWorkPlanned,       ev::Event::kWorkClaimed,
    ev::Event::kWorkHandedBack,    ev::Event::kWorkStarted,
    ev::Event::kWorkFinished,      ev::Event::kWorkUnclaimed,
    ev::Event::kClaimLapsed,       ev::Event::kWorkMissed,
    ev::Event::kWorkCancelled,     ev::Event::kCaseReferred,
    ev::Event::kReferralAnswered,  ev::Event::kFollowUpBegun,
    ev::Event::kFollowUpRecorded,  ev::Event::kFollowUpEnded,
    ev::Event::kResourcePledged,   ev::Event::kResourceDelivered,
    ev::Event::kCaseHandedOver,    ev::Event::kCaseCertified,
    ev::Event::kBulletinRead,      ev::Event::kCaseScreenedOut,
    ev::Event::kGoalSet,           ev::Event::kGoalRecorded,
    ev::Event::kGoalOverdue,       ev::Event::kIncidentDigest};

// In fewer days chance may keep something away.
constexpr int kDaysToTryAll = 60;

Rows Fold(Engine& engine) {
  Rows rows;
  ForEachRecord(engine, [&](const ev::Record& record) {
    const ev::Event& event = record.event();
    if (event.case_number().empty() || event.has_command_rejected()) return;
    view::v1::CaseRow& row = rows[event.case_number()];
    q::FoldCycle(record, &row);
    q::FoldCase(record, &row);
    q::FoldWork(record, &row);
  });
  return rows;
}

api::v1::StatisticsPeriod Tally(const Rows& rows, const WorkCalendar* calendar, Timestamp now,
                                Date from, Date to) {
  q::Tally tally(calendar);
  for (const auto& [number, row] : rows) {
    for (const auto& cycle : row.cycles()) {
      const Date began = DateOf({cycle.began_ms()});
      if (from <= began && began <= to) tally.Add(row, cycle);
    }
    for (const auto& deed : row.deeds()) {
      const Date done = DateOf({deed.at_ms()});
      if (from <= done && done <= to) tally.Add(deed);
    }
    tally.AddExpired(row, from, to, now);
  }
  return tally.Result();
}

// Open, and neither a certification that waits nor a bulletin.
bool IsSomebodysCase(api::v1::CaseStatus status) {
  return status != api::v1::CASE_STATUS_CLOSED && status != api::v1::CASE_STATUS_SCHEDULED &&
         status != api::v1::CASE_STATUS_BULLETIN;
}

// Outcomes of each report id, and decisions on repeated ones.
void CheckOutcomes(Engine& engine, Problems* problems) {
  std::map<std::string, int> outcomes;
  std::map<std::string, uint64_t> sent;
  uint64_t garbage = 0;
  uint64_t unreadable = 0;
  uint64_t repeated = 0;
  for (const auto& one : engine.sent()) {
    if (one->tp.topic != Topic::kReport) continue;
    ++(one->id.empty() ? garbage : sent[one->id]);
  }
  ForEachRecord(engine, [&](const ev::Record& record) {
    const ev::Event& event = record.event();
    if (event.has_case_opened()) {
      if (event.case_opened().unreadable()) ++unreadable;
      if (!event.case_opened().unreadable()) ++outcomes[event.case_opened().report_id()];
    }
    if (event.has_report_attached()) ++outcomes[event.report_attached().report_id()];
    if (event.has_input_repeated() && record.input_cause().topic() == ev::INPUT_TOPIC_REPORT) {
      ++repeated;
    }
  });
  uint64_t again = 0;
  for (const auto& [id, times] : sent) {
    again += times - 1;
    if (outcomes[id] == 1) continue;
    problems->push_back("report " + id + " came to " + std::to_string(outcomes[id]) +
                        " outcomes instead of one");
  }
  if (outcomes.size() != sent.size()) problems->push_back("the log knows reports nobody sent");
  if (again != repeated) {
    problems->push_back(std::to_string(again) + " reports were sent again, and " +
                        std::to_string(repeated) + " were taken for repeated");
  }
  if (garbage != unreadable) {
    problems->push_back(std::to_string(garbage) + " reports could not be read, and " +
                        std::to_string(unreadable) + " opened a case as such");
  }
}

// Months of the year; the last one may be cut short.
std::vector<std::pair<Date, Date>> Months(const Year& year) {
  std::vector<std::pair<Date, Date>> months;
  for (int day = 0; day < year.options().days; ++day) {
    const Date date = year.DateOfDay(day);
    if (months.empty() || months.back().first / 100 != date / 100) months.push_back({date, date});
    months.back().second = date;
  }
  return months;
}

void CheckStatistics(Life& life, Problems* problems) {
  const Rows rows = Fold(life.engine());
  q::NaiveCount naive;
  ForEachRecord(life.engine(), [&](const ev::Record& record) { naive.Take(record); });
  const Timestamp now = life.engine().now();
  uint32_t begun = 0;
  for (const auto& [from, to] : Months(life.year())) {
    const q::NaiveFigures shown = q::NaiveFiguresOf(Tally(rows, nullptr, now, from, to));
    const q::NaiveFigures counted = naive.Result(now, from, to);
    begun += counted.begun + counted.withdrawn + counted.screened_out;
    if (counted.ours != 0) problems->push_back("the engine was late without a fault");
    if (shown == counted) continue;
    std::ostringstream text;
    text << "statistics from " << from << " to " << to << ": " << shown << "; counted: " << counted;
    problems->push_back(text.str());
  }
  const q::NaiveFigures all = naive.Result(now);
  if (begun != all.begun + all.withdrawn + all.screened_out)
    problems->push_back("a cycle began in no month");
}

}  // namespace

void ForEachRecord(Engine& engine, const std::function<void(const ev::Record&)>& take) {
  RecordReader parser;
  for (uint32_t p = 0; p < Engine::kPartitions; ++p) {
    auto reader = *engine.log()->OpenReader({Topic::kEvent, {p}}, {0});
    while (true) {
      const auto entries = *reader->Read(4096, size_t{64} << 20);
      if (entries.empty()) break;
      for (const LogEntry& entry : entries) take(**parser.Read(entry.value));
    }
  }
}

Problems VerifyYear(Life& life) {
  Engine& engine = life.engine();
  Problems problems = CheckRun({.log = engine.log(),
                                .partitions = Engine::kPartitions,
                                .clocks_jumped = false,
                                .sent = &engine.sent(),
                                .states = engine.states()});
  CheckOutcomes(engine, &problems);
  CheckStatistics(life, &problems);
  const DutySeen duty = CheckTownDuty(engine, &problems);
  const bool some = duty.by_rota > 0 && duty.by_nights > 0 && duty.passed > 0;
  if (!some && life.year().options().days >= kDaysToTryAll) {
    problems.push_back("no town kept its nights, or none was ever without anybody");
  }
  return problems;
}

Problems WhatWasNeverTried(const Figures& figures) {
  Problems problems;
  for (const ev::Event::BodyCase kind : kTried) {
    if (figures.Of(kind) > 0) continue;
    problems.push_back("no event " +
                       std::string(ev::Event::descriptor()->FindFieldByNumber(kind)->name()) +
                       " in the whole year");
  }
  for (const auto reason :
       {ev::FOLLOW_UP_END_COMPLETED, ev::FOLLOW_UP_END_TROUBLE, ev::FOLLOW_UP_END_REPORTED_AGAIN}) {
    if (figures.follow_ups_ended.contains(reason)) continue;
    problems.push_back("no following up ended by " + ev::FollowUpEnd_Name(reason));
  }
  if (figures.exercises == 0) problems.push_back("no exercise in the whole year");
  return problems;
}

api::v1::Statistics StatisticsOf(Life& life, Date from, Date to) {
  const Rows rows = Fold(life.engine());
  api::v1::Statistics statistics;
  statistics.set_from(FormatRfc3339(StartOf(from)).substr(0, 10));
  statistics.set_to(FormatRfc3339(StartOf(to)).substr(0, 10));
  *statistics.mutable_period() =
      Tally(rows, &life.district().calendar(), life.engine().now(), from, to);
  q::OpenTally open(life.engine().now(), "");
  for (const auto& [number, row] : rows) {
    if (IsSomebodysCase(row.shown().status())) open.Add(row);
  }
  open.Into(&statistics);
  return statistics;
}

}  // namespace lastmeter::year
