#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/event/v1/event.pb.h"

namespace lastmeter::scenario {

// An event's name and its fields as scenario files write them, in a fixed order.
struct Described {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string ToString() const;
};

// Times of the day of `now` are written without their date.
Described Describe(const lastmeter::event::v1::Event& event, Timestamp now);

// "09:15", or "2026-01-06T09:15" on another day than that of `now`.
std::string When(Timestamp t, Timestamp now);

}  // namespace lastmeter::scenario
