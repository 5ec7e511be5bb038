// The agent's forward-secure chain (evidence.md 2.4): every record is signed by an epoch key and names the digest of
// the record before it; every heartbeat announces the next key and erases the old one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "evidence/record.h"
#include "model/finding.h"
#include "model/heartbeat.h"

namespace fengsui::evidence {

// A checkpoint that an agent was shown: the next beacon.
struct Beacon {
  std::uint64_t size = 0;
  std::string root_b64;
  std::string checkpoint;  // whole signed checkpoint text; "" before the first
};

struct HeartbeatInput {
  base::UnixMs t0 = 0, t1 = 0;  // the interval it speaks of, wall clock
  base::BootMs b0 = 0, b1 = 0;  // the same by CLOCK_BOOTTIME
  std::string rules_digest, config_digest, binary_digest;  // hex SHA-256
  std::vector<model::SourceStatus> sources;
  std::uint64_t spool_queued = 0;
  base::UnixMs spool_oldest = 0;
  std::uint64_t spool_lost = 0;
};

// One thread. Nothing here writes to disk: the caller makes each returned record durable BEFORE calling commit();
// a record that was not committed has no effect on the chain (the next call makes the same seq again).
class Chain {
 public:
  // A chain that continues after `last_seq` / `last_note_digest` (0 and zeros for a new agent). Begins with boot().
  Chain(std::string agent, crypto::SigningKey identity, std::string boot_id, std::uint64_t last_seq,
        crypto::Digest last_digest);
  ~Chain();

  Record boot(base::UnixMs now, std::string_view reason, std::string_view binary_digest);
  Record finding(const model::Finding& finding, std::string detail, std::string_view rules_digest);
  Record heartbeat(const HeartbeatInput& input);
  // The record made last is durable: advances seq and digest, and for a heartbeat switches to the next epoch key and
  // erases the old one.
  void commit();
  // Several findings may be made durable by one write: mark(), then each record and its commit(), then the write of all of
  // them; rewind() when it failed, and nothing since mark() was ever made. Neither a boot record nor a heartbeat may lie
  // between (asserted): their keys cannot come back.
  void mark();
  void rewind();

  // A newer checkpoint of the log. Errc::mismatch when the proof does not show that the old beacon is a prefix of it.
  base::Status advance_beacon(const Beacon& next, const std::vector<crypto::Digest>& consistency_proof);
  // The log was handed over to the next year's: its beacon, which the caller has proven with follow().
  void change_log(const Beacon& next);
  const Beacon& beacon() const;
  std::uint64_t next_seq() const;
  crypto::Digest last_digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::evidence
