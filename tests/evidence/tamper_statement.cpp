// Tampering by the attester: an honest log and an embellished statement, signed, logged, witnessed and bundled as it should be. And
// statements made for one reader only.
#include "base/encode.h"
#include "evidence/leaf.h"
#include "tamper.h"

namespace fengsui::evidence {

namespace {
Tampered embellished(const Workshop& w, int step, void (*change)(Json&)) {
  auto f = w.honest();
  f.statement = change;
  return refused(w, w.bundle(f), step);
}
Tampered written(const Workshop& w, int step, std::string (*change)(std::string)) {
  auto f = w.honest();
  f.payload = change;
  return refused(w, w.bundle(f), step);
}
// An honest log in which something happened that must not count, and a statement that counts it.
Tampered claimed(const Workshop& w, const std::function<void(Forgery&)>& log, void (*change)(Json&)) {
  auto f = w.honest();
  log(f);
  f.older = {};
  f.statement = change;
  return refused(w, w.bundle(f), 12);
}
// All of `state` becomes covered, intervals included, so that every sum fits.
void call_covered(Json& j, std::string_view state, std::string_view cause) {
  auto& c = member(j, {"predicate", "coverage"});
  Json kept = Json::array();
  std::int64_t seconds = 0;
  for (const auto& i : c.list("intervals")) {
    if (i.text("state") == state && (cause.empty() || i.text("cause") == cause)) seconds += (i.number("to") - i.number("from")) / 1000;
    else kept.push(i);
  }
  c.set("intervals", kept).set(std::string(state), c.number(state) - seconds).set("covered", c.number("covered") + seconds);
}
base::Bytes beat_again(const base::Bytes& bytes, const OpenAgent& agent, const std::function<void(Json&)>& change) {
  auto p = parse_leaf(bytes);
  auto body = p->record.body;
  change(body);
  auto epoch = static_cast<std::uint64_t>(body.number("ep"));
  return with_header(p->kind, p->dept, *p->rx, sign_record("hb", body, p->record.note.signatures[0].name, agent.key(epoch)))->bytes;
}
}  // namespace

#define CASE(name, what, ...) \
  TamperCase { name, what, [](const Workshop& w) -> Tampered { __VA_ARGS__ } }

namespace {
std::vector<TamperCase> claim_cases() {
  return {
      CASE("coverage_sum", "one covered second too many", return embellished(w, 11, [](Json& j) { auto& c = member(j, {"predicate", "coverage"}); c.set("covered", c.number("covered") + 1); });),
      CASE("coverage_gap_hidden", "gaps called covered, every sum fitting", return embellished(w, 12, [](Json& j) { call_covered(j, "gap", ""); });),
      CASE("coverage_late_called_live", "late seconds called live", return embellished(w, 12, [](Json& j) { member(j, {"predicate", "coverage"}).set("ofWhichLate", 0); });),
      CASE("coverage_ppm_edited", "the ratio alone", return embellished(w, 12, [](Json& j) { member(j, {"predicate", "coverage"}).set("coveredPpm", 1'000'000); });),
      CASE("interval_without_cause", "a gap without a cause", return embellished(w, 11, [](Json& j) { auto& c = member(j, {"predicate", "coverage"}); auto all = c.list("intervals"); all[0].set("cause", ""); c.set("intervals", Json(all)); });),
      CASE("seals_left_out", "a seal not named", return embellished(w, 12, [](Json& j) { member(j, {"predicate"}).set("seals", Json::array()); });),
      CASE("findings_lowered", "no high finding", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "findings"}).set("rawBySeverity", to_json(SeverityCounts{})); });),
      CASE("downgrade_hidden", "who called it false is left out", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "findings"}).set("downgrades", Json::array()); });),
      CASE("incident_left_out", "an incident left out", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "incidents"}).set("items", Json::array()); });),
      CASE("threshold_raised", "a higher threshold", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "incidents"}).set("threshold", 5); });),
      CASE("decision_edited", "notes left out of the decision", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "decision"}).set("outcome", "issued").set("notes", Json::array()); });),
      CASE("supplement_hidden", "a supplement left out", return embellished(w, 13, [](Json& j) { member(j, {"predicate"}).set("amendments", Json::array()); });),
      CASE("provisional_edited", "provisional or not", return embellished(w, 13, [](Json& j) { auto& p = member(j, {"predicate"}); p.set("provisional", !p.flag("provisional")); });),
      CASE("rules_edited", "other rules", return embellished(w, 13, [](Json& j) { member(j, {"predicate"}).set("rules", Json::array()); });),
      CASE("agents_edited", "fewer agents", return embellished(w, 13, [](Json& j) { auto& p = member(j, {"predicate"}); Json::Array a = p.list("agents"); a.pop_back(); p.set("agents", Json(a)); });),
      CASE("sources_edited", "more sources than were required", return embellished(w, 13, [](Json& j) { member(j, {"predicate", "scope"}).set("sources", 40); });),
      CASE("score_edited", "more points", return embellished(w, 15, [](Json& j) { auto& s = member(j, {"predicate", "score"}); s.set("low", s.number("high")); });),
      CASE("score_inputs_impossible", "more documents than there are kinds, and points to fit", return embellished(w, 15, [](Json& j) { member(j, {"predicate", "score", "inputs"}).set("documents", Json::array().push(9).push(5)); });),
      CASE("assumptions_removed", "nothing is assumed any more", return embellished(w, 1, [](Json& j) { member(j, {"predicate"}).set("assumptions", Json::array()); });),
      CASE("assumption_removed", "one assumption left out", return embellished(w, 1, [](Json& j) { auto& p = member(j, {"predicate"}); Json::Array a = p.list("assumptions"); a.erase(a.begin() + 1); p.set("assumptions", Json(a)); });),
      CASE("disclaimer_removed", "the sentence about the scope left out", return embellished(w, 1, [](Json& j) { member(j, {"predicate"}).set("disclaimer", Json()); });),
  };
}

std::vector<TamperCase> accounting_cases() {
  return {
      CASE("maintenance_retroactive", "maintenance logged after it began, counted as planned",
           auto maint = [&](Forgery& f) {
             Maintenance m{"db02", "补丁", w.from + 27 * 3'600'000, w.from + 27 * 3'600'000 + 2'400'000};
             f.leaves.push_back(with_header("maint", w.dept, w.rx_of(w.leaves.size() - 1), sign_record("maint", to_json(m), "op/li", w.li))->bytes);
           };
           return claimed(w, maint, [](Json& j) {
             auto& c = member(j, {"predicate", "coverage"});
             Json::Array all = c.list("intervals");
             std::int64_t moved = 0;
             for (auto& i : all)
               if (i.text("state") == "gap") {
                 moved += (i.number("to") - i.number("from")) / 1000;
                 i.set("state", "planned").set("cause", "maintenance");
               }
             c.set("gap", c.number("gap") - moved).set("planned", c.number("planned") + moved).set("intervals", Json(all));
           });),
      CASE("long_heartbeat", "one heartbeat that claims six hours",
           auto change = [&](Forgery& f) { auto& x = f.leaves.back(); x = beat_again(x, w.db02, [](Json& b) { b.set("t0", b.number("t0") - 21'600'000 * 2).set("b0", b.number("b0") - 21'600'000 * 2); }); };
           return claimed(w, change, [](Json& j) { call_covered(j, "gap", ""); });),
      CASE("clock_jump", "a heartbeat of fifteen minutes in which the machine's clock ran one",
           auto change = [&](Forgery& f) { auto& x = f.leaves[w.at("db01 2 12:20")]; x = beat_again(x, w.db01, [](Json& b) { b.set("b1", b.number("b0") + 60'000); }); };
           return claimed(w, change, [](Json& j) { call_covered(j, "gap", ""); });),
      CASE("scope_narrowed_afterwards", "a later scope without one asset, applied to the days before it",
           auto change = [&](Forgery& f) {
             auto scope = *parse_scope(parse_leaf(f.leaves[0])->record.body);
             scope.assets.pop_back();
             f.leaves.push_back(with_header("scope", w.dept, w.rx_of(w.leaves.size() - 1), sign_record("scope", to_json(scope), "op/li", w.li))->bytes);
           };
           return claimed(w, change, [](Json& j) {
             auto& c = member(j, {"predicate", "coverage"});
             Json kept = Json::array();
             for (const auto& i : c.list("intervals"))
               if (i.text("asset") == "db01") kept.push(i);
             auto half = c.number("required") / 2;
             c.set("intervals", kept).set("required", half).set("covered", half).set("gap", 0).set("planned", 0).set("degraded", 0);
           });),
  };
}

std::vector<TamperCase> form_cases() {
  return {
      CASE("statement_with_a_duplicate_key", "a statement with two readings", return written(w, 1, [](std::string s) { return s.insert(1, "\"predicateType\":\"x\","); });),
      CASE("statement_with_a_fraction", "a number that is not an integer", return written(w, 1, [](std::string s) { return s.insert(1, "\"x\":1.5,"); });),
      CASE("statement_not_utf8", "bytes that are no text", return written(w, 1, [](std::string s) { return s.insert(1, "\"x\":\"\xff\","); });),
      CASE("statement_too_deep", "nesting without end", return written(w, 1, [](std::string s) { return s.insert(1, "\"x\":" + std::string(5000, '[') + std::string(5000, ']') + ","); });),
      CASE("another_predicate_type", "a statement of another kind", return embellished(w, 1, [](Json& j) { j.set("predicateType", "https://slsa.dev/provenance/v1"); });),
      CASE("another_statement_type", "another version of in-toto", return embellished(w, 1, [](Json& j) { j.set("_type", "https://in-toto.io/Statement/v0.1"); });),
      CASE("another_payload_type", "signed as another type of payload", auto f = w.honest(); f.payload_type = "application/json"; return refused(w, w.bundle(f), 1);),
      CASE("period_of_two_years", "a period that nobody could replay", return embellished(w, 1, [](Json& j) { auto& s = member(j, {"predicate", "scope"}); s.set("to", Json(std::int64_t{s.number("from") + std::int64_t{800} * 86'400'000})); });),
      CASE("period_shortened", "a day left out of the period, all else as it was", return embellished(w, 12, [](Json& j) { auto& s = member(j, {"predicate", "scope"}); s.set("to", s.number("to") - 86'400'000); });),
      CASE("unit_replaced", "another unit's name over this log", return embellished(w, 1, [](Json& j) { member(j, {"predicate", "scope"}).set("department", "510903-tax"); });),
      CASE("subject_replaced", "the root of another tree", return embellished(w, 3, [](Json& j) { Json::Array s = j.list("subject"); s[0].set("digest", Json::object().set("sha256", std::string(64, '0'))); j.set("subject", Json(s)); });),
      CASE("as_of_moved", "fewer leaves considered than were logged", return embellished(w, 3, [](Json& j) { auto& l = member(j, {"predicate", "log"}); l.set("asOf", l.number("asOf") - 10); });),
      CASE("two_statements_for_two_readers", "this reader's statement is not the one in the log", auto f = w.honest();
           f.logged_envelope = sign_envelope(kPayloadType, "{\"for\":\"somebody else\"}", w.attester); return refused(w, w.bundle(f), 2);),
      CASE("statement_not_logged", "a statement that the log does not hold", auto f = w.honest(); f.logged = false; return refused(w, w.bundle(f), 2);),
      CASE("statement_exchanged_after_logging", "the envelope replaced by a later one of the same attester", auto f = w.honest();
           f.envelope = [&](const std::string& e) { return sign_envelope(kPayloadType, parse_envelope(e)->payload + " ", w.attester); };
           return refused(w, w.bundle(f), 2);),
  };
}
}  // namespace

std::vector<TamperCase> statement_cases() {
  auto all = claim_cases();
  for (auto list : {accounting_cases(), form_cases()}) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace fengsui::evidence
