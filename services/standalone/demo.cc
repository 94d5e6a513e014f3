#include "services/standalone/demo.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/rulesfile/rulesfile.h"
#include "services/common/event_source.h"
#include "services/common/exit_codes.h"
#include "services/common/json.h"
#include "services/common/logging.h"
#include "services/common/shutdown.h"
#include "services/standalone/demo_agenda.h"
#include "services/standalone/demo_check.h"
#include "services/standalone/demo_child.h"
#include "services/standalone/demo_folder.h"
#include "services/standalone/demo_house.h"
#include "services/standalone/demo_stage.h"
#include "services/standalone/demo_story.h"
#include "services/standalone/demo_terminal.h"

namespace lastmeter {
namespace {

using demo::Door;
using std::chrono::steady_clock;

constexpr int kFrameMs = 100;
constexpr Millis kDrain = Seconds(5);
constexpr auto kReadyWithin = std::chrono::seconds(30);
constexpr int kReadyPollMs = 20;

int Fail(int code, std::string_view message) {
  std::cerr << "lastmeter demo: " << message << std::endl;
  return code;
}

class DemoRun {
 public:
  explicit DemoRun(const DemoFlags& flags) : flags_(flags) {}

  int Run();

 private:
  std::optional<int> Prepare();
  std::optional<int> StartServer();
  bool AwaitReady();
  std::string ClockFile() const { return folder_->path() + "/clock"; }
  void Introduce(std::ostream& out) const;
  void Follow();
  void Direct();
  // Shows until the story is over (with --once) or somebody wants to stop. False when the server
  // or the story failed.
  bool Watch();
  void Draw(demo::Terminal& terminal, Door& door);
  // Ends the threads of story and events.
  void Rest();
  int Judge();
  void Tell(const lastmeter::api::v1::Statistics& statistics) const;
  int Finish(bool well);
  std::string_view Pick(std::string_view zh, std::string_view en) const {
    return words_->Pick(zh, en);
  }
  bool Stopping() const { return resting_ || shutdown_.requested(); }
  Door MakeDoor(bool to_the_end = false) {
    return Door({.host = "127.0.0.1", .port = house_->port(), .prefix = ""}, cast_.get(),
                [this, to_the_end] { return to_the_end ? false : Stopping(); });
  }

  const DemoFlags& flags_;
  // First of all, before any thread.
  Shutdown shutdown_;
  lastmeter::rules::v1::Rules rules_;
  std::unique_ptr<demo::Words> words_;
  std::unique_ptr<demo::Cast> cast_;
  std::unique_ptr<demo::Folder> folder_;
  std::ofstream log_;
  std::string token_header_;
  std::unique_ptr<PacedClock> clock_;
  std::unique_ptr<demo::House> house_;
  std::unique_ptr<demo::Stage> stage_;
  std::unique_ptr<http::EventSource> events_;
  std::thread follower_;
  std::thread director_;
  bool board_ = false;
  bool colour_ = true;
  std::atomic<bool> resting_{false};

  demo::Ledger ledger_;
  steady_clock::time_point began_;
  std::chrono::milliseconds took_{0};
  // The director's: how the story ended; read once story_over_ is set.
  absl::Status story_;
  std::atomic<bool> story_over_{false};
};

std::optional<int> DemoRun::Prepare() {
  const auto start = ParseRfc3339(flags_.start);
  if (!start) return Fail(kExitUsage, "--start is a time like 2026-07-28T08:30:00+08:00");
  const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
  demo::Lang lang = demo::LangOf(environment);
  if (!flags_.lang.empty()) lang = flags_.lang == "zh" ? demo::Lang::kZh : demo::Lang::kEn;
  const std::string program_dir = demo::ProgramDir();
  if (flags_.once) {
    // Told now rather than after a minute.
    if (!std::ifstream(program_dir + "/lastmeter-check")) {
      return Fail(kExitFailure, program_dir +
                                    "/lastmeter-check is missing: --once cannot judge "
                                    "the log without it; build it");
    }
  }
  std::string rules_dir = flags_.rules;
  if (rules_dir.empty()) {
    auto found = demo::FindRulesDir(program_dir);
    if (!found.ok()) return Fail(kExitBadConfiguration, ToStd(found.status().message()));
    rules_dir = *std::move(found);
  }
  auto loaded = LoadRulesDir(rules_dir);
  if (!loaded.ok()) {
    return Fail(kExitBadConfiguration,
                absl::StrCat("the rules in ", rules_dir, ": ", loaded.status().message()));
  }
  rules_ = std::move(loaded->rules);
  words_ = std::make_unique<demo::Words>(lang, rules_);
  auto cast = demo::Cast::Make(rules_);
  if (!cast.ok()) return Fail(ExitCodeOf(cast.status()), ToStd(cast.status().message()));
  cast_ = std::make_unique<demo::Cast>(*std::move(cast));

  auto folder = demo::Folder::Make(flags_.data_dir);
  if (!folder.ok()) {
    const bool wrong = folder.status().code() == absl::StatusCode::kFailedPrecondition;
    return Fail(wrong ? kExitBadConfiguration : ExitCodeOf(folder.status()),
                ToStd(folder.status().message()));
  }
  folder_ = std::make_unique<demo::Folder>(*std::move(folder));
  auto header = folder_->WriteTokenHeader(cast_->TokenOf(demo::kVisitor));
  if (!header.ok()) return Fail(ExitCodeOf(header.status()), ToStd(header.status().message()));
  token_header_ = *std::move(header);
  // The server's own log would run across the board.
  log_.open(folder_->path() + "/demo.log");
  logging::Init({.program = "lastmeter", .format = logging::Format::kJson, .stream = &log_});

  const char* no_color = std::getenv("NO_COLOR");
  colour_ = !flags_.no_color && (no_color == nullptr || *no_color == '\0');
  board_ = demo::HasTerminal() && demo::ShowsUtf8(environment);
  if (flags_.brokers.empty()) {
    clock_ = std::make_unique<PacedClock>(flags_.speed, *start);
  } else {
    auto clock = PacedClock::Create(ClockFile(), flags_.speed, *start);
    if (!clock.ok()) return Fail(ExitCodeOf(clock.status()), ToStd(clock.status().message()));
    clock_ = *std::move(clock);
  }
  return std::nullopt;
}

std::optional<int> DemoRun::StartServer() {
  demo::HouseOptions options;
  options.data_dir = folder_->path();
  options.program_dir = demo::ProgramDir();
  options.port = flags_.port;
  options.cast = cast_.get();
  options.clock = clock_.get();
  options.brokers = flags_.brokers;
  options.topic_prefix = flags_.topic_prefix;
  options.clock_file = ClockFile();
  const auto open = flags_.brokers.empty() ? demo::OpenStandaloneHouse : demo::OpenKafkaHouse;
  auto house = open(options);
  if (!house.ok() && house.status().code() == absl::StatusCode::kUnavailable && flags_.port != 0) {
    std::cout << Pick("端口 ", "port ") << flags_.port
              << Pick(" 已被占用，改用空闲端口", " is taken; using a free one") << std::endl;
    options.port = 0;
    house = open(options);
  }
  if (!house.ok()) return Fail(ExitCodeOf(house.status()), ToStd(house.status().message()));
  house_ = *std::move(house);
  if (!AwaitReady()) {
    std::string why;
    for (const std::string& reason : house_->NotReady()) absl::StrAppend(&why, "\n  ", reason);
    if (const absl::Status fatal = house_->fatal(); !fatal.ok()) {
      absl::StrAppend(&why, "\n  ", fatal.message());
    }
    return Fail(kExitUnavailable, "the server did not become ready:" + why);
  }
  const absl::Status installed = MakeDoor().InstallRules(rules_);
  if (!installed.ok() && !Stopping()) {
    return Fail(installed.code() == absl::StatusCode::kFailedPrecondition ? kExitBadConfiguration
                                                                          : ExitCodeOf(installed),
                ToStd(installed.message()));
  }
  return std::nullopt;
}

bool DemoRun::AwaitReady() {
  const auto deadline = steady_clock::now() + kReadyWithin;
  while (!house_->NotReady().empty()) {
    if (steady_clock::now() > deadline || !house_->fatal().ok() ||
        shutdown_.WaitFor(kReadyPollMs)) {
      return false;
    }
  }
  return true;
}

void DemoRun::Introduce(std::ostream& out) const {
  const std::string curl = "curl -H @" + token_header_ + " ";
  out << Pick("服务地址：", "Serving at ") << house_->url()
      << Pick("（人员与数据均为虚构；Ctrl-C 结束）", " (people and data are invented; Ctrl-C ends)")
      << "\n"
      << Pick("看在办个案：", "See the cases:   ") << curl << house_->url() << "/v1/cases\n"
      << Pick("上报一件：", "File a report:   ") << curl
      << "-H content-type:application/json -d '{\"kind\":\"injury\",\"area\":\"430112001001\"}' '"
      << house_->url() << "/v1/reports?wait=5s'\n"
      << Pick("听事件流：", "Hear the events: ") << curl << "-H accept:text/event-stream -N "
      << house_->url() << "/v1/events\n"
      << std::flush;
}

// On a thread of its own: events from the product's stream to the stage.
void DemoRun::Follow() {
  const absl::Status ended =
      events_->Read("/v1/events?after=0", [this](const http::ServerEvent& event) {
        lastmeter::api::v1::EventView view;
        if (FromJson(event.data, &view).ok()) stage_->Show(view);
      });
  if (!ended.ok() && !Stopping()) {
    logging::Error("the event stream ended", {{"why", ToStd(ended.message())}});
  }
}

// On a thread of its own: the story, then whatever the people of the trickle do.
void DemoRun::Direct() {
  Door door = MakeDoor();
  const auto stopping = [this] { return Stopping(); };
  demo::Agenda agenda(clock_.get(), &door, stopping);
  demo::Trickle trickle(rules_, &agenda, &door, cast_.get(), &ledger_, flags_.seed);
  demo::StoryTools tools;
  tools.rules = &rules_;
  tools.words = words_.get();
  tools.cast = cast_.get();
  tools.door = &door;
  tools.agenda = &agenda;
  tools.trickle = &trickle;
  tools.ledger = &ledger_;
  tools.narrate = [this](std::string text) { stage_->Narrate(std::move(text)); };
  tools.settle = [this] { stage_->Settle(); };
  story_ = demo::Story(tools).Play(clock_->Wall());
  took_ = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began_);
  const bool go_on = story_.ok() && !flags_.once;
  story_over_ = true;
  if (!go_on) return;
  const absl::Status end = agenda.RunUntil(agenda.now() + Days(36500));
  if (!end.ok() && !Stopping()) {
    logging::Error("the play ended", {{"why", ToStd(end.message())}});
  }
}

void DemoRun::Draw(demo::Terminal& terminal, Door& door) {
  demo::BoardModel model;
  auto open = door.GetOpenCases(demo::kBoard);
  if (!open.ok()) return;
  model.open = std::move(open->cases);
  model.restricted = open->restricted_count;
  model.now = clock_->Wall();
  model.speed = clock_->speed();
  model.hurrying = clock_->hurrying();
  stage_->Fill(&model);
  const std::string curl = "curl -H@" + token_header_ + " " + house_->url() + "/v1/cases";
  model.footer = {absl::StrCat(" ", house_->url(),
                               ToAbsl(Pick("  Ctrl-C 结束  试试：", "  Ctrl-C ends.  Try:"))),
                  " " + curl};
  if (story_over_) {
    model.footer.insert(model.footer.begin(),
                        std::string(Pick(" 故事讲完了，服务继续；下面的命令可以试用",
                                         " The story is over; the server goes on, and the command "
                                         "below works")));
  }
  terminal.Show(demo::DrawBoard(*words_, model, terminal.size(), colour_));
}

bool DemoRun::Watch() {
  std::optional<demo::Terminal> terminal;
  std::optional<Door> door;
  if (board_) {
    terminal.emplace();
    shutdown_.BeforeEndAtOnce(demo::Terminal::GiveBack);
    door.emplace(MakeDoor());
  }
  absl::Status trouble;
  bool announced = false;
  while (!shutdown_.WaitFor(kFrameMs)) {
    if (terminal) Draw(*terminal, *door);
    if (trouble = house_->fatal(); !trouble.ok()) break;
    if (!story_over_) continue;
    if (trouble = story_; !trouble.ok() || flags_.once) break;
    if (!announced && !board_) Introduce(std::cout);
    announced = true;
  }
  // At once, so that nothing that follows is written onto the board.
  if (terminal) terminal->Restore();
  if (shutdown_.requested()) return true;
  if (trouble.ok()) return true;
  Fail(kExitFailure, trouble.message().data());
  return false;
}

void DemoRun::Rest() {
  resting_ = true;
  if (events_ != nullptr) events_->Close();
  if (director_.joinable()) director_.join();
  if (follower_.joinable()) follower_.join();
}

int DemoRun::Judge() {
  Door door = MakeDoor(true);
  const auto broken = demo::CheckPromises(door, ledger_);
  if (!broken.ok()) return Fail(ExitCodeOf(broken.status()), ToStd(broken.status().message()));
  // The stories take a year, which is what one question may ask for.
  const std::string from = FormatRfc3339(clock_->Wall() - Days(365)).substr(0, 10);
  const auto statistics = door.GetStatistics(demo::kBoard, from);
  if (!statistics.ok()) {
    return Fail(ExitCodeOf(statistics.status()), ToStd(statistics.status().message()));
  }
  const auto proofs = house_->Proofs();
  house_->Stop(kDrain);
  for (const std::string& promise : *broken) {
    std::cerr << "lastmeter demo: broken promise: " << promise << "\n";
  }
  for (const auto& words : proofs) {
    const auto verdict = demo::RunProgram(words);
    if (!verdict.ok()) return Fail(kExitFailure, ToStd(verdict.status().message()));
    if (verdict->code == 0) continue;
    std::cerr << "lastmeter demo: " << words[0] << " is not content with the log (exit code "
              << verdict->code << "):\n"
              << verdict->output << std::flush;
    return kExitVerificationFailed;
  }
  if (!broken->empty()) return kExitFailure;

  const auto figures = stage_->figures();
  const auto seconds = [](std::chrono::milliseconds ms) {
    return absl::StrCat(ms.count() / 1000, ".", ms.count() / 100 % 10, " s");
  };
  std::cout << Pick("小结：", "Summary: ") << ledger_.reports.size()
            << Pick(" 件上报都有结果；无人签收的个案逐级升到区级并催办；三个故事都办结；判官无异议",
                    " reports, each with its outcome; the unanswered case climbed all five tiers "
                    "and reminds; the three stories are closed; the judge has no finding")
            << "\n"
            << Pick("首次升级：第 ", "first climb after ")
            << (figures.first_climb ? seconds(*figures.first_climb) : std::string("-"))
            << Pick("；故事用时 ", ", story told in ") << seconds(took_)
            << Pick("；事件 ", "; events seen: ") << figures.events
            << Pick("，其中因系统自身延误：", ", late through the machine itself: ") << figures.late
            << "\n";
  Tell(*statistics);
  return kExitOk;
}

void DemoRun::Tell(const lastmeter::api::v1::Statistics& statistics) const {
  const auto& period = statistics.period();
  std::cout << Pick("统计（自 ", "Statistics (since ") << statistics.from()
            << Pick("）：受理 ", "): begun ") << period.begun() << Pick("，办结 ", ", ended ")
            << period.ended() << Pick("，主动发现 ", ", found proactively ") << period.proactive()
            << Pick("，帮扶 ", ", households helped ")
            << period.households_helped() + period.helped_without_household() << "\n";
  for (const auto& taken : period.times()) {
    std::cout << "  " << words_->Promise(taken.promise()) << Pick("：", ": ") << taken.count()
              << Pick(" 件，中位数 ", " times, median ")
              << absl::StrFormat("%.1f", taken.median_minutes())
              << Pick(" 分钟，90% 在 ", " min, P90 ")
              << absl::StrFormat("%.1f", taken.p90_minutes()) << Pick(" 分钟内", " min") << "\n";
  }
  uint32_t unanswered = 0, passed = 0, ours = 0;
  for (const auto& misses : period.misses()) {
    unanswered += misses.turns();
    passed += misses.limits();
    ours += misses.ours();
  }
  std::cout << Pick("  未应答 ", "  turns unanswered ") << unanswered
            << Pick("，超时 ", ", limits passed ") << passed
            << Pick("，系统自身原因 ", ", through the machine itself ") << ours << "\n";
  const auto& work = period.work();
  std::cout << Pick("  走访与服务 ", "  turns of visits and services done ")
            << work.turns_done() + work.turns_late() << Pick(" 次，漏掉 ", ", missed ")
            << work.turns_missed() << Pick("；回访按时 ", "; follow-ups in time ")
            << work.follow_ups_on_time() << Pick("，超时 ", ", late ") << work.follow_ups_late()
            << Pick("；转介 ", "; referrals ") << work.referrals() << Pick("，接收 ", ", accepted ")
            << work.referrals_accepted() << "\n";
  for (const auto& project : work.resources()) {
    std::cout << Pick("  链接资源 ", "  resources of ") << project.project()
              << Pick("：到位 ", ": delivered ") << words_->Yuan(project.delivered_fen())
              << Pick("，认捐 ", ", pledged ") << words_->Yuan(project.pledged_fen()) << "\n";
  }
  std::cout << std::flush;
}

int DemoRun::Finish(bool well) {
  const bool judge = flags_.once && well && !shutdown_.requested();
  Rest();
  int code = well ? kExitOk : kExitFailure;
  if (judge) code = Judge();
  // Stopped before the end: nothing was proved, and a script must not think so.
  if (flags_.once && well && !judge) {
    code = Fail(kExitFailure, "stopped before the story was over");
  }
  house_->Stop(kDrain);
  if (code != kExitOk && flags_.once && !shutdown_.requested()) folder_->Keep();
  if (!folder_->temporary()) {
    std::cout << Pick("数据保留在 ", "the data stays in ") << folder_->path() << std::endl;
  }
  return code;
}

int DemoRun::Run() {
  began_ = steady_clock::now();
  // Somebody closed the window: end as on SIGTERM, so that the temporary folder goes.
  signal(SIGHUP, [](int) { kill(getpid(), SIGTERM); });
  if (const auto exit = Prepare()) return *exit;
  if (const auto exit = StartServer()) return *exit;
  Introduce(std::cout);
  stage_ = std::make_unique<demo::Stage>(words_.get(), !board_);
  http::ClientOptions stream;
  stream.url = {.host = "127.0.0.1", .port = house_->port(), .prefix = ""};
  stream.token = cast_->TokenOf(demo::kBoard);
  events_ = std::make_unique<http::EventSource>(std::move(stream));
  follower_ = std::thread([this] { Follow(); });
  clock_->Run();
  director_ = std::thread([this] { Direct(); });
  return Finish(Watch());
}

}  // namespace

int RunDemo(const DemoFlags& flags) { return DemoRun(flags).Run(); }

}  // namespace lastmeter
