// Referrals to other departments (转介): ask, and record what they said.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/code.h"
#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"
#include "engine/core/referrals.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Case = lastmeter::state::v1::Case;
using Referral = lastmeter::state::v1::Referral;

constexpr int kMostReferrals = 8;
constexpr size_t kMostNumberBytes = 128;

// The case's clock is the new one's where nobody else has a limit, or a later one that has not
// passed and does not stand still.
bool ComesFirst(const Case& c, const ev::ClockStart& limit) {
  if (EarliestReferral(c) == nullptr) return true;
  const auto* clock = FindClock(c, cm::PROMISE_REFERRAL);
  return !clock->breached() && !IsPaused(*clock) && limit.due_ms() < clock->due_ms();
}

// The referral that the command names; null after a refusal.
const Referral* Named(Draft& draft, const CommandContext& context) {
  const Case& c = *context.c;
  const std::string& to = context.command.answer_referral().to();
  if (to.empty() && c.referrals_size() > 1) {
    Reject(draft, context, ev::REJECTION_AMBIGUOUS_REFERRAL,
           "several departments are asked; name the one that answered: " + NamesOfReferrals(c));
    return nullptr;
  }
  if (to.empty() && c.referrals_size() == 1) return &c.referrals(0);
  const Referral* referral = FindReferral(c, to);
  if (referral == nullptr) {
    Reject(draft, context, ev::REJECTION_NO_REFERRAL,
           to.empty() || c.referrals().empty()
               ? "no department is asked"
               : "that department is not asked; asked are " + NamesOfReferrals(c));
  }
  return referral;
}

// The limit of whoever comes next becomes the case's clock. Where it has passed as well, a broken
// promise goes on as broken as it is.
void GoOnWithNext(const Case& c, const Referral& answered, Timestamp now,
                  ev::ReferralAnswered* event) {
  if (EarliestReferral(c) != &answered) return;
  const Referral* next = EarliestReferral(c, answered.to());
  if (next == nullptr) return;
  const auto& own = next->clock();
  const auto* clock = FindClock(c, cm::PROMISE_REFERRAL);
  if (clock->breached() && own.due_ms() <= now.ms) return;
  event->set_next(next->to());
  *event->mutable_clock() = OwnLimit(own);
  // What stands still comes near once it runs again.
  if (IsPaused(own)) return;
  event->mutable_clock()->set_near_due_ms(
      std::min(std::max(own.near_due_ms(), now.ms), own.due_ms()));
}

}  // namespace

bool RejectIfReferralOpen(Draft& draft, const CommandContext& context, std::string_view before) {
  const int open = context.c->referrals_size();
  if (open == 0) return false;
  Reject(draft, context, ev::REJECTION_REFERRAL_OPEN,
         NamesOfReferrals(*context.c) +
             (open == 1 ? " has not answered; record the answer, or that it is withdrawn, before "
                        : " have not answered; record each answer, or that it is withdrawn, "
                          "before ") +
             std::string(before));
  return true;
}

void DecideRefer(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& refer = context.command.refer();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayClose()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only whoever holds the case, or a higher tier over its area, may refer it");
  }
  if (!IsCode(refer.to())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a referral needs the code of a department: lower-case letters, digits, hyphens");
  }
  if (IsEmpty(refer.reason())) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD, "a referral needs a reason");
  }
  if (c.handler_id().empty()) {
    return Reject(draft, context, ev::REJECTION_NOT_ACKNOWLEDGED,
                  "nobody has acknowledged the case; acknowledge it first");
  }
  if (RejectIfFollowedUp(draft, context)) return;
  if (FindReferral(c, refer.to()) != nullptr) {
    return Reject(draft, context, ev::REJECTION_REFERRAL_OPEN,
                  refer.to() + " is asked already and has not answered");
  }
  if (c.referrals_size() >= kMostReferrals) {
    return Reject(draft, context, ev::REJECTION_TOO_MANY,
                  std::to_string(kMostReferrals) + " departments are asked already");
  }
  ev::Event event;
  ev::CaseReferred* referred = event.mutable_case_referred();
  *referred->mutable_by() = context.command.actor();
  referred->set_to(refer.to());
  const LadderPlanner planner(draft.state(), context.number, c, draft.now());
  if (auto limit = planner.StartClock(cm::PROMISE_REFERRAL, StartOf(draft, context))) {
    *(ComesFirst(c, *limit) ? referred->mutable_clock() : referred->mutable_limit()) =
        *std::move(limit);
  }
  *referred->mutable_reason() = refer.reason();
  draft.AddCaseEvent(context.number, c, std::move(event));
}

void DecideAnswerReferral(Draft& draft, const CommandContext& context) {
  Case& c = *context.c;
  const auto& answer = context.command.answer_referral();
  if (RejectIfClosed(draft, context)) return;
  if (!Authority(draft.state(), c, context.command.actor().id()).MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only people told of the case, or a higher tier over its area, may record what a "
                  "department answered");
  }
  if (!cm::ReferralAnswer_IsValid(answer.answer()) ||
      answer.answer() == cm::REFERRAL_ANSWER_UNSPECIFIED ||
      answer.their_number().size() > kMostNumberBytes) {
    return Reject(draft, context, ev::REJECTION_MISSING_FIELD,
                  "a referral is accepted, rejected or withdrawn; a number has at most 128 bytes");
  }
  const Referral* referral = Named(draft, context);
  if (referral == nullptr) return;
  const Timestamp accepted = AcceptedAt(draft, context);
  const auto& own = referral->clock();
  ev::Event event;
  ev::ReferralAnswered* answered = event.mutable_referral_answered();
  *answered->mutable_by() = context.command.actor();
  answered->set_to(referral->to());
  answered->set_answer(answer.answer());
  answered->set_their_number(answer.their_number());
  if (answer.has_text()) *answered->mutable_text() = answer.text();
  answered->set_accepted_at_ms(accepted.ms);
  answered->set_late(own.due_ms() != 0 && !IsPaused(own) && accepted.ms > own.due_ms());
  GoOnWithNext(c, *referral, draft.now(), answered);
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
