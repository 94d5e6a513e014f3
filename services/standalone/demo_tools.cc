#include "services/standalone/demo_tools.h"

#include <algorithm>

namespace lastmeter::demo {

namespace cm = lastmeter::common::v1;

std::string StoryTools::Find(std::string_view staff_id, cm::Tier tier,
                             std::string_view area) const {
  std::string other;
  for (const auto& post : rules->roster()) {
    if (post.staff_id() == staff_id) return post.staff_id();
    if (post.volunteer() || post.outside_authority()) continue;
    const size_t n = std::min(post.area().size(), area.size());
    if (post.tier() == tier && post.area().substr(0, n) == area.substr(0, n)) {
      other = post.staff_id();
    }
  }
  return other;
}

std::string StoryTools::GridOf(std::string_view village) const {
  for (const auto& area : rules->areas()) {
    if (area.tier() == cm::TIER_GRID && area.code().compare(0, 12, village) == 0) {
      return area.code();
    }
  }
  return std::string(village);
}

void StoryTools::Say(std::string_view zh, std::string_view en) const {
  settle();
  narrate(std::string(words->Pick(zh, en)));
}

}  // namespace lastmeter::demo
