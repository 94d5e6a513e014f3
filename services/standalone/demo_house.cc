#include "services/standalone/demo_house.h"

#include <utility>

#include "engine/base/status.h"
#include "services/standalone/standalone.h"

namespace lastmeter::demo {
namespace {

class StandaloneHouse final : public House {
 public:
  StandaloneHouse(HouseOptions options, std::unique_ptr<Standalone> server)
      : options_(std::move(options)), server_(std::move(server)) {}

  std::string url() const override { return server_->url(); }
  uint16_t port() const override { return server_->port(); }
  std::vector<std::string> NotReady() override { return server_->NotReady(); }
  absl::Status fatal() override { return server_->fatal(); }
  void Stop(Millis grace) override { server_->Stop(grace); }
  std::vector<std::vector<std::string>> Proofs() const override {
    return {{options_.program_dir + "/lastmeter-check", "--data-dir", options_.data_dir}};
  }

 private:
  const HouseOptions options_;
  const std::unique_ptr<Standalone> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<House>> OpenStandaloneHouse(const HouseOptions& options) {
  StandaloneOptions server;
  server.data_dir = options.data_dir;
  server.port = options.port;
  server.tokens = options.cast->tokens();
  server.allow_unsealed = true;
  server.instance = "demo";
  server.clock = options.clock;
  LM_ASSIGN_OR_RETURN(auto started, Standalone::Start(std::move(server)));
  return std::make_unique<StandaloneHouse>(options, std::move(started));
}

}  // namespace lastmeter::demo
