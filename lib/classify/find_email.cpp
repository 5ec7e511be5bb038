// Mail addresses: RFC 5322 dot-atoms and host names as people write them.
#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "classify/finders.h"

namespace fengsui::classify {
namespace {

constexpr bool alnum(std::uint8_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool local_byte(std::uint8_t c) { return alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' || c == '*'; }

// Up to eight letters as one number; 0 for a longer word.
constexpr std::uint64_t packed(std::string_view s) {
  std::uint64_t out = 0;
  if (s.size() > 8) return 0;
  for (char c : s) out = out << 8 | static_cast<std::uint8_t>(c);
  return out;
}

// Ends of file names that look like a domain ("image@2x.png").
constexpr std::array kFileSuffixes = {packed("png"), packed("jpg"), packed("jpeg"), packed("gif"), packed("webp"), packed("svg"),
                                      packed("css"), packed("js"), packed("ts"), packed("json"), packed("html"), packed("htm"),
                                      packed("txt"), packed("pdf"), packed("zip"), packed("tar"), packed("gz"), packed("xml"),
                                      packed("log"), packed("csv"), packed("service"), packed("local")};
// A place for each by a multiplication without collisions, found when this is compiled.
struct Suffixes {
  std::uint64_t factor = 0;
  std::array<std::uint64_t, 128> places{};
  constexpr std::size_t place(std::uint64_t one) const { return static_cast<std::size_t>(one * factor >> 57); }
  constexpr Suffixes() {
    for (factor = 0x9E3779B97F4A7C15u;; factor = factor * 6364136223846793005u + 2) {
      places = {};
      bool clash = false;
      for (const std::uint64_t one : kFileSuffixes) {
        clash = clash || places[place(one)] != 0;
        places[place(one)] = one;
      }
      if (!clash) return;
    }
  }
};
constexpr Suffixes kSuffixes;

bool file_suffix(std::uint64_t one) { return one != 0 && kSuffixes.places[kSuffixes.place(one)] == one; }

constexpr std::array<bool, 256> local_bytes() {
  std::array<bool, 256> t{};
  for (unsigned c = 0; c < 256; ++c) t[c] = local_byte(static_cast<std::uint8_t>(c));
  return t;
}
constexpr auto kLocal = local_bytes();

#if defined(__SSE2__)
struct Mail {
  std::size_t start = 0, end = 0;  // end 0: not the usual case
  bool nothing = false;            // certainly no address
};
constexpr Mail kNoMail{0, 0, true};

// 32 bytes as bits.
struct Letters {
  std::uint32_t letter = 0, digit = 0, dot = 0, dash = 0, mark = 0;  // mark: the other bytes of a local part, but '*'
};
Letters letters_of(const std::uint8_t* p) {
  Letters out;
  for (int half = 0; half < 2; ++half) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 16 * half));
    const auto bits = [half](__m128i m) { return static_cast<std::uint32_t>(_mm_movemask_epi8(m)) << (16 * half); };
    const auto is = [v](char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); };
    const auto range = [](__m128i x, char first, char span) {
      const __m128i place = _mm_sub_epi8(x, _mm_set1_epi8(first));
      return _mm_cmpeq_epi8(_mm_min_epu8(place, _mm_set1_epi8(span)), place);
    };
    out.letter |= bits(range(_mm_or_si128(v, _mm_set1_epi8(0x20)), 'a', 25));
    out.digit |= bits(range(v, '0', 9));
    out.dot |= bits(is('.'));
    out.dash |= bits(is('-'));
    out.mark |= bits(_mm_or_si128(_mm_or_si128(is('_'), is('%')), is('+')));
  }
  return out;
}

// The usual case by bits: both parts shorter than 32 bytes, well formed, nothing masked and nothing special around them.
Mail plain_mail(base::View b, std::size_t at) {
  if (at < 40 || at + 40 > b.size()) return {};
  const Letters right = letters_of(b.data() + at + 1);
  const std::uint32_t alnum = right.letter | right.digit, host = alnum | right.dot | right.dash;
  if (~host == 0) return {};
  const auto m = static_cast<std::uint32_t>(__builtin_ctz(~host));
  if (m == 0) return b[at + 1] == '*' ? Mail{} : kNoMail;
  const std::uint32_t inside = (1u << m) - 1, dots = right.dot & inside;
  const std::size_t end = at + 1 + m;
  const std::uint32_t bad = (dots & ~(alnum << 1)) | (dots & ~(alnum >> 1 & inside >> 1));
  const auto special = [](std::uint8_t c) { return c == '*' || c == ':' || c == '/'; };
  if (dots == 0 && b[end] != '*') return kNoMail;
  if (bad != 0 || dots == 0 || b[end - 1] == '-' || special(b[end])) return {};
  if (b[end] == '@') return kNoMail;
  const Letters left = letters_of(b.data() + at - 32);
  const std::uint32_t local = left.letter | left.digit | left.dot | left.dash | left.mark;
  if (~local == 0) return {};
  const auto n = static_cast<std::uint32_t>(__builtin_clz(~local));
  if (n == 0) return b[at - 1] == '*' || b[at - 1] == '#' || b[at - 1] >= 0x80 ? Mail{} : kNoMail;
  const std::size_t start = at - n;
  const bool first = ((left.letter | left.digit) >> (32 - n) & 1) != 0;
  if (!first || b[at - 1] == '.' || special(b[start - 1]) || unit_before(b, start).kind == UnitKind::mask) return {};
  const auto last = 31u - static_cast<std::uint32_t>(__builtin_clz(dots));
  const std::uint32_t size = m - last - 1;
  if (size < 2 || (~right.letter & inside) >> (last + 1) != 0) return {};
  if (size <= 8) {
    std::uint64_t suffix = 0;
    std::memcpy(&suffix, b.data() + end - 8, 8);
    suffix = (__builtin_bswap64(suffix) | 0x2020202020202020u) & (~std::uint64_t{0} >> (64 - 8 * size));
    if (file_suffix(suffix)) return {};
  }
  return {start, end};
}
#endif

// zxxx: three crosses in a row stand for hidden letters.
bool crossed(base::View local) {
  std::size_t run = 0;
  for (const std::uint8_t c : local) {
    run = (c | 0x20) == 'x' ? run + 1 : 0;
    if (run == 3) return true;
  }
  return false;
}

void hide(Verdict& v) {
  v.state = model::ValueState::masked;
  v.reasons |= bit(Reason::masked);
}

}  // namespace

std::size_t Finder::email(std::size_t at) {
#if defined(__SSE2__)
  const Mail mail = plain_mail(bytes, at);
  if (mail.nothing) return at + 1;
  if (mail.end != 0) {
    Verdict v{Type::email, Strength::structure};
    v.reasons = bit(Reason::structure);
    if (crossed(bytes.subspan(mail.start, at - mail.start))) hide(v);
    propose(v, mail.start, mail.end);
    return at + 1;
  }
#endif
  constexpr std::size_t kMaxLocal = 64;
  const std::size_t low = at > kMaxLocal + 1 ? at - kMaxLocal - 1 : 0;
  std::size_t start = at;
  std::size_t hidden = 0;  // signs of more than one byte, and '#'
  while (start > low) {
    if (kLocal[bytes[start - 1]]) {
      --start;
      continue;
    }
    const Unit u = unit_before(bytes, start);
    if (u.kind != UnitKind::mask || u.size > start - low) break;
    start -= u.size;
    ++hidden;
  }
  if (at - start > kMaxLocal) return at + 1;
  if (const Unit u = unit_at(bytes, start); hidden != 0 && u.kind == UnitKind::mask && hidden < 3) {  // "● zhang@", "#zhang@": a bullet
    while (start < at && !alnum(bytes[start])) ++start;
    for (std::size_t p = start, n = std::exchange(hidden, 0); p < at && n > 0; ++p) hidden += bytes[p] == '#' || bytes[p] >= 0x80;
  }
  while (start < at && !(alnum(bytes[start]) || unit_at(bytes, start).kind == UnitKind::mask)) ++start;
  if (start == at || bytes[at - 1] == '.') return at + 1;
  const std::size_t high = std::min(bytes.size(), start + kMaxEmail);
  std::size_t end = at + 1, label = at + 1, last_dot = 0;
  std::size_t labels = 0;
  for (; end < high; ++end) {
    const std::uint8_t c = bytes[end];
    if (c == '.') {
      if (end == label || bytes[end - 1] == '-' || end + 1 >= bytes.size() || !alnum(bytes[end + 1])) break;
      last_dot = end;
      label = end + 1;
      ++labels;
    } else if (!alnum(c) && c != '-' && c != '*') {
      break;
    }
  }
  if (labels == 0 || (end == high && end < bytes.size())) return at + 1;
  std::size_t emphasis = 0;
  while (end > last_dot && (bytes[end - 1] == '-' || bytes[end - 1] == '*')) emphasis += bytes[--end] == '*';
  for (std::size_t n = 0; n < emphasis && start < at && bytes[start] == '*'; ++n) ++start;  // "**a@b.cn**"
  if (start == at) return at + 1;
  std::array<char, kMaxEmail> folded;
  std::size_t size = 0;
  for (std::size_t i = last_dot + 1; i < end; ++i) {
    const char c = static_cast<char>(bytes[i] | 0x20);
    if (c < 'a' || c > 'z') return at + 1;
    folded[size++] = c;
  }
  const std::string_view suffix(folded.data(), size);
  if (size < 2) return at + 1;
  if (file_suffix(packed(suffix)) || (end < bytes.size() && bytes[end] == '@')) return at + 1;
  const base::View local = bytes.subspan(start, at - start);
  if (base::text(local) == "git" && end < bytes.size() && (bytes[end] == ':' || bytes[end] == '/')) return at + 1;
  // user:password@host of an address of a service is a credential, not mail.
  if (start > 0 && bytes[start - 1] == ':') {
    const std::size_t from = start > 48 ? start - 48 : 0;
    const auto before = base::text(bytes.subspan(from, start - from));
    const auto scheme = before.rfind("://");
    if (scheme != std::string_view::npos && before.find(' ', scheme) == std::string_view::npos) {
      Verdict v{Type::secret, Strength::structure};
      v.reasons = bit(Reason::structure) | bit(Reason::url_password);
      propose(v, start, at);
      return at + 1;
    }
  }
  Verdict v{Type::email, Strength::structure};
  v.reasons = bit(Reason::structure);
  if (hidden != 0 || crossed(local) || std::count(local.begin(), local.end(), '*') > 0) hide(v);
  propose(v, start, end);
  return at + 1;
}

}  // namespace fengsui::classify
