// fengsui-sim: many agents against one collector. Prints one line of JSON; exit 0 when nothing was lost or stored
// twice.
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <random>
#include <sstream>

#include "base/fd.h"
#include "tools/sim/agent.h"
#include "tools/sim/centre.h"
#include "tools/sim/count.h"

namespace {

using namespace fengsui;

constexpr int kFailed = 1, kIncomplete = 3;
constexpr int kTickMs = 5;

class SystemClock : public base::Clock {
 public:
  base::UnixMs wall_ms() const override { return read(CLOCK_REALTIME); }
  base::BootMs boot_ms() const override { return read(CLOCK_BOOTTIME); }

 private:
  static std::int64_t read(clockid_t id) {
    timespec t{};
    ::clock_gettime(id, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
  }
};

struct Options {
  int agents = 3, seconds = 10, drain_seconds = 60, kills = 0, heartbeat_seconds = 10, collector_pid = 0;
  double rate = 10;
  std::string collector, key, tokens_file, ledger, programs;
};

int complain(const base::Error& error) {
  std::fprintf(stderr, "fengsui-sim: %s\n", error.what.c_str());
  return kIncomplete;
}

base::Result<std::vector<std::string>> read_tokens(const std::string& file) {
  auto bytes = base::read_file(file, 16u << 20);
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<std::string> out;
  std::istringstream lines{std::string(base::text(*bytes))};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

double own_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// All agents on one thread.
class Crowd {
 public:
  explicit Crowd(const base::Clock& clock) : clock_(clock), threads_(wire::make_link_threads(1)) {}

  base::Status add(const Options& options, const std::string& endpoint, const std::string& key,
                   const std::vector<std::string>& tokens) {
    for (int i = 0; i < options.agents; ++i) {
      sim::AgentOptions one{endpoint, key, tokens[static_cast<std::size_t>(i)], i + 1, options.rate, 2000, threads_};
      auto agent = sim::Agent::open(one, clock_);
      if (!agent) return std::unexpected(agent.error());
      agents_.push_back(std::move(*agent));
    }
    return {};
  }
  // Until the deadline, or until `done` holds.
  template <class Done>
  bool run(base::BootMs deadline, Done done) {
    std::vector<pollfd> fds;
    for (const auto& agent : agents_) fds.push_back({agent->fd(), POLLIN, 0});
    while (!done()) {
      if (clock_.boot_ms() >= deadline) return false;
      ::poll(fds.data(), fds.size(), kTickMs);
      for (const auto& agent : agents_) agent->pump();
    }
    return true;
  }
  std::vector<std::unique_ptr<sim::Agent>>& agents() { return agents_; }
  bool all(bool (sim::Agent::*what)() const) const {
    return std::ranges::all_of(agents_, [what](const auto& agent) { return (agent.get()->*what)(); });
  }

 private:
  const base::Clock& clock_;
  std::shared_ptr<wire::LinkThreads> threads_;
  std::vector<std::unique_ptr<sim::Agent>> agents_;
};

struct Measured {
  double load_seconds = 0, drain_seconds = 0, collector_cpu = -1, own_cpu = 0;
  std::uint64_t peak_kb = 0;
  bool drained = false;
};

int report(const Options& options, Crowd& crowd, const Measured& measured, const base::Result<sim::Stored>& stored) {
  std::uint64_t made = 0, sent = 0, acknowledged = 0, refused = 0;
  std::vector<std::uint32_t> delays;
  std::map<std::string, std::uint64_t> troubles;
  for (const auto& agent : crowd.agents()) {
    made += agent->made(), sent += agent->sent(), acknowledged += agent->acknowledged(), refused += agent->refused();
    delays.insert(delays.end(), agent->delays().begin(), agent->delays().end());
    if (!agent->trouble().empty()) ++troubles[agent->trouble()];
  }
  std::ranges::sort(delays);
  const auto quantile = [&](double q) {
    return delays.empty()
               ? "null"
               : std::to_string(delays[static_cast<std::size_t>(q * static_cast<double>(delays.size() - 1))]);
  };
  const auto counted = [&](std::uint64_t sim::Stored::*what) {
    return stored ? std::to_string((*stored).*what) : "null";
  };
  const double elapsed = measured.load_seconds + measured.drain_seconds;
  // Written by hand: boost::json writes every fraction with an exponent, which people read badly.
  // `lost`: acknowledged and not stored, which must never be. `unacknowledged`: made, and not acknowledged when we
  // stopped waiting.
  fmt::print(
      "{{\"agents\":{},\"rate_per_agent\":{},\"seconds\":{},\"kills\":{},\"sent\":{},\"transmitted\":{},"
      "\"acknowledged\":{},"
      "\"stored\":{},\"duplicates\":{},\"lost\":{},\"unacknowledged\":{},\"details_missing\":{},\"refused\":{},"
      "\"records_per_second\":{:.1f},\"ack_delay_ms\":{{\"p50\":{},\"p99\":{},\"max\":{}}},\"load_seconds\":{:.3f},"
      "\"drain_seconds\":{:.3f},"
      "\"collector_cpu_seconds\":{},\"collector_peak_kb\":{},\"sim_cpu_seconds\":{:.3f}}}\n",
      options.agents, options.rate, options.seconds, options.kills, made, sent, acknowledged,
      counted(&sim::Stored::records), counted(&sim::Stored::duplicates), counted(&sim::Stored::missing),
      made - acknowledged, counted(&sim::Stored::without_detail), refused,
      elapsed > 0 ? static_cast<double>(acknowledged) / elapsed : 0.0, quantile(0.5), quantile(0.99), quantile(1.0),
      measured.load_seconds, measured.drain_seconds,
      measured.collector_cpu < 0 ? "null" : fmt::format("{:.3f}", measured.collector_cpu),
      measured.peak_kb == 0 ? "null" : std::to_string(measured.peak_kb), measured.own_cpu);
  std::fflush(stdout);
  for (const auto& [what, n] : troubles)
    std::fprintf(stderr, "fengsui-sim: %llu agent(s): %s\n", static_cast<unsigned long long>(n), what.c_str());
  if (!stored) {
    std::fprintf(stderr, "fengsui-sim: what is stored was not counted: %s\n", stored.error().what.c_str());
    return kIncomplete;
  }
  const bool good = measured.drained && stored->missing == 0 && stored->duplicates == 0 &&
                    stored->without_detail == 0 && stored->records == made;
  return good ? 0 : kFailed;
}

int simulate(const Options& options) {
  SystemClock clock;
  std::unique_ptr<sim::Centre> centre;
  std::string endpoint = options.collector, key = options.key, ledger = options.ledger;
  std::vector<std::string> tokens;
  if (options.collector.empty()) {
    auto started = sim::Centre::start(options.programs, options.agents, options.heartbeat_seconds);
    if (!started) return complain(started.error());
    centre = std::move(*started);
    endpoint = centre->endpoint(), key = centre->key(), tokens = centre->tokens(), ledger = centre->ledger().string();
  } else {
    auto read = read_tokens(options.tokens_file);
    if (!read) return complain(read.error());
    tokens = std::move(*read);
  }
  if (tokens.size() < static_cast<std::size_t>(options.agents))
    return complain({base::Errc::usage,
                     std::to_string(tokens.size()) + " tokens for " + std::to_string(options.agents) + " agents"});

  Crowd crowd(clock);
  if (auto added = crowd.add(options, endpoint, key, tokens); !added) return complain(added.error());
  const bool ready = crowd.run(clock.boot_ms() + 60'000, [&] { return crowd.all(&sim::Agent::enrolled); });
  if (!ready) {
    for (const auto& agent : crowd.agents())
      if (!agent->enrolled() && !agent->trouble().empty())
        return complain({base::Errc::denied, "enrolment: " + agent->trouble()});
    return complain({base::Errc::unavailable, endpoint + ": not every agent was enrolled within 60 s"});
  }

  Measured measured;
  const auto cpu_now = [&] {
    return centre                      ? centre->cpu_seconds()
           : options.collector_pid > 0 ? sim::cpu_seconds_of(options.collector_pid)
                                       : -1.0;
  };
  const double cpu_before = cpu_now(), own_before = own_cpu();
  const auto begin = clock.boot_ms();
  const auto end = begin + options.seconds * 1000LL;
  std::mt19937 random(1);
  for (int kill = 1; kill <= options.kills && centre; ++kill) {
    const auto slice = options.seconds * 1000LL / (options.kills + 1);
    const auto at =
        begin + slice * kill - slice / 4 + static_cast<std::int64_t>(random() % static_cast<unsigned>(slice / 2 + 1));
    crowd.run(at, [] { return false; });
    if (auto done = centre->kill_and_restart(); !done) return complain(done.error());
  }
  crowd.run(end, [] { return false; });
  for (const auto& agent : crowd.agents()) agent->stop_making();
  const auto stopped = clock.boot_ms();
  measured.load_seconds = static_cast<double>(stopped - begin) / 1000;
  measured.drained = crowd.run(stopped + options.drain_seconds * 1000LL, [&] { return crowd.all(&sim::Agent::idle); });
  measured.drain_seconds = static_cast<double>(clock.boot_ms() - stopped) / 1000;
  const double cpu_after = cpu_now();
  measured.collector_cpu = cpu_after < 0 || cpu_before < 0 ? -1 : cpu_after - cpu_before;
  measured.own_cpu = own_cpu() - own_before;
  if (centre) {
    if (auto done = centre->stop(); !done) return complain(done.error());
    measured.peak_kb = centre->peak_resident_kb();
  }
  std::map<std::string, std::uint64_t> acknowledged;
  for (const auto& agent : crowd.agents()) acknowledged[agent->name()] = agent->acknowledged();
  base::Result<sim::Stored> stored = base::fail(base::Errc::unavailable, "no --ledger");
  if (!ledger.empty()) stored = sim::count(ledger, acknowledged);
  return report(options, crowd, measured, stored);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.programs = std::filesystem::path(argv[0]).parent_path().string();
  std::error_code ignored;
  if (auto self = std::filesystem::read_symlink("/proc/self/exe", ignored); !ignored)
    options.programs = self.parent_path().string();
  CLI::App app{
      "fengsui-sim: simulated agents with real chains and links against one collector. Without --collector it makes, "
      "starts\n"
      "and removes a collector of its own. Prints one line of JSON; exit 0 when everything made was acknowledged and "
      "stored once.\n"
      "Example: fengsui-sim --agents 50 --rate 20 --seconds 30"};
  app.set_version_flag("--version", std::string("fengsui-sim ") + FENGSUI_VERSION);
  app.add_option("--agents", options.agents, "Number of agents")->check(CLI::Range(1, 5000))->capture_default_str();
  app.add_option("--rate", options.rate, "Findings a second of each agent; 0 = as many as acknowledgements allow")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "Length of the load")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--drain", options.drain_seconds, "Seconds to wait for the last acknowledgement")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  auto* collector =
      app.add_option("--collector", options.collector, "Endpoint of a running collector, tcp://host:port");
  app.add_option("--key", options.key, "Its link key")->needs(collector);
  auto* tokens = app.add_option("--tokens-file", options.tokens_file, "One-time tokens, one a line")->needs(collector);
  collector->needs(tokens);
  app.add_option("--ledger", options.ledger, "Its ledger folder (DIR/ledger), to count what is stored")
      ->needs(collector);
  app.add_option("--collector-pid", options.collector_pid, "Its process, to measure CPU time")->needs(collector);
  app.add_option("--kills", options.kills, "SIGKILL the collector so many times during the load (own collector only)")
      ->check(CLI::Range(0, 1000))
      ->excludes(collector);
  app.add_option("--heartbeat", options.heartbeat_seconds, "Seconds between heartbeats (own collector only)")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  app.add_option("--programs", options.programs, "Folder of fengsui-collector and fengsui");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  return simulate(options);
}
