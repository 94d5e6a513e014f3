#include "engine/runtime/dead_letters.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

Topic TopicOf(event::v1::InputTopic topic) {
  return topic == event::v1::INPUT_TOPIC_COMMAND ? Topic::kCommand : Topic::kReport;
}

}  // namespace

std::string DeadLetterJson(const LogInput& input, PartitionId partition, std::string_view reason) {
  // Nothing in here needs escaping: names of ours, numbers and base64.
  return absl::StrCat(R"({"topic":")", ToAbsl(TopicName(TopicOf(input.topic))), R"(","partition":)",
                      partition.value, R"(,"position":)", input.position.value,
                      R"(,"appended_at":")", FormatRfc3339(input.appended_at), R"(","reason":")",
                      ToAbsl(reason), R"(","base64":")", absl::Base64Escape(input.bytes), R"("})");
}

void DeadLetters::Send(const LogInput& input, std::string_view reason, Millis boot) {
  Outgoing record{.key = ToString({TopicOf(input.topic), partition_}) + "/" +
                         std::to_string(input.position.value),
                  .value = DeadLetterJson(input, partition_, reason)};
  uint64_t id = next_id_++;
  Letter& letter = letters_[id];
  letter = {.record = std::move(record), .sent_at = std::nullopt, .first_at = boot};
  Transmit(id, letter, boot);
}

bool DeadLetters::Transmit(uint64_t id, Letter& letter, Millis boot) {
  letter.sent_at = boot;
  if (producer_ == nullptr) {
    auto producer = log_->OpenProducer();
    if (!producer.ok()) {
      status_ = Annotate(producer.status(), "dead letters");
      return false;
    }
    producer_ = *std::move(producer);
  }
  producer_->Append({Topic::kDeadLetter, partition_}, letter.record,
                    [answers = answers_, id](absl::StatusOr<LogPosition> position) {
                      std::lock_guard lock(answers->mutex);
                      answers->by_letter[id] = position.status();
                    });
  return true;
}

void DeadLetters::TakeAnswers() {
  std::lock_guard lock(answers_->mutex);
  for (const auto& [id, status] : answers_->by_letter) {
    auto it = letters_.find(id);
    if (it == letters_.end()) continue;
    status_ = Annotate(status, "dead letter of " + it->second.record.key);
    // One that is too large for its topic will never be taken.
    if (status.ok() || status.code() == absl::StatusCode::kInvalidArgument) letters_.erase(it);
  }
  answers_->by_letter.clear();
}

bool DeadLetters::Settled(Millis boot) {
  if (letters_.empty()) return true;
  TakeAnswers();
  for (auto it = letters_.begin(); it != letters_.end();) {
    if (boot - it->second.first_at >= kPatience) {
      it = letters_.erase(it);
      continue;
    }
    // Also where no answer came at all: a letter sent twice does no harm.
    if (boot - *it->second.sent_at >= kRetryAfter) Transmit(it->first, it->second, boot);
    ++it;
  }
  return letters_.empty();
}

}  // namespace lastmeter
