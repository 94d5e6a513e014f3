#include "engine/rulesfile/csv.h"

#include <algorithm>
#include <optional>
#include <set>

#include "engine/base/utf8.h"

namespace lastmeter {
namespace {

std::string Trim(const std::string& text) {
  size_t from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return "";
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

// Splits text into rows; every fault is told and its row left out.
class Splitter {
 public:
  Splitter(std::string_view file, std::string_view text, FileProblems& problems)
      : file_(file), text_(text), problems_(problems) {}

  std::vector<CsvRow> Run() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row{line_, {}};
      size_t from = at_;
      bool sound = ReadRow(row);
      std::string_view bytes = text_.substr(from, at_ - from);
      if (!IsUtf8(bytes)) {
        problems_.Add(file_, row.line, "is not UTF-8; save the table as \"CSV UTF-8\"");
        continue;
      }
      bool blank = std::all_of(row.fields.begin(), row.fields.end(),
                               [](const std::string& field) { return field.empty(); });
      if (sound && !blank) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool ReadRow(CsvRow& row) {
    bool sound = true;
    while (true) {
      while (!AtLineEnd() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
      if (!AtLineEnd() && text_[at_] == '"') {
        sound = ReadQuoted(row) && sound;
      } else {
        size_t from = at_;
        while (!AtLineEnd() && text_[at_] != ',') ++at_;
        row.fields.push_back(Trim(std::string(text_.substr(from, at_ - from))));
        if (row.fields.back().find('"') != std::string::npos) {
          problems_.Add(file_, line_, "a quote stands in the middle of a field");
          sound = false;
        }
      }
      if (!AtLineEnd() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      EndLine();
      return sound;
    }
  }

  // Leaves the place at the comma or line end after the field.
  bool ReadQuoted(CsvRow& row) {
    int opened = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != '"') {
        field += c;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        field += text_[++at_];
      } else {
        ++at_;
        while (!AtLineEnd() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
        row.fields.push_back(Trim(field));
        if (AtLineEnd() || text_[at_] == ',') return true;
        problems_.Add(file_, line_, "text follows a quoted field");
        while (!AtLineEnd() && text_[at_] != ',') ++at_;
        return false;
      }
    }
    problems_.Add(file_, opened, "a quote is opened and never closed");
    return false;
  }

  bool AtLineEnd() const { return at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r'; }

  void EndLine() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  std::string_view file_;
  std::string_view text_;
  FileProblems& problems_;
  size_t at_ = 0;
  int line_ = 1;
};

// Where each wanted column stands in the file; -1 for one left out. Nothing when the header is bad.
std::optional<std::vector<int>> FindColumns(std::string_view file, const CsvRow& header,
                                            const std::vector<CsvColumn>& columns,
                                            FileProblems& problems) {
  std::vector<int> places;
  bool sound = true;
  std::set<std::string_view> known;
  for (const CsvColumn& column : columns) {
    known.insert(column.name);
    auto first = std::find(header.fields.begin(), header.fields.end(), column.name);
    if (first == header.fields.end()) {
      places.push_back(-1);
      if (!column.required) continue;
      problems.Add(file, header.line, "column '" + std::string(column.name) + "' is missing");
      sound = false;
      continue;
    }
    places.push_back(static_cast<int>(first - header.fields.begin()));
    if (std::find(first + 1, header.fields.end(), column.name) != header.fields.end()) {
      problems.Add(file, header.line, "column '" + std::string(column.name) + "' stands twice");
      sound = false;
    }
  }
  for (const std::string& name : header.fields) {
    if (known.contains(name)) continue;
    problems.Add(file, header.line, "unknown column '" + name + "'");
    sound = false;
  }
  if (!sound) return std::nullopt;
  return places;
}

}  // namespace

std::vector<CsvRow> ReadCsv(std::string_view file, std::string_view text,
                            const std::vector<CsvColumn>& columns, FileProblems& problems) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<CsvRow> rows = Splitter(file, text, problems).Run();
  if (rows.empty()) {
    if (problems.empty()) problems.Add(file, 1, "the row that names the columns is missing");
    return {};
  }
  const CsvRow header = std::move(rows.front());
  rows.erase(rows.begin());
  auto places = FindColumns(file, header, columns, problems);
  if (!places.has_value()) return {};

  std::vector<CsvRow> table;
  for (CsvRow& row : rows) {
    // Spreadsheets save empty cells behind the last column.
    while (row.fields.size() > header.fields.size() && row.fields.back().empty()) {
      row.fields.pop_back();
    }
    if (row.fields.size() != header.fields.size()) {
      problems.Add(file, row.line,
                   "has " + std::to_string(row.fields.size()) + " fields, not " +
                       std::to_string(header.fields.size()));
      continue;
    }
    CsvRow ordered{row.line, {}};
    for (int place : *places) {
      ordered.fields.push_back(place < 0 ? "" : row.fields[static_cast<size_t>(place)]);
    }
    table.push_back(std::move(ordered));
  }
  return table;
}

}  // namespace lastmeter
