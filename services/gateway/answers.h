#pragma once

#include <string_view>

#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/event.pb.h"
#include "services/common/http.h"
#include "services/common/outcomes.h"

// What the gateway says about an input that was decided.
namespace lastmeter::gateway {

// "already-closed" for REJECTION_ALREADY_CLOSED.
std::string RejectionCode(lastmeter::event::v1::Rejection reason);

// 201 with the case, or why the report opened none.
http::Response ReportAnswer(const Outcome& outcome, std::string_view report_id);

// 200 with the events; 409 with the present state; 403 and 404. A case that the caller may not
// read is answered as one that does not exist.
http::Response CommandAnswer(const Outcome& outcome, std::string_view command_id,
                             const Caller& caller, const Outcomes& outcomes);

// 409: the id was used before by somebody else or for something else.
http::Response KeyReused();

// 404, also for a case that the caller may not see.
http::Response UnknownCase();

// Links of a report and a case.
lastmeter::api::v1::Links ReportLinks(std::string_view report_id, std::string_view case_number);
lastmeter::api::v1::Links CaseLinks(std::string_view case_number);

}  // namespace lastmeter::gateway
