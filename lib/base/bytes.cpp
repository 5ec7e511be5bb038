#include "base/bytes.h"

#include <algorithm>

namespace fengsui::base {

void append(Bytes& out, View more) { out.insert(out.end(), more.begin(), more.end()); }
void append(Bytes& out, std::string_view more) { append(out, view(more)); }

namespace {
void append_big(Bytes& out, std::uint64_t value, int n) {
  for (int shift = 8 * (n - 1); shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}
}  // namespace

void append_u16be(Bytes& out, std::uint16_t value) { append_big(out, value, 2); }
void append_u32be(Bytes& out, std::uint32_t value) { append_big(out, value, 4); }
void append_u64be(Bytes& out, std::uint64_t value) { append_big(out, value, 8); }

std::uint64_t Reader::big(std::size_t n) {
  std::uint64_t value = 0;
  for (std::uint8_t byte : take(n)) value = value << 8 | byte;
  return value;
}

std::uint64_t Reader::little(std::size_t n) {
  std::uint64_t value = 0;
  View bytes = take(n);
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | bytes[i - 1];
  return value;
}

std::uint8_t Reader::u8() { return static_cast<std::uint8_t>(big(1)); }
std::uint16_t Reader::u16be() { return static_cast<std::uint16_t>(big(2)); }
std::uint32_t Reader::u24be() { return static_cast<std::uint32_t>(big(3)); }
std::uint32_t Reader::u32be() { return static_cast<std::uint32_t>(big(4)); }
std::uint64_t Reader::u64be() { return big(8); }
std::uint16_t Reader::u16le() { return static_cast<std::uint16_t>(little(2)); }
std::uint32_t Reader::u24le() { return static_cast<std::uint32_t>(little(3)); }
std::uint32_t Reader::u32le() { return static_cast<std::uint32_t>(little(4)); }
std::uint64_t Reader::u64le() { return little(8); }

View Reader::take(std::size_t n) {
  if (n > remaining()) {
    failed_ = true;
    return {};
  }
  View out = bytes_.subspan(at_, n);
  at_ += n;
  return out;
}

bool Reader::skip(std::size_t n) {
  if (n > remaining()) {
    failed_ = true;
    return false;
  }
  at_ += n;
  return true;
}

std::optional<View> Reader::until(std::uint8_t delimiter, std::size_t limit) {
  View window = bytes_.subspan(at_, std::min(remaining(), limit));
  auto it = std::find(window.begin(), window.end(), delimiter);
  if (it == window.end()) return std::nullopt;
  View out = window.first(static_cast<std::size_t>(it - window.begin()));
  at_ += out.size() + 1;
  return out;
}

std::optional<std::uint8_t> Reader::peek() const {
  if (at_end()) return std::nullopt;
  return bytes_[at_];
}

}  // namespace fengsui::base
