#include "engine/log_rocksdb/tail_witness.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/log/temp_folder.h"

namespace lastmeter::log_rocksdb {
namespace {

std::vector<Tail> Tails(int64_t end) {
  std::vector<Tail> tails(8);
  for (Tail& tail : tails) tail = {{end}, Sha256(std::to_string(end))};
  return tails;
}

class TailWitnessTest : public testing::Test {
 protected:
  void FlipByte(size_t offset) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 0x10);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/witness";
  const LogIdentity identity_{"some-log", 2};
};

TEST_F(TailWitnessTest, RemembersTheLastStatement) {
  {
    auto witness = *TailWitness::Create(path_, {identity_, Tails(0)});
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(witness->Write(Tails(i)).ok());
  }
  {
    auto witness = *TailWitness::Open(path_);
    ASSERT_TRUE(witness->Write(Tails(6)).ok());
  }
  auto said = *TailWitness::Read(path_);
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->identity.cluster_id, "some-log");
  EXPECT_EQ(said->identity.partition_count, 2u);
  EXPECT_EQ(said->tails, Tails(6));
}

TEST_F(TailWitnessTest, IsAbsentWithoutAFile) {
  EXPECT_FALSE(TailWitness::Read(path_)->has_value());
}

TEST_F(TailWitnessTest, AWriteCutShortLeavesTheStatementBefore) {
  {
    auto witness = *TailWitness::Create(path_, {identity_, Tails(1)});
    ASSERT_TRUE(witness->Write(Tails(2)).ok());
    ASSERT_TRUE(witness->Write(Tails(3)).ok());
  }
  // Statement 3 has sequence 2 and lies in the first slot.
  const size_t slot = std::filesystem::file_size(path_) / 2;
  FlipByte(100);
  EXPECT_EQ((*TailWitness::Read(path_))->tails, Tails(2));
  FlipByte(slot + 100);
  EXPECT_EQ(TailWitness::Read(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(TailWitnessTest, AFlippedByteNeverChangesWhatIsSaid) {
  {
    auto witness = *TailWitness::Create(path_, {identity_, Tails(1)});
    ASSERT_TRUE(witness->Write(Tails(2)).ok());
  }
  const size_t size = std::filesystem::file_size(path_);
  for (size_t offset = 0; offset < size; ++offset) {
    FlipByte(offset);
    auto said = TailWitness::Read(path_);
    ASSERT_TRUE(said.ok()) << offset;
    EXPECT_TRUE((*said)->tails == Tails(1) || (*said)->tails == Tails(2)) << offset;
    FlipByte(offset);
  }
}

TEST_F(TailWitnessTest, AFileCutShortIsDamagedNotAbsent) {
  { auto witness = *TailWitness::Create(path_, {identity_, Tails(1)}); }
  for (uintmax_t size : {uintmax_t{0}, uintmax_t{10}, uintmax_t{4'096}}) {
    std::filesystem::resize_file(path_, size);
    auto said = TailWitness::Read(path_);
    EXPECT_EQ(said.status().code(), absl::StatusCode::kDataLoss) << size;
    { auto witness = *TailWitness::Create(path_, {identity_, Tails(1)}); }
  }
}

}  // namespace
}  // namespace lastmeter::log_rocksdb
