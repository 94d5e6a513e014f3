// What a partition does while all goes well, and at its opening.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using testing::HasSubstr;

TEST(PartitionTest, AnswersEveryInputOnceInOneLog) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  w.InstallRules();
  LogPosition position = w.Report("r1");
  ASSERT_TRUE(w.Settle().ok());
  auto records = w.Records();
  ASSERT_GE(records.size(), 4u);
  EXPECT_TRUE(records[0].event().has_writer_opened());
  auto opened = w.RecordsOf(Event::kCaseOpened);
  ASSERT_EQ(opened.size(), 1u);
  EXPECT_EQ(opened[0].input_cause().position(), position.value);
  EXPECT_EQ(opened[0].event().case_number(), "430112001001-2026-00001");
  EXPECT_EQ(w.partition->status().open_cases, 1u);
  EXPECT_EQ(w.Count(Event::kRulesInstalled), 1u);
}

TEST(PartitionTest, SecondInputOfAStepSeesTheFirst) {
  World w;
  w.InstallRules();
  w.clock.Advance({1});
  w.Report("r1");
  w.clock.Advance({1});
  w.Acknowledge("430112001001-2026-00001", "xu-guangming");
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.Count(Event::kCaseAcknowledged), 1u);
  EXPECT_EQ(w.Count(Event::kCommandRejected), 0u);
}

TEST(PartitionTest, TellsItsAudienceOnceCommitted) {
  World w;
  std::vector<uint64_t> seqs;
  LogPosition last;
  w.options.on_committed = [&](std::span<const CommittedRecord> records, LogPosition position) {
    for (const CommittedRecord& r : records) {
      const auto record = *ParseRecord(r.bytes);
      EXPECT_EQ(r.seq.value, record.seq());
      EXPECT_EQ(r.kind, record.event().body_case());
      EXPECT_EQ(r.answers_input, record.has_input_cause() && record.part() == 0);
      EXPECT_EQ(r.answers_timer.has_value(), record.has_timer_cause() && record.part() == 0);
      seqs.push_back(r.seq.value);
    }
    last = position;
  };
  ASSERT_TRUE(w.Start().ok());
  w.Report("r1");
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_EQ(seqs.size(), w.Records().size());
  for (size_t i = 0; i < seqs.size(); ++i) EXPECT_EQ(seqs[i], i + 1);
  EXPECT_EQ(last, w.Entries(Topic::kEvent).back().position);
}

TEST(PartitionTest, BeatsWhenIdleForTenMinutes) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  w.clock.Advance(Minutes(10) - Millis{1});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.Count(Event::kHeartbeat), 0u);
  w.clock.Advance({1});
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.Count(Event::kHeartbeat), 1u);
}

TEST(PartitionTest, BeginsADayAtMidnightInUtcPlus8) {
  World w("2026-03-02T23:59:50+08:00");
  ASSERT_TRUE(w.Start().ok());
  size_t before = w.Count(Event::kDayRolled);
  w.clock.Advance(Seconds(9));
  ASSERT_TRUE(w.Settle().ok());
  EXPECT_EQ(w.Count(Event::kDayRolled), before);
  w.clock.Advance(Seconds(1));
  ASSERT_TRUE(w.Settle().ok());
  auto days = w.RecordsOf(Event::kDayRolled);
  ASSERT_EQ(days.size(), before + 1);
  EXPECT_EQ(days.back().event().day_rolled().date(), 20260303u);
}

TEST(PartitionTest, GoesOnFromTheStoreWithoutFoldingAgain) {
  World w;
  w.InstallRules();
  w.Report("r1");
  ASSERT_TRUE(w.Start().ok());
  auto digest_of = [&] { return w.partition->state()->Digest(); };
  auto before = digest_of();
  uint64_t seq = w.partition->status().seq;
  // Nothing before the last record is there any more, so it cannot have been folded.
  w.log.DropBefore({Topic::kEvent, {0}}, w.Entries(Topic::kEvent).back().position);
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.partition->status().seq, seq + 1);
  EXPECT_NE(digest_of(), before) << "the new epoch is part of the state";
  EXPECT_EQ(w.partition->status().open_cases, 1u);
}

TEST(PartitionTest, FoldsTheWholeLogIntoAnEmptyStore) {
  World w;
  w.options.fold_records = 3;
  w.InstallRules();
  for (int i = 0; i < 20; ++i) w.Report("r" + std::to_string(i));
  ASSERT_TRUE(w.Start().ok());
  ASSERT_TRUE(w.store.Wipe().ok());
  ASSERT_TRUE(w.Start().ok());
  EXPECT_EQ(w.partition->status().open_cases, 20u);
  EXPECT_EQ(w.Count(Event::kCaseOpened), 20u);
  EXPECT_EQ(w.partition->status().epoch, 2u);
}

TEST(PartitionTest, RefusesAStoreAheadOfItsLog) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  StoreMark ahead = *w.store.mark();
  ahead.position.value += 5;
  ahead.seq.value += 5;
  ASSERT_TRUE(w.store.Commit({}, ahead).ok());
  absl::Status status = w.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the log has lost records"));
}

TEST(PartitionTest, RefusesAStoreOfAnotherLog) {
  World w;
  ASSERT_TRUE(w.Start().ok());
  StoreMark other = *w.store.mark();
  other.sha256[7] ^= 1;
  ASSERT_TRUE(w.store.Commit({}, other).ok());
  absl::Status status = w.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("another one"));
}

TEST(PartitionTest, RefusesALogThatWasMadeAnew) {
  World w;
  w.Report("r1");
  ASSERT_TRUE(w.Start().ok());
  // The same records under another identity, as in a topic that was made anew and filled again.
  MemoryLog other(
      {.partition_count = 1, .cluster_id = "other", .clock = [&] { return w.clock.Wall(); }});
  auto writer = *other.OpenWriter({0}, "copy");
  std::vector<Outgoing> batch;
  for (const LogEntry& e : w.Entries(Topic::kEvent)) batch.push_back({e.key, e.value});
  writer->Start(std::move(batch));
  ASSERT_EQ(writer->Poll()->kind, AppendOutcome::Kind::kCommitted);
  MemoryStore empty;
  auto partition = *Partition::Open(w.options, &other, &empty, &w.clock, &w.guard);
  StepResult result;
  for (int i = 0; i < 100 && result.status.ok(); ++i) result = partition->Step();
  EXPECT_EQ(result.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(result.status.message()), HasSubstr("made anew"));
}

TEST(PartitionTest, RefusesANumberThatTheLogDoesNotHave) {
  World w;
  w.options.partition = {7};
  EXPECT_EQ(w.Open().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace lastmeter
