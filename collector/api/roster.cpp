#include <algorithm>
#include <boost/json.hpp>

#include "collector/api/handlers.h"
#include "collector/phrases.h"

namespace fengsui::collector::api {

namespace json = boost::json;

namespace {

json::object unit_json(const Unit& u) { return {{"id", u.id}, {"name", u.name_zh}, {"kind", u.kind}}; }
json::object text_json(const model::Text& t) { return {{"zh", t.zh}, {"en", t.en}}; }

// The best of the agent's sensors at the stage: one that works is enough to see something.
json::object stage_json(model::Stage stage, const Live* live, bool heard) {
  model::SensorState state = model::SensorState::unavailable;
  model::Text why{"没有传感器覆盖此节点", "no sensor watches this stage"};
  if (!heard) why = {"没有收到心跳", "no heartbeat"};
  if (heard && live != nullptr && live->heartbeat)
    for (const auto& s : live->heartbeat->sources) {
      if (std::find(s.stages.begin(), s.stages.end(), stage) == s.stages.end()) continue;
      if (s.state <= state) {
        state = s.state;
        why = s.state == model::SensorState::effective ? model::Text{}
                                                       : model::Text{s.id + "：" + reason_zh(s.reason), s.id + ": " + s.reason};
      }
    }
  return {
      {"stage", std::string(model::id(stage))}, {"state", std::string(model::id(state))}, {"reason", text_json(why)}};
}

json::object agent_json(const Service& service, const Agent& a, base::UnixMs now) {
  const Live* live = service.watch.live(a.id);
  auto status = service.watch.status(a, now);
  bool heard = status == AgentStatus::healthy || status == AgentStatus::degraded || status == AgentStatus::stale_clock;
  json::array stages, sensors;
  for (auto stage : model::kStages) stages.push_back(stage_json(stage, live, heard));
  if (live != nullptr && live->heartbeat)
    for (const auto& s : live->heartbeat->sources) {
      json::array of;
      for (auto stage : s.stages) of.emplace_back(std::string(model::id(stage)));
      sensors.push_back(json::object{{"id", s.id},
                                     {"stages", std::move(of)},
                                     {"state", std::string(model::id(s.state))},
                                     {"reason", s.reason},
                                     {"received", s.counters.rx},
                                     {"dropped", dropped(s.counters)}});
    }
  bool today = live != nullptr && live->day == base::day_of(now);
  return {{"id", a.id},
          {"unit", a.unit},
          {"hostname", a.hostname},
          {"status", std::string(id(status))},
          {"reason", text_json(service.watch.reason(a, now))},
          {"last_seen", live != nullptr && live->last_rx != 0 ? json::value(live->last_rx) : json::value(nullptr)},
          {"enrolled", a.enrolled},
          {"queue", live != nullptr && live->heartbeat ? live->heartbeat->spool_queued : 0},
          {"drops", today ? live->drops_today : 0},
          {"clock_offset_ms", live != nullptr && live->offset ? json::value(*live->offset) : json::value(nullptr)},
          {"version", a.version},
          {"stages", std::move(stages)},
          {"sensors", std::move(sensors)},
          {"required", array_from(a.required)},
          {"required_adopted", a.adopted}};
}

}  // namespace

Response list_units(Service& service, const Call&) {
  json::array items;
  for (const auto& [_, unit] : service.centre.roster().units()) items.push_back(unit_json(unit));
  return answer(200, {{"items", std::move(items)}});
}

Response add_unit(Service& service, const Call& call) {
  auto body = parse_object(call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"id", "name", "kind"}); !known) return problem(known.error());
  Unit unit;
  unit.id = text_of(*body, "id");
  unit.name_zh = text_of(*body, "name");
  unit.kind = text_of(*body, "kind");
  if (auto done = service.centre.add_unit(unit); !done) return problem(done.error());
  if (auto done = service.centre.record(call.session.name, "unit_added", unit.id); !done) return problem(done.error());
  return answer(201, unit_json(unit));
}

Response create_token(Service& service, const Call& call) {
  auto body = parse_object(call.request.body, 65536);
  if (!body) return failed(body);
  if (auto known = only_members(*body, {"unit", "name", "ttl_s", "sources"}); !known) return problem(known.error());
  auto life = number_of(*body, "ttl_s", 3600);
  if (life < 60 || life > 604800)
    return problem({base::Errc::usage, "ttl_s is " + std::to_string(life) + "; 60 to 604800 are allowed"});
  auto unit = text_of(*body, "unit"), name = text_of(*body, "name");
  auto token = service.centre.roster().create_token(unit, name, texts_of(*body, "sources"), call.request.now,
                                                    life * 1000, call.session.name);
  if (!token) return failed(token);
  if (auto done = service.centre.record(call.session.name, "token_created", unit + "/" + name); !done)
    return problem(done.error());
  return answer(201, {{"token", *token}, {"agent", unit + "/" + name}, {"expires", call.request.now + life * 1000}});
}

Response list_agents(Service& service, const Call& call) {
  auto filter = call.request.query.find("unit");
  if (filter != call.request.query.end() && service.centre.roster().unit(filter->second) == nullptr)
    return problem({base::Errc::not_found, "unit " + filter->second.substr(0, 64)});
  json::array items;
  for (const auto& [_, agent] : service.centre.roster().agents())
    if (filter == call.request.query.end() || agent.unit == filter->second)
      items.push_back(agent_json(service, agent, call.request.now));
  return answer(
      200, {{"items", std::move(items)}, {"heartbeat_seconds", service.centre.config().evidence.heartbeat_seconds}});
}

}  // namespace fengsui::collector::api
