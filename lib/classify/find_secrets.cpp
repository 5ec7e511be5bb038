// Secrets in configuration and text, and markings of documents.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "classify/finders.h"

namespace fengsui::classify {
namespace {

using model::ValueState;

constexpr std::size_t kMaxSecret = 112;  // bytes of a secret that a hit covers
constexpr std::size_t kMaxKey = 40;

bool letter(std::uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(std::uint8_t c) { return c >= '0' && c <= '9'; }
bool key_byte(std::uint8_t c) { return letter(c) || digit(c) || c == '_' || c == '-' || c == '.'; }
bool base64_url(std::uint8_t c) { return letter(c) || digit(c) || c == '_' || c == '-'; }

bool starts(base::View b, std::size_t at, std::string_view s) { return at + s.size() <= b.size() && base::text(b.subspan(at, s.size())) == s; }
bool ends(base::View b, std::size_t at, std::string_view s) { return at >= s.size() && starts(b, at - s.size(), s); }

constexpr std::array<std::string_view, 14> kKeys = {"password", "passwd", "pwd", "pswd", "secret", "token", "apikey", "accesskey",
                                                    "privatekey", "authkey", "secretkey", "credential", "encryptkey", "appkey"};

// Key names are compared without case, '_', '-' and '.'.
Reason subtype_of(std::string_view key) {
  std::string flat;
  for (char c : key)
    if (c != '_' && c != '-' && c != '.') flat.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  for (std::string_view k : kKeys) {
    const auto at = flat.find(k);
    // The key names the secret itself: passwordHint, token_type and tokens are something else.
    if (at == std::string::npos || flat.size() - at - k.size() > 2) continue;
    return k.starts_with("pass") || k == "pwd" || k == "pswd" ? Reason::password : Reason::access_key;
  }
  return Reason::structure;
}

bool placeholder(std::string_view v) {
  if (v.starts_with("$") || v.starts_with("{") || v.starts_with("<") || v.starts_with("%") || v.starts_with("#{")) return true;
  std::string low;
  for (char c : v) low.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  constexpr std::array<std::string_view, 12> none = {"null", "none", "true", "false", "undefined", "string", "required", "changeit", "password", "optional", "invalid", "expired"};
  return std::find(none.begin(), none.end(), low) != none.end() || low.starts_with("your");
}

// The value behind a key that ends at `p`: [begin, end), empty when there is none.
std::pair<std::size_t, std::size_t> value_after(base::View b, std::size_t p) {
  const auto skip = [&](std::string_view idle) {
    for (std::size_t n = 0; n < 8 && p < b.size() && idle.find(static_cast<char>(b[p])) != std::string_view::npos; ++n) ++p;
  };
  skip(" \t\"'\\");
  if (starts(b, p, "：")) p += 3;
  else if (starts(b, p, "\xA3\xBA")) p += 2;
  else if (p < b.size() && (b[p] == ':' || b[p] == '=' || b[p] == '>')) ++p;
  else return {0, 0};
  if (p < b.size() && (b[p] == '=' || b[p] == '>')) ++p;
  skip(" \t");
  std::uint8_t quote = 0;
  if (p < b.size() && b[p] == '\\') ++p;
  if (p < b.size() && (b[p] == '"' || b[p] == '\'')) quote = b[p++];
  std::size_t end = p;
  const std::size_t high = std::min(b.size(), p + kMaxSecret);
  while (end < high && b[end] > ' ' && b[end] < 0x7F && b[end] != '"' && b[end] != '\'' && b[end] != '\\' && b[end] != '<' &&
         (quote != 0 || (b[end] != ',' && b[end] != ';' && b[end] != '&' && b[end] != ')' && b[end] != '}')))
    ++end;
  return {p, end};
}

}  // namespace

namespace {

// "-----BEGIN … PRIVATE KEY-----"; end of it, 0 when it is something else.
std::size_t private_key(base::View b, std::size_t at) {
  if (!starts(b, at, "-----BEGIN ")) return 0;
  std::size_t p = at + 11;
  while (p < b.size() && p - at < 60 && ((b[p] >= 'A' && b[p] <= 'Z') || b[p] == ' ')) ++p;
  return starts(b, p, "-----") && ends(b, p, "PRIVATE KEY") ? p + 5 : 0;
}

// Three parts of base64url, the first two beginning with {" (RFC 7519). End of what a hit covers.
std::size_t jwt(base::View b, std::size_t at) {
  if (!starts(b, at, "eyJ") || (at > 0 && (base64_url(b[at - 1]) || b[at - 1] == '.'))) return 0;
  const std::size_t high = std::min(b.size(), at + kMaxSecret);
  std::size_t p = at, dots = 0;
  while (p < high && (base64_url(b[p]) || (b[p] == '.' && ++dots <= 2))) ++p;
  const auto dot = base::text(b.subspan(at, p - at)).find('.');
  return dot != std::string_view::npos && dot > 10 && starts(b, at + dot + 1, "eyJ") && p - at > dot + 10 ? p : 0;
}

}  // namespace

std::size_t Finder::token(std::size_t at) {
  // The anchor of a reference engine is the last byte of what it matched; step back to the first.
  std::size_t from = at;
  if (bytes[at] == '-') {
    while (from > 0 && at - from < 8 && bytes[from - 1] == '-') --from;
    Verdict v{Type::secret, Strength::checksum};
    v.reasons = bit(Reason::structure) | bit(Reason::private_key);
    if (const std::size_t end = private_key(bytes, from)) propose(v, from, end);
    std::size_t next = at + 1;
    while (next < bytes.size() && bytes[next] == '-') ++next;
    return next;
  }
  if (bytes[at] == 'J' && at >= 2) from = at - 2;
  if (const std::size_t end = jwt(bytes, from)) {
    Verdict v{Type::secret, Strength::checksum};
    v.reasons = bit(Reason::structure) | bit(Reason::jwt);
    propose(v, from, end);
    return end;
  }
  std::size_t start = at, end = at;
  while (start > 0 && at - start < kMaxKey && key_byte(bytes[start - 1])) --start;
  while (end < bytes.size() && end - at < kMaxKey && key_byte(bytes[end])) ++end;
  const Reason subtype = subtype_of(base::text(bytes.subspan(start, end - start)));
  if (subtype == Reason::structure) return std::max(end, at + 1);
  const auto [first, last] = value_after(bytes, end);
  const std::size_t n = last - first;
  if (n < (subtype == Reason::password ? 4u : 8u)) return std::max(end, at + 1);
  const std::string_view value = base::text(bytes.subspan(first, n));
  if (placeholder(value)) return std::max(end, at + 1);
  Verdict v{Type::secret, Strength::structure};
  v.reasons = bit(Reason::structure) | bit(subtype);
  if (std::all_of(value.begin(), value.end(), [](char c) { return c == '*' || c == 'x' || c == 'X'; })) {
    v.state = ValueState::masked;
    v.reasons |= bit(Reason::masked);
  } else if (subtype == Reason::access_key && std::none_of(value.begin(), value.end(), [](char c) { return digit(static_cast<std::uint8_t>(c)); })) {
    return std::max(end, at + 1);  // a name, not a key
  }
  propose(v, first, last);
  return std::max(end, at + 1);
}

namespace {

struct Marking {
  std::string_view utf8, gb;
  bool legal;  // one of the three grades of state secrets
};
constexpr std::array<Marking, 8> kMarkings = {{{"绝密", "\xBE\xF8\xC3\xDC", true},
                                               {"机密", "\xBB\xFA\xC3\xDC", true},
                                               {"工作秘密", "\xB9\xA4\xD7\xF7\xC3\xD8\xC3\xDC", false},
                                               {"商业秘密", "\xC9\xCC\xD2\xB5\xC3\xD8\xC3\xDC", false},
                                               {"秘密", "\xC3\xD8\xC3\xDC", true},
                                               {"内部资料", "\xC4\xDA\xB2\xBF\xD7\xCA\xC1\xCF", false},
                                               {"内部文件", "\xC4\xDA\xB2\xBF\xCE\xC4\xBC\xFE", false},
                                               {"内部使用", "\xC4\xDA\xB2\xBF\xCA\xB9\xD3\xC3", false}}};

// A place of its own: the line holds nothing else, or brackets stand around it.
bool stands_alone(base::View b, std::size_t start, std::size_t end) {
  std::size_t l = start, r = end;
  while (l > 0 && (b[l - 1] == ' ' || b[l - 1] == '\t')) --l;
  while (r < b.size() && (b[r] == ' ' || b[r] == '\t' || b[r] == '\r')) ++r;
  const bool line = (l == 0 || b[l - 1] == '\n') && (r == b.size() || b[r] == '\n');
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> brackets = {
      {{"【", "】"}, {"（", "）"}, {"[", "]"}, {"\xA1\xBE", "\xA1\xBF"}, {"\xA3\xA8", "\xA3\xA9"}}};
  const bool bracket = std::any_of(brackets.begin(), brackets.end(), [&](const auto& p) { return ends(b, l, p.first) && starts(b, r, p.second); }) ||
                       ends(b, l, "密级：") || ends(b, l, "密级:") || ends(b, l, "\xC3\xDC\xBC\xB6\xA3\xBA") || ends(b, l, "\xC3\xDC\xBC\xB6:");
  return line || bracket;
}

// "★30年", "★长期": end of it, or `p`.
std::size_t period(base::View b, std::size_t p) {
  std::size_t q = p;
  while (q < b.size() && b[q] == ' ' && q - p < 3) ++q;
  if (starts(b, q, "★") || starts(b, q, "☆")) q += 3;
  else if (starts(b, q, "\xA1\xEF") || starts(b, q, "\xA1\xEE")) q += 2;
  else return p;
  std::size_t e = q;
  while (e < b.size() && b[e] == ' ' && e - q < 3) ++e;
  std::size_t n = e;
  while (n < b.size() && digit(b[n]) && n - e < 3) ++n;
  if (n > e && (starts(b, n, "年") || starts(b, n, "月"))) return n + 3;
  if (n > e && (starts(b, n, "\xC4\xEA") || starts(b, n, "\xD4\xC2"))) return n + 2;
  if (starts(b, e, "长期")) return e + 6;
  if (starts(b, e, "\xB3\xA4\xC6\xDA")) return e + 4;
  return q;
}

}  // namespace

bool closes_document(const Hit& hit, base::View bytes, std::uint64_t base) {
  const std::uint64_t needed = bit(Reason::marking_period) | bit(Reason::structure);
  if (hit.type != Type::marking || (hit.reasons & needed) != needed || base + hit.start >= kFirstPage) return false;
  const std::string_view written = base::text(bytes.subspan(hit.start, hit.end - hit.start));
  const bool grade = std::any_of(kMarkings.begin(), kMarkings.end(), [&](const Marking& m) {
    return m.legal && (written.starts_with(m.utf8) || written.starts_with(m.gb));
  });
  constexpr std::string_view terms[] = {"年", "月", "长期", "\xC4\xEA", "\xD4\xC2", "\xB3\xA4\xC6\xDA"};
  return grade && std::any_of(std::begin(terms), std::end(terms), [&](std::string_view term) { return written.ends_with(term); });
}

std::size_t Finder::secrecy(std::size_t at) {
  for (const Marking& m : kMarkings) {
    for (std::string_view word : {m.utf8, m.gb}) {
      // The anchor lies on one of the bytes of the word; look for a start before it.
      for (std::size_t back = 0; back < word.size(); ++back) {
        if (back > at || !starts(bytes, at - back, word)) continue;
        const std::size_t start = at - back, plain = start + word.size();
        const std::size_t end = period(bytes, plain);
        const bool alone = stands_alone(bytes, start, end);
        if (!m.legal && end == plain && !alone) return std::max(plain, at + 1);
        Verdict v{Type::marking, end != plain ? Strength::checksum : alone ? Strength::structure : Strength::pattern};
        v.reasons = bit(Reason::pattern) | (end != plain ? bit(Reason::marking_period) : 0) | (alone ? bit(Reason::structure) : 0);
        if (end == plain && !alone) v.state = ValueState::unclear;
        propose(v, start, end);
        return std::max(plain, at + 1);
      }
    }
  }
  for (std::string_view word : {std::string_view("密码"), std::string_view("\xC3\xDC\xC2\xEB")}) {
    for (std::size_t back = 0; back < word.size() && back <= at; ++back) {
      if (!starts(bytes, at - back, word)) continue;
      const std::size_t end = at - back + word.size();
      const auto [first, last] = value_after(bytes, end);
      const std::string_view value = base::text(bytes.subspan(first, last - first));
      if (value.size() < 4 || placeholder(value)) return std::max(end, at + 1);
      Verdict v{Type::secret, Strength::structure};
      v.reasons = bit(Reason::structure) | bit(Reason::password);
      if (std::all_of(value.begin(), value.end(), [](char c) { return c == '*'; })) v.state = ValueState::masked, v.reasons |= bit(Reason::masked);
      propose(v, first, last);
      return std::max(end, at + 1);
    }
  }
  return at + 1;
}

}  // namespace fengsui::classify
