#pragma once

#include <string>
#include <string_view>

namespace lastmeter {

// `text` as a JSON string, with quotes. Bytes that are not UTF-8 are replaced.
std::string JsonString(std::string_view text);

// `text` as one segment of a path.
std::string PathSegment(std::string_view text);

}  // namespace lastmeter
