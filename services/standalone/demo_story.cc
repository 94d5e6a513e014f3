#include "services/standalone/demo_story.h"

#include <algorithm>

#include "engine/base/status.h"
#include "lastmeter/api/v1/api.pb.h"
#include "services/standalone/demo_year.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rp = lastmeter::report::v1;

}  // namespace

absl::Status Story::Acknowledge(const std::string& who) {
  return t_.door->Command(who, t_.ledger->first_story, "acknowledge", api::AcknowledgeRequest())
      .status();
}

absl::Status Story::Play(Timestamp start) {
  neighbour_ = t_.Find("xu-guangming", cm::TIER_GRID, kXitangjie);
  officer_ = t_.Find("tan-dan", cm::TIER_TOWN, kXitangjie);
  if (neighbour_.empty() || officer_.empty()) {
    return absl::FailedPreconditionError(
        "the rules staff no grid and no town over Xitangjie (430112001001), where the story plays");
  }
  Year year(t_, neighbour_, officer_);
  LM_RETURN_IF_ERROR(Morning(start, &year));
  t_.Say("此后一年：时钟加快，只在有事发生时放慢",
         "The year that follows: the clock hurries, and slows down where something happens");
  year.Plan(start);
  LM_RETURN_IF_ERROR(t_.agenda->HurryUntil(Year::EndOf(start)));
  return Silence(Year::EndOf(start));
}

absl::Status Story::Morning(Timestamp start, Year* year) {
  Agenda& agenda = *t_.agenda;
  agenda.At(start, [this]() -> absl::Status {
    t_.Say("第一个故事 宇淑纯老人独居西塘街社区，在家中滑倒，儿子正在住院；邻居、网格员徐光明上报",
           "Story one. Yu Shuchun, old and living alone in Xitangjie, slips at home; her son is in "
           "hospital. Xu Guangming, neighbour and grid worker, reports it");
    api::SubmitReportRequest report;
    report.set_kind("elder-alone");
    report.set_area(t_.GridOf(kXitangjie));
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
                .area = t_.GridOf(kLantangsi),
                .reporter = std::string(kHotline),
                .answer_after = Minutes(23),
                .relief_after = Minutes(12),
                .close_after = Hours(4)})
        .status();
  });
  agenda.At(start + Minutes(5), [this]() -> absl::Status {
    t_.Say("民政专干谭丹同时被抄告，她不等轮到自己，马上签收，随即上门",
           "Tan Dan, the civil-affairs officer, was copied in; she does not wait for her turn, "
           "acknowledges at once and sets out");
    return Acknowledge(officer_);
  });
  agenda.At(start + Minutes(8), [this]() -> absl::Status {
    LM_ASSIGN_OR_RETURN(t_.ledger->forgotten, t_.trickle->File({.kind = "nobody-to-care",
                                                                .area = t_.GridOf("430112006011"),
                                                                .reporter = std::string(kHotline),
                                                                .answer_after = Minutes(6),
                                                                .close_after = Hours(3),
                                                                .forget = true}));
    return absl::OkStatus();
  });
  agenda.At(start + Minutes(14), [this]() -> absl::Status {
    t_.Say("先行救助：谭丹现场启动，手续以后补办",
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
    t_.Say(
        "一件受限个案直接报到镇里指定的人，看板只显示数量",
        "A restricted case goes straight to the town's named officer; this board only counts it");
    LM_ASSIGN_OR_RETURN(t_.ledger->restricted, t_.trickle->File({.kind = "domestic-violence",
                                                                 .area = t_.GridOf("430112009001"),
                                                                 .reporter = std::string(kHotline),
                                                                 .answer_after = Minutes(9),
                                                                 .close_after = Hours(6)}));
    return CheckRestricted();
  });
  agenda.At(start + Minutes(34), [this, start, year]() -> absl::Status {
    t_.Say("邻居和志愿者认领接力：做饭、送饭、照料",
           "Neighbours and volunteers claim turns at "
           "cooking, delivering meals and care");
    return year->PlanMeals(start);
  });
  t_.trickle->Begin(start + Minutes(11), start + Minutes(50), Minutes(10));
  return agenda.RunUntil(start + Minutes(55));
}

absl::Status Story::Silence(Timestamp start) {
  Agenda& agenda = *t_.agenda;
  t_.Say("第四个故事 市民拨打12345：茶亭镇梅花岭社区一位独居老人几天没有出门。没有人签收",
         "Story four. A citizen calls the hotline: an old man in Meihualing, Chating, has not been "
         "seen "
         "for days. Nobody answers");
  api::SubmitReportRequest report;
  report.set_kind("elder-alone");
  report.set_area(t_.GridOf(kMeihualing));
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
      t_.Say("有人签收了它", "Somebody has answered it");
      return absl::OkStatus();
    }
    if (agenda.now() > patience) {
      return absl::FailedPreconditionError("the second story's case did not climb to the top");
    }
  }
  t_.Say("五级都没有人签收：个案不会沉默，催办直到有人回答",
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
