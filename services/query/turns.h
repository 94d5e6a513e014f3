#pragma once

#include <vector>

#include "engine/base/time.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/view/v1/view.pb.h"
#include "services/common/tokens.h"

namespace lastmeter::query {

// The turns of planned work of one case that the caller sees, by work and turn; nothing else of the
// case goes with them.
//
// Whoever reads the case sees all that begin in the next two months. A volunteer sees those of
// services in the area that nobody has and, wherever they lie, the volunteer's own, a visit among
// them; nothing of a restricted case. Turns that the volunteer claimed for later come, too.
std::vector<lastmeter::api::v1::WorkTurn> TurnsOf(const Caller& caller,
                                                  const lastmeter::view::v1::CaseRow& row,
                                                  Timestamp now);

}  // namespace lastmeter::query
