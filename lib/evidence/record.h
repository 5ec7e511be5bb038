// A record on its way from agent to collector: bytes, never re-serialised.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace fengsui::evidence {

// Identity of a record: exactly one record exists per (agent, seq). seq starts at 1 and has no holes over the life of
// the agent's chain, restarts included.
struct Record {
  std::uint64_t seq = 0;
  std::string note;                        // the signed note (leaf without the collector's header)
  std::array<std::uint8_t, 32> salt{};     // of the commitment; zero when there is no detail
  std::string detail;                      // one line of JSON (OCSF), "" for heartbeats and boots
};

}  // namespace fengsui::evidence
