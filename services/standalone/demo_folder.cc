#include "services/standalone/demo_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace lastmeter::demo {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

}  // namespace

std::string ProgramDir() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path().string();
}

absl::StatusOr<std::string> FindRulesDir(const std::string& program_dir) {
  // build/<preset>/bin, then an installation's bin beside share.
  const fs::path places[] = {fs::path(program_dir) / "../../../deploy/rules",
                             fs::path(program_dir) / "../share/lastmeter/rules"};
  std::string looked;
  for (const fs::path& place : places) {
    std::error_code error;
    const fs::path clean = place.lexically_normal();
    if (fs::exists(clean / "policy.yaml", error)) return clean.string();
    absl::StrAppend(&looked, looked.empty() ? "" : " and ", clean.string());
  }
  return absl::NotFoundError(
      absl::StrCat("no rules found in ", looked, "; name their folder with --rules"));
}

absl::StatusOr<Folder> Folder::Make(const std::string& wanted) {
  if (wanted.empty()) {
    const char* tmp = std::getenv("TMPDIR");
    std::string pattern =
        absl::StrCat(tmp == nullptr || *tmp == '\0' ? "/tmp" : tmp, "/lastmeter-XXXXXX");
    if (mkdtemp(pattern.data()) == nullptr) return Failed(pattern, errno);
    return Folder(pattern, true);
  }
  std::error_code error;
  if (fs::exists(wanted, error)) {
    if (!fs::is_directory(wanted, error) || !fs::is_empty(wanted, error) || error) {
      return absl::FailedPreconditionError(
          absl::StrCat(wanted, " is not an empty folder; a demonstration begins with nothing"));
    }
  } else {
    fs::create_directory(wanted, error);
    if (error) return Failed(wanted, error.value());
  }
  return Folder(wanted, false);
}

Folder::Folder(Folder&& other) noexcept
    : path_(std::exchange(other.path_, "")),
      token_header_(std::exchange(other.token_header_, "")),
      temporary_(other.temporary_) {}

Folder::~Folder() {
  if (path_.empty()) return;
  std::error_code ignored;
  if (!token_header_.empty()) fs::remove(token_header_, ignored);
  if (temporary_) fs::remove_all(path_, ignored);
}

absl::StatusOr<std::string> Folder::WriteTokenHeader(std::string_view token) {
  token_header_ = path_ + "/visitor";
  const int fd = open(token_header_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(token_header_, errno);
  const std::string header = absl::StrCat("Authorization: Bearer ", ToAbsl(token), "\n");
  const ssize_t n = write(fd, header.data(), header.size());
  const int error = errno;
  close(fd);
  if (n != static_cast<ssize_t>(header.size())) return Failed(token_header_, error);
  return token_header_;
}

}  // namespace lastmeter::demo
