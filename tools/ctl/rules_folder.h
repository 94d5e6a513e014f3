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

// The rules and the moment that a question is about, as the command line has them: at
// "2026-01-05T09:00", with or without seconds and zone, "2026-01-05" for nine o'clock; UTC+8 where
// none is named, now for an empty text. Says what is wrong on standard error and gives nothing,
// with `code` to exit with.
struct FolderAt {
  LoadedRules loaded;
  Timestamp at;
};
std::optional<FolderAt> OpenFolderAt(const std::string& dir, const std::string& at, int* code);

}  // namespace lastmeter::ctl
