#include "tests/bench/workload.h"

#include "engine/base/hash.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/core/sample_rules.h"

namespace lastmeter::bench {
namespace {

using common::v1::Tier;

constexpr char kDistrict[] = "430112";
constexpr char kIllness[] = "sudden-illness";
constexpr char kCertified[] = "survival-certification";
constexpr char kFlood[] = "flood";

std::string ThreeDigits(int n) {
  std::string text = std::to_string(n);
  return std::string(3 - text.size(), '0') + text;
}

void AddArea(rules::v1::Rules& rules, Tier tier, const std::string& code,
             const std::string& parent) {
  auto* area = rules.add_areas();
  area->set_tier(tier);
  area->set_code(code);
  area->set_parent(parent);
  area->set_name(code);
}

void AddPost(rules::v1::Rules& rules, Tier tier, const std::string& id, const std::string& area) {
  auto* post = rules.add_roster();
  post->set_staff_id(id);
  post->set_name(id);
  post->set_tier(tier);
  post->set_area(area);
  post->set_duty(rules::v1::DUTY_ALWAYS);
}

// What the sample rules lack of the district's other modules.
void AddModules(rules::v1::Policy& policy) {
  auto* certified = policy.add_kinds();
  certified->set_code(kCertified);
  certified->set_name_zh("生存认证");
  certified->set_name_en("Survival certification");
  certified->set_level(common::v1::LEVEL_ATTENTION);
  certified->set_certify_every_months(12);
  auto* flood = policy.add_kinds();
  flood->set_code(kFlood);
  flood->set_name_zh("汛情");
  flood->set_name_en("Flood");
  flood->set_level(common::v1::LEVEL_URGENT);
  flood->set_incident(true);
  flood->add_takes(kIllness);
  const sample::Duration day = sample::WorkingDays(1);
  for (auto& level : *policy.mutable_levels()) {
    sample::AddClock(&level, common::v1::PROMISE_REFERRAL, sample::WorkingDays(5),
                     {day, day, day, day}, day);
    if (level.level() != common::v1::LEVEL_ATTENTION) continue;
    sample::AddClock(&level, common::v1::PROMISE_CERTIFICATION, sample::WorkingDays(30),
                     {day, day, day, day}, day);
  }
}

report::v1::HardshipReport ReportFrom(const std::string& area, const char* kind,
                                      Timestamp accepted_at) {
  report::v1::HardshipReport report;
  report.set_kind(kind);
  report.set_area(area);
  report.set_routing_code(area);
  report.mutable_reporter()->set_id("hotline");
  report.mutable_reporter()->set_role(common::v1::ROLE_SENTINEL);
  report.set_occurred_at_ms(accepted_at.ms);
  report.set_accepted_at_ms(accepted_at.ms);
  return report;
}

void PlanMeals(Timestamp now, command::v1::PlanWork* plan) {
  plan->set_kind(common::v1::WORK_KIND_SERVICE);
  plan->set_service("NEED_MEALS");
  plan->set_from_ms((now + Days(1)).ms);
  plan->set_until_ms((now + Days(1) + Hours(1)).ms);
  plan->set_times(62);
  plan->set_every_days(1);
}

// One event each, so that the version at the end is known.
void Fill(uint32_t deed, Timestamp now, command::v1::Command* c) {
  switch (deed) {
    case 0:
      return c->mutable_acknowledge()->set_cycle(1);
    case 1:
      return c->mutable_relief()->add_kinds("NEED_MEALS");
    case 2:
      return c->mutable_verify()->set_finding(common::v1::FINDING_AS_REPORTED);
    case 3:
      return PlanMeals(now, c->mutable_plan_work());
    case 4:
    case 5:
      c->mutable_claim_work()->set_work_id(1);
      return c->mutable_claim_work()->set_turn(deed - 3);
    case 6:
      c->mutable_hand_back_work()->set_work_id(1);
      c->mutable_hand_back_work()->set_turn(2);
      return c->mutable_hand_back_work()->mutable_reason()->set_open("away that day");
    case 7:
      c->mutable_refer()->set_to("health-bureau");
      return c->mutable_refer()->mutable_reason()->set_open("an operation");
    case 8:
      c->mutable_answer_referral()->set_answer(common::v1::REFERRAL_ANSWER_ACCEPTED);
      return c->mutable_answer_referral()->set_their_number("HB-2026-1");
    case 9:
      c->mutable_pledge()->set_kind("NEED_GOODS");
      c->mutable_pledge()->set_project("xinghuo");
      return c->mutable_pledge()->set_value_fen(120'000);
    case 10:
      return c->mutable_deliver()->set_resource_id(1);
    case 11:
      c->mutable_cancel_work()->set_work_id(1);
      return c->mutable_cancel_work()->mutable_reason()->set_open("cooks again");
    default:
      c->mutable_close()->set_outcome(common::v1::OUTCOME_NEED_MET);
      return c->mutable_close()->set_case_version(Workload::kDeeds);
  }
}

void ShortenLadder(rules::v1::Policy& policy, uint32_t minutes) {
  for (auto& level : *policy.mutable_levels()) {
    if (level.level() != common::v1::LEVEL_URGENT) continue;
    for (auto& rung : *level.mutable_acknowledge()->mutable_rungs()) {
      *rung.mutable_answer_within() = sample::Min(minutes);
    }
    *level.mutable_acknowledge()->mutable_remind_every() = sample::Min(minutes);
  }
}

}  // namespace

Workload::Workload(Options options) : rules_(SampleRules()) {
  rules_.set_version("bench");
  AddModules(*rules_.mutable_policy());
  ShortenLadder(*rules_.mutable_policy(), options.rung_minutes);
  rules_.clear_areas();
  // The district's posts stay: fallback, outside authorities, named officer.
  auto roster = std::move(*rules_.mutable_roster());
  rules_.clear_roster();
  for (auto& post : roster) {
    if (post.area() == kDistrict) *rules_.add_roster() = post;
  }
  AddArea(rules_, common::v1::TIER_DISTRICT, kDistrict, "");
  for (int t = 1; t <= 16; ++t) {
    const std::string town = kDistrict + ThreeDigits(t);
    AddArea(rules_, common::v1::TIER_TOWN, town, kDistrict);
    AddPost(rules_, common::v1::TIER_TOWN, "town-officer-" + town, town);
    // Restricted kinds start here.
    rules_.mutable_roster(rules_.roster_size() - 1)->set_named_officer(true);
    for (int v = 1; v <= 10; ++v) {
      const std::string village = town + ThreeDigits(v);
      const std::string group = village + "01";
      const std::string grid = village + "001";
      AddArea(rules_, common::v1::TIER_VILLAGE, village, town);
      AddArea(rules_, common::v1::TIER_GROUP, group, village);
      AddArea(rules_, common::v1::TIER_GRID, grid, group);
      AddPost(rules_, common::v1::TIER_VILLAGE, HeadOf(village), village);
      AddPost(rules_, common::v1::TIER_GROUP, "group-leader-" + group, group);
      AddPost(rules_, common::v1::TIER_GRID, "grid-worker-" + grid, grid);
      villages_.push_back(
          {village, std::stoll(village), {PartitionFor(village, options.partitions)}});
    }
  }
}

Workload::Message Workload::Report(uint64_t i, Timestamp accepted_at, bool mixed) const {
  const Village& village = villages_[i % villages_.size()];
  // One in five is critical, and told to village and town at once.
  static constexpr const char* kMix[] = {"elder-alone", kIllness, kIllness, "medical-costs",
                                         "medical-costs"};
  report::v1::HardshipReport report = ReportFrom(
      village.code, mixed ? kMix[i / villages_.size() % std::size(kMix)] : kIllness, accepted_at);
  report.set_report_id("load-" + std::to_string(i));
  report.mutable_survey()->add_signs(report::v1::SIGN_SUDDEN_ILLNESS);
  report.mutable_survey()->add_signs(report::v1::SIGN_LIVES_ALONE);
  report.mutable_survey()->add_needs(report::v1::NEED_NURSING);
  return {{Topic::kReport, village.partition}, {village.code, report.SerializeAsString()}};
}

std::string Workload::CaseOf(uint64_t i, uint32_t year) const {
  return CaseNumber{villages_[i % villages_.size()].number, year,
                    static_cast<uint32_t>(i / villages_.size() + 1)}
      .ToString();
}

Workload::Message Workload::Deed(uint64_t i, uint32_t deed, Timestamp accepted_at,
                                 uint32_t year) const {
  const Village& village = villages_[i % villages_.size()];
  command::v1::Command command;
  command.set_command_id("deed-" + std::to_string(i) + "-" + std::to_string(deed));
  command.mutable_actor()->set_id(HeadOf(village.code));
  command.mutable_actor()->set_role(common::v1::ROLE_STAFF);
  command.set_accepted_at_ms(accepted_at.ms);
  command.set_case_number(CaseOf(i, year));
  Fill(deed, accepted_at, &command);
  return {{Topic::kCommand, village.partition}, {village.code, command.SerializeAsString()}};
}

Workload::Message Workload::Schedule(uint64_t i, Timestamp accepted_at) const {
  const Village& village = villages_[i % villages_.size()];
  report::v1::HardshipReport report = ReportFrom(village.code, kCertified, accepted_at);
  report.set_report_id("person-" + std::to_string(i));
  report.set_household_ref("person-" + std::to_string(i));
  report.set_occurred_at_ms((accepted_at - Days(static_cast<int64_t>(i % 290))).ms);
  return {{Topic::kReport, village.partition}, {village.code, report.SerializeAsString()}};
}

Workload::Message Workload::Incident(uint64_t i, Timestamp accepted_at) const {
  const Village& village = villages_[i % villages_.size()];
  report::v1::HardshipReport report = ReportFrom(village.code, kFlood, accepted_at);
  report.set_report_id("flood-" + std::to_string(i));
  report.mutable_reporter()->set_id(HeadOf(village.code));
  report.mutable_reporter()->set_role(common::v1::ROLE_STAFF);
  report.set_reporter_tier(common::v1::TIER_VILLAGE);
  return {{Topic::kReport, village.partition}, {village.code, report.SerializeAsString()}};
}

Workload::Message Workload::Install(PartitionId partition, Timestamp accepted_at) const {
  command::v1::Command command;
  command.set_command_id("install-bench");
  command.mutable_actor()->set_id("operator");
  command.mutable_actor()->set_role(common::v1::ROLE_OPERATOR);
  command.set_accepted_at_ms(accepted_at.ms);
  auto* install = command.mutable_install_rules();
  *install->mutable_rules() = rules_;
  install->set_rules_sha256(std::string(AsBytes(Sha256(rules_.SerializeAsString()))));
  return {{Topic::kCommand, partition}, {"", command.SerializeAsString()}};
}

}  // namespace lastmeter::bench
