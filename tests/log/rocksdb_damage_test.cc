// A byte flipped anywhere, a file cut or lost: refused, reported when read, or without effect.
// Never silently less than what was acknowledged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/log/rocksdb_helpers.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBudget = 3 << 20;

bool Same(const LogEntry& a, const LogEntry& b) {
  return a.position == b.position && a.appended_at == b.appended_at && a.key == b.key &&
         a.value == b.value;
}

enum class Verdict { kRefused, kReportedWhenRead, kUnharmed, kSilentLoss };

class RocksdbLogDamage : public testing::Test {
 protected:
  // A log with files of every kind: several tables, several write-ahead logs, a witness.
  void SetUp() override {
    for (int round = 0; round < 3; ++round) {
      auto log = OpenLog({.dir = good_, .partition_count = 1, .memory_budget_bytes = kBudget});
      auto writer = *log->OpenWriter({0}, "test");
      auto producer = *log->OpenProducer();
      for (int i = 0; i < 60; ++i) {
        std::string value =
            std::to_string(i) + std::string(10'000, static_cast<char>('a' + i % 26));
        ASSERT_EQ(AppendAndWait(*writer, {{"k", value}, {"k", "short"}}).kind,
                  AppendOutcome::Kind::kCommitted);
        if (i % 3 == 0) {
          ASSERT_TRUE(ProduceAndWait(*log, kReports0, {"r", value}).ok());
        }
      }
      for (TopicPartition tp : kAll) expected_[tp] = *ReadToEnd(*log, tp);
    }
  }

  std::vector<std::string> Files(const std::string& prefix, const std::string& suffix) {
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(good_ + "/rocksdb")) {
      const std::string name = file.path().filename().string();
      if (name.starts_with(prefix) && name.ends_with(suffix)) names.push_back("rocksdb/" + name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  // Damages a fresh copy by `spoil`, opens and reads it.
  Verdict Judge(const std::function<void(const std::string& dir)>& spoil) {
    fs::remove_all(bad_);
    fs::copy(good_, bad_, fs::copy_options::recursive);
    spoil(bad_);
    auto log = RocksdbLog::Open({.dir = bad_, .memory_budget_bytes = kBudget});
    if (!log.ok()) {
      EXPECT_EQ(log.status().code(), absl::StatusCode::kDataLoss) << log.status();
      EXPECT_GT(log.status().message().size(), 20u) << "says what is wrong";
      return Verdict::kRefused;
    }
    bool reported = false;
    for (const auto& [tp, entries] : expected_) {
      auto read = ReadToEnd(**log, tp);
      if (!read.ok()) {
        EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss) << read.status();
        reported = true;
      } else if (!std::equal(read->begin(), read->end(), entries.begin(), entries.end(), Same)) {
        return Verdict::kSilentLoss;
      }
    }
    return reported ? Verdict::kReportedWhenRead : Verdict::kUnharmed;
  }

  // Flips a bit at about `count` places of the file, the first and last bytes among them.
  std::map<Verdict, int> FlipBytes(const std::string& name, size_t count) {
    std::map<Verdict, int> verdicts;
    const size_t size = fs::file_size(good_ + "/" + name);
    const size_t step = std::max<size_t>(1, size / count);
    std::vector<size_t> offsets;
    for (size_t at = 0; at < size; at += step) offsets.push_back(at);
    for (size_t back = 1; back <= std::min<size_t>(size, 8); ++back) offsets.push_back(size - back);
    for (size_t at = 1; at < std::min<size_t>(size, 8); ++at) offsets.push_back(at);
    for (size_t at : offsets) {
      const Verdict verdict = Judge([&](const std::string& dir) {
        std::fstream file(dir + "/" + name, std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(at));
        const char byte = static_cast<char>(file.get() ^ (1 << at % 8));
        file.seekp(static_cast<std::streamoff>(at));
        file.put(byte);
      });
      EXPECT_NE(verdict, Verdict::kSilentLoss) << name << " byte " << at << " of " << size;
      ++verdicts[verdict];
    }
    return verdicts;
  }

  static constexpr TopicPartition kAll[] = {kEvents0, kReports0};
  TempFolder folder_{TempFolder::Kind::kInMemoryIfPossible};
  const std::string good_ = folder_.path() + "/good";
  const std::string bad_ = folder_.path() + "/bad";
  std::map<TopicPartition, std::vector<LogEntry>> expected_;
};

TEST_F(RocksdbLogDamage, OfTheWriteAheadLogIsNeverSilent) {
  const auto files = Files("", ".log");
  ASSERT_FALSE(files.empty());
  std::map<Verdict, int> sum;
  for (const std::string& file : files) {
    for (auto [verdict, n] : FlipBytes(file, 100 / files.size())) sum[verdict] += n;
  }
  EXPECT_GT(sum[Verdict::kRefused], 20);
}

TEST_F(RocksdbLogDamage, OfATableIsNeverSilent) {
  const auto files = Files("", ".sst");
  ASSERT_GT(files.size(), 1u);
  std::map<Verdict, int> sum;
  for (const std::string& file : files) {
    for (auto [verdict, n] : FlipBytes(file, 60 / files.size())) sum[verdict] += n;
  }
  EXPECT_GT(sum[Verdict::kReportedWhenRead], 20);
}

TEST_F(RocksdbLogDamage, OfTheManifestIsNeverSilent) {
  for (const char* prefix : {"MANIFEST", "CURRENT"}) {
    const auto files = Files(prefix, "");
    ASSERT_EQ(files.size(), 1u);
    EXPECT_GT(FlipBytes(files[0], 100)[Verdict::kRefused], 5) << prefix;
  }
}

TEST_F(RocksdbLogDamage, OfTheRestIsNeverSilent) {
  for (const char* prefix : {"IDENTITY", "OPTIONS"}) {
    for (const std::string& file : Files(prefix, "")) {
      for (auto [verdict, n] : FlipBytes(file, 10)) {
        EXPECT_TRUE(verdict == Verdict::kUnharmed || verdict == Verdict::kRefused) << file;
      }
    }
  }
  FlipBytes("witness", 40);
}

TEST_F(RocksdbLogDamage, OfAFileCutShortIsNeverSilent) {
  int refused = 0;
  for (const std::string suffix : {".log", ".sst", ""}) {
    for (const std::string& file : Files(suffix.empty() ? "MANIFEST" : "", suffix)) {
      const size_t size = fs::file_size(good_ + "/" + file);
      for (size_t part = 0; part < 8; ++part) {
        const Verdict verdict = Judge(
            [&](const std::string& dir) { fs::resize_file(dir + "/" + file, size * part / 8); });
        EXPECT_NE(verdict, Verdict::kSilentLoss) << file << " cut to " << part << "/8";
        refused += verdict == Verdict::kRefused;
      }
    }
  }
  EXPECT_GT(refused, 10);
}

TEST_F(RocksdbLogDamage, OfAFileLostIsNeverSilent) {
  int refused = 0;
  for (const auto& entry : fs::directory_iterator(good_ + "/rocksdb")) {
    const std::string name = entry.path().filename().string();
    const Verdict verdict =
        Judge([&](const std::string& dir) { fs::remove(dir + "/rocksdb/" + name); });
    EXPECT_NE(verdict, Verdict::kSilentLoss) << name;
    refused += verdict == Verdict::kRefused;
  }
  EXPECT_GT(refused, 3);
}

TEST_F(RocksdbLogDamage, OfTheWriteAheadLogIsRefusedWithoutTouchingIt) {
  const std::string last = Files("", ".log").back();
  const auto spoil = [&](const std::string& dir) {
    std::fstream file(dir + "/" + last, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5'000);
    file.put('!');
  };
  ASSERT_EQ(Judge(spoil), Verdict::kRefused);
  // The very bytes are still there for whoever can repair them.
  std::ifstream good(good_ + "/" + last, std::ios::binary);
  std::ifstream bad(bad_ + "/" + last, std::ios::binary);
  std::string before((std::istreambuf_iterator<char>(good)), {});
  const std::string after((std::istreambuf_iterator<char>(bad)), {});
  before[5'000] = '!';
  EXPECT_TRUE(before == after);
  // What is left can be looked at without changing anything.
  EXPECT_FALSE(
      OpenLog({.dir = bad_, .read_only = true, .accept_data_loss = true})->warnings().empty());
  EXPECT_EQ(StatusOfOpening({.dir = bad_}).code(), absl::StatusCode::kDataLoss);
  // The operator may go on with what lies before the damage.
  auto log = OpenLog({.dir = bad_, .accept_data_loss = true, .memory_budget_bytes = kBudget});
  ASSERT_NE(log, nullptr);
  EXPECT_FALSE(log->warnings().empty());
  for (const auto& [tp, entries] : expected_) {
    auto read = ReadToEnd(*log, tp);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_LE(read->size(), entries.size());
    EXPECT_TRUE(std::equal(read->begin(), read->end(), entries.begin(), Same));
  }
  log.reset();
  OpenLog({.dir = bad_, .memory_budget_bytes = kBudget});
}

TEST_F(RocksdbLogDamage, AnUnfinishedWriteAtTheEndIsNoLoss) {
  // After a power cut, the end of the file may hold anything that was never synced.
  const std::string last = Files("", ".log").back();
  for (const std::string& garbage :
       {std::string(100, '\0'), std::string("\x12\x34\x56\x78\x40\x00\x01half a record", 20),
        std::string("\x12\x34\x56\x78\x02\x00\x01zz", 9), std::string(40'000, 'g')}) {
    EXPECT_EQ(Judge([&](const std::string& dir) {
                std::ofstream(dir + "/" + last, std::ios::app | std::ios::binary) << garbage;
              }),
              Verdict::kUnharmed)
        << garbage.size();
  }
}

}  // namespace
}  // namespace lastmeter
