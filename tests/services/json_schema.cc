#include "tests/services/json_schema.h"

#include <algorithm>
#include <regex>
#include <set>

namespace lastmeter::test {
namespace {

using nlohmann::json;

bool HasType(const json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return false;
}

}  // namespace

const json& Resolve(const json& document, const json& object) {
  if (!object.contains("$ref")) return object;
  const std::string ref = object["$ref"];
  return document.at(json::json_pointer(ref.substr(1)));
}

std::vector<std::string> CheckSchema(const json& document, const json& schema_or_ref,
                                     const json& value, const std::string& at) {
  const json& schema = Resolve(document, schema_or_ref);
  std::vector<std::string> faults;
  const auto add = [&](const std::string& what) { faults.push_back(at + ": " + what); };
  const auto descend = [&](const json& inner, const json& part, const std::string& where) {
    for (auto& fault : CheckSchema(document, inner, part, where)) faults.push_back(fault);
  };
  static const std::set<std::string> kKnown = {
      "type",   "description", "properties", "required", "additionalProperties",
      "items",  "enum",        "pattern",    "minimum",  "contentEncoding",
      "format", "example",     "examples"};
  for (const auto& [keyword, unused] : schema.items()) {
    if (!kKnown.contains(keyword)) add("unknown keyword " + keyword);
  }
  if (schema.contains("type")) {
    const json types = schema["type"].is_array() ? schema["type"] : json::array({schema["type"]});
    const bool fits =
        std::any_of(types.begin(), types.end(), [&](const json& t) { return HasType(value, t); });
    if (!fits) {
      add("is not of type " + schema["type"].dump());
      return faults;
    }
  }
  if (schema.contains("enum")) {
    const json& names = schema["enum"];
    if (std::find(names.begin(), names.end(), value) == names.end()) {
      add(value.dump() + " is none of the names");
    }
  }
  if (schema.contains("minimum") && value < schema["minimum"]) add("is too small");
  if (value.is_string() && schema.contains("pattern") &&
      !std::regex_search(value.get<std::string>(),
                         std::regex(schema["pattern"].get<std::string>()))) {
    add(value.dump() + " does not match " + schema["pattern"].dump());
  }
  if (value.is_string() && schema.value("format", "") == "date-time" &&
      !std::regex_match(value.get<std::string>(),
                        std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)"))) {
    add(value.dump() + " is not a time");
  }
  if (value.is_array() && schema.contains("items")) {
    for (size_t i = 0; i < value.size(); ++i) {
      descend(schema["items"], value[i], at + "[" + std::to_string(i) + "]");
    }
  }
  if (!value.is_object()) return faults;
  for (const auto& name : schema.value("required", json::array())) {
    if (!value.contains(name)) add("lacks " + name.get<std::string>());
  }
  const json properties = schema.value("properties", json::object());
  for (const auto& [name, part] : value.items()) {
    if (properties.contains(name)) {
      descend(properties[name], part, at + "." + name);
    } else if (schema.value("additionalProperties", json(true)) == json(false)) {
      add("has an undocumented member " + name);
    }
  }
  return faults;
}

}  // namespace lastmeter::test
