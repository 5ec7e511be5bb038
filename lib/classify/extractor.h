// Extraction: from the bytes of an object to the texts that are in it. Here are the words of it; who does it is behind
// Extractor: classify/extract in this process, or a confined child of the program.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::classify {

struct ExamineLimits {
  std::uint32_t max_depth = 5;               // containers in containers
  std::uint32_t max_ratio = 100;             // unpacked : packed
  std::uint64_t max_unpacked = 256u << 20;   // of one content
  std::uint64_t max_container = 64u << 20;   // what is held in memory until complete
};
inline constexpr std::uint32_t kMaxMembers = 10'000;     // of one content, all depths
inline constexpr std::size_t kMaxMemberName = 1024;      // bytes; the rest of a longer name is cut
inline constexpr std::size_t kSniff = 512;               // first bytes that decide what a content is

// What a content is, by its first bytes and never by its name. Closed list with stable identifiers.
enum class Format : std::uint8_t {
  text, utf16_le, utf16_be, big5,                               // scanned as they come
  zip, sevenzip, rar, tar, gzip, bzip2, xz, zstd,               // containers
  ole2, pdf, sqlite, mail, rtf, html,                           // documents
  parquet, image, media, executable, font, binary,              // named as not read
};
inline constexpr std::array<std::string_view, 24> kFormatIds = {
    "text", "utf16le", "utf16be", "big5", "zip", "7z", "rar", "tar", "gzip", "bzip2", "xz", "zstd",
    "ole2", "pdf", "sqlite", "mail", "rtf", "html", "parquet", "image", "media", "executable", "font", "binary"};
constexpr std::string_view id(Format format) { return kFormatIds[static_cast<std::size_t>(format)]; }
static_assert(kFormatIds.size() == static_cast<std::size_t>(Format::binary) + 1);

// `head`: the first kSniff bytes, or all there are.
Format recognise(base::View head);
constexpr bool is_text(Format f) { return f <= Format::big5; }
// Has an extractor: is held until complete, then opened.
constexpr bool is_opened(Format f) { return f > Format::big5 && f < Format::parquet; }

// Why something was not read. A closed list: who says so may be hostile, and its words are not repeated.
enum class Missed : std::uint8_t {
  encrypted,      // needs a password
  damaged,        // the bytes contradict the format, or end too early
  unsupported,    // recognised, and nothing here reads it
  no_text,        // no text could be had of it: pages that are pictures
  too_large,      // above max_container
  ratio,          // unpacks to more than max_ratio times its size
  too_deep,       // containers in containers beyond max_depth
  too_many,       // members beyond kMaxMembers
  too_much,       // unpacked bytes beyond max_unpacked
  out_of_memory,
  too_slow,       // these four are said by the parent of a confined child: the child took too long,
  child_died,     // died,
  child_lied,     // or answered against the protocol;
  no_child,       // or there is none
};
inline constexpr std::size_t kMissed = static_cast<std::size_t>(Missed::no_child) + 1;
// "encrypted", "unpacks to more than 100 times its size" …
std::string words(Missed why, const ExamineLimits& limits);

// How a thing inside another belongs to it: a part shares the fate of its document (a marking in one closes all).
enum class Bond : std::uint8_t { member, part };

// Listens to an extraction. Calls are nested: what is said between begin() and its end() belongs to that member; before the
// first and after the last to the object itself.
class Extracted {
 public:
  virtual ~Extracted() = default;
  virtual void begin(std::string_view name, Bond bond) = 0;
  // Bytes of the text, in order: in the encoding of the text of a file in a container, UTF-8 of a document.
  virtual void text(base::View bytes) = 0;
  virtual void end() = 0;
  virtual void missed(Missed why, Format what) = 0;
};

// One thread. extract() returns when the object was read or given up; everything that was not read has been said.
class Extractor {
 public:
  virtual ~Extractor() = default;
  virtual void extract(base::View object, const ExamineLimits& limits, Extracted& out) = 0;
};

}  // namespace fengsui::classify
