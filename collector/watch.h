// Who is heard now: the live state of every agent, for the API and for gaps. A missing heartbeat is a state, not an
// absence of data: after `missed_heartbeats` a gap leaf says so at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "collector/centre.h"
#include "collector/ingest.h"
#include "evidence/body.h"

namespace fengsui::collector {

// Definitions in the API's AgentStatus.
enum class AgentStatus : std::uint8_t { never_seen, healthy, degraded, silent, stale_clock, decommissioned };
std::string_view id(AgentStatus status);

struct Live {
  base::UnixMs last_rx = 0;                      // of any record; 0 = never
  std::optional<evidence::Heartbeat> heartbeat;  // newest
  base::UnixMs heartbeat_rx = 0;
  std::optional<base::UnixMs> offset;  // host clock minus ours
  base::Day day;                       // that drops_today belongs to
  std::uint64_t drops_today = 0;
  bool gap_open = false;
};

// One thread.
class Watch {
 public:
  Watch(Centre& centre, Ingest& ingest) : centre_(centre), ingest_(ingest) {}

  // Reads the heartbeats of the last two days from the logs.
  base::Status restore();
  void on_heartbeat(const std::string& agent, const evidence::Heartbeat& heartbeat, base::UnixMs rx);
  // After a flush: takes over as required what a first heartbeat shows as working, when nobody said what is required.
  base::Status adopt();
  // Writes gaps that opened since the last call.
  base::Status tick();

  const Live* live(const std::string& agent) const;
  AgentStatus status(const Agent& agent, base::UnixMs now) const;
  // Why it is not healthy, zh and en; both "" when it is.
  model::Text reason(const Agent& agent, base::UnixMs now) const;
  // The newest instant up to which every agent that is heard has reported; `otherwise` when none is heard.
  base::UnixMs horizon(const std::string& unit, base::UnixMs otherwise) const;
  std::size_t count(AgentStatus status) const;

 private:
  base::UnixMs patience() const;
  bool is_silent(const Agent& agent, base::UnixMs now) const;

  Centre& centre_;
  Ingest& ingest_;
  base::UnixMs started_ = 0;
  std::map<std::string, Live> live_;
  std::vector<std::string> to_adopt_;
};

std::uint64_t dropped(const model::SourceCounters& counters);

}  // namespace fengsui::collector
