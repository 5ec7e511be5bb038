#include "agent/shipper.h"

#include <algorithm>

#include "base/encode.h"
#include "evidence/checkpoint.h"
#include "evidence/shard.h"

namespace fengsui::agent {

namespace {

constexpr const char* kBeaconKey = "beacon";

std::string root_text(const evidence::Checkpoint& checkpoint) { return base::base64(checkpoint.root); }

}  // namespace

Shipper::Shipper(wire::AgentLink& link, store::Spool& spool, evidence::Chain& chain, const base::Clock& clock,
                 std::string agent, std::string version, const std::string& log_vkey, Log& log,
                 const ShipperLimits& limits)
    : link_(link),
      spool_(spool),
      chain_(chain),
      clock_(clock),
      agent_(std::move(agent)),
      version_(std::move(version)),
      log_(log),
      limits_(limits) {
  if (auto key = evidence::parse_vkey(log_vkey)) {
    log_vkey_ = *key;
    log_vkey_text_ = log_vkey;
    pinned_origin_ = key->name;
  } else if (!log_vkey.empty()) {
    trouble_ = "the enrolment's log key cannot be read: " + key.error().what;
  }
  start_over(spool_.acknowledged() + 1);
  // The beacon of the last run: the next checkpoint must contain it.
  if (auto saved = spool_.get(kBeaconKey); saved && !log_vkey_text_.empty()) {
    std::string note(base::text(*saved));
    // The log has been handed over since the enrolment: the same key speaks under the name of a later year.
    if (auto parsed = evidence::parse_note(note))
      if (auto text = evidence::parse_checkpoint_text(parsed->text);
          text && evidence::succeeds(pinned_origin_, text->origin))
        log_vkey_ = evidence::make_vkey(text->origin, log_vkey_.key);
    if (auto checkpoint = evidence::open_checkpoint(note, log_vkey_))
      if (auto ok = chain_.advance_beacon({checkpoint->size, root_text(*checkpoint), note}, {}); !ok)
        log_.warn("beacon_not_restored", {{"why", ok.error().what}});
  }
}

void Shipper::start_over(std::uint64_t from) {
  next_ = from;
  in_flight_.clear();
  progress_ = clock_.boot_ms();
}

void Shipper::pump() {
  auto state = link_.state();
  if (state != state_) {
    log_.info("link", {{"state", wire::id(state)}});
    state_ = state;
    greeted_ = false;
    if (state == wire::LinkState::established) start_over(spool_.acknowledged() + 1);
  }
  if (state_ == wire::LinkState::key_mismatch)
    trouble_ = "the collector's key is not the configured one: nothing is sent";
  if (state_ == wire::LinkState::refused) trouble_ = "the collector refuses this agent";
  receive();
  if (state_ != wire::LinkState::established || clock_.boot_ms() < paused_until_) return;
  if (!greeted_ && !say_hello()) return;
  if (!in_flight_.empty() && clock_.boot_ms() - progress_ > limits_.resend_after_ms) {
    log_.warn("resend", {{"from", std::to_string(spool_.acknowledged() + 1)}});
    start_over(spool_.acknowledged() + 1);
    greeted_ = false;
    if (!say_hello()) return;
  }
  send_batches();
}

bool Shipper::say_hello() {
  wire::Hello hello{agent_, spool_.last_seq(), spool_.acknowledged(), chain_.beacon().size, version_, ""};
  if (log_vkey_.name != pinned_origin_) hello.origin = log_vkey_.name;
  if (!link_.send(wire::encode(hello))) return false;
  greeted_ = true;
  greeted_size_ = hello.beacon_size;
  return true;
}

void Shipper::send_batches() {
  while (in_flight_.size() < limits_.max_in_flight && next_ <= spool_.last_seq()) {
    // The acknowledgement's proof starts at the size named last.
    if (greeted_size_ != chain_.beacon().size && !say_hello()) return;
    auto records = spool_.read(next_, limits_.max_records, limits_.max_bytes);
    if (!records) {
      trouble_ = "the spool cannot be read: " + records.error().what;
      log_.error("spool_read", {{"why", records.error().what}});
      return;
    }
    if (records->empty()) return;
    wire::Batch batch{agent_, records->front().seq, std::move(*records)};
    auto last = batch.records.back().seq;
    if (auto sent = link_.send(wire::encode(batch)); !sent) return;  // full: later
    if (in_flight_.empty()) progress_ = clock_.boot_ms();
    in_flight_.push_back(last);
    next_ = last + 1;
    ++sent_batches_;
  }
}

void Shipper::receive() {
  while (auto bytes = link_.receive()) {
    auto message = wire::decode(*bytes);
    if (!message) {
      log_.warn("bad_message", {{"why", message.error().what}});
      continue;
    }
    if (const auto* ack = std::get_if<wire::Ack>(&*message)) on_ack(*ack);
    if (const auto* refused = std::get_if<wire::Refused>(&*message)) on_refused(*refused);
  }
}

base::Status Shipper::check(const wire::Ack& ack) {
  if (ack.seq > spool_.last_seq())
    return base::fail(base::Errc::mismatch, "acknowledged " + std::to_string(ack.seq) + "; the last record is " +
                                                std::to_string(spool_.last_seq()));
  if (log_vkey_text_.empty()) return {};
  if (ack.checkpoint.empty()) {
    if (ack.seq <= spool_.acknowledged()) return {};
    return base::fail(base::Errc::mismatch, "record " + std::to_string(ack.seq) + " came without a signed checkpoint");
  }
  auto checkpoint = next_beacon(ack);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const auto& beacon = chain_.beacon();
  evidence::Beacon next{checkpoint->size, root_text(*checkpoint), ack.checkpoint};
  if (!ack.handovers.empty()) {
    log_.info("log_handed_over", {{"from", log_vkey_.name}, {"to", checkpoint->origin}});
    log_vkey_ = evidence::make_vkey(checkpoint->origin, log_vkey_.key);
    chain_.change_log(next);
  } else if (checkpoint->size < beacon.size) {
    return base::fail(base::Errc::mismatch, "the collector's log has " + std::to_string(checkpoint->size) +
                                                " leaves, it had signed " + std::to_string(beacon.size) +
                                                ": an older copy was put back");
  } else if (auto ok = chain_.advance_beacon(next, ack.consistency); !ok) {
    return ok;
  }
  if (auto ok = spool_.put(kBeaconKey, base::view(ack.checkpoint)); !ok)
    log_.warn("beacon_not_kept", {{"why", ok.error().what}});
  return {};
}

base::Result<evidence::Checkpoint> Shipper::next_beacon(const wire::Ack& ack) const {
  if (ack.handovers.empty()) return evidence::open_checkpoint(ack.checkpoint, log_vkey_);
  const auto& beacon = chain_.beacon();
  evidence::Checkpoint held{log_vkey_.name, beacon.size, {}};
  if (auto root = base::from_base64(beacon.root_b64); root && root->size() == held.root.size())
    std::copy(root->begin(), root->end(), held.root.begin());
  if (ack.handovers.back().next_checkpoint != ack.checkpoint)
    return base::fail(base::Errc::mismatch, "a hand-over leads to another checkpoint than the acknowledgement's");
  return evidence::follow(held, log_vkey_, ack.handovers);
}

// The proof starts at another size than our beacon: a hello crossed an acknowledgement. What cannot be checked removes
// nothing; a hello with the present size asks for one that can.
bool Shipper::proves_another_size(const wire::Ack& ack) const {
  auto size = chain_.beacon().size;
  if (log_vkey_text_.empty() || ack.checkpoint.empty()) return false;
  // A hand-over that was followed already: it answers a hello from before.
  if (!ack.handovers.empty() && !ack.handovers.front().final_checkpoint.starts_with(log_vkey_.name + "\n")) return true;
  return size != 0 && ack.from_size != size;
}

void Shipper::on_ack(const wire::Ack& ack) {
  if (proves_another_size(ack)) {
    ++unproven_;
    if (greeted_size_ != chain_.beacon().size) say_hello();
    return;
  }
  if (auto ok = check(ack); !ok) {
    trouble_ = "an acknowledgement was not accepted, nothing was removed: " + ok.error().what;
    log_.error("ack_refused", {{"why", ok.error().what}});
    return;
  }
  if (auto ok = spool_.acknowledge(ack.seq); !ok) {
    trouble_ = "the spool cannot remove what was acknowledged: " + ok.error().what;
    log_.error("spool_acknowledge", {{"why", ok.error().what}});
    return;
  }
  trouble_.clear();
  last_ack_ = clock_.wall_ms();
  progress_ = clock_.boot_ms();
  while (!in_flight_.empty() && in_flight_.front() <= ack.seq) in_flight_.pop_front();
  if (next_ <= ack.seq) next_ = ack.seq + 1;
}

void Shipper::on_refused(const wire::Refused& refused) {
  ++refused_;
  log_.warn("batch_refused",
            {{"code", refused.code}, {"expected", std::to_string(refused.expected_seq)}, {"reason", refused.reason}});
  bool can_resend = refused.code == "gap" && refused.expected_seq > spool_.acknowledged() &&
                    refused.expected_seq <= spool_.last_seq() + 1;
  start_over(can_resend ? refused.expected_seq : spool_.acknowledged() + 1);
  if (can_resend) return;
  trouble_ = "the collector refuses our records (" + refused.code + "): " + refused.reason;
  if (refused.code == "gap" && refused.expected_seq <= spool_.acknowledged())
    trouble_ = "the collector asks for record " + std::to_string(refused.expected_seq) + ", it had acknowledged " +
               std::to_string(spool_.acknowledged()) + ": an older copy of its log was put back";
  paused_until_ = clock_.boot_ms() + limits_.pause_after_refusal_ms;
}

}  // namespace fengsui::agent
