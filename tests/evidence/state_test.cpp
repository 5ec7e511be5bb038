// The state that a year's log carries over: what a bundle brings must be what the collector signed.
#include <gtest/gtest.h>

#include "base/encode.h"
#include "evidence/leaf.h"
#include "evidence/shard.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

// A log that ended with a final seal, and the first leaf of the next one.
struct Handed {
  TestLog log;
  base::UnixMs cut = at(1);
  Checkpoint final;
  std::string state;
  base::Bytes shard;

  Handed() {
    Scope scope;
    scope.from = at(0);
    scope.assets = {{"db01", log.dept + "/db01", {"file_scan"}}};
    scope.heartbeat_seconds = log.iv;
    log.add_scope(at(-1, 23), scope);
    log.add_agent("db01", at(-1, 23, 30));
    log.beat(at(0), at(0, 2));
    auto seal = make_seal(log.facts(), kFirstDay, at(0), cut, *log.tree.root(log.tree.size()));
    seal.final = true;
    log.append("seal", sign_record("seal", to_json(seal), log.policy.collectors[0].name, log.keys.collector), at(1, 0, 10));
    final = {log.origin, log.tree.size(), *log.tree.root(log.tree.size())};
    Replay reader(log.policy, log.dept);
    for (const auto& leaf : log.all) reader.add(leaf, &log.tree);
    reader.next_log(final, &log.tree);
    state = reader.state(cut);
    Shard s{final.origin, final.size, final.root, log.sign_checkpoint_now(), final.size, cut, base::hex(crypto::sha256(base::view(state)))};
    shard = with_header("shard", log.dept, at(1, 0, 11), sign_record("shard", to_json(s), log.policy.collectors[0].name, log.keys.collector))->bytes;
  }

  // Problems after the first leaf of the new log, for somebody whose period begins `days` after the old log ended.
  std::uint64_t problems(const std::string& carried, int days) {
    auto reader = Replay::restore(log.policy, carried, at(1 + days) - 40LL * 86'400'000, at(2 + days), {"", 0, {}});
    EXPECT_TRUE(reader) << reader.error().what;
    MemoryTree tree;
    reader->add(shard, &tree);
    return reader->problem_count();
  }
};

TEST(State, IsTheOneThatTheShardLeafNamesHoweverLateThePeriodBegins) {
  Handed h;
  auto other = h.state;
  auto place = other.find("\"threshold\":4");
  ASSERT_NE(place, other.npos);
  other.replace(place, 13, "\"threshold\":5");
  for (int days : {0, 39, 41, 300}) {
    EXPECT_EQ(h.problems(h.state, days), 0u) << days;
    EXPECT_EQ(h.problems(other, days), 1u) << days;
  }
}

}  // namespace
}  // namespace fengsui::evidence
