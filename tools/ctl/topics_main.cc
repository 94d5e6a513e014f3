// lastmeterctl topics create, check. Topics are Kafka's own, so that this file names the back end
// as only composition roots may.
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/status.h"
#include "engine/log_kafka/kafka_settings.h"
#include "engine/log_kafka/rights.h"
#include "engine/log_kafka/topics.h"
#include "services/common/exit_codes.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

struct TopicsFlags {
  KafkaPlace kafka;
  uint32_t partitions = 0;
  int replication = 3;
  int min_insync = 2;
  bool single_broker = false;
  int64_t max_message_bytes = int64_t{4} << 20;
  bool acls = false;
  KafkaPrincipals principals;
  // Empty: as the services have it.
  std::string transactional_prefix;
};

constexpr uint32_t kPartitions = 4;

absl::StatusOr<KafkaTopicsOptions> OptionsOf(const TopicsFlags& flags) {
  if (flags.kafka.brokers.empty()) {
    return absl::InvalidArgumentError("give the brokers: --brokers HOST:PORT");
  }
  LM_ASSIGN_OR_RETURN(auto properties,
                      KafkaProperties({.properties = flags.kafka.properties,
                                       .properties_file = flags.kafka.properties_file}));
  return KafkaTopicsOptions{.brokers = flags.kafka.brokers,
                            .topic_prefix = flags.kafka.topic_prefix,
                            .properties = std::move(properties),
                            .partitions = flags.partitions,
                            .replication = flags.single_broker ? 1 : flags.replication,
                            .min_insync_replicas = flags.single_broker ? 1 : flags.min_insync,
                            .max_message_bytes = flags.max_message_bytes};
}

std::string TransactionalPrefix(const TopicsFlags& flags) {
  if (!flags.transactional_prefix.empty()) return flags.transactional_prefix;
  return flags.kafka.topic_prefix + KafkaLog::Options{}.transactional_prefix;
}

bool NamesNobody(const KafkaPrincipals& who) {
  return who.gateway.empty() && who.escalator.empty() && who.query.empty() &&
         who.subscriber.empty();
}

int CreateRights(const TopicsFlags& flags, const KafkaTopicsOptions& options) {
  const auto rights = RightsFor(flags.principals, options.topic_prefix, TransactionalPrefix(flags));
  auto outcomes = GrantRights(options, rights);
  std::vector<RightOutcome> left;
  int code = kExitOk;
  if (!outcomes.ok()) {
    for (const Right& right : rights) left.push_back({right});
    code = outcomes.status().code() == absl::StatusCode::kFailedPrecondition
               ? Fail(kExitBadConfiguration, ToStd(outcomes.status().message()))
               : Fail(outcomes.status());
  } else {
    for (const RightOutcome& one : *outcomes) {
      if (one.given) {
        std::cout << "granted: " << GrantCommand(one.right, options.brokers) << "\n";
      } else {
        left.push_back(one);
      }
    }
  }
  if (left.empty()) return code;
  std::cout << "Still to be granted, with Kafka's own tools:\n";
  for (const RightOutcome& one : left) {
    std::cout << "  " << GrantCommand(one.right, options.brokers);
    if (!one.problem.empty()) std::cout << "   # " << one.problem;
    std::cout << "\n";
  }
  return code == kExitOk ? kExitTryAgain : code;
}

int Create(const TopicsFlags& flags) {
  auto options = OptionsOf(flags);
  if (!options.ok()) return Fail(options.status());
  if (flags.acls && NamesNobody(flags.principals)) {
    return Fail(kExitUsage, "say whom --acls is for: --escalator User:NAME and the like");
  }
  if (options->partitions == 0) options->partitions = kPartitions;
  auto outcomes = EnsureKafkaTopics(*options);
  if (!outcomes.ok()) return Fail(outcomes.status());
  bool all_made = true;
  for (const TopicOutcome& one : *outcomes) {
    std::cout << one.name << (one.made ? ": created\n" : ": was there already, left as it is\n");
    all_made &= one.made;
  }
  if (!all_made) std::cout << "Whether those are as they should be says: topics check\n";
  return flags.acls ? CreateRights(flags, *options) : kExitOk;
}

int Check(const TopicsFlags& flags) {
  const auto options = OptionsOf(flags);
  if (!options.ok()) return Fail(options.status());
  auto findings = CheckKafkaTopics(*options);
  if (!findings.ok()) return Fail(findings.status());
  if (flags.acls) {
    auto more = CheckRights(*options, flags.principals, TransactionalPrefix(flags));
    if (!more.ok()) return Fail(more.status());
    findings->insert(findings->end(), more->begin(), more->end());
  }
  for (const TopicFinding& one : *findings) {
    std::cout << (one.topic.empty() ? "cluster" : one.topic) << ": " << one.property << " is "
              << one.is << ", should be " << one.wanted << "\n    " << one.why << "\n";
    if (!one.mend.empty()) std::cout << "    $ " << one.mend << "\n";
  }
  if (!findings->empty()) {
    std::cout << findings->size() << (findings->size() == 1 ? " finding\n" : " findings\n");
    return kExitVerificationFailed;
  }
  std::cout << "all topics are as they should be\n";
  return kExitOk;
}

void AddFlags(CLI::App* app, TopicsFlags* flags) {
  AddKafka(app, &flags->kafka);
  app->add_option("--partitions", flags->partitions,
                  "Of each topic, for ever. Created with 4 unless told otherwise; checked to be "
                  "alike")
      ->type_name("N")
      ->check(CLI::Range(1, 10'000));
  app->add_option("--replication", flags->replication, "Copies of every partition")
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--min-insync", flags->min_insync, "Copies that an append waits for")
      ->type_name("N")
      ->capture_default_str();
  app->add_flag("--single-broker", flags->single_broker, "One broker: 1 and 1 instead");
  app->add_option("--max-message-bytes", flags->max_message_bytes, "Size of the largest batch")
      ->type_name("N")
      ->capture_default_str();
  app->add_flag("--acls", flags->acls, "Rights too, of the principals that are named:");
  app->add_option("--gateway", flags->principals.gateway, "Whom the gateway logs in as")
      ->type_name("User:NAME");
  app->add_option("--escalator", flags->principals.escalator, "The only one to write events")
      ->type_name("User:NAME");
  app->add_option("--query", flags->principals.query, "Whom the query service logs in as")
      ->type_name("User:NAME");
  app->add_option("--subscriber", flags->principals.subscriber,
                  "Another system that may see every case, restricted ones too")
      ->type_name("User:NAME");
  app->add_option(
         "--transactional-prefix", flags->transactional_prefix,
         "Of the escalator's transactional ids and group; default: as lastmeter-escalator has it")
      ->type_name("P")
      ->capture_default_str();
}

}  // namespace

void AddTopics(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* topics = app.add_subcommand("topics", "The topics on Kafka")->require_subcommand(1);
  auto to_create = std::make_shared<TopicsFlags>();
  CLI::App* create =
      topics->add_subcommand("create", "Create what is missing; what is there stays as it is");
  AddFlags(create, to_create.get());
  create->footer(
      "\nWith --acls exits 75 when rights are left to be granted with Kafka's own tools, whose "
      "commands\nare printed.");
  all->push_back({create, [to_create] { return Create(*to_create); }});

  auto to_check = std::make_shared<TopicsFlags>();
  CLI::App* check = topics->add_subcommand(
      "check", "Say what differs from what the promises rest on, why it matters and what mends it");
  AddFlags(check, to_check.get());
  check->footer("\nExits 0 when all is as it should be, 3 when something differs.");
  all->push_back({check, [to_check] { return Check(*to_check); }});
}

}  // namespace lastmeter::ctl
