// The daily seal: what the log held when a local day was closed, and what came later for days closed before (evidence.md 2.6).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "evidence/coverage.h"
#include "evidence/json.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {

struct Facts;

using SeverityCounts = std::array<std::uint64_t, 6>;  // by severity 1..5; [0] unused
Json to_json(const SeverityCounts& counts);

// A day sealed before, for which leaves arrived after its seal. Deltas are what the day has now minus what the seal said.
struct Amendment {
  base::Day day;
  std::uint64_t seal = 0;             // leaf of the seal it amends
  std::vector<std::uint64_t> leaves;  // numbers of finds and heartbeats that came late, at most 4096; `more` counts the rest
  std::uint64_t more = 0;
  SeverityCounts counts{};            // additional findings
  std::int64_t covered = 0, degraded = 0, gap = 0;  // change in seconds
  bool operator==(const Amendment&) const = default;
};

struct Seal {
  base::Day day;
  int tz_minutes = base::kChinaOffsetMinutes;
  base::UnixMs from = 0, to = 0;      // to may be earlier than the end of the day for a day still running
  std::uint64_t n = 0;                // leaves sealed, over all logs of the unit: [0, n); the log's own size is n - first
  std::uint64_t first = 0;            // number of the first leaf of its log
  Digest root{};                      // of the log at that size
  SeverityCounts counts{};            // findings whose t is in the day
  CoverageTotals coverage;
  std::map<std::string, std::pair<std::uint64_t, Digest>> front;  // agent → last sq and digest
  std::vector<std::string> rules;     // digests seen in heartbeats of the day, sorted
  std::vector<Amendment> amends;
  std::int64_t prev = -1;             // leaf of the seal before, -1 for the first
  bool final = false;                 // the last leaf of its log
  std::string store;                  // hex SHA-256 of the day's detail export, "" when not made
};
Json to_json(const Seal& seal);
base::Result<Seal> parse_seal(const Json& json);

// Days before the sealed one that its seal looks back for late records.
inline constexpr int kAmendDays = 31;

// What came for days sealed before, between the seal number `seals` of facts.seals and size n: what the `amends` of a seal of `day` over n leaves must say.
std::vector<Amendment> amendments_of(const Facts& facts, base::Day day, std::size_t seals, std::uint64_t n);

// Computes the seal of [from, to) of `day` over the leaves read so far (facts.leaves must be the size of the tree with `root`).
Seal make_seal(const Facts& facts, base::Day day, base::UnixMs from, base::UnixMs to, const Digest& root, std::string store = "");
// Counts of findings whose own time is in [from, to), from leaves below as_of.
SeverityCounts count_findings(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of = UINT64_MAX);

}  // namespace fengsui::evidence
