#include "classify/text.h"

#include <iconv.h>

#include <array>
#include <cerrno>

#include "base/encode.h"

namespace fengsui::classify {

void put_utf8(std::uint32_t c, std::string& out) {
  const auto byte = [&](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F));
  }
}

std::string to_utf8(std::string_view text) {
  if (base::is_utf8(base::view(text))) return std::string(text);
  iconv_t converter = iconv_open("UTF-8", "GB18030");
  if (converter != reinterpret_cast<iconv_t>(-1)) {
    std::string in(text), out(text.size() * 4 + 4, '\0');
    char* from = in.data();
    char* to = out.data();
    std::size_t left = in.size(), room = out.size();
    const bool ok = iconv(converter, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
    iconv_close(converter);
    if (ok) {
      out.resize(out.size() - room);
      return out;
    }
  }
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

void Utf16::unit(std::uint16_t u, std::string& out) {
  if (high_ != 0) {
    const std::uint16_t high = high_;
    high_ = 0;
    if (u >= 0xDC00 && u <= 0xDFFF) return put_utf8(0x10000u + ((high - 0xD800u) << 10) + (u - 0xDC00u), out);
    put_utf8(0xFFFD, out);
  }
  if (u >= 0xD800 && u <= 0xDBFF) high_ = u;
  else put_utf8(u >= 0xDC00 && u <= 0xDFFF ? 0xFFFDu : u, out);
}

void Utf16::feed(base::View piece, std::string& out) {
  for (const std::uint8_t b : piece) {
    if (!half_) {
      first_ = b;
      half_ = true;
      continue;
    }
    half_ = false;
    unit(static_cast<std::uint16_t>(big_ ? first_ << 8 | b : b << 8 | first_), out);
  }
}

void Utf16::finish(std::string& out) {
  if (high_ != 0 || half_) put_utf8(0xFFFD, out);
  high_ = 0;
  half_ = false;
}

Big5::Big5() : converter_(iconv_open("UTF-8", "BIG5-HKSCS")) {
  if (converter_ == reinterpret_cast<iconv_t>(-1)) converter_ = nullptr;
}
Big5::~Big5() {
  if (converter_ != nullptr) iconv_close(converter_);
}

void Big5::feed(base::View piece, std::string& out) {
  held_ += base::text(piece);
  if (converter_ == nullptr) return finish(out);
  std::array<char, 4096> room;
  char* from = held_.data();
  std::size_t left = held_.size();
  while (left > 0) {
    char* to = room.data();
    std::size_t free = room.size();
    const bool done = iconv(converter_, &from, &left, &to, &free) != static_cast<std::size_t>(-1);
    const int why = errno;
    out.append(room.data(), room.size() - free);
    if (done || why == EINVAL) break;
    if (why == E2BIG) continue;
    put_utf8(0xFFFD, out);
    ++from, --left;
  }
  held_.erase(0, held_.size() - left);
}

void Big5::finish(std::string& out) {
  if (converter_ == nullptr) {
    out += held_;
  } else {
    // The converter may hold a character that could still be joined by an accent.
    std::array<char, 64> room;
    char* to = room.data();
    std::size_t free = room.size();
    iconv(converter_, nullptr, nullptr, &to, &free);
    out.append(room.data(), room.size() - free);
    if (!held_.empty()) put_utf8(0xFFFD, out);
  }
  held_.clear();
}

}  // namespace fengsui::classify
