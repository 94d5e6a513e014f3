// What engine/log/log.h promises, asked of every implementation.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/log/contract.h"

namespace lastmeter {
namespace {

using Kind = AppendOutcome::Kind;

constexpr PartitionId kZero{0};
constexpr PartitionId kOne{1};
constexpr TopicPartition kEvents{Topic::kEvent, kZero};
constexpr TopicPartition kReports{Topic::kReport, kZero};

// Waits for wake-ups; the suite polls nothing in a loop that a log does not announce.
class Bell {
 public:
  void Ring() {
    std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  // Calls `ready` now and after each ring until it says yes. False after a minute.
  bool Until(const std::function<bool()>& ready) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    for (;;) {
      int seen;
      {
        std::lock_guard lock(mutex_);
        seen = rings_;
      }
      if (ready()) return true;
      std::unique_lock lock(mutex_);
      if (!rung_.wait_until(lock, deadline, [&] { return rings_ != seen; })) return false;
    }
  }
  int rings() {
    std::lock_guard lock(mutex_);
    return rings_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
};

class LogContract : public testing::TestWithParam<Implementation> {
 protected:
  Log& log() { return subject_->log(); }

  std::unique_ptr<LogWriter> OpenWriter(PartitionId partition = kZero) {
    auto writer = log().OpenWriter(partition, "test");
    EXPECT_TRUE(writer.ok()) << writer.status();
    return writer.ok() ? *std::move(writer) : nullptr;
  }

  AppendOutcome Await(LogWriter& writer) {
    std::optional<AppendOutcome> outcome;
    EXPECT_TRUE(bell_.Until([&] {
      outcome = writer.Poll();
      return outcome.has_value();
    }));
    return outcome.value_or(AppendOutcome{});
  }

  AppendOutcome Append(LogWriter& writer, std::vector<Outgoing> batch) {
    writer.Start(std::move(batch));
    return Await(writer);
  }

  absl::StatusOr<LogPosition> Produce(TopicPartition tp, Outgoing record) {
    auto producer = log().OpenProducer();
    // Shared with the log's thread, which may still be ringing when we have seen the answer.
    struct Answer {
      std::mutex mutex;
      std::optional<absl::StatusOr<LogPosition>> position;
      Bell bell;
    };
    auto answer = std::make_shared<Answer>();
    (*producer)->Append(tp, std::move(record), [answer](absl::StatusOr<LogPosition> at) {
      {
        std::lock_guard lock(answer->mutex);
        answer->position = std::move(at);
      }
      answer->bell.Ring();
    });
    EXPECT_TRUE(answer->bell.Until([&] {
      std::lock_guard lock(answer->mutex);
      return answer->position.has_value();
    }));
    std::lock_guard lock(answer->mutex);
    return answer->position.value_or(absl::InternalError("no answer"));
  }

  std::unique_ptr<LogReader> OpenReader(TopicPartition tp, LogPosition from = {0}) {
    auto reader = log().OpenReader(tp, from);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return reader.ok() ? *std::move(reader) : nullptr;
  }

  // Reads until a read says that the end was reached.
  static std::vector<LogEntry> ReadOn(LogReader& reader) {
    std::vector<LogEntry> all;
    while (true) {
      auto entries = reader.Read(1'000'000, size_t{1} << 30);
      EXPECT_TRUE(entries.ok()) << entries.status();
      if (!entries.ok() || entries->empty()) return all;
      std::move(entries->begin(), entries->end(), std::back_inserter(all));
    }
  }

  std::vector<LogEntry> ReadAll(TopicPartition tp) { return ReadOn(*OpenReader(tp)); }

  // How many records come out, and that no read gives more than `most` of them.
  size_t ReadBounded(TopicPartition tp, size_t max_records, size_t max_bytes, size_t most) {
    auto reader = OpenReader(tp);
    size_t count = 0;
    while (true) {
      auto entries = reader->Read(max_records, max_bytes);
      EXPECT_TRUE(entries.ok()) << entries.status();
      if (!entries.ok() || entries->empty()) return count;
      EXPECT_LE(entries->size(), most) << max_records << " records, " << max_bytes << " bytes";
      count += entries->size();
    }
  }

  LogPosition End(TopicPartition tp) {
    auto reader = OpenReader(tp);
    reader->AskEnd();
    std::optional<absl::StatusOr<LogPosition>> end;
    EXPECT_TRUE(bell_.Until([&] { return (end = reader->EndAnswer()).has_value(); }));
    EXPECT_TRUE(end->ok());
    EXPECT_FALSE(reader->EndAnswer().has_value()) << "one answer for one question";
    return **end;
  }

  std::unique_ptr<Subject> subject_ = GetParam().make();
  Bell bell_;
  std::unique_ptr<Log::Registration> registration_ =
      subject_->log().OnActivity(kZero, [this] { bell_.Ring(); });
};

TEST_P(LogContract, NamesItself) {
  EXPECT_FALSE(log().identity().cluster_id.empty());
  EXPECT_EQ(log().identity().partition_count, 2u);
}

TEST_P(LogContract, ABatchIsReadWholeAndInOrder) {
  auto writer = OpenWriter();
  EXPECT_EQ(writer->end_at_open(), LogPosition{0});
  EXPECT_FALSE(writer->Poll().has_value()) << "nothing is in flight";
  AppendOutcome outcome = Append(*writer, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  ASSERT_EQ(outcome.kind, Kind::kCommitted);
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_FALSE(writer->Poll().has_value()) << "an outcome is given once";
  std::vector<LogEntry> entries = ReadAll(kEvents);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].key, "a");
  EXPECT_EQ(entries[1].value, "2");
  EXPECT_EQ(entries[2].value, "3");
  EXPECT_EQ(entries[2].position, outcome.last);
  for (const LogEntry& entry : entries) EXPECT_TRUE(subject_->TakenJustNow(entry.appended_at));
}

TEST_P(LogContract, PositionsRiseAcrossBatchesAndWriters) {
  for (int i = 0; i < 3; ++i) {
    auto writer = OpenWriter();
    EXPECT_EQ(writer->end_at_open(), End(kEvents));
    for (int j = 0; j < 3; ++j) {
      ASSERT_EQ(Append(*writer, {{"k", "v"}, {"k", "w"}}).kind, Kind::kCommitted);
    }
  }
  std::vector<LogEntry> entries = ReadAll(kEvents);
  ASSERT_EQ(entries.size(), 18u);
  for (size_t i = 1; i < entries.size(); ++i) {
    EXPECT_LT(entries[i - 1].position, entries[i].position);
  }
  EXPECT_LT(entries.back().position, End(kEvents));
}

TEST_P(LogContract, KeepsEveryByte) {
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes.push_back(static_cast<char>(i));
  const std::vector<Outgoing> batch = {{"", ""},
                                       {"", std::string("\0\0", 2)},
                                       {std::string("\0k\0", 3), ""},
                                       {all_bytes, all_bytes},
                                       {"big", std::string(700'000, '\xff')}};
  auto writer = OpenWriter();
  ASSERT_EQ(Append(*writer, batch).kind, Kind::kCommitted);
  std::vector<LogEntry> entries = ReadAll(kEvents);
  ASSERT_EQ(entries.size(), batch.size());
  for (size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(entries[i].key, batch[i].key);
    EXPECT_EQ(entries[i].value, batch[i].value);
  }
}

TEST_P(LogContract, ANewWriterFencesTheOldOne) {
  auto old_writer = OpenWriter();
  ASSERT_EQ(Append(*old_writer, {{"k", "1"}}).kind, Kind::kCommitted);
  auto new_writer = OpenWriter();
  AppendOutcome outcome = Append(*old_writer, {{"k", "stale"}});
  EXPECT_EQ(outcome.kind, Kind::kNotCommitted);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kAborted);
  outcome = Append(*old_writer, {{"k", "stale"}});
  EXPECT_EQ(outcome.kind, Kind::kNotCommitted);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kFailedPrecondition) << "spent";
  ASSERT_EQ(Append(*new_writer, {{"k", "2"}}).kind, Kind::kCommitted);
  EXPECT_EQ(ReadAll(kEvents).size(), 2u);
}

TEST_P(LogContract, AnAppendInFlightWhenFencedIsBeforeTheNewEndOrNowhere) {
  for (int i = 0; i < 20; ++i) {
    auto old_writer = OpenWriter();
    const size_t before = ReadAll(kEvents).size();
    old_writer->Start({{"k", "x"}, {"k", "y"}});
    auto new_writer = OpenWriter();
    const LogPosition end = new_writer->end_at_open();
    EXPECT_EQ(End(kEvents), end) << "nothing of an older writer comes after the opening";
    const size_t added = ReadAll(kEvents).size() - before;
    AppendOutcome outcome = Await(*old_writer);
    if (outcome.kind == Kind::kCommitted) {
      EXPECT_EQ(added, 2u);
      EXPECT_LT(outcome.last, end);
    } else if (outcome.kind == Kind::kNotCommitted) {
      EXPECT_EQ(outcome.status.code(), absl::StatusCode::kAborted);
      EXPECT_EQ(added, 0u);
    } else {
      // No clear answer: all of it or nothing, and no more than that.
      EXPECT_TRUE(added == 0 || added == 2) << added;
    }
    EXPECT_EQ(ReadAll(kEvents).size(), before + added);
  }
}

TEST_P(LogContract, PartitionsAndTopicsAreApart) {
  auto zero = OpenWriter(kZero);
  auto one = OpenWriter(kOne);
  auto registration = log().OnActivity(kOne, [this] { bell_.Ring(); });
  ASSERT_EQ(Append(*zero, {{"k", "zero"}}).kind, Kind::kCommitted);
  ASSERT_EQ(Append(*one, {{"k", "one"}}).kind, Kind::kCommitted);
  ASSERT_TRUE(Produce(kReports, {"k", "report"}).ok());
  ASSERT_TRUE(Produce({Topic::kCommand, kOne}, {"k", "command"}).ok());
  EXPECT_EQ(ReadAll(kEvents).at(0).value, "zero");
  EXPECT_EQ(ReadAll({Topic::kEvent, kOne}).at(0).value, "one");
  EXPECT_EQ(ReadAll(kReports).at(0).value, "report");
  EXPECT_EQ(ReadAll({Topic::kCommand, kOne}).at(0).value, "command");
  EXPECT_TRUE(ReadAll({Topic::kDeadLetter, kOne}).empty());
}

TEST_P(LogContract, AReaderAtTheEndSeesWhatComesLater) {
  auto writer = OpenWriter();
  auto reader = OpenReader(kEvents);
  EXPECT_TRUE(reader->Read(10, 1'000)->empty());
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(Append(*writer, {{"k", std::to_string(i)}}).kind, Kind::kCommitted);
    auto entries = reader->Read(10, 1'000);
    ASSERT_TRUE(entries.ok());
    ASSERT_EQ(entries->size(), 1u);
    EXPECT_EQ(entries->at(0).value, std::to_string(i));
    const LogPosition end = End(kEvents);
    EXPECT_TRUE(bell_.Until([&] {
      EXPECT_TRUE(reader->Read(10, 1'000)->empty());
      return reader->position() == end;
    })) << "at the end nothing is unread";
  }
}

TEST_P(LogContract, AReadIsBoundedInCountAndBytes) {
  auto writer = OpenWriter();
  std::vector<Outgoing> batch(10, Outgoing{"", std::string(100, 'x')});
  ASSERT_EQ(Append(*writer, batch).kind, Kind::kCommitted);
  EXPECT_EQ(ReadBounded(kEvents, 3, 1'000, 3), 10u);
  EXPECT_EQ(ReadBounded(kEvents, 100, 1, 1), 10u) << "at least one";
  EXPECT_EQ(ReadBounded(kEvents, 100, 200, 2), 10u);
  EXPECT_EQ(ReadBounded(kEvents, 100, 201, 3), 10u) << "none further once reached";
}

TEST_P(LogContract, AReaderOpensInTheMiddle) {
  auto writer = OpenWriter();
  std::vector<LogPosition> at;
  for (int i = 0; i < 6; ++i) at.push_back(Append(*writer, {{"k", std::to_string(i)}}).last);
  auto reader = OpenReader(kEvents, at[3]);
  EXPECT_EQ(reader->position(), at[3]);
  auto entries = ReadOn(*reader);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries.at(0).value, "3");
  auto tail = OpenReader(kEvents, End(kEvents));
  EXPECT_TRUE(tail->Read(100, 10'000)->empty());
}

TEST_P(LogContract, WhatRetentionTookIsOutOfRange) {
  std::vector<LogPosition> at;
  for (int i = 0; i < 6; ++i) at.push_back(*Produce(kReports, {"k", std::to_string(i)}));
  auto slow = OpenReader(kReports);
  subject_->DropBefore(kReports, at[4]);
  EXPECT_EQ(slow->Read(10, 1'000).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(log().OpenReader(kReports, at[3]).status().code(), absl::StatusCode::kOutOfRange);
  auto reader = OpenReader(kReports, at[4]);
  auto entries = ReadOn(*reader);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries.at(0).value, "4");
}

TEST_P(LogContract, APositionPastTheEndIsOutOfRange) {
  auto reader = log().OpenReader(kEvents, {1'000});
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(LogContract, WakesOnActivityAndNotAfterUnregistering) {
  auto writer = OpenWriter();
  Bell woken;
  auto registration = log().OnActivity(kZero, [&] { woken.Ring(); });
  ASSERT_EQ(Append(*writer, {{"k", "v"}}).kind, Kind::kCommitted);
  EXPECT_TRUE(woken.Until([&] { return woken.rings() > 0; }));
  const int after_append = woken.rings();
  ASSERT_TRUE(Produce(kReports, {"k", "v"}).ok());
  EXPECT_TRUE(woken.Until([&] { return woken.rings() > after_append; }));
  registration.reset();
  const int at_the_end = woken.rings();
  ASSERT_EQ(Append(*writer, {{"k", "v"}}).kind, Kind::kCommitted);
  ASSERT_TRUE(Produce(kReports, {"k", "v"}).ok());
  EXPECT_EQ(woken.rings(), at_the_end);
}

TEST_P(LogContract, EveryProducersOrderIsKept) {
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  struct Answers {
    std::atomic<int> count{0};
    Bell bell;
  };
  auto answers = std::make_shared<Answers>();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      auto producer = *log().OpenProducer();
      for (int i = 0; i < kEach; ++i) {
        producer->Append(kReports, {std::to_string(t), std::to_string(i)},
                         [answers](absl::StatusOr<LogPosition> at) {
                           EXPECT_TRUE(at.ok()) << at.status();
                           ++answers->count;
                           answers->bell.Ring();
                         });
      }
      // A producer may be gone before its appends are answered.
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(answers->bell.Until([&] { return answers->count == kThreads * kEach; }));
  std::vector<int> next(kThreads, 0);
  for (const LogEntry& entry : ReadAll(kReports)) {
    EXPECT_EQ(entry.value, std::to_string(next[static_cast<size_t>(std::stoi(entry.key))]++));
  }
  EXPECT_EQ(next, std::vector<int>(kThreads, kEach));
}

TEST_P(LogContract, AProducersPositionIsReadable) {
  auto reader = OpenReader(kReports);
  for (int i = 0; i < 10; ++i) {
    auto at = Produce(kReports, {"k", std::to_string(i)});
    ASSERT_TRUE(at.ok());
    auto entries = reader->Read(10, 1'000);
    ASSERT_EQ(entries->size(), 1u) << "durable and visible before it is answered";
    EXPECT_EQ(entries->at(0).position, *at);
  }
}

INSTANTIATE_TEST_SUITE_P(All, LogContract, testing::ValuesIn(Implementations()),
                         [](const testing::TestParamInfo<Implementation>& implementation) {
                           return implementation.param.name;
                         });

}  // namespace
}  // namespace lastmeter
