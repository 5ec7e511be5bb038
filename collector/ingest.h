// What agents send becomes leaves: enrolment, greeting, batches. Verifies who speaks, the signature and the chain of
// every record before anything is stored; an acknowledgement leaves only after the record is committed and inside a
// signed checkpoint, so whatever is not acknowledged is still with the agent.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/counters.h"
#include "base/error.h"
#include "collector/centre.h"
#include "evidence/chain_reader.h"
#include "wire/message.h"

namespace fengsui::collector {

// One thread. Bounds: ingest.pending_records records wait for a commit (full() says so: the caller stops reading the
// link and ZeroMQ's own bound holds the rest at the agents).
class Ingest {
 public:
  // Sends an answer to a peer of the link. Errors are counted: an answer that is lost is asked for again by Hello.
  using Send = std::function<base::Status(const std::string& peer, const wire::Message& message)>;
  // A heartbeat was committed: for status and coverage.
  using OnHeartbeat =
      std::function<void(const std::string& agent, const evidence::Heartbeat& heartbeat, base::UnixMs rx)>;

  Ingest(Centre& centre, Send send, OnHeartbeat on_heartbeat);

  // Brings every agent's chain up to what its unit's log holds; replays what was stored after the last save().
  base::Status restore();
  // Stores the chains' state, so that the next start need not replay everything. Not needed for correctness.
  base::Status save();

  // One message of a peer whose CURVE key is `curve_z85`.
  void take(const std::string& peer, const std::string& curve_z85, base::View message);
  bool full() const;
  std::size_t pending() const { return pending_records_; }
  bool waiting() const { return !dirty_.empty(); }  // something to commit, sign or answer

  // Commits what waits, signs, answers. An error is also kept for health(); the agents get Refused and send again.
  base::Status flush();
  // The same for every unit, also those where only a checkpoint may be due.
  base::Status flush_all();
  // Flushes, then appends one leaf of the collector's own to the unit's newest log, inside a checkpoint when it
  // returns. Its index in that log.
  base::Result<std::uint64_t> append_now(const std::string& unit, const std::string& kind, const std::string& note);

  // Signs a scope of everything that is required of the unit's agents now.
  base::Status write_scope(const std::string& unit);
  base::Status revoke(const std::string& agent, AgentState state, const std::string& reason);

  // After a failure with nothing left to commit: whether a write works again; clears health() then.
  base::Status probe();
  // Of the last commit: "" when it worked. Cleared by the next that stores something, or by probe().
  const std::string& health() const { return health_; }
  // Agents that were told of more than this ledger holds: an older copy was put back. "" when there are none.
  std::string ahead() const { return ahead_.empty() ? "" : ahead_.begin()->second; }
  // Only a restart helps: memory and ledger disagree.
  bool broken() const { return broken_; }
  // The chain of an agent as committed; nullptr before its first record.
  const evidence::ChainReader* chain(const std::string& agent) const;
  std::vector<base::Sample> counters() const;

 private:
  struct Lane {  // one agent
    evidence::ChainReader committed, pending;
    std::string peer;          // where the answer goes
    std::uint64_t beacon = 0;  // size of the checkpoint the agent holds
    std::string origin;        // and its log, as the agent said it; "" = the log it enrolled in
    bool answer = false;       // an Ack is due
  };
  struct Beat {
    std::string agent;
    evidence::Heartbeat heartbeat;
    base::UnixMs rx = 0;
  };

  void enrol(const std::string& peer, const std::string& curve_z85, const wire::Enrol& message);
  base::Result<wire::Enrolled> enrolled(const wire::Enrol& message, const std::string& curve_z85);
  base::Status write_enrolment(const Agent& agent);
  bool may_record();
  void hello(const std::string& peer, const Agent& agent, const wire::Hello& message);
  void compare(const Agent& agent, const Lane& lane, const wire::Hello& message);
  void batch(const std::string& peer, const Agent& agent, const wire::Batch& message);
  base::Status queue(const Agent& agent, const evidence::Record& record, const evidence::Accepted& accepted);
  base::Result<Sequencer*> group_book(const std::string& unit);
  base::Status flush_unit(const std::string& unit);
  void answer(const Agent& agent, Lane& lane, const Sequencer& book);
  base::Result<wire::Ack> acknowledgement(const Agent& agent, const Lane& lane, const Sequencer& book);
  void refuse(const std::string& peer, std::uint64_t expected, std::string_view code, const std::string& reason);
  void roll_back(const std::string& unit, const base::Error& error);
  base::Status replay(const std::string& unit, Sequencer& book, std::uint64_t from);
  Lane* lane(const Agent& agent);
  void send(const std::string& peer, const wire::Message& message);

  Centre& centre_;
  Send send_;
  OnHeartbeat on_heartbeat_;
  std::map<std::string, Lane> lanes_;
  std::map<std::string, std::vector<Beat>> beats_;   // by unit, waiting for the commit
  std::map<std::string, Sequencer*> groups_;         // by unit: the log that the waiting records go to
  std::map<std::string, bool> dirty_;                // units with something to commit or to answer
  std::set<std::string> unsigned_;                   // units with something stored that no checkpoint covers yet
  std::map<std::string, bool> enrolled_;             // agents whose enrol leaf is in the log
  std::map<std::string, std::uint64_t> saved_size_;  // by unit: leaves at the last save()
  std::map<std::string, std::string> ahead_;         // agents that hold more than the ledger, with the words for it
  std::size_t pending_records_ = 0;
  std::string health_;
  bool broken_ = false;
  base::UnixMs record_credit_ = 20'000, credit_time_ = 0;

  base::Counter messages_, malformed_, records_, duplicates_, commits_, failed_commits_, acks_, lost_answers_,
      unrecorded_;
  std::map<std::string, std::uint64_t> refused_;  // by code: a closed set of words
};

}  // namespace fengsui::collector
