#pragma once

#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/view/v1/view.pb.h"

namespace lastmeter::query {

// Folds a record into the cycles of its case, as statistics count them. To be called before
// FoldCase: who broke a promise is who held the case until this record. Pure.
void FoldCycle(const lastmeter::event::v1::Record& record, lastmeter::view::v1::CaseRow* row);

}  // namespace lastmeter::query
