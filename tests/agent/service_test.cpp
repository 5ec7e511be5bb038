// The program itself, as a child process, against a collector that the test plays over a real link.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <set>

#include "agent/log.h"
#include "tests/agent/folder.h"
#include "tests/agent/packets.h"
#include "tests/agent/planted.h"
#include "wire/link.h"
#include "wire/message.h"

namespace fengsui::agent {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(30);  // only a failure waits so long

// Ends with the test whatever happens.
class Child {
 public:
  Child(std::vector<std::string> arguments, const std::filesystem::path& out, bool without_raw_sockets = false) {
    pid_ = fork();
    if (pid_ != 0) return;
    if (without_raw_sockets) prctl(PR_CAPBSET_DROP, CAP_NET_RAW);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, 1);
    dup2(fd, 2);
    std::string program = std::string(FENGSUI_BUILD_DIR) + "/bin/fengsui-agent";
    std::vector<char*> argv = {program.data()};
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  ~Child() {
    if (pid_ > 0 && !ended()) end(SIGKILL);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  bool ended() {
    if (!ended_ && waitpid(pid_, &status_, WNOHANG) == pid_) ended_ = true;
    return ended_;
  }
  int code() const { return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_); }
  int end(int signal) {
    kill(pid_, signal);
    if (!ended_) waitpid(pid_, &status_, 0);
    ended_ = true;
    return code();
  }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

// Answers enrolments, hellos and batches.
class Collector {
 public:
  Collector() : keys_(wire::CurveKeys::generate()) {
    wire::CollectorLink::Options options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.keys = &keys_;
    options.admit = [this](const std::string&) {
      ++admissions;
      return std::string("someone");
    };
    auto link = wire::CollectorLink::open(std::move(options));
    if (link) link_ = std::move(*link);
  }
  std::string endpoint() const { return link_->endpoint(); }
  const std::string& key() const { return keys_.public_z85; }

  // Serves until `done`; false when patience ends.
  bool until(const std::function<bool()>& done) {
    auto deadline = Clock::now() + kPatience;
    while (!done()) {
      if (Clock::now() > deadline) return false;
      while (auto incoming = link_->receive()) serve(*incoming);
      pollfd wait{link_->fd(), POLLIN, 0};
      poll(&wait, 1, 20);
    }
    return true;
  }
  const evidence::Record* record(std::function<bool(const evidence::Record&)> matches) const {
    for (const auto& [seq, record] : records)
      if (matches(record)) return &record;
    return nullptr;
  }
  const evidence::Record* with(const std::string& text) const {
    return record([&](const evidence::Record& r) {
      return r.note.find(text) != std::string::npos || r.detail.find(text) != std::string::npos;
    });
  }

  std::map<std::uint64_t, evidence::Record> records;
  std::set<std::string> used_tokens;
  std::vector<std::string> received;  // every message, as bytes
  int admissions = 0;
  bool acknowledge = true;
  std::uint32_t heartbeat_seconds = 1;

 private:
  void serve(const wire::Incoming& incoming) {
    received.emplace_back(base::text(incoming.message));
    auto message = wire::decode(incoming.message);
    if (!message) return;
    if (const auto* enrol = std::get_if<wire::Enrol>(&*message)) {
      wire::Enrolled answer;
      answer.ok = enrol->token == "good-token" && used_tokens.insert(enrol->token).second;
      answer.reason = answer.ok ? "" : "token already used on 2026-11-24 10:12";
      answer.agent = "510903-edu/db01";
      answer.unit = "510903-edu";
      answer.digest_key = base::Bytes(32, 5);
      answer.heartbeat_seconds = heartbeat_seconds;
      reply(incoming.peer, answer);
    }
    if (const auto* batch = std::get_if<wire::Batch>(&*message)) {
      for (const auto& record : batch->records) records[record.seq] = record;
      if (acknowledge) reply(incoming.peer, wire::Ack{batch->records.back().seq, "", {}, 0});
    }
    if (std::holds_alternative<wire::Hello>(*message) && acknowledge && !records.empty())
      reply(incoming.peer, wire::Ack{records.rbegin()->first, "", {}, 0});
  }
  void reply(const std::string& peer, const wire::Message& message) { (void)link_->send(peer, wire::encode(message)); }

  wire::CurveKeys keys_;
  std::unique_ptr<wire::CollectorLink> link_;
};

class Service : public testing::Test {
 protected:
  void configure(const std::string& more) {
    config_ = folder_.write("agent.toml", "[agent]\nstate_dir = \"" + (folder_ / "state").string() +
                                              "\"\n[rules]\ndir = \"" + FENGSUI_SOURCE_DIR + "/rules\"\n" + more);
    folder_.write("token", "good-token\n");
  }
  std::unique_ptr<Child> start(std::vector<std::string> arguments, bool without_raw_sockets = false) {
    arguments.insert(arguments.end(), {"--config", config_});
    return std::make_unique<Child>(std::move(arguments), folder_ / "log", without_raw_sockets);
  }
  int enrol(const std::string& key) {
    auto child = start(
        {"enrol", "--collector", collector_.endpoint(), "--key", key, "--token-file", (folder_ / "token").string()});
    EXPECT_TRUE(collector_.until([&] { return child->ended(); }));
    return child->code();
  }
  std::string log() const { return test::slurp(folder_ / "log"); }
  json::object status() {
    auto line = test::slurp(folder_ / "state/status.json");
    boost::system::error_code error;
    auto parsed = json::parse(line, error);
    return !error && parsed.is_object() ? parsed.as_object() : json::object{};
  }

  test::Folder folder_;
  Collector collector_;
  std::string config_;
};

TEST_F(Service, EnrolsOnceAndASecondUseOfTheTokenShowsTheCollectorsReason) {
  configure("");
  EXPECT_EQ(enrol(collector_.key()), 0) << log();
  struct stat info {};
  for (const char* file : {"state/identity.key", "state/link.key", "state/digest.key", "state/enrolment.json"}) {
    ASSERT_EQ(stat((folder_ / file).c_str(), &info), 0) << file;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << file;
  }
  EXPECT_EQ(enrol(collector_.key()), 1);
  EXPECT_NE(log().find("enrolled already"), std::string::npos);
  std::filesystem::remove_all(folder_ / "state");
  EXPECT_EQ(enrol(collector_.key()), 1);
  EXPECT_NE(log().find("token already used on 2026-11-24 10:12"), std::string::npos) << log();
}

TEST_F(Service, WrongCollectorKeyIsNamedAndNothingIsSent) {
  configure("");
  auto other = wire::CurveKeys::generate();
  EXPECT_EQ(enrol(other.public_z85), 1);
  EXPECT_NE(log().find("key"), std::string::npos) << log();
  EXPECT_NE(log().find("nothing was sent"), std::string::npos) << log();
  EXPECT_TRUE(collector_.received.empty());
  EXPECT_TRUE(collector_.used_tokens.empty());
}

TEST_F(Service, RunWithoutEnrolmentIsAConfigurationError) {
  configure("");
  auto child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return child->ended(); }));
  EXPECT_EQ(child->code(), 78);
  EXPECT_NE(log().find("not enrolled"), std::string::npos) << log();
}

TEST_F(Service, BootHeartbeatsAndFindingsArriveAndNoRawValueDoes) {
  auto values = test::valid_five();
  std::string table = "身份证号\n";
  for (const auto& value : values) table += value + "\n";
  auto file = folder_.write("share/people.csv", table);
  chmod(file.c_str(), 0644);
  test::Conversation talk(40001, 80, 1795500000000);
  talk.send(true, test::http_post("/apply", R"({"id_card":")" + values[2] + "\"}"));
  talk.close();
  auto pcap = folder_.write("x.pcap", test::Conversation::file_header() + talk.records());
  configure("[scan]\npaths = [\"" + (folder_ / "share").string() + "\"]\n[capture]\nreplay = [\"" + pcap + "\"]\n");
  ASSERT_EQ(enrol(collector_.key()), 0) << log();
  auto child = start({"run"});
  ASSERT_TRUE(collector_.until([&] {
    return collector_.with("\"rule\":\"STO-1\"") && collector_.with("\"rule\":\"TRA-1\"") &&
           collector_.with("fengsui-rec/v1 hb");
  })) << log();
  EXPECT_NE(collector_.records[1].note.find("fengsui-rec/v1 boot"), std::string::npos);
  EXPECT_NE(collector_.records[1].note.find("\"start\""), std::string::npos) << collector_.records[1].note;
  // seq 1, 2, 3 … without a hole
  std::uint64_t expected = 0;
  for (const auto& [seq, record] : collector_.records) EXPECT_EQ(seq, ++expected);
  EXPECT_EQ(child->end(SIGTERM), 0) << log();
  for (const auto& bytes : collector_.received) EXPECT_EQ(test::found_in(bytes, values), "");
  for (const auto& [seq, record] : collector_.records)
    EXPECT_EQ(test::found_in(record.note + record.detail, values), "") << seq;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "state"))
    EXPECT_EQ(test::found_in(test::slurp(entry.path()), values), "") << entry.path();
  EXPECT_EQ(test::found_in(log(), values), "");
}

TEST_F(Service, KilledAgentContinuesItsSequenceAndSaysItCrashed) {
  configure("");
  ASSERT_EQ(enrol(collector_.key()), 0) << log();
  auto child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return collector_.records.size() >= 2; })) << log();
  child->end(SIGKILL);
  collector_.received.clear();
  child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return collector_.with("\"crash\"") != nullptr; })) << log();
  std::uint64_t expected = 0;
  for (const auto& [seq, record] : collector_.records) EXPECT_EQ(seq, ++expected);
  EXPECT_EQ(child->end(SIGTERM), 0);
  // A clean end is followed by a clean start.
  child = start({"run"});
  ASSERT_TRUE(collector_.until([&] {
    return collector_.record([&](const evidence::Record& r) {
      return r.seq > expected && r.note.find("\"start\"") != std::string::npos;
    }) != nullptr;
  })) << log();
}

TEST_F(Service, RecordsWaitWhileTheCollectorIsAway) {
  configure("");
  ASSERT_EQ(enrol(collector_.key()), 0) << log();
  collector_.acknowledge = false;
  auto child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return collector_.records.size() >= 3; })) << log();
  child->end(SIGKILL);
  auto before = collector_.records;
  collector_.records.clear();
  collector_.acknowledge = true;
  child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return collector_.records.size() > before.size(); })) << log();
  for (const auto& [seq, record] : before)
    EXPECT_EQ(collector_.records[seq].note, record.note) << seq;  // the same bytes again
}

// Sockets of a process that listen or are bound to a UDP port, by the kernel's tables.
std::vector<std::string> open_ports(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  if (error) return {"the descriptors of the agent cannot be read"};
  std::vector<std::string> out;
  for (const char* table : {"tcp", "tcp6", "udp", "udp6"}) {
    std::istringstream lines(test::slurp(std::string("/proc/") + std::to_string(pid) + "/net/" + table));
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode;
      bool listens = table[0] == 'u' || state == "0A";  // TCP_LISTEN
      if (listens && inodes.contains(inode)) out.push_back(std::string(table) + " " + local);
    }
  }
  return out;
}

TEST_F(Service, ListensOnNothingAndIsSmallWhenIdle) {
  configure("[capture]\ninterfaces = [\"lo\"]\n");
  ASSERT_EQ(enrol(collector_.key()), 0) << log();
  auto child = start({"run"});
  ASSERT_TRUE(collector_.until([&] { return collector_.with("fengsui-rec/v1 hb") != nullptr; })) << log();
  if (geteuid() != 0) GTEST_SKIP() << "only root may look at the descriptors of a process that hides its memory";
  EXPECT_EQ(open_ports(child->pid()), std::vector<std::string>{});
  std::istringstream statm(test::slurp("/proc/" + std::to_string(child->pid()) + "/statm"));
  std::uint64_t size = 0, resident = 0, shared = 0;
  statm >> size >> resident >> shared;
  auto mib = resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) >> 20;
  RecordProperty("resident_mib", std::to_string(mib));
  std::printf("resident memory of an idle agent: %llu MiB\n", static_cast<unsigned long long>(mib));
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FENGSUI_SANITIZED 1  // the sanitizer's own memory is not the product's
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(FENGSUI_SANITIZED)
  EXPECT_LT(mib, 64u);
#endif
}

TEST_F(Service, WithoutRawSocketsTransmissionIsUnavailableAndTheRestWorks) {
  configure("[capture]\ninterfaces = [\"lo\"]\n[scan]\npaths = [\"" + (folder_ / "share").string() + "\"]\n");
  folder_.write("share/a.txt", "nothing");
  ASSERT_EQ(enrol(collector_.key()), 0) << log();
  auto child = start({"run"}, true);
  ASSERT_TRUE(collector_.until([&] { return collector_.with("fengsui-rec/v1 hb") != nullptr; })) << log();
  ASSERT_TRUE(collector_.until([&] { return status().contains("stages"); }));
  auto now = status();
  std::map<std::string, std::pair<std::string, std::string>> stages;
  for (const auto& item : now["stages"].as_array()) {
    const auto& stage = item.as_object();
    stages[std::string(stage.at("stage").as_string())] = {std::string(stage.at("state").as_string()),
                                                          std::string(stage.at("reason").as_string())};
  }
  EXPECT_EQ(stages.size(), 6u);
  EXPECT_EQ(stages["transmission"].first, "unavailable");
  EXPECT_NE(stages["transmission"].second.find("CAP_NET_RAW"), std::string::npos) << stages["transmission"].second;
  EXPECT_EQ(stages["storage"].first, "effective") << stages["storage"].second;
  for (const auto& [stage, state] : stages) EXPECT_EQ(state.first == "effective", state.second.empty()) << stage;
  auto words = start({"status"});
  ASSERT_TRUE(collector_.until([&] { return words->ended(); }));
  EXPECT_EQ(words->code(), 0);
  EXPECT_NE(log().find("采集"), std::string::npos);
}

}  // namespace
}  // namespace fengsui::agent
