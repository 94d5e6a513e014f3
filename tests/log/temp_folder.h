#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace lastmeter {

// A folder of its own for one test, gone with the object.
class TempFolder {
 public:
  enum class Kind {
    kOnDisk,
    kInMemoryIfPossible,  // for tests that open hundreds of logs and never cut the power
  };

  explicit TempFolder(Kind kind = Kind::kOnDisk) {
    std::filesystem::path parent = std::filesystem::temp_directory_path();
    if (kind == Kind::kInMemoryIfPossible && ::access("/dev/shm", W_OK) == 0) parent = "/dev/shm";
    std::string name = (parent / "lastmeter-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace lastmeter
