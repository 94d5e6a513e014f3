// lastmeterctl log copy
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/status.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/log_copy.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

struct CopyFlags {
  Place from;
  Place to;
  // One Kafka on the command line; which side it is, the data folder of the other side tells.
  KafkaPlace kafka;
};

int FailCopy(const absl::Status& status) {
  // Nothing changes by waiting: something else has to be given.
  if (status.code() == absl::StatusCode::kFailedPrecondition) {
    return Fail(kExitBadConfiguration, ToStd(status.message()));
  }
  return Fail(status);
}

void Print(const OpenedLog& to, const CopiedPartition& copied) {
  std::cout << to.Where({Topic::kEvent, copied.partition}) << ": ";
  if (copied.gone_on) {
    std::cout << "was moved earlier, and an engine has gone on with it; left as it is\n";
    return;
  }
  std::cout << copied.records << " records";
  if (copied.found > 0) std::cout << " (" << copied.found << " were there already)";
  std::cout << ", " << copied.inputs << " undecided inputs, " << copied.letters << " dead letters";
  if (!copied.empty) std::cout << "; read back, last hash " << copied.last_sha256;
  std::cout << std::endl;
}

int CopyLog(const Backends& backends, const CopyFlags& flags) {
  auto from = backends.open_to_leave(flags.from);
  // In use by a server: later it may not be.
  if (!from.ok()) return Fail(from.status());
  for (const std::string& warning : from->warnings) {
    std::cerr << "lastmeterctl: " << warning << "\n";
  }
  const uint32_t partitions = from->log->identity().partition_count;
  auto to = backends.open_to_enter(flags.to, partitions);
  if (!to.ok()) return FailCopy(to.status());
  for (uint32_t p = 0; p < partitions; ++p) {
    auto copied = CopyPartition(*from, *to, {p});
    if (!copied.ok()) return FailCopy(copied.status());
    Print(*to, *copied);
  }
  std::cout
      << "Everything has moved to the new log. From here on nothing may write to the old one: "
         "put it away, or a second engine would go on with the same cases. Stores and read "
         "sides of the old log are of no use with the new one; new ones build themselves.\n";
  return kExitOk;
}

int Copy(const Backends& backends, CopyFlags flags) {
  const bool leaves_folder = !flags.from.data_dir.empty();
  if (flags.kafka.brokers.empty() || leaves_folder == !flags.to.data_dir.empty()) {
    return Fail(kExitUsage,
                "say where from and where to: --from-data-dir D --brokers B, or --brokers B "
                "--to-data-dir D");
  }
  (leaves_folder ? flags.to : flags.from).kafka = flags.kafka;
  return CopyLog(backends, flags);
}

}  // namespace

void AddLogCopy(CLI::App& app, const Backends& backends, std::vector<Subcommand>* all) {
  CLI::App* copy = app.get_subcommand("log")->add_subcommand(
      "copy", "Move an installation between an embedded log and Kafka, every record byte for byte");
  auto flags = std::make_shared<CopyFlags>();
  copy->add_option("--from-data-dir", flags->from.data_dir, "From this data folder to Kafka")
      ->type_name("D");
  copy->add_option("--to-data-dir", flags->to.data_dir, "From Kafka to this data folder")
      ->type_name("D");
  copy->add_option("--witness", flags->from.witness, "Tail witness of --from-data-dir")
      ->type_name("FILE");
  AddKafka(copy, &flags->kafka);
  copy->add_option("--transactional-prefix", flags->kafka.transactional_prefix,
                   "Of the escalator's transactional ids, when it has another")
      ->type_name("P");
  copy->footer(
      "\nStop every gateway, escalator and server of both logs before. The new log must be empty\n"
      "(topics: lastmeterctl topics create, with as many partitions) or hold what an interrupted\n"
      "copy left, which is gone on with. Each partition ends with a record that says from where "
      "it\n"
      "goes on; before that, no engine takes it.");
  all->push_back({copy, [&backends, flags] { return Copy(backends, *flags); }});
}

}  // namespace lastmeter::ctl
