#include "services/standalone/demo_lines.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/standalone/demo_text.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;
using Notices = google::protobuf::RepeatedPtrField<ev::Notice>;

class Teller {
 public:
  Teller(const Words& words, const api::EventView& view)
      : w_(words), view_(view), event_(view.event()) {}

  std::optional<Line> Tell() {
    switch (event_.body_case()) {
      case ev::Event::kCaseOpened:
        return Opened(event_.case_opened());
      case ev::Event::kCaseEscalated:
        return Escalated(event_.case_escalated());
      case ev::Event::kTierPassed: {
        const auto& e = event_.tier_passed();
        return Make(Mood::kPlain, Pick("跳过 ", "passed "), w_.Tier(e.tier()), Colon(),
                    w_.PassReason(e.reason()));
      }
      case ev::Event::kLadderExhausted: {
        const auto& e = event_.ladder_exhausted();
        return Make(Mood::kBad, Pick("到顶仍无人回应（", "top reached, no answer ("),
                    w_.Promise(e.promise()), Pick("），催办 ", "), reminding "),
                    People(e.notices(), {}), Late(e.outage()));
      }
      case ev::Event::kCaseReminded: {
        const auto& e = event_.case_reminded();
        return Make(Mood::kBad, Pick("催办 第", "reminder "), e.number(), Pick("次：", ": "),
                    People(e.notices(), {}), Late(e.outage()));
      }
      case ev::Event::kClockNearDue: {
        const auto& e = event_.clock_near_due();
        return Make(Mood::kClimb, Pick("临期 ", "near due: "), w_.Promise(e.promise()),
                    Pick("，期限 ", ", limit "), DayText({e.due_ms()}), " ",
                    ClockText({e.due_ms()}), Pick("，提醒 ", ", told "), People(e.notices(), {}),
                    Late(e.outage()));
      }
      case ev::Event::kClockBreached: {
        const auto& e = event_.clock_breached();
        return Make(Mood::kBad, Pick("超时 ", "overdue: "), w_.Promise(e.promise()),
                    Late(e.outage()));
      }
      case ev::Event::kCaseAcknowledged: {
        const auto& e = event_.case_acknowledged();
        return Make(Mood::kGood, Pick("签收 ", "acknowledged by "), w_.Person(e.by().id()),
                    Pick(" · ", ", "), w_.Tier(e.tier()));
      }
      case ev::Event::kReliefRecorded:
        return Relief(event_.relief_recorded());
      case ev::Event::kCaseVerified: {
        const auto& e = event_.case_verified();
        return Make(Mood::kGood, Pick("入户核实 ", "verified by "), w_.Person(e.by().id()), Colon(),
                    w_.Finding(e.finding()), Text(e.text()));
      }
      case ev::Event::kPaperworkCompleted: {
        const auto& e = event_.paperwork_completed();
        return Make(Mood::kGood, Pick("手续补办完成 ", "papers completed by "),
                    w_.Person(e.by().id()), Text(e.text()));
      }
      case ev::Event::kCaseWithdrawn: {
        const auto& e = event_.case_withdrawn();
        return Make(Mood::kPlain, Pick("撤回上报 ", "report taken back by "),
                    w_.Person(e.by().id()), Text(e.reason()));
      }
      case ev::Event::kCaseUrged: {
        const auto& e = event_.case_urged();
        return Make(Mood::kClimb, Pick("催办 ", "asked once more by "), w_.Person(e.by().id()),
                    Text(e.text()));
      }
      case ev::Event::kClockExtended: {
        const auto& e = event_.clock_extended();
        return Make(Mood::kPlain, Pick("延期 ", "more time for "), w_.Promise(e.clock().promise()),
                    Pick("，批准人 ", ", by "), w_.Person(e.by().id()), Text(e.reason()));
      }
      case ev::Event::kCaseReassigned: {
        const auto& e = event_.case_reassigned();
        return Make(Mood::kClimb, Pick("改派 ", "reassigned by "), w_.Person(e.by().id()),
                    TurnText(e.turn()), Text(e.reason()));
      }
      case ev::Event::kCaseCorrected: {
        const auto& e = event_.case_corrected();
        return Make(Mood::kPlain, Pick("更正上报：", "report put right: "), w_.Kind(e.kind()),
                    TurnText(e.turn()), Text(e.reason()));
      }
      case ev::Event::kMergeAccepted:
        return Make(Mood::kPlain, Pick("待并入 ", "would go on for "),
                    event_.merge_accepted().from());
      case ev::Event::kMergeSettled: {
        const auto& e = event_.merge_settled();
        if (e.end() == ev::MERGE_END_MERGED) {
          return Make(Mood::kPlain, Pick("并入 ", "goes on for "), e.from());
        }
        if (e.end() == ev::MERGE_END_REFUSED) {
          return Make(Mood::kPlain, Pick("未并入 ", "does not go on for "), e.from());
        }
        return Make(Mood::kBad, Pick("并案无回音，请核实 ", "no word of the merge of "), e.from());
      }
      case ev::Event::kIncidentDigest:
        return Make(Mood::kPlain, Pick("汇总通知 ", "one digest each for "),
                    event_.incident_digest().notices_size(), Pick(" 人，已并入 ", " people, "),
                    event_.incident_digest().joined(), Pick(" 件", " cases have joined"));
      case ev::Event::kCaseScreenedOut: {
        const auto& e = event_.case_screened_out();
        return Make(Mood::kPlain, Pick("甄别排除 ", "screened out by "), w_.Person(e.by().id()),
                    Colon(), w_.NotALead(e.category()), Text(e.text()));
      }
      case ev::Event::kCaseMerged: {
        const auto& e = event_.case_merged();
        return Make(Mood::kPlain, Pick("并案 ", "merged into "), e.into(), Text(e.text()));
      }
      case ev::Event::kClockOverdueTwice:
        return Make(Mood::kBad, Pick("红牌督办：", "red card: "),
                    w_.Promise(event_.clock_overdue_twice().promise()));
      case ev::Event::kCaseHeld: {
        const auto& e = event_.case_held();
        return Make(Mood::kPlain, Pick("挂账 ", "on hold, by "), w_.Person(e.by().id()), Colon(),
                    w_.HoldReason(e.reason()), Text(e.text()));
      }
      case ev::Event::kHoldEnded: {
        const auto& e = event_.hold_ended();
        return Make(Mood::kPlain, Pick("恢复办理：", "hold ended: "), w_.HoldEnd(e.reason()),
                    Text(e.text()));
      }
      case ev::Event::kCaseNoted: {
        const auto& e = event_.case_noted();
        return Make(Mood::kPlain, Pick("记录 ", "note by "), w_.Person(e.by().id()), Colon(),
                    OneLine(e.text().open()));
      }
      case ev::Event::kWorkPlanned:
        return Planned(event_.work_planned());
      case ev::Event::kWorkClaimed: {
        const auto& e = event_.work_claimed();
        if (!IsTold(e.turn())) return std::nullopt;
        return Make(Mood::kGood, Pick("认领第", "turn "), e.turn(), Pick("次：", " taken by "),
                    w_.Person(e.by().id()));
      }
      case ev::Event::kWorkHandedBack: {
        const auto& e = event_.work_handed_back();
        return Make(Mood::kPlain, Pick("交还第", "turn "), e.turn(),
                    Pick("次：", " handed back by "), w_.Person(e.worker()), Text(e.reason()));
      }
      case ev::Event::kWorkStarted: {
        const auto& e = event_.work_started();
        if (!IsTold(e.turn())) return std::nullopt;
        return Make(Mood::kPlain, Pick("第", "turn "), e.turn(), Pick("次开始：", " begun by "),
                    w_.Person(e.by().id()));
      }
      case ev::Event::kWorkFinished: {
        const auto& e = event_.work_finished();
        if (!IsTold(e.turn())) return std::nullopt;
        return Make(Mood::kGood, Pick("第", "turn "), e.turn(), Pick("次完成：", " done by "),
                    w_.Person(e.worker()), Text(e.text()));
      }
      case ev::Event::kWorkUnclaimed: {
        const auto& e = event_.work_unclaimed();
        return Make(Mood::kClimb, Pick("第", "turn "), e.turn(),
                    Pick("次尚无人认领，告知 ", " is nobody's yet; told: "),
                    People(e.notices(), {}), Late(e.outage()));
      }
      case ev::Event::kClaimLapsed: {
        const auto& e = event_.claim_lapsed();
        return Make(Mood::kClimb, Pick("第", "turn "), e.turn(),
                    Pick("次认领失效：", " lapsed, not begun by "), w_.Person(e.worker()),
                    Late(e.outage()));
      }
      case ev::Event::kWorkMissed: {
        const auto& e = event_.work_missed();
        return Make(Mood::kBad, Pick("第", "turn "), e.turn(),
                    e.started() ? Pick("次到时未结束，告知 ", " has not come to its end; told: ")
                                : Pick("次无人完成，告知 ", " was missed; told: "),
                    People(e.notices(), {}), Late(e.outage()));
      }
      case ev::Event::kWorkCancelled:
        return Make(Mood::kPlain, Pick("取消安排：", "plan cancelled by "),
                    w_.Person(event_.work_cancelled().by().id()),
                    Text(event_.work_cancelled().reason()));
      case ev::Event::kCaseReferred: {
        const auto& e = event_.case_referred();
        return Make(Mood::kPlain, Pick("转介 ", "referred to "), w_.Department(e.to()),
                    Text(e.reason()));
      }
      case ev::Event::kReferralAnswered: {
        const auto& e = event_.referral_answered();
        return Make(e.answer() == cm::REFERRAL_ANSWER_ACCEPTED ? Mood::kGood : Mood::kPlain,
                    w_.Department(e.to()), Pick("", " "), w_.ReferralAnswer(e.answer()),
                    Pick(" ", " "), OneLine(e.their_number()), Text(e.text()));
      }
      case ev::Event::kFollowUpBegun: {
        const auto& e = event_.follow_up_begun();
        return Make(Mood::kGood, w_.Outcome(e.outcome()), Pick("，转入回访（", "; followed up "),
                    e.visits(), Pick(" 次）", " times"), Text(e.text()));
      }
      case ev::Event::kFollowUpRecorded: {
        const auto& e = event_.follow_up_recorded();
        return Make(Mood::kGood, Pick("第 ", "follow-up "), e.number(), Pick(" 次回访：", ": "),
                    w_.FollowUpFinding(e.finding()), Text(e.text()));
      }
      case ev::Event::kFollowUpEnded: {
        const auto& e = event_.follow_up_ended();
        return Make(Mood::kGood, Pick("回访结束：", "following up ended: "),
                    w_.FollowUpEnd(e.reason()), Pick("，", ", "), w_.Outcome(e.outcome()));
      }
      case ev::Event::kResourcePledged: {
        const auto& e = event_.resource_pledged();
        return Make(Mood::kPlain, Pick("链接资源 ", "resource pledged: "), w_.Need(e.kind()),
                    Pick("，", ", "), w_.Yuan(e.value_fen()), Text(e.text()));
      }
      case ev::Event::kResourceDelivered: {
        const auto& e = event_.resource_delivered();
        return Make(Mood::kGood, Pick("资源到位 ", "resource delivered: "), w_.Yuan(e.value_fen()),
                    Text(e.text()));
      }
      case ev::Event::kGoalSet: {
        const auto& e = event_.goal_set();
        return Make(Mood::kPlain, Pick("设定目标 ", "goal "), e.goal_id(), Colon(),
                    w_.Need(e.need()), Pick("，", ", by "), DayText({e.due_ms()}), Text(e.text()));
      }
      case ev::Event::kGoalRecorded: {
        const auto& e = event_.goal_recorded();
        return Make(e.result() == cm::GOAL_RESULT_DROPPED ? Mood::kPlain : Mood::kGood,
                    Pick("目标 ", "goal "), e.goal_id(), Pick(" ", " "), w_.GoalResult(e.result()),
                    Text(e.text()));
      }
      case ev::Event::kGoalOverdue: {
        const auto& e = event_.goal_overdue();
        return Make(Mood::kClimb, Pick("目标 ", "goal "), e.goal_id(),
                    Pick(" 到期未记录，告知 ", " has come due; told: "), People(e.notices(), {}),
                    Late(e.outage()));
      }
      case ev::Event::kCaseHandedOver: {
        const auto& e = event_.case_handed_over();
        return Make(Mood::kPlain, Pick("移交 ", "handed over: "), w_.Person(e.from()), " → ",
                    w_.Person(e.to()), Text(e.reason()));
      }
      case ev::Event::kBulletinRead: {
        const auto& e = event_.bulletin_read();
        return Make(Mood::kGood, Pick("政策宣传到户 ", "made known by "), w_.Person(e.by().id()),
                    Pick("，户数 ", ", households "), e.households(),
                    Pick("，未传达网格 ", ", grids left "), e.left());
      }
      case ev::Event::kCaseCertified: {
        const auto& e = event_.case_certified();
        return Make(Mood::kGood, Pick("生存认证完成 ", "certified by "), w_.Person(e.by().id()),
                    Text(e.text()));
      }
      case ev::Event::kCaseClosed: {
        const auto& e = event_.case_closed();
        return Make(Mood::kGood, Pick("办结 ", "closed by "), w_.Person(e.by().id()), Colon(),
                    w_.Outcome(e.outcome()), Text(e.text()));
      }
      case ev::Event::kCaseReopened: {
        const auto& e = event_.case_reopened();
        return Make(Mood::kNew, Pick("重新办理 ", "reopened by "), w_.Person(e.by().id()),
                    Text(e.reason()));
      }
      case ev::Event::kReportAttached:
        return Make(Mood::kNew, Pick("并入新的上报（", "another report attached ("),
                    w_.Person(event_.report_attached().reporter().id()), Pick("）", ")"));
      case ev::Event::kLevelRaised: {
        const auto& e = event_.level_raised();
        return Make(Mood::kClimb, Pick("提级 ", "level raised: "), w_.Level(e.from()), " → ",
                    w_.Level(e.to()), Text(e.reason()));
      }
      case ev::Event::kCaseHandedDown: {
        const auto& e = event_.case_handed_down();
        return Make(Mood::kClimb, Pick("交办 ", "handed down: "), w_.Tier(e.from_tier()), " → ",
                    w_.Tier(e.to_tier()), TurnText(e.turn()), Text(e.reason()));
      }
      case ev::Event::kDistrictTold:
        return Make(Mood::kBad, Pick("报告区级：", "district told: "),
                    People(event_.district_told().notices(), {}));
      case ev::Event::kCommandRejected:
        return Make(Mood::kPlain, Pick("未受理 ", "refused: "),
                    w_.Person(event_.command_rejected().by().id()), Colon(),
                    OneLine(event_.command_rejected().detail()));
      case ev::Event::kCaseQuarantined:
      case ev::Event::kInputQuarantined:
        return Make(Mood::kBad, Pick("隔离，等待人工查看", "set aside; somebody must look"));
      case ev::Event::kRulesInstalled:
        if (view_.partition() != 0) return std::nullopt;
        return Make(Mood::kPlain, Pick("规则生效 ", "rules in force: "),
                    OneLine(event_.rules_installed().version()));
      default:
        return std::nullopt;
    }
  }

 private:
  std::string_view Pick(std::string_view zh, std::string_view en) const { return w_.Pick(zh, en); }
  std::string_view Colon() const { return Pick("：", ": "); }
  std::string_view Late(bool outage) const {
    return outage ? Pick("（系统延误）", " (late through us)") : std::string_view();
  }

  static std::string Part(std::string_view text) { return std::string(text); }
  static std::string Part(uint32_t number) { return std::to_string(number); }

  template <typename... Parts>
  Line Make(Mood mood, const Parts&... parts) const {
    const Timestamp at = FromApi(view_.time());
    Line line{mood, absl::StrCat(DayText(at), " ", ClockText(at), "  ")};
    line.text += Fit(event_.case_number().empty() ? "-" : CaseTail(event_.case_number()), 10);
    line.text += "  ";
    if (event_.drill()) line.text += Pick("【演练】", "[drill] ");
    ((line.text += Part(parts)), ...);
    return line;
  }

  // "; text" of what somebody wrote; empty without.
  std::string Text(const cm::PersonalText& text) const {
    if (text.open().empty()) return "";
    return Part(Pick("；", "; ")) + OneLine(text.open());
  }

  // Names of those told for one of these purposes, each once; all when no purpose is given.
  std::string People(const Notices& notices, std::initializer_list<ev::Purpose> purposes) const {
    std::string names;
    int more = 0;
    int shown = 0;
    for (const auto& notice : notices) {
      bool wanted = purposes.size() == 0;
      for (const ev::Purpose purpose : purposes) wanted = wanted || notice.purpose() == purpose;
      if (!wanted) continue;
      if (++shown > 3) {
        ++more;
        continue;
      }
      if (!names.empty()) names += Pick("、", ", ");
      names += w_.Person(notice.staff_id());
    }
    if (more > 0) names += absl::StrCat(" +", more);
    return names;
  }

  std::string TurnText(const ev::Turn& turn) const {
    if (turn.due_ms() == 0) return "";
    const std::string day = DateOf({turn.due_ms()}) == DateOf(FromApi(view_.time()))
                                ? ""
                                : DayText({turn.due_ms()}) + " ";
    std::string text;
    if (w_.lang() == Lang::kZh) {
      text = absl::StrCat("；轮到", ToAbsl(w_.Tier(turn.tier())), "：",
                          People(turn.notices(), {ev::PURPOSE_ANSWER}), "，", day,
                          ClockText({turn.due_ms()}), " 前");
    } else {
      text = absl::StrCat("; turn of the ", ToAbsl(w_.Tier(turn.tier())), ": ",
                          People(turn.notices(), {ev::PURPOSE_ANSWER}), ", until ", day,
                          ClockText({turn.due_ms()}));
    }
    const std::string copies = People(turn.notices(), {ev::PURPOSE_COPY});
    if (!copies.empty()) text += Part(Pick("；抄告 ", "; copied in: ")) + copies;
    return text;
  }

  // Of many turns that go as planned, a few.
  static bool IsTold(uint32_t turn) { return turn <= 2 || turn % 20 == 0; }

  Line Planned(const ev::WorkPlanned& e) const {
    const std::string what =
        e.kind() == cm::WORK_KIND_VISIT ? Part(Pick("入户走访", "a visit")) : w_.Need(e.service());
    const std::string when =
        DayText({e.from_ms()}) + " " + ClockText({e.from_ms()}) + "–" + ClockText({e.until_ms()});
    std::string text = Part(Pick("安排 ", "planned: ")) + what + Part(Pick("，", ", ")) + when;
    if (e.times() > 1) {
      text += Part(Pick("，共 ", ", ")) + std::to_string(e.times()) + Part(Pick(" 次", " times"));
    }
    if (!e.assignee().empty()) text += Part(Pick("，", ", ")) + w_.Person(e.assignee());
    return Make(Mood::kPlain, text);
  }

  Line Opened(const ev::CaseOpened& e) const {
    return Make(Mood::kNew, Pick("上报 ", "reported: "), w_.Level(e.level()), Pick("·", ", "),
                w_.Kind(e.kind()), Pick("，", ", "), w_.Village(event_.area()), Pick("（", " (by "),
                w_.Person(e.reporter().id()), Pick("）", ")"), TurnText(e.turn()));
  }

  Line Escalated(const ev::CaseEscalated& e) const {
    std::string why;
    switch (e.reason()) {
      case ev::CLIMB_REASON_UNANSWERED:
        why = Pick("无人签收", "unanswered");
        break;
      case ev::CLIMB_REASON_OVERDUE:
        why =
            absl::StrCat(ToAbsl(w_.Promise(e.turn().promise())), ToAbsl(Pick("超时", " overdue")));
        break;
      case ev::CLIMB_REASON_RAISED:
        why = Pick("人工上报", "raised by hand");
        break;
      case ev::CLIMB_REASON_FALLBACK:
        why = Pick("无人可问，兜底岗接手", "to the fallback post");
        break;
      default:
        why = Pick("下级空缺", "nobody below");
        break;
    }
    if (e.reason() == ev::CLIMB_REASON_UNANSWERED &&
        e.turn().promise() != cm::PROMISE_ACKNOWLEDGE) {
      why =
          absl::StrCat(ToAbsl(w_.Promise(e.turn().promise())), ToAbsl(Pick("无人处理", " unmet")));
    }
    const std::string from = e.from_tier() == cm::TIER_UNSPECIFIED
                                 ? std::string()
                                 : absl::StrCat(ToAbsl(w_.Tier(e.from_tier())), " ");
    return Make(Mood::kClimb, Pick("升级上报 ", "climbs: "), from, "→ ", w_.Tier(e.turn().tier()),
                Pick("，", ", "), why, Late(e.outage()), TurnText(e.turn()));
  }

  Line Relief(const ev::ReliefRecorded& e) const {
    std::string kinds;
    for (const auto& kind : e.kinds()) {
      if (!kinds.empty()) kinds += Pick("、", ", ");
      kinds += w_.Need(kind);
    }
    return Make(Mood::kGood, Pick("先行救助 ", "relief by "), w_.Person(e.by().id()), Colon(),
                kinds, Text(e.text()));
  }

  const Words& w_;
  const api::EventView& view_;
  const ev::Event& event_;
};

}  // namespace

std::optional<Line> EventLine(const Words& words, const api::EventView& view) {
  return Teller(words, view).Tell();
}

}  // namespace lastmeter::demo
