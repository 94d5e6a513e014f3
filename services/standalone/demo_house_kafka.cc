#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/http_client.h"
#include "services/common/service.h"
#include "services/standalone/demo_child.h"
#include "services/standalone/demo_house.h"

namespace lastmeter::demo {
namespace {

constexpr auto kAddressWithin = std::chrono::seconds(40);
constexpr auto kLookEvery = std::chrono::milliseconds(50);

// Whether a server may listen there. Another program may still be quicker.
bool IsFree(uint16_t port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

class KafkaHouse final : public House {
 public:
  explicit KafkaHouse(const HouseOptions& options) : options_(options) {}
  ~KafkaHouse() override { Stop(Seconds(5)); }

  absl::Status Start();

  std::string url() const override { return UrlOf("127.0.0.1", port_); }
  uint16_t port() const override { return port_; }
  std::vector<std::string> NotReady() override;
  absl::Status fatal() override;
  void Stop(Millis grace) override;
  std::vector<std::vector<std::string>> Proofs() const override;

 private:
  struct Room {
    std::string name;
    std::unique_ptr<Child> child;
  };

  absl::Status WriteTokens() const;
  absl::Status Open(const std::string& name, const std::string& program,
                    std::vector<std::string> more);
  absl::Status AwaitAddress();

  const HouseOptions options_;
  uint16_t port_ = 0;
  // The gateway first: closed first, before those that decide what it took.
  std::vector<Room> rooms_;
};

absl::Status KafkaHouse::WriteTokens() const {
  const std::string path = options_.data_dir + "/tokens";
  std::ofstream file(path);
  chmod(path.c_str(), 0600);
  file << options_.cast->TokenLines();
  file.close();
  return file ? absl::OkStatus() : absl::UnavailableError(path + " cannot be written");
}

absl::Status KafkaHouse::Open(const std::string& name, const std::string& program,
                              std::vector<std::string> more) {
  std::vector<std::string> words = {options_.program_dir + "/" + program,
                                    "--brokers",
                                    options_.brokers,
                                    "--topic-prefix",
                                    options_.topic_prefix,
                                    "--data-dir",
                                    options_.data_dir + "/" + name,
                                    "--instance",
                                    name,
                                    "--demo-clock",
                                    options_.clock_file};
  for (std::string& word : more) words.push_back(std::move(word));
  LM_ASSIGN_OR_RETURN(auto child, Child::Start(words, options_.data_dir + "/" + name + ".log"));
  rooms_.push_back({name, std::move(child)});
  return absl::OkStatus();
}

absl::Status KafkaHouse::Start() {
  if (!IsFree(options_.port)) {
    return absl::UnavailableError(absl::StrCat("port ", options_.port, " is taken"));
  }
  LM_RETURN_IF_ERROR(WriteTokens());
  const std::string tokens = options_.data_dir + "/tokens";
  LM_RETURN_IF_ERROR(Open("gateway", "lastmeter-gateway",
                          {"--tokens", tokens, "--allow-unsealed", "--listen",
                           absl::StrCat("127.0.0.1:", options_.port)}));
  for (const char* engine : {"engine-a", "engine-b"}) {
    LM_RETURN_IF_ERROR(Open(engine, "lastmeter-escalator", {"--listen", "127.0.0.1:0"}));
  }
  LM_RETURN_IF_ERROR(
      Open("query", "lastmeter-query", {"--tokens", tokens, "--listen", "127.0.0.1:0"}));
  return AwaitAddress();
}

absl::Status KafkaHouse::AwaitAddress() {
  const auto deadline = std::chrono::steady_clock::now() + kAddressWithin;
  for (;;) {
    const std::string url = rooms_[0].child->ReadyUrl();
    uint32_t port = 0;
    if (!url.empty() && absl::SimpleAtoi(url.substr(url.rfind(':') + 1), &port)) {
      port_ = static_cast<uint16_t>(port);
      return absl::OkStatus();
    }
    LM_RETURN_IF_ERROR(fatal());
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::InternalError("the gateway does not become ready; it said:\n" +
                                 rooms_[0].child->LastWords());
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::vector<std::string> KafkaHouse::NotReady() {
  std::vector<std::string> reasons;
  for (const Room& room : rooms_) {
    // Said once, when it first was: enough for the curtain to rise.
    if (room.child->ReadyUrl().empty()) reasons.push_back(room.name + " is not ready");
  }
  return reasons;
}

absl::Status KafkaHouse::fatal() {
  for (const Room& room : rooms_) {
    if (room.child->Running()) continue;
    const std::string words = room.child->LastWords();
    return absl::InternalError(
        absl::StrCat("the service ", room.name, " has ended; it said:\n", words));
  }
  return absl::OkStatus();
}

void KafkaHouse::Stop(Millis grace) {
  for (Room& room : rooms_) {
    room.child->Ask();
    room.child->AwaitEnd(grace);
  }
  rooms_.clear();
}

std::vector<std::vector<std::string>> KafkaHouse::Proofs() const {
  const std::vector<std::string> place = {"--brokers", options_.brokers, "--topic-prefix",
                                          options_.topic_prefix};
  std::vector<std::vector<std::string>> proofs = {
      {options_.program_dir + "/lastmeter-check"},
      {options_.program_dir + "/lastmeterctl", "verify"}};
  for (auto& words : proofs) words.insert(words.end(), place.begin(), place.end());
  return proofs;
}

}  // namespace

absl::StatusOr<std::unique_ptr<House>> OpenKafkaHouse(const HouseOptions& options) {
  auto house = std::make_unique<KafkaHouse>(options);
  LM_RETURN_IF_ERROR(house->Start());
  return std::unique_ptr<House>(std::move(house));
}

}  // namespace lastmeter::demo
