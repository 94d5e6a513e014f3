#include "services/standalone/demo_board.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "services/standalone/demo_text.h"

namespace lastmeter::demo {
namespace {

namespace api = lastmeter::api::v1;
namespace cm = lastmeter::common::v1;

constexpr int kTiers = 5;
constexpr int kLeastColumns = 60;
constexpr int kLeastRows = 16;

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kInverse = "\x1b[7m";
constexpr std::string_view kRed = "\x1b[91m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kTitle = "\x1b[97;44m";

// The clock whose limit presses most: the acknowledgement while it is asked for, then whichever
// calls somebody in.
const api::ClockView* PressingClock(const api::Case& c) {
  const api::ClockView* pressing = nullptr;
  for (const auto& clock : c.clocks()) {
    if (clock.state() != api::CLOCK_STATE_RUNNING && clock.state() != api::CLOCK_STATE_BREACHED) {
      continue;
    }
    if (!clock.has_turn()) continue;
    if (clock.promise() == cm::PROMISE_ACKNOWLEDGE) return &clock;
    if (pressing == nullptr) pressing = &clock;
  }
  return pressing;
}

Timestamp PressingAt(const api::Case& c) {
  const api::ClockView* clock = PressingClock(c);
  if (clock == nullptr) return {INT64_MAX};
  return clock->turn().exhausted() ? Timestamp{0} : FromApi(clock->turn().due_at());
}

class Painter {
 public:
  Painter(const Words& words, const BoardModel& model, BoardSize size, bool colour)
      : w_(words), m_(model), size_(size), colour_(colour) {}

  std::vector<std::string> Draw() {
    if (size_.columns < kLeastColumns || size_.rows < kLeastRows) {
      rows_.push_back(
          Fit(w_.Pick("窗口太小，至少 60×16", "the window is too small: 60×16 at least"),
              size_.columns));
      rows_.resize(static_cast<size_t>(std::max(size_.rows, 1)), Fit("", size_.columns));
      return rows_;
    }
    const int events = std::clamp(size_.rows / 5, 4, 12);
    const int footer = std::min<int>(static_cast<int>(m_.footer.size()), size_.rows >= 22 ? 3 : 1);
    // A long sentence may take two rows where there is room.
    const int story = size_.rows >= 24 ? 2 : 1;
    const int body = size_.rows - 1 - story - 2 - 1 - events - footer;
    Title();
    StoryRows(story);
    Heads();
    Body(body);
    Rule("┴");
    Events(events);
    for (int i = 0; i < footer; ++i) {
      Row(m_.footer[static_cast<size_t>(i)], kCyan);
    }
    return rows_;
  }

 private:
  std::string Paint(std::string_view text, std::string_view how) const {
    if (!colour_ || how.empty()) return std::string(text);
    return absl::StrCat(ToAbsl(how), ToAbsl(text), ToAbsl(kReset));
  }
  void Row(std::string_view text, std::string_view how) {
    rows_.push_back(Paint(Fit(text, size_.columns), how));
  }
  int ColumnWidth(int tier) const {
    const int cells = size_.columns - (kTiers - 1);
    return cells / kTiers + (tier < cells % kTiers ? 1 : 0);
  }

  void Title() {
    std::string left = absl::StrCat(" lastmeter  ", ToAbsl(w_.Pick("望城区急难线索", "Wangcheng")),
                                    "  ", FormatLocal(m_.now).substr(0, 16), "  ×", m_.speed);
    if (m_.hurrying) left += " »»»";
    const std::string right = w_.lang() == Lang::kZh
                                  ? absl::StrCat("在办 ", m_.open.size(), "  办结 ", m_.closed,
                                                 "  受限 ", m_.restricted, " ")
                                  : absl::StrCat("open ", m_.open.size(), "  closed ", m_.closed,
                                                 "  restricted ", m_.restricted, " ");
    const int gap = size_.columns - DisplayWidth(left) - DisplayWidth(right);
    if (gap >= 1) left.append(static_cast<size_t>(gap), ' ').append(right);
    rows_.push_back(colour_ ? Paint(Fit(left, size_.columns), kTitle) : Fit(left, size_.columns));
  }

  void StoryRows(int rows) {
    std::string rest = m_.story;
    for (int i = 0; i < rows; ++i) {
      const std::string now = i + 1 == rows ? rest : TakeCells(&rest, size_.columns - 2);
      rows_.push_back(Paint(Fit(" " + now, size_.columns), kYellow));
      if (i + 1 == rows) break;
    }
  }

  // Cuts the first `cells` off the text, at a blank where one is near.
  static std::string TakeCells(std::string* text, int cells) {
    if (DisplayWidth(*text) <= cells) return std::exchange(*text, "");
    size_t end = 0;
    size_t blank = 0;
    for (size_t i = 0; i <= text->size(); ++i) {
      const bool boundary =
          i == text->size() || (static_cast<unsigned char>((*text)[i]) & 0xC0) != 0x80;
      if (!boundary) continue;
      if (DisplayWidth(std::string_view(*text).substr(0, i)) > cells) break;
      end = i;
      if (i < text->size() && (*text)[i] == ' ') blank = i;
    }
    if (blank > end / 2) end = blank;
    std::string head = text->substr(0, end);
    text->erase(0, end);
    if (!text->empty() && text->front() == ' ') text->erase(0, 1);
    return head;
  }

  void Heads() {
    std::string row;
    for (int i = 0; i < kTiers; ++i) {
      const auto tier = static_cast<cm::Tier>(i + 1);
      const size_t n = static_cast<size_t>(std::count_if(
          m_.open.begin(), m_.open.end(), [tier](const api::Case& c) { return c.tier() == tier; }));
      const std::string head =
          absl::StrCat(" ", ToAbsl(w_.Tier(tier)), n == 0 ? "" : absl::StrCat(" ", n));
      row += Paint(Fit(head, ColumnWidth(i)), kBold);
      if (i + 1 < kTiers) row += "│";
    }
    rows_.push_back(row);
    Rule("┼");
  }

  void Rule(std::string_view cross) {
    std::string row;
    for (int i = 0; i < kTiers; ++i) {
      for (int n = ColumnWidth(i); n > 0; --n) row += "─";
      if (i + 1 < kTiers) row += cross;
    }
    rows_.push_back(Paint(row, kDim));
  }

  std::string_view LampColour(const api::Case& c) const {
    const api::ClockView* clock = PressingClock(c);
    if (clock != nullptr && clock->turn().exhausted()) return kRed;
    switch (c.lamp()) {
      case api::LAMP_OVERDUE_TWICE:
        return kRed;
      case api::LAMP_OVERDUE:
        return kRed;
      case api::LAMP_NEAR_DUE:
        return kYellow;
      default:
        return kGreen;
    }
  }

  // The lamp where there is no colour.
  std::string_view LampSign(const api::Case& c) const {
    if (colour_) return "▌";
    switch (c.lamp()) {
      case api::LAMP_OVERDUE_TWICE:
        return "#";
      case api::LAMP_OVERDUE:
        return "#";
      case api::LAMP_NEAR_DUE:
        return "!";
      default:
        return "|";
    }
  }

  // Who is asked, by the last notices to that tier.
  std::string Asked(const api::Case& c, const api::TurnView& turn) const {
    std::string first;
    int more = 0;
    for (const auto& told : c.told()) {
      if (told.tier() != turn.tier() || told.purpose() != lastmeter::event::v1::PURPOSE_ANSWER) {
        continue;
      }
      if (FromApi(told.at()) < FromApi(turn.entered_at())) continue;
      if (first.empty()) {
        first = w_.Person(told.staff_id());
      } else {
        ++more;
      }
    }
    return more > 0 ? absl::StrCat(first, "+", more) : first;
  }

  std::string State(const api::Case& c) const {
    const api::ClockView* clock = PressingClock(c);
    if (clock != nullptr && clock->turn().exhausted()) {
      return absl::StrCat(ToAbsl(w_.Pick("催办", "reminded ")), clock->turn().reminders(),
                          ToAbsl(w_.Pick("次 无人回应", "x, no answer")));
    }
    if (clock != nullptr) {
      const std::string left = CountdownText(FromApi(clock->turn().due_at()) - m_.now);
      return absl::StrCat(left, " ", Asked(c, clock->turn()));
    }
    const std::string who = w_.Person(c.handler_id());
    return absl::StrCat(
        ToAbsl(c.relieved() ? w_.Pick("救助中 ", "helped by ") : w_.Pick("已签收 ", "taken by ")),
        who);
  }

  // Number and level, and where there is room the place.
  std::string Head(const api::Case& c, int width) const {
    constexpr std::array<std::string_view, 5> kRoman = {"?", "I", "II", "III", "IV"};
    const bool zh = w_.lang() == Lang::kZh;
    const std::string tail = CaseTail(c.number());
    const std::string_view level = w_.Level(c.level());
    const auto n = static_cast<size_t>(c.level());
    const std::string full = absl::StrCat(tail, " ", ToAbsl(level));
    const std::string brief = zh ? absl::StrCat(tail, ToAbsl(level))
                                 : absl::StrCat(tail, " ", ToAbsl(kRoman[n < 5 ? n : 0]));
    const std::string place = " " + w_.Village(c.area());
    for (const std::string& text : {full + place, brief + place}) {
      if (DisplayWidth(text) <= width) return text;
    }
    return DisplayWidth(full) <= width ? full : brief;
  }

  // Who was told beside the tier that is asked; empty when nobody was.
  std::string CopiedIn(const api::Case& c) const {
    const api::ClockView* clock = PressingClock(c);
    if (clock == nullptr || clock->turn().exhausted()) return "";
    std::string names;
    for (const auto& told : c.told()) {
      if (told.purpose() != lastmeter::event::v1::PURPOSE_COPY) continue;
      if (FromApi(told.at()) < FromApi(clock->turn().entered_at())) continue;
      names += names.empty() ? w_.Pick("抄告 ", "cc ") : w_.Pick("、", ", ");
      names += w_.Person(told.staff_id());
    }
    return names;
  }

  using Card = std::vector<std::string>;
  // `roomy`: a fourth line for those copied in.
  Card MakeCard(const api::Case& c, int width, bool roomy) const {
    const std::string sign(LampSign(c));
    const std::string_view lamp = LampColour(c);
    const std::string_view how = m_.moved.contains(c.number())     ? kInverse
                                 : c.level() == cm::LEVEL_CRITICAL ? kBold
                                                                   : std::string_view();
    const std::string_view state_how =
        c.handler_id().empty() || PressingClock(c) != nullptr ? lamp : std::string_view(kDim);
    const auto line = [&](std::string_view text, std::string_view with) {
      return Paint(sign, lamp) + Paint(Fit(text, width - 1), with);
    };
    Card card = {line(Head(c, width - 1), how), line(w_.Kind(c.kind()), kDim),
                 line(State(c), state_how)};
    if (const std::string copied = roomy ? CopiedIn(c) : ""; !copied.empty()) {
      card.push_back(line(copied, kDim));
    }
    return card;
  }

  void Body(int height) {
    const bool roomy = height >= 15;
    std::vector<std::vector<std::string>> columns(kTiers);
    for (int i = 0; i < kTiers; ++i) {
      std::vector<const api::Case*> cases;
      for (const auto& c : m_.open) {
        if (c.tier() == static_cast<cm::Tier>(i + 1)) cases.push_back(&c);
      }
      std::stable_sort(cases.begin(), cases.end(), [](const api::Case* a, const api::Case* b) {
        const auto key = [](const api::Case* c) {
          return std::tuple(PressingAt(*c), c->level(), c->number());
        };
        return key(a) < key(b);
      });
      auto& column = columns[static_cast<size_t>(i)];
      const int width = ColumnWidth(i);
      size_t shown = 0;
      for (; shown < cases.size(); ++shown) {
        const Card card = MakeCard(*cases[shown], width, roomy);
        // The last row says how many more there are.
        const size_t reserve = shown + 1 < cases.size() ? 1 : 0;
        if (column.size() + card.size() + reserve > static_cast<size_t>(height)) break;
        column.insert(column.end(), card.begin(), card.end());
        if (roomy) column.push_back(Fit("", width));
      }
      column.resize(static_cast<size_t>(height), Fit("", width));
      if (shown < cases.size()) {
        const std::string more =
            absl::StrCat(" +", cases.size() - shown, ToAbsl(w_.Pick(" 件", " more")));
        column.back() = Paint(Fit(more, width), kDim);
      }
    }
    for (int y = 0; y < height; ++y) {
      std::string row;
      for (int i = 0; i < kTiers; ++i) {
        row += columns[static_cast<size_t>(i)][static_cast<size_t>(y)];
        if (i + 1 < kTiers) row += Paint("│", kDim);
      }
      rows_.push_back(row);
    }
  }

  void Events(int height) {
    const size_t n = std::min(m_.lines.size(), static_cast<size_t>(height));
    for (size_t i = m_.lines.size() - n; i < m_.lines.size(); ++i) {
      Row(" " + m_.lines[i].text, MoodColour(m_.lines[i].mood));
    }
    for (size_t i = n; i < static_cast<size_t>(height); ++i) Row("", {});
  }

  static std::string_view MoodColour(Mood mood) {
    switch (mood) {
      case Mood::kStory:
        return kYellow;
      case Mood::kNew:
        return kBold;
      case Mood::kGood:
        return kGreen;
      case Mood::kClimb:
        return kYellow;
      case Mood::kBad:
        return kRed;
      default:
        return {};
    }
  }

  const Words& w_;
  const BoardModel& m_;
  const BoardSize size_;
  const bool colour_;
  std::vector<std::string> rows_;
};

}  // namespace

std::vector<std::string> DrawBoard(const Words& words, const BoardModel& model, BoardSize size,
                                   bool colour) {
  return Painter(words, model, size, colour).Draw();
}

}  // namespace lastmeter::demo
