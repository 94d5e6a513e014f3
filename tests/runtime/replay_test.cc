// Following a log, deciding it again, and the runner's thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "engine/runtime/follower.h"
#include "engine/runtime/redecide.h"
#include "engine/runtime/runner.h"
#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

using event::v1::Event;
using testing::HasSubstr;

void Play(World& w) {
  w.InstallRules();
  w.clock.Advance({1});
  w.Report("r1");
  w.Report("r2", "domestic-violence");
  ASSERT_TRUE(w.Start().ok());
  w.clock.Advance(Minutes(16));
  w.Report("r1");
  w.Acknowledge("430112001001-2026-00001", "group-leader-1");
  w.Append(Topic::kCommand, "garbage");
  ASSERT_TRUE(w.Settle().ok());
  ASSERT_TRUE(w.Start().ok());
  w.clock.Advance(Hours(4));
  ASSERT_TRUE(w.Settle().ok());
}

TEST(FollowerTest, HandsOverEveryRecordOnceAndGoesOnWhereItWas) {
  World w;
  Play(w);
  auto follower = *Follower::Open(&w.log, {0}, {});
  uint64_t last = 0;
  auto take = [&](const FollowedRecord& r) {
    EXPECT_EQ(r.record.seq(), ++last);
    return absl::OkStatus();
  };
  while (*follower->Poll(7, take) > 0) {
  }
  EXPECT_EQ(last, w.Records().size());
  ASSERT_TRUE(w.Start().ok());
  follower = *Follower::Open(&w.log, {0}, follower->at());
  ASSERT_TRUE(follower->Poll(100, take).ok());
  EXPECT_EQ(last, w.Records().size());
}

TEST(FollowerTest, StopsAtARecordThatDoesNotFollow) {
  World w;
  Play(w);
  Follower::From from;
  from.sha256[0] = 1;
  auto follower = *Follower::Open(&w.log, {0}, from);
  auto polled = follower->Poll(100, [](const FollowedRecord&) { return absl::OkStatus(); });
  EXPECT_EQ(polled.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(polled.status().message()), HasSubstr("chain"));
}

TEST(RedeciderTest, ComesToTheSameBytes) {
  World w;
  Play(w);
  MemoryStore scratch;
  Redecider redecider(&scratch);
  for (const LogEntry& e : w.Entries(Topic::kEvent)) {
    absl::Status status = redecider.Take(e.position, e.value);
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(redecider.Finish().ok());
  EXPECT_EQ(redecider.records(), w.Records().size());
  EXPECT_EQ(redecider.not_compared(), 0u);
  EXPECT_EQ(redecider.state().Digest(), w.partition->state()->Digest());
}

TEST(RedeciderTest, ShowsBothWhenADecisionWasChanged) {
  World w;
  Play(w);
  MemoryStore scratch;
  Redecider redecider(&scratch);
  absl::Status status;
  for (const LogEntry& e : w.Entries(Topic::kEvent)) {
    auto record = *ParseRecord(e.value);
    if (record.event().has_case_opened()) {
      record.mutable_event()->mutable_case_opened()->set_kind("changed");
    }
    status = redecider.Take(e.position, record.SerializeAsString());
    if (!status.ok()) break;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"kind\":\"changed\""));
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"kind\":\"elder-alone\""));
}

TEST(RedeciderTest, LeavesAnotherVersionsDecisionsAlone) {
  World w;
  auto record = [&] {
    EXPECT_TRUE(w.Start().ok());
    return w.Records()[0];
  }();
  record.mutable_event()->mutable_writer_opened()->set_decider_version(kDeciderVersion + 1);
  MemoryStore scratch;
  Redecider redecider(&scratch);
  EXPECT_TRUE(redecider.Take({0}, record.SerializeAsString()).ok());
  EXPECT_EQ(redecider.not_compared(), 1u);
}

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    options_.partition.partition = {0};
    options_.partition.instance = "one";
    options_.partition.on_committed = [this](std::span<const CommittedRecord> records,
                                             LogPosition) {
      for (const CommittedRecord& r : records) {
        if (r.kind == event::v1::Event::kCaseOpened && !opened_.exchange(true)) seen_.set_value();
      }
    };
    options_.open_store = [] { return std::make_unique<MemoryStore>(); };
    options_.backoff = [](int) { return Millis{1}; };
    options_.on_given_up = [this](PartitionId, const absl::Status& status) {
      given_up_.set_value(status);
    };
  }

  void Report(Log& log) {
    report::v1::HardshipReport report;
    report.set_report_id("r1");
    auto producer = *log.OpenProducer();
    producer->Append({Topic::kReport, {0}}, {.key = "k", .value = report.SerializeAsString()},
                     [](absl::StatusOr<LogPosition>) {});
  }

  static MemoryLog::Options LogOptions() {
    return {
        .partition_count = 1, .cluster_id = "test", .clock = [] { return SystemClock().Wall(); }};
  }

  SystemClock clock_;
  MemoryDecideGuard guard_;
  RunnerOptions options_;
  std::atomic<bool> opened_{false};
  std::promise<void> seen_;
  std::promise<absl::Status> given_up_;
};

constexpr std::chrono::seconds kLong{30};

TEST_F(RunnerTest, DecidesWhatArrivesThroughFailuresThatPass) {
  MemoryLog memory(LogOptions());
  FaultyLog log(
      memory, 5,
      {.append_unknown_lost = 4000, .append_fenced = 1000, .open_writer_unavailable = 3000});
  PartitionRunner runner(options_, &log, &clock_, &guard_);
  runner.Start();
  Report(memory);
  EXPECT_EQ(seen_.get_future().wait_for(kLong), std::future_status::ready);
  runner.Stop();
  EXPECT_GE(runner.status().openings, 1u);
}

TEST_F(RunnerTest, GivesUpWhereAnotherOwns) {
  MemoryLog log(LogOptions());
  auto runtime = std::make_unique<Runtime>();
  runtime->Add(std::make_unique<PartitionRunner>(options_, &log, &clock_, &guard_));
  EXPECT_FALSE(runtime->Ready().ok());
  runtime->Start();
  Report(log);
  ASSERT_EQ(seen_.get_future().wait_for(kLong), std::future_status::ready);
  MemoryStore store;
  ManualClock other_clock(clock_.Wall());
  MemoryDecideGuard guard;
  auto other =
      *Partition::Open({.partition = {0}, .instance = "two"}, &log, &store, &other_clock, &guard);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other->Step().status.ok());
  Report(log);
  auto given_up = given_up_.get_future();
  ASSERT_EQ(given_up.wait_for(kLong), std::future_status::ready);
  absl::Status status = given_up.get();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  absl::Status ready = runtime->Ready();
  EXPECT_THAT(std::string(ready.message()), HasSubstr("owned by two"));
  runtime->Stop();
}

TEST_F(RunnerTest, StopsForGoodAtABadRecord) {
  MemoryLog log(LogOptions());
  auto writer = *log.OpenWriter({0}, "bad");
  writer->Start({{.key = "", .value = "not a record"}});
  ASSERT_EQ(writer->Poll()->kind, AppendOutcome::Kind::kCommitted);
  PartitionRunner runner(options_, &log, &clock_, &guard_);
  runner.Start();
  auto given_up = given_up_.get_future();
  ASSERT_EQ(given_up.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(given_up.get().code(), absl::StatusCode::kDataLoss);
  runner.Stop();
  EXPECT_EQ(runner.status().state, RunnerStatus::State::kFailed);
}

}  // namespace
}  // namespace lastmeter
