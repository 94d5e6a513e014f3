// Commands about a case.
#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/gateway/body.h"
#include "services/gateway/fields.h"
#include "services/gateway/translate.h"
#include "services/gateway/translate_work.h"

namespace lastmeter::gateway {
namespace {

namespace api = lastmeter::api::v1;
// Longer than any limit that rules may have.
constexpr uint32_t kMostAmount = 10'000'000;

// Each of these reads its body and fills the command's action.
using Filler = std::optional<http::Response> (*)(const http::Request&, const Admission&, Command*);

std::optional<http::Response> FillAcknowledge(const http::Request& request, const Admission&,
                                              Command* command) {
  api::AcknowledgeRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (!IsVisibleAscii(body.notice_id(), 128)) {
    return WrongField("noticeId", "is not the id of a notice");
  }
  command->mutable_acknowledge()->set_notice_id(body.notice_id());
  command->mutable_acknowledge()->set_cycle(body.cycle());
  return std::nullopt;
}

std::optional<http::Response> FillRaise(const http::Request& request, const Admission& admission,
                                        Command* command) {
  api::RaiseRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* raise = command->mutable_raise();
  const bool tier = body.to_tier() != lastmeter::common::v1::TIER_UNSPECIFIED;
  const bool level = body.to_level() != lastmeter::common::v1::LEVEL_UNSPECIFIED;
  if (!tier && !level) return MissingField("toTier");
  if (tier && level) return WrongField("toLevel", "cannot be raised together with the tier");
  raise->set_to_tier(body.to_tier());
  raise->set_to_level(body.to_level());
  return TakeText("reason", body.reason(), true, admission, raise->mutable_reason());
}

std::optional<http::Response> FillHandDown(const http::Request& request, const Admission& admission,
                                           Command* command) {
  api::HandDownRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* hand_down = command->mutable_hand_down();
  if (body.to_tier() == lastmeter::common::v1::TIER_UNSPECIFIED) return MissingField("toTier");
  if (body.case_version() == 0) return MissingField("caseVersion");
  hand_down->set_to_tier(body.to_tier());
  hand_down->set_case_version(body.case_version());
  return TakeText("reason", body.reason(), true, admission, hand_down->mutable_reason());
}

std::optional<http::Response> FillNote(const http::Request& request, const Admission& admission,
                                       Command* command) {
  api::NoteRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  return TakeText("text", body.text(), true, admission, command->mutable_note()->mutable_text());
}

std::optional<http::Response> FillVerify(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::VerifyRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.finding() == lastmeter::common::v1::FINDING_UNSPECIFIED) return MissingField("finding");
  command->mutable_verify()->set_finding(body.finding());
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, command->mutable_verify()->mutable_text());
}

std::optional<http::Response> FillPaperwork(const http::Request& request,
                                            const Admission& admission, Command* command) {
  api::PaperworkRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* paperwork = command->mutable_paperwork();
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, paperwork->mutable_text());
}

std::optional<http::Response> FillHold(const http::Request& request, const Admission& admission,
                                       Command* command) {
  api::HoldRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.reason() == lastmeter::common::v1::HOLD_REASON_UNSPECIFIED) {
    return MissingField("reason");
  }
  if (!body.has_until()) return MissingField("until");
  const auto until = ReadTime(body.until());
  if (!until) return WrongField("until", "is neither RFC 3339 nor Unix milliseconds");
  auto* hold = command->mutable_hold();
  hold->set_reason(body.reason());
  hold->set_until_ms(until->ms);
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, hold->mutable_text());
}

std::optional<http::Response> FillResume(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::ResumeRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* resume = command->mutable_resume();
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, resume->mutable_text());
}

std::optional<http::Response> FillWithdraw(const http::Request& request, const Admission& admission,
                                           Command* command) {
  api::WithdrawRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  return TakeText("reason", body.reason(), true, admission,
                  command->mutable_withdraw()->mutable_reason());
}

std::optional<http::Response> FillCorrect(const http::Request& request, const Admission& admission,
                                          Command* command) {
  api::CorrectRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.kind().empty() && body.area().empty() && body.household_ref().empty()) {
    return MissingField("kind");
  }
  if (!body.area().empty() && !IsAreaCode(body.area())) {
    return WrongField("area", "is not a division code of 6, 9, 12, 14 or 15 digits");
  }
  if (body.household_ref().size() > 128) return WrongField("householdRef", "is over 128 bytes");
  auto* correct = command->mutable_correct();
  correct->set_kind(body.kind());
  correct->set_area(body.area());
  correct->set_household_ref(body.household_ref());
  return TakeText("reason", body.reason(), true, admission, correct->mutable_reason());
}

std::optional<http::Response> FillRemind(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::RemindRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  auto* remind = command->mutable_remind();
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, remind->mutable_text());
}

std::optional<http::Response> FillExtend(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::ExtendRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.promise() == lastmeter::common::v1::PROMISE_UNSPECIFIED) return MissingField("promise");
  if (body.by().unit() == lastmeter::rules::v1::DURATION_UNIT_UNSPECIFIED) {
    return MissingField("by");
  }
  if (body.by().amount() == 0 || body.by().amount() > kMostAmount) {
    return WrongField("by", absl::StrCat("has an amount of 1 to ", kMostAmount));
  }
  auto* extend = command->mutable_extend();
  extend->set_promise(body.promise());
  *extend->mutable_by() = body.by();
  return TakeText("reason", body.reason(), true, admission, extend->mutable_reason());
}

std::optional<http::Response> FillReassign(const http::Request& request, const Admission& admission,
                                           Command* command) {
  api::ReassignRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.area().empty()) return MissingField("area");
  if (!IsAreaCode(body.area())) {
    return WrongField("area", "is not a division code of 6, 9, 12, 14 or 15 digits");
  }
  if (body.case_version() == 0) return MissingField("caseVersion");
  auto* reassign = command->mutable_reassign();
  reassign->set_area(body.area());
  reassign->set_case_version(body.case_version());
  return TakeText("reason", body.reason(), true, admission, reassign->mutable_reason());
}

std::optional<http::Response> FillMerge(const http::Request& request, const Admission& admission,
                                        Command* command) {
  api::MergeRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.into().empty()) return MissingField("into");
  if (!CaseNumber::Parse(body.into())) return WrongField("into", "is not a case number");
  if (body.case_version() == 0) return MissingField("caseVersion");
  auto* merge = command->mutable_merge();
  merge->set_into(body.into());
  merge->set_case_version(body.case_version());
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, merge->mutable_text());
}

std::optional<http::Response> FillScreenOut(const http::Request& request,
                                            const Admission& admission, Command* command) {
  api::ScreenOutRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.category() == lastmeter::common::v1::NOT_A_LEAD_UNSPECIFIED) {
    return MissingField("category");
  }
  if (body.case_version() == 0) return MissingField("caseVersion");
  auto* screen = command->mutable_screen_out();
  screen->set_category(body.category());
  screen->set_case_version(body.case_version());
  return TakeText("reason", body.reason(), true, admission, screen->mutable_reason());
}

std::optional<http::Response> FillRelief(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::ReliefRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.kinds().empty()) return MissingField("kinds");
  if (body.kinds_size() > 32) return WrongField("kinds", "names more than 32 kinds");
  auto* relief = command->mutable_relief();
  for (int kind : body.kinds()) {
    relief->add_kinds(
        lastmeter::report::v1::Need_Name(static_cast<lastmeter::report::v1::Need>(kind)));
  }
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, relief->mutable_text());
}

std::optional<http::Response> FillClose(const http::Request& request, const Admission& admission,
                                        Command* command) {
  api::CloseRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  if (body.outcome() == lastmeter::common::v1::OUTCOME_UNSPECIFIED) return MissingField("outcome");
  if (body.case_version() == 0) return MissingField("caseVersion");
  auto* close = command->mutable_close();
  close->set_outcome(body.outcome());
  close->set_case_version(body.case_version());
  if (body.text().empty()) return std::nullopt;
  return TakeText("text", body.text(), false, admission, close->mutable_text());
}

std::optional<http::Response> FillReopen(const http::Request& request, const Admission& admission,
                                         Command* command) {
  api::ReopenRequest body;
  if (auto problem = ReadBody(request, &body)) return problem;
  return TakeText("reason", body.reason(), true, admission,
                  command->mutable_reopen()->mutable_reason());
}

struct Entry {
  CaseAction action;
  std::string_view word;
  Filler fill;
};

constexpr Entry kEntries[] = {
    {CaseAction::kAcknowledge, "acknowledge", FillAcknowledge},
    {CaseAction::kRaise, "raise", FillRaise},
    {CaseAction::kHandDown, "handDown", FillHandDown},
    {CaseAction::kNote, "note", FillNote},
    {CaseAction::kVerify, "verify", FillVerify},
    {CaseAction::kRelief, "relief", FillRelief},
    {CaseAction::kPaperwork, "paperwork", FillPaperwork},
    {CaseAction::kHold, "hold", FillHold},
    {CaseAction::kResume, "resume", FillResume},
    {CaseAction::kWithdraw, "withdraw", FillWithdraw},
    {CaseAction::kCorrect, "correct", FillCorrect},
    {CaseAction::kRemind, "remind", FillRemind},
    {CaseAction::kExtend, "extend", FillExtend},
    {CaseAction::kReassign, "reassign", FillReassign},
    {CaseAction::kMerge, "merge", FillMerge},
    {CaseAction::kScreenOut, "screenOut", FillScreenOut},
    {CaseAction::kPlanWork, "planWork", FillPlanWork},
    {CaseAction::kClaimWork, "claimWork", FillClaimWork},
    {CaseAction::kHandBackWork, "handBackWork", FillHandBack},
    {CaseAction::kStartWork, "startWork", FillStartWork},
    {CaseAction::kFinishWork, "finishWork", FillFinishWork},
    {CaseAction::kCancelWork, "cancelWork", FillCancelWork},
    {CaseAction::kRefer, "refer", FillRefer},
    {CaseAction::kAnswerReferral, "answerReferral", FillAnswerReferral},
    {CaseAction::kBeginFollowUp, "beginFollowUp", FillBeginFollowUp},
    {CaseAction::kRecordFollowUp, "recordFollowUp", FillRecordFollowUp},
    {CaseAction::kPledge, "pledge", FillPledge},
    {CaseAction::kDeliver, "deliver", FillDeliver},
    {CaseAction::kHandOver, "handOver", FillHandOver},
    {CaseAction::kSetGoal, "setGoal", FillSetGoal},
    {CaseAction::kRecordGoal, "recordGoal", FillRecordGoal},
    {CaseAction::kReadBulletin, "readBulletin", FillReadBulletin},
    {CaseAction::kCertify, "certify", FillCertify},
    {CaseAction::kClose, "close", FillClose},
    {CaseAction::kReopen, "reopen", FillReopen},
};

const Entry& EntryOf(CaseAction action) {
  return *std::find_if(std::begin(kEntries), std::end(kEntries),
                       [&](const Entry& entry) { return entry.action == action; });
}

}  // namespace

std::vector<CaseAction> AllCaseActions() {
  std::vector<CaseAction> actions;
  for (const Entry& entry : kEntries) actions.push_back(entry.action);
  return actions;
}

std::string_view ActionWord(CaseAction action) { return EntryOf(action).word; }

OrProblem<Command> MakeCaseCommand(CaseAction action, std::string_view case_number,
                                   const http::Request& request, const Admission& admission) {
  Command command = NewCommand(request, admission);
  command.set_case_number(std::string(case_number));
  if (auto problem = EntryOf(action).fill(request, admission, &command)) return *std::move(problem);
  return command;
}

}  // namespace lastmeter::gateway
