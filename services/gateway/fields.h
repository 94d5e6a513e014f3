#pragma once

#include <google/protobuf/struct.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "services/common/http.h"
#include "services/gateway/translate.h"

// What the translations of reports and commands share: fields, and problems that name them.
namespace lastmeter::gateway {

http::Response MissingField(std::string_view field);
http::Response WrongField(std::string_view field, std::string_view reason);
http::Response PersonalRefused(std::string_view field);

// Empty, or nothing but white space.
bool IsBlank(std::string_view text);
bool IsVisibleAscii(std::string_view text, size_t most);
bool IsAreaCode(std::string_view text);

// RFC 3339 text, or Unix ms as a number or as digits. Nothing before 1970 or after 9999 is a time
// that anybody can mean.
std::optional<Timestamp> ReadTime(const google::protobuf::Value& value);

// Puts a free text where it belongs. Returns the problem where it may not be stored.
std::optional<http::Response> TakeText(std::string_view field, const std::string& text,
                                       bool required, const Admission& admission,
                                       lastmeter::common::v1::PersonalText* out);

// With id, actor and time; without an action.
lastmeter::command::v1::Command NewCommand(const http::Request& request,
                                           const Admission& admission);

}  // namespace lastmeter::gateway
