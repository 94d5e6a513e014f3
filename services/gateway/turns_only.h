#pragma once

#include <optional>

#include "lastmeter/command/v1/command.pb.h"
#include "services/common/http.h"
#include "services/common/outcomes.h"
#include "services/common/tokens.h"
#include "services/gateway/translate.h"

// What the door asks of a volunteer, who takes turns of planned work and has no other part in a
// case. Refused here and not by the core alone: what a refusal of the core says about a case that
// one may not read, nobody needs to know.
namespace lastmeter::gateway {

bool IsOfTurn(CaseAction action);
http::Response OnlyTurns();

// The problem to answer with when `command`, about a turn, is about none that the caller sees at
// `/v1/turns`. A command that was decided before passes, so that it is answered as it was.
std::optional<http::Response> CheckTurn(const Caller& caller,
                                        const lastmeter::command::v1::Command& command,
                                        PartitionId partition, const Outcomes& outcomes);

}  // namespace lastmeter::gateway
