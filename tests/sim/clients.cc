#include "tests/sim/clients.h"

#include <utility>

#include "engine/base/hash.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/core/sample_rules.h"

namespace lastmeter {
namespace {

namespace cm = common::v1;

const char* const kAreas[] = {"430112001001001", "430112001001002", "430112001001003",
                              "43011200100101",  "430112001001",    "430112001002",
                              "430112001003",    "430112003001",    "430112001",
                              "430112",          "999999999999"};
const char* const kKinds[] = {"elder-alone",
                              "elder-alone",
                              "sudden-illness",
                              "job-loss",
                              "policy-question",
                              "domestic-violence",
                              "never-heard-of-it",
                              "alive",
                              "policy",
                              "flood",
                              "flood"};
const char* const kDepartments[] = {"health-bureau", "disabled-federation", "housing-bureau"};
const char* const kStaff[] = {"xu-guangming",  "group-leader-1", "group-leader-2", "grid-worker-3",
                              "village-head",  "tan-dan",        "town-named",     "district-named",
                              "district-desk", "fallback-post",  "stranger",       "neighbour"};

// The samples are what scenarios of old are written by; here every machine has its turn.
void AddModules(rules::v1::Rules* rules) {
  for (auto& level : *rules->mutable_policy()->mutable_levels()) {
    for (const auto& [promise, minutes] :
         {std::pair{cm::PROMISE_VERIFY, 90U}, std::pair{cm::PROMISE_PAPERWORK, 240U},
          std::pair{cm::PROMISE_REFERRAL, 120U}, std::pair{cm::PROMISE_FOLLOW_UP, 180U},
          std::pair{cm::PROMISE_CERTIFICATION, 600U}}) {
      rules::v1::ClockPolicy clock = level.clocks(level.clocks_size() - 1);
      clock.set_promise(promise);
      clock.mutable_within()->set_unit(rules::v1::DURATION_UNIT_MINUTES);
      clock.mutable_within()->set_amount(minutes);
      clock.clear_statutory();
      clock.clear_paused_by();
      clock.add_paused_by(cm::HOLD_REASON_IN_HOSPITAL);
      *level.add_clocks() = clock;
    }
  }
  for (const char* code : {"alive", "policy"}) {
    auto* kind = rules->mutable_policy()->add_kinds();
    kind->set_code(code);
    kind->set_name_zh(code);
    kind->set_level(cm::LEVEL_ATTENTION);
    kind->set_bulletin(kind->code() == "policy");
    kind->set_certify_every_months(kind->bulletin() ? 0 : 12);
  }
  auto* flood = rules->mutable_policy()->add_kinds();
  flood->set_code("flood");
  flood->set_name_zh("flood");
  flood->set_level(cm::LEVEL_CRITICAL);
  flood->set_incident(true);
  for (const char* code : {"elder-alone", "job-loss", "policy-question"}) flood->add_takes(code);
  rules->mutable_policy()->set_digest_minutes(4);
  auto* post = rules->add_roster();
  post->set_staff_id("neighbour");
  post->set_name("neighbour");
  post->set_tier(cm::TIER_VILLAGE);
  post->set_area("430112001001");
  post->set_duty(rules::v1::DUTY_ALWAYS);
  post->set_volunteer(true);
}

std::string RoutingCode(std::string area) {
  area.resize(12, '0');
  return area;
}

}  // namespace

Clients::Clients(Random* random, Log* log, uint32_t partitions, Acknowledged acknowledged)
    : random_(random),
      partitions_(partitions),
      acknowledged_(std::move(acknowledged)),
      producer_(*log->OpenProducer()) {}

void Clients::QueueTo(TopicPartition tp, std::string key, std::string id, std::string bytes) {
  auto sent = std::make_unique<Sent>();
  sent->tp = tp;
  sent->id = std::move(id);
  sent->record = {.key = std::move(key), .value = std::move(bytes)};
  outbox_.push_back(sent.get());
  sent_.push_back(std::move(sent));
}

void Clients::Queue(Topic topic, const std::string& routing_code, std::string id,
                    std::string bytes) {
  TopicPartition tp{topic, {PartitionFor(routing_code, partitions_)}};
  // Some send without having heard, or have two doors: the same id twice.
  int copies = random_->Percent(15) ? 2 : 1;
  for (int i = 0; i < copies; ++i) QueueTo(tp, routing_code, id, bytes);
}

void Clients::InventReport(Timestamp now) {
  report::v1::HardshipReport report;
  report.set_report_id(NewId('r'));
  report.set_kind(random_->OneOf(kKinds));
  report.set_area(random_->OneOf(kAreas));
  report.set_routing_code(RoutingCode(report.area()));
  report.mutable_reporter()->set_id(random_->OneOf(kStaff));
  report.mutable_reporter()->set_role(cm::ROLE_STAFF);
  report.set_reporter_tier(static_cast<cm::Tier>(random_->Below(5)));
  report.set_accepted_at_ms(now.ms);
  report.set_occurred_at_ms(now.ms - random_->Between(-5000, 60'000));
  // Certified last nearly a year ago, or more.
  if (report.kind() == "alive") {
    report.set_occurred_at_ms(now.ms - random_->Between(250, 400) * 86'400'000);
  }
  if (report.kind() == "policy") report.set_subject("allowance");
  report.set_drill(random_->Percent(5));
  if (random_->Percent(40)) {
    report.set_household_ref("h" + std::to_string(random_->Below(6)));
  }
  Queue(Topic::kReport, report.routing_code(), report.report_id(), report.SerializeAsString());
}

void Clients::FillAction(command::v1::Command& command, uint32_t version) {
  auto tier = [&] { return static_cast<cm::Tier>(random_->Below(6)); };
  if (random_->Percent(20) && version > 0) --version;
  switch (random_->Below(8)) {
    case 0:
    case 1:
    case 2:
      command.mutable_acknowledge();
      return;
    case 3:
      if (random_->Percent(50)) {
        command.mutable_raise()->set_to_tier(tier());
      } else {
        command.mutable_raise()->set_to_level(static_cast<cm::Level>(random_->Below(5)));
      }
      command.mutable_raise()->mutable_reason()->set_open("it grew worse");
      return;
    case 4:
      command.mutable_hand_down()->set_to_tier(tier());
      command.mutable_hand_down()->set_case_version(version);
      command.mutable_hand_down()->mutable_reason()->set_open("nearer to you");
      return;
    case 5:
      command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
      command.mutable_close()->set_case_version(version);
      return;
    case 6:
      command.mutable_reopen()->mutable_reason()->set_open("not over");
      return;
    default:
      if (random_->Percent(50)) {
        FillPlanned(command, version);
      } else {
        FillWork(command, version);
      }
  }
}

// Visits, services, referrals, follow-ups, resources: right and wrong alike.
void Clients::FillPlanned(command::v1::Command& command, uint32_t version) {
  const auto small = [this](uint32_t most) { return static_cast<uint32_t>(random_->Below(most)); };
  const auto name_turn = [&](auto* action) {
    action->set_work_id(1 + small(3));
    action->set_turn(1 + small(3));
  };
  switch (random_->Below(22)) {
    case 20:
      command.mutable_correct()->set_kind(random_->OneOf(kKinds));
      if (random_->Percent(40)) command.mutable_correct()->set_area(random_->OneOf(kAreas));
      if (random_->Percent(40)) {
        command.mutable_correct()->set_household_ref("h" + std::to_string(small(6)));
      }
      command.mutable_correct()->mutable_reason()->set_open("the wrong box");
      return;
    case 21:
      if (const auto accepted = accepted_.find(command.case_number());
          accepted != accepted_.end() && random_->Percent(60)) {
        command.mutable_settle_merge()->set_from(accepted->second.accept_merge().from());
        command.mutable_settle_merge()->set_acceptance_id(accepted->second.command_id());
        command.mutable_settle_merge()->set_merged(random_->Percent(50));
        return;
      }
      command.mutable_accept_merge()->set_from("430112001002-2026-0000" +
                                               std::to_string(1 + small(9)));
      command.mutable_accept_merge()->set_drill(random_->Percent(5));
      accepted_[command.case_number()] = command;
      return;
    case 0:
    case 1:
    case 2: {
      auto* plan = command.mutable_plan_work();
      const bool service = random_->Percent(60);
      plan->set_kind(service ? cm::WORK_KIND_SERVICE : cm::WORK_KIND_VISIT);
      if (service) plan->set_service("NEED_MEALS");
      plan->set_from_ms(command.accepted_at_ms() + random_->Between(-60'000, 6 * 3'600'000));
      plan->set_until_ms(plan->from_ms() + random_->Between(0, 2 * 3'600'000));
      plan->set_times(small(4));
      plan->set_every_days(small(3));
      if (!service || random_->Percent(30)) plan->set_assignee(random_->OneOf(kStaff));
      return;
    }
    case 3:
    case 4:
      return name_turn(command.mutable_claim_work());
    case 5:
      name_turn(command.mutable_hand_back_work());
      command.mutable_hand_back_work()->mutable_reason()->set_open("ill");
      return;
    case 6:
      return name_turn(command.mutable_start_work());
    case 7:
      return name_turn(command.mutable_finish_work());
    case 8:
      command.mutable_cancel_work()->set_work_id(1 + small(3));
      command.mutable_cancel_work()->mutable_reason()->set_open("recovered");
      return;
    case 9:
      command.mutable_refer()->set_to(random_->OneOf(kDepartments));
      command.mutable_refer()->mutable_reason()->set_open("an operation");
      return;
    case 10:
      command.mutable_answer_referral()->set_answer(static_cast<cm::ReferralAnswer>(small(4)));
      if (random_->Percent(80)) {
        command.mutable_answer_referral()->set_to(random_->OneOf(kDepartments));
      }
      return;
    case 16:
    case 17:
      command.mutable_set_goal()->set_need("NEED_SKILLS");
      command.mutable_set_goal()->set_by_ms(command.accepted_at_ms() +
                                            random_->Between(-60'000, 12 * 3'600'000));
      return;
    case 18:
      command.mutable_record_goal()->set_goal_id(small(4));
      command.mutable_record_goal()->set_result(static_cast<cm::GoalResult>(small(4)));
      return;
    case 11:
      command.mutable_begin_follow_up()->set_outcome(cm::OUTCOME_NEED_MET);
      command.mutable_begin_follow_up()->set_visits(small(4));
      command.mutable_begin_follow_up()->set_case_version(version);
      return;
    case 13:
      command.mutable_hand_over()->set_to(random_->OneOf(kStaff));
      command.mutable_hand_over()->mutable_reason()->set_open("on leave");
      return;
    case 15:
      command.mutable_read_bulletin()->set_households(small(50));
      return;
    case 14:
      command.mutable_certify()->set_certified_at_ms(
          random_->Percent(50) ? 0
                               : command.accepted_at_ms() - random_->Between(-60'000, 86'400'000));
      return;
    case 12:
      command.mutable_record_follow_up()->set_finding(static_cast<cm::FollowUpFinding>(small(3)));
      return;
    default:
      if (random_->Percent(50)) {
        command.mutable_pledge()->set_kind("NEED_GOODS");
        command.mutable_pledge()->set_project("xinghuo");
        command.mutable_pledge()->set_value_fen(small(1000));
      } else {
        command.mutable_deliver()->set_resource_id(small(3));
      }
  }
}

void Clients::FillWork(command::v1::Command& command, uint32_t version) {
  switch (random_->Below(12)) {
    case 0:
    case 1:
      command.mutable_relief()->add_kinds("meals");
      return;
    case 2:
      command.mutable_verify()->set_finding(static_cast<cm::Finding>(random_->Below(5)));
      return;
    case 3:
      command.mutable_paperwork();
      return;
    case 4:
      command.mutable_hold()->set_reason(static_cast<cm::HoldReason>(random_->Below(5)));
      command.mutable_hold()->set_until_ms(command.accepted_at_ms() +
                                           random_->Between(-60'000, 3 * 86'400'000));
      return;
    case 5:
      command.mutable_resume();
      return;
    case 6:
      command.mutable_withdraw()->mutable_reason()->set_open("the wrong door");
      return;
    case 7:
      command.mutable_remind();
      return;
    case 11:
      command.mutable_screen_out()->set_category(static_cast<cm::NotALead>(random_->Below(6)));
      command.mutable_screen_out()->set_case_version(version);
      command.mutable_screen_out()->mutable_reason()->set_open("a question, answered");
      return;
    case 8:
      command.mutable_extend()->set_promise(static_cast<cm::Promise>(random_->Below(9)));
      command.mutable_extend()->mutable_by()->set_amount(
          static_cast<uint32_t>(random_->Between(0, 5)));
      command.mutable_extend()->mutable_by()->set_unit(
          static_cast<rules::v1::DurationUnit>(random_->Below(4)));
      command.mutable_extend()->mutable_reason()->set_open("the clinic has no date");
      return;
    case 9:
      command.mutable_reassign()->set_area(random_->OneOf(kAreas));
      command.mutable_reassign()->set_case_version(version);
      command.mutable_reassign()->mutable_reason()->set_open("moved in with her daughter");
      return;
    default:
      if (random_->Percent(50)) {
        command.mutable_merge()->set_into(command.case_number().substr(0, 18) + "00001");
        command.mutable_merge()->set_case_version(version);
      } else {
        command.mutable_note()->mutable_text()->set_open("a note");
      }
  }
}

void Clients::InventCommand(Timestamp now, const std::map<std::string, KnownCase>& cases) {
  command::v1::Command command;
  command.set_command_id(NewId('c'));
  command.set_accepted_at_ms(now.ms);
  command.mutable_actor()->set_id(random_->OneOf(kStaff));
  command.mutable_actor()->set_role(cm::ROLE_STAFF);
  std::string number = "430112001001-2026-00999";
  uint32_t version = 1;
  if (!cases.empty() && random_->Percent(95)) {
    auto it = cases.begin();
    std::advance(it, static_cast<int64_t>(random_->Below(cases.size())));
    number = it->first;
    version = it->second.version;
  }
  command.set_case_number(number);
  FillAction(command, version);
  Queue(Topic::kCommand, number.substr(0, 12), command.command_id(), command.SerializeAsString());
}

void Clients::InventGarbage() {
  std::string bytes(random_->Below(40), '\0');
  for (char& c : bytes) c = static_cast<char>(random_->Next());
  Topic topic = random_->Percent(50) ? Topic::kReport : Topic::kCommand;
  QueueTo({topic, {static_cast<uint32_t>(random_->Below(partitions_))}}, "", "", std::move(bytes));
}

void Clients::Invent(Timestamp now, const std::map<std::string, KnownCase>& cases) {
  if (random_->Percent(3)) {
    InventGarbage();
  } else if (random_->Percent(45)) {
    InventReport(now);
  } else {
    InventCommand(now, cases);
  }
}

void Clients::ToEveryPartition(command::v1::Command command, Timestamp now) {
  command.set_accepted_at_ms(now.ms);
  command.mutable_actor()->set_id("operator");
  command.mutable_actor()->set_role(cm::ROLE_OPERATOR);
  command.set_command_id(NewId('o'));
  for (uint32_t p = 0; p < partitions_; ++p) {
    QueueTo({Topic::kCommand, {p}}, "", command.command_id(), command.SerializeAsString());
  }
}

void Clients::InstallRules(Timestamp now) {
  command::v1::Command command;
  auto* rules = command.mutable_install_rules()->mutable_rules();
  *rules = SampleRules();
  AddModules(rules);
  rules->set_version("sim-" + std::to_string(++rules_));
  if (rules_ % 3 == 2) rules->mutable_calendar()->set_known_until(20260310);
  ToEveryPartition(std::move(command), now);
}

void Clients::AcceptClock(Timestamp now, Timestamp wall) {
  command::v1::Command command;
  command.mutable_accept_clock()->set_wall_ms(wall.ms);
  ToEveryPartition(std::move(command), now);
}

void Clients::SendOne() {
  if (outbox_.empty()) return;
  size_t index = random_->Below(outbox_.size());
  Sent* sent = outbox_[index];
  outbox_[index] = outbox_.back();
  outbox_.pop_back();
  producer_->Append(sent->tp, sent->record, [this, sent](absl::StatusOr<LogPosition> position) {
    if (!position.ok()) {
      outbox_.push_back(sent);
      return;
    }
    sent->acknowledged = true;
    sent->position = *position;
    acknowledged_(*sent);
  });
}

}  // namespace lastmeter
