#include "services/standalone/rules_installer.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/hash.h"
#include "engine/base/status.h"
#include "lastmeter/command/v1/command.pb.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

constexpr auto kPause = std::chrono::milliseconds(20);
// Who installs: the operator who started the server.
constexpr char kActor[] = "serve";

}  // namespace

absl::StatusOr<std::unique_ptr<RulesInstaller>> RulesInstaller::Create(Options options) {
  LM_ASSIGN_OR_RETURN(auto producer, options.log->OpenProducer());
  return std::unique_ptr<RulesInstaller>(
      new RulesInstaller(std::move(options), std::move(producer)));
}

RulesInstaller::RulesInstaller(Options options, std::unique_ptr<LogProducer> producer)
    : options_(std::move(options)),
      bytes_(options_.rules.SerializeAsString()),
      sha256_(AsBytes(Sha256(bytes_))),
      producer_(std::move(producer)) {}

void RulesInstaller::Start() {
  thread_ = std::thread([this] { Run(); });
}

void RulesInstaller::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool RulesInstaller::Pause() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kPause, [this] { return stopping_; });
  return !stopping_;
}

void RulesInstaller::Run() {
  do {
    const auto finished = Round();
    if (!finished.ok()) {
      if (finished.status().code() == absl::StatusCode::kUnavailable) continue;
      options_.on_refused(finished.status());
      return;
    }
    if (*finished) {
      done_ = true;
      return;
    }
  } while (Pause());
}

absl::StatusOr<bool> RulesInstaller::Round() {
  // What is in force is known only once all that was decided before is folded.
  if (!options_.query->caught_up()) return false;
  bool all = true;
  for (uint32_t p = 0; p < options_.query->view().partitions(); ++p) {
    LM_ASSIGN_OR_RETURN(const auto row, options_.query->view().FindRules(PartitionId{p}));
    if (row && row->sha256() == sha256_) continue;
    LM_ASSIGN_OR_RETURN(const bool installed,
                        InstallIn(PartitionId{p}, row ? row->ordinal() + 1 : 1));
    all = all && installed;
  }
  return all;
}

absl::StatusOr<bool> RulesInstaller::InstallIn(PartitionId partition, uint32_t ordinal) {
  lastmeter::command::v1::Command command;
  // Named after what it does, so that a repeat after an unclear answer is the same command.
  command.set_command_id(absl::StrCat("serve-rules-", ordinal, "-", ToHex(sha256_).substr(0, 32)));
  command.mutable_actor()->set_id(kActor);
  command.mutable_actor()->set_role(lastmeter::common::v1::ROLE_OPERATOR);
  command.set_accepted_at_ms(options_.now().ms);
  command.mutable_install_rules()->mutable_rules()->ParseFromString(bytes_);
  command.mutable_install_rules()->set_rules_sha256(sha256_);

  // Shared with the callbacks, which may come after this round was given up.
  struct Round {
    std::mutex mutex;
    std::condition_variable wake;
    bool answered = false;
    std::optional<Outcome> outcome;
    absl::Status failure;
  };
  auto round = std::make_shared<Round>();
  options_.query->WaitFor({false, partition, command.command_id()}, Seconds(5),
                          [round](std::optional<Outcome> outcome) {
                            std::lock_guard lock(round->mutex);
                            round->answered = true;
                            round->outcome = std::move(outcome);
                            round->wake.notify_all();
                          });
  producer_->Append({Topic::kCommand, partition}, {"", command.SerializeAsString()},
                    [round](absl::StatusOr<LogPosition> position) {
                      if (position.ok()) return;
                      std::lock_guard lock(round->mutex);
                      round->failure = position.status();
                      round->wake.notify_all();
                    });
  std::unique_lock lock(round->mutex);
  while (!round->answered && round->failure.ok()) {
    round->wake.wait_for(lock, kPause);
    std::lock_guard stop_lock(mutex_);
    if (stopping_) return false;
  }
  LM_RETURN_IF_ERROR(Annotate(round->failure, "installing the rules"));
  if (!round->outcome) return false;
  for (const auto& view : round->outcome->events) {
    if (!view.event().has_command_rejected()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("partition ", partition.value,
                     " refused the rules: ", view.event().command_rejected().detail()));
  }
  logging::Info("rules installed",
                {{"partition", partition.value}, {"version", options_.rules.version()}});
  return true;
}

}  // namespace lastmeter
