// Whole random logs: what accounting says of them holds together, and their bundles are verified. coverage_test holds accounting itself against
// a painter of seconds; tests/e2e/tamper holds the page's verifier against the library on the same logs.
#include "random_log.h"

#include <gtest/gtest.h>

#include "evidence/coverage.h"
#include "evidence/facts.h"

namespace fengsui::evidence {
namespace {

const Workshop& shop() {
  static const Workshop made;
  return made;
}

Facts read(const Forgery& f) {
  MemoryTree tree;
  Replay replay(shop().policy, shop().dept);
  for (const auto& leaf : f.leaves) {
    replay.add(leaf, &tree);
    tree.push(leaf_hash(leaf));
  }
  for (const auto& p : replay.problems()) ADD_FAILURE() << "V" << p.step << " leaf " << p.leaf << ": " << p.what.en;
  return replay.facts();
}

TEST(RandomLogs, IntervalsTileWhatIsNotCovered) {
  for (unsigned seed = 20; seed < 32; ++seed) {
    auto facts = read(random_log(shop(), seed, 30));
    auto c = account(facts, shop().from, shop().to);
    CoverageTotals sum;
    const Interval* last = nullptr;
    for (const auto& i : c.intervals) {
      auto n = static_cast<std::uint64_t>((i.to - i.from) / 1000);
      EXPECT_GT(n, 0u);
      EXPECT_FALSE(i.cause.empty());
      (i.state == Cover::gap ? sum.gap : i.state == Cover::planned ? sum.planned : sum.degraded) += n;
      if (last && last->asset == i.asset && last->source == i.source) {
        EXPECT_GE(i.from, last->to);
      }
      last = &i;
    }
    EXPECT_EQ(sum.gap, c.totals.gap) << seed;
    EXPECT_EQ(sum.planned, c.totals.planned) << seed;
    EXPECT_EQ(sum.degraded, c.totals.degraded) << seed;
    // Accounting by days gives the same as accounting at once.
    CoverageTotals days;
    for (auto t = shop().from; t < shop().to; t += 86'400'000) days += account(facts, t, t + 86'400'000).totals;
    EXPECT_EQ(days, c.totals) << seed;
  }
}

TEST(RandomLogs, TheirBundlesAreVerified) {
  for (unsigned seed = 40; seed < 44; ++seed) {
    auto r = verify_files(shop().bundle(random_log(shop(), seed)), shop().policy, {});
    EXPECT_TRUE(r.verified) << seed << "\n" << to_text(r, false);
  }
}

}  // namespace
}  // namespace fengsui::evidence
