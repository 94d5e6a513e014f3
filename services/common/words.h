#pragma once

#include <string_view>

#include "lastmeter/common/v1/common.pb.h"

// The district's words for what protocol buffers name, in Chinese and in English. Source: DOMAIN
// "Words". All empty for a value that is not known here.
namespace lastmeter {

struct InWords {
  std::string_view zh;
  std::string_view en;
};

InWords TierInWords(lastmeter::common::v1::Tier tier);
InWords LevelInWords(lastmeter::common::v1::Level level);
InWords PromiseInWords(lastmeter::common::v1::Promise promise);
InWords OutcomeInWords(lastmeter::common::v1::Outcome outcome);
InWords NotALeadInWords(lastmeter::common::v1::NotALead category);
InWords GoalResultInWords(lastmeter::common::v1::GoalResult result);
// A project under which resources are linked, by its code.
InWords ProjectInWords(std::string_view code);

}  // namespace lastmeter
