// lastmeterctl as-of
#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/runtime/memory_store.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

using lastmeter::state::v1::Case;

struct AsOfFlags {
  Place place;
  std::string case_number;
  std::string at;
  uint64_t seq = 0;
  bool json = false;
};

std::string TierWord(lastmeter::common::v1::Tier tier) { return EnumWord("Tier", Tier_Name(tier)); }

// Folds up to the moment and no further; `last` is the last record taken.
absl::StatusOr<std::optional<Case>> FoldTo(const OpenedLog& opened, const CaseNumber& number,
                                           std::optional<Timestamp> at, uint64_t seq,
                                           event::v1::Record* last) {
  MemoryStore store;
  PartitionState state(&store);
  const PartitionId partition{
      PartitionFor(number.ToString().substr(0, 12), opened.log->identity().partition_count)};
  absl::Status walked = WalkAll(opened, partition, [&](const LogEntry& entry) -> absl::Status {
    LM_ASSIGN_OR_RETURN(auto record, ParseRecord(entry.value));
    LM_RETURN_IF_ERROR(CheckFollows(state, record));
    if (at && record.log_time_ms() > at->ms) return absl::CancelledError("far enough");
    if (seq > 0 && record.seq() > seq) return absl::CancelledError("far enough");
    const Sha256Digest sha256 = Sha256(entry.value);
    Apply(state, record, sha256);
    LM_RETURN_IF_ERROR(
        store.Commit(state.TakeChanges(),
                     {.position = entry.position, .seq = {record.seq()}, .sha256 = sha256}));
    *last = std::move(record);
    return absl::OkStatus();
  });
  if (!walked.ok() && walked.code() != absl::StatusCode::kCancelled) return walked;
  return state.FindCase(number);
}

void PrintClock(const lastmeter::state::v1::Clock& clock) {
  std::vector<std::string> parts;
  if (clock.due_ms() != 0) {
    parts.push_back("limit " + FormatLocal({clock.due_ms()}) +
                    (clock.provisional() ? " (provisional)" : ""));
  }
  if (clock.stopped()) parts.push_back("stopped");
  if (clock.breached()) parts.push_back("breached");
  if (clock.near_due_fired() && !clock.breached()) parts.push_back("near due");
  if (clock.round() > 0) {
    std::string turn = absl::StrCat("round ", clock.round(), " at ", TierWord(clock.tier()));
    if (clock.exhausted()) {
      absl::StrAppend(&turn, ", exhausted, ", clock.reminders(), " reminders, next ",
                      FormatLocal({clock.next_reminder_ms()}));
    } else if (!clock.stopped()) {
      absl::StrAppend(&turn, " until ", FormatLocal({clock.turn_due_ms()}));
    }
    parts.push_back(std::move(turn));
  }
  std::cout << "  " << EnumWord("Promise", Promise_Name(clock.promise())) << ": "
            << absl::StrJoin(parts, ", ") << "\n";
}

void Print(const std::string& number, const Case& c, const event::v1::Record& last) {
  std::cout << number << " as of record " << last.seq() << ", " << FormatLocal({last.log_time_ms()})
            << "\n"
            << "  version " << c.version() << ", cycle " << c.cycle() << ", " << c.kind()
            << ", level " << EnumWord("Level", Level_Name(c.level())) << ", area " << c.area()
            << (c.restricted() ? ", restricted" : "") << (c.drill() ? ", drill" : "") << "\n"
            << "  opened " << FormatLocal({c.opened_at_ms()}) << ", accepted "
            << FormatLocal({c.accepted_at_ms()}) << ", reported by " << c.reporter_id() << "\n";
  if (c.closed()) {
    std::cout << "  closed " << FormatLocal({c.closed_at_ms()}) << ": "
              << EnumWord("Outcome", Outcome_Name(c.outcome())) << "\n";
  } else if (c.handler_id().empty()) {
    std::cout << "  nobody has taken it on\n";
  } else {
    std::cout << "  taken on by " << c.handler_id() << " (" << TierWord(c.handler_tier()) << ")\n";
  }
  for (const auto& clock : c.clocks()) PrintClock(clock);
  std::cout << "  told:";
  for (const std::string& id : c.told()) std::cout << " " << id;
  std::cout << "\n";
}

int AsOf(const Backends& backends, const AsOfFlags& flags) {
  const auto number = CaseNumber::Parse(flags.case_number);
  if (!number) {
    return Fail(kExitUsage, "give a case number: --case 430112001001-2026-00042");
  }
  if (!flags.at.empty() && flags.seq > 0) return Fail(kExitUsage, "give --at or --seq, not both");
  std::optional<Timestamp> at;
  if (!flags.at.empty()) {
    at = ParseRfc3339(flags.at);
    if (!at) {
      return Fail(kExitUsage, "'" + flags.at + "' is not a time such as 2026-01-31T09:15:00+08:00");
    }
  }
  int code = kExitOk;
  const auto opened = OpenOrFail(backends, flags.place, &code);
  if (!opened) return code;
  event::v1::Record last;
  auto found = FoldTo(*opened, *number, at, flags.seq, &last);
  if (!found.ok()) return Fail(found.status());
  if (!found->has_value()) {
    return Fail(kExitFailure, "at that moment there was no case " + flags.case_number);
  }
  if (flags.json) {
    std::cout << ToJson(**found, true) << "\n";
  } else {
    Print(flags.case_number, **found, last);
  }
  return kExitOk;
}

}  // namespace

void AddAsOf(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all) {
  CLI::App* as_of = app.add_subcommand("as-of", "A case as it was known at some moment");
  auto flags = std::make_shared<AsOfFlags>();
  AddPlace(as_of, &flags->place);
  as_of->add_option("--case", flags->case_number, "Its number")->type_name("NUMBER");
  as_of->add_option("--at", flags->at, "Log time in RFC 3339; without it and --seq: the log's end")
      ->type_name("TIME");
  as_of->add_option("--seq", flags->seq, "Up to this record of the case's partition")
      ->type_name("SEQ");
  as_of->add_flag("--json", flags->json, "The folded state as JSON");
  all->push_back({as_of, [&backends, flags] { return AsOf(backends, *flags); }});
}

}  // namespace lastmeter::ctl
