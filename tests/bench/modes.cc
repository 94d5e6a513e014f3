#include "tests/bench/modes.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "engine/base/check.h"
#include "tests/bench/engine_rig.h"

namespace lastmeter::bench {

std::unique_ptr<EngineRig> MustOpen(const LoadOptions& options, FillClock& clock) {
  auto rig = EngineRig::Open(RigOptions(options, &clock));
  LM_CHECK(rig.ok()) << rig.status().ToString();
  return *std::move(rig);
}

void InOwnProcess(const std::function<void()>& work) {
  const pid_t child = ::fork();
  LM_CHECK(child >= 0) << "fork: " << std::strerror(errno);
  if (child == 0) {
    work();
    std::_Exit(0);
  }
  int how = 0;
  LM_CHECK(::waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0)
      << "filling failed";
}

Reopening Reopen(const LoadOptions& options, FillClock& clock) {
  TrimHeap();
  const int64_t resident = ResidentBytes();
  Reopening result;
  int64_t began = NowUs();
  std::unique_ptr<EngineRig> rig = MustOpen(options, clock);
  result.log_us = NowUs() - began;
  began = NowUs();
  rig->Start();
  result.partitions_us = NowUs() - began;
  result.cases = rig->open_cases();
  TrimHeap();
  result.bytes = ResidentBytes() - resident;
  rig->Stop();
  return result;
}

std::string Reopening::Text() const {
  return Grouped(partitions_us / 1000.0) + " ms, after " + Grouped(log_us / 1000.0) +
         " ms for the log";
}

}  // namespace lastmeter::bench
