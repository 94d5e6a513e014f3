#include "engine/rulesfile/rulesfile.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "engine/base/status.h"
#include "engine/rulesfile/csv.h"
#include "engine/rulesfile/policy_reader.h"
#include "engine/rulesfile/problems.h"
#include "engine/rulesfile/words.h"

namespace lastmeter {
namespace {

constexpr std::string_view kPolicyFile = "policy.yaml";
constexpr std::string_view kAreasFile = "areas.csv";
constexpr std::string_view kAbsencesFile = "absences.csv";
constexpr std::string_view kRosterFile = "roster.csv";
constexpr std::string_view kRotaFile = "rota.csv";
constexpr std::string_view kCalendarFile = "calendar.csv";

// Far above a district of thousands of grids; guards against a wrong file.
constexpr uintmax_t kMostBytes = 8 << 20;

std::optional<std::string> ReadFile(const std::string& dir, std::string_view name,
                                    FileProblems& problems) {
  std::filesystem::path path = std::filesystem::path(dir) / name;
  std::error_code error;
  uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    problems.Add(name, 0, "cannot be read: " + error.message());
    return std::nullopt;
  }
  if (size > kMostBytes) {
    problems.Add(name, 0, "is larger than 8 MiB");
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good() && size > 0) {
    problems.Add(name, 0, "cannot be read");
    return std::nullopt;
  }
  return std::move(text).str();
}

std::string At(std::string_view list, int index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// Reads the fields of one row; a word that is not known is a problem of the row's line.
class Row {
 public:
  Row(std::string_view file, const CsvRow& row, FileProblems& problems)
      : file_(file), row_(row), problems_(problems) {}

  const std::string& Text(size_t column) const { return row_.fields[column]; }

  std::string Code(size_t column) const {
    const std::string& code = Text(column);
    if (code.find_first_of("eE.+") != std::string::npos) {
      Problem("'" + code + "' is no code; format the column as text before saving the table");
    }
    return code;
  }

  template <typename T>
  T Word(size_t column, std::optional<T> (*read)(std::string_view), std::string_view expected,
         std::optional<T> when_empty = std::nullopt) const {
    const std::string& word = Text(column);
    if (word.empty() && when_empty) return *when_empty;
    if (auto value = read(word)) return *value;
    Problem("'" + word + "' is not " + std::string(expected));
    return T{};
  }

 private:
  void Problem(const std::string& reason) const { problems_.Add(file_, row_.line, reason); }

  std::string_view file_;
  const CsvRow& row_;
  FileProblems& problems_;
};

void Note(LoadedRules& loaded, const std::string& path, std::string_view file, int line) {
  loaded.lines[path] = std::string(file) + ":" + std::to_string(line);
}

void ReadAreas(const std::string& text, LoadedRules& loaded, FileProblems& problems) {
  Note(loaded, "areas", kAreasFile, 1);
  for (const CsvRow& csv :
       ReadCsv(kAreasFile, text, {{"code"}, {"tier"}, {"parent"}, {"name"}, {"successor", false}},
               problems)) {
    Row row(kAreasFile, csv, problems);
    Note(loaded, At("areas", loaded.rules.areas_size()), kAreasFile, csv.line);
    auto* area = loaded.rules.add_areas();
    area->set_code(row.Code(0));
    area->set_tier(row.Word(1, ReadTier, kTierWords));
    area->set_parent(row.Code(2));
    area->set_name(row.Text(3));
    area->set_successor(row.Code(4));
  }
}

void ReadRoster(const std::string& text, LoadedRules& loaded, FileProblems& problems) {
  Note(loaded, "roster", kRosterFile, 1);
  for (const CsvRow& csv : ReadCsv(kRosterFile, text,
                                   {{"staff_id"},
                                    {"name"},
                                    {"tier"},
                                    {"area"},
                                    {"duty"},
                                    {"named_officer", false},
                                    {"outside_authority", false},
                                    {"volunteer", false}},
                                   problems)) {
    Row row(kRosterFile, csv, problems);
    Note(loaded, At("roster", loaded.rules.roster_size()), kRosterFile, csv.line);
    auto* post = loaded.rules.add_roster();
    post->set_staff_id(row.Text(0));
    post->set_name(row.Text(1));
    post->set_tier(row.Word(2, ReadTier, kTierWords));
    post->set_area(row.Code(3));
    post->set_duty(row.Word(4, ReadDuty, kDutyWords));
    post->set_named_officer(row.Word<bool>(5, ReadYesNo, kYesNoWords, false));
    post->set_outside_authority(row.Word<bool>(6, ReadYesNo, kYesNoWords, false));
    post->set_volunteer(row.Word<bool>(7, ReadYesNo, kYesNoWords, false));
  }
}

void ReadAbsences(const std::string& text, LoadedRules& loaded, FileProblems& problems) {
  Note(loaded, "absences", kAbsencesFile, 1);
  for (const CsvRow& csv : ReadCsv(
           kAbsencesFile, text, {{"staff_id"}, {"from"}, {"to"}, {"stand_in", false}}, problems)) {
    Row row(kAbsencesFile, csv, problems);
    Note(loaded, At("absences", loaded.rules.absences_size()), kAbsencesFile, csv.line);
    auto* absence = loaded.rules.add_absences();
    absence->set_staff_id(row.Text(0));
    absence->set_from_date(row.Word(1, ReadDate, "a date such as " + std::string(kDateWords)));
    absence->set_to_date(row.Word(2, ReadDate, "a date such as " + std::string(kDateWords)));
    absence->set_stand_in(row.Text(3));
  }
}

void ReadRota(const std::string& text, LoadedRules& loaded, FileProblems& problems) {
  static const std::string kMoment = "a moment such as " + std::string(kMomentWords);
  Note(loaded, "rota", kRotaFile, 1);
  for (const CsvRow& csv : ReadCsv(kRotaFile, text, {{"staff_id"}, {"from"}, {"to"}}, problems)) {
    Row row(kRotaFile, csv, problems);
    Note(loaded, At("rota", loaded.rules.rota_size()), kRotaFile, csv.line);
    auto* shift = loaded.rules.add_rota();
    shift->set_staff_id(row.Text(0));
    shift->set_from_ms(row.Word(1, ReadMoment, kMoment).ms);
    shift->set_to_ms(row.Word(2, ReadMoment, kMoment).ms);
  }
}

void ReadCalendar(const std::string& text, LoadedRules& loaded, FileProblems& problems) {
  Note(loaded, "calendar.days", kCalendarFile, 1);
  auto& calendar = *loaded.rules.mutable_calendar();
  for (const CsvRow& csv :
       ReadCsv(kCalendarFile, text, {{"date"}, {"day_off"}, {"name", false}}, problems)) {
    Row row(kCalendarFile, csv, problems);
    Note(loaded, At("calendar.days", calendar.days_size()), kCalendarFile, csv.line);
    auto* day = calendar.add_days();
    day->set_date(row.Word(0, ReadDate, "a date such as " + std::string(kDateWords)));
    day->set_day_off(row.Word(1, ReadYesNo, kYesNoWords));
  }
}

}  // namespace

std::string LoadedRules::LineOf(std::string_view path) const {
  while (!path.empty()) {
    if (auto it = lines.find(path); it != lines.end()) return it->second;
    size_t cut = path.find_last_of(".[");
    path = cut == std::string_view::npos ? std::string_view() : path.substr(0, cut);
  }
  return std::string(kPolicyFile) + ":1";
}

absl::StatusOr<LoadedRules> LoadRulesDir(const std::string& dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) {
    return MakeStatus(absl::StatusCode::kNotFound, dir + " is not a folder");
  }
  LoadedRules loaded;
  FileProblems problems;
  if (auto text = ReadFile(dir, kPolicyFile, problems)) {
    ReadPolicy(kPolicyFile, *text, loaded, problems);
  }
  if (auto text = ReadFile(dir, kAreasFile, problems)) ReadAreas(*text, loaded, problems);
  if (auto text = ReadFile(dir, kRosterFile, problems)) ReadRoster(*text, loaded, problems);
  if (auto text = ReadFile(dir, kCalendarFile, problems)) ReadCalendar(*text, loaded, problems);
  // Nobody may be away, and nobody take turns at being on duty.
  for (const auto& [name, read] :
       {std::pair{kAbsencesFile, &ReadAbsences}, {kRotaFile, &ReadRota}}) {
    if (!std::filesystem::exists(std::filesystem::path(dir) / name, error)) continue;
    if (auto text = ReadFile(dir, name, problems)) read(*text, loaded, problems);
  }
  LM_RETURN_IF_ERROR(problems.ToStatus());
  return loaded;
}

}  // namespace lastmeter
