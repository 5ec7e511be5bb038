#include "tools/sim/agent.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encode.h"
#include "evidence/checkpoint.h"
#include "model/ocsf.h"

namespace fengsui::sim {
namespace {

constexpr std::size_t kMaxBatch = 500, kMaxInFlight = 2000;  // records
constexpr std::int64_t kResendAfterMs = 10'000;
constexpr std::size_t kMaxDelays = 100'000;
constexpr std::size_t kMakeAtOnce = 200;  // so that one agent does not keep the others waiting

model::Finding made_up(std::uint64_t n, const std::string& agent, base::UnixMs now) {
  model::Finding out;
  const auto digest = crypto::sha256({base::view(agent), base::view(std::to_string(n))});
  out.id = base::hex(base::View(digest).first(16));
  out.kind = model::FindingKind::content;
  out.rule = fmt::format("sim.rule_{}", n % 20);
  out.rule_version = "1";
  out.title = {"模拟发现", "Simulated finding"};
  out.message = {"由模拟器产生，不是真实数据", "Made by the simulator; not real data"};
  out.remediation = out.message;
  out.clause = "16b";
  out.stage = model::kStages[n % model::kStages.size()];
  out.severity = static_cast<model::Severity>(1 + n % 5);
  out.time = out.first_seen = out.last_seen = now;
  out.sensor = "file_scan";
  out.fields.set("file.name", fmt::format("sim-{}.csv", n));
  return out;
}

}  // namespace

Agent::Agent(const AgentOptions& options, const base::Clock& clock)
    : options_(options), clock_(clock), keys_(wire::CurveKeys::generate()), identity_(crypto::SigningKey::generate()) {}

base::Result<std::unique_ptr<Agent>> Agent::open(const AgentOptions& options, const base::Clock& clock) {
  std::unique_ptr<Agent> agent(new Agent(options, clock));
  wire::AgentLink::Options link;
  link.endpoint = options.collector;
  link.server_key_z85 = options.key;
  link.keys = &agent->keys_;
  link.threads = options.threads;
  auto opened = wire::AgentLink::open(link);
  if (!opened) return std::unexpected(opened.error());
  agent->link_ = std::move(*opened);
  return agent;
}

void Agent::pump() {
  receive();
  const auto state = link_->state();
  if (state != state_) {
    state_ = state;
    greeted_ = asked_ = false;
    next_ = acknowledged_ + 1;
    if (state == wire::LinkState::key_mismatch) trouble_ = "the collector's key is not the one given";
    if (state == wire::LinkState::refused) trouble_ = "the collector refuses this agent";
  }
  make();  // an agent records also while its collector is away
  if (state_ == wire::LinkState::established) ship();
}

void Agent::receive() {
  while (auto bytes = link_->receive()) {
    auto message = wire::decode(*bytes);
    if (!message) {
      trouble_ = message.error().what;
    } else if (const auto* enrolled = std::get_if<wire::Enrolled>(&*message)) {
      on(*enrolled);
    } else if (const auto* ack = std::get_if<wire::Ack>(&*message)) {
      on(*ack);
    } else if (const auto* refused = std::get_if<wire::Refused>(&*message)) {
      on(*refused);
    }
  }
}

void Agent::on(const wire::Enrolled& answer) {
  if (chain_) return;  // of a request that was sent twice
  auto key = evidence::parse_vkey(answer.log_vkey);
  if (!answer.ok || !key) {
    trouble_ = answer.ok ? key.error().what : answer.reason;
    return;
  }
  name_ = answer.agent;
  unit_ = answer.unit;
  log_key_ = *key;
  heartbeat_ms_ = std::max<std::int64_t>(1, answer.heartbeat_seconds) * 1000;
  chain_ = std::make_unique<evidence::Chain>(name_, crypto::SigningKey(std::move(identity_)),
                                             base::hex(crypto::random_bytes(16)), 0, crypto::Digest{});
  t0_ = clock_.wall_ms();
  b0_ = started_ = clock_.boot_ms();
  keep(chain_->boot(t0_, "start", std::string(64, '0')));
}

void Agent::on(const wire::Ack& ack) {
  if (!chain_) return;
  if (!ack.checkpoint.empty()) {
    auto checkpoint = evidence::open_checkpoint(ack.checkpoint, log_key_);
    if (!checkpoint) {
      trouble_ = "checkpoint: " + checkpoint.error().what;
      return;
    }
    const std::uint64_t beacon = chain_->beacon().size;
    if (checkpoint->size >= beacon && (beacon == 0 || ack.from_size == beacon)) {
      auto ok =
          chain_->advance_beacon({checkpoint->size, base::base64(checkpoint->root), ack.checkpoint}, ack.consistency);
      if (!ok) {
        trouble_ = "consistency: " + ok.error().what;
        return;
      }
    }
  }
  if (ack.seq > made_) {
    trouble_ = fmt::format("{} acknowledged of {} made", ack.seq, made_);
    return;
  }
  const auto now = clock_.boot_ms();
  while (acknowledged_ < ack.seq) {
    if (delays_.size() < kMaxDelays) delays_.push_back(static_cast<std::uint32_t>(now - waiting_.front().made));
    waiting_.pop_front();
    ++acknowledged_;
  }
  next_ = std::max(next_, acknowledged_ + 1);
  progress_ = now;
}

void Agent::on(const wire::Refused& refused) {
  ++refused_;
  next_ = acknowledged_ + 1;
  greeted_ = false;
  if (refused.code == "gap" && refused.expected_seq > acknowledged_ && refused.expected_seq <= made_ + 1) {
    next_ = refused.expected_seq;
  } else {
    trouble_ = refused.code + ": " + refused.reason;
  }
}

void Agent::make() {
  if (!chain_ || !making_) return;
  const auto boot = clock_.boot_ms();
  const auto wall = clock_.wall_ms();
  if (boot - b0_ >= heartbeat_ms_) {
    evidence::HeartbeatInput input;
    input.t0 = t0_, input.t1 = wall;
    input.b0 = b0_, input.b1 = boot;
    input.rules_digest = input.config_digest = input.binary_digest = std::string(64, '0');
    model::SourceStatus source;
    source.id = "file_scan";
    source.stages = {model::Stage::storage};
    source.state = model::SensorState::effective;
    input.sources = {source};
    input.spool_queued = waiting_.size();
    t0_ = wall, b0_ = boot;
    keep(chain_->heartbeat(input));
  }
  std::uint64_t due = options_.rate > 0
                          ? static_cast<std::uint64_t>(static_cast<double>(boot - started_) * options_.rate / 1000.0)
                          : findings_ + kMakeAtOnce;
  due = std::min<std::uint64_t>(due, findings_ + kMakeAtOnce);
  model::Host host{unit_, name_, fmt::format("sim{}", options_.number), "192.0.2.1", "Linux", "0.1.0", name_};
  while (findings_ < due && waiting_.size() < options_.window) {
    const auto finding = made_up(findings_, name_, wall);
    const std::uint64_t seq = chain_->next_seq();
    keep(chain_->finding(finding, model::ocsf_line(finding, host, fmt::format("{}#{}", name_, seq), seq, wall),
                         std::string(64, '0')));
    ++findings_;
  }
}

void Agent::keep(evidence::Record record) {
  made_ = record.seq;
  if (waiting_.empty()) progress_ = clock_.boot_ms();
  waiting_.push_back({std::move(record), clock_.boot_ms()});
  chain_->commit();
}

void Agent::ship() {
  if (!chain_) {
    if (asked_) return;
    wire::Enrol request;
    request.token = options_.token;
    request.hostname = fmt::format("sim{}", options_.number);
    request.version = "0.1.0";
    request.os = "simulated";
    request.machine_id_digest = base::hex(base::View(crypto::sha256(base::view(request.hostname))));
    request.identity_key = base::to_bytes(base::View(identity_.public_key()));
    request.curve_key = *wire::curve_from_z85(keys_.public_z85);
    asked_ = link_->send(wire::encode(request)).has_value();
    return;
  }
  if (acknowledged_ < made_ && next_ > acknowledged_ + 1 && clock_.boot_ms() - progress_ > kResendAfterMs) {
    next_ = acknowledged_ + 1;
    greeted_ = false;
    progress_ = clock_.boot_ms();
  }
  if (!greeted_) {
    greeted_ =
        link_->send(wire::encode(wire::Hello{name_, made_, acknowledged_, chain_->beacon().size, "0.1.0"})).has_value();
    if (!greeted_) return;
  }
  while (next_ <= made_ && next_ - acknowledged_ <= kMaxInFlight) {
    wire::Batch batch{name_, next_, {}};
    for (std::uint64_t seq = next_; seq <= made_ && batch.records.size() < kMaxBatch; ++seq)
      batch.records.push_back(waiting_[static_cast<std::size_t>(seq - acknowledged_ - 1)].record);
    const std::size_t n = batch.records.size();
    if (!link_->send(wire::encode(batch))) return;
    next_ += n;
    sent_ += n;
  }
}

}  // namespace fengsui::sim
