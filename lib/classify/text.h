// Encodings of text: what must be converted before it can be scanned, and what must be UTF-8 before it is reported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fengsui::classify {

// UTF-8 as it is; otherwise read as GB 18030; what neither reads becomes '?'.
std::string to_utf8(std::string_view text);

// Appends one character, at most U+10FFFF, as RFC 3629 writes it; surrogates are the caller's to refuse.
void put_utf8(std::uint32_t code_point, std::string& out);

// UTF-16 to UTF-8 in pieces. An unpaired surrogate becomes U+FFFD.
class Utf16 {
 public:
  explicit Utf16(bool big) : big_(big) {}
  void feed(base::View piece, std::string& out);
  void finish(std::string& out);

 private:
  void unit(std::uint16_t u, std::string& out);
  bool big_;
  bool half_ = false;
  std::uint8_t first_ = 0;
  std::uint16_t high_ = 0;
};

// Big5 with the Hong Kong supplement to UTF-8 in pieces. What is no character becomes U+FFFD.
class Big5 {
 public:
  Big5();
  ~Big5();
  Big5(const Big5&) = delete;
  Big5& operator=(const Big5&) = delete;
  void feed(base::View piece, std::string& out);
  void finish(std::string& out);

 private:
  void* converter_;  // of iconv; null when it has none: then the bytes stay as they are
  std::string held_;  // the first byte of a character whose second has not come
};

}  // namespace fengsui::classify
