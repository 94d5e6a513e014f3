#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/utf8.h"

namespace lastmeter {

// Offset of the first byte that does not belong to well-formed UTF-8 (Unicode 15, table 3-7: no
// surrogates, no overlong forms, nothing past U+10FFFF); npos when all of it does.
size_t FindInvalidUtf8(std::string_view text);

}  // namespace lastmeter
