#include "collector/report/daily_record.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "base/encode.h"
#include "collector/phrases.h"
#include "collector/review.h"
#include "evidence/coverage.h"
#include "evidence/facts.h"

namespace fengsui::collector::report {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxGaps = 1000;
using Source = std::pair<std::string, std::string>;  // asset, source

json::object text_json(const std::string& zh, const std::string& en) { return {{"zh", zh}, {"en", en}}; }

json::object coverage_json(const evidence::CoverageTotals& t) {
  json::object out{{"required", t.required}, {"covered", t.covered}, {"late", t.late},
                   {"degraded", t.degraded}, {"planned", t.planned}, {"gap", t.gap}};
  auto due = t.required - t.planned;
  out["ratio"] =
      due == 0 ? json::value(nullptr) : json::value(static_cast<double>(t.covered) / static_cast<double>(due));
  return out;
}

std::string_view gap_cause(const std::string& cause) {
  constexpr std::pair<std::string_view, std::string_view> table[] = {{"no_heartbeat", "no_heartbeat"},
                                                                     {"too_late", "no_heartbeat"},
                                                                     {"clock", "clock"},
                                                                     {"backdated", "clock"},
                                                                     {"before_boot", "agent_stopped"},
                                                                     {"long_heartbeat", "agent_stopped"},
                                                                     {"revoked", "agent_stopped"},
                                                                     {"rules", "digest_not_allowed"},
                                                                     {"config", "digest_not_allowed"},
                                                                     {"binary", "digest_not_allowed"},
                                                                     {"spool_lost", "spool_lost"},
                                                                     {"source_missing", "source_unavailable"},
                                                                     {"unavailable", "source_unavailable"},
                                                                     {"loss", "loss"},
                                                                     {"lost_events", "loss"},
                                                                     {"degraded", "loss"}};
  for (auto [prefix, word] : table)
    if (cause.starts_with(prefix)) return word;
  return "unknown";
}

// What the heartbeats of the day say of each required source.
struct SourceDay {
  std::set<model::Stage> stages;
  model::SensorState state = model::SensorState::unavailable;  // of the last heartbeat
  std::string reason;
  std::uint64_t events = 0;
};

struct DayView {
  base::Day day;
  base::UnixMs from = 0, to = 0;
  const evidence::Facts* facts = nullptr;
  evidence::Coverage coverage;
  std::map<Source, SourceDay> sources;
  std::set<std::string> heard;  // agents with a heartbeat in the day
};

DayView view_of(const evidence::Facts& facts, base::Day day, base::UnixMs to, const std::string& unit) {
  DayView v;
  v.day = day;
  v.from = base::start_of(day);
  v.to = to;
  v.facts = &facts;
  if (to > v.from) v.coverage = evidence::account(facts, v.from, to);
  for (const auto& [agent, beats] : facts.beats)
    for (const auto& beat : beats) {
      if (beat.body.t0 >= base::start_of(base::next(day)) || beat.body.t1 <= v.from) continue;
      v.heard.insert(agent);
      for (const auto& s : beat.body.sources) {
        auto& source = v.sources[{agent.substr(std::min(agent.size(), unit.size() + 1)), s.id}];
        source.stages.insert(s.stages.begin(), s.stages.end());
        source.state = s.state;
        source.reason = s.reason;
        source.events += s.counters.rx;
      }
    }
  return v;
}

json::object counts_json(const std::array<std::uint64_t, 6>& counts) {
  json::object out;
  for (int s = 1; s <= 5; ++s) out[model::id(static_cast<model::Severity>(s))] = counts[static_cast<std::size_t>(s)];
  return out;
}

json::object stage_row(const DayView& v, model::Stage stage, const std::array<std::uint64_t, 6>& findings) {
  evidence::CoverageTotals totals;
  std::uint64_t required = 0, effective = 0, events = 0;
  for (const auto& of : v.coverage.by_source) {
    auto it = v.sources.find({of.asset, of.source});
    if (it == v.sources.end() || it->second.stages.count(stage) == 0) continue;
    totals += of.totals;
    ++required;
    if (it->second.state == model::SensorState::effective) ++effective;
  }
  auto state = model::SensorState::unavailable;
  std::string zh = "没有传感器覆盖此节点", en = "no sensor watches this stage";
  for (const auto& [key, source] : v.sources) {
    if (source.stages.count(stage) == 0) continue;
    events += source.events;
    if (source.state > state || (source.state == state && state != model::SensorState::unavailable)) continue;
    state = source.state;
    const bool well = state == model::SensorState::effective;
    zh = well ? "" : key.first + "/" + key.second + "：" + reason_zh(source.reason);
    en = well ? "" : key.first + "/" + key.second + ": " + source.reason;
  }
  return {{"stage", model::id(stage)},
          {"state", model::id(state)},
          {"reason", text_json(zh, en)},
          {"sensors_required", required},
          {"sensors_effective", effective},
          {"events", events},
          {"findings", counts_json(findings)},
          {"coverage", required == 0 ? json::value(nullptr) : json::value(coverage_json(totals))}};
}

json::object hosts_json(Centre& centre, Watch& watch, const DayView& v, const std::string& unit) {
  std::uint64_t required = 0, reporting = 0;
  json::array missing;
  for (const auto& [name, agent] : centre.roster().agents()) {
    if (agent.unit != unit || agent.enrolled >= base::start_of(base::next(v.day))) continue;
    if (agent.state != AgentState::active && v.heard.count(name) == 0) continue;
    ++required;
    if (v.heard.count(name) != 0) {
      ++reporting;
      continue;
    }
    const Live* live = watch.live(name);
    missing.push_back(json::object{
        {"agent", name},
        {"status", id(watch.status(agent, centre.now()))},
        {"last_seen", live != nullptr && live->last_rx != 0 ? json::value(live->last_rx) : json::value(nullptr)}});
  }
  return {{"required", required}, {"reporting", reporting}, {"missing", std::move(missing)}};
}

// Runs of one asset, time and cause over several sources become one with source "".
void gaps_into(json::object& out, const DayView& v, const std::string& unit) {
  std::map<std::tuple<base::UnixMs, base::UnixMs, std::string, std::string>, std::vector<std::string>> runs;
  std::map<std::string, std::size_t> sources_of;
  for (const auto& s : v.coverage.by_source) ++sources_of[s.asset];
  for (const auto& i : v.coverage.intervals)
    if (i.state == evidence::Cover::gap)
      runs[{i.from, i.to, i.asset, std::string(gap_cause(i.cause))}].push_back(i.source);
  json::array gaps;
  std::uint64_t total = v.coverage.unlisted;
  for (const auto& [key, sources] : runs) {
    const auto& [from, to, asset, cause] = key;
    bool all = sources.size() == sources_of[asset];
    for (const auto& source : all ? std::vector<std::string>{""} : sources) {
      ++total;
      if (gaps.size() < kMaxGaps)
        gaps.push_back(json::object{
            {"agent", unit + "/" + asset}, {"source", source}, {"from", from}, {"to", to}, {"cause", cause}});
    }
  }
  out["gaps"] = std::move(gaps);
  out["gaps_total"] = total;
}

json::array supplements_json(const std::vector<Sealed>& seals, base::Day day) {
  json::array out;
  for (const auto& s : seals)
    for (const auto& amend : s.seal.amends)
      if (amend.day == day)
        out.push_back(json::object{
            {"index", s.index}, {"date", base::to_string(s.seal.day)}, {"records", amend.leaves.size() + amend.more}});
  return out;
}

}  // namespace

base::Result<json::object> daily_record(Centre& centre, Watch& watch, Memory& memory, Sealer& sealer,
                                        const std::string& unit, base::Day day) {
  if (centre.roster().unit(unit) == nullptr) return base::fail(base::Errc::not_found, "unit " + unit.substr(0, 64));
  if (base::start_of(day) > centre.now())
    return base::fail(base::Errc::not_found, base::to_string(day) + " has not begun");
  if (auto known = centre.speaks_of(unit, base::start_of(day)); !known) return std::unexpected(known.error());
  auto logs = centre.history(unit);
  if (!logs) return std::unexpected(logs.error());
  auto rollup = logs->rollup(day);
  if (!rollup) return std::unexpected(rollup.error());
  auto sealed = sealer.sealed(unit, day);
  if (!sealed) return std::unexpected(sealed.error());
  auto facts = memory.facts(unit, base::start_of(day));
  if (!facts) return std::unexpected(facts.error());
  auto view = view_of(**facts, day, sealer.so_far(unit, day), unit);

  std::array<std::array<std::uint64_t, 6>, 7> by_stage{};
  std::array<std::uint64_t, 6> all{};
  std::array<std::uint64_t, 24> hours{};
  std::uint64_t total = 0;
  for (const auto& row : *rollup) {
    if (row.severity > 5 || row.stage > 6 || row.hour < 0 || row.hour > 23)
      return base::fail(base::Errc::unavailable, "rollup of " + base::to_string(day) + " has a row out of range");
    by_stage[row.stage][row.severity] += row.count;
    all[row.severity] += row.count;
    hours[static_cast<std::size_t>(row.hour)] += row.count;
    total += row.count;
  }
  auto review = review_of(centre.control(), unit, day);
  if (!review) return std::unexpected(review.error());
  std::string number = base::to_string(day);
  std::erase(number, '-');
  json::object out{{"unit", unit}, {"date", base::to_string(day)}, {"number", unit + "-" + number}};
  out["state"] = !*sealed                 ? "open"
                 : review->second.empty() ? (review->reviewer.empty() ? "sealed" : "reviewed")
                                          : "countersigned";
  out["as_of"] = centre.now();
  out["hosts"] = hosts_json(centre, watch, view, unit);
  json::array stages, hourly;
  for (auto stage : model::kStages) stages.push_back(stage_row(view, stage, by_stage[static_cast<std::size_t>(stage)]));
  for (auto n : hours) hourly.push_back(n);
  out["stages"] = std::move(stages);
  out["findings"] = counts_json(all);
  out["findings_total"] = total;
  out["coverage"] = coverage_json(view.coverage.totals);
  gaps_into(out, view, unit);
  out["seal"] = nullptr;
  if (*sealed)
    out["seal"] = json::object{{"index", (*sealed)->index},
                               {"root", base::base64((*sealed)->seal.root)},
                               {"checkpoint_size", (*sealed)->seal.n - (*sealed)->seal.first},
                               {"time", (*sealed)->rx},
                               {"from", (*sealed)->seal.from},
                               {"to", (*sealed)->seal.to},
                               {"partial", (*sealed)->seal.to < base::start_of(base::next(day))}};
  out["hourly"] = std::move(hourly);
  auto seals = sealer.seals(unit);
  if (!seals) return std::unexpected(seals.error());
  out["supplements"] = supplements_json(**seals, day);
  out["review"] = json::object{{"reviewer", review->reviewer},
                               {"reviewed", review->reviewed},
                               {"opinion", review->opinion},
                               {"second", review->second},
                               {"countersigned", review->countersigned}};
  return out;
}

}  // namespace fengsui::collector::report
