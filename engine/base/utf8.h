#pragma once

#include <string_view>

namespace lastmeter {

// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view text);

// True when an ASCII control character (below space, or DEL) occurs in the text.
bool HasControlCharacters(std::string_view text);

}  // namespace lastmeter
