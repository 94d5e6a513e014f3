#pragma once

#include <fstream>
#include <string>

#include "engine/base/check.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tests/paths.h"

namespace lastmeter {

// The notices of 2024 to 2026 as deploy/rules ships them, with duty hours 08:30-12:00 and
// 13:30-17:00. Reads the file by itself, so that the calendar is tested without the loader.
inline rules::v1::Calendar NoticesOf2024To2026() {
  rules::v1::Calendar calendar;
  auto add = [&](uint32_t from, uint32_t to) {
    auto* period = calendar.add_duty();
    period->set_from_minute(from);
    period->set_to_minute(to);
  };
  add(8 * 60 + 30, 12 * 60);
  add(13 * 60 + 30, 17 * 60);
  std::ifstream file(test::SourcePath("deploy/rules/calendar.csv"));
  LM_CHECK(file.good()) << "deploy/rules/calendar.csv is missing";
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    auto* day = calendar.add_days();
    day->set_date(static_cast<uint32_t>(
        std::stoul(line.substr(0, 4) + line.substr(5, 2) + line.substr(8, 2))));
    day->set_day_off(line.substr(11, 3) == "yes");
  }
  calendar.set_known_until(20261231);
  return calendar;
}

}  // namespace lastmeter
