// What operators command: rules and clocks.
#include <string>

#include "engine/core/draft.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

// So many faults are named in one refusal.
constexpr size_t kMostProblems = 20;

bool IsOperator(Draft& draft, const CommandContext& context) {
  if (context.command.actor().role() == cm::ROLE_OPERATOR) return true;
  Reject(draft, context, ev::REJECTION_NOT_ALLOWED, "only an operator may do this");
  return false;
}

}  // namespace

void DecideInstallRules(Draft& draft, const CommandContext& context) {
  if (!IsOperator(draft, context)) return;
  const auto& install = context.command.install_rules();
  const auto problems = ValidateRules(install.rules());
  if (!problems.empty()) {
    std::string detail;
    for (size_t i = 0; i < problems.size() && i < kMostProblems; ++i) {
      if (i > 0) detail += "\n";
      detail += problems[i].path + ": " + problems[i].reason;
    }
    if (problems.size() > kMostProblems) {
      detail += "\nand " + std::to_string(problems.size() - kMostProblems) + " more";
    }
    return Reject(draft, context, ev::REJECTION_INVALID_RULES, detail);
  }
  ev::RulesInstalled* installed = draft.AddEvent().mutable_rules_installed();
  installed->set_version(install.rules().version());
  installed->set_rules_sha256(install.rules_sha256());
  installed->set_ordinal(draft.state().meta().rules_ordinal() + 1);
  installed->set_by(context.command.actor().id());
}

void DecideAcceptClock(Draft& draft, const CommandContext& context) {
  if (!IsOperator(draft, context)) return;
  ev::ClockAccepted* accepted = draft.AddEvent().mutable_clock_accepted();
  accepted->set_wall_ms(context.command.accept_clock().wall_ms());
  accepted->set_by(context.command.actor().id());
}

}  // namespace lastmeter
