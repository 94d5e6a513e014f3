#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/http.h"

// What every handler that speaks JSON needs.
namespace lastmeter::http {

// Empty when the request has no body or declares it as JSON; otherwise the 415 to answer with.
std::optional<Response> CheckJson(const Request& request);

// The body as UTF-8. Bodies declared as GB18030, GBK or GB2312 are converted. Error:
// kInvalidArgument for a body that is not what it says, with the byte, and for other charsets.
absl::StatusOr<std::string> Utf8Body(const Request& request);

// CheckJson, Utf8Body and FromJson in one. Empty when `message` was read; otherwise the problem
// (415 or 400) to answer with.
std::optional<Response> ReadJson(const Request& request, google::protobuf::Message* message);

Response JsonResponse(int status, const google::protobuf::Message& message);

// The problem document of an error that a caller may see: kInvalidArgument 400, kUnauthenticated
// 401, kPermissionDenied 403, kNotFound 404, kAborted and kAlreadyExists 409, kFailedPrecondition
// 409, kOutOfRange 400, kResourceExhausted 507, kUnavailable and kDeadlineExceeded 503 with
// Retry-After; anything else is 500 without the message, which is then for the log.
Response ProblemFrom(const absl::Status& status);

}  // namespace lastmeter::http
