#include "tests/crash/client.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "services/common/http_client.h"

namespace lastmeter::test {
namespace {

// Of each of four partitions, one at least.
constexpr const char* kVillages[] = {"430112001001", "430112001002", "430112001007",
                                     "430112001008", "430112107208", "430112103001"};
constexpr const char* kKinds[] = {"elder-alone", "sudden-illness", "job-loss"};

}  // namespace

void Address::Set(uint16_t port) {
  std::lock_guard lock(mutex_);
  port_ = port;
  changed_.notify_all();
}

uint16_t Address::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || port_ != 0; });
  return ended_ ? 0 : port_;
}

void Address::End() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool Address::ended() {
  std::lock_guard lock(mutex_);
  return ended_;
}

CrashClient::CrashClient(Options options, Address* address)
    : options_(std::move(options)),
      address_(address),
      random_(options_.seed + static_cast<uint64_t>(options_.number)) {
  thread_ = std::thread([this] { Run(); });
}

CrashClient::~CrashClient() {
  if (!thread_.joinable()) return;
  address_->End();
  thread_.join();
}

const Promises& CrashClient::Finish() {
  thread_.join();
  return promises_;
}

void CrashClient::Run() {
  port_ = address_->Wait();
  while (!address_->ended()) {
    if (cases_.empty() || random_() % 3 != 0) {
      Report();
    } else {
      Command();
    }
  }
}

std::string CrashClient::SendUntilClear(const std::string& target, const std::string& key,
                                        const std::string& token, const std::string& body,
                                        std::set<std::string>* promised,
                                        std::set<std::string>* refused) {
  http::Client::Call call{.method = "POST", .target = target};
  call.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
  call.body = body;
  for (int attempt = 0; port_ != 0; ++attempt) {
    if (attempt > 0) ++promises_.repeats;
    http::Client client({.url = {.host = "127.0.0.1", .port = port_, .prefix = {}},
                         .token = token,
                         .timeout_ms = 10'000});
    auto answer = client.Send(call);
    if (!answer.ok()) {
      // Died under it, or too slow: it may have been taken or not.
      port_ = address_->Wait();
      continue;
    }
    if (answer->status / 100 == 2) {
      promised->insert(key);
      return answer->body.empty() ? "{}" : answer->body;
    }
    if (answer->status == 503) continue;
    // Durable, and refused by the core: the answer that a command may get while waiting.
    if (answer->status == 409) {
      if (refused != nullptr) refused->insert(key);
      return answer->body;
    }
    promises_.complaints.push_back(target + " " + key + ": " + std::to_string(answer->status) +
                                   " " + answer->body);
    return "{}";
  }
  promises_.unclear.insert(key);
  return "";
}

void CrashClient::Report() {
  const std::string key = NewKey("report");
  nlohmann::json body;
  body["kind"] = kKinds[random_() % std::size(kKinds)];
  body["area"] = kVillages[random_() % std::size(kVillages)];
  body["survey"]["signs"] = {"SIGN_FALLEN", "SIGN_LIVES_ALONE"};
  // Some wait for the case's number, which they need to answer it.
  const bool wait = random_() % 4 == 0;
  const std::string answer =
      SendUntilClear(wait ? "/v1/reports?wait=2s" : "/v1/reports", key, options_.sentinel_token,
                     body.dump(), &promises_.reports, &promises_.reports);
  const auto outcome = nlohmann::json::parse(answer, nullptr, false);
  if (outcome.is_object() && outcome.contains("caseNumber")) {
    cases_.push_back(outcome["caseNumber"].get<std::string>());
  }
}

std::string CrashClient::NewKey(const char* what) {
  return std::string(what) + "-" + std::to_string(options_.number) + "-" + std::to_string(sent_++);
}

void CrashClient::Command() {
  const std::string key = NewKey("command");
  const size_t chosen = random_() % cases_.size();
  const std::string target = "/v1/cases/" + cases_[chosen];
  const auto send = [&](const std::string& verb, const std::string& body) {
    SendUntilClear(target + verb, key, options_.staff_token, body, &promises_.commands,
                   &promises_.commands);
  };
  switch (random_() % 5) {
    case 0:
    case 1:
      return send(":acknowledge", "{}");
    case 2:
      // Mostly stale: a refusal is an outcome too.
      return send(":close", R"({"outcome":"OUTCOME_NEED_MET","caseVersion":2})");
    case 3:
      return Merge();
    default:
      return send(":relief?wait=1s", R"({"kinds":["NEED_MEALS"]})");
  }
}

// Of two cases, mostly in two partitions. Where the one that would go on refuses, nothing enters
// under the merge's own id.
void CrashClient::Merge() {
  const std::string& one = cases_[random_() % cases_.size()];
  const std::string& other = cases_[random_() % cases_.size()];
  if (one == other) return;
  const std::string target = "/v1/cases/" + one;
  const std::string answer =
      SendUntilClear(target + ":acknowledge?wait=2s", NewKey("command"), options_.staff_token, "{}",
                     &promises_.commands, &promises_.commands);
  const auto outcome = nlohmann::json::parse(answer, nullptr, false);
  if (!outcome.is_object() || !outcome.contains("case")) return;
  nlohmann::json body;
  body["into"] = other;
  body["caseVersion"] = outcome["case"]["version"];
  SendUntilClear(target + ":merge?wait=1s", NewKey("command"), options_.staff_token, body.dump(),
                 &promises_.commands, nullptr);
}

}  // namespace lastmeter::test
