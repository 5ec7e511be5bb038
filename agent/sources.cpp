#include "agent/sources.h"

#include <algorithm>

#include "agent/system.h"

namespace fengsui::agent {

namespace {

void add_counters(model::SourceCounters& to, const model::SourceCounters& more) {
  to.rx += more.rx;
  to.kdrop += more.kdrop;
  to.ifdrop += more.ifdrop;
  to.lost += more.lost;
  to.ovf += more.ovf;
  to.bytes += more.bytes;
}

watch::SensorConfig sensor_config(std::string_view id, const Config& config, const std::string& state_dir) {
  watch::SensorConfig out;
  out.state_dir = state_dir;
  out.landing = config.scan.landing;
  out.local_offset_minutes = local_offset_minutes();
  out.web_roots = config.scan.web_roots;
  out.max_file_bytes = static_cast<std::uint64_t>(config.scan.max_file_mib) << 20;
  out.bytes_per_second = static_cast<std::uint64_t>(config.scan.mib_per_second) << 20;
  if (id == "file_scan") {
    out.paths = config.scan.paths;
    out.exclude = config.scan.exclude;
    out.period_ms = config.scan.period_minutes * 60'000;
  } else if (id == "file_events") {
    out.paths = config.events.paths;
    out.exclude = config.events.exclude;
  } else if (id == "login_log") {
    out.paths = config.login.paths;
    out.period_ms = config.login.period_seconds * 1000;
  }
  return out;
}

// Why a sensor of the build is not started; "" when it is.
std::string not_configured(std::string_view id, const Config& config) {
  if (id == "file_scan" && config.scan.paths.empty()) return "not configured ([scan] paths)";
  if (id == "file_events" && config.events.paths.empty()) return "not configured ([events] paths)";
  if (id == "login_log" && !config.login.present) return "not configured ([login])";
  return {};
}

}  // namespace

Sources::Sources(const Config& config, model::Sink& sink, const std::string& state_dir, Log& log)
    : config_(config), sink_(sink), state_dir_(state_dir), log_(log) {}

void Sources::start(base::UnixMs now) {
  auto add_tap = [&](std::string id, base::Result<std::unique_ptr<capture::Source>> opened) {
    auto tap = std::make_unique<Tap>();
    if (opened) {
      tap->source = std::move(*opened);
      tap->id = tap->source->id();
      tap->capture = std::make_unique<capture::Capture>(capture::Limits{}, sink_, tap->id);
      if (tap->source->fd() >= 0) tap->capture->ask(owners_.get());
    } else {
      tap->id = std::move(id);
      tap->error = opened.error().what;
      log_.warn("source_unavailable", {{"source", tap->id}, {"why", tap->error}});
    }
    taps_.push_back(std::move(tap));
  };
  if (!config_.capture.interfaces.empty()) {
    if (auto owners = capture::open_owners()) owners_ = std::move(*owners);
    else log_.warn("owners_unavailable", {{"why", owners.error().what}});
  }
  for (const auto& interface : config_.capture.interfaces)
    add_tap("pcap:" + interface, capture::open_live({interface, config_.capture.filter,
                                                     static_cast<std::uint32_t>(config_.capture.buffer_mib << 20),
                                                     262144, config_.capture.promiscuous}));
  for (const auto& file : config_.capture.replay) add_tap("file:" + file, capture::open_file(file));
  if (taps_.empty()) {
    auto none = std::make_unique<Tap>();
    none->id = "pcap";
    none->error = "not configured ([capture] interfaces)";
    taps_.push_back(std::move(none));
  }
  for (const auto& kind : watch::sensor_kinds()) {
    auto sensor = kind.make(sensor_config(kind.id, config_, state_dir_));
    if (auto why = not_configured(kind.id, config_); !why.empty()) {
      auto status = sensor->take_status(now);  // never started: only its stages count
      status.state = model::SensorState::unavailable;
      status.reason = std::move(why);
      absent_.push_back(std::move(status));
      continue;
    }
    sensor->start(now);
    sensors_.push_back(std::move(sensor));
  }
  collect(now);
  for (const auto& status : current_)
    log_.info("source", {{"id", status.id}, {"state", model::id(status.state)}, {"reason", status.reason}});
}

bool Sources::read(Tap& tap, std::size_t packets, base::UnixMs now) {
  if (!tap.source || tap.ended) return false;
  if (tap.source->fd() < 0) return turn(tap, packets, now);
  const std::int64_t before = thread_cpu_us();
  const bool more = turn(tap, packets, now);
  traffic_cpu_us_ += thread_cpu_us() - before;
  return more;
}

void Sources::examine(std::uint32_t per_mille) {
  for (auto& tap : taps_)
    if (tap->capture && tap->source && tap->source->fd() >= 0) tap->capture->examine(per_mille);
}

bool Sources::turn(Tap& tap, std::size_t packets, base::UnixMs now) {
  for (std::size_t i = 0; i < packets; ++i) {
    capture::Packet packet;
    auto next = tap.source->next(packet);
    if (!next) {
      tap.truncated = next.error().code == base::Errc::truncated;
      if (!tap.truncated) tap.error = next.error().what;
      log_.warn("source_error", {{"source", tap.id}, {"why", next.error().what}});
    }
    if (!next || *next == capture::Next::end) {
      tap.ended = true;
      tap.capture->finish();
      return false;
    }
    if (*next == capture::Next::idle) {
      tap.capture->advance(now);
      return false;
    }
    tap.capture->packet(packet);
  }
  return true;
}

void Sources::advance(base::UnixMs now) {
  for (auto& tap : taps_)
    if (tap->capture && !tap->ended && tap->source && tap->source->fd() >= 0) tap->capture->advance(now);
}

void Sources::finish() {
  for (auto& tap : taps_)
    if (tap->capture && !tap->ended) tap->capture->finish();
}

model::SourceStatus Sources::status_of(Tap& tap) {
  model::SourceStatus out;
  out.id = tap.id;
  out.stages = {model::Stage::transmission};
  if (!tap.source) {
    out.reason = tap.error;
    return out;
  }
  out.counters = tap.source->take_counters();
  out.counters.ovf += tap.capture->take_overflow();
  tap.dropped += out.counters.kdrop + out.counters.ifdrop + out.counters.ovf;
  const auto sampled = tap.capture->take_sampled();
  tap.flows += sampled.flows;
  tap.left_out += sampled.left_out;
  out.state = model::SensorState::effective;
  if (!tap.error.empty()) {
    out.state = model::SensorState::unavailable;
    out.reason = tap.error;
  } else if (tap.source->fd() < 0) {
    out.state = model::SensorState::degraded;
    out.reason = tap.truncated ? "a capture file, cut inside a packet"
                 : tap.ended   ? "a capture file, read to its end"
                               : "a capture file, not live traffic";
  } else if (tap.left_out > 0) {
    out.state = model::SensorState::degraded;
    out.reason = "CPU budget: " + std::to_string(tap.left_out) + " of " + std::to_string(tap.flows) +
                 " new flows were not examined in this interval";
  } else if (tap.dropped > 0) {
    out.state = model::SensorState::degraded;
    out.reason = "packets were lost in this interval";
  }
  return out;
}

void Sources::add(model::SourceStatus status) {
  add_counters(totals_[status.id], status.counters);
  auto known = std::find_if(current_.begin(), current_.end(), [&](const auto& s) { return s.id == status.id; });
  if (known == current_.end()) {
    current_.push_back(std::move(status));
    return;
  }
  auto counters = known->counters;
  add_counters(counters, status.counters);
  *known = std::move(status);
  known->counters = counters;
}

const std::vector<model::SourceStatus>& Sources::collect(base::UnixMs now) {
  for (auto& tap : taps_) add(status_of(*tap));
  for (auto& sensor : sensors_) add(sensor->take_status(now));
  for (const auto& status : absent_) add(status);
  return current_;
}

std::vector<model::SourceStatus> Sources::take(base::UnixMs now) {
  collect(now);
  auto out = current_;
  for (auto& status : current_) status.counters = {};
  for (auto& tap : taps_) tap->dropped = tap->flows = tap->left_out = 0;
  return out;
}

void Sources::put_back(const std::vector<model::SourceStatus>& statuses) {
  for (const auto& status : statuses)
    for (auto& current : current_)
      if (current.id == status.id) add_counters(current.counters, status.counters);
}

std::vector<model::SourceStatus> Sources::totals() const {
  auto out = current_;
  for (auto& status : out)
    if (auto total = totals_.find(status.id); total != totals_.end()) status.counters = total->second;
  return out;
}

std::vector<base::Sample> Sources::counters() const {
  std::vector<base::Sample> out;
  if (owners_) out = owners_->counters();
  for (const auto& tap : taps_) {
    if (!tap->capture) continue;
    for (auto sample : tap->capture->counters()) {
      sample.labels.emplace_back("source", tap->id);
      out.push_back(std::move(sample));
    }
  }
  return out;
}

}  // namespace fengsui::agent
