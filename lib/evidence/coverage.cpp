#include "evidence/coverage.h"

#include <algorithm>
#include <array>
#include <set>

#include "evidence/facts.h"

namespace fengsui::evidence {

namespace {
using Second = std::int64_t;

// Higher wins. Causes rank below every state so that an unpainted second still says why.
enum Rank : std::size_t { kLogged, kRefused, kPlanned, kDegraded, kLate, kLive, kRanks };

struct Span {
  Second a = 0, b = 0;
  Rank rank = kLogged;
  std::string cause;
  std::uint64_t leaf = 0;
  std::uint64_t ppm = 0;
};

struct Verdict {
  Rank rank = kRefused;
  std::string cause;
  std::uint64_t ppm = 0;
};

struct Segment {
  Second a = 0, b = 0;
  const Scope* scope = nullptr;
};

Second up(base::UnixMs ms) { return (ms + 999) / 1000; }
Second down(base::UnixMs ms) { return ms / 1000; }
constexpr base::UnixMs kClockSlackMs = 60'000;

bool allowed(const std::vector<std::string>& list, const std::string& digest) {
  return list.empty() || std::find(list.begin(), list.end(), digest) != list.end();
}

// What speaks against a heartbeat as a whole; "" when nothing.
std::string objection(const Beat& beat, const Scope& scope) {
  const auto& h = beat.body;
  auto step = (h.b1 - h.b0) - (h.t1 - h.t0);
  if (step > 2'000 || step < -2'000) return "clock_step";
  if (2 * (h.t1 - h.t0) > 3 * scope.heartbeat_seconds * 1000) return "long_heartbeat";
  if (!beat.beacon_ok) return "beacon";
  if (h.t1 > beat.rx + kClockSlackMs) return "clock_ahead";
  if (beat.beacon_rx > h.t1 + kClockSlackMs) return "backdated";
  if (h.t0 + kClockSlackMs < beat.boot_t) return "before_boot";
  if (beat.rx - h.t1 > scope.late_hours * 3'600'000) return "too_late";
  if (!allowed(scope.rules, h.rules)) return "rules";
  if (!allowed(scope.configs, h.config)) return "config";
  if (!allowed(scope.binaries, h.binary)) return "binary";
  if (beat.newly_lost != 0) return "spool_lost";
  return {};
}

std::uint64_t loss_ppm(const model::SourceCounters& c) {
  using Wide = unsigned __int128;  // counters are below 2^53, sums are not
  Wide dropped = Wide(c.kdrop) + c.ifdrop + c.ovf;
  Wide all = dropped + c.rx;
  return all == 0 ? 0 : static_cast<std::uint64_t>(dropped * 1'000'000 / all);
}

Verdict judge(const Beat& beat, const Scope& scope, const std::string& source) {
  if (auto why = objection(beat, scope); !why.empty()) return {kRefused, why, 0};
  const auto& sources = beat.body.sources;
  auto it = std::find_if(sources.begin(), sources.end(), [&](const auto& s) { return s.id == source; });
  if (it == sources.end()) return {kRefused, "source_missing", 0};
  auto reason = it->reason.empty() ? "" : ": " + it->reason;
  if (it->state == model::SensorState::unavailable) return {kRefused, "unavailable" + reason, 0};
  auto ppm = loss_ppm(it->counters);
  if (ppm > static_cast<std::uint64_t>(scope.degraded_ppm)) return {kRefused, "loss", ppm};
  if (ppm > static_cast<std::uint64_t>(scope.covered_ppm)) return {kDegraded, "loss", ppm};
  if (it->state == model::SensorState::degraded) return {kDegraded, "degraded" + reason, ppm};
  if (it->counters.lost != 0) return {kDegraded, "lost_events", ppm};
  return {beat.rx - beat.body.t1 <= scope.live_ms ? kLive : kLate, "", ppm};
}

// The scope in force by second. A later scope never reaches back before its own receipt: what was required stays required.
std::vector<Segment> segments(const Facts& facts, Second a, Second b, std::uint64_t as_of) {
  std::vector<std::pair<Second, const Scope*>> starts;
  for (const auto& s : facts.scopes) {
    if (s.leaf >= as_of) continue;
    Second from = up(starts.empty() ? s.body.from : std::max(s.body.from, s.rx));
    while (!starts.empty() && starts.back().first >= from) starts.pop_back();
    starts.emplace_back(from, &s.body);
  }
  std::vector<Segment> out;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    Second x = std::max(a, starts[i].first);
    Second y = i + 1 < starts.size() ? std::min(b, starts[i + 1].first) : b;
    if (x < y) out.push_back({x, y, starts[i].second});
  }
  return out;
}

// Announced windows of one asset as planned spans, in the order of their leaves, until the month's budget is used up.
std::vector<Span> planned(const Facts& facts, const std::string& asset, const Scope& scope, std::uint64_t as_of) {
  std::vector<Span> out;
  std::map<std::pair<int, int>, Second> used;  // by local month
  std::vector<std::pair<Second, Second>> taken;
  for (const auto& m : facts.maintenance) {
    if (m.leaf >= as_of || m.body.asset != asset) continue;
    Second a = up(m.body.from), b = down(m.body.to);
    if (m.rx > m.body.from) {
      out.push_back({a, b, kRefused, "maintenance_not_announced", m.leaf, 0});
      continue;
    }
    while (a < b) {
      auto day = base::day_of(a * 1000, static_cast<int>(scope.tz_minutes));
      Second end = std::min(b, base::start_of(base::next(day), static_cast<int>(scope.tz_minutes)) / 1000);
      // Seconds that an earlier window has paid for are free.
      for (const auto& [x, y] : taken) {
        if (a >= x && a < y) end = std::min(end, y);
        else if (x > a) end = std::min(end, x);
      }
      bool free = std::any_of(taken.begin(), taken.end(), [&](const auto& t) { return a >= t.first && a < t.second; });
      if (!free) {
        auto& spent = used[{day.year, day.month}];
        Second left = std::max<Second>(0, scope.planned_minutes * 60 - spent);
        Second paid = std::min(end, a + left);
        if (paid > a) {
          out.push_back({a, paid, kPlanned, "maintenance", m.leaf, 0});
          taken.emplace_back(a, paid);
          spent += paid - a;
        }
        if (paid < end) out.push_back({paid, end, kRefused, "maintenance_over_budget", m.leaf, 0});
      }
      a = end;
    }
  }
  return out;
}

class SourceAccount {
 public:
  SourceAccount(const Facts& facts, const Segment& segment, const ScopeAsset& asset, const std::string& source, std::uint64_t as_of)
      : facts_(facts), segment_(segment), asset_(asset), source_(source), as_of_(as_of) {}

  void run(const std::vector<Span>& windows, Coverage& out, CoverageTotals& totals) {
    for (const auto& w : windows) add(w);
    add_beats();
    add_gaps();
    sweep(out, totals);
  }

 private:
  void add(Span span) {
    span.a = std::max(span.a, segment_.a);
    span.b = std::min(span.b, segment_.b);
    if (span.a < span.b) spans_.push_back(std::move(span));
  }

  void add_beats() {
    auto it = facts_.beats.find(asset_.agent);
    if (it == facts_.beats.end()) return;
    Verdict before;
    bool has_before = false;
    for (const auto& beat : it->second) {
      if (beat.leaf >= as_of_) break;
      const auto& h = beat.body;
      // A far longer claim than a heartbeat may make is kept as a cause only around its end.
      if (h.t1 / 1000 < segment_.a - 1 || h.t0 / 1000 > segment_.b) {
        has_before = false;
        continue;
      }
      auto verdict = judge(beat, *segment_.scope, source_);
      add({up(h.t0), down(h.t1), verdict.rank, verdict.cause, beat.leaf, verdict.ppm});
      // The second in which one heartbeat ends and the next begins belongs to the worse of both.
      if (beat.follows && has_before && h.t0 % 1000 != 0) {
        const auto& worse = before.rank < verdict.rank ? before : verdict;
        add({down(h.t0), down(h.t0) + 1, worse.rank, worse.cause, beat.leaf, worse.ppm});
      }
      before = std::move(verdict);
      has_before = true;
    }
  }

  void add_gaps() {
    for (const auto& g : facts_.gaps) {
      if (g.leaf >= as_of_ || g.body.asset != asset_.asset || (!g.body.source.empty() && g.body.source != source_)) continue;
      add({down(g.body.from), g.body.to == 0 ? segment_.b : up(g.body.to), kLogged, g.body.cause, g.leaf, 0});
    }
  }

  bool explained(Second u) const {
    return std::any_of(facts_.explanations.begin(), facts_.explanations.end(), [&](const auto& e) {
      return e.leaf < as_of_ && (e.body.asset.empty() || e.body.asset == asset_.asset) && e.body.from <= u * 1000 && (u + 1) * 1000 <= e.body.to;
    });
  }

  void sweep(Coverage& out, CoverageTotals& totals) {
    struct Event {
      Second at;
      bool begins;
      std::size_t span;
    };
    std::vector<Event> events;
    std::vector<Second> cuts = {segment_.a, segment_.b};
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      events.push_back({spans_[i].a, true, i});
      events.push_back({spans_[i].b, false, i});
      cuts.push_back(spans_[i].a);
      cuts.push_back(spans_[i].b);
    }
    for (const auto& e : facts_.explanations)
      for (Second cut : {up(e.body.from), down(e.body.to)})
        if (e.leaf < as_of_ && cut > segment_.a && cut < segment_.b) cuts.push_back(cut);
    std::sort(events.begin(), events.end(), [](const Event& x, const Event& y) { return x.at < y.at; });
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::array<std::set<std::size_t>, kRanks> active;
    std::size_t next = 0;
    for (std::size_t c = 0; c + 1 < cuts.size(); ++c) {
      for (; next < events.size() && events[next].at <= cuts[c]; ++next) {
        auto& set = active[spans_[events[next].span].rank];
        if (events[next].begins) set.insert(events[next].span);
        else set.erase(events[next].span);
      }
      const Span* top = nullptr;
      for (std::size_t r = kRanks; r-- > 0 && !top;)
        if (!active[r].empty()) top = &spans_[*active[r].begin()];
      piece(cuts[c], cuts[c + 1], top, out, totals);
    }
  }

  void piece(Second a, Second b, const Span* top, Coverage& out, CoverageTotals& totals) {
    auto n = static_cast<std::uint64_t>(b - a);
    totals.required += n;
    if (top && top->rank >= kLate) {
      totals.covered += n;
      if (top->rank == kLate) totals.late += n;
      return;
    }
    Interval i{asset_.asset, source_, a * 1000, b * 1000, Cover::gap, top ? top->cause : "no_heartbeat", top ? top->ppm : 0,
               top ? static_cast<std::int64_t>(top->leaf) : -1};
    if (top && top->rank == kDegraded) {
      i.state = Cover::degraded;
      totals.degraded += n;
    } else if (top && top->rank == kPlanned) {
      i.state = Cover::planned;
      totals.planned += n;
    } else {
      totals.gap += n;
      if (explained(a)) totals.explained += n;
    }
    auto* last = out.intervals.empty() ? nullptr : &out.intervals.back();
    if (last && last->asset == i.asset && last->source == i.source && last->to == i.from && last->state == i.state && last->cause == i.cause) {
      last->to = i.to;
      last->loss_ppm = std::max(last->loss_ppm, i.loss_ppm);
    } else if (out.intervals.size() < kMaxIntervals) {
      out.intervals.push_back(std::move(i));
    } else {
      ++out.unlisted;
    }
  }

  const Facts& facts_;
  const Segment& segment_;
  const ScopeAsset& asset_;
  const std::string& source_;
  std::uint64_t as_of_;
  std::vector<Span> spans_;
};

std::uint64_t ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<std::uint64_t>(static_cast<unsigned __int128>(part) * 1'000'000 / whole);
}
}  // namespace

std::string_view id(Cover state) {
  switch (state) {
    case Cover::gap: return "gap";
    case Cover::planned: return "planned";
    case Cover::degraded: return "degraded";
    case Cover::covered: return "covered";
  }
  return "gap";
}

CoverageTotals& CoverageTotals::operator+=(const CoverageTotals& m) {
  required += m.required;
  covered += m.covered;
  late += m.late;
  degraded += m.degraded;
  planned += m.planned;
  gap += m.gap;
  explained += m.explained;
  return *this;
}

Json to_json(const CoverageTotals& t) {
  return Json::object().set("required", t.required).set("covered", t.covered).set("late", t.late).set("degraded", t.degraded)
      .set("planned", t.planned).set("gap", t.gap).set("explained", t.explained);
}
base::Result<CoverageTotals> parse_totals(const Json& j) {
  Fields f(j, "coverage totals");
  auto n = [&](std::string_view key) { return static_cast<std::uint64_t>(f.integer(key, 0, kMaxInteger)); };
  CoverageTotals t{n("required"), n("covered"), n("late"), n("degraded"), n("planned"), n("gap"), n("explained")};
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return t;
}

Coverage account(const Facts& facts, base::UnixMs from, base::UnixMs to, std::uint64_t as_of) {
  FENGSUI_ASSERT(from % 1000 == 0 && to % 1000 == 0);
  Coverage out;
  auto parts = segments(facts, from / 1000, to / 1000, as_of);
  if (!parts.empty()) out.scope_from = parts.front().a * 1000;
  std::map<std::pair<std::string, std::string>, CoverageTotals> by_source;
  std::set<std::pair<std::string, std::string>> order;
  for (const auto& part : parts)
    for (const auto& asset : part.scope->assets)
      for (const auto& source : asset.sources) order.emplace(asset.asset, source);
  for (const auto& [asset_name, source] : order)
    for (const auto& part : parts)
      for (const auto& asset : part.scope->assets)
        if (asset.asset == asset_name && std::find(asset.sources.begin(), asset.sources.end(), source) != asset.sources.end())
          SourceAccount(facts, part, asset, source, as_of).run(planned(facts, asset.asset, *part.scope, as_of), out, by_source[{asset_name, source}]);
  for (auto& [key, totals] : by_source) {
    FENGSUI_ASSERT(totals.required == totals.covered + totals.degraded + totals.planned + totals.gap);
    out.totals += totals;
    out.by_source.push_back({key.first, key.second, totals});
  }
  return out;
}

std::uint64_t covered_ppm(const CoverageTotals& t) { return ratio(t.covered, t.required - t.planned); }
std::uint64_t covered_ppm_explained(const CoverageTotals& t) { return ratio(t.covered, t.required - t.planned - t.explained); }

Json to_json(const Coverage& c) {
  Json intervals = Json::array();
  for (const auto& i : c.intervals) {
    Json one = Json::object().set("asset", i.asset).set("source", i.source).set("from", i.from).set("to", i.to).set("state", id(i.state)).set("cause", i.cause);
    if (i.loss_ppm) one.set("dropPpm", i.loss_ppm);
    if (i.leaf >= 0) one.set("leaf", i.leaf);
    intervals.push(std::move(one));
  }
  Json sources = Json::array();
  for (const auto& s : c.by_source) sources.push(Json::object().set("asset", s.asset).set("source", s.source).set("totals", to_json(s.totals)));
  const auto& t = c.totals;
  return Json::object().set("unit", "assetSourceSeconds").set("required", t.required).set("covered", t.covered).set("ofWhichLate", t.late)
      .set("degraded", t.degraded).set("planned", t.planned).set("gap", t.gap).set("ofWhichExplained", t.explained)
      .set("coveredPpm", covered_ppm(t)).set("scopeFrom", c.scope_from).set("unlisted", c.unlisted).set("sources", sources).set("intervals", intervals);
}

}  // namespace fengsui::evidence
