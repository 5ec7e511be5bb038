// A forger's workshop: a witnessed log of two and a half days of which every key is known, the agents' epoch keys included. What nobody
// should hold at once is held here, so that each tampering can be made as well as it can be made. Deterministic: the same bytes each time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "evidence/attest.h"
#include "evidence/bundle.h"
#include "evidence/canary.h"
#include "evidence/replay.h"
#include "evidence/verify.h"

namespace fengsui::evidence {

// An agent whose epoch keys are made from its name and their number.
class OpenAgent {
 public:
  explicit OpenAgent(std::string name) : name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  crypto::SigningKey identity() const;
  crypto::SigningKey key(std::uint64_t epoch) const;
  std::string vkey(std::uint64_t epoch) const;

  std::string boot(base::UnixMs t);
  std::string find(base::UnixMs t, int severity, const std::string& fid, const std::string& mark = "");
  // Counts, link, epoch and next key are filled in.
  std::string beat(Heartbeat body);

 private:
  Link link() const { return {name_, epoch_, seq_ + 1, last_}; }
  std::string taken(std::string note);

  std::string name_;
  std::uint64_t seq_ = 0, epoch_ = 0;
  Digest last_{};
  SeverityCounts counts_{};
};

// What a forger changes on the way from leaves to a bundle. All the rest is made from it as an honest collector would.
struct Forgery {
  std::vector<base::Bytes> leaves;
  std::vector<std::string> older;                           // stored checkpoints
  std::function<void(Json&)> statement;                     // before it is signed
  std::function<std::string(std::string)> payload;          // the text, before it is signed
  std::function<std::string(std::string)> envelope;         // after it was signed
  std::string logged_envelope;                              // another one goes into the log; "" = this one
  std::function<std::string(const std::string&)> checkpoint;  // the text and line of the log's signature → the whole note; default: two witnesses
  const crypto::SigningKey* log = nullptr;                  // another key of the log; nullptr = the right one
  const crypto::SigningKey* attester = nullptr;
  std::string payload_type{kPayloadType};
  std::string score_policy;                                 // file in the bundle; "" = the right one
  bool logged = true;                                       // the statement's entry is in the log
  std::vector<std::pair<std::string, base::Bytes>> people;
};

class Workshop {
 public:
  // `twist`: what is wrong with the evaluator's second canary test, in the words of CanaryTest::why; "" nothing.
  explicit Workshop(std::string twist = "");

  // Where named things lie: "scope", "enrol1", "boot1", "low", "high", "detected", "false_positive", "maint", "gap", "explained", "seal0",
  // "seal1", "commit1", "reveal1", "commit2", "reveal2", and heartbeats as "db01 0 06:00": asset, day of the log, beginning.
  std::uint64_t at(const std::string& thing) const;
  std::string day_of(std::uint64_t leaf) const;  // local day of its receipt
  base::UnixMs rx_of(std::uint64_t leaf) const { return receipts_[leaf]; }

  Forgery honest() const;
  Files bundle(const Forgery& forgery) const;
  const Files& clean() const { return clean_; }
  std::string witnessed(const std::string& note, base::UnixMs t) const;

  Policy policy;
  crypto::SigningKey log_key, collector, li, wang, attester, witness1, witness2, mallory, evaluator;
  std::string dept = "510903-edu", origin, score_policy;
  std::vector<base::Bytes> leaves;
  std::vector<std::string> checkpoints;
  OpenAgent db01{"510903-edu/db01"}, db02{"510903-edu/db02"};
  base::UnixMs from, to;

 private:
  void append(std::string_view kind, const std::string& note, base::UnixMs rx, const std::string& name = "");
  void by_operator(std::string_view kind, const Json& body, base::UnixMs rx, const std::string& name, bool two = false);
  void sign_now();
  void beat(OpenAgent& agent, base::UnixMs t, std::vector<std::pair<std::string, std::string>>* pending = nullptr);
  void step(base::UnixMs t);
  void events(base::UnixMs t);
  void canaries(base::UnixMs t);
  void by_evaluator(std::string_view kind, const Json& body, base::UnixMs rx, const std::string& name);
  void seal(int day);

  std::string twist_;
  Files clean_;
  std::map<std::string, std::uint64_t> places_;
  std::vector<base::UnixMs> receipts_;
  MemoryTree tree_;
  BeaconRef beacon_, reached_;  // the newest, and the newest that db01 was shown
  std::vector<std::pair<std::string, std::string>> spool_;  // db01 cannot reach the collector: name and note
};

// Writes the manifest again, as whoever tampered would.
void relist(Files& files);
// Every hash and entry file of these leaves into `files`.
void put_log(Files& files, const std::vector<base::Bytes>& leaves, bool hashes);
std::vector<base::Bytes> leaves_of(const Files& files);

}  // namespace fengsui::evidence
