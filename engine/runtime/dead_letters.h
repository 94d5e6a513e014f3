#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/core/decide.h"
#include "engine/log/log.h"

namespace lastmeter {

// The value of a dead letter: JSON with the origin ("topic", "partition", "position",
// "appended_at"), the "reason" and the bytes ("base64").
std::string DeadLetterJson(const LogInput& input, PartitionId partition, std::string_view reason);

// Sends what nobody could read or decide to lastmeter.dead-letter.v1, at least once: the owner
// appends the decision on an input only when its letter is durable. Used by one thread; never
// waits.
class DeadLetters {
 public:
  // How long the log of record waits for letters. After that it goes on without: the input stands
  // in the decision's record as well.
  static constexpr Millis kPatience = Seconds(60);
  static constexpr Millis kRetryAfter = Seconds(1);

  // `log` must outlive this.
  DeadLetters(Log* log, PartitionId partition) : log_(log), partition_(partition) {}

  // Begins to send. `boot` is the present boot time.
  void Send(const LogInput& input, std::string_view reason, Millis boot);

  // Sends again what failed and may still succeed. True when nothing is left to wait for.
  bool Settled(Millis boot);

  // Why letters do not get through; OK when they do.
  const absl::Status& health() const { return status_; }

 private:
  struct Letter {
    Outgoing record;
    std::optional<Millis> sent_at;
    Millis first_at;
  };
  // Answers arrive on the log's threads, and may do so after this object has ended.
  struct Answers {
    std::mutex mutex;
    std::map<uint64_t, absl::Status> by_letter;
  };

  bool Transmit(uint64_t id, Letter& letter, Millis boot);
  void TakeAnswers();

  Log* const log_;
  const PartitionId partition_;
  std::unique_ptr<LogProducer> producer_;
  std::map<uint64_t, Letter> letters_;
  uint64_t next_id_ = 0;
  absl::Status status_;
  // Owned by this object and by the callbacks of the letters under way.
  std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();
};

}  // namespace lastmeter
