#include "agent/recorder.h"

#include <utility>

#include "evidence/leaf.h"

namespace fengsui::agent {

Recorder::Recorder(evidence::Chain& chain, store::Spool& spool, const base::Clock& clock, model::Host host,
                   Digests digests, model::Language language, Log& log)
    : chain_(chain),
      spool_(spool),
      clock_(clock),
      host_(std::move(host)),
      digests_(std::move(digests)),
      language_(language),
      log_(log) {}

base::Status Recorder::keep(const evidence::Record& record) {
  auto stored = spool_.append({record}, evidence::chain_digest(record.note));
  if (!stored) return stored;
  chain_.commit();
  return {};
}

base::Status Recorder::boot(std::string_view reason) {
  t0_ = clock_.wall_ms();
  b0_ = clock_.boot_ms();
  return keep(chain_.boot(t0_, reason, digests_.binary));
}

void Recorder::on_finding(const model::Finding& finding) {
  pending_.push_back(finding);
  if (pending_.size() >= kMaxPending) return flush();
  if (pending_.size() == 1 && waiting_) waiting_();
}

base::Status Recorder::keep_all(std::span<const model::Finding> findings) {
  std::vector<evidence::Record> records;
  records.reserve(findings.size());
  chain_.mark();
  for (const auto& finding : findings) {
    auto seq = chain_.next_seq();
    auto detail =
        model::ocsf_line(finding, host_, host_.agent + "#" + std::to_string(seq), seq, clock_.wall_ms(), language_);
    records.push_back(chain_.finding(finding, std::move(detail), digests_.rules));
    chain_.commit();
  }
  auto stored = spool_.append(records, chain_.last_digest());
  if (!stored) chain_.rewind();
  return stored;
}

void Recorder::flush() {
  if (pending_.empty()) return;
  auto findings = std::exchange(pending_, {});
  if (keep_all(findings)) {
    recorded_ += findings.size();
    return;
  }
  // Not all of them together: then as many as there is room for, one by one.
  for (const auto& finding : findings) {
    if (auto kept = keep_all({&finding, 1}); kept)
      ++recorded_;
    else
      lose(finding, kept.error());
  }
}

void Recorder::lose(const model::Finding& finding, const base::Error& why) {
  ++lost_;
  ++lost_since_heartbeat_;
  if (lost_since_heartbeat_ == 1) log_.error("finding_lost", {{"rule", finding.rule}, {"why", why.what}});
  if (auto counted = spool_.count_lost(1); !counted) log_.error("lost_not_durable", {{"why", counted.error().what}});
}

void Recorder::on_conclusion(const model::Conclusion& conclusion, bool) {
  if (!conclusion.unread.empty()) ++unread_;
}

base::Status Recorder::heartbeat(const std::vector<model::SourceStatus>& sources) {
  flush();  // what was found in this interval stands before the heartbeat that counts it
  evidence::HeartbeatInput input;
  input.t0 = t0_;
  input.t1 = clock_.wall_ms();
  input.b0 = b0_;
  input.b1 = clock_.boot_ms();
  input.rules_digest = digests_.rules;
  input.config_digest = digests_.config;
  input.binary_digest = digests_.binary;
  input.sources = sources;
  input.spool_queued = spool_.queued();
  input.spool_lost = spool_.lost();  // since the spool was made: the accounting looks at its growth
  auto kept = keep(chain_.heartbeat(input));
  // The interval is over either way: a heartbeat that could not be kept leaves a hole, it does not stretch the next
  // one.
  t0_ = input.t1;
  b0_ = input.b1;
  if (!kept) {
    log_.error("heartbeat_lost", {{"why", kept.error().what}});
    return kept;
  }
  heartbeat_t1_ = input.t1;
  // There is room again: a count that a full disk did not take becomes durable now.
  if (lost_since_heartbeat_ != 0)
    if (auto counted = spool_.count_lost(0); !counted) log_.error("lost_not_durable", {{"why", counted.error().what}});
  lost_since_heartbeat_ = 0;
  return {};
}

}  // namespace fengsui::agent
