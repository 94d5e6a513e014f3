#include "services/standalone/demo_stage.h"

#include <cstdio>

namespace lastmeter::demo {
namespace {

namespace ev = lastmeter::event::v1;

constexpr size_t kMostLines = 64;
// How long a card is marked after it moved.
constexpr auto kMovedFor = std::chrono::milliseconds(1200);
constexpr auto kQuiet = std::chrono::milliseconds(40);
constexpr auto kSoon = std::chrono::milliseconds(250);

bool IsLate(const ev::Event& event) {
  return event.case_escalated().outage() || event.ladder_exhausted().outage() ||
         event.case_reminded().outage() || event.clock_near_due().outage() ||
         event.clock_breached().outage();
}

}  // namespace

Stage::Stage(const Words* words, bool print) : words_(words), print_(print) {}

void Stage::Add(Line line) {
  if (print_) {
    std::fwrite(line.text.data(), 1, line.text.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  lines_.push_back(std::move(line));
  if (lines_.size() > kMostLines) lines_.pop_front();
}

void Stage::Narrate(std::string sentence) {
  std::lock_guard lock(mutex_);
  story_ = sentence;
  Add({Mood::kStory, "=== " + std::move(sentence)});
}

void Stage::Show(const lastmeter::api::v1::EventView& view) {
  std::lock_guard lock(mutex_);
  const ev::Event& event = view.event();
  ++figures_.events;
  if (IsLate(event)) ++figures_.late;
  if (event.has_case_closed()) ++closed_;
  if (event.has_case_escalated()) {
    moved_[event.case_number()] = SteadyClock::now();
    if (!figures_.first_climb && event.case_escalated().reason() == ev::CLIMB_REASON_UNANSWERED) {
      figures_.first_climb =
          std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began_);
    }
  }
  if (auto line = EventLine(*words_, view)) Add(*std::move(line));
  arrived_.notify_all();
}

void Stage::Settle() {
  std::unique_lock lock(mutex_);
  const auto end = SteadyClock::now() + kSoon;
  for (uint64_t seen = figures_.events; SteadyClock::now() < end; seen = figures_.events) {
    if (!arrived_.wait_for(lock, kQuiet, [&] { return figures_.events != seen; })) return;
  }
}

void Stage::Fill(BoardModel* model) const {
  std::lock_guard lock(mutex_);
  model->story = story_;
  model->closed = closed_;
  model->lines.assign(lines_.begin(), lines_.end());
  const auto now = SteadyClock::now();
  for (const auto& [number, at] : moved_) {
    if (now - at < kMovedFor) model->moved.insert(number);
  }
}

Stage::Figures Stage::figures() const {
  std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace lastmeter::demo
