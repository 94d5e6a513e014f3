// lastmeterctl: what operators and auditors do beside the server.
#include <CLI/CLI.hpp>
#include <memory>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_log.h"
#include "engine/log_kafka/kafka_settings.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "services/common/cloud_events.h"
#include "services/common/config.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

absl::StatusOr<OpenedLog> OpenKafka(const KafkaPlace& place) {
  LM_ASSIGN_OR_RETURN(auto properties, KafkaProperties({.properties = place.properties,
                                                        .properties_file = place.properties_file}));
  KafkaLog::Options options{
      .brokers = place.brokers,
      .topic_prefix = place.topic_prefix,
      .properties = std::move(properties),
      .headers_of = [](std::string_view value) { return CloudEventHeaders(value); }};
  if (!place.transactional_prefix.empty()) {
    options.transactional_prefix = place.transactional_prefix;
  }
  LM_ASSIGN_OR_RETURN(auto log, KafkaLog::Open(std::move(options)));
  OpenedLog opened;
  opened.extent = [kafka = log.get()](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    LM_ASSIGN_OR_RETURN(const auto extent, kafka->ExtentOf(tp));
    return LogExtent{extent.begin, extent.end};
  };
  opened.live = true;
  opened.topic_prefix = place.topic_prefix;
  opened.position_word = "offset";
  opened.log = std::move(log);
  return opened;
}

absl::StatusOr<OpenedLog> OpenEmbedded(const Place& place, RocksdbLog::Options options) {
  options.dir = place.data_dir + "/log";
  options.witness_path = place.witness;
  LM_ASSIGN_OR_RETURN(auto log, RocksdbLog::Open(std::move(options)));
  OpenedLog opened;
  opened.warnings = log->warnings();
  opened.extent = [embedded = log.get()](TopicPartition tp) -> absl::StatusOr<LogExtent> {
    return LogExtent{embedded->Begin(tp), embedded->End(tp)};
  };
  opened.log = std::move(log);
  return opened;
}

constexpr char kFooter[] =
    "\nExit codes: 0 ok, 1 failure, 2 usage, 3 verification failed or a damaged log, 69 "
    "unavailable,\n75 try again, 77 not allowed, 78 bad configuration.\n"
    "Every option may also stand in the environment: LASTMETER_DATA_DIR for --data-dir.";

int Main(int argc, char** argv) {
  CLI::App app(
      "Looks after an installation of lastmeter: its log, topics, rules, tokens, clock and papers.",
      "lastmeterctl");
  app.require_subcommand(1);
  app.footer(kFooter);
  Backends backends;
  backends.open_to_read = [](const Place& place) {
    return place.data_dir.empty()
               ? OpenKafka(place.kafka)
               : OpenEmbedded(place, {.create_if_missing = false, .read_only = true});
  };
  backends.open_to_leave = [](const Place& place) {
    return place.data_dir.empty() ? OpenKafka(place.kafka)
                                  : OpenEmbedded(place, {.create_if_missing = false});
  };
  backends.open_to_enter = [](const Place& place, uint32_t partitions) {
    return place.data_dir.empty() ? OpenKafka(place.kafka)
                                  : OpenEmbedded(place, {.partition_count = partitions});
  };
  backends.accept_loss = [](const Place& place) {
    // After a loss of the whole log, accepting it means to begin an empty one.
    return OpenEmbedded(place, {.accept_data_loss = true});
  };
  std::vector<Subcommand> all;
  AddLog(app, backends, &all);
  AddLogCopy(app, backends, &all);
  AddVerify(app, backends, &all);
  AddAsOf(app, backends, &all);
  AddRules(app, &all);
  AddTokens(app, &all);
  AddClock(app, &all);
  AddStatistics(app, &all);
  AddImport(app, &all);
  AddLedger(app, &all);
  AddHandOver(app, &all);
  AddCase(app, &all);
  AddTurns(app, &all);
  AddBulletin(app, &all);
  AddIncident(app, &all);
  AddReport(app, &all);
  AddTopics(app, &all);
  if (const auto exit =
          ParseSettings(app, {.program = "lastmeterctl", .environment = {}}, argc, argv)) {
    return *exit;
  }
  for (const Subcommand& one : all) {
    if (one.app->parsed()) return one.run();
  }
  return kExitUsage;
}

}  // namespace
}  // namespace lastmeter::ctl

int main(int argc, char** argv) { return lastmeter::ctl::Main(argc, argv); }
