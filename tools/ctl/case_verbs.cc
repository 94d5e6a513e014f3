#include "tools/ctl/case_verbs.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "tools/ctl/days.h"
#include "tools/ctl/record_text.h"

namespace lastmeter::ctl {
namespace {

// Keeps the order of the document.
using Json = nlohmann::ordered_json;
using Form = VerbField::Form;

constexpr std::string_view kPath = "/v1/cases/{number}:";
constexpr std::string_view kSchemas = "#/components/schemas/";

// What two spellings of one name have in common.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c != '-' && c != '_') plain += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return plain;
}

std::string Text(const Json& json, const char* name) { return json.value(name, std::string()); }

// Of what the schema or its reference says.
class Reader {
 public:
  explicit Reader(const Json& document) : schemas_(document["components"]["schemas"]) {}

  // Of "VerifyRequest"; with what stands before its fields' names, and whether all of them are
  // required because the whole is.
  void AddFields(const std::string& message, const std::string& prefix, bool whole,
                 std::vector<VerbField>* out) const {
    const Json& schema = schemas_[message];
    const Json required = schema.value("required", Json::array());
    for (const auto& [name, property] : schema["properties"].items()) {
      VerbField field{
          .name = prefix + name,
          .required = whole || std::find(required.begin(), required.end(), name) != required.end(),
          .about = Text(property, "description")};
      field.many = property.value("type", Json()) == "array";
      const Json& one = field.many ? property["items"] : property;
      if (!one.contains("$ref")) {
        field.form = FormOf(one);
        out->push_back(std::move(field));
        continue;
      }
      const std::string named = Text(one, "$ref").substr(kSchemas.size());
      const Json& target = schemas_[named];
      if (!target.contains("enum")) {
        AddFields(named, field.name + ".", field.required, out);
        continue;
      }
      field.form = Form::kWord;
      field.enumeration = named;
      if (field.about.empty()) field.about = Text(target, "description");
      for (const std::string value : target["enum"]) {
        // The absence of a value is no value.
        if (!absl::EndsWith(value, "_UNSPECIFIED")) field.values.push_back(value);
      }
      out->push_back(std::move(field));
    }
  }

 private:
  static Form FormOf(const Json& schema) {
    // Times are RFC 3339 text, or Unix ms as a number; 64 bits are text, as protobuf maps them.
    if (schema["type"].is_array()) return Form::kTime;
    if (schema["type"] == "integer") return Form::kNumber;
    if (schema["type"] == "boolean") return Form::kYesNo;
    return schema.contains("pattern") ? Form::kBigNumber : Form::kText;
  }

  const Json& schemas_;
};

std::string_view FormWord(const VerbField& field) {
  switch (field.form) {
    case Form::kText:
      return "TEXT";
    case Form::kNumber:
    case Form::kBigNumber:
      return "NUMBER";
    case Form::kYesNo:
      return "yes|no";
    case Form::kTime:
      return "TIME";
    case Form::kWord:
      return field.many ? "WORD,…" : "WORD";
  }
  return "";
}

std::string WordsOf(const VerbField& field) {
  return absl::StrJoin(field.values, ", ", [&](std::string* out, const std::string& value) {
    *out += EnumWord(field.enumeration, value);
  });
}

absl::Status Wrong(const VerbField& field, std::string_view text, std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(field.name, ": '", ToAbsl(text), "' is ", ToAbsl(wanted)));
}

absl::StatusOr<nlohmann::json> ValueOf(const VerbField& field, const std::string& text) {
  uint64_t number = 0;
  switch (field.form) {
    case Form::kText:
      return text;
    case Form::kNumber:
    case Form::kBigNumber:
      if (!absl::SimpleAtoi(text, &number)) return Wrong(field, text, "not a number");
      if (field.form == Form::kBigNumber) return absl::StrCat(number);
      return number;
    case Form::kYesNo:
      if (text == "yes" || text == "true") return true;
      if (text == "no" || text == "false") return false;
      return Wrong(field, text, "neither yes nor no");
    case Form::kTime:
      if (const auto at = ReadMoment(text)) return FormatRfc3339(*at);
      return Wrong(field, text, "not a time such as 2026-10-01T09:00");
    case Form::kWord:
      for (const std::string& value : field.values) {
        const std::string word = EnumWord(field.enumeration, value);
        if (Plain(text) == Plain(word) || text == value) return value;
      }
      return Wrong(field, text, "none of " + WordsOf(field));
  }
  return Wrong(field, text, "not understood");
}

// Letters that must be added, dropped or changed to make one of the other.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t corner = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = corner + (a[i] == b[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = std::min({changed, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

const VerbField* Verb::Find(std::string_view wanted) const {
  for (const VerbField& field : fields) {
    if (Plain(field.name) == Plain(wanted)) return &field;
  }
  return nullptr;
}

std::vector<Verb> VerbsOf(std::string_view document) {
  const Json json = Json::parse(document, nullptr, false);
  LM_CHECK(json.is_object()) << "the interface's document is no JSON";
  const Reader reader(json);
  std::vector<Verb> verbs;
  for (const auto& [path, methods] : json["paths"].items()) {
    if (!path.starts_with(kPath)) continue;
    const Json& post = methods["post"];
    Verb verb{.name = path.substr(kPath.size()), .about = Text(post, "summary")};
    verb.message = Text(post["requestBody"]["content"]["application/json"]["schema"], "$ref")
                       .substr(kSchemas.size());
    reader.AddFields(verb.message, "", false, &verb.fields);
    verbs.push_back(std::move(verb));
  }
  return verbs;
}

const Verb* FindVerb(const std::vector<Verb>& verbs, std::string_view word) {
  for (const Verb& verb : verbs) {
    if (Plain(verb.name) == Plain(word)) return &verb;
  }
  return nullptr;
}

std::vector<std::string> NearestVerbs(const std::vector<Verb>& verbs, std::string_view word) {
  const std::string wanted = Plain(word);
  std::vector<std::string> near;
  std::vector<std::string> all;
  for (const Verb& verb : verbs) {
    const std::string name = Plain(verb.name);
    all.push_back(verb.name);
    const bool part = wanted.size() > 2 && absl::StrContains(name, wanted);
    if (part || Distance(name, wanted) <= 2) near.push_back(verb.name);
  }
  return near.empty() ? all : near;
}

absl::StatusOr<nlohmann::json> BodyOf(const Verb& verb, const std::vector<std::string>& words) {
  nlohmann::json body = nlohmann::json::object();
  for (const std::string& word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError("'" + word + "' is not field=value");
    }
    const std::string name = word.substr(0, equals);
    const VerbField* field = verb.Find(name);
    if (field == nullptr) {
      return absl::InvalidArgumentError(verb.name + " has no field '" + name + "'");
    }
    nlohmann::json& place = body[nlohmann::json::json_pointer(
        "/" + absl::StrJoin(absl::StrSplit(field->name, '.'), "/"))];
    if (!place.is_null()) return absl::InvalidArgumentError(field->name + " is given twice");
    const std::string text = word.substr(equals + 1);
    if (!field->many) {
      LM_ASSIGN_OR_RETURN(place, ValueOf(*field, text));
      continue;
    }
    place = nlohmann::json::array();
    for (const auto part : absl::StrSplit(text, ',')) {
      LM_ASSIGN_OR_RETURN(nlohmann::json value, ValueOf(*field, std::string(part)));
      place.push_back(std::move(value));
    }
  }
  for (const VerbField& field : verb.fields) {
    const bool given = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return verb.Find(word.substr(0, word.find('='))) == &field;
    });
    if (field.required && !given && field.name != kCaseVersion) {
      return absl::InvalidArgumentError(verb.name + " needs " + field.name + "=" +
                                        std::string(FormWord(field)));
    }
  }
  return body;
}

std::string FieldsInShort(const Verb& verb) {
  return absl::StrJoin(verb.fields, " ", [](std::string* out, const VerbField& field) {
    const bool needed = field.required && field.name != kCaseVersion;
    absl::StrAppend(out, needed ? "" : "[", field.name, "=", ToAbsl(FormWord(field)),
                    needed ? "" : "]");
  });
}

std::string FieldsAtLength(const Verb& verb) {
  std::string out = verb.name + ": " + verb.about + "\n";
  if (verb.fields.empty()) out += "  It has no fields.\n";
  for (const VerbField& field : verb.fields) {
    absl::StrAppend(&out, "  ", field.name, "=", ToAbsl(FormWord(field)));
    if (!field.about.empty()) absl::StrAppend(&out, "  ", field.about);
    if (field.name == kCaseVersion) out += " Not given: read from the case just before.";
    if (field.required && !absl::StrContains(field.about, "equired")) out += " Required.";
    if (!field.values.empty()) absl::StrAppend(&out, "\n      ", WordsOf(field));
    out += "\n";
  }
  return out;
}

}  // namespace lastmeter::ctl
