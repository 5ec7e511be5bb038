// What the daemon says of itself: sources with state and reason, the six stages, link, spool, budget.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/error.h"
#include "base/time.h"
#include "model/heartbeat.h"

namespace fengsui::agent {

struct Status {
  base::UnixMs time = 0, started = 0;
  int pid = 0;
  std::string agent, unit, version, endpoint, link, trouble;
  std::string rules_digest, config_digest;
  std::uint64_t rules = 0;                   // loaded
  std::vector<std::string> unsatisfiable;    // of them, those that no working source of this host can serve
  std::vector<model::SourceStatus> sources;  // counters since start
  std::uint64_t spool_queued = 0, spool_bytes = 0, spool_lost = 0, last_seq = 0, acknowledged = 0;
  base::UnixMs last_heartbeat = 0, last_acknowledgement = 0;
  std::int64_t cpu_percent = 0;
  std::uint64_t resident_bytes = 0;
  std::string budget;
  std::string extraction;  // how the extraction child is confined, or why there is none
  std::vector<std::string> problems;  // rules that did not load …
  std::vector<base::Sample> counters;
};

struct StageStatus {
  model::Stage stage;
  model::SensorState state = model::SensorState::unavailable;
  std::string reason;
};
// The six, in order: the best state of the sources of each. A stage without a source is unavailable, and says so.
std::vector<StageStatus> stages_of(const std::vector<model::SourceStatus>& sources);

std::string to_json(const Status& status);   // one line
std::string to_text(std::string_view json);  // of what to_json wrote, for people; "" when it is not that
// Atomic (renamed into place), not durable: it is made anew every few seconds. On a full disk it is written in place,
// into blocks that the one before reserved.
base::Status write_status(const std::filesystem::path& file, const Status& status);

}  // namespace fengsui::agent
