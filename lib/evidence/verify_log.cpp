#include "evidence/verify_log.h"

#include <algorithm>
#include <bit>

#include "evidence/leaf.h"
#include "evidence/tile.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

const base::Bytes* find(const Files& files, const std::string& path) {
  auto it = files.find(path);
  return it == files.end() ? nullptr : &it->second;
}

unsigned width_of(std::uint64_t count, std::uint64_t n) { return static_cast<unsigned>(std::min<std::uint64_t>(kTileWidth, count - n * kTileWidth)); }

class LogCheck {
 public:
  LogCheck(const Files& files, BundleLog& log, const LogFault& fault) : files_(files), log_(log), fault_(fault) {}

  bool run() {
    if (log_.at.size > kMaxVerifiedLeaves) {
      report(-1, "日志过大", "a log of " + std::to_string(log_.at.size) + " leaves; this build reads " + std::to_string(kMaxVerifiedLeaves));
      return true;
    }
    if (log_.from != 0) {
      auto grown = MemoryTree::continued(TileFiles(files_, log_.folder, log_.at.size), log_.from, log_.seen);
      if (!grown) {
        report(-1, "缺少已核验部分的哈希，或与其根不符", "the hashes of the part that was verified before are missing or give another root: " + grown.error().what);
        return true;
      }
      log_.tree = std::move(*grown);
    }
    for (auto n = log_.from / kTileWidth; n * kTileWidth < log_.at.size; ++n)
      if (!bundle(n)) break;
    if (log_.read() != log_.at.size || broken_) return true;
    auto root = log_.tree.root(log_.at.size);
    if (!root || *root != log_.at.root) return false;
    upper_tiles();
    return true;
  }

 private:
  void report(std::int64_t index, std::string zh, std::string en) {
    broken_ = true;
    fault_(index, std::move(zh), std::move(en));
  }
  void report_at(std::uint64_t index, std::string zh, std::string en) { report(static_cast<std::int64_t>(index), std::move(zh), std::move(en)); }

  bool bundle(std::uint64_t n) {
    auto width = width_of(log_.at.size, n);
    auto bytes = narrowest(entries_path, n, width);
    auto leaves = bytes ? parse_entry_bundle(*bytes) : base::Result<std::vector<base::Bytes>>(fail(Errc::not_found, "an entry bundle is missing"));
    if (!leaves) {
      report_at(std::max(log_.read(), n * kTileWidth), "条目包缺失或损坏", entries_path(n, width) + ": " + leaves.error().what);
      return false;
    }
    auto first = n * kTileWidth;
    for (std::size_t i = 0; i < leaves->size(); ++i) {
      if (first + i < log_.from) continue;
      log_.tree.push(leaf_hash((*leaves)[i]));
      log_.leaves.push_back(std::move((*leaves)[i]));
    }
    compare_tile(n, width, first);
    if (leaves->size() == width) return true;
    report_at(std::min<std::uint64_t>(first + std::min<std::uint64_t>(leaves->size(), width), log_.at.size - 1), "条目数目不对", "entries are missing or too many");
    return false;
  }

  // A log whose tail was cut may still hold the narrower file: it says where the cut is.
  template <class Path>
  const base::Bytes* narrowest(Path path, std::uint64_t n, unsigned width) const {
    for (unsigned w = width; w >= 1; --w)
      if (auto f = find(files_, log_.folder + path(n, w))) return f;
    return nullptr;
  }

  void compare_tile(std::uint64_t n, unsigned width, std::uint64_t first) {
    auto stored = narrowest([](std::uint64_t at, unsigned w) { return tile_path(0, at, w); }, n, width);
    auto hashes = stored ? parse_tile(*stored) : base::Result<std::vector<Digest>>(fail(Errc::not_found, "a tile is missing"));
    if (!hashes) return report_at(first, "哈希块缺失或损坏", tile_path(0, n, width) + ": " + hashes.error().what);
    for (std::uint64_t i = 0; i < width; ++i) {
      if (first + i < log_.from) continue;
      auto own = log_.tree.node(0, first + i);
      if (i >= hashes->size() || !own || *own != (*hashes)[i]) return report_at(first + i, "此处的记录被改动、删除或调换", "a leaf here was changed, removed or moved");
    }
  }

  // Those that hold something which was read here; a bundle for a later visit leaves out the others.
  void upper_tiles() {
    std::uint64_t count = log_.at.size / kTileWidth, from = log_.from / kTileWidth;
    for (unsigned level = 1; count > 0; ++level, count /= kTileWidth, from /= kTileWidth)
      for (std::uint64_t n = from / kTileWidth; n * kTileWidth < count; ++n) {
        auto width = width_of(count, n);
        auto stored = find(files_, log_.folder + tile_path(level, n, width));
        auto hashes = stored ? parse_tile(*stored) : base::Result<std::vector<Digest>>(fail(Errc::not_found, ""));
        bool same = hashes && hashes->size() == width;
        for (std::uint64_t i = 0; same && i < width; ++i) {
          if (n * kTileWidth + i < from) continue;
          auto own = log_.tree.node(level * 8, n * kTileWidth + i);
          same = own && *own == (*hashes)[i];
        }
        if (!same) return report(-1, "上层哈希块不符", "an upper tile differs: " + tile_path(level, n, width));
      }
  }

  const Files& files_;
  BundleLog& log_;
  const LogFault& fault_;
  bool broken_ = false;
};
}  // namespace

base::Result<Digest> TileFiles::node(unsigned level, std::uint64_t index) const {
  const unsigned tile_level = level / 8, up = level % 8;
  const auto count = tile_level >= 8 ? 0 : size_ >> (8 * tile_level);
  const auto first = index << up, last = first + (std::uint64_t{1} << up);
  if (index >= (std::uint64_t{1} << 56) || last > count) return fail(Errc::not_found, "a node outside the tree");
  const auto n = first / kTileWidth;
  auto stored = find(files_, folder_ + tile_path(tile_level, n, width_of(count, n)));
  if (!stored) return fail(Errc::not_found, tile_path(tile_level, n, width_of(count, n)) + " is not in the bundle");
  auto hashes = parse_tile(*stored);
  if (!hashes) return std::unexpected(hashes.error());
  if (last - n * kTileWidth > hashes->size()) return fail(Errc::truncated, "a tile of too few hashes");
  std::vector<Digest> row(hashes->begin() + static_cast<std::ptrdiff_t>(first - n * kTileWidth), hashes->begin() + static_cast<std::ptrdiff_t>(last - n * kTileWidth));
  while (row.size() > 1) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    row.resize(row.size() / 2);
  }
  return row.front();
}

std::string BundleLog::day_of(std::uint64_t index) const {
  if (index < from) return "";
  for (std::uint64_t i = std::min<std::uint64_t>(index - from + 1, leaves.size()); i-- > 0;)
    if (auto leaf = parse_leaf(leaves[i]); leaf && leaf->rx) return base::to_string(base::day_of(*leaf->rx));
  return "";
}

bool read_bundle_log(const Files& files, BundleLog& log, const LogFault& fault) { return LogCheck(files, log, fault).run(); }

}  // namespace fengsui::evidence
