#include "classify/extract/ole.h"

#include <algorithm>

#include "classify/extract/charsets.h"

namespace fengsui::classify::extract {
namespace {

constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // above it: free, end of a chain and the like
constexpr std::size_t kHeader = 512, kEntry = 128, kHeaderDifat = 109;

std::uint32_t u32(base::View v, std::size_t at) { return v[at] | v[at + 1] << 8 | v[at + 2] << 16 | static_cast<std::uint32_t>(v[at + 3]) << 24; }
std::vector<std::uint32_t> numbers(base::View v) {
  std::vector<std::uint32_t> out;
  out.reserve(v.size() / 4);
  for (std::size_t i = 0; i + 4 <= v.size(); i += 4) out.push_back(u32(v, i));
  return out;
}

}  // namespace

base::View Ole::sector(std::uint32_t number) const {
  const std::uint64_t at = (static_cast<std::uint64_t>(number) + 1) << sector_shift_;
  if (number > kLastSector || at >= bytes_.size()) return {};
  return bytes_.subspan(at, std::min<std::uint64_t>(1ull << sector_shift_, bytes_.size() - at));
}

base::Bytes Ole::chain(std::uint32_t start, std::uint64_t size) const {
  base::Bytes out;
  out.reserve(std::min<std::uint64_t>(size, bytes_.size()));
  std::size_t steps = 0;
  for (std::uint32_t s = start; s < fat_.size() && out.size() < size && steps <= fat_.size(); s = fat_[s], ++steps) {
    const base::View piece = sector(s);
    if (piece.empty()) break;
    base::append(out, piece.first(std::min<std::uint64_t>(piece.size(), size - out.size())));
  }
  return out;
}

base::Status Ole::read_header() {
  if (bytes_.size() < kHeader) return base::fail(base::Errc::truncated, "compound file of " + std::to_string(bytes_.size()) + " bytes");
  base::Reader r(bytes_);
  r.skip(26);
  const std::uint16_t version = r.u16le();
  r.skip(2);
  sector_shift_ = r.u16le();
  mini_shift_ = r.u16le();
  if ((version != 3 && version != 4) || (sector_shift_ != 9 && sector_shift_ != 12) || mini_shift_ != 6)
    return base::fail(base::Errc::malformed, "compound file: version or sector size");
  r.skip(6 + 4 + 4);  // reserved, directory sectors, FAT sectors
  directory_start_ = r.u32le();
  r.skip(4);
  mini_cutoff_ = r.u32le();
  mini_fat_start_ = r.u32le();
  r.skip(4);
  std::uint32_t difat = r.u32le();
  r.skip(4);
  const std::size_t sectors = (bytes_.size() >> sector_shift_) + 1;
  std::vector<std::uint32_t> fat_sectors = numbers(bytes_.subspan(76, kHeaderDifat * 4));
  for (std::size_t steps = 0; difat <= kLastSector && steps < sectors; ++steps) {
    auto more = numbers(sector(difat));
    if (more.empty()) break;
    difat = more.back();
    more.pop_back();
    fat_sectors.insert(fat_sectors.end(), more.begin(), more.end());
  }
  for (const std::uint32_t s : fat_sectors) {
    if (s > kLastSector || fat_.size() > sectors + (1u << sector_shift_)) continue;
    const auto more = numbers(sector(s));
    fat_.insert(fat_.end(), more.begin(), more.end());
  }
  return {};
}

base::Status Ole::read_directory() {
  const base::Bytes directory = chain(directory_start_, std::min<std::uint64_t>(bytes_.size(), kMaxEntries * kEntry));
  struct Links {
    std::uint32_t left, right, child;
  };
  std::vector<Links> links;
  for (std::size_t at = 0; at + kEntry <= directory.size(); at += kEntry) {
    const base::View raw = base::View(directory).subspan(at, kEntry);
    Entry e;
    const std::size_t name = std::min<std::size_t>(raw[64] | raw[65] << 8, 64);
    if (name >= 2) e.name = Charsets::utf16_le(raw.first((name - 2) & ~std::size_t{1}));
    e.storage = raw[66] == 1 || raw[66] == 5;
    if (raw[66] == 0) e.name.clear();
    links.push_back({u32(raw, 68), u32(raw, 72), u32(raw, 76)});
    e.start = u32(raw, 116);
    e.size = u32(raw, 120) | (sector_shift_ == 12 ? static_cast<std::uint64_t>(u32(raw, 124)) << 32 : 0);
    e.parent = 0xFFFFFFFF;
    entries_.push_back(std::move(e));
  }
  if (entries_.empty() || !entries_[0].storage) return base::fail(base::Errc::malformed, "compound file without a root");
  // The siblings of a storage are a tree; each entry is reached once.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> todo = {{links[0].child, 0}};
  while (!todo.empty()) {
    const auto [index, parent] = todo.back();
    todo.pop_back();
    if (index >= entries_.size() || index == 0 || entries_[index].parent != 0xFFFFFFFF) continue;
    entries_[index].parent = parent;
    todo.emplace_back(links[index].left, parent);
    todo.emplace_back(links[index].right, parent);
    if (entries_[index].storage) todo.emplace_back(links[index].child, index);
  }
  return {};
}

base::Result<Ole> Ole::open(base::View bytes) {
  Ole out(bytes);
  if (auto ok = out.read_header(); !ok) return std::unexpected(ok.error());
  if (auto ok = out.read_directory(); !ok) return std::unexpected(ok.error());
  out.mini_fat_ = numbers(out.chain(out.mini_fat_start_, bytes.size()));
  out.mini_ = out.chain(out.entries_[0].start, out.entries_[0].size);
  return out;
}

std::optional<std::uint32_t> Ole::find(std::string_view name, std::uint32_t storage) const {
  for (std::uint32_t i = 1; i < entries_.size(); ++i)
    if (entries_[i].parent == storage && entries_[i].name == name) return i;
  return std::nullopt;
}

base::Result<base::Bytes> Ole::read(const Entry& entry, std::uint64_t limit) const {
  if (entry.size > limit) return base::fail(base::Errc::limit, "stream of " + std::to_string(entry.size) + " bytes; limit " + std::to_string(limit));
  if (entry.size >= mini_cutoff_) return chain(entry.start, entry.size);
  base::Bytes out;
  std::size_t steps = 0;
  const std::size_t piece = std::size_t{1} << mini_shift_;
  for (std::uint32_t s = entry.start; s < mini_fat_.size() && out.size() < entry.size && steps <= mini_fat_.size(); s = mini_fat_[s], ++steps) {
    const std::uint64_t at = static_cast<std::uint64_t>(s) << mini_shift_;
    if (at >= mini_.size()) break;
    base::append(out, base::View(mini_).subspan(at, std::min<std::uint64_t>({piece, mini_.size() - at, entry.size - out.size()})));
  }
  return out;
}

}  // namespace fengsui::classify::extract
