// Exact data match: whether a value is one of those a site named, from a file that holds none of them.
//
// File, all numbers little-endian (FORMAT.md has worked bytes):
//   0   8  "FSEXACT1"
//   8   4  version, 1           12  4  flags: bit 0 = a match excludes
//  16   8  count of digests     24  8  blocks of the filter
//  32   8  key id (MatchKey::id)
//  40   4  bytes of the description   44  4  zero
//  48  32  SHA-256 over the bytes 0..47 and everything from 80 on
//  80      description: lines "name …", "type …", "column …", padded with zeros to a multiple of 64 from the file's start
//          digests: 64 bits each, ascending, no two equal; padded with zeros to a multiple of 64
//          filter: blocks of 64 bytes; digest d belongs to block (d * blocks) >> 64, and sets kProbes bits of its 512
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "classify/site/match_key.h"

namespace fengsui::classify {

inline constexpr std::uint64_t kMaxExactValues = 100'000'000;
inline constexpr std::size_t kExactHead = 80, kMaxExactDescription = 4096;
inline constexpr unsigned kFilterBits = 12;  // of the filter, a value
inline constexpr unsigned kProbes = 7;

// What the values of a set are, and where a value is looked for.
struct ExactDescription {
  std::string name;                  // of the set: a-z 0-9 - _ ., 1 to 64 characters
  std::string type;                  // detections of this type are looked up; "" = cells of `columns`
  std::vector<std::string> columns;  // heads of columns whose cells are looked up, at most 16
  bool excludes = false;             // a match is no personal value (a public hotline): counted as allowed
};
// Errc::usage with what is wrong.
base::Status check(const ExactDescription& description);

// A set in memory that somebody else keeps. Value type; thread-safe.
class ExactView {
 public:
  // Checks the shape, and that everything has the size that the head says. Errc::malformed, truncated, limit, unsupported;
  // denied when the file was made under another key. Does not check the digest of the content.
  static base::Result<ExactView> read(base::View file, const MatchKey& key);
  // The bytes say the same as the digest in their head. Reads all of them. Errc::mismatch.
  base::Status verify() const;

  bool contains(std::uint64_t digest) const { return may_contain(digest) && holds(digest); }
  bool may_contain(std::uint64_t digest) const;  // by the filter; false is certain
  bool holds(std::uint64_t digest) const;        // by the digests themselves
  std::string digest() const;  // hex, as the head says
  std::uint64_t size() const { return count_; }
  const ExactDescription& description() const { return description_; }

 private:
  std::uint64_t at(std::uint64_t index) const;

  base::View file_, digests_, filter_;
  std::uint64_t count_ = 0, blocks_ = 0;
  ExactDescription description_;
};

// A file of it, mapped. Replace the file by renaming another one over it; never write into it. Move only; thread-safe.
class ExactSet {
 public:
  // Reads it whole once, to check its digest; after that a look-up touches about two pages. Errors name the file.
  static base::Result<ExactSet> open(const std::filesystem::path& file, const MatchKey& key);
  ExactSet(ExactSet&& other) noexcept;
  ExactSet& operator=(ExactSet&& other) noexcept;
  ~ExactSet();

  const ExactView& view() const { return view_; }

 private:
  ExactSet() = default;
  void* map_ = nullptr;
  std::size_t size_ = 0;
  ExactView view_;
};

// The bits a digest sets in its block, as eight 64-bit words.
struct FilterBlock {
  std::uint64_t words[8] = {};
  void add(std::uint64_t digest);
};
std::uint64_t filter_block(std::uint64_t digest, std::uint64_t blocks);
std::uint64_t filter_blocks(std::uint64_t values);

}  // namespace fengsui::classify
