// What can be done to a case, as lastmeterctl reads it from the interface's document.
#include "tools/ctl/case_verbs.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>

#include <set>

#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/command/v1/command.pb.h"
#include "tools/ctl/interface.h"

namespace lastmeter::ctl {
namespace {

using google::protobuf::Descriptor;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAreArray;

const std::vector<Verb>& Verbs() {
  static const auto* const verbs = new std::vector<Verb>(VerbsOf(InterfaceDocument()));
  return *verbs;
}

nlohmann::json Body(const std::string& verb, const std::vector<std::string>& words) {
  const auto body = BodyOf(*FindVerb(Verbs(), verb), words);
  EXPECT_TRUE(body.ok()) << body.status();
  return body.ok() ? *body : nlohmann::json();
}

std::string Refused(const std::string& verb, const std::vector<std::string>& words) {
  const auto body = BodyOf(*FindVerb(Verbs(), verb), words);
  return body.ok() ? body->dump() : std::string(body.status().message());
}

void AddNames(const Descriptor& message, const std::string& prefix, std::set<std::string>* names) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    const auto* inner = field.message_type();
    if (inner != nullptr && inner->file()->package() != "google.protobuf") {
      AddNames(*inner, prefix + field.json_name() + ".", names);
    } else {
      names->insert(prefix + field.json_name());
    }
  }
}

// A command that is added to the messages and to the interface is known without a change here.
TEST(CaseVerbs, AreThoseOfTheMessages) {
  std::set<std::string> wanted;
  const auto& actions = *command::v1::Command::descriptor()->FindOneofByName("action");
  for (int i = 0; i < actions.field_count(); ++i) wanted.insert(actions.field(i)->json_name());
  // Of the gateway itself, before and after a merge.
  wanted.erase("acceptMerge");
  wanted.erase("settleMerge");
  // These two are operators' and name no case.
  wanted.erase("installRules");
  wanted.erase("acceptClock");
  std::set<std::string> known;
  for (const Verb& verb : Verbs()) {
    known.insert(verb.name);
    const auto* message = api::v1::Case::descriptor()->file()->FindMessageTypeByName(verb.message);
    ASSERT_NE(message, nullptr) << verb.message;
    std::set<std::string> names;
    AddNames(*message, "", &names);
    std::set<std::string> fields;
    for (const VerbField& field : verb.fields) fields.insert(field.name);
    EXPECT_EQ(fields, names) << verb.name;
    EXPECT_FALSE(verb.about.empty()) << verb.name;
  }
  EXPECT_EQ(known, wanted);
}

TEST(CaseVerbs, AreFoundHoweverTheyAreWritten) {
  for (const char* word : {"planWork", "plan-work", "plan_work", "PlanWork"}) {
    ASSERT_NE(FindVerb(Verbs(), word), nullptr) << word;
    EXPECT_EQ(FindVerb(Verbs(), word)->name, "planWork");
  }
  EXPECT_EQ(FindVerb(Verbs(), "plan"), nullptr);
}

TEST(CaseVerbs, ComeNearToAWordThatIsNone) {
  EXPECT_THAT(NearestVerbs(Verbs(), "clsoe"), ElementsAre("close"));
  EXPECT_THAT(NearestVerbs(Verbs(), "acknowlege"), ElementsAre("acknowledge"));
  EXPECT_THAT(NearestVerbs(Verbs(), "follow-up"), ElementsAre("beginFollowUp", "recordFollowUp"));
  EXPECT_EQ(NearestVerbs(Verbs(), "zzzzzzzz").size(), Verbs().size());
}

TEST(CaseVerbs, TakeValuesAsPeopleWriteThem) {
  EXPECT_EQ(Body("hold", {"reason=in_hospital", "until=2026-10-01T09:00"}),
            (nlohmann::json{{"reason", "HOLD_REASON_IN_HOSPITAL"},
                            {"until", "2026-10-01T09:00:00.000+08:00"}}));
  EXPECT_EQ(Body("relief", {"kinds=meals,day-care", "text=汤=热"}),
            (nlohmann::json{{"kinds", {"NEED_MEALS", "NEED_DAY_CARE"}}, {"text", "汤=热"}}));
  EXPECT_EQ(Body("extend",
                 {"promise=first-relief", "by.amount=3", "by.unit=working_days", "reason=clinic"}),
            (nlohmann::json{{"promise", "PROMISE_FIRST_RELIEF"},
                            {"by", {{"amount", 3}, {"unit", "DURATION_UNIT_WORKING_DAYS"}}},
                            {"reason", "clinic"}}));
  // 64 bits are text in protobuf's JSON.
  EXPECT_EQ(
      Body("pledge", {"kind=NEED_GOODS", "project=xinghuo", "value-fen=120000"}),
      (nlohmann::json{{"kind", "NEED_GOODS"}, {"project", "xinghuo"}, {"valueFen", "120000"}}));
  EXPECT_EQ(Body("certify", {"assisted=yes"}), (nlohmann::json{{"assisted", true}}));
  EXPECT_EQ(Body("close", {"outcome=need_met", "case_version=7"}),
            (nlohmann::json{{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", 7}}));
  EXPECT_EQ(Body("acknowledge", {}), nlohmann::json::object());
}

TEST(CaseVerbs, SayWhatIsWrongWithAValue) {
  EXPECT_THAT(Refused("close", {"outcome=happy"}), HasSubstr("none of need-met, partly-met"));
  EXPECT_THAT(Refused("hold", {"until=tomorrow"}), HasSubstr("not a time such as"));
  EXPECT_THAT(Refused("claimWork", {"workId=one"}), HasSubstr("workId: 'one' is not a number"));
  EXPECT_THAT(Refused("certify", {"assisted=maybe"}), HasSubstr("neither yes nor no"));
  EXPECT_THAT(Refused("note", {"colour=red"}), HasSubstr("note has no field 'colour'"));
  EXPECT_THAT(Refused("note", {"hello"}), HasSubstr("'hello' is not field=value"));
  EXPECT_THAT(Refused("note", {"text=a", "text=b"}), HasSubstr("text is given twice"));
  EXPECT_THAT(Refused("handOver", {"to=mei-heping"}), HasSubstr("handOver needs reason=TEXT"));
  EXPECT_THAT(Refused("extend", {"promise=resolve", "by.amount=1", "reason=x"}),
              HasSubstr("extend needs by.unit=WORD"));
  // The absence of a value is no value.
  EXPECT_THAT(Refused("pledge", {"kind=unspecified"}), HasSubstr("none of cash"));
}

TEST(CaseVerbs, AreExplained) {
  EXPECT_EQ(FieldsInShort(*FindVerb(Verbs(), "close")),
            "outcome=WORD [caseVersion=NUMBER] [text=TEXT]");
  const std::string all = FieldsAtLength(*FindVerb(Verbs(), "close"));
  EXPECT_THAT(all, HasSubstr("need-met, partly-met"));
  EXPECT_THAT(all, HasSubstr("read from the case just before"));
}

}  // namespace
}  // namespace lastmeter::ctl
