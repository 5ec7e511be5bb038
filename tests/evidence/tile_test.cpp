#include "evidence/tile.h"

#include <gtest/gtest.h>

#include <map>

#include "evidence/checkpoint.h"
#include "shared_data.h"
#include "test_log.h"

namespace fengsui::evidence {
namespace {

TEST(Tile, PathsAreThoseOfTheSpecification) {
  EXPECT_EQ(tile_path(0, 1234067), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path(1, 0, 17), "tile/1/000.p/17");
  EXPECT_EQ(entries_path(273, 112), "tile/entries/273.p/112");
  for (auto path : {"tile/0/x001/x234/067", "tile/1/000.p/17", "tile/entries/273.p/112", "tile/entries/x001/000"}) {
    auto p = parse_tile_path(path);
    ASSERT_TRUE(p) << path;
    EXPECT_EQ(p->entries ? entries_path(p->n, p->width) : tile_path(p->level, p->n, p->width), path);
  }
  for (auto path : {"tile/0/67", "tile/0/x000/067", "tile/0/067/", "tile/0/067.p/0", "tile/0/067.p/256", "tile/00/067", "tile/64/067", "tile/0/x01/067", "tile/0/../067", "tile//067",
                    "tile/0/", "/tile/0/067", "tile/0/067.p/1/2", "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/999"})
    EXPECT_FALSE(parse_tile_path(path)) << path;
}

TEST(Tile, APublicLogIsWrittenByteForByte) {
  NEEDS_LOG_VECTORS();
  auto folder = log_vectors() / "tessera-log/testdata/log";
  auto entries = parse_entry_bundle(base::view(slurp(folder / "tile/entries/000.p/15")));
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 15u);
  TestLog log;
  for (const auto& e : *entries) log.append_leaf(e);
  auto vkey = parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx");
  for (std::uint64_t n = 1; n <= 15; ++n) {
    auto path = folder / ("checkpoint." + std::to_string(n));
    if (!std::filesystem::exists(path)) continue;
    auto c = open_checkpoint(slurp(path), *vkey);
    ASSERT_TRUE(c);
    EXPECT_EQ(*log.tree.root(n), c->root) << n;
    std::map<std::string, std::string> files;
    ASSERT_TRUE(export_tiles(log.tree, log, n, [&](std::string_view name, base::View content) -> base::Status {
      files.emplace(name, base::text(content));
      return {};
    }));
    EXPECT_EQ(files.size(), 2u);
    for (const auto& [name, content] : files) EXPECT_EQ(content, slurp(folder / name)) << name;
  }
}

TEST(Tile, ATreeOfSeventyThousandHasTheTilesOfTheSpecification) {
  // Hashes only: entries are not asked for a size of 0, so a reader that has none is enough.
  class None : public EntryReader {
    base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const override {
      return std::vector<base::Bytes>(to - from, base::Bytes{1});
    }
  } none;
  MemoryTree tree;
  for (int i = 0; i < 70'000; ++i) tree.push(leaf_hash(base::Bytes{1}));
  std::map<std::string, std::size_t> files;
  ASSERT_TRUE(export_tiles(tree, none, 70'000, [&](std::string_view name, base::View content) -> base::Status {
    files.emplace(name, content.size());
    return {};
  }));
  auto count = [&](std::string_view prefix, bool partial) {
    return std::count_if(files.begin(), files.end(), [&](const auto& f) { return f.first.starts_with(prefix) && (f.first.find(".p/") != std::string::npos) == partial; });
  };
  EXPECT_EQ(count("tile/0/", false), 273);
  EXPECT_EQ(files.at("tile/0/273.p/112"), 112u * 32);
  EXPECT_EQ(count("tile/1/", false), 1);
  EXPECT_EQ(files.at("tile/1/001.p/17"), 17u * 32);
  EXPECT_EQ(files.at("tile/2/000.p/1"), 32u);
}

TEST(EntryBundle, IsRefusedWhenCutAnywhere) {
  auto bytes = entry_bundle({base::Bytes{1, 2, 3}, base::Bytes{}, base::Bytes{4}});
  EXPECT_EQ(bytes, (base::Bytes{0, 3, 1, 2, 3, 0, 0, 0, 1, 4}));
  ASSERT_EQ(parse_entry_bundle(bytes)->size(), 3u);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    bool whole = n == 0 || n == 5 || n == 7;  // ends of entries
    EXPECT_EQ(parse_entry_bundle(base::View(bytes).first(n)).has_value(), whole) << n;
  }
  EXPECT_EQ(parse_entry_bundle(base::Bytes(2 * 257, 0)).error().code, base::Errc::limit);
}

}  // namespace
}  // namespace fengsui::evidence
