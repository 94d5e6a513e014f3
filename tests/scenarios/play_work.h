#pragma once

#include <functional>
#include <string>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"

namespace lastmeter::scenario {

// What a line gives to one command about planned work, referrals, follow-ups, resources or goals.
struct WorkWords {
  std::function<std::string(const char* option)> option;
  std::function<Timestamp(const std::string& time)> time;
  uint32_t version = 0;
};

// Fills the command's action; false where the verb is none of these.
bool FillWorkCommand(const std::string& verb, const WorkWords& words,
                     lastmeter::command::v1::Command* command);

}  // namespace lastmeter::scenario
