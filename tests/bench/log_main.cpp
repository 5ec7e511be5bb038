// The log at work, one measurement a call, one line of JSON each. tests/bench/evidence runs them and says what was to be reached.
//   bench_log append FOLDER LEAVES BATCH     the collector's writer on real SQLite: entries, tree nodes, a signed checkpoint per batch
//   bench_log proofs SIZE…                   inclusion and consistency proofs of trees of these sizes
//   bench_log month FOLDER DAYS AGENTS SECONDS   writes bundle.zip and policy of a simulated month
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "collector/sequencer.h"
#include "evidence/checkpoint.h"
#include "log_month.h"
#include "must.h"

namespace {
using namespace fengsui;

using bench::must;
using bench::stop;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
double wall_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

int append(const std::filesystem::path& folder, std::uint64_t leaves, std::uint64_t batch) {
  auto ledger = must(store::Ledger::open(folder));
  auto* log = must(ledger->unit("510903-edu", 2026));
  auto key = crypto::SigningKey::generate();
  collector::Sequencer::Options options;
  options.unit = "510903-edu";
  options.origin = evidence::make_origin("fengsui.example.gov.cn", "510900", "510903-edu", 2026);
  options.year = 2026;
  options.published = folder / "checkpoint";
  options.key = &key;
  auto sequencer = must(collector::Sequencer::open(*log, options));
  const double wall = wall_seconds(), cpu = cpu_seconds();
  for (std::uint64_t i = 0; i < leaves;) {
    for (const auto end = std::min(leaves, i + batch); i < end; ++i) {
      store::NewEntry entry;
      entry.agent = "510903-edu/db" + std::to_string(i % 50);
      entry.seq = i / 50 + 1;
      entry.kind = "hb";
      entry.leaf = base::Bytes(640, 'a' + static_cast<std::uint8_t>(i % 26));  // with its header near the average of 687
      must(sequencer->add(std::move(entry), 1'795'483'800'000 + static_cast<base::UnixMs>(i)));
    }
    must(sequencer->commit());
    must(sequencer->checkpoint(1'795'483'800'000 + static_cast<base::UnixMs>(i)));
  }
  const double took = wall_seconds() - wall, n = static_cast<double>(leaves);
  std::printf("{\"leaves\":%llu,\"batch\":%llu,\"per_s\":%.0f,\"per_cpu_s\":%.0f}\n", static_cast<unsigned long long>(leaves),
              static_cast<unsigned long long>(batch), n / took, n / (cpu_seconds() - cpu));
  return 0;
}

// A tree of a million leaves and more is hashed in a second; its nodes lie in memory as the verifier's do.
void proofs_of(std::uint64_t size) {
  evidence::MemoryTree tree;
  double cpu = cpu_seconds();
  crypto::Digest leaf{};
  for (std::uint64_t i = 0; i < size; ++i) {
    std::memcpy(leaf.data(), &i, sizeof i);
    tree.push(leaf);
  }
  const double built = cpu_seconds() - cpu;
  const auto root = must(tree.root(size));
  constexpr std::uint64_t kTries = 20'000;
  std::uint64_t longest = 0, at = 1;
  double worst_us = 0;
  cpu = cpu_seconds();
  for (std::uint64_t i = 0; i < kTries; ++i) {
    at = (at * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL);
    const double one = wall_seconds();
    auto proof = must(evidence::inclusion_proof(tree, at % size, size));
    worst_us = std::max(worst_us, (wall_seconds() - one) * 1e6);
    longest = std::max<std::uint64_t>(longest, proof.size());
  }
  const double proved = cpu_seconds() - cpu;
  // One of each that was made is checked: what is measured is right.
  std::uint64_t index = at % size;
  std::memset(leaf.data(), 0, leaf.size());
  std::memcpy(leaf.data(), &index, sizeof index);
  must(evidence::verify_inclusion(index, size, leaf, must(evidence::inclusion_proof(tree, index, size)), root));
  cpu = cpu_seconds();
  std::uint64_t longest_consistency = 0;
  for (std::uint64_t i = 0; i < kTries; ++i) {
    at = (at * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL);
    longest_consistency = std::max<std::uint64_t>(longest_consistency, must(evidence::consistency_proof(tree, at % size + 1, size)).size());
  }
  const double consistent = cpu_seconds() - cpu;
  std::printf("{\"size\":%llu,\"build_cpu_s\":%.2f,\"inclusion_us\":%.2f,\"inclusion_worst_us\":%.0f,\"inclusion_hashes\":%llu,\"consistency_us\":%.2f,"
              "\"consistency_hashes\":%llu}\n",
              static_cast<unsigned long long>(size), built, proved / kTries * 1e6, worst_us, static_cast<unsigned long long>(longest), consistent / kTries * 1e6,
              static_cast<unsigned long long>(longest_consistency));
}

int month(const std::filesystem::path& folder, int days, int agents, int seconds) {
  auto made = bench::make_month({days, agents, seconds}, folder);
  std::printf("{\"days\":%d,\"agents\":%d,\"heartbeat_s\":%d,\"leaves\":%llu,\"findings\":%llu,\"bytes\":%llu}\n", days, agents, seconds,
              static_cast<unsigned long long>(made.leaves), static_cast<unsigned long long>(made.findings), static_cast<unsigned long long>(made.bytes));
  return 0;
}
}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "append" && argc == 5) return append(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10));
  if (what == "proofs" && argc > 2) {
    for (int i = 2; i < argc; ++i) {
      const auto size = std::strtoull(argv[i], nullptr, 10);
      if (size == 0) stop("a size above 0 is wanted");
      proofs_of(size);
    }
    return 0;
  }
  if (what == "month" && argc == 6) return month(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
  std::fputs("bench_log append FOLDER LEAVES BATCH | proofs SIZE... | month FOLDER DAYS AGENTS SECONDS\n", stderr);
  return 2;
}
