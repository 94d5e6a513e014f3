#include "services/common/http_wire.h"

#include <ctime>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::http {
namespace {

bool Has(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (absl::EqualsIgnoreCase(key, ToAbsl(name))) return true;
  }
  return false;
}

bool IsClean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

const std::string& HttpDate() {
  thread_local std::time_t formatted_for = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != formatted_for) {
    // Names by hand: strftime would follow the locale, HTTP does not.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm t{};
    gmtime_r(&now, &t);
    char rest[32];
    std::snprintf(rest, sizeof rest, "%04d %02d:%02d:%02d GMT", t.tm_year + 1900, t.tm_hour,
                  t.tm_min, t.tm_sec);
    text = absl::StrCat(kDays[t.tm_wday], ", ", t.tm_mday < 10 ? "0" : "", t.tm_mday, " ",
                        kMonths[t.tm_mon], " ", rest);
    formatted_for = now;
  }
  return text;
}

bool HeadersAreClean(const Response& response) {
  if (!IsClean(response.content_type)) return false;
  for (const auto& [name, value] : response.headers) {
    if (name.empty() || !IsClean(name) || !IsClean(value)) return false;
    if (name.find_first_of(": \t") != std::string::npos) return false;
  }
  return true;
}

std::string SerializeHead(const Response& response, BodyFraming framing, bool close) {
  std::string head;
  head.reserve(320);
  absl::StrAppend(&head, "HTTP/1.1 ", response.status, " ", ToAbsl(ReasonPhrase(response.status)),
                  "\r\nServer: lastmeter\r\nDate: ", HttpDate(),
                  "\r\nX-Content-Type-Options: nosniff\r\n");
  if (!Has(response, "cache-control")) head += "Cache-Control: no-store\r\n";
  if (!response.content_type.empty() && framing != BodyFraming::kNone) {
    absl::StrAppend(&head, "Content-Type: ", response.content_type, "\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  if (framing == BodyFraming::kLength) {
    absl::StrAppend(&head, "Content-Length: ", response.body.size(), "\r\n");
  } else if (framing == BodyFraming::kChunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  absl::StrAppend(&head, close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n");
  return head;
}

}  // namespace lastmeter::http
