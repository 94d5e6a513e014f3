#include "tools/ctl/record_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/common/json.h"

namespace lastmeter::ctl {
namespace {

namespace pb = google::protobuf;
using lastmeter::event::v1::Event;
using lastmeter::event::v1::Record;

const pb::OneofDescriptor* Bodies() { return Event::descriptor()->FindOneofByName("body"); }

std::string Scalar(const pb::Message& message, const pb::FieldDescriptor& field, int index) {
  const pb::Reflection& r = *message.GetReflection();
  const bool many = field.is_repeated();
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value =
          many ? r.GetRepeatedEnum(message, &field, index) : r.GetEnum(message, &field);
      return EnumWord(field.enum_type()->name(), value->name());
    }
    case pb::FieldDescriptor::CPPTYPE_STRING: {
      std::string text =
          many ? r.GetRepeatedString(message, &field, index) : r.GetString(message, &field);
      return field.type() == pb::FieldDescriptor::TYPE_BYTES ? ToHex(text).substr(0, 16) : text;
    }
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return r.GetBool(message, &field) ? "yes" : "no";
    case pb::FieldDescriptor::CPPTYPE_INT64: {
      const int64_t value = r.GetInt64(message, &field);
      return absl::EndsWith(field.name(), "_ms") ? FormatLocal({value}) : std::to_string(value);
    }
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(r.GetUInt64(message, &field));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(r.GetUInt32(message, &field));
    default:
      return "?";
  }
}

void AppendFields(const pb::Message& message, std::string* out);

void AppendMessage(const std::string& name, const pb::Message& message, std::string* out) {
  const std::string& type = message.GetDescriptor()->name();
  // Free texts may name somebody.
  if (type == "PersonalText") return;
  if (type == "Actor") {
    *out += " " + name + "=" + Scalar(message, *message.GetDescriptor()->FindFieldByName("id"), 0);
    return;
  }
  if (type == "Notice") {
    const auto* purpose = message.GetDescriptor()->FindFieldByName("purpose");
    *out += Scalar(message, *message.GetDescriptor()->FindFieldByName("staff_id"), 0) + ":" +
            Scalar(message, *purpose, 0);
    return;
  }
  *out += " " + name + "{";
  std::string inside;
  AppendFields(message, &inside);
  *out += inside.empty() ? "" : inside.substr(1);
  *out += "}";
}

void AppendFields(const pb::Message& message, std::string* out) {
  std::vector<const pb::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const auto* field : fields) {
    std::string name = field->name();
    if (absl::EndsWith(name, "_ms")) name.resize(name.size() - 3);
    const bool is_message = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    const pb::Reflection& r = *message.GetReflection();
    if (!field->is_repeated()) {
      if (is_message) {
        AppendMessage(name, r.GetMessage(message, field), out);
      } else {
        *out += " " + name + "=" + Scalar(message, *field, 0);
      }
      continue;
    }
    const bool notices = is_message && field->message_type()->name() == "Notice";
    if (!is_message || notices) *out += " " + (notices ? "told" : name) + "=";
    for (int i = 0; i < r.FieldSize(message, field); ++i) {
      if (i > 0 && (!is_message || notices)) *out += ",";
      if (is_message) {
        AppendMessage(name, r.GetRepeatedMessage(message, field, i), out);
      } else {
        *out += Scalar(message, *field, i);
      }
    }
  }
}

std::string CauseText(const Record& record) {
  switch (record.cause_case()) {
    case Record::kInputCause:
      return EnumWord("InputTopic", InputTopic_Name(record.input_cause().topic())) + "@" +
             std::to_string(record.input_cause().position());
    case Record::kTimerCause:
      return "timer@" + FormatLocal({record.timer_cause().due_ms()});
    case Record::kEngineCause:
      return "engine";
    default:
      return "no cause";
  }
}

using Json = nlohmann::ordered_json;

// What the input of a decision says; null where the bytes cannot be read.
Json InputSays(const Record& record) {
  std::string json;
  lastmeter::report::v1::HardshipReport report;
  lastmeter::command::v1::Command command;
  if (record.input_cause().topic() == lastmeter::event::v1::INPUT_TOPIC_REPORT) {
    if (!report.ParseFromString(record.input())) return nullptr;
    json = ToJson(report);
  } else {
    if (!command.ParseFromString(record.input())) return nullptr;
    json = ToJson(command);
  }
  return Json::parse(json, nullptr, false);
}

}  // namespace

std::string EnumWord(std::string_view enum_name, std::string_view value_name) {
  // INPUT_TOPIC_REPORT of InputTopic: the prefix is the enum's name in capitals.
  std::string prefix;
  for (const char c : enum_name) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  prefix += '_';
  std::string word(value_name.starts_with(prefix) ? value_name.substr(prefix.size()) : value_name);
  absl::AsciiStrToLower(&word);
  return absl::StrReplaceAll(word, {{"_", "-"}});
}

std::string EventName(const Event& event) {
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(event, Bodies());
  return field == nullptr ? "" : field->message_type()->name();
}

std::string UnknownEvent(std::string_view name) {
  std::string known;
  for (int i = 0; i < Bodies()->field_count(); ++i) {
    const std::string& one = Bodies()->field(i)->message_type()->name();
    if (one == name) return "";
    known += (known.empty() ? "" : ", ") + one;
  }
  return "there is no event '" + std::string(name) + "'; there are " + known;
}

std::string EventLine(const Event& event) {
  std::string line = EventName(event);
  if (!event.case_number().empty()) {
    line += " " + event.case_number() + " v" + std::to_string(event.case_version());
  }
  if (event.restricted()) line += " restricted";
  if (event.drill()) line += " drill";
  const auto* field = event.GetReflection()->GetOneofFieldDescriptor(event, Bodies());
  if (field != nullptr) {
    AppendFields(event.GetReflection()->GetMessage(event, field), &line);
  }
  return line;
}

std::string RecordLine(const Record& record) {
  char head[32];
  std::snprintf(head, sizeof head, "%8llu", static_cast<unsigned long long>(record.seq()));
  std::string line = std::string(head) + "  " + FormatLocal({record.log_time_ms()}) + "  e" +
                     std::to_string(record.epoch()) + "  " + CauseText(record);
  if (record.parts() > 1) {
    line += " " + std::to_string(record.part() + 1) + "/" + std::to_string(record.parts());
  }
  return line + "  " + EventLine(record.event());
}

std::string RecordJson(PartitionId partition, LogPosition position, std::string_view bytes,
                       const Record& record) {
  Json json;
  json["partition"] = partition.value;
  json["position"] = position.value;
  json["sha256"] = ToHex(AsBytes(Sha256(bytes)));
  Json stored = Json::parse(ToJson(record), nullptr, false);
  for (auto& [name, value] : stored.items()) json[name] = std::move(value);
  // Protobuf's mapping has base64, which nobody compares with sha256sum.
  json["prevSha256"] = ToHex(record.prev_sha256());
  if (record.event().has_rules_installed()) {
    json["event"]["rulesInstalled"]["rulesSha256"] =
        ToHex(record.event().rules_installed().rules_sha256());
  }
  if (record.event().has_input_quarantined()) {
    json["event"]["inputQuarantined"]["inputSha256"] =
        ToHex(record.event().input_quarantined().input_sha256());
  }
  if (!record.input().empty()) json["inputSays"] = InputSays(record);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lastmeter::ctl
