// Reading a log from its first leaf: who signed what, in which order, and what it says. The collector keeps one per log and feeds it
// what it appends; the verifier feeds it what a bundle holds. Same code, same answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "evidence/chain_reader.h"
#include "evidence/facts.h"
#include "evidence/merkle.h"
#include "evidence/policy.h"
#include "evidence/prepare.h"
#include "evidence/shard.h"
#include "model/stage.h"

namespace fengsui::evidence {

// Something in the log that must not be there. `step` is the number of the verification step it fails (7 receipt times,
// 5 seals, 8 roles, 9 agents' chains, 10 beacons, 6 for bytes that are no leaf).
struct Problem {
  int step = 0;
  std::uint64_t leaf = 0;
  base::Day day;  // local day of the leaf's receipt time, or of the last one known
  model::Text what;
};

// One thread. Memory: facts inside the window, and one chain per agent.
class Replay {
 public:
  // Keeps heartbeats and finds that touch [keep_from, keep_to); everything else is kept always. `policy` must outlive this.
  Replay(const Policy& policy, std::string dept, base::UnixMs keep_from = 0, base::UnixMs keep_to = INT64_MAX);

  // The next leaf. `roots` answers for every size up to the number of leaves before this one (beacons are checked against it); pass
  // nullptr where beacons were checked before. Never fails: what is wrong is in problems().
  void add(base::View leaf, const HashReader* roots);
  // The same of a leaf that was prepared.
  void add(const Prepared& leaf, const HashReader* roots);

  // What was read until now is the whole of one log; the next leaf is the `shard` leaf of the log that follows. `final` is what the
  // caller knows of the log that ended, `nodes` (or nullptr) its tree, for beacons of agents that still hold one of its checkpoints; it
  // must outlive this and need not be trusted.
  void next_log(const Checkpoint& final, const HashReader* nodes);

  // Everything that reading on from here needs and that accounting for seconds from `cut` on needs, as one line of JSON: the same for
  // every reader of the same leaves whose window begins at or before `cut`. FORMAT.md "State".
  std::string state(base::UnixMs cut) const;
  // A reader that goes on where another one was. `size` and `root` are those of the log being read then, which the caller knows to be
  // right: beacons up to there are checked against them. Errc::malformed, limit, unsupported.
  static base::Result<Replay> restore(const Policy& policy, std::string_view state, base::UnixMs keep_from, base::UnixMs keep_to,
                                      const Checkpoint& at);
  // The tree of the newest log before the one being read, for a reader that went on from a state. As in next_log().
  void give_nodes(const HashReader* nodes) {
    if (!earlier_.empty()) earlier_.back().nodes = nodes;
  }
  base::UnixMs state_cut() const { return cut_; }  // of the state it went on from; 0 when it began with the first leaf

  const Facts& facts() const { return facts_; }
  // In log order, at most kMaxProblems; problem_count() is their true number.
  const std::vector<Problem>& problems() const { return problems_; }
  std::uint64_t problem_count() const { return problem_count_; }
  static constexpr std::size_t kMaxProblems = 256;

 private:
  void problem(int step, std::string zh, std::string en);
  unsigned signed_by(const Note& note, const std::vector<Vkey>& keys, bool& bad) const;
  bool role(const ParsedLeaf& leaf, const std::vector<Vkey>& keys, const char* who_zh, const char* who_en, unsigned& signers);
  void agent_record(const ParsedLeaf& leaf, const Seen* seen);
  void take_beat(Heartbeat&& beat);
  std::optional<std::uint64_t> beacon_of(const BeaconRef& beacon) const;
  void operator_record(const ParsedLeaf& leaf);
  void evaluator_record(const ParsedLeaf& leaf);
  void collector_record(const ParsedLeaf& leaf);
  void take_enrolment(const Enrol& enrol);
  void take_seal(const Seal& seal);
  void take_shard(const ParsedLeaf& leaf);
  base::UnixMs receipt(std::uint64_t leaf) const { return leaf < receipts_from_ ? 0 : receipts_[leaf - receipts_from_]; }
  void entry(const ParsedLeaf& leaf);
  template <class T>
  bool keep(std::vector<At<T>>& to, base::Result<T> body, unsigned signers);

  const Policy& policy_;
  std::string dept_;
  base::UnixMs keep_from_, keep_to_;
  Facts facts_;
  std::vector<Problem> problems_;
  std::uint64_t problem_count_ = 0;
  std::map<std::string, ChainReader> chains_;
  struct AgentMemory {
    base::UnixMs boot_t = 0, last_t1 = -1;
    std::uint64_t lost = 0;
  };
  std::map<std::string, AgentMemory> memory_;
  std::vector<base::UnixMs> receipts_;  // of every leaf from receipts_from_ on: 8 bytes each
  std::uint64_t receipts_from_ = 0;
  const HashReader* roots_ = nullptr;
  // A tree that was read before: a whole log, or the part of the current one up to the state it went on from.
  struct Tree {
    Checkpoint at;
    const HashReader* nodes = nullptr;
  };
  std::vector<Tree> earlier_;
  std::optional<Checkpoint> prefix_;
  bool shard_due_ = false;
  std::string given_;  // hex SHA-256 of the state that this went on from, until the shard leaf was read
  base::UnixMs read_rx_ = 0;  // facts_.last_rx as it was when the last whole leaf had been read
  base::UnixMs cut_ = 0;
};

}  // namespace fengsui::evidence
