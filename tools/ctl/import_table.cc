#include "tools/ctl/import_table.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "engine/core/rules_view.h"
#include "engine/rulesfile/csv.h"
#include "tools/ctl/days.h"

namespace lastmeter::ctl {
namespace {

namespace api = lastmeter::api::v1;
namespace rp = lastmeter::report::v1;

constexpr size_t kMostRef = 128;
constexpr size_t kVillageDigits = 12;
constexpr size_t kMostText = 8'000;

enum Column : size_t {
  kRef,
  kArea,
  kKind,
  kOccurredOn,
  kHouseholdRef,
  kSigns,
  kNeeds,
  kDifficulties,
  kCauses,
  kProactive,
  kName,
  kPhone,
  kAddress,
  kNote,
  kColumns,
};

struct ColumnText {
  // In the first row of the table.
  std::string_view name;
  std::string_view name_zh;
  bool required;
  std::string_view holds;
};

constexpr std::array<ColumnText, kColumns> kTexts = {{
    {"ref", "原编号", true, "what the table itself calls the case; no two rows alike"},
    {"area", "区划代码", true, "6, 9, 12, 14 or 15 digits, as cells of text"},
    {"kind", "困难类型", true, "code or name of a kind in the rules"},
    {"occurred_on", "发生时间", false,
     "a past day or moment at UTC+8: 2026-11-05, 2026/11/5 9:15;\n    of a survival certification "
     "the "
     "last one, required then"},
    {"household_ref", "户编号", false,
     "the register's opaque reference; required for a survival certification"},
    {"signs", "体征", false, "ticks such as fallen;lives-alone"},
    {"needs", "需求", false, "ticks such as meals;nursing"},
    {"difficulties", "困难方面", false, "ticks such as medical;housing"},
    {"causes", "致困原因", false, "ticks such as illness;old-age"},
    {"proactive", "主动发现", false, "yes when a visit or patrol found it"},
    {"name", "姓名", false, "names somebody: see --without-personal"},
    {"phone", "电话", false, "names somebody"},
    {"address", "住址", false, "names somebody"},
    {"note", "备注", false, "may name somebody"},
}};

// Which of the two names the table uses; a table may mix them.
std::vector<CsvColumn> ColumnsOf(std::string_view text) {
  std::vector<std::string> header;
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  for (const absl::string_view cell : absl::StrSplit(ToAbsl(line), ',')) {
    header.emplace_back(
        absl::StripAsciiWhitespace(absl::StrReplaceAll(cell, {{"\"", ""}, {"\xEF\xBB\xBF", ""}})));
  }
  std::vector<CsvColumn> columns;
  for (const ColumnText& one : kTexts) {
    const bool zh = std::find(header.begin(), header.end(), one.name_zh) != header.end();
    columns.push_back({zh ? one.name_zh : one.name, one.required});
  }
  return columns;
}

bool IsVisibleAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

// 17 digits and a digit or X. Whatever stands in clear in the log must not be one.
bool LooksLikeIdNumber(std::string_view text) {
  return text.size() == 18 && IsDigits(text.substr(0, 17), 17) &&
         (IsDigits(text.substr(17), 1) || text[17] == 'X' || text[17] == 'x');
}

std::optional<bool> ReadYes(std::string_view text) {
  const std::string word = absl::AsciiStrToLower(ToAbsl(text));
  for (const char* yes : {"yes", "y", "true", "1", "是"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"", "no", "n", "false", "0", "否"}) {
    if (word == no) return false;
  }
  return std::nullopt;
}

// Reads one table; faults of all rows are collected.
class Reader {
 public:
  Reader(const lastmeter::rules::v1::Rules& rules, const ImportOptions& options)
      : options_(options), rules_(RulesView::Create(rules)) {
    for (const auto& area : rules.areas()) {
      if (area.code().size() > kVillageDigits) {
        below_.insert(area.code().substr(0, kVillageDigits));
      }
    }
    for (const auto& kind : rules.policy().kinds()) {
      if (kind.certify_every_months() > 0) certified_.insert(kind.code());
      kinds_[kind.code()] = kind.code();
      kinds_[kind.name_zh()] = kind.code();
      kinds_[kind.name_en()] = kind.code();
    }
  }

  absl::StatusOr<std::vector<ImportRow>> Read(std::string_view text) {
    columns_ = ColumnsOf(text);
    std::vector<ImportRow> rows;
    for (const CsvRow& row : ReadCsv(options_.file, text, columns_, problems_)) {
      rows.push_back(ReadRow(row));
    }
    LM_RETURN_IF_ERROR(problems_.ToStatus());
    if (rows.empty()) return absl::InvalidArgumentError(options_.file + ": holds no cases");
    return rows;
  }

 private:
  void Fault(const CsvRow& row, Column column, std::string_view reason) {
    problems_.Add(options_.file, row.line,
                  absl::StrCat(ToAbsl(columns_[column].name), ": ", ToAbsl(reason)));
  }

  ImportRow ReadRow(const CsvRow& row) {
    ImportRow out{row.line, row.fields[kRef], {}};
    ReadRef(row);
    ReadArea(row, &out.report);
    ReadKind(row, &out.report);
    ReadOccurred(row, &out.report);
    ReadHousehold(row, &out.report);
    CheckCertified(row, out.report);
    auto* survey = out.report.mutable_survey();
    ReadTicks(row, kSigns, "SIGN_", rp::Sign_descriptor(), survey->mutable_signs());
    ReadTicks(row, kNeeds, "NEED_", rp::Need_descriptor(), survey->mutable_needs());
    ReadTicks(row, kDifficulties, "DIFFICULTY_", rp::Difficulty_descriptor(),
              survey->mutable_difficulties());
    ReadTicks(row, kCauses, "CAUSE_", rp::Cause_descriptor(), survey->mutable_causes());
    if (survey->ByteSizeLong() == 0) out.report.clear_survey();
    const auto proactive = ReadYes(row.fields[kProactive]);
    if (!proactive) Fault(row, kProactive, "is yes or no (是、否)");
    out.report.set_proactive(proactive.value_or(false));
    if (!options_.without_personal) ReadPersonal(row, &out.report);
    return out;
  }

  void ReadRef(const CsvRow& row) {
    const std::string& ref = row.fields[kRef];
    if (ref.empty()) return Fault(row, kRef, "is empty");
    if (ref.size() > kMostRef) return Fault(row, kRef, "is longer than 128 bytes");
    if (LooksLikeIdNumber(ref)) {
      return Fault(row, kRef, "is an identity number; number the rows instead");
    }
    const auto [earlier, added] = refs_.emplace(ref, row.line);
    if (!added) {
      Fault(row, kRef, absl::StrCat("'", ref, "' stands on line ", earlier->second, " already"));
    }
  }

  void ReadArea(const CsvRow& row, api::SubmitReportRequest* report) {
    const std::string& area = row.fields[kArea];
    report->set_area(area);
    if (area.empty()) return Fault(row, kArea, "is empty");
    if (area.find_first_of("eE.") != std::string::npos) {
      return Fault(row, kArea,
                   "'" + area +
                       "' was rounded by a spreadsheet; make the column text and put the "
                       "codes in again");
    }
    const bool shaped = IsDigits(area, 6) || IsDigits(area, 9) || IsDigits(area, 12) ||
                        IsDigits(area, 14) || IsDigits(area, 15);
    if (!shaped) {
      return Fault(row, kArea,
                   "'" + area + "' is not a division code of 6, 9, 12, 14 or 15 digits");
    }
    // The engine would take the nearest area that it knows, and nobody would notice a wrong digit.
    const std::string village = area.substr(0, kVillageDigits);
    if (!rules_->KnowsArea(village)) return Fault(row, kArea, "the rules have no area " + village);
    // Where the rules list a village's groups and grids, they list all of them.
    if (!rules_->KnowsArea(area) && below_.contains(village)) {
      Fault(row, kArea, "the rules have no area " + area);
    }
  }

  // From the last time the next one is counted: without it everybody would count as certified
  // today. Without a household nobody could say whose it is, nor meet a second row of the same.
  void CheckCertified(const CsvRow& row, const api::SubmitReportRequest& report) {
    if (!certified_.contains(report.kind())) return;
    if (row.fields[kOccurredOn].empty()) {
      Fault(row, kOccurredOn, "is empty; for this kind it is the day of the last certification");
    }
    if (row.fields[kHouseholdRef].empty()) {
      Fault(row, kHouseholdRef, "is empty; this kind is certified for a household");
    }
  }

  void ReadKind(const CsvRow& row, api::SubmitReportRequest* report) {
    const std::string& kind = row.fields[kKind];
    if (kind.empty()) return Fault(row, kKind, "is empty");
    const auto found = kinds_.find(kind);
    if (found == kinds_.end()) return Fault(row, kKind, "the rules have no kind '" + kind + "'");
    report->set_kind(found->second);
  }

  void ReadOccurred(const CsvRow& row, api::SubmitReportRequest* report) {
    const std::string& text = row.fields[kOccurredOn];
    if (text.empty()) return;
    const auto at = ReadMoment(text);
    if (!at || at->ms < 0) {
      return Fault(row, kOccurredOn,
                   "'" + text + "' is not a day or moment such as 2026-11-05 or 2026-11-05 09:15");
    }
    if (*at > options_.now) return Fault(row, kOccurredOn, "'" + text + "' lies in the future");
    report->mutable_occurred_at()->set_string_value(FormatRfc3339(*at));
  }

  void ReadHousehold(const CsvRow& row, api::SubmitReportRequest* report) {
    const std::string& ref = row.fields[kHouseholdRef];
    if (ref.size() > kMostRef || !IsVisibleAscii(ref)) {
      return Fault(row, kHouseholdRef,
                   "is not a reference of the register: ASCII without blanks, at most 128");
    }
    // It is stored in clear and cannot be taken out of the log again.
    if (LooksLikeIdNumber(ref)) {
      return Fault(row, kHouseholdRef, "is an identity number; it must be an opaque reference");
    }
    report->set_household_ref(ref);
  }

  void ReadTicks(const CsvRow& row, Column column, const char* prefix,
                 const google::protobuf::EnumDescriptor* codes,
                 google::protobuf::RepeatedField<int>* out) {
    const std::string text = absl::StrReplaceAll(row.fields[column], {{"；", ";"}, {"、", ";"}});
    for (const absl::string_view word :
         absl::StrSplit(text, absl::ByAnyChar("; "), absl::SkipEmpty())) {
      std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(word), {{"-", "_"}});
      if (!ToStd(name).starts_with(prefix)) name = prefix + name;
      const auto* code = codes->FindValueByName(name);
      if (code == nullptr || code->number() == 0) {
        Fault(row, column, absl::StrCat("there is no tick '", word, "'"));
      } else {
        out->Add(code->number());
      }
    }
  }

  void ReadPersonal(const CsvRow& row, api::SubmitReportRequest* report) {
    rp::PersonalDetails personal;
    personal.set_name(row.fields[kName]);
    personal.set_phone(row.fields[kPhone]);
    personal.set_address(row.fields[kAddress]);
    personal.set_remarks(row.fields[kNote]);
    for (const Column column : {kName, kPhone, kAddress, kNote}) {
      if (row.fields[column].size() > kMostText) {
        Fault(row, column, absl::StrCat("is longer than ", kMostText, " bytes"));
      }
    }
    if (personal.ByteSizeLong() > 0) *report->mutable_personal() = std::move(personal);
  }

  const ImportOptions& options_;
  const std::unique_ptr<RulesView> rules_;
  // Code of each kind by its code and names.
  std::map<std::string, std::string> kinds_;
  std::vector<CsvColumn> columns_;
  // Kinds that are certified every so many months.
  std::set<std::string> certified_;
  // Villages whose groups or grids the rules list.
  std::set<std::string> below_;
  std::map<std::string, int> refs_;
  FileProblems problems_;
};

}  // namespace

absl::StatusOr<std::vector<ImportRow>> ReadImportTable(std::string_view text,
                                                       const lastmeter::rules::v1::Rules& rules,
                                                       const ImportOptions& options) {
  return Reader(rules, options).Read(text);
}

std::string ImportKey(std::string_view source, std::string_view ref) {
  const std::string named = absl::StrCat(source.size(), ":", ToAbsl(source), ToAbsl(ref));
  return "import-" + ToHex(AsBytes(Sha256(named))).substr(0, 40);
}

std::string DescribeImportColumns() {
  std::string out;
  for (const ColumnText& one : kTexts) {
    absl::StrAppend(&out, "  ", ToAbsl(one.name), " (", ToAbsl(one.name_zh), ")",
                    one.required ? ", required" : "", ": ", ToAbsl(one.holds), "\n");
  }
  return out;
}

}  // namespace lastmeter::ctl
