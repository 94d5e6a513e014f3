#include "tools/ctl/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "services/common/exit_codes.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int FailFile(const std::string& path, int error) {
  const bool forbidden = error == EACCES || error == EPERM || error == EROFS;
  const bool wrong = error == ENOENT || error == ENOTDIR || error == EISDIR;
  return Fail(forbidden ? kExitNotAllowed
              : wrong   ? kExitBadConfiguration
                        : kExitUnavailable,
              path + ": " + std::strerror(error));
}

}  // namespace

int WriteOut(const std::string& path, std::string_view text) {
  if (path.empty()) {
    std::cout << text << std::flush;
    return std::cout ? kExitOk : Fail(kExitUnavailable, "standard output cannot be written");
  }
  std::string draft = path + ".XXXXXX";
  const int fd = ::mkostemp(draft.data(), O_CLOEXEC);
  if (fd < 0) return FailFile(path, errno);
  // mkostemp is stricter than the mask that whoever runs this has set.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const bool written = WriteAll(fd, text) && ::fchmod(fd, 0666 & ~mask) == 0 && ::fsync(fd) == 0;
  int error = errno;
  ::close(fd);
  if (written && std::rename(draft.c_str(), path.c_str()) == 0) return kExitOk;
  if (written) error = errno;
  ::unlink(draft.c_str());
  return FailFile(path, error);
}

}  // namespace lastmeter::ctl
