// The ZIP of evidence bundles: ordinary for every unzip, but with one spelling, so that every byte of it is checked.
// Source: PKWARE APPNOTE 6.3.10, methods 0 and 8; no ZIP64, no extra fields, fixed times and modes, names in order. The comment of the
// end record holds the SHA-256 of every byte before that record.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::evidence {

using Files = std::map<std::string, base::Bytes>;  // by path

struct ZipLimits {
  std::size_t max_files = 65'534;
  std::uint64_t max_file = 256u << 20;   // bytes of one file, unpacked
  std::uint64_t max_total = 2'048u << 20;  // of all files, unpacked
};

// Deterministic for one version of zlib. Errc::limit above 65 534 files or 4 GiB; malformed for a name that read_zip would refuse.
base::Result<base::Bytes> write_zip(const Files& files);
// Refuses everything that write_zip would not write: gaps, overlaps, other orders, flags, times, a wrong checksum, trailing bytes.
// Never allocates more than the limits; sizes are checked before anything is unpacked. Errc::malformed, truncated, limit, mismatch.
base::Result<Files> read_zip(base::View bytes, const ZipLimits& limits = {});

// Relative, of [A-Za-z0-9._/-], no empty, "." or ".." part, at most 200 bytes.
bool is_bundle_path(std::string_view path);

}  // namespace fengsui::evidence
