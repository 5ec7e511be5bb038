// The agent's eyes: packet sources with their captures, and sensors, with what they count between heartbeats.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/config.h"
#include "agent/log.h"
#include "base/time.h"
#include "capture/capture.h"
#include "capture/owner.h"
#include "capture/source.h"
#include "model/heartbeat.h"
#include "model/sink.h"
#include "watch/sensor.h"

namespace fengsui::agent {

// One packet source and the capture behind it.
struct Tap {
  std::unique_ptr<capture::Source> source;
  std::unique_ptr<capture::Capture> capture;
  std::string id, error;
  bool ended = false;      // a capture file that was read
  bool truncated = false;  // and stopped inside a packet
  std::uint64_t dropped = 0, flows = 0, left_out = 0;  // since the last heartbeat: packets, new flows
};

// One thread.
class Sources {
 public:
  Sources(const Config& config, model::Sink& sink, const std::string& state_dir, Log& log);

  // Opens interfaces and capture files and starts every sensor of the build. What cannot run stays listed with its
  // reason.
  void start(base::UnixMs now);
  // Reads at most `packets`; true when there may be more at once.
  bool read(Tap& tap, std::size_t packets, base::UnixMs now);
  // Of every thousand new flows of live traffic so many are read.
  void examine(std::uint32_t per_mille);
  std::int64_t traffic_cpu_us() const { return traffic_cpu_us_; }  // spent on live traffic so far
  // Idle flows end.
  void advance(base::UnixMs now);
  void finish();

  std::vector<std::unique_ptr<Tap>>& taps() { return taps_; }
  std::vector<std::unique_ptr<watch::Sensor>>& sensors() { return sensors_; }

  // States now; counters since the last take_counters() are added up meanwhile.
  const std::vector<model::SourceStatus>& collect(base::UnixMs now);
  // For a heartbeat: the same, and the counters start anew; put_back() when the heartbeat could not be kept.
  std::vector<model::SourceStatus> take(base::UnixMs now);
  void put_back(const std::vector<model::SourceStatus>& statuses);
  std::vector<model::SourceStatus> totals() const;  // counters since start
  std::vector<base::Sample> counters() const;

 private:
  bool turn(Tap& tap, std::size_t packets, base::UnixMs now);
  model::SourceStatus status_of(Tap& tap);
  void add(model::SourceStatus status);

  const Config& config_;
  model::Sink& sink_;
  std::string state_dir_;
  Log& log_;
  std::unique_ptr<capture::Owners> owners_;  // of live traffic; null where the kernel does not tell
  std::vector<std::unique_ptr<Tap>> taps_;
  std::int64_t traffic_cpu_us_ = 0;
  std::vector<std::unique_ptr<watch::Sensor>> sensors_;
  std::vector<model::SourceStatus> absent_;   // sensors that are not configured
  std::vector<model::SourceStatus> current_;  // since the last heartbeat
  std::map<std::string, model::SourceCounters> totals_;
};

}  // namespace fengsui::agent
