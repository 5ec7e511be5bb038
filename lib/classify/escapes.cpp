#include "classify/escapes.h"

#include <algorithm>
#include <array>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/encode.h"
#include "classify/text.h"

namespace fengsui::classify {
namespace {

constexpr std::size_t kMaxRun = 42;  // characters of %XX read together, 126 bytes
static_assert(3 * kMaxRun < Escapes::kHeld);

int hex(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
bool alnum(std::uint8_t c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

// The first byte from `at` on that may begin a sequence: \ % & +.
std::size_t next_sign(base::View b, std::size_t at) {
#if defined(__SSE2__)
  for (; at + 16 <= b.size(); at += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b.data() + at));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
    const int found = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(is('\\'), is('%')), _mm_or_si128(is('&'), is('+'))));
    if (found != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(found)));
  }
#endif
  while (at < b.size() && b[at] != '\\' && b[at] != '%' && b[at] != '&' && b[at] != '+') ++at;
  return at;
}

// What a character becomes; false when its sequence stays.
bool put(std::uint32_t c, std::string& out) {
  if (c >= 0x10000 ? c <= 0x10FFFF : c >= 0x80 && (c < 0xD800 || c > 0xDFFF)) return put_utf8(c, out), true;
  constexpr std::string_view plain = " -._@+()/:#*{}[]!~";
  if (c < 0x80 && (alnum(static_cast<std::uint8_t>(c)) || plain.find(static_cast<char>(c)) != std::string_view::npos)) return out += static_cast<char>(c), true;
  if (c == '"' || c == '\'') return out += "\xE2\x80\x9C", true;  // signs that mean nothing around it
  if (c == ',') return out += "\xEF\xBC\x8C", true;
  return false;
}

struct Read {
  std::size_t size = 0;  // bytes of the sequence, 0 when it is none
  bool open = false;     // it may go on behind the end of the bytes
};

constexpr Read kOpen{0, true};

// \u4E2D, also with more than one backslash before it and with a surrogate pair; \/ of JSON.
Read backslash(base::View b, std::size_t at, std::string& out) {
  std::size_t p = at;
  while (p < b.size() && b[p] == '\\' && p - at < 8) ++p;
  if (p == b.size()) return kOpen;
  if (b[p] == '/') return out += '/', Read{p + 1 - at};
  if (b[p] != 'u') return {};
  const auto unit = [&](std::size_t from, std::uint32_t& c) {
    c = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int d = hex(b[from + k]);
      if (d < 0) return false;
      c = c << 4 | static_cast<std::uint32_t>(d);
    }
    return true;
  };
  for (std::size_t k = p + 1; k < b.size() && k < p + 5; ++k)
    if (hex(b[k]) < 0) return {};
  if (p + 5 > b.size()) return kOpen;
  std::uint32_t c = 0, low = 0;
  if (!unit(p + 1, c)) return {};
  std::size_t end = p + 5;
  if (c >= 0xD800 && c <= 0xDBFF) {
    std::size_t q = end;
    while (q < b.size() && b[q] == '\\' && q - end < 8) ++q;
    if (q + 5 > b.size()) return kOpen;
    if (b[q] != 'u' || !unit(q + 1, low) || low < 0xDC00 || low > 0xDFFF) return {};
    c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
    end = q + 5;
  }
  return put(c, out) ? Read{end - at} : Read{};
}

// &#20013; &#x4E2D; &nbsp;
Read ampersand(base::View b, std::size_t at, std::string& out) {
  constexpr std::string_view blank = "&nbsp;";
  const std::size_t seen = std::min(b.size() - at, blank.size());
  if (base::text(b.subspan(at, seen)) == blank.substr(0, seen)) {
    if (seen < blank.size()) return kOpen;
    out += "\xC2\xA0";
    return {blank.size()};
  }
  if (at + 1 == b.size()) return kOpen;
  if (b[at + 1] != '#') return {};
  std::size_t p = at + 2;
  const bool sixteen = p < b.size() && (b[p] | 0x20) == 'x';
  if (sixteen) ++p;
  std::uint32_t c = 0;
  const std::size_t first = p;
  for (; p < b.size() && p - first < 7; ++p) {
    const int d = hex(b[p]);
    if (d < 0 || (!sixteen && d > 9)) break;
    c = c * (sixteen ? 16 : 10) + static_cast<std::uint32_t>(d);
  }
  if (p == b.size()) return kOpen;
  if (p == first || b[p] != ';') return {};
  return put(c, out) ? Read{p + 1 - at} : Read{};
}

// The bytes of a run of %XX as characters: in UTF-8, or else in GB 18030. False when they are neither.
bool put_all(std::string_view bytes, std::string& out) {
  const std::size_t before = out.size();
  const bool utf8 = base::is_utf8(base::view(bytes));
  for (std::size_t i = 0; i < bytes.size();) {
    const auto c = static_cast<std::uint8_t>(bytes[i]);
    if (c < 0x80) {
      if (!put(c, out)) out += "\xEF\xBC\x8C";  // a break of lines, and what else has a meaning
      ++i;
      continue;
    }
    std::size_t n = 1;
    if (utf8) {
      while (i + n < bytes.size() && (static_cast<std::uint8_t>(bytes[i + n]) & 0xC0) == 0x80) ++n;
    } else {
      n = 2;
      if (i + 2 > bytes.size() || c < 0x81 || c == 0xFF || static_cast<std::uint8_t>(bytes[i + 1]) < 0x80 || static_cast<std::uint8_t>(bytes[i + 1]) == 0xFF) return out.resize(before), false;
    }
    out += utf8 ? std::string(bytes.substr(i, n)) : to_utf8(bytes.substr(i, n));
    i += n;
  }
  return true;
}

// %E4%B8%AD, also with %25 in place of %; %u4E2D.
Read percent(base::View b, std::size_t at, std::string& out) {
  if (at + 1 == b.size()) return kOpen;
  if ((b[at + 1] | 0x20) == 'u') {
    std::uint32_t c = 0;
    for (std::size_t k = at + 2; k < at + 6; ++k) {
      if (k == b.size()) return kOpen;
      const int d = hex(b[k]);
      if (d < 0) return {};
      c = c << 4 | static_cast<std::uint32_t>(d);
    }
    return put(c, out) ? Read{6} : Read{};
  }
  std::string bytes;
  std::size_t p = at;
  while (bytes.size() < kMaxRun) {
    std::size_t q = p;
    if (q == b.size() && q != at) return kOpen;
    if (b[q] != '%') break;
    ++q;
    for (int twice = 0; twice < 2 && q + 2 < b.size() && b[q] == '2' && b[q + 1] == '5' && hex(b[q + 2]) >= 0; ++twice) q += 2;
    if (q + 2 > b.size()) {
      if (q == b.size() || hex(b[q]) >= 0) return kOpen;
      break;
    }
    const int high = hex(b[q]), low = hex(b[q + 1]);
    if (high < 0 || low < 0) break;
    bytes += static_cast<char>(high * 16 + low);
    p = q + 2;
    if (p - at + 6 > Escapes::kHeld) break;
  }
  // A full run ends with a whole character.
  if (bytes.size() == kMaxRun)
    for (std::size_t cut = 0; cut < 3 && !base::is_utf8(base::view(bytes)); ++cut) bytes.pop_back(), p -= 3;
  if (bytes.empty()) return {};
  // "=3D", "&", ";" and the like keep what a query or a table is made of.
  if (bytes.size() == 1 && static_cast<std::uint8_t>(bytes[0]) < 0x80) return put(static_cast<std::uint8_t>(bytes[0]), out) ? Read{p - at} : Read{};
  return put_all(bytes, out) ? Read{p - at} : Read{};
}

// Whether the `+` at `at` stands in a form or a query: name=value behind a '?', a '&' or the beginning of a form.
bool in_query(base::View b, std::size_t at, bool form) {
  if (at == 0 || at + 1 >= b.size() || b[at - 1] == '+' || b[at + 1] == '+') return false;
  if (!alnum(b[at - 1]) && b[at - 1] < 0x80 && b[at - 1] != ')') return false;
  constexpr std::size_t kReach = 512;
  bool equals = false;
  for (std::size_t p = at; p-- > 0 && at - p < kReach;) {
    const std::uint8_t c = b[p];
    if (c == '=') equals = true;
    else if (c == '?' || c == '&') return equals;
    else if (c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == ',') return false;
    if (p == 0) return equals && form;
  }
  return false;
}

// A name, '=' and the beginning of a value: what a form begins with.
bool begins_form(base::View b) {
  std::size_t p = 0;
  while (p < b.size() && p < 64 && (alnum(b[p]) || b[p] == '_' || b[p] == '-' || b[p] == '.' || b[p] == '%' || b[p] == '[' || b[p] == ']')) ++p;
  return p > 0 && p + 1 < b.size() && b[p] == '=' && b[p + 1] > ' ' && b[p + 1] != '"' && b[p + 1] != '=';
}

}  // namespace

bool Escapes::wanted(base::View piece) const { return !held_.empty() || next_sign(piece, 0) < piece.size(); }

void Escapes::feed(base::View piece, std::string& out, std::vector<std::uint64_t>* origin) {
  const bool first = !begun_;
  if (first && !piece.empty()) {
    begun_ = true;
    form_ = begins_form(piece);
  }
  std::string joined;
  const std::size_t carried = held_.size();
  if (carried != 0) {
    joined = std::move(held_);
    held_.clear();
    joined += base::text(piece);
    piece = base::view(joined);
  }
  const auto came_from = [&](std::size_t at) {
    if (origin != nullptr) origin->resize(out.size(), at_ + at);
  };
  std::size_t at = 0;
  while (at < piece.size()) {
    const std::size_t sign = next_sign(piece, at);
    out += base::text(piece.subspan(at, sign - at));
    if (origin != nullptr)
      for (std::size_t k = at; k < sign; ++k) origin->push_back(at_ + k);
    at = sign;
    if (at == piece.size()) break;
    Read read;
    switch (piece[at]) {
      case '\\': read = backslash(piece, at, out); break;
      case '&': read = ampersand(piece, at, out); break;
      case '%': read = percent(piece, at, out); break;
      default:
        if (in_query(piece, at, form_ && first && carried == 0)) out += ' ', read = {1};
    }
    if (read.open && piece.size() - at < kHeld) {
      held_ = base::text(piece.subspan(at));
      break;
    }
    if (read.size == 0) out += static_cast<char>(piece[at]);
    came_from(at);
    at += std::max<std::size_t>(read.size, 1);
  }
  at_ += piece.size() - held_.size();
}

// What is held will not be completed: the sequences in it that are whole are read, the rest is text.
void Escapes::finish(std::string& out, std::vector<std::uint64_t>* origin) {
  while (!held_.empty()) {
    std::string rest = std::move(held_);
    held_.clear();
    if (rest[0] == '%') {  // a run of %XX ends where something else follows
      const std::string closed = rest + " ";
      std::string text;
      const Read read = percent(base::view(closed), 0, text);
      if (read.size != 0) {
        out += text;
        if (origin != nullptr) origin->resize(out.size(), at_);
        at_ += read.size;
        rest.erase(0, read.size);
      }
    }
    if (rest.empty()) break;
    out += rest[0];
    if (origin != nullptr) origin->push_back(at_);
    ++at_;
    const std::string more = rest.substr(1);
    if (!more.empty()) feed(base::view(more), out, origin);
  }
  begun_ = true;
  form_ = false;
}

}  // namespace fengsui::classify
