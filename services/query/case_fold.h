#pragma once

#include "engine/base/time.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/view/v1/view.pb.h"

// What the read side shows of a case, from public events alone. Pure.
namespace lastmeter::query {

// Folds one event of a case into its row.
void FoldCase(const lastmeter::event::v1::Record& record, lastmeter::view::v1::CaseRow* row);

// When the case's first promise was, or will be, overdue; kNeverOverdue when none runs.
inline constexpr int64_t kNeverOverdue = INT64_MAX;
int64_t OverdueAt(const lastmeter::view::v1::CaseRow& row);

// The case as it stands at `now`, lamps lit.
lastmeter::api::v1::Case Show(const lastmeter::view::v1::CaseRow& row, Timestamp now);

// The department's own limit has passed, and it has not answered; false for null.
bool HasExpired(const lastmeter::state::v1::Referral* referral, Timestamp now);

// The promise is not kept yet, and its time counts.
bool Runs(const lastmeter::api::v1::ClockView& clock);

google::protobuf::Timestamp ToProtoTime(int64_t ms);
int64_t FromProtoTime(const google::protobuf::Timestamp& time);

}  // namespace lastmeter::query
