#include "engine/log_kafka/kafka_settings.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "absl/strings/ascii.h"
#include "engine/base/status.h"

namespace lastmeter {
namespace {

using Properties = std::map<std::string, std::string>;

std::string Stripped(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace({text.data(), text.size()}));
}

absl::Status Add(std::string_view line, const std::string& where, bool replace, Properties& out) {
  const size_t equals = line.find('=');
  const std::string name = Stripped(line.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) {
    // What was given is not repeated: it may be a secret.
    return absl::InvalidArgumentError(where + ": a Kafka property is written name=value");
  }
  std::string value = Stripped(line.substr(equals + 1));
  if (replace) {
    out[name] = std::move(value);
  } else if (!out.emplace(name, std::move(value)).second) {
    return absl::InvalidArgumentError(where + ": " + name + " is given twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Properties> KafkaProperties(const KafkaSettings& settings) {
  Properties all;
  if (!settings.properties_file.empty()) {
    std::ifstream file(settings.properties_file);
    if (!file) {
      const int error = errno;
      const std::string text = settings.properties_file + ": " + std::strerror(error);
      return error == EACCES ? absl::PermissionDeniedError(text) : absl::NotFoundError(text);
    }
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      const std::string text = Stripped(line);
      if (text.empty() || text.front() == '#') continue;
      LM_RETURN_IF_ERROR(
          Add(text, settings.properties_file + ":" + std::to_string(number), false, all));
    }
  }
  for (const std::string& one : settings.properties) {
    LM_RETURN_IF_ERROR(Add(one, "--kafka", true, all));
  }
  return all;
}

}  // namespace lastmeter
