// The log as static files: tiles of hashes and bundles of entries. Source: C2SP tlog-tiles v1.0.0.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "evidence/merkle.h"

namespace fengsui::evidence {

inline constexpr unsigned kTileWidth = 256;

// Leaves of a log by index; the collector adapts its store.
class EntryReader {
 public:
  virtual ~EntryReader() = default;
  // Exactly the leaves [from, to). Errc::not_found when one is missing.
  virtual base::Result<std::vector<base::Bytes>> leaves(std::uint64_t from, std::uint64_t to) const = 0;
};

// "tile/<level>/<n>" or with ".p/<width>" when width < 256; n in groups of three digits ("x001/x234/067").
std::string tile_path(unsigned level, std::uint64_t n, unsigned width = kTileWidth);
std::string entries_path(std::uint64_t n, unsigned width = kTileWidth);

// A request of such a path ("tile/0/x001/067.p/12", "tile/entries/000"), as a server reads it.
struct TilePath {
  bool entries = false;
  unsigned level = 0;
  std::uint64_t n = 0;
  unsigned width = kTileWidth;
};
// Errc::malformed for anything that tile_path or entries_path would not write; level is at most 63.
base::Result<TilePath> parse_tile_path(std::string_view path);

// The hashes [256n, 256n + width) of tree level 8·level, 32 bytes each.
base::Result<base::Bytes> tile_bytes(const HashReader& reader, unsigned level, std::uint64_t n, unsigned width);
base::Result<std::vector<Digest>> parse_tile(base::View bytes);
// (u16 length ‖ leaf)*. Asserts at most 256 leaves of at most 65 535 bytes.
base::Bytes entry_bundle(const std::vector<base::Bytes>& leaves);
// Errc::truncated, limit (more than 256).
base::Result<std::vector<base::Bytes>> parse_entry_bundle(base::View bytes);

// Called with a relative path and its content; an error stops the export.
using FileSink = std::function<base::Status(std::string_view path, base::View content)>;
// Every tile and entry bundle of the tree of `size`, in a fixed order.
base::Status export_tiles(const HashReader& hashes, const EntryReader& entries, std::uint64_t size, const FileSink& sink);

// "c2sp.org/tlog-proof@v1": index, inclusion proof and checkpoint in one text.
std::string tlog_proof(std::uint64_t index, const std::vector<Digest>& proof, std::string_view checkpoint);

}  // namespace fengsui::evidence
