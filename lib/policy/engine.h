// Sigma rules over activities and conclusions; every hit becomes a finding.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "base/error.h"
#include "model/finding.h"
#include "model/flow.h"
#include "policy/networks.h"

namespace fengsui::policy {

// What a loaded rule says of itself.
struct RuleInfo {
  std::string id;    // ours: "STO-1"; community rules: their UUID
  std::string uuid;  // Sigma id
  std::string version, author, level, status, file;
  model::Text title;
  model::Stage stage = model::Stage::operation;
  std::string clause;              // "16b"; "" for community rules
  model::Text blind_spot;          // what the rule cannot see; empty for community rules
  std::vector<std::string> needs;  // sensors of which it needs one to ever hit ("file_scan"); empty = unknown
  model::LogSource source;
  bool correlation = false;
  bool ours = false;  // has an x-fengsui block
};

// Whether the rule can hit at all on a host with these effective sensors: one of its needs is among them ("pcap:eth0"
// serves "pcap"), or it names none. A rule that cannot is to be shown as unavailable, never left out.
bool satisfiable(const RuleInfo& rule, std::span<const std::string> sensors);

// Why a file was not loaded; rules that load are not affected by ones that do not.
struct LoadProblem {
  std::string file;
  int line = 0;
  std::string what;
};

// Immutable after load, shared by all threads.
class RuleSet {
 public:
  // Every *.yml below each folder, in name order. Errc::not_found when a folder is missing.
  static base::Result<std::shared_ptr<const RuleSet>> load(const std::vector<std::filesystem::path>& folders);
  ~RuleSet();
  const std::vector<RuleInfo>& rules() const;
  const std::vector<LoadProblem>& problems() const;
  std::string digest() const;  // hex SHA-256 over the files loaded

  struct State;
  const State& state() const { return *state_; }

 private:
  RuleSet();
  std::unique_ptr<State> state_;
};

// Evaluates rules. One thread; the rule set is shared.
class Engine {
 public:
  // `networks` may be null: then flows say nothing of where they go.
  explicit Engine(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Networks> networks = nullptr);
  ~Engine();

  // Correlations advance by the time of the activity; their state is bounded, see counters().
  std::vector<model::Finding> evaluate(const model::Activity& activity);
  // A flow that ended is matched as traffic.h makes an event of it.
  std::vector<model::Finding> evaluate(const model::Flow& flow);
  // A conclusion is matched as an event of logsource product fengsui, category content: fields of its provenance plus
  // fengsui.stage, fengsui.kind, fengsui.object, fengsui.cleartext, data.types, data.total (clear values, addresses of machines left out), data.<type> (clear counts),
  // data.masked.
  std::vector<model::Finding> evaluate(const model::Conclusion& conclusion);

  struct JsonHits {
    std::vector<std::string> ids;  // Sigma ids in order of loading, correlations that this event completes last
  };
  // One line of `fengsui rule match`: {"event":{…},"logsource":{…}}. Errc::malformed for anything else. Only events
  // with an integer `time` (milliseconds) advance correlations.
  base::Result<JsonHits> match_json(std::string_view line);

  // fengsui_policy_*: evaluated events, hits, correlation groups evicted by the bound.
  std::vector<base::Sample> counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fengsui::policy
