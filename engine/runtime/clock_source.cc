#include "engine/runtime/clock_source.h"

#include <sys/timex.h>
#include <time.h>

#include "engine/base/check.h"

namespace lastmeter {
namespace {

int64_t Nanos(clockid_t clock) {
  timespec ts{};
  LM_CHECK(clock_gettime(clock, &ts) == 0) << "clock " << clock;
  return int64_t{ts.tv_sec} * 1'000'000'000 + ts.tv_nsec;
}

}  // namespace

Timestamp SystemClock::Wall() { return {Nanos(CLOCK_REALTIME) / 1'000'000}; }

Millis SystemClock::Boot() { return {Nanos(CLOCK_BOOTTIME) / 1'000'000}; }

bool SystemClock::Synchronized() {
  timex query{};
  // Setting the clock by hand makes the kernel forget its synchronisation, so that a false step is
  // not vouched for by the answer that stood before it.
  const int state = adjtimex(&query);
  // A sandbox may forbid the question (systemd's ProtectClock, a container's filter of system
  // calls). Then nobody vouches for the clock.
  if (state < 0) return false;
  return state != TIME_ERROR && (query.status & STA_UNSYNC) == 0;
}

}  // namespace lastmeter
