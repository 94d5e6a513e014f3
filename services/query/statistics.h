#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/calendar/work_calendar.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/view/v1/view.pb.h"

namespace lastmeter::query {

// Counts the cycles of cases that began in one period, and what was done in it: every one of them,
// never a sample. Exact medians; memory grows with the number of cycles. Pure, single-threaded.
class Tally {
 public:
  // `calendar` may be null: working time is then left out. It must outlive the tally.
  explicit Tally(const WorkCalendar* calendar) : calendar_(calendar) {}

  // One cycle of the case. Reports that were taken back, or were no hardship leads, count as such
  // and as nothing else.
  void Add(const lastmeter::view::v1::CaseRow& row, const lastmeter::view::v1::Cycle& cycle);
  // Something that was done in the period.
  void Add(const lastmeter::view::v1::Deed& deed);
  // Referrals of the case whose time ended on one of these days and that nobody has answered.
  void AddExpired(const lastmeter::view::v1::CaseRow& row, Date from, Date to, Timestamp now);
  lastmeter::api::v1::StatisticsPeriod Result() const;

 private:
  struct Span {
    int64_t from_ms;
    int64_t to_ms;
  };
  struct Missed {
    uint32_t turns = 0;
    uint32_t limits = 0;
    uint32_t ours = 0;
  };

  void Took(lastmeter::common::v1::Promise promise, int64_t from_ms, int64_t to_ms);
  lastmeter::api::v1::TimeTaken Describe(lastmeter::common::v1::Promise promise,
                                         const std::vector<Span>& spans) const;

  const WorkCalendar* const calendar_;
  lastmeter::api::v1::StatisticsPeriod counts_;
  std::map<lastmeter::common::v1::Promise, std::vector<Span>> spans_;
  std::map<std::pair<lastmeter::common::v1::Tier, lastmeter::common::v1::Promise>, Missed> missed_;
  std::map<lastmeter::common::v1::Outcome, uint32_t> outcomes_;
  std::set<std::string> helped_;
  std::map<std::string, lastmeter::api::v1::ProjectResources> projects_;
};

// Open cases by tier and age, and the same for each area just below the one that is asked for.
class OpenTally {
 public:
  // `area`: all cases lie in it; empty: everywhere.
  OpenTally(Timestamp now, std::string area) : now_(now), area_(std::move(area)) {}
  void Add(const lastmeter::view::v1::CaseRow& row);
  void Into(lastmeter::api::v1::Statistics* statistics) const;

 private:
  using ByTier = std::map<lastmeter::common::v1::Tier, lastmeter::api::v1::OpenCases>;

  const Timestamp now_;
  const std::string area_;
  ByTier open_;
  std::map<std::string, ByTier> by_area_;
};

// How a figure differs from that of the year before, in per cent; empty where there is none to
// compare with.
std::optional<double> ChangeInPercent(double now, double before);

// Sets how the period differs from the year before.
void Compare(lastmeter::api::v1::Statistics* statistics);

// UTF-8 with a byte order mark and CRLF, as spreadsheets open it: one figure a line, with the
// same period of the year before and the change beside it.
std::string StatisticsCsv(const lastmeter::api::v1::Statistics& statistics);

}  // namespace lastmeter::query
