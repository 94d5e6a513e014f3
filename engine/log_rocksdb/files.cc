#include "engine/log_rocksdb/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "engine/base/status.h"

namespace lastmeter::log_rocksdb {
namespace {

// Closes on the way out.
struct Fd {
  int fd;
  ~Fd() {
    if (fd >= 0) ::close(fd);
  }
};

absl::Status WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot write " + path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ErrnoStatus(int error, std::string_view context) {
  absl::StatusCode code = absl::StatusCode::kUnavailable;
  if (error == EACCES || error == EPERM || error == EROFS) {
    code = absl::StatusCode::kPermissionDenied;
  } else if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    code = absl::StatusCode::kResourceExhausted;
  } else if (error == ENOENT) {
    code = absl::StatusCode::kNotFound;
  }
  return MakeStatus(code, std::string(context) + ": " + std::generic_category().message(error));
}

absl::StatusOr<std::optional<std::string>> ReadWholeFile(const std::string& path) {
  Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0) {
    if (errno == ENOENT) return std::optional<std::string>();
    return ErrnoStatus(errno, "cannot open " + path);
  }
  std::string content;
  char buffer[16'384];
  for (;;) {
    const ssize_t n = ::read(file.fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus(errno, "cannot read " + path);
    if (n == 0) return std::optional<std::string>(std::move(content));
    content.append(buffer, static_cast<size_t>(n));
  }
}

absl::Status ReplaceFileDurably(const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  {
    Fd file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)};
    if (file.fd < 0) return ErrnoStatus(errno, "cannot create " + beside);
    LM_RETURN_IF_ERROR(WriteAll(file.fd, content, beside));
    if (::fsync(file.fd) != 0) return ErrnoStatus(errno, "cannot sync " + beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    return ErrnoStatus(errno, "cannot rename " + beside);
  }
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

absl::Status SyncFolder(const std::string& folder) {
  Fd dir{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (dir.fd < 0 || ::fsync(dir.fd) != 0) return ErrnoStatus(errno, "cannot sync " + folder);
  return absl::OkStatus();
}

absl::Status SyncFilesEndingWith(const std::string& folder, std::string_view suffix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string path = entry.path().string();
    if (!std::string_view(path).ends_with(suffix)) continue;
    Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.fd < 0 || ::fdatasync(file.fd) != 0) return ErrnoStatus(errno, "cannot sync " + path);
  }
  if (error) return ErrnoStatus(error.value(), "cannot list " + folder);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoStatus(error.value(), "cannot create the folder " + path);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> FreeBytes(const std::string& folder) {
  struct statvfs info;
  if (::statvfs(folder.c_str(), &info) != 0) return ErrnoStatus(errno, "cannot stat " + folder);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Acquire(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return ErrnoStatus(errno, "cannot open " + path);
  std::unique_ptr<FolderLock> lock(new FolderLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return ErrnoStatus(errno, "cannot lock " + path);
    auto owner = ReadWholeFile(path);
    std::string message = "another process";
    if (owner.ok() && *owner && !(*owner)->empty()) message += " (pid " + **owner + ")";
    return MakeStatus(absl::StatusCode::kFailedPrecondition,
                      message + " uses the log in " + folder + "; stop it first");
  }
  // The pid only serves the message above; the lock itself does not depend on it.
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) == 0) (void)!::pwrite(fd, pid.data(), pid.size(), 0);
  return lock;
}

FolderLock::~FolderLock() { ::close(fd_); }

}  // namespace lastmeter::log_rocksdb
