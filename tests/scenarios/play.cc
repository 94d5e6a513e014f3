#include "tests/scenarios/play.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include "engine/base/check.h"
#include "lastmeter/report/v1/report.pb.h"
#include "tests/paths.h"
#include "tests/scenarios/play_work.h"
#include "tests/scenarios/vary_rules.h"

namespace lastmeter::scenario {
namespace {

namespace cd = lastmeter::command::v1;
namespace cm = lastmeter::common::v1;
namespace ev = lastmeter::event::v1;

std::string Trim(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  const size_t to = text.find_last_not_of(" \t\r");
  return std::string(text.substr(from, to - from + 1));
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

cm::Tier TierOf(const std::string& word) {
  cm::Tier tier = cm::TIER_UNSPECIFIED;
  if (word != "-" && !word.empty()) cm::Tier_Parse("TIER_" + Upper(word), &tier);
  return tier;
}

cm::Level LevelOf(const std::string& word) {
  cm::Level level = cm::LEVEL_UNSPECIFIED;
  cm::Level_Parse("LEVEL_" + Upper(word), &level);
  return level;
}

}  // namespace

std::optional<std::string> Player::Rows::Find(std::string_view key) const {
  auto it = rows.find(key);
  if (it == rows.end()) return std::nullopt;
  return it->second;
}

void Player::Rows::Take(std::vector<Change> changes) {
  for (auto& change : changes) {
    if (change.value) {
      rows[change.key] = *std::move(change.value);
    } else {
      rows.erase(change.key);
    }
  }
}

std::vector<std::filesystem::path> ScenarioFiles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::SourcePath("tests/scenarios/files"))) {
    if (entry.path().extension() == ".scn") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string ReadScenario(const std::filesystem::path& path) {
  std::ifstream in(path);
  LM_CHECK(in.good()) << path;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Player::Player(lastmeter::rules::v1::Rules rules)
    : rules_(std::move(rules)), state_(std::make_unique<PartitionState>(&rows_)) {}

bool Player::Fail(int line, const std::string& what) {
  failures_.push_back("line " + std::to_string(line) + ": " + what);
  return false;
}

std::vector<std::string> Player::Play(std::string_view text) {
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!PlayLine(line, number)) break;
  }
  return failures_;
}

bool Player::PlayLine(std::string_view text, int number) {
  Line line;
  line.number = number;
  line.text = Trim(text.substr(0, text.find('#')));
  if (line.text.empty()) return true;
  std::string act = line.text;
  if (size_t arrow = act.find("->"); arrow != std::string::npos) {
    std::istringstream expected(act.substr(arrow + 2));
    for (std::string one; std::getline(expected, one, ';');) line.expected.push_back(Trim(one));
    act = Trim(act.substr(0, arrow));
  }
  std::istringstream words(act);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    if (equals != std::string::npos && !line.words.empty()) {
      line.options[word.substr(0, equals)] = word.substr(equals + 1);
    } else {
      line.words.push_back(word);
    }
  }
  if (line.words.empty()) return Fail(number, "nothing is done here");
  if (line.words[0] == "date" || line.words[0] == "rules" || line.words[0] == "down") {
    return Directive(line);
  }
  const Timestamp at = TimeOf(line.words[0], now_);
  if (at < now_) return Fail(number, "time runs backwards");
  if (line.words.size() < 2) return Fail(number, "what is done?");
  happened_.clear();
  if (line.words[1] == "pass") {
    // Every timer on its own time.
    while (state_->NextTimer() && state_->NextTimer()->due <= at) {
      now_ = std::max(now_, state_->NextTimer()->due);
      Tick();
    }
  }
  now_ = at;
  const auto timer = state_->NextTimer();
  if (line.words[1] != "tick" && now_ > down_until_ && timer && timer->due < now_) {
    return Fail(number, "a timer fell due at " + When(timer->due, now_) + "; play it with a tick");
  }
  // Repeated, each time it must come to the same.
  const auto repeat = line.options.find("repeat");
  for (int left = repeat == line.options.end() ? 1 : std::stoi(repeat->second); left > 0; --left) {
    if (line.words[1] != "pass" && !Act(line)) return false;
    Compare(line);
    if (left > 1) happened_.clear();
  }
  return true;
}

// date 2026-01-05 · rules [option=…] · down until=12:00
bool Player::Directive(const Line& line) {
  if (line.words[0] == "date") {
    auto midnight = ParseRfc3339(line.words.at(1) + "T00:00:00+08:00");
    if (!midnight) return Fail(line.number, "not a date");
    now_ = *midnight;
    if (state_->meta().seq() == 0) {
      Run(OwnershipInput{"scenario", {0}, 1, cluster_});
      Run(DayInput{});
    }
    return true;
  }
  if (line.words[0] == "rules") {
    cd::Command command;
    command.set_command_id("rules-" + std::to_string(line.number));
    auto options = line.options;
    const auto by = options.extract("by");
    command.mutable_actor()->set_id(by ? by.mapped() : "operator");
    command.mutable_actor()->set_role(by ? cm::ROLE_STAFF : cm::ROLE_OPERATOR);
    command.set_accepted_at_ms(now_.ms);
    auto* rules = command.mutable_install_rules()->mutable_rules();
    *rules = rules_;
    const std::string wrong = VaryRules(options, rules);
    if (!wrong.empty()) return Fail(line.number, wrong);
    happened_.clear();
    Submit(ev::INPUT_TOPIC_COMMAND, command.SerializeAsString());
    Compare(line);
    return failures_.empty();
  }
  down_until_ = TimeOf(line.options.at("until"), now_);
  return true;
}

bool Player::Act(const Line& line) {
  const std::string& verb = line.words[1];
  if (verb == "tick") {
    Tick();
    return true;
  }
  if (verb == "report") return Report(line);
  if (verb == "garbage") {
    const bool command = line.options.contains("to") && line.options.at("to") == "commands";
    Submit(command ? ev::INPUT_TOPIC_COMMAND : ev::INPUT_TOPIC_REPORT, "\xff\xfe garbage");
    return true;
  }
  if (verb == "poison") {
    PoisonInput poison{{ev::INPUT_TOPIC_REPORT, {next_report_++}, now_, "poison"}, 2};
    Run(poison);
    return true;
  }
  if (verb == "poison-timer") {
    auto timer = state_->NextTimer();
    if (!timer || timer->due > now_) return Fail(line.number, "no timer is due");
    Run(PoisonTimer{{timer->number, timer->due, false}, 2});
    return true;
  }
  if (verb == "midnight") {
    Run(DayInput{});
    return true;
  }
  if (verb == "restart") {
    Run(OwnershipInput{"scenario", {0}, 1, cluster_});
    return true;
  }
  if (verb == "move") {
    const std::string before = std::exchange(cluster_, cluster_ + "-moved");
    next_report_ = next_command_ = 0;
    Run(OwnershipInput{"scenario", {0}, 1, cluster_, MovedFrom{before, {0}, {0}}});
    return true;
  }
  cd::Command command;
  if (!Command(line, &command)) return false;
  Submit(ev::INPUT_TOPIC_COMMAND, command.SerializeAsString());
  return true;
}

// 09:00 report R1 elder-alone 430112001001 by=xu-guangming:grid [household=H1] [id=X]
bool Player::Report(const Line& line) {
  if (line.words.size() != 5) return Fail(line.number, "report ID KIND AREA by=ID:TIER");
  lastmeter::report::v1::HardshipReport report;
  report.set_report_id(line.words[2]);
  report.set_kind(line.words[3]);
  report.set_area(line.words[4]);
  std::string routing = line.words[4].substr(0, 12);
  routing.resize(12, '0');
  report.set_routing_code(routing);
  auto option = [&](const char* name) {
    auto it = line.options.find(name);
    return it == line.options.end() ? std::string() : it->second;
  };
  const std::string by = option("by");
  const size_t colon = by.find(':');
  report.mutable_reporter()->set_id(by.substr(0, colon));
  report.mutable_reporter()->set_role(colon == std::string::npos ? cm::ROLE_SENTINEL
                                                                 : cm::ROLE_STAFF);
  if (colon != std::string::npos) report.set_reporter_tier(TierOf(by.substr(colon + 1)));
  const std::string accepted = option("accepted");
  report.set_accepted_at_ms((accepted.empty() ? now_ : TimeOf(accepted, now_)).ms);
  const std::string occurred = option("occurred");
  report.set_occurred_at_ms(occurred.empty() ? report.accepted_at_ms() : TimeOf(occurred, now_).ms);
  report.set_household_ref(option("household"));
  report.set_drill(option("drill") == "yes");
  report.set_subject(option("subject"));
  Submit(ev::INPUT_TOPIC_REPORT, report.SerializeAsString());
  for (auto it = records_.rbegin(); it != records_.rend(); ++it) {
    const auto& event = it->record.event();
    if (!event.case_number().empty()) {
      last_case_ = event.case_number();
      if (it->record.part() == 0) case_of_report_.try_emplace(line.words[2], last_case_);
    }
    if (it->record.part() == 0) break;
  }
  return true;
}

bool Player::Command(const Line& line, cd::Command* command) {
  auto option = [&](const char* name, const char* otherwise = "") {
    auto it = line.options.find(name);
    return it == line.options.end() ? std::string(otherwise) : it->second;
  };
  // By its report, or as the file has it.
  auto case_named = [&](const char* name) {
    const std::string said = option(name);
    const auto it = case_of_report_.find(said);
    return it == case_of_report_.end() ? said : it->second;
  };
  const std::string& verb = line.words[1];
  std::string id = "line-" + std::to_string(line.number);
  if (line.options.contains("repeat")) id += "-" + std::to_string(next_command_);
  command->set_command_id(option("id", id.c_str()));
  command->mutable_actor()->set_id(option("by"));
  command->mutable_actor()->set_role(cm::ROLE_STAFF);
  if (option("role") == "sentinel") command->mutable_actor()->set_role(cm::ROLE_SENTINEL);
  if (option("role") == "volunteer") command->mutable_actor()->set_role(cm::ROLE_VOLUNTEER);
  if (option("role") == "operator") command->mutable_actor()->set_role(cm::ROLE_OPERATOR);
  const std::string accepted = option("accepted");
  command->set_accepted_at_ms((accepted.empty() ? now_ : TimeOf(accepted, now_)).ms);
  const std::string on = option("on");
  command->set_case_number(on.empty()                     ? last_case_
                           : case_of_report_.contains(on) ? case_of_report_[on]
                                                          : on);
  uint32_t version = 0;
  if (auto number = CaseNumber::Parse(command->case_number())) {
    if (auto c = state_->FindCase(*number)) version = c->version();
  }
  if (!option("version").empty()) version = static_cast<uint32_t>(std::stoul(option("version")));
  const std::string reason = option("reason");
  if (verb == "acknowledge") {
    auto* a = command->mutable_acknowledge();
    if (!option("notice").empty()) {
      a->set_notice_id(command->case_number() + "/" + option("notice"));
    }
    if (!option("cycle").empty()) a->set_cycle(static_cast<uint32_t>(std::stoul(option("cycle"))));
  } else if (verb == "raise") {
    auto* raise = command->mutable_raise();
    raise->set_to_tier(TierOf(option("tier")));
    if (!option("level").empty()) raise->set_to_level(LevelOf(option("level")));
    raise->mutable_reason()->set_open(reason);
  } else if (verb == "hand-down") {
    auto* down = command->mutable_hand_down();
    down->set_to_tier(TierOf(option("tier")));
    down->set_case_version(version);
    down->mutable_reason()->set_open(reason);
  } else if (verb == "note") {
    command->mutable_note()->mutable_text()->set_open(option("text"));
  } else if (verb == "verify") {
    cm::Finding finding = cm::FINDING_UNSPECIFIED;
    cm::Finding_Parse("FINDING_" + Upper(option("finding")), &finding);
    command->mutable_verify()->set_finding(finding);
  } else if (verb == "paperwork") {
    command->mutable_paperwork();
  } else if (verb == "relief") {
    if (!option("kinds").empty()) command->mutable_relief()->add_kinds(option("kinds"));
    command->mutable_relief();
  } else if (verb == "hold") {
    cm::HoldReason why = cm::HOLD_REASON_UNSPECIFIED;
    cm::HoldReason_Parse("HOLD_REASON_" + Upper(option("for")), &why);
    command->mutable_hold()->set_reason(why);
    if (!option("until").empty()) {
      command->mutable_hold()->set_until_ms(TimeOf(option("until"), now_).ms);
    }
  } else if (verb == "resume") {
    command->mutable_resume();
  } else if (verb == "withdraw") {
    command->mutable_withdraw()->mutable_reason()->set_open(reason);
  } else if (verb == "remind") {
    command->mutable_remind();
  } else if (verb == "extend") {
    auto* extend = command->mutable_extend();
    cm::Promise promise = cm::PROMISE_UNSPECIFIED;
    cm::Promise_Parse("PROMISE_" + Upper(option("promise")), &promise);
    extend->set_promise(promise);
    if (!option("minutes").empty()) {
      extend->mutable_by()->set_unit(lastmeter::rules::v1::DURATION_UNIT_MINUTES);
      extend->mutable_by()->set_amount(static_cast<uint32_t>(std::stoul(option("minutes"))));
    }
    if (!option("days").empty()) {
      extend->mutable_by()->set_unit(lastmeter::rules::v1::DURATION_UNIT_WORKING_DAYS);
      extend->mutable_by()->set_amount(static_cast<uint32_t>(std::stoul(option("days"))));
    }
    extend->mutable_reason()->set_open(reason);
  } else if (verb == "reassign") {
    command->mutable_reassign()->set_area(option("area"));
    command->mutable_reassign()->set_case_version(version);
    command->mutable_reassign()->mutable_reason()->set_open(reason);
  } else if (verb == "merge") {
    command->mutable_merge()->set_into(case_named("into"));
    command->mutable_merge()->set_case_version(version);
    if (!option("accepted-until").empty()) {
      command->mutable_merge()->set_accepted_until_ms(TimeOf(option("accepted-until"), now_).ms);
    }
  } else if (verb == "correct") {
    command->mutable_correct()->set_kind(option("kind"));
    command->mutable_correct()->set_area(option("area"));
    command->mutable_correct()->set_household_ref(option("household"));
    command->mutable_correct()->mutable_reason()->set_open(reason);
  } else if (verb == "accept-merge") {
    command->mutable_accept_merge()->set_from(case_named("from"));
    command->mutable_accept_merge()->set_restricted(option("restricted") == "yes");
    command->mutable_accept_merge()->set_drill(option("drill") == "yes");
  } else if (verb == "settle-merge") {
    command->mutable_settle_merge()->set_from(case_named("from"));
    command->mutable_settle_merge()->set_acceptance_id(option("acceptance"));
    command->mutable_settle_merge()->set_merged(option("merged") == "yes");
  } else if (verb == "close") {
    cm::Outcome outcome = cm::OUTCOME_UNSPECIFIED;
    cm::Outcome_Parse("OUTCOME_" + Upper(option("outcome")), &outcome);
    command->mutable_close()->set_outcome(outcome);
    command->mutable_close()->set_case_version(version);
  } else if (verb == "reopen") {
    command->mutable_reopen()->mutable_reason()->set_open(reason);
  } else if (verb == "unheard-of") {
    // No action that this version knows.
  } else if (verb == "accept-clock") {
    command->mutable_accept_clock()->set_wall_ms(now_.ms);
  } else {
    const WorkWords words{[&](const char* name) { return option(name); },
                          [&](const std::string& time) { return TimeOf(time, now_); }, version};
    if (!FillWorkCommand(verb, words, command)) {
      return Fail(line.number, "unknown act '" + verb + "'");
    }
  }
  return true;
}

void Player::Submit(ev::InputTopic topic, const std::string& bytes) {
  int64_t& position = topic == ev::INPUT_TOPIC_REPORT ? next_report_ : next_command_;
  Run(LogInput{topic, {position++}, now_, bytes});
  while (auto number = state_->NextRecompute()) Run(RecomputeInput{*number});
}

void Player::Run(const Input& input) {
  Decision decision = Decide(*state_, input, now_);
  for (auto& sealed : Seal(*state_, std::move(decision), now_)) {
    const absl::Status follows = CheckFollows(*state_, sealed.record);
    LM_CHECK(follows.ok()) << follows.ToString();
    Apply(*state_, sealed.record, sealed.sha256);
    happened_.push_back(Describe(sealed.record.event(), now_));
    records_.push_back(std::move(sealed));
  }
  rows_.Take(state_->TakeChanges());
  const auto timer = state_->NextTimer();
  moments_.push_back({now_, input, timer.has_value() && timer->due <= now_});
}

void Player::Tick() {
  for (int fired = 0; fired < 1000; ++fired) {
    const auto timer = state_->NextTimer();
    if (!timer || timer->due > now_) return;
    Run(TimerInput{timer->number, timer->due, false});
  }
}

void Player::Compare(const Line& line) {
  std::string actual;
  for (const auto& event : happened_) actual += "\n    " + event.ToString();
  if (line.expected.size() == 1 && line.expected[0] == "nothing") {
    if (!happened_.empty()) Fail(line.number, "expected nothing, but:" + actual);
    return;
  }
  if (line.expected.size() != happened_.size()) {
    Fail(line.number, "'" + line.text + "': expected " + std::to_string(line.expected.size()) +
                          " events, got " + std::to_string(happened_.size()) + ":" + actual);
    return;
  }
  for (size_t i = 0; i < happened_.size(); ++i) {
    std::istringstream words(line.expected[i]);
    std::string name;
    words >> name;
    bool same = name == happened_[i].name;
    if (name == "rejected") {
      std::string reason;
      words >> reason;
      same = happened_[i].name == "CommandRejected" &&
             Upper(happened_[i].fields.at(0).second) == reason;
    }
    for (std::string word; same && words >> word;) {
      const size_t equals = word.find('=');
      const std::pair<std::string, std::string> field{word.substr(0, equals),
                                                      word.substr(equals + 1)};
      same = std::find(happened_[i].fields.begin(), happened_[i].fields.end(), field) !=
             happened_[i].fields.end();
    }
    if (!same) {
      Fail(line.number, "expected '" + line.expected[i] + "', got:" + actual);
      return;
    }
  }
}

// "09:15" on the day of `base`, "2026-01-06T09:15", "+90m", "+2d".
Timestamp Player::TimeOf(const std::string& word, Timestamp base) const {
  if (word[0] == '+') {
    const int64_t n = std::stoll(word.substr(1));
    switch (word.back()) {
      case 's':
        return base + Seconds(n);
      case 'm':
        return base + Minutes(n);
      case 'h':
        return base + Hours(n);
      default:
        return base + Days(n);
    }
  }
  std::string day = FormatRfc3339(base).substr(0, 11);
  std::string clock = word;
  if (const size_t t = word.find('T'); t != std::string::npos) {
    day = word.substr(0, t + 1);
    clock = word.substr(t + 1);
  }
  if (clock.size() == 5) clock += ":00";
  auto at = ParseRfc3339(day + clock + "+08:00");
  LM_CHECK(at.has_value()) << "not a time: " << word;
  return *at;
}

}  // namespace lastmeter::scenario
