// lastmeterctl log cat, log accept-loss
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "engine/core/codec.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/record_text.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

constexpr auto kLookAgain = std::chrono::seconds(1);

struct CatFlags {
  Place place;
  std::vector<uint32_t> partitions;
  uint64_t from = 0;
  std::string case_number;
  std::string type;
  bool json = false;
  bool follow = false;
};

// Prints the records that were asked for.
class Printer {
 public:
  Printer(const CatFlags& flags, bool name_partition)
      : flags_(flags), name_partition_(name_partition) {}

  absl::Status Take(PartitionId partition, const LogEntry& entry) const {
    auto record = ParseRecord(entry.value);
    if (!record.ok()) return record.status();
    if (record->seq() < flags_.from) return absl::OkStatus();
    if (!flags_.case_number.empty() && record->event().case_number() != flags_.case_number) {
      return absl::OkStatus();
    }
    if (!flags_.type.empty() && EventName(record->event()) != flags_.type) return absl::OkStatus();
    if (flags_.json) {
      std::cout << RecordJson(partition, entry.position, entry.value, *record) << '\n';
    } else {
      if (name_partition_) std::cout << 'p' << partition.value << ' ';
      std::cout << RecordLine(*record) << '\n';
    }
    // A reader that has gone, such as head, needs no more.
    return std::cout ? absl::OkStatus() : absl::CancelledError("nobody reads on");
  }

 private:
  const CatFlags& flags_;
  const bool name_partition_;
};

// Where to begin in each partition: at the oldest record kept, however the log's beginning is.
absl::Status BeginAtOldest(const OpenedLog& opened, std::map<PartitionId, LogPosition>* next) {
  for (auto& [partition, position] : *next) {
    const TopicPartition tp{Topic::kEvent, partition};
    LM_ASSIGN_OR_RETURN(const LogExtent extent, opened.extent(tp));
    position = extent.begin;
    if (position.value == 0) continue;
    std::cerr << "lastmeterctl: " << opened.Where(tp) << " begins at " << opened.position_word
              << " " << position.value << "; what stood before has expired or was deleted\n";
  }
  return absl::OkStatus();
}

int Cat(const Backends& backends, const CatFlags& flags) {
  if (!flags.type.empty()) {
    if (std::string problem = UnknownEvent(flags.type); !problem.empty()) {
      return Fail(kExitUsage, problem);
    }
  }
  int code = kExitOk;
  auto opened = OpenOrFail(backends, flags.place, &code);
  if (!opened) return code;
  const uint32_t count = opened->log->identity().partition_count;
  std::map<PartitionId, LogPosition> next;
  for (uint32_t p : flags.partitions) {
    if (p >= count) {
      return Fail(kExitUsage, "there is no partition " + std::to_string(p) + "; the log has " +
                                  std::to_string(count));
    }
    next[{p}] = {0};
  }
  if (!flags.case_number.empty()) {
    if (!CaseNumber::Parse(flags.case_number)) {
      return Fail(kExitUsage, "'" + flags.case_number +
                                  "' is not a case number such as 430112001001-2026-00042");
    }
    if (next.empty()) next[{PartitionFor(flags.case_number.substr(0, 12), count)}] = {0};
  }
  for (uint32_t p = 0; next.size() < count && flags.partitions.empty() && p < count; ++p) {
    if (!flags.case_number.empty()) break;
    next[{p}] = {0};
  }
  if (absl::Status begun = BeginAtOldest(*opened, &next); !begun.ok()) return Fail(begun);
  const Printer printer(flags, next.size() > 1);
  while (true) {
    for (auto& [partition, position] : next) {
      absl::Status status = WalkFrom(
          *opened, partition, position,
          [&, p = partition](const LogEntry& entry) { return printer.Take(p, entry); }, &position);
      if (status.code() == absl::StatusCode::kCancelled) return kExitOk;
      if (!status.ok()) return Fail(status);
    }
    std::cout.flush();
    if (!flags.follow) return kExitOk;
    if (opened->live) {
      absl::Status status = Follow(
          *opened, next,
          [&](PartitionId partition, const LogEntry& entry) {
            return printer.Take(partition, entry);
          },
          [] { std::cout.flush(); });
      return status.code() == absl::StatusCode::kCancelled ? kExitOk : Fail(status);
    }
    // What is read is the moment of opening: the writer's process is not asked for anything.
    std::this_thread::sleep_for(kLookAgain);
    opened = OpenOrFail(backends, flags.place, &code);
    if (!opened) return code;
  }
}

int AcceptLoss(const Backends& backends, const Place& place, bool yes) {
  if (place.data_dir.empty()) return Fail(kExitUsage, "give the data folder: --data-dir D");
  if (!std::filesystem::is_directory(place.data_dir + "/log")) {
    return Fail(kExitBadConfiguration, "there is no log in " + place.data_dir + "/log");
  }
  if (!yes) {
    return Fail(kExitUsage,
                "this gives up records that were acknowledged, for good, and their positions are "
                "used again. First try to restore " +
                    place.data_dir +
                    "/log from a copy. To go on without them, stop the server, keep a copy of the "
                    "whole folder, and call this again with --yes");
  }
  auto opened = backends.accept_loss(place);
  if (!opened.ok()) return Fail(opened.status());
  for (const std::string& warning : opened->warnings) std::cout << warning << "\n";
  if (opened->warnings.empty()) std::cout << "nothing was missing: the log is as it was\n";
  opened->log.reset();
  // They may have taken in what is lost now. The log gives back what is left.
  for (const char* cache : {"store", "query"}) {
    std::error_code error;
    std::filesystem::remove_all(place.data_dir + "/" + cache, error);
    if (error) {
      return Fail(kExitFailure, "cannot remove " + place.data_dir + "/" + cache + ": " +
                                    error.message() + ". Remove it before the server starts");
    }
  }
  std::cout << "stores and read side were removed; the server builds them anew from the log\n";
  return kExitOk;
}

}  // namespace

void AddLog(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all) {
  CLI::App* log = app.add_subcommand("log", "The log of record")->require_subcommand(1);
  CLI::App* cat = log->add_subcommand("cat", "Print records");
  auto flags = std::make_shared<CatFlags>();
  AddPlace(cat, &flags->place);
  cat->add_option("--partition", flags->partitions, "Only this one; may be given several times")
      ->type_name("N");
  cat->add_option("--from", flags->from, "From this seq on")->type_name("SEQ");
  cat->add_option("--case", flags->case_number, "Only what concerns this case")
      ->type_name("NUMBER");
  cat->add_option("--type", flags->type, "Only this event, for example CaseEscalated")
      ->type_name("NAME");
  cat->add_flag("--json", flags->json,
                "JSON lines with everything, free texts and the inputs' contents included");
  cat->add_flag("--follow", flags->follow, "Go on with what is added, until interrupted");
  cat->footer(
      "\nA line has: seq, log time at UTC+8, epoch, cause, event, case and version, fields.\n"
      "Works beside running servers, as of the moment of opening.");
  all->push_back({cat, [&backends, flags] { return Cat(backends, *flags); }});

  CLI::App* accept = log->add_subcommand(
      "accept-loss", "Go on after acknowledged records were lost, giving them up for good");
  auto place = std::make_shared<Place>();
  auto yes = std::make_shared<bool>(false);
  AddDataDir(accept, place.get());
  accept->add_flag("--yes", *yes, "Really");
  all->push_back({accept, [&backends, place, yes] { return AcceptLoss(backends, *place, *yes); }});
}

}  // namespace lastmeter::ctl
