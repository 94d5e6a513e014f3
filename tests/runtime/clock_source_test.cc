// The machine's clocks where a sandbox stands between the process and the kernel.
#include "engine/runtime/clock_source.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lastmeter {
namespace {

enum Answer : int { kNotSynchronized, kSynchronized, kNoSandbox };

// From here on this process may not ask the kernel about its clock: EPERM, as systemd's
// ProtectClock answers.
bool ForbidClockQuestions() {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_adjtimex, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_adjtime, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog filter = {.len = std::size(steps), .filter = steps};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(SystemClockTest, VouchesForNothingWhereTheKernelMayNotBeAsked) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!ForbidClockQuestions()) _exit(kNoSandbox);
    _exit(SystemClock().Synchronized() ? kSynchronized : kNotSynchronized);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoSandbox) GTEST_SKIP() << "no filter of system calls here";
  EXPECT_EQ(WEXITSTATUS(status), kNotSynchronized);
}

}  // namespace
}  // namespace lastmeter
