#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "engine/log/log.h"
#include "lastmeter/event/v1/record.pb.h"
#include "services/common/cloud_events.h"
#include "services/common/json.h"
#include "services/query/events.h"
#include "tests/paths.h"
#include "tests/services/json_schema.h"

// Holds deploy/integrations/asyncapi.yaml against the code, in both directions. That it is AsyncAPI
// at all is held by check_asyncapi.sh.
namespace lastmeter::test {
namespace {

namespace ev = lastmeter::event::v1;
using nlohmann::json;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;

json ToJsonValue(const YAML::Node& node) {
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& one : node) object[one.first.as<std::string>()] = ToJsonValue(one.second);
    return object;
  }
  if (node.IsSequence()) {
    json array = json::array();
    for (const auto& one : node) array.push_back(ToJsonValue(one));
    return array;
  }
  // Quoted scalars are texts, whatever they look like.
  if (node.Tag() != "!") {
    if (int64_t number = 0; YAML::convert<int64_t>::decode(node, number)) return number;
    if (bool yes = false; YAML::convert<bool>::decode(node, yes)) return yes;
  }
  return node.as<std::string>();
}

const json& Document() {
  static const json* const document =
      new json(ToJsonValue(YAML::LoadFile(SourcePath("deploy/integrations/asyncapi.yaml"))));
  return *document;
}

const google::protobuf::OneofDescriptor& Bodies() {
  return *ev::Event::descriptor()->FindOneofByName("body");
}

ev::Record RecordOf(const google::protobuf::FieldDescriptor* body) {
  ev::Record record;
  record.set_seq(42);
  record.set_prev_sha256(std::string(32, '\xab'));
  record.set_log_time_ms(1'790'000'000'000);
  ev::Event* event = record.mutable_event();
  event->GetReflection()->MutableMessage(event, body);
  return record;
}

ev::Record OfCase(ev::Record record, bool restricted) {
  record.mutable_event()->set_case_number("430112001001-2026-00042");
  record.mutable_event()->set_area("430112001001");
  record.mutable_event()->set_restricted(restricted);
  return record;
}

// Resolved, with its one trait as AsyncAPI merges it: the message itself says the last word.
json Message(const json& reference) {
  json message = Resolve(Document(), reference);
  for (const json& trait : message.value("traits", json::array())) {
    json merged = Resolve(Document(), trait);
    merged.merge_patch(message);
    message = merged;
  }
  return message;
}

const json& EventMessages() { return Document()["channels"]["caseEvents"]["messages"]; }

TEST(AsyncApi, DescribesEveryTypeOfEventAndNoOther) {
  std::set<std::string> types;
  std::set<std::string> described;
  for (int i = 0; i < Bodies().field_count(); ++i) {
    types.insert(Bodies().field(i)->message_type()->name());
  }
  for (const auto& [name, unused] : EventMessages().items()) described.insert(name);
  EXPECT_THAT(described, UnorderedElementsAreArray(types));
}

TEST(AsyncApi, NamesMessageAndFieldOfEveryType) {
  for (int i = 0; i < Bodies().field_count(); ++i) {
    const auto* body = Bodies().field(i);
    const json message = Message(EventMessages().at(body->message_type()->name()));
    EXPECT_EQ(message["name"], body->message_type()->full_name());
    EXPECT_EQ(message["x-field"], body->name());
    EXPECT_FALSE(message["summary"].get<std::string>().empty());
    const json payload = Resolve(Document(), message["payload"]);
    EXPECT_EQ(payload["schemaFormat"], "application/vnd.google.protobuf;version=3");
    const std::string schema = payload["schema"];
    EXPECT_NE(schema.find("import \"" + ev::Record::descriptor()->file()->name() + "\";"),
              std::string::npos);
    EXPECT_NE(schema.find("message " + ev::Record::descriptor()->full_name()), std::string::npos);
  }
}

TEST(AsyncApi, DescribesEveryHeaderOfEveryEventAndNoOther) {
  std::set<std::string> seen;
  json described;
  for (int i = 0; i < Bodies().field_count(); ++i) {
    const auto* body = Bodies().field(i);
    const json message = Message(EventMessages().at(body->message_type()->name()));
    json schema = Resolve(Document(), message["headers"]);
    described = schema["properties"];
    schema["additionalProperties"] = false;
    schema["properties"]["ce_type"] = {{"enum", {message["name"]}}};
    const ev::Record record = RecordOf(body);
    for (const ev::Record& one : {record, OfCase(record, false), OfCase(record, true)}) {
      const EventHeaders headers = CloudEventHeaders(one);
      json object = json::object();
      for (const auto& [name, value] : headers) {
        object[name] = value;
        seen.insert(name);
      }
      EXPECT_THAT(CheckSchema(Document(), schema, object), IsEmpty()) << object;
    }
  }
  std::set<std::string> names;
  for (const auto& [name, unused] : described.items()) names.insert(name);
  EXPECT_THAT(names, UnorderedElementsAreArray(seen));
}

TEST(AsyncApi, NamesTheTopicAndThoseThatAreNobodys) {
  const json& channel = Document()["channels"]["caseEvents"];
  EXPECT_EQ(channel["address"], TopicName(Topic::kEvent));
  EXPECT_EQ(channel["bindings"]["kafka"]["topic"], TopicName(Topic::kEvent));
  std::set<std::string> hidden;
  for (const json& topic : Document()["x-private-topics"]) hidden.insert(topic["address"]);
  EXPECT_EQ(hidden, (std::set<std::string>{std::string(TopicName(Topic::kReport)),
                                           std::string(TopicName(Topic::kCommand)),
                                           std::string(TopicName(Topic::kDeadLetter))}));
}

TEST(AsyncApi, DescribesAnEventAsTheStreamShowsIt) {
  const json message = Message(Document()["channels"]["eventStream"]["messages"]["eventView"]);
  json schema = Resolve(Document(), message["payload"]);
  schema["additionalProperties"] = false;
  Caller caller;
  caller.role = lastmeter::common::v1::ROLE_STAFF;
  for (int i = 0; i < Bodies().field_count(); ++i) {
    auto view =
        query::ShowRecord(PartitionId{1}, OfCase(RecordOf(Bodies().field(i)), true), caller);
    view.set_id("12.0.7.3");
    EXPECT_THAT(CheckSchema(Document(), schema, json::parse(ToJson(view))), IsEmpty());
  }
}

}  // namespace
}  // namespace lastmeter::test
