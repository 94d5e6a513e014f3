#include "engine/log_kafka/membership.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "engine/base/status.h"
#include "engine/log/log.h"
#include "engine/log_kafka/kafka_error.h"
#include "engine/log_kafka/shared.h"

namespace lastmeter {
namespace {

using log_kafka::ToStatus;
using SteadyClock = std::chrono::steady_clock;

// librdkafka tells the group that a member leaves only if that has an assignment. One that is about
// to get its first waits for it, for so long.
constexpr auto kAssignedWithin = std::chrono::seconds(5);
// A group whose coordinator moved to another broker may take a member's own next request for that
// of another process under its name. So the first time it is fenced it joins anew, and the second
// time within so long it believes it.
constexpr auto kFencedTwiceWithin = std::chrono::minutes(1);
// How long a leaving member waits for the partitions to be taken back.
constexpr auto kRevokedWithin = std::chrono::seconds(5);

constexpr std::string_view kOurs[] = {"bootstrap.servers",  "metadata.broker.list",
                                      "group.id",           "group.instance.id",
                                      "group.protocol",     "partition.assignment.strategy",
                                      "session.timeout.ms", "max.poll.interval.ms",
                                      "enable.auto.commit", "enable.auto.offset.store"};

Timestamp Now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

absl::Status CheckOptions(const Membership::Options& options) {
  if (options.group.empty() || options.instance.empty()) {
    return absl::InvalidArgumentError("a member needs a group and a name of its own");
  }
  for (std::string_view name : kOurs) {
    if (options.properties.contains(std::string(name))) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "Kafka property " + std::string(name) +
                            " may not be set: sharing partitions out rests on it");
    }
  }
  return absl::OkStatus();
}

}  // namespace

class Membership::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) { status_.since = Now(); }
  ~Impl() { Leave(); }

  absl::Status Start();
  void Leave();
  MembershipStatus status() const {
    std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  static void Rebalanced(rd_kafka_t*, rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t* partitions, void* opaque);
  static void Failed(rd_kafka_t*, int code, const char* text, void* opaque);

  // Makes a client and subscribes.
  absl::Status Connect();
  void Disconnect();
  // All below on the membership's thread.
  void Run();
  bool FencedTwice();
  void JoinAnew();
  void Poll(std::chrono::milliseconds wait);
  void Take(const rd_kafka_topic_partition_list_t& partitions);
  void LetGo();
  absl::Status SharedOutAlike(const rd_kafka_topic_partition_list_t& partitions) const;
  void Note(absl::Status error);
  void EndForGood(absl::Status why);
  void LeaveGroup();
  std::string Name(Topic topic) const {
    return options_.topic_prefix + std::string(TopicName(topic));
  }

  const Options options_;
  log_kafka::Handle handle_;
  rd_kafka_queue_t* queue_ = nullptr;

  // The group has answered with an assignment and not taken it back.
  bool assigned_ = false;
  // What the owner was last told.
  std::vector<PartitionId> told_;
  // Not OK: the membership ends after the poll under way.
  absl::Status ending_;
  std::optional<SteadyClock::time_point> fenced_at_;

  mutable std::mutex mutex_;
  bool leaving_ = false;
  MembershipStatus status_;
  std::mutex leave_mutex_;
  std::thread thread_;
};

absl::Status Membership::Impl::Start() {
  LM_RETURN_IF_ERROR(Connect());
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

absl::Status Membership::Impl::Connect() {
  const std::string heartbeat =
      std::to_string(std::clamp<int64_t>(options_.session_timeout.ms / 20, 100, 3000));
  const log_kafka::Properties ours = {
      {"bootstrap.servers", options_.brokers},
      {"client.id", "lastmeter"},
      {"group.id", options_.group},
      {"group.instance.id", options_.instance},
      {"partition.assignment.strategy", "range"},
      {"session.timeout.ms", std::to_string(options_.session_timeout.ms)},
      {"max.poll.interval.ms",
       std::to_string(std::max(options_.rebalance_timeout.ms, options_.session_timeout.ms))},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"}};
  log_kafka::Properties theirs = options_.properties;
  // A member hears with its heartbeat that others come or go, and all wait for the last to hear it.
  theirs.insert({{"heartbeat.interval.ms", heartbeat},
                 // How soon a topic whose partitions were added to is noticed.
                 {"topic.metadata.refresh.interval.ms", "30000"},
                 {"reconnect.backoff.ms", "50"},
                 {"reconnect.backoff.max.ms", "1000"}});
  LM_ASSIGN_OR_RETURN(
      handle_, log_kafka::NewHandle(RD_KAFKA_CONSUMER, theirs, ours,
                                    {.rebalance = &Rebalanced, .error = &Failed, .opaque = this}));
  // Callbacks, errors and messages all come through the one queue that Run polls.
  if (const auto code = rd_kafka_poll_set_consumer(handle_.get());
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return ToStatus(code, "joining group " + options_.group);
  }
  {
    std::lock_guard lock(mutex_);
    queue_ = rd_kafka_queue_get_consumer(handle_.get());
  }
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(2);
  for (Topic topic : {Topic::kReport, Topic::kCommand}) {
    rd_kafka_topic_partition_list_add(topics, Name(topic).c_str(), RD_KAFKA_PARTITION_UA);
  }
  const rd_kafka_resp_err_t code = rd_kafka_subscribe(handle_.get(), topics);
  rd_kafka_topic_partition_list_destroy(topics);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ToStatus(code, "joining group " + options_.group);
  return absl::OkStatus();
}

void Membership::Impl::Disconnect() {
  {
    std::lock_guard lock(mutex_);
    if (queue_ != nullptr) rd_kafka_queue_destroy(std::exchange(queue_, nullptr));
  }
  // It has been closed already, or was fenced and has nothing to close: a destruction that closes
  // it again may wait for ever for the group.
  if (handle_ != nullptr) {
    rd_kafka_destroy_flags(handle_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }
}

void Membership::Impl::Leave() {
  std::lock_guard one_at_a_time(leave_mutex_);
  {
    std::lock_guard lock(mutex_);
    leaving_ = true;
    if (queue_ != nullptr) rd_kafka_queue_yield(queue_);
  }
  if (thread_.joinable()) thread_.join();
  Disconnect();
}

void Membership::Impl::Run() {
  for (;;) {
    Poll(std::chrono::milliseconds(200));
    if (!ending_.ok()) {
      if (ending_.code() == absl::StatusCode::kAborted && !FencedTwice()) {
        JoinAnew();
      } else {
        EndForGood(ending_);
      }
    }
    std::lock_guard lock(mutex_);
    if (leaving_ || !status_.fatal.ok()) break;
  }
  LeaveGroup();
}

bool Membership::Impl::FencedTwice() {
  const auto now = SteadyClock::now();
  const bool twice = fenced_at_.has_value() && now - *fenced_at_ < kFencedTwiceWithin;
  fenced_at_ = now;
  return twice;
}

void Membership::Impl::JoinAnew() {
  Note(std::exchange(ending_, absl::OkStatus()));
  LetGo();
  Disconnect();
  if (absl::Status s = Connect(); !s.ok()) EndForGood(std::move(s));
}

void Membership::Impl::Poll(std::chrono::milliseconds wait) {
  // Nothing is ever read here, so that what comes as a message is an error.
  rd_kafka_message_t* message =
      rd_kafka_consumer_poll(handle_.get(), static_cast<int>(wait.count()));
  if (message != nullptr) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      Failed(handle_.get(), message->err, rd_kafka_message_errstr(message), this);
    }
    rd_kafka_message_destroy(message);
  }
  char text[512] = "";
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(handle_.get(), text, sizeof text);
  if (fatal == RD_KAFKA_RESP_ERR_NO_ERROR || !ending_.ok()) return;
  std::string context = "group " + options_.group + ", member " + options_.instance;
  if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
    context += ": another process has joined under this name; each needs one of its own";
  }
  ending_ = ToStatus(fatal, context, text);
}

void Membership::Impl::Rebalanced(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    // The assignment is taken note of and never read from.
    rd_kafka_topic_partition_list_t* none = rd_kafka_topic_partition_list_new(0);
    rd_kafka_assign(handle, none);
    rd_kafka_topic_partition_list_destroy(none);
    self->Take(*partitions);
    return;
  }
  self->LetGo();
  // Only from here on the group may go on without what was let go.
  rd_kafka_assign(handle, nullptr);
}

void Membership::Impl::Take(const rd_kafka_topic_partition_list_t& partitions) {
  assigned_ = true;
  if (absl::Status s = SharedOutAlike(partitions); !s.ok()) {
    ending_ = std::move(s);
    return;
  }
  std::set<PartitionId> owned;
  for (int i = 0; i < partitions.cnt; ++i) {
    owned.insert({static_cast<uint32_t>(partitions.elems[i].partition)});
  }
  {
    std::lock_guard lock(mutex_);
    if (leaving_) return;
    status_.joined = true;
    status_.since = Now();
    status_.partitions.assign(owned.begin(), owned.end());
    status_.last_error = absl::OkStatus();
    ++status_.rebalances;
  }
  told_.assign(owned.begin(), owned.end());
  if (options_.on_change) options_.on_change(told_);
}

void Membership::Impl::LetGo() {
  assigned_ = false;
  {
    std::lock_guard lock(mutex_);
    if (status_.joined) status_.since = Now();
    status_.joined = false;
    status_.partitions.clear();
  }
  if (told_.empty()) return;
  told_.clear();
  if (options_.on_change) options_.on_change(told_);
}

absl::Status Membership::Impl::SharedOutAlike(
    const rd_kafka_topic_partition_list_t& partitions) const {
  std::set<int32_t> reports;
  std::set<int32_t> commands;
  for (int i = 0; i < partitions.cnt; ++i) {
    const rd_kafka_topic_partition_t& p = partitions.elems[i];
    (p.topic == Name(Topic::kReport) ? reports : commands).insert(p.partition);
  }
  if (reports == commands) return absl::OkStatus();
  auto list = [](const std::set<int32_t>& numbers) {
    std::string text;
    for (int32_t n : numbers) text += (text.empty() ? "" : " ") + std::to_string(n);
    return "[" + text + "]";
  };
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    "group " + options_.group + " gave member " + options_.instance +
                        " partitions " + list(reports) + " of " + Name(Topic::kReport) + " and " +
                        list(commands) + " of " + Name(Topic::kCommand) +
                        ", which must be the same: the topics have different partition counts, or "
                        "a stranger is in the group");
}

void Membership::Impl::Note(absl::Status error) {
  std::lock_guard lock(mutex_);
  status_.last_error = std::move(error);
}

void Membership::Impl::Failed(rd_kafka_t*, int code, const char* text, void* opaque) {
  auto* self = static_cast<Impl*>(opaque);
  // A fatal error is told by Poll, under its own name.
  if (code == RD_KAFKA_RESP_ERR__FATAL) return;
  self->Note(ToStatus(static_cast<rd_kafka_resp_err_t>(code), "group " + self->options_.group,
                      text == nullptr ? "" : text));
}

void Membership::Impl::EndForGood(absl::Status why) {
  LetGo();
  {
    std::lock_guard lock(mutex_);
    status_.fatal = why;
  }
  if (options_.on_fatal) options_.on_fatal(why);
}

// Closing alone would not do: a static member that closes says nothing to the group, which is what
// makes a quick restart cheap. Unsubscribing does, as long as it is over before the closing.
void Membership::Impl::LeaveGroup() {
  auto until = [this](std::chrono::seconds within, bool assigned) {
    const auto deadline = SteadyClock::now() + within;
    while (assigned_ != assigned && ending_.ok() && SteadyClock::now() < deadline) {
      Poll(std::chrono::milliseconds(50));
    }
  };
  if (ending_.ok()) until(kAssignedWithin, true);
  rd_kafka_unsubscribe(handle_.get());
  until(kRevokedWithin, false);
  LetGo();
  rd_kafka_consumer_close(handle_.get());
}

Membership::Membership(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Membership::~Membership() = default;

absl::StatusOr<std::unique_ptr<Membership>> Membership::Join(Options options) {
  LM_RETURN_IF_ERROR(CheckOptions(options));
  auto impl = std::make_unique<Impl>(std::move(options));
  LM_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Membership>(new Membership(std::move(impl)));
}

void Membership::Leave() { impl_->Leave(); }
MembershipStatus Membership::status() const { return impl_->status(); }

}  // namespace lastmeter
