// `lastmeter`: the product in one program.
#include <CLI/CLI.hpp>

#include "services/common/config.h"
#include "services/standalone/demo.h"
#include "services/standalone/serve.h"

int main(int argc, char** argv) {
  CLI::App app(
      "lastmeter takes a report of hardship and does not let go of it until somebody answers");
  app.require_subcommand(1);
  lastmeter::ServeFlags serve_flags;
  lastmeter::AddServe(app, &serve_flags);
  lastmeter::DemoFlags demo_flags;
  const CLI::App* demo = lastmeter::AddDemo(app, &demo_flags);
  if (const auto exit = lastmeter::ParseSettings(app, {"lastmeter", nullptr}, argc, argv)) {
    return *exit;
  }
  if (demo->parsed()) return lastmeter::RunDemo(demo_flags);
  return lastmeter::RunServe(serve_flags);
}
