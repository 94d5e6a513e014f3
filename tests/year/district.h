#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/calendar/work_calendar.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tests/year/night_duty.h"

namespace lastmeter::year {

// Wangcheng for a year: the net that deploy/rules ships, grown to the about 2,000 grids that the
// district really has, with invented people at them, and everybody's leave. What is asked here,
// everybody in the district knows: who has which post, and who is away.
class District {
 public:
  // Of the ids of volunteers.
  static constexpr std::string_view kVolunteerPrefix = "volunteer-";
  struct Village {
    std::string code;
    std::vector<std::string> grids;
    // Everybody with a post in the village, its groups and its grids.
    std::vector<std::string> staff;
    // Those at the village itself, and who lead a group.
    std::vector<std::string> heads;
    std::vector<std::string> leaders;
    // Neighbours who take turns of planned work, and have no say.
    std::vector<std::string> volunteers;
  };

  // Days off are planned from `first` on for so many days. Errors: as of LoadRulesDir.
  static absl::StatusOr<District> Load(const std::string& rules_dir, uint64_t seed, Date first,
                                       int days);

  // What the clerk installs for the month of that day: the net, and the leave and the towns' rota
  // of that month alone, since nobody knows a year's ahead. `next_year`: with the next year's
  // calendar, invented, because no notice has been published for it.
  rules::v1::Rules RulesFor(Date day, bool next_year) const;

  const std::vector<Village>& villages() const { return villages_; }
  // The person who leads or works there; the first of the roster.
  const std::string& WorkerOf(const std::string& area) const { return staff_at_.at(area).front(); }
  // Everybody with a post at the area itself.
  const std::vector<std::string>& StaffAt(const std::string& area) const;
  // Null for a code that is no village.
  const Village* FindVillage(std::string_view code) const;
  // Codes of the towns.
  std::vector<std::string> Towns() const;
  // Working days only.
  bool KeepsHours(const std::string& staff) const;

  // Whoever acts in this person's place on that day: that person, the stand-in, or nobody.
  std::optional<std::string> Present(const std::string& staff, Date day) const;
  // Whose leave begins on that day.
  std::set<std::string> LeavingOn(Date day) const;

  const WorkCalendar& calendar() const { return *calendar_; }
  size_t grids() const;
  // With a post in a tier.
  size_t people() const { return hours_.size(); }
  size_t volunteers() const;
  size_t absences() const { return absences_; }

 private:
  District() = default;
  void GrowVillage(Village* village);
  void ReadNet();
  void PlanLeave(uint64_t seed, Date first, int days);
  std::string StandInFor(const std::string& staff, uint64_t draw) const;
  rules::v1::Post* AddPost(common::v1::Tier tier, const std::string& area,
                           const std::string& staff);
  void AddStaff(common::v1::Tier tier, const std::string& area, const std::string& staff);

  rules::v1::Rules rules_;
  std::optional<WorkCalendar> calendar_;
  std::vector<Village> villages_;
  std::map<std::string, std::vector<std::string>> staff_at_;
  // By person: keeps duty hours at every post.
  std::map<std::string, bool> hours_;
  // By month, yyyymm, and person: nobody is away twice in a month.
  std::map<uint32_t, std::map<std::string, rules::v1::Absence>> leave_;
  std::map<std::string, std::vector<std::string>> colleagues_;
  size_t absences_ = 0;
  NightDuty nights_;
};

}  // namespace lastmeter::year
