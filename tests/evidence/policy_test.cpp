#include "evidence/policy.h"

#include <gtest/gtest.h>

namespace fengsui::evidence {
namespace {

std::string vkey(const std::string& name, std::uint8_t n, std::uint8_t type = kTypeEd25519) {
  return format_vkey(make_vkey(name, crypto::SigningKey::from_seed(base::Bytes(32, n)).public_key(), type));
}
std::string witness(const std::string& name, std::uint8_t n) { return "witness " + name + " " + vkey(name, n, kTypeCosignature) + "\n"; }

TEST(Policy, ReadsTheShapeOfThePublicExample) {
  auto text = "# trust\nlog " + vkey("o", 1) + "\n\n" + witness("X1", 2) + witness("X2", 3) + witness("X3", 4) + "group X-witnesses 2 X1 X2 X3\n" + witness("Y1", 5) +
              witness("Y2", 6) + "group Y-witnesses any Y1 Y2\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\nattester " + vkey("a", 7) + "\n";
  auto p = parse_policy(text);
  ASSERT_TRUE(p) << p.error().what;
  EXPECT_TRUE(p->quorum_met({"X1", "X3", "Y2"}));
  EXPECT_FALSE(p->quorum_met({"X1", "Y2"}));
  EXPECT_FALSE(p->quorum_met({"X1", "X2", "X3"}));
  EXPECT_FALSE(p->quorum_met({}));
  auto again = parse_policy(format_policy(*p));
  ASSERT_TRUE(again);
  EXPECT_EQ(format_policy(*again), format_policy(*p));
  EXPECT_NE(p->log("o"), nullptr);
  EXPECT_EQ(p->log("x"), nullptr);
}

TEST(Policy, ErrorsNameTheLine) {
  auto log = "log " + vkey("o", 1) + "\n";
  EXPECT_EQ(parse_policy(log + "quorum X\n").error().what, "policy, line 2: a quorum that is not defined before it");
  for (const std::string& bad : std::vector<std::string>{"", "log x\n", "group G any W\n", "witness none " + vkey("w", 2, kTypeCosignature) + "\n", "witness W " + vkey("w", 2) + "\n", "quorum none\nquorum none\n",
                          "attester\n", "frobnicate\n", witness("W", 2) + witness("W", 3), witness("W", 2) + "group G 2 W\n", witness("W", 2) + "group G 0 W\n",
                          witness("W", 2) + "group G 1 W W\n"})
    EXPECT_FALSE(parse_policy(bad.empty() ? bad : log + bad)) << bad;
  EXPECT_EQ(parse_policy(std::string(70'000, '#')).error().code, base::Errc::limit);
}

}  // namespace
}  // namespace fengsui::evidence
