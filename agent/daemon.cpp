#include "agent/daemon.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <csignal>
#include <memory>

#include "agent/budget.h"
#include "agent/extraction/confined.h"
#include "agent/identity.h"
#include "agent/pipeline.h"
#include "agent/recorder.h"
#include "agent/ruleset.h"
#include "agent/shipper.h"
#include "agent/sources.h"
#include "agent/status.h"
#include "agent/system.h"

namespace asio = boost::asio;

namespace fengsui::agent {

namespace {

constexpr const char* kRememberedKey = "remembered";
constexpr const char* kHabitsKey = "habits";
constexpr std::int64_t kHabitsEveryMs = 600'000;  // a restart forgets at most so much of what is usual
constexpr const char* kStoppedKey = "stopped";  // in the spool: the last run ended on purpose
constexpr std::size_t kPacketsPerTurn = 512;    // then others get their turn

// Everything the daemon needs before its loop starts.
struct Parts {
  State state;
  Enrolment enrolment;
  crypto::Secret digest_key;
  wire::CurveKeys link_keys;
  crypto::SigningKey identity;
  std::string instance;
  Ruleset rules;
  std::string binary_digest;
  std::unique_ptr<store::Spool> spool;
};

base::Result<Parts> load_parts(const Config& config) {
  auto state = State::open(config.agent.state_dir);
  if (!state) return std::unexpected(state.error());
  auto enrolment = state->enrolment();
  if (!enrolment) {
    if (enrolment.error().code != base::Errc::not_found) return std::unexpected(enrolment.error());
    return base::fail(base::Errc::usage,
                      config.agent.state_dir + ": this host is not enrolled; run fengsui-agent enrol first");
  }
  // A service runs for months: people are born meanwhile.
  auto rules = load_rules(config.rules, base::plus_days(today(), 366), site_files(config));
  if (!rules) return base::fail(base::Errc::usage, rules.error().what);
  auto digest_key = state->digest_key();
  if (!digest_key) return std::unexpected(digest_key.error());
  auto link_keys = state->link_keys();
  if (!link_keys) return std::unexpected(link_keys.error());
  auto identity = state->identity_key();
  if (!identity) return std::unexpected(identity.error());
  auto binary = program_digest();
  if (!binary) return std::unexpected(binary.error());
  auto spool = store::Spool::open(state->spool_file(), {static_cast<std::uint64_t>(config.spool.max_mib) << 20});
  if (!spool) return std::unexpected(spool.error());
  auto instance = instance_of(identity->public_key());
  return Parts{std::move(*state),     std::move(*enrolment), std::move(*digest_key),
               std::move(*link_keys), std::move(*identity),  std::move(instance),
               std::move(*rules),     std::move(*binary),    std::move(*spool)};
}

class Daemon {
 public:
  Daemon(const Config& config, Parts parts, Log& log)
      : config_(config),
        log_(log),
        parts_(std::move(parts)),
        policy_(parts_.rules.policies, parts_.rules.networks),
        signals_(io_),
        chain_(parts_.enrolment.agent, std::move(parts_.identity), boot_id(), parts_.spool->last_seq(),
               parts_.spool->last_digest()),
        recorder_(chain_, *parts_.spool, clock_, host(), {parts_.rules.digest, config.digest, parts_.binary_digest},
                  config.agent.language == "en" ? model::Language::en : model::Language::zh, log),
        pipeline_(parts_.rules.classifier, parts_.digest_key, policy_, clock_, recorder_, pipeline_limits(config), &extraction_),
        sources_(config, pipeline_, config.agent.state_dir, log),
        budget_(config.budget.cpu_percent, config.budget.memory_mib) {}

  int run();

 private:
  using Timer = asio::steady_timer;

  static PipelineLimits pipeline_limits(const Config& config) {
    PipelineLimits out;
    out.repeat_ms = config.findings.repeat_minutes * 60'000;
    out.examine.max_container = std::min<std::uint64_t>(
        out.examine.max_container, (static_cast<std::uint64_t>(config.budget.memory_mib) << 20) / 4);
    return out;
  }

  model::Host host() const {
    auto out = host_facts();
    out.unit = parts_.enrolment.unit;
    out.agent = parts_.enrolment.agent;
    out.instance = parts_.instance;
    return out;
  }

  std::string endpoint() const {
    return config_.collector.endpoint.empty() ? parts_.enrolment.endpoint : config_.collector.endpoint;
  }

  // Calls `work` on a timer of its own, again and again, until the loop stops. The next time comes from `wait_ms`.
  template <class Wait, class Work>
  void every(Wait wait_ms, Work work) {
    timers_.push_back(std::make_unique<Timer>(io_));
    again(*timers_.back(), wait_ms, work);
  }
  template <class Wait, class Work>
  void again(Timer& timer, Wait wait_ms, Work work) {
    timer.expires_after(std::chrono::milliseconds(wait_ms()));
    timer.async_wait([this, &timer, wait_ms, work](const boost::system::error_code& error) {
      if (error) return;
      work();
      again(timer, wait_ms, work);
    });
  }
  // Calls `work` when the descriptor is readable; while it returns true, again at once after others had their turn. The
  // descriptor is duplicated: its owner keeps its own.
  template <class Work>
  void when_readable(int fd, Work work) {
    int copy = dup(fd);
    if (copy < 0) return log_.error("dup", {{"why", std::to_string(errno)}});
    descriptors_.push_back(std::make_unique<asio::posix::stream_descriptor>(io_, copy));
    wait_readable(*descriptors_.back(), work);
  }
  template <class Work>
  void wait_readable(asio::posix::stream_descriptor& descriptor, Work work) {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [this, &descriptor, work](const boost::system::error_code& error) {
                            if (!error) turn(descriptor, work);
                          });
  }
  template <class Work>
  void turn(asio::posix::stream_descriptor& descriptor, Work work) {
    if (!work()) return wait_readable(descriptor, work);
    asio::post(io_, [this, &descriptor, work] { turn(descriptor, work); });
  }

  void watch_taps();
  void watch_sensors();
  void open_link();
  model::SourceStatus pipeline_status();
  model::SourceStatus matching_status() const;
  void heartbeat();
  void save_habits();
  void second();
  void publish();
  void stop();

  const Config& config_;
  Log& log_;
  Parts parts_;
  SystemClock clock_;
  policy::Engine policy_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  evidence::Chain chain_;
  Recorder recorder_;
  ConfinedExtractor extraction_;
  Pipeline pipeline_;
  Sources sources_;
  Budget budget_;
  std::unique_ptr<wire::AgentLink> link_;
  std::unique_ptr<Shipper> shipper_;
  std::string link_error_;
  std::vector<std::unique_ptr<Timer>> timers_;
  std::vector<std::unique_ptr<asio::posix::stream_descriptor>> descriptors_;
  base::UnixMs started_ = 0;
  base::Bytes remembered_;  // as kept in the spool
  std::int64_t habits_saved_ = 0;
};

void Daemon::watch_taps() {
  for (auto& owned : sources_.taps()) {
    Tap* tap = owned.get();
    if (!tap->source) continue;
    if (tap->source->fd() >= 0) {
      when_readable(tap->source->fd(), [this, tap] { return sources_.read(*tap, kPacketsPerTurn, clock_.wall_ms()); });
      continue;
    }
    // A capture file is always readable: a little at a time, at the pace the budget allows.
    every([this, tap] { return tap->ended ? 3'600'000 : budget_.pause_ms(); },
          [this, tap] { sources_.read(*tap, kPacketsPerTurn, clock_.wall_ms()); });
  }
}

void Daemon::watch_sensors() {
  for (auto& owned : sources_.sensors()) {
    watch::Sensor* sensor = owned.get();
    if (sensor->fd() >= 0)
      when_readable(sensor->fd(), [this, sensor] {
        sensor->poll(clock_.wall_ms(), pipeline_);
        return false;
      });
    // A sensor with a descriptor may have a period too; one without lives by it.
    every(
        [this, sensor] {
          auto wait = std::clamp<std::int64_t>(sensor->due() - clock_.wall_ms(), 0, 1000);
          return std::max(wait, budget_.pause_ms());
        },
        [this, sensor] {
          if (sensor->due() <= clock_.wall_ms()) sensor->poll(clock_.wall_ms(), pipeline_);
        });
  }
}

void Daemon::open_link() {
  wire::AgentLink::Options options;
  options.endpoint = endpoint();
  options.server_key_z85 = config_.collector.key.empty() ? parts_.enrolment.server_key : config_.collector.key;
  options.keys = &parts_.link_keys;
  auto link = wire::AgentLink::open(options);
  if (!link) {
    link_error_ = link.error().what;
    log_.error("link", {{"why", link_error_}});
    return;
  }
  link_ = std::move(*link);
  shipper_ = std::make_unique<Shipper>(*link_, *parts_.spool, chain_, clock_, parts_.enrolment.agent, FENGSUI_VERSION,
                                       parts_.enrolment.log_vkey, log_);
  when_readable(link_->fd(), [this] {
    shipper_->pump();
    return false;
  });
}

model::SourceStatus Daemon::pipeline_status() {
  model::SourceStatus out;
  out.id = "pipeline";
  out.counters.ovf = pipeline_.take_overflow();
  out.state = out.counters.ovf == 0 ? model::SensorState::effective : model::SensorState::degraded;
  if (out.counters.ovf) out.reason = "contents were concluded early by a bound";
  return out;
}

// Files of the site that could not be used: everything else is watched, and this is not passed over.
model::SourceStatus Daemon::matching_status() const {
  model::SourceStatus out;
  out.id = "matching";
  const auto problems = parts_.rules.classifier->site_problems();
  out.state = problems.empty() ? model::SensorState::effective : model::SensorState::degraded;
  if (!problems.empty()) out.reason = problems.front();
  return out;
}

void Daemon::heartbeat() {
  auto statuses = sources_.take(clock_.wall_ms());
  statuses.push_back(pipeline_status());
  if (parts_.rules.classifier->has_site()) statuses.push_back(matching_status());
  if (!recorder_.heartbeat(statuses)) sources_.put_back(statuses);
  if (auto remembered = pipeline_.remembered(); remembered != remembered_) {
    if (auto ok = parts_.spool->put(kRememberedKey, remembered); !ok)
      log_.warn("remembered", {{"why", ok.error().what}});
    remembered_ = std::move(remembered);
  }
  if (auto now = clock_.boot_ms(); now - habits_saved_ >= kHabitsEveryMs) {
    habits_saved_ = now;
    save_habits();
  }
  if (shipper_) shipper_->pump();
}

void Daemon::save_habits() {
  if (auto ok = parts_.spool->put(kHabitsKey, pipeline_.habits().save()); !ok)
    log_.warn("habits", {{"why", ok.error().what}});
}

void Daemon::second() {
  auto now = clock_.wall_ms();
  auto usage = process_usage();
  bool slowed = budget_.pause_ms() > 0;
  budget_.measure(usage.cpu_ms + extraction_.cpu_ms(), usage.resident_bytes + extraction_.resident_bytes(), clock_.boot_ms());
  const bool sampled = budget_.examine_per_mille() < 1000;
  budget_.measure_traffic(sources_.traffic_cpu_us(), clock_.boot_ms());
  sources_.examine(budget_.examine_per_mille());
  if (slowed != (budget_.pause_ms() > 0) || sampled != (budget_.examine_per_mille() < 1000)) log_.info("budget", {{"state", budget_.words()}});
  if (budget_.memory_exceeded()) pipeline_.conclude_oldest("the memory budget is used up");
  sources_.advance(now);
  pipeline_.tick();
  extraction_.rest();
  if (shipper_) shipper_->pump();
  notify_service_manager("WATCHDOG=1");
}

void Daemon::publish() {
  Status s;
  s.time = clock_.wall_ms();
  s.started = started_;
  s.pid = getpid();
  s.agent = parts_.enrolment.agent;
  s.unit = parts_.enrolment.unit;
  s.version = FENGSUI_VERSION;
  s.endpoint = endpoint();
  s.link = shipper_ ? wire::id(shipper_->state()) : "unavailable";
  s.trouble = shipper_ ? shipper_->trouble() : link_error_;
  s.rules_digest = parts_.rules.digest;
  s.config_digest = config_.digest;
  sources_.collect(s.time);
  s.sources = sources_.totals();
  s.spool_queued = parts_.spool->queued();
  s.spool_bytes = parts_.spool->queued_bytes();
  s.spool_lost = parts_.spool->lost();
  s.last_seq = parts_.spool->last_seq();
  s.acknowledged = parts_.spool->acknowledged();
  s.last_heartbeat = recorder_.last_heartbeat();
  s.last_acknowledgement = shipper_ ? shipper_->last_acknowledgement() : 0;
  s.cpu_percent = budget_.cpu_percent();
  s.resident_bytes = budget_.resident_bytes();
  s.budget = budget_.words();
  s.extraction = extraction_.confinement();
  std::vector<std::string> working;
  for (const auto& source : s.sources)
    if (source.state != model::SensorState::unavailable) working.push_back(source.id);
  for (const auto& rule : parts_.rules.policies->rules()) {
    ++s.rules;
    if (policy::satisfiable(rule, working)) continue;
    s.unsatisfiable.push_back(rule.id);
  }
  for (const auto& problem : parts_.rules.policies->problems())
    s.problems.push_back(problem.file + ":" + std::to_string(problem.line) + ": " + problem.what);
  s.counters = pipeline_.counters();
  for (auto& sample : extraction_.counters()) s.counters.push_back(std::move(sample));
  for (const auto& problem : parts_.rules.classifier->site_problems()) s.problems.push_back("match: " + problem);
  for (const auto& entry : parts_.rules.classifier->expired_entries(s.time)) s.problems.push_back("allow-list: " + entry);
  s.counters.push_back({"agent_match_files_refused", {}, parts_.rules.classifier->site_problems().size()});
  s.counters.push_back({"agent_contents_unread_total", {}, recorder_.unread()});
  for (auto& sample : sources_.counters()) s.counters.push_back(std::move(sample));
  if (shipper_) {
    s.counters.push_back({"agent_refused_batches_total", {}, shipper_->refused_batches()});
    s.counters.push_back({"agent_unproven_acks_total", {}, shipper_->unproven_acks()});
  }
  if (link_)
    for (auto& sample : link_->counters()) s.counters.push_back(std::move(sample));
  if (auto written = write_status(parts_.state.status_file(), s); !written)
    log_.warn("status", {{"why", written.error().what}});
}

void Daemon::stop() {
  log_.info("stopping");
  notify_service_manager("STOPPING=1");
  sources_.finish();
  pipeline_.finish();
  heartbeat();  // the time up to now is covered
  save_habits();
  if (auto ok = parts_.spool->put(kStoppedKey, base::view("1")); !ok)
    log_.warn("stop_mark", {{"why", ok.error().what}});
  publish();
  io_.stop();
}

int Daemon::run() {
  started_ = clock_.wall_ms();
  auto mark = parts_.spool->get(kStoppedKey);
  bool crashed = parts_.spool->last_seq() > 0 && !(mark && !mark->empty());
  if (auto ok = parts_.spool->put(kStoppedKey, base::View{}); !ok) {
    log_.error("spool", {{"why", ok.error().what}});
    return EX_UNAVAILABLE;
  }
  if (auto ok = recorder_.boot(crashed ? "crash" : "start"); !ok) {
    log_.error("boot_record", {{"why", ok.error().what}});
    return EX_UNAVAILABLE;
  }
  recorder_.on_waiting([this] {
    asio::post(io_, [this] {
      recorder_.flush();
      if (shipper_) shipper_->pump();
    });
  });
  if (auto saved = parts_.spool->get(kRememberedKey)) {
    remembered_ = std::move(*saved);
    pipeline_.remember(remembered_);
  }
  if (auto saved = parts_.spool->get(kHabitsKey)) {
    if (auto ok = pipeline_.habits().restore(*saved); !ok) log_.warn("habits", {{"why", ok.error().what}});
  }
  sources_.start(started_);
  open_link();
  watch_taps();
  watch_sensors();
  every([] { return 1000; }, [this] { second(); });
  every([] { return 5000; }, [this] { publish(); });
  auto interval = parts_.enrolment.heartbeat_seconds * 1000;
  // The first after two seconds, so that the collector learns of the six stages at once.
  every(
      [this, interval] { return recorder_.last_heartbeat() == 0 ? std::min<std::int64_t>(2000, interval) : interval; },
      [this] { heartbeat(); });
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) stop();
  });
  publish();
  notify_service_manager("READY=1");
  log_.info(
      "started",
      {{"agent", parts_.enrolment.agent}, {"reason", crashed ? "crash" : "start"}, {"rules", parts_.rules.digest}});
  io_.run();
  return EX_OK;
}

}  // namespace

int run_daemon(const Config& config, Log& log) {
  auto parts = load_parts(config);
  if (!parts) {
    log.error("cannot_start", {{"why", parts.error().what}});
    return parts.error().code == base::Errc::usage ? EX_CONFIG : EX_UNAVAILABLE;
  }
  harden_process();
  Daemon daemon(config, std::move(*parts), log);
  return daemon.run();
}

}  // namespace fengsui::agent
