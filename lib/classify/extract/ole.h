// Compound files, [MS-CFB]: the container of doc, xls, ppt, msg and of the files of WPS Office.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace fengsui::classify::extract {

// A view of bytes held by others, which outlive it. Every chain of sectors is bounded by the number of sectors, so that no
// loop in them can hold the reader.
class Ole {
 public:
  struct Entry {
    std::string name;  // UTF-8
    bool storage = false;
    std::uint32_t parent = 0;  // index of the storage it is in; 0 = root
    std::uint32_t start = 0;
    std::uint64_t size = 0;
  };
  static constexpr std::size_t kMaxEntries = 100'000;

  // Errc::malformed or truncated.
  static base::Result<Ole> open(base::View bytes);

  const std::vector<Entry>& entries() const { return entries_; }
  // Index of a stream or storage in `storage` by name (case as in the file); nullopt.
  std::optional<std::uint32_t> find(std::string_view name, std::uint32_t storage = 0) const;
  // The bytes of a stream. Shorter than its size when its chain ends early; Errc::limit above `limit` bytes.
  base::Result<base::Bytes> read(const Entry& entry, std::uint64_t limit) const;

 private:
  explicit Ole(base::View bytes) : bytes_(bytes) {}
  base::Status read_header();
  base::Status read_directory();
  base::View sector(std::uint32_t number) const;
  base::Bytes chain(std::uint32_t start, std::uint64_t size) const;

  base::View bytes_;
  std::uint32_t sector_shift_ = 9, mini_shift_ = 6, mini_cutoff_ = 4096;
  std::uint32_t directory_start_ = 0, mini_fat_start_ = 0;
  std::vector<std::uint32_t> fat_, mini_fat_;
  base::Bytes mini_;  // the stream that holds the small ones
  std::vector<Entry> entries_;
};

}  // namespace fengsui::classify::extract
