#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "services/common/http.h"

// From a caller's words to the message that goes into the input log. Everything that the log must
// be able to trust is decided here: who acts comes from the token and never from the body.
namespace lastmeter::gateway {

template <typename T>
using OrProblem = std::variant<T, http::Response>;

// What holds for one request beside its own words.
struct Admission {
  // The input's id: the caller's key, or one made for it.
  std::string id;
  Timestamp now;
  // Personal details and free texts may be stored as they came.
  bool allow_unsealed = false;
};

// The division code that routes a report for life: an area's first 12 digits, padded with zeros.
std::string RoutingCode(std::string_view area);

OrProblem<lastmeter::report::v1::HardshipReport> MakeReport(const http::Request& request,
                                                            const Admission& admission);

// What a report of its kind cannot do without. A kind that nobody knows is never refused: the
// engine opens it as urgent.
std::optional<http::Response> CheckAgainstKind(const lastmeter::report::v1::HardshipReport& report,
                                               const lastmeter::rules::v1::Kind& kind);

enum class CaseAction {
  kAcknowledge,
  kRaise,
  kHandDown,
  kNote,
  kVerify,
  kRelief,
  kPaperwork,
  kHold,
  kResume,
  kWithdraw,
  kCorrect,
  kRemind,
  kExtend,
  kReassign,
  kMerge,
  kScreenOut,
  kPlanWork,
  kClaimWork,
  kHandBackWork,
  kStartWork,
  kFinishWork,
  kCancelWork,
  kRefer,
  kAnswerReferral,
  kBeginFollowUp,
  kRecordFollowUp,
  kPledge,
  kDeliver,
  kHandOver,
  kSetGoal,
  kRecordGoal,
  kCertify,
  kReadBulletin,
  kClose,
  kReopen
};

// In the order of a case's life.
std::vector<CaseAction> AllCaseActions();

// The word in the path: "handDown".
std::string_view ActionWord(CaseAction action);

OrProblem<lastmeter::command::v1::Command> MakeCaseCommand(CaseAction action,
                                                           std::string_view case_number,
                                                           const http::Request& request,
                                                           const Admission& admission);

OrProblem<lastmeter::command::v1::Command> MakeInstallRules(const http::Request& request,
                                                            const Admission& admission);

OrProblem<lastmeter::command::v1::Command> MakeAcceptClock(const http::Request& request,
                                                           const Admission& admission);

}  // namespace lastmeter::gateway
