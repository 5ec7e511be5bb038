#include "evidence/tile.h"

#include <charconv>

#include "base/encode.h"

namespace fengsui::evidence {

namespace {
using base::Errc;
using base::fail;

std::string group(std::uint64_t n) {
  auto digits = std::to_string(n);
  return std::string(3 - digits.size(), '0') + digits;
}
std::string index_path(std::uint64_t n) {
  std::string out = group(n % 1000);
  while ((n /= 1000) != 0) out = "x" + group(n % 1000) + "/" + out;
  return out;
}
std::string with_width(std::string path, unsigned width) {
  FENGSUI_ASSERT(width >= 1 && width <= kTileWidth);
  return width == kTileWidth ? path : path + ".p/" + std::to_string(width);
}
// Width of tile n of a row that holds `count` hashes.
unsigned width_of(std::uint64_t count, std::uint64_t n) {
  std::uint64_t left = count - n * kTileWidth;
  return left >= kTileWidth ? kTileWidth : static_cast<unsigned>(left);
}
bool number(std::string_view text, std::uint64_t& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}
}  // namespace

std::string tile_path(unsigned level, std::uint64_t n, unsigned width) {
  return with_width("tile/" + std::to_string(level) + "/" + index_path(n), width);
}
std::string entries_path(std::uint64_t n, unsigned width) { return with_width("tile/entries/" + index_path(n), width); }

base::Result<TilePath> parse_tile_path(std::string_view path) {
  auto bad = [] { return fail(Errc::malformed, "not a tile path"); };
  std::string_view rest = path;
  if (path.size() > 128 || !rest.starts_with("tile/")) return bad();
  rest.remove_prefix(5);
  TilePath out;
  auto slash = rest.find('/');
  if (slash == rest.npos) return bad();
  auto level = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  std::uint64_t value = 0;
  if (level == "entries") out.entries = true;
  else if (!number(level, value) || value > 63) return bad();
  else out.level = static_cast<unsigned>(value);
  if (auto partial = rest.find(".p/"); partial != rest.npos) {
    if (!number(rest.substr(partial + 3), value) || value < 1 || value >= kTileWidth) return bad();
    out.width = static_cast<unsigned>(value);
    rest = rest.substr(0, partial);
  }
  for (bool more = true; more;) {
    more = rest.starts_with('x');
    if (more) rest.remove_prefix(1);
    if (rest.size() < 3 || !number(rest.substr(0, 3), value) || out.n > UINT64_MAX / 1000 - 1) return bad();
    out.n = out.n * 1000 + value;
    rest.remove_prefix(3);
    if (more) {
      if (!rest.starts_with('/')) return bad();
      rest.remove_prefix(1);
    }
  }
  // Only the one spelling that we write.
  if (path != (out.entries ? entries_path(out.n, out.width) : tile_path(out.level, out.n, out.width))) return bad();
  return out;
}

base::Result<base::Bytes> tile_bytes(const HashReader& reader, unsigned level, std::uint64_t n, unsigned width) {
  base::Bytes out;
  out.reserve(width * sizeof(Digest));
  for (unsigned i = 0; i < width; ++i) {
    auto hash = reader.node(level * 8, n * kTileWidth + i);
    if (!hash) return std::unexpected(hash.error());
    base::append(out, base::View(*hash));
  }
  return out;
}

base::Result<std::vector<Digest>> parse_tile(base::View bytes) {
  if (bytes.empty() || bytes.size() % 32 != 0 || bytes.size() > 32 * kTileWidth)
    return fail(Errc::malformed, "tile of " + std::to_string(bytes.size()) + " bytes; a multiple of 32 up to 8192");
  std::vector<Digest> out(bytes.size() / 32);
  for (std::size_t i = 0; i < out.size(); ++i) std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(i * 32), 32, out[i].begin());
  return out;
}

base::Bytes entry_bundle(const std::vector<base::Bytes>& leaves) {
  FENGSUI_ASSERT(leaves.size() <= kTileWidth);
  base::Bytes out;
  for (const auto& leaf : leaves) {
    FENGSUI_ASSERT(leaf.size() <= 65'535);
    base::append_u16be(out, static_cast<std::uint16_t>(leaf.size()));
    base::append(out, base::View(leaf));
  }
  return out;
}

base::Result<std::vector<base::Bytes>> parse_entry_bundle(base::View bytes) {
  base::Reader reader(bytes);
  std::vector<base::Bytes> out;
  while (!reader.at_end()) {
    if (out.size() == kTileWidth) return fail(Errc::limit, "entry bundle of more than 256 entries");
    auto size = reader.u16be();
    auto leaf = reader.take(size);
    if (reader.failed()) return fail(Errc::truncated, "entry bundle ends inside entry " + std::to_string(out.size()));
    out.push_back(base::to_bytes(leaf));
  }
  return out;
}

base::Status export_tiles(const HashReader& hashes, const EntryReader& entries, std::uint64_t size, const FileSink& sink) {
  for (std::uint64_t n = 0; n * kTileWidth < size; ++n) {
    unsigned width = width_of(size, n);
    auto leaves = entries.leaves(n * kTileWidth, n * kTileWidth + width);
    if (!leaves) return std::unexpected(leaves.error());
    if (leaves->size() != width) return fail(Errc::not_found, "entries of tile " + std::to_string(n) + " are missing");
    if (auto s = sink(entries_path(n, width), entry_bundle(*leaves)); !s) return s;
  }
  std::uint64_t count = size;
  for (unsigned level = 0; count > 0; ++level, count /= kTileWidth)
    for (std::uint64_t n = 0; n * kTileWidth < count; ++n) {
      unsigned width = width_of(count, n);
      auto tile = tile_bytes(hashes, level, n, width);
      if (!tile) return std::unexpected(tile.error());
      if (auto s = sink(tile_path(level, n, width), *tile); !s) return s;
    }
  return {};
}

std::string tlog_proof(std::uint64_t index, const std::vector<Digest>& proof, std::string_view checkpoint) {
  std::string out = "c2sp.org/tlog-proof@v1\nindex " + std::to_string(index) + "\n";
  for (const auto& hash : proof) out += base::base64(hash) + "\n";
  return out + "\n" + std::string(checkpoint);
}

}  // namespace fengsui::evidence
