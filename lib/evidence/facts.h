// What the leaves of one log say, in the order they say it: the input of seals, coverage and attestations.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "evidence/body.h"
#include "evidence/canary.h"
#include "evidence/checkpoint.h"
#include "evidence/seal.h"

namespace fengsui::evidence {

// A body with its place in the log.
template <class T>
struct At {
  std::uint64_t leaf = 0;
  base::UnixMs rx = 0;
  T body;
  unsigned signers = 1;  // different operators whose signatures are right
};

// A heartbeat that fits its chain, with what accounting must know of its surroundings.
struct Beat {
  std::uint64_t leaf = 0;
  base::UnixMs rx = 0;
  Heartbeat body;
  bool follows = false;          // the record before it of the same boot is a heartbeat that ended where this one begins
  bool beacon_ok = true;         // the tree had that root at that size
  base::UnixMs beacon_rx = 0;    // receipt time of the last leaf of the beacon; 0 for an empty one
  base::UnixMs boot_t = 0;       // when the boot in force began
  std::uint64_t newly_lost = 0;  // growth of sp.lost since the heartbeat before
};

struct AgentFacts {
  std::string asset;
  std::uint64_t enrol_leaf = 0, records = 0, epochs = 0, boots = 0, chain_breaks = 0, last_seq = 0;
  Digest last_digest{};
  bool revoked = false;
};

// Value type. Grows with the log; Replay keeps only what touches its window. Leaves are numbered over all logs of the unit, the oldest first
// (FORMAT.md "Shards"): in its first log a number is an index.
struct Facts {
  std::string dept;          // the unit
  std::uint64_t leaves = 0;  // read so far, in all logs
  std::uint64_t first = 0;   // number of the first leaf of the log being read; its size is leaves - first
  std::vector<Checkpoint> logs;  // that ended before it, oldest first
  base::UnixMs last_rx = 0;
  std::vector<At<Scope>> scopes;
  std::vector<At<Enrol>> enrolments;
  std::vector<At<Revoke>> revocations;
  std::vector<At<RulesChange>> rules;
  std::vector<At<Maintenance>> maintenance;
  std::vector<At<IncidentStep>> incidents;
  std::vector<At<Gap>> gaps;
  std::vector<At<GapExplained>> explanations;
  std::vector<At<Find>> finds;
  std::vector<At<CanaryCommit>> canary_commits;
  std::vector<At<CanaryReveal>> canary_reveals;
  std::vector<At<Seal>> seals;
  std::map<std::string, std::vector<Beat>> beats;  // by agent
  std::map<std::string, AgentFacts> agents;
  std::map<std::string, std::uint64_t> entries;    // hex SHA-256 of an attested payload → its leaf
  std::uint64_t unknown = 0;                       // leaves of kinds or versions this build does not read
};

}  // namespace fengsui::evidence
