#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/runtime/follower.h"
#include "lastmeter/view/v1/view.pb.h"
#include "services/common/outcomes.h"
#include "services/query/answer_times.h"
#include "services/query/kinds.h"
#include "services/query/record_source.h"
#include "services/query/view_store.h"

namespace lastmeter::query {

// The read side's rows; view_keys.h says how they are laid out.
//
// Folding is done by one thread; reading is thread-safe beside it. Partition and case rows, indexes
// and the position go in with one batch, so that a reader never sees half of a record.
class View {
 public:
  // Raised by every change of what the rows mean; the view is then folded anew.
  static constexpr int kSchema = 5;

  // Opens the rows, made anew when asked to. Returns kDataLoss for damaged ones.
  using OpenStore = std::function<absl::StatusOr<std::unique_ptr<ViewStore>>(bool anew)>;

  // Rows that are damaged, or of another schema or another log, are made anew.
  // `keeps_records`: whether the records themselves are kept, too (see records()).
  static absl::StatusOr<std::unique_ptr<View>> Open(const OpenStore& open_store,
                                                    const LogIdentity& identity,
                                                    bool keeps_records);

  // ---- The folding thread.

  // Where the partition's follower goes on.
  absl::StatusOr<Follower::From> Position(PartitionId partition) const;

  // Takes one record into the batch.
  absl::Status Fold(PartitionId partition, const FollowedRecord& followed);
  // Puts the batch in, with the follower's position.
  absl::Status Commit(PartitionId partition, const Follower::From& at);
  // Forgets the batch.
  void Drop();

  // ---- Any thread.

  absl::StatusOr<std::optional<lastmeter::view::v1::CaseRow>> FindCase(
      const CaseNumber& number) const;
  absl::StatusOr<std::optional<lastmeter::view::v1::InputRow>> FindInput(
      const InputName& input) const;
  absl::StatusOr<std::optional<lastmeter::view::v1::RulesRow>> FindRules(
      PartitionId partition) const;
  // What the partition's rules in force say of a kind; empty for one that they do not list.
  std::optional<lastmeter::rules::v1::Kind> FindKind(PartitionId partition,
                                                     std::string_view code) const {
    return kinds_.Find(partition, code);
  }
  // Positions of the case's records from `from` on, at most `most`.
  absl::StatusOr<std::vector<LogPosition>> HistoryOf(const CaseNumber& number, LogPosition from,
                                                     size_t most) const;

  struct Filter {
    // Cases of this area and below; empty: all.
    std::string area;
    lastmeter::common::v1::Tier tier = lastmeter::common::v1::TIER_UNSPECIFIED;
    lastmeter::common::v1::Level level = lastmeter::common::v1::LEVEL_UNSPECIFIED;
    lastmeter::api::v1::CaseStatus status = lastmeter::api::v1::CASE_STATUS_UNSPECIFIED;
    std::optional<bool> overdue;
    // Open incidents only.
    bool incident = false;
    // Cases that joined this incident only.
    std::optional<CaseNumber> joins;
    // Only cases with planned work that goes on; not together with the others above.
    bool works = false;
    Timestamp now;
  };
  struct Page {
    std::vector<lastmeter::view::v1::CaseRow> rows;
    // Key to go on after; empty at the end.
    std::string next;
  };
  // Cases that fit, after the key `after` of an earlier page (empty: from the start), in the order
  // of area and number, or, asked for overdue ones, with the longest overdue first. At most `most`
  // rows that `keep` lets pass, and at most 5,000 looked at: a page may be short and yet not the
  // last. kInvalidArgument when `after` is not of this filter.
  absl::StatusOr<Page> List(
      const Filter& filter, const std::string& after, size_t most,
      const std::function<bool(const lastmeter::view::v1::CaseRow&)>& keep) const;

  // Every case that had a cycle begin, or a deed, on one of the days, with the day, once for each
  // such day, in the order of days; ends with kCancelled when `take` returns false. kUnavailable
  // and kDataLoss as the store answers.
  absl::Status ForEachOfDays(
      Date from, Date to,
      const std::function<bool(Date, const lastmeter::view::v1::CaseRow&)>& take) const;
  // Every open case below the area; ends in the same way.
  absl::Status ForEachOpen(
      const std::string& area,
      const std::function<bool(const lastmeter::view::v1::CaseRow&)>& take) const;

  // Open restricted cases below the area that `keep` does not let pass, exercises left out; stops
  // at 1,000.
  absl::StatusOr<uint32_t> CountHidden(
      const std::string& area,
      const std::function<bool(const lastmeter::view::v1::CaseRow&)>& keep) const;

  // The records that were folded, where they are kept; otherwise null. Lives as long as the view.
  const RecordSource* records() const { return records_.get(); }

  uint32_t partitions() const { return partitions_; }

 private:
  struct Cached {
    lastmeter::view::v1::CaseRow row;
    std::vector<std::string> indexed;  // keys in the store
  };

  View(std::unique_ptr<ViewStore> store, uint32_t partitions, bool keeps_records);

  absl::Status LoadKinds();
  template <typename Row>
  absl::StatusOr<std::optional<Row>> Find(std::string_view key) const;
  absl::Status ForEachIndexed(
      const std::string& from, const std::string& until,
      const std::function<bool(std::string_view key, const lastmeter::view::v1::CaseRow&)>& take)
      const;
  absl::StatusOr<Cached*> Load(const CaseNumber& number);
  void Put(std::string key, std::optional<std::string> value);
  // Of the rules that are in force where the fold stands.
  absl::StatusOr<const AnswerTimes*> TimesOf(PartitionId partition);
  absl::Status FoldMerged(const lastmeter::event::v1::Event& event, const std::string& name);
  absl::Status FoldInput(PartitionId partition, const FollowedRecord& followed);

  const std::unique_ptr<ViewStore> store_;
  const uint32_t partitions_;
  const std::unique_ptr<RecordSource> records_;

  // The batch being folded.
  std::map<CaseNumber, Cached> cases_;
  std::vector<ViewStore::Row> rows_;
  // The report whose decision is being folded, by partition: its outcome may stand in a later part.
  std::map<PartitionId, std::pair<InputName, lastmeter::view::v1::InputRow>> deciding_;
  // By partition; outlives a batch that went in.
  std::map<PartitionId, AnswerTimes> times_;
  Kinds kinds_;
};

// The name, the sender and the fingerprint of the input that a decision's first record carries.
struct DecidedInput {
  InputName name;
  std::string actor;
  std::string fingerprint;
};
// Empty when the record carries none, or bytes that nobody can read.
std::optional<DecidedInput> InputOfRecord(PartitionId partition,
                                          const lastmeter::event::v1::Record& record);

}  // namespace lastmeter::query
