#include "tools/check/verdict_text.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/base/time.h"

namespace lastmeter {
namespace {

using Counts = Judge::Counts;

struct Column {
  const char* title;
  const char* json;
  uint64_t Counts::*count;
};

constexpr Column kTable[] = {
    {"records", "records", &Counts::records},
    {"opened", "opened", &Counts::opened},
    {"open", "open", &Counts::open},
    {"closed", "closed", &Counts::closed},
    {"acknowledged", "acknowledged", &Counts::acknowledged},
    {"climbs", "escalations", &Counts::escalations},
    {"reminders", "reminders", &Counts::reminders},
    {"refused", "rejected", &Counts::rejected},
    {"repeated", "repeated", &Counts::repeated},
    {"findings", "findings", &Counts::findings},
};

// Told in JSON only.
constexpr Column kMore[] = {
    {"", "decisions", &Counts::decisions},  {"", "inputs", &Counts::inputs},
    {"", "timers", &Counts::timers},        {"", "ownerships", &Counts::ownerships},
    {"", "attached", &Counts::attached},    {"", "reopened", &Counts::reopened},
    {"", "passed", &Counts::passed},        {"", "exhausted", &Counts::exhausted},
    {"", "nearDue", &Counts::near_due},     {"", "breached", &Counts::breached},
    {"", "handDowns", &Counts::hand_downs}, {"", "notices", &Counts::notices},
    {"", "outages", &Counts::outages},      {"", "quarantined", &Counts::quarantined},
    {"", "works", &Counts::works},
};

std::string Right(const std::string& text, size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string Row(const std::string& name, const Counts& counts) {
  std::string row = Right(name, 9);
  for (const Column& column : kTable) {
    row += "  " + Right(std::to_string(counts.*column.count),
                        std::max<size_t>(7, std::string_view(column.title).size()));
  }
  return row + "\n";
}

std::string Message(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

uint64_t Total(const std::vector<PartitionVerdict>& verdicts) {
  uint64_t total = 0;
  for (const auto& verdict : verdicts) total += verdict.judge.counts().findings;
  return total;
}

}  // namespace

bool IsClean(const std::vector<PartitionVerdict>& verdicts) {
  return std::all_of(verdicts.begin(), verdicts.end(), [](const PartitionVerdict& verdict) {
    return verdict.read.ok() && verdict.judge.clean();
  });
}

std::string VerdictText(const std::vector<PartitionVerdict>& verdicts, size_t most) {
  std::string text = Right("partition", 9);
  for (const Column& column : kTable) text += "  " + Right(column.title, 7);
  text += "\n";
  Counts sum;
  for (const auto& verdict : verdicts) {
    const Counts& counts = verdict.judge.counts();
    text += Row(std::to_string(verdict.partition.value), counts);
    for (const Column& column : kTable) sum.*column.count += counts.*column.count;
  }
  if (verdicts.size() > 1) text += Row("all", sum);
  text += "\n";

  size_t told = 0;
  for (const auto& verdict : verdicts) {
    for (const Finding& finding : verdict.judge.findings()) {
      if (told++ < most) text += ToString(finding) + "\n";
    }
    if (!verdict.read.ok()) {
      text += "partition " + std::to_string(verdict.partition.value) +
              " could not be read to its end: " + Message(verdict.read) + "\n";
    }
  }
  const uint64_t total = Total(verdicts);
  if (total > std::min<uint64_t>(told, most)) {
    text += "… and " + std::to_string(total - std::min<uint64_t>(told, most)) + " more\n";
  }
  if (IsClean(verdicts)) {
    text += "Clean: " + std::to_string(sum.records) + " records break no rule.\n";
  } else {
    text += "Not clean: " + std::to_string(total) + " findings in " + std::to_string(sum.records) +
            " records.\n";
  }
  return text;
}

std::string VerdictJson(const std::vector<PartitionVerdict>& verdicts, size_t most) {
  nlohmann::ordered_json document;
  document["clean"] = IsClean(verdicts);
  document["findingsTotal"] = Total(verdicts);
  document["partitions"] = nlohmann::ordered_json::array();
  document["findings"] = nlohmann::ordered_json::array();
  for (const auto& verdict : verdicts) {
    nlohmann::ordered_json one;
    one["partition"] = verdict.partition.value;
    one["readToEnd"] = verdict.read.ok();
    if (!verdict.read.ok()) one["error"] = Message(verdict.read);
    if (verdict.judge.last_log_time_ms() > 0) {
      one["lastLogTime"] = FormatRfc3339({verdict.judge.last_log_time_ms()});
    }
    for (const Column& column : kTable) one[column.json] = verdict.judge.counts().*column.count;
    for (const Column& column : kMore) one[column.json] = verdict.judge.counts().*column.count;
    document["partitions"].push_back(std::move(one));
    for (const Finding& finding : verdict.judge.findings()) {
      if (document["findings"].size() >= most) break;
      document["findings"].push_back({{"partition", finding.partition.value},
                                      {"seq", finding.seq},
                                      {"position", finding.position.value},
                                      {"rule", finding.rule},
                                      {"text", finding.text}});
    }
  }
  // A broken log may hold any bytes where a case number should stand.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace lastmeter
