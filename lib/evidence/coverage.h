// Coverage: every second of every required source is covered, degraded, planned or gap (evidence.md 2.7).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "evidence/json.h"

namespace fengsui::evidence {

struct Facts;

enum class Cover : std::uint8_t { gap, planned, degraded, covered };
std::string_view id(Cover state);

// Asset-source-seconds. required = covered + degraded + planned + gap, always. late is part of covered; explained part of gap.
struct CoverageTotals {
  std::uint64_t required = 0, covered = 0, late = 0, degraded = 0, planned = 0, gap = 0, explained = 0;
  CoverageTotals& operator+=(const CoverageTotals& more);
  bool operator==(const CoverageTotals&) const = default;
};
Json to_json(const CoverageTotals& totals);
base::Result<CoverageTotals> parse_totals(const Json& json);

// A run of seconds that are not covered. Causes: no_heartbeat, clock_step, long_heartbeat, beacon, backdated, clock_ahead, too_late,
// before_boot, rules, config, binary, spool_lost, source_missing, unavailable: …, degraded: …, loss, lost_events, maintenance,
// maintenance_over_budget, maintenance_not_announced, revoked, or the words of a gap leaf.
struct Interval {
  std::string asset, source;
  base::UnixMs from = 0, to = 0;  // whole seconds
  Cover state = Cover::gap;
  std::string cause;
  std::uint64_t loss_ppm = 0;
  std::int64_t leaf = -1;  // of the first record that says so; -1 none
};

struct SourceTotals {
  std::string asset, source;
  CoverageTotals totals;
};

struct Coverage {
  CoverageTotals totals;
  std::vector<SourceTotals> by_source;
  std::vector<Interval> intervals;      // every run that is not covered, by asset, source, time
  std::uint64_t unlisted = 0;           // runs above kMaxIntervals; their seconds are counted all the same
  base::UnixMs scope_from = 0;          // when the first scope in force inside the period began
};
inline constexpr std::size_t kMaxIntervals = 100'000;

// Accounts for [from, to), both whole seconds (asserted), by the leaves below `as_of`. Seconds before the first scope are not required.
// "Today so far": pass to = now minus two heartbeats, since a heartbeat that is not yet due is not a gap.
// Pure; cost O((beats + intervals) log) per source.
Coverage account(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of = UINT64_MAX);

// covered / (required − planned), and the same without explained gaps, in millionths, rounded down; 0 when nothing is required.
std::uint64_t covered_ppm(const CoverageTotals& totals);
std::uint64_t covered_ppm_explained(const CoverageTotals& totals);

Json to_json(const Coverage& coverage);

}  // namespace fengsui::evidence
