// Rates of the log: hashing a leaf into the tree, verifying an agent's records, one thread. Each against a plain SHA-256 of the same
// bytes in the same run, in CPU time.
#include <benchmark/benchmark.h>

#include "evidence/chain.h"
#include "evidence/chain_reader.h"
#include "evidence/leaf.h"
#include "evidence/merkle.h"

namespace {
using namespace fengsui;

struct Made {
  crypto::SigningKey identity = crypto::SigningKey::from_seed(base::Bytes(32, 1));
  std::vector<std::string> notes;
  std::vector<base::Bytes> leaves;
  Made() {
    evidence::Chain chain("u/a", crypto::SigningKey::from_seed(base::Bytes(32, 1)), "boot", 0, {});
    auto keep = [&](const evidence::Record& r, const char* kind) {
      chain.commit();
      notes.push_back(r.note);
      leaves.push_back(evidence::with_header(kind, "u", 1, r.note)->bytes);
    };
    keep(chain.boot(1, "start", "ab"), "boot");
    for (int i = 0; i < 1'000; ++i) {
      evidence::HeartbeatInput in;
      in.t1 = in.b1 = 60'000;
      in.sources = {{"file_scan", {model::Stage::storage}, model::SensorState::effective, "", {}}};
      keep(chain.heartbeat(in), "hb");
    }
  }
};
const Made& made() {
  static const Made m;
  return m;
}

void sha256_of_leaves(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sha256(base::View(made().leaves[i++ % made().leaves.size()])));
  state.SetItemsProcessed(state.iterations());
}
void append_leaf(benchmark::State& state) {
  evidence::CompactRange range;
  std::vector<evidence::TreeNode> nodes;
  std::size_t i = 0;
  for (auto _ : state) {
    nodes.clear();
    range.push(evidence::leaf_hash(made().leaves[i++ % made().leaves.size()]), nodes);
    benchmark::DoNotOptimize(nodes.data());
  }
  state.SetItemsProcessed(state.iterations());
}
void verify_leaf(benchmark::State& state) {
  std::size_t i = made().notes.size();
  evidence::ChainReader reader(evidence::make_vkey("u/a", made().identity.public_key()));
  for (auto _ : state) {
    if (i == made().notes.size()) {
      reader = evidence::ChainReader(evidence::make_vkey("u/a", made().identity.public_key()));
      i = 0;
    }
    benchmark::DoNotOptimize(evidence::parse_leaf(made().leaves[i]));
    if (!reader.accept(made().notes[i++])) state.SkipWithError("a record was refused");
  }
  state.SetItemsProcessed(state.iterations());
}
void inclusion_proof(benchmark::State& state) {
  static const evidence::MemoryTree* tree = [] {
    auto* t = new evidence::MemoryTree;
    for (int i = 0; i < 1'000'003; ++i) t->push(crypto::Digest{static_cast<std::uint8_t>(i)});
    return t;
  }();
  std::uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(evidence::inclusion_proof(*tree, i = (i * 7919 + 1) % tree->size(), tree->size()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(sha256_of_leaves);
BENCHMARK(append_leaf);
BENCHMARK(verify_leaf);
BENCHMARK(inclusion_proof);
}  // namespace

BENCHMARK_MAIN();
