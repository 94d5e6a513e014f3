#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "lastmeter/command/v1/command.pb.h"
#include "lastmeter/rules/v1/rules.pb.h"
#include "tests/scenarios/describe.h"

// Plays scenario files (tests/scenarios/README.md) against the core.
namespace lastmeter::scenario {

// The files of tests/scenarios/files, in order, and the text of one.
std::vector<std::filesystem::path> ScenarioFiles();
std::string ReadScenario(const std::filesystem::path& path);

class Player {
 public:
  explicit Player(lastmeter::rules::v1::Rules rules);

  // Plays one file's text. Returns what did not come as written, a line each; empty when all did.
  std::vector<std::string> Play(std::string_view text);

  // What was decided, in order: the file as an engine sees it.
  struct Moment {
    Timestamp now;
    Input input;
    // A timer was due when it had been decided, and is left to a later moment.
    bool due_left = false;
  };
  const std::vector<Moment>& moments() const { return moments_; }

  // Everything that was decided, as it would be stored.
  const std::vector<SealedRecord>& records() const { return records_; }
  const PartitionState& state() const { return *state_; }

  // Rows as a store keeps them.
  class Rows : public Archive {
   public:
    std::optional<std::string> Find(std::string_view key) const override;
    void Take(std::vector<Change> changes);
    std::map<std::string, std::string, std::less<>> rows;
  };
  const Rows& rows() const { return rows_; }

 private:
  struct Line {
    int number = 0;
    std::string text;
    std::vector<std::string> words;
    std::map<std::string, std::string> options;
    std::vector<std::string> expected;  // one an event
  };
  bool PlayLine(std::string_view text, int number);
  bool Directive(const Line& line);
  bool Act(const Line& line);
  bool Report(const Line& line);
  bool Command(const Line& line, lastmeter::command::v1::Command* command);
  void Submit(lastmeter::event::v1::InputTopic topic, const std::string& bytes);
  void Run(const Input& input);
  void Tick();
  void Compare(const Line& line);
  bool Fail(int line, const std::string& what);
  Timestamp TimeOf(const std::string& word, Timestamp base) const;

  lastmeter::rules::v1::Rules rules_;
  Rows rows_;
  std::unique_ptr<PartitionState> state_;
  std::vector<Moment> moments_;
  std::vector<SealedRecord> records_;
  std::vector<Described> happened_;
  std::map<std::string, std::string> case_of_report_;
  std::string last_case_;
  std::vector<std::string> failures_;
  Timestamp now_;
  Timestamp down_until_{0};
  // The log that the records are written to.
  std::string cluster_ = "scenario";
  int64_t next_report_ = 0;
  int64_t next_command_ = 0;
};

}  // namespace lastmeter::scenario
