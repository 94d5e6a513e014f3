#include "engine/runtime/paced_clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <mutex>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

constexpr Millis kLongestWait{20};
constexpr uint64_t kMagic = 0x6c6d636c6f636b31;  // "lmclock1"

// The same for all processes of a machine.
int64_t MonotonicNs() {
  timespec ts{};
  LM_CHECK(clock_gettime(CLOCK_MONOTONIC, &ts) == 0) << "no monotonic clock";
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

absl::Status FileError(const std::string& path) {
  const int error = errno;
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  if (error == ENOENT) code = absl::StatusCode::kNotFound;
  if (error == EACCES) code = absl::StatusCode::kPermissionDenied;
  return MakeStatus(code, path + ": " + std::strerror(error));
}

}  // namespace

// From `base_ns` on time runs at `now_speed`, until `hurry_until_ms` is reached, then at `speed`.
struct PacedClock::Pace {
  int64_t start_ms = 0;
  int64_t speed = 1;
  int64_t base_ns = 0;
  double base_ms = 0;
  double now_speed = 1;
  double hurry_until_ms = -1;

  // Milliseconds since the start.
  double At(int64_t ns) const {
    const double real_ms = static_cast<double>(ns - base_ns) / 1e6;
    const double ms = base_ms + real_ms * now_speed;
    if (hurry_until_ms < 0 || ms < hurry_until_ms) return ms;
    const double hurried_ms = (hurry_until_ms - base_ms) / now_speed;
    return hurry_until_ms + (real_ms - hurried_ms) * static_cast<double>(speed);
  }
  bool HurriesAt(double ms) const { return hurry_until_ms >= 0 && ms < hurry_until_ms; }
  double SpeedAt(double ms) const {
    return hurry_until_ms < 0 || ms < hurry_until_ms ? now_speed : static_cast<double>(speed);
  }
};

// A sequence lock: odd while the pace is being written. Readers never hold anything, so a reader
// that is killed stops nobody.
struct PacedClock::Page {
  std::atomic<uint64_t> magic{0};
  std::atomic<uint64_t> version{0};
  std::atomic<int64_t> words[6]{};
  // Among the threads of the process that sets the pace.
  std::mutex writing;
};

PacedClock::PacedClock(int64_t speed, Timestamp start) : page_(std::make_shared<Page>()) {
  Begin(speed, start);
}

PacedClock::~PacedClock() = default;

absl::StatusOr<std::unique_ptr<PacedClock>> PacedClock::Create(const std::string& path,
                                                               int64_t speed, Timestamp start) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return FileError(path);
  if (ftruncate(file, sizeof(Page)) != 0) {
    const absl::Status status = FileError(path);
    close(file);
    return status;
  }
  void* memory = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return FileError(path);
  std::shared_ptr<Page> page(new (memory) Page, [](Page* p) { munmap(p, sizeof(Page)); });
  auto clock = std::unique_ptr<PacedClock>(new PacedClock(std::move(page)));
  clock->Begin(speed, start);
  return clock;
}

absl::StatusOr<std::unique_ptr<PacedClock>> PacedClock::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return FileError(path);
  struct stat found {};
  const bool fits = fstat(file, &found) == 0 && found.st_size == sizeof(Page);
  void* memory = fits ? mmap(nullptr, sizeof(Page), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  if (memory != MAP_FAILED && static_cast<Page*>(memory)->magic != kMagic) {
    munmap(memory, sizeof(Page));
    memory = MAP_FAILED;
  }
  if (memory == MAP_FAILED) {
    return absl::InvalidArgumentError(path + " is not a demonstration's clock");
  }
  std::shared_ptr<Page> page(static_cast<Page*>(memory), [](Page* p) { munmap(p, sizeof(Page)); });
  return std::unique_ptr<PacedClock>(new PacedClock(std::move(page)));
}

void PacedClock::Begin(int64_t speed, Timestamp start) {
  Write({.start_ms = start.ms, .speed = std::max<int64_t>(speed, 1), .base_ns = MonotonicNs()});
  page_->magic = kMagic;
}

PacedClock::Pace PacedClock::Read() const {
  for (;;) {
    const uint64_t before = page_->version.load(std::memory_order_acquire);
    int64_t words[6];
    // Acquiring each keeps the second look at the version behind them.
    for (int i = 0; i < 6; ++i) words[i] = page_->words[i].load(std::memory_order_acquire);
    if (before % 2 != 0 || page_->version.load(std::memory_order_relaxed) != before) continue;
    return {.start_ms = words[0],
            .speed = words[1],
            .base_ns = words[2],
            .base_ms = std::bit_cast<double>(words[3]),
            .now_speed = std::bit_cast<double>(words[4]),
            .hurry_until_ms = std::bit_cast<double>(words[5])};
  }
}

void PacedClock::Write(const Pace& pace) {
  const int64_t words[6] = {pace.start_ms,
                            pace.speed,
                            pace.base_ns,
                            std::bit_cast<int64_t>(pace.base_ms),
                            std::bit_cast<int64_t>(pace.now_speed),
                            std::bit_cast<int64_t>(pace.hurry_until_ms)};
  page_->version.fetch_add(1, std::memory_order_acq_rel);
  for (int i = 0; i < 6; ++i) page_->words[i].store(words[i], std::memory_order_release);
  page_->version.fetch_add(1, std::memory_order_release);
}

void PacedClock::Run() {
  std::lock_guard lock(page_->writing);
  Pace pace = Read();
  const int64_t now = MonotonicNs();
  pace.base_ms = pace.At(now);
  pace.base_ns = now;
  pace.hurry_until_ms = -1;
  pace.now_speed = static_cast<double>(pace.speed);
  Write(pace);
}

void PacedClock::Hurry(Timestamp instant, Millis real) {
  std::lock_guard lock(page_->writing);
  Pace pace = Read();
  const int64_t now = MonotonicNs();
  const double at_ms = pace.At(now);
  const double target_ms = static_cast<double>(instant.ms - pace.start_ms);
  const double speed = (target_ms - at_ms) / static_cast<double>(std::max<int64_t>(real.ms, 1));
  if (speed <= static_cast<double>(pace.speed)) return;
  pace.base_ms = at_ms;
  pace.base_ns = now;
  pace.now_speed = speed;
  pace.hurry_until_ms = target_ms;
  Write(pace);
}

int64_t PacedClock::speed() const { return Read().speed; }

bool PacedClock::hurrying() const {
  const Pace pace = Read();
  return pace.HurriesAt(pace.At(MonotonicNs()));
}

Timestamp PacedClock::Wall() {
  const Pace pace = Read();
  return Timestamp{pace.start_ms} +
         Millis{static_cast<int64_t>(std::floor(pace.At(MonotonicNs())))};
}

Millis PacedClock::Boot() {
  const Pace pace = Read();
  return {static_cast<int64_t>(std::floor(pace.At(MonotonicNs())))};
}

Millis PacedClock::RealTime(Millis span) {
  const Pace pace = Read();
  const double speed = pace.SpeedAt(pace.At(MonotonicNs()));
  const double real = std::ceil(static_cast<double>(std::max<int64_t>(span.ms, 0)) / speed);
  return std::min(kLongestWait, Millis{static_cast<int64_t>(std::min(real, 1e6))});
}

}  // namespace lastmeter
