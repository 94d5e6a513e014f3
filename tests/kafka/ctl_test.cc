// lastmeterctl and lastmeter-check on a real broker.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "tests/check/story.h"
#include "tests/kafka/broker.h"
#include "tests/paths.h"
#include "tests/process/server_process.h"

namespace lastmeter {
namespace {

using test::Ended;
using test::RunProgram;
using ::testing::HasSubstr;

// Every client of the test program is User:ANONYMOUS. Set before the broker is started.
const bool kWithAuthorizer =
    ::setenv("LASTMETER_KAFKA_PROPERTIES",
             "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
             "super.users=User:ANONYMOUS",
             1) == 0;

const std::string kCtl = test::ProgramPath("lastmeterctl");
const std::string kCheck = test::ProgramPath("lastmeter-check");

std::vector<std::string> On(const KafkaLog::Options& place, std::vector<std::string> words) {
  words.insert(words.end(), {"--brokers", place.brokers, "--topic-prefix", place.topic_prefix});
  return words;
}

// Puts records where the engine would.
void Append(KafkaLog& log, const std::vector<std::string>& stored) {
  std::mutex mutex;
  std::condition_variable woken;
  bool awake = false;
  auto registration = log.OnActivity({0}, [&] {
    std::lock_guard lock(mutex);
    awake = true;
    woken.notify_all();
  });
  auto writer = log.OpenWriter({0}, "test");
  ASSERT_TRUE(writer.ok()) << writer.status();
  std::vector<Outgoing> batch;
  for (const std::string& bytes : stored) batch.push_back({"430112001001", bytes});
  (*writer)->Start(std::move(batch));
  std::optional<AppendOutcome> appended;
  std::unique_lock lock(mutex);
  while (!(appended = (*writer)->Poll())) {
    ASSERT_TRUE(woken.wait_for(lock, std::chrono::seconds(60), [&] { return awake; }));
    awake = false;
  }
  ASSERT_EQ(appended->kind, AppendOutcome::Kind::kCommitted) << appended->status;
}

// A program that goes on until it is ended.
class Running {
 public:
  explicit Running(std::vector<std::string> words) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    EXPECT_EQ(::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ::fdopen(ends[0], "r");
  }
  ~Running() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::fclose(out_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Waits for it; empty when the program has ended.
  std::string Line() {
    char line[4096];
    return ::fgets(line, sizeof line, out_) == nullptr ? "" : line;
  }

 private:
  pid_t pid_ = -1;
  FILE* out_ = nullptr;
};

TEST(KafkaTools, JudgeAndPrintALogOnABroker) {
  const KafkaLog::Options place = Broker::Get().NewInstallation(1);
  auto log = KafkaLog::Open(place);
  ASSERT_TRUE(log.ok()) << log.status();
  Story story;
  ASSERT_NO_FATAL_FAILURE(Append(**log, story.log.Seal()));
  const Ended checked = RunProgram(On(place, {kCheck}));
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_THAT(checked.output,
              HasSubstr("Clean: " + std::to_string(story.log.records().size()) + " records"));
  const Ended printed = RunProgram(On(place, {kCtl, "log", "cat", "--type", "CaseOpened"}));
  EXPECT_EQ(printed.code, 0) << printed.output;
  EXPECT_THAT(printed.output, HasSubstr(Story::kSecond));
}

TEST(KafkaTools, NameThePlaceOfWhatIsWrong) {
  const KafkaLog::Options place = Broker::Get().NewInstallation(1);
  auto log = KafkaLog::Open(place);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_NO_FATAL_FAILURE(Append(**log, {Story().log.Seal()[0], "a stranger's bytes"}));
  const std::string says =
      place.topic_prefix + "lastmeter.case.event.v1/0 offset 1: the stored bytes are not a record";
  const Ended verified = RunProgram(On(place, {kCtl, "verify"}));
  EXPECT_EQ(verified.code, 3) << verified.output;
  EXPECT_THAT(verified.output, HasSubstr(says));
  const Ended printed = RunProgram(On(place, {kCtl, "log", "cat"}));
  EXPECT_EQ(printed.code, 3) << printed.output;
  EXPECT_THAT(printed.output, HasSubstr(says));
  EXPECT_EQ(RunProgram(On(place, {kCheck})).code, 3);
}

TEST(KafkaTools, ReadingFencesNobody) {
  const KafkaLog::Options place = Broker::Get().NewInstallation(1);
  auto log = KafkaLog::Open(place);
  ASSERT_TRUE(log.ok()) << log.status();
  auto writer = (*log)->OpenWriter({0}, "the owner");
  ASSERT_TRUE(writer.ok()) << writer.status();
  EXPECT_EQ(RunProgram(On(place, {kCheck})).code, 0);
  EXPECT_EQ(RunProgram(On(place, {kCtl, "verify"})).code, 0);
  std::mutex mutex;
  std::condition_variable woken;
  auto registration = (*log)->OnActivity({0}, [&] { woken.notify_all(); });
  (*writer)->Start({{"", Story().log.Seal()[0]}});
  std::optional<AppendOutcome> appended;
  std::unique_lock lock(mutex);
  while (!(appended = (*writer)->Poll())) woken.wait_for(lock, std::chrono::milliseconds(50));
  EXPECT_EQ(appended->kind, AppendOutcome::Kind::kCommitted) << appended->status;
}

TEST(KafkaTools, FollowsALogWhileItGrows) {
  const KafkaLog::Options place = Broker::Get().NewInstallation(1);
  auto log = KafkaLog::Open(place);
  ASSERT_TRUE(log.ok()) << log.status();
  const auto stored = Story().log.Seal();
  ASSERT_NO_FATAL_FAILURE(Append(**log, {stored[0]}));
  Running follower(On(place, {kCtl, "log", "cat", "--follow"}));
  EXPECT_THAT(follower.Line(), HasSubstr("WriterOpened"));
  // It is at the end now, or soon; what comes is shown all the same, by the same opening.
  ASSERT_NO_FATAL_FAILURE(Append(**log, {stored.begin() + 1, stored.end()}));
  EXPECT_THAT(follower.Line(), HasSubstr("       2  "));
}

TEST(KafkaTools, SayThatTheBeginningIsGone) {
  const KafkaLog::Options place = Broker::Get().NewInstallation(1);
  auto log = KafkaLog::Open(place);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_NO_FATAL_FAILURE(Append(**log, Story().log.Seal()));
  ASSERT_TRUE((*log)->DropBefore({Topic::kEvent, {0}}, {3}).ok());
  const std::string says = "the beginning of " + place.topic_prefix +
                           "lastmeter.case.event.v1/0 is gone: it begins at offset 3 with record "
                           "seq 4";
  for (const auto& words : {std::vector{kCheck}, std::vector<std::string>{kCtl, "verify"},
                            std::vector<std::string>{kCtl, "as-of", "--case", Story::kSecond}}) {
    const Ended ended = RunProgram(On(place, words));
    EXPECT_EQ(ended.code, 3) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr(says));
  }
  // What is there can still be looked at.
  const Ended printed = RunProgram(On(place, {kCtl, "log", "cat"}));
  EXPECT_EQ(printed.code, 0);
  EXPECT_THAT(printed.output, HasSubstr("begins at offset 3"));
  EXPECT_THAT(printed.output, HasSubstr("       4  "));
  const Ended topics = RunProgram(On(place, {kCtl, "topics", "check", "--single-broker"}));
  EXPECT_EQ(topics.code, 3);
  EXPECT_THAT(topics.output, HasSubstr("event.v1/0: first offset is 3, should be 0"));
}

TEST(KafkaTools, NameWhatIsWrongWithThePlace) {
  KafkaLog::Options place = Broker::Get().NewInstallation(1);
  EXPECT_EQ(RunProgram(On(place, {kCheck, "--data-dir", "d"})).code, 2);
  EXPECT_EQ(RunProgram(On(place, {kCtl, "verify", "--data-dir", "d"})).code, 2);
  const Ended refused = RunProgram(On(place, {kCtl, "verify", "--kafka", "isolation.level=x"}));
  EXPECT_EQ(refused.code, 78) << refused.output;
  place.topic_prefix = "nobody.";
  const Ended missing = RunProgram(On(place, {kCheck}));
  EXPECT_EQ(missing.code, 78);
  EXPECT_THAT(missing.output, HasSubstr("no topic nobody.lastmeter.hardship.report.v1"));
}

// Of topics that this test alone has.
Ended Topics(const std::string& verb, const std::string& prefix,
             const std::vector<std::string>& more) {
  std::vector<std::string> words = {kCtl, "topics", verb, "--single-broker", "--acls"};
  words.insert(words.end(), more.begin(), more.end());
  return RunProgram(
      On({.brokers = Broker::Get().addresses(), .topic_prefix = prefix}, std::move(words)));
}

TEST(KafkaTools, GrantAndCheckRights) {
  ASSERT_TRUE(kWithAuthorizer);
  const std::vector<std::string> who = {"--escalator",
                                        "User:esc",
                                        "--gateway",
                                        "User:gw",
                                        "--query",
                                        "User:query",
                                        "--transactional-prefix",
                                        "rights"};
  const Ended before = Topics("check", "rights.", who);
  EXPECT_EQ(before.code, 3) << before.output;
  EXPECT_THAT(before.output, HasSubstr("User:gw lacks Write"));
  const Ended made = Topics("create", "rights.", who);
  // librdkafka before 2.4 leaves those on transactional ids to be granted.
  EXPECT_TRUE(made.code == 0 || made.code == 75) << made.output;
  EXPECT_THAT(made.output,
              HasSubstr("granted: kafka-acls.sh --bootstrap-server " + Broker::Get().addresses() +
                        " --add --allow-principal 'User:esc' --operation Write --topic "
                        "'rights.lastmeter.case.event.v1'"));
  const Ended after = Topics("check", "rights.", who);
  EXPECT_EQ(after.code, made.code == 0 ? 0 : 3) << after.output;
  EXPECT_EQ(after.output.find(" on topic "), std::string::npos) << after.output;
  EXPECT_EQ(after.output.find(" on group "), std::string::npos) << after.output;
  // To another installation's eyes the same principal is a stranger.
  const Ended stranger = Topics("check", "rights.", {"--escalator", "User:other"});
  EXPECT_EQ(stranger.code, 3);
  EXPECT_THAT(stranger.output,
              HasSubstr("User:esc has Write on topic rights.lastmeter.case.event.v1"));
}

}  // namespace
}  // namespace lastmeter
