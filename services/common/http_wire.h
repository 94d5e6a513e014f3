#pragma once

#include <string>
#include <string_view>

#include "services/common/http.h"

// The bytes of a response's head. Private to the server.
namespace lastmeter::http {

// "Not Found" for 404; "Unknown" for a code without a phrase of its own.
std::string_view ReasonPhrase(int status);

// "Tue, 24 Nov 2026 03:28:47 GMT" of now. Formats once a second and thread.
const std::string& HttpDate();

enum class BodyFraming { kLength, kChunked, kUntilClose, kNone };

// False when a header field of the response could end its line early, which a handler must never
// cause; the server then answers 500.
bool HeadersAreClean(const Response& response);

// Status line and fields up to the empty line, without the body.
std::string SerializeHead(const Response& response, BodyFraming framing, bool close);

}  // namespace lastmeter::http
