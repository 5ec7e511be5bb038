#include "collector/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "collector/phrases.h"
#include "evidence/leaf.h"

namespace fengsui::collector {

namespace {
constexpr base::UnixMs kStaleClockMs = 60'000;
constexpr base::UnixMs kDayMs = 86'400'000;
}  // namespace

std::string_view id(AgentStatus status) {
  switch (status) {
    case AgentStatus::never_seen:
      return "never_seen";
    case AgentStatus::healthy:
      return "healthy";
    case AgentStatus::degraded:
      return "degraded";
    case AgentStatus::silent:
      return "silent";
    case AgentStatus::stale_clock:
      return "stale_clock";
    case AgentStatus::decommissioned:
      return "decommissioned";
  }
  return "never_seen";
}

std::uint64_t dropped(const model::SourceCounters& c) { return c.kdrop + c.ifdrop + c.lost + c.ovf; }

base::UnixMs Watch::patience() const {
  const auto& e = centre_.config().evidence;
  return e.missed_heartbeats * e.heartbeat_seconds * 1000 + 1000;
}

base::Status Watch::restore() {
  started_ = centre_.now();
  for (const auto& [unit, _] : centre_.roster().units()) {
    auto all = centre_.history(unit);
    if (!all) return std::unexpected(all.error());
    auto beats = all->entries_of_kind("hb", started_ - 2 * kDayMs, started_ + kDayMs);
    if (!beats) return std::unexpected(beats.error());
    for (const auto& entry : *beats) {
      auto leaf = evidence::parse_leaf(entry.leaf);
      if (!leaf)
        return base::fail(base::Errc::mismatch, fmt::format("leaf {} of {}: {}", entry.index, unit, leaf.error().what));
      if (auto beat = evidence::parse_heartbeat(leaf->record.body)) on_heartbeat(entry.agent, *beat, entry.rx);
    }
    for (const auto& [name, agent] : centre_.roster().agents()) {
      if (agent.unit != unit) continue;
      auto last = all->last_entry(name);
      if (!last) return std::unexpected(last.error());
      if (*last) live_[name].last_rx = std::max(live_[name].last_rx, (*last)->rx);
    }
  }
  return {};
}

void Watch::on_heartbeat(const std::string& agent, const evidence::Heartbeat& heartbeat, base::UnixMs rx) {
  Live& live = live_[agent];
  live.last_rx = rx;
  live.heartbeat = heartbeat;
  live.heartbeat_rx = rx;
  // A late delivery looks like a clock that is behind; one that is ahead cannot be delay.
  if (heartbeat.spool_queued == 0 || heartbeat.t1 > rx) live.offset = heartbeat.t1 - rx;
  auto day = base::day_of(heartbeat.t1);
  if (day != live.day) live.drops_today = 0;
  live.day = day;
  for (const auto& source : heartbeat.sources) live.drops_today += dropped(source.counters);
  live.gap_open = false;
  const Agent* known = centre_.roster().agent(agent);
  if (known != nullptr && known->required.empty() && to_adopt_.size() < 1000) to_adopt_.push_back(agent);
}

base::Status Watch::adopt() {
  for (const auto& name : std::exchange(to_adopt_, {})) {
    const Agent* agent = centre_.roster().agent(name);
    const auto& live = live_[name];
    if (agent == nullptr || !agent->required.empty() || !live.heartbeat) continue;
    Agent changed = *agent;
    for (const auto& source : live.heartbeat->sources)
      // A capture file that is replayed comes to its end: it is evidence of what it holds, not of anybody watching.
      if (source.state != model::SensorState::unavailable && !source.id.starts_with("file:")) changed.required.push_back(source.id);
    if (changed.required.empty()) continue;
    changed.adopted = true;
    if (auto done = centre_.roster().update(changed); !done) return done;
    if (auto done = ingest_.write_scope(changed.unit); !done) return done;
    if (auto done = centre_.record("collector", "required_sources_adopted", name + " from its first heartbeat"); !done)
      return done;
  }
  return {};
}

bool Watch::is_silent(const Agent& agent, base::UnixMs now) const {
  const Live* l = live(agent.id);
  base::UnixMs heard = std::max(l != nullptr ? l->heartbeat_rx : 0, std::max(agent.enrolled, started_));
  return now - heard > patience();
}

base::Status Watch::tick() {
  auto now = centre_.now();
  for (const auto& [name, agent] : centre_.roster().agents()) {
    if (agent.state != AgentState::active || !is_silent(agent, now)) continue;
    Live& live = live_[name];
    if (live.gap_open) continue;
    evidence::Gap gap;
    gap.asset = name.substr(agent.unit.size() + 1);
    gap.cause = "no_heartbeat";
    gap.from = live.heartbeat ? live.heartbeat->t1 : agent.enrolled;
    auto note =
        evidence::sign_record("gap", evidence::to_json(gap), centre_.collector_name(), centre_.keys().collector());
    if (auto written = ingest_.append_now(agent.unit, "gap", note); !written) return std::unexpected(written.error());
    live.gap_open = true;
  }
  return {};
}

const Live* Watch::live(const std::string& agent) const {
  auto it = live_.find(agent);
  return it == live_.end() ? nullptr : &it->second;
}

AgentStatus Watch::status(const Agent& agent, base::UnixMs now) const {
  if (agent.state != AgentState::active) return AgentStatus::decommissioned;
  const Live* l = live(agent.id);
  if (l == nullptr || l->last_rx == 0) return AgentStatus::never_seen;
  if (!l->heartbeat || now - l->heartbeat_rx > patience()) return AgentStatus::silent;
  if (l->offset && std::abs(*l->offset) > kStaleClockMs) return AgentStatus::stale_clock;
  const auto& beat = *l->heartbeat;
  bool worse =
      beat.spool_lost != 0 || std::any_of(beat.sources.begin(), beat.sources.end(), [](const model::SourceStatus& s) {
        return s.state != model::SensorState::effective || dropped(s.counters) != 0;
      });
  return worse ? AgentStatus::degraded : AgentStatus::healthy;
}

model::Text Watch::reason(const Agent& agent, base::UnixMs now) const {
  const Live* l = live(agent.id);
  switch (status(agent, now)) {
    case AgentStatus::healthy:
      return {};
    case AgentStatus::decommissioned:
      return {"已停用或已吊销", "retired or revoked"};
    case AgentStatus::never_seen:
      return {"已登记，尚未收到任何记录", "enrolled, no record has arrived"};
    case AgentStatus::silent: {
      auto since = l->heartbeat_rx != 0 ? l->heartbeat_rx : l->last_rx;
      return {"自 " + base::to_rfc3339(since) + " 起没有心跳", "no heartbeat since " + base::to_rfc3339(since)};
    }
    case AgentStatus::stale_clock:
      return {fmt::format("主机时钟相差 {} 毫秒", *l->offset), fmt::format("host clock differs by {} ms", *l->offset)};
    case AgentStatus::degraded:
      break;
  }
  model::Text text;
  auto add = [&](const std::string& zh, const std::string& en) {
    text.zh += (text.zh.empty() ? "" : "；") + zh;
    text.en += (text.en.empty() ? "" : "; ") + en;
  };
  for (const auto& source : l->heartbeat->sources) {
    if (source.state != model::SensorState::effective)
      add(source.id + (source.state == model::SensorState::degraded ? " 降级：" : " 不可用：") + reason_zh(source.reason),
          source.id + " is " + std::string(model::id(source.state)) + ": " + source.reason);
    if (auto n = dropped(source.counters); n != 0)
      add(fmt::format("{} 丢失 {} 项", source.id, n), fmt::format("{} dropped {}", source.id, n));
  }
  if (l->heartbeat->spool_lost != 0)
    add(fmt::format("本地缓存丢失 {} 条记录", l->heartbeat->spool_lost),
        fmt::format("spool lost {} records", l->heartbeat->spool_lost));
  return text;
}

base::UnixMs Watch::horizon(const std::string& unit, base::UnixMs otherwise) const {
  std::optional<base::UnixMs> horizon;
  for (const auto& [name, agent] : centre_.roster().agents()) {
    if (agent.unit != unit || agent.state != AgentState::active || agent.required.empty()) continue;
    const Live* l = live(name);
    if (l == nullptr || !l->heartbeat || is_silent(agent, centre_.now())) continue;
    horizon = std::min(horizon.value_or(l->heartbeat->t1), l->heartbeat->t1);
  }
  return horizon ? std::min(*horizon, otherwise) : otherwise;
}

std::size_t Watch::count(AgentStatus wanted) const {
  auto now = centre_.now();
  const auto& agents = centre_.roster().agents();
  return static_cast<std::size_t>(
      std::count_if(agents.begin(), agents.end(), [&](const auto& a) { return status(a.second, now) == wanted; }));
}

}  // namespace fengsui::collector
