// How many records a second one judge walks, chain and inputs included.
#include <benchmark/benchmark.h>

#include "tests/check/story.h"
#include "tools/check/judge.h"

namespace lastmeter {
namespace {

namespace cm = lastmeter::common::v1;

// Cases that open, are noted, acknowledged and closed: four records each.
std::vector<std::string> ManyCases(int cases) {
  Story story;
  LogBuilder log;
  for (size_t i = 0; i < 3; ++i) log.records().push_back(story.log[i]);
  for (int i = 1; i <= cases; ++i) {
    const std::string n = std::to_string(i);
    const std::string number = CaseNumber{430112001001, 2026, static_cast<uint32_t>(i)}.ToString();
    const auto report = Story::MakeReport("report-" + n, "household-" + n);
    auto opened = Story::Opened(number, report, 0);
    auto* turn = opened.mutable_case_opened()->mutable_turn();
    Story::Fill(turn, cm::PROMISE_ACKNOWLEDGE, 1, cm::TIER_GRID, 0, 15);
    Story::Tell(turn->mutable_notices(), number, 1, cm::TIER_GRID);
    Story::Tell(turn->mutable_notices(), number, 2, cm::TIER_VILLAGE);
    log.Report(0, report, {opened});
    log.Command(0, Story::MakeNote("note-" + n, number), {Story::Noted(number)});
    auto command = Story::MakeCommand("ack-" + n, "tan-dan", number);
    command.mutable_acknowledge();
    auto event = Story::CaseEvent(number);
    *event.mutable_case_acknowledged()->mutable_by() = command.actor();
    event.mutable_case_acknowledged()->set_accepted_at_ms(LogBuilder::Minute(0));
    log.Command(0, command, {event});
    command = Story::MakeCommand("close-" + n, "tan-dan", number);
    command.mutable_close()->set_outcome(cm::OUTCOME_NEED_MET);
    event = Story::CaseEvent(number);
    *event.mutable_case_closed()->mutable_by() = command.actor();
    event.mutable_case_closed()->set_outcome(cm::OUTCOME_NEED_MET);
    log.Command(0, command, {event});
  }
  // The rules' command, taken over from the story, was the first of its topic.
  for (size_t i = 3; i < log.records().size(); ++i) {
    auto* cause = log[i].mutable_input_cause();
    cause->set_position(cause->position() + 1);
  }
  return log.Seal();
}

void BM_Judge(benchmark::State& state) {
  const auto stored = ManyCases(static_cast<int>(state.range(0)));
  size_t bytes = 0;
  for (const auto& record : stored) bytes += record.size();
  for (auto _ : state) {
    Judge judge(PartitionId{0});
    for (size_t i = 0; i < stored.size(); ++i) judge.Take({static_cast<int64_t>(i)}, stored[i]);
    judge.Finish();
    if (!judge.clean()) state.SkipWithError(ToString(judge.findings()[0]).c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(stored.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
}
BENCHMARK(BM_Judge)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lastmeter

BENCHMARK_MAIN();
