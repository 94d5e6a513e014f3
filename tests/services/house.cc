#include "tests/services/house.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "engine/base/hash.h"
#include "engine/rulesfile/rulesfile.h"
#include "services/common/logging.h"
#include "tests/paths.h"

namespace lastmeter::test {
namespace {

using nlohmann::json;

std::ostringstream& LogStream() {
  static auto* const stream = [] {
    auto* s = new std::ostringstream;
    logging::Init({.program = "test",
                   .level = logging::Level::kDebug,
                   .format = logging::Format::kJson,
                   .stream = s});
    return s;
  }();
  return *stream;
}

std::string TokenLine(const std::string& token, const std::string& rest) {
  return ToHex(AsBytes(Sha256(token))) + "  " + rest + "\n";
}

}  // namespace

std::shared_ptr<const TokenFile> TestTokens() {
  const std::string text =
      TokenLine(kOperator, "operator-1 operator 430112") +
      TokenLine(kViewer, "viewer-1 viewer 430112") +
      TokenLine(kHotline, "hotline-1 sentinel 430112") +
      TokenLine(kOtherHotline, "hotline-2 sentinel 430112") +
      TokenLine(kTanDan, "tan-dan staff 430112001 town") +
      TokenLine(kGridWorker, "xu-guangming staff 430112001001001 grid") +
      TokenLine(kNamedOfficer, "tang-jinqiu staff 430112001 town named-officer") +
      TokenLine(kStranger, "stranger staff 430112107 town") +
      TokenLine(kVolunteer, "zhou-meilan volunteer 430112001001") +
      TokenLine(kOtherVolunteer, "he-xiaoyu volunteer 430112001001") +
      TokenLine(kFarVolunteer, "far-volunteer volunteer 430112107208") +
      TokenLine(kUnlisted, "unlisted volunteer 430112001001") +
      TokenLine(kDesk, "district-desk staff 430112 district");
  auto tokens = TokenFile::Parse(text, "tokens of the test");
  EXPECT_TRUE(tokens.ok()) << tokens.status();
  return std::make_shared<TokenFile>(*std::move(tokens));
}

const rules::v1::Rules& WangchengRules() {
  static const auto* const rules = [] {
    auto loaded = LoadRulesDir(test::SourcePath("deploy/rules"));
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return new rules::v1::Rules(loaded->rules);
  }();
  return *rules;
}

std::string Answer::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

Answer CallServer(uint16_t port, const char* token, std::string_view method,
                  const std::string& target, Headers headers, std::string_view body) {
  if (token != nullptr) headers.emplace_back("Authorization", std::string("Bearer ") + token);
  HttpAnswer raw = HttpCall(port, method, target, headers, body, 40'000);
  Answer answer;
  answer.status = raw.status;
  answer.headers = raw.headers;
  if (!raw.body.empty()) answer.body = json::parse(raw.body, nullptr, false);
  if (answer.body.is_discarded()) answer.body = raw.body;
  if (raw.Header("content-type") == "application/problem+json") {
    const std::string type = answer.body.at("type");
    answer.problem = type.substr(std::string("/problems/").size());
    EXPECT_EQ(answer.body.at("status"), raw.status);
  }
  return answer;
}

void House::SetUp() {
  LogStream();
  std::string pattern =
      (std::filesystem::temp_directory_path() / "lastmeter-house-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  dir_ = pattern;
  options_.data_dir = dir_ + "/data";
  options_.port = 0;
  options_.tokens = TestTokens();
  options_.allow_unsealed = true;
  options_.rules = WangchengRules();
  options_.rate_limit_per_s = 0;
  options_.clock = &clock_;
}

void House::TearDown() {
  Close();
  std::filesystem::remove_all(dir_);
}

void House::Open() {
  auto started = Standalone::Start(options_);
  ASSERT_TRUE(started.ok()) << started.status();
  standalone_ = *std::move(started);
  ASSERT_TRUE(standalone_->WaitReady(Seconds(60)))
      << testing::PrintToString(standalone_->NotReady());
}

void House::Close() {
  if (standalone_ != nullptr) standalone_->Stop(Seconds(10));
  standalone_.reset();
}

Answer House::Call(const char* token, std::string_view method, const std::string& target,
                   const json& body, Headers headers) {
  std::string text;
  if (!body.is_null()) {
    text = body.dump();
    headers.emplace_back("Content-Type", "application/json");
  }
  return CallRaw(token, method, target, std::move(headers), text);
}

std::string House::Report(const std::string& kind, const std::string& area) {
  const Answer answer = Post(kHotline, "/v1/reports?wait=20s", {{"kind", kind}, {"area", area}});
  EXPECT_EQ(answer.status, 201) << answer.body.dump();
  return answer.body.value("caseNumber", "");
}

std::string House::Logged() { return LogStream().str(); }

bool Eventually(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

SseClient::SseClient(uint16_t port, const char* token, const std::string& target,
                     const std::string& last_event_id)
    : client_(port) {
  Headers headers = {{"Authorization", std::string("Bearer ") + token},
                     {"Accept", "text/event-stream"}};
  if (!last_event_id.empty()) headers.emplace_back("Last-Event-ID", last_event_id);
  client_.Send(RequestText("GET", target, headers));
  EXPECT_NE(client_.ReceiveUntil(": listening", 20'000).find(" 200 "), std::string::npos);
}

SseEvent SseClient::Next() {
  while (true) {
    const std::string block = client_.ReceiveUntil("\n\n", 20'000);
    if (block.empty()) {
      ADD_FAILURE() << "no event came";
      return {};
    }
    SseEvent event;
    std::istringstream lines(block);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("id: ", 0) == 0) event.id = line.substr(4);
      if (line.rfind("event: ", 0) == 0) event.type = line.substr(7);
      if (line.rfind("data: ", 0) == 0) event.data = json::parse(line.substr(6));
    }
    if (!event.type.empty()) return event;
  }
}

}  // namespace lastmeter::test
