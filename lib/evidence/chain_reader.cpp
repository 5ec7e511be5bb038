#include "evidence/chain_reader.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

base::Result<Vkey> announced(std::string_view text, std::string_view agent, std::uint64_t seq) {
  auto key = parse_vkey(text);
  if (!key) return key;
  if (key->type != kTypeEd25519 || key->name != epoch_name(agent, seq))
    return fail(Errc::mismatch, "chain: record " + std::to_string(seq) + " announces a key under another name");
  return key;
}
}  // namespace

std::string epoch_name(std::string_view agent, std::uint64_t epoch) { return std::string(agent) + "#e" + std::to_string(epoch); }

ChainReader::ChainReader(Vkey identity) : identity_(std::move(identity)) {}

base::Status ChainReader::check(const RecordNote& record, const Link& link, const Vkey* key, const Seen* seen) const {
  auto where = "chain of " + identity_.name + ", record " + std::to_string(link.seq) + ": ";
  if (link.agent != identity_.name) return fail(Errc::mismatch, where + "names another agent");
  if (link.seq != next_seq()) return fail(Errc::conflict, where + "expected record " + std::to_string(next_seq()));
  if (link.pv != last_digest_) return fail(Errc::mismatch, where + "does not follow the record before it");
  if (!key) return fail(Errc::mismatch, where + "comes before any boot record");
  if (record.note.signatures.size() != 1) return fail(Errc::mismatch, where + "has another number of signatures than one");
  auto state = seen && seen->key == *key ? seen->state : verify_note(record.note, *key).state;
  if (state == SignatureState::absent) return fail(Errc::mismatch, where + "is not signed by " + key->name);
  if (state == SignatureState::bad) return fail(Errc::mismatch, where + "the signature of " + key->name + " is wrong");
  return {};
}

base::Result<Accepted> ChainReader::take_boot(const RecordNote& record, const Seen* seen) {
  auto body = parse_boot(record.body);
  if (!body) return std::unexpected(body.error());
  if (auto s = check(record, body->link, &identity_, seen); !s) return std::unexpected(s.error());
  if (body->link.epoch != body->link.seq) return fail(Errc::mismatch, "chain: a boot whose epoch is not its seq");
  auto key = announced(body->e0, identity_.name, body->link.seq);
  if (!key) return std::unexpected(key.error());
  epoch_key_ = *key;
  epoch_ = body->link.seq;
  boot_id_ = body->boot_id;
  findings_ = {};
  ++boots_;
  ++epochs_;
  return Accepted{record.kind, body->link.seq, body->t, std::move(*body)};
}

base::Result<Accepted> ChainReader::take_heartbeat(const RecordNote& record, const Seen* seen) {
  auto body = parse_heartbeat(record.body);
  if (!body) return std::unexpected(body.error());
  if (auto s = check(record, body->link, epoch_key_ ? &*epoch_key_ : nullptr, seen); !s) return std::unexpected(s.error());
  auto where = "chain of " + identity_.name + ", heartbeat " + std::to_string(body->link.seq) + ": ";
  if (body->link.epoch != epoch_) return fail(Errc::mismatch, where + "another epoch than its key");
  if (body->boot_id != boot_id_) return fail(Errc::mismatch, where + "another boot than the boot record");
  if (body->t1 < body->t0 || body->b1 < body->b0) return fail(Errc::mismatch, where + "ends before it begins");
  if (body->findings != findings_) return fail(Errc::mismatch, where + "counts other findings than the log holds");
  auto key = announced(body->next, identity_.name, body->link.seq);
  if (!key) return std::unexpected(key.error());
  epoch_key_ = *key;
  epoch_ = body->link.seq;
  findings_ = {};
  ++epochs_;
  return Accepted{record.kind, body->link.seq, body->t1, std::move(*body)};
}

base::Result<Accepted> ChainReader::take_find(const RecordNote& record, const Seen* seen) {
  auto body = parse_find(record.body);
  if (!body) return std::unexpected(body.error());
  if (auto s = check(record, body->link, epoch_key_ ? &*epoch_key_ : nullptr, seen); !s) return std::unexpected(s.error());
  if (body->link.epoch != epoch_)
    return fail(Errc::mismatch, "chain of " + identity_.name + ", record " + std::to_string(body->link.seq) + ": another epoch than its key");
  ++findings_[static_cast<std::size_t>(body->severity)];
  return Accepted{record.kind, body->link.seq, body->t, std::move(*body)};
}

base::Result<Accepted> ChainReader::accept(std::string_view note) {
  auto record = parse_record(note);
  if (!record) return std::unexpected(record.error());
  return accept(*record, note);
}

base::Result<Accepted> ChainReader::accept(const RecordNote& record, std::string_view note, const Seen* seen) {
  base::Result<Accepted> out = fail(Errc::unsupported, "chain: a record of a kind that agents do not sign");
  if (record.kind == "boot") out = take_boot(record, seen);
  else if (record.kind == "hb") out = take_heartbeat(record, seen);
  else if (record.kind == "find") out = take_find(record, seen);
  if (!out) return out;
  last_seq_ = out->seq;
  last_digest_ = chain_digest(note);
  return out;
}

std::string ChainReader::state() const {
  Json counts = Json::array();
  for (auto n : findings_) counts.push(n);
  return Json::object().set("v", 1).set("ik", format_vkey(identity_)).set("key", epoch_key_ ? format_vkey(*epoch_key_) : "")
      .set("epoch", epoch_).set("seq", last_seq_).set("pv", digest_text(last_digest_)).set("boot", boot_id_).set("fn", counts)
      .set("boots", boots_).set("epochs", epochs_).dump();
}

base::Result<ChainReader> ChainReader::restore(std::string_view state) {
  auto json = Json::parse(state);
  if (!json) return std::unexpected(json.error());
  Fields f(*json, "chain state");
  if (f.integer("v", 0, kMaxInteger) != 1) return fail(Errc::unsupported, "chain state: a version other than 1");
  auto identity = parse_vkey(f.text("ik"));
  if (!identity) return std::unexpected(identity.error());
  ChainReader out(*identity);
  if (auto text = f.text("key"); !text.empty()) {
    auto key = parse_vkey(text);
    if (!key) return std::unexpected(key.error());
    out.epoch_key_ = *key;
  }
  auto number = [&](std::string_view key) { return static_cast<std::uint64_t>(f.integer(key, 0, kMaxInteger)); };
  out.epoch_ = number("epoch");
  out.last_seq_ = number("seq");
  auto pv = parse_digest(f.text("pv"));
  if (!pv) return std::unexpected(pv.error());
  out.last_digest_ = *pv;
  out.boot_id_ = f.text("boot");
  const auto& counts = f.array("fn", out.findings_.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (auto n = counts[i].integer(); n && *n >= 0) out.findings_[i] = static_cast<std::uint64_t>(*n);
  out.boots_ = number("boots");
  out.epochs_ = number("epochs");
  if (auto s = f.status(); !s) return std::unexpected(s.error());
  return out;
}

}  // namespace fengsui::evidence
