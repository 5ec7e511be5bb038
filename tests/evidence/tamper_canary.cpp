// Canary tests that do not hold up, and what is said of those that do. The log is that of an honest collector which appended what it was sent.
#include "evidence/leaf.h"
#include "tamper.h"

namespace fengsui::evidence {

namespace {
// The second test is wrong in that way; the statement is what an honest attester makes of it.
Tampered twisted(const char* twist, const char* place) {
  Workshop w{twist};
  auto t = refused(w, w.clean(), 14, static_cast<std::int64_t>(w.at(place)));
  return t;
}
Tampered embellished(const Workshop& w, void (*change)(Json&)) {
  auto f = w.honest();
  f.statement = [change](Json& j) { change(member(j, {"predicate"})); };
  return refused(w, w.bundle(f), 14);
}
// The two leaves are exchanged and get each other's receipt times.
Tampered exchanged(const Workshop& w) {
  auto f = w.honest();
  auto a = w.at("commit1"), b = w.at("reveal1");
  std::swap(f.leaves[a], f.leaves[b]);
  f.leaves[a] = re_headed(f.leaves[a], w.rx_of(a));
  f.leaves[b] = re_headed(f.leaves[b], w.rx_of(b));
  f.older = {};
  return refused(w, w.bundle(f), 14, static_cast<std::int64_t>(a));
}
Tampered signed_by_the_department(const Workshop& w) {
  auto f = w.honest();
  f.leaves[w.at("commit2")] = re_signed(f.leaves[w.at("commit2")], "t", Json(1), w.li, "op/li");
  f.older = {};
  return refused(w, w.bundle(f), 8, static_cast<std::int64_t>(w.at("commit2")));
}
// The collector keeps the reveal back; the agents have been shown a log that holds it.
Tampered reveal_left_out(const Workshop& w) {
  auto f = w.honest();
  f.leaves.erase(f.leaves.begin() + static_cast<long>(w.at("reveal1")));
  f.older = {};
  return refused(w, w.bundle(f), 10, static_cast<std::int64_t>(w.at("db01 2 01:20")) - 1);
}
Tampered without_an_evaluator(const Workshop& w) {
  auto t = refused(w, w.clean(), 8, static_cast<std::int64_t>(w.at("commit1")));
  auto policy = w.policy;
  policy.evaluators = {};
  t.policy = format_policy(policy);
  return t;
}
}  // namespace

std::vector<TamperCase> canary_cases() {
#define TWISTED(name, what, twist, place) TamperCase{name, what, [](const Workshop&) -> Tampered { return twisted(twist, place); }}
  return {
      TWISTED("canary_without_commitment", "a plan revealed that nobody had committed to", "no_commitment", "reveal2"),
      TWISTED("canary_committed_after_its_window_began", "a commitment made when things could be planted already", "committed_late", "commit2"),
      TWISTED("canary_committed_twice", "a second commitment under the same name, to choose from", "commit_again", "commit2"),
      TWISTED("canary_revealed_twice", "a second plan for the same commitment", "reveal_again", "reveal2"),
      TWISTED("canary_reveal_differs", "a plan whose deadline was changed after the fact", "mismatch", "reveal2"),
      TWISTED("canary_plan_of_more_items", "a plan of more things than the commitment says", "plan", "reveal2"),
      TWISTED("canary_of_another_unit", "the plan of another unit", "other_unit", "reveal2"),
      TWISTED("canary_outside_its_window", "a thing planted after the window", "outside_window", "reveal2"),
      TWISTED("canary_revealed_early", "a plan revealed before its window was over", "revealed_early", "reveal2"),
      TWISTED("canary_reused", "a thing that an earlier plan has used and revealed", "marker_again", "reveal2"),
      {"canary_commitment_after_the_reveal", "commitment and reveal exchanged", exchanged},
      {"canary_signed_by_the_department", "an operator commits to a test of his own", signed_by_the_department},
      {"canary_reveal_left_out", "the collector leaves the reveal out of the log", reveal_left_out},
      {"canary_without_an_evaluator", "a policy that names no evaluator", without_an_evaluator},
      {"canary_missed_dropped", "the canary that was missed is not counted",
       [](const Workshop& w) {
         return embellished(w, [](Json& p) {
           auto& c = member(p, {"canaries"});
           Json kept = Json::array();
           for (const auto& i : c.list("items"))
             if (i.text("fate") != "missed") kept.push(i);
           c.set("items", kept).set("planted", 3).set("missed", 0).set("lowerBound95Ppm", 368403);
         });
       }},
      {"canary_missed_called_found", "the canary that was missed is counted as found",
       [](const Workshop& w) { return embellished(w, [](Json& p) { member(p, {"canaries"}).set("detected", 4).set("missed", 0).set("lowerBound95Ppm", 472870); }); }},
      {"canary_bound_raised", "a better lower bound", [](const Workshop& w) { return embellished(w, [](Json& p) { member(p, {"canaries"}).set("lowerBound95Ppm", 950000); }); }},
      {"canary_tests_not_mentioned", "the statement says nothing of canaries", [](const Workshop& w) { return embellished(w, [](Json& p) { p.set("canaries", Json()); }); }},
  };
#undef TWISTED
}

}  // namespace fengsui::evidence
