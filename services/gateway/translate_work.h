#pragma once

#include <optional>

#include "lastmeter/command/v1/command.pb.h"
#include "services/common/http.h"
#include "services/gateway/translate.h"

// Commands about planned work, referrals, follow-ups, resources, goals, colleagues and
// certifications. Each reads its body and fills the command's action, or says what is wrong with
// it.
namespace lastmeter::gateway {

using FilledOrProblem = std::optional<http::Response>;
using lastmeter::command::v1::Command;

FilledOrProblem FillPlanWork(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillClaimWork(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillHandBack(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillStartWork(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillFinishWork(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillCancelWork(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillRefer(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillAnswerReferral(const http::Request& request, const Admission& a,
                                   Command* command);
FilledOrProblem FillBeginFollowUp(const http::Request& request, const Admission& a,
                                  Command* command);
FilledOrProblem FillRecordFollowUp(const http::Request& request, const Admission& a,
                                   Command* command);
FilledOrProblem FillPledge(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillDeliver(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillSetGoal(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillRecordGoal(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillHandOver(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillCertify(const http::Request& request, const Admission& a, Command* command);
FilledOrProblem FillReadBulletin(const http::Request& request, const Admission& a,
                                 Command* command);

}  // namespace lastmeter::gateway
