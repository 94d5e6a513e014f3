#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/time.h"
#include "engine/log/log.h"
#include "engine/runtime/follower.h"
#include "services/common/http.h"
#include "services/common/metrics.h"
#include "services/common/outcomes.h"
#include "services/query/back_office.h"
#include "services/query/event_streams.h"
#include "services/query/record_source.h"
#include "services/query/view.h"
#include "services/query/waiters.h"

namespace lastmeter::query {

struct QueryOptions {
  // Must outlive the query.
  Log* log = nullptr;
  // Where the view's rows are kept. May be lost while nothing runs: they are folded again.
  View::OpenStore open_store;
  // Keeps the records themselves beside the rows, so that histories and streams need not ask the
  // log again: for a log across a network, at the cost of the disk that the log itself takes.
  bool keeps_records = false;
  // By which lamps are lit.
  std::function<Timestamp()> now;
};

// The read side: follows the event logs of all partitions, folds them into a view, and answers who
// asks. Thread-safe after Start. Must outlive the HTTP server that its routes are given to.
class Query : public Outcomes {
 public:
  static absl::StatusOr<std::unique_ptr<Query>> Open(QueryOptions options);
  ~Query() override;

  void Start();
  // Ends all streams and takes no new ones, so that a server that is stopping need not wait for
  // them.
  void CloseStreams() { streams_.Stop(); }
  // Answers everybody who waits, closes all streams, ends the threads.
  void Stop();

  std::vector<http::Route> Routes();

  // OK while it follows all partitions, and their log answers when asked for its end.
  absl::Status health() const;
  // Whether everything is folded that the log held when this began to follow it. Once true, it
  // stays so.
  bool caught_up() const;
  // How many positions of the log, roughly records, were not folded when last looked.
  int64_t lag() const;
  size_t listeners() const { return streams_.listeners(); }
  uint64_t records_folded() const { return records_folded_; }
  const View& view() const { return *view_; }

  void AddMetrics(Metrics* metrics) const;

  // ---- Outcomes
  std::optional<KnownInput> FindInput(const InputName& input) const override;
  void WaitFor(InputName input, Millis at_most, Callback callback) override;
  std::optional<lastmeter::rules::v1::Kind> FindKind(PartitionId partition,
                                                     std::string_view code) const override {
    return view_->FindKind(partition, code);
  }
  std::optional<lastmeter::api::v1::Case> FindCase(const Caller& caller,
                                                   std::string_view number) const override;
  bool ShowsTurn(const Caller& caller, std::string_view number, TurnName turn) const override;
  LogPosition UndecidedFrom(InputLog log) const override;

 private:
  using Responder = std::shared_ptr<http::Responder>;
  // A decision that somebody waits for, while its parts arrive.
  struct Arriving {
    InputName name;
    Outcome outcome;
    bool repeated = false;
  };

  Query(QueryOptions options, std::unique_ptr<View> view);

  // query.cc: the folding thread.
  void Run();
  absl::StatusOr<size_t> FoldSome(PartitionId partition);
  absl::StatusOr<size_t> PollWhole(PartitionId partition);
  // Learns how far there is to go.
  void LookAhead(PartitionId partition);
  void NoteDecided(PartitionId partition, const lastmeter::event::v1::Record& record);
  void Gather(PartitionId partition, const lastmeter::event::v1::Record& record);
  void WarnOnceADay();
  PositionVector Folded() const;
  absl::StatusOr<Outcome> Recall(const InputName& input,
                                 const lastmeter::view::v1::InputRow& row) const;

  // query_routes.cc
  void ListCases(const http::Request& request, const Responder& out) const;
  void ShowCase(const http::Request& request, const Responder& out) const;
  void ShowHistory(const http::Request& request, const Responder& out) const;
  void ShowReport(const std::string& id, const Caller& caller, const Responder& out) const;
  void ShowEvents(const http::Request& request, const Responder& out);
  void ShowRules(const http::Request& request, const Responder& out) const;
  // turns_route.cc
  void ListTurns(const http::Request& request, const Responder& out) const;
  // statistics_route.cc
  void ShowStatistics(const http::Request& request, const Responder& out) const;
  // The row if the caller may see the case; otherwise `out` has been answered.
  std::optional<lastmeter::view::v1::CaseRow> Readable(const http::Request& request,
                                                       const Responder& out) const;

  const QueryOptions options_;
  const std::unique_ptr<View> view_;
  const LogRecords log_records_;
  const RecordSource* const records_;
  Waiters waiters_;

  // The folding thread's own.
  std::vector<std::unique_ptr<Follower>> followers_;
  std::map<PartitionId, Arriving> arriving_;
  std::vector<std::pair<InputName, Outcome>> resolved_;
  // Of the poll under way, in order.
  std::vector<std::pair<InputLog, LogPosition>> decided_;
  Date warned_on_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = true;
  bool stopping_ = false;
  absl::Status health_;
  PositionVector folded_;
  struct Ahead {
    // What the log said last; empty before it was heard.
    std::optional<LogPosition> end;
    bool asking = false;
    std::chrono::steady_clock::time_point asked_at{};
    // When it last answered.
    std::chrono::steady_clock::time_point heard_at = std::chrono::steady_clock::now();
    bool caught_up = false;
    int64_t lag = 0;
    // One past the last report and command known to be decided.
    LogPosition next_report{};
    LogPosition next_command{};
  };
  // By partition.
  std::vector<Ahead> ahead_;
  std::atomic<uint64_t> records_folded_{0};
  std::vector<std::unique_ptr<Log::Registration>> registrations_;
  std::thread thread_;
  // Last: it reads everything above.
  EventStreams streams_;
  // Last, so that it ends before what it reads.
  mutable BackOffice back_office_;
};

}  // namespace lastmeter::query
