#include "services/query/work_fold.h"

#include <algorithm>
#include <optional>
#include <string>

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
    switch (event_.body_case()) {
      case ev::Event::kCaseOpened:
        *shown_.mutable_suggested_services() = shown_.survey().needs();
        return;
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
      case ev::Event::kWorkFinished:
        return Finish(event_.work_finished());
      case ev::Event::kWorkMissed:
        return Miss(event_.work_missed());
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

  void Refer(const ev::CaseReferred& e) {
    api::ReferralView& referral = *shown_.add_referrals();
    referral.set_to(e.to());
    *referral.mutable_at() = ToProtoTime(record_.log_time_ms());
    if (shown_.referrals_size() > kMostReferrals) shown_.mutable_referrals()->DeleteSubrange(0, 1);
    Add(vw::DEED_KIND_REFERRED);
  }

  void Answer(const ev::ReferralAnswered& e) {
    if (!shown_.referrals().empty()) {
      api::ReferralView& referral = *shown_.mutable_referrals(shown_.referrals_size() - 1);
      referral.set_answer(e.answer());
      referral.set_their_number(e.their_number());
      *referral.mutable_answered_at() = ToProtoTime(record_.log_time_ms());
    }
    if (e.answer() == cm::REFERRAL_ANSWER_ACCEPTED) Add(vw::DEED_KIND_REFERRAL_ACCEPTED);
    if (e.answer() == cm::REFERRAL_ANSWER_REJECTED) Add(vw::DEED_KIND_REFERRAL_REJECTED);
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
