#pragma once

#include <string>
#include <vector>

#include "tests/check/log_builder.h"

namespace lastmeter {

// A good log in which every kind of event occurs, and the places in it that tests break.
struct Story {
  using Event = LogBuilder::Event;

  inline static const std::string kFirst = "430112001001-2026-00001";
  inline static const std::string kSecond = "430112001001-2026-00002";

  inline static const std::string kThird = "430112001001-2026-00003";
  inline static const std::string kFourth = "430112001001-2026-00004";
  inline static const std::string kFifth = "430112001001-2026-00005";
  inline static const std::string kSixth = "430112001001-2026-00006";
  inline static const std::string kSeventh = "430112001001-2026-00007";
  inline static const std::string kEighth = "430112001001-2026-00008";
  inline static const std::string kNinth = "430112001001-2026-00009";
  inline static const std::string kTenth = "430112001001-2026-00010";
  inline static const std::string kEleventh = "430112001001-2026-00011";

  LogBuilder log;
  // Index of the first record of each decision, in the order of the log.
  size_t writer, rules, day, opened, climbed, attached, climbed_on, acknowledged, refused, repeated,
      noted, near_due, breached, exhausted, red_card, reminded, relieved, verified,
      papers_completed, handed_down, handed_down_again, handed_down_thrice, raised,
      acknowledged_again, recomputed, closed, reopened, acknowledged_anew, held, resumed,
      closed_again, opened_restricted, quarantined, noted_restricted, late, fallback, accepted,
      merged, settled, unheard, reassigned, extended, urged, withdrawn, planned, unclaimed,
      handed_back, claimed, lapsed, started, finished, missed, cancelled, referred, answered,
      pledged, delivered, handed_over, scheduled, certified, published, read, drilled,
      follow_up_begun, followed_up, trouble, referred_too, answered_first, goal_set, goal_overdue,
      goal_recorded, screened_out, incident, joined, digest, writer_again, heartbeat;

  Story();

  // ---- Parts to build with.
  static lastmeter::report::v1::HardshipReport MakeReport(const std::string& id,
                                                          const std::string& household);
  static lastmeter::command::v1::Command MakeCommand(const std::string& id,
                                                     const std::string& actor,
                                                     const std::string& number);
  static lastmeter::command::v1::Command MakeNote(const std::string& id, const std::string& number);
  static Event CaseEvent(const std::string& number, uint32_t cycle = 1, bool restricted = false);
  static Event Noted(const std::string& number, uint32_t cycle = 1, bool restricted = false);
  static void Fill(lastmeter::event::v1::Turn* turn, lastmeter::common::v1::Promise promise,
                   uint32_t round, lastmeter::common::v1::Tier tier, int64_t entered, int64_t due);
  static void Tell(google::protobuf::RepeatedPtrField<lastmeter::event::v1::Notice>* notices,
                   const std::string& number, int counter, lastmeter::common::v1::Tier tier);
  static void Fill(lastmeter::event::v1::ClockStart* clock, lastmeter::common::v1::Promise promise,
                   int64_t start, int64_t near_due, int64_t due, bool provisional);
  // A climb of the first promise after an unanswered turn.
  static Event Climb(const std::string& number, lastmeter::common::v1::Tier from,
                     lastmeter::common::v1::Tier to, int64_t was_due, int64_t now, int64_t due);
  // An opening with a running clock, without a turn.
  static Event Opened(const std::string& number,
                      const lastmeter::report::v1::HardshipReport& report, int64_t minute);

 private:
  void TellFirstCase();
  void TellHandDowns();
  void TellSecondCase();
  void TellTwins();
  // story_work.cc
  void TellWork();
  void TellRelay();
  void TellVisit();
  void TellReferral();
  void TellFollowUp();
  void TellScheduleAndDrill();
  // story_incident.cc
  void TellIncident();
  // story_plan.cc
  void TellSeveralReferrals();
  void TellGoals();
  void TellScreenedOut();
};

}  // namespace lastmeter
