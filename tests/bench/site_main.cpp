// What matching against a site's own data costs: one look-up of a value against a set of growing size, one of a document against a
// library of growing size, and a scan with site rules against the same scan without. CPU time; ratios against a reference in the
// same run. One line of JSON a measurement.
//   bench_site FOLDER [VALUES…]      files are made in FOLDER; sets of 100,000, 1,000,000 and 10,000,000 values unless told
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "classify/examination.h"
#include "classify/site/documents.h"
#include "classify/site/exact_build.h"

using namespace fengsui;
using namespace fengsui::classify;

namespace {

double cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

template <class Work>
double each_ns(std::size_t n, Work work) {
  const double from = cpu_ns();
  for (std::size_t i = 0; i < n; ++i) work(i);
  return (cpu_ns() - from) / static_cast<double>(n);
}

std::string value(std::uint64_t i) { return std::to_string(10'000'000'000'000'000u + i * 977); }

int sets(const MatchKey& key, const std::filesystem::path& folder, std::uint64_t values) {
  const auto file = folder / "bench.exact";
  const double from = cpu_ns();
  auto making = ExactBuild::begin(key, {"bench", "bank_card", {}, false}, file);
  if (!making) return std::fprintf(stderr, "%s\n", making.error().what.c_str()), 1;
  for (std::uint64_t i = 0; i < values; ++i)
    if (auto ok = making->add(base::view(value(i))); !ok) return std::fprintf(stderr, "%s\n", ok.error().what.c_str()), 1;
  const auto totals = making->finish();
  if (!totals) return std::fprintf(stderr, "%s\n", totals.error().what.c_str()), 1;
  const double built = (cpu_ns() - from) / static_cast<double>(values);
  const double opening = cpu_ns();
  const auto set = ExactSet::open(file, key);
  if (!set) return std::fprintf(stderr, "%s\n", set.error().what.c_str()), 1;
  const double opened_ms = (cpu_ns() - opening) / 1e6;
  constexpr std::size_t kAsked = 200'000;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> hits, misses;
  for (std::size_t i = 0; i < kAsked; ++i) hits.push_back(key.exact(value(random() % values)));
  for (std::size_t i = 0; i < kAsked; ++i) misses.push_back(random());
  std::size_t found = 0, alarms = 0;
  const double hit = each_ns(kAsked, [&](std::size_t i) { found += set->view().contains(hits[i]); });
  const double miss = each_ns(kAsked, [&](std::size_t i) { found += set->view().contains(misses[i]); });
  for (const std::uint64_t digest : misses) alarms += set->view().may_contain(digest);
  const double keyed = each_ns(kAsked, [&](std::size_t i) { found += key.exact(value(i)) == 0; });
  const double whole = each_ns(kAsked, [&](std::size_t i) {
    const std::string one = value(i);
    found += set->view().contains(key.exact(match_value("bank_card", base::view(one)))) ? 1 : 0;
  });
  std::printf("%s\n", fmt::format(R"({{"set":{},"bytes_per_value":{:.2f},"build_ns_per_value":{:.0f},"open_ms":{:.1f},"hit_ns":{:.0f},"miss_ns":{:.0f},"hmac_ns":{:.0f},"value_ns":{:.0f},"value_per_hmac":{:.2f},"false_alarm":{:.5f}}})",
                                  values, static_cast<double>(totals->bytes) / static_cast<double>(values), built, opened_ms, hit, miss, keyed, whole, whole / keyed,
                                  static_cast<double>(alarms) / kAsked).c_str());
  std::filesystem::remove(file);
  return found >= kAsked ? 0 : 1;
}

// Documents are made as sketches of random values: what counts is how many there are, not what they say.
void documents(std::size_t n) {
  std::mt19937_64 random(2);
  std::vector<Document> all(n);
  for (std::size_t i = 0; i < n; ++i) {
    all[i].label = std::to_string(i);
    all[i].print.sketch.emplace();
    all[i].print.sketch->grams = 1000;
    all[i].print.sketch->simhash = random();
    for (auto& bin : all[i].print.sketch->bins) bin = static_cast<std::uint16_t>(random());
  }
  std::vector<Print> asked;
  for (std::size_t i = 0; i < 2000; ++i) {
    Print p = all[random() % n].print;
    p.whole = false;  // by its sketch, not by its digest
    for (std::size_t k = 0; k < 25; ++k) p.sketch->bins[random() % kBins] = static_cast<std::uint16_t>(random());
    asked.push_back(p);
  }
  const Documents index(std::move(all));
  std::size_t found = 0;
  const double ns = each_ns(asked.size(), [&](std::size_t i) { found += index.find(asked[i]).has_value(); });
  std::printf("%s\n", fmt::format(R"({{"documents":{},"find_us":{:.1f},"found":{},"of":{}}})", n, ns / 1000, found, asked.size()).c_str());
}

double scan_mb_per_s(const Engine& engine, const std::string& text) {
  const double from = cpu_ns();
  const auto found = engine.detect(base::view(text));
  return static_cast<double>(text.size()) * 1000 / (cpu_ns() - from) + static_cast<double>(found.empty()) * 0;
}

int rules(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  const fs::path with = folder / "rules";
  fs::remove_all(with);
  fs::create_directories(with / "site");
  for (const auto& entry : fs::directory_iterator(FENGSUI_SOURCE_DIR "/rules"))
    if (entry.path().filename() != "site") fs::create_directory_symlink(entry.path(), with / entry.path().filename());
  for (int i = 0; i < 20; ++i)
    std::ofstream(with / "site" / (std::to_string(i) + ".toml"))
        << "id = \"r" << i << "\"\nname = {zh = \"编号\", en = \"Number\"}\npattern = 'SN" << char('A' + i)
        << "T-\\d{4}-\\d{6}|合同编号[:：]" << i << "\\d{6}'\nclass = \"business\"\ngrade = \"g3\"\n[[tests]]\ntext = \"x\"\nexpect = \"clear\"\n[[tests]]\ntext = \"y\"\nexpect = \"none\"\n";
  const auto plain = Engine::load(FENGSUI_SOURCE_DIR "/rules"), more = Engine::load(with);
  if (!plain || !more) return std::fprintf(stderr, "%s\n", (!plain ? plain : more).error().what.c_str()), 1;
  std::string text;
  while (text.size() < (32u << 20)) text += "2026-11-24 08:00:00 info 办理 事项 受理 编号 appr-" + std::to_string(text.size()) + " 说明：材料齐全，予以受理\n";
  double without = 0, beside = 0;
  for (int i = 0; i < 3; ++i) without = std::max(without, scan_mb_per_s(**plain, text)), beside = std::max(beside, scan_mb_per_s(**more, text));
  std::printf("%s\n", fmt::format(R"({{"site_rules":20,"plain_mb_per_s":{:.0f},"with_rules_mb_per_s":{:.0f},"ratio":{:.2f}}})", without, beside, beside / without).c_str());
  fs::remove_all(with);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: bench_site FOLDER [VALUES...]\n"), 2;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  base::Bytes secret(32, 7);
  const MatchKey key{base::View(secret)};
  std::vector<std::uint64_t> sizes;
  for (int i = 2; i < argc; ++i) sizes.push_back(std::strtoull(argv[i], nullptr, 10));
  if (sizes.empty()) sizes = {100'000, 1'000'000, 10'000'000};
  for (const std::uint64_t n : sizes)
    if (const int code = sets(key, argv[1], n); code != 0) return code;
  for (const std::size_t n : {1'000u, 10'000u, 100'000u}) documents(n);
  return rules(argv[1]);
}
