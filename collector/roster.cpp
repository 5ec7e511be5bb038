#include "collector/roster.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/encode.h"
#include "collector/json.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

namespace fengsui::collector {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxUnits = 10'000, kMaxAgents = 100'000, kMaxTokens = 100'000;
constexpr std::string_view kKinds[] = {"county_or_park", "city_department", "state_enterprise", "public_institution",
                                       "private_enterprise"};
constexpr AgentState kStates[] = {AgentState::active, AgentState::revoked, AgentState::decommissioned};

bool is_name(const std::string& text, std::size_t limit) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= limit && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

std::string to_json(const Unit& u) {
  return to_text(json::object{{"id", u.id},
                              {"name_zh", u.name_zh},
                              {"name_en", u.name_en},
                              {"kind", u.kind},
                              {"stages", array_from(u.stages)},
                              {"digest_key", u.digest_key_hex},
                              {"created", u.created}});
}

Unit unit_from(const json::object& o) {
  return {text_of(o, "id"),      text_of(o, "name_zh"),    text_of(o, "name_en"),  text_of(o, "kind"),
          texts_of(o, "stages"), text_of(o, "digest_key"), number_of(o, "created")};
}

std::string to_json(const Token& t) {
  return to_text(json::object{{"digest", t.digest},
                              {"unit", t.unit},
                              {"agent", t.agent},
                              {"sources", array_from(t.sources)},
                              {"created", t.created},
                              {"expires", t.expires},
                              {"by", t.by},
                              {"used", t.used},
                              {"used_at", t.used_at},
                              {"used_by", t.used_by}});
}

Token token_from(const json::object& o) {
  return {text_of(o, "digest"),    text_of(o, "unit"),      text_of(o, "agent"), texts_of(o, "sources"),
          number_of(o, "created"), number_of(o, "expires"), text_of(o, "by"),    flag_of(o, "used"),
          number_of(o, "used_at"), text_of(o, "used_by")};
}

std::string to_json(const Agent& a) {
  return to_text(json::object{{"id", a.id},
                              {"unit", a.unit},
                              {"hostname", a.hostname},
                              {"version", a.version},
                              {"os", a.os},
                              {"machine_id_digest", a.machine_id_digest},
                              {"identity_key", base::hex(a.identity_key)},
                              {"curve", a.curve_z85},
                              {"state", std::string(id(a.state))},
                              {"enrolled", a.enrolled},
                              {"required", array_from(a.required)},
                              {"adopted", a.adopted}});
}

base::Result<Agent> agent_from(const json::object& o) {
  Agent a{text_of(o, "id"),      text_of(o, "unit"), text_of(o, "hostname"),
          text_of(o, "version"), text_of(o, "os"),   text_of(o, "machine_id_digest")};
  auto key = base::from_hex(text_of(o, "identity_key"));
  if (!key || key->size() != a.identity_key.size())
    return base::fail(base::Errc::malformed, "agent " + a.id + " in the control database has no identity key");
  std::copy(key->begin(), key->end(), a.identity_key.begin());
  a.curve_z85 = text_of(o, "curve");
  for (auto state : kStates)
    if (id(state) == text_of(o, "state")) a.state = state;
  a.enrolled = number_of(o, "enrolled");
  a.required = texts_of(o, "required");
  a.adopted = flag_of(o, "adopted");
  return a;
}

std::string clipped(std::string text, std::size_t limit = 200) {
  if (text.size() > limit) text.resize(limit);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return base::is_utf8(base::view(text)) ? text : "?";
}

}  // namespace

std::string_view id(AgentState state) {
  switch (state) {
    case AgentState::active:
      return "active";
    case AgentState::revoked:
      return "revoked";
    case AgentState::decommissioned:
      return "decommissioned";
  }
  return "active";
}

base::Result<std::unique_ptr<Roster>> Roster::open(store::Control& control) {
  auto roster = std::unique_ptr<Roster>(new Roster(control));
  auto units = control.list("unit");
  if (!units) return std::unexpected(units.error());
  for (const auto& [key, text] : *units) {
    auto o = parse_object(text);
    if (!o) return base::fail(base::Errc::malformed, "unit " + key + " in the control database: " + o.error().what);
    roster->units_[key] = unit_from(*o);
  }
  auto agents = control.list("agent");
  if (!agents) return std::unexpected(agents.error());
  for (const auto& [key, text] : *agents) {
    auto o = parse_object(text);
    if (!o) return base::fail(base::Errc::malformed, "agent " + key + " in the control database: " + o.error().what);
    auto agent = agent_from(*o);
    if (!agent) return std::unexpected(agent.error());
    roster->index(*agent);
  }
  return roster;
}

void Roster::index(const Agent& agent) {
  agents_[agent.id] = agent;
  by_curve_[agent.curve_z85] = agent.id;
  if (agent.state == AgentState::active)
    barred_.erase(agent.curve_z85);
  else
    barred_.insert(agent.curve_z85);
}

base::Status Roster::add_unit(Unit unit) {
  if (!is_name(unit.id, 64))
    return base::fail(base::Errc::malformed,
                      "unit id must be 1 to 64 of letters, digits, '-', '_', '.', not beginning with '.' or '-'");
  if (unit.name_zh.empty() || unit.name_zh.size() > 200 || unit.name_en.size() > 200)
    return base::fail(base::Errc::malformed, "unit needs a Chinese name of at most 200 bytes");
  if (std::find(std::begin(kKinds), std::end(kKinds), unit.kind) == std::end(kKinds))
    return base::fail(base::Errc::malformed, "unit kind is not one of the five");
  if (units_.size() >= kMaxUnits) return base::fail(base::Errc::limit, "10000 units are the limit");
  unit.digest_key_hex = base::hex(crypto::random_bytes(32));
  auto stored = control_.insert("unit", unit.id, to_json(unit));
  if (!stored && stored.error().code == base::Errc::exists)
    return base::fail(base::Errc::exists, "unit " + unit.id + " exists");
  if (!stored) return stored;
  units_[unit.id] = std::move(unit);
  return {};
}

const Unit* Roster::unit(const std::string& id) const {
  auto it = units_.find(id);
  return it == units_.end() ? nullptr : &it->second;
}

base::Result<std::string> Roster::create_token(const std::string& unit, const std::string& short_name,
                                               std::vector<std::string> sources, base::UnixMs now, base::UnixMs life_ms,
                                               const std::string& by) {
  if (units_.count(unit) == 0) return base::fail(base::Errc::not_found, "unit " + unit + " is not known");
  if (!is_name(short_name, 64))
    return base::fail(base::Errc::malformed,
                      "agent name must be 1 to 64 of letters, digits, '-', '_', '.', not beginning with '.' or '-'");
  if (life_ms < 60'000 || life_ms > 30LL * 86'400'000)
    return base::fail(base::Errc::malformed, "a token lives 1 minute to 30 days");
  if (sources.size() > 64) return base::fail(base::Errc::limit, "at most 64 required sources");
  auto agent = unit + "/" + short_name;
  if (agents_.count(agent) != 0) return base::fail(base::Errc::exists, "agent " + agent + " is enrolled already");
  auto rows = control_.list("token");
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() >= kMaxTokens) return base::fail(base::Errc::limit, "100000 tokens are the limit");
  auto token = base::hex(crypto::random_bytes(24));
  Token t{base::hex(crypto::sha256(base::view(token))), unit, agent, std::move(sources), now, now + life_ms, by};
  if (auto stored = control_.insert("token", t.digest, to_json(t)); !stored) return std::unexpected(stored.error());
  return token;
}

base::Result<std::vector<Token>> Roster::tokens() const {
  auto rows = control_.list("token");
  if (!rows) return std::unexpected(rows.error());
  std::vector<Token> out;
  for (const auto& [_, text] : *rows)
    if (auto o = parse_object(text)) out.push_back(token_from(*o));
  return out;
}

base::Result<Agent> Roster::redeem(const std::string& token, Agent facts, base::UnixMs now) {
  auto digest = base::hex(crypto::sha256(base::view(token)));
  auto text = control_.get("token", digest);
  if (!text) return std::unexpected(text.error());
  if (!*text) return base::fail(base::Errc::denied, "token is not known");
  auto parsed = parse_object(**text);
  if (!parsed) return std::unexpected(parsed.error());
  Token t = token_from(*parsed);
  const Agent* known = agent(t.agent);
  if (known != nullptr && t.used && known->state == AgentState::active && known->identity_key == facts.identity_key &&
      known->curve_z85 == facts.curve_z85)
    return *known;
  if (by_curve_.count(facts.curve_z85) != 0)
    return base::fail(base::Errc::exists, "this CURVE key is enrolled already");
  if (known != nullptr && !t.used) return base::fail(base::Errc::exists, "agent " + t.agent + " is enrolled already");
  facts.id = t.agent;
  facts.unit = t.unit;
  facts.hostname = clipped(facts.hostname);
  facts.version = clipped(facts.version);
  facts.os = clipped(facts.os);
  facts.machine_id_digest = clipped(facts.machine_id_digest, 64);
  facts.state = AgentState::active;
  facts.enrolled = now;
  facts.required = t.sources;
  // A crash after the swap below and before the agent is stored must not lose the agent: the used token names the keys
  // that took it, and the same keys may finish.
  auto claim = base::hex(crypto::sha256({base::View(facts.identity_key), base::view(facts.curve_z85)}));
  bool same = t.used && text_of(*parsed, "claim") == claim;
  if (t.used && !same)
    return base::fail(base::Errc::conflict,
                      "token already used on " + base::to_rfc3339(t.used_at) + " by host " + t.used_by);
  if (!t.used) {
    if (t.expires <= now) return base::fail(base::Errc::expired, "token expired on " + base::to_rfc3339(t.expires));
    if (agents_.size() >= kMaxAgents) return base::fail(base::Errc::limit, "100000 agents are the limit");
    t.used = true;
    t.used_at = now;
    t.used_by = facts.hostname;
    auto next = parse_object(to_json(t));
    if (!next) return std::unexpected(next.error());
    (*next)["claim"] = claim;
    if (auto swapped = control_.swap("token", digest, **text, to_text(*next)); !swapped)
      return std::unexpected(swapped.error());
  }
  if (auto stored = control_.put("agent", facts.id, to_json(facts)); !stored) return std::unexpected(stored.error());
  index(facts);
  return facts;
}

const Agent* Roster::agent(const std::string& id) const {
  auto it = agents_.find(id);
  return it == agents_.end() ? nullptr : &it->second;
}

const Agent* Roster::agent_by_curve(const std::string& z85) const {
  auto it = by_curve_.find(z85);
  return it == by_curve_.end() ? nullptr : agent(it->second);
}

base::Status Roster::update(const Agent& changed) {
  FENGSUI_ASSERT(agents_.count(changed.id) != 0);
  if (auto stored = control_.put("agent", changed.id, to_json(changed)); !stored) return stored;
  index(changed);
  return {};
}

bool Roster::admits(const std::string& z85) const { return barred_.count(z85) == 0; }

}  // namespace fengsui::collector
