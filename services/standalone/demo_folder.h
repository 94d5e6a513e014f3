#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lastmeter::demo {

// Folder of the running program.
std::string ProgramDir();

// Where the shipped rules lie: beside the sources that the program was built from, or in the share
// folder of an installation. Error: kNotFound, naming the places looked at.
absl::StatusOr<std::string> FindRulesDir(const std::string& program_dir);

// The demonstration's data: in a fresh temporary folder that is removed at the end, or in the one
// asked for, which must not hold anything yet and is kept.
class Folder {
 public:
  // `wanted` empty: a temporary one. Errors: kFailedPrecondition (not empty), kPermissionDenied,
  // kUnavailable.
  static absl::StatusOr<Folder> Make(const std::string& wanted);
  ~Folder();
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&&) = delete;

  const std::string& path() const { return path_; }
  void Keep() { temporary_ = false; }
  bool temporary() const { return temporary_; }

  // A file of curl's form `-H @file` with this token, readable to its owner only; removed at the
  // end in any case. Returns its path.
  absl::StatusOr<std::string> WriteTokenHeader(std::string_view token);

 private:
  Folder(std::string path, bool temporary) : path_(std::move(path)), temporary_(temporary) {}

  std::string path_;
  std::string token_header_;
  bool temporary_;
};

}  // namespace lastmeter::demo
