#include "services/common/json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/common/logging.h"
#include "services/common/utf8.h"

namespace lastmeter {
namespace {

namespace util = google::protobuf::util;

// Reads JSON without building anything: protobuf's reader also takes single quotes, bare names and
// the last of two equal names, which another reader of the same bytes would not.
class StrictJson final : public nlohmann::json_sax<nlohmann::json> {
 public:
  const std::string& error() const { return error_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return Open(); }
  bool end_object() override { return Shut(); }
  bool start_array(size_t) override { return Open(); }
  bool end_array() override { return Shut(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    error_ = absl::StrCat("the name \"", name, "\" stands twice in one object");
    return false;
  }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    error_ = absl::StrCat("the body is not well-formed JSON, at byte ", position);
    return false;
  }

 private:
  bool Open() {
    names_.emplace_back();
    if (names_.size() <= static_cast<size_t>(kJsonDepthLimit)) return true;
    error_ = absl::StrCat("the JSON nests deeper than ", kJsonDepthLimit, " levels");
    return false;
  }
  bool Shut() {
    names_.pop_back();
    return true;
  }

  // Names of each open object; an empty set for each open array.
  std::vector<std::set<std::string>> names_;
  std::string error_;
};

}  // namespace

absl::Status FromJson(std::string_view json, google::protobuf::Message* message) {
  const size_t bad = FindInvalidUtf8(json);
  if (bad != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is not UTF-8, at byte ", bad,
                     ". If it is GBK, send 'Content-Type: application/json; charset=GB18030'."));
  }
  const size_t first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return absl::InvalidArgumentError("the body is empty");
  if (json[first] != '{') return absl::InvalidArgumentError("the body is not a JSON object");
  StrictJson strict;
  if (!nlohmann::json::sax_parse(json, &strict)) {
    return absl::InvalidArgumentError(strict.error());
  }
  message->Clear();
  const auto status =
      util::JsonStringToMessage({json.data(), json.size()}, message, util::JsonParseOptions());
  if (status.ok()) return absl::OkStatus();
  const auto text = status.message();
  return absl::InvalidArgumentError(absl::string_view(text.data(), text.size()));
}

std::string ToJson(const google::protobuf::Message& message, bool pretty) {
  util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  std::string out;
  const auto status = util::MessageToJsonString(message, &out, options);
  if (!status.ok()) {
    logging::Error("a message has no JSON form", {{"type", message.GetTypeName()}});
    return "{}";
  }
  return out;
}

}  // namespace lastmeter
