#include "engine/log_rocksdb/tail_witness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/log_rocksdb/files.h"
#include "engine/log_rocksdb/record_format.h"

namespace lastmeter::log_rocksdb {
namespace {

// witness := slot slot                          slot n holds the statements with sequence % 2 = n
// slot    := magic:8 sequence:be64 partition_count:be32 id_size:be32 cluster_id:bytes
//            tail{4 * partition_count} sha256:32 zero…   padded to a whole number of pages
// tail    := end:be64 last_value:32              topic by topic, partition by partition
// sha256 covers everything before it in the slot.
constexpr std::string_view kMagic = "LMWITN01";
constexpr size_t kHeaderSize = 24;
constexpr size_t kTailSize = 40;
constexpr size_t kDigestSize = 32;
constexpr size_t kPage = 4'096;

size_t SlotSize(const LogIdentity& identity) {
  const size_t used = kHeaderSize + identity.cluster_id.size() +
                      kTopicCount * identity.partition_count * kTailSize + kDigestSize;
  return (used + kPage - 1) / kPage * kPage;
}

std::string EncodeSlot(const LogIdentity& identity, uint64_t sequence,
                       const std::vector<Tail>& tails) {
  std::string slot(kMagic);
  slot.reserve(SlotSize(identity));
  AppendBe64(slot, sequence);
  AppendBe32(slot, identity.partition_count);
  AppendBe32(slot, static_cast<uint32_t>(identity.cluster_id.size()));
  slot += identity.cluster_id;
  for (const Tail& tail : tails) {
    AppendBe64(slot, static_cast<uint64_t>(tail.end.value));
    slot += AsBytes(tail.last_value);
  }
  const Sha256Digest digest = Sha256(slot);
  slot += AsBytes(digest);
  slot.resize(SlotSize(identity));
  return slot;
}

struct Slot {
  uint64_t sequence = 0;
  Testimony testimony;
};

// Empty when the slot is not whole.
std::optional<Slot> DecodeSlot(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || bytes.substr(0, kMagic.size()) != kMagic) return std::nullopt;
  Slot slot;
  slot.sequence = ReadBe64(bytes.substr(8));
  LogIdentity& identity = slot.testimony.identity;
  identity.partition_count = ReadBe32(bytes.substr(16));
  const size_t id_size = ReadBe32(bytes.substr(20));
  if (identity.partition_count > kMaxPartitions || id_size > kPage) return std::nullopt;
  const size_t tails = kTopicCount * identity.partition_count;
  const size_t signed_size = kHeaderSize + id_size + tails * kTailSize;
  if (bytes.size() < signed_size + kDigestSize) return std::nullopt;
  const Sha256Digest digest = Sha256(bytes.substr(0, signed_size));
  if (bytes.substr(signed_size, kDigestSize) != AsBytes(digest)) return std::nullopt;
  identity.cluster_id = bytes.substr(kHeaderSize, id_size);
  for (size_t i = 0; i < tails; ++i) {
    std::string_view at = bytes.substr(kHeaderSize + id_size + i * kTailSize);
    Tail tail{{static_cast<int64_t>(ReadBe64(at))}, {}};
    std::memcpy(tail.last_value.data(), at.data() + 8, kDigestSize);
    slot.testimony.tails.push_back(tail);
  }
  return slot;
}

// The newer of the whole slots. Empty when there is none.
std::optional<Slot> Newest(std::string_view file) {
  std::optional<Slot> first = DecodeSlot(file.substr(0, file.size() / 2));
  std::optional<Slot> second = DecodeSlot(file.substr(file.size() / 2));
  // A file of another size was cut, and perhaps the newer slot with it.
  for (std::optional<Slot>* slot : {&first, &second}) {
    if (*slot && 2 * SlotSize((*slot)->testimony.identity) != file.size()) slot->reset();
  }
  if (!first || (second && second->sequence > first->sequence)) return second;
  return first;
}

absl::StatusOr<std::optional<Slot>> ReadNewest(const std::string& path) {
  LM_ASSIGN_OR_RETURN(std::optional<std::string> file, ReadWholeFile(path));
  if (!file) return std::optional<Slot>();
  std::optional<Slot> newest = Newest(*file);
  if (!newest) {
    return MakeStatus(absl::StatusCode::kDataLoss,
                      "the tail witness " + path +
                          " is damaged: without it, lost records cannot be noticed. Restore it, or "
                          "accept the log as it is (lastmeterctl log accept-loss)");
  }
  return newest;
}

}  // namespace

absl::StatusOr<std::optional<Testimony>> TailWitness::Read(const std::string& path) {
  LM_ASSIGN_OR_RETURN(std::optional<Slot> slot, ReadNewest(path));
  if (!slot) return std::optional<Testimony>();
  return std::optional<Testimony>(std::move(slot->testimony));
}

absl::StatusOr<std::unique_ptr<TailWitness>> TailWitness::Create(const std::string& path,
                                                                 const Testimony& content) {
  const std::string slot = EncodeSlot(content.identity, 0, content.tails);
  // The second slot is left empty but allocated: later writes change no metadata and find space.
  std::string file = slot + std::string(slot.size(), '\0');
  LM_RETURN_IF_ERROR(ReplaceFileDurably(path, file));
  return Open(path);
}

absl::StatusOr<std::unique_ptr<TailWitness>> TailWitness::Open(const std::string& path) {
  LM_ASSIGN_OR_RETURN(std::optional<Slot> slot, ReadNewest(path));
  if (!slot) return MakeStatus(absl::StatusCode::kDataLoss, "no tail witness " + path);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, "cannot open the tail witness " + path);
  return std::unique_ptr<TailWitness>(
      new TailWitness(path, fd, std::move(slot->testimony.identity), slot->sequence));
}

TailWitness::TailWitness(std::string path, int fd, LogIdentity identity, uint64_t sequence)
    : path_(std::move(path)), fd_(fd), identity_(std::move(identity)), sequence_(sequence) {}

TailWitness::~TailWitness() { ::close(fd_); }

absl::Status TailWitness::Write(const std::vector<Tail>& tails) {
  LM_CHECK(tails.size() == kTopicCount * identity_.partition_count);
  const uint64_t sequence = sequence_ + 1;
  const std::string slot = EncodeSlot(identity_, sequence, tails);
  const size_t offset = (sequence % 2) * slot.size();
  for (size_t done = 0; done < slot.size();) {
    const ssize_t n =
        ::pwrite(fd_, slot.data() + done, slot.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return ErrnoStatus(errno, "cannot write the tail witness " + path_);
    done += static_cast<size_t>(n);
  }
  if (::fdatasync(fd_) != 0) return ErrnoStatus(errno, "cannot sync the tail witness " + path_);
  sequence_ = sequence;
  return absl::OkStatus();
}

}  // namespace lastmeter::log_rocksdb
