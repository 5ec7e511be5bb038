// Every tampering is refused, by the step and at the position that the table names.
#include "tamper.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace fengsui::evidence {
namespace {

const Workshop& shop() {
  static const Workshop made;
  return made;
}

VerifyResult examine(const Tampered& t) {
  auto policy = parse_policy(t.policy);
  EXPECT_TRUE(policy);
  VerifyOptions o;
  o.dept = t.unit;
  if (!t.from.empty()) o.from = base::start_of(*base::parse_day(t.from));
  if (!t.to.empty()) o.to = base::start_of(*base::parse_day(t.to));
  if (!t.last_seen.empty()) o.last_seen = *open_checkpoint(t.last_seen, policy->logs[0]);
  if (!t.revocations.empty()) o.revoked = *open_revocations(t.revocations, policy->attesters);
  return verify_bundle(t.zip, *policy, o);
}

class Tampering : public ::testing::TestWithParam<TamperCase> {};

TEST_P(Tampering, IsRefusedByItsStepAtItsPosition) {
  auto t = GetParam().make(shop());
  auto r = examine(t);
  auto told = to_text(r, false);
  EXPECT_EQ(to_json(r).text("verdict"), t.verdict) << told;
  const auto& step = r.steps[static_cast<std::size_t>(t.step)];
  auto state = t.verdict == "verified" ? StepState::passed : t.verdict == "incomplete" ? StepState::incomplete : StepState::failed;
  EXPECT_EQ(step.state, state) << told;
  EXPECT_EQ(step.leaf, t.leaf) << told;
  EXPECT_EQ(step.day, t.day) << told;
  if (t.leaf >= 0) {
    EXPECT_EQ(r.first_broken, t.leaf) << told;
    EXPECT_EQ(r.first_broken_day, t.day) << told;
  }
  EXPECT_EQ(exit_code(r), t.verdict == "verified" ? 0 : t.verdict == "incomplete" ? 3 : 1);
}

INSTANTIATE_TEST_SUITE_P(Of, Tampering, ::testing::ValuesIn(tamper_cases()), [](const auto& test) { return std::string(test.param.name); });

TEST(Workshop, MakesTheSameBundleEachTime) { EXPECT_EQ(Workshop().clean(), shop().clean()); }

}  // namespace
}  // namespace fengsui::evidence
