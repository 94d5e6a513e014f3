#include "engine/rulesfile/problems.h"

#include "engine/base/status.h"

namespace lastmeter {

void FileProblems::Add(std::string_view file, int line, std::string_view reason) {
  if (++count_ > kMost) return;
  std::string text(file);
  if (line > 0) text += ":" + std::to_string(line);
  text += ": ";
  text += reason;
  kept_.push_back(std::move(text));
}

absl::Status FileProblems::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string message;
  for (const std::string& line : kept_) {
    if (!message.empty()) message += '\n';
    message += line;
  }
  if (count_ > kMost) message += "\nand " + std::to_string(count_ - kMost) + " more";
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

}  // namespace lastmeter
