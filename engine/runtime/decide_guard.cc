#include "engine/runtime/decide_guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/base/status.h"

namespace lastmeter {

DecideId DecideId::Of(const LogInput& input) {
  return {.topic = input.topic, .position = input.position.value};
}

DecideId DecideId::Of(const TimerInput& timer) {
  return {.topic = 0,
          .position = timer.due.ms,
          .code = timer.number.code,
          .year = timer.number.year,
          .counter = timer.number.counter};
}

// The file, in the machine's own byte order: it never leaves the machine.
//   file := magic:u64 entered:u32 next:u32 current:DecideId suspects:Suspect[64]
// Suspects are what was not left when a process ended; the oldest makes room for a new one.
struct FileDecideGuard::Page {
  static constexpr uint64_t kMagic = 0x3144524155474d4c;  // "LMGUARD1"
  static constexpr uint32_t kSuspects = 64;
  struct Suspect {
    DecideId id;
    uint32_t attempts;
    uint32_t unused;
  };
  uint64_t magic;
  std::atomic<uint32_t> entered;
  uint32_t next;
  DecideId current;
  Suspect suspects[kSuspects];
};

absl::StatusOr<std::unique_ptr<FileDecideGuard>> FileDecideGuard::Open(const std::string& path) {
  static_assert(std::atomic<uint32_t>::is_always_lock_free);
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, ToAbsl("open " + path));
  // posix_fallocate rather than ftruncate: a hole that cannot be filled on a full disk would end
  // the process with SIGBUS at the first input.
  int error = posix_fallocate(fd, 0, sizeof(Page));
  void* memory = error != 0
                     ? MAP_FAILED
                     : mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (error == 0 && memory == MAP_FAILED) error = errno;
  close(fd);
  if (error != 0) return absl::ErrnoToStatus(error, ToAbsl("map " + path));
  auto* page = static_cast<Page*>(memory);
  if (page->magic != Page::kMagic) {
    std::memset(memory, 0, sizeof(Page));
    page->magic = Page::kMagic;
  }
  std::unique_ptr<FileDecideGuard> guard(new FileDecideGuard(page));
  guard->TakeUnleft();
  return guard;
}

FileDecideGuard::~FileDecideGuard() { munmap(page_, sizeof(Page)); }

void FileDecideGuard::TakeUnleft() {
  // First, so that being killed in here loses a count and never counts one end twice.
  if (page_->entered.exchange(0) == 0) return;
  Page::Suspect* suspect = nullptr;
  for (Page::Suspect& s : page_->suspects) {
    if (s.attempts > 0 && s.id == page_->current) suspect = &s;
  }
  if (suspect == nullptr) {
    suspect = &page_->suspects[page_->next % Page::kSuspects];
    page_->next = (page_->next + 1) % Page::kSuspects;
    *suspect = {page_->current, 0, 0};
  }
  ++suspect->attempts;
}

void FileDecideGuard::Enter(const DecideId& id) {
  page_->current = id;
  // The id must be whole in the file before it counts as entered.
  page_->entered.store(1, std::memory_order_release);
}

void FileDecideGuard::Leave() { page_->entered.store(0, std::memory_order_release); }

uint32_t FileDecideGuard::Attempts(const DecideId& id) const {
  for (const Page::Suspect& s : page_->suspects) {
    if (s.attempts == 0) break;
    if (s.id == id) return s.attempts;
  }
  return 0;
}

}  // namespace lastmeter
