#include "services/query/statistics.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/query/case_fold.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;
namespace vw = lastmeter::view::v1;

constexpr double kMinuteMs = 60'000;

// Of values in order.
double Median(const std::vector<double>& values) {
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

// The least value that nine in ten do not exceed.
double P90(const std::vector<double>& values) { return values[(values.size() * 9 + 9) / 10 - 1]; }

}  // namespace

void Tally::Took(cm::Promise promise, int64_t from_ms, int64_t to_ms) {
  if (to_ms != 0) spans_[promise].push_back({from_ms, to_ms});
}

void Tally::Add(const vw::CaseRow& row, const vw::Cycle& cycle) {
  if (cycle.outcome() == cm::OUTCOME_WITHDRAWN) {
    counts_.set_withdrawn(counts_.withdrawn() + 1);
    return;
  }
  counts_.set_begun(counts_.begun() + 1);
  if (cycle.number() > 1) counts_.set_reopened(counts_.reopened() + 1);
  if (row.shown().proactive() && cycle.number() == 1)
    counts_.set_proactive(counts_.proactive() + 1);
  Took(cm::PROMISE_ACKNOWLEDGE, cycle.began_ms(), cycle.acknowledged_ms());
  Took(cm::PROMISE_VERIFY, cycle.began_ms(), cycle.verified_ms());
  Took(cm::PROMISE_FIRST_RELIEF, cycle.began_ms(), cycle.relieved_ms());
  if (cycle.ended_ms() != 0) {
    counts_.set_ended(counts_.ended() + 1);
    ++outcomes_[cycle.outcome()];
    // A twin that was merged was not worked on to its end.
    if (cycle.outcome() != cm::OUTCOME_MERGED) {
      Took(cm::PROMISE_RESOLVE, cycle.began_ms(), cycle.ended_ms());
    }
  }
  const bool helped = cycle.relieved_ms() != 0 || cycle.outcome() == cm::OUTCOME_NEED_MET ||
                      cycle.outcome() == cm::OUTCOME_PARTLY_MET;
  if (helped && row.shown().household_ref().empty()) {
    counts_.set_helped_without_household(counts_.helped_without_household() + 1);
  } else if (helped) {
    helped_.insert(row.shown().household_ref());
  }
  for (const vw::Miss& miss : cycle.misses()) {
    Missed& missed = missed_[{miss.tier(), miss.promise()}];
    ++(miss.outage() ? missed.ours : miss.limit() ? missed.limits : missed.turns);
  }
}

void Tally::Add(const vw::Deed& deed) {
  api::WorkDone& work = *counts_.mutable_work();
  switch (deed.kind()) {
    case vw::DEED_KIND_TURN_DONE:
      return work.set_turns_done(work.turns_done() + 1);
    case vw::DEED_KIND_TURN_LATE:
      return work.set_turns_late(work.turns_late() + 1);
    case vw::DEED_KIND_TURN_MISSED:
      return work.set_turns_missed(work.turns_missed() + 1);
    case vw::DEED_KIND_REFERRED:
      return work.set_referrals(work.referrals() + 1);
    case vw::DEED_KIND_REFERRAL_ACCEPTED:
      return work.set_referrals_accepted(work.referrals_accepted() + 1);
    case vw::DEED_KIND_REFERRAL_REJECTED:
      return work.set_referrals_rejected(work.referrals_rejected() + 1);
    case vw::DEED_KIND_FOLLOWED_UP:
      return work.set_follow_ups_on_time(work.follow_ups_on_time() + 1);
    case vw::DEED_KIND_FOLLOWED_UP_LATE:
      return work.set_follow_ups_late(work.follow_ups_late() + 1);
    case vw::DEED_KIND_BULLETIN:
      return work.set_bulletin_grids(work.bulletin_grids() + 1);
    case vw::DEED_KIND_HOUSEHOLDS_TOLD:
      return work.set_bulletin_households(work.bulletin_households() +
                                          static_cast<uint32_t>(deed.value_fen()));
    case vw::DEED_KIND_CERTIFIED:
      return work.set_certified(work.certified() + 1);
    case vw::DEED_KIND_CERTIFIED_LATE:
      return work.set_certified_late(work.certified_late() + 1);
    case vw::DEED_KIND_PLEDGED: {
      api::ProjectResources& project = projects_[deed.project()];
      project.set_pledged(project.pledged() + 1);
      return project.set_pledged_fen(project.pledged_fen() + deed.value_fen());
    }
    case vw::DEED_KIND_DELIVERED: {
      api::ProjectResources& project = projects_[deed.project()];
      project.set_delivered(project.delivered() + 1);
      return project.set_delivered_fen(project.delivered_fen() + deed.value_fen());
    }
    default:
      return;
  }
}

api::TimeTaken Tally::Describe(cm::Promise promise, const std::vector<Span>& spans) const {
  std::vector<double> wall;
  std::vector<double> working;
  for (const Span& span : spans) {
    wall.push_back(static_cast<double>(span.to_ms - span.from_ms) / kMinuteMs);
    if (calendar_ == nullptr) continue;
    const Millis duty = calendar_->DutyBetween({span.from_ms}, {span.to_ms});
    working.push_back(static_cast<double>(duty.ms) / kMinuteMs);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(working.begin(), working.end());
  api::TimeTaken taken;
  taken.set_promise(promise);
  taken.set_count(static_cast<uint32_t>(spans.size()));
  taken.set_median_minutes(Median(wall));
  taken.set_p90_minutes(P90(wall));
  if (!working.empty()) {
    taken.set_median_working_minutes(Median(working));
    taken.set_p90_working_minutes(P90(working));
  }
  return taken;
}

api::StatisticsPeriod Tally::Result() const {
  api::StatisticsPeriod result = counts_;
  result.set_households_helped(static_cast<uint32_t>(helped_.size()));
  for (const auto& [promise, spans] : spans_) *result.add_times() = Describe(promise, spans);
  for (const auto& [key, missed] : missed_) {
    api::Misses* misses = result.add_misses();
    misses->set_tier(key.first);
    misses->set_promise(key.second);
    misses->set_turns(missed.turns);
    misses->set_limits(missed.limits);
    misses->set_ours(missed.ours);
  }
  for (const auto& [outcome, count] : outcomes_) {
    api::OutcomeCount* counted = result.add_outcomes();
    counted->set_outcome(outcome);
    counted->set_count(count);
  }
  for (const auto& [code, project] : projects_) {
    api::ProjectResources* counted = result.mutable_work()->add_resources();
    *counted = project;
    counted->set_project(code);
  }
  return result;
}

void OpenTally::Add(const vw::CaseRow& row) {
  if (row.shown().drill()) return;
  const auto& shown = row.shown();
  api::OpenCases& open = open_[shown.tier()];
  open.set_tier(shown.tier());
  const int64_t age = now_.ms - FromProtoTime(shown.accepted_at());
  if (age < Days(1).ms) {
    open.set_under_one_day(open.under_one_day() + 1);
  } else if (age < Days(3).ms) {
    open.set_under_three_days(open.under_three_days() + 1);
  } else if (age < Days(10).ms) {
    open.set_under_ten_days(open.under_ten_days() + 1);
  } else {
    open.set_older(open.older() + 1);
  }
  if (OverdueAt(row) <= now_.ms) open.set_overdue(open.overdue() + 1);
  if (shown.has_hold()) open.set_on_hold(open.on_hold() + 1);
}

void OpenTally::Into(api::Statistics* statistics) const {
  for (const auto& [tier, open] : open_) *statistics->add_open() = open;
}

std::optional<double> ChangeInPercent(double now, double before) {
  if (before == 0) return std::nullopt;
  return (now - before) / before * 100;
}

// ---- CSV

namespace {

// Names for people, as the district's own papers use them.
const char* NameOf(cm::Promise promise) {
  switch (promise) {
    case cm::PROMISE_ACKNOWLEDGE:
      return "签收 acknowledge";
    case cm::PROMISE_VERIFY:
      return "入户核实 verify";
    case cm::PROMISE_FIRST_RELIEF:
      return "先行救助 first relief";
    case cm::PROMISE_PAPERWORK:
      return "补办手续 paperwork";
    case cm::PROMISE_FOLLOW_UP:
      return "回访 follow-up";
    case cm::PROMISE_REFERRAL:
      return "转介答复 referral";
    case cm::PROMISE_CERTIFICATION:
      return "生存认证 certification";
    default:
      return "办结 close";
  }
}

const char* NameOf(cm::Tier tier) {
  switch (tier) {
    case cm::TIER_GRID:
      return "网格员 grid";
    case cm::TIER_GROUP:
      return "组 group";
    case cm::TIER_VILLAGE:
      return "村（社区） village";
    case cm::TIER_TOWN:
      return "镇（街道） town";
    case cm::TIER_DISTRICT:
      return "区 district";
    default:
      return "未定 none";
  }
}

std::string NameOf(cm::Outcome outcome) {
  switch (outcome) {
    case cm::OUTCOME_NEED_MET:
      return "困难已解决 need met";
    case cm::OUTCOME_PARTLY_MET:
      return "部分解决 partly met";
    case cm::OUTCOME_TRANSFERRED:
      return "已转办 transferred";
    case cm::OUTCOME_DECEASED:
      return "已去世 deceased";
    case cm::OUTCOME_MOVED:
      return "已迁出 moved";
    case cm::OUTCOME_REFUSED:
      return "本人拒绝 refused";
    case cm::OUTCOME_NOT_ELIGIBLE:
      return "不符合条件 not eligible";
    case cm::OUTCOME_UNFOUNDED:
      return "情况不实 unfounded";
    case cm::OUTCOME_LOST_CONTACT:
      return "失去联系 lost contact";
    case cm::OUTCOME_MERGED:
      return "并案 merged";
    default:
      return cm::Outcome_Name(outcome);
  }
}

using Put = std::function<void(const std::string& name, const std::string& value)>;

std::string Yuan(uint64_t fen) { return absl::StrFormat("%d.%02d", fen / 100, fen % 100); }

void PutWork(const api::WorkDone& work, const Put& put) {
  const auto count = [&](const std::string& name, uint32_t n) { put(name, absl::StrCat(n)); };
  count("走访与服务: 按时完成 turns done", work.turns_done());
  count("走访与服务: 超时完成 turns done late", work.turns_late());
  count("走访与服务: 未完成 turns missed", work.turns_missed());
  count("转介 referrals", work.referrals());
  count("转介: 接收 accepted", work.referrals_accepted());
  count("转介: 退回 rejected", work.referrals_rejected());
  count("回访: 按时 follow-ups on time", work.follow_ups_on_time());
  count("回访: 超时 follow-ups late", work.follow_ups_late());
  count("惠民政策宣传: 网格 bulletins, grids", work.bulletin_grids());
  count("惠民政策宣传: 户 bulletins, households", work.bulletin_households());
  count("生存认证: 按时 certified on time", work.certified());
  count("生存认证: 超时 certified late", work.certified_late());
  for (const auto& project : work.resources()) {
    const std::string name = absl::StrCat("链接资源 resources, ", project.project(), ": ");
    count(name + "认捐件数 pledged", project.pledged());
    put(name + "认捐金额（元） pledged yuan", Yuan(project.pledged_fen()));
    count(name + "到位件数 delivered", project.delivered());
    put(name + "到位金额（元） delivered yuan", Yuan(project.delivered_fen()));
  }
}

// All figures of a period by name.
std::map<std::string, std::string> Figures(const api::StatisticsPeriod& p,
                                           std::vector<std::string>* order) {
  std::map<std::string, std::string> figures;
  const auto put = [&](const std::string& name, const std::string& value) {
    if (figures.emplace(name, value).second && order != nullptr) order->push_back(name);
  };
  const auto count = [&](const std::string& name, uint32_t n) { put(name, absl::StrCat(n)); };
  count("受理 begun", p.begun());
  count("重新办理 reopened", p.reopened());
  count("撤回 withdrawn", p.withdrawn());
  count("主动发现 proactive", p.proactive());
  count("办结 ended", p.ended());
  count("帮扶户数 households helped", p.households_helped());
  count("帮扶件数（无户号） helped without a household reference", p.helped_without_household());
  for (const auto& taken : p.times()) {
    const std::string name = absl::StrCat(NameOf(taken.promise()), ": ");
    count(name + "件数 count", taken.count());
    put(name + "中位数（分钟） median minutes", absl::StrFormat("%.1f", taken.median_minutes()));
    put(name + "90%分位（分钟） P90 minutes", absl::StrFormat("%.1f", taken.p90_minutes()));
    put(name + "中位数（工作分钟） median working minutes",
        absl::StrFormat("%.1f", taken.median_working_minutes()));
    put(name + "90%分位（工作分钟） P90 working minutes",
        absl::StrFormat("%.1f", taken.p90_working_minutes()));
  }
  for (const auto& miss : p.misses()) {
    const std::string name = absl::StrCat(NameOf(miss.tier()), ", ", NameOf(miss.promise()), ": ");
    count(name + "未应答 turns unanswered", miss.turns());
    count(name + "超时 limits passed", miss.limits());
    count(name + "系统原因 through us", miss.ours());
  }
  for (const auto& outcome : p.outcomes()) {
    count(absl::StrCat("结果 outcome: ", NameOf(outcome.outcome())), outcome.count());
  }
  if (p.has_work()) PutWork(p.work(), put);
  return figures;
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string StatisticsCsv(const api::Statistics& statistics) {
  std::vector<std::string> order;
  const auto now = Figures(statistics.period(), &order);
  const auto before = Figures(statistics.year_before(), &order);
  std::string csv = "\xEF\xBB\xBF";
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c) {
    absl::StrAppend(&csv, Quoted(a), ",", Quoted(b), ",", Quoted(c), "\r\n");
  };
  line("指标 figure", statistics.from() + " – " + statistics.to(), "去年同期 year before");
  const auto value = [](const std::map<std::string, std::string>& figures,
                        const std::string& name) {
    const auto it = figures.find(name);
    return it == figures.end() ? std::string("0") : it->second;
  };
  // What only one of the two periods has stands at the end.
  std::set<std::string> written;
  for (const std::string& name : order) {
    if (written.insert(name).second) line(name, value(now, name), value(before, name));
  }
  for (const auto& open : statistics.open()) {
    const std::string name = absl::StrCat("在办 open now, ", NameOf(open.tier()), ": ");
    line(name + "一天内 under a day", absl::StrCat(open.under_one_day()), "");
    line(name + "三天内 under three days", absl::StrCat(open.under_three_days()), "");
    line(name + "十天内 under ten days", absl::StrCat(open.under_ten_days()), "");
    line(name + "十天以上 older", absl::StrCat(open.older()), "");
    line(name + "超时 overdue", absl::StrCat(open.overdue()), "");
    line(name + "挂账 on hold", absl::StrCat(open.on_hold()), "");
  }
  return csv;
}

}  // namespace lastmeter::query
