// lastmeter-load: puts the engine, or a running server, under load and prints rows of the table in
// tests/bench/README.md. Measures; asserts nothing about times.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "engine/log_kafka/kafka_log.h"
#include "tests/bench/measure.h"
#include "tests/bench/modes.h"

int main(int argc, char** argv) {
  using namespace lastmeter;
  using namespace lastmeter::bench;
  CLI::App app("Puts the engine, or a running server, under load and prints what it measured.",
               "lastmeter-load");
  app.require_subcommand(1);
  LoadOptions options;
  auto folder = [&](CLI::App* mode) {
    mode->add_option("--dir", options.dir, "Folder for the log and the stores; must not exist yet")
        ->required();
    mode->add_flag("--keep", options.keep, "Leave the folder afterwards");
    mode->add_option("--brokers", options.brokers,
                     "On Kafka, in topics that are made for the run and stay; without it on the "
                     "embedded log");
    mode->add_option("--partitions", options.partitions, "Partitions of the log")
        ->capture_default_str();
    return mode;
  };
  auto* engine = folder(app.add_subcommand("engine", "Reports and acknowledgements a second"));
  engine->add_option("--reports", options.count, "How many of each")->default_val(1'000'000);
  auto* timers = folder(app.add_subcommand("timers", "Lateness of timers"));
  timers->add_option("--cases", options.count, "Open cases")->default_val(1'000'000);
  timers->add_option("--rung-minutes", options.rung_minutes, "Each case has one timer in that time")
      ->default_val(1);
  timers->add_option("--seconds", options.seconds, "How long to measure")->default_val(30);
  timers
      ->add_option("--fill-speed", options.fill_speed,
                   "Speed of the clock while cases are opened; the faster, the larger the "
                   "bursts that fall due together a turn later")
      ->default_val(1);
  auto* latency = folder(app.add_subcommand("latency", "From a report to its event, at a rate"));
  latency->add_option("--rate", options.rate, "Reports a second")->default_val(500);
  latency->add_option("--seconds", options.seconds, "How long")->default_val(20);
  auto* append = folder(app.add_subcommand("append", "One record after another, each by itself"));
  append->add_option("--appends", options.appends, "How many for each partition")
      ->capture_default_str();
  auto* restart = folder(app.add_subcommand("restart", "Opening, rebuilding, memory"));
  restart->add_option("--cases", options.count, "Open cases")->default_val(1'000'000);
  auto* lives = folder(app.add_subcommand("lives", "Cases from report to closing"));
  lives->add_option("--cases", options.count, "How many")->default_val(50'000);
  auto* incident = folder(app.add_subcommand("incident", "Reports that join an incident"));
  incident->add_option("--reports", options.count, "How many")->default_val(200'000);
  auto* schedules =
      folder(app.add_subcommand("schedules", "People who are certified every year, none due"));
  schedules->add_option("--people", options.count, "How many")->default_val(100'000);
  schedules->add_option("--seconds", options.seconds, "How long to stand idle")->default_val(20);
  auto* http = app.add_subcommand("http", "Reports through a running server on this machine");
  http->add_option("--port", options.port, "Where it listens")->required();
  http->add_option("--token", options.token, "Bearer token, if it wants one");
  http->add_option("--connections", options.connections, "Kept alive, one request at a time each")
      ->default_val(64);
  http->add_option("--rate", options.rate, "Reports a second; 0: as many as it answers")
      ->default_val(0);
  http->add_option("--seconds", options.seconds, "How long")->default_val(20);
  CLI11_PARSE(app, argc, argv);

  if (http->parsed()) return RunHttp(options);
  if (std::filesystem::exists(options.dir)) {
    std::cerr << options.dir << " exists already; name a folder that does not.\n";
    return 2;
  }
  if (!options.brokers.empty()) {
    options.topic_prefix = "load-" + std::to_string(getpid()) + ".";
    const absl::Status made = CreateKafkaTopics({.brokers = options.brokers,
                                                 .topic_prefix = options.topic_prefix,
                                                 .partitions = options.partitions,
                                                 .replication = 1,
                                                 .min_insync_replicas = 1});
    if (!made.ok()) {
      std::cerr << made.ToString() << "\n";
      return 69;
    }
  }
  std::filesystem::create_directories(options.dir);
  const int code = engine->parsed()      ? RunEngine(options)
                   : timers->parsed()    ? RunTimers(options)
                   : latency->parsed()   ? RunLatency(options)
                   : append->parsed()    ? RunAppend(options)
                   : lives->parsed()     ? RunLives(options)
                   : incident->parsed()  ? RunIncident(options)
                   : schedules->parsed() ? RunSchedules(options)
                                         : RunRestart(options);
  if (!options.keep) std::filesystem::remove_all(options.dir);
  return code;
}
