// Mail addresses: RFC 5322 dot-atoms and host names as people write them.
#include <algorithm>
#include <array>

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
bool file_suffix(std::string_view s) {
  constexpr std::array known = {packed("png"), packed("jpg"), packed("jpeg"), packed("gif"), packed("webp"), packed("svg"),
                                packed("css"), packed("js"), packed("ts"), packed("json"), packed("html"), packed("htm"),
                                packed("txt"), packed("pdf"), packed("zip"), packed("tar"), packed("gz"), packed("xml"),
                                packed("log"), packed("csv"), packed("service"), packed("local")};
  const std::uint64_t one = packed(s);
  unsigned same = 0;
  for (const std::uint64_t k : known) same |= static_cast<unsigned>(k == one);
  return same != 0;
}

constexpr std::array<bool, 256> local_bytes() {
  std::array<bool, 256> t{};
  for (unsigned c = 0; c < 256; ++c) t[c] = local_byte(static_cast<std::uint8_t>(c));
  return t;
}
constexpr auto kLocal = local_bytes();

}  // namespace

std::size_t Finder::email(std::size_t at) {
  constexpr std::size_t kMaxLocal = 64;
  const std::size_t low = at > kMaxLocal + 1 ? at - kMaxLocal - 1 : 0;
  std::size_t start = at;
  while (start > low && kLocal[bytes[start - 1]]) --start;
  if (at - start > kMaxLocal) return at + 1;
  while (start < at && !(alnum(bytes[start]) || bytes[start] == '*')) ++start;
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
  if (file_suffix(suffix) || (end < bytes.size() && bytes[end] == '@')) return at + 1;
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
  if (std::count(local.begin(), local.end(), '*') > 0) {
    v.state = model::ValueState::masked;
    v.reasons |= bit(Reason::masked);
  }
  propose(v, start, end);
  return at + 1;
}

}  // namespace fengsui::classify
