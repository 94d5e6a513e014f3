#include "tests/bench/workload.h"

#include "engine/base/hash.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/core/sample_rules.h"

namespace lastmeter::bench {
namespace {

using common::v1::Tier;

constexpr char kDistrict[] = "430112";

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
  report::v1::HardshipReport report;
  report.set_report_id("load-" + std::to_string(i));
  // One in five is critical, and told to village and town at once.
  static constexpr const char* kMix[] = {"elder-alone", "sudden-illness", "sudden-illness",
                                         "medical-costs", "medical-costs"};
  report.set_kind(mixed ? kMix[i / villages_.size() % std::size(kMix)] : "sudden-illness");
  report.set_area(village.code);
  report.set_routing_code(village.code);
  report.mutable_reporter()->set_id("hotline");
  report.mutable_reporter()->set_role(common::v1::ROLE_SENTINEL);
  report.set_occurred_at_ms(accepted_at.ms);
  report.set_accepted_at_ms(accepted_at.ms);
  report.mutable_survey()->add_signs(report::v1::SIGN_SUDDEN_ILLNESS);
  report.mutable_survey()->add_signs(report::v1::SIGN_LIVES_ALONE);
  report.mutable_survey()->add_needs(report::v1::NEED_NURSING);
  return {{Topic::kReport, village.partition}, {village.code, report.SerializeAsString()}};
}

Workload::Message Workload::Acknowledgement(uint64_t i, Timestamp accepted_at,
                                            uint32_t year) const {
  const Village& village = villages_[i % villages_.size()];
  command::v1::Command command;
  command.set_command_id("ack-" + std::to_string(i));
  command.mutable_actor()->set_id(HeadOf(village.code));
  command.mutable_actor()->set_role(common::v1::ROLE_STAFF);
  command.set_accepted_at_ms(accepted_at.ms);
  const CaseNumber number{village.number, year, static_cast<uint32_t>(i / villages_.size() + 1)};
  command.set_case_number(number.ToString());
  command.mutable_acknowledge()->set_cycle(1);
  return {{Topic::kCommand, village.partition}, {village.code, command.SerializeAsString()}};
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
