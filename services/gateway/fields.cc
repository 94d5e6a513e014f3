#include "services/gateway/fields.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"

namespace lastmeter::gateway {

using lastmeter::command::v1::Command;
using lastmeter::common::v1::PersonalText;

namespace {

// Longer texts belong into an attachment; the input must stay well below the record's limit.
constexpr size_t kMaxText = 8'000;

}  // namespace

http::Response MissingField(std::string_view field) {
  return http::Problem(422, "missing-field", absl::StrCat("'", ToAbsl(field), "' is required"),
                       absl::StrCat("\"field\":\"", ToAbsl(field), "\""));
}

http::Response WrongField(std::string_view field, std::string_view reason) {
  return http::Problem(422, "wrong-value", absl::StrCat("'", ToAbsl(field), "' ", ToAbsl(reason)),
                       absl::StrCat("\"field\":\"", ToAbsl(field), "\""));
}

http::Response PersonalRefused(std::string_view field) {
  return http::Problem(422, "personal-data-refused",
                       absl::StrCat("'", ToAbsl(field),
                                    "' may name somebody, and this gateway stores nothing personal "
                                    "unsealed; leave it out"),
                       absl::StrCat("\"field\":\"", ToAbsl(field), "\""));
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool IsVisibleAscii(std::string_view text, size_t most) {
  if (text.size() > most) return false;
  for (unsigned char c : text) {
    if (c < 0x21 || c > 0x7E) return false;
  }
  return true;
}

bool IsAreaCode(std::string_view text) {
  for (size_t digits : {6, 9, 12, 14, 15}) {
    if (IsDigits(text, digits)) return true;
  }
  return false;
}

std::optional<Timestamp> ReadTime(const google::protobuf::Value& value) {
  constexpr int64_t kEnd = 253'402'300'800'000;
  std::optional<Timestamp> time;
  if (value.kind_case() == google::protobuf::Value::kNumberValue) {
    const double ms = value.number_value();
    if (std::isfinite(ms) && ms >= 0 && ms < static_cast<double>(kEnd)) {
      time = Timestamp{static_cast<int64_t>(ms)};
    }
  } else if (value.kind_case() == google::protobuf::Value::kStringValue) {
    int64_t ms = 0;
    if (absl::SimpleAtoi(value.string_value(), &ms)) {
      time = Timestamp{ms};
    } else {
      time = ParseRfc3339(value.string_value());
    }
  }
  if (!time || time->ms < 0 || time->ms >= kEnd) return std::nullopt;
  return time;
}

std::optional<http::Response> TakeText(std::string_view field, const std::string& text,
                                       bool required, const Admission& admission,
                                       PersonalText* out) {
  if (IsBlank(text)) {
    if (required) return MissingField(field);
    return std::nullopt;
  }
  if (text.size() > kMaxText) {
    return WrongField(field, absl::StrCat("is longer than ", kMaxText, " bytes"));
  }
  if (!admission.allow_unsealed) return PersonalRefused(field);
  out->set_open(text);
  return std::nullopt;
}

Command NewCommand(const http::Request& request, const Admission& admission) {
  Command command;
  command.set_command_id(admission.id);
  command.mutable_actor()->set_id(request.caller.id);
  command.mutable_actor()->set_role(request.caller.role);
  command.set_accepted_at_ms(admission.now.ms);
  return command;
}

}  // namespace lastmeter::gateway
