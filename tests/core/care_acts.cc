// What people do in CareLife, each with what the model says of it.
#include <algorithm>

#include "tests/core/care_life.h"
#include "tests/core/rig_people.h"

namespace lastmeter {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

void CareLife::Acknowledge() {
  const std::string who = Worker();
  Command command;
  command.mutable_acknowledge();
  const bool may = model_.open && model_.handler.empty();
  if (Taken(Ask(who, command), ev::Event::kCaseAcknowledged, may, "acknowledge")) {
    model_.handler = who;
    model_.taken_on = true;
  }
}

void CareLife::Verify() {
  Command command;
  command.mutable_verify()->set_finding(cm::FINDING_AS_REPORTED);
  const bool may = model_.open && !model_.verified && !model_.followed_up();
  if (Taken(Ask(Worker(), command), ev::Event::kCaseVerified, may, "verify")) {
    model_.verified = true;
  }
}

void CareLife::Relieve() {
  Command command;
  command.mutable_relief()->add_kinds("NEED_CASH");
  const bool may = model_.open && !model_.relieved && !model_.followed_up();
  if (!Taken(Ask(Worker(), command), ev::Event::kReliefRecorded, may, "relieve")) return;
  model_.relieved = true;
  // Relief came first: its papers are owed, where the level gives time for them.
  model_.papers_owed = !model_.verified && RigLimitMs(model_.level, cm::PROMISE_PAPERWORK) != 0;
}

void CareLife::CompletePapers() {
  Command command;
  command.mutable_paperwork();
  const bool may = model_.open && model_.papers_owed;
  if (Taken(Ask(Worker(), command), ev::Event::kPaperworkCompleted, may, "papers")) {
    model_.papers_owed = false;
  }
}

void CareLife::Hold() {
  const std::string who = Decider();
  const cm::HoldReason reasons[] = {cm::HOLD_REASON_OTHERS, cm::HOLD_REASON_IN_HOSPITAL,
                                    cm::HOLD_REASON_DOCUMENTS};
  Command command;
  auto* hold = command.mutable_hold();
  hold->set_reason(random_.OneOf(reasons));
  // Mostly one for which a promise stands still.
  if (model_.referral.runs && random_.Percent(70)) hold->set_reason(cm::HOLD_REASON_OTHERS);
  if (model_.follow_up.runs && random_.Percent(70)) hold->set_reason(cm::HOLD_REASON_IN_HOSPITAL);
  hold->set_until_ms((rig_.now() + Minutes(random_.Between(1, 6000))).ms);
  if (random_.Percent(10)) hold->set_until_ms(rig_.now().ms + random_.Between(-1, 1));
  if (random_.Percent(5)) hold->set_until_ms((rig_.now() + Days(30)).ms + random_.Between(0, 1));
  const int64_t length = hold->until_ms() - rig_.now().ms;
  const bool may = model_.open && rig::Decides(who, model_.handler) && model_.hold_until_ms == 0 &&
                   length > 0 && length <= Days(30).ms;
  if (!Taken(Ask(who, command), ev::Event::kCaseHeld, may, "hold")) return;
  model_.Hold(hold->reason(), hold->until_ms(), rig_.now().ms);
  if (model_.referral.stands_since_ms != 0) ++tried_["referral stands still"];
  if (model_.follow_up.stands_since_ms != 0) ++tried_["follow-up stands still"];
}

void CareLife::Resume() {
  Command command;
  command.mutable_resume();
  const bool may = model_.open && model_.hold_until_ms != 0;
  if (Taken(Ask(Worker(), command), ev::Event::kHoldEnded, may, "resume")) {
    model_.EndHold(rig_.now().ms);
  }
}

void CareLife::HandDown() {
  Command command;
  auto* down = command.mutable_hand_down();
  down->set_to_tier(cm::TIER_GRID);
  down->set_case_version(rig_.CaseOf(number_).version());
  down->mutable_reason()->set_open("yours");
  if (Taken(Ask("tan-dan", command), ev::Event::kCaseHandedDown, model_.open, "hand down")) {
    model_.handler.clear();
    handed_down_ = true;
  }
}

void CareLife::HandOver() {
  const std::string who = Decider();
  const std::string to = random_.Percent(90) ? Worker() : Decider();
  if (to == "village-head" || to == "group-leader-1" || to == "district-desk") return;
  Command command;
  command.mutable_hand_over()->set_to(to);
  command.mutable_hand_over()->mutable_reason()->set_open("leave");
  const bool may = model_.open && rig::Decides(who, model_.handler) && to != model_.handler &&
                   rig::PersonOf(to).rank > 0;
  if (Taken(Ask(who, command), ev::Event::kCaseHandedOver, may, "hand over")) {
    model_.handler = to;
  }
}

void CareLife::Raise() {
  const auto to = static_cast<cm::Level>(random_.Between(1, 4));
  Command command;
  command.mutable_raise()->set_to_level(to);
  command.mutable_raise()->mutable_reason()->set_open("worse");
  const bool may = model_.open && to < model_.level && !model_.followed_up();
  if (Taken(Ask(Worker(), command), ev::Event::kLevelRaised, may, "raise")) model_.level = to;
  if (model_.open && model_.followed_up()) ++tried_["raise while followed up refused"];
}

// A report is taken back while nobody has done anything.
void CareLife::Withdraw() {
  Command command;
  command.mutable_withdraw()->mutable_reason()->set_open("mistake");
  const auto events = Ask("hotline", command);
  const bool soon = model_.open && !model_.taken_on && model_.cycle == 1 && !reported_again_ &&
                    !handed_down_ && accepted_ms_ - reported_ms_ <= Minutes(10).ms;
  if (soon && !model_.works.empty()) ++tried_["withdraw while work is planned refused"];
  const bool may = soon && !model_.verified && !model_.relieved && model_.works_planned == 0 &&
                   model_.resources.empty();
  if (!Taken(events, ev::Event::kCaseWithdrawn, may, "withdraw")) return;
  model_.End(rig_.now().ms);
}

void CareLife::Merge() {
  if (model_.handler.empty()) return;
  const std::string who = Decider();
  Command command;
  command.mutable_merge()->set_into(twin_);
  command.mutable_merge()->set_case_version(AnyVersion());
  const bool may = model_.open && rig::Decides(who, model_.handler) && model_.MayEnd() &&
                   command.merge().case_version() == rig_.CaseOf(number_).version();
  if (Taken(Ask(who, command), ev::Event::kCaseMerged, may, "merge")) model_.End(rig_.now().ms);
}

void CareLife::Close() {
  const std::string who = Decider();
  Command command;
  command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
  command.mutable_close()->set_case_version(AnyVersion());
  const bool may = model_.open && rig::Decides(who, model_.handler) && model_.MayEnd() &&
                   command.close().case_version() == rig_.CaseOf(number_).version();
  if (model_.open && !model_.works.empty()) ++tried_["close while work is planned"];
  if (Taken(Ask(who, command), ev::Event::kCaseClosed, may, "close")) model_.End(rig_.now().ms);
}

void CareLife::Reopen() {
  const std::string who = random_.OneOf(rig::kPeople).id;
  Command command;
  command.mutable_reopen()->mutable_reason()->set_open("again");
  const bool may = model_.MayReopen(who, rig_.now().ms);
  const auto events = Ask(who, command);
  if (!Taken(events, ev::Event::kCaseReopened, may, "reopen")) return;
  ExpectEvents(events, ev::Event::kCaseReopened, 1, "reopen");
  model_.BeginCycle();
}

void CareLife::ReportAgain() {
  if (!model_.open) return;
  report::v1::HardshipReport report;
  struct Kind {
    const char* code;
    cm::Level level;
  };
  const Kind kinds[] = {{"elder-alone", cm::LEVEL_CRITICAL}, {"job-loss", cm::LEVEL_ORDINARY}};
  const Kind& kind = random_.OneOf(kinds);
  report.set_kind(kind.code);
  report.set_area("430112001001001");
  report.set_household_ref("H1");
  report.mutable_reporter()->set_id("neighbour");
  report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
  const auto events = rig_.Report(report);
  Taken(events, ev::Event::kReportAttached, true, "report again");
  reported_again_ = true;
  const bool held = model_.hold_until_ms != 0;
  if (model_.followed_up()) {
    ExpectNewCycle(events, "new cycle by a report");
  } else {
    ExpectEvents(events, ev::Event::kCaseReopened, 0, "report again");
    ExpectEvents(events, ev::Event::kHoldEnded, held, "report again");
    if (held) model_.EndHold(rig_.now().ms);
  }
  model_.level = std::min(model_.level, kind.level);
}

void CareLife::Refer() {
  const std::string who = Decider();
  Command command;
  command.mutable_refer()->set_to(random_.Percent(95) ? "health-bureau" : "Health");
  command.mutable_refer()->mutable_reason()->set_open("operation");
  const bool may = model_.open && rig::Decides(who, model_.handler) && !model_.followed_up() &&
                   !model_.referred && command.refer().to() == "health-bureau";
  if (Taken(Ask(who, command), ev::Event::kCaseReferred, may, "refer")) model_.Refer(StartMs());
}

void CareLife::AnswerReferral() {
  const std::string who = random_.Percent(90) ? Worker() : "stranger";
  Command command;
  command.mutable_answer_referral()->set_answer(
      static_cast<cm::ReferralAnswer>(random_.Between(0, 3)));
  const bool may = model_.open && who != "stranger" && model_.referred &&
                   command.answer_referral().answer() != cm::REFERRAL_ANSWER_UNSPECIFIED;
  if (!Taken(Ask(who, command), ev::Event::kReferralAnswered, may, "answer referral")) return;
  if (model_.referral.broken) ++tried_["answer after the limit"];
  model_.AnswerReferral();
}

void CareLife::BeginFollowUp() {
  const std::string who = Decider();
  const int64_t kVisits[] = {0, 24, 25};
  const auto visits =
      static_cast<uint32_t>(random_.Percent(10) ? random_.OneOf(kVisits) : random_.Between(1, 4));
  Command command;
  auto* begin = command.mutable_begin_follow_up();
  begin->set_outcome(random_.Percent(95) ? cm::OUTCOME_NEED_MET : cm::OUTCOME_MERGED);
  begin->set_visits(visits);
  begin->set_case_version(AnyVersion());
  const bool may = model_.MayFollowUp(visits) && rig::Decides(who, model_.handler) &&
                   begin->outcome() == cm::OUTCOME_NEED_MET &&
                   begin->case_version() == rig_.CaseOf(number_).version();
  if (Taken(Ask(who, command), ev::Event::kFollowUpBegun, may, "begin follow-up")) {
    model_.BeginFollowUp(visits, StartMs());
  }
}

void CareLife::RecordFollowUp() {
  const std::string who = random_.Percent(90) ? Worker() : "village-head-2";
  const bool trouble = random_.Percent(25);
  Command command;
  command.mutable_record_follow_up()->set_finding(trouble ? cm::FOLLOW_UP_FINDING_TROUBLE
                                                          : cm::FOLLOW_UP_FINDING_STABLE);
  const bool ends_case = model_.visits_left == 1 && !trouble;
  const bool may = model_.open && model_.followed_up() && who != "village-head-2" &&
                   (!ends_case || model_.works.empty());
  const auto events = Ask(who, command);
  if (!Taken(events, ev::Event::kFollowUpRecorded, may, "record follow-up")) return;
  const auto& recorded = events.at(0).follow_up_recorded();
  if (recorded.number() != model_.visits_made + 1) rig_.Wrong("visits are not counted");
  if (recorded.late() != model_.follow_up.broken) rig_.Wrong("a visit is late by mistake");
  if (!model_.RecordFollowUp(trouble, StartMs())) {
    ExpectEvents(events, ev::Event::kFollowUpEnded, 0, "record follow-up");
    return;
  }
  if (trouble) return ExpectNewCycle(events, "new cycle by a visit");
  ++tried_["followed up to the end"];
  ExpectEvents(events, ev::Event::kFollowUpEnded, 1, "last visit");
  ExpectEvents(events, ev::Event::kCaseReopened, 0, "last visit");
  model_.End(rig_.now().ms);
}

void CareLife::Pledge() {
  const std::string who = random_.Percent(95) ? Worker() : "stranger";
  Command command;
  auto* pledge = command.mutable_pledge();
  pledge->set_kind("NEED_CASH");
  pledge->set_project(random_.Percent(50) ? "xinghuo" : "red-cross");
  pledge->set_value_fen(random_.Percent(5) ? 0 : 1 + random_.Below(100'000));
  const bool may =
      model_.open && who != "stranger" && pledge->value_fen() > 0 && model_.resources.size() < 64;
  if (model_.resources.size() == 64) ++tried_["pledge beyond the most"];
  const auto events = Ask(who, command);
  if (!Taken(events, ev::Event::kResourcePledged, may, "pledge")) return;
  model_.resources.push_back({pledge->value_fen(), pledge->project(), false});
  if (events.at(0).resource_pledged().resource_id() != model_.resources.size()) {
    rig_.Wrong("resources are not counted");
  }
}

// What was pledged comes once, and is counted under its project.
void CareLife::Deliver() {
  const std::string who = random_.Percent(95) ? Worker() : "stranger";
  const auto id = static_cast<uint32_t>(random_.Below(model_.resources.size() + 2));
  Command command;
  command.mutable_deliver()->set_resource_id(id);
  if (random_.Percent(30)) command.mutable_deliver()->set_value_fen(1 + random_.Below(1000));
  const bool known = id >= 1 && id <= model_.resources.size();
  const bool again = known && model_.resources[id - 1].delivered;
  const bool may = who != "stranger" && known && !again;
  if (again) ++tried_["deliver again"];
  if (may && !model_.open) ++tried_["deliver after the end"];
  const auto events = Ask(who, command);
  if (!Taken(events, ev::Event::kResourceDelivered, may, "deliver")) return;
  auto& resource = model_.resources[id - 1];
  resource.delivered = true;
  const uint64_t value =
      command.deliver().value_fen() == 0 ? resource.value_fen : command.deliver().value_fen();
  const auto& delivered = events.at(0).resource_delivered();
  if (delivered.project() != resource.project || delivered.value_fen() != value) {
    rig_.Wrong("something else is delivered than was pledged");
  }
}

void CareLife::Plan() {
  Command command;
  auto* plan = command.mutable_plan_work();
  plan->set_kind(cm::WORK_KIND_SERVICE);
  plan->set_service("NEED_MEALS");
  plan->set_from_ms((rig_.now() + Hours(random_.Between(1, 100))).ms);
  plan->set_until_ms(plan->from_ms() + Hours(1).ms);
  const bool may = model_.open && model_.works.size() < 16;
  const auto events = Ask(Worker(), command);
  if (Taken(events, ev::Event::kWorkPlanned, may, "plan")) {
    model_.works.insert(++model_.works_planned);
  }
}

void CareLife::CancelWork() {
  // Without a handler it depends on how far the case has climbed.
  if (model_.works.empty() || (model_.open && model_.handler.empty())) return;
  const std::string who = Decider();
  Command command;
  command.mutable_cancel_work()->set_work_id(*model_.works.begin());
  command.mutable_cancel_work()->mutable_reason()->set_open("moved");
  const bool may = model_.open && rig::Decides(who, model_.handler);
  if (Taken(Ask(who, command), ev::Event::kWorkCancelled, may, "cancel work")) {
    model_.works.erase(model_.works.begin());
  }
}

}  // namespace lastmeter
