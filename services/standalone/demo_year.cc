#include "services/standalone/demo_year.h"

#include <array>
#include <memory>
#include <utility>

#include "engine/base/status.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace rp = lastmeter::report::v1;

// Three meals a day for two months, and care every third day.
constexpr uint32_t kDays = 62;
struct Meal {
  uint32_t work_id;
  Millis from;
  Millis lasts;
};
constexpr std::array<Meal, 3> kMeals{
    {{1, Hours(7), Minutes(75)}, {2, Hours(11), Minutes(90)}, {3, Hours(17), Minutes(90)}}};
constexpr const Meal& kLunch = kMeals[1];
// A lunch that nobody claims in time.
constexpr uint32_t kOpenLunch = 9;
constexpr Meal kCare{4, Hours(15), Minutes(60)};
constexpr uint32_t kCareEveryDays = 3;
constexpr uint32_t kCareTurns = kDays / kCareEveryDays;

bool IsOpen(const Meal& meal, uint32_t turn) {
  return meal.work_id == kLunch.work_id && turn == kOpenLunch;
}

template <typename Message>
std::shared_ptr<Message> Body() {
  return std::make_shared<Message>();
}

google::protobuf::Value TimeValue(Timestamp t) {
  google::protobuf::Value value;
  value.set_string_value(FormatRfc3339(t));
  return value;
}

// Whoever brings a meal. The two neighbours are volunteers of the roster; where the rules have
// none, the grid worker goes each time.
std::string Cook(const StoryTools& tools, const std::string& neighbour, const Meal& meal,
                 uint32_t turn) {
  if (IsOpen(meal, turn)) return neighbour;
  const std::array<std::string_view, 2> volunteers{"zhou-meilan", "he-xiaoyu"};
  const std::string_view id = volunteers.at((turn + meal.work_id) % 2);
  return tools.cast->TokenOf(id).empty() ? neighbour : std::string(id);
}

std::shared_ptr<api::PlanWorkRequest> Visits(Timestamp from, Millis length, uint32_t times,
                                             uint32_t every_days, const std::string& assignee) {
  auto plan = Body<api::PlanWorkRequest>();
  plan->set_kind(cm::WORK_KIND_VISIT);
  *plan->mutable_from() = TimeValue(from);
  *plan->mutable_until() = TimeValue(from + length);
  plan->set_times(times);
  plan->set_every_days(every_days);
  plan->set_assignee(assignee);
  return plan;
}

std::shared_ptr<api::PlanWorkRequest> Service(rp::Need need, Timestamp from, Millis length,
                                              uint32_t times, uint32_t every_days,
                                              const std::string& assignee) {
  auto plan = Visits(from, length, times, every_days, assignee);
  plan->set_kind(cm::WORK_KIND_SERVICE);
  plan->set_service(need);
  return plan;
}

}  // namespace

Timestamp Year::EndOf(Timestamp start) { return start + Days(352); }

std::string Year::Text(std::string_view zh, std::string_view en) const {
  return std::string(t_.words->Pick(zh, en));
}

void Year::At(Timestamp when, const std::string* number, const std::string& who, std::string action,
              std::shared_ptr<google::protobuf::Message> body) {
  t_.agenda->At(when, [this, number, who, action = std::move(action), body = std::move(body)] {
    return t_.door->Command(who, *number, action, *body).status();
  });
}

void Year::SayAt(Timestamp when, std::string_view zh, std::string_view en) {
  t_.agenda->At(when, [this, zh, en] {
    t_.Say(zh, en);
    return absl::OkStatus();
  });
}

void Year::FollowUpAt(Timestamp when, const std::string* number, const std::string& who,
                      uint32_t visits, std::string_view zh, std::string_view en) {
  t_.agenda->At(when, [this, number, who, visits, zh, en]() -> absl::Status {
    LM_ASSIGN_OR_RETURN(const api::Case c, t_.door->GetCase(who, *number));
    api::BeginFollowUpRequest begin;
    begin.set_outcome(cm::OUTCOME_NEED_MET);
    begin.set_visits(visits);
    begin.set_case_version(c.version());
    begin.set_text(Text(zh, en));
    return t_.door->Command(who, *number, "beginFollowUp", begin).status();
  });
}

void Year::VisitedAt(Timestamp when, const std::string* number, const std::string& who,
                     std::string_view zh, std::string_view en) {
  auto visit = Body<api::RecordFollowUpRequest>();
  visit->set_finding(cm::FOLLOW_UP_FINDING_STABLE);
  visit->set_text(Text(zh, en));
  At(when, number, who, "recordFollowUp", std::move(visit));
}

void Year::TurnAt(Timestamp begin, const std::string* number, uint32_t work_id, uint32_t turn,
                  const std::string& who) {
  auto start = Body<api::StartWorkRequest>();
  start->set_work_id(work_id);
  start->set_turn(turn);
  At(begin, number, who, "startWork", std::move(start));
  auto finish = Body<api::FinishWorkRequest>();
  finish->set_work_id(work_id);
  finish->set_turn(turn);
  At(begin + Minutes(30), number, who, "finishWork", std::move(finish));
}

void Year::TurnsAt(Timestamp first, uint32_t times, uint32_t every_days, const std::string* number,
                   uint32_t work_id, const std::string& who) {
  for (uint32_t turn = 1; turn <= times; ++turn) {
    TurnAt(first + Days(int64_t{every_days} * (turn - 1)), number, work_id, turn, who);
  }
}

absl::Status Year::PlanMeals(Timestamp start) {
  const std::string& number = t_.ledger->first_story;
  const Timestamp tomorrow = StartOf(DateOf(start)) + Days(1);
  for (const Meal& meal : kMeals) {
    const auto plan = Service(rp::NEED_MEALS, tomorrow + meal.from, meal.lasts, kDays, 1, "");
    LM_RETURN_IF_ERROR(t_.door->Command(officer_, number, "planWork", *plan).status());
    for (uint32_t turn = 1; turn <= kDays; ++turn) {
      if (IsOpen(meal, turn)) continue;
      api::ClaimWorkRequest claim;
      claim.set_work_id(meal.work_id);
      claim.set_turn(turn);
      LM_RETURN_IF_ERROR(
          t_.door->Command(Cook(t_, neighbour_, meal, turn), number, "claimWork", claim).status());
    }
  }
  const auto care = Service(rp::NEED_NURSING, tomorrow + kCare.from, kCare.lasts, kCareTurns,
                            kCareEveryDays, neighbour_);
  return t_.door->Command(officer_, number, "planWork", *care).status();
}

void Year::Plan(Timestamp start) {
  const Timestamp day = StartOf(DateOf(start));
  social_worker_ = t_.Find("jiang-chao", cm::TIER_TOWN, kLantangsi.substr(0, 9));
  teacher_ = t_.Find("mei-dongmei", cm::TIER_GROUP, kLantangsi);
  chating_ = t_.Find("", cm::TIER_TOWN, kMeihualing.substr(0, 9));
  PlanRelay(day);
  PlanChen(day);
  PlanLiao(day);
}

void Year::PlanRelay(Timestamp day) {
  const std::string* number = &t_.ledger->first_story;
  for (const Meal& meal : kMeals) {
    for (uint32_t turn = 1; turn <= kDays; ++turn) {
      const Timestamp when = day + Days(turn) + meal.from;
      const std::string cook = Cook(t_, neighbour_, meal, turn);
      if (IsOpen(meal, turn)) {
        SayAt(when - Minutes(105), "这一天的午饭没有人认领，开饭前两小时提醒到人；徐光明补上",
              "Nobody had claimed lunch on this day; told two hours before, Xu Guangming steps in");
        auto claim = Body<api::ClaimWorkRequest>();
        claim->set_work_id(meal.work_id);
        claim->set_turn(turn);
        At(when - Minutes(100), number, cook, "claimWork", std::move(claim));
      }
      TurnAt(when, number, meal.work_id, turn, cook);
    }
  }
  TurnsAt(day + Days(1) + kCare.from, kCareTurns, kCareEveryDays, number, kCare.work_id,
          neighbour_);
  At(day + Days(5) + Hours(10), number, officer_, "paperwork", Body<api::PaperworkRequest>());
  FollowUpAt(day + Days(7) + Hours(10), number, officer_, 2,
             "手续补办完毕，一日三餐有着落；接力照料继续，定期回访",
             "paperwork done, every meal has somebody; the relay goes on, with follow-up visits");
  VisitedAt(day + Days(31) + Hours(10), number, officer_, "接力满一个月：能自己热饭",
            "a month of turns: she warms her own meals");
  VisitedAt(day + Days(72) + Hours(10), number, officer_, "接力两个多月：老人基本康复，能自己做饭",
            "two months and more of turns: she has mostly recovered and cooks for herself");
  SayAt(day + Days(72) + Hours(10) + Minutes(1), "宇淑纯老人基本康复，个案办结",
        "Yu Shuchun has mostly recovered; her case is closed");
}

void Year::PlanChen(Timestamp day) {
  std::string* number = &t_.ledger->second_story;
  const Timestamp second = day + Days(2);
  t_.agenda->At(second + Hours(9), [this, number]() -> absl::Status {
    t_.Say("第二个故事 陈洁（化名），蓝塘寺村：失业在家，网格员走访时发现；乔口镇社工蒋超长期跟进",
           "Story two. Chen Jie (not her name) of Lantangsi has lost her work; a grid worker finds "
           "out on a visit. Jiang Chao, the town's social worker, stays with her");
    api::SubmitReportRequest report;
    report.set_kind("job-loss");
    report.set_area(t_.GridOf(kLantangsi));
    report.set_household_ref("demo-household-2");
    report.set_proactive(true);
    for (const auto need : {rp::NEED_SKILLS, rp::NEED_JOB, rp::NEED_COUNSELLING}) {
      report.mutable_survey()->add_needs(need);
    }
    report.mutable_survey()->add_causes(rp::CAUSE_UNEMPLOYMENT);
    const std::string worker = t_.Find("zou-zhengqi", cm::TIER_GRID, kLantangsi);
    LM_ASSIGN_OR_RETURN(const auto outcome, t_.door->Report(worker, report, "demo-chen-jie"));
    t_.ledger->reports.push_back({worker, "demo-chen-jie"});
    *number = outcome.case_number();
    return absl::OkStatus();
  });
  At(second + Hours(9) + Minutes(40), number, social_worker_, "acknowledge",
     Body<api::AcknowledgeRequest>());
  auto verify = Body<api::VerifyRequest>();
  verify->set_finding(cm::FINDING_AS_REPORTED);
  At(second + Hours(14), number, social_worker_, "verify", std::move(verify));
  // What it is to come to, with dates.
  const auto goal = [&](Timestamp by, rp::Need need, std::string_view zh, std::string_view en) {
    auto set = Body<api::SetGoalRequest>();
    set->set_need(need);
    *set->mutable_by() = TimeValue(by);
    set->set_text(Text(zh, en));
    At(second + Hours(14) + Minutes(10), number, social_worker_, "setGoal", std::move(set));
  };
  goal(day + Days(30) + Hours(17), rp::NEED_SKILLS, "学会保洁，能独立上岗",
       "she has learned cleaning and works on her own");
  goal(day + Days(30) + Hours(17), rp::NEED_JOB, "有一份工作", "she has a job");
  const auto reached = [&](Timestamp when, uint32_t id, std::string_view zh, std::string_view en) {
    auto record = Body<api::RecordGoalRequest>();
    record->set_goal_id(id);
    record->set_result(cm::GOAL_RESULT_REACHED);
    record->set_text(Text(zh, en));
    At(when, number, social_worker_, "recordGoal", std::move(record));
  };
  // Weekly visits, and four lessons.
  const Timestamp visits = second + Days(1) + Hours(15);
  At(second + Hours(14) + Minutes(30), number, social_worker_, "planWork",
     Visits(visits, Minutes(90), 6, 7, social_worker_));
  TurnsAt(visits, 6, 7, number, 1, social_worker_);
  const Timestamp lessons = second + Days(5) + Hours(9);
  At(second + Hours(14) + Minutes(40), number, social_worker_, "planWork",
     Service(rp::NEED_SKILLS, lessons, Hours(2), 4, 7, teacher_));
  TurnsAt(lessons, 4, 7, number, 2, teacher_);
  auto relief = Body<api::ReliefRequest>();
  relief->add_kinds(rp::NEED_JOB);
  relief->set_text(Text("先在村里做保洁", "a cleaning job in the village, to begin with"));
  At(day + Days(10) + Hours(10), number, social_worker_, "relief", std::move(relief));
  reached(day + Days(10) + Hours(10) + Minutes(5), 2, "上岗第一天", "her first day at work");
  reached(day + Days(14) + Hours(10), 1, "已能独立上岗", "she works on her own");
  FollowUpAt(day + Days(14) + Hours(11), number, social_worker_, 4,
             "有了保洁岗位，技能培训继续；跟进一年",
             "she has a job and goes on learning; followed for a year");
  VisitedAt(day + Days(94) + Hours(10), number, social_worker_, "到附近车间上班，按月领工资",
            "she works at the workshop nearby, for a monthly wage");
  for (const int64_t later : {174, 254}) {
    VisitedAt(day + Days(later) + Hours(10), number, social_worker_, "工作稳定",
              "the job is steady");
  }
  VisitedAt(day + Days(334) + Hours(10), number, social_worker_, "收入稳定，不再需要帮扶",
            "her income is steady; she needs no help any more");
  SayAt(day + Days(334) + Hours(10) + Minutes(1), "陈洁的个案办结：一年里四次回访都按时",
        "Chen Jie's case is closed: four follow-up visits in a year, each in time");
}

void Year::PlanLiao(Timestamp day) {
  std::string* number = &t_.ledger->third_story;
  const Timestamp fourth = day + Days(4);
  t_.agenda->At(fourth + Hours(9), [this, number]() -> absl::Status {
    t_.Say("第三个故事 廖南（化名）一家，梅花岭社区：父母不再符合低保条件，帮扶不断线",
           "Story three. Liao Nan's (not his name) parents in Meihualing no longer qualify for the "
           "allowance; help goes on");
    api::SubmitReportRequest report;
    report.set_kind("disability-care");
    report.set_area(t_.GridOf(kMeihualing));
    report.set_household_ref("demo-household-3");
    report.set_proactive(true);
    for (const auto need : {rp::NEED_MEDICAL_REFERRAL, rp::NEED_DAY_CARE, rp::NEED_GOODS}) {
      report.mutable_survey()->add_needs(need);
    }
    report.mutable_survey()->add_causes(rp::CAUSE_DISABILITY);
    const std::string worker = t_.Find("yi-huaqing", cm::TIER_GRID, kMeihualing);
    LM_ASSIGN_OR_RETURN(const auto outcome, t_.door->Report(worker, report, "demo-liao-nan"));
    t_.ledger->reports.push_back({worker, "demo-liao-nan"});
    *number = outcome.case_number();
    return absl::OkStatus();
  });
  At(fourth + Hours(9) + Minutes(50), number, chating_, "acknowledge",
     Body<api::AcknowledgeRequest>());
  auto verify = Body<api::VerifyRequest>();
  verify->set_finding(cm::FINDING_AS_REPORTED);
  At(fourth + Hours(15), number, chating_, "verify", std::move(verify));
  auto refer = Body<api::ReferRequest>();
  refer->set_to("health-bureau");
  refer->set_reason(Text("需要手术", "he needs an operation"));
  At(fourth + Hours(15) + Minutes(30), number, chating_, "refer", std::move(refer));
  auto answer = Body<api::AnswerReferralRequest>();
  answer->set_answer(cm::REFERRAL_ANSWER_ACCEPTED);
  answer->set_their_number("WJ-2025-0731");
  At(day + Days(7) + Hours(10), number, chating_, "answerReferral", std::move(answer));
  auto hold = Body<api::HoldRequest>();
  hold->set_reason(cm::HOLD_REASON_IN_HOSPITAL);
  *hold->mutable_until() = TimeValue(day + Days(28) + Hours(9));
  At(day + Days(8) + Hours(9), number, chating_, "hold", std::move(hold));
  auto pledge = Body<api::PledgeRequest>();
  pledge->set_kind(rp::NEED_GOODS);
  pledge->set_project("xinghuo");
  pledge->set_value_fen(186'000);
  pledge->set_text(Text("鸡苗和饲料", "chicks and feed"));
  At(day + Days(9) + Hours(10), number, chating_, "pledge", std::move(pledge));
  auto resume = Body<api::ResumeRequest>();
  resume->set_text(Text("手术顺利，已出院", "the operation went well; he is home"));
  At(day + Days(21) + Hours(10), number, chating_, "resume", std::move(resume));
  auto relief = Body<api::ReliefRequest>();
  relief->add_kinds(rp::NEED_MEDICAL_REFERRAL);
  At(day + Days(21) + Hours(11), number, chating_, "relief", std::move(relief));
  const Timestamp care = day + Days(23) + Hours(9);
  const std::string carer = t_.Find("yi-huaqing", cm::TIER_GRID, kMeihualing);
  At(day + Days(21) + Hours(14), number, chating_, "planWork",
     Service(rp::NEED_DAY_CARE, care, Hours(6), 8, 7, carer));
  TurnsAt(care, 8, 7, number, 1, carer);
  auto deliver = Body<api::DeliverRequest>();
  deliver->set_resource_id(1);
  At(day + Days(24) + Hours(10), number, chating_, "deliver", std::move(deliver));
  FollowUpAt(day + Days(25) + Hours(11), number, chating_, 4,
             "手术完成，日间照料和鸡苗饲料到位；退出低保后跟进一年",
             "operated on, day care and chicks arranged; followed for a year after the allowance");
  for (const int64_t later : {105, 185, 265}) {
    VisitedAt(day + Days(later) + Hours(10), number, chating_, "日间照料正常，鸡长势好",
              "day care as planned, the chickens do well");
  }
  VisitedAt(day + Days(345) + Hours(10), number, chating_, "卖鸡有了收入，生活平稳",
            "selling chickens brings an income; they get on");
  SayAt(day + Days(345) + Hours(10) + Minutes(1),
        "廖南一家的个案办结：转介、手术、日间照料、链接资源都有记录",
        "Liao Nan's case is closed: referral, operation, day care and resources all on record");
}

}  // namespace lastmeter::demo
