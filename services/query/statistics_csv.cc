#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "services/common/words.h"
#include "services/query/statistics.h"

// Statistics as a spreadsheet opens them.
namespace lastmeter::query {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

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
  const InWords words = OutcomeInWords(outcome);
  return words.zh.empty() ? cm::Outcome_Name(outcome)
                          : absl::StrCat(ToAbsl(words.zh), " ", ToAbsl(words.en));
}

// The code alone where nobody has given the project a name.
std::string NameOf(const std::string& project) {
  const InWords words = ProjectInWords(project);
  return words.zh.empty() ? project : absl::StrCat(ToAbsl(words.zh), " ", project);
}

// One figure, as it is written and as it is compared.
struct Figure {
  enum class Kind {
    // What does not occur is 0.
    kCount,
    // What was not done took no time: there is none, rather than 0.
    kTime,
    // In per cent; differs in percentage points.
    kShare,
  };
  Kind kind = Kind::kCount;
  std::string text{};
  double number = 0;
};

using Put = std::function<void(const std::string& name, Figure figure)>;

Figure CountOf(uint32_t n) { return {Figure::Kind::kCount, absl::StrCat(n), double(n)}; }
Figure TimeOf(double minutes) {
  return {Figure::Kind::kTime, absl::StrFormat("%.1f", minutes), minutes};
}
Figure ShareOf(double percent) {
  return {Figure::Kind::kShare, absl::StrFormat("%.1f", percent), percent};
}
Figure YuanOf(uint64_t fen) {
  return {Figure::Kind::kCount, absl::StrFormat("%d.%02d", fen / 100, fen % 100),
          static_cast<double>(fen)};
}

void PutWork(const api::WorkDone& work, const Put& put) {
  const auto count = [&](const std::string& name, uint32_t n) { put(name, CountOf(n)); };
  count("走访与服务: 按时完成 turns done", work.turns_done());
  count("走访与服务: 超时完成 turns done late", work.turns_late());
  count("走访与服务: 未完成 turns missed", work.turns_missed());
  count("转介 referrals", work.referrals());
  count("转介: 接收 accepted", work.referrals_accepted());
  count("转介: 退回 rejected", work.referrals_rejected());
  count("转介: 逾期未答复 expired", work.referrals_expired());
  if (work.has_referral_acceptance()) {
    put("转介: 接收率（%） acceptance per cent", ShareOf(work.referral_acceptance()));
  }
  count("服务目标: 达成 goals reached", work.goals_reached());
  count("服务目标: 部分达成 goals partly reached", work.goals_partly());
  count("服务目标: 放弃 goals dropped", work.goals_dropped());
  count("回访: 按时 follow-ups on time", work.follow_ups_on_time());
  count("回访: 超时 follow-ups late", work.follow_ups_late());
  count("惠民政策宣传: 网格 bulletins, grids", work.bulletin_grids());
  count("惠民政策宣传: 户 bulletins, households", work.bulletin_households());
  count("生存认证: 按时 certified on time", work.certified());
  count("生存认证: 超时 certified late", work.certified_late());
  for (const auto& project : work.resources()) {
    const std::string name = absl::StrCat("链接资源 resources, ", NameOf(project.project()), ": ");
    count(name + "认捐件数 pledged", project.pledged());
    put(name + "认捐金额（元） pledged yuan", YuanOf(project.pledged_fen()));
    count(name + "到位件数 delivered", project.delivered());
    put(name + "到位金额（元） delivered yuan", YuanOf(project.delivered_fen()));
  }
}

using Figures = std::map<std::string, Figure>;

// All figures of a period by name; names that are new go behind the others in `order`.
Figures FiguresOf(const api::StatisticsPeriod& p, std::vector<std::string>* order) {
  Figures figures;
  const Put put = [&](const std::string& name, Figure figure) {
    if (!figures.emplace(name, std::move(figure)).second) return;
    if (std::find(order->begin(), order->end(), name) == order->end()) order->push_back(name);
  };
  const auto count = [&](const std::string& name, uint32_t n) { put(name, CountOf(n)); };
  count("受理 begun", p.begun());
  count("新受理 opened", p.opened());
  count("重新办理 reopened", p.reopened());
  if (p.has_reopened_percent()) {
    put("重新办理率（占受理，%） reopened share, % of begun", ShareOf(p.reopened_percent()));
  }
  count("撤回 withdrawn", p.withdrawn());
  count("甄别排除 screened out", p.screened_out());
  count("主动发现 proactive", p.proactive());
  if (p.has_proactive_percent()) {
    put("主动发现率（占新受理，%） proactive share, % of opened", ShareOf(p.proactive_percent()));
  }
  count("办结 ended", p.ended());
  count("帮扶户数 households helped", p.households_helped());
  count("帮扶件数（无户号） helped without a household reference", p.helped_without_household());
  for (const auto& taken : p.times()) {
    const std::string name = absl::StrCat(NameOf(taken.promise()), ": ");
    count(name + "件数 count", taken.count());
    put(name + "中位数（分钟） median minutes", TimeOf(taken.median_minutes()));
    put(name + "90%分位（分钟） P90 minutes", TimeOf(taken.p90_minutes()));
    put(name + "中位数（工作分钟） median working minutes", TimeOf(taken.median_working_minutes()));
    put(name + "90%分位（工作分钟） P90 working minutes", TimeOf(taken.p90_working_minutes()));
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

std::string TextOf(const Figures& figures, const std::string& name, Figure::Kind kind) {
  const auto it = figures.find(name);
  if (it != figures.end()) return it->second.text;
  return kind == Figure::Kind::kCount ? "0" : "";
}

// "-30.0%", "+2.5 pp"; empty where one of the two periods has nothing to compare.
std::string ChangeOf(const Figures& now, const Figures& before, const std::string& name) {
  const auto a = now.find(name);
  const auto b = before.find(name);
  if (a == now.end() || b == before.end()) return {};
  if (a->second.kind == Figure::Kind::kShare) {
    return absl::StrFormat("%+.1f pp", a->second.number - b->second.number);
  }
  const auto percent = ChangeInPercent(a->second.number, b->second.number);
  return percent ? absl::StrFormat("%+.1f%%", *percent) : std::string();
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// The ages of one tier's open cases. `all`: zeros too.
void PutOpen(const std::string& prefix, const api::OpenCases& open, bool all,
             const std::function<void(const std::string&, uint32_t)>& put) {
  const std::string name = absl::StrCat(prefix, NameOf(open.tier()), ": ");
  const std::pair<const char*, uint32_t> figures[] = {
      {"一天内 under a day", open.under_one_day()},
      {"三天内 under three days", open.under_three_days()},
      {"十天内 under ten days", open.under_ten_days()},
      {"十天以上 older", open.older()},
      {"超时 overdue", open.overdue()},
      {"挂账 on hold", open.on_hold()},
  };
  for (const auto& [what, n] : figures) {
    if (all || n > 0) put(name + what, n);
  }
}

}  // namespace

std::string StatisticsCsv(const api::Statistics& statistics) {
  std::vector<std::string> order;
  const Figures now = FiguresOf(statistics.period(), &order);
  // What only the year before has stands at the end.
  const Figures before = FiguresOf(statistics.year_before(), &order);
  std::string csv = "\xEF\xBB\xBF";
  const auto line = [&](const std::string& name, const std::string& a, const std::string& b,
                        const std::string& change) {
    absl::StrAppend(&csv, Quoted(name), ",", Quoted(a), ",", Quoted(b), ",", Quoted(change),
                    "\r\n");
  };
  line("指标 figure", statistics.from() + " – " + statistics.to(), "去年同期 year before",
       "变化 change");
  for (const std::string& name : order) {
    const auto known = now.find(name);
    const Figure::Kind kind = (known != now.end() ? known : before.find(name))->second.kind;
    line(name, TextOf(now, name, kind), TextOf(before, name, kind), ChangeOf(now, before, name));
  }
  const auto open_line = [&](const std::string& name, uint32_t n) {
    line(name, absl::StrCat(n), "", "");
  };
  for (const auto& open : statistics.open()) PutOpen("在办 open now, ", open, true, open_line);
  for (const auto& area : statistics.open_by_area()) {
    const std::string prefix =
        absl::StrCat("在办 open now, ", area.area(), area.area().empty() ? "" : " ", area.name(),
                     area.name().empty() ? "" : ", ");
    for (const auto& open : area.open()) PutOpen(prefix, open, false, open_line);
  }
  return csv;
}

}  // namespace lastmeter::query
