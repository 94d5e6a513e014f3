// The logs of one partition that scenario files are played on and that need no server.
#include <gtest/gtest.h>

#include "engine/log/memory_log.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "tests/log/contract.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

struct MemorySubject : Subject {
  Log& log() override { return memory; }
  void DropBefore(TopicPartition tp, LogPosition position) override {
    memory.DropBefore(tp, position);
  }
  bool TakenJustNow(Timestamp) override { return true; }
  MemoryLog memory{
      {.partition_count = 1, .leave_gaps = true, .clock = [] { return Timestamp{0}; }}};
};

struct RocksdbSubject : Subject {
  RocksdbSubject() {
    auto opened = RocksdbLog::Open({.dir = folder.path(), .partition_count = 1});
    EXPECT_TRUE(opened.ok()) << opened.status();
    rocksdb = *std::move(opened);
  }
  Log& log() override { return *rocksdb; }
  void DropBefore(TopicPartition tp, LogPosition position) override {
    EXPECT_TRUE(rocksdb->DropBefore(tp, position).ok());
  }
  bool TakenJustNow(Timestamp) override { return true; }
  TempFolder folder{TempFolder::Kind::kInMemoryIfPossible};
  std::unique_ptr<RocksdbLog> rocksdb;
};

}  // namespace

std::vector<Implementation> Implementations() {
  return {{"MemoryLog", [] { return std::make_unique<MemorySubject>(); }},
          {"RocksdbLog", [] { return std::make_unique<RocksdbSubject>(); }}};
}

}  // namespace lastmeter
