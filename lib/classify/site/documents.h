// The registered documents of a site, and which of them a content is, or comes from.
//
// File, numbers little-endian (FORMAT.md):
//   0   8  "FSPRINT1"    8   4  version, 1    12   4  count of documents
//  16  32  SHA-256 over the bytes 0..15 and everything from 48 on
//  48      per document: u16 bytes of the label, label (UTF-8), 32 SHA-256 of the content, 32 SHA-256 of its text,
//          u32 grams (0: no sketch, and what follows is zero), u64 SimHash, 128 x u16 MinHash
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "classify/site/print.h"

namespace fengsui::classify {

inline constexpr std::size_t kMaxDocuments = 100'000;
inline constexpr std::size_t kMaxLabel = 512;  // bytes

struct Document {
  std::string label;  // as findings name it
  Print print;
};

base::Bytes write_documents(const std::vector<Document>& documents);
// Errc::malformed, truncated, limit, unsupported, mismatch (the digest of the content).
base::Result<std::vector<Document>> read_documents(base::View file);

// Immutable once made; thread-safe. A look-up takes some binary searches and compares candidates, of which it takes at most
// kMaxCandidates: by the 4 x 16 bits of SimHash (one is equal when at most 3 bits differ) and 32 bands of 4 MinHash values
// (at Jaccard 0.7, 1 - (1 - 0.7^4)^32 > 0.9998 share one).
class Documents {
 public:
  static constexpr std::size_t kMaxCandidates = 4096;

  Documents() = default;
  explicit Documents(std::vector<Document> documents);

  enum class Likeness : std::uint8_t { same_bytes, same_text, near };
  struct Match {
    std::string_view label;  // lives as long as this
    Likeness likeness;
    double jaccard = 1;
    unsigned hamming = 0;
  };
  // The one most alike; of several the first registered.
  std::optional<Match> find(const Print& print) const;
  bool empty() const { return documents_.empty(); }
  std::size_t size() const { return documents_.size(); }

 private:
  template <class Key>
  std::vector<std::uint32_t> sorted(Key key) const;
  std::vector<Document> documents_;
  std::vector<std::uint32_t> by_bytes_, by_text_;
  std::vector<std::vector<std::uint32_t>> by_simhash_, by_band_;
};

constexpr std::string_view id(Documents::Likeness likeness) {
  return likeness == Documents::Likeness::same_bytes ? "same_bytes" : likeness == Documents::Likeness::same_text ? "same_text" : "near";
}

}  // namespace fengsui::classify
