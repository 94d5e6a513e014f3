// lastmeterctl tokens add, list
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/base/status.h"
#include "services/common/exit_codes.h"
#include "services/common/tokens.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

struct TokenFlags {
  std::string file;
  std::string id;
  std::string role;
  std::string area;
  std::string tier = "-";
  bool named_officer = false;
};

// Checked by the reader of the file itself, so that what is written can always be read.
absl::StatusOr<std::string> LineFor(const TokenFlags& flags, const std::string& token) {
  if (flags.id.empty() || flags.id.find_first_of(" \t\r\n#") != std::string::npos) {
    return absl::InvalidArgumentError("give an --id without blanks or '#'");
  }
  std::string line = HashToken(token) + "  " + flags.id + "  " + flags.role + "  " + flags.area +
                     "  " + flags.tier;
  if (flags.named_officer) line += "  named-officer";
  line += "\n";
  LM_ASSIGN_OR_RETURN(const TokenFile parsed, TokenFile::Parse(line, "the new token"));
  if (parsed.size() != 1) return absl::InvalidArgumentError("give --role and --area");
  return line;
}

absl::Status Append(const std::string& path, const std::string& line) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return MakeStatus(absl::StatusCode::kPermissionDenied, path + ": " + std::strerror(errno));
  }
  // A last line without its end would swallow the new one.
  std::string text;
  char last = '\n';
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n') text = "\n";
  text += line;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (written) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnavailable, path + ": " + std::strerror(error));
}

int Add(const TokenFlags& flags) {
  if (flags.file.empty()) return Fail(kExitUsage, "give the token file: --file F");
  auto token = MakeToken();
  if (!token.ok()) return Fail(token.status());
  auto line = LineFor(flags, *token);
  if (!line.ok()) return Fail(kExitUsage, ToStd(line.status().message()));
  struct stat info {};
  if (::stat(flags.file.c_str(), &info) == 0) {
    // A file that cannot be read now will not be read with one line more.
    if (auto before = TokenFile::Load(flags.file); !before.ok()) return Fail(before.status());
  }
  if (absl::Status status = Append(flags.file, *line); !status.ok()) return Fail(status);
  std::cout << *token << std::endl;
  std::cerr << "This is the only time that the token is shown. The server reads " << flags.file
            << " when it starts.\n";
  return kExitOk;
}

int List(const std::string& path) {
  if (path.empty()) return Fail(kExitUsage, "give the token file: --file F");
  if (auto loaded = TokenFile::Load(path); !loaded.ok()) return Fail(loaded.status());
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string digest;
    if (!(words >> digest)) continue;
    std::string rest;
    for (std::string word; words >> word;) rest += "  " + word;
    std::cout << digest.substr(0, 12) << rest << "\n";
  }
  return kExitOk;
}

}  // namespace

void AddTokens(CLI::App& app, std::vector<Subcommand>* all) {
  CLI::App* tokens = app.add_subcommand("tokens", "Who may call the server")->require_subcommand(1);
  auto flags = std::make_shared<TokenFlags>();
  CLI::App* add =
      tokens->add_subcommand("add", "Make a token, print it once and write its hash to the file");
  add->add_option("--file", flags->file, "Token file; made with mode 0600")->type_name("F");
  add->add_option("--id", flags->id, "Staff id, system id or operator id");
  add->add_option("--role", flags->role, "staff, sentinel, operator, viewer or volunteer");
  add->add_option("--area", flags->area, "Division code; its own area and all below");
  add->add_option("--tier", flags->tier, "grid, group, village, town, district or -")
      ->capture_default_str();
  add->add_flag("--named-officer", flags->named_officer, "May read restricted cases of the area");
  all->push_back({add, [flags] { return Add(*flags); }});

  CLI::App* list =
      tokens->add_subcommand("list", "Who holds a token; by the first digits of its hash");
  list->add_option("--file", flags->file, "Token file")->type_name("F");
  all->push_back({list, [flags] { return List(flags->file); }});
}

}  // namespace lastmeter::ctl
