#include "engine/runtime/inputs.h"

#include <algorithm>
#include <utility>

#include "engine/base/status.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"

namespace lastmeter {
namespace {

// When the input was accepted, by its own word where it can be read; never later than the log took
// it.
Timestamp AcceptedAt(event::v1::InputTopic topic, const LogEntry& entry) {
  int64_t accepted = 0;
  if (topic == event::v1::INPUT_TOPIC_REPORT) {
    report::v1::HardshipReport report;
    if (report.ParseFromString(entry.value)) accepted = report.accepted_at_ms();
  } else {
    command::v1::Command command;
    if (command.ParseFromString(entry.value)) accepted = command.accepted_at_ms();
  }
  if (accepted <= 0) return entry.appended_at;
  return std::min(Timestamp{accepted}, entry.appended_at);
}

}  // namespace

Inputs::Inputs(Log* log, PartitionId partition, From from) : log_(log) {
  sources_[0].tp = {Topic::kReport, partition};
  sources_[0].topic = event::v1::INPUT_TOPIC_REPORT;
  sources_[0].from = from.report;
  sources_[1].tp = {Topic::kCommand, partition};
  sources_[1].topic = event::v1::INPUT_TOPIC_COMMAND;
  sources_[1].from = from.command;
}

bool Inputs::Failed(Source& s, absl::Status status, Millis boot) {
  s.status = Annotate(status, ToString(s.tp));
  if (!s.failing_since.has_value()) s.failing_since = boot;
  s.retry_at = boot + kRetryAfter;
  s.lost = status.code() == absl::StatusCode::kOutOfRange ||
           status.code() == absl::StatusCode::kDataLoss;
  // A reader that may only be tried again keeps its place; any other is opened anew where the
  // first input that was not read stands.
  if (status.code() != absl::StatusCode::kUnavailable) s.reader.reset();
  return false;
}

bool Inputs::Open(Source& s, Millis boot) {
  if (s.reader != nullptr) return true;
  auto reader = log_->OpenReader(s.tp, s.from);
  if (!reader.ok()) return Failed(s, reader.status(), boot);
  s.reader = *std::move(reader);
  // The question went to the reader before; it must be put to this one.
  s.asked_for.reset();
  s.end.reset();
  return true;
}

void Inputs::Read(Source& s, const Bound& bound, Millis boot) {
  if (!s.unread.empty() || s.lost || (s.failing_since.has_value() && boot < s.retry_at)) return;
  if (!Open(s, boot)) return;
  auto entries = s.reader->Read(bound.records, bound.bytes);
  if (!entries.ok()) {
    Failed(s, entries.status(), boot);
    return;
  }
  s.failing_since.reset();
  s.status = absl::OkStatus();
  size_t bytes = 0;
  for (LogEntry& entry : *entries) {
    bytes += entry.value.size();
    s.unread.push_back(std::move(entry));
  }
  s.may_have_more = s.unread.size() >= bound.records || bytes >= bound.bytes;
}

void Inputs::Fill(const Bound& bound, Millis boot) {
  for (Source& s : sources_) Read(s, bound, boot);
}

std::optional<LogInput> Inputs::Take() {
  Source* next = nullptr;
  for (Source& s : sources_) {
    if (s.unread.empty()) {
      if (s.may_have_more && s.status.ok()) return std::nullopt;
      continue;
    }
    if (next == nullptr || s.unread.front().appended_at < next->unread.front().appended_at) {
      next = &s;
    }
  }
  if (next == nullptr) return std::nullopt;
  LogEntry entry = std::move(next->unread.front());
  next->unread.pop_front();
  next->from = {entry.position.value + 1};
  return LogInput{.topic = next->topic,
                  .position = entry.position,
                  .appended_at = entry.appended_at,
                  .bytes = std::move(entry.value)};
}

void Inputs::AskEnds(Timestamp stamp, Millis boot) {
  for (Source& s : sources_) {
    // An old question that nobody cared to repeat says nothing about the log.
    bool fresh = boot - s.wanted_at > Seconds(10);
    s.wanted_at = boot;
    if (s.asked_for.has_value() || s.reader == nullptr || boot < s.retry_at) continue;
    s.reader->AskEnd();
    s.asked_for = stamp;
    s.end.reset();
    if (fresh || !s.unanswered_since.has_value()) s.unanswered_since = boot;
  }
}

void Inputs::HearEnd(Source& s, Millis boot) {
  if (!s.asked_for.has_value() || s.end.has_value() || s.reader == nullptr) return;
  std::optional<absl::StatusOr<LogPosition>> answer = s.reader->EndAnswer();
  if (!answer.has_value()) return;
  if (answer->ok()) {
    s.end = **answer;
    s.unanswered_since.reset();
    return;
  }
  s.asked_for.reset();
  Failed(s, answer->status(), boot);
}

void Inputs::Advance(Source& s) {
  if (s.end.has_value()) {
    LogPosition decided = s.unread.empty() ? s.reader->position() : s.unread.front().position;
    if (decided >= *s.end) {
      s.seen_until = std::max(s.seen_until, *s.asked_for);
      s.asked_for.reset();
      s.end.reset();
    }
  }
  if (!s.unread.empty()) {
    // Strictly before the next input's acceptance, less the slack.
    Timestamp before = AcceptedAt(s.topic, s.unread.front()) - kAcceptSlack - Millis{1};
    s.seen_until = std::max(s.seen_until, before);
  }
}

Inputs::Watermark Inputs::FireUntil(Timestamp stamp, Millis boot) {
  Watermark mark{.until = stamp, .seen = stamp};
  for (Source& s : sources_) {
    HearEnd(s, boot);
    if (s.reader != nullptr) Advance(s);
    mark.seen = std::min(mark.seen, s.seen_until);
    Millis stuck_since =
        std::min(s.failing_since.value_or(boot), s.unanswered_since.value_or(boot));
    if (boot - stuck_since < kUnseenAfter) mark.until = std::min(mark.until, s.seen_until);
  }
  return mark;
}

bool Inputs::asking() const {
  return std::any_of(std::begin(sources_), std::end(sources_),
                     [](const Source& s) { return s.asked_for.has_value() && !s.end.has_value(); });
}

bool Inputs::more() const {
  return std::any_of(std::begin(sources_), std::end(sources_), [](const Source& s) {
    return !s.unread.empty() || (s.may_have_more && s.status.ok());
  });
}

absl::Status Inputs::health() const {
  for (const Source& s : sources_) {
    if (!s.status.ok()) return s.status;
  }
  return absl::OkStatus();
}

std::optional<Timestamp> Inputs::oldest_unread() const {
  std::optional<Timestamp> oldest;
  for (const Source& s : sources_) {
    if (s.unread.empty()) continue;
    Timestamp taken = s.unread.front().appended_at;
    if (!oldest.has_value() || taken < *oldest) oldest = taken;
  }
  return oldest;
}

}  // namespace lastmeter
