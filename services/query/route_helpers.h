#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "services/common/http.h"
#include "services/common/tokens.h"

// What the read side's routes share: parameters and problems.
namespace lastmeter::query {

http::Response WrongParameter(std::string_view name, std::string_view reason);
// What a caller is told of a store that cannot answer.
http::Response StoreProblem(const absl::Status& status);
// What one is told who reads no cases (MayRead).
http::Response MayNotRead(const Caller& caller);

// Names the parameters that a call has; the first other one is refused.
std::optional<http::Response> CheckParameters(const http::Request& request,
                                              std::initializer_list<std::string_view> known);

// How many the parameter `pageSize` asks for, at most 200; empty when it is malformed.
std::optional<size_t> PageSize(const http::Request& request, size_t otherwise);
// The key that a `pageToken` of an earlier page stands for, empty without one; nothing when it is
// malformed.
std::optional<std::string> PageKey(const http::Request& request);
// The token for a key; empty for none.
std::string PageToken(const std::string& key);

// A division code of 6, 9, 12, 14 or 15 digits.
bool IsAreaPrefix(std::string_view area);

// The area that the caller may and wants to read: its own, or the one that the parameter `area`
// names inside of it. Otherwise the problem to answer with.
std::optional<http::Response> NarrowArea(const http::Request& request, std::string* area);

}  // namespace lastmeter::query
