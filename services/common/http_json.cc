#include "services/common/http_json.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "services/common/gb18030.h"
#include "services/common/json.h"
#include "services/common/utf8.h"

namespace lastmeter::http {
namespace {

struct ContentType {
  std::string type;     // Lower case, without parameters.
  std::string charset;  // Lower case; empty when not given.
};

ContentType ContentTypeOf(const Request& request) {
  ContentType out;
  const std::string field = request.Header("content-type").value_or("");
  bool first = true;
  for (absl::string_view part : absl::StrSplit(field, ';')) {
    const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(part));
    if (first) out.type = word;
    first = false;
    constexpr std::string_view kCharset = "charset=";
    if (word.rfind(kCharset, 0) != 0) continue;
    out.charset = word.substr(kCharset.size());
    if (out.charset.size() >= 2 && out.charset.front() == '"' && out.charset.back() == '"') {
      out.charset = out.charset.substr(1, out.charset.size() - 2);
    }
  }
  return out;
}

bool IsChineseCharset(const std::string& charset) {
  return charset == "gb18030" || charset == "gbk" || charset == "gb2312" || charset == "cp936";
}

}  // namespace

std::optional<Response> CheckJson(const Request& request) {
  if (request.body.empty()) return std::nullopt;
  const std::string type = ContentTypeOf(request).type;
  if (type == "application/json" || absl::EndsWith(type, "+json")) return std::nullopt;
  return Problem(415, "media-type", "Send the body as 'Content-Type: application/json'.");
}

absl::StatusOr<std::string> Utf8Body(const Request& request) {
  const std::string charset = ContentTypeOf(request).charset;
  if (IsChineseCharset(charset)) {
    absl::StatusOr<std::string> text = FromGb18030(request.body);
    if (text.ok()) return text;
    return absl::InvalidArgumentError(absl::StrCat("the body ", text.status().message()));
  }
  if (!charset.empty() && charset != "utf-8" && charset != "utf8" && charset != "us-ascii") {
    return absl::InvalidArgumentError("the charset is none of UTF-8, GB18030, GBK, GB2312");
  }
  const size_t bad = FindInvalidUtf8(request.body);
  if (bad == std::string_view::npos) return request.body;
  // Asked only to give better advice: most bytes happen to be valid GB18030.
  const bool may_be_gbk = charset.empty() && FromGb18030(request.body).ok();
  return absl::InvalidArgumentError(
      absl::StrCat("the body is not UTF-8, at byte ", bad, ".",
                   may_be_gbk ? " It looks like GBK: send UTF-8, or declare it with"
                                " 'Content-Type: application/json; charset=GB18030'."
                              : ""));
}

std::optional<Response> ReadJson(const Request& request, google::protobuf::Message* message) {
  if (std::optional<Response> problem = CheckJson(request)) return problem;
  const absl::StatusOr<std::string> body = Utf8Body(request);
  const absl::Status status = body.ok() ? FromJson(*body, message) : body.status();
  if (status.ok()) return std::nullopt;
  return Problem(400, "malformed-body", ToStd(status.message()));
}

Response JsonResponse(int status, const google::protobuf::Message& message) {
  Response response;
  response.status = status;
  response.body = ToJson(message);
  response.body += '\n';
  return response;
}

Response ProblemFrom(const absl::Status& status) {
  const std::string_view detail = ToStd(status.message());
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Problem(400, "bad-request", detail);
    case absl::StatusCode::kUnauthenticated:
      return Problem(401, "unauthorized", detail);
    case absl::StatusCode::kPermissionDenied:
      return Problem(403, "forbidden", detail);
    case absl::StatusCode::kNotFound:
      return Problem(404, "not-found", detail);
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return Problem(409, "conflict", detail);
    case absl::StatusCode::kResourceExhausted:
      return Problem(507, "no-space", detail);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded: {
      Response problem = Problem(503, "unavailable", detail);
      problem.headers.emplace_back("Retry-After", "1");
      return problem;
    }
    default:
      return Problem(500, "internal", "The request could not be handled.");
  }
}

}  // namespace lastmeter::http
