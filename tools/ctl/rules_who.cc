// lastmeterctl rules who
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>

#include "engine/base/status.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/core/rules_view.h"
#include "engine/rulesfile/words.h"
#include "engine/runtime/memory_store.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/rules_folder.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

// More than a ladder has steps, the passed tiers and the other clocks' limits among them.
constexpr int kMostDecisions = 64;

struct WhoFlags {
  std::string dir;
  std::string area;
  std::string at;
  std::string kind;
  std::string reporter;
  bool json = false;
};

// A partition that lives for one question: the rules are installed, one report comes, and nobody
// answers. Decided by the same core as on the day itself.
class Rehearsal {
 public:
  using Show = std::function<void(Timestamp, const ev::Event&)>;
  explicit Rehearsal(Show show) : show_(std::move(show)), state_(&rows_) {}

  absl::Status Install(const rules::v1::Rules& rules, Timestamp at) {
    command::v1::Command command;
    command.set_command_id("rehearsal");
    command.mutable_actor()->set_id("operator");
    command.mutable_actor()->set_role(cm::ROLE_OPERATOR);
    command.set_accepted_at_ms(at.ms);
    *command.mutable_install_rules()->mutable_rules() = rules;
    return Run(Of(ev::INPUT_TOPIC_COMMAND, at, command.SerializeAsString()), at);
  }
  absl::Status Report(const report::v1::HardshipReport& report, Timestamp at) {
    return Run(Of(ev::INPUT_TOPIC_REPORT, at, report.SerializeAsString()), at);
  }
  // Until the top of the ladder has not answered either.
  absl::Status LetClimb() {
    for (int i = 0; i < kMostDecisions && !exhausted_; ++i) {
      const auto timer = state_.NextTimer();
      if (!timer.has_value()) break;
      LM_RETURN_IF_ERROR(Run(TimerInput{timer->number, timer->due, false}, timer->due));
    }
    return absl::OkStatus();
  }

 private:
  static Input Of(ev::InputTopic topic, Timestamp at, std::string bytes) {
    return LogInput{topic, {0}, at, std::move(bytes)};
  }

  absl::Status Run(const Input& input, Timestamp now) {
    for (auto& sealed : Seal(state_, Decide(state_, input, now), now)) {
      Apply(state_, sealed.record, sealed.sha256);
      const ev::Event& event = sealed.record.event();
      exhausted_ = exhausted_ || event.ladder_exhausted().promise() == cm::PROMISE_ACKNOWLEDGE;
      if (event.has_command_rejected()) {
        return absl::FailedPreconditionError(event.command_rejected().detail());
      }
      show_(now, event);
      LM_RETURN_IF_ERROR(
          rows_.Commit(state_.TakeChanges(),
                       {.position = {0}, .seq = {sealed.record.seq()}, .sha256 = sealed.sha256}));
    }
    return absl::OkStatus();
  }

  const Show show_;
  MemoryStore rows_;
  PartitionState state_;
  bool exhausted_ = false;
};

class Printer {
 public:
  explicit Printer(const rules::v1::Rules& rules) : view_(RulesView::Create(rules)) {
    for (const auto& post : rules.roster()) names_.try_emplace(post.staff_id(), post.name());
  }

  void Show(Timestamp now, const ev::Event& event) const {
    if (event.has_case_opened()) {
      if (event.case_opened().has_turn()) Turn(now, event.case_opened().turn());
      if (event.case_opened().authorities_size() > 0) {
        Line(now, "outside", "told   ", event.case_opened().authorities());
      }
    } else if (event.has_tier_passed() &&
               event.tier_passed().promise() == cm::PROMISE_ACKNOWLEDGE) {
      std::cout << FormatLocal(now) << "  " << Padded(TierWord(event.tier_passed().tier()))
                << "passed: "
                << EnumWord("PassReason", PassReason_Name(event.tier_passed().reason())) << "\n";
    } else if (event.has_case_escalated() &&
               event.case_escalated().turn().promise() == cm::PROMISE_ACKNOWLEDGE) {
      Turn(now, event.case_escalated().turn());
    } else if (event.ladder_exhausted().promise() == cm::PROMISE_ACKNOWLEDGE) {
      Line(now, "top", "remind ", event.ladder_exhausted().notices());
      std::cout << "  and again until somebody answers, next at "
                << FormatLocal({event.ladder_exhausted().next_reminder_ms()}) << "\n";
    }
  }

 private:
  using Notices = google::protobuf::RepeatedPtrField<ev::Notice>;

  static std::string TierWord(cm::Tier tier) { return EnumWord("Tier", Tier_Name(tier)); }
  static std::string Padded(std::string word) {
    word.resize(std::max<size_t>(word.size() + 1, 10), ' ');
    return word;
  }

  void Turn(Timestamp now, const ev::Turn& turn) const {
    Notices asked;
    Notices told;
    for (const auto& notice : turn.notices()) {
      *(notice.purpose() == ev::PURPOSE_ANSWER ? asked : told).Add() = notice;
    }
    Line(now, TierWord(turn.tier()), "asked  ", asked);
    if (!told.empty()) Line(now, "", "told   ", told);
    std::cout << "  to answer by " << FormatLocal({turn.due_ms()})
              << (turn.provisional() ? " (provisional: the calendar ends before)" : "") << "\n";
  }

  void Line(Timestamp now, const std::string& tier, const char* what,
            const Notices& notices) const {
    std::string who;
    for (const auto& notice : notices) {
      if (!who.empty()) who += ", ";
      who += notice.staff_id();
      if (const auto name = names_.find(notice.staff_id());
          name != names_.end() && !name->second.empty()) {
        who += " (" + name->second + ")";
      }
      if (!notice.stands_in_for().empty()) who += " for " + notice.stands_in_for();
      who += ByRota(notice, now);
      if (notice.not_before_ms() != 0) who += " from " + FormatLocal({notice.not_before_ms()});
    }
    std::cout << FormatLocal(now) << "  " << Padded(tier) << what << who << "\n";
  }

  // Until when the rota has the person on duty; empty when it does not.
  std::string ByRota(const ev::Notice& notice, Timestamp now) const {
    const std::string& id =
        notice.stands_in_for().empty() ? notice.staff_id() : notice.stands_in_for();
    const Timestamp at{notice.not_before_ms() == 0 ? now.ms : notice.not_before_ms()};
    const rules::v1::DutyShift* shift = view_->ShiftOf(id, at);
    if (shift == nullptr) return {};
    return " by the rota until " + FormatLocal({shift->to_ms()});
  }

  const std::unique_ptr<RulesView> view_;
  std::map<std::string, std::string> names_;
};

absl::StatusOr<report::v1::HardshipReport> MakeReport(const WhoFlags& flags,
                                                      const rules::v1::Rules& rules, Timestamp at) {
  const auto& areas = rules.areas();
  if (std::none_of(areas.begin(), areas.end(),
                   [&](const auto& area) { return area.code() == flags.area; })) {
    return absl::InvalidArgumentError("--area: the rules list no area " + flags.area);
  }
  const auto& kinds = rules.policy().kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& one) {
    return flags.kind.empty() ? !one.restricted() : one.code() == flags.kind;
  });
  if (kind == kinds.end()) {
    return absl::InvalidArgumentError("--kind: the policy knows no kind " + flags.kind);
  }
  report::v1::HardshipReport report;
  report.set_report_id("rehearsal");
  report.set_kind(kind->code());
  report.set_area(flags.area);
  report.set_routing_code((flags.area + "000000000000").substr(0, 12));
  report.mutable_reporter()->set_id("rehearsal");
  report.mutable_reporter()->set_role(cm::ROLE_SENTINEL);
  report.set_accepted_at_ms(at.ms);
  if (flags.reporter.empty() || flags.reporter == "outsider") return report;
  const auto tier = ReadTier(flags.reporter);
  if (!tier) {
    return absl::InvalidArgumentError("--reporter: '" + flags.reporter +
                                      "' is not outsider, grid, group, village, town or district");
  }
  report.set_reporter_tier(*tier);
  return report;
}

int Who(const WhoFlags& flags) {
  int code = kExitOk;
  const auto folder = OpenFolderAt(flags.dir, flags.at, &code);
  if (!folder) return code;
  const rules::v1::Rules& rules = folder->loaded.rules;
  const Timestamp at = folder->at;
  const auto report = MakeReport(flags, rules, at);
  if (!report.ok()) return Fail(kExitUsage, std::string(report.status().message()));
  const Printer printer(rules);
  Rehearsal rehearsal([&](Timestamp now, const ev::Event& event) {
    if (event.case_number().empty()) return;
    if (flags.json) {
      std::cout << ToJson(event) << "\n";
    } else {
      printer.Show(now, event);
    }
  });
  absl::Status status = rehearsal.Install(rules, at);
  if (status.ok() && !flags.json) {
    std::cout << report->kind() << " in " << flags.area << ", reported " << FormatLocal(at)
              << ", and nobody answers:\n";
  }
  if (status.ok()) status = rehearsal.Report(*report, at);
  if (status.ok()) status = rehearsal.LetClimb();
  return status.ok() ? kExitOk : Fail(status);
}

}  // namespace

void AddRulesWho(CLI::App& rules, std::vector<Subcommand>* all) {
  CLI::App* who = rules.add_subcommand(
      "who", "Say who would be told, tier by tier, of a report that nobody answers");
  auto flags = std::make_shared<WhoFlags>();
  who->add_option("--dir", flags->dir, "Folder of the rules")->type_name("DIR");
  who->add_option("--area", flags->area, "Division code of 6 to 15 digits")
      ->required()
      ->type_name("CODE");
  who->add_option("--at", flags->at,
                  "Moment of the report at UTC+8, for example 2026-01-05T09:00; now unless given")
      ->type_name("TIME");
  who->add_option("--kind", flags->kind,
                  "Kind of hardship; the policy's first that is not restricted unless given")
      ->type_name("CODE");
  who->add_option(
         "--reporter", flags->reporter,
         "Tier at which the reporter works: outsider (default), grid, group, village, town "
         "or district")
      ->type_name("TIER");
  who->add_flag("--json", flags->json, "Every event of the rehearsal, one JSON object a line");
  who->footer(
      "\nA rehearsal by the engine itself, of rules that need not be in force: nothing is stored "
      "and\nnobody is told.");
  all->push_back({who, [flags] { return Who(*flags); }});
}

}  // namespace lastmeter::ctl
