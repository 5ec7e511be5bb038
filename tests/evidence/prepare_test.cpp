// Leaves prepared out of order and on threads: every verdict is the one that reading them one by one gives.
#include "evidence/prepare.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "random_log.h"
#include "tamper.h"

namespace fengsui::evidence {
namespace {

const Workshop& shop() {
  static const Workshop made;
  return made;
}

void backwards(std::size_t n, const std::function<void(std::size_t)>& work) {
  while (n > 0) work(--n);
}
void on_four_threads(std::size_t n, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < n; k = next++) work(k);
    });
}

std::string verdict(const Files& files, const Policy& policy, Parallel parallel) {
  VerifyOptions options;
  options.parallel = std::move(parallel);
  return to_json(verify_files(files, policy, options)).dump();
}

TEST(Prepared, EveryInsidersTamperingGivesTheSameVerdict) {
  for (const auto& one : insider_cases()) {
    auto t = one.make(shop());
    auto files = read_zip(t.zip, {});
    auto policy = parse_policy(t.policy);
    ASSERT_TRUE(files && policy) << one.name;
    EXPECT_EQ(verdict(*files, *policy, {}), verdict(*files, *policy, backwards)) << one.name;
  }
}

TEST(Prepared, RandomLogsGiveTheSameVerdictOnThreads) {
  for (unsigned seed : {7u, 8u, 9u}) {
    auto files = shop().bundle(random_log(shop(), seed, 30));
    EXPECT_EQ(verdict(files, shop().policy, {}), verdict(files, shop().policy, on_four_threads)) << seed;
  }
}

// The guess is right for every record of an honest log: nothing is checked twice.
TEST(Prepared, EveryRecordOfAnHonestAgentIsSeenGood) {
  std::size_t records = 0;
  Preparer preparer(backwards);
  const std::span<const base::Bytes> all(shop().leaves);
  for (std::size_t at = 0; at < all.size(); at += 100)  // guesses go on from block to block
    for (const auto& one : preparer.prepare(all.subspan(at, std::min<std::size_t>(100, all.size() - at)))) {
      ASSERT_TRUE(one.leaf);
      const bool agents = one.leaf->kind == "boot" || one.leaf->kind == "hb" || one.leaf->kind == "find";
      EXPECT_EQ(one.seen.has_value(), agents);
      if (!agents) continue;
      EXPECT_EQ(one.seen->state, SignatureState::good);
      ++records;
    }
  EXPECT_GT(records, 300u);
}

TEST(Prepared, BytesThatAreNoLeafStayInTheirPlace) {
  std::vector<base::Bytes> leaves = {base::to_bytes("garbage"), shop().leaves[0], {}};
  auto out = Preparer(backwards).prepare(leaves);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_FALSE(out[0].leaf);
  EXPECT_TRUE(out[1].leaf);
  EXPECT_FALSE(out[2].leaf);
}

}  // namespace
}  // namespace fengsui::evidence
