#include "services/standalone/demo_check.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

class Checker {
 public:
  Checker(Door& door, const Ledger& ledger) : door_(door), ledger_(ledger) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    LM_RETURN_IF_ERROR(Reports());
    LM_RETURN_IF_ERROR(FirstStory());
    LM_RETURN_IF_ERROR(Followed(ledger_.second_story, "second", false));
    LM_RETURN_IF_ERROR(Followed(ledger_.third_story, "third", true));
    LM_RETURN_IF_ERROR(Silent());
    LM_RETURN_IF_ERROR(Forgotten());
    Hold(ledger_.restricted_only_counted,
         "the restricted case is counted on the board and not named");
    return broken_;
  }

 private:
  void Hold(bool kept, std::string promise) {
    if (!kept) broken_.push_back(std::move(promise));
  }

  absl::Status Reports() {
    for (const auto& report : ledger_.reports) {
      auto outcome = door_.GetReport(report.who, report.id);
      if (outcome.status().code() == absl::StatusCode::kFailedPrecondition) {
        Hold(false, absl::StrCat("report ", report.id, " has an outcome"));
        continue;
      }
      if (!outcome.ok()) return outcome.status();
      const bool decided = outcome->state() == api::REPORT_STATE_OPENED ||
                           outcome->state() == api::REPORT_STATE_ATTACHED;
      Hold(decided && !outcome->case_number().empty(),
           absl::StrCat("report ", report.id, " became part of a case"));
    }
    return absl::OkStatus();
  }

  absl::Status FirstStory() {
    LM_ASSIGN_OR_RETURN(const api::Case c, door_.GetCase(kDirector, ledger_.first_story));
    Hold(c.status() == api::CASE_STATUS_CLOSED && c.outcome() == cm::OUTCOME_NEED_MET,
         "the first story's case is closed with its need met");
    LM_ASSIGN_OR_RETURN(const auto history, door_.GetHistory(kDirector, ledger_.first_story));
    bool copied_village = false;
    bool copied_town = false;
    bool relieved = false;
    bool verified = false;
    bool owed = false;
    bool completed = false;
    bool climbed = false;
    bool acknowledged = false;
    int turns = 0;
    bool told = false;
    bool missed = false;
    for (const auto& view : history) {
      const ev::Event& event = view.event();
      if (event.cycle() == 1) {
        for (const auto& notice : event.case_opened().turn().notices()) {
          if (notice.purpose() != ev::PURPOSE_COPY) continue;
          copied_village = copied_village || notice.tier() == cm::TIER_VILLAGE;
          copied_town = copied_town || notice.tier() == cm::TIER_TOWN;
        }
        if (event.has_case_escalated() && !acknowledged) climbed = true;
        acknowledged = acknowledged || event.has_case_acknowledged();
        relieved = relieved || event.has_relief_recorded();
        owed = owed || event.relief_recorded().has_paperwork();
        verified = verified || event.has_case_verified();
        completed = completed || event.has_paperwork_completed();
      }
      if (event.has_work_finished()) ++turns;
      told = told || event.has_work_unclaimed();
      missed = missed || event.has_work_missed();
    }
    Hold(copied_village && copied_town, "village and town were told of the first story at once");
    Hold(acknowledged && !climbed, "the first story's case was answered before it climbed");
    Hold(relieved, "first relief is recorded in the first story");
    Hold(owed && verified && completed,
         "the first story's relief came first, and its home visit and papers afterwards");
    Hold(turns >= 200 && told && !missed,
         "two months of three meals a day and care: one had nobody, was told of in time, and none "
         "was missed");
    return absl::OkStatus();
  }

  // A year of follow-up visits; either goals, or help from others, too.
  absl::Status Followed(const std::string& number, const std::string& story, bool with_others) {
    LM_ASSIGN_OR_RETURN(const api::Case c, door_.GetCase(kDirector, number));
    Hold(c.status() == api::CASE_STATUS_CLOSED && c.outcome() == cm::OUTCOME_NEED_MET,
         absl::StrCat("the ", story, " story's case is closed with its need met"));
    LM_ASSIGN_OR_RETURN(const auto history, door_.GetHistory(kDirector, number));
    int visits = 0;
    bool late = false;
    int turns = 0;
    for (const auto& view : history) {
      const ev::Event& event = view.event();
      if (event.has_follow_up_recorded()) ++visits;
      late = late || event.follow_up_recorded().late() || event.has_work_missed();
      if (event.has_work_finished()) ++turns;
    }
    Hold(visits == 4 && turns >= 8 && !late,
         absl::StrCat("visits, services and follow-ups of the ", story, " story all came in time"));
    if (!with_others) {
      bool reached = c.goals_size() == 2;
      for (const auto& goal : c.goals()) {
        reached = reached && goal.result() == cm::GOAL_RESULT_REACHED && goal.in_time();
      }
      Hold(reached, absl::StrCat("both goals of the ", story, " story were reached in time"));
      return absl::OkStatus();
    }
    Hold(c.referrals_size() == 1 && c.referrals(0).answer() == cm::REFERRAL_ANSWER_ACCEPTED,
         "the health bureau accepted the third story's referral");
    Hold(c.resources_size() == 1 && c.resources(0).has_delivered_at(),
         "what was pledged in the third story was delivered");
    return absl::OkStatus();
  }

  absl::Status Silent() {
    LM_ASSIGN_OR_RETURN(const api::Case c, door_.GetCase(kDirector, ledger_.silent));
    LM_ASSIGN_OR_RETURN(const auto history, door_.GetHistory(kDirector, ledger_.silent));
    std::vector<int> tiers;
    bool exhausted = false;
    int reminders = 0;
    bool answered = false;
    for (const auto& view : history) {
      const ev::Event& event = view.event();
      const ev::Turn& turn =
          event.has_case_opened() ? event.case_opened().turn() : event.case_escalated().turn();
      if (turn.promise() == cm::PROMISE_ACKNOWLEDGE && turn.round() == 1) {
        tiers.push_back(turn.tier());
      }
      exhausted = exhausted || event.has_ladder_exhausted();
      if (event.has_case_reminded()) ++reminders;
      answered = answered || event.has_case_acknowledged();
    }
    // Whoever watched the demonstration may have answered it.
    if (answered) return absl::OkStatus();
    Hold(tiers == std::vector<int>{1, 2, 3, 4, 5},
         "the unanswered case was asked of grid, group, village, town and district, in this order");
    bool stays = false;
    for (const auto& clock : c.clocks()) {
      if (clock.promise() == cm::PROMISE_ACKNOWLEDGE) stays = clock.turn().exhausted();
    }
    Hold(exhausted && stays && c.status() == api::CASE_STATUS_REPORTED,
         "the unanswered case is exhausted and open");
    Hold(reminders >= 1, "the unanswered case reminds");
    return absl::OkStatus();
  }

  absl::Status Forgotten() {
    LM_ASSIGN_OR_RETURN(const auto history, door_.GetHistory(kDirector, ledger_.forgotten));
    bool climbed = false;
    for (const auto& view : history) {
      const auto& e = view.event().case_escalated();
      climbed = climbed || (e.reason() == ev::CLIMB_REASON_OVERDUE &&
                            e.turn().promise() == cm::PROMISE_FIRST_RELIEF);
    }
    Hold(climbed, "the case that was acknowledged and forgotten climbed by its relief clock");
    return absl::OkStatus();
  }

  Door& door_;
  const Ledger& ledger_;
  std::vector<std::string> broken_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckPromises(Door& door, const Ledger& ledger) {
  return Checker(door, ledger).Run();
}

}  // namespace lastmeter::demo
