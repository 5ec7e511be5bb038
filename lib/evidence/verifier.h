// The verifier while it runs: one bundle, one policy, steps V0 to V16. Of use inside this room only; the way in is verify.h.
// verify.cpp: order of the steps and the verdict. verify_statement.cpp: V0 to V4. verify_history.cpp: V5 and V6. verify_replay.cpp: V7 to V13, V15.
// verify_canary.cpp: V14.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evidence/attest.h"
#include "evidence/replay.h"
#include "evidence/stamp.h"
#include "evidence/verify.h"
#include "evidence/verify_log.h"

namespace fengsui::evidence {

// A tree that was hashed here, and behind it the hashes of a part that was verified before.
class WithTiles : public HashReader {
 public:
  WithTiles(const MemoryTree& tree, TileFiles tiles) : tree_(tree), tiles_(std::move(tiles)) {}
  base::Result<Digest> node(unsigned level, std::uint64_t index) const override {
    auto own = tree_.node(level, index);
    return own ? own : tiles_.node(level, index);
  }

 private:
  const MemoryTree& tree_;
  TileFiles tiles_;
};

// Belongs to one thread. What it is given must outlive it.
class Verifier {
 public:
  Verifier(const Files& files, const Policy& policy, const VerifyOptions& options);

  VerifyResult run();
  VerifyResult refuse_bundle(const base::Error& error);

 private:
  struct ByName {
    bool operator()(const Vkey& a, const Vkey& b) const { return a.name < b.name; }
  };

  // What a step came to.
  Step& step(int n) { return out_.steps[static_cast<std::size_t>(n)]; }
  void set(int n, StepState state, std::string zh, std::string en);
  void pass(int n, std::string zh = "", std::string en = "") { set(n, StepState::passed, std::move(zh), std::move(en)); }
  // The first failure of a step is the one that is shown; the first broken position is the smallest of all.
  void fail(int n, std::string zh, std::string en, std::int64_t leaf = -1, std::string day = "");
  void broken(int n, const BundleLog& log, std::uint64_t index, std::string zh, std::string en);
  void broken_number(int n, std::uint64_t number, std::string zh, std::string en);
  void finish();

  // Parts of the bundle and of the statement.
  const base::Bytes* file(std::string_view path) const;
  std::string_view text(std::string_view path) const;
  const Json& predicate() const { return *statement_.find("predicate"); }
  const Json& part(std::string_view key) const;

  void step0();
  void step1();
  // Logs that ended before the newest, as the statement names them.
  bool read_shards(const Json& log);
  // A log's key goes on under the name of later years.
  const Vkey* log_key(std::string_view origin);
  void read_claims();
  void step2();
  void step3();
  void step4();
  StampCounts check_stamps();

  BundleLog& newest() { return *logs_.back(); }
  // Which logs are read, and from which leaf: all that the statement names, or what follows a state.
  bool plan();
  bool plan_from_visit();
  bool start_at(Replay reader, std::uint64_t from, const Checkpoint* seen = nullptr);
  base::UnixMs keep_from() const { return period_.from - 40LL * 86'400'000; }
  base::UnixMs keep_to() const { return period_.to + 400LL * 86'400'000; }
  // V6.
  void read_logs();
  // A log that ended: signed by the log's key, and the one that the statement names.
  bool check_ended(const BundleLog& log);
  // The root is wrong though the tiles fit: the stored checkpoints say up to where the log was still as it was.
  void locate(const BundleLog& log);
  std::vector<std::pair<std::uint64_t, Digest>> older();
  void step5();
  // Whether a log that was read had that root at that size.
  bool had(std::uint64_t size, const Digest& root) { return had(size, root, logs_.size() - 1); }
  bool had(std::uint64_t size, const Digest& root, std::size_t at);
  void check_seal_proofs();

  void replay();
  void read(const BundleLog& log, const HashReader& roots, std::uint64_t from, std::uint64_t to);
  // V12, the half about seals: each says what the log held for its day.
  void check_seals();
  // Late records of days sealed before: which, and what they change. Days whose records were not read here are passed over.
  void check_amends(const Facts& facts, std::size_t i);
  // What the bundle holds beyond the statement may already speak against it.
  void later_leaves();
  void steps_from_replay();
  // From the statement's own numbers: the states tile the period.
  void step11();
  bool same(int n, std::string_view key, const char* zh, const char* en);
  void steps12and13();
  void step14();
  void step15();

  const Files& files_;
  const Policy& policy_;
  const VerifyOptions& options_;
  VerifyResult out_;
  Envelope envelope_;
  Json statement_;
  Period period_;
  std::string origin_;
  const Vkey* attester_ = nullptr;
  const Vkey* log_key_ = nullptr;
  Checkpoint at_, stated_;
  std::vector<std::int64_t> witness_times_;
  std::uint64_t as_of_ = 0, first_ = 0;  // in the newest log; leaves of the logs before it
  std::vector<Checkpoint> shards_;
  std::set<Vkey, ByName> renamed_;
  std::vector<std::unique_ptr<BundleLog>> logs_;  // those that are read, oldest first
  std::vector<std::unique_ptr<WithTiles>> readers_;
  std::unique_ptr<TileFiles> before_;  // the log before the first of them
  std::optional<Replay> replay_;
  std::optional<Preparer> preparer_;
  Decision decision_;
  Json derived_;
  std::int64_t bound_ = -1;
  std::string bound_day_;
  bool have_statement_ = false, have_checkpoint_ = false, have_log_ = false;
};

}  // namespace fengsui::evidence
