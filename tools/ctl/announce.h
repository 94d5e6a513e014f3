#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "lastmeter/api/v1/api.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tools/ctl/server.h"

// What is reported to place after place: bulletins, incidents.
namespace lastmeter::ctl {

// The kind that was named, or the only one that fits. kFailedPrecondition, with a sentence, for
// none; `what`: "bulletin".
absl::StatusOr<std::string> PickKind(
    const lastmeter::rules::v1::Rules& rules, const std::string& named, std::string_view what,
    absl::FunctionRef<bool(const lastmeter::rules::v1::Kind&)> fits);

// Areas of that tier at or below `area` that still exist, in the order of the rules.
std::vector<std::string> AreasBelow(const lastmeter::rules::v1::Rules& rules,
                                    lastmeter::common::v1::Tier tier, const std::string& area);

// Sends the report to each place, under an id of its own, "<id>-<place>", and waits for what came
// of it. The rest goes on where a place is refused; ends with the error where the server cannot be
// asked. `told` is called for each place, in order, with its outcome or its refusal (see
// RefusalOf).
absl::Status Announce(
    Session& session, const std::vector<std::string>& places,
    lastmeter::api::v1::SubmitReportRequest report, const std::string& id,
    absl::FunctionRef<absl::Status(
        const std::string& place, const absl::StatusOr<lastmeter::api::v1::ReportOutcome>& outcome)>
        told);

}  // namespace lastmeter::ctl
