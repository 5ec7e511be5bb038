#include "evidence/coverage.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "evidence/facts.h"

namespace fengsui::evidence {
namespace {

constexpr base::UnixMs kDay = 1'793'548'800'000;  // 2026-11-02T00:00:00+08:00

Scope scope_of(std::int64_t iv = 60) {
  Scope s;
  s.dept = "u";
  s.from = kDay;
  s.assets = {{"a", "u/a", {"s1", "s2"}}};
  s.heartbeat_seconds = iv;
  s.rules = {"good"};
  return s;
}

struct Log {
  Facts facts;
  std::uint64_t next = 0;
  Log() { scope(scope_of(), kDay - 1000); }
  void scope(Scope s, base::UnixMs rx) { facts.scopes.push_back({next++, rx, std::move(s)}); }
  Beat& beat(base::UnixMs t0, base::UnixMs t1, bool follows = true, const std::string& agent = "u/a") {
    Beat b;
    b.leaf = next++;
    b.rx = t1 + 1'000;
    b.follows = follows;
    b.boot_t = kDay - 60'000;
    b.body.t0 = b.body.b0 = t0;
    b.body.t1 = b.body.b1 = t1;
    b.body.rules = "good";
    b.body.sources = {{"s1", {}, model::SensorState::effective, "", {}}, {"s2", {}, model::SensorState::effective, "", {}}};
    facts.beats[agent].push_back(b);
    return facts.beats[agent].back();
  }
  void maint(base::UnixMs rx, base::UnixMs from, base::UnixMs to) { facts.maintenance.push_back({next++, rx, {"a", "w", from, to}}); }
  Coverage hour() const { return account(facts, kDay, kDay + 3'600'000); }
};

std::string causes(const Coverage& c) {
  std::string out;
  for (const auto& i : c.intervals) out += (out.empty() ? "" : " ") + i.source + ":" + std::string(id(i.state)) + ":" + i.cause + ":" + std::to_string((i.to - i.from) / 1000);
  return out;
}

TEST(Coverage, ContiguousBeatsCoverEverySecondThoughTheirEdgesAreNotWhole) {
  Log log;
  for (base::UnixMs t = kDay - 500; t < kDay + 3'600'000; t += 60'000) log.beat(t, t + 60'000);
  auto c = log.hour();
  EXPECT_EQ(c.totals.required, 7'200u);
  EXPECT_EQ(c.totals.covered, 7'200u) << causes(c);
  EXPECT_EQ(covered_ppm(c.totals), 1'000'000u);
}

TEST(Coverage, ASilentHourIsOneGapPerSource) {
  Log log;
  auto c = log.hour();
  EXPECT_EQ(c.totals.gap, 7'200u);
  EXPECT_EQ(causes(c), "s1:gap:no_heartbeat:3600 s2:gap:no_heartbeat:3600");
}

TEST(Coverage, ABeatWithoutItsPredecessorLosesItsPartialSeconds) {
  Log log;
  log.beat(kDay + 500, kDay + 60'500, false);
  EXPECT_EQ(log.hour().totals.covered, 2u * 59);  // seconds 1..59
}

struct Objection {
  const char* cause;
  void (*spoil)(Beat&);
};
class Objections : public ::testing::TestWithParam<Objection> {};
void PrintTo(const Objection& o, std::ostream* out) { *out << o.cause; }
TEST_P(Objections, MakeTheIntervalAGapWithTheirName) {
  Log log;
  for (int i = 0; i < 60; ++i) {
    auto& b = log.beat(kDay + i * 60'000, kDay + (i + 1) * 60'000);
    if (i == 10) GetParam().spoil(b);
  }
  auto c = log.hour();
  EXPECT_EQ(c.totals.gap, 120u);
  std::string name = GetParam().cause;
  EXPECT_EQ(causes(c), "s1:gap:" + name + ":60 s2:gap:" + name + ":60");
}
INSTANTIATE_TEST_SUITE_P(Each, Objections,
                         ::testing::Values(Objection{"clock_step", [](Beat& b) { b.body.b1 += 2'001; }}, Objection{"beacon", [](Beat& b) { b.beacon_ok = false; }},
                                           Objection{"clock_ahead", [](Beat& b) { b.rx = b.body.t1 - 60'001; }},
                                           Objection{"backdated", [](Beat& b) { b.beacon_rx = b.body.t1 + 60'001; }},
                                           Objection{"before_boot", [](Beat& b) { b.boot_t = b.body.t0 + 60'001; }},
                                           Objection{"too_late", [](Beat& b) { b.rx = b.body.t1 + 72 * 3'600'000 + 1; }},
                                           Objection{"rules", [](Beat& b) { b.body.rules = "other"; }}, Objection{"spool_lost", [](Beat& b) { b.newly_lost = 1; }},
                                           Objection{"source_missing", [](Beat& b) { b.body.sources.clear(); }}),
                         [](const auto& test) { return std::string(test.param.cause); });

TEST(Coverage, OneHeartbeatCannotBuyADay) {
  Log log;
  log.beat(kDay, kDay + 90'000);  // 1.5 intervals: still one heartbeat
  EXPECT_EQ(log.hour().totals.covered, 180u);
  Log longer;
  longer.beat(kDay, kDay + 90'001);
  EXPECT_EQ(longer.hour().totals.covered, 0u);
}

TEST(Coverage, LossDecidesBetweenCoveredDegradedAndGap) {
  for (auto [drop, want] : {std::pair<std::uint64_t, std::string>{1, ""}, {2, "s1:degraded:loss:60"}, {52, "s1:degraded:loss:60"}, {53, "s1:gap:loss:60"}}) {
    Log log;
    for (int i = 0; i < 60; ++i) {
      auto& b = log.beat(kDay + i * 60'000, kDay + (i + 1) * 60'000);
      // 1/1000 = 1000 ppm; 2/1001 = 1998; 52/1051 = 49476; 53/1052 = 50380
      if (i == 5) b.body.sources[0].counters = {999, drop, 0, 0, 0, 0};
    }
    EXPECT_EQ(causes(log.hour()), want) << drop;
  }
}

TEST(Coverage, LostEventsAndDegradedSensorsAreAtBestDegraded) {
  Log log;
  for (int i = 0; i < 60; ++i) {
    auto& b = log.beat(kDay + i * 60'000, kDay + (i + 1) * 60'000);
    if (i == 0) b.body.sources[0].counters.lost = 1;
    if (i == 1) b.body.sources[0].state = model::SensorState::degraded;
    if (i == 2) b.body.sources[0].state = model::SensorState::unavailable, b.body.sources[0].reason = "no CAP_NET_RAW";
  }
  EXPECT_EQ(causes(log.hour()), "s1:degraded:lost_events:60 s1:degraded:degraded:60 s1:gap:unavailable: no CAP_NET_RAW:60");
}

TEST(Coverage, LateIsCoveredAndCountedApart) {
  Log log;
  for (int i = 0; i < 60; ++i) log.beat(kDay + i * 60'000, kDay + (i + 1) * 60'000).rx += i < 30 ? 7'200'000 : 0;
  auto c = log.hour();
  EXPECT_EQ(c.totals.covered, 7'200u);
  EXPECT_EQ(c.totals.late, 3'600u);
}

TEST(Coverage, MaintenanceCountsOnlyIfAnnouncedAndWithinItsBudget) {
  Log log;
  log.facts.scopes[0].body.planned_minutes = 10;
  log.maint(kDay + 1, kDay, kDay + 300'000);               // logged after it began
  log.maint(kDay, kDay + 600'000, kDay + 1'500'000);       // 15 minutes, of which 10 are in the budget
  auto c = log.hour();
  EXPECT_EQ(c.totals.planned, 1'200u);
  EXPECT_EQ(causes(c).substr(0, causes(c).find(" s2")),
            "s1:gap:maintenance_not_announced:300 s1:gap:no_heartbeat:300 s1:planned:maintenance:600 s1:gap:maintenance_over_budget:300 s1:gap:no_heartbeat:2100");
  // A heartbeat inside a window still covers.
  log.beat(kDay + 600'000, kDay + 660'000);
  EXPECT_EQ(log.hour().totals.planned, 1'080u);
}

TEST(Coverage, ALaterScopeNeverReachesBackBeforeItsReceipt) {
  Log log;
  auto smaller = scope_of();
  smaller.assets[0].sources = {"s1"};
  smaller.from = kDay;  // claims the whole day, logged after half an hour
  log.scope(smaller, kDay + 1'800'000);
  EXPECT_EQ(log.hour().totals.required, 3'600u + 1'800u);
}

TEST(Coverage, GapLeavesNameTheCauseAndExplanationsAreCountedApart) {
  Log log;
  log.facts.gaps.push_back({log.next++, kDay, {"a", "s1", "power", kDay + 600'000, kDay + 1'200'000}});
  log.facts.explanations.push_back({log.next++, kDay, {"a", "why", "li", kDay + 600'000, kDay + 1'200'000}});
  auto c = log.hour();
  EXPECT_EQ(c.totals.explained, 1'200u);
  EXPECT_EQ(c.totals.gap, 7'200u);
  EXPECT_NE(causes(c).find("s1:gap:power:600"), std::string::npos) << causes(c);
  EXPECT_EQ(covered_ppm_explained(c.totals), 0u);
}

TEST(Coverage, RunsAboveTheLimitAreCountedThoughNotListed) {
  Log log;
  log.facts.scopes[0].body = scope_of(1);
  log.facts.scopes[0].body.assets[0].sources = {"s1"};
  const auto n = static_cast<std::int64_t>(kMaxIntervals) + 5;
  for (std::int64_t i = 0; i < n; ++i) {
    auto& b = log.beat(kDay + i * 1'000, kDay + (i + 1) * 1'000);
    b.body.sources.resize(1);
    b.body.sources[0].state = model::SensorState::degraded;
    b.body.sources[0].reason = i % 2 ? "a" : "b";
  }
  auto c = account(log.facts, kDay, kDay + n * 1'000);
  EXPECT_EQ(c.intervals.size(), kMaxIntervals);
  EXPECT_EQ(c.unlisted, 5u);
  EXPECT_EQ(c.totals.degraded, static_cast<std::uint64_t>(n));
}

TEST(Coverage, LeavesBeyondAsOfDoNotCount) {
  Log log;
  log.beat(kDay, kDay + 60'000);
  auto size = log.next;
  log.beat(kDay + 60'000, kDay + 120'000);
  EXPECT_EQ(account(log.facts, kDay, kDay + 3'600'000, size).totals.covered, 120u);
}

// The second implementation: second by second, straight from the definition, sharing no code with the first.
CoverageTotals by_second(const Facts& f, base::UnixMs from, base::UnixMs to) {
  CoverageTotals out;
  const auto& scope = f.scopes[0].body;  // the random logs hold one scope
  for (const auto& asset : scope.assets)
    for (const auto& source : asset.sources) {
      auto n = static_cast<std::size_t>((to - from) / 1000);
      std::vector<int> state(n, 0);  // 0 gap 1 planned 2 degraded 3 late 4 live
      std::int64_t spent = 0;
      std::vector<bool> paid(n, false);
      for (const auto& m : f.maintenance) {
        if (m.body.asset != asset.asset || m.rx > m.body.from) continue;
        for (std::size_t u = 0; u < n; ++u) {
          auto t = from + static_cast<std::int64_t>(u) * 1000;
          if (t < m.body.from || t + 1000 > m.body.to || paid[u] || spent >= scope.planned_minutes * 60) continue;
          paid[u] = true;
          ++spent;
          state[u] = 1;
        }
      }
      int before = 0;
      auto it = f.beats.find(asset.agent);
      if (it != f.beats.end())
        for (const auto& b : it->second) {
          const auto& h = b.body;
          int rank = 0;
          bool sound = std::abs((h.b1 - h.b0) - (h.t1 - h.t0)) <= 2'000 && (h.t1 - h.t0) * 2 <= scope.heartbeat_seconds * 3'000 && b.beacon_ok &&
                       b.rx - h.t1 <= scope.late_hours * 3'600'000 && h.rules == "good" && b.newly_lost == 0;
          for (const auto& s : h.sources) {
            if (s.id != source || !sound || s.state == model::SensorState::unavailable) continue;
            double dropped = static_cast<double>(s.counters.kdrop + s.counters.ifdrop + s.counters.ovf);
            double all = dropped + static_cast<double>(s.counters.rx);
            auto ppm = all == 0 ? 0 : static_cast<std::int64_t>(dropped * 1e6 / all);
            if (ppm > scope.degraded_ppm) continue;
            rank = ppm > scope.covered_ppm || s.state == model::SensorState::degraded || s.counters.lost ? 2 : b.rx - h.t1 <= scope.live_ms ? 4 : 3;
          }
          for (std::size_t u = 0; u < n; ++u) {
            auto t = from + static_cast<std::int64_t>(u) * 1000;
            int here = t >= h.t0 && t + 1000 <= h.t1 ? rank : b.follows && t < h.t0 && h.t0 < t + 1000 ? std::min(rank, before) : 0;
            state[u] = std::max(state[u], here);
          }
          before = rank;
        }
      out.required += n;
      for (int s : state) {
        if (s >= 3) ++out.covered;
        if (s == 3) ++out.late;
        if (s == 2) ++out.degraded;
        if (s == 1) ++out.planned;
        if (s == 0) ++out.gap;
      }
    }
  return out;
}

TEST(Coverage, AgreesWithASecondImplementationOnRandomLogs) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    auto pick = [&](std::int64_t low, std::int64_t high) { return std::uniform_int_distribution<std::int64_t>(low, high)(rng); };
    Log log;
    log.facts.scopes[0].body.planned_minutes = pick(0, 30);
    base::UnixMs t = kDay + pick(-3'000, 3'000);
    bool follows = false;
    while (t < kDay + 3'600'000) {
      auto length = pick(0, 9) == 0 ? pick(1, 200'000) : pick(20'000, 70'000);
      auto& b = log.beat(t, t + length, follows);
      if (pick(0, 9) == 0) b.rx += pick(0, 400'000'000);
      if (pick(0, 19) == 0) b.body.b1 += pick(-3'000, 3'000);
      if (pick(0, 19) == 0) b.newly_lost = 1;
      if (pick(0, 19) == 0) b.body.rules = "other";
      for (auto& s : b.body.sources) {
        s.state = static_cast<model::SensorState>(pick(0, 9) < 8 ? 0 : pick(0, 2));
        s.counters = {static_cast<std::uint64_t>(pick(0, 10'000)), static_cast<std::uint64_t>(pick(0, 3) == 0 ? pick(0, 600) : 0), 0,
                      static_cast<std::uint64_t>(pick(0, 9) == 0), static_cast<std::uint64_t>(pick(0, 5) == 0), 0};
      }
      follows = pick(0, 4) != 0;
      t = b.body.t1 + (follows ? 0 : pick(-40'000, 100'000));
    }
    for (int i = 0; i < 3; ++i) {
      auto from = kDay + pick(0, 3'000) * 1000;
      log.maint(from + pick(-5'000, 1'000), from, from + pick(1, 900) * 1000);
    }
    // The month's budget is spent from the beginning of the log in both, so the period begins where the log does.
    auto c = account(log.facts, kDay, kDay + 3'600'000);
    auto want = by_second(log.facts, kDay, kDay + 3'600'000);
    bool spills = false;  // windows past the end spend budget that the second implementation does not see
    for (const auto& m : log.facts.maintenance) spills = spills || m.body.to > kDay + 3'600'000;
    if (spills) {
      EXPECT_EQ(c.totals.covered, want.covered) << seed;
      EXPECT_EQ(c.totals.degraded, want.degraded) << seed;
    } else {
      EXPECT_EQ(to_json(c.totals), to_json(want)) << seed << " " << to_json(c.totals).dump() << to_json(want).dump();
    }
    std::uint64_t listed = 0;
    for (const auto& i : c.intervals) listed += static_cast<std::uint64_t>(i.to - i.from) / 1000;
    EXPECT_EQ(listed, c.totals.degraded + c.totals.planned + c.totals.gap) << seed;
    EXPECT_EQ(c.totals.required, c.totals.covered + c.totals.degraded + c.totals.planned + c.totals.gap) << seed;
  }
}

}  // namespace
}  // namespace fengsui::evidence
