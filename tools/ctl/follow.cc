// Following a log that shows what is appended while it is open.
#include <chrono>

#include "engine/base/status.h"
#include "tools/ctl/bell.h"
#include "tools/ctl/tool.h"

namespace lastmeter::ctl {
namespace {

constexpr size_t kRecords = 4096;
constexpr size_t kBytes = 8 << 20;
// How long to sleep without being told of anything: a call that got lost costs no more than this.
constexpr auto kLookAgain = std::chrono::seconds(1);

}  // namespace

absl::Status Follow(const OpenedLog& opened, const std::map<PartitionId, LogPosition>& from,
                    const TakeOf& take, const std::function<void()>& caught_up) {
  Bell bell;
  struct Source {
    PartitionId partition;
    std::unique_ptr<LogReader> reader;
    std::unique_ptr<Log::Registration> registration;
  };
  std::vector<Source> sources;
  for (const auto& [partition, position] : from) {
    auto registration = opened.log->OnActivity(partition, [&bell] { bell.Ring(); });
    LM_ASSIGN_OR_RETURN(auto reader, opened.log->OpenReader({Topic::kEvent, partition}, position));
    sources.push_back({partition, std::move(reader), std::move(registration)});
  }
  while (true) {
    bool more = false;
    for (Source& source : sources) {
      auto entries = source.reader->Read(kRecords, kBytes);
      // Brokers come back; whoever follows has time.
      if (entries.status().code() == absl::StatusCode::kUnavailable) continue;
      LM_RETURN_IF_ERROR(entries.status());
      for (const LogEntry& entry : *entries) {
        absl::Status status = take(source.partition, entry);
        if (status.code() == absl::StatusCode::kCancelled) return status;
        LM_RETURN_IF_ERROR(
            Annotate(status, opened.Where({Topic::kEvent, source.partition}, entry.position)));
      }
      more |= !entries->empty();
    }
    if (more) continue;
    caught_up();
    bell.Wait(kLookAgain);
  }
}

}  // namespace lastmeter::ctl
