#include "agent/pipeline.h"

#include "base/encode.h"
#include "crypto/hash.h"

namespace fengsui::agent {

namespace {

std::string key_of(const model::Content& content) {
  return content.from()->sensor + '\0' + std::to_string(content.id());
}

// A rule that gave no id: the same rule on the same object is the same finding.
std::string id_of(const model::Finding& finding) {
  std::string text = finding.rule;
  for (std::string_view key :
       {"file.path", "unmapped.fengsui.object", "src_endpoint.ip", "dst_endpoint.ip", "user.name"})
    text += '\0' + std::string(finding.fields.text(key));
  for (const auto& type : finding.data) text += '\0' + type.type + std::to_string(type.clear);
  auto digest = crypto::sha256(base::view(text));
  return base::hex(base::View(digest).first(16));
}

// What an allow-list's path is compared with.
std::string_view object_of(const model::Finding& finding) {
  const std::string_view object = finding.fields.text("unmapped.fengsui.object");
  return object.empty() ? finding.fields.text("file.path") : object;
}

}  // namespace

Pipeline::Pipeline(std::shared_ptr<const classify::Engine> classifier, const crypto::Secret& digest_key,
                   policy::Engine& policy, const base::Clock& clock, Outlet& outlet, const PipelineLimits& limits,
                   classify::Extractor* extractor)
    : classifier_(classifier),
      digest_key_(digest_key),
      policy_(policy),
      clock_(clock),
      outlet_(outlet),
      limits_(limits),
      extractor_(extractor),
      scrubber_(classifier),
      repeats_(limits.repeat_ms, limits.max_remembered) {}

Pipeline::~Pipeline() = default;

void Pipeline::on_activity(model::Activity&& activity) {
  ++activities_;
  habits_.mark(activity);
  dns_tunnel_.mark(activity);
  emit(policy_.evaluate(activity));
  scrubber_.activity(activity);
  outlet_.on_activity(activity);
}

void Pipeline::on_flow(const model::Flow& flow) {
  ++flows_;
  emit(policy_.evaluate(flow));
  outlet_.on_flow(flow);
}

void Pipeline::on_content(const model::Content& content) {
  auto key = key_of(content);
  auto found = open_.find(key);
  if (found == open_.end()) {
    if (order_.size() >= limits_.max_examinations) {
      ++overflow_;
      conclude_oldest("more contents at once than " + std::to_string(limits_.max_examinations));
    }
    ++contents_;
    order_.push_back(
        {key, std::make_unique<classify::Examination>(classifier_, digest_key_, content.from(), limits_.examine, extractor_)});
    found = open_.emplace(key, std::prev(order_.end())).first;
  }
  bytes_ += content.bytes().size();
  found->second->examination->feed(content);
  if (content.last()) conclude(found->second, {});
}

bool Pipeline::conclude_oldest(std::string_view why) {
  if (order_.empty()) return false;
  ++early_;
  conclude(order_.begin(), why);
  return true;
}

void Pipeline::finish() {
  while (conclude_oldest("the content never ended")) {
  }
}

void Pipeline::conclude(std::list<Open>::iterator open, std::string_view early) {
  auto conclusions = open->examination->finish();
  open_.erase(open->key);
  order_.erase(open);
  for (auto& conclusion : conclusions) {
    if (!early.empty()) conclusion.unread.push_back("the rest: " + std::string(early));
    outlet_.on_conclusion(conclusion, judge(conclusion));
  }
}

bool Pipeline::judge(const model::Conclusion& conclusion) {
  for (const auto& type : conclusion.types) allowed_values_ += type.allowed;
  auto findings = policy_.evaluate(conclusion);
  bool reported = !findings.empty();
  emit(std::move(findings));
  return reported;
}

void Pipeline::emit(std::vector<model::Finding>&& findings) {
  auto now = clock_.wall_ms();
  for (auto& finding : findings) {
    if (finding.id.empty()) finding.id = id_of(finding);
    if (finding.time == 0) finding.time = now;
    if (finding.first_seen == 0) finding.first_seen = finding.time;
    if (finding.last_seen == 0) finding.last_seen = finding.time;
    if (const auto entry = classifier_->allowed_finding(finding.rule, object_of(finding), finding.time); !entry.empty()) {
      ++allowed_;
      finding.severity = model::Severity::informational;
      finding.fields.set("unmapped.fengsui.allowed", std::string(entry));
    }
    scrubber_.finding(finding);
    if (!repeats_.offer(finding, now)) continue;
    ++findings_;
    outlet_.on_finding(finding);
  }
}

void Pipeline::tick() {
  for (auto& finding : repeats_.expire(clock_.wall_ms())) {
    ++findings_;
    outlet_.on_finding(finding);
  }
}

std::uint64_t Pipeline::take_overflow() { return std::exchange(overflow_, 0); }

std::vector<base::Sample> Pipeline::counters() const {
  std::vector<base::Sample> out = {{"agent_activities_total", {}, activities_},
          {"agent_flows_total", {}, flows_},
          {"agent_contents_total", {}, contents_},
          {"agent_content_bytes_total", {}, bytes_},
          {"agent_findings_total", {}, findings_},
          {"agent_findings_allowed_total", {}, allowed_},
          {"agent_values_allowed_total", {}, allowed_values_},
          {"agent_findings_repeated_total", {}, repeats_.repeated()},
          {"agent_findings_forgotten_total", {}, repeats_.forgotten()},
          {"agent_values_masked_total", {}, scrubber_.masked()},
          {"agent_concluded_early_total", {}, early_}};
  for (const auto& more : {habits_.counters(), dns_tunnel_.counters()}) out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace fengsui::agent
