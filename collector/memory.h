// What each log says, read once and kept: the facts that coverage, seals and attestations are computed from. Replays
// the log leaf by leaf with the verifier's own rules, so that the collector cannot see less than an evaluator will.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "collector/centre.h"
#include "evidence/coverage.h"
#include "evidence/facts.h"
#include "evidence/replay.h"

namespace fengsui::collector {

// One thread. Memory grows with the year's heartbeats and findings (about 1 kB each).
class Memory {
 public:
  explicit Memory(Centre& centre);
  ~Memory();

  // The facts of all the unit's logs, up to what is committed now, heartbeats and findings from 40 days before `at` on.
  // Valid until the next call.
  base::Result<const evidence::Facts*> facts(const std::string& unit, base::UnixMs at);
  // Reads at most `leaves` more of each unit: called now and then, so that no question waits for a
  // whole day.
  base::Status advance(std::uint64_t leaves);
  // How many things are in them that must not be there.
  base::Result<std::uint64_t> problems(const std::string& unit, base::UnixMs at);
  // What was read until now, without reading more; nullptr before the first.
  const evidence::Facts* known(const std::string& unit) const;
  // A reader that has read every leaf of the unit and nothing else, as the hand-over to a new log needs it.
  base::Result<evidence::Replay> reader(const std::string& unit, base::UnixMs at);
  // Of what was read until now, in all logs.
  std::uint64_t known_problems() const;

 private:
  struct Reading;
  base::Result<Reading*> read(const std::string& unit, base::UnixMs at, std::uint64_t most = UINT64_MAX);
  Centre& centre_;
  std::map<std::string, std::unique_ptr<Reading>> readings_;
};

}  // namespace fengsui::collector
