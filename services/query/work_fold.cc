#include "services/query/work_fold.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/core/referrals.h"
#include "engine/core/work.h"
#include "services/query/case_fold.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
namespace rp = lastmeter::report::v1;
namespace vw = lastmeter::view::v1;
using Work = lastmeter::state::v1::Work;

constexpr int kMostReferrals = 16;
constexpr int kMostGoals = 16;
constexpr int kMostDeeds = 4096;

std::optional<rp::Need> NeedOf(const std::string& name) {
  rp::Need need;
  if (!rp::Need_Parse(name, &need)) return std::nullopt;
  return need;
}

class WorkFolder {
 public:
  WorkFolder(const ev::Record& record, vw::CaseRow* row)
      : record_(record), event_(record.event()), row_(*row), shown_(*row->mutable_shown()) {}

  void Fold() {
    FollowReferrals();
    switch (event_.body_case()) {
      case ev::Event::kCaseOpened:
        *shown_.mutable_suggested_services() = shown_.survey().needs();
        return;
      case ev::Event::kReportAttached:
        return Need();
      case ev::Event::kCaseReopened:
        return shown_.clear_follow_up();
      case ev::Event::kReliefRecorded:
        for (const auto& kind : event_.relief_recorded().kinds()) Meet(kind);
        return;
      case ev::Event::kWorkPlanned:
        return Plan(event_.work_planned());
      case ev::Event::kWorkClaimed:
      case ev::Event::kWorkHandedBack:
      case ev::Event::kWorkStarted:
      case ev::Event::kClaimLapsed:
      case ev::Event::kWorkCancelled:
        return Follow();
      case ev::Event::kCaseWithdrawn:
        row_.mutable_planned()->clear_works();
        return shown_.clear_works();
      case ev::Event::kCaseMerged:
        return GiveUpGoals();
      case ev::Event::kWorkFinished:
        return Finish(event_.work_finished());
      case ev::Event::kWorkMissed:
        return Miss(event_.work_missed());
      case ev::Event::kGoalSet:
        return SetGoal(event_.goal_set());
      case ev::Event::kGoalRecorded:
        return RecordGoal(event_.goal_recorded());
      case ev::Event::kCaseReferred:
        return Refer(event_.case_referred());
      case ev::Event::kReferralAnswered:
        return Answer(event_.referral_answered());
      case ev::Event::kFollowUpBegun:
        return BeginFollowUp(event_.follow_up_begun());
      case ev::Event::kFollowUpRecorded:
        return RecordFollowUp(event_.follow_up_recorded());
      case ev::Event::kResourcePledged:
        return Pledge(event_.resource_pledged());
      case ev::Event::kBulletinRead:
        return MakeKnown(event_.bulletin_read());
      case ev::Event::kCaseCertified:
        return Add(event_.case_certified().late() ? vw::DEED_KIND_CERTIFIED_LATE
                                                  : vw::DEED_KIND_CERTIFIED);
      case ev::Event::kResourceDelivered:
        return Deliver(event_.resource_delivered());
      default:
        return;
    }
  }

 private:
  // What another report of the household ticked is needed as well, unless it is on its way.
  void Need() {
    rp::HardshipReport report;
    if (!report.ParseFromString(record_.input())) return;
    auto& needs = *shown_.mutable_suggested_services();
    for (const int need : report.survey().needs()) {
      const bool planned =
          std::any_of(shown_.works().begin(), shown_.works().end(),
                      [&](const api::WorkView& work) { return work.service() == need; });
      if (!planned && std::find(needs.begin(), needs.end(), need) == needs.end()) needs.Add(need);
    }
  }

  void Meet(const std::string& kind) {
    auto& needs = *shown_.mutable_suggested_services();
    const auto need = NeedOf(kind);
    if (!need) return;
    needs.erase(std::remove(needs.begin(), needs.end(), static_cast<int>(*need)), needs.end());
  }

  // Turns go on exactly as the engine has them go on.
  void Follow() {
    ApplyToWork(*row_.mutable_planned(), event_, {record_.log_time_ms()});
    google::protobuf::RepeatedPtrField<api::WorkView> before;
    before.Swap(shown_.mutable_works());
    for (const Work& work : row_.planned().works()) {
      api::WorkView& view = *shown_.add_works();
      for (auto& old : before) {
        if (old.work_id() == work.id()) view = std::move(old);
      }
      Describe(work, &view);
    }
  }

  static void Describe(const Work& work, api::WorkView* view) {
    view->set_work_id(work.id());
    view->set_kind(work.kind());
    view->set_turn(work.turn());
    view->set_times(work.times());
    view->set_every_days(work.every_days());
    view->set_state(work.overdue()          ? api::TURN_STATE_OVERDUE
                    : work.started()        ? api::TURN_STATE_STARTED
                    : work.worker().empty() ? api::TURN_STATE_OPEN
                                            : api::TURN_STATE_CLAIMED);
    *view->mutable_from() = ToProtoTime(work.from_ms());
    *view->mutable_until() = ToProtoTime(work.until_ms());
    view->set_worker(work.worker());
    view->set_assignee(work.assignee());
    view->clear_claims();
    for (const auto& claim : work.claims()) {
      api::ClaimView* shown = view->add_claims();
      shown->set_turn(claim.turn());
      shown->set_staff_id(claim.staff_id());
    }
  }

  api::WorkView* Find(uint32_t work_id) {
    for (auto& work : *shown_.mutable_works()) {
      if (work.work_id() == work_id) return &work;
    }
    return nullptr;
  }

  void Plan(const ev::WorkPlanned& e) {
    Follow();
    if (const auto need = NeedOf(e.service())) Find(e.work_id())->set_service(*need);
    Meet(e.service());
  }

  void Finish(const ev::WorkFinished& e) {
    if (api::WorkView* work = Find(e.work_id())) work->set_done(work->done() + 1);
    Add(e.late() ? vw::DEED_KIND_TURN_LATE : vw::DEED_KIND_TURN_DONE);
    Follow();
  }

  void Miss(const ev::WorkMissed& e) {
    if (api::WorkView* work = Find(e.work_id())) work->set_missed(work->missed() + 1);
    if (!e.outage()) Add(vw::DEED_KIND_TURN_MISSED);
    Follow();
  }

  // Limits move exactly as the engine moves them.
  void FollowReferrals() {
    if (row_.planned().referrals().empty() && !event_.has_case_referred()) return;
    ApplyToReferrals(*row_.mutable_planned(), event_, {record_.log_time_ms()});
    for (const auto& one : row_.planned().referrals()) {
      api::ReferralView* referral = OpenReferral(one.to());
      if (referral != nullptr && one.clock().due_ms() != 0) {
        *referral->mutable_due_at() = ToProtoTime(one.clock().due_ms());
      }
    }
  }

  // Null where the department is not asked now.
  api::ReferralView* OpenReferral(const std::string& to) {
    for (auto& referral : *shown_.mutable_referrals()) {
      if (referral.to() == to && referral.state() == api::REFERRAL_STATE_OFFERED) return &referral;
    }
    return nullptr;
  }

  // Of more than so many the oldest that is over goes first.
  template <typename Views, typename IsOpen>
  static void Shorten(Views* views, int most, const IsOpen& is_open) {
    for (int i = 0; views->size() > most && i < views->size(); ++i) {
      if (!is_open((*views)[i])) return views->DeleteSubrange(i, 1);
    }
  }

  void Refer(const ev::CaseReferred& e) {
    api::ReferralView& referral = *shown_.add_referrals();
    referral.set_to(e.to());
    *referral.mutable_at() = ToProtoTime(record_.log_time_ms());
    referral.set_state(api::REFERRAL_STATE_OFFERED);
    const ev::ClockStart& limit = e.has_clock() ? e.clock() : e.limit();
    if (limit.due_ms() != 0) *referral.mutable_due_at() = ToProtoTime(limit.due_ms());
    Shorten(shown_.mutable_referrals(), kMostReferrals,
            [](const auto& one) { return one.state() == api::REFERRAL_STATE_OFFERED; });
    Add(vw::DEED_KIND_REFERRED);
  }

  void Answer(const ev::ReferralAnswered& e) {
    if (api::ReferralView* referral = OpenReferral(e.to())) {
      referral->set_answer(e.answer());
      referral->set_their_number(e.their_number());
      *referral->mutable_answered_at() = ToProtoTime(record_.log_time_ms());
      referral->set_state(e.answer() == cm::REFERRAL_ANSWER_ACCEPTED ? api::REFERRAL_STATE_ACCEPTED
                          : e.answer() == cm::REFERRAL_ANSWER_REJECTED
                              ? api::REFERRAL_STATE_REJECTED
                              : api::REFERRAL_STATE_WITHDRAWN);
    }
    if (e.answer() == cm::REFERRAL_ANSWER_ACCEPTED) Add(vw::DEED_KIND_REFERRAL_ACCEPTED);
    if (e.answer() == cm::REFERRAL_ANSWER_REJECTED) Add(vw::DEED_KIND_REFERRAL_REJECTED);
  }

  void SetGoal(const ev::GoalSet& e) {
    api::GoalView& goal = *shown_.add_goals();
    goal.set_goal_id(e.goal_id());
    if (const auto need = NeedOf(e.need())) goal.set_need(*need);
    *goal.mutable_set_at() = ToProtoTime(record_.log_time_ms());
    *goal.mutable_due_at() = ToProtoTime(e.due_ms());
    Shorten(shown_.mutable_goals(), kMostGoals,
            [](const auto& one) { return one.result() == cm::GOAL_RESULT_UNSPECIFIED; });
  }

  // The case that goes on has goals of its own.
  void GiveUpGoals() {
    auto& goals = *shown_.mutable_goals();
    goals.erase(
        std::remove_if(goals.begin(), goals.end(),
                       [](const auto& one) { return one.result() == cm::GOAL_RESULT_UNSPECIFIED; }),
        goals.end());
  }

  void RecordGoal(const ev::GoalRecorded& e) {
    for (auto& goal : *shown_.mutable_goals()) {
      if (goal.goal_id() != e.goal_id()) continue;
      goal.set_result(e.result());
      goal.set_in_time(e.in_time());
      *goal.mutable_recorded_at() = ToProtoTime(record_.log_time_ms());
    }
    Add(e.result() == cm::GOAL_RESULT_REACHED  ? vw::DEED_KIND_GOAL_REACHED
        : e.result() == cm::GOAL_RESULT_PARTLY ? vw::DEED_KIND_GOAL_PARTLY
                                               : vw::DEED_KIND_GOAL_DROPPED);
  }

  void BeginFollowUp(const ev::FollowUpBegun& e) {
    api::FollowUpView& follow_up = *shown_.mutable_follow_up();
    follow_up.set_outcome(e.outcome());
    *follow_up.mutable_since() = ToProtoTime(record_.log_time_ms());
    follow_up.set_left(e.visits());
  }

  void RecordFollowUp(const ev::FollowUpRecorded& e) {
    api::FollowUpView& follow_up = *shown_.mutable_follow_up();
    follow_up.set_made(e.number());
    if (follow_up.left() > 0) follow_up.set_left(follow_up.left() - 1);
    Add(e.late() ? vw::DEED_KIND_FOLLOWED_UP_LATE : vw::DEED_KIND_FOLLOWED_UP);
  }

  void Pledge(const ev::ResourcePledged& e) {
    api::ResourceView& resource = *shown_.add_resources();
    resource.set_resource_id(e.resource_id());
    if (const auto need = NeedOf(e.kind())) resource.set_kind(*need);
    resource.set_project(e.project());
    resource.set_value_fen(e.value_fen());
    *resource.mutable_pledged_at() = ToProtoTime(record_.log_time_ms());
    Meet(e.kind());
    Add(vw::DEED_KIND_PLEDGED, e.project(), e.value_fen());
  }

  void Deliver(const ev::ResourceDelivered& e) {
    for (auto& resource : *shown_.mutable_resources()) {
      if (resource.resource_id() != e.resource_id()) continue;
      resource.set_value_fen(e.value_fen());
      *resource.mutable_delivered_at() = ToProtoTime(record_.log_time_ms());
    }
    Add(vw::DEED_KIND_DELIVERED, e.project(), e.value_fen());
  }

  void MakeKnown(const ev::BulletinRead& e) {
    for (int i = 0; i < e.grids_size(); ++i) Add(vw::DEED_KIND_BULLETIN);
    if (e.households() > 0) Add(vw::DEED_KIND_HOUSEHOLDS_TOLD, {}, e.households());
  }

  void Add(vw::DeedKind kind, const std::string& project = {}, uint64_t value_fen = 0) {
    // An exercise counts nowhere.
    if (event_.drill()) return;
    vw::Deed* deed = row_.add_deeds();
    deed->set_kind(kind);
    deed->set_at_ms(record_.log_time_ms());
    deed->set_project(project);
    deed->set_value_fen(value_fen);
    if (row_.deeds_size() > kMostDeeds) row_.mutable_deeds()->DeleteSubrange(0, 1);
  }

  const ev::Record& record_;
  const ev::Event& event_;
  vw::CaseRow& row_;
  api::Case& shown_;
};

}  // namespace

void FoldWork(const ev::Record& record, vw::CaseRow* row) { WorkFolder(record, row).Fold(); }

}  // namespace lastmeter::query
