#pragma once

#include <string>

namespace lastmeter {

// 32 hexadecimal digits from the system's entropy: a name that nobody else has given. Thread-safe.
std::string RandomId();

}  // namespace lastmeter
