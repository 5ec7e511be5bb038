// The bodies of records: one struct per kind, its JSON and back (evidence.md 2.3). Unknown keys are ignored, missing and wrong ones
// are Errc::malformed with the key's name. Times are Unix ms unless the name says otherwise; digests of files and rules are
// lower-case hex, digests inside the log (pv, cm, h) base64.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "evidence/json.h"
#include "evidence/merkle.h"
#include "model/heartbeat.h"

namespace fengsui::evidence {

// What must be watched, and by which rules of accounting. Signed by an operator; better by the evaluator.
struct ScopeAsset {
  std::string asset;                 // "db01"
  std::string agent;                 // "510903-edu/db01": whose heartbeats count for it
  std::vector<std::string> sources;  // required source ids, e.g. "file_scan"
};
struct Scope {
  std::string dept;
  base::UnixMs from = 0;             // in force from; the newest with from <= t holds at t
  std::vector<ScopeAsset> assets;
  std::int64_t heartbeat_seconds = 60;       // iv
  std::int64_t covered_ppm = 1'000;          // loss up to which an interval is covered
  std::int64_t degraded_ppm = 50'000;        // and up to which it is degraded; worse is a gap
  std::int64_t live_ms = 120'000;            // rx - t1 above this is late
  std::int64_t late_hours = 72;              // records later than this no longer count as coverage
  std::int64_t planned_minutes = 240;        // per asset and calendar month
  std::int64_t threshold = 4;                // severity from which a finding counts against "incident-free"
  std::int64_t gap_ppm = 50'000;             // share of required seconds that may be gap and still be incident-free
  std::int64_t tz_minutes = 480;
  std::vector<std::string> rules, configs, binaries;  // allowed digests; empty = any, and the verdict says so
};
Json to_json(const Scope&);
base::Result<Scope> parse_scope(const Json&);

struct Enrol {
  std::string agent, asset;
  std::string identity;  // vkey of the identity key; its name is the agent's
  std::string e0;        // first epoch vkey, "" when the first boot record names it
  std::string host;      // hex digest of host facts
  base::UnixMs t = 0;
};
Json to_json(const Enrol&);
base::Result<Enrol> parse_enrol(const Json&);

struct Revoke {
  std::string agent, reason;
  base::UnixMs t = 0;
};
Json to_json(const Revoke&);
base::Result<Revoke> parse_revoke(const Json&);

// Common to what agents sign.
struct Link {
  std::string agent;
  std::uint64_t epoch = 0;  // number of the key that signed it; of boot: of the key it announces
  std::uint64_t seq = 0;
  Digest pv{};
};

struct Boot {
  Link link;
  base::UnixMs t = 0;
  std::string boot_id, e0, why, binary;
};
Json to_json(const Boot&);
base::Result<Boot> parse_boot(const Json&);

struct BeaconRef {
  std::uint64_t size = 0;
  std::string root;        // base64
  std::string checkpoint;  // base64 SHA-256 of the checkpoint text it was shown; "" before the first
};
struct Heartbeat {
  Link link;
  base::UnixMs t0 = 0, t1 = 0;
  base::BootMs b0 = 0, b1 = 0;
  std::string boot_id;
  BeaconRef beacon;
  std::string rules, config, binary;  // hex digests
  std::vector<model::SourceStatus> sources;
  std::uint64_t spool_queued = 0;
  std::uint64_t spool_lost = 0;             // since the spool was made: accounting looks at its growth
  base::UnixMs spool_oldest = 0;
  std::array<std::uint64_t, 6> findings{};  // by severity 1..5, sent since the heartbeat or boot before
  std::string next;                         // vkey of the next epoch
};
Json to_json(const Heartbeat&);
base::Result<Heartbeat> parse_heartbeat(const Json&);

struct Find {
  Link link;
  base::UnixMs t = 0;
  int severity = 0;      // 1..5
  std::string rule, rules, fid;
  std::string stage;     // "storage"
  std::string subject;   // pseudonym of the account or process, "" unknown
  Digest commitment{};   // of salt and detail
  std::string canary;    // marker, "" none
};
Json to_json(const Find&);
base::Result<Find> parse_find(const Json&);

struct RulesChange {
  std::string digest, signer;
  base::UnixMs from = 0;
};
Json to_json(const RulesChange&);
base::Result<RulesChange> parse_rules(const Json&);

struct Maintenance {
  std::string asset, why;
  base::UnixMs from = 0, to = 0;
};
Json to_json(const Maintenance&);
base::Result<Maintenance> parse_maintenance(const Json&);

// One step of an incident's life. State names of domain.md; the newest leaf of an iid holds.
struct IncidentStep {
  std::string iid;
  std::vector<std::string> fids;
  int severity = 0;       // 1..5
  std::string level;      // "l1".."l4", "" not graded
  std::string state;      // detected triaged reported notified handled rectified verified summarised archived false_positive
  std::string by, reason;
  base::UnixMs t = 0, reported_at = 0;
};
Json to_json(const IncidentStep&);
base::Result<IncidentStep> parse_incident(const Json&);
bool is_incident_state(std::string_view state);

struct Gap {
  std::string asset, source, cause;  // source "" = all of the asset
  base::UnixMs from = 0, to = 0;     // to 0 = still open
};
Json to_json(const Gap&);
base::Result<Gap> parse_gap(const Json&);

// A person's explanation. Never turns a gap into planned.
struct GapExplained {
  std::string asset, why, by;  // asset "" = the whole unit
  base::UnixMs from = 0, to = 0;
};
Json to_json(const GapExplained&);
base::Result<GapExplained> parse_gap_explained(const Json&);

}  // namespace fengsui::evidence
