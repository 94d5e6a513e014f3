#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/common/logging.h"
#include "services/common/metrics.h"
#include "services/common/shutdown.h"

namespace lastmeter {
namespace {

using testing::HasSubstr;

TEST(LoggingTest, WritesOneJsonObjectALine) {
  std::ostringstream out;
  logging::Init({.program = "tester", .format = logging::Format::kJson, .stream = &out});
  logging::Info("a \"quoted\"\nmessage",
                {{"text", "x\xff"}, {"port", 8080}, {"ok", true}, {"ratio", 0.5}});
  logging::Debug("not at this level");
  logging::Init({});
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  const auto line = nlohmann::json::parse(text);
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["program"], "tester");
  EXPECT_EQ(line["msg"], "a \"quoted\"\nmessage");
  EXPECT_EQ(line["text"], "x\xef\xbf\xbd");
  EXPECT_EQ(line["port"], 8080);
  EXPECT_EQ(line["ok"], true);
  EXPECT_EQ(line["ratio"], 0.5);
  EXPECT_THAT(line["ts"].get<std::string>(), testing::EndsWith("+08:00"));
}

TEST(LoggingTest, LetsNobodyForgeALineOfText) {
  std::ostringstream out;
  logging::Init({.format = logging::Format::kText, .stream = &out});
  logging::Warning("hello", {{"name", "a\nb\x1b[2J"}});
  logging::Init({});
  EXPECT_THAT(out.str(), HasSubstr("warning  hello  name=a b [2J\n"));
}

TEST(MetricsTest, RendersWhatWasCounted) {
  Metrics metrics;
  metrics.Counter("lastmeter_a_total", "As", {{"kind", "x"}}).Increment();
  metrics.Counter("lastmeter_a_total", "As", {{"kind", "x"}}).Increment(2);
  metrics.Gauge("lastmeter_b", "Bs").Set(5);
  metrics.Histogram("lastmeter_c_seconds", "Cs", {0.1, 1}).Observe(0.5);
  double sampled = 7;
  metrics.Sample("lastmeter_d", "Ds", [&] { return sampled; }, {{"p", "0"}});
  metrics.SampleCounter("lastmeter_e_total", "Es", [&] { return 9.0; });
  sampled = 8;
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("# TYPE lastmeter_a_total counter\n"));
  EXPECT_THAT(text, HasSubstr("lastmeter_a_total{kind=\"x\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("lastmeter_b 5\n"));
  EXPECT_THAT(text, HasSubstr("lastmeter_c_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("lastmeter_d{p=\"0\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE lastmeter_e_total counter\n"));
}

TEST(ShutdownTest, TurnsASignalIntoAFlag) {
  Shutdown shutdown;
  EXPECT_FALSE(shutdown.requested());
  EXPECT_FALSE(shutdown.WaitFor(1));
  ASSERT_EQ(kill(getpid(), SIGTERM), 0);
  EXPECT_TRUE(shutdown.WaitFor(20'000));
  EXPECT_TRUE(shutdown.requested());
}

TEST(ShutdownTest, CanBeAskedFromInside) {
  Shutdown shutdown;
  shutdown.Request();
  shutdown.Wait();
  EXPECT_TRUE(shutdown.requested());
}

TEST(ShutdownDeathTest, EndsAtOnceOnASecondSignal) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        Shutdown shutdown;
        shutdown.BeforeEndAtOnce([] { std::fputs("; last words\n", stderr); });
        kill(getpid(), SIGINT);
        shutdown.Wait();
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      testing::ExitedWithCode(128 + SIGINT), "second signal ends at once(.|\n)*last words");
}

}  // namespace
}  // namespace lastmeter
