#include "services/query/case_fold.h"

#include <algorithm>

#include "engine/core/case_applier.h"
#include "engine/core/referrals.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/query/clock_fold.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using lastmeter::view::v1::CaseRow;

constexpr int kMostTold = 64;
constexpr int kMostReports = 64;

class Folder : private ClockFold {
 public:
  Folder(const ev::Record& record, CaseRow* row)
      : ClockFold(record.log_time_ms(), row),
        record_(record),
        event_(record.event()),
        row_(row),
        shown_(*row->mutable_shown()) {}

  void Fold() {
    shown_.set_number(event_.case_number());
    shown_.set_area(event_.area());
    shown_.set_restricted(event_.restricted());
    shown_.set_drill(event_.drill());
    // A refused command leaves the case as it was.
    if (event_.case_version() > 0) shown_.set_version(event_.case_version());
    if (event_.cycle() > 0) shown_.set_cycle(event_.cycle());
    *shown_.mutable_changed_at() = ToProtoTime(record_.log_time_ms());
    if (ActedByPerson(event_)) shown_.set_quarantined(false);
    // The authorities of an opening are numbered after its turn's notices, all others before.
    if (!event_.has_case_opened()) TellAll();
    Body();
    if (event_.has_case_opened()) TellAll();
    SetTier();
    SetStatus();
  }

 private:
  void Body();

  void SetStatus() {
    if (shown_.has_closed_at()) {
      shown_.set_status(api::CASE_STATUS_CLOSED);
    } else if (row_->scheduled()) {
      shown_.set_status(api::CASE_STATUS_SCHEDULED);
    } else if (shown_.has_bulletin()) {
      shown_.set_status(api::CASE_STATUS_BULLETIN);
    } else if (row_->follow_ups()) {
      shown_.set_status(api::CASE_STATUS_FOLLOW_UP);
    } else if (shown_.handler_id().empty()) {
      shown_.set_status(api::CASE_STATUS_REPORTED);
    } else {
      shown_.set_status(shown_.relieved()   ? api::CASE_STATUS_IN_SERVICE
                        : shown_.verified() ? api::CASE_STATUS_VERIFIED
                                            : api::CASE_STATUS_ACKNOWLEDGED);
    }
  }

  // The highest tier that holds the case or is asked about one of its promises.
  void SetTier() {
    cm::Tier tier = shown_.handler_id().empty() ? cm::TIER_UNSPECIFIED : handler_tier();
    for (const auto& clock : shown_.clocks()) {
      if (Runs(clock) && clock.has_turn()) tier = std::max(tier, clock.turn().tier());
    }
    if (tier != cm::TIER_UNSPECIFIED) shown_.set_tier(tier);
  }

  cm::Tier handler_tier() const { return row_->handler_tier(); }

  void TellAll() {
    if (const auto* notices = NoticesOf(event_)) Tell(*notices);
  }

  void Tell(const google::protobuf::RepeatedPtrField<ev::Notice>& notices) {
    for (const ev::Notice& notice : notices) {
      auto& ids = *row_->mutable_told();
      const auto at = std::lower_bound(ids.begin(), ids.end(), notice.staff_id());
      if (at == ids.end() || *at != notice.staff_id()) {
        const int index = static_cast<int>(at - ids.begin());
        *ids.Add() = notice.staff_id();
        for (int i = ids.size() - 1; i > index; --i) ids.SwapElements(i, i - 1);
      }
      auto* told = shown_.add_told();
      told->set_staff_id(notice.staff_id());
      told->set_tier(notice.tier());
      told->set_purpose(notice.purpose());
      told->set_notice_id(notice.notice_id());
      *told->mutable_at() = ToProtoTime(record_.log_time_ms());
    }
    const int surplus = shown_.told_size() - kMostTold;
    if (surplus > 0) shown_.mutable_told()->DeleteSubrange(0, surplus);
  }

  void TakeTurn(const ev::Turn& turn) {
    ClockFold::TakeTurn(turn);
    Tell(turn.notices());
  }

  // The clock stands for whoever is asked next; nobody else is waited for where none is left.
  void Answer(const ev::ReferralAnswered& e) {
    if (e.has_clock()) {
      const bool paused = ClockOf(cm::PROMISE_REFERRAL).state() == api::CLOCK_STATE_PAUSED;
      StartAnew(e.clock());
      if (paused) ClockOf(cm::PROMISE_REFERRAL).set_state(api::CLOCK_STATE_PAUSED);
    } else if (EarliestReferral(row_->planned(), e.to()) == nullptr) {
      Keep(cm::PROMISE_REFERRAL);
    }
  }

  void BeginFollowUp(const ev::FollowUpBegun& e) {
    row_->set_follow_ups(true);
    for (auto& clock : *shown_.mutable_clocks()) {
      if (!Runs(clock)) continue;
      clock.set_state(clock.promise() == cm::PROMISE_RESOLVE ? api::CLOCK_STATE_MET
                                                             : api::CLOCK_STATE_STOPPED);
    }
    StartAnew(e.clock());
  }

  void Unhandle() {
    shown_.clear_handler_id();
    shown_.clear_acknowledged_at();
    row_->clear_handler_tier();
  }

  void AddReport(const std::string& report_id) {
    if (!report_id.empty() && shown_.report_ids_size() < kMostReports) {
      shown_.add_report_ids(report_id);
    }
  }

  void Open(const ev::CaseOpened& e) {
    shown_.set_kind(e.kind());
    shown_.set_level(e.level());
    *shown_.mutable_reporter() = e.reporter();
    shown_.set_reporter_tier(e.reporter_tier());
    *shown_.mutable_occurred_at() = ToProtoTime(e.occurred_at_ms());
    *shown_.mutable_accepted_at() = ToProtoTime(e.accepted_at_ms());
    *shown_.mutable_opened_at() = ToProtoTime(record_.log_time_ms());
    shown_.set_proactive(e.proactive());
    shown_.set_household_ref(e.household_ref());
    shown_.set_unreadable(e.unreadable());
    *shown_.mutable_possible_twins() = e.possible_twins();
    AddReport(e.report_id());
    lastmeter::report::v1::HardshipReport report;
    // The ticks are shown; the personal part stays in the log.
    if (!e.unreadable() && report.ParseFromString(record_.input()) && report.has_survey()) {
      *shown_.mutable_survey() = report.survey();
    }
    if (e.scheduled()) return Schedule(e);
    if (e.bulletin()) return Publish(e);
    if (e.incident()) shown_.mutable_incident();
    shown_.set_joins(e.joins());
    // The incident's ladder asks for all that joined it.
    if (e.joins().empty()) {
      StartAnswering(e.accepted_at_ms());
    } else {
      shown_.set_tier(cm::TIER_GRID);
    }
    StartClocks(e.clocks());
    if (e.has_turn()) TakeTurn(e.turn());
  }

  // Nobody is asked to take a certification on.
  void Schedule(const ev::CaseOpened& e) {
    row_->set_scheduled(true);
    StartClocks(e.clocks());
    for (const auto& clock : e.clocks()) {
      *shown_.mutable_certified_at() = ToProtoTime(clock.started_at_ms());
    }
  }

  // Nobody is asked to take a bulletin on either.
  void Publish(const ev::CaseOpened& e) {
    api::BulletinView& bulletin = *shown_.mutable_bulletin();
    bulletin.set_subject(e.subject());
    bulletin.set_grids(static_cast<uint32_t>(e.readers_size()));
    for (const auto& reader : e.readers()) {
      api::UnreadView* unread = bulletin.add_unread();
      unread->set_grid(reader.grid());
      unread->set_staff_id(reader.staff_id());
    }
    StartClocks(e.clocks());
  }

  void Read(const ev::BulletinRead& e) {
    api::BulletinView& bulletin = *shown_.mutable_bulletin();
    auto& unread = *bulletin.mutable_unread();
    for (const std::string& grid : e.grids()) {
      unread.erase(std::remove_if(unread.begin(), unread.end(),
                                  [&](const auto& one) { return one.grid() == grid; }),
                   unread.end());
    }
    bulletin.set_households(bulletin.households() + e.households());
    if (e.left() == 0) End(cm::OUTCOME_NEED_MET);
  }

  void HandOver(const ev::CaseHandedOver& e) {
    shown_.set_handler_id(e.to());
    row_->set_handler_tier(e.tier());
  }

  void AcceptMerge(const ev::MergeAccepted& e) {
    if (e.open_until_ms() == 0) return;
    api::MergeView& merge = *shown_.add_merging();
    merge.set_from(e.from());
    *merge.mutable_until() = ToProtoTime(e.open_until_ms());
    merge.set_acceptance_id(e.acceptance_id());
  }

  void SettleMerge(const ev::MergeSettled& e) {
    auto& merging = *shown_.mutable_merging();
    merging.erase(std::remove_if(merging.begin(), merging.end(),
                                 [&](const api::MergeView& merge) {
                                   return merge.acceptance_id() == e.acceptance_id();
                                 }),
                  merging.end());
  }

  void HoldBegins(const ev::CaseHeld& e) {
    api::HoldView& hold = *shown_.mutable_hold();
    hold.set_reason(e.reason());
    *hold.mutable_since() = ToProtoTime(record_.log_time_ms());
    *hold.mutable_until() = ToProtoTime(e.until_ms());
    hold.set_by(e.by().id());
    for (const int promise : e.paused()) {
      ClockOf(static_cast<cm::Promise>(promise)).set_state(api::CLOCK_STATE_PAUSED);
    }
  }

  void HoldEnds(const ev::HoldEnded& e) {
    shown_.clear_hold();
    StartClocks(e.clocks());
    for (const auto& start : e.clocks()) {
      ClockOf(start.promise()).set_state(api::CLOCK_STATE_RUNNING);
    }
  }

  void Escalate(const ev::CaseEscalated& e) {
    if (e.reason() == ev::CLIMB_REASON_RAISED) Unhandle();
    TakeTurn(e.turn());
    if (e.outage()) LateThroughUs(e.turn().promise(), e.was_due_ms(), e.turn().due_ms());
  }

  void End(cm::Outcome outcome) {
    *shown_.mutable_closed_at() = ToProtoTime(record_.log_time_ms());
    shown_.set_outcome(outcome);
    row_->clear_follow_ups();
    shown_.clear_hold();
    for (auto& clock : *shown_.mutable_clocks()) {
      if (!Runs(clock) && clock.state() != api::CLOCK_STATE_PAUSED) continue;
      // What was taken back, merged or no hardship lead was not worked on to its end.
      const bool resolved = clock.promise() == cm::PROMISE_RESOLVE && IsClosingOutcome(outcome);
      clock.set_state(resolved ? api::CLOCK_STATE_MET : api::CLOCK_STATE_STOPPED);
    }
    row_->set_answer_due_ms(0);
  }

  void Reopen(const ev::CaseReopened& e) {
    shown_.clear_closed_at();
    shown_.clear_outcome();
    shown_.clear_merged_into();
    shown_.clear_not_a_lead();
    shown_.clear_relieved();
    shown_.clear_relieved_at();
    shown_.clear_verified();
    shown_.clear_verified_at();
    shown_.clear_finding();
    shown_.clear_clocks();
    Unhandle();
    StartAnswering(record_.log_time_ms());
    StartClocks(e.clocks());
    if (e.has_turn()) TakeTurn(e.turn());
  }

  // Whoever had the case has it no more.
  void AskAnew() {
    Unhandle();
    api::ClockView& clock = ClockOf(cm::PROMISE_ACKNOWLEDGE);
    clock.set_state(api::CLOCK_STATE_RUNNING);
    clock.clear_turn();
    row_->set_answer_due_ms(0);
  }

  void HandDown(const ev::CaseHandedDown& e) {
    shown_.set_hand_downs(e.count());
    AskAnew();
    if (e.has_turn()) TakeTurn(e.turn());
  }

  // As if it had been reported so at first.
  void Correct(const ev::CaseCorrected& e) {
    shown_.set_kind(e.kind());
    shown_.set_level(e.level());
    shown_.set_household_ref(e.household_ref());
    auto& clocks = *shown_.mutable_clocks();
    clocks.erase(std::remove_if(clocks.begin(), clocks.end(),
                                [](const api::ClockView& clock) {
                                  return clock.promise() != cm::PROMISE_ACKNOWLEDGE;
                                }),
                 clocks.end());
    AskAnew();
    StartClocks(e.clocks());
    if (e.has_turn()) TakeTurn(e.turn());
  }

  void Reassign(const ev::CaseReassigned& e) {
    AskAnew();
    if (e.has_turn()) TakeTurn(e.turn());
  }

  const ev::Record& record_;
  const ev::Event& event_;
  CaseRow* const row_;
  api::Case& shown_;
};

void Folder::Body() {
  switch (event_.body_case()) {
    case ev::Event::kCaseOpened:
      return Open(event_.case_opened());
    case ev::Event::kReportAttached:
      return AddReport(event_.report_attached().report_id());
    case ev::Event::kLevelRaised:
      shown_.set_level(event_.level_raised().to());
      StartClocks(event_.level_raised().clocks());
      for (const auto& start : event_.level_raised().clocks()) {
        ClockOf(start.promise()).clear_extended();
      }
      for (const auto& turn : event_.level_raised().turns()) TakeTurn(turn);
      return;
    case ev::Event::kCaseEscalated:
      return Escalate(event_.case_escalated());
    case ev::Event::kLadderExhausted: {
      const auto& e = event_.ladder_exhausted();
      api::TurnView& turn = *ClockOf(e.promise()).mutable_turn();
      turn.set_exhausted(true);
      *turn.mutable_next_reminder_at() = ToProtoTime(e.next_reminder_ms());
      if (e.outage()) LateThroughUs(e.promise(), e.was_due_ms(), e.next_reminder_ms());
      return;
    }
    case ev::Event::kCaseReminded: {
      const auto& e = event_.case_reminded();
      api::TurnView& turn = *ClockOf(e.promise()).mutable_turn();
      turn.set_reminders(e.number());
      *turn.mutable_next_reminder_at() = ToProtoTime(e.next_reminder_ms());
      return;
    }
    case ev::Event::kClockBreached:
      return Breach(event_.clock_breached());
    case ev::Event::kClockOverdueTwice:
      return OverdueTwice(event_.clock_overdue_twice());
    case ev::Event::kCaseAcknowledged:
      shown_.set_handler_id(event_.case_acknowledged().by().id());
      row_->set_handler_tier(event_.case_acknowledged().tier());
      *shown_.mutable_acknowledged_at() = ToProtoTime(record_.log_time_ms());
      return StopAnswering(api::CLOCK_STATE_MET);
    case ev::Event::kCaseHandedDown:
      return HandDown(event_.case_handed_down());
    case ev::Event::kReliefRecorded:
      shown_.set_relieved(true);
      *shown_.mutable_relieved_at() = ToProtoTime(record_.log_time_ms());
      if (event_.relief_recorded().has_paperwork()) {
        StartClock(event_.relief_recorded().paperwork());
      }
      return Keep(cm::PROMISE_FIRST_RELIEF);
    case ev::Event::kCaseVerified:
      shown_.set_verified(true);
      *shown_.mutable_verified_at() = ToProtoTime(record_.log_time_ms());
      shown_.set_finding(event_.case_verified().finding());
      return Keep(cm::PROMISE_VERIFY);
    case ev::Event::kPaperworkCompleted:
      return Keep(cm::PROMISE_PAPERWORK);
    case ev::Event::kCaseHeld:
      return HoldBegins(event_.case_held());
    case ev::Event::kHoldEnded:
      return HoldEnds(event_.hold_ended());
    case ev::Event::kCaseClosed:
      return End(event_.case_closed().outcome());
    case ev::Event::kCaseWithdrawn:
      return End(cm::OUTCOME_WITHDRAWN);
    case ev::Event::kCaseScreenedOut:
      shown_.set_not_a_lead(event_.case_screened_out().category());
      return End(cm::OUTCOME_SCREENED_OUT);
    case ev::Event::kCaseMerged:
      shown_.set_merged_into(event_.case_merged().into());
      return End(cm::OUTCOME_MERGED);
    case ev::Event::kMergeAccepted:
      return AcceptMerge(event_.merge_accepted());
    case ev::Event::kMergeSettled:
      return SettleMerge(event_.merge_settled());
    case ev::Event::kCaseCorrected:
      return Correct(event_.case_corrected());
    case ev::Event::kClockExtended:
      StartClock(event_.clock_extended().clock());
      return ClockOf(event_.clock_extended().clock().promise()).set_extended(true);
    case ev::Event::kCaseReassigned:
      return Reassign(event_.case_reassigned());
    case ev::Event::kCaseHandedOver:
      return HandOver(event_.case_handed_over());
    case ev::Event::kBulletinRead:
      return Read(event_.bulletin_read());
    case ev::Event::kIncidentDigest:
      shown_.mutable_incident()->set_joined(event_.incident_digest().joined());
      *shown_.mutable_incident()->mutable_digest_at() = ToProtoTime(record_.log_time_ms());
      return;
    case ev::Event::kCaseCertified:
      *shown_.mutable_certified_at() = ToProtoTime(event_.case_certified().certified_at_ms());
      return StartAnew(event_.case_certified().clock());
    case ev::Event::kCaseReferred:
      if (event_.case_referred().has_clock()) StartAnew(event_.case_referred().clock());
      return;
    case ev::Event::kReferralAnswered:
      return Answer(event_.referral_answered());
    case ev::Event::kFollowUpBegun:
      return BeginFollowUp(event_.follow_up_begun());
    case ev::Event::kFollowUpRecorded:
      Keep(cm::PROMISE_FOLLOW_UP);
      if (event_.follow_up_recorded().has_clock()) StartAnew(event_.follow_up_recorded().clock());
      return;
    case ev::Event::kFollowUpEnded:
      return End(event_.follow_up_ended().outcome());
    case ev::Event::kCaseReopened:
      return Reopen(event_.case_reopened());
    case ev::Event::kDeadlinesRecomputed:
      StartClocks(event_.deadlines_recomputed().clocks());
      for (const auto& turn : event_.deadlines_recomputed().turns()) MoveTurn(turn);
      return;
    case ev::Event::kCaseQuarantined:
      shown_.set_quarantined(true);
      return;
    default:
      return;
  }
}

}  // namespace

void FoldCase(const ev::Record& record, CaseRow* row) { Folder(record, row).Fold(); }

}  // namespace lastmeter::query
