#pragma once

#include <string>
#include <string_view>

namespace lastmeter::ctl {

// Writes a whole text to standard output, or, where a path is given, to that file: under another
// name first, so that nobody ever sees half of it, and what stood there before stays on failure.
// What to exit with; what went wrong was printed.
int WriteOut(const std::string& path, std::string_view text);

}  // namespace lastmeter::ctl
