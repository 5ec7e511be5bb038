#include "agent/status.h"

#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>
#include <filesystem>

#include "agent/commands/commands.h"
#include "agent/system.h"
#include "base/fd.h"

namespace fengsui::agent {

namespace {

constexpr base::UnixMs kStaleMs = 30'000;  // it is written every five seconds

std::int64_t number(std::string_view line, std::string_view key) {
  boost::system::error_code error;
  auto parsed = boost::json::parse(line, error);
  if (error || !parsed.is_object()) return 0;
  const auto* value = parsed.as_object().if_contains(key);
  return value && value->is_int64() ? value->as_int64() : 0;
}

}  // namespace

// Exit codes as of a service: 0 it runs, 3 it does not, 1 something is out of order.
int status(const Config& config, bool json) {
  auto file = std::filesystem::path(config.agent.state_dir) / "status.json";
  auto bytes = base::read_file(file, 4u << 20);
  if (!bytes) {
    fmt::print(stderr, "fengsui-agent status: {}; the agent has not run with this configuration\n", bytes.error().what);
    return kIncomplete;
  }
  auto line = std::string(base::text(*bytes));
  while (line.ends_with('\n')) line.pop_back();
  auto words = to_text(line);
  if (words.empty()) {
    fmt::print(stderr, "fengsui-agent status: {} is not a status\n", file.string());
    return kIncomplete;
  }
  fmt::print("{}\n", json ? line : words);
  auto age = SystemClock().wall_ms() - number(line, "time");
  auto pid = static_cast<pid_t>(number(line, "pid"));
  bool alive = pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
  if (!alive || age > kStaleMs) {
    fmt::print(stderr, "the agent is not running: its last status is {} s old\n", age / 1000);
    return kIncomplete;
  }
  return kClean;
}

}  // namespace fengsui::agent
