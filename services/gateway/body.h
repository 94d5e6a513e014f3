#pragma once

#include <optional>

#include "services/common/http.h"

namespace google::protobuf {
class Message;
}

namespace lastmeter::gateway {

// Reads a request's body into a message of the API, by protobuf's JSON mapping. An empty body is an
// empty object. Returns the problem to answer with, or nothing when the message was filled:
//
//   415 media-type       not application/json
//   400 wrong-encoding   bytes that are not text in the charset declared; names the offset
//   400 malformed-json   not strict JSON; names the offset
//   400 unknown-field    a field that the call does not have; names it
//   400 wrong-value      a value of the wrong type, or an unknown code; names the field
//
// A problem may repeat what the caller sent back to the caller; it is never logged.
std::optional<http::Response> ReadBody(const http::Request& request,
                                       google::protobuf::Message* out);

}  // namespace lastmeter::gateway
