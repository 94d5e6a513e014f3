// A flood of the village, and a household that joins it.
#include "tests/check/story.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

namespace {

int64_t M(int64_t minute) { return LogBuilder::Minute(minute); }

}  // namespace

void Story::TellIncident() {
  auto report = MakeReport("r18", "");
  report.set_kind("flood");
  report.set_reporter_tier(cm::TIER_TOWN);
  Event event = Opened(kTenth, report, 493);
  auto* opened_case = event.mutable_case_opened();
  opened_case->set_reporter_tier(cm::TIER_TOWN);
  opened_case->set_incident(true);
  Fill(opened_case->mutable_turn(), cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_VILLAGE, 493, 553);
  Tell(opened_case->mutable_turn()->mutable_notices(), kTenth, 1, cm::TIER_VILLAGE);
  incident = log.Report(493, report, {event});

  report = MakeReport("r19", "h10");
  report.set_kind("house-flooded");
  event = Opened(kEleventh, report, 493);
  event.set_incident(kTenth);
  opened_case = event.mutable_case_opened();
  opened_case->set_joins(kTenth);
  Tell(opened_case->mutable_authorities(), kEleventh, 1, cm::TIER_VILLAGE);
  opened_case->mutable_authorities(0)->set_purpose(ev::PURPOSE_JOINED);
  opened_case->mutable_authorities(0)->set_in_digest(true);
  joined = log.Report(493, report, {event});

  event = CaseEvent(kTenth);
  auto* told = event.mutable_incident_digest();
  told->set_was_due_ms(M(494));
  told->set_joined(1);
  Tell(told->mutable_notices(), kTenth, 2, cm::TIER_VILLAGE);
  told->mutable_notices(0)->set_purpose(ev::PURPOSE_DIGEST);
  told->mutable_notices(0)->set_stands_for(1);
  digest = log.Timer(494, kTenth, 494, {event});
}

}  // namespace lastmeter
