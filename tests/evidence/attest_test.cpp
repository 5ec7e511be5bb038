#include "evidence/attest.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/encode.h"
#include "shared_data.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

TEST(Dsse, PreAuthEncodingIsThatOfTheSpecification) {
  NEEDS_LOG_VECTORS();
  auto j = boost::json::parse(slurp(log_vectors() / "dsse/hello.json"));
  auto want = std::string(std::string_view(j.at("pae").as_string()));
  EXPECT_EQ(base::text(pae("http://example.com/HelloWorld", "hello world")), want);
  auto envelope = parse_envelope(boost::json::serialize(j.at("envelope")));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->payload, "hello world");
  EXPECT_EQ(envelope->signatures.size(), 1u);
}

TEST(Dsse, OnlyTheExactBytesVerify) {
  auto key = TestKeys::seed(1);
  auto text = sign_envelope(kPayloadType, R"({"a":1})", key);
  auto envelope = parse_envelope(text);
  ASSERT_TRUE(envelope);
  EXPECT_TRUE(verify_envelope(*envelope, key.public_key()));
  EXPECT_FALSE(verify_envelope(*envelope, TestKeys::seed(2).public_key()));
  auto other = *envelope;
  other.payload += " ";
  EXPECT_FALSE(verify_envelope(other, key.public_key()));
  other = *envelope;
  other.payload_type = "x";
  EXPECT_FALSE(verify_envelope(other, key.public_key()));
  for (std::size_t n = 0; n + 1 < text.size(); ++n) EXPECT_FALSE(parse_envelope(std::string_view(text).substr(0, n))) << n;
}

// A month of whole days is too long for a unit test; the shape of S12 is the same with three days of one heartbeat per ten minutes.
struct Attested {
  TestLog log;
  explicit Attested(std::vector<int> missing = {}) {
    log.iv = 1800;
    Scope scope;
    scope.from = at(0);
    scope.assets = {{"db01", log.dept + "/db01", {"file_scan", "login_log"}}};
    scope.heartbeat_seconds = log.iv;
    scope.late_hours = 1;
    log.add_scope(at(-1, 23), scope);
    log.add_agent("db01", at(-1, 23, 5));
    for (int day = 0; day < 4; ++day) {
      if (std::find(missing.begin(), missing.end(), day) != missing.end()) continue;
      log.beat(at(day), at(day + 1));
      log.seal(base::plus_days(kFirstDay, day));
    }
  }
  Decision decide_now(int from = 0, int to = 3) {
    auto facts = log.facts();
    return decide(facts, {log.dept, at(from), at(to), log.tree.size()}, 0);
  }
};

std::vector<std::string> codes(const std::vector<Reason>& reasons) {
  std::vector<std::string> out;
  for (const auto& r : reasons) out.push_back(r.code + (r.day.empty() ? "" : " " + r.day));
  return out;
}

TEST(Attestation, ACompletePeriodIsIssued) {
  Attested a;
  auto d = a.decide_now();
  EXPECT_EQ(d.outcome, Outcome::issued) << ::testing::PrintToString(codes(d.notes));
  EXPECT_TRUE(d.incident_free);
  EXPECT_EQ(d.coverage.totals.covered, 3u * 86'400 * 2);
}

// S12.
TEST(Attestation, MissingDaysAreRefusedByNameAndExplainedOnesAreNotes) {
  Attested a({1, 2});
  auto d = a.decide_now(0, 4);
  EXPECT_EQ(d.outcome, Outcome::refused);
  EXPECT_EQ(codes(d.refusals), (std::vector<std::string>{"day_not_sealed 2026-11-03", "day_not_sealed 2026-11-04", "coverage"}));
  EXPECT_EQ(d.refusals.back().text.en, "host coverage 50.00%, below 95.00%");  // two of four days
  for (int day : {1, 2}) a.log.by_operator("gap-explained", to_json(GapExplained{"", "机房断电", "li", at(day), at(day + 1)}), at(4, 1));
  a.log.beat(at(4), at(4, 2));
  d = a.decide_now(0, 4);
  EXPECT_EQ(d.outcome, Outcome::issued_with_notes) << ::testing::PrintToString(codes(d.refusals));
  EXPECT_EQ(codes(d.notes), (std::vector<std::string>{"explained_gap 2026-11-03", "explained_gap 2026-11-04", "explained_gap"}));
  // An explanation never turns a gap into planned time.
  EXPECT_EQ(d.coverage.totals.gap, 2u * 86'400 * 2);
  EXPECT_EQ(d.coverage.totals.planned, 0u);
}

TEST(Attestation, AnUntriagedHighFindingRefusesAndTwoPeopleMayCallItFalse) {
  Attested a;
  a.log.find("db01", at(4, 0, 30), model::Severity::high, "fid-9");
  a.log.find("db01", at(2, 5), model::Severity::high, "fid-1");  // arrives late
  auto d = a.decide_now();
  EXPECT_EQ(codes(d.refusals), (std::vector<std::string>{"untriaged 2026-11-04"}));
  EXPECT_FALSE(d.incident_free);
  IncidentStep step{"inc-1", {"fid-1"}, 4, "", "false_positive", "li", "测试数据", at(4, 2), 0};
  a.log.by_operator("incident", to_json(step), at(4, 2));
  EXPECT_EQ(codes(a.decide_now().refusals), (std::vector<std::string>{"untriaged 2026-11-04"}));  // one person is not enough
  a.log.by_operator("incident", to_json(step), at(4, 3), true);
  d = a.decide_now();
  EXPECT_TRUE(d.refusals.empty()) << ::testing::PrintToString(codes(d.refusals));
  EXPECT_TRUE(d.incident_free);
}

TEST(Attestation, AConfirmedIncidentRefuses) {
  Attested a;
  IncidentStep step{"inc-1", {}, 4, "l4", "triaged", "li", "", at(1, 2), 0};
  a.log.by_operator("incident", to_json(step), at(4, 2));
  EXPECT_EQ(codes(a.decide_now().refusals), (std::vector<std::string>{"incident 2026-11-03"}));
  EXPECT_EQ(a.decide_now(2, 3).outcome, Outcome::issued);  // another day than the incident's
}

TEST(Attestation, IsProvisionalUntilNothingMayArriveAnyMore) {
  Attested a;
  EXPECT_TRUE(a.decide_now(3, 4).provisional);
  EXPECT_EQ(a.decide_now(3, 4).outcome, Outcome::issued_with_notes);
  EXPECT_FALSE(a.decide_now(3, 4).incident_free);
  a.log.beat(at(4), at(4, 2));
  EXPECT_FALSE(a.decide_now(3, 4).provisional);
}

TEST(Attestation, APeriodBeforeTheScopeIsRefused) {
  Attested a;
  EXPECT_EQ(a.decide_now(-3, 1).outcome, Outcome::refused);
  EXPECT_EQ(codes(a.decide_now(-2, -1).refusals), (std::vector<std::string>{"day_not_sealed 2026-10-31", "scope_missing"}));
}

TEST(Attestation, BrokenChainsRefuse) {
  Attested a;
  auto facts = a.log.facts();
  EXPECT_EQ(codes(decide(facts, {a.log.dept, at(0), at(3), a.log.tree.size()}, 1).refusals), (std::vector<std::string>{"chain"}));
}

TEST(Seal, ASealedDayIsNeverRewrittenAndLateRecordsAreASupplement) {
  Attested a({1});  // day 1 is silent: its beats come later
  auto facts = a.log.facts();
  ASSERT_EQ(facts.seals.size(), 3u);
  EXPECT_EQ(facts.seals[0].body.coverage.covered, 2u * 86'400);
  a.log.find("db01", at(0, 12), model::Severity::medium, "late");
  a.log.beat(at(4), at(5));
  a.log.seal(base::plus_days(kFirstDay, 4));
  facts = a.log.facts();
  const auto& seal = facts.seals.back().body;
  ASSERT_EQ(seal.amends.size(), 1u);
  EXPECT_EQ(seal.amends[0].day, kFirstDay);
  EXPECT_EQ(seal.amends[0].seal, facts.seals[0].leaf);
  EXPECT_EQ(seal.amends[0].counts[3], 1u);
  EXPECT_EQ(facts.seals[0].body.counts[3], 0u);
  EXPECT_EQ(seal.prev, static_cast<std::int64_t>(facts.seals[2].leaf));
  EXPECT_EQ(to_json(*parse_seal(to_json(seal))), to_json(seal));
}

}  // namespace
}  // namespace fengsui::evidence
