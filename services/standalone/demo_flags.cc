// What `lastmeter demo` says of itself and what it takes.
#include <CLI/CLI.hpp>

#include "services/standalone/demo.h"

namespace lastmeter {
namespace {

constexpr char kAbout[] =
    R"(Wangcheng's stories on a server of their own, with the clock running fast. In a terminal a live
board of the five tiers; elsewhere one line for each event. Everything goes through the product's
own HTTP interface, which prints its address and a command to try. All data is invented.)";
constexpr char kExamples[] = R"(
Ends on Ctrl-C. Exit codes: 0 well, 1 a promise broke or the story could not be told, 2 usage,
3 the judge found something, 69 no address or no temporary folder to be had, 77 not allowed,
78 wrong rules or folder.

Examples:
  lastmeter demo                     the board, then free play
  lastmeter demo --lang zh --speed 120
  lastmeter demo --once | tee out    tells the story, checks it, judges the log)";

}  // namespace

CLI::App* AddDemo(CLI::App& app, DemoFlags* flags) {
  CLI::App* demo = app.add_subcommand("demo", kAbout);
  demo->footer(kExamples);
  demo->add_flag("--once", flags->once, "Play the story, check every promise, judge the log, end");
  demo->add_option("--speed", flags->speed, "Log time runs so many times as fast as the wall")
      ->capture_default_str()
      ->check(CLI::Range(1, 3600));
  demo->add_option("--lang", flags->lang, "zh or en; by the locale when absent")
      ->check(CLI::IsMember({"zh", "en"}));
  demo->add_option("--port", flags->port, "Port on this machine; a free one when it is taken")
      ->capture_default_str();
  demo->add_option("--data-dir", flags->data_dir,
                   "Empty folder to keep the data in; a temporary one when absent");
  demo->add_option("--brokers", flags->brokers,
                   "Play on Kafka, with a process for each service: HOST:PORT, where lastmeterctl "
                   "has just created the topics; tools/run --kafka does all of it");
  demo->add_option("--topic-prefix", flags->topic_prefix, "Of those topics");
  demo->add_option("--rules", flags->rules, "Folder of rules; the shipped ones when absent");
  demo->add_option("--start", flags->start, "Log time at which the story begins")
      ->capture_default_str();
  demo->add_option("--seed", flags->seed, "Of the other people's reports")->capture_default_str();
  demo->add_flag("--no-color", flags->no_color, "No colours; so does NO_COLOR");
  return demo;
}

}  // namespace lastmeter
