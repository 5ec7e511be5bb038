#include "evidence/chain.h"

#include <array>
#include <optional>

#include "base/encode.h"
#include "evidence/body.h"
#include "evidence/chain_reader.h"
#include "evidence/leaf.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

// Whom a finding speaks of: the account, else the process. Never leaves the host as it is.
std::string_view subject_of(const model::Finding& finding) {
  for (auto name : {"actor.user.name", "user.name", "actor.process.name", "process.name"})
    if (auto text = finding.fields.text(name); !text.empty()) return text;
  return {};
}
}  // namespace

struct Chain::State {
  State(std::string agent_, crypto::SigningKey identity_, std::string boot, std::uint64_t seq, crypto::Digest digest)
      : agent(std::move(agent_)), identity(std::move(identity_)), boot_id(std::move(boot)), last_seq(seq), last_digest(digest) {}

  std::string agent;
  crypto::SigningKey identity;
  std::string boot_id;
  std::uint64_t last_seq;
  crypto::Digest last_digest;
  std::optional<crypto::SigningKey> key;  // of the epoch in force
  std::uint64_t epoch = 0;
  Beacon beacon;
  std::array<std::uint64_t, 6> findings{};
  crypto::Secret subject_key;

  // What commit() makes true.
  struct Pending {
    std::optional<crypto::SigningKey> key;
    int severity = 0;  // of a finding
    crypto::Digest digest{};
  };
  std::optional<Pending> pending;

  struct Mark {
    std::uint64_t seq = 0;
    crypto::Digest digest{};
    std::array<std::uint64_t, 6> findings{};
    std::uint64_t epoch = 0;
  };
  std::optional<Mark> mark;

  Link link(std::uint64_t ep) const { return {agent, ep, last_seq + 1, last_digest}; }
  Record finish(std::string note, Pending p) {
    p.digest = chain_digest(note);
    pending = std::move(p);
    Record out;
    out.seq = last_seq + 1;
    out.note = std::move(note);
    return out;
  }
};

Chain::Chain(std::string agent, crypto::SigningKey identity, std::string boot_id, std::uint64_t last_seq, crypto::Digest last_digest)
    : state_(std::make_unique<State>(std::move(agent), std::move(identity), std::move(boot_id), last_seq, last_digest)) {
  FENGSUI_ASSERT(is_word(state_->agent));
  state_->beacon.root_b64 = digest_text(empty_root());
  // A key that only the holder of the identity can make: Ed25519 signatures are deterministic (RFC 8032).
  auto seed = state_->identity.sign(base::view("fengsui-subject/v1\n"));
  auto key = crypto::sha256(base::View(seed));
  state_->subject_key = crypto::Secret::copy_of(key);
  crypto::wipe(seed);
  crypto::wipe(key);
}

Chain::~Chain() = default;

Record Chain::boot(base::UnixMs now, std::string_view reason, std::string_view binary_digest) {
  auto& s = *state_;
  auto key = crypto::SigningKey::generate();
  Boot b;
  b.link = s.link(s.last_seq + 1);
  b.t = now;
  b.boot_id = s.boot_id;
  b.e0 = format_vkey(make_vkey(epoch_name(s.agent, s.last_seq + 1), key.public_key()));
  b.why = reason;
  b.binary = binary_digest;
  auto note = sign_record("boot", to_json(b), s.agent, s.identity);
  return s.finish(std::move(note), {std::move(key), 0, {}});
}

Record Chain::finding(const model::Finding& finding, std::string detail, std::string_view rules_digest) {
  auto& s = *state_;
  FENGSUI_ASSERT(s.key.has_value());  // boot() was committed
  Record out;
  crypto::random_bytes(out.salt);
  Find f;
  f.link = s.link(s.epoch);
  f.t = finding.time;
  f.severity = static_cast<int>(finding.severity);
  f.rule = finding.rule;
  f.rules = rules_digest;
  f.fid = finding.id;
  f.stage = model::id(finding.stage);
  if (auto subject = subject_of(finding); !subject.empty())
    f.subject = base::hex(base::View(crypto::hmac_sha256(s.subject_key.view(), base::view(subject))).first(8));
  f.commitment = detail_commitment(out.salt, detail);
  f.canary = finding.canary;
  auto note = sign_record("find", to_json(f), epoch_name(s.agent, s.epoch), *s.key);
  auto made = s.finish(std::move(note), {std::nullopt, f.severity, {}});
  made.salt = out.salt;
  made.detail = std::move(detail);
  return made;
}

Record Chain::heartbeat(const HeartbeatInput& input) {
  auto& s = *state_;
  FENGSUI_ASSERT(s.key.has_value());
  auto next = crypto::SigningKey::generate();
  Heartbeat h;
  h.link = s.link(s.epoch);
  h.t0 = input.t0;
  h.t1 = input.t1;
  h.b0 = input.b0;
  h.b1 = input.b1;
  h.boot_id = s.boot_id;
  h.beacon = {s.beacon.size, s.beacon.root_b64, s.beacon.checkpoint.empty() ? "" : digest_text(crypto::sha256(base::view(s.beacon.checkpoint)))};
  h.rules = input.rules_digest;
  h.config = input.config_digest;
  h.binary = input.binary_digest;
  h.sources = input.sources;
  h.spool_queued = input.spool_queued;
  h.spool_oldest = input.spool_oldest;
  h.spool_lost = input.spool_lost;
  h.findings = s.findings;
  h.next = format_vkey(make_vkey(epoch_name(s.agent, s.last_seq + 1), next.public_key()));
  auto note = sign_record("hb", to_json(h), epoch_name(s.agent, s.epoch), *s.key);
  return s.finish(std::move(note), {std::move(next), 0, {}});
}

void Chain::commit() {
  auto& s = *state_;
  FENGSUI_ASSERT(s.pending.has_value());
  ++s.last_seq;
  s.last_digest = s.pending->digest;
  if (s.pending->key) {
    s.key = std::move(s.pending->key);  // the old key's memory is wiped here
    s.epoch = s.last_seq;
    s.findings = {};
  } else {
    ++s.findings[static_cast<std::size_t>(s.pending->severity)];
  }
  s.pending.reset();
}

void Chain::mark() {
  auto& s = *state_;
  s.mark = State::Mark{s.last_seq, s.last_digest, s.findings, s.epoch};
}

void Chain::rewind() {
  auto& s = *state_;
  FENGSUI_ASSERT(s.mark.has_value() && s.mark->epoch == s.epoch);
  s.last_seq = s.mark->seq;
  s.last_digest = s.mark->digest;
  s.findings = s.mark->findings;
  s.pending.reset();
  s.mark.reset();
}

base::Status Chain::advance_beacon(const Beacon& next, const std::vector<crypto::Digest>& proof) {
  auto& s = *state_;
  auto root = parse_digest(next.root_b64);
  if (!root) return std::unexpected(root.error());
  if (s.beacon.size != 0) {
    auto old_root = parse_digest(s.beacon.root_b64);
    if (!old_root) return std::unexpected(old_root.error());
    if (auto r = verify_consistency(s.beacon.size, next.size, *old_root, *root, proof); !r) return r;
  }
  s.beacon = next;
  return {};
}

void Chain::change_log(const Beacon& next) { state_->beacon = next; }
const Beacon& Chain::beacon() const { return state_->beacon; }
std::uint64_t Chain::next_seq() const { return state_->last_seq + 1; }
crypto::Digest Chain::last_digest() const { return state_->last_digest; }

}  // namespace fengsui::evidence
