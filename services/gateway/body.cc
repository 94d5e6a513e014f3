#include "services/gateway/body.h"

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/escape.h"
#include "services/common/http_json.h"
#include "services/common/json.h"

namespace lastmeter::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

http::Response FieldProblem(std::string_view type, std::string_view detail,
                            std::string_view field) {
  return http::Problem(400, type, detail, absl::StrCat("\"field\":", JsonString(field)));
}

// Protobuf's messages read "(place) name: Cannot find field." and "(place.name): invalid value …".
http::Response Translate(std::string_view message) {
  for (const std::string_view syntax : {"the body ", "the name ", "the JSON "}) {
    if (message.substr(0, syntax.size()) == syntax) {
      return http::Problem(400, "malformed-json", message);
    }
  }
  std::string place;
  std::string_view rest = message;
  const size_t open = rest.find('(');
  const size_t close = rest.find(')');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    place = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
  }
  const size_t unknown = rest.find(": Cannot find field.");
  if (unknown != std::string_view::npos) {
    const std::string name(absl::StripAsciiWhitespace(ToAbsl(rest.substr(0, unknown))));
    const std::string field = place.empty() ? name : absl::StrCat(place, ".", name);
    return FieldProblem("unknown-field", absl::StrCat("this call has no field '", field, "'"),
                        field);
  }
  return FieldProblem("wrong-value",
                      absl::StrCat("a value does not fit its field: ", ToAbsl(message)), place);
}

// In proto3 any number passes for an enum; a code that has no name here is refused.
std::optional<std::string> FindUnknownCode(const Message& message) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        const int value = field->is_repeated() ? reflection->GetRepeatedEnumValue(message, field, i)
                                               : reflection->GetEnumValue(message, field);
        const bool named = field->enum_type()->FindValueByNumber(value) != nullptr;
        if (!named || (value == 0 && field->is_repeated())) return field->json_name();
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const Message& inner = field->is_repeated()
                                   ? reflection->GetRepeatedMessage(message, field, i)
                                   : reflection->GetMessage(message, field);
        if (inner.GetDescriptor()->file()->package() == "google.protobuf") continue;
        if (auto name = FindUnknownCode(inner)) {
          return absl::StrCat(field->json_name(), ".", *name);
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<http::Response> ReadBody(const http::Request& request, Message* out) {
  out->Clear();
  if (auto problem = http::CheckJson(request)) return problem;
  if (request.body.empty()) return std::nullopt;
  const absl::StatusOr<std::string> text = http::Utf8Body(request);
  if (!text.ok()) return http::Problem(400, "wrong-encoding", ToStd(text.status().message()));
  if (const absl::Status status = FromJson(*text, out); !status.ok()) {
    return Translate(ToStd(status.message()));
  }
  if (auto field = FindUnknownCode(*out)) {
    return FieldProblem("wrong-value", absl::StrCat("'", *field, "' holds an unknown code"),
                        *field);
  }
  return std::nullopt;
}

}  // namespace lastmeter::gateway
