#include "services/standalone/demo_story.h"

#include <algorithm>

#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rp = lastmeter::report::v1;

// Where the stories take place: Xitangjie in Gaotangling, Meihualing in Chating, Lantangsi in
// Qiaokou.
constexpr std::string_view kXitangjie = "430112001001";
constexpr std::string_view kMeihualing = "430112103001";
constexpr std::string_view kLantangsi = "430112107208";

}  // namespace

std::string Story::Find(std::string_view staff_id, cm::Tier tier, std::string_view area) const {
  std::string other;
  for (const auto& post : t_.rules->roster()) {
    if (post.staff_id() == staff_id) return post.staff_id();
    const size_t n = std::min(post.area().size(), area.size());
    if (post.tier() == tier && post.area().substr(0, n) == area.substr(0, n)) {
      other = post.staff_id();
    }
  }
  return other;
}

std::string Story::GridOf(std::string_view village) const {
  for (const auto& area : t_.rules->areas()) {
    if (area.tier() == cm::TIER_GRID && area.code().compare(0, 12, village) == 0) {
      return area.code();
    }
  }
  return std::string(village);
}

void Story::Say(std::string_view zh, std::string_view en) {
  t_.settle();
  t_.narrate(std::string(t_.words->Pick(zh, en)));
}

absl::Status Story::Acknowledge(const std::string& who) {
  return t_.door->Command(who, t_.ledger->first_story, "acknowledge", api::AcknowledgeRequest())
      .status();
}

absl::Status Story::Note(const std::string& who, std::string_view zh, std::string_view en) {
  api::NoteRequest note;
  note.set_text(std::string(t_.words->Pick(zh, en)));
  return t_.door->Command(who, t_.ledger->first_story, "note", note).status();
}

absl::Status Story::Close(const std::string& who, cm::Outcome outcome, std::string_view zh,
                          std::string_view en) {
  LM_ASSIGN_OR_RETURN(const api::Case c, t_.door->GetCase(who, t_.ledger->first_story));
  api::CloseRequest close;
  close.set_outcome(outcome);
  close.set_case_version(c.version());
  close.set_text(std::string(t_.words->Pick(zh, en)));
  return t_.door->Command(who, t_.ledger->first_story, "close", close).status();
}

absl::Status Story::Play(Timestamp start) {
  neighbour_ = Find("xu-guangming", cm::TIER_GRID, kXitangjie);
  officer_ = Find("tan-dan", cm::TIER_TOWN, kXitangjie);
  if (neighbour_.empty() || officer_.empty()) {
    return absl::FailedPreconditionError(
        "the rules staff no grid and no town over Xitangjie (430112001001), where the story plays");
  }
  LM_RETURN_IF_ERROR(Morning(start));
  // The first working day after the October holidays that is not needed for anything else.
  const Timestamp autumn = start + Days(73);
  LM_RETURN_IF_ERROR(LongRelay(start));
  LM_RETURN_IF_ERROR(t_.agenda->HurryUntil(autumn));
  return Silence(autumn);
}

absl::Status Story::Morning(Timestamp start) {
  Agenda& agenda = *t_.agenda;
  agenda.At(start, [this]() -> absl::Status {
    Say("第一个故事 宇淑纯老人独居西塘街社区，在家中滑倒，儿子正在住院；邻居、网格员徐光明上报",
        "Story one. Yu Shuchun, old and living alone in Xitangjie, slips at home; her son is in "
        "hospital. Xu Guangming, neighbour and grid worker, reports it");
    api::SubmitReportRequest report;
    report.set_kind("elder-alone");
    report.set_area(GridOf(kXitangjie));
    report.set_household_ref("demo-household-1");
    report.set_proactive(true);
    auto& survey = *report.mutable_survey();
    for (const auto sign : {rp::SIGN_FALLEN, rp::SIGN_LIVES_ALONE, rp::SIGN_NOBODY_TO_CARE}) {
      survey.add_signs(sign);
    }
    for (const auto need : {rp::NEED_MEALS, rp::NEED_NURSING, rp::NEED_MEDICAL_REFERRAL}) {
      survey.add_needs(need);
    }
    survey.add_difficulties(rp::DIFFICULTY_LIVING);
    survey.add_causes(rp::CAUSE_OLD_AGE);
    survey.add_causes(rp::CAUSE_ACCIDENT);
    report.mutable_personal()->set_name("宇淑纯");
    report.mutable_personal()->set_remarks("在家中滑倒，儿子住院，身边无人照料");
    LM_ASSIGN_OR_RETURN(const auto outcome,
                        t_.door->Report(neighbour_, report, "demo-first-story"));
    t_.ledger->reports.push_back({neighbour_, "demo-first-story"});
    t_.ledger->first_story = outcome.case_number();
    return absl::OkStatus();
  });
  agenda.At(start + Minutes(2), [this]() -> absl::Status {
    // Climbs once before the group answers.
    return t_.trickle
        ->File({.kind = "fire-disaster",
                .area = GridOf(kLantangsi),
                .reporter = std::string(kHotline),
                .answer_after = Minutes(23),
                .relief_after = Minutes(12),
                .close_after = Hours(4)})
        .status();
  });
  agenda.At(start + Minutes(5), [this]() -> absl::Status {
    Say("民政专干谭丹同时被抄告，她不等轮到自己，马上签收，随即上门",
        "Tan Dan, the civil-affairs officer, was copied in; she does not wait for her turn, "
        "acknowledges at once and sets out");
    return Acknowledge(officer_);
  });
  agenda.At(start + Minutes(8), [this]() -> absl::Status {
    LM_ASSIGN_OR_RETURN(t_.ledger->forgotten, t_.trickle->File({.kind = "nobody-to-care",
                                                                .area = GridOf("430112006011"),
                                                                .reporter = std::string(kHotline),
                                                                .answer_after = Minutes(6),
                                                                .close_after = Hours(3),
                                                                .forget = true}));
    return absl::OkStatus();
  });
  agenda.At(start + Minutes(14), [this]() -> absl::Status {
    Say("先行救助：谭丹现场启动，手续以后补办",
        "Relief first, paperwork afterwards: Tan Dan starts "
        "emergency help on the spot");
    api::ReliefRequest relief;
    relief.add_kinds(rp::NEED_CASH);
    relief.add_kinds(rp::NEED_MEALS);
    relief.add_kinds(rp::NEED_NURSING);
    relief.set_text(
        std::string(t_.words->Pick("送医检查，留人照看", "seen by a doctor, not left alone")));
    return t_.door->Command(officer_, t_.ledger->first_story, "relief", relief).status();
  });
  agenda.At(start + Minutes(21), [this] {
    api::VerifyRequest verify;
    verify.set_finding(cm::FINDING_AS_REPORTED);
    return t_.door->Command(officer_, t_.ledger->first_story, "verify", verify).status();
  });
  agenda.At(start + Minutes(17), [this]() -> absl::Status {
    Say("一件受限个案直接报到镇里指定的人，看板只显示数量",
        "A restricted case goes straight to the town's named officer; this board only counts it");
    LM_ASSIGN_OR_RETURN(t_.ledger->restricted, t_.trickle->File({.kind = "domestic-violence",
                                                                 .area = GridOf("430112009001"),
                                                                 .reporter = std::string(kHotline),
                                                                 .answer_after = Minutes(9),
                                                                 .close_after = Hours(6)}));
    return CheckRestricted();
  });
  agenda.At(start + Minutes(34), [this]() -> absl::Status {
    Say("邻居和志愿者认领接力：做饭、送饭、照料",
        "Neighbours and volunteers claim turns at "
        "cooking, delivering meals and care");
    return Note(neighbour_, "接力排好：早饭对门邻居，午饭志愿者，晚饭和陪护徐光明",
                "turns agreed: breakfast the neighbour opposite, lunch a volunteer, supper and "
                "the evening Xu Guangming");
  });
  t_.trickle->Begin(start + Minutes(11), start + Minutes(50), Minutes(10));
  return agenda.RunUntil(start + Minutes(55));
}

absl::Status Story::LongRelay(Timestamp start) {
  Agenda& agenda = *t_.agenda;
  const Timestamp day = StartOf(DateOf(start));
  Say("此后两个多月：时钟加快，只在有事发生时放慢",
      "The next ten weeks: the clock hurries, and slows down where something happens");
  const auto note = [&](Timestamp when, std::string_view zh, std::string_view en) {
    agenda.At(when, [this, zh, en] { return Note(neighbour_, zh, en); });
  };
  note(day + Days(1) + Hours(12), "接力第2天：志愿者送午饭，老人能坐起来了",
       "relay, day 2: a volunteer brought lunch; she can sit up");
  note(day + Days(4) + Hours(18), "接力第5天：邻居做晚饭，扶着走了几步",
       "relay, day 5: a neighbour cooked supper; a few steps on somebody's arm");
  agenda.At(day + Days(5) + Hours(10), [this] {
    return t_.door->Command(officer_, t_.ledger->first_story, "paperwork", api::PaperworkRequest())
        .status();
  });
  agenda.At(day + Days(7) + Hours(10), [this] {
    return Close(officer_, cm::OUTCOME_PARTLY_MET, "手续补办完毕；接力照料继续，定期回访",
                 "paperwork done; the relay goes on, with follow-up visits");
  });
  agenda.At(day + Days(31) + Hours(10), [this] {
    return FollowUp(cm::OUTCOME_PARTLY_MET, "接力满一个月：能自己热饭，仍有人每天上门",
                    "a month of turns: she warms her own meals; somebody still comes every day",
                    "接力照料继续", "the relay goes on");
  });
  LM_RETURN_IF_ERROR(agenda.HurryUntil(day + Days(72) + Hours(10)));
  LM_RETURN_IF_ERROR(
      FollowUp(cm::OUTCOME_NEED_MET, "接力两个多月：老人基本康复，能自己做饭，志愿者改为每周探望",
               "two months and more of turns: she has mostly recovered and cooks for "
               "herself; volunteers now visit weekly",
               "基本康复", "mostly recovered"));
  Say("宇淑纯老人基本康复，个案办结", "Yu Shuchun has mostly recovered; her case is closed");
  return absl::OkStatus();
}

absl::Status Story::FollowUp(cm::Outcome outcome, std::string_view note_zh,
                             std::string_view note_en, std::string_view end_zh,
                             std::string_view end_en) {
  api::ReopenRequest reopen;
  reopen.set_reason(std::string(t_.words->Pick("回访", "follow-up visit")));
  LM_RETURN_IF_ERROR(t_.door->Command(officer_, t_.ledger->first_story, "reopen", reopen).status());
  LM_RETURN_IF_ERROR(Acknowledge(officer_));
  LM_RETURN_IF_ERROR(Note(officer_, note_zh, note_en));
  return Close(officer_, outcome, end_zh, end_en);
}

absl::Status Story::Silence(Timestamp start) {
  Agenda& agenda = *t_.agenda;
  Say("第二个故事 市民拨打12345：茶亭镇梅花岭社区一位独居老人几天没有出门。没有人签收",
      "Story two. A citizen calls the hotline: an old man in Meihualing, Chating, has not been "
      "seen "
      "for days. Nobody answers");
  api::SubmitReportRequest report;
  report.set_kind("elder-alone");
  report.set_area(GridOf(kMeihualing));
  report.mutable_survey()->add_signs(rp::SIGN_LIVES_ALONE);
  report.mutable_survey()->add_signs(rp::SIGN_NO_ANSWER_AT_DOOR);
  LM_ASSIGN_OR_RETURN(const auto outcome, t_.door->Report(kHotline, report, "demo-second-story"));
  t_.ledger->reports.push_back({std::string(kHotline), "demo-second-story"});
  t_.ledger->silent = outcome.case_number();
  t_.trickle->Begin(start + Minutes(6), start + Days(3650), Minutes(14));
  // 15 + 15 + 30 + 30 + 30 minutes by the shipped rules; with others, as long as it takes.
  const Timestamp patience = agenda.now() + Days(30);
  for (bool exhausted = false; !exhausted;) {
    LM_RETURN_IF_ERROR(agenda.RunUntil(agenda.now() + Minutes(5)));
    LM_ASSIGN_OR_RETURN(const api::Case c, t_.door->GetCase(kDirector, t_.ledger->silent));
    for (const auto& clock : c.clocks()) {
      if (clock.promise() != cm::PROMISE_ACKNOWLEDGE) continue;
      exhausted = clock.turn().exhausted() && clock.turn().reminders() > 0;
    }
    // Somebody who watches has answered it: a better end than the one that was planned.
    if (!c.handler_id().empty()) {
      Say("有人签收了它", "Somebody has answered it");
      return absl::OkStatus();
    }
    if (agenda.now() > patience) {
      return absl::FailedPreconditionError("the second story's case did not climb to the top");
    }
  }
  Say("五级都没有人签收：个案不会沉默，催办直到有人回答",
      "None of the five tiers has answered: the case does not fall silent, it reminds until "
      "somebody does");
  return absl::OkStatus();
}

absl::Status Story::CheckRestricted() {
  LM_ASSIGN_OR_RETURN(const Door::OpenCases open, t_.door->GetOpenCases(kBoard));
  const bool named = std::any_of(open.cases.begin(), open.cases.end(), [this](const api::Case& c) {
    return c.number() == t_.ledger->restricted;
  });
  t_.ledger->restricted_only_counted = !named && open.restricted_count >= 1;
  return absl::OkStatus();
}

}  // namespace lastmeter::demo
