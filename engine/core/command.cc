// Reads a command, finds its case and hands it to its processor.
#include <string>

#include "engine/core/case_applier.h"
#include "engine/core/draft.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
namespace cd = lastmeter::command::v1;

// What may be done about a scheduled certification: record it, look in, remark, end it.
bool FitsSchedule(cd::Command::ActionCase action) {
  switch (action) {
    case cd::Command::kCertify:
    case cd::Command::kNote:
    case cd::Command::kClose:
    case cd::Command::kPlanWork:
    case cd::Command::kClaimWork:
    case cd::Command::kHandBackWork:
    case cd::Command::kStartWork:
    case cd::Command::kFinishWork:
    case cd::Command::kCancelWork:
      return true;
    default:
      return false;
  }
}

void Dispatch(Draft& draft, const CommandContext& context) {
  if (context.c->scheduled() && !FitsSchedule(context.command.action_case())) {
    return Reject(draft, context, ev::REJECTION_SCHEDULED,
                  "a scheduled certification is recorded, visited, noted or closed");
  }
  const auto action = context.command.action_case();
  if (context.c->bulletin() && action != cd::Command::kReadBulletin &&
      action != cd::Command::kNote && action != cd::Command::kClose) {
    return Reject(draft, context, ev::REJECTION_BULLETIN,
                  "a bulletin is made known, noted or closed");
  }
  if (context.c->incident() &&
      (action == cd::Command::kReassign || action == cd::Command::kMerge)) {
    return Reject(draft, context, ev::REJECTION_INCIDENT,
                  "an incident belongs to its village; close it, and declare it elsewhere");
  }
  switch (action) {
    case cd::Command::kAcknowledge:
      return DecideAcknowledge(draft, context);
    case cd::Command::kRaise:
      return DecideRaise(draft, context);
    case cd::Command::kHandDown:
      return DecideHandDown(draft, context);
    case cd::Command::kNote:
      return DecideNote(draft, context);
    case cd::Command::kVerify:
      return DecideVerify(draft, context);
    case cd::Command::kRelief:
      return DecideRelief(draft, context);
    case cd::Command::kPaperwork:
      return DecidePaperwork(draft, context);
    case cd::Command::kHold:
      return DecideHold(draft, context);
    case cd::Command::kResume:
      return DecideResume(draft, context);
    case cd::Command::kWithdraw:
      return DecideWithdraw(draft, context);
    case cd::Command::kCorrect:
      return DecideCorrect(draft, context);
    case cd::Command::kRemind:
      return DecideRemind(draft, context);
    case cd::Command::kExtend:
      return DecideExtend(draft, context);
    case cd::Command::kReassign:
      return DecideReassign(draft, context);
    case cd::Command::kAcceptMerge:
      return DecideAcceptMerge(draft, context);
    case cd::Command::kSettleMerge:
      return DecideSettleMerge(draft, context);
    case cd::Command::kMerge:
      return DecideMerge(draft, context);
    case cd::Command::kPlanWork:
      return DecidePlanWork(draft, context);
    case cd::Command::kClaimWork:
      return DecideClaimWork(draft, context);
    case cd::Command::kHandBackWork:
      return DecideHandBackWork(draft, context);
    case cd::Command::kStartWork:
      return DecideStartWork(draft, context);
    case cd::Command::kFinishWork:
      return DecideFinishWork(draft, context);
    case cd::Command::kCancelWork:
      return DecideCancelWork(draft, context);
    case cd::Command::kRefer:
      return DecideRefer(draft, context);
    case cd::Command::kAnswerReferral:
      return DecideAnswerReferral(draft, context);
    case cd::Command::kBeginFollowUp:
      return DecideBeginFollowUp(draft, context);
    case cd::Command::kRecordFollowUp:
      return DecideRecordFollowUp(draft, context);
    case cd::Command::kPledge:
      return DecidePledge(draft, context);
    case cd::Command::kDeliver:
      return DecideDeliver(draft, context);
    case cd::Command::kHandOver:
      return DecideHandOver(draft, context);
    case cd::Command::kCertify:
      return DecideCertify(draft, context);
    case cd::Command::kReadBulletin:
      return DecideReadBulletin(draft, context);
    case cd::Command::kScreenOut:
      return DecideScreenOut(draft, context);
    case cd::Command::kSetGoal:
      return DecideSetGoal(draft, context);
    case cd::Command::kRecordGoal:
      return DecideRecordGoal(draft, context);
    case cd::Command::kClose:
      return DecideClose(draft, context);
    case cd::Command::kReopen:
      return DecideReopen(draft, context);
    default:
      return Reject(draft, context, ev::REJECTION_UNREADABLE,
                    "the command names no action that this version knows");
  }
}

bool IsOfTurn(const cd::Command& command) {
  return command.has_claim_work() || command.has_hand_back_work() || command.has_start_work() ||
         command.has_finish_work();
}

}  // namespace

void Reject(Draft& draft, const CommandContext& context, ev::Rejection reason,
            std::string_view detail) {
  ev::Event& event = draft.AddEvent();
  if (context.c != nullptr) {
    event.set_case_number(context.number.ToString());
    event.set_area(context.c->area());
    event.set_restricted(context.c->restricted());
    event.set_drill(context.c->drill());
    event.set_cycle(context.c->cycle());
  }
  ev::CommandRejected* rejected = event.mutable_command_rejected();
  rejected->set_command_id(context.command.command_id());
  rejected->set_reason(reason);
  rejected->set_detail(std::string(detail));
  *rejected->mutable_by() = context.command.actor();
}

bool IsEmpty(const cm::PersonalText& text) {
  return text.form_case() == cm::PersonalText::FORM_NOT_SET ||
         (text.has_open() && text.open().empty()) || (text.has_sealed() && text.sealed().empty());
}

bool RejectIfClosed(Draft& draft, const CommandContext& context) {
  if (!context.c->closed()) return false;
  Reject(draft, context, ev::REJECTION_ALREADY_CLOSED, "the case is closed; reopen it first");
  return true;
}

bool RejectIfStale(Draft& draft, const CommandContext& context, uint32_t case_version) {
  if (case_version == context.c->version()) return false;
  Reject(draft, context, ev::REJECTION_STALE,
         "the case is at version " + std::to_string(context.c->version()) + "; read it again");
  return true;
}

bool RejectIfPapersOwed(Draft& draft, const CommandContext& context, std::string_view before) {
  const auto* paperwork = FindClock(*context.c, cm::PROMISE_PAPERWORK);
  if (paperwork == nullptr || paperwork->stopped()) return false;
  Reject(draft, context, ev::REJECTION_PAPERWORK_OWED,
         "relief was given first and its papers are owed; complete them before " +
             std::string(before));
  return true;
}

Timestamp AcceptedAt(const Draft& draft, const CommandContext& context) {
  const int64_t accepted = context.command.accepted_at_ms();
  return accepted > 0 ? Timestamp{accepted} : draft.now();
}

Timestamp DecideCommand(Draft& draft, const LogInput& input) {
  const PartitionState& state = draft.state();
  cd::Command& command = state.scratch().command;
  CommandContext context{command, {}};
  if (!command.ParseFromString(input.bytes)) {
    command.Clear();
    Reject(draft, context, ev::REJECTION_UNREADABLE, "the bytes are not a command");
    return input.appended_at;
  }
  const Timestamp accepted =
      command.accepted_at_ms() > 0 ? Timestamp{command.accepted_at_ms()} : input.appended_at;
  const std::string id = CommandInputId(command.command_id());
  if (id.empty()) {
    Reject(draft, context, ev::REJECTION_MISSING_FIELD, "a command needs an id of 1 to 128 bytes");
    return accepted;
  }
  if (auto first_seq = state.FindSeen(id)) {
    ev::InputRepeated* repeated = draft.AddEvent().mutable_input_repeated();
    repeated->set_input_id(command.command_id());
    repeated->set_first_seq(*first_seq);
    return accepted;
  }
  if (command.actor().id().empty()) {
    Reject(draft, context, ev::REJECTION_MISSING_FIELD, "a command needs an actor");
    return accepted;
  }
  if (command.has_install_rules()) {
    DecideInstallRules(draft, context);
    return accepted;
  }
  if (command.has_accept_clock()) {
    DecideAcceptClock(draft, context);
    return accepted;
  }
  const auto number = CaseNumber::Parse(command.case_number());
  lastmeter::state::v1::Case& c = state.scratch().decided;
  if (!number || !state.ReadCase(*number, &c)) {
    Reject(draft, context, ev::REJECTION_UNKNOWN_CASE, "no case has this number");
    return accepted;
  }
  context.number = *number;
  context.c = &c;
  // A hotline may take its own report back or put it right, and do nothing else to a case.
  const bool own_report = (command.has_withdraw() || command.has_correct()) &&
                          command.actor().role() == cm::ROLE_SENTINEL;
  // A volunteer takes turns of planned work, and has no part in what is restricted.
  const bool turn = IsOfTurn(command) && command.actor().role() == cm::ROLE_VOLUNTEER;
  if (command.actor().role() != cm::ROLE_STAFF && !own_report && !(turn && !c.restricted())) {
    Reject(draft, context, ev::REJECTION_NOT_ALLOWED, "only staff may act on a case");
    return accepted;
  }
  Dispatch(draft, context);
  return accepted;
}

}  // namespace lastmeter
