// How fast the ledger takes leaves, durable, against a plain SQLite insert loop of the same bytes in the same run: one
// table, no index, no tree, same journal mode, same batches. Prints rates, CPU time and their ratio; judges nothing.
//   bench_store [FOLDER [LEAVES [BATCH]]]
#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "evidence/merkle.h"
#include "store/ledger.h"

namespace {

using namespace fengsui;

struct Took {
  double wall = 0, cpu = 0;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

template <class Work>
Took timed(Work work) {
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), cpu_seconds() - cpu};
}

[[noreturn]] void stop(const std::string& what) {
  std::fprintf(stderr, "bench_store: %s\n", what.c_str());
  std::exit(1);
}

store::NewEntry entry(std::uint64_t seq, bool with_detail) {
  store::NewEntry out;
  out.agent = "510903-edu/db" + std::to_string(seq % 50);
  out.seq = seq / 50 + 1;
  out.kind = with_detail ? "find" : "hb";
  out.rx = out.time = 1'795'483'800'000 + static_cast<base::UnixMs>(seq);
  out.leaf = base::Bytes(687, static_cast<std::uint8_t>(seq));  // average of evidence.md 2.3
  for (int i = 0; i < 8; ++i) out.leaf[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(seq >> (8 * i));
  out.leaf_hash = evidence::leaf_hash(out.leaf);
  if (with_detail) {
    out.rule = "data.personal." + std::to_string(seq % 20);
    out.severity = static_cast<std::uint8_t>(1 + seq % 5);
    out.stage = static_cast<std::uint8_t>(1 + seq % 6);
    out.detail = std::string(1200, 'd');
  }
  return out;
}

Took plain(const std::filesystem::path& file, const std::vector<store::NewEntry>& all, std::size_t batch) {
  sqlite3* db = nullptr;
  const auto run = [&](const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) stop(sqlite3_errmsg(db));
  };
  if (sqlite3_open(file.c_str(), &db) != SQLITE_OK) stop("open");
  run("PRAGMA journal_mode=WAL");
  run("PRAGMA synchronous=FULL");
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, leaf BLOB, detail BLOB)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO t(leaf, detail) VALUES(?1, ?2)", -1, &insert, nullptr);
  const Took took = timed([&] {
    for (std::size_t i = 0; i < all.size(); i += batch) {
      run("BEGIN IMMEDIATE");
      for (std::size_t k = i; k < std::min(all.size(), i + batch); ++k) {
        sqlite3_bind_blob64(insert, 1, all[k].leaf.data(), all[k].leaf.size(), SQLITE_STATIC);
        sqlite3_bind_blob64(insert, 2, all[k].detail.data(), all[k].detail.size(), SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) stop(sqlite3_errmsg(db));
        sqlite3_reset(insert);
      }
      run("COMMIT");
    }
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return took;
}

Took ledger(const std::filesystem::path& folder, const std::vector<store::NewEntry>& all, std::size_t batch) {
  auto opened = store::Ledger::open(folder);
  if (!opened) stop(opened.error().what);
  auto log = (*opened)->unit("510903-edu", 2026);
  if (!log) stop(log.error().what);
  std::vector<std::vector<store::NewEntry>> batches;
  for (std::size_t i = 0; i < all.size(); i += batch)
    batches.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(i),
                         all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), i + batch)));
  return timed([&] {
    for (const auto& one : batches) {
      auto done = (*log)->append(one);
      if (!done) stop(done.error().what);
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path top = std::filesystem::path(argc > 1 ? argv[1] : ".") / "bench_store.tmp";
  const std::size_t leaves = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  std::filesystem::remove_all(top);
  std::filesystem::create_directories(top);
  std::vector<std::size_t> batches = {100, 1000, 10'000};
  if (argc > 3) batches = {std::strtoull(argv[3], nullptr, 10)};
  for (const bool with_detail : {false, true}) {
    std::vector<store::NewEntry> all;
    for (std::size_t i = 0; i < leaves; ++i) all.push_back(entry(i, with_detail));
    for (const std::size_t batch : batches) {
      const std::string name = std::to_string(batch) + (with_detail ? "d" : "h");
      const Took reference = plain(top / ("plain" + name), all, batch);
      const Took ours = ledger(top / ("ledger" + name), all, batch);
      const double n = static_cast<double>(leaves);
      std::printf(
          "{\"records\":\"%s\",\"leaves\":%zu,\"batch\":%zu,\"ledger_per_s\":%.0f,\"ledger_per_cpu_s\":%.0f,\"ledger_"
          "cpu_s\":%.2f,"
          "\"plain_per_s\":%.0f,\"plain_cpu_s\":%.2f,\"wall_ratio\":%.2f,\"cpu_ratio\":%.2f}\n",
          with_detail ? "finding" : "heartbeat", leaves, batch, n / ours.wall, n / ours.cpu, ours.cpu,
          n / reference.wall, reference.cpu, ours.wall / reference.wall, ours.cpu / reference.cpu);
      std::fflush(stdout);
    }
  }
  std::filesystem::remove_all(top);
  return 0;
}
