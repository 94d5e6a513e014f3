// People who are certified to be alive every so many months.
#include "engine/core/certify_case.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/core/authority.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/ladder.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

constexpr uint32_t kRemindDays = 60;
constexpr Millis kRemindEvery = Days(20);
constexpr Millis kLeastTime = Days(7);

}  // namespace

Date AddMonths(Date date, uint32_t months) {
  const uint32_t month0 = date / 100 % 100 - 1 + months;
  const Date month = (date / 10'000 + month0 / 12) * 10'000 + (month0 % 12 + 1) * 100;
  Date day = date % 100;
  while (!IsValidDate(month + day)) --day;
  return month + day;
}

ev::ClockStart NextCertification(const rules::v1::Kind& kind, Timestamp last, Timestamp now) {
  const Date date = AddMonths(DateOf(last), kind.certify_every_months());
  const Timestamp due = std::max(StartOf(date) + Days(1), now + kLeastTime);
  const uint32_t days = kind.remind_days() == 0 ? kRemindDays : kind.remind_days();
  ev::ClockStart clock;
  clock.set_promise(cm::PROMISE_CERTIFICATION);
  clock.set_started_at_ms(last.ms);
  clock.set_near_due_ms(std::max(due - Days(days), now).ms);
  clock.set_due_ms(due.ms);
  return clock;
}

int64_t NextCertificationReminder(Timestamp now, int64_t due_ms) {
  const Timestamp next = now + kRemindEvery;
  return next.ms < due_ms ? next.ms : 0;
}

void DecideCertify(Draft& draft, const CommandContext& context) {
  auto& c = *context.c;
  const auto& certify = context.command.certify();
  if (RejectIfClosed(draft, context)) return;
  const Authority authority(draft.state(), c, context.command.actor().id());
  if (authority.tier() == cm::TIER_UNSPECIFIED && !authority.MayWorkOn()) {
    return Reject(draft, context, ev::REJECTION_NOT_ALLOWED,
                  "only staff over its area may record a certification");
  }
  const auto* kind = PolicyOf(draft.state(), c).FindKind(c.kind());
  const auto* clock = FindClock(c, cm::PROMISE_CERTIFICATION);
  if (!c.scheduled() || kind == nullptr || clock == nullptr) {
    return Reject(draft, context, ev::REJECTION_NOT_SCHEDULED,
                  "the case is no scheduled certification");
  }
  const int64_t at = certify.certified_at_ms() == 0
                         ? std::min(AcceptedAt(draft, context), draft.now()).ms
                         : certify.certified_at_ms();
  if (at > draft.now().ms || at < clock->started_at_ms()) {
    return Reject(draft, context, ev::REJECTION_WRONG_TIME,
                  "a certification is not later than now and not before the last one");
  }
  ev::Event event;
  ev::CaseCertified* certified = event.mutable_case_certified();
  *certified->mutable_by() = context.command.actor();
  certified->set_certified_at_ms(at);
  certified->set_assisted(certify.assisted());
  *certified->mutable_clock() = NextCertification(*kind, {at}, draft.now());
  if (certify.has_text()) *certified->mutable_text() = certify.text();
  certified->set_accepted_at_ms(AcceptedAt(draft, context).ms);
  certified->set_late(clock->breached());
  draft.AddCaseEvent(context.number, c, std::move(event));
}

}  // namespace lastmeter
