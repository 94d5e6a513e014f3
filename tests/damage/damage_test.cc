#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include "engine/store_rocksdb/case_store.h"
#include "services/common/http_client.h"
#include "tests/log/temp_folder.h"
#include "tests/paths.h"
#include "tests/process/server_process.h"

// What the whole server makes of damage: a clear error with what to do, or everything is there.
namespace lastmeter::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kReadyMs = 30'000;

std::string ReadFile(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class DamageTest : public testing::Test {
 protected:
  std::string data() const { return folder_.path() + "/data"; }
  std::string errors() const { return folder_.path() + "/stderr"; }

  std::vector<std::string> Arguments(const std::string& data_dir) const {
    return {"--data-dir", data_dir, "--rules", test::SourcePath("deploy/rules")};
  }
  std::unique_ptr<ServerProcess> Serve(const std::string& data_dir,
                                       const std::vector<std::string>& before = {}) const {
    fs::remove(errors());
    return std::make_unique<ServerProcess>(Arguments(data_dir), errors(), before);
  }

  int Post(uint16_t port, const std::string& key) const {
    http::Client client({.url = {.host = "127.0.0.1", .port = port, .prefix = {}}});
    auto answer = client.Send(
        {.method = "POST",
         .target = "/v1/reports",
         .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}},
         .body = R"({"kind":"elder-alone","area":")" +
                 std::string(key.size() % 2 == 0 ? "430112001001" : "430112107208") + R"("})"});
    return answer.ok() ? answer->status : 0;
  }
  // Accepted reports, and the server killed right after them.
  void Fill(const std::string& data_dir, int from, int to) {
    auto server = Serve(data_dir);
    const auto port = server->WaitReady(kReadyMs);
    ASSERT_TRUE(port.has_value()) << ReadFile(errors());
    for (int i = from; i < to; ++i) {
      const std::string key = "report-" + std::to_string(i);
      ASSERT_EQ(Post(*port, key), 202) << key;
      accepted_.insert(key);
    }
    server->Kill();
  }

  // Which accepted reports the log does not hold; says so when it cannot be read.
  static Ended Cat(const std::string& data_dir) {
    return RunProgram({test::ProgramPath("lastmeterctl"), "log", "cat", "--data-dir", data_dir,
                       "--type", "CaseOpened"});
  }
  std::set<std::string> Missing(const std::string& data_dir) const {
    const std::string text = Cat(data_dir).output;
    std::set<std::string> missing;
    for (const std::string& key : accepted_) {
      if (text.find("report_id=" + key + " ") == std::string::npos) missing.insert(key);
    }
    return missing;
  }
  // The server comes up with everything that it ever accepted.
  void ExpectWhole(const std::string& data_dir) {
    auto server = Serve(data_dir);
    EXPECT_TRUE(server->WaitReady(kReadyMs).has_value()) << ReadFile(errors());
    server->Terminate();
    EXPECT_EQ(server->code(), 0) << ReadFile(errors());
    EXPECT_THAT(Missing(data_dir), testing::IsEmpty());
  }
  // The server refuses to start, and says what to do.
  void ExpectRefusal(const std::string& data_dir, const testing::Matcher<int>& code,
                     const testing::Matcher<std::string>& says,
                     const std::vector<std::string>& before = {}) {
    auto server = Serve(data_dir, before);
    EXPECT_TRUE(server->WaitEnd(kReadyMs)) << "it went on running";
    if (testing::Test::HasFailure()) return;
    EXPECT_THAT(server->code(), code);
    EXPECT_THAT(ReadFile(errors()), says);
  }

  static std::string Newest(const std::string& folder, const std::string& extension) {
    std::string newest;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == extension && entry.path().string() > newest) {
        newest = entry.path();
      }
    }
    return newest;
  }

  TempFolder folder_;
  std::set<std::string> accepted_;
};

TEST_F(DamageTest, NoFlippedByteLosesAReportSilently) {
  Fill(data(), 0, 12);
  // Once more, so that there are files beside the write-ahead log.
  ExpectWhole(data());
  Fill(data(), 12, 24);
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(data() + "/log")) {
    // RocksDB's own diary, and the lock, hold nothing.
    const std::string name = entry.path().filename();
    if (!entry.is_regular_file() || entry.file_size() == 0 || name.starts_with("LOG") ||
        name == "LOCK" || name == "lock") {
      continue;
    }
    files.push_back(fs::relative(entry.path(), data()));
  }
  std::sort(files.begin(), files.end());
  ASSERT_GT(files.size(), 3u);
  int refused = 0;
  for (const std::string& file : files) {
    for (int part : {1, 3}) {
      const std::string copy = folder_.path() + "/copy";
      fs::remove_all(copy);
      fs::copy(data(), copy, fs::copy_options::recursive);
      const std::string path = copy + "/" + file;
      std::string bytes = ReadFile(path);
      const size_t offset = bytes.size() * part / 4;
      bytes[offset] = static_cast<char>(bytes[offset] ^ 0x10);
      std::ofstream(path, std::ios::binary) << bytes;
      SCOPED_TRACE(file + " at " + std::to_string(offset));

      auto server = Serve(copy);
      const bool ready = server->WaitReady(5'000).has_value();
      if (!ready) {
        ++refused;
        EXPECT_TRUE(server->WaitEnd(kReadyMs)) << "neither ready nor ended";
        EXPECT_NE(server->code(), 0);
        EXPECT_LT(server->code(), 128) << "it crashed";
        EXPECT_THAT(ReadFile(errors()), HasSubstr("lastmeter: "));
        continue;
      }
      server->Terminate();
      const Ended read = Cat(copy);
      if (read.code != 0) {
        EXPECT_EQ(read.code, 3) << read.output;
        continue;
      }
      EXPECT_THAT(Missing(copy), testing::IsEmpty());
    }
  }
  std::cout << refused << " of " << 2 * files.size() << " flips kept the server from starting"
            << std::endl;
  EXPECT_GT(refused, 0);
}

TEST_F(DamageTest, ALogCutShortIsRefusedUntilTheLossIsAccepted) {
  Fill(data(), 0, 20);
  const std::string wal = Newest(data() + "/log/rocksdb", ".log");
  ASSERT_FALSE(wal.empty());
  ASSERT_GT(fs::file_size(wal), 1000u);
  fs::resize_file(wal, fs::file_size(wal) / 2);
  ExpectRefusal(data(), testing::Gt(0), HasSubstr("accept-loss"));
  const Ended accepted = RunProgram(
      {test::ProgramPath("lastmeterctl"), "log", "accept-loss", "--data-dir", data(), "--yes"});
  EXPECT_EQ(accepted.code, 0) << accepted.output;
  EXPECT_THAT(accepted.output, HasSubstr("given up"));
  auto server = Serve(data());
  EXPECT_TRUE(server->WaitReady(kReadyMs).has_value()) << ReadFile(errors());
}

TEST_F(DamageTest, AnOlderLogUnderTheWitnessIsRefused) {
  Fill(data(), 0, 10);
  fs::copy(data() + "/log/rocksdb", folder_.path() + "/older", fs::copy_options::recursive);
  Fill(data(), 10, 20);
  fs::remove_all(data() + "/log/rocksdb");
  fs::copy(folder_.path() + "/older", data() + "/log/rocksdb", fs::copy_options::recursive);
  ExpectRefusal(data(), testing::Gt(0), HasSubstr("accept-loss"));
}

TEST_F(DamageTest, AStoreAheadOfItsLogIsRefused) {
  Fill(data(), 0, 10);
  fs::copy(data() + "/log", folder_.path() + "/older", fs::copy_options::recursive);
  Fill(data(), 10, 20);
  // Witness and all: only the store remembers.
  fs::remove_all(data() + "/log");
  fs::copy(folder_.path() + "/older", data() + "/log", fs::copy_options::recursive);
  ExpectRefusal(data(), testing::Gt(0), HasSubstr("store"));
}

TEST_F(DamageTest, AStoreOfAnotherSchemaIsRebuilt) {
  Fill(data(), 0, 10);
  for (const auto& entry : fs::directory_iterator(data() + "/store")) {
    fs::remove_all(entry.path());
    auto other = CaseStore::Open(entry.path(), {.schema = CaseStore::kSchema + 1});
    ASSERT_TRUE(other.ok()) << other.status();
  }
  ExpectWhole(data());
}

TEST_F(DamageTest, LostCachesAreRebuilt) {
  Fill(data(), 0, 10);
  fs::remove_all(data() + "/store");
  fs::remove_all(data() + "/query");
  ExpectWhole(data());
}

TEST_F(DamageTest, AFolderThatIsNotOursIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  fs::create_directory(data());
  ::chmod(data().c_str(), 0700);
  ::chmod(folder_.path().c_str(), 0711);
  std::ofstream(errors()).close();
  ExpectRefusal(data(), testing::Eq(77), HasSubstr(data()),
                {"/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
}

TEST_F(DamageTest, ASecondServerOnTheFolderGivesWay) {
  auto first = Serve(data());
  const auto port = first->WaitReady(kReadyMs);
  ASSERT_TRUE(port.has_value()) << ReadFile(errors());
  ExpectRefusal(data(), testing::Eq(75), HasSubstr(data()));
  EXPECT_EQ(Post(*port, "report-0"), 202);
  first->Terminate();
  EXPECT_EQ(first->code(), 0);
}

// A small file system of its own, where we may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    fs::create_directory(path);
    mounted_ = ::mount("lastmeter-test", path.c_str(), "tmpfs", 0, "size=768m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  bool mounted_ = false;
};

TEST_F(DamageTest, AFullDiskRefusesReportsAndLosesNone) {
  const SmallDisk disk(folder_.path() + "/disk");
  if (!disk.mounted()) GTEST_SKIP() << "needs root, to mount a small disk";
  const std::string small = folder_.path() + "/disk/data";
  auto server = Serve(small);
  const auto port = server->WaitReady(kReadyMs);
  ASSERT_TRUE(port.has_value()) << ReadFile(errors());
  for (int i = 0; i < 10; ++i) {
    const std::string key = "report-" + std::to_string(i);
    ASSERT_EQ(Post(*port, key), 202);
    accepted_.insert(key);
  }
  const std::string filler = folder_.path() + "/disk/filler";
  {
    std::ofstream fill(filler, std::ios::binary);
    const std::string piece(1 << 20, 'x');
    while (fs::space(folder_.path() + "/disk").available > (64u << 20)) fill << piece << std::flush;
  }
  EXPECT_GE(Post(*port, "report-refused"), 500);
  fs::remove(filler);
  EXPECT_EQ(Post(*port, "report-after"), 202);
  accepted_.insert("report-after");
  server->Terminate();
  server.reset();
  ExpectWhole(small);
}

}  // namespace
}  // namespace lastmeter::test
