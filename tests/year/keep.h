#pragma once

#include <string>

#include "absl/status/status.h"
#include "tests/year/engine.h"

namespace lastmeter::year {

// Writes the year into the data folder of an installation, which must not exist yet, so that the
// programs of lastmeter can read it, and a server go on with it. The engine must rest.
absl::Status KeepYear(Engine& engine, const std::string& data_dir);

}  // namespace lastmeter::year
