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

namespace fengsui::collector {

// One thread. Memory grows with the year's heartbeats and findings (about 1 kB each).
class Memory {
 public:
  explicit Memory(Centre& centre);
  ~Memory();

  // The facts of the unit's log for the year of `at`, up to what is committed now, heartbeats and findings from 40 days
  // before `at` on. Valid until the next call.
  base::Result<const evidence::Facts*> facts(const std::string& unit, base::UnixMs at);
  // Reads at most `leaves` more of the newest log of each unit: called now and then, so that no question waits for a
  // whole day.
  base::Status advance(std::uint64_t leaves);
  // How many things are in that log that must not be there.
  base::Result<std::uint64_t> problems(const std::string& unit, base::UnixMs at);
  // What was read until now of that log, without reading more; nullptr before the first.
  const evidence::Facts* known(const std::string& unit, int year) const;
  // Of what was read until now, in all logs.
  std::uint64_t known_problems() const;

 private:
  struct Reading;
  base::Result<Reading*> read(const std::string& unit, base::UnixMs at, std::uint64_t most = UINT64_MAX);
  Centre& centre_;
  std::map<std::pair<std::string, int>, std::unique_ptr<Reading>> readings_;
};

}  // namespace fengsui::collector
