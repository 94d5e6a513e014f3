// Kills, full disks and missing rights: nothing acknowledged may be gone, nothing refused may be
// in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "tests/log/child_process.h"
#include "tests/log/rocksdb_helpers.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// What a child said was acknowledged: number by place.
using Acknowledged = std::map<std::pair<TopicPartition, int64_t>, int64_t>;

bool Note(const std::string& line, Acknowledged& acknowledged) {
  std::istringstream in(line);
  int topic;
  uint32_t partition;
  int64_t position, number;
  if (!(in >> topic >> partition >> position >> number)) return false;
  acknowledged[{{static_cast<Topic>(topic), {partition}}, position}] = number;
  return true;
}

void ExpectAllThere(Log& log, const Acknowledged& acknowledged) {
  std::map<TopicPartition, std::vector<LogEntry>> read;
  for (const auto& [place, number] : acknowledged) {
    const auto& [tp, position] = place;
    if (!read.contains(tp)) {
      auto all = ReadToEnd(log, tp);
      ASSERT_TRUE(all.ok()) << all.status();
      read[tp] = *std::move(all);
    }
    const std::vector<LogEntry>& entries = read[tp];
    ASSERT_LT(static_cast<size_t>(position), entries.size()) << ToString(tp);
    const std::string& value = entries[static_cast<size_t>(position)].value;
    ASSERT_EQ(value.substr(0, value.find(':')), std::to_string(number))
        << ToString(tp) << " position " << position;
  }
}

// Batches of the child hold a first and a last record of the same number.
void ExpectWholeBatches(Log& log, TopicPartition tp) {
  auto all = ReadToEnd(log, tp);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size() % 2, 0u) << "half a batch";
  for (size_t i = 0; i < all->size(); i += 2) {
    ASSERT_EQ(all->at(i).key, "first");
    ASSERT_EQ(all->at(i + 1).key, "last");
    ASSERT_EQ(all->at(i).value, all->at(i + 1).value);
  }
}

TEST(RocksdbLogCrash, EverythingAcknowledgedOutlivesKills) {
  TempFolder folder;
  const std::string dir = folder.path() + "/log";
  Acknowledged acknowledged;
  std::mt19937 random(20'260'101);
  for (int round = 0; round < 25; ++round) {
    ChildProcess child({Beside("log_child"), "append", dir, std::to_string(round)});
    const unsigned until = 1 + random() % 250;
    for (unsigned i = 0; i < until; ++i) {
      auto line = child.Line();
      ASSERT_TRUE(line.has_value()) << "the child ended by itself";
      ASSERT_TRUE(Note(*line, acknowledged)) << *line;
    }
    child.Kill();
    // What it managed to say before it died counts as well.
    while (auto line = child.Line()) Note(*line, acknowledged);
    child.Wait();
    if (round % 5 != 4) continue;
    auto log = OpenLog({.dir = dir});
    ASSERT_NE(log, nullptr);
    ExpectAllThere(*log, acknowledged);
    ExpectWholeBatches(*log, {Topic::kEvent, {0}});
    ExpectWholeBatches(*log, {Topic::kEvent, {1}});
  }
  EXPECT_GT(acknowledged.size(), 1'000u);
}

TEST(RocksdbLogCrash, AFailedWriteIsNeverAcknowledged) {
  TempFolder folder;
  const std::string dir = folder.path() + "/log";
  ChildProcess child({Beside("log_child"), "fill", dir});
  Acknowledged acknowledged;
  std::string rest;
  while (auto line = child.Line()) {
    if (!Note(*line, acknowledged)) rest += *line + "\n";
  }
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_GT(acknowledged.size(), 1u);
  const auto unknown = std::to_string(static_cast<int>(AppendOutcome::Kind::kUnknown));
  EXPECT_THAT(rest, HasSubstr("outcome " + unknown + " RESOURCE_EXHAUSTED"));
  EXPECT_THAT(rest, HasSubstr("then RESOURCE_EXHAUSTED"));
  EXPECT_THAT(rest, HasSubstr("writer UNAVAILABLE"));

  // With space again, the log is consistent and goes on.
  auto log = OpenLog({.dir = dir});
  ASSERT_NE(log, nullptr);
  ExpectAllThere(*log, acknowledged);
  EXPECT_EQ(log->End({Topic::kReport, {0}}).value, 0);
  auto writer = *log->OpenWriter({0}, "test");
  EXPECT_GE(writer->end_at_open().value, static_cast<int64_t>(acknowledged.size()));
  EXPECT_EQ(AppendAndWait(*writer, {{"k", "v"}}).kind, AppendOutcome::Kind::kCommitted);
}

// A file system of its own, small enough to fill.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    fs::create_directories(path);
    mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=24m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  bool mounted_;
};

TEST(RocksdbLogCrash, AFullDiskStopsAppendsAndLosesNothing) {
  for (const uint64_t reserve : {uint64_t{0}, uint64_t{8} << 20}) {
    TempFolder folder;
    SmallDisk disk(folder.path() + "/disk");
    if (!disk.mounted()) GTEST_SKIP() << "no right to mount a small file system";
    const RocksdbLog::Options options = {.dir = folder.path() + "/disk/log",
                                         .partition_count = 1,
                                         .memory_budget_bytes = 3 << 20,
                                         .min_free_bytes = reserve};
    const std::string ballast = folder.path() + "/disk/ballast";
    { std::ofstream(ballast) << std::string(8 << 20, 'b'); }
    int64_t acknowledged = 0;
    AppendOutcome outcome;
    {
      auto log = OpenLog(options);
      ASSERT_NE(log, nullptr);
      auto writer = *log->OpenWriter({0}, "test");
      for (;;) {
        outcome = AppendAndWait(*writer, {{"k", std::string(100'000, 'x')}});
        if (outcome.kind != AppendOutcome::Kind::kCommitted) break;
        ASSERT_EQ(outcome.last.value, acknowledged++);
      }
      EXPECT_GT(acknowledged, 0);
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kResourceExhausted) << outcome.status;
      if (reserve > 0) {
        // Refused before anything broke: with space again the same log goes on by itself.
        EXPECT_EQ(outcome.kind, AppendOutcome::Kind::kNotCommitted);
        fs::remove(ballast);
        writer = *log->OpenWriter({0}, "test");
        EXPECT_EQ(writer->end_at_open().value, acknowledged);
        EXPECT_EQ(AppendAndWait(*writer, {{"k", "v"}}).kind, AppendOutcome::Kind::kCommitted);
      }
    }
    fs::remove(ballast);
    auto log = OpenLog(options);
    ASSERT_NE(log, nullptr);
    EXPECT_GE(log->End(kEvents0).value, acknowledged);
    auto all = ReadToEnd(*log, kEvents0);
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_EQ(static_cast<int64_t>(all->size()), log->End(kEvents0).value);
  }
}

TEST(RocksdbLogCrash, AFolderWithoutPermissionIsSaidSo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs the right to become somebody else";
  TempFolder folder;
  ::chmod(folder.path().c_str(), 0755);
  const std::string dir = folder.path() + "/log";
  { OpenLog({.dir = dir}); }
  ::chmod(dir.c_str(), 0700);
  for (const std::string& asked : {dir, folder.path() + "/new"}) {
    // A copy, since the build folder may be closed to others.
    const std::string program = folder.path() + "/log_child";
    fs::copy_file(Beside("log_child"), program, fs::copy_options::overwrite_existing);
    ::chmod(program.c_str(), 0755);
    ChildProcess child({program, "open", asked});
    EXPECT_THAT(child.Line().value_or(""), HasSubstr("PERMISSION_DENIED"));
    const std::string reading = child.Line().value_or("");
    EXPECT_THAT(reading, HasSubstr(asked == dir ? "PERMISSION_DENIED" : "NOT_FOUND"));
    EXPECT_EQ(child.Wait(), 0);
  }
}

}  // namespace
}  // namespace lastmeter
