#pragma once

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "tests/year/district.h"
#include "tests/year/engine.h"
#include "tests/year/office.h"
#include "tests/year/people.h"
#include "tests/year/reports.h"
#include "tests/year/year.h"

namespace lastmeter::year {

// What happened, by the events of the log.
struct Figures {
  uint64_t reports = 0;
  uint64_t flood = 0;
  // Of the cases: scheduled certifications, bulletins, exercises.
  uint64_t listed = 0;
  uint64_t bulletins = 0;
  // Incidents, the cases that joined them, what people got about these and what it stood for.
  uint64_t incidents = 0;
  uint64_t joined = 0;
  uint64_t digests = 0;
  uint64_t in_digests = 0;
  uint64_t exercises = 0;
  uint64_t commands = 0;
  uint64_t records = 0;
  std::map<event::v1::Event::BodyCase, uint64_t> events;
  std::map<event::v1::Rejection, uint64_t> rejected;
  std::map<event::v1::FollowUpEnd, uint64_t> follow_ups_ended;

  void Take(const event::v1::Record& record);
  uint64_t Of(event::v1::Event::BodyCase body) const {
    const auto it = events.find(body);
    return it == events.end() ? 0 : it->second;
  }
};

// One year of the district, lived: reports come, the engine decides, people answer, and the clerk
// installs each month's leave.
class Life {
 public:
  struct Options {
    Year::Options year;
    // Folder of the rules to begin with.
    std::string rules_dir;
    // Told at the end of each month, and of the last day.
    std::function<void(Date, const Figures&)> on_month;
  };
  static absl::StatusOr<std::unique_ptr<Life>> Create(const Options& options);

  // Lives it all. Not OK when a partition gives up or does not come to rest.
  absl::Status Live();

  Engine& engine() { return engine_; }
  const District& district() const { return district_; }
  const Year& year() const { return year_; }
  const Figures& figures() const { return figures_; }

 private:
  Life(Options options, District district);
  absl::Status LiveDay(int day);
  absl::Status Settle(bool all);
  // At midnight, before anything else.
  void Clerk(Date today);
  void Send(const report::v1::HardshipReport& report);
  void Answer();

  const Options options_;
  const District district_;
  Year year_;
  Reports reports_;
  Office office_;
  People people_;
  Engine engine_;
  Random random_;
  Figures figures_;
  int installed_ = 0;
};

}  // namespace lastmeter::year
