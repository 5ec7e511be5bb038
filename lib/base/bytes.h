// Bytes, views of bytes, and the only way untrusted bytes are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fengsui::base {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline View view(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::string_view text(View bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes to_bytes(View bytes) { return {bytes.begin(), bytes.end()}; }
inline Bytes to_bytes(std::string_view s) { return to_bytes(view(s)); }

void append(Bytes& out, View more);
void append(Bytes& out, std::string_view more);
void append_u16be(Bytes& out, std::uint16_t value);
void append_u32be(Bytes& out, std::uint32_t value);
void append_u64be(Bytes& out, std::uint64_t value);

// A cursor over bytes that somebody else wrote. Every read is checked; a read past the end fails, leaves the cursor
// where it was and sets failed() for good, so a parser may read several fields and test once.
// Does not own the bytes: they must outlive the reader and everything it returned. One thread.
class Reader {
 public:
  explicit Reader(View bytes) : bytes_(bytes) {}

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  bool at_end() const { return at_ == bytes_.size(); }
  bool failed() const { return failed_; }

  // 0 when fewer bytes remain; failed() tells.
  std::uint8_t u8();
  std::uint16_t u16be();
  std::uint32_t u24be();
  std::uint32_t u32be();
  std::uint64_t u64be();
  std::uint16_t u16le();
  std::uint32_t u24le();
  std::uint32_t u32le();
  std::uint64_t u64le();

  // Exactly n bytes, or an empty view and failed().
  View take(std::size_t n);
  bool skip(std::size_t n);
  View rest() { return take(remaining()); }
  // Bytes up to the delimiter, which is consumed but not returned; nullopt (cursor unmoved, not failed) when it does not
  // occur within `limit` bytes.
  std::optional<View> until(std::uint8_t delimiter, std::size_t limit);
  // The next byte without moving; nullopt at the end.
  std::optional<std::uint8_t> peek() const;

 private:
  std::uint64_t big(std::size_t n);
  std::uint64_t little(std::size_t n);

  View bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace fengsui::base
