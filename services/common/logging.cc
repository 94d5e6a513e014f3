#include "services/common/logging.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/time.h"

namespace lastmeter::logging {
namespace {

struct State {
  std::shared_ptr<spdlog::logger> logger;
  std::string program;
  bool json = true;
};

std::shared_ptr<const State> MakeState(const Options& options) {
  auto state = std::make_shared<State>();
  spdlog::sink_ptr sink;
  if (options.stream != nullptr) {
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*options.stream, true);
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  state->logger = std::make_shared<spdlog::logger>("lastmeter", std::move(sink));
  // The whole line is composed here: spdlog's patterns cannot escape for JSON.
  state->logger->set_pattern("%v");
  state->logger->set_level(spdlog::level::trace);
  state->program = options.program;
  state->json = options.format == Format::kJson ||
                (options.format == Format::kAuto && (options.stream || !isatty(STDERR_FILENO)));
  return state;
}

// Read by every line and replaced by Init only.
std::shared_ptr<const State>& Current() {
  static auto* state = new std::shared_ptr<const State>(MakeState({}));
  return *state;
}

std::atomic<Level> g_level{Level::kInfo};

std::string_view NameOf(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

void AppendQuoted(std::string* out, std::string_view text) {
  using Json = nlohmann::json;
  *out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Timestamp Now() {
  using namespace std::chrono;
  return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

std::string JsonLine(const State& state, Level level, std::string_view message, Fields fields) {
  std::string line = "{\"ts\":\"" + FormatRfc3339(Now()) + "\",\"level\":\"";
  line += NameOf(level);
  line += '"';
  if (!state.program.empty()) {
    line += ",\"program\":";
    AppendQuoted(&line, state.program);
  }
  line += ",\"msg\":";
  AppendQuoted(&line, message);
  for (const Field& field : fields) {
    line += ',';
    AppendQuoted(&line, field.key);
    line += ':';
    if (field.quoted) {
      AppendQuoted(&line, field.text);
    } else {
      line += field.text;
    }
  }
  line += '}';
  return line;
}

std::string TextLine(Level level, std::string_view message, Fields fields) {
  std::string line = FormatLocal(Now()) + "  " + std::string(NameOf(level)) + "  ";
  line += message;
  for (const Field& field : fields) line += "  " + field.key + "=" + field.text;
  // What came from outside must not forge a second line or steer the terminal.
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace

std::string Field::Number(double value) {
  return std::isfinite(value) ? nlohmann::json(value).dump() : "null";
}

void Init(Options options) {
  Current() = MakeState(options);
  g_level = options.level;
}

void Log(Level level, std::string_view message, Fields fields) {
  if (level < g_level.load(std::memory_order_relaxed)) return;
  const State& state = *Current();
  const std::string line =
      state.json ? JsonLine(state, level, message, fields) : TextLine(level, message, fields);
  const auto spdlog_level = level >= Level::kError ? spdlog::level::err : spdlog::level::info;
  state.logger->log(spdlog_level, spdlog::string_view_t(line.data(), line.size()));
  if (level >= Level::kWarning) state.logger->flush();
}

}  // namespace lastmeter::logging
