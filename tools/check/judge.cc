#include "tools/check/judge.h"

#include <google/protobuf/arena.h>

#include <array>

#include "engine/base/hash.h"
#include "engine/base/time.h"
#include "lastmeter/event/v1/record.pb.h"
#include "tools/check/case_book.h"
#include "tools/check/decision.h"
#include "tools/check/input_book.h"

namespace lastmeter {

namespace ev = lastmeter::event::v1;

namespace {

// Which causes may have this event.
constexpr uint8_t kByReport = 1;
constexpr uint8_t kByCommand = 2;
constexpr uint8_t kByTimer = 4;
constexpr uint8_t kByEngine = 8;

uint8_t CausesOf(ev::Event::BodyCase body) {
  switch (body) {
    case ev::Event::kWriterOpened:
    case ev::Event::kHeartbeat:
    case ev::Event::kDayRolled:
    case ev::Event::kDeadlinesRecomputed:
      return kByEngine;
    case ev::Event::kClockAccepted:
      return kByEngine | kByCommand;
    case ev::Event::kCaseOpened:
    case ev::Event::kReportAttached:
      return kByReport;
    case ev::Event::kFollowUpEnded:
    case ev::Event::kCaseReopened:
    case ev::Event::kLevelRaised:
    case ev::Event::kInputRepeated:
    case ev::Event::kInputQuarantined:
      return kByReport | kByCommand;
    case ev::Event::kMergeSettled:
      return kByCommand | kByTimer;
    case ev::Event::kTierPassed:
    case ev::Event::kCaseEscalated:
    case ev::Event::kHoldEnded:
    case ev::Event::kIncidentDigest:
      return kByReport | kByCommand | kByTimer;
    case ev::Event::kLadderExhausted:
    case ev::Event::kCaseReminded:
    case ev::Event::kClockNearDue:
    case ev::Event::kClockBreached:
    case ev::Event::kClockOverdueTwice:
    case ev::Event::kWorkUnclaimed:
    case ev::Event::kClaimLapsed:
    case ev::Event::kWorkMissed:
    case ev::Event::kGoalOverdue:
    case ev::Event::kCaseQuarantined:
      return kByTimer;
    default:
      return kByCommand;
  }
}

uint8_t CauseBit(const DecisionRecord& decision) {
  switch (decision.cause) {
    case ev::Record::kInputCause:
      return decision.topic == ev::INPUT_TOPIC_REPORT ? kByReport : kByCommand;
    case ev::Record::kTimerCause:
      return kByTimer;
    case ev::Record::kEngineCause:
      return kByEngine;
    default:
      return 0;
  }
}

}  // namespace

struct Judge::Impl {
  Impl(PartitionId id, const JudgeOptions& judge_options)
      : partition(id), options(judge_options), sink(id, judge_options.max_findings) {}

  void Take(LogPosition position, std::string_view bytes);
  void TakeFrame(const ev::Record& record);
  void TakeDecision(const ev::Record& record);
  void BeginDecision(const ev::Record& record);
  bool SameCause(const ev::Record& record) const;
  void TakeEvent(const ev::Record& record);
  void TakePartitionEvent(const ev::Record& record);
  void TakeWriter(const ev::WriterOpened& opened);
  void EndDecision();

  PartitionId partition;
  JudgeOptions options;
  FindingSink sink;
  Counts counts;
  CaseBook cases{&sink, &counts};
  InputBook inputs{&sink};
  // Records are parsed into one arena whose first block is reused: no allocation for most.
  std::array<char, size_t{16} * 1024> block;
  google::protobuf::Arena arena{[this] {
    google::protobuf::ArenaOptions arena_options;
    arena_options.initial_block = block.data();
    arena_options.initial_block_size = block.size();
    return arena_options;
  }()};

  uint64_t seq = 0;
  Sha256Digest last_hash{};
  int64_t log_time_ms = 0;
  uint64_t epoch = 0;
  uint32_t date = 0;
  CaseBook::Place place;
  std::string cluster_id;
  // A decision is under way while next_part < parts.
  DecisionRecord decision;
  bool in_decision = false;
};

void Judge::Impl::Take(LogPosition position, std::string_view bytes) {
  ++counts.records;
  sink.At(seq + 1, position);
  arena.Reset();
  auto* record = google::protobuf::Arena::CreateMessage<ev::Record>(&arena);
  if (!record->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    sink.Report(rule::kParse, std::to_string(bytes.size()) + " bytes are not a record");
    // It had a number and a hash, whatever it was.
    ++seq;
    last_hash = Sha256(bytes);
    in_decision = false;
    return;
  }
  sink.At(record->seq(), position);
  TakeFrame(*record);
  last_hash = Sha256(bytes);
  TakeDecision(*record);
}

void Judge::Impl::TakeFrame(const ev::Record& record) {
  sink.Require(record.seq() == seq + 1, rule::kSeq, [&] {
    return "number " + std::to_string(record.seq()) + " follows " + std::to_string(seq);
  });
  seq = record.seq();
  sink.Require(record.prev_sha256() == AsBytes(last_hash), rule::kChain, [&] {
    return "names " + ToHex(record.prev_sha256()).substr(0, 16) + "… as the hash before, it is " +
           ToHex(AsBytes(last_hash)).substr(0, 16) + "…";
  });
  sink.Require(record.log_time_ms() >= log_time_ms, rule::kTime, [&] {
    return FormatLocal({record.log_time_ms()}) + " follows " + FormatLocal({log_time_ms});
  });
  log_time_ms = std::max(log_time_ms, record.log_time_ms());
  const bool opens = record.event().has_writer_opened();
  if (counts.records == 1) {
    sink.Require(opens && record.epoch() == 1, rule::kEpoch, [&] {
      return "the log begins with epoch " + std::to_string(record.epoch()) +
             (opens ? "" : " and without WriterOpened");
    });
  } else {
    sink.Require(record.epoch() == epoch + (opens ? 1 : 0), rule::kEpoch, [&] {
      return "epoch " + std::to_string(record.epoch()) + (opens ? " opened" : "") + " after " +
             std::to_string(epoch);
    });
  }
  epoch = record.epoch();
}

void Judge::Impl::TakeDecision(const ev::Record& record) {
  if (record.part() == 0 || !in_decision) {
    if (in_decision) {
      sink.Report(rule::kParts, "a new decision begins, part " +
                                    std::to_string(decision.next_part) + " of " +
                                    std::to_string(decision.parts) + " is missing before");
      EndDecision();
    }
    sink.Require(record.part() == 0 && record.parts() > 0, rule::kParts, [&] {
      return "begins with part " + std::to_string(record.part()) + " of " +
             std::to_string(record.parts());
    });
    BeginDecision(record);
  } else {
    if (record.part() != decision.next_part || record.parts() != decision.parts) {
      sink.Report(rule::kParts, "part " + std::to_string(record.part()) + " of " +
                                    std::to_string(record.parts()) + " where part " +
                                    std::to_string(decision.next_part) + " of " +
                                    std::to_string(decision.parts) + " is due");
    }
    sink.Require(SameCause(record), rule::kWhole,
                 [] { return "its cause or log time differs from its first part's"; });
    sink.Require(record.input().empty(), rule::kInputBytes,
                 [] { return "a later part carries input bytes"; });
  }
  decision.next_part = record.part() + 1;
  TakeEvent(record);
  if (decision.next_part >= decision.parts) EndDecision();
}

void Judge::Impl::BeginDecision(const ev::Record& record) {
  ++counts.decisions;
  in_decision = true;
  decision = {};
  decision.first_seq = record.seq();
  decision.parts = record.parts();
  decision.log_time_ms = record.log_time_ms();
  decision.cause = record.cause_case();
  switch (record.cause_case()) {
    case ev::Record::kInputCause:
      ++counts.inputs;
      decision.topic = record.input_cause().topic();
      decision.position = record.input_cause().position();
      decision.accepted_at_ms = record.input_cause().accepted_at_ms();
      inputs.Begin(record, decision);
      // Empty bytes are an input too, if an odd one: nobody can read a report or command in them.
      sink.Require(!record.input().empty() || record.event().has_command_rejected() ||
                       record.event().has_input_quarantined() ||
                       record.event().case_opened().unreadable(),
                   rule::kInputBytes, [] { return "the input's bytes are missing"; });
      break;
    case ev::Record::kTimerCause:
      ++counts.timers;
      decision.case_number = record.timer_cause().case_number();
      decision.timer_due_ms = record.timer_cause().due_ms();
      decision.inputs_unseen = record.timer_cause().inputs_unseen();
      cases.BeginTimer(decision);
      [[fallthrough]];
    default:
      sink.Require(record.input().empty(), rule::kInputBytes,
                   [] { return "no input is answered, yet there are input bytes"; });
  }
}

bool Judge::Impl::SameCause(const ev::Record& record) const {
  if (record.cause_case() != decision.cause || record.log_time_ms() != decision.log_time_ms) {
    return false;
  }
  if (record.has_input_cause()) {
    return record.input_cause().topic() == decision.topic &&
           record.input_cause().position() == decision.position &&
           record.input_cause().accepted_at_ms() == decision.accepted_at_ms;
  }
  return !record.has_timer_cause() ||
         (record.timer_cause().case_number() == decision.case_number &&
          record.timer_cause().due_ms() == decision.timer_due_ms &&
          record.timer_cause().inputs_unseen() == decision.inputs_unseen);
}

void Judge::Impl::TakeEvent(const ev::Record& record) {
  const ev::Event& event = record.event();
  if (event.body_case() == ev::Event::BODY_NOT_SET) {
    return sink.Report(rule::kUnknownEvent, "an event of no type known here");
  }
  sink.Require((CausesOf(event.body_case()) & CauseBit(decision)) != 0, rule::kCause,
               [&] { return "event " + std::to_string(event.body_case()) + " has a wrong cause"; });
  if (decision.by_input()) inputs.Take(event, decision, record.part());
  if (event.has_command_rejected()) ++counts.rejected;
  if (event.case_number().empty()) return TakePartitionEvent(record);
  if (decision.case_number.empty()) {
    decision.case_number = event.case_number();
  } else {
    sink.Require(decision.case_number == event.case_number(), rule::kWhole, [&] {
      return event.case_number() + " in a decision about " + decision.case_number;
    });
  }
  cases.Take(event, decision, place);
}

void Judge::Impl::TakePartitionEvent(const ev::Record& record) {
  const ev::Event& event = record.event();
  sink.Require(event.case_version() == 0, rule::kCaseVersion,
               [] { return "an event of the partition has a case version"; });
  switch (event.body_case()) {
    case ev::Event::kWriterOpened:
      return TakeWriter(event.writer_opened());
    case ev::Event::kDayRolled: {
      const uint32_t rolled = event.day_rolled().date();
      sink.Require(rolled > date && rolled == DateOf({record.log_time_ms()}), rule::kDay, [&] {
        return "day " + std::to_string(rolled) + " after " + std::to_string(date) + " at " +
               FormatLocal({record.log_time_ms()});
      });
      date = rolled;
      return;
    }
    case ev::Event::kRulesInstalled: {
      const auto& installed = event.rules_installed();
      sink.Require(installed.ordinal() == place.rules_ordinal + 1, rule::kRules, [&] {
        return "rules " + std::to_string(installed.ordinal()) + " follow " +
               std::to_string(place.rules_ordinal);
      });
      place.rules_ordinal = installed.ordinal();
      if (decision.command != nullptr) {
        cases.TakeRules(installed.ordinal(), decision.command->install_rules().rules());
      }
      return;
    }
    case ev::Event::kInputRepeated:
      ++counts.repeated;
      return;
    case ev::Event::kInputQuarantined:
      ++counts.quarantined;
      sink.Require(event.input_quarantined().input_sha256() == AsBytes(Sha256(record.input())),
                   rule::kInputMatch, [] { return "the hash is not that of the input set aside"; });
      return;
    case ev::Event::kHeartbeat:
    case ev::Event::kClockAccepted:
    case ev::Event::kCommandRejected:
      return;
    default:
      return sink.Report(rule::kCaseUnknown, "an event of a case names no case");
  }
}

void Judge::Impl::TakeWriter(const ev::WriterOpened& opened) {
  const bool first = ++counts.ownerships == 1;
  const bool moved = opened.has_moved_from();
  // A log that was moved names the one before, and is another one.
  const bool belongs =
      first   ? !moved
      : moved ? opened.moved_from().cluster_id() == cluster_id && opened.cluster_id() != cluster_id
              : opened.cluster_id() == cluster_id;
  sink.Require(
      opened.partition() == partition.value && opened.partition_count() > partition.value &&
          (first || opened.partition_count() == place.partition_count) && belongs,
      rule::kWriter, [&] {
        return opened.instance() + " opened partition " + std::to_string(opened.partition()) +
               " of " + std::to_string(opened.partition_count()) + " in cluster '" +
               opened.cluster_id() + "'" +
               (moved ? ", moved from '" + opened.moved_from().cluster_id() + "'" : "");
      });
  if (moved) {
    inputs.GoOnFrom(opened.moved_from().next_report(), opened.moved_from().next_command());
  }
  place.partition = partition;
  place.partition_count = opened.partition_count();
  cluster_id = opened.cluster_id();
}

void Judge::Impl::EndDecision() {
  in_decision = false;
  cases.EndDecision(decision);
}

Judge::Judge(PartitionId partition, JudgeOptions options)
    : impl_(std::make_unique<Impl>(partition, options)) {}
Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;
Judge& Judge::operator=(Judge&&) noexcept = default;

void Judge::Take(LogPosition position, std::string_view stored_bytes) {
  impl_->Take(position, stored_bytes);
  impl_->counts.findings = impl_->sink.total();
}

void Judge::Finish() {
  if (impl_->in_decision) {
    impl_->sink.Report(rule::kParts, "the log ends with part " +
                                         std::to_string(impl_->decision.next_part) + " of " +
                                         std::to_string(impl_->decision.parts) + " missing");
    impl_->EndDecision();
  }
  impl_->cases.Finish(impl_->log_time_ms, impl_->options.log_is_complete_to_now);
  impl_->counts.findings = impl_->sink.total();
}

const std::vector<Finding>& Judge::findings() const { return impl_->sink.findings(); }
const Judge::Counts& Judge::counts() const { return impl_->counts; }
int64_t Judge::last_log_time_ms() const { return impl_->log_time_ms; }

std::string ToString(const Finding& finding) {
  return "partition " + std::to_string(finding.partition.value) + " seq " +
         std::to_string(finding.seq) + ": " + finding.rule + ": " + finding.text;
}

}  // namespace lastmeter
