#include "evidence/svr.h"

#include <gtest/gtest.h>

#include "evidence/bundle.h"
#include "evidence/leaf.h"
#include "evidence/replay.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

std::string payload_of(std::int64_t required, std::int64_t covered, std::int64_t planned, int threshold) {
  return Json::object().set("predicate", Json::object().set("coverage", Json::object().set("required", required).set("covered", covered).set("planned", planned))
                                             .set("incidents", Json::object().set("threshold", threshold))).dump();
}

VerifyResult verified() {
  VerifyResult r;
  r.verified = true;
  r.level = 3;
  r.outcome = "issued";
  r.incident_free = true;
  r.dept = "510903-edu";
  r.from = at(0);
  r.to = at(3);
  r.assumptions = {"scope-complete"};
  return r;
}

TEST(Svr, SaysOnlyWhatWasShown) {
  // 100 required of which 20 planned: 80 are due, and 76 of 80 are 950 thousandths exactly.
  EXPECT_EQ(svr_properties(verified(), payload_of(100, 76, 20, 4)),
            (std::vector<std::string>{"FENGSUI_VERIFIED_L3", "FENGSUI_COVERAGE_GE_950", "FENGSUI_COVERAGE_GE_900", "FENGSUI_NO_INCIDENT_GE_HIGH",
                                      "FENGSUI_OUTCOME_ISSUED", "FENGSUI_NOT_PROVISIONAL"}));
  auto r = verified();
  r.incident_free = false;
  r.provisional = true;
  r.outcome = "issued_with_notes";
  EXPECT_EQ(svr_properties(r, payload_of(80, 71, 0, 4)), (std::vector<std::string>{"FENGSUI_VERIFIED_L3", "FENGSUI_OUTCOME_ISSUED_WITH_NOTES"}));
  r.verified = false;
  EXPECT_TRUE(svr_properties(r, payload_of(80, 80, 0, 4)).empty());
  EXPECT_TRUE(svr_properties(verified(), "garbage").empty());
}

TEST(Svr, IsSignedByTheEvaluatorAndNamesStatementPolicyAndAssumptions) {
  auto key = TestKeys::seed(7);
  auto payload = payload_of(100, 100, 0, 4);
  auto text = sign_svr(verified(), payload, {"https://evaluator.example.cn/v1", "log x\n", 1'795'500'000'000}, key);
  ASSERT_TRUE(text) << text.error().what;
  auto envelope = parse_envelope(*text);
  ASSERT_TRUE(envelope);
  EXPECT_TRUE(verify_envelope(*envelope, key.public_key()));
  auto statement = Json::parse(envelope->payload);
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->text("predicateType"), "https://in-toto.io/attestation/svr/v0.2");
  EXPECT_EQ(statement->list("subject")[0].find("digest")->text("sha256"), payload_digest(payload));
  EXPECT_EQ(statement->find("predicate")->find("verifier")->list("policies").size(), 1u);
  EXPECT_EQ(statement->find("predicate")->list("assumptions").size(), 1u);
  auto failed = verified();
  failed.verified = false;
  EXPECT_FALSE(sign_svr(failed, payload, {"https://e", "", 0}, key));
  EXPECT_FALSE(sign_svr(verified(), payload, {"no uri", "", 0}, key));
}

TEST(State, IsRefusedWhenItsNumbersContradictEachOther) {
  auto log = three_days();
  Replay whole(log.policy, log.dept);
  for (const auto& leaf : log.all) whole.add(leaf, &log.tree);
  Checkpoint here{log.origin, log.tree.size(), *log.tree.root(log.tree.size())};
  auto state = whole.state(at(3));
  auto back = Replay::restore(log.policy, state, 0, INT64_MAX, here);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(back->state(at(3)) == state);
  auto other = here;
  other.size -= 1;
  EXPECT_FALSE(Replay::restore(log.policy, state, 0, INT64_MAX, other));
  for (std::size_t n = 0; n < state.size(); n += 97) EXPECT_FALSE(Replay::restore(log.policy, state.substr(0, n), 0, INT64_MAX, here)) << n;
  for (auto [what, with] : {std::pair{"\"first\":0", "\"first\":7"}, {"\"logs\":[]", "\"logs\":[{}]"}, {"\"v\":1", "\"v\":2"}}) {
    auto wrong = state;
    wrong.replace(wrong.find(what), std::string_view(what).size(), with);
    EXPECT_FALSE(Replay::restore(log.policy, wrong, 0, INT64_MAX, here)) << with;
  }
}

// A seal must list what came late for days sealed before; one that keeps quiet, or adds, is found though it is signed by the right key.
TEST(Amendments, AreMadeAgainByTheVerifier) {
  auto log = three_days();
  log.find("db01", at(1, 12), model::Severity::medium, "late");  // of the second day, after its seal
  log.beat(at(3, 2), at(4, 0));
  auto honest = make_seal(log.facts(), base::plus_days(kFirstDay, 3), at(3), at(4), *log.tree.root(log.tree.size()));
  ASSERT_EQ(honest.amends.size(), 1u);
  EXPECT_EQ(honest.amends[0].day, base::plus_days(kFirstDay, 1));
  EXPECT_EQ(honest.amends[0].counts[3], 1u);
  auto step12 = [&](const Seal& seal) {
    auto with = three_days();
    with.all = log.all;
    with.tree = log.tree;
    with.append("seal", sign_record("seal", to_json(seal), log.policy.collectors[0].name, log.keys.collector), at(4, 0, 10));
    auto result = verify_files(with.bundle_of(with.all, at(3), at(4)), with.policy, {});
    return result.steps[12];
  };
  EXPECT_EQ(step12(honest).state, StepState::passed) << step12(honest).detail.en;
  auto quiet = honest;
  quiet.amends.clear();
  EXPECT_EQ(step12(quiet).state, StepState::failed);
  auto wrong = honest;
  wrong.amends[0].leaves[0] -= 1;
  EXPECT_EQ(step12(wrong).state, StepState::failed);
}

}  // namespace
}  // namespace fengsui::evidence
