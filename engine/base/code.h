#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace lastmeter {

// The longest code that a command may carry, in bytes.
inline constexpr size_t kMostCodeBytes = 64;

// Whether text is a code as commands carry it (an authority, a project, a resource): 1 to
// kMostCodeBytes lower-case letters, digits and hyphens. The gateway asks, to answer with the
// field's name; the core asks again, since other producers write to its topic.
inline bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= kMostCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

}  // namespace lastmeter
