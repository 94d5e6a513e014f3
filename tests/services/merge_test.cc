// Merging over the boundary of a partition: nothing is merged into what would not go on.
#include <nlohmann/json.hpp>
#include <string>

#include "engine/base/hash.h"
#include "tests/services/house.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

class MergeTest : public House {
 protected:
  // A village whose cases lie in another partition than those of kVillage.
  static std::string Elsewhere() {
    for (const auto& area : WangchengRules().areas()) {
      if (area.code().size() == 12 && PartitionFor(area.code(), 4) != PartitionFor(kVillage, 4)) {
        return area.code();
      }
    }
    return {};
  }
  std::string Acknowledged(const std::string& kind, const std::string& village) {
    const std::string number = Report(kind, village);
    EXPECT_EQ(Post(kDesk, Act(number, "acknowledge"), json::object()).status, 200);
    return number;
  }
  int Version(const std::string& number) {
    return Get(kDesk, "/v1/cases/" + number).body.value("version", 0);
  }
  Answer Merge(const std::string& number, const std::string& into) {
    return Post(kDesk, Act(number, "merge"), {{"into", into}, {"caseVersion", Version(number)}});
  }
  bool IsOpen(const std::string& number) {
    return Get(kDesk, "/v1/cases/" + number).body["status"] != "CASE_STATUS_CLOSED";
  }
  // How often a case has accepted a merge, and how each ended: "2 accepted, REFUSED MERGED".
  std::string Merges(const std::string& number) {
    int accepted = 0;
    std::string ends;
    const Answer history = Get(kDesk, "/v1/cases/" + number + "/history");
    for (const json& entry : history.body["events"]) {
      const json& event = entry["event"];
      if (event.contains("mergeAccepted")) ++accepted;
      if (!event.contains("mergeSettled")) continue;
      const json& settled = event["mergeSettled"];
      ends += " " + settled["end"].get<std::string>().substr(sizeof("MERGE_END_") - 1);
      for (const json& notice : settled.value("notices", json::array())) {
        ends += "(" + notice["staffId"].get<std::string>() + ")";
      }
    }
    return std::to_string(accepted) + " accepted," + ends;
  }
  // The last step of a merge comes after its answer.
  void ExpectMerges(const std::string& number, const std::string& merges) {
    EXPECT_TRUE(Eventually([&] { return Merges(number) == merges; })) << Merges(number);
  }
};

TEST_F(MergeTest, OnlyWhatIsOpenElsewhereGoesOnForACase) {
  Open();
  const std::string one = Acknowledged("injury", kVillage);
  const std::string there = Acknowledged("injury", Elsewhere());

  EXPECT_EQ(Merge(one, Elsewhere() + "-2026-00777").problem, "unknown-case");
  const std::string alive = Post(kDesk, "/v1/reports?wait=20s",
                                 {{"kind", "survival-certification"},
                                  {"area", Elsewhere()},
                                  {"householdRef", "p1"},
                                  {"occurredAt", "2026-01-01T00:00:00Z"}})
                                .body["caseNumber"];
  EXPECT_EQ(Merge(one, alive).problem, "scheduled");
  const std::string drill = Post(kDesk, "/v1/reports?wait=20s",
                                 {{"kind", "injury"}, {"area", Elsewhere()}, {"drill", true}})
                                .body["caseNumber"];
  EXPECT_EQ(Merge(one, drill).problem, "unknown-case");
  EXPECT_TRUE(IsOpen(one));

  const Answer merged = Merge(one, there);
  ASSERT_EQ(merged.status, 200) << merged.body.dump();
  EXPECT_FALSE(IsOpen(one));
  EXPECT_EQ(Get(kDesk, "/v1/cases/" + there).body["mergedFrom"], json::array({one}));
  ExpectMerges(there, "1 accepted, MERGED");
  // Not in a circle: one of them stays open.
  EXPECT_EQ(Merge(there, one).problem, "already-closed");
  EXPECT_TRUE(IsOpen(there));

  ASSERT_EQ(Post(kDesk, Act(there, "close"),
                 {{"outcome", "OUTCOME_NEED_MET"}, {"caseVersion", Version(there)}})
                .status,
            200);
  const std::string another = Acknowledged("injury", kVillage);
  EXPECT_EQ(Merge(another, there).problem, "already-closed");
  EXPECT_TRUE(IsOpen(another));
}

TEST_F(MergeTest, WhatIsNotToBeSeenIsNotEnteredUnasked) {
  Open();
  const std::string there = Acknowledged("injury", Elsewhere());
  const std::string hidden = Report("domestic-violence");
  for (const std::string& number : {hidden, std::string(kVillage) + "-2026-00777"}) {
    const Answer refused = Post(kDesk, Act(number, "merge"), {{"into", there}, {"caseVersion", 1}});
    EXPECT_EQ(refused.status, 404) << refused.body.dump();
    EXPECT_EQ(refused.problem, "unknown-case");
  }
  EXPECT_EQ(Get(kDesk, "/v1/cases/" + there + "/history").body.dump().find("mergeAccepted"),
            std::string::npos);
  EXPECT_EQ(
      Get(kNamedOfficer, "/v1/cases/" + hidden + "/history").body.dump().find("commandRejected"),
      std::string::npos);
}

TEST_F(MergeTest, WhatIsRefusedIsSettledAndToldToNobody) {
  Open();
  const std::string there = Report("injury", Elsewhere());
  ASSERT_EQ(Post(kTanDan, Act(there, "acknowledge"), json::object()).status, 200);
  const std::string one = Acknowledged("injury", kVillage);
  const auto merge = [&](const std::string& number, int version) {
    return Post(kDesk, Act(number, "merge"), {{"into", there}, {"caseVersion", version}}).problem;
  };
  EXPECT_EQ(merge(one, Version(one) - 1), "stale-version");
  EXPECT_EQ(merge(Report("injury"), 1), "not-acknowledged");
  ASSERT_EQ(
      Post(kDesk, Act(one, "refer"), {{"to", "health-bureau"}, {"reason", "operation"}}).status,
      200);
  EXPECT_EQ(merge(one, Version(one)), "referral-open");
  ASSERT_EQ(
      Post(kDesk, Act(one, "answerReferral"), {{"answer", "REFERRAL_ANSWER_ACCEPTED"}}).status,
      200);
  const std::string from = FormatRfc3339(clock_.Wall() + Days(1));
  const std::string until = FormatRfc3339(clock_.Wall() + Days(1) + Hours(1));
  ASSERT_EQ(Post(kDesk, Act(one, "planWork"),
                 {{"kind", "WORK_KIND_SERVICE"},
                  {"service", "NEED_MEALS"},
                  {"from", from},
                  {"until", until}})
                .status,
            200);
  EXPECT_EQ(merge(one, Version(one)), "work-planned");
  ASSERT_EQ(Post(kDesk, Act(one, "cancelWork"), {{"workId", 1}, {"reason", "away"}}).status, 200);
  ASSERT_EQ(Post(kDesk, Act(one, "relief"), {{"kinds", {"NEED_CASH"}}}).status, 200);
  EXPECT_EQ(merge(one, Version(one)), "paperwork-owed");
  ExpectMerges(there, "5 accepted, REFUSED REFUSED REFUSED REFUSED REFUSED");
  ASSERT_EQ(Post(kDesk, Act(one, "paperwork"), json::object()).status, 200);
  EXPECT_EQ(merge(one, Version(one)), "");
  EXPECT_EQ(merge(one, Version(one)), "already-closed");
  ExpectMerges(there, "6 accepted, REFUSED REFUSED REFUSED REFUSED REFUSED MERGED(tan-dan)");
}

TEST_F(MergeTest, TheSameMergeTwiceIsDecidedOnce) {
  Open();
  const std::string one = Acknowledged("injury", kVillage);
  const std::string there = Acknowledged("injury", Elsewhere());
  const json body = {{"into", there}, {"caseVersion", Version(one)}};
  const Headers key = {{"Idempotency-Key", "merge-once"}};
  const Answer first = Post(kDesk, Act(one, "merge"), body, key);
  ASSERT_EQ(first.status, 200) << first.body.dump();
  ExpectMerges(there, "1 accepted, MERGED");
  const auto history = Get(kDesk, "/v1/cases/" + there + "/history").body;

  const Answer again = Post(kDesk, Act(one, "merge"), body, key);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(Get(kDesk, "/v1/cases/" + there + "/history").body, history);
  EXPECT_EQ(Post(kDesk, Act(there, "note"), {{"text", "x"}}, key).status, 200)
      << "a key counts in its own partition";
}

TEST_F(MergeTest, ARestrictedCaseIsToldToNoOpenOne) {
  Open();
  const std::string hidden = Report("domestic-violence");
  ASSERT_EQ(Post(kNamedOfficer, Act(hidden, "acknowledge"), json::object()).status, 200);
  const std::string there = Acknowledged("injury", Elsewhere());
  const int version = Get(kNamedOfficer, "/v1/cases/" + hidden).body["version"];
  const Answer refused =
      Post(kNamedOfficer, Act(hidden, "merge"), {{"into", there}, {"caseVersion", version}});
  EXPECT_EQ(refused.problem, "unknown-case") << refused.body.dump();
  EXPECT_FALSE(Get(kViewer, "/v1/cases/" + there).body.contains("mergedFrom"));
}

}  // namespace
}  // namespace lastmeter::test
