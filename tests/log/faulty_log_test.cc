#include "engine/log/faulty_log.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/log/memory_log.h"

namespace lastmeter {
namespace {

using Kind = AppendOutcome::Kind;

constexpr PartitionId kZero{0};
constexpr TopicPartition kEvents{Topic::kEvent, kZero};
constexpr TopicPartition kReports{Topic::kReport, kZero};

MemoryLog MakeMemoryLog() {
  return MemoryLog({.partition_count = 1, .clock = [] { return Timestamp{1}; }});
}

FaultPlan Everything() {
  return {.append_unknown_there = 800,
          .append_unknown_lost = 800,
          .append_unknown_late = 800,
          .append_not_committed = 800,
          .append_fenced = 800,
          .append_polls_max = 3,
          .open_writer_unavailable = 500,
          .read_unavailable = 1'000,
          .read_short = 1'000,
          .end_unavailable = 1'000,
          .end_polls_max = 3,
          .produce_unavailable_there = 1'000,
          .produce_unavailable_lost = 1'000,
          .produce_no_space = 1'000};
}

// What one driver saw, as text, and what the inner log held at the end.
struct Transcript {
  std::string seen;
  FaultCounts counts;
};

// Drives writer, reader and producer for a while; kills the writer in mid-append now and then.
// Checks on the way that each answer is true of the log underneath.
Transcript Drive(uint64_t seed) {
  MemoryLog inner = MakeMemoryLog();
  FaultyLog log(inner, seed, Everything());
  Transcript out;
  auto reader = *log.OpenReader(kEvents, {0});
  auto producer = *log.OpenProducer();
  std::unique_ptr<LogWriter> writer;
  for (int i = 0; i < 3'000; ++i) {
    if (!writer) {
      auto opened = log.OpenWriter(kZero, "w");
      out.seen += opened.ok() ? "o" : "x";
      if (!opened.ok()) continue;
      writer = *std::move(opened);
    }
    writer->Start({{"k", std::to_string(i)}});
    if (i % 97 == 0) {
      writer->Poll();
      writer.reset();
      out.seen += "K";
      continue;
    }
    std::optional<AppendOutcome> outcome;
    while (!outcome) {
      outcome = writer->Poll();
      out.seen += ".";
    }
    out.seen += std::to_string(static_cast<int>(outcome->kind));
    if (outcome->kind != Kind::kCommitted) writer.reset();

    auto read = reader->Read(10, 1'000);
    out.seen += read.ok() ? std::to_string(read->size()) : "u";
    reader->AskEnd();
    std::optional<absl::StatusOr<LogPosition>> end;
    while (!end) {
      end = reader->EndAnswer();
      out.seen += ",";
    }
    out.seen += end->ok() ? std::to_string((*end)->value) : "e";
    producer->Append(kReports, {"k", "v"}, [&](absl::StatusOr<LogPosition> at) {
      out.seen += at.ok() ? "p" : at.status().code() == absl::StatusCode::kUnavailable ? "q" : "n";
    });
  }
  out.counts = log.counts();
  return out;
}

std::vector<LogEntry> All(Log& log, TopicPartition tp) {
  auto reader = *log.OpenReader(tp, {0});
  return *reader->Read(1'000'000, 1'000'000'000);
}

AppendOutcome AppendOne(LogWriter& writer, std::string value) {
  writer.Start({{"k", std::move(value)}});
  for (;;) {
    if (auto outcome = writer.Poll()) return *outcome;
  }
}

TEST(FaultyLog, SameSeedGivesTheSameFaults) {
  const Transcript first = Drive(7);
  const Transcript second = Drive(7);
  EXPECT_EQ(first.seen, second.seen);
  EXPECT_EQ(first.counts, second.counts);
  EXPECT_NE(first.seen, Drive(8).seen);
}

TEST(FaultyLog, EveryKindOfFaultOccurs) {
  const FaultCounts c = Drive(1).counts;
  EXPECT_GT(c.unknown_there, 0u);
  EXPECT_GT(c.unknown_lost, 0u);
  EXPECT_GT(c.unknown_late_there, 0u);
  EXPECT_GT(c.unknown_late_lost, 0u);
  EXPECT_GT(c.not_committed, 0u);
  EXPECT_GT(c.fenced, 0u);
  EXPECT_GT(c.read_unavailable, 0u);
  EXPECT_GT(c.read_short, 0u);
  EXPECT_GT(c.end_unavailable, 0u);
  EXPECT_GT(c.produce_there, 0u);
  EXPECT_GT(c.produce_lost, 0u);
  EXPECT_GT(c.produce_no_space, 0u);
  EXPECT_GT(c.dropped_there, 0u);
  EXPECT_GT(c.dropped_lost, 0u);
}

TEST(FaultyLog, UnknownHasBothFlavours) {
  MemoryLog inner = MakeMemoryLog();
  FaultyLog log(inner, 1, {.append_unknown_there = 10'000});
  auto writer = *log.OpenWriter(kZero, "w");
  EXPECT_EQ(AppendOne(*writer, "there").kind, Kind::kUnknown);
  log.SetPlan({.append_unknown_lost = 10'000});
  writer = *log.OpenWriter(kZero, "w");
  EXPECT_EQ(AppendOne(*writer, "lost").kind, Kind::kUnknown);
  auto entries = All(inner, kEvents);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].value, "there");
}

TEST(FaultyLog, NotCommittedAndFencedNeverAppear) {
  MemoryLog inner = MakeMemoryLog();
  FaultyLog log(inner, 1, {.append_not_committed = 10'000});
  auto writer = *log.OpenWriter(kZero, "w");
  EXPECT_EQ(AppendOne(*writer, "refused").kind, Kind::kNotCommitted);
  EXPECT_EQ(AppendOne(*writer, "spent").status.code(), absl::StatusCode::kFailedPrecondition);
  log.SetPlan({.append_fenced = 10'000});
  writer = *log.OpenWriter(kZero, "w");
  AppendOutcome fenced = AppendOne(*writer, "fenced");
  EXPECT_EQ(fenced.kind, Kind::kNotCommitted);
  EXPECT_EQ(fenced.status.code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(All(inner, kEvents).empty());
}

TEST(FaultyLog, ABatchThatIsLateNeverAppearsOnceTheNextWriterIsOpen) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    MemoryLog inner = MakeMemoryLog();
    FaultyLog log(inner, seed, {.append_unknown_late = 10'000});
    auto writer = *log.OpenWriter(kZero, "w");
    EXPECT_EQ(AppendOne(*writer, "late").kind, Kind::kUnknown);
    log.SetPlan({});
    auto next = *log.OpenWriter(kZero, "w");
    const LogPosition end = next->end_at_open();
    EXPECT_EQ(All(inner, kEvents).size(), static_cast<size_t>(end.value));
    auto reader = *log.OpenReader(kEvents, {0});
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(reader->Read(9, 9).ok());
    EXPECT_EQ(reader->position(), end) << "seed " << seed;
  }
}

TEST(FaultyLog, AWriterDroppedInMidAppendLeavesEither) {
  int there = 0;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    MemoryLog inner = MakeMemoryLog();
    FaultyLog log(inner, seed);
    auto writer = *log.OpenWriter(kZero, "w");
    writer->Start({{"k", "a"}, {"k", "b"}});
    writer.reset();
    writer = *log.OpenWriter(kZero, "w");
    const size_t size = All(inner, kEvents).size();
    EXPECT_TRUE(size == 0 || size == 2) << size;
    there += size == 2;
  }
  EXPECT_GT(there, 0);
  EXPECT_LT(there, 64);
}

TEST(FaultyLog, WakesWhoeverWaitsForAnAppendThatItHoldsBack) {
  MemoryLog inner = MakeMemoryLog();
  FaultyLog log(inner, 3, {.append_polls_max = 8});
  int wakes = 0;
  auto registration = log.OnActivity(kZero, [&] { ++wakes; });
  auto writer = *log.OpenWriter(kZero, "w");
  for (int i = 0; i < 20; ++i) {
    writer->Start({{"k", "v"}});
    for (bool done = false; !done;) {
      const int before = wakes;
      done = writer->Poll().has_value();
      EXPECT_GT(wakes, before);
    }
  }
}

}  // namespace
}  // namespace lastmeter
