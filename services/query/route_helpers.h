#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/common/http.h"

// What the read side's routes share: parameters and problems.
namespace lastmeter::query {

http::Response WrongParameter(std::string_view name, std::string_view reason);
// What a caller is told of a store that cannot answer.
http::Response StoreProblem(const absl::Status& status);
http::Response MayNotRead();

// Names the parameters that a call has; the first other one is refused.
std::optional<http::Response> CheckParameters(const http::Request& request,
                                              std::initializer_list<std::string_view> known);

// A division code of 6, 9, 12, 14 or 15 digits.
bool IsAreaPrefix(std::string_view area);

// The area that the caller may and wants to read: its own, or the one that the parameter `area`
// names inside of it. Otherwise the problem to answer with.
std::optional<http::Response> NarrowArea(const http::Request& request, std::string* area);

}  // namespace lastmeter::query
