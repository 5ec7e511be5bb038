#include <fmt/format.h>

#include <algorithm>

#include "classify/extractor.h"

namespace fengsui::classify {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::size_t at;
  Format format;
};
// Signatures as the formats' specifications and the file(1) database agree on them. The first that fits decides.
constexpr std::array<Magic, 46> kMagic = {{
    {"PK\x03\x04"sv, 0, Format::zip}, {"PK\x05\x06"sv, 0, Format::zip}, {"PK\x07\x08"sv, 0, Format::zip},
    {"7z\xBC\xAF\x27\x1C"sv, 0, Format::sevenzip}, {"Rar!\x1A\x07"sv, 0, Format::rar}, {"ustar"sv, 257, Format::tar},
    {"\x1F\x8B\x08"sv, 0, Format::gzip}, {"BZh"sv, 0, Format::bzip2}, {"\xFD\x37zXZ\0"sv, 0, Format::xz},
    {"\x28\xB5\x2F\xFD"sv, 0, Format::zstd}, {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, 0, Format::ole2}, {"%PDF-"sv, 0, Format::pdf},
    {"SQLite format 3\0"sv, 0, Format::sqlite}, {"{\\rtf"sv, 0, Format::rtf}, {"PAR1"sv, 0, Format::parquet},
    {"\x89PNG\r\n"sv, 0, Format::image}, {"\xFF\xD8\xFF"sv, 0, Format::image}, {"GIF87a"sv, 0, Format::image},
    {"GIF89a"sv, 0, Format::image}, {"II*\0"sv, 0, Format::image}, {"MM\0*"sv, 0, Format::image}, {"WEBP"sv, 8, Format::image},
    {" EMF"sv, 40, Format::image}, {"\xD7\xCD\xC6\x9A"sv, 0, Format::image}, {"ftypheic"sv, 4, Format::image},
    {"ftypavif"sv, 4, Format::image}, {"\0\0\x01\0"sv, 0, Format::image}, {"8BPS"sv, 0, Format::image},
    {"AT&TFORM"sv, 0, Format::image}, {"\0\0\0\x0CjP  "sv, 0, Format::image},
    {"ftyp"sv, 4, Format::media}, {"ID3"sv, 0, Format::media}, {"OggS"sv, 0, Format::media}, {"fLaC"sv, 0, Format::media},
    {"WAVE"sv, 8, Format::media}, {"AVI "sv, 8, Format::media}, {"\x1A\x45\xDF\xA3"sv, 0, Format::media},
    {"\xFF\xFB"sv, 0, Format::media}, {"#!AMR"sv, 0, Format::media},
    {"\x7F" "ELF"sv, 0, Format::executable}, {"\xCA\xFE\xBA\xBE"sv, 0, Format::executable}, {"\0asm"sv, 0, Format::executable},
    {"\0\x01\0\0\0"sv, 0, Format::font}, {"OTTO"sv, 0, Format::font}, {"wOFF"sv, 0, Format::font}, {"wOF2"sv, 0, Format::font},
}};

bool at(base::View head, std::string_view magic, std::size_t where) {
  return head.size() >= where + magic.size() && base::text(head.subspan(where, magic.size())) == magic;
}

bool windows_program(base::View head) {
  return at(head, "MZ", 0) && std::count(head.begin(), head.end(), 0) > 16;
}
bool bitmap(base::View head) {  // BITMAPFILEHEADER: reserved fields are zero
  return at(head, "BM", 0) && head.size() >= 30 && at(head, "\0\0\0\0"sv, 6);
}

// RFC 5322 header lines: the first one of a kind that begins real messages, the others of any kind. Or an mbox (RFC 4155).
bool mail(base::View head) {
  static constexpr std::array<std::string_view, 12> kFirst = {"from ", "from:", "return-path:", "received:", "delivered-to:", "mime-version:",
                                                              "message-id:", "date:", "to:", "subject:", "x-", "content-type: multipart/"};
  std::string_view rest = base::text(head);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  const auto lower = [](std::string_view line) {
    std::string out(line.substr(0, 40));
    for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return out;
  };
  int named = 0, lines = 0;
  for (bool last = false; !last && !rest.empty(); ++lines) {
    const auto end = rest.find('\n');
    last = end == std::string_view::npos;
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    const std::string small = lower(line);
    const bool known = std::any_of(kFirst.begin(), kFirst.end(), [&](std::string_view k) { return small.starts_with(k); });
    if (lines == 0 && !known) return false;
    if (line[0] != ' ' && line[0] != '\t') {
      const auto colon = line.find(':');
      const bool field = colon != std::string_view::npos && line.substr(0, colon).find(' ') == std::string_view::npos;
      if (!field && !last && !(lines == 0 && small.starts_with("from "))) return false;
      named += known;
    }
    if (!last) rest.remove_prefix(end + 1);
  }
  return named >= 3;
}

// Text in two-byte units: line ends, blanks, digits and Latin letters have a zero byte on one side only.
Format two_bytes(base::View head) {
  std::size_t even = 0, odd = 0;
  const std::size_t n = head.size() & ~std::size_t{1};
  for (std::size_t i = 0; i < n; i += 2) {
    even += head[i] == 0;
    odd += head[i + 1] == 0;
    if (head[i] == 0 && head[i + 1] == 0) return Format::binary;
  }
  if (odd > 0 && even == 0 && odd * 16 >= n) return Format::utf16_le;
  if (even > 0 && odd == 0 && even * 16 >= n) return Format::utf16_be;
  return Format::binary;
}

// The first tag, in any case, behind blanks and a byte order mark.
bool html(base::View head) {
  std::string_view rest = base::text(head);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t' || rest.front() == '\r' || rest.front() == '\n')) rest.remove_prefix(1);
  std::string small(rest.substr(0, 14));
  for (char& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return small.starts_with("<!doctype html") || small.starts_with("<html");
}

// Big5 against GB 18030: both are pairs with a high first byte. In Big5 the common characters begin with A4 to C6 and a third
// of the second bytes are below 7F; in GB 2312 none is, and the rarer characters of GBK begin anywhere.
bool big5(base::View head) {
  std::size_t pairs = 0, low = 0, common = 0;
  for (std::size_t i = 0; i + 1 < head.size(); ++i) {
    const std::uint8_t a = head[i], b = head[i + 1];
    if (a < 0x80) continue;
    if (a < 0x81 || a > 0xFE || b < 0x40 || b == 0x7F || (b >= 0x80 && b <= 0xA0) || b == 0xFF) return false;
    ++pairs;
    low += b < 0x80;
    common += a >= 0xA1 && a <= 0xC6;
    ++i;
  }
  return pairs >= 8 && low * 8 >= pairs && common * 20 >= pairs * 17;
}

// A stray control character does not make a log or a dump binary.
bool nearly_text(base::View head) {
  const auto odd = std::count_if(head.begin(), head.end(), [](std::uint8_t b) { return b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1B; });
  return static_cast<std::size_t>(odd) * 64 <= head.size();
}

}  // namespace

Format recognise(base::View head) {
  head = head.first(std::min(head.size(), kSniff));
  if (at(head, "\xFF\xFE", 0)) return Format::utf16_le;
  if (at(head, "\xFE\xFF", 0)) return Format::utf16_be;
  for (const Magic& m : kMagic)
    if (at(head, m.bytes, m.at)) return m.format;
  if (windows_program(head)) return Format::executable;
  if (bitmap(head)) return Format::image;
  if (std::find(head.begin(), head.end(), 0) != head.end() && head.size() >= 4) {
    const Format wide = two_bytes(head);
    if (wide != Format::binary || !nearly_text(head)) return wide;
  }
  if (mail(head)) return Format::mail;
  if (html(head)) return Format::html;
  return big5(head) ? Format::big5 : Format::text;
}

std::string words(Missed why, const ExamineLimits& limits) {
  switch (why) {
    case Missed::encrypted: return "encrypted";
    case Missed::damaged: return "damaged or cut short";
    case Missed::unsupported: return "no reader for this format";
    case Missed::no_text: return "pages without text";
    case Missed::too_large: return fmt::format("larger than {} bytes", limits.max_container);
    case Missed::ratio: return fmt::format("unpacks to more than {} times its size", limits.max_ratio);
    case Missed::too_deep: return fmt::format("container deeper than {} levels", limits.max_depth);
    case Missed::too_many: return fmt::format("more than {} members", kMaxMembers);
    case Missed::too_much: return fmt::format("more than {} bytes unpacked in all", limits.max_unpacked);
    case Missed::out_of_memory: return "needs more memory than an extraction may use";
    case Missed::too_slow: return "took longer than an extraction may";
    case Missed::child_died: return "its extraction died";
    case Missed::child_lied: return "its extraction answered against the protocol";
    case Missed::no_child: return "extraction is unavailable";
  }
  return "not read";
}

}  // namespace fengsui::classify
