#pragma once

#include "engine/core/ladder.h"
#include "lastmeter/event/v1/event.pb.h"

// Policy bulletins (惠民政策宣传): made known grid by grid.
namespace lastmeter {

// The grids of the case's area with whoever is told in each, in the order of their codes. Empty
// where nobody is, or where they are more than one case can have: the bulletin is then a case that
// somebody must look at.
std::vector<lastmeter::event::v1::BulletinReader> BulletinReaders(
    const PartitionState& state, const lastmeter::state::v1::Case& c);

// Notices to whoever has not made it known yet.
void TellReaders(const LadderPlanner& planner, const CaseNumber& number,
                 const lastmeter::state::v1::Case& c, lastmeter::event::v1::Purpose purpose,
                 google::protobuf::RepeatedPtrField<lastmeter::event::v1::Notice>* notices);

}  // namespace lastmeter
