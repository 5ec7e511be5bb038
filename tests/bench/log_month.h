// A month of one unit as production makes it: agents that beat every minute under newest checkpoints, findings, reviews by two people, announced
// maintenance, a seal each day. Time is simulated; every key, signature and hash is real.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace fengsui::bench {

struct Month {
  int days = 31;
  int agents = 2;
  std::int64_t heartbeat_seconds = 60;
};
struct Made {
  std::uint64_t leaves = 0, findings = 0, bytes = 0;  // bytes of all leaves
};
// Writes bundle.zip and policy into `folder`. Ends the program with a message when something is refused.
Made make_month(const Month& month, const std::filesystem::path& folder);

}  // namespace fengsui::bench
