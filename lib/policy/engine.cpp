#include "policy/engine.h"

#include <algorithm>

#include "policy/correlate.h"
#include "policy/finding.h"
#include "policy/json_event.h"
#include "policy/traffic.h"

namespace fengsui::policy {

struct Engine::State {
  State(std::shared_ptr<const RuleSet> set, std::shared_ptr<const Networks> known)
      : rules(std::move(set)), networks(std::move(known)), event(rules->state().fields), correlator(rules->state()) {}

  // Candidates by logsource, remembered; forgotten all at once when more than kMaxSources kinds were seen.
  static constexpr std::size_t kMaxSources = 256;
  const std::vector<std::uint32_t>& candidates(const model::LogSource& source) {
    key.clear();
    key.append(source.product).append("\n").append(source.category).append("\n").append(source.service);
    const auto at = by_source.find(key);
    if (at != by_source.end()) return at->second;
    if (by_source.size() >= kMaxSources) by_source.clear();
    return by_source.emplace(key, rules_for(rules->state(), source)).first->second;
  }

  // Fills `hits` with the rules that match.
  void run(const EventSource& source, const model::LogSource& logsource) {
    ++evaluated;
    hits.clear();
    event.reset(source);
    const auto& all = rules->state().rules;
    for (const std::uint32_t index : candidates(logsource)) {
      if (matches(all[index], all[index].condition, event)) hits.push_back(index);
    }
    hit_count += hits.size();
  }

  // After run(): the correlations that the hits complete.
  void correlate(base::UnixMs now) {
    fired.clear();
    for (const std::uint32_t hit : hits) {
      if (!rules->state().correlated[hit].empty()) correlator.feed(hit, event, now, fired);
    }
  }

  std::shared_ptr<const RuleSet> rules;
  std::shared_ptr<const Networks> networks;
  Event event;
  Correlator correlator;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_source;
  std::string key;
  std::vector<std::uint32_t> hits;
  std::vector<Fired> fired;
  std::uint64_t evaluated = 0, hit_count = 0;
};

Engine::Engine(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Networks> networks)
    : state_(std::make_unique<State>(std::move(rules), std::move(networks))) {}
Engine::~Engine() = default;

std::vector<model::Finding> Engine::evaluate(const model::Activity& activity) {
  const ActivityEvent source(activity);
  state_->run(source, activity.source);
  std::vector<model::Finding> out;
  if (state_->hits.empty()) return out;
  const RuleSet::State& rules = state_->rules->state();
  for (const std::uint32_t hit : state_->hits) {
    if (!rules.rules[hit].silent) out.push_back(make_finding(rules, rules.rules[hit], activity, source, nullptr));
  }
  state_->correlate(activity.time);
  for (const Fired& fired : state_->fired) {
    const Rule& rule = rules.rules[fired.rule];
    if (!rule.silent) out.push_back(make_finding(rules, rule, activity, source, &fired));
  }
  return out;
}

std::vector<model::Finding> Engine::evaluate(const model::Flow& flow) { return evaluate(activity_of(flow, state_->networks.get())); }

std::vector<model::Finding> Engine::evaluate(const model::Conclusion& conclusion) {
  std::vector<model::Finding> out;
  if (!conclusion.from) return out;
  const ConclusionEvent source(conclusion);
  static const model::LogSource kContent{"fengsui", "content", ""};
  state_->run(source, kContent);
  const RuleSet::State& rules = state_->rules->state();
  for (const std::uint32_t hit : state_->hits) {
    if (!rules.rules[hit].silent) out.push_back(make_finding(rules, rules.rules[hit], conclusion, source));
  }
  return out;
}

base::Result<Engine::JsonHits> Engine::match_json(std::string_view line) {
  auto parsed = JsonEvent::parse(line);
  if (!parsed) return std::unexpected(parsed.error());
  const JsonEvent& source = **parsed;
  state_->run(source, source.source());
  const RuleSet::State& rules = state_->rules->state();
  std::vector<std::uint32_t> all = state_->hits;
  if (source.has_time()) {
    state_->correlate(source.time());
    for (const Fired& fired : state_->fired) all.push_back(static_cast<std::uint32_t>(fired.rule));
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  JsonHits out;
  for (const std::uint32_t hit : all) {
    const RuleInfo& info = rules.rules[hit].info;
    out.ids.push_back(info.uuid.empty() ? info.id : info.uuid);
  }
  return out;
}

std::vector<base::Sample> Engine::counters() const {
  return {{"policy_events_total", {}, state_->evaluated},
          {"policy_hits_total", {}, state_->hit_count},
          {"policy_correlation_groups_evicted_total", {}, state_->correlator.evicted()}};
}

}  // namespace fengsui::policy
