// The pieces of MIME: header fields and transfer encodings (RFC 5322, 2045, 2047, 2231).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "classify/extract/charsets.h"

namespace fengsui::classify::extract {

struct HeaderField {
  std::string name;   // lower case
  std::string value;  // unfolded, raw
};
struct Headers {
  static constexpr std::size_t kMaxFields = 2000, kMaxBytes = 1u << 20;
  std::vector<HeaderField> fields;
  std::string_view get(std::string_view name) const;  // the first; "" when absent
};
// Takes the fields off the front of `rest`, and the empty line behind them.
Headers take_headers(std::string_view& rest);

// "text/plain; charset=gb2312" → the value before the first ';' in lower case, and a parameter by name, also in the
// forms name*= and name*0= of RFC 2231. "" when absent.
std::string media_type(std::string_view field);
std::string parameter(std::string_view field, std::string_view name, const Charsets& charsets);

// =?gb2312?B?…?= and =?utf-8?Q?…?= resolved; raw bytes beside them as UTF-8 or GB 18030.
std::string decode_words(std::string_view raw, const Charsets& charsets);
// Lenient as readers of mail are: what is no letter of the encoding is passed over.
base::Bytes decode_base64(std::string_view text);
base::Bytes decode_quoted_printable(std::string_view text, bool header = false);

}  // namespace fengsui::classify::extract
