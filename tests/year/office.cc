#include "tests/year/office.h"

#include <algorithm>

#include "tests/year/reports.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace rp = report::v1;

// The list comes in parts over some weeks; with 30 reports on an ordinary day it has 300 people.
constexpr int kListFrom = 4;
constexpr int kListDays = 20;
constexpr int kListed = 10;
// A few were last certified so long ago that they are overdue already.
constexpr int64_t kLongestAgo = 370;

constexpr uint32_t kBulletinOn = 10;
constexpr int kExercises = 24;
const char* const kExerciseKinds[] = {"elder-alone", "fire-disaster", "sudden-illness",
                                      "unsafe-house"};

}  // namespace

std::vector<rp::HardshipReport> Office::On(int day) {
  Reports reports;
  AddCertifications(day, &reports);
  AddBulletins(day, &reports);
  AddExercises(day, &reports);
  AddIncidents(day, &reports);
  std::stable_sort(reports.begin(), reports.end(), [](const auto& a, const auto& b) {
    return a.accepted_at_ms() < b.accepted_at_ms();
  });
  return reports;
}

void Office::AddCertifications(int day, Reports* reports) {
  if (day < kListFrom || day >= kListFrom + kListDays) return;
  const int nth = day - kListFrom;
  const int all = year_->options().reports_a_day * kListed;
  for (int i = all * nth / kListDays; i < all * (nth + 1) / kListDays; ++i) {
    const Timestamp at =
        StartOf(year_->DateOfDay(day)) + Hours(9) + Minutes(i - all * nth / kListDays);
    const std::string grid = SomeGrid();
    rp::HardshipReport report = Make("survival-certification", grid, at);
    report.set_household_ref("p" + grid.substr(6) + "-" + std::to_string(i));
    const Millis ago = Days(random_.Between(1, kLongestAgo)) + Minutes(random_.Between(0, 400));
    report.set_occurred_at_ms((at - ago).ms);
    reports->push_back(report);
    if (!random_.Percent(2)) continue;
    // On the list twice.
    report.set_report_id("office-" + std::to_string(++count_));
    reports->push_back(std::move(report));
  }
}

void Office::AddBulletins(int day, Reports* reports) {
  const auto is_working = [&](int n) {
    return district_->calendar().IsWorkingDay(year_->DateOfDay(n));
  };
  const Date date = year_->DateOfDay(day);
  if (date / 100 % 100 % 3 != 1 || date % 100 < kBulletinOn || !is_working(day)) return;
  // Not the first working day from then on.
  for (uint32_t back = date % 100 - kBulletinOn; back > 0; --back) {
    if (is_working(day - static_cast<int>(back))) return;
  }
  Timestamp at = StartOf(date) + Hours(8) + Minutes(45);
  for (const std::string& town : district_->Towns()) {
    rp::HardshipReport report = Make("policy-bulletin", town, at);
    report.set_subject("What is new for households in need, " + std::to_string(date / 100));
    reports->push_back(std::move(report));
    at = at + Minutes(1);
  }
}

void Office::AddExercises(int day, Reports* reports) {
  if (day != year_->options().days * 2 / 3) return;
  for (int i = 0; i < kExercises; ++i) {
    const Timestamp at =
        StartOf(year_->DateOfDay(day)) + Hours(9) + Minutes(random_.Between(0, 120));
    rp::HardshipReport report = Make(random_.OneOf(kExerciseKinds), SomeGrid(), at);
    report.set_drill(true);
    reports->push_back(std::move(report));
  }
}

void Office::AddIncidents(int day, Reports* reports) {
  // The water came in the night: what was reported before dawn stands alone.
  if (day != year_->flood_from() + 1) return;
  Timestamp at = StartOf(year_->DateOfDay(day)) + Hours(5) + Minutes(30);
  for (const auto& village : district_->villages()) {
    if (!IsWet(village.code)) continue;
    reports->push_back(Make("flood", village.code, at));
    at = at + Seconds(20);
  }
}

rp::HardshipReport Office::Make(const std::string& kind, const std::string& area, Timestamp at) {
  rp::HardshipReport report;
  report.set_report_id("office-" + std::to_string(++count_));
  report.set_kind(kind);
  report.set_area(area);
  report.set_routing_code(area.substr(0, 12));
  report.mutable_routing_code()->resize(12, '0');
  report.mutable_reporter()->set_id("district-desk");
  report.mutable_reporter()->set_role(cm::ROLE_STAFF);
  report.set_reporter_tier(cm::TIER_DISTRICT);
  report.set_accepted_at_ms(at.ms);
  report.set_occurred_at_ms(at.ms);
  return report;
}

std::string Office::SomeGrid() {
  const auto& villages = district_->villages();
  const District::Village& village = villages[random_.Below(villages.size())];
  return village.grids[random_.Below(village.grids.size())];
}

}  // namespace lastmeter::year
