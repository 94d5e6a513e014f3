#pragma once

#include <string>
#include <vector>

#include "tools/check/log_check.h"

namespace lastmeter {

// The table, the findings and the closing sentence, for people. At most `most` findings are told.
std::string VerdictText(const std::vector<PartitionVerdict>& verdicts, size_t most);

// The same as one JSON document: {"clean", "findingsTotal", "partitions": […], "findings": […]}.
std::string VerdictJson(const std::vector<PartitionVerdict>& verdicts, size_t most);

// Every partition was read to its end and nothing was found.
bool IsClean(const std::vector<PartitionVerdict>& verdicts);

}  // namespace lastmeter
