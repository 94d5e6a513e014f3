#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace lastmeter::test {

// What the value breaks of the schema, one line each. Knows the part of JSON Schema that the
// OpenAPI document uses; any other keyword is itself a fault, so that nothing is silently
// unchecked. `document` is where "#/…" references lead.
std::vector<std::string> CheckSchema(const nlohmann::json& document, const nlohmann::json& schema,
                                     const nlohmann::json& value, const std::string& at = "$");

// Follows a "#/a/b" reference, if the object is one.
const nlohmann::json& Resolve(const nlohmann::json& document, const nlohmann::json& object);

}  // namespace lastmeter::test
