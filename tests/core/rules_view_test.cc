#include "engine/core/rules_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/core/sample_rules.h"

namespace lastmeter {
namespace {

using common::v1::Tier;
using common::v1::TIER_DISTRICT;
using common::v1::TIER_GRID;
using common::v1::TIER_GROUP;
using common::v1::TIER_TOWN;
using common::v1::TIER_UNSPECIFIED;
using common::v1::TIER_VILLAGE;
using testing::ElementsAre;
using testing::IsEmpty;

class RulesViewTest : public testing::Test {
 protected:
  std::vector<std::string> Staff(std::string_view area, Tier tier) const {
    std::vector<std::string> ids;
    for (const auto* post : view_->FindPosts(area, tier).posts) ids.push_back(post->staff_id());
    return ids;
  }
  bool AreaKnown(std::string_view area, Tier tier) const {
    return view_->FindPosts(area, tier).area_known;
  }
  std::string Resolved(std::string_view code) const {
    const auto* area = view_->ResolveArea(code);
    return area == nullptr ? "none" : area->code();
  }

  std::unique_ptr<RulesView> view_ = RulesView::Create(SampleRules());
};

TEST_F(RulesViewTest, AGridIsServedByEveryAreaAboveIt) {
  EXPECT_THAT(Staff("430112001001001", TIER_GRID), ElementsAre("xu-guangming"));
  EXPECT_THAT(Staff("430112001001001", TIER_GROUP), ElementsAre("group-leader-1"));
  EXPECT_THAT(Staff("430112001001001", TIER_VILLAGE),
              ElementsAre("tan-dan", "village-head", "village-deputy"));
  EXPECT_THAT(Staff("430112001001001", TIER_TOWN),
              ElementsAre("tan-dan", "town-officer", "town-named"));
  EXPECT_THAT(Staff("430112001001001", TIER_DISTRICT),
              ElementsAre("district-desk", "district-officer", "district-named", "fallback-post"));
}

TEST_F(RulesViewTest, OutsideAuthoritiesBelongToNoTier) {
  for (const auto* post : view_->FindPosts("430112", TIER_DISTRICT).posts) {
    EXPECT_FALSE(post->outside_authority()) << post->staff_id();
  }
  EXPECT_EQ(view_->TierOver("police-duty", "430112001001"), TIER_UNSPECIFIED);
  EXPECT_TRUE(view_->InRoster("police-duty"));
}

TEST_F(RulesViewTest, AVillageReachesAllItsGridsAndGroups) {
  EXPECT_THAT(Staff("430112001001", TIER_GRID),
              ElementsAre("xu-guangming", "group-leader-2", "grid-worker-3"));
  EXPECT_THAT(Staff("430112001001", TIER_GROUP), ElementsAre("group-leader-1", "group-leader-2"));
  EXPECT_TRUE(AreaKnown("430112001001", TIER_GRID));
  EXPECT_THAT(Staff("430112001002", TIER_GRID), IsEmpty());
  EXPECT_TRUE(AreaKnown("430112001002", TIER_GRID));
}

TEST_F(RulesViewTest, AVillageReachesAtMostEightPosts) {
  auto rules = SampleRules();
  for (int i = 10; i < 30; ++i) {
    auto* area = rules.add_areas();
    area->set_tier(TIER_GRID);
    area->set_code("4301120010010" + std::to_string(i));
    area->set_parent("430112001001");
    area->set_name("网格");
    auto* post = rules.add_roster();
    *post = rules.roster(17);
    post->set_staff_id("extra-" + std::to_string(i));
    post->set_area(area->code());
  }
  ASSERT_TRUE(ValidateRules(rules).empty());
  auto view = RulesView::Create(rules);
  auto found = view->FindPosts("430112001001", TIER_GRID).posts;
  ASSERT_EQ(found.size(), 8u);
  EXPECT_EQ(found[0]->staff_id(), "xu-guangming");
  EXPECT_EQ(found[7]->staff_id(), "extra-14");
  // Authority does not end at the eighth.
  EXPECT_EQ(view->TierOver("extra-29", "430112001001"), TIER_GRID);
}

TEST_F(RulesViewTest, AGridDirectlyUnderItsVillageUsesTheVillagesGroups) {
  EXPECT_THAT(Staff("430112001001003", TIER_GROUP),
              ElementsAre("group-leader-1", "group-leader-2"));
  EXPECT_EQ(view_->TierOver("group-leader-1", "430112001001003"), TIER_GROUP);
}

TEST_F(RulesViewTest, AGroupReachesItsOwnGridsOrElseItsVillages) {
  EXPECT_THAT(Staff("43011200100101", TIER_GRID), ElementsAre("xu-guangming"));
  auto rules = SampleRules();
  rules.mutable_areas(9)->set_parent("430112001001");
  auto view = RulesView::Create(rules);
  EXPECT_EQ(view->FindPosts("43011200100101", TIER_GRID).posts.size(), 3u);
  EXPECT_EQ(view->FindPosts("43011200100102", TIER_GRID).posts.size(), 1u);
}

TEST_F(RulesViewTest, AnAreaKnownByTownOnlyHasNoLowerTiers) {
  for (Tier tier : {TIER_GRID, TIER_GROUP, TIER_VILLAGE}) {
    EXPECT_THAT(Staff("430112001", tier), IsEmpty());
    EXPECT_FALSE(AreaKnown("430112001", tier));
  }
  EXPECT_THAT(Staff("430112001", TIER_TOWN), ElementsAre("tan-dan", "town-officer", "town-named"));
  EXPECT_TRUE(AreaKnown("430112001", TIER_TOWN));
  EXPECT_THAT(Staff("430112", TIER_TOWN), IsEmpty());
  EXPECT_FALSE(AreaKnown("430112", TIER_TOWN));
  EXPECT_EQ(Staff("430112", TIER_DISTRICT).size(), 4u);
}

TEST_F(RulesViewTest, AnUnknownCodeCountsAsTheNearestListedArea) {
  EXPECT_EQ(Resolved("430112001001001"), "430112001001001");
  EXPECT_EQ(Resolved("430112001001999"), "430112001001");
  EXPECT_EQ(Resolved("43011200100199"), "430112001001");
  EXPECT_EQ(Resolved("430112001999"), "430112001");
  EXPECT_EQ(Resolved("430112001999001"), "430112001");
  EXPECT_EQ(Resolved("430112999"), "430112");
  EXPECT_EQ(Resolved("430112999999"), "430112");
  for (auto* foreign : {"110101001001", "", "4301", "43011200100x", "430112001001001001"}) {
    EXPECT_EQ(Resolved(foreign), "none") << foreign;
  }
  EXPECT_THAT(Staff("430112001001999", TIER_GRID),
              ElementsAre("xu-guangming", "group-leader-2", "grid-worker-3"));
  EXPECT_TRUE(view_->KnowsArea("430112001001"));
  EXPECT_FALSE(view_->KnowsArea("430112001001999"));
}

TEST_F(RulesViewTest, AForeignCodeStillHasTheDistrictAboveIt) {
  EXPECT_EQ(Staff("110101001001", TIER_DISTRICT).size(), 4u);
  EXPECT_FALSE(AreaKnown("110101001001", TIER_DISTRICT));
  EXPECT_THAT(Staff("110101001001", TIER_TOWN), IsEmpty());
  EXPECT_EQ(view_->TierOver("district-desk", "110101001001"), TIER_DISTRICT);
  EXPECT_EQ(view_->TierOver("tan-dan", "110101001001"), TIER_UNSPECIFIED);
}

TEST_F(RulesViewTest, APersonsTierIsTheHighestHeldOverTheArea) {
  EXPECT_EQ(view_->TierOver("xu-guangming", "430112001001001"), TIER_GRID);
  EXPECT_EQ(view_->TierOver("xu-guangming", "430112001001"), TIER_GRID);
  EXPECT_EQ(view_->TierOver("xu-guangming", "430112001001002"), TIER_UNSPECIFIED);
  EXPECT_EQ(view_->TierOver("xu-guangming", "430112001"), TIER_UNSPECIFIED);
  EXPECT_EQ(view_->TierOver("group-leader-2", "430112001001002"), TIER_GROUP);
  EXPECT_EQ(view_->TierOver("tan-dan", "430112001001001"), TIER_TOWN);
  EXPECT_EQ(view_->TierOver("tan-dan", "430112003001"), TIER_UNSPECIFIED);
  EXPECT_EQ(view_->TierOver("village-head", "430112001002"), TIER_UNSPECIFIED);
  EXPECT_EQ(view_->TierOver("district-desk", "430112003001"), TIER_DISTRICT);
  EXPECT_EQ(view_->TierOver("stranger", "430112001001"), TIER_UNSPECIFIED);
}

TEST_F(RulesViewTest, NamedOfficersAreNamedForTheirAreaOnly) {
  EXPECT_TRUE(view_->IsNamedOfficer("town-named", "430112001001001"));
  EXPECT_FALSE(view_->IsNamedOfficer("town-named", "430112003001"));
  EXPECT_TRUE(view_->IsNamedOfficer("district-named", "430112003001"));
  EXPECT_FALSE(view_->IsNamedOfficer("tan-dan", "430112001001001"));
}

TEST_F(RulesViewTest, FindsKindsLevelsClocksAndEntry) {
  ASSERT_NE(view_->FindKind("elder-alone"), nullptr);
  EXPECT_EQ(view_->FindKind("elder-alone")->level(), common::v1::LEVEL_CRITICAL);
  EXPECT_EQ(view_->FindKind("elder"), nullptr);
  EXPECT_EQ(view_->FindLevel(common::v1::LEVEL_URGENT)->level(), common::v1::LEVEL_URGENT);
  EXPECT_EQ(view_->FindLevel(common::v1::LEVEL_UNSPECIFIED), nullptr);
  EXPECT_EQ(view_->FindLevel(static_cast<common::v1::Level>(-1)), nullptr);
  EXPECT_EQ(view_->FindLevel(static_cast<common::v1::Level>(5)), nullptr);
  EXPECT_NE(view_->FindClock(common::v1::LEVEL_CRITICAL, common::v1::PROMISE_FIRST_RELIEF),
            nullptr);
  EXPECT_EQ(view_->FindClock(common::v1::LEVEL_ORDINARY, common::v1::PROMISE_FIRST_RELIEF),
            nullptr);
  EXPECT_EQ(view_->EntryTier(TIER_GRID), TIER_GROUP);
  EXPECT_EQ(view_->EntryTier(TIER_UNSPECIFIED), TIER_GRID);
  EXPECT_EQ(view_->EntryTier(static_cast<Tier>(77)), TIER_GRID);
}

TEST_F(RulesViewTest, ListsAPersonsPostsInRosterOrder) {
  auto posts = view_->PostsOf("tan-dan");
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_EQ(posts[0]->tier(), TIER_TOWN);
  EXPECT_EQ(posts[1]->tier(), TIER_VILLAGE);
  EXPECT_TRUE(view_->PostsOf("stranger").empty());
  EXPECT_FALSE(view_->InRoster("stranger"));
}

}  // namespace
}  // namespace lastmeter
