#include "engine/rulesfile/policy_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/utf8.h"
#include "engine/rulesfile/words.h"

namespace lastmeter {
namespace {

using common::v1::Tier;
using rules::v1::Ladder;
using rules::v1::LevelPolicy;

class PolicyReader {
 public:
  PolicyReader(std::string_view file, LoadedRules& loaded, FileProblems& problems)
      : file_(file), loaded_(loaded), problems_(problems) {}

  void Read(const YAML::Node& root) {
    auto& rules = loaded_.rules;
    auto& policy = *rules.mutable_policy();
    Note("policy", 1);
    ReadMap(
        root, 1,
        {{"version",
          [&](auto& value, int line) { Text("version", value, line, rules.mutable_version()); }},
         {"fallback_staff_id",
          [&](auto& value, int line) {
            Text("policy.fallback_staff_id", value, line, policy.mutable_fallback_staff_id());
          }},
         {"reopen_within_days",
          [&](auto& value, int line) {
            if (auto days =
                    Word("policy.reopen_within_days", value, line, ReadNumber, "a whole number")) {
              policy.set_reopen_within_days(*days);
            }
          }},
         {"hold_at_most_days",
          [&](auto& value, int line) {
            if (auto days =
                    Word("policy.hold_at_most_days", value, line, ReadNumber, "a whole number")) {
              policy.set_hold_at_most_days(*days);
            }
          }},
         {"withdraw_within_minutes",
          [&](auto& value, int line) {
            if (auto minutes = Word("policy.withdraw_within_minutes", value, line, ReadNumber,
                                    "a whole number")) {
              policy.set_withdraw_within_minutes(*minutes);
            }
          }},
         {"work_notice_minutes",
          [&](auto& value, int line) {
            if (auto minutes =
                    Word("policy.work_notice_minutes", value, line, ReadNumber, "a whole number")) {
              policy.set_work_notice_minutes(*minutes);
            }
          }},
         {"digest_minutes",
          [&](auto& value, int line) {
            if (auto minutes =
                    Word("policy.digest_minutes", value, line, ReadNumber, "a whole number")) {
              policy.set_digest_minutes(*minutes);
            }
          }},
         {"entry", [&](auto& value, int line) { Entry(value, line); }},
         {"levels",
          [&](auto& value, int line) {
            Note("policy.levels", line);
            ReadList("policy.levels", value, line, [&](auto& item, const std::string& path) {
              Level(path, item, *policy.add_levels());
            });
          }},
         {"kinds",
          [&](auto& value, int line) {
            Note("policy.kinds", line);
            ReadList("policy.kinds", value, line, [&](auto& item, const std::string& path) {
              Kind(path, item, *policy.add_kinds());
            });
          }},
         {"calendar", [&](auto& value, int line) { Calendar(value, line); }}});
  }

 private:
  using Handler = std::function<void(const YAML::Node& value, int line)>;

  static int LineOfNode(const YAML::Node& node, int otherwise) {
    return node.Mark().is_null() ? otherwise : node.Mark().line + 1;
  }

  void Note(const std::string& path, int line) {
    loaded_.lines[path] = std::string(file_) + ":" + std::to_string(line);
  }
  void Problem(int line, const std::string& reason) { problems_.Add(file_, line, reason); }

  // Hands each value to its key's handler, with the key's line. Every unknown and double key is a
  // problem: a misspelt key that was skipped would silently take a promise away.
  void ReadMap(const YAML::Node& node, int line,
               const std::vector<std::pair<std::string_view, Handler>>& keys) {
    if (!node.IsMap()) return Problem(LineOfNode(node, line), "expected keys with values");
    std::set<std::string> seen;
    for (const auto& entry : node) {
      int at = LineOfNode(entry.first, line);
      if (!entry.first.IsScalar()) {
        Problem(at, "a key must be a word");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      auto known = std::find_if(keys.begin(), keys.end(),
                                [&](const auto& candidate) { return candidate.first == key; });
      if (known == keys.end()) {
        Problem(at, "unknown key '" + key + "'");
      } else if (!seen.insert(key).second) {
        Problem(at, "key '" + key + "' stands twice");
      } else {
        known->second(entry.second, at);
      }
    }
  }

  void ReadList(const std::string& path, const YAML::Node& node, int line,
                const std::function<void(const YAML::Node&, const std::string&)>& handler) {
    if (!node.IsSequence()) return Problem(LineOfNode(node, line), "expected a list");
    int index = 0;
    for (const auto& item : node) {
      std::string at = path + "[" + std::to_string(index++) + "]";
      Note(at, LineOfNode(item, line));
      handler(item, at);
    }
  }

  void Text(const std::string& path, const YAML::Node& node, int line, std::string* out) {
    Note(path, line);
    if (!node.IsScalar()) return Problem(line, "expected a word or text");
    *out = node.Scalar();
  }

  template <typename T>
  std::optional<T> Word(const std::string& path, const YAML::Node& node, int line,
                        std::optional<T> (*read)(std::string_view), std::string_view expected) {
    Note(path, line);
    if (node.IsScalar()) {
      if (auto value = read(node.Scalar())) return value;
      Problem(line, "'" + node.Scalar() + "' is not " + std::string(expected));
    } else {
      Problem(line, "expected " + std::string(expected));
    }
    return std::nullopt;
  }

  void Duration(const std::string& path, const YAML::Node& node, int line,
                rules::v1::Duration* out) {
    auto value =
        Word(path, node, line, ReadDuration, "a duration such as " + std::string(kDurationWords));
    if (value) *out = *value;
  }

  void Entry(const YAML::Node& node, int line) {
    Note("policy.entry", line);
    auto rule = [&](Tier reporter) {
      return [this, reporter](const YAML::Node& value, int at) {
        auto& entries = *loaded_.rules.mutable_policy()->mutable_entry();
        std::string path = "policy.entry[" + std::to_string(entries.size()) + "]";
        Note(path, at);
        auto* added = entries.Add();
        added->set_reporter_tier(reporter);
        if (auto tier = Word(path + ".enter_at", value, at, ReadTier, kTierWords)) {
          added->set_enter_at(*tier);
        }
      };
    };
    ReadMap(node, line,
            {{"outsider", rule(common::v1::TIER_UNSPECIFIED)},
             {"grid", rule(common::v1::TIER_GRID)},
             {"group", rule(common::v1::TIER_GROUP)},
             {"village", rule(common::v1::TIER_VILLAGE)},
             {"town", rule(common::v1::TIER_TOWN)},
             {"district", rule(common::v1::TIER_DISTRICT)}});
  }

  void Level(const std::string& path, const YAML::Node& node, LevelPolicy& level) {
    ReadMap(node, LineOfNode(node, 1),
            {{"level",
              [&](auto& value, int line) {
                if (auto word = Word(path + ".level", value, line, ReadLevel, kLevelWords)) {
                  level.set_level(*word);
                }
              }},
             {"quiet_outside_duty",
              [&](auto& value, int line) {
                if (auto word =
                        Word(path + ".quiet_outside_duty", value, line, ReadYesNo, kYesNoWords)) {
                  level.set_quiet_outside_duty(*word);
                }
              }},
             {"acknowledge",
              [&](auto& value, int line) {
                LadderAt(path + ".acknowledge", value, line, *level.mutable_acknowledge());
              }},
             {"clocks", [&](auto& value, int line) {
                Note(path + ".clocks", line);
                ReadList(path + ".clocks", value, line, [&](auto& item, const std::string& at) {
                  Clock(at, item, *level.add_clocks());
                });
              }}});
  }

  void Clock(const std::string& path, const YAML::Node& node, rules::v1::ClockPolicy& clock) {
    ReadMap(node, LineOfNode(node, 1),
            {{"promise",
              [&](auto& value, int line) {
                if (auto word = Word(path + ".promise", value, line, ReadPromise, kPromiseWords)) {
                  clock.set_promise(*word);
                }
              }},
             {"within",
              [&](auto& value, int line) {
                Duration(path + ".within", value, line, clock.mutable_within());
              }},
             {"paused_by",
              [&](auto& value, int line) {
                Note(path + ".paused_by", line);
                ReadList(path + ".paused_by", value, line, [&](auto& item, const std::string& at) {
                  int here = LineOfNode(item, line);
                  if (auto reason = Word(at, item, here, ReadHoldReason, kHoldReasonWords)) {
                    clock.add_paused_by(*reason);
                  }
                });
              }},
             {"statutory",
              [&](auto& value, int line) {
                if (auto word = Word(path + ".statutory", value, line, ReadYesNo, kYesNoWords)) {
                  clock.set_statutory(*word);
                }
              }},
             {"overdue", [&](auto& value, int line) {
                LadderAt(path + ".overdue", value, line, *clock.mutable_overdue());
              }}});
  }

  void LadderAt(const std::string& path, const YAML::Node& node, int line, Ladder& ladder) {
    Note(path, line);
    ReadMap(node, line,
            {{"rungs",
              [&](auto& value, int at) {
                Note(path + ".rungs", at);
                ReadList(path + ".rungs", value, at, [&](auto& item, const std::string& rung) {
                  Rung(rung, item, *ladder.add_rungs());
                });
              }},
             {"remind_every", [&](auto& value, int at) {
                Duration(path + ".remind_every", value, at, ladder.mutable_remind_every());
              }}});
  }

  void Rung(const std::string& path, const YAML::Node& node, rules::v1::Rung& rung) {
    ReadMap(node, LineOfNode(node, 1),
            {{"tier",
              [&](auto& value, int line) {
                if (auto tier = Word(path + ".tier", value, line, ReadTier, kTierWords)) {
                  rung.set_tier(*tier);
                }
              }},
             {"answer_within",
              [&](auto& value, int line) {
                Duration(path + ".answer_within", value, line, rung.mutable_answer_within());
              }},
             {"copied_in", [&](auto& value, int line) {
                Note(path + ".copied_in", line);
                ReadList(path + ".copied_in", value, line, [&](auto& item, const std::string& at) {
                  int here = LineOfNode(item, line);
                  if (auto tier = Word(at, item, here, ReadTier, kTierWords)) {
                    rung.add_copied_in(*tier);
                  }
                });
              }}});
  }

  void Kind(const std::string& path, const YAML::Node& node, rules::v1::Kind& kind) {
    ReadMap(
        node, LineOfNode(node, 1),
        {{"code",
          [&](auto& value, int line) { Text(path + ".code", value, line, kind.mutable_code()); }},
         {"zh", [&](auto& value,
                    int line) { Text(path + ".name_zh", value, line, kind.mutable_name_zh()); }},
         {"en", [&](auto& value,
                    int line) { Text(path + ".name_en", value, line, kind.mutable_name_en()); }},
         {"level",
          [&](auto& value, int line) {
            if (auto word = Word(path + ".level", value, line, ReadLevel, kLevelWords)) {
              kind.set_level(*word);
            }
          }},
         {"restricted",
          [&](auto& value, int line) {
            if (auto word = Word(path + ".restricted", value, line, ReadYesNo, kYesNoWords)) {
              kind.set_restricted(*word);
            }
          }},
         {"certify_every_months",
          [&](auto& value, int line) {
            if (auto months = Word(path + ".certify_every_months", value, line, ReadNumber,
                                   "a whole number")) {
              kind.set_certify_every_months(*months);
            }
          }},
         {"bulletin",
          [&](auto& value, int line) {
            if (auto word = Word(path + ".bulletin", value, line, ReadYesNo, kYesNoWords)) {
              kind.set_bulletin(*word);
            }
          }},
         {"incident",
          [&](auto& value, int line) {
            if (auto word = Word(path + ".incident", value, line, ReadYesNo, kYesNoWords)) {
              kind.set_incident(*word);
            }
          }},
         {"takes",
          [&](auto& value, int line) {
            Note(path + ".takes", line);
            ReadList(path + ".takes", value, line, [&](auto& item, const std::string& at) {
              Text(at, item, LineOfNode(item, line), kind.add_takes());
            });
          }},
         {"remind_days",
          [&](auto& value, int line) {
            if (auto days =
                    Word(path + ".remind_days", value, line, ReadNumber, "a whole number")) {
              kind.set_remind_days(*days);
            }
          }},
         {"outside_authorities", [&](auto& value, int line) {
            Note(path + ".outside_authorities", line);
            ReadList(path + ".outside_authorities", value, line,
                     [&](auto& item, const std::string& at) {
                       Text(at, item, LineOfNode(item, line), kind.add_outside_authorities());
                     });
          }}});
  }

  void Calendar(const YAML::Node& node, int line) {
    Note("calendar", line);
    auto& calendar = *loaded_.rules.mutable_calendar();
    ReadMap(node, line,
            {{"duty",
              [&](auto& value, int at) {
                Note("calendar.duty", at);
                ReadList("calendar.duty", value, at, [&](auto& item, const std::string& path) {
                  int here = LineOfNode(item, at);
                  auto period = Word(path, item, here, ReadPeriod,
                                     "a period such as " + std::string(kPeriodWords));
                  if (period) *calendar.add_duty() = *period;
                });
              }},
             {"known_until", [&](auto& value, int at) {
                auto date = Word("calendar.known_until", value, at, ReadDate,
                                 "a date such as " + std::string(kDateWords));
                if (date) calendar.set_known_until(*date);
              }}});
  }

  std::string_view file_;
  LoadedRules& loaded_;
  FileProblems& problems_;
};

// yaml-cpp would take any bytes; the first bad line is enough to find the wrong encoding.
bool FindsBadUtf8(std::string_view file, std::string_view text, FileProblems& problems) {
  int line = 1;
  for (size_t from = 0; from < text.size(); ++line) {
    size_t end = std::min(text.find('\n', from), text.size());
    if (!IsUtf8(text.substr(from, end - from))) {
      problems.Add(file, line, "is not UTF-8");
      return true;
    }
    from = end + 1;
  }
  return false;
}

}  // namespace

void ReadPolicy(std::string_view file, const std::string& text, LoadedRules& loaded,
                FileProblems& problems) {
  if (FindsBadUtf8(file, text, problems)) return;
  // yaml-cpp reports by exceptions; none leaves this function.
  try {
    std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull()) return problems.Add(file, 1, "is empty");
    if (documents.size() > 1) {
      return problems.Add(file, documents[1].Mark().line + 1, "has a second document");
    }
    PolicyReader(file, loaded, problems).Read(documents[0]);
  } catch (const YAML::Exception& e) {
    problems.Add(file, e.mark.is_null() ? 1 : e.mark.line + 1, e.msg);
  }
}

}  // namespace lastmeter
