// Character sets of documents to UTF-8. All of them are loaded at construction: nothing is opened afterwards.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace fengsui::classify::extract {

class Charsets {
 public:
  Charsets();
  ~Charsets();
  Charsets(const Charsets&) = delete;
  Charsets& operator=(const Charsets&) = delete;

  // `name` as MIME, XML or HTML write it, any case. An unknown name is read as UTF-8, or GB 18030 where it is not UTF-8.
  // What cannot be converted becomes U+FFFD. One thread at a time.
  std::string to_utf8(std::string_view name, base::View bytes) const;
  // By Windows code page: 936, 950, 1252, 65001 …
  std::string to_utf8(int code_page, base::View bytes) const;
  static std::string utf16_le(base::View bytes);

 private:
  struct Open {
    std::string name;
    void* handle;
  };
  std::string convert(const Open& open, base::View bytes) const;
  std::vector<Open> open_;
};

}  // namespace fengsui::classify::extract
