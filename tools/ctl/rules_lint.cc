// lastmeterctl rules lint
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/rules_view.h"
#include "services/common/exit_codes.h"
#include "services/common/tokens.h"
#include "tools/ctl/duty_gap.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/rules_folder.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace cm = lastmeter::common::v1;
namespace rl = lastmeter::rules::v1;

// How long before its end a calendar is called out of date: the notice for the next year appears
// in November.
constexpr Millis kCalendarEndsSoon = Days(60);
// The same for a rota, which is written month by month.
constexpr Millis kRotaEndsSoon = Days(7);

struct LintFlags {
  std::string dir;
  std::string at;
  std::string tokens;
};

// What may be installed and yet will not work as its author hopes. Each finding is one line, with
// the file and line that it is about.
class Linter {
 public:
  Linter(const LoadedRules& loaded, Timestamp now)
      : loaded_(loaded), view_(RulesView::Create(loaded.rules)), now_(now) {
    for (const auto& level : loaded.rules.policy().levels()) {
      if (!level.quiet_outside_duty()) round_the_clock_ = true;
    }
    for (const auto& kind : loaded.rules.policy().kinds()) {
      if (kind.restricted()) any_restricted_ = true;
    }
    for (const auto& shift : loaded.rules.rota()) {
      rota_from_ = std::min(rota_from_, Timestamp{shift.from_ms()});
      rota_to_ = std::max(rota_to_, Timestamp{shift.to_ms()});
    }
  }

  int Run() {
    for (int i = 0; i < loaded_.rules.areas_size(); ++i) {
      const std::string where = absl::StrCat("areas[", i, "].code");
      Staffing(where, loaded_.rules.areas(i));
      Officers(where, loaded_.rules.areas(i));
    }
    Authorities();
    Promises();
    Gaps();
    Calendar();
    Absences();
    Rota();
    if (same_people_ > 0) {
      std::cout << "note: in " << same_people_
                << " areas the next tier is the same people; it is passed at once\n";
    }
    return findings_;
  }

 private:
  void Say(const std::string& path, const std::string& what) {
    ++findings_;
    std::cout << loaded_.LineOf(path) << ": " << what << "\n";
  }
  static std::string NameOf(const rl::Area& area) {
    return absl::StrCat(EnumWord("Tier", Tier_Name(area.tier())), " ", area.code(), " ",
                        area.name());
  }

  // Of the tier of the area itself; what is below it has lines of its own.
  void Staffing(const std::string& where, const rl::Area& area) {
    const auto own = view_->FindPosts(area.code(), area.tier()).posts;
    if (own.empty()) {
      return Say(where, NameOf(area) + " has nobody: every case passes it at once");
    }
    DayAndNight(where, area, DutyCover(*view_, own));
    if (area.tier() >= cm::TIER_DISTRICT) return;
    const auto above = view_->FindPosts(area.code(), static_cast<cm::Tier>(area.tier() + 1)).posts;
    std::set<std::string> asked;
    for (const rl::Post* post : own) asked.insert(post->staff_id());
    const bool same = !above.empty() && std::all_of(above.begin(), above.end(), [&](const auto* p) {
      return asked.contains(p->staff_id());
    });
    // One person at two tiers is common, and no fault.
    if (same) ++same_people_;
  }

  void DayAndNight(const std::string& where, const rl::Area& area, const DutyCover& cover) {
    if (cover.always()) return;
    // What is quiet at night is read when duty begins.
    if (cover.hours() && !round_the_clock_) return;
    if (cover.any_shift()) {
      const auto gap = cover.FirstGap(std::max(rota_from_, now_), rota_to_);
      if (!gap) return;
      return Say(where, NameOf(area) + " has nobody on duty from " + FormatLocal(gap->from) +
                            " to " + FormatLocal(gap->to) + ": a hole of the rota");
    }
    if (cover.hours()) {
      Say(where, NameOf(area) +
                     " has nobody outside duty hours: at night what cannot wait passes "
                     "it at once");
    } else if (cover.nights()) {
      Say(where, NameOf(area) + " has nobody in duty hours: by day every case passes it at once");
    } else {
      Say(where,
          NameOf(area) + " is left to the rota, which names nobody: every case passes it at once");
    }
  }

  void Officers(const std::string& where, const rl::Area& area) {
    if (!any_restricted_ || area.tier() < cm::TIER_TOWN) return;
    const auto own = view_->FindPosts(area.code(), area.tier()).posts;
    if (std::none_of(own.begin(), own.end(),
                     [](const rl::Post* post) { return post->named_officer(); })) {
      Say(where, NameOf(area) + " has no named officer: restricted cases pass it at once");
    }
  }

  void Authorities() {
    const auto& kinds = loaded_.rules.policy().kinds();
    for (int i = 0; i < kinds.size(); ++i) {
      if (kinds[i].restricted() && kinds[i].outside_authorities().empty()) {
        Say(absl::StrCat("policy.kinds[", i, "].code"),
            kinds[i].code() + " is restricted and tells no outside authority");
      }
    }
  }

  void Promises() {
    const auto& levels = loaded_.rules.policy().levels();
    for (int i = 0; i < levels.size(); ++i) {
      const auto promises = [&](cm::Promise promise) {
        return view_->FindClock(levels[i].level(), promise) != nullptr;
      };
      const std::string where = absl::StrCat("policy.levels[", i, "].clocks");
      const std::string level = EnumWord("Level", Level_Name(levels[i].level()));
      if (promises(cm::PROMISE_FIRST_RELIEF) && !promises(cm::PROMISE_VERIFY)) {
        Say(where, level +
                       " promises relief and no home visit: a case may stand unvisited until "
                       "relief is due");
      }
      if (!promises(cm::PROMISE_REFERRAL)) {
        Say(where, level +
                       " has no clock for referral: a department that does not answer is asked "
                       "once and never again");
      }
      if (promises(cm::PROMISE_FIRST_RELIEF) && !promises(cm::PROMISE_PAPERWORK)) {
        Say(where, level + " promises relief and no paperwork: what is given first owes no papers");
      }
    }
  }

  // A ladder that leaves a tier out between others; acknowledgement's may not at all.
  void Gaps() {
    const auto& levels = loaded_.rules.policy().levels();
    for (int i = 0; i < levels.size(); ++i) {
      for (int k = 0; k < levels[i].clocks_size(); ++k) {
        const auto& clock = levels[i].clocks(k);
        int below = 0;
        for (const auto& rung : clock.overdue().rungs()) {
          for (int tier = below + 1; below != 0 && tier < rung.tier(); ++tier) {
            Say(absl::StrCat("policy.levels[", i, "].clocks[", k, "].overdue.rungs"),
                absl::StrCat(EnumWord("Level", Level_Name(levels[i].level())), ": the ladder of ",
                             EnumWord("Promise", Promise_Name(clock.promise())), " leaves out the ",
                             EnumWord("Tier", Tier_Name(static_cast<cm::Tier>(tier)))));
          }
          below = rung.tier();
        }
      }
    }
  }

  // Each year's notice moves holidays; a year without a line is one that nobody has entered.
  void CalendarYears() {
    const auto& calendar = loaded_.rules.calendar();
    std::set<uint32_t> entered;
    for (const auto& day : calendar.days()) entered.insert(day.date() / 10'000);
    for (uint32_t year = DateOf(now_) / 10'000; year <= calendar.known_until() / 10'000; ++year) {
      if (entered.contains(year)) continue;
      Say("calendar.known_until",
          absl::StrCat("the calendar is said to be known to ", calendar.known_until(),
                       ", and calendar.csv has no day of ", year,
                       ": its holidays would be counted as worked"));
    }
  }

  void Calendar() {
    CalendarYears();
    const uint32_t until = loaded_.rules.calendar().known_until();
    if (until < DateOf(now_)) {
      Say("calendar.known_until", absl::StrCat("the calendar ended on ", until,
                                               ": every limit in working days is provisional"));
    } else if (until < DateOf(now_ + kCalendarEndsSoon)) {
      Say("calendar.known_until",
          absl::StrCat("the calendar ends on ", until, ": limits beyond it are provisional"));
    }
  }

  void Rota() {
    const auto& roster = loaded_.rules.roster();
    for (int i = 0; i < roster.size(); ++i) {
      if (roster[i].duty() != rl::DUTY_ROTA || roster[i].outside_authority() ||
          roster[i].volunteer() || !view_->RotaOf(roster[i].staff_id()).empty()) {
        continue;
      }
      Say(absl::StrCat("roster[", i, "].duty"),
          roster[i].staff_id() + " is on duty by the rota only, which has no period for that post");
    }
    const auto& rota = loaded_.rules.rota();
    for (int i = 0; i < rota.size(); ++i) {
      const std::string where = absl::StrCat("rota[", i, "]");
      if (rota[i].to_ms() == rota_to_.ms && !std::exchange(rota_end_told_, true)) {
        if (rota_to_ <= now_) {
          Say(where, "the rota ended at " + FormatLocal(rota_to_));
        } else if (rota_to_ < now_ + kRotaEndsSoon) {
          Say(where, "the rota ends at " + FormatLocal(rota_to_) + ": install the next one before");
        }
      }
      for (Date date = DateOf(std::max(Timestamp{rota[i].from_ms()}, now_));
           date <= DateOf({rota[i].to_ms() - 1}); date = NextDate(date)) {
        if (Covered(rota[i].staff_id(), date)) continue;
        Say(where, absl::StrCat(rota[i].staff_id(), " is away on ", date,
                                " and nobody stands in: the period is nobody's"));
        break;
      }
    }
  }

  // There himself, or by somebody who stands in.
  bool Covered(const std::string& staff_id, Date date) const {
    const rl::Absence* absence = view_->AbsenceOf(staff_id, date);
    return absence == nullptr ||
           (!absence->stand_in().empty() && view_->AbsenceOf(absence->stand_in(), date) == nullptr);
  }

  // The first day of the absence on which its person's place is nobody's.
  Date FirstUncovered(const rl::Absence& absence) const {
    for (Date date = std::max<Date>(absence.from_date(), DateOf(now_)); date <= absence.to_date();
         date = NextDate(date)) {
      if (!Covered(absence.staff_id(), date)) return date;
    }
    return 0;
  }

  void Absences() {
    const auto& absences = loaded_.rules.absences();
    for (int i = 0; i < absences.size(); ++i) {
      const std::string where = absl::StrCat("absences[", i, "]");
      const rl::Absence& absence = absences[i];
      if (absence.to_date() < DateOf(now_)) {
        Say(where, absence.staff_id() + " is back; the line may go");
        continue;
      }
      const Date date = FirstUncovered(absence);
      if (date == 0) continue;
      if (!absence.stand_in().empty()) {
        Say(where, absl::StrCat(absence.stand_in(), " is to stand in and is away too on ", date));
      }
      for (const rl::Post* post : view_->PostsOf(absence.staff_id())) {
        const auto own = view_->FindPosts(post->area(), post->tier()).posts;
        if (std::any_of(own.begin(), own.end(),
                        [&](const rl::Post* other) { return Covered(other->staff_id(), date); })) {
          continue;
        }
        Say(where,
            absl::StrCat("with ", absence.staff_id(), " away, nobody is left on ", date, " at ",
                         EnumWord("Tier", Tier_Name(post->tier())), " ", post->area()));
      }
    }
  }

  const LoadedRules& loaded_;
  const std::unique_ptr<RulesView> view_;
  const Timestamp now_;
  // From the begin of the rota's first period to the end of its last; empty without a rota.
  Timestamp rota_from_{INT64_MAX};
  Timestamp rota_to_{};
  bool rota_end_told_ = false;
  bool round_the_clock_ = false;
  bool any_restricted_ = false;
  int same_people_ = 0;
  int findings_ = 0;
};

// Volunteers who read cases after all.
int TokensOfVolunteers(const rl::Rules& rules, const TokenFile& tokens, const std::string& file) {
  const auto view = RulesView::Create(rules);
  int findings = 0;
  for (const Caller& caller : tokens.Callers()) {
    if (caller.role != cm::ROLE_STAFF || !view->IsVolunteer(caller.id)) continue;
    ++findings;
    std::cout << file << ": " << caller.id
              << " is a volunteer of the roster, and the role staff shows every case of "
              << caller.area << "; give the role volunteer\n";
  }
  return findings;
}

int Lint(const LintFlags& flags) {
  int code = kExitOk;
  const auto folder = OpenFolderAt(flags.dir, flags.at, &code);
  if (!folder) return code;
  int findings = Linter(folder->loaded, folder->at).Run();
  if (!flags.tokens.empty()) {
    const auto tokens = TokenFile::Load(flags.tokens);
    if (!tokens.ok()) return Fail(tokens.status());
    findings += TokensOfVolunteers(folder->loaded.rules, *tokens, flags.tokens);
  }
  std::cout << (findings == 0 ? "nothing found"
                              : absl::StrCat(findings, findings == 1 ? " finding" : " findings"))
            << "\n";
  return findings == 0 ? kExitOk : kExitVerificationFailed;
}

}  // namespace

void AddRulesLint(CLI::App& rules, std::vector<Subcommand>* all) {
  CLI::App* lint = rules.add_subcommand(
      "lint", "Find what may be installed and will not work as hoped, by file and line");
  auto flags = std::make_shared<LintFlags>();
  lint->add_option("--dir", flags->dir, "Folder of the rules")->type_name("DIR");
  lint->add_option("--at", flags->at, "As of that moment at UTC+8; now unless given")
      ->type_name("TIME");
  lint->add_option("--tokens", flags->tokens, "Also whether a token shows a volunteer too much")
      ->type_name("F");
  lint->footer(
      "\nTiers that nobody staffs, by day or by night; towns without a named officer; restricted\n"
      "kinds that tell no authority; relief without a home visit or paperwork; referrals without "
      "a\n"
      "clock; ladders that leave a tier out; a calendar that ends, or lacks a year; absences that "
      "leave a tier to nobody; holes of the rota while nobody else is on "
      "duty,\n"
      "posts that it forgets, and its end. Exits 0 when nothing was found, 3 otherwise, 78 when "
      "the\n"
      "rules may not be installed at all.");
  all->push_back({lint, [flags] { return Lint(*flags); }});
}

}  // namespace lastmeter::ctl
