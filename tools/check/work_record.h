#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "lastmeter/event/v1/event.pb.h"

// What the judge remembers of one planned visit or service.
namespace lastmeter {

struct WorkRecord {
  // As planned: the rest follows from it and from what happens.
  bool service = false;
  uint32_t times = 0;
  int64_t first_from_ms = 0;
  int64_t length_ms = 0;
  int64_t step_ms = 0;
  int64_t notice_before_ms = 0;
  std::string assignee;
  // The present turn, from 1.
  uint32_t turn = 0;
  std::string worker;
  bool started = false;
  bool overdue = false;
  // 0: nothing to tell, no claim to lapse.
  int64_t notice_ms = 0;
  int64_t lapses_ms = 0;
  // Turns to come that somebody took, or gave back.
  std::map<uint32_t, std::string> booked;

  int64_t from_ms() const { return first_from_ms + (turn - 1) * step_ms; }
  int64_t until_ms() const { return from_ms() + length_ms; }

  // Who has a turn, the present one or one to come.
  const std::string& WorkerOf(uint32_t of_turn) const {
    if (of_turn == turn) return worker;
    const auto it = booked.find(of_turn);
    return it == booked.end() ? assignee : it->second;
  }

  void AskForWorker(int64_t now_ms) {
    worker.clear();
    started = false;
    lapses_ms = 0;
    notice_ms = std::max(from_ms() - notice_before_ms, now_ms);
  }

  void GiveTo(const std::string& who, int64_t now_ms) {
    worker = who;
    notice_ms = 0;
    const int64_t middle = from_ms() + length_ms / 2;
    lapses_ms = service && middle > now_ms ? middle : 0;
  }

  void Begin(uint32_t with_turn, int64_t now_ms) {
    const std::string who = turn == with_turn ? worker : WorkerOf(with_turn);
    turn = with_turn;
    started = false;
    booked.erase(booked.begin(), booked.upper_bound(turn));
    if (who.empty()) {
      AskForWorker(now_ms);
    } else {
      GiveTo(who, now_ms);
    }
  }

  // The earliest instant pending; INT64_MAX for none.
  int64_t NextInstant() const {
    if (overdue) return INT64_MAX;
    int64_t next = until_ms();
    if (started) return next;
    if (notice_ms != 0) next = std::min(next, notice_ms);
    if (lapses_ms != 0) next = std::min(next, lapses_ms);
    return next;
  }
};

}  // namespace lastmeter
