#include "services/escalator_rocksdb/data_folder.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/store_rocksdb/case_store.h"
#include "services/common/logging.h"

namespace lastmeter {
namespace {

namespace fs = std::filesystem;

absl::Status FolderStatus(const std::error_code& error, const fs::path& path) {
  const std::string text = absl::StrCat(path.string(), ": ", error.message());
  if (error == std::errc::permission_denied || error == std::errc::read_only_file_system) {
    return absl::PermissionDeniedError(text);
  }
  if (error == std::errc::no_space_on_device) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

absl::Status MakeFolder(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return absl::OkStatus();
  fs::create_directory(path, error);
  if (!error) return absl::OkStatus();
  if (error == std::errc::no_such_file_or_directory) {
    return absl::NotFoundError(
        absl::StrCat(path.string(), ": the folder around it does not exist; make it first"));
  }
  return FolderStatus(error, path);
}

}  // namespace

absl::Status MakeDataFolder(const std::string& data_dir, const std::vector<std::string>& inside) {
  const fs::path root(data_dir);
  LM_RETURN_IF_ERROR(MakeFolder(root));
  for (const std::string& name : inside) LM_RETURN_IF_ERROR(MakeFolder(root / name));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Store>> OpenPartitionStore(const std::string& data_dir,
                                                          PartitionId partition) {
  std::string rebuilt;
  LM_ASSIGN_OR_RETURN(
      auto store,
      CaseStore::OpenOrRebuild(absl::StrCat(data_dir, "/store/", partition.value), {}, &rebuilt));
  if (!rebuilt.empty()) {
    logging::Warning("the store is rebuilt from the log",
                     {{"partition", partition.value}, {"why", rebuilt}});
  }
  return store;
}

absl::StatusOr<std::unique_ptr<DecideGuard>> OpenPartitionGuard(const std::string& data_dir,
                                                                PartitionId partition) {
  return FileDecideGuard::Open(absl::StrCat(data_dir, "/guard/", partition.value));
}

}  // namespace lastmeter
