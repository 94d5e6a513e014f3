#pragma once

#include <string_view>

namespace lastmeter::ctl {

// The OpenAPI document of the servers that were built with this program, which they serve as
// /v1/openapi.json. Here at hand without one.
std::string_view InterfaceDocument();

}  // namespace lastmeter::ctl
