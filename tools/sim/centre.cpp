#include "tools/sim/centre.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.h"

extern char** environ;

namespace fengsui::sim {
namespace {

constexpr std::size_t kMaxOutput = 1u << 20;
constexpr int kStartMs = 30'000, kStopMs = 20'000;

// A port that was free a moment ago.
int free_port() {
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin_port);
}

bool answers(int port) {
  base::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

std::string field(const std::string& output, const std::string& name) {
  const auto at = output.find(name + ": ");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 2;
  return output.substr(from, output.find('\n', from) - from);
}

base::Result<pid_t> spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment, int out,
                          int err) {
  std::vector<char*> argv, env;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (char** e = environ; *e != nullptr; ++e) env.push_back(*e);
  for (const auto& e : environment) env.insert(env.begin(), const_cast<char*>(e.c_str()));
  env.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  pid_t pid = -1;
  const int code = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return base::fail_errno("start", command[0], code);
  return pid;
}

}  // namespace

double cpu_seconds_of(pid_t pid) {
  auto stat = base::read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!stat) return -1;
  // proc(5): the name in parentheses may hold anything; utime and stime are the 12th and 13th fields after it.
  const std::string_view text = base::text(*stat);
  const auto close = text.rfind(')');
  if (close == std::string_view::npos) return -1;
  unsigned long long user = 0, system = 0;
  if (std::sscanf(std::string(text.substr(close + 1)).c_str(), " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu",
                  &user, &system) != 2)
    return -1;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

base::Status Centre::run_tool(const std::vector<std::string>& command, std::string* output) const {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return base::fail_errno("pipe", command[0], errno);
  base::Fd read_end(ends[0]);
  auto pid =
      spawn(command, {"XDG_CONFIG_HOME=" + (folder_ / "config").string(), "FENGSUI_URL=" + url_}, ends[1], ends[1]);
  ::close(ends[1]);
  if (!pid) return std::unexpected(pid.error());
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t n = 0; (n = ::read(read_end.get(), part.data(), part.size())) > 0;)
    if (text.size() < kMaxOutput) text.append(part.data(), static_cast<std::size_t>(n));
  int status = 0;
  ::waitpid(*pid, &status, 0);
  if (output != nullptr) *output = text;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return base::fail(base::Errc::unavailable, fmt::format("{} {} did not succeed: {}", command[0],
                                                         command.size() > 1 ? command[1] : "", text.substr(0, 2000)));
}

base::Result<std::unique_ptr<Centre>> Centre::start(const std::filesystem::path& programs, int agents,
                                                    int heartbeat_seconds) {
  std::unique_ptr<Centre> out(new Centre());
  out->programs_ = programs;
  std::string pattern = (std::filesystem::temp_directory_path() / "fengsui-sim-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return base::fail_errno("mkdtemp", pattern, errno);
  out->folder_ = pattern;
  const int link = free_port(), http = free_port();
  out->endpoint_ = fmt::format("tcp://127.0.0.1:{}", link);
  out->url_ = fmt::format("http://127.0.0.1:{}", http);
  const std::string collector = (programs / "fengsui-collector").string(), tool = (programs / "fengsui").string();
  std::string said;
  if (auto done =
          out->run_tool({collector, "init", (out->folder_ / "collector").string(), "--link", out->endpoint_, "--http",
                         fmt::format("127.0.0.1:{}", http), "--heartbeat", std::to_string(heartbeat_seconds)},
                        &said);
      !done)
    return std::unexpected(done.error());
  out->key_ = field(said, "link key");
  const auto password_file = out->folder_ / "password";
  if (auto done = base::write_file_durable(password_file, base::view(field(said, "password") + "\n"), 0600); !done)
    return std::unexpected(done.error());
  if (auto done = out->launch(); !done) return std::unexpected(done.error());
  if (auto done = out->run_tool({tool, "login", "--url", out->url_, "--user", field(said, "account"), "--password-file",
                                 password_file.string()});
      !done)
    return std::unexpected(done.error());
  if (auto done = out->run_tool({tool, "unit", "add", "sim", "--name", "模拟"}); !done)
    return std::unexpected(done.error());
  for (int i = 1; i <= agents; ++i) {
    const auto file = out->folder_ / "token";
    if (auto done = out->run_tool(
            {tool, "token", "create", "--unit", "sim", "--name", fmt::format("a{}", i), "--out", file.string()});
        !done)
      return std::unexpected(done.error());
    auto token = base::read_file(file, 4096);
    if (!token) return std::unexpected(token.error());
    std::string text(base::text(*token));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    out->tokens_.push_back(std::move(text));
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
  return out;
}

base::Status Centre::launch() {
  base::Fd log(::open((folder_ / "collector.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log.valid()) return base::fail_errno("open", (folder_ / "collector.log").string(), errno);
  auto pid = spawn({(programs_ / "fengsui-collector").string(), "run", (folder_ / "collector").string()}, {}, log.get(),
                   log.get());
  if (!pid) return std::unexpected(pid.error());
  pid_ = *pid;
  const int port = std::atoi(url_.c_str() + url_.rfind(':') + 1);
  for (int waited = 0; waited < kStartMs; waited += 20) {
    if (answers(port)) return {};
    if (!running()) break;
    ::poll(nullptr, 0, 20);
  }
  auto said = base::read_file(folder_ / "collector.log", kMaxOutput);
  std::string tail = said ? std::string(base::text(*said)) : "";
  return base::fail(base::Errc::unavailable,
                    "the collector does not answer: " + tail.substr(tail.size() > 1000 ? tail.size() - 1000 : 0));
}

bool Centre::running() {
  if (pid_ < 0) return false;
  rusage usage{};
  int status = 0;
  if (::wait4(pid_, &status, WNOHANG, &usage) == 0) return true;
  cpu_of_ended_ += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  pid_ = -1;
  return false;
}

void Centre::reap(int signal_number) {
  if (pid_ < 0) return;
  ::kill(pid_, signal_number);
  rusage usage{};
  int status = 0;
  pid_t ended = 0;
  for (int waited = 0; waited < kStopMs && (ended = ::wait4(pid_, &status, WNOHANG, &usage)) == 0; waited += 10)
    ::poll(nullptr, 0, 10);
  if (ended == 0) {
    ::kill(pid_, SIGKILL);
    ::wait4(pid_, &status, 0, &usage);
  }
  cpu_of_ended_ += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  peak_kb_ = std::max<std::uint64_t>(peak_kb_, static_cast<std::uint64_t>(usage.ru_maxrss));
  pid_ = -1;
}

base::Status Centre::kill_and_restart() {
  if (!running()) return base::fail(base::Errc::unavailable, "the collector had ended by itself");
  reap(SIGKILL);
  return launch();
}

base::Status Centre::stop() {
  if (!running()) return base::fail(base::Errc::unavailable, "the collector had ended by itself");
  reap(SIGTERM);
  return {};
}

double Centre::cpu_seconds() const { return cpu_of_ended_ + (pid_ >= 0 ? std::max(0.0, cpu_seconds_of(pid_)) : 0.0); }

Centre::~Centre() {
  reap(SIGTERM);
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace fengsui::sim
