#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/runtime/clock_source.h"
#include "services/standalone/standalone.h"
#include "tests/http/client.h"

// A whole server on a folder of its own, with Wangcheng's rules, and the people of the tests.
namespace lastmeter::test {

// The machine's clocks, shifted by what a test asks for.
class ShiftedClock : public SystemClock {
 public:
  Timestamp Wall() override { return SystemClock::Wall() + Millis{wall_ms + both_ms}; }
  Millis Boot() override { return SystemClock::Boot() + Millis{both_ms}; }
  // Nobody vouches: a jump is held until an operator accepts it.
  bool Synchronized() override { return false; }

  // Time passes.
  void Advance(Millis by) { both_ms += by.ms; }
  // The wall clock jumps.
  void Jump(Millis by) { wall_ms += by.ms; }

  std::atomic<int64_t> wall_ms{0};
  std::atomic<int64_t> both_ms{0};
};

// Bearer tokens that the test's token file knows; the names are the roster's.
inline constexpr char kOperator[] = "token-operator";
inline constexpr char kViewer[] = "token-viewer";
inline constexpr char kHotline[] = "token-hotline";
// Hotline of the same rights under another name.
inline constexpr char kOtherHotline[] = "token-other-hotline";
// tan-dan: village and town officer of 430112001.
inline constexpr char kTanDan[] = "token-tan-dan";
// xu-guangming: grid worker of 430112001001001.
inline constexpr char kGridWorker[] = "token-xu-guangming";
// tang-jinqiu: named officer of the town 430112001.
inline constexpr char kNamedOfficer[] = "token-tang-jinqiu";
// Somebody of another town.
inline constexpr char kStranger[] = "token-stranger";
// zhou-meilan and he-xiaoyu: volunteers of the village.
inline constexpr char kVolunteer[] = "token-zhou-meilan";
inline constexpr char kOtherVolunteer[] = "token-he-xiaoyu";
// Volunteers by their tokens: one of a village elsewhere, and one whom the roster does not know.
inline constexpr char kFarVolunteer[] = "token-far-volunteer";
inline constexpr char kUnlisted[] = "token-unlisted";
// The district's desk.
inline constexpr char kDesk[] = "token-desk";

inline constexpr char kVillage[] = "430112001001";

std::shared_ptr<const TokenFile> TestTokens();
const rules::v1::Rules& WangchengRules();

struct Answer {
  int status = 0;
  nlohmann::json body;
  Headers headers;
  // "stale-version" of a problem; empty otherwise.
  std::string problem;
  std::string Header(std::string_view name) const;
};

Answer CallServer(uint16_t port, const char* token, std::string_view method,
                  const std::string& target, Headers headers, std::string_view body);

class House : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // May be changed before Open.
  StandaloneOptions options_;
  void Open();
  void Close();

  Answer Call(const char* token, std::string_view method, const std::string& target,
              const nlohmann::json& body = nullptr, Headers headers = {});
  Answer CallRaw(const char* token, std::string_view method, const std::string& target,
                 Headers headers, std::string_view body) {
    return CallServer(port(), token, method, target, std::move(headers), body);
  }
  Answer Get(const char* token, const std::string& target) { return Call(token, "GET", target); }
  Answer Post(const char* token, const std::string& target, const nlohmann::json& body,
              Headers headers = {}) {
    return Call(token, "POST", target, body, std::move(headers));
  }
  // Reports and waits for the case; its number.
  std::string Report(const std::string& kind, const std::string& area = kVillage);
  // "/v1/cases/N:verb?wait=20s"
  static std::string Act(const std::string& number, const std::string& verb) {
    return "/v1/cases/" + number + ":" + verb + "?wait=20s";
  }
  uint16_t port() const { return standalone_->port(); }
  // What this process logged; to be read while no server runs.
  static std::string Logged();

  std::string dir_;
  ShiftedClock clock_;
  std::unique_ptr<Standalone> standalone_;
};

// Waits until `done`, at most 20 s.
bool Eventually(const std::function<bool()>& done);

// Server-Sent Events as they come in.
struct SseEvent {
  std::string id;
  std::string type;
  nlohmann::json data;
};
class SseClient {
 public:
  SseClient(uint16_t port, const char* token, const std::string& target,
            const std::string& last_event_id = "");
  // The next event; fails the test after 20 s.
  SseEvent Next();

 private:
  RawClient client_;
};

}  // namespace lastmeter::test
