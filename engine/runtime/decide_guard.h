#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/core/decide.h"

namespace lastmeter {

// What is being decided: an input by topic and position, or a timer by case and due time.
struct DecideId {
  int64_t topic = 0;     // event.v1.InputTopic; 0 for a timer
  int64_t position = 0;  // the input's position, or the timer's due time
  int64_t code = 0;
  uint32_t year = 0;
  uint32_t counter = 0;
  auto operator<=>(const DecideId&) const = default;

  static DecideId Of(const LogInput& input);
  static DecideId Of(const TimerInput& timer);
};

// Remembers across the end of the process what was being decided when it ended, so that an input
// or timer that ends the process is set aside instead of ending it for ever. One for each
// partition, used by the thread that drives the partition.
class DecideGuard {
 public:
  virtual ~DecideGuard() = default;

  // Deciding and applying it begins; every Enter is followed by Leave or by the process' end.
  virtual void Enter(const DecideId& id) = 0;
  virtual void Leave() = 0;

  // How many times the process ended between Enter and Leave of this id.
  virtual uint32_t Attempts(const DecideId& id) const = 0;
};

// Keeps nothing: for verifying, where nothing is decided for the first time.
class NoDecideGuard : public DecideGuard {
 public:
  void Enter(const DecideId&) override {}
  void Leave() override {}
  uint32_t Attempts(const DecideId&) const override { return 0; }
};

// Keeps its memory in a small file mapped into memory: no system call for an input. It outlives a
// killed process, not a power cut, which is nobody's poison.
class FileDecideGuard : public DecideGuard {
 public:
  // Opens or creates the file. An entry that was not left counts as one end of the process.
  // A file of another form is begun anew. Errors: as the file system reports them.
  static absl::StatusOr<std::unique_ptr<FileDecideGuard>> Open(const std::string& path);
  ~FileDecideGuard() override;

  void Enter(const DecideId& id) override;
  void Leave() override;
  uint32_t Attempts(const DecideId& id) const override;

 private:
  struct Page;
  explicit FileDecideGuard(Page* page) : page_(page) {}
  void TakeUnleft();

  Page* const page_;
};

}  // namespace lastmeter
