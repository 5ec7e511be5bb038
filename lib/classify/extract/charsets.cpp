#include "classify/extract/charsets.h"

#include <iconv.h>

#include <array>
#include <cerrno>

#include "base/encode.h"
#include "classify/text.h"

namespace fengsui::classify::extract {
namespace {

// Names as glibc's iconv knows them.
constexpr std::array<const char*, 30> kLoaded = {
    "GB18030", "GBK", "GB2312", "BIG5", "BIG5-HKSCS", "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-7", "ISO-8859-1", "ISO-8859-2", "ISO-8859-5",
    "ISO-8859-15", "CP1250", "CP1251", "CP1252", "CP1253", "CP1254", "CP1256", "KOI8-R", "SHIFT_JIS", "EUC-JP", "ISO-2022-JP", "EUC-KR",
    "CP949", "ISO-2022-CN", "TIS-620", "EUC-TW", "CP437"};
struct Alias {
  std::string_view name, loaded;
};
// GBK and GB 2312 are subsets of GB 18030, and messages declare the smaller one and use the larger.
constexpr std::array<Alias, 24> kAliases = {{
    {"gb2312", "GB18030"}, {"gbk", "GB18030"}, {"gb_2312-80", "GB18030"}, {"x-gbk", "GB18030"}, {"cp936", "GB18030"}, {"windows-936", "GB18030"},
    {"euc-cn", "GB18030"}, {"csgb2312", "GB18030"}, {"ms936", "GB18030"}, {"hz-gb-2312", "GB18030"}, {"big5", "BIG5-HKSCS"}, {"cp950", "BIG5-HKSCS"},
    {"windows-950", "BIG5-HKSCS"}, {"us-ascii", "UTF-8"}, {"ascii", "UTF-8"}, {"utf8", "UTF-8"}, {"unicode-1-1-utf-7", "UTF-7"}, {"latin1", "ISO-8859-1"},
    {"windows-1250", "CP1250"}, {"windows-1251", "CP1251"}, {"windows-1252", "CP1252"}, {"shift-jis", "SHIFT_JIS"}, {"ks_c_5601-1987", "CP949"},
    {"windows-1256", "CP1256"}}};

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); };
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace

Charsets::Charsets() {
  for (const char* name : kLoaded)
    if (iconv_t handle = iconv_open("UTF-8", name); handle != reinterpret_cast<iconv_t>(-1)) {
      Open open{name, handle};
      convert(open, base::view("a"));  // what is loaded at the first use is loaded now
      open_.push_back(std::move(open));
    }
}

Charsets::~Charsets() {
  for (const Open& open : open_) iconv_close(open.handle);
}

std::string Charsets::convert(const Open& open, base::View bytes) const {
  std::string out;
  std::array<char, 16384> room;
  iconv(open.handle, nullptr, nullptr, nullptr, nullptr);
  char* from = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));  // iconv does not write to it
  std::size_t left = bytes.size();
  while (left > 0) {
    char* to = room.data();
    std::size_t free = room.size();
    const bool done = iconv(open.handle, &from, &left, &to, &free) != static_cast<std::size_t>(-1);
    const int why = errno;
    out.append(room.data(), room.size() - free);
    if (done || left == 0) break;
    if (why == E2BIG) continue;
    out += "\xEF\xBF\xBD";
    if (why == EINVAL) break;  // an incomplete character at the end
    ++from, --left;
  }
  return out;
}

std::string Charsets::to_utf8(std::string_view name, base::View bytes) const {
  for (const Alias& alias : kAliases)
    if (same(alias.name, name)) name = alias.loaded;
  // What is declared and does not hold is not believed.
  if (same(name, "UTF-8") && base::is_utf8(bytes)) return std::string(base::text(bytes));
  if (!same(name, "UTF-8"))
    for (const Open& open : open_)
      if (same(open.name, name)) return convert(open, bytes);
  return classify::to_utf8(base::text(bytes));
}

std::string Charsets::to_utf8(int code_page, base::View bytes) const {
  switch (code_page) {
    case 936: case 54936: case 20936: return to_utf8("GB18030", bytes);
    case 950: return to_utf8("BIG5-HKSCS", bytes);
    case 932: return to_utf8("SHIFT_JIS", bytes);
    case 949: return to_utf8("CP949", bytes);
    case 1200: return utf16_le(bytes);
    case 1201: return to_utf8("UTF-16BE", bytes);
    case 1250: return to_utf8("CP1250", bytes);
    case 1251: return to_utf8("CP1251", bytes);
    case 1252: case 10000: return to_utf8("CP1252", bytes);
    default: return to_utf8("UTF-8", bytes);
  }
}

std::string Charsets::utf16_le(base::View bytes) {
  std::string out;
  Utf16 utf16(false);
  utf16.feed(bytes, out);
  utf16.finish(out);
  return out;
}

}  // namespace fengsui::classify::extract
