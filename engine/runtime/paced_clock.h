#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/runtime/clock_source.h"

namespace lastmeter {

// Time at a pace that somebody sets: for demonstrations. It begins at the machine's pace, then runs
// at a constant speed, and can hurry to an instant. Wall and boot time run alike, so that the
// engine takes none of it for a jump. One process sets the pace; others may read the same time out
// of a file that is mapped into memory. Thread-safe.
class PacedClock : public ClockSource {
 public:
  // For this process alone. `speed` is at least 1 and holds from the first Run() on.
  PacedClock(int64_t speed, Timestamp start);
  // The one that sets the pace, for all that open the file, which must not exist yet.
  // Errors: as the file system reports them.
  static absl::StatusOr<std::unique_ptr<PacedClock>> Create(const std::string& path, int64_t speed,
                                                            Timestamp start);
  // One that only reads. Errors: kNotFound, kPermissionDenied; kInvalidArgument for another file.
  static absl::StatusOr<std::unique_ptr<PacedClock>> Open(const std::string& path);
  ~PacedClock() override;

  // Setting the pace: not to be called after Open.
  void Run();
  // Reaches `instant` within `real`, then goes on at the ordinary speed. Does nothing when that
  // would be slower than the ordinary speed.
  void Hurry(Timestamp instant, Millis real);

  int64_t speed() const;
  // Whether it hurries now.
  bool hurrying() const;

  Timestamp Wall() override;
  Millis Boot() override;
  bool Synchronized() override { return true; }
  // Short, since a hurry may begin at any moment: a thread that wakes too early looks at the clock
  // and waits again, one that wakes too late would make the engine late.
  Millis RealTime(Millis span) override;

 private:
  struct Page;
  struct Pace;
  explicit PacedClock(std::shared_ptr<Page> page) : page_(std::move(page)) {}

  void Begin(int64_t speed, Timestamp start);
  Pace Read() const;
  void Write(const Pace& pace);

  // Owned by this clock; shared only with its own deleter, which knows whether it is mapped.
  const std::shared_ptr<Page> page_;
};

}  // namespace lastmeter
