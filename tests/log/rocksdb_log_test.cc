#include "engine/log_rocksdb/rocksdb_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/log/rocksdb_helpers.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

using Kind = AppendOutcome::Kind;
using absl::StatusCode;
using testing::HasSubstr;
namespace fs = std::filesystem;

class RocksdbLogTest : public testing::Test {
 protected:
  RocksdbLog::Options Options() { return {.dir = dir_, .partition_count = 2}; }

  // Appends `count` events, numbered on from what is there.
  void AppendEvents(RocksdbLog& log, int count, size_t value_size = 8) {
    auto writer = *log.OpenWriter({0}, "test");
    for (int i = 0; i < count; ++i) {
      std::string value = std::to_string(log.End(kEvents0).value);
      value.resize(std::max(value.size(), value_size), '.');
      ASSERT_EQ(AppendAndWait(*writer, {{"k", value}}).kind, Kind::kCommitted);
    }
  }

  std::string Message(RocksdbLog::Options options) {
    return std::string(StatusOfOpening(std::move(options)).message());
  }

  TempFolder folder_;
  const std::string dir_ = folder_.path() + "/log";
  const std::string witness_ = dir_ + "/witness";
};

TEST_F(RocksdbLogTest, KeepsEverythingAcrossReopening) {
  std::string id;
  for (int round = 0; round < 4; ++round) {
    auto log = OpenLog(Options());
    if (round == 0) id = log->identity().cluster_id;
    EXPECT_EQ(log->identity().cluster_id, id);
    EXPECT_TRUE(log->warnings().empty());
    EXPECT_EQ(log->End(kEvents0).value, round * 10);
    AppendEvents(*log, 10);
    ASSERT_TRUE(ProduceAndWait(*log, {Topic::kDeadLetter, {1}}, {"k", "v"}).ok());
  }
  auto log = OpenLog(Options());
  auto events = ReadToEnd(*log, kEvents0);
  ASSERT_EQ(events->size(), 40u);
  EXPECT_EQ(events->at(39).value, "39......");
  EXPECT_EQ(ReadToEnd(*log, {Topic::kDeadLetter, {1}})->size(), 4u);
  EXPECT_TRUE(log->VerifyChecksums().ok());
}

TEST_F(RocksdbLogTest, CommitsWhatWasStartedBeforeClosing) {
  {
    auto log = OpenLog(Options());
    auto producer = *log->OpenProducer();
    for (int i = 0; i < 1'000; ++i) {
      producer->Append(kReports0, {"k", "v"},
                       [](absl::StatusOr<LogPosition> at) { EXPECT_TRUE(at.ok()); });
    }
  }
  EXPECT_EQ(OpenLog(Options())->End(kReports0).value, 1'000);
}

TEST_F(RocksdbLogTest, ReadsFarBehindTheRecentEntries) {
  RocksdbLog::Options options = Options();
  options.memory_budget_bytes = 3 << 20;
  auto log = OpenLog(options);
  auto slow = *log->OpenReader(kEvents0, {0});
  AppendEvents(*log, 300, 20'000);
  // The slow reader meets records added while it reads.
  size_t read = 0;
  while (read < 300) {
    auto some = slow->Read(7, size_t{1} << 20);
    ASSERT_TRUE(some.ok()) << some.status();
    ASSERT_FALSE(some->empty());
    for (const LogEntry& entry : *some) {
      EXPECT_EQ(entry.position.value, static_cast<int64_t>(read));
      EXPECT_EQ(entry.value.substr(0, 4).substr(0, std::to_string(read).size()),
                std::to_string(read));
      ++read;
    }
  }
  AppendEvents(*log, 5);
  EXPECT_EQ(slow->Read(10, 1'000)->size(), 5u);
}

TEST_F(RocksdbLogTest, AScanOlderThanTheEndGoesOn) {
  RocksdbLog::Options options = Options();
  options.memory_budget_bytes = 3 << 20;
  auto log = OpenLog(options);
  AppendEvents(*log, 20, 20'000);
  auto slow = *log->OpenReader(kEvents0, {0});
  EXPECT_EQ(slow->Read(10, size_t{1} << 30)->size(), 10u);
  // So many that the recent entries begin behind the scan's own view.
  AppendEvents(*log, 200, 20'000);
  size_t read = 10;
  while (read < 220) {
    auto some = slow->Read(5, size_t{1} << 30);
    ASSERT_TRUE(some.ok()) << some.status();
    ASSERT_FALSE(some->empty());
    read += some->size();
  }
  EXPECT_EQ(slow->position(), log->End(kEvents0));
}

TEST_F(RocksdbLogTest, RefusesAnotherNumberOfPartitions) {
  OpenLog(Options());
  RocksdbLog::Options options = Options();
  options.partition_count = 8;
  absl::Status status = StatusOfOpening(options);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 2 partitions, not 8"));
  options.partition_count = 0;
  EXPECT_EQ(OpenLog(options)->identity().partition_count, 2u);
}

TEST_F(RocksdbLogTest, DoesNotMakeALogUnasked) {
  RocksdbLog::Options options = Options();
  options.create_if_missing = false;
  fs::create_directories(dir_);
  EXPECT_EQ(StatusOfOpening(options).code(), StatusCode::kNotFound);
  options = Options();
  options.read_only = true;
  EXPECT_EQ(StatusOfOpening(options).code(), StatusCode::kNotFound);
}

TEST_F(RocksdbLogTest, TwoServersOnOneFolderAreRefusedByName) {
  auto log = OpenLog(Options());
  absl::Status status = StatusOfOpening(Options());
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir_));
  EXPECT_THAT(std::string(status.message()), HasSubstr("pid " + std::to_string(::getpid())));
  log.reset();
  OpenLog(Options());
}

TEST_F(RocksdbLogTest, IsReadBesideItsWriter) {
  auto log = OpenLog(Options());
  AppendEvents(*log, 10);
  RocksdbLog::Options options = Options();
  options.read_only = true;
  auto reader = OpenLog(options);
  EXPECT_EQ(ReadToEnd(*reader, kEvents0)->size(), 10u);
  EXPECT_EQ(reader->OpenWriter({0}, "x").status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(reader->OpenProducer().status().code(), StatusCode::kFailedPrecondition);
  AppendEvents(*log, 10);
  EXPECT_EQ(ReadToEnd(*OpenLog(options), kEvents0)->size(), 20u);
}

TEST_F(RocksdbLogTest, RetentionOutlivesReopeningAndFreesFiles) {
  RocksdbLog::Options options = Options();
  options.memory_budget_bytes = 3 << 20;
  const auto bytes = [&] {
    uintmax_t sum = 0;
    for (const auto& file : fs::directory_iterator(dir_ + "/rocksdb")) {
      // RocksDB removes a file in its own time.
      std::error_code gone;
      const uintmax_t size = file.path().extension() == ".sst" ? file.file_size(gone) : 0;
      if (!gone) sum += size;
    }
    return sum;
  };
  {
    auto log = OpenLog(options);
    AppendEvents(*log, 600, 60'000);
  }
  uintmax_t before = 0;
  {
    auto log = OpenLog(options);
    before = bytes();
    EXPECT_GT(before, 18'000'000u);
    ASSERT_TRUE(log->DropBefore(kEvents0, {560}).ok());
    ASSERT_TRUE(log->DropBefore(kEvents0, {100}).ok()) << "never goes back";
    EXPECT_EQ(log->Begin(kEvents0).value, 560);
  }
  {
    auto log = OpenLog(options);
    EXPECT_EQ(log->Begin(kEvents0).value, 560);
    ASSERT_TRUE(log->DropBefore(kEvents0, {580}).ok());
  }
  auto log = OpenLog(options);
  EXPECT_EQ(log->Begin(kEvents0).value, 580);
  EXPECT_EQ(log->OpenReader(kEvents0, {579}).status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(ReadToEnd(*log, kEvents0, {580})->size(), 20u);
  // The same drop again takes the files that were being compacted at the time of the first.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (bytes() >= before / 2 && std::chrono::steady_clock::now() < deadline) {
    ASSERT_TRUE(log->DropBefore(kEvents0, {580}).ok());
  }
  EXPECT_LT(bytes(), before / 2);
  EXPECT_EQ(ReadToEnd(*log, kEvents0, {580})->size(), 20u);
}

TEST_F(RocksdbLogTest, KnowsItsEndWhenRetentionTookAll) {
  {
    auto log = OpenLog(Options());
    AppendEvents(*log, 10);
    ASSERT_TRUE(log->DropBefore(kEvents0, {1'000}).ok());
    EXPECT_EQ(log->Begin(kEvents0).value, 10);
  }
  auto log = OpenLog(Options());
  EXPECT_EQ(log->End(kEvents0).value, 10);
  AppendEvents(*log, 1);
  EXPECT_EQ(ReadToEnd(*log, kEvents0, {10})->size(), 1u);
}

TEST_F(RocksdbLogTest, RefusesToAppendWhenTheDiskIsNearlyFull) {
  RocksdbLog::Options options = Options();
  options.min_free_bytes = uint64_t{1} << 60;
  auto log = OpenLog(options);
  auto writer = *log->OpenWriter({0}, "test");
  AppendOutcome outcome = AppendAndWait(*writer, {{"k", "v"}});
  EXPECT_EQ(outcome.kind, Kind::kNotCommitted);
  EXPECT_EQ(outcome.status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(ProduceAndWait(*log, kReports0, {"k", "v"}).status().code(),
            StatusCode::kResourceExhausted);
  EXPECT_TRUE(log->health().ok()) << "goes on once there is space";
  log.reset();
  log = OpenLog(Options());
  EXPECT_EQ(log->End(kEvents0).value, 0);
  EXPECT_EQ(log->End(kReports0).value, 0);
}

TEST_F(RocksdbLogTest, AWitnessAheadOfItsLogRefusesToOpen) {
  { AppendEvents(*OpenLog(Options()), 5); }
  fs::copy(dir_, folder_.path() + "/old", fs::copy_options::recursive);
  { AppendEvents(*OpenLog(Options()), 3); }
  fs::remove_all(dir_ + "/rocksdb");
  fs::copy(folder_.path() + "/old/rocksdb", dir_ + "/rocksdb", fs::copy_options::recursive);

  for (bool read_only : {true, false}) {
    RocksdbLog::Options options = Options();
    options.read_only = read_only;
    absl::Status status = StatusOfOpening(options);
    EXPECT_EQ(status.code(), StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("lastmeter.case.event.v1/0 positions 5 to 7 are missing"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("accept-loss"));
  }
  RocksdbLog::Options accept = Options();
  accept.accept_data_loss = true;
  {
    auto log = OpenLog(accept);
    ASSERT_FALSE(log->warnings().empty());
    EXPECT_THAT(log->warnings().back(), HasSubstr("positions 5 to 7"));
    EXPECT_EQ(log->End(kEvents0).value, 5);
  }
  OpenLog(Options());
}

TEST_F(RocksdbLogTest, AnotherLastRecordThanAcknowledgedRefusesToOpen) {
  { AppendEvents(*OpenLog(Options()), 5); }
  fs::copy(dir_, folder_.path() + "/old", fs::copy_options::recursive);
  { AppendEvents(*OpenLog(Options()), 1, 8); }
  const std::string other = folder_.path() + "/old";
  RocksdbLog::Options options = Options();
  options.dir = other;
  { AppendEvents(*OpenLog(options), 1, 9); }
  options.witness_path = witness_;
  absl::Status status = StatusOfOpening(options);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("position 5 is not what was acknowledged"));
}

TEST_F(RocksdbLogTest, ALogAheadOfItsWitnessIsFine) {
  { AppendEvents(*OpenLog(Options()), 5); }
  fs::copy_file(witness_, folder_.path() + "/old-witness");
  { AppendEvents(*OpenLog(Options()), 3); }
  fs::copy_file(folder_.path() + "/old-witness", witness_, fs::copy_options::overwrite_existing);
  EXPECT_EQ(OpenLog(Options())->End(kEvents0).value, 8);
  // The witness was brought up: now the same log cut back is refused.
  fs::remove_all(dir_ + "/rocksdb");
  EXPECT_EQ(StatusOfOpening(Options()).code(), StatusCode::kDataLoss);
}

TEST_F(RocksdbLogTest, AMissingWitnessRefusesANonEmptyLog) {
  OpenLog(Options());
  fs::remove(witness_);
  { AppendEvents(*OpenLog(Options()), 1); }
  fs::remove(witness_);
  absl::Status status = StatusOfOpening(Options());
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(witness_));
  RocksdbLog::Options accept = Options();
  accept.accept_data_loss = true;
  EXPECT_EQ(OpenLog(accept)->End(kEvents0).value, 1);
  OpenLog(Options());
}

TEST_F(RocksdbLogTest, AWitnessOfAnotherLogIsRefused) {
  { AppendEvents(*OpenLog(Options()), 1); }
  RocksdbLog::Options other = Options();
  other.dir = folder_.path() + "/other";
  { AppendEvents(*OpenLog(other), 1); }
  other.witness_path = witness_;
  EXPECT_THAT(Message(other), HasSubstr("belongs to log"));
}

TEST_F(RocksdbLogTest, AVanishedLogIsNotMadeAnew) {
  { AppendEvents(*OpenLog(Options()), 1); }
  fs::remove_all(dir_ + "/rocksdb");
  absl::Status status = StatusOfOpening(Options());
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is gone"));
  EXPECT_FALSE(fs::exists(dir_ + "/rocksdb"));
}

TEST_F(RocksdbLogTest, AHalfMadeLogIsMadeAgain) {
  fs::create_directories(dir_ + "/rocksdb.new");
  { std::ofstream(dir_ + "/rocksdb.new/CURRENT") << "nothing"; }
  { AppendEvents(*OpenLog(Options()), 1); }
  EXPECT_FALSE(fs::exists(dir_ + "/rocksdb.new"));
}

}  // namespace
}  // namespace lastmeter
