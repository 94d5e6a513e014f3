#include "services/query/view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/core/state.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/report/v1/report.pb.h"
#include "services/query/case_fold.h"
#include "services/query/cycle_fold.h"
#include "services/query/kept_records.h"
#include "services/query/view_keys.h"
#include "services/query/work_fold.h"

namespace lastmeter::query {
namespace {

namespace api = lastmeter::api::v1;
namespace ev = lastmeter::event::v1;
using lastmeter::view::v1::CaseRow;
using lastmeter::view::v1::InputRow;
using lastmeter::view::v1::PartitionRow;
using lastmeter::view::v1::RulesRow;

constexpr size_t kMostLookedAt = 5'000;
constexpr size_t kMostHidden = 1'000;
constexpr int kMostMerged = 64;

bool Fits(const View::Filter& filter, const CaseRow& row) {
  const api::Case& shown = row.shown();
  if (shown.area().compare(0, filter.area.size(), filter.area) != 0) return false;
  const bool closed = shown.status() == api::CASE_STATUS_CLOSED;
  if (filter.tier != 0 && (closed || shown.tier() != filter.tier)) return false;
  if (filter.level != 0 && shown.level() != filter.level) return false;
  if (filter.status != 0 && shown.status() != filter.status) return false;
  if (filter.incident && (closed || !shown.has_incident())) return false;
  if (filter.joins && CaseNumber::Parse(shown.joins()) != filter.joins) return false;
  if (filter.works && row.planned().works().empty()) return false;
  if (filter.overdue && (OverdueAt(row) <= filter.now.ms) != *filter.overdue) return false;
  return true;
}

}  // namespace

std::optional<DecidedInput> InputOfRecord(PartitionId partition, const ev::Record& record) {
  if (!record.has_input_cause() || record.part() != 0) return std::nullopt;
  DecidedInput decided;
  decided.name.partition = partition;
  if (record.input_cause().topic() == ev::INPUT_TOPIC_REPORT) {
    lastmeter::report::v1::HardshipReport report;
    if (!report.ParseFromString(record.input()) || report.report_id().empty()) return std::nullopt;
    decided.name.is_report = true;
    decided.name.id = report.report_id();
    decided.actor = report.reporter().id();
    decided.fingerprint = Fingerprint(std::move(report));
  } else {
    lastmeter::command::v1::Command command;
    if (!command.ParseFromString(record.input()) || command.command_id().empty()) {
      return std::nullopt;
    }
    decided.name.id = command.command_id();
    decided.actor = command.actor().id();
    decided.fingerprint = Fingerprint(std::move(command));
  }
  return decided;
}

absl::StatusOr<std::unique_ptr<View>> View::Open(const OpenStore& open_store,
                                                 const LogIdentity& identity, bool keeps_records) {
  const std::string meta =
      absl::StrCat("schema ", kSchema, keeps_records ? " with records" : "", " log ",
                   identity.cluster_id, " ", identity.partition_count);
  const auto open = [&](bool anew) -> absl::StatusOr<std::unique_ptr<View>> {
    LM_ASSIGN_OR_RETURN(auto store, open_store(anew));
    if (!anew) {
      const auto found = store->Get("m");
      if (!found.ok() || (*found && **found != meta)) {
        return absl::DataLossError("damaged, of another schema or of another log");
      }
    }
    LM_RETURN_IF_ERROR(store->Write({{"m", meta}}));
    std::unique_ptr<View> view(new View(std::move(store), identity.partition_count, keeps_records));
    LM_RETURN_IF_ERROR(view->LoadKinds());
    return view;
  };
  auto view = open(false);
  // It can always be folded again, so damage to it is no reason to stop.
  return view.status().code() == absl::StatusCode::kDataLoss ? open(true) : std::move(view);
}

absl::Status View::LoadKinds() {
  for (uint32_t p = 0; p < partitions_; ++p) {
    LM_ASSIGN_OR_RETURN(const auto row, FindRules(PartitionId{p}));
    lastmeter::rules::v1::Rules rules;
    if (!row) continue;
    if (!rules.ParseFromString(row->rules())) return absl::DataLossError("damaged rules");
    kinds_.Install(PartitionId{p}, rules);
  }
  return absl::OkStatus();
}

View::View(std::unique_ptr<ViewStore> store, uint32_t partitions, bool keeps_records)
    : store_(std::move(store)),
      partitions_(partitions),
      records_(keeps_records ? std::make_unique<KeptRecords>(store_.get()) : nullptr) {}

template <typename Row>
absl::StatusOr<std::optional<Row>> View::Find(std::string_view key) const {
  LM_ASSIGN_OR_RETURN(auto bytes, store_->Get(key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) {
    return absl::DataLossError(
        "a row of the view is damaged; remove it while nothing runs; it is folded again");
  }
  return std::optional<Row>(std::move(row));
}

absl::StatusOr<Follower::From> View::Position(PartitionId partition) const {
  LM_ASSIGN_OR_RETURN(auto row, Find<PartitionRow>(PartitionKey('p', partition)));
  Follower::From from;
  if (!row) return from;
  from.position.value = row->position();
  from.seq = row->seq();
  std::copy_n(row->sha256().begin(), std::min(row->sha256().size(), from.sha256.size()),
              reinterpret_cast<char*>(from.sha256.data()));
  from.epoch = row->epoch();
  from.log_time.ms = row->log_time_ms();
  return from;
}

void View::Put(std::string key, std::optional<std::string> value) {
  rows_.push_back({std::move(key), std::move(value)});
}

absl::StatusOr<View::Cached*> View::Load(const CaseNumber& number) {
  const auto found = cases_.find(number);
  if (found != cases_.end()) return &found->second;
  LM_ASSIGN_OR_RETURN(auto row, Find<CaseRow>(CaseKey('c', number)));
  Cached cached;
  if (row) {
    cached.row = *std::move(row);
    cached.indexed = IndexKeys(number, cached.row);
  }
  return &cases_.emplace(number, std::move(cached)).first->second;
}

absl::Status View::Fold(PartitionId partition, const FollowedRecord& followed) {
  const ev::Record& record = followed.record;
  if (records_ != nullptr) Put(RecordKey(partition, followed.position), followed.bytes);
  LM_RETURN_IF_ERROR(FoldInput(partition, followed));
  const ev::Event& event = record.event();
  if (event.has_rules_installed()) {
    RulesRow row;
    row.set_version(event.rules_installed().version());
    row.set_sha256(event.rules_installed().rules_sha256());
    row.set_by(event.rules_installed().by());
    row.set_ordinal(event.rules_installed().ordinal());
    row.set_installed_at_ms(record.log_time_ms());
    lastmeter::command::v1::Command command;
    if (command.ParseFromString(record.input())) {
      row.set_rules(command.install_rules().rules().SerializeAsString());
      times_.insert_or_assign(partition, AnswerTimes(command.install_rules().rules()));
      kinds_.Install(partition, command.install_rules().rules());
    }
    Put(PartitionKey('R', partition), row.SerializeAsString());
  }
  const auto number = CaseNumber::Parse(event.case_number());
  if (!number) return absl::OkStatus();
  LM_ASSIGN_OR_RETURN(Cached * cached, Load(*number));
  // A refused command may name a case that was never opened.
  if (cached->row.shown().number().empty() && !event.has_case_opened()) return absl::OkStatus();
  if (!event.has_command_rejected()) {
    if (event.has_case_reopened() && !cached->row.shown().merged_into().empty()) {
      LM_RETURN_IF_ERROR(FoldMerged(event, cached->row.shown().merged_into()));
      LM_ASSIGN_OR_RETURN(cached, Load(*number));
    }
    cached->row.set_partition(partition.value);
    FoldCycle(record, &cached->row);
    const int64_t due_ms = cached->row.answer_due_ms();
    FoldCase(record, &cached->row);
    if (cached->row.answer_due_ms() != due_ms) {
      LM_ASSIGN_OR_RETURN(const AnswerTimes* times, TimesOf(partition));
      times->Light(&cached->row);
    }
    FoldWork(record, &cached->row);
  }
  if (event.has_case_merged()) {
    LM_RETURN_IF_ERROR(FoldMerged(event, event.case_merged().into()));
  }
  std::string key = CaseKey('h', *number);
  AppendBe(&key, static_cast<uint64_t>(followed.position.value), 8);
  Put(std::move(key), "");
  return absl::OkStatus();
}

absl::StatusOr<const AnswerTimes*> View::TimesOf(PartitionId partition) {
  const auto known = times_.find(partition);
  if (known != times_.end()) return &known->second;
  LM_ASSIGN_OR_RETURN(const auto row, FindRules(partition));
  lastmeter::rules::v1::Rules rules;
  if (row) rules.ParseFromString(row->rules());
  return &times_.emplace(partition, row ? AnswerTimes(rules) : AnswerTimes()).first->second;
}

// The case that goes on names those that were merged into it, while they are. One of another
// partition that was not folded yet does not.
absl::Status View::FoldMerged(const ev::Event& event, const std::string& name) {
  const auto into = CaseNumber::Parse(name);
  if (!into) return absl::OkStatus();
  LM_ASSIGN_OR_RETURN(Cached * other, Load(*into));
  api::Case& shown = *other->row.mutable_shown();
  // Where a restricted case went is nothing that everybody may read of the other one.
  if (shown.number().empty() || shown.restricted() != event.restricted()) return absl::OkStatus();
  auto& merged = *shown.mutable_merged_from();
  const auto at = std::find(merged.begin(), merged.end(), event.case_number());
  if (event.has_case_reopened()) {
    if (at != merged.end()) merged.erase(at);
  } else if (at == merged.end() && merged.size() < kMostMerged) {
    shown.add_merged_from(event.case_number());
  }
  return absl::OkStatus();
}

absl::Status View::FoldInput(PartitionId partition, const FollowedRecord& followed) {
  const ev::Record& record = followed.record;
  if (record.part() == 0) {
    deciding_.erase(partition);
    // A repeat is answered by the first decision, whose row stays.
    if (record.event().has_input_repeated()) return absl::OkStatus();
    auto decided = InputOfRecord(partition, record);
    if (!decided) return absl::OkStatus();
    InputRow row;
    row.set_position(followed.position.value);
    row.set_records(record.parts());
    row.set_input_position(record.input_cause().position());
    row.set_actor(decided->actor);
    row.set_fingerprint(decided->fingerprint);
    row.set_case_number(record.event().case_number());
    deciding_[partition] = {decided->name, std::move(row)};
  }
  const auto it = deciding_.find(partition);
  if (it == deciding_.end() || record.has_timer_cause() || record.has_engine_cause()) {
    return absl::OkStatus();
  }
  auto& [name, row] = it->second;
  const ev::Event& event = record.event();
  if (name.is_report && row.report().state() == api::REPORT_STATE_UNSPECIFIED) {
    api::ReportState state = api::REPORT_STATE_UNSPECIFIED;
    if (event.has_case_opened()) state = api::REPORT_STATE_OPENED;
    if (event.has_report_attached()) state = api::REPORT_STATE_ATTACHED;
    if (event.has_input_quarantined()) state = api::REPORT_STATE_QUARANTINED;
    if (event.has_command_rejected()) {
      state = api::REPORT_STATE_REFUSED;
      row.mutable_report()->set_reason(event.command_rejected().detail());
    }
    if (state != api::REPORT_STATE_UNSPECIFIED) {
      row.mutable_report()->set_report_id(name.id);
      row.mutable_report()->set_state(state);
      row.mutable_report()->set_case_number(event.case_number());
      *row.mutable_report()->mutable_decided_at() = ToProtoTime(record.log_time_ms());
    }
  }
  if (record.part() + 1 == record.parts()) {
    Put(InputKey(name), row.SerializeAsString());
    deciding_.erase(it);
  }
  return absl::OkStatus();
}

absl::Status View::Commit(PartitionId partition, const Follower::From& at) {
  for (auto& [number, cached] : cases_) {
    if (cached.row.shown().number().empty()) continue;
    const auto now = IndexKeys(number, cached.row);
    for (const std::string& key : cached.indexed) {
      if (std::find(now.begin(), now.end(), key) == now.end()) Put(key, std::nullopt);
    }
    for (const std::string& key : now) {
      if (std::find(cached.indexed.begin(), cached.indexed.end(), key) == cached.indexed.end()) {
        Put(key, "");
      }
    }
    Put(CaseKey('c', number), cached.row.SerializeAsString());
  }
  PartitionRow row;
  row.set_position(at.position.value);
  row.set_seq(at.seq);
  row.set_sha256(std::string(AsBytes(at.sha256)));
  row.set_epoch(at.epoch);
  row.set_log_time_ms(at.log_time.ms);
  Put(PartitionKey('p', partition), row.SerializeAsString());
  const absl::Status status = store_->Write(rows_);
  auto times = std::move(times_);
  Drop();
  if (status.ok()) times_ = std::move(times);
  return status;
}

void View::Drop() {
  times_.clear();
  rows_.clear();
  cases_.clear();
  deciding_.clear();
}

absl::StatusOr<std::optional<CaseRow>> View::FindCase(const CaseNumber& number) const {
  return Find<CaseRow>(CaseKey('c', number));
}

absl::StatusOr<std::optional<InputRow>> View::FindInput(const InputName& input) const {
  return Find<InputRow>(InputKey(input));
}

absl::StatusOr<std::optional<RulesRow>> View::FindRules(PartitionId partition) const {
  return Find<RulesRow>(PartitionKey('R', partition));
}

absl::StatusOr<std::vector<LogPosition>> View::HistoryOf(const CaseNumber& number, LogPosition from,
                                                         size_t most) const {
  const std::string prefix = CaseKey('h', number);
  std::string first = prefix;
  AppendBe(&first, static_cast<uint64_t>(from.value), 8);
  std::vector<LogPosition> positions;
  LM_RETURN_IF_ERROR(
      store_->Scan(first, After(prefix), [&](std::string_view key, std::string_view) {
        if (key.size() != prefix.size() + 8) return true;
        positions.push_back({static_cast<int64_t>(ReadBe64(key.substr(prefix.size())))});
        return positions.size() < most;
      }));
  return positions;
}

absl::StatusOr<View::Page> View::List(const Filter& filter, const std::string& after, size_t most,
                                      const std::function<bool(const CaseRow&)>& keep) const {
  // The narrowest index that the filter names; the rest is checked row by row.
  std::string prefix;
  bool by_area = true;
  if (filter.works) {
    prefix = IndexPrefix('W');
  } else if (filter.joins) {
    prefix = JoinedPrefix(*filter.joins);
    by_area = false;
  } else if (filter.incident) {
    prefix = IndexPrefix('N');
  } else if (filter.overdue == true) {
    prefix = IndexPrefix('O');
    by_area = false;
  } else if (filter.tier != 0) {
    prefix = IndexPrefix('T', filter.tier);
  } else if (filter.status != 0) {
    prefix = IndexPrefix('S', filter.status);
  } else if (filter.level != 0) {
    prefix = IndexPrefix('L', filter.level);
  } else {
    prefix = IndexPrefix('A');
  }
  if (by_area) prefix += filter.area;
  std::string until = After(prefix);
  if (!by_area && !filter.joins) {
    until = prefix;
    AppendBe(&until, static_cast<uint64_t>(filter.now.ms) + 1, 8);
  }
  if (!after.empty() && after.compare(0, prefix.size(), prefix) != 0) {
    return absl::InvalidArgumentError("the page token belongs to another list");
  }
  const std::string from = after.empty() ? prefix : after + '\0';

  Page page;
  absl::Status inner;
  size_t looked_at = 0;
  LM_RETURN_IF_ERROR(store_->Scan(from, until, [&](std::string_view key, std::string_view) {
    if (page.rows.size() == most || looked_at == kMostLookedAt) return false;
    ++looked_at;
    page.next = std::string(key);
    const auto number = CaseOfIndex(key);
    if (!number) return true;
    auto row = FindCase(*number);
    if (!row.ok()) {
      inner = row.status();
      return false;
    }
    if (*row && Fits(filter, **row) && keep(**row)) page.rows.push_back(**std::move(row));
    return true;
  }));
  LM_RETURN_IF_ERROR(inner);
  if (page.rows.size() < most && looked_at < kMostLookedAt) page.next.clear();
  return page;
}

absl::Status View::ForEachIndexed(
    const std::string& from, const std::string& until,
    const std::function<bool(std::string_view, const CaseRow&)>& take) const {
  absl::Status inner;
  LM_RETURN_IF_ERROR(store_->Scan(from, until, [&](std::string_view key, std::string_view) {
    const auto number = CaseOfIndex(key);
    if (!number) return true;
    auto row = FindCase(*number);
    if (!row.ok()) {
      inner = row.status();
      return false;
    }
    if (!*row || take(key, **row)) return true;
    inner = absl::CancelledError("no longer asked for");
    return false;
  }));
  return inner;
}

absl::Status View::ForEachOfDays(Date from, Date to,
                                 const std::function<bool(Date, const CaseRow&)>& take) const {
  return ForEachIndexed(
      DayKey(from), DayKey(to + 1),
      [&](std::string_view key, const CaseRow& row) { return take(DayOfIndex(key), row); });
}

absl::Status View::ForEachOpen(const std::string& area,
                               const std::function<bool(const CaseRow&)>& take) const {
  for (int status = api::CaseStatus_MIN; status <= api::CaseStatus_MAX; ++status) {
    if (status == api::CASE_STATUS_CLOSED || status == api::CASE_STATUS_SCHEDULED ||
        status == api::CASE_STATUS_BULLETIN) {
      continue;
    }
    const std::string prefix = IndexPrefix('S', status) + area;
    LM_RETURN_IF_ERROR(ForEachIndexed(
        prefix, After(prefix), [&](std::string_view, const CaseRow& row) { return take(row); }));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> View::CountHidden(const std::string& area,
                                           const std::function<bool(const CaseRow&)>& keep) const {
  const std::string prefix = IndexPrefix('X') + area;
  uint32_t hidden = 0;
  size_t looked_at = 0;
  absl::Status inner;
  LM_RETURN_IF_ERROR(
      store_->Scan(prefix, After(prefix), [&](std::string_view key, std::string_view) {
        const auto number = CaseOfIndex(key);
        if (!number) return true;
        auto row = FindCase(*number);
        if (!row.ok()) {
          inner = row.status();
          return false;
        }
        if (*row && !(*row)->shown().drill() && !keep(**row)) ++hidden;
        return ++looked_at < kMostHidden;
      }));
  LM_RETURN_IF_ERROR(inner);
  return hidden;
}

}  // namespace lastmeter::query
