#include "engine/core/apply.h"

#include "engine/base/check.h"
#include "engine/core/case_applier.h"
#include "engine/core/draft.h"
#include "engine/core/incident.h"

namespace lastmeter {
namespace {

namespace ev = lastmeter::event::v1;

void ApplyOwnership(PartitionState& state, const ev::Record& record) {
  auto& meta = state.mutable_meta();
  const auto& opened = record.event().writer_opened();
  meta.set_epoch(record.epoch());
  meta.set_partition(opened.partition());
  meta.set_partition_count(opened.partition_count());
  meta.set_cluster_id(opened.cluster_id());
  meta.set_instance(opened.instance());
  if (!opened.has_moved_from()) return;
  meta.set_next_report(opened.moved_from().next_report());
  meta.set_next_command(opened.moved_from().next_command());
}

void ApplyRules(PartitionState& state, const ev::Record& record) {
  lastmeter::command::v1::Command command;
  LM_CHECK(command.ParseFromString(record.input()) && command.has_install_rules())
      << "record " << record.seq() << " installs rules that it does not carry";
  state.PutRules(record.event().rules_installed().ordinal(), command.install_rules().rules());
}

void ApplyCaseEvent(PartitionState& state, const ev::Record& record) {
  const ev::Event& event = record.event();
  const auto number = CaseNumber::Parse(event.case_number());
  LM_CHECK(number.has_value()) << "record " << record.seq() << " names no case";
  lastmeter::state::v1::Case& c = state.scratch().applied;
  if (event.has_case_opened()) {
    c.Clear();
    state.PutCounter(number->code, number->year, number->counter);
  } else {
    LM_CHECK(state.ReadCase(*number, &c))
        << "record " << record.seq() << " names unknown case " << event.case_number();
  }
  ApplyToCase(c, event, {record.log_time_ms()}, state.meta().rules_ordinal());
  if (event.has_case_corrected()) state.Reindex(*number, c);
  state.PutCase(*number, c);
  TakeForDigest(state, event, {record.log_time_ms()});
}

// The input's position and id, from the first record of its decision.
void ApplyInput(PartitionState& state, const ev::Record& record) {
  auto& meta = state.mutable_meta();
  const auto& cause = record.input_cause();
  if (cause.topic() == ev::INPUT_TOPIC_REPORT) {
    meta.set_next_report(cause.position() + 1);
  } else {
    meta.set_next_command(cause.position() + 1);
  }
  const auto& event = record.event();
  // A repeated input is known by its first decision; of a quarantined one nothing is read.
  if (event.has_input_repeated() || event.has_input_quarantined()) return;
  std::string id;
  if (event.has_case_opened()) {
    if (!event.case_opened().unreadable()) id = ReportInputId(event.case_opened().report_id());
  } else if (event.has_report_attached()) {
    id = ReportInputId(event.report_attached().report_id());
  } else {
    id = InputId(state, cause.topic(), record.input());
  }
  if (!id.empty()) state.PutSeen(id, record.seq(), DateOf({record.log_time_ms()}));
}

// What every record says, whatever its event: where log and chain stand, which input it answers.
void ApplyFrame(PartitionState& state, const ev::Record& record,
                const Sha256Digest& stored_sha256) {
  auto& meta = state.mutable_meta();
  LM_CHECK(record.seq() == meta.seq() + 1) << record.seq() << " after " << meta.seq();
  meta.set_seq(record.seq());
  meta.set_last_sha256(stored_sha256.data(), stored_sha256.size());
  meta.set_log_time_ms(record.log_time_ms());
  meta.set_parts_missing(record.parts() - record.part() - 1);
  if (record.has_input_cause() && record.part() == 0) ApplyInput(state, record);
}

}  // namespace

void Apply(PartitionState& state, const ev::Record& record, const Sha256Digest& stored_sha256) {
  ApplyFrame(state, record, stored_sha256);
  switch (record.event().body_case()) {
    case ev::Event::kWriterOpened:
      return ApplyOwnership(state, record);
    case ev::Event::kDayRolled:
      state.mutable_meta().set_today(record.event().day_rolled().date());
      return;
    case ev::Event::kRulesInstalled:
      return ApplyRules(state, record);
    case ev::Event::kHeartbeat:
    case ev::Event::kClockAccepted:
    case ev::Event::kCommandRejected:
    case ev::Event::kInputRepeated:
    case ev::Event::kInputQuarantined:
      return;
    case ev::Event::BODY_NOT_SET:
      LM_CHECK(false) << "record " << record.seq() << " holds an event unknown to this version";
      return;
    default:
      return ApplyCaseEvent(state, record);
  }
}

void ApplyDecided(PartitionState& state, std::span<const SealedRecord> decision) {
  const auto& scratch = state.scratch();
  if (!scratch.decided_number) {
    for (const SealedRecord& sealed : decision) Apply(state, sealed.record, sealed.sha256);
    return;
  }
  const CaseNumber number = *scratch.decided_number;
  LM_CHECK(decision.back().record.event().case_version() == scratch.decided.version())
      << "another decision on " << number.ToString() << " was made since";
  for (const SealedRecord& sealed : decision) {
    ApplyFrame(state, sealed.record, sealed.sha256);
    if (sealed.record.event().has_case_opened()) {
      state.PutCounter(number.code, number.year, number.counter);
    }
  }
  if (decision.front().record.event().has_case_corrected()) {
    state.Reindex(number, scratch.decided);
  }
  state.PutCase(number, scratch.decided);
  for (const SealedRecord& sealed : decision) {
    TakeForDigest(state, sealed.record.event(), {sealed.record.log_time_ms()});
  }
}

}  // namespace lastmeter
