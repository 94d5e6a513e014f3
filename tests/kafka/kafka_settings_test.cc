#include "engine/log_kafka/kafka_settings.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/log/temp_folder.h"

namespace lastmeter {
namespace {

std::string FileOf(const TempFolder& folder, const std::string& text) {
  const std::string path = folder.path() + "/kafka.properties";
  std::ofstream(path) << text;
  return path;
}

TEST(KafkaSettings, TheCommandLineBeatsTheFile) {
  TempFolder folder;
  const auto all = KafkaProperties(
      {.properties = {"linger.ms=3"},
       .properties_file = FileOf(
           folder, "# ours\n\n security.protocol = SASL_SSL \nlinger.ms=1\nsasl.password=a=b\n")});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(*all,
            (std::map<std::string, std::string>{
                {"linger.ms", "3"}, {"sasl.password", "a=b"}, {"security.protocol", "SASL_SSL"}}));
}

TEST(KafkaSettings, NamesTheLineThatIsNoPropertyAndKeepsItsTextToItself) {
  TempFolder folder;
  const auto all =
      KafkaProperties({.properties_file = FileOf(folder, "linger.ms=1\nsecret-without-name\n")});
  EXPECT_EQ(all.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string text(all.status().message());
  EXPECT_NE(text.find("kafka.properties:2: "), std::string::npos) << text;
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

TEST(KafkaSettings, RefusesAPropertyGivenTwiceInTheFile) {
  TempFolder folder;
  const auto all =
      KafkaProperties({.properties_file = FileOf(folder, "linger.ms=1\nlinger.ms=2\n")});
  EXPECT_EQ(all.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(KafkaSettings, SaysThatTheFileIsMissing) {
  const auto all = KafkaProperties({.properties_file = "no/such/file"});
  EXPECT_EQ(all.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(all.status().message()).find("no/such/file"), std::string::npos);
}

}  // namespace
}  // namespace lastmeter
