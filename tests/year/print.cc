#include "tests/year/print.h"

#include <ostream>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "engine/base/hash.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace ev = event::v1;

std::string WordAfter(std::string_view prefix, const std::string& name) {
  std::string word = name.substr(prefix.size());
  for (char& c : word) c = c == '_' ? ' ' : static_cast<char>(c - 'A' + 'a');
  return word;
}

// "PROMISE_FIRST_RELIEF" as "first relief".
std::string Word(const std::string& name) {
  return WordAfter(name.substr(0, name.find('_') + 1), name);
}

void PrintWork(const api::v1::WorkDone& work, std::ostream& out) {
  out << absl::StreamFormat("  turns done %d, after their time %d, missed %d\n", work.turns_done(),
                            work.turns_late(), work.turns_missed());
  out << absl::StreamFormat("  referrals %d, accepted %d, rejected %d, expired %d\n",
                            work.referrals(), work.referrals_accepted(), work.referrals_rejected(),
                            work.referrals_expired());
  out << absl::StreamFormat("  goals reached %d, in part %d, dropped %d\n", work.goals_reached(),
                            work.goals_partly(), work.goals_dropped());
  out << absl::StreamFormat("  follow-up visits %d, late %d\n", work.follow_ups_on_time(),
                            work.follow_ups_late());
  for (const auto& project : work.resources()) {
    out << absl::StreamFormat("  %-14s %7d yuan delivered\n", project.project(),
                              project.delivered_fen() / 100);
  }
  out << absl::StreamFormat(
      "  certified %d, late %d; bulletins known in %d grids, to %d households\n", work.certified(),
      work.certified_late(), work.bulletin_grids(), work.bulletin_households());
}

}  // namespace

void PrintFigures(const Figures& figures, Life& life, std::ostream& out) {
  const auto line = [&](const std::string& name, uint64_t n) {
    out << absl::StreamFormat("%-34s %9d\n", name, n);
  };
  const District& district = life.district();
  line("grids", district.grids());
  line("people", district.people());
  line("volunteers", district.volunteers());
  line("spells of leave", district.absences());
  line("reports", figures.reports);
  line("  in the flood week, by the flood", figures.flood);
  line("cases", figures.Of(ev::Event::kCaseOpened));
  line("  attached to an open one", figures.Of(ev::Event::kReportAttached));
  line("  scheduled certifications", figures.listed);
  line("  bulletins", figures.bulletins);
  line("  of an exercise", figures.exercises);
  line("  incidents of the flood", figures.incidents);
  line("  joined one", figures.joined);
  line("notices left to digests", figures.in_digests);
  line("  told in so many digests", figures.digests);
  line("commands", figures.commands);
  for (const auto& [reason, n] : figures.rejected) {
    line("  rejected: " + Word(Rejection_Name(reason)), n);
  }
  for (const auto& [reason, n] : figures.follow_ups_ended) {
    line("following up ended: " + WordAfter("FOLLOW_UP_END_", FollowUpEnd_Name(reason)), n);
  }
  line("timers fired", life.engine().timers_fired());
  line("overdue", figures.Of(ev::Event::kClockBreached));
  line("  red cards", figures.Of(ev::Event::kClockOverdueTwice));
  std::string states;
  for (const PartitionState* state : life.engine().states()) states += AsBytes(state->Digest());
  out << absl::StreamFormat("%-34s %9s\n", "digest of all that was decided",
                            ToHex(AsBytes(Sha256(states))).substr(0, 8));
  line("events", figures.records);
  const auto* event = ev::Event::descriptor();
  for (const auto& [kind, n] : figures.events) {
    line("  " + std::string(event->FindFieldByNumber(kind)->name()), n);
  }
}

void PrintStatistics(const api::v1::Statistics& statistics, std::ostream& out) {
  const auto& p = statistics.period();
  out << absl::StreamFormat(
      "%s to %s: %d begun (%d reopened, %d proactive), %d withdrawn, %d screened out, %d ended; %d "
      "households "
      "helped, and %d times without a household's reference\n",
      statistics.from(), statistics.to(), p.begun(), p.reopened(), p.proactive(), p.withdrawn(),
      p.screened_out(), p.ended(), p.households_helped(), p.helped_without_household());
  for (const auto& taken : p.times()) {
    out << absl::StreamFormat(
        "  %-14s %7d   median %8.1f min, P90 %9.1f min; in duty hours %8.1f and %8.1f\n",
        Word(cm::Promise_Name(taken.promise())), taken.count(), taken.median_minutes(),
        taken.p90_minutes(), taken.median_working_minutes(), taken.p90_working_minutes());
  }
  for (const auto& miss : p.misses()) {
    out << absl::StreamFormat("  %-8s %-14s %5d turns unanswered, %5d limits passed\n",
                              Word(cm::Tier_Name(miss.tier())),
                              Word(cm::Promise_Name(miss.promise())), miss.turns(), miss.limits());
  }
  for (const auto& outcome : p.outcomes()) {
    out << absl::StreamFormat("  %-14s %7d\n", Word(cm::Outcome_Name(outcome.outcome())),
                              outcome.count());
  }
  PrintWork(p.work(), out);
  for (const auto& open : statistics.open()) {
    out << absl::StreamFormat(
        "  open at the end, %s: %d of less than a day, %d of three, %d of ten, %d older; %d "
        "overdue, %d on hold\n",
        Word(cm::Tier_Name(open.tier())), open.under_one_day(), open.under_three_days(),
        open.under_ten_days(), open.older(), open.overdue(), open.on_hold());
  }
}

}  // namespace lastmeter::year
