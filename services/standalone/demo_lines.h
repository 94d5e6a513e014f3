#pragma once

#include <optional>
#include <string>

#include "lastmeter/api/v1/api.pb.h"
#include "services/standalone/demo_words.h"

namespace lastmeter::demo {

// What a line is about, for its colour.
enum class Mood { kPlain, kStory, kNew, kGood, kClimb, kBad };

struct Line {
  Mood mood = Mood::kPlain;
  std::string text;
};

// One event in one sentence, with day, time and the case's tail: "07-28 08:47  7208-00001  …".
// Empty for what says nothing to people: heartbeats, new days, repeated inputs, and the rules of
// all partitions but the first.
std::optional<Line> EventLine(const Words& words, const lastmeter::api::v1::EventView& view);

}  // namespace lastmeter::demo
