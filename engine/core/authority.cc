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
  // A volunteer told of a turn has no say in the case.
  told_ = in_roster && !roster.IsVolunteer(staff_id) &&
          std::binary_search(c.told().begin(), c.told().end(), staff_id);
  const auto tier_of = [&](std::string_view id) {
    const bool may_know = !c.restricted() || told_ || roster.IsNamedOfficer(id, c.area());
    return may_know ? roster.TierOver(id, c.area()) : cm::TIER_UNSPECIFIED;
  };
  tier_ = tier_of(staff_id);
  // Asked of restricted cases alone: this is looked up for every command.
  named_ = c.restricted() && roster.IsNamedOfficer(staff_id, c.area());
  // Each day begins with a record that says so.
  const Date today = std::max<Date>(state.meta().today(), DateOf(state.log_time()));
  for (const std::string_view away : roster.StandsInFor(staff_id, today)) {
    // Nobody but a named officer stands in where restricted cases are concerned.
    if (c.restricted() && !roster.HoldsNamedPost(staff_id)) break;
    tier_ = std::max(tier_, tier_of(away));
    named_ = named_ || (c.restricted() && roster.IsNamedOfficer(away, c.area()));
    if (away == c.handler_id()) for_handler_ = true;
    away_.emplace_back(away);
  }
}

bool Authority::ActsFor(const std::string& staff_id) const {
  return staff_id == staff_id_ || std::find(away_.begin(), away_.end(), staff_id) != away_.end();
}

bool Authority::MayAcknowledge() const {
  if (staff_id_ == case_.reporter_id()) return false;
  return told_ || tier_ > HoldingTier(case_);
}

bool Authority::MayClose() const {
  return staff_id_ == case_.handler_id() || for_handler_ || tier_ > HoldingTier(case_);
}

bool Authority::MayWorkOn() const {
  return told_ || staff_id_ == case_.handler_id() || for_handler_ || tier_ > HoldingTier(case_);
}

bool Authority::MayRemark() const { return MayWorkOn() || staff_id_ == case_.reporter_id(); }

bool Authority::MayReopen() const { return tier_ >= cm::TIER_VILLAGE; }

bool Authority::MayScreenOut() const {
  if (staff_id_ == case_.reporter_id() || !MayWorkOn()) return false;
  if (case_.restricted()) return named_ && tier_ >= cm::TIER_DISTRICT;
  return tier_ >= cm::TIER_VILLAGE;
}

}  // namespace lastmeter
