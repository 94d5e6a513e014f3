// The contract suite's subjects that need no server.
#include <gtest/gtest.h>

#include "engine/log/faulty_log.h"
#include "engine/log/memory_log.h"
#include "engine/log_rocksdb/rocksdb_log.h"
#include "tests/log/contract.h"
#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

constexpr Timestamp kNow{1'700'000'000'000};

struct MemorySubject : Subject {
  explicit MemorySubject(bool gaps)
      : memory({.partition_count = 2, .leave_gaps = gaps, .clock = [] { return kNow; }}) {}
  Log& log() override { return memory; }
  void DropBefore(TopicPartition tp, LogPosition position) override {
    memory.DropBefore(tp, position);
  }
  bool TakenJustNow(Timestamp at) override { return at == kNow; }
  MemoryLog memory;
};

struct FaultySubject : MemorySubject {
  FaultySubject() : MemorySubject(true), faulty(memory, 1) {}
  Log& log() override { return faulty; }
  FaultyLog faulty;
};

struct RocksdbSubject : Subject {
  RocksdbSubject() {
    auto opened = RocksdbLog::Open(
        {.dir = folder.path(), .partition_count = 2, .clock = [] { return kNow; }});
    EXPECT_TRUE(opened.ok()) << opened.status();
    rocksdb = *std::move(opened);
  }
  Log& log() override { return *rocksdb; }
  void DropBefore(TopicPartition tp, LogPosition position) override {
    EXPECT_TRUE(rocksdb->DropBefore(tp, position).ok());
  }
  bool TakenJustNow(Timestamp at) override { return at == kNow; }
  TempFolder folder;
  std::unique_ptr<RocksdbLog> rocksdb;
};

}  // namespace

std::vector<Implementation> Implementations() {
  return {{"MemoryLog", [] { return std::make_unique<MemorySubject>(false); }},
          {"MemoryLogWithGaps", [] { return std::make_unique<MemorySubject>(true); }},
          {"FaultyLogWithoutFaults", [] { return std::make_unique<FaultySubject>(); }},
          {"RocksdbLog", [] { return std::make_unique<RocksdbSubject>(); }}};
}

}  // namespace lastmeter
