#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "tools/ctl/report.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

const api::TimeTaken* Find(const api::StatisticsPeriod& period, cm::Promise promise) {
  for (const auto& taken : period.times()) {
    if (taken.promise() == promise) return &taken;
  }
  return nullptr;
}

std::string Text(uint32_t n) { return absl::StrCat(n); }

std::string Percent(std::optional<double> change) {
  return change ? absl::StrFormat("%+.1f%%", *change) : std::string("–");
}

std::optional<double> Given(bool has, double value) {
  return has ? std::optional<double>(value) : std::nullopt;
}

// Nothing set where the year before has no such times.
api::TimeChange ChangeOf(const api::Statistics& s, cm::Promise promise) {
  for (const auto& one : s.change().times()) {
    if (one.promise() == promise) return one;
  }
  return {};
}

std::string Share(bool has, double percent) {
  return has ? absl::StrFormat("%.1f%%", percent) : std::string("–");
}

uint32_t All(const api::OpenCases& o) {
  return o.under_one_day() + o.under_three_days() + o.under_ten_days() + o.older();
}

void AddFigures(const Names& names, const api::Statistics& s, Document* out) {
  const auto& now = s.period();
  const auto& before = s.year_before();
  const auto& change = s.change();
  Table table{{names.Pick("指标", "figure"), names.Pick("本月", "this month"),
               names.Pick("去年同月", "year before"), names.Pick("变化", "change")},
              {},
              AllNumbers(4)};
  const auto share = [&](const char* zh, const char* en, const std::string& a, const std::string& b,
                         std::optional<double> points) {
    table.rows.push_back(
        {names.Pick(zh, en), a, b,
         points ? absl::StrCat(absl::StrFormat("%+.1f ", *points), names.Pick("个百分点", "points"))
                : "–"});
  };
  const auto row = [&](const char* zh, const char* en, uint32_t a, uint32_t b,
                       std::optional<double> percent = std::nullopt) {
    table.rows.push_back({names.Pick(zh, en), Text(a), Text(b), Percent(percent)});
  };
  row("受理（件）", "begun", now.begun(), before.begun(),
      Given(change.has_begun(), change.begun()));
  row("其中新受理", "of these opened", now.opened(), before.opened());
  row("其中重新办理", "of these reopened", now.reopened(), before.reopened());
  share("重新办理率（占受理）", "reopened, share of begun",
        Share(now.has_reopened_percent(), now.reopened_percent()),
        Share(before.has_reopened_percent(), before.reopened_percent()),
        Given(change.has_reopened_points(), change.reopened_points()));
  row("主动发现（件）", "found proactively", now.proactive(), before.proactive(),
      Given(change.has_proactive(), change.proactive()));
  share("主动发现率（占新受理）", "found proactively, share of opened",
        Share(now.has_proactive_percent(), now.proactive_percent()),
        Share(before.has_proactive_percent(), before.proactive_percent()),
        Given(change.has_proactive_points(), change.proactive_points()));
  row("撤回（件，不计入以上）", "taken back (not counted above)", now.withdrawn(),
      before.withdrawn());
  row("甄别排除（件，不计入以上）", "no hardship leads (not counted above)", now.screened_out(),
      before.screened_out());
  row("其中已办结（件）", "of these ended", now.ended(), before.ended(),
      Given(change.has_ended(), change.ended()));
  row("帮扶户数", "households helped", now.households_helped(), before.households_helped(),
      Given(change.has_households_helped(), change.households_helped()));
  row("帮扶件数（无户编号）", "helped without a household reference",
      now.helped_without_household(), before.helped_without_household());
  out->Heading(names.Pick("一、主要指标", "1. Figures"));
  out->Add(std::move(table));
}

void AddTimes(const Names& names, const api::Statistics& s, Document* out) {
  out->Heading(names.Pick("二、办理时长", "2. Times taken"));
  if (s.period().times().empty()) {
    return out->Paragraph(names.Pick("本月受理的个案尚无办理记录。", "Nothing was done yet."));
  }
  // By how it is counted: round the clock, and in duty hours.
  Table table{
      {names.Pick("环节", "step"), names.Pick("件数", "count"), names.Pick("计时", "counted"),
       names.Pick("中位数", "median"), names.Pick("去年同月中位数", "median a year before"),
       names.Pick("变化", "change"), names.Pick("九成不超过", "nine in ten within"),
       names.Pick("去年同月九成不超过", "nine in ten, a year before"),
       names.Pick("变化", "change")},
      {},
      AllNumbers(9)};
  table.cells[2] = Cell::kWhole;
  const uint32_t day = s.working_day_minutes();
  for (const auto& taken : s.period().times()) {
    const auto* before = Find(s.year_before(), taken.promise());
    const api::TimeChange change = ChangeOf(s, taken.promise());
    const auto span = [&](double minutes) { return SpanText(names, minutes); };
    const auto duty = [&](double minutes) { return DutyText(names, minutes, day); };
    table.rows.push_back({names.Promise(taken.promise()), Text(taken.count()),
                          names.Pick("自然时间", "round the clock"), span(taken.median_minutes()),
                          before == nullptr ? "–" : span(before->median_minutes()),
                          Percent(Given(change.has_median(), change.median())),
                          span(taken.p90_minutes()),
                          before == nullptr ? "–" : span(before->p90_minutes()),
                          Percent(Given(change.has_p90(), change.p90()))});
    if (day == 0) continue;
    table.rows.push_back({"", "", names.Pick("工作时间", "duty time"),
                          duty(taken.median_working_minutes()),
                          before == nullptr ? "–" : duty(before->median_working_minutes()),
                          Percent(Given(change.has_median_working(), change.median_working())),
                          duty(taken.p90_working_minutes()),
                          before == nullptr ? "–" : duty(before->p90_working_minutes()),
                          Percent(Given(change.has_p90_working(), change.p90_working()))});
  }
  out->Add(std::move(table));
  if (day == 0) return;
  const std::string hours = absl::StrFormat("%g", day / 60.0);
  out->Paragraph(names.lang() == Lang::kZh
                     ? absl::StrCat("自然时间按昼夜连续计，一天为 24 小时；工作时间只计工作日的办公"
                                    "时段，一个工作日为 ",
                                    hours, " 小时。")
                     : absl::StrCat("Round the clock a day has 24 hours. Duty time counts the duty "
                                    "hours of working days only; a working day has ",
                                    hours, " hours."));
}

void AddMisses(const Names& names, const api::Statistics& s, Document* out) {
  out->Heading(names.Pick("三、超时情况", "3. Limits that passed"));
  if (s.period().misses().empty()) {
    return out->Paragraph(names.Pick("本月受理的个案无超时。", "None."));
  }
  Table table{{names.Pick("层级", "tier"), names.Pick("事项", "promise"),
               names.Pick("逾期未应答（次）", "turns unanswered"),
               names.Pick("超时（次）", "limits passed"),
               names.Pick("系统原因（次，不计责任）", "late through the system, nobody's fault")},
              {},
              AllNumbers(5)};
  table.cells[1] = Cell::kText;
  for (const auto& miss : s.period().misses()) {
    table.rows.push_back({names.Tier(miss.tier()), names.Promise(miss.promise()),
                          Text(miss.turns()), Text(miss.limits()), Text(miss.ours())});
  }
  out->Add(std::move(table));
}

void AddOutcomes(const Names& names, const api::Statistics& s, Document* out) {
  out->Heading(names.Pick("四、办理结果", "4. Outcomes"));
  if (s.period().outcomes().empty()) {
    return out->Paragraph(
        names.Pick("本月受理的个案尚无结案。", "No case of the month has ended."));
  }
  Table table{{names.Pick("结果", "outcome"), names.Pick("件数", "count")}, {}, AllNumbers(2)};
  for (const auto& one : s.period().outcomes()) {
    table.rows.push_back({names.Outcome(one.outcome()), Text(one.count())});
  }
  out->Add(std::move(table));
}

void AddTowns(const Names& names, const std::vector<TownFigures>& towns, Document* out) {
  if (towns.empty()) return;
  Table table{
      {names.Pick("镇（街道）", "town"), names.Pick("受理", "begun"),
       names.Pick("主动发现", "proactive"), names.Pick("已办结", "ended"),
       names.Pick("帮扶户数", "households"), names.Pick("签收中位数", "median to acknowledge"),
       names.Pick("逾期未应答", "turns unanswered"), names.Pick("超时", "limits passed"),
       names.Pick("目前在办", "open now")},
      {},
      AllNumbers(9)};
  for (const TownFigures& town : towns) {
    const auto& p = town.statistics.period();
    const auto* answered = Find(p, cm::PROMISE_ACKNOWLEDGE);
    uint32_t turns = 0;
    uint32_t limits = 0;
    for (const auto& miss : p.misses()) {
      turns += miss.turns();
      limits += miss.limits();
    }
    uint32_t open = 0;
    for (const auto& o : town.statistics.open()) open += All(o);
    table.rows.push_back({names.Place(town.code), Text(p.begun()), Text(p.proactive()),
                          Text(p.ended()), Text(p.households_helped()),
                          answered == nullptr ? "–" : SpanText(names, answered->median_minutes()),
                          Text(turns), Text(limits), Text(open)});
  }
  out->Heading(names.Pick("五、各镇（街道）情况", "5. By town"));
  out->Add(std::move(table));
}

void AddOpen(const Names& names, const api::Statistics& s, bool after_towns, Document* out) {
  out->Heading(names.Pick(after_towns ? "六、目前在办" : "五、目前在办",
                          after_towns ? "6. Open now" : "5. Open now"));
  if (s.open().empty()) return out->Paragraph(names.Pick("无在办个案。", "Nothing is open."));
  const std::vector<std::string> ages = {names.Pick("办理层级", "tier"),
                                         names.Pick("一天内", "under a day"),
                                         names.Pick("一至三天", "1–3 days"),
                                         names.Pick("三至十天", "3–10 days"),
                                         names.Pick("十天以上", "older"),
                                         names.Pick("合计", "all"),
                                         names.Pick("其中超时", "of these overdue"),
                                         names.Pick("其中挂账", "of these on hold")};
  const auto row = [&](const api::OpenCases& o) {
    return std::vector<std::string>{
        names.Tier(o.tier()),     Text(o.under_one_day()), Text(o.under_three_days()),
        Text(o.under_ten_days()), Text(o.older()),         Text(All(o)),
        Text(o.overdue()),        Text(o.on_hold())};
  };
  Table table{ages, {}, AllNumbers(8)};
  for (const auto& o : s.open()) table.rows.push_back(row(o));
  out->Add(std::move(table));
  if (s.open_by_area().empty()) return;
  Table areas{ages, {}, AllNumbers(9)};
  areas.head.insert(areas.head.begin(), s.area().size() < 9 ? names.Pick("镇（街道）", "town")
                                                            : names.Pick("村（社区）", "village"));
  areas.cells[1] = Cell::kText;
  for (const auto& area : s.open_by_area()) {
    // What lies in no area below the one that was asked for.
    const bool rest = area.area() == s.area();
    std::string name = rest ? names.Pick("未分区", "elsewhere") : names.Place(area.area());
    for (const auto& o : area.open()) {
      areas.rows.push_back(row(o));
      areas.rows.back().insert(areas.rows.back().begin(), std::exchange(name, ""));
    }
  }
  out->Add(std::move(areas));
}

std::string YuanText(uint64_t fen) { return absl::StrFormat("%d.%02d", fen / 100, fen % 100); }

// What was done in the month, whenever its case began.
void AddWork(const Names& names, const api::Statistics& s, bool after_towns, Document* out) {
  out->Heading(names.Pick(
      after_towns ? "七、走访、服务与资源" : "六、走访、服务与资源",
      after_towns ? "7. Visits, services, resources" : "6. Visits, services, resources"));
  Table table{{names.Pick("事项", "what"), names.Pick("本月", "this month"),
               names.Pick("去年同月", "year before")},
              {},
              AllNumbers(3)};
  const auto& now = s.period().work();
  const auto& before = s.year_before().work();
  const auto row = [&](const char* zh, const char* en, uint32_t a, uint32_t b) {
    table.rows.push_back({names.Pick(zh, en), Text(a), Text(b)});
  };
  row("走访与服务按时完成（次）", "turns of visits and services in time", now.turns_done(),
      before.turns_done());
  row("走访与服务超时完成（次）", "turns done late", now.turns_late(), before.turns_late());
  row("走访与服务漏掉（次）", "turns missed", now.turns_missed(), before.turns_missed());
  row("转介（件）", "referrals", now.referrals(), before.referrals());
  row("转介被接收（件）", "referrals accepted", now.referrals_accepted(),
      before.referrals_accepted());
  row("转介被退回（件）", "referrals rejected", now.referrals_rejected(),
      before.referrals_rejected());
  row("转介逾期未答复（件）", "referrals not answered in time", now.referrals_expired(),
      before.referrals_expired());
  row("服务目标达成（个）", "goals reached", now.goals_reached(), before.goals_reached());
  row("服务目标部分达成（个）", "goals partly reached", now.goals_partly(), before.goals_partly());
  row("服务目标放弃（个）", "goals dropped", now.goals_dropped(), before.goals_dropped());
  row("回访按时（次）", "follow-up visits in time", now.follow_ups_on_time(),
      before.follow_ups_on_time());
  row("回访超时（次）", "follow-up visits late", now.follow_ups_late(), before.follow_ups_late());
  row("生存认证按时（人）", "certified in time", now.certified(), before.certified());
  row("生存认证超时（人）", "certified late", now.certified_late(), before.certified_late());
  row("政策宣传到网格（个）", "bulletins made known, grids", now.bulletin_grids(),
      before.bulletin_grids());
  row("政策宣传到户（户）", "bulletins made known, households", now.bulletin_households(),
      before.bulletin_households());
  out->Add(std::move(table));
  if (now.resources().empty()) return;
  Table resources{{names.Pick("链接资源项目", "project"), names.Pick("认捐（件）", "pledged"),
                   names.Pick("认捐（元）", "pledged, yuan"), names.Pick("到位（件）", "delivered"),
                   names.Pick("到位（元）", "delivered, yuan")},
                  {},
                  AllNumbers(5)};
  for (const auto& project : now.resources()) {
    resources.rows.push_back({names.Project(project.project()), Text(project.pledged()),
                              YuanText(project.pledged_fen()), Text(project.delivered()),
                              YuanText(project.delivered_fen())});
  }
  out->Add(std::move(resources));
}

}  // namespace

absl::StatusOr<Document> MonthlyReport(const ReportScope& scope, Days month) {
  const Names& names = scope.names;
  LM_ASSIGN_OR_RETURN(const auto s, StatisticsOf(scope.session, month, scope.area));
  LM_ASSIGN_OR_RETURN(const auto towns, ByTown(scope, month));
  const std::string year = absl::StrCat(month.from / 10'000);
  const std::string number = absl::StrCat(month.from / 100 % 100);
  const std::string place = AreaName(names, s);
  Document out(names.Pick("zh", "en"),
               names.lang() == Lang::kZh
                   ? absl::StrCat(place, "急难救助月报（", year, "年", number, "月）")
                   : absl::StrCat("Monthly report ", DayText(month.from).substr(0, 7),
                                  place.empty() ? "" : ", ", place));
  const std::string as_of = MinuteText(s.as_of());
  std::string period =
      names.lang() == Lang::kZh
          ? absl::StrCat("统计期间：", s.from(), " 至 ", s.to(), "。数据截至 ", as_of, "。")
          : absl::StrCat("Period: ", s.from(), " to ", s.to(), ". Counted at ", as_of, ".");
  if (FromApi(s.as_of()) < StartOf(NextDate(month.to))) {
    period += names.Pick("本月尚未结束。", " The month is not over yet.");
  }
  out.Paragraph(std::move(period));
  const auto& p = s.period();
  out.Paragraph(
      names.lang() == Lang::kZh
          ? absl::StrCat("本月受理 ", p.begun(), " 件，其中主动发现 ", p.proactive(),
                         " 件（占新受理 ", Share(p.has_proactive_percent(), p.proactive_percent()),
                         "）；已办结 ", p.ended(), " 件；帮扶 ", p.households_helped(), " 户。")
          : absl::StrCat(p.begun(), " cases began, ", p.proactive(), " of them found proactively (",
                         Share(p.has_proactive_percent(), p.proactive_percent()),
                         " of those opened); ", p.ended(), " of them have ended; ",
                         p.households_helped(), " households were helped."));
  AddFigures(names, s, &out);
  AddTimes(names, s, &out);
  AddMisses(names, s, &out);
  AddOutcomes(names, s, &out);
  AddTowns(names, towns, &out);
  AddOpen(names, s, !towns.empty(), &out);
  AddWork(names, s, !towns.empty(), &out);
  out.Paragraph(names.Pick(
      "说明：按受理时间归入月份，其后的办理情况计至数据截至时；限阅个案计入件数，不列明细；演练不计"
      "。"
      "主动发现率＝主动发现÷新受理；重新办理率＝重新办理÷受理（新受理与重新办理之和）。",
      "A case belongs to the month in which it began; what became of it counts until the moment of "
      "counting. Restricted cases are counted and never listed; exercises are not counted. The "
      "proactive share is of cases opened, the reopened share of all that began, opened and "
      "reopened."));
  return out;
}

}  // namespace lastmeter::ctl
