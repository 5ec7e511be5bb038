// What only the evaluator's own knowledge refuses: keys, witnesses, earlier visits, what was asked for, revocations.
#include "base/encode.h"
#include "evidence/leaf.h"
#include "tamper.h"

namespace fengsui::evidence {

#define CASE(name, what, ...) \
  TamperCase { name, what, [](const Workshop& w) -> Tampered { __VA_ARGS__ } }

namespace {
Tampered checkpointed(const Workshop& w, int step, const std::function<std::string(const std::string&)>& note) {
  auto f = w.honest();
  f.checkpoint = note;
  return refused(w, w.bundle(f), step);
}
base::UnixMs after(const Workshop& w) { return w.to + 86'400'000 / 2; }
std::string text_of(const std::string& note) { return parse_note(note)->text; }

std::vector<TamperCase> witness_cases() {
  return {
      CASE("witness_dropped", "one of two witnesses is missing", return checkpointed(w, 3, [&](const std::string& n) { return add_line(n, cosignature_line(text_of(n), w.policy.witnesses[0].key.name, w.witness1, after(w) / 1000)); });),
      CASE("witnesses_dropped", "no witness", return checkpointed(w, 3, [](const std::string& n) { return n; });),
      CASE("witness_forged", "a witness's line by somebody else", return checkpointed(w, 3, [&](const std::string& n) {
             auto both = add_line(n, cosignature_line(text_of(n), w.policy.witnesses[0].key.name, w.witness1, after(w) / 1000));
             auto own = make_vkey(w.policy.witnesses[1].key.name, w.mallory.public_key(), kTypeCosignature);
             auto line = cosignature_line(text_of(n), own.name, w.mallory, after(w) / 1000);
             // Under the id of the witness's key.
             auto raw = *base::from_base64(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2));
             base::Bytes id;
             base::append_u32be(id, w.policy.witnesses[1].key.id);
             std::copy(id.begin(), id.end(), raw.begin());
             return add_line(both, line.substr(0, line.rfind(' ') + 1) + base::base64(raw) + "\n");
           });),
      CASE("witness_of_another_text", "a witness's line of an earlier checkpoint", return checkpointed(w, 3, [&](const std::string& n) {
             auto first = add_line(n, cosignature_line(text_of(n), w.policy.witnesses[0].key.name, w.witness1, after(w) / 1000));
             return add_line(first, cosignature_line(text_of(w.checkpoints.back()), w.policy.witnesses[1].key.name, w.witness2, after(w) / 1000));
           });),
      CASE("witnessed_too_early", "witnesses who signed before the period ended", return checkpointed(w, 4, [&](const std::string& n) { return w.witnessed(n, w.to - 3'600'000); });),
      CASE("log_line_missing", "a checkpoint that only witnesses signed",
           auto files = w.clean(); std::string note(base::text(files.at("checkpoint"))); auto first = note.find("\n\n") + 2;
           files["checkpoint"] = base::to_bytes(note.substr(0, first) + note.substr(note.find('\n', first) + 1)); relist(files); return refused(w, files, 3);),
  };
}

std::vector<TamperCase> memory_cases() {
  return {
      CASE("other_unit", "an honest bundle of another unit than was asked for", auto t = refused(w, w.clean(), 1); t.unit = "510903-tax"; return t;),
      CASE("other_period", "an honest bundle of another period than was asked for", auto t = refused(w, w.clean(), 1); t.from = "2026-10-01"; t.to = "2026-10-03"; return t;),
      CASE("other_end", "an honest bundle of a shorter period than was asked for", auto t = refused(w, w.clean(), 1); t.from = "2026-11-02"; t.to = "2026-11-05"; return t;),
      CASE("restored_snapshot", "a log that was set back and went on another way: an earlier visit saw more",
           auto f = w.honest(); f.leaves.erase(f.leaves.end() - 2, f.leaves.end()); f.older = {};
           auto t = refused(w, w.bundle(f), 5); t.last_seen = w.checkpoints.back(); return t;),
      CASE("history_rewritten", "a log that does not continue the checkpoint seen before",
           auto t = refused(w, w.clean(), 5);
           Checkpoint seen{w.origin, 100, crypto::sha256(base::view("what the log held then"))}; t.last_seen = sign_checkpoint(seen, w.log_key); return t;),
      CASE("history_rewritten_inside", "a stored checkpoint that is no prefix of the log, signed by the log",
           auto f = w.honest(); f.older.push_back(sign_checkpoint({w.origin, 101, crypto::sha256(base::view("another log"))}, w.log_key)); return refused(w, w.bundle(f), 5);),
      CASE("revoked", "the attester took the statement back",
           auto files = w.clean(); auto t = refused(w, files, 16); t.verdict = "revoked";
           auto payload = parse_envelope(base::text(files.at("attestation.dsse.json")))->payload;
           t.revocations = sign_revocations({{payload_digest(payload), w.to, "事后发现事件 i-2"}}, w.to, w.attester); return t;),
  };
}

std::vector<TamperCase> trust_cases() {
  return {
      CASE("keys_in_the_bundle", "everything signed with keys of the forger's own, which lie in the bundle as a policy",
           auto f = w.honest(); f.log = &w.mallory; f.attester = &w.mallory; f.older = {};
           auto own = w.policy; own.logs = {make_vkey(w.origin, w.mallory.public_key())}; own.attesters = {make_vkey("fengsui.example.gov.cn/attester", w.mallory.public_key())};
           f.people = {{"records/policy", base::to_bytes(format_policy(own))}};
           auto files = w.bundle(f); files["policy"] = base::to_bytes(format_policy(own)); relist(files); return refused(w, files, 1);),
      CASE("log_of_another_key", "a checkpoint under another key of the same name", auto f = w.honest(); f.log = &w.mallory; f.older = {}; return refused(w, w.bundle(f), 3);),
      CASE("attester_of_another_key", "a statement under another key", auto f = w.honest(); f.attester = &w.mallory; return refused(w, w.bundle(f), 1);),
      CASE("attester_is_the_collector", "a statement under the collector's key", auto f = w.honest(); f.attester = &w.collector; return refused(w, w.bundle(f), 1);),
      CASE("unknown_kind", "a record of a kind that this version does not know",
           auto f = w.honest();
           f.leaves.push_back(with_header("telepathy", w.dept, w.rx_of(w.leaves.size() - 1), sign_record("telepathy", Json::object(), "x", w.mallory))->bytes);
           auto t = refused(w, w.bundle(f), 8); t.verdict = "incomplete"; return t;),
  };
}
}  // namespace

std::vector<TamperCase> reader_cases() {
  auto all = witness_cases();
  for (auto list : {memory_cases(), trust_cases()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace fengsui::evidence
