#include "tests/year/reports.h"

#include <algorithm>
#include <iterator>

#include "tests/year/weighted.h"

namespace lastmeter::year {
namespace {

namespace cm = common::v1;
namespace rp = report::v1;

// Households in the register: about a dozen in each grid live on an allowance, are disabled, or are
// old and alone.
constexpr int kHouseholdsInAGrid = 12;
constexpr size_t kRemembered = 150;

struct What {
  int weight;
  const char* kind;
  rp::Sign sign;
  rp::Need need;
};

// Of a thousand. One is of a kind that no policy knows: a newer phone than the rules.
constexpr What kOrdinary[] = {
    {170, "policy-question", rp::SIGN_UNSPECIFIED, rp::NEED_UNSPECIFIED},
    {150, "certification-help", rp::SIGN_NO_ANSWER_AT_DOOR, rp::NEED_VISITING},
    {60, "follow-up", rp::SIGN_UNSPECIFIED, rp::NEED_VISITING},
    {120, "medical-costs", rp::SIGN_LARGE_MEDICAL_BILL, rp::NEED_CASH},
    {45, "education-costs", rp::SIGN_UNSPECIFIED, rp::NEED_CASH},
    {60, "disability-care", rp::SIGN_NOBODY_TO_CARE, rp::NEED_REHABILITATION},
    {60, "job-loss", rp::SIGN_JOB_LOST, rp::NEED_JOB},
    {50, "unsafe-house", rp::SIGN_HOUSE_UNSAFE, rp::NEED_UNSPECIFIED},
    {65, "elder-alone", rp::SIGN_FALLEN, rp::NEED_MEALS},
    {45, "nobody-to-care", rp::SIGN_NOBODY_TO_CARE, rp::NEED_NURSING},
    {60, "sudden-illness", rp::SIGN_SUDDEN_ILLNESS, rp::NEED_MEDICAL_REFERRAL},
    {45, "injury", rp::SIGN_INJURED, rp::NEED_NURSING},
    {20, "traffic-accident", rp::SIGN_INJURED, rp::NEED_CASH},
    {19, "stranded", rp::SIGN_STRANDED, rp::NEED_GOODS},
    {10, "domestic-violence", rp::SIGN_VIOLENCE_SUSPECTED, rp::NEED_COUNSELLING},
    {8, "child-in-danger", rp::SIGN_CHILD_ALONE, rp::NEED_UNSPECIFIED},
    {12, "fire-disaster", rp::SIGN_FIRE_OR_DISASTER, rp::NEED_GOODS},
    {1, "heat-wave", rp::SIGN_UNSPECIFIED, rp::NEED_UNSPECIFIED},
};
constexpr What kInFlood[] = {
    {700, "fire-disaster", rp::SIGN_FIRE_OR_DISASTER, rp::NEED_GOODS},
    {120, "elder-alone", rp::SIGN_LIVES_ALONE, rp::NEED_MEALS},
    {80, "stranded", rp::SIGN_STRANDED, rp::NEED_GOODS},
    {60, "nobody-to-care", rp::SIGN_NO_FOOD, rp::NEED_NURSING},
    {40, "unsafe-house", rp::SIGN_HOUSE_UNSAFE, rp::NEED_UNSPECIFIED},
};

// The towns by the river.
const char* const kWetTowns[] = {"430112012", "430112107", "430112003", "430112106"};

enum class By { kGrid, kHotline, kNeighbour, kGroup, kVillage, kTown, kDistrict };
struct Sender {
  int weight;
  By by;
};
constexpr Sender kSenders[] = {{500, By::kGrid},   {180, By::kHotline}, {110, By::kNeighbour},
                               {50, By::kGroup},   {110, By::kVillage}, {40, By::kTown},
                               {10, By::kDistrict}};

}  // namespace

bool IsWet(const std::string& village) {
  return std::any_of(std::begin(kWetTowns), std::end(kWetTowns),
                     [&](const char* town) { return village.starts_with(town); });
}

Reports::Reports(const District* district, uint64_t seed) : district_(district), random_(seed + 3) {
  for (const char* town : kWetTowns) {
    for (const auto& village : district->villages()) {
      if (village.code.starts_with(town)) wet_.push_back(&village);
    }
  }
}

Reports::Place Reports::SomePlace(const Year::Moment& moment) {
  if (!moment.flood && !lately_.empty() && random_.Percent(4)) {
    return lately_[random_.Below(lately_.size())];
  }
  const auto& villages = district_->villages();
  const District::Village* village = &villages[random_.Below(villages.size())];
  if (moment.worst) {
    village = wet_.front();
  } else if (moment.flood) {
    village = wet_[random_.Below(wet_.size())];
  }
  Place place{.grid = village->grids[random_.Below(village->grids.size())], .household = {}};
  if (random_.Percent(moment.flood ? 60 : 85)) {
    place.household =
        "h" + place.grid.substr(6) + "-" + std::to_string(random_.Below(kHouseholdsInAGrid) + 1);
    lately_.push_back(place);
    if (lately_.size() > kRemembered) lately_.pop_front();
  }
  return place;
}

void Reports::SetReporter(const Place& place, bool flood, rp::HardshipReport* report) {
  const std::string village = place.grid.substr(0, 12);
  const auto staff = [&](const std::string& id, cm::Tier tier, const std::string& area) {
    report->mutable_reporter()->set_id(id);
    report->mutable_reporter()->set_role(cm::ROLE_STAFF);
    report->set_reporter_tier(tier);
    report->set_area(area);
  };
  const auto outside = [&](const char* id, const std::string& area) {
    report->mutable_reporter()->set_id(id);
    report->mutable_reporter()->set_role(cm::ROLE_SENTINEL);
    report->set_area(area);
  };
  const auto& leaders = district_->FindVillage(village)->leaders;
  switch (DrawFrom(kSenders, &random_).by) {
    case By::kGrid:
      return staff(district_->WorkerOf(place.grid), cm::TIER_GRID, place.grid);
    case By::kHotline:
      // Callers know their town, most know their village, and in a flood nobody asks for more.
      if (random_.Percent(4)) return outside("hotline-12345", "430112");
      return outside("hotline-12345",
                     random_.Percent(flood ? 10 : 20) ? place.grid.substr(0, 9) : village);
    case By::kNeighbour:
      return outside("neighbours-app", random_.Percent(50) ? place.grid : village);
    case By::kGroup:
      return staff(leaders[random_.Below(leaders.size())], cm::TIER_GROUP, place.grid);
    case By::kVillage:
      return staff(district_->WorkerOf(village), cm::TIER_VILLAGE, village);
    case By::kTown:
      return staff(district_->WorkerOf(place.grid.substr(0, 9)), cm::TIER_TOWN, village);
    case By::kDistrict:
      return staff("gong-guodong", cm::TIER_DISTRICT, village);
  }
}

rp::HardshipReport Reports::Make(const Year::Moment& moment) {
  const What& what = moment.flood ? DrawFrom(kInFlood, &random_) : DrawFrom(kOrdinary, &random_);
  const Place place = SomePlace(moment);
  rp::HardshipReport report;
  report.set_report_id("r" + std::to_string(++count_));
  report.set_kind(what.kind);
  SetReporter(place, moment.flood, &report);
  report.set_routing_code(report.area().substr(0, 12));
  report.mutable_routing_code()->resize(12, '0');
  report.set_accepted_at_ms(moment.at.ms);
  report.set_occurred_at_ms(moment.at.ms - random_.Between(0, Hours(3).ms));
  report.set_household_ref(place.household);
  if (what.sign != rp::SIGN_UNSPECIFIED) report.mutable_survey()->add_signs(what.sign);
  if (what.need != rp::NEED_UNSPECIFIED) report.mutable_survey()->add_needs(what.need);
  report.set_proactive(report.reporter_tier() == cm::TIER_GRID && random_.Percent(45));
  return report;
}

}  // namespace lastmeter::year
