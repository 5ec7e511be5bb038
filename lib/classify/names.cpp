#include "classify/names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace fengsui::classify {
namespace {

// The commonest family names; together they cover more than nine people in ten.
constexpr std::array<std::string_view, 17> kDouble = {"欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "端木", "轩辕", "南宫", "宇文", "长孙"};
constexpr std::array<std::string_view, 17> kDoubleGb = {
    "\xC5\xB7\xD1\xF4", "\xC9\xCF\xB9\xD9", "\xCB\xBE\xC2\xED", "\xD6\xEE\xB8\xF0", "\xB6\xAB\xB7\xBD",
    "\xBB\xCA\xB8\xA6", "\xCE\xBE\xB3\xD9", "\xB9\xAB\xCB\xEF", "\xC4\xBD\xC8\xDD", "\xC1\xEE\xBA\xFC",
    "\xCB\xBE\xCD\xBD", "\xCF\xC4\xBA\xEE", "\xB6\xCB\xC4\xBE", "\xD0\xF9\xD4\xAF", "\xC4\xCF\xB9\xAC",
    "\xD3\xEE\xCE\xC4", "\xB3\xA4\xCB\xEF"};
constexpr std::string_view kSingle =
    "丁万严乔于付代任伍伏何余侯俞倪兰关冉冯凌刘包卓卢卫史叶向吕吴周唐夏姚姜孔孙孟安宋"
    "尹屈岳崔左常庄庞康廖张彭徐戴文方施易景曹曾朱李杜杨林柯柳柴桂梁梅樊欧武段殷毛江汤"
    "汪沈洪涂温游潘焦熊牟王甘田申白盛石祁祝秦程章童符管米纪罗翁翟耿聂肖胡舒艾苏苗范莫"
    "葛董蒋蒲蓝蔡薛袁裴覃解詹许谢谭谷费贺贾赖赵路辛辜邓邢邬邱邵邹郑郝郭金钟钱闫阮阳陆"
    "陈陶雷霍韦韩顾颜马骆高魏鲁鲍黄黎齐龙龚";
constexpr std::array<std::uint16_t, 179> kSingleGb = {
    0xB0AC, 0xB0B2, 0xB0D7, 0xB0FC, 0xB1AB, 0xB2CC, 0xB2DC, 0xB2F1, 0xB3A3, 0xB3C2, 0xB3CC, 0xB4DE, 0xB4F7, 0xB4FA,
    0xB5CB, 0xB5D4, 0xB6A1, 0xB6AD, 0xB6C5, 0xB6CE, 0xB7AE, 0xB7B6, 0xB7BD, 0xB7D1, 0xB7EB, 0xB7FB, 0xB7FC, 0xB8B6,
    0xB8CA, 0xB8DF, 0xB8F0, 0xB9A2, 0xB9A8, 0xB9BC, 0xB9C8, 0xB9CB, 0xB9D8, 0xB9DC, 0xB9F0, 0xB9F9, 0xBAAB, 0xBAC2,
    0xBACE, 0xBAD8, 0xBAE9, 0xBAEE, 0xBAFA, 0xBBC6, 0xBBF4, 0xBCCD, 0xBCD6, 0xBDAA, 0xBDAD, 0xBDAF, 0xBDB9, 0xBDE2,
    0xBDF0, 0xBEB0, 0xBFB5, 0xBFC2, 0xBFD7, 0xC0B5, 0xC0B6, 0xC0BC, 0xC0D7, 0xC0E8, 0xC0EE, 0xC1BA, 0xC1CE, 0xC1D6,
    0xC1E8, 0xC1F5, 0xC1F8, 0xC1FA, 0xC2AC, 0xC2B3, 0xC2B7, 0xC2BD, 0xC2C0, 0xC2DE, 0xC2E6, 0xC2ED, 0xC3AB, 0xC3B7,
    0xC3CF, 0xC3D7, 0xC3E7, 0xC4AA, 0xC4B2, 0xC4DF, 0xC4F4, 0xC5B7, 0xC5CB, 0xC5D3, 0xC5E1, 0xC5ED, 0xC6D1, 0xC6EB,
    0xC6EE, 0xC7AE, 0xC7C7, 0xC7D8, 0xC7F1, 0xC7FC, 0xC8BD, 0xC8CE, 0xC8EE, 0xC9DB, 0xC9EA, 0xC9F2, 0xCAA2, 0xCAA9,
    0xCAAF, 0xCAB7, 0xCAE6, 0xCBCE, 0xCBD5, 0xCBEF, 0xCCB7, 0xCCC0, 0xCCC6, 0xCCD5, 0xCCEF, 0xCDAF, 0xCDBF, 0xCDF2,
    0xCDF4, 0xCDF5, 0xCEA4, 0xCEBA, 0xCEC0, 0xCEC2, 0xCEC4, 0xCECC, 0xCEE2, 0xCEE4, 0xCEE9, 0xCFC4, 0xCFF2, 0xD0A4,
    0xD0BB, 0xD0C1, 0xD0CF, 0xD0DC, 0xD0EC, 0xD0ED, 0xD1A6, 0xD1CF, 0xD1D5, 0xD1EE, 0xD1F4, 0xD2A6, 0xD2B6, 0xD2D7,
    0xD2F3, 0xD2FC, 0xD3CE, 0xD3DA, 0xD3E0, 0xD3E1, 0xD4AC, 0xD4C0, 0xD4F8, 0xD5B2, 0xD5C2, 0xD5C5, 0xD5D4, 0xD6A3,
    0xD6D3, 0xD6DC, 0xD6EC, 0xD7A3, 0xD7AF, 0xD7BF, 0xD7DE, 0xD7F3, 0xDAF9, 0xE3C6, 0xF1FB};

// kSingle is sorted by code point: three bytes each.
bool single_utf8(std::string_view character) {
  std::size_t low = 0, high = kSingle.size() / 3;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = kSingle.compare(middle * 3, 3, character);
    if (order == 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

bool single_gb(std::uint8_t a, std::uint8_t b) {
  return std::binary_search(kSingleGb.begin(), kSingleGb.end(), static_cast<std::uint16_t>(a << 8 | b));
}

bool utf8_at(base::View b, std::size_t at) {
  return at + 3 <= b.size() && b[at] >= 0xE4 && b[at] <= 0xE9 && (b[at + 1] & 0xC0) == 0x80 && (b[at + 2] & 0xC0) == 0x80;
}
bool gb_at(base::View b, std::size_t at) { return at + 2 <= b.size() && b[at] >= 0xB0 && b[at] <= 0xF7 && b[at + 1] >= 0xA1 && b[at + 1] != 0xFF; }

template <class List>
std::size_t one_of_at(base::View b, std::size_t at, const List& list) {
  for (std::string_view word : list)
    if (at + word.size() <= b.size() && base::text(b.subspan(at, word.size())) == word) return word.size();
  return 0;
}

constexpr std::array<std::string_view, 14> kBefore = {"，", "。", "：", "、", "（", "；", "“", "《", "【", "　", "\xA3\xAC", "\xA3\xBA", "\xA1\xA2", "\xA3\xA8"};

}  // namespace

std::size_t family_name_at(base::View b, std::size_t at) {
  if (const std::size_t n = one_of_at(b, at, kDouble)) return n;
  if (utf8_at(b, at) && single_utf8(base::text(b.subspan(at, 3)))) return 3;
  if (utf8_at(b, at)) return 0;
  if (const std::size_t n = one_of_at(b, at, kDoubleGb)) return n;
  return gb_at(b, at) && single_gb(b[at], b[at + 1]) ? 2 : 0;
}

std::size_t family_name_before(base::View b, std::size_t at) {
  if (at >= 6 && one_of_at(b, at - 6, kDouble) == 6) return 6;
  if (at >= 3 && utf8_at(b, at - 3)) return single_utf8(base::text(b.subspan(at - 3, 3))) ? 3 : 0;
  if (at >= 4 && one_of_at(b, at - 4, kDoubleGb) == 4) return 4;
  return at >= 2 && gb_at(b, at - 2) && single_gb(b[at - 2], b[at - 1]) ? 2 : 0;
}

std::size_t character_at(base::View b, std::size_t at) { return utf8_at(b, at) ? 3 : gb_at(b, at) ? 2 : 0; }

bool name_boundary_before(base::View b, std::size_t at) {
  for (std::string_view mark : kBefore)
    if (at >= mark.size() && base::text(b.subspan(at - mark.size(), mark.size())) == mark) return true;
  return false;
}

}  // namespace fengsui::classify
