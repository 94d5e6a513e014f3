#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "engine/core/decide.h"
#include "engine/log/log.h"

namespace lastmeter {

// Both input logs of a partition, read and merged, and the watermark below which timers may fire.
//
// Between the two logs no order is promised by anybody; they are merged by the time at which the
// logs took the records, a report before a command of the same time. Single-threaded, never waits.
class Inputs {
 public:
  // Answers may have been accepted up to this much before what the log shows after them.
  static constexpr Millis kAcceptSlack = Seconds(2);
  // An input log that could not be read for so long holds no timer back any more.
  static constexpr Millis kUnseenAfter = Seconds(60);
  // How long a log that could not be read is left alone.
  static constexpr Millis kRetryAfter = Millis{250};

  struct From {
    LogPosition report;
    LogPosition command;
  };
  struct Bound {
    size_t records;
    size_t bytes;
  };

  // `log` must outlive this.
  Inputs(Log* log, PartitionId partition, From from);

  // Reads on wherever nothing is left unread. `boot` is the present boot time.
  void Fill(const Bound& bound, Millis boot);

  // Takes the next input. Empty when all that was read has been taken, and when one log's share
  // ran out while there may be more of it, which Fill must bring first.
  std::optional<LogInput> Take();

  // Asks both logs for their ends, for the sake of timers due up to `stamp`. To be called after
  // the stamp was taken; does nothing while an earlier question stands.
  void AskEnds(Timestamp stamp, Millis boot);

  struct Watermark {
    // Timers due at or before this may fire.
    Timestamp until;
    // Those due after this fire only because a log could not be read for long: answers may exist
    // that were not seen.
    Timestamp seen;
  };
  // As far as what was taken has been decided. `stamp` is the present step's.
  Watermark FireUntil(Timestamp stamp, Millis boot);

  // A question stands that a log has not answered.
  bool asking() const;
  // More may be there at once.
  bool more() const;
  // What keeps a log from being read; OK when both can be.
  absl::Status health() const;
  // When the log took the oldest input that was read and not taken.
  std::optional<Timestamp> oldest_unread() const;

 private:
  struct Source {
    TopicPartition tp;
    event::v1::InputTopic topic;
    // Where to open the reader: one past the last input taken.
    LogPosition from;
    std::unique_ptr<LogReader> reader;
    std::deque<LogEntry> unread;
    // The last read stopped at its bound.
    bool may_have_more = true;
    absl::Status status;
    // The next input is gone. Never tried again: a topic that was made anew would grow past the
    // place, and what is in it before would be passed over without a word.
    bool lost = false;
    std::optional<Millis> failing_since;
    Millis retry_at;
    // The question for the end.
    std::optional<Timestamp> asked_for;
    std::optional<LogPosition> end;
    // Since when questions have been put without an answer, and when one was last wanted.
    std::optional<Millis> unanswered_since;
    Millis wanted_at;
    // Every input accepted before this was decided.
    Timestamp seen_until{INT64_MIN};
  };

  static bool Failed(Source& s, absl::Status status, Millis boot);
  bool Open(Source& s, Millis boot);
  void Read(Source& s, const Bound& bound, Millis boot);
  static void HearEnd(Source& s, Millis boot);
  static void Advance(Source& s);

  Log* const log_;
  Source sources_[2];
};

}  // namespace lastmeter
