#include "capture/protocols/utf16.h"

namespace fengsui::capture {
namespace {

void put(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (c >> 18)));
    out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

}  // namespace

void append_utf16(std::string& out, base::View bytes) {
  base::Reader in(bytes);
  while (in.remaining() >= 2) {
    const std::uint16_t unit = in.u16le();
    if (unit < 0xd800 || unit > 0xdfff) {
      put(out, unit);
      continue;
    }
    base::Reader ahead = in;
    const std::uint16_t low = unit < 0xdc00 ? ahead.u16le() : std::uint16_t{0};
    if (low >= 0xdc00 && low <= 0xdfff) {
      in = ahead;
      put(out, 0x10000u + ((unit - 0xd800u) << 10) + (low - 0xdc00u));
    } else {
      put(out, 0xfffd);
    }
  }
}

std::string utf16_text(base::View bytes) {
  std::string out;
  append_utf16(out, bytes);
  return out;
}

void append_latin1(std::string& out, base::View bytes) {
  for (const std::uint8_t c : bytes) put(out, c);
}

}  // namespace fengsui::capture
