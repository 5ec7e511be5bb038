#include "collector/run.h"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <csignal>

#include "collector/api/server.h"
#include "collector/api/service.h"
#include "collector/api/asker.h"
#include "collector/attestor.h"
#include "collector/centre.h"
#include "collector/desk.h"
#include "collector/ingest.h"
#include "collector/log.h"
#include "collector/memory.h"
#include "collector/report/daily_record.h"
#include "collector/scorer.h"
#include "collector/sealer.h"
#include "collector/watch.h"
#include "collector/year_change.h"
#include "wire/link.h"

namespace fengsui::collector {

namespace asio = boost::asio;

namespace {

constexpr int kSaveEverySeconds = 60;
constexpr std::uint64_t kReplayPerSecond = 500;  // leaves of each unit, about 50 ms
constexpr int kBehindExit = 78;     // sysexits EX_CONFIG: a restart does not help
constexpr int kRestartExit = 75;                 // sysexits EX_TEMPFAIL

// Everything that runs, in the order of the walk. One thread.
class Daemon {
 public:
  Daemon(Centre& centre, wire::CollectorLink& link)
      : centre_(centre),
        link_(link),
        ingest_(
            centre,
            [this](const std::string& peer, const wire::Message& m) { return link_.send(peer, wire::encode(m)); },
            [this](const std::string& agent, const evidence::Heartbeat& beat, base::UnixMs rx) {
              watch_.on_heartbeat(agent, beat, rx);
            }),
        watch_(centre, ingest_),
        memory_(centre),
        sealer_(centre, ingest_, watch_, memory_),
        desk_(centre, ingest_),
        scorer_(centre, memory_, sealer_),
        attestor_(centre, ingest_, memory_, sealer_, scorer_),
        service_{centre_, ingest_, watch_, memory_, sealer_, desk_, attestor_, scorer_, [this] { return counters(); }},
        asker_(context_, centre_,
               [this](const std::string& why) {
                 event(Level::error, "behind_a_witness", {{"why", why}});
                 behind_ = true;
                 context_.stop();
               }),
        readable_(context_, ::dup(link.fd())),
        group_(context_),
        second_(context_),
        signals_(context_, SIGTERM, SIGINT) {
    attestor_.give_records([this](const std::string& unit, base::Day day) -> base::Result<std::string> {
      auto record = report::daily_record(centre_, watch_, memory_, sealer_, unit, day);
      if (!record) return std::unexpected(record.error());
      return report::daily_html(*record, *centre_.roster().unit(unit));
    });
  }

  base::Status start() {
    // A log that ended just before the last stop: the next one begins before anything else is written.
    if (auto done = YearChange(centre_, memory_).settle(); !done) return done;
    if (auto done = ingest_.restore(); !done) return done;
    if (auto done = watch_.restore(); !done) return done;
    const auto& http = centre_.config().http;
    api::Server::Options options;
    options.address = http.address;
    options.port = static_cast<std::uint16_t>(http.port);
    options.max_connections = static_cast<std::size_t>(http.max_connections);
    options.max_body = static_cast<std::size_t>(http.max_body_bytes);
    options.max_header = static_cast<std::size_t>(http.max_header_bytes);
    options.request_seconds = static_cast<int>(http.request_seconds);
    auto server = api::Server::open(context_, options, [this](const api::Request& request) {
      api::Request dated = request;
      dated.now = centre_.now();
      return api::dispatch(service_, dated);
    });
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    event(Level::info, "started",
          {{"link", link_.endpoint()},
           {"http", http.address + ":" + std::to_string(server_->port())},
           {"units", std::to_string(centre_.roster().units().size())}});
    return {};
  }

  int run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) context_.stop();
    });
    wait_readable();
    each_second();
    asio::post(context_, [this] { drain(); });
    context_.run();
    server_.reset();
    if (behind_) return kBehindExit;
    if (ingest_.broken()) {
      event(Level::error, "restart_needed", {{"why", ingest_.health()}});
      return kRestartExit;
    }
    if (auto done = ingest_.flush(); !done) event(Level::error, "last_commit_failed", {{"why", done.error().what}});
    if (auto done = ingest_.save(); !done) event(Level::error, "save_failed", {{"why", done.error().what}});
    event(Level::info, "stopped");
    return 0;
  }

 private:
  // Not while paused: the descriptor stays readable then and would be reported again and again.
  void wait_readable() {
    if (paused_ || listening_) return;
    listening_ = true;
    readable_.async_wait(asio::posix::descriptor_base::wait_read, [this](const boost::system::error_code& error) {
      listening_ = false;
      if (error) return;
      drain();
      wait_readable();
    });
  }

  // Reads the link until it is empty or a group is full; what is left is read in the next turn, so that HTTP has its
  // turn too.
  void drain() {
    if (paused_) return;
    auto group = static_cast<std::size_t>(centre_.config().ingest.group_records);
    std::size_t turn = 0;
    while (!ingest_.full() && ingest_.pending() < group && turn++ < 256) {
      auto incoming = link_.receive();
      if (!incoming) return ingest_.waiting() ? arm() : void();
      ingest_.take(incoming->peer, incoming->user, incoming->message);
    }
    if (ingest_.full() || ingest_.pending() >= group) commit();
    if (ingest_.waiting()) arm();
    asio::post(context_, [this] { drain(); });
  }

  void arm() {
    if (armed_ || paused_) return;
    armed_ = true;
    group_.expires_after(std::chrono::milliseconds(centre_.config().ingest.group_ms));
    group_.async_wait([this](const boost::system::error_code& error) {
      armed_ = false;
      if (error) return;
      commit();
      drain();  // sending may have used up the descriptor's edge
    });
  }

  void commit() {
    auto was = ingest_.health();
    auto done = ingest_.flush();
    if (done) done = watch_.adopt();
    if (!done && was.empty()) event(Level::error, "commit_failed", {{"why", done.error().what}});
    if (!was.empty() && ingest_.health().empty()) event(Level::info, "commit_recovered");
    // What cannot be stored is not read either: the agents keep it, and nobody turns in circles. Tried again each
    // second.
    paused_ = !done;
    if (ingest_.broken()) context_.stop();
  }

  void each_second() {
    second_.expires_after(std::chrono::seconds(1));
    second_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      if (!ingest_.health().empty()) report(ingest_.probe(), "still_failing", probe_error_);
      paused_ = false;
      if (ingest_.waiting()) commit();
      wait_readable();
      report(watch_.tick(), "gap_not_written", watch_error_);
      report(sealer_.tick(), "seal_failed", seal_error_);
      asker_.tick();
      report(memory_.advance(kReplayPerSecond), "replay_failed", memory_error_);
      if (++seconds_ % kSaveEverySeconds == 0) {
        report(ingest_.save(), "save_failed", save_error_);
        report(attestor_.tick(), "revocation_failed", revoke_error_);
      }
      if (ingest_.broken()) return context_.stop();
      drain();
      each_second();
    });
  }

  // One line when it begins to fail and one when it works again, not one a second.
  static void report(const base::Status& done, std::string_view id, std::string& last) {
    std::string now = done ? "" : done.error().what;
    if (!now.empty() && now != last) event(Level::error, id, {{"why", now}});
    if (now.empty() && !last.empty()) event(Level::info, "recovered", {{"from", std::string(id)}});
    last = now;
  }

  std::vector<base::Sample> counters() const {
    auto out = link_.counters();
    for (auto& sample : asker_.counters()) out.push_back(std::move(sample));
    if (server_)
      for (auto& sample : server_->counters()) out.push_back(std::move(sample));
    return out;
  }

  Centre& centre_;
  wire::CollectorLink& link_;
  asio::io_context context_;
  Ingest ingest_;
  Watch watch_;
  Memory memory_;
  Sealer sealer_;
  Desk desk_;
  Scorer scorer_;
  Attestor attestor_;
  api::Service service_;
  Asker asker_;
  asio::posix::stream_descriptor readable_;
  asio::steady_timer group_, second_;
  asio::signal_set signals_;
  std::unique_ptr<api::Server> server_;
  bool behind_ = false;  // a witness has seen more of a log than the ledger holds
  bool armed_ = false;
  bool listening_ = false;
  bool paused_ = false;  // until the next second, after a failed commit
  int seconds_ = 0;
  std::string watch_error_, seal_error_, save_error_, memory_error_, revoke_error_, probe_error_;
};

}  // namespace

base::Result<int> run(const std::filesystem::path& folder, const Config& config, const base::Clock& clock) {
  start_log();
  auto centre = Centre::open(folder, config, clock);
  if (!centre) return std::unexpected(centre.error());
  wire::CollectorLink::Options options;
  options.endpoint = config.link.endpoint;
  options.keys = &(*centre)->keys().curve();
  options.admit = [&roster = (*centre)->roster()](const std::string& key) {
    return roster.admits(key) ? key : std::string();
  };
  options.max_message = static_cast<std::size_t>(config.link.max_message_bytes);
  options.high_water = static_cast<int>(config.link.high_water);
  auto link = wire::CollectorLink::open(std::move(options));
  if (!link) return std::unexpected(link.error());
  Daemon daemon(**centre, **link);
  if (auto started = daemon.start(); !started) return std::unexpected(started.error());
  return daemon.run();
}

}  // namespace fengsui::collector
