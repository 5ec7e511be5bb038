// What a source or sensor says of itself; coverage rests on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/stage.h"

namespace fengsui::model {

enum class SensorState : std::uint8_t { effective, degraded, unavailable };
constexpr std::string_view id(SensorState s) {
  return s == SensorState::effective ? "effective" : s == SensorState::degraded ? "degraded" : "unavailable";
}

// Counted since the previous heartbeat; reset when taken.
struct SourceCounters {
  std::uint64_t rx = 0;      // events or packets received
  std::uint64_t kdrop = 0;   // dropped by the kernel
  std::uint64_t ifdrop = 0;  // dropped by the interface
  std::uint64_t lost = 0;    // known to be missing (audit lost, file rotated away unread …)
  std::uint64_t ovf = 0;     // dropped by a bound of ours
  std::uint64_t bytes = 0;
};

struct SourceStatus {
  std::string id;  // "pcap:eth0", "file_scan", "login_log" …
  std::vector<Stage> stages;
  SensorState state = SensorState::unavailable;
  std::string reason;  // why not effective; "" when effective
  SourceCounters counters;
};

}  // namespace fengsui::model
