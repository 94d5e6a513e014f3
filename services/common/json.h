#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

// Protobuf's JSON mapping, stricter than protobuf's own reader: lowerCamel names, enums by their
// full value names, 64-bit numbers as strings, fields at their default left out.
namespace lastmeter {

inline constexpr int kJsonDepthLimit = 32;

// Reads one JSON object into `message`, replacing what it holds. Error: kInvalidArgument for
// anything but strict JSON in UTF-8 without duplicate names, for unknown fields, wrong types and
// nesting beyond kJsonDepthLimit. The message is fit for the caller and names byte or field; it may
// quote a value, so it never goes into a log.
absl::Status FromJson(std::string_view json, google::protobuf::Message* message);

// One line without line end; with `pretty` indented over several.
std::string ToJson(const google::protobuf::Message& message, bool pretty = false);

}  // namespace lastmeter
