#include "engine/core/authority.h"

#include <algorithm>

#include "engine/core/case_applier.h"
#include "engine/core/ladder.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;

Authority::Authority(const PartitionState& state, const lastmeter::state::v1::Case& c,
                     const std::string& staff_id)
    : case_(c), staff_id_(staff_id) {
  const RulesView& roster = RosterOf(state);
  const bool in_roster = roster.InRoster(staff_id) || staff_id == FallbackStaff(state);
  told_ = in_roster && std::binary_search(c.told().begin(), c.told().end(), staff_id);
  tier_ = roster.TierOver(staff_id, c.area());
  if (c.restricted() && !told_ && !roster.IsNamedOfficer(staff_id, c.area())) {
    tier_ = cm::TIER_UNSPECIFIED;
  }
}

bool Authority::MayAcknowledge() const {
  if (staff_id_ == case_.reporter_id()) return false;
  return told_ || tier_ > HoldingTier(case_);
}

bool Authority::MayClose() const {
  return staff_id_ == case_.handler_id() || tier_ > HoldingTier(case_);
}

bool Authority::MayWorkOn() const {
  return told_ || staff_id_ == case_.handler_id() || tier_ > HoldingTier(case_);
}

bool Authority::MayReopen() const { return tier_ >= cm::TIER_VILLAGE; }

}  // namespace lastmeter
