#pragma once

#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/view/v1/view.pb.h"

namespace lastmeter::query {

// Folds a record into the planned work, referrals, follow-ups, resources and goals of its case, and
// into the deeds that statistics count. To be called after FoldCase. Pure.
void FoldWork(const lastmeter::event::v1::Record& record, lastmeter::view::v1::CaseRow* row);

}  // namespace lastmeter::query
