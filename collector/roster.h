// Who belongs to the collector: units, enrolment tokens, agents. Kept in the control database, cached in memory.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/sign.h"
#include "store/ledger.h"

namespace fengsui::collector {

struct Unit {
  std::string id;  // "510903-edu": the department part of the log's origin
  std::string name_zh, name_en;
  std::string kind;  // county_or_park, city_department, state_enterprise, public_institution, private_enterprise
  std::vector<std::string> stages;  // declared applicable; empty = all six
  std::string digest_key_hex;       // 32 bytes, the unit's key for HMAC digests, given to its agents
  base::UnixMs created = 0;
};

struct Token {
  std::string digest;                // hex SHA-256 of the token; the token itself is not kept
  std::string unit, agent;           // agent: full name "510903-edu/db01"
  std::vector<std::string> sources;  // required of the agent; empty = what its first heartbeat shows as working
  base::UnixMs created = 0, expires = 0;
  std::string by;
  bool used = false;
  base::UnixMs used_at = 0;
  std::string used_by;  // hostname
};

enum class AgentState : std::uint8_t { active, revoked, decommissioned };
std::string_view id(AgentState state);

struct Agent {
  std::string id, unit;
  std::string hostname, version, os, machine_id_digest;
  crypto::PublicKey identity_key{};
  std::string curve_z85;
  AgentState state = AgentState::active;
  base::UnixMs enrolled = 0;
  std::vector<std::string> required;  // sources in force
  bool adopted = false;               // required came from the first heartbeat, not from a person
};

// One thread.
class Roster {
 public:
  // Reads everything. Bounds: 10,000 units, 100,000 agents, 100,000 tokens.
  static base::Result<std::unique_ptr<Roster>> open(store::Control& control);

  // Errc::exists, malformed (id: 1..64 of [A-Za-z0-9._-]).
  base::Status add_unit(Unit unit);
  const Unit* unit(const std::string& id) const;
  const std::map<std::string, Unit>& units() const { return units_; }

  // Makes a token; the text is returned this once. Errc::not_found (unit), exists (agent is enrolled already),
  // malformed.
  base::Result<std::string> create_token(const std::string& unit, const std::string& short_name,
                                         std::vector<std::string> sources, base::UnixMs now, base::UnixMs life_ms,
                                         const std::string& by);
  base::Result<std::vector<Token>> tokens() const;

  // Takes the token exactly once, durable when it returns, and makes the agent. The same identity key, CURVE key and
  // token again give the same agent (its answer was lost). Errc::denied (unknown), expired, conflict (used), exists.
  base::Result<Agent> redeem(const std::string& token, Agent facts, base::UnixMs now);

  const Agent* agent(const std::string& id) const;
  const Agent* agent_by_curve(const std::string& z85) const;
  const std::map<std::string, Agent>& agents() const { return agents_; }
  base::Status update(const Agent& agent);  // of a known id; keeps the keys

  // False only for CURVE keys of agents that were revoked or decommissioned.
  bool admits(const std::string& z85) const;

 private:
  explicit Roster(store::Control& control) : control_(control) {}
  void index(const Agent& agent);

  store::Control& control_;
  std::map<std::string, Unit> units_;
  std::map<std::string, Agent> agents_;
  std::map<std::string, std::string> by_curve_;
  std::set<std::string> barred_;
};

}  // namespace fengsui::collector
