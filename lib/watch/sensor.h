// A sensor of the host: files, logs, accounts. Runs on the agent's main thread, driven by readiness or by a period.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "model/heartbeat.h"
#include "model/sink.h"

namespace fengsui::watch {

// What a sensor is given. Only the part it needs is read.
struct SensorConfig {
  std::vector<std::string> paths;      // folders or files
  std::vector<std::string> exclude;    // path prefixes
  std::vector<std::string> landing;    // folders where collected files arrive: their content is of stage collection
  std::vector<std::string> web_roots;  // served folders; empty = /var/www, /srv/www, /srv/http, /usr/share/nginx/html
  std::uint64_t max_file_bytes = 256u << 20;
  std::uint64_t bytes_per_second = 20u << 20;  // reading budget; higher finishes sooner and disturbs the host more
  std::int64_t period_ms = 3'600'000;          // between scans, or between polls of a log
  std::string state_dir;                       // where positions survive a restart; "" = not kept
  int local_offset_minutes = base::kChinaOffsetMinutes;  // of the host's local time, for logs whose lines name no zone
};

class Sensor {
 public:
  virtual ~Sensor() = default;
  virtual std::string_view id() const = 0;  // "file_scan"
  // Opens what it needs. Never fails: a sensor that cannot run says unavailable and why in status().
  virtual void start(base::UnixMs now) = 0;
  // Descriptor to wait on, or -1: then poll() is called at due().
  virtual int fd() const = 0;
  virtual base::UnixMs due() const = 0;  // next instant that poll() has work at; may be in the past = now
  // Does a bounded piece of work (at most about 20 ms or 1 MiB), hands what it saw to the sink.
  virtual void poll(base::UnixMs now, model::Sink& sink) = 0;
  // State, reason and counters since the last call.
  virtual model::SourceStatus take_status(base::UnixMs now) = 0;
};

struct SensorKind {
  std::string_view id;
  std::unique_ptr<Sensor> (*make)(const SensorConfig& config);
};
// All sensors of this build: file_scan, file_events, login_log …
std::span<const SensorKind> sensor_kinds();

}  // namespace fengsui::watch
