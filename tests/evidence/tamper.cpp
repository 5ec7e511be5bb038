#include "tamper.h"

#include "evidence/leaf.h"

namespace fengsui::evidence {

Tampered as_is(const Workshop& w, const Files& files) {
  Tampered t;
  auto zip = write_zip(files);
  FENGSUI_ASSERT(zip.has_value());
  t.zip = std::move(*zip);
  t.policy = format_policy(w.policy);
  return t;
}

Tampered refused(const Workshop& w, const Files& files, int step, std::int64_t leaf) {
  auto t = as_is(w, files);
  t.step = step;
  t.leaf = leaf;
  if (leaf >= 0) t.day = w.day_of(static_cast<std::uint64_t>(leaf));
  return t;
}

base::Bytes re_headed(const base::Bytes& leaf, base::UnixMs rx, std::string dept) {
  auto p = parse_leaf(leaf);
  return with_header(p->kind, dept.empty() ? p->dept : dept, rx, p->note)->bytes;
}

base::Bytes re_signed(const base::Bytes& leaf, std::string_view key, Json value, const crypto::SigningKey& with, std::string signer) {
  auto p = parse_leaf(leaf);
  auto body = p->record.body;
  body.set(std::string(key), std::move(value));
  if (signer.empty()) signer = p->record.note.signatures[0].name;
  return with_header(p->kind, p->dept, *p->rx, sign_record(p->kind, body, signer, with))->bytes;
}

Json& member(Json& json, std::initializer_list<std::string_view> path) {
  Json* at = &json;
  for (auto key : path) at = const_cast<Json*>(at->find(key));
  return *at;
}

std::vector<TamperCase> tamper_cases() {
  std::vector<TamperCase> all = {
      {"honest", "nothing was changed",
       [](const Workshop& w) {
         auto t = as_is(w, w.clean());
         t.verdict = "verified";
         t.step = 16;
         return t;
       }},
      {"honest_and_asked_for", "nothing was changed; unit, period and an earlier checkpoint are the evaluator's",
       [](const Workshop& w) {
         auto t = as_is(w, w.clean());
         t.verdict = "verified";
         t.step = 16;
         t.unit = w.dept;
         t.from = "2026-11-02";
         t.to = "2026-11-04";
         t.last_seen = w.checkpoints[3];
         t.revocations = sign_revocations({}, w.to, w.attester);
         return t;
       }},
  };
  for (auto list : {outsider_cases(), insider_cases(), statement_cases(), canary_cases(), reader_cases()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace fengsui::evidence
