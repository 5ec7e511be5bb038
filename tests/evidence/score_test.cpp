#include "evidence/score.h"

#include <gtest/gtest.h>

#include "base/fd.h"

namespace fengsui::evidence {
namespace {

std::string row16() {
  auto bytes = base::read_file(std::string(FENGSUI_SOURCE_DIR) + "/rules/score/row16.toml", 65'536);
  EXPECT_TRUE(bytes);
  return std::string(base::text(*bytes));
}
ScorePolicy policy() { return *parse_score_policy(row16()); }

// S11 of the acceptance scenarios.
ScoreInputs s11() {
  ScoreInputs in;
  in.documents = Known::of(5);
  in.host_days = Known::of(1445);
  in.host_days_required = 1460;
  in.stages = Known::of(6);
  in.stages_applicable = 6;
  in.checks = Known::of(18);
  in.checks_applicable = 20;
  in.days = 365;
  in.records = Known::of(363);
  in.reviewed = Known::of(358);
  return in;
}

TEST(Score, S11WithoutIncident) {
  auto s = score(policy(), s11());
  std::vector<std::int64_t> points;
  for (const auto& c : s.clauses) points.push_back(c.low);
  EXPECT_EQ(points, (std::vector<std::int64_t>{200, 99, 100, 90, 199, 98, 200}));
  EXPECT_EQ(s.a_low, 489);
  EXPECT_EQ(s.b_low, 497);
  EXPECT_EQ(s.low, 986);
  EXPECT_EQ(s.high, 986);
}

TEST(Score, S11OneL4IsStrictUnlessThePolicySaysGraded) {
  auto in = s11();
  in.l4 = 1;
  EXPECT_EQ(score(policy(), in).low, 786);
  auto graded = policy();
  graded.graded = true;
  EXPECT_EQ(score(graded, in).low, 886);
  in.l4 = 3;
  EXPECT_EQ(score(graded, in).low, 786);
}

TEST(Score, S11OneL3TakesTheWholeClause) {
  auto in = s11();
  in.l3 = 1;
  auto s = score(policy(), in);
  EXPECT_TRUE(s.veto);
  EXPECT_EQ(s.high, 489);
  in = s11();
  in.concealment = true;
  EXPECT_EQ(score(policy(), in).high, 489);
}

TEST(Score, MissingDataGivesARangeNeverAZero) {
  auto in = s11();
  in.documents = Known::between(3, 5);
  in.checks_applicable = 0;
  auto s = score(policy(), in);
  EXPECT_EQ(s.clauses[0].low, 120);
  EXPECT_EQ(s.clauses[0].high, 200);
  EXPECT_FALSE(s.clauses[0].complete);
  EXPECT_EQ(s.clauses[3].low, 0);
  EXPECT_EQ(s.clauses[3].high, 100);
  EXPECT_EQ(s.high - s.low, 180);
  in = s11();
  in.ungraded = 1;  // it may become l3, which would take the whole of 16b, or l4, which takes B3
  s = score(policy(), in);
  EXPECT_EQ(s.low, 489);
  EXPECT_EQ(s.high, 786);
}

TEST(Score, RoundsHalfUpAtAHundredth) {
  EXPECT_EQ(share(100, 1, 200), 1);   // 0.5 → 1
  EXPECT_EQ(share(100, 1, 201), 0);   // 0.497…
  EXPECT_EQ(share(200, 363, 365), 199);
  EXPECT_EQ(share(100, 5, 4), 100);
  EXPECT_EQ(share(100, -5, 4), 0);
}

TEST(Score, InputsSurviveTheirJson) {
  auto in = s11();
  in.documents = Known::between(1, 2);
  auto again = parse_score_inputs(to_json(in));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_json(*again), to_json(in));
  EXPECT_FALSE(parse_score_inputs(Json::object()));
}

TEST(ScorePolicy, NamesWhatIsWrong) {
  EXPECT_EQ(parse_score_policy(row16() + "\nother = 1\n").error().what, "score policy: 'other' is not a known key");
  EXPECT_EQ(parse_score_policy("uri = \"x\"\nuri = \"y\"\n").error().what, "score policy, line 2: 'uri' stands twice");
  for (std::string bad : {std::string("uri = "), std::string("[=799"), std::string("\xef\xbb\xbe\0\0\0p/12", 10), std::string("a = 'x'"), std::string("a = \"x"),
                          std::string("a = -1"), std::string("a = 10001"), std::string("[other]"), std::string("")})
    EXPECT_EQ(parse_score_policy(bad).error().code, base::Errc::malformed) << bad;
  EXPECT_EQ(parse_score_policy(std::string(65'537, '#')).error().code, base::Errc::limit);
  EXPECT_EQ(policy().digest.size(), 64u);
}

}  // namespace
}  // namespace fengsui::evidence
