#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "tools/ctl/case_list.h"
#include "tools/ctl/report.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;

// A longer list is read by nobody on paper; the ledger has them all.
constexpr size_t kMostListed = 200;

// What is open in one town.
struct Open {
  uint32_t begun = 0;
  uint32_t all = 0;
  uint32_t unanswered = 0;
  uint32_t near_due = 0;
  uint32_t overdue = 0;
  uint32_t red = 0;
  uint32_t on_hold = 0;

  void Add(const Open& other) {
    begun += other.begun;
    all += other.all;
    unanswered += other.unanswered;
    near_due += other.near_due;
    overdue += other.overdue;
    red += other.red;
    on_hold += other.on_hold;
  }
};

// One promise of one case, on a list.
struct Item {
  int64_t due_ms;
  std::string number;
  std::vector<std::string> cells;
};

// A promise is overdue that nobody but whoever has the case is late with.
bool IsLate(const api::Case& one) {
  return std::any_of(one.clocks().begin(), one.clocks().end(), [](const api::ClockView& clock) {
    return clock.lamp() >= api::LAMP_OVERDUE && !clock.outage();
  });
}

int64_t DueOf(const api::ClockView& clock) {
  return FromApi(clock.has_due_at() ? clock.due_at() : clock.turn().due_at()).ms;
}

class Daily {
 public:
  Daily(const Names& names, Timestamp now) : names_(names), now_(now) {}

  void CountBegun(const std::string& town, uint32_t begun) { towns_[town].begun += begun; }

  void Take(const api::Case& one) {
    // An exercise is listed with its mark and counts nowhere; a restricted one is not listed
    // either.
    if (one.restricted()) {
      if (!one.drill()) ++restricted_;
      return;
    }
    for (const api::ClockView& clock : one.clocks()) Take(one, clock);
    if (one.drill()) return;
    // A case that is known by district only counts under the district.
    Open& open = towns_[one.area().substr(0, 9)];
    ++open.all;
    if (one.handler_id().empty()) ++open.unanswered;
    if (one.lamp() == api::LAMP_NEAR_DUE) ++open.near_due;
    if (IsLate(one)) ++open.overdue;
    if (one.lamp() == api::LAMP_OVERDUE_TWICE) ++open.red;
    if (one.has_hold()) ++open.on_hold;
  }

  void AddHidden(uint32_t hidden) { restricted_ += hidden; }

  void Into(Document* out) const {
    AddTowns(out);
    AddList(red_, names_.Pick("二、红牌个案", "2. Red cards"), out);
    AddList(overdue_, names_.Pick("三、超时个案（黄牌）", "3. Overdue (yellow cards)"), out);
    AddList(due_today_, names_.Pick("四、今日到期", "4. Due today"), out);
    if (restricted_ > 0) {
      out->Paragraph(
          names_.lang() == Lang::kZh
              ? absl::StrCat("另有限阅个案 ", restricted_, " 件在办，未计入以上，不列明细。")
              : absl::StrCat(restricted_,
                             " restricted cases are open besides; they are "
                             "not listed."));
    }
  }

  uint32_t open() const { return Total().all; }
  uint32_t overdue() const { return Total().overdue; }
  uint32_t red() const { return Total().red; }

 private:
  Open Total() const {
    Open total;
    for (const auto& [code, open] : towns_) total.Add(open);
    return total;
  }

  void Take(const api::Case& one, const api::ClockView& clock) {
    const int64_t due = DueOf(clock);
    const int64_t midnight = StartOf(NextDate(DateOf(now_))).ms;
    const bool runs = clock.lamp() == api::LAMP_ON_TIME || clock.lamp() == api::LAMP_NEAR_DUE;
    std::vector<Item>* list = nullptr;
    if (clock.lamp() == api::LAMP_OVERDUE_TWICE) {
      list = &red_;
    } else if (clock.lamp() == api::LAMP_OVERDUE) {
      list = &overdue_;
    } else if (runs && due >= now_.ms && due < midnight) {
      list = &due_today_;
    }
    if (list == nullptr) return;
    list->push_back({due,
                     one.number(),
                     {one.number() + names_.Mark(one), names_.Town(one.area()),
                      names_.Place(one.area()), names_.Kind(one.kind()), names_.Level(one.level()),
                      names_.Tier(one.tier()), names_.Person(one.handler_id()),
                      names_.Promise(clock.promise()) +
                          (clock.outage() ? names_.Pick("（系统原因）", " (late through us)") : ""),
                      due == 0 ? "–" : MinuteText(Timestamp{due})}});
  }

  void AddTowns(Document* out) const {
    Table table{{names_.Pick("镇（街道）", "town"), names_.Pick("昨日受理", "came in yesterday"),
                 names_.Pick("在办", "open"), names_.Pick("待签收", "nobody has answered"),
                 names_.Pick("临期", "near due"), names_.Pick("超时", "overdue"),
                 names_.Pick("其中红牌", "of these red"), names_.Pick("挂账", "on hold")},
                {},
                AllNumbers(8)};
    const auto row = [&](const std::string& name, const Open& o) {
      table.rows.push_back({name, absl::StrCat(o.begun), absl::StrCat(o.all),
                            absl::StrCat(o.unanswered), absl::StrCat(o.near_due),
                            absl::StrCat(o.overdue), absl::StrCat(o.red), absl::StrCat(o.on_hold)});
    };
    for (const auto& [code, open] : towns_) {
      if (open.begun + open.all == 0) continue;
      row(code.empty() ? names_.Pick("未分镇", "no town") : names_.Place(code), open);
    }
    row(names_.Pick("合计", "all"), Total());
    out->Heading(names_.Pick("一、各镇（街道）情况", "1. By town"));
    out->Add(std::move(table));
  }

  void AddList(const std::vector<Item>& items, const std::string& title, Document* out) const {
    out->Heading(title);
    if (items.empty()) return out->Paragraph(names_.Pick("无。", "None."));
    std::vector<const Item*> order;
    for (const Item& item : items) order.push_back(&item);
    std::sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
      return std::tie(a->due_ms, a->number) < std::tie(b->due_ms, b->number);
    });
    Table table{{names_.Pick("个案编号", "case"), names_.Pick("镇（街道）", "town"),
                 names_.Pick("所在地", "place"), names_.Pick("困难类型", "kind"),
                 names_.Pick("等级", "level"), names_.Pick("办理层级", "tier"),
                 names_.Pick("承办人", "handler"), names_.Pick("事项", "promise"),
                 names_.Pick("期限", "due")},
                {},
                {Cell::kWhole, Cell::kWhole, Cell::kWhole, Cell::kText, Cell::kWhole, Cell::kWhole,
                 Cell::kWhole, Cell::kText, Cell::kWhole}};
    const size_t shown = std::min(order.size(), kMostListed);
    for (size_t i = 0; i < shown; ++i) table.rows.push_back(order[i]->cells);
    out->Add(std::move(table));
    if (shown < order.size()) {
      out->Paragraph(names_.lang() == Lang::kZh
                         ? absl::StrCat("另有 ", order.size() - shown, " 项，见台账。")
                         : absl::StrCat(order.size() - shown, " more are in the ledger."));
    }
  }

  const Names& names_;
  const Timestamp now_;
  std::map<std::string, Open> towns_;
  std::vector<Item> red_;
  std::vector<Item> overdue_;
  std::vector<Item> due_today_;
  uint32_t restricted_ = 0;
};

}  // namespace

absl::StatusOr<Document> DailyReport(const ReportScope& scope, Date day) {
  const Names& names = scope.names;
  const Date yesterday = DateOf(StartOf(day) - Hours(1));
  const Days before{yesterday, yesterday};
  LM_ASSIGN_OR_RETURN(const auto s, StatisticsOf(scope.session, before, scope.area));
  const Timestamp now = FromApi(s.as_of());
  if (DateOf(now) < day) {
    return absl::OutOfRangeError(absl::StrCat(DayText(day), " lies in the future"));
  }
  Daily daily(names, now);
  LM_ASSIGN_OR_RETURN(const auto towns, ByTown(scope, before));
  uint32_t in_towns = 0;
  for (const TownFigures& town : towns) {
    daily.CountBegun(town.code, town.statistics.period().begun());
    in_towns += town.statistics.period().begun();
  }
  // What is known by district only, or where the rules know no towns.
  if (s.period().begun() > in_towns) {
    daily.CountBegun(s.area().substr(0, 9), s.period().begun() - in_towns);
  }
  LM_ASSIGN_OR_RETURN(
      const uint32_t hidden,
      ForEachOpenCase(scope.session, scope.area, [&](const api::Case& one) { daily.Take(one); }));
  daily.AddHidden(hidden);

  const std::string place = AreaName(names, s);
  Document out(names.Pick("zh", "en"),
               names.lang() == Lang::kZh
                   ? absl::StrCat(place, "急难救助日报（", DayText(day), "）")
                   : absl::StrCat("Daily report ", DayText(day), place.empty() ? "" : ", ", place));
  const auto& p = s.period();
  std::string summary =
      names.lang() == Lang::kZh
          ? absl::StrCat("昨日（", DayText(yesterday), "）受理 ", p.begun(), " 件，其中主动发现 ",
                         p.proactive(), " 件，已办结 ", p.ended(), " 件；撤回 ", p.withdrawn(),
                         " 件。目前在办 ", daily.open(), " 件，其中超时 ", daily.overdue(),
                         " 件、红牌 ", daily.red(), " 件。数据截至 ", MinuteText(now), "。")
          : absl::StrCat("Yesterday (", DayText(yesterday), ") ", p.begun(), " cases came in, ",
                         p.proactive(), " of them found proactively; ", p.ended(),
                         " of them have ended; ", p.withdrawn(), " reports were taken back. Now ",
                         daily.open(), " cases are open, ", daily.overdue(), " of them overdue, ",
                         daily.red(), " with a red card. As of ", MinuteText(now), ".");
  if (DateOf(now) != day) {
    summary += names.Pick("在办情况为生成本报时的情况，不是当日的。",
                          " What is open is open now, and was not on that day.");
  }
  out.Paragraph(std::move(summary));
  daily.Into(&out);
  out.Paragraph(names.Pick(
      "说明：签收的期限为本轮首个层级的期限；今日到期指今日二十四时前到期、目前尚未超时的事项；"
      "因系统停机而逾期的事项标明“系统原因”，不计入超时和红牌；演练标明“演练”，不计入任何件数。",
      "The limit of an acknowledgement is that of the first tier asked. Due today is what falls "
      "due "
      "before midnight and is not overdue now. What passed its limit while the system stood still "
      "is marked and counts neither as overdue nor as a red card; exercises are marked and count "
      "nowhere."));
  return out;
}

}  // namespace lastmeter::ctl
