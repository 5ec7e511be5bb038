// Tampering by somebody who holds the keys of the log, the collector and the attester, and both witnesses sign what they are shown: the whole
// log is made again. What still speaks: the agents' epoch keys, the operators, and what one part of the log says about another.
#include <algorithm>

#include "base/encode.h"
#include "evidence/chain_reader.h"
#include "evidence/leaf.h"
#include "tamper.h"

namespace fengsui::evidence {

namespace {
using Leaves = std::vector<base::Bytes>;

Files remade(const Workshop& w, void (*change)(const Workshop&, Leaves&)) {
  auto f = w.honest();
  change(w, f.leaves);
  f.older = {};
  return w.bundle(f);
}
Tampered inside(const Workshop& w, int step, std::uint64_t leaf, void (*change)(const Workshop&, Leaves&)) {
  return refused(w, remade(w, change), step, static_cast<std::int64_t>(leaf));
}
long place(const Workshop& w, const char* thing) { return static_cast<long>(w.at(thing)); }
base::Bytes& leaf(const Workshop& w, Leaves& l, const char* thing) { return l[w.at(thing)]; }
std::string digest64(std::string_view text) { return digest_text(crypto::sha256(base::view(text))); }

// A heartbeat whose JSON is changed and that its own epoch key signs: what an agent's host could do while it holds the key.
base::Bytes by_the_agent(const base::Bytes& bytes, const OpenAgent& agent, const std::function<std::string(std::string)>& json) {
  auto p = parse_leaf(bytes);
  auto epoch = static_cast<std::uint64_t>(p->record.body.number("ep"));
  auto text = "fengsui-rec/v1 " + p->kind + "\n" + json(p->record.body.dump()) + "\n";
  return with_header(p->kind, p->dept, *p->rx, sign_note(text, epoch_name(agent.name(), epoch), agent.key(epoch)))->bytes;
}
base::Bytes unit_note(const Workshop& w, std::string_view kind, const Json& body, base::UnixMs rx, const std::string& signer, const crypto::SigningKey& key) {
  return with_header(kind, w.dept, rx, sign_record(kind, body, signer, key))->bytes;
}
}  // namespace

#define CASE(name, what, step, at, ...) \
  TamperCase { name, what, [](const Workshop& w) -> Tampered { return inside(w, step, at, [](const Workshop& s, Leaves& l) { (void)s; __VA_ARGS__ }); } }

namespace {
std::vector<TamperCase> agent_cases() {
  return {
      CASE("inside_byte", "one byte of a signed record", 9, w.at("db01 0 06:00"), auto& x = leaf(s, l, "db01 0 06:00"); x[x.size() - 40] = x[x.size() - 40] == 'A' ? 'B' : 'A';),
      CASE("inside_finding_censored", "the high finding left out", 9, w.at("db01 0 14:00") - 1, l.erase(l.begin() + place(s, "high"));),
      CASE("inside_heartbeat_removed", "a heartbeat left out", 9, w.at("db02 0 06:20") - 1, l.erase(l.begin() + place(s, "db02 0 06:00"));),
      CASE("inside_swapped", "two records of one agent swapped", 9, w.at("db01 0 06:00"),
           auto a = s.rx_of(s.at("db01 0 06:00")); auto b = s.rx_of(s.at("db01 0 06:20")); std::swap(leaf(s, l, "db01 0 06:00"), leaf(s, l, "db01 0 06:20"));
           leaf(s, l, "db01 0 06:00") = re_headed(leaf(s, l, "db01 0 06:00"), a); leaf(s, l, "db01 0 06:20") = re_headed(leaf(s, l, "db01 0 06:20"), b);),
      CASE("inside_replayed", "a record received twice", 9, w.at("db01 0 06:20"), auto again = re_headed(leaf(s, l, "db01 0 06:00"), s.rx_of(s.at("db01 0 06:20"))); l.insert(l.begin() + place(s, "db01 0 06:20"), again);),
      CASE("inside_tail_restarted", "an agent's last records left out and a new boot in their place", 9, w.at("db01 1 20:00"),
           auto boot = Boot{{s.db01.name(), 3, 3, {}}, s.rx_of(s.at("db01 1 20:00")), "boot-2", s.db01.vkey(3), "start", "ab"};
           l.resize(s.at("db01 1 20:00")); l.push_back(unit_note(s, "boot", to_json(boot), boot.t, s.db01.name(), s.db01.identity()));),
      CASE("old_record_under_a_newer_epoch_key", "a record rewritten with the key of a later epoch", 9, w.at("db01 0 06:00"),
           auto later = static_cast<std::uint64_t>(parse_leaf(leaf(s, l, "db01 1 06:00"))->record.body.number("ep"));
           leaf(s, l, "db01 0 06:00") = re_signed(leaf(s, l, "db01 0 06:00"), "t1", Json(s.rx_of(s.at("db01 0 06:00"))), s.db01.key(later), epoch_name(s.db01.name(), later));),
      CASE("new_record_under_an_old_epoch_key", "a record signed with the key of an earlier epoch", 9, w.at("db01 1 06:00"),
           auto old = static_cast<std::uint64_t>(parse_leaf(leaf(s, l, "db01 0 06:00"))->record.body.number("ep"));
           leaf(s, l, "db01 1 06:00") = re_signed(leaf(s, l, "db01 1 06:00"), "ep", Json(old), s.db01.key(old), epoch_name(s.db01.name(), old));),
      CASE("invented_key", "a record signed with a key under the right name", 9, w.at("db01 0 06:00"), leaf(s, l, "db01 0 06:00") = re_signed(leaf(s, l, "db01 0 06:00"), "rs", Json("cd"), s.mallory);),
      CASE("signed_by_the_identity", "a heartbeat signed with the agent's identity key", 9, w.at("db01 0 06:00"), leaf(s, l, "db01 0 06:00") = re_signed(leaf(s, l, "db01 0 06:00"), "rs", Json("cd"), s.db01.identity(), s.db01.name());),
      CASE("finding_count_lowered", "a heartbeat that counts no finding where the log holds one", 9, w.at("db01 0 14:00"), auto none = to_json(SeverityCounts{});
           leaf(s, l, "db01 0 14:00") = by_the_agent(leaf(s, l, "db01 0 14:00"), s.db01, [&](std::string j) { auto b = *Json::parse(j); b.set("fn", none); return b.dump(); });),
      CASE("finding_severity_lowered", "a finding's severity", 9, w.at("high"), leaf(s, l, "high") = re_signed(leaf(s, l, "high"), "sev", Json(1), s.mallory);),
      CASE("unenrolled_agent", "a record of an agent that nobody enrolled", 9, w.at("db01 0 06:00"),
           auto b = parse_leaf(leaf(s, l, "db01 0 06:00"))->record.body; b.set("ag", s.dept + "/db77");
           l.insert(l.begin() + place(s, "db01 0 06:00"), unit_note(s, "hb", b, s.rx_of(s.at("db01 0 06:00")), s.dept + "/db77#e1", s.mallory));),
      CASE("record_after_revocation", "an agent goes on after it was revoked", 9, w.at("db01 1 06:00") + 1,
           auto revoke = Revoke{s.db01.name(), "退役", s.rx_of(s.at("db01 1 06:00"))};
           l.insert(l.begin() + place(s, "db01 1 06:00"), unit_note(s, "revoke", to_json(revoke), revoke.t, "op/li", s.li));),
      CASE("record_with_a_duplicate_key", "a record with two readings, signed by its agent", 6, w.at("db01 0 06:00"), leaf(s, l, "db01 0 06:00") = by_the_agent(leaf(s, l, "db01 0 06:00"), s.db01, [](std::string j) { return j.insert(1, "\"t0\":0,"); });),
      CASE("record_with_a_fraction", "a number that is not an integer, signed by its agent", 6, w.at("db01 0 06:00"), leaf(s, l, "db01 0 06:00") = by_the_agent(leaf(s, l, "db01 0 06:00"), s.db01, [](std::string j) { return j.insert(1, "\"x\":0.5,"); });),
      CASE("forked_beacon", "an agent was shown another log", 10, w.at("db01 0 06:00"),
           auto fork = Json::object().set("n", 5).set("h", digest64("another log")).set("c", digest64("its checkpoint"));
           leaf(s, l, "db01 0 06:00") = by_the_agent(leaf(s, l, "db01 0 06:00"), s.db01, [&](std::string j) { auto b = *Json::parse(j); b.set("bk", fork); return b.dump(); });),
      CASE("leaf_slipped_into_the_past", "maintenance slipped in before its time: every later beacon knows better", 10, w.at("db01 0 06:40") + 1,
           auto when = s.rx_of(s.at("db01 0 06:00"));
           l.insert(l.begin() + place(s, "db01 0 06:00") + 1, unit_note(s, "maint", to_json(Maintenance{"db02", "补丁", s.from + 27 * 3'600'000, s.from + 28 * 3'600'000}), when, "op/li", s.li));),
  };
}

std::vector<TamperCase> log_cases() {
  return {
      CASE("other_units_record", "a record of another unit", 8, w.at("db01 0 06:00"), leaf(s, l, "db01 0 06:00") = re_headed(leaf(s, l, "db01 0 06:00"), s.rx_of(s.at("db01 0 06:00")), "510903-tax");),
      CASE("receipt_back_dated", "a receipt a day too early", 7, w.at("db01 1 06:00"), leaf(s, l, "db01 1 06:00") = re_headed(leaf(s, l, "db01 1 06:00"), s.rx_of(s.at("db01 1 06:00")) - 86'400'000);),
      CASE("maintenance_back_dated", "maintenance announced after the fact, its receipt set before it", 7, w.at("db02 1 13:00"),
           auto maint = Maintenance{"db02", "补丁", s.from + 27 * 3'600'000, s.from + 28 * 3'600'000};
           l.insert(l.begin() + place(s, "db02 1 13:00"), unit_note(s, "maint", to_json(maint), maint.from - 60'000, "op/li", s.li));),
      CASE("maintenance_forged", "maintenance signed with the collector's key", 8, w.at("maint"), leaf(s, l, "maint") = re_signed(leaf(s, l, "maint"), "to", Json(s.to), s.collector, "op/li");),
      CASE("scope_forged", "a scope changed by the collector", 8, w.at("scope"), leaf(s, l, "scope") = re_signed(leaf(s, l, "scope"), "iv", Json(3600), s.collector, "op/li");),
      CASE("scope_by_nobody_known", "a scope signed by somebody whom the policy does not name", 8, w.at("scope"), leaf(s, l, "scope") = re_signed(leaf(s, l, "scope"), "iv", Json(3600), s.mallory, "op/zhao");),
      CASE("scope_of_another_unit", "another unit's scope", 8, w.at("scope"), leaf(s, l, "scope") = re_signed(leaf(s, l, "scope"), "dept", Json("510903-tax"), s.li);),
      CASE("enrolment_forged", "an enrolment changed by the collector", 8, w.at("enrol1"), leaf(s, l, "enrol1") = re_signed(leaf(s, l, "enrol1"), "asset", Json("db09"), s.collector);),
      CASE("enrolled_twice", "an agent enrolled again under a new key, by an operator", 8, w.at("db01 0 06:00"),
           auto e = Enrol{s.db01.name(), "db01", format_vkey(make_vkey(s.db01.name(), s.mallory.public_key())), "", "ab", s.rx_of(s.at("db01 0 06:00"))};
           l.insert(l.begin() + place(s, "db01 0 06:00"), unit_note(s, "enrol", to_json(e), e.t, "op/li", s.li));),
      CASE("incident_closed_by_the_collector", "an incident's second signature made with the collector's key", 8, w.at("false_positive"), leaf(s, l, "false_positive") = re_signed(leaf(s, l, "false_positive"), "by", Json("wang"), s.collector, "op/wang");),
      CASE("gap_by_an_operator", "a gap that the collector did not write", 8, w.at("gap"), leaf(s, l, "gap") = re_signed(leaf(s, l, "gap"), "cause", Json("none"), s.li, "op/li");),
      CASE("seal_with_another_root", "a seal over another tree", 5, w.at("seal0"), leaf(s, l, "seal0") = re_signed(leaf(s, l, "seal0"), "h", Json(digest_text(empty_root())), s.collector);),
      CASE("seal_of_too_many", "a seal over more leaves than there were", 5, w.at("seal0"), leaf(s, l, "seal0") = re_signed(leaf(s, l, "seal0"), "n", Json(100'000), s.collector);),
      CASE("seal_without_its_predecessor", "a seal that does not name the seal before it", 5, w.at("seal1"), leaf(s, l, "seal1") = re_signed(leaf(s, l, "seal1"), "prev", Json(-1), s.collector);),
      CASE("seal_counts_edited", "a seal that counts no findings", 13, w.at("seal0"), leaf(s, l, "seal0") = re_signed(leaf(s, l, "seal0"), "counts", to_json(SeverityCounts{}), s.collector);),
      CASE("seal_coverage_edited", "a seal that calls a gap covered", 12, w.at("seal1"), auto cov = *parse_leaf(leaf(s, l, "seal1"))->record.body.find("cov");
           cov.set("covered", cov.number("covered") + cov.number("gap")).set("gap", 0).set("explained", 0); leaf(s, l, "seal1") = re_signed(leaf(s, l, "seal1"), "cov", cov, s.collector);),
      CASE("seal_by_an_operator", "a seal that the collector did not sign", 8, w.at("seal0"), leaf(s, l, "seal0") = re_signed(leaf(s, l, "seal0"), "tz", Json(480), s.li, "op/li");),
      CASE("garbage_leaf", "a leaf that is no leaf", 6, w.at("db01 0 06:00"), l.insert(l.begin() + place(s, "db01 0 06:00"), base::to_bytes(std::string_view("not a leaf")));),
  };
}
}  // namespace

std::vector<TamperCase> insider_cases() {
  auto all = agent_cases();
  auto more = log_cases();
  all.insert(all.end(), more.begin(), more.end());
  all.push_back({"receipt_post_dated", "a receipt a day too late: what follows came before it", [](const Workshop& w) {
                   auto t = inside(w, 7, w.at("db01 0 06:00") + 1, [](const Workshop& s, Leaves& l) { leaf(s, l, "db01 0 06:00") = re_headed(leaf(s, l, "db01 0 06:00"), s.rx_of(s.at("db01 0 06:00")) + 86'400'000); });
                   t.day = "2026-11-03";  // by the log's own clock it is already the next day
                   return t;
                 }});
  return all;
}

}  // namespace fengsui::evidence
