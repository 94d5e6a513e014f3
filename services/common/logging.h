#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>

// The services' log: one JSON object a line on standard error, or plain text where that is a
// terminal. No personal data, tokens, query strings or bodies ever go in here.
//
//   logging::Init({.program = "lastmeter-gateway"});
//   logging::Info("listening", {{"address", "127.0.0.1"}, {"port", 8080}});
namespace lastmeter::logging {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kAuto, kJson, kText };

struct Options {
  std::string program = {};
  Level level = Level::kInfo;
  Format format = Format::kAuto;
  // Null: standard error. Otherwise must outlive all logging; for tests.
  std::ostream* stream = nullptr;
};

// Call once in main before other threads start; without it, Info and above go to standard error.
void Init(Options options);

// A named value. Numbers and truth values stay so in JSON.
struct Field {
  Field(std::string_view name, std::string_view value) : key(name), text(value), quoted(true) {}
  Field(std::string_view name, const char* value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, const std::string& value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, bool value)
      : key(name), text(value ? "true" : "false"), quoted(false) {}
  template <typename T>
  requires((std::integral<T> || std::floating_point<T>)&&!std::same_as<T, bool>)
      Field(std::string_view name, T value)
      : key(name), text(Number(value)), quoted(false) {}

  std::string key;
  std::string text;
  bool quoted;

 private:
  static std::string Number(double value);
  template <std::integral T>
  static std::string Number(T value) {
    return std::to_string(value);
  }
};

using Fields = std::initializer_list<Field>;

// Thread-safe. Each call is one line.
void Log(Level level, std::string_view message, Fields fields = {});
inline void Debug(std::string_view message, Fields fields = {}) {
  Log(Level::kDebug, message, fields);
}
inline void Info(std::string_view message, Fields fields = {}) {
  Log(Level::kInfo, message, fields);
}
inline void Warning(std::string_view message, Fields fields = {}) {
  Log(Level::kWarning, message, fields);
}
inline void Error(std::string_view message, Fields fields = {}) {
  Log(Level::kError, message, fields);
}

}  // namespace lastmeter::logging
