#include "services/gateway/turns_only.h"

namespace lastmeter::gateway {
namespace {

using lastmeter::command::v1::Command;

template <typename Action>
TurnName NameOf(const Action& action) {
  return {action.work_id(), action.turn()};
}

TurnName TurnOf(const Command& command) {
  switch (command.action_case()) {
    case Command::kClaimWork:
      return NameOf(command.claim_work());
    case Command::kHandBackWork:
      return NameOf(command.hand_back_work());
    case Command::kStartWork:
      return NameOf(command.start_work());
    case Command::kFinishWork:
      return NameOf(command.finish_work());
    default:
      return {};
  }
}

}  // namespace

bool IsOfTurn(CaseAction action) {
  return action == CaseAction::kClaimWork || action == CaseAction::kHandBackWork ||
         action == CaseAction::kStartWork || action == CaseAction::kFinishWork;
}

http::Response OnlyTurns() {
  return http::Problem(403, "role-not-allowed",
                       "a volunteer claims, hands back, starts and finishes turns of planned work, "
                       "and does nothing else to a case");
}

std::optional<http::Response> CheckTurn(const Caller& caller, const Command& command,
                                        PartitionId partition, const Outcomes& outcomes) {
  const auto known = outcomes.FindInput({false, partition, command.command_id()});
  if (known && known->actor == caller.id) return std::nullopt;
  if (outcomes.ShowsTurn(caller, command.case_number(), TurnOf(command))) return std::nullopt;
  return http::Problem(404, "unknown-turn",
                       "you have no such turn, and none like it is open in your area; GET "
                       "/v1/turns lists them");
}

}  // namespace lastmeter::gateway
