// lastmeter-year: a year of the district, lived by the real engine and judged.
#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>

#include "absl/strings/str_format.h"
#include "services/common/exit_codes.h"
#include "tests/paths.h"
#include "tests/year/keep.h"
#include "tests/year/life.h"
#include "tests/year/print.h"
#include "tests/year/verify.h"

namespace lastmeter::year {
namespace {

// What a year must be like to have had everything in it.
constexpr int kWholeYear = 365;
constexpr int kManyReports = 20;
constexpr size_t kShown = 20;

struct Flags {
  Life::Options life;
  std::string data_dir;
};

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

int Fail(const absl::Status& status) {
  std::cerr << "lastmeter-year: " << status.message() << "\n";
  return ExitCodeOf(status) == kExitVerificationFailed ? kExitVerificationFailed : kExitFailure;
}

int Run(Flags flags) {
  const Stopwatch living;
  const uint64_t seed = flags.life.year.seed;
  std::cerr << "seed " << seed << ": " << flags.life.year.days << " days, "
            << flags.life.year.reports_a_day << " reports a day and a flood\n";
  flags.life.on_month = [&](Date day, const Figures& figures) {
    std::cerr << "  up to " << day << ": " << figures.reports << " reports, " << figures.records
              << " events, " << static_cast<int>(living.Seconds()) << " s\n";
  };
  auto life = Life::Create(flags.life);
  if (!life.ok()) return Fail(life.status());
  if (const absl::Status lived = (*life)->Live(); !lived.ok()) return Fail(lived);
  const double lived_seconds = living.Seconds();

  std::cerr << "judging\n";
  const Stopwatch judging;
  auto problems = VerifyYear(**life);
  if (flags.life.year.days >= kWholeYear && flags.life.year.reports_a_day >= kManyReports) {
    for (auto& problem : WhatWasNeverTried((*life)->figures())) problems.push_back(problem);
  }
  const double judged_seconds = judging.Seconds();
  PrintFigures((*life)->figures(), **life, std::cout);
  const double rate = static_cast<double>((*life)->figures().records) / lived_seconds;
  std::cout << absl::StreamFormat("%-34s %9.1f\n%-34s %9.1f\n%-34s %9.0f\n\n", "seconds to live it",
                                  lived_seconds, "seconds to judge it", judged_seconds,
                                  "records a second, lived", rate);
  const Year& year = (*life)->year();
  PrintStatistics(StatisticsOf(**life, year.DateOfDay(0), year.DateOfDay(year.options().days - 1)),
                  std::cout);
  if (!flags.data_dir.empty()) {
    if (const auto kept = KeepYear((*life)->engine(), flags.data_dir); !kept.ok()) {
      return Fail(kept);
    }
    std::cerr << "kept in " << flags.data_dir << "\n";
  }
  if (problems.empty()) {
    std::cout << "Everything holds.\n";
    return kExitOk;
  }
  for (size_t i = 0; i < problems.size() && i < kShown; ++i) std::cerr << problems[i] << "\n";
  std::cerr << problems.size() << " problems; to repeat: lastmeter-year --seed " << seed
            << " --days " << year.options().days << " --reports-a-day "
            << year.options().reports_a_day << "\n";
  return kExitVerificationFailed;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Lives a year of Wangcheng from a seed, drives it through the real engine in memory, and "
      "has\n"
      "everything judged that came of it. The same seed gives the same year.",
      "lastmeter-year");
  Flags flags;
  flags.life.rules_dir = test::SourcePath("deploy/rules");
  Year::Options& year = flags.life.year;
  app.add_option("--seed", year.seed, "What the year is made from")->capture_default_str();
  // As far as the calendar of the shipped rules reaches.
  app.add_option("--days", year.days, "How many days, from 1 January 2026 on")
      ->check(CLI::Range(1, 365))
      ->capture_default_str();
  app.add_option("--reports-a-day", year.reports_a_day,
                 "On average; the flood week brings 70 such days more")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  app.add_option("--data-dir", flags.data_dir,
                 "Keep the log in this folder, which must not exist yet, for lastmeter-check,\n"
                 "lastmeterctl and lastmeter serve")
      ->type_name("DIR");
  app.footer("\nExit codes: 0 ok, 1 failure, 2 usage, 3 verification failed.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (!flags.data_dir.empty() && std::filesystem::exists(flags.data_dir)) {
    std::cerr << flags.data_dir << " exists already; name a folder that does not.\n";
    return kExitUsage;
  }
  return Run(std::move(flags));
}

}  // namespace
}  // namespace lastmeter::year

int main(int argc, char** argv) { return lastmeter::year::Main(argc, argv); }
