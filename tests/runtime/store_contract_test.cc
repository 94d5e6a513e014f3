// Holds every store to engine/runtime/store.h.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <map>

#include "engine/runtime/memory_store.h"
#include "engine/store_rocksdb/case_store.h"
#include "lastmeter/state/v1/state.pb.h"
#include "tests/runtime/world.h"

namespace lastmeter {
namespace {

std::string Folder() {
  static int count = 0;
  return testing::TempDir() + "store-" + std::to_string(getpid()) + "-" + std::to_string(++count);
}

struct Kind {
  const char* name;
  bool persistent;
};

class StoreTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { Reopen(); }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Reopen() {
    if (!GetParam().persistent) {
      if (store_ == nullptr) store_ = std::make_unique<MemoryStore>();
      return;
    }
    store_.reset();
    auto opened = CaseStore::Open(folder_, {});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  std::map<std::string, std::string> Rows() {
    std::map<std::string, std::string> rows;
    std::string last;
    EXPECT_TRUE(store_
                    ->Load([&](std::string_view key, std::string_view value) {
                      EXPECT_LT(last, key);
                      last = std::string(key);
                      rows[last] = std::string(value);
                      return absl::OkStatus();
                    })
                    .ok());
    return rows;
  }

  static StoreMark Mark(int64_t n) {
    StoreMark mark{.position = {n}, .seq = {static_cast<uint64_t>(n) + 1}};
    mark.sha256[0] = static_cast<uint8_t>(n);
    mark.sha256[31] = 0xff;
    return mark;
  }

  std::string folder_ = Folder();
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreTest,
                         testing::Values(Kind{"Memory", false}, Kind{"Rocksdb", true}),
                         [](const auto& param) { return param.param.name; });

TEST_P(StoreTest, BeginsEmpty) {
  EXPECT_FALSE(store_->mark().has_value());
  EXPECT_TRUE(Rows().empty());
  EXPECT_FALSE(store_->Find("sx").has_value());
  EXPECT_TRUE(store_->health().ok());
}

TEST_P(StoreTest, KeepsRowsAndMarkOfACommit) {
  ASSERT_TRUE(store_->Commit({{"m", "meta"}, {"o1", "open"}, {"rx", "rules"}}, Mark(7)).ok());
  Reopen();
  EXPECT_EQ(store_->mark(), Mark(7));
  EXPECT_EQ(store_->Find("o1"), "open");
  EXPECT_EQ(Rows(),
            (std::map<std::string, std::string>{{"m", "meta"}, {"o1", "open"}, {"rx", "rules"}}));
}

TEST_P(StoreTest, OverwritesAndDeletes) {
  ASSERT_TRUE(store_->Commit({{"o1", "a"}, {"o2", "b"}}, Mark(1)).ok());
  ASSERT_TRUE(store_->Commit({{"o1", std::nullopt}, {"o2", "c"}}, Mark(2)).ok());
  Reopen();
  EXPECT_EQ(store_->mark(), Mark(2));
  EXPECT_FALSE(store_->Find("o1").has_value());
  EXPECT_EQ(store_->Find("o2"), "c");
}

TEST_P(StoreTest, FindsButDoesNotLoadWhatIsTooManyForMemory) {
  ASSERT_TRUE(
      store_->Commit({{"c1", "closed"}, {"n1", "9"}, {"sa", "seen"}, {"s\xff\xff", "z"}}, Mark(1))
          .ok());
  EXPECT_EQ(store_->Find("c1"), "closed");
  EXPECT_EQ(store_->Find("sa"), "seen");
  EXPECT_EQ(Rows(), (std::map<std::string, std::string>{{"n1", "9"}}));
}

TEST_P(StoreTest, KeepsBytesAsTheyAre) {
  std::string key("o\0\xff\0", 4), value("\0\0x\xff", 4);
  ASSERT_TRUE(store_->Commit({{key, value}, {"oempty", ""}}, Mark(1)).ok());
  Reopen();
  EXPECT_EQ(store_->Find(key), value);
  EXPECT_EQ(store_->Find("oempty"), "");
}

TEST_P(StoreTest, EndsLoadingWithTheRowsError) {
  ASSERT_TRUE(store_->Commit({{"m", "a"}, {"o1", "b"}}, Mark(1)).ok());
  int rows = 0;
  absl::Status status = store_->Load([&](std::string_view, std::string_view) {
    ++rows;
    return absl::InternalError("enough");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(rows, 1);
}

TEST_P(StoreTest, IsEmptyOnceWiped) {
  ASSERT_TRUE(store_->Commit({{"m", "a"}, {"sx", "b"}}, Mark(1)).ok());
  ASSERT_TRUE(store_->Wipe().ok());
  EXPECT_FALSE(store_->mark().has_value());
  EXPECT_TRUE(Rows().empty());
  EXPECT_FALSE(store_->Find("sx").has_value());
  ASSERT_TRUE(store_->Commit({{"m", "b"}}, Mark(2)).ok());
  Reopen();
  EXPECT_EQ(store_->Find("m"), "b");
}

class CaseStoreTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = Folder();
};

TEST_F(CaseStoreTest, RefusesAnotherSchemaAndNamesItsFolder) {
  ASSERT_TRUE(CaseStore::Open(folder_, {.schema = 77}).ok());
  auto store = CaseStore::Open(folder_, {});
  ASSERT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(store.status().message().find(folder_.c_str()), absl::string_view::npos);
  EXPECT_NE(store.status().message().find("schema 77"), absl::string_view::npos);
}

TEST_F(CaseStoreTest, RefusesASecondOwnerAndEmptiesNothing) {
  auto first = *CaseStore::Open(folder_, {});
  ASSERT_TRUE(first->Commit({{"m", "a"}}, {}).ok());
  std::string rebuilt;
  EXPECT_EQ(CaseStore::OpenOrRebuild(folder_, {}, &rebuilt).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(rebuilt, "");
  EXPECT_EQ(first->Find("m"), "a");
}

TEST_F(CaseStoreTest, IsRebuiltFromTheLogWhenOfAnotherSchema) {
  World w;
  w.InstallRules();
  w.Report("r1");
  auto own = [&](std::unique_ptr<CaseStore> store) {
    auto partition = *Partition::Open(w.options, &w.faulty, store.get(), &w.clock, &w.guard);
    StepResult result;
    while (!result.idle && result.status.ok()) result = partition->Step();
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(partition->status().open_cases, 1u);
  };
  own(*CaseStore::Open(folder_, {.schema = 77}));
  std::string rebuilt;
  own(*CaseStore::OpenOrRebuild(folder_, {}, &rebuilt));
  EXPECT_NE(rebuilt.find("schema 77"), std::string::npos);
  rebuilt.clear();
  own(*CaseStore::OpenOrRebuild(folder_, {}, &rebuilt));
  EXPECT_EQ(rebuilt, "") << "once is enough";
  EXPECT_EQ(w.Count(event::v1::Event::kCaseOpened), 1u);
}

TEST_F(CaseStoreTest, IsRebuiltWhenDamaged) {
  {
    auto store = *CaseStore::Open(folder_, {});
    ASSERT_TRUE(store->Commit({{"m", "a"}}, {}).ok());
  }
  std::filesystem::resize_file(folder_ + "/CURRENT", 3);
  ASSERT_FALSE(CaseStore::Open(folder_, {}).ok());
  std::string rebuilt;
  auto store = CaseStore::OpenOrRebuild(folder_, {}, &rebuilt);
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_NE(rebuilt, "");
  EXPECT_FALSE((*store)->mark().has_value());
}

TEST_F(CaseStoreTest, DropsSeenIdsThatTheCoreNoLongerSees) {
  auto store = *CaseStore::Open(folder_, {});
  auto seen = [](Date date) {
    state::v1::Seen row;
    row.set_first_seq(1);
    row.set_date(date);
    return row.SerializeAsString();
  };
  state::v1::Partition meta;
  meta.set_today(20260301);
  ASSERT_TRUE(store
                  ->Commit({{"m", meta.SerializeAsString()},
                            {"sold", seen(20241201)},
                            {"snew", seen(20250301)},
                            {"o1", seen(20200101)}},
                           {})
                  .ok());
  ASSERT_TRUE(store->Compact().ok());
  EXPECT_FALSE(store->Find("sold").has_value());
  EXPECT_TRUE(store->Find("snew").has_value());
  EXPECT_TRUE(store->Find("o1").has_value());
}

}  // namespace
}  // namespace lastmeter
