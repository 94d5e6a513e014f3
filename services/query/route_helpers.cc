#include "services/query/route_helpers.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/query/visibility.h"

namespace lastmeter::query {
namespace {

constexpr size_t kMostOnPage = 200;

}  // namespace

http::Response WrongParameter(std::string_view name, std::string_view reason) {
  return http::Problem(400, "wrong-parameter",
                       absl::StrCat("'", ToAbsl(name), "' ", ToAbsl(reason)),
                       absl::StrCat("\"parameter\":", JsonString(name)));
}

http::Response StoreProblem(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    return WrongParameter("pageToken", status.message().data());
  }
  if (status.code() == absl::StatusCode::kOutOfRange) {
    return http::Problem(410, "no-longer-kept", "the log no longer goes back so far");
  }
  http::Response response =
      http::Problem(503, "view-unavailable", "the read side cannot answer now");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

http::Response MayNotRead(const Caller& caller) {
  return http::Problem(403, "role-not-allowed",
                       caller.role == lastmeter::common::v1::ROLE_VOLUNTEER
                           ? "a volunteer reads turns of planned work, at /v1/turns, and no cases"
                           : "this caller only reports");
}

// Names the parameters that a call has; the first other one is refused.
std::optional<http::Response> CheckParameters(const http::Request& request,
                                              std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return WrongParameter(name, "is not a parameter of this call");
    }
  }
  return std::nullopt;
}

std::optional<size_t> PageSize(const http::Request& request, size_t otherwise) {
  const auto text = request.Query("pageSize");
  if (!text) return otherwise;
  uint32_t size = 0;
  if (!absl::SimpleAtoi(*text, &size) || size == 0) return std::nullopt;
  return std::min<size_t>(size, kMostOnPage);
}

std::optional<std::string> PageKey(const http::Request& request) {
  std::string key;
  const auto token = request.Query("pageToken");
  if (!token || token->empty()) return key;
  if (!absl::WebSafeBase64Unescape(*token, &key) || key.empty()) return std::nullopt;
  return key;
}

std::string PageToken(const std::string& key) { return absl::WebSafeBase64Escape(key); }

bool IsAreaPrefix(std::string_view area) {
  for (const size_t digits : {6, 9, 12, 14, 15}) {
    if (IsDigits(area, digits)) return true;
  }
  return false;
}

std::optional<http::Response> NarrowArea(const http::Request& request, std::string* area) {
  // A person's own grid or group says little: what was told to it lies in its village.
  *area = request.caller.area.substr(0, 12);
  const auto wanted = request.Query("area");
  if (!wanted) return std::nullopt;
  if (!IsAreaPrefix(*wanted)) {
    return WrongParameter("area", "is not a division code of 6, 9, 12, 14 or 15 digits");
  }
  if (InArea(*wanted, *area)) {
    *area = *wanted;
  } else if (!InArea(*area, *wanted)) {
    return http::Problem(403, "other-area", "this area lies outside yours");
  }
  return std::nullopt;
}

}  // namespace lastmeter::query
