#include "services/standalone/demo_trickle.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rp = lastmeter::report::v1;
namespace rl = lastmeter::rules::v1;

// Villages that the words know in both scripts.
constexpr std::array<std::string_view, 13> kVillages = {
    "430112001011", "430112003201", "430112006002", "430112006011", "430112007202",
    "430112009001", "430112011202", "430112012204", "430112013201", "430112101204",
    "430112103202", "430112106207", "430112115207"};

// Kinds that nobody reports, or that the stories keep for themselves.
bool IsOrdinaryKind(const rl::Kind& kind) {
  return !kind.restricted() && kind.code() != "unreadable-report" && kind.code() != "elder-alone" &&
         kind.code() != "follow-up";
}

// A refusal is an answer; only a door that does not open ends the demonstration.
absl::Status OnlyTrouble(const absl::Status& status) {
  return status.code() == absl::StatusCode::kFailedPrecondition ? absl::OkStatus() : status;
}

std::vector<rp::Need> NeedsOf(std::string_view kind) {
  if (kind == "fire-disaster") return {rp::NEED_GOODS, rp::NEED_CASH};
  if (kind == "nobody-to-care") return {rp::NEED_MEALS, rp::NEED_NURSING};
  if (kind == "sudden-illness" || kind == "injury" || kind == "traffic-accident") {
    return {rp::NEED_MEDICAL_REFERRAL, rp::NEED_CASH};
  }
  if (kind == "job-loss") return {rp::NEED_JOB, rp::NEED_SKILLS};
  if (kind == "disability-care") return {rp::NEED_DAY_CARE};
  if (kind == "unsafe-house") return {rp::NEED_GOODS};
  if (kind == "domestic-violence") return {rp::NEED_COUNSELLING};
  return {rp::NEED_VISITING};
}

}  // namespace

Trickle::Trickle(const rl::Rules& rules, Agenda* agenda, Door* door, const Cast* cast,
                 Ledger* ledger, uint64_t seed)
    : agenda_(agenda), door_(door), cast_(cast), ledger_(ledger), random_(seed) {
  for (const auto& kind : rules.policy().kinds()) {
    if (IsOrdinaryKind(kind)) kinds_.push_back(kind);
  }
  std::map<std::string, std::string> worker_of;
  for (const auto& post : rules.roster()) {
    if (post.tier() == cm::TIER_GRID) worker_of.emplace(post.area(), post.staff_id());
  }
  const auto collect = [&](bool known_only) {
    for (const auto& area : rules.areas()) {
      if (area.tier() != cm::TIER_GRID) continue;
      const std::string village = area.code().substr(0, 12);
      const bool known = std::find(kVillages.begin(), kVillages.end(), village) != kVillages.end();
      if (known_only && !known) continue;
      const auto worker = worker_of.find(area.code());
      grids_.push_back({area.code(), worker == worker_of.end() ? "" : worker->second});
    }
  };
  collect(true);
  if (grids_.empty()) collect(false);
}

absl::StatusOr<std::string> Trickle::File(const Plan& plan) {
  api::SubmitReportRequest report;
  report.set_kind(plan.kind);
  report.set_area(plan.area);
  for (const rp::Need need : NeedsOf(plan.kind)) report.mutable_survey()->add_needs(need);
  report.set_proactive(plan.reporter != kHotline);
  const std::string id = absl::StrCat("demo-report-", ++reports_);
  LM_ASSIGN_OR_RETURN(const auto outcome, door_->Report(plan.reporter, report, id));
  ledger_->reports.push_back({plan.reporter, id});
  const std::string number = outcome.case_number();
  agenda_->At(agenda_->now() + plan.answer_after,
              [this, number, plan] { return OnlyTrouble(Answer(number, plan)); });
  return number;
}

absl::Status Trickle::Answer(const std::string& number, const Plan& plan) {
  LM_ASSIGN_OR_RETURN(const api::Case c, door_->GetCase(kDirector, number));
  const std::string who = cast_->WhoseTurn(c, cm::PROMISE_ACKNOWLEDGE);
  if (who.empty() || !c.handler_id().empty()) return absl::OkStatus();
  LM_RETURN_IF_ERROR(
      door_->Command(who, number, "acknowledge", api::AcknowledgeRequest()).status());
  agenda_->At(agenda_->now() + Millis{plan.relief_after.ms / 2},
              [this, number] { return OnlyTrouble(Verify(number)); });
  Timestamp relief = agenda_->now() + plan.relief_after;
  if (plan.forget) {
    for (const auto& clock : c.clocks()) {
      if (clock.promise() != cm::PROMISE_FIRST_RELIEF) continue;
      relief = Timestamp{clock.due_at().seconds() * 1000} + Minutes(35);
    }
  }
  agenda_->At(relief,
              [this, number, plan] { return OnlyTrouble(Relieve(number, plan, plan.forget)); });
  return absl::OkStatus();
}

absl::Status Trickle::Verify(const std::string& number) {
  LM_ASSIGN_OR_RETURN(const api::Case c, door_->GetCase(kDirector, number));
  const bool promised = std::any_of(
      c.clocks().begin(), c.clocks().end(),
      [](const api::ClockView& clock) { return clock.promise() == cm::PROMISE_VERIFY; });
  if (!promised || c.status() == api::CASE_STATUS_CLOSED) return absl::OkStatus();
  api::VerifyRequest verify;
  verify.set_finding(Roll(5) == 0 ? cm::FINDING_LESS : cm::FINDING_AS_REPORTED);
  return door_->Command(c.handler_id(), number, "verify", verify).status();
}

absl::Status Trickle::Relieve(const std::string& number, const Plan& plan, bool late) {
  LM_ASSIGN_OR_RETURN(const api::Case c, door_->GetCase(kDirector, number));
  if (c.status() == api::CASE_STATUS_CLOSED) return absl::OkStatus();
  std::string who = late ? cast_->WhoseTurn(c, cm::PROMISE_FIRST_RELIEF) : "";
  if (who.empty()) who = c.handler_id();
  agenda_->At(agenda_->now() + plan.close_after,
              [this, number] { return OnlyTrouble(Close(number)); });
  api::ReliefRequest relief;
  for (const rp::Need need : NeedsOf(plan.kind)) relief.add_kinds(need);
  return door_->Command(who, number, "relief", relief).status();
}

absl::Status Trickle::Close(const std::string& number) {
  LM_ASSIGN_OR_RETURN(const api::Case c, door_->GetCase(kDirector, number));
  if (c.status() == api::CASE_STATUS_CLOSED) return absl::OkStatus();
  api::CloseRequest close;
  close.set_outcome(Roll(4) == 0 ? cm::OUTCOME_TRANSFERRED : cm::OUTCOME_NEED_MET);
  close.set_case_version(c.version());
  return door_->Command(c.handler_id(), number, "close", close).status();
}

Plan Trickle::Invent(Timestamp at) {
  const int64_t hour = ((at + kZoneOffset).ms / Hours(1).ms) % 24;
  const bool night = hour < 7 || hour >= 21;
  Plan plan;
  const rl::Kind* kind = &kinds_[Roll(kinds_.size())];
  // Who has a question sleeps at night.
  for (int tries = 0; night && kind->level() > cm::LEVEL_URGENT && tries < 20; ++tries) {
    kind = &kinds_[Roll(kinds_.size())];
  }
  plan.kind = kind->code();
  const Grid& grid = grids_[Roll(grids_.size())];
  plan.area = grid.area;
  const bool by_worker = !grid.worker.empty() && Roll(5) < 2;
  plan.reporter = by_worker ? grid.worker : std::string(kHotline);
  // Most are answered by the first tier, some climb once or twice.
  const uint64_t luck = Roll(10);
  if (kind->level() == cm::LEVEL_CRITICAL) {
    plan.answer_after = luck < 5   ? MinutesBetween(4, 12)
                        : luck < 8 ? MinutesBetween(18, 27)
                                   : MinutesBetween(36, 55);
  } else if (kind->level() == cm::LEVEL_URGENT) {
    plan.answer_after = luck < 7 ? MinutesBetween(8, 50) : MinutesBetween(70, 110);
  } else {
    plan.answer_after = MinutesBetween(15, 90);
  }
  plan.relief_after = MinutesBetween(8, 25);
  plan.close_after = MinutesBetween(25, 70);
  plan.forget = kind->level() <= cm::LEVEL_URGENT && Roll(12) == 0;
  return plan;
}

void Trickle::Begin(Timestamp from, Timestamp until, Millis every) {
  if (kinds_.empty() || grids_.empty() || from > until) return;
  agenda_->At(from, [this, from, until, every] {
    const Millis next{every.ms / 2 + static_cast<int64_t>(Roll(static_cast<uint64_t>(every.ms)))};
    Begin(from + next, until, every);
    return OnlyTrouble(File(Invent(from)).status());
  });
}

}  // namespace lastmeter::demo
