#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/event/v1/record.pb.h"
#include "lastmeter/report/v1/report.pb.h"

namespace lastmeter {

// Builds a log of record from events alone, without the engine. Numbers, case versions, parts and
// chain are made in Seal, so that records may be changed, inserted or taken out before; what a test
// set itself (a seq, a hash, a version) Seal leaves as it is.
class LogBuilder {
 public:
  using Event = lastmeter::event::v1::Event;
  using Record = lastmeter::event::v1::Record;

  // Minutes after 2026-01-05 09:00 at UTC+8, a Monday.
  static int64_t Minute(int64_t n) {
    static const int64_t start = ParseRfc3339("2026-01-05T09:00:00+08:00")->ms;
    return start + n * 60'000;
  }

  // Each adds one decision at the end and returns the index of its first record.
  size_t Engine(int64_t minute, std::vector<Event> events) {
    Record cause;
    cause.mutable_engine_cause();
    return Add(minute, cause, std::move(events));
  }
  size_t Timer(int64_t minute, const std::string& number, int64_t due_minute,
               std::vector<Event> events) {
    Record cause;
    cause.mutable_timer_cause()->set_case_number(number);
    cause.mutable_timer_cause()->set_due_ms(Minute(due_minute));
    return Add(minute, cause, std::move(events));
  }
  size_t Report(int64_t minute, lastmeter::report::v1::HardshipReport report,
                std::vector<Event> events) {
    report.set_accepted_at_ms(Minute(minute));
    return Input(minute, lastmeter::event::v1::INPUT_TOPIC_REPORT, ++reports_,
                 report.SerializeAsString(), std::move(events));
  }
  size_t Command(int64_t minute, lastmeter::command::v1::Command command,
                 std::vector<Event> events) {
    command.set_accepted_at_ms(Minute(minute));
    return Input(minute, lastmeter::event::v1::INPUT_TOPIC_COMMAND, ++commands_,
                 command.SerializeAsString(), std::move(events));
  }

  std::vector<Record>& records() { return records_; }
  Record& operator[](size_t index) { return records_[index]; }

  // Moves the last decision, one record long, to before `index`.
  void MoveLastTo(size_t index) {
    Record last = std::move(records_.back());
    records_.pop_back();
    records_.insert(records_.begin() + static_cast<std::ptrdiff_t>(index), std::move(last));
  }
  void Erase(size_t index) {
    records_.erase(records_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  // The stored bytes.
  std::vector<std::string> Seal() const {
    std::vector<std::string> stored;
    uint64_t seq = 0;
    uint64_t epoch = 0;
    Sha256Digest hash{};
    std::map<std::string, uint32_t> versions;
    for (Record record : records_) {
      if (record.seq() == 0) record.set_seq(seq + 1);
      seq = record.seq();
      if (record.event().has_writer_opened()) ++epoch;
      if (record.epoch() == 0) record.set_epoch(epoch);
      if (record.prev_sha256().empty()) record.set_prev_sha256(std::string(AsBytes(hash)));
      Event& event = *record.mutable_event();
      if (!event.case_number().empty() && !event.has_command_rejected()) {
        uint32_t& version = versions[event.case_number()];
        if (event.case_version() == 0) event.set_case_version(version + 1);
        version = event.case_version();
        ReadVersion(record);
      }
      stored.push_back(record.SerializeAsString());
      hash = Sha256(stored.back());
    }
    return stored;
  }

 private:
  // Commands that name the version they were written against have read the newest.
  static void ReadVersion(Record& record) {
    const Event& event = record.event();
    if (!event.has_case_closed() && !event.has_case_handed_down() && !event.has_follow_up_begun()) {
      return;
    }
    lastmeter::command::v1::Command command;
    if (!command.ParseFromString(record.input())) return;
    const uint32_t read = event.case_version() - 1;
    if (command.has_close() && command.close().case_version() == 0) {
      command.mutable_close()->set_case_version(read);
    } else if (command.has_hand_down() && command.hand_down().case_version() == 0) {
      command.mutable_hand_down()->set_case_version(read);
    } else if (command.has_begin_follow_up() && command.begin_follow_up().case_version() == 0) {
      command.mutable_begin_follow_up()->set_case_version(read);
    }
    record.set_input(command.SerializeAsString());
  }

  size_t Input(int64_t minute, lastmeter::event::v1::InputTopic topic, int64_t position,
               const std::string& bytes, std::vector<Event> events) {
    Record cause;
    cause.mutable_input_cause()->set_topic(topic);
    cause.mutable_input_cause()->set_position(position);
    cause.mutable_input_cause()->set_accepted_at_ms(Minute(minute));
    const size_t first = Add(minute, cause, std::move(events));
    records_[first].set_input(bytes);
    return first;
  }

  size_t Add(int64_t minute, const Record& cause, std::vector<Event> events) {
    const size_t first = records_.size();
    for (size_t i = 0; i < events.size(); ++i) {
      Record& record = records_.emplace_back(cause);
      record.set_log_time_ms(Minute(minute));
      record.set_part(static_cast<uint32_t>(i));
      record.set_parts(static_cast<uint32_t>(events.size()));
      *record.mutable_event() = std::move(events[i]);
    }
    return first;
  }

  std::vector<Record> records_;
  int64_t reports_ = 0;
  int64_t commands_ = 0;
};

}  // namespace lastmeter
