#include <nlohmann/json.hpp>

#include "services/common/http.h"
#include "services/common/http_wire.h"

namespace lastmeter::http {
namespace {

std::string Quoted(std::string_view text) {
  using Json = nlohmann::json;
  // Details may quote what a client sent; a bad byte must not end in an exception.
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::optional<std::string> Request::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> Request::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

Response Problem(int status, std::string_view type, std::string_view detail,
                 std::string_view extra_json) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = "{\"type\":" + Quoted("/problems/" + std::string(type)) +
                  ",\"title\":" + Quoted(ReasonPhrase(status)) +
                  ",\"status\":" + std::to_string(status) + ",\"detail\":" + Quoted(detail);
  if (!extra_json.empty()) {
    response.body += ',';
    response.body += extra_json;
  }
  response.body += "}\n";
  return response;
}

}  // namespace lastmeter::http
