#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/rulesfile/rulesfile.h"

namespace lastmeter::ctl {

// The rules of the folder when they may be installed. Otherwise every problem, one a line, each
// with its file and line.
absl::StatusOr<LoadedRules> LoadAndValidate(const std::string& dir);

// "2026-01-05T09:00", with or without seconds and zone, "2026-01-05" for nine o'clock; UTC+8 where
// none is named, now for an empty text. None for what is no moment.
std::optional<Timestamp> ReadMoment(const std::string& text);

}  // namespace lastmeter::ctl
