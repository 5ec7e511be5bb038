// A small log in memory, made the way agents and the collector make one: real chains, real headers, real checkpoints.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "evidence/attest.h"
#include "evidence/bundle.h"
#include "evidence/chain.h"
#include "evidence/replay.h"
#include "evidence/verify.h"

namespace fengsui::evidence {

// Every key is made from a fixed seed: two logs of the same steps share all keys but the agents' epochs.
struct TestKeys {
  crypto::SigningKey log = seed(1), collector = seed(2), li = seed(3), wang = seed(4), attester = seed(5);
  static crypto::SigningKey seed(std::uint8_t n) { return crypto::SigningKey::from_seed(base::Bytes(32, n)); }
};

class TestLog : public EntryReader {
 public:
  explicit TestLog(std::string dept = "510903-edu");

  // One leaf; rx never below the one before.
  std::uint64_t append(std::string_view kind, std::string_view note, base::UnixMs rx);
  std::uint64_t append_leaf(base::Bytes leaf);
  std::string sign_checkpoint_now();

  void add_scope(base::UnixMs rx, Scope scope);
  void add_agent(const std::string& asset, base::UnixMs now);
  Chain& chain(const std::string& asset) { return *agents_.at(asset); }
  // Beats of all agents for [from, to), one per `iv` seconds, received 1 s after their end; then a checkpoint.
  void beat(base::UnixMs from, base::UnixMs to);
  void beat_one(const std::string& asset, base::UnixMs t0, base::UnixMs t1, base::UnixMs rx);
  void find(const std::string& asset, base::UnixMs t, model::Severity severity, const std::string& fid);
  void by_operator(std::string_view kind, const Json& body, base::UnixMs rx, bool two_people = false);
  void seal(base::Day day);

  Facts facts() const;
  Files bundle(base::UnixMs from, base::UnixMs to) const;  // issues and logs a statement of now, without changing this log
  // The same from any leaves, by somebody who holds the log's, the collector's and the attester's keys.
  Files bundle_of(const std::vector<base::Bytes>& leaves, base::UnixMs from, base::UnixMs to, const std::vector<std::string>& older = {},
                  const Score* score = nullptr, std::string_view score_policy = "") const;

  base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override;

  Policy policy;
  TestKeys keys;
  std::string dept, origin;
  std::vector<base::Bytes> all;
  MemoryTree tree;
  std::vector<std::string> checkpoints;
  std::int64_t iv = 300;
  std::vector<model::SourceStatus> sources;
  std::vector<std::string> refused_sources;

 private:
  std::map<std::string, std::unique_ptr<Chain>> agents_;
  base::UnixMs last_rx_ = 0;
};

// Three sealed days of two assets, clean. Starts 2026-11-02.
inline constexpr base::Day kFirstDay{2026, 11, 2};
TestLog three_days();
base::UnixMs at(int day, int hour = 0, int minute = 0);  // day 0 = kFirstDay

}  // namespace fengsui::evidence
